"""Data quality of a unit: what is missing or wrong, whose it is, and asking the members themselves."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from branches.models import Unit
from branches.scope import Right
from common.context import place_of
from common.keyset import page_of
from common.toasts import say
from membership import own_data, quality
from membership.models import Proposal
from outbox.tasks import wake


def unit_of(request, asked):
    """The unit that is asked for (`asked`: GET or POST), else the one the person acts in; 403 for who cares for nobody."""
    if not any(a.right >= Right.CARE for a in request.user.appointments_now):
        raise PermissionDenied
    slug = asked.get("unit", "").replace("\0", "")
    if slug:
        return get_object_or_404(Unit.objects.visible_to(request.user, Right.CARE).select_related("kind"), slug=slug)
    return place_of(request).unit


@login_required
@require_safe
def data_quality(request):
    """How many of each kind of trouble in a unit (`unit`), and the people of one kind (`kind`)."""
    unit, on = unit_of(request, request.GET), timezone.localdate()
    members = quality.checked(request.user, unit)
    found = quality.told(quality.counts(members, on))
    kind = request.GET.get("kind") if request.GET.get("kind") in quality.KINDS else None
    page = page_of(members.filter(quality.trouble(on)[kind]).select_related("home_unit"), ("sort_key", "pk"), request.GET) if kind else None
    here = f"?unit={unit.slug}"
    context = {
        "unit": unit,
        "kind": kind,
        "title": kind and quality.KINDS[kind],
        "troubles": [{"label": words, "count": n, "url": f"{here}&kind={name}", "current": name == kind} for name, words, n in found],
        "page": page,
        "ask_url": f"{reverse('membership:data_quality_ask')}{here}&kind={kind}",
        "leads": any(a.right >= Right.LEAD for a in request.user.appointments_now),
        "waiting": Proposal.objects.visible_to(request.user).waiting().count(),
    }
    return render(request, "membership/data_quality.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def data_quality_ask(request):
    """Ask the members of one kind of trouble: who gets a mail, who is left out and why; then one button sends."""
    asked, now = request.POST if request.method == "POST" else request.GET, timezone.now()
    unit, kind = unit_of(request, asked), asked.get("kind")
    if kind not in quality.KINDS:
        raise Http404
    members = quality.checked(request.user, unit).filter(quality.trouble(timezone.localdate(now))[kind])
    members = own_data.with_reasons(members, now)
    counted = dict(members.order_by().values("why").annotate(n=Count("pk")).values_list("why", "n"))
    chosen = list(members.filter(why="").order_by("sort_key", "pk").values_list("pk", flat=True)[: own_data.MOST_ASKED])
    if request.method == "POST":
        sent = own_data.ask(chosen, request.user, now)
        wake()
        say(request, ngettext("%(n)s member gets a mail with a link.", "%(n)s members get a mail with a link.", sent) % {"n": sent})
        return redirect(f"{reverse('membership:data_quality')}?unit={unit.slug}&kind={kind}")
    context = {
        "unit": unit,
        "kind": kind,
        "title": quality.KINDS[kind],
        "back": f"{reverse('membership:data_quality')}?unit={unit.slug}&kind={kind}",
        "asked": len(chosen),
        "later": counted.get("", 0) - len(chosen),
        "left_out": [(words, counted[why]) for why, words in own_data.WHY_NOT.items() if why in counted],
    }
    return render(request, "membership/data_quality_ask.html", context)
