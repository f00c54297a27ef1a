"""Search over everything one may see: members, applicants, units, pages."""

from functools import cache

from django.contrib.auth.decorators import login_required
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.http import require_safe

from branches import scope
from branches.models import Unit
from branches.scope import Right
from common import prepared
from common.folding import fold
from membership import applicants
from membership.search import LONGEST, find_beside

MANY, FEW = 50, 8
# url name, label, words it is also found by, right needed somewhere (0: none)
PAGES = [
    ("cockpit:today", gettext_lazy("Today"), gettext_lazy("due late overdue home"), 0),
    ("onboarding:journey_list", gettext_lazy("New members"), gettext_lazy("journeys arriving joined"), 0),
    ("membership:member_list", gettext_lazy("Members"), gettext_lazy("list people"), 0),
    ("membership:member_add", gettext_lazy("Add a member"), gettext_lazy("new create enter"), Right.CARE),
    ("branches:unit_list", gettext_lazy("Units"), gettext_lazy("branches sections tree offices"), 0),
    ("cockpit:report_list", gettext_lazy("Reports"), gettext_lazy("PDF print figures"), 0),
    ("branches:profile", gettext_lazy("Your profile"), gettext_lazy("language phone password"), 0),
    ("common:help", gettext_lazy("Help"), gettext_lazy("how to"), 0),
]


@login_required
@require_safe
def search(request):
    """What is found for ?q=; as you type (HX-Request) the first few as choices for the field on top, else a page."""
    text = request.GET.get("q", "")[:LONGEST].replace("\0", "").strip()
    limit = FEW if request.htmx else MANY
    context = {"text": text, "members": [], "applicants": [], "units": [], "pages": []}
    if text:
        few = FEW // 2 if request.htmx else MANY
        asked = applicants.question(request.user, text, few), units(request.user, text, few)
        found = find_beside(request.user, text, limit, *asked)
        context |= {**dict(zip(("members", "applicants", "units"), found, strict=True)), "pages": pages(request.user, text)}
    context["nothing"] = not any(context[name] for name in ("members", "applicants", "units", "pages"))
    if request.htmx:
        return HttpResponse(render_to_string("cockpit/_found.html", context))  # without the shell, and what it asks for
    return render(request, "cockpit/search.html", context)


def units(user, text, limit):
    """The prepared.Question for (address, name) of open units whose name holds `text`, or begins with it while that is short."""
    holds = "startswith" if len(text) < 3 else "contains"

    def named(user, text, on):
        units = Unit.objects.visible_to(user).open(on).alias(low=Lower("name"))
        return units.filter(**{f"low__{holds}": text}).values_list("slug", "name")[:limit]

    asked = scope.question(user, f"units named {holds} {limit}", named, [prepared.Filter(text.lower()), timezone.localdate()])
    return asked._replace(read=lambda rows: [(reverse("branches:unit_detail", args=[slug]), name) for slug, name in asked.read(rows)])


def pages(user, text):
    """Pages the user may open whose name or words hold every word of `text`, as (label, address)."""
    right = max((a.right for a in user.appointments_now), default=0)
    wanted = fold(text).split()
    return [
        (label, address)
        for label, address, words, needed in _pages(get_language())
        if right >= needed and all(any(word.startswith(part) for word in words) for part in wanted)
    ]


@cache
def _pages(language):
    """PAGES as (label, address, folded words, least right) in the active language, which is `language`."""
    return [(str(label), reverse(name), fold(f"{label} {words}").split(), needed) for name, label, words, needed in PAGES]
