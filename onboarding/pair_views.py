"""The officer's own word on pairs: what is pinned or ruled out, and a mentor nobody suggested."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.folding import fold
from common.keyset import page_of
from common.toasts import say
from onboarding import matching, mentoring
from onboarding.mentoring_views import _pool, parts
from onboarding.models import Mentee, PairRule, Pool
from onboarding.tasks import wake_pools
from outbox.tasks import wake

SHOWN = 30


@login_required
@require_safe
def pair_rule_list(request, pk):
    """Pairs that are pinned or never suggested, each to be lifted."""
    pool = _pool(request, pk)
    rules = PairRule.objects.filter(mentor__pool=pool).select_related("mentor__member", "mentee__member", "by")
    page = page_of(rules, ("-at", "-pk"), request.GET)
    return render(request, "onboarding/pair_rule_list.html", {"pool": pool, "parts": parts(pool, "rules"), "page": page})


@login_required
@require_POST
def pair_rule_lift(request, pk):
    """Forget a pin or a veto; the suggestions are made anew."""
    rule = get_object_or_404(PairRule.objects.filter(mentor__pool__in=Pool.objects.visible_to(request.user)).select_related("mentor__pool"), pk=pk)
    pool = rule.mentor.pool
    with transaction.atomic():
        rule.delete()
        pool.order(timezone.now())
    wake_pools()
    say(request, _("Lifted. The suggestions are made anew."))
    return redirect("onboarding:pair_rule_list", pool.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mentor_choose(request, pk):
    """Any mentor of the pool with room for one who waits: what speaks for the pair, or which hard rule it would break. POST `mentor`: ask them."""
    mentees = Mentee.objects.waiting().filter(pool__in=Pool.objects.visible_to(request.user))
    mentee = get_object_or_404(mentees.select_related("member__home_unit", "pool__unit"), pk=pk)
    now = timezone.now()
    picked = request.POST.get("mentor", "")
    if request.method == "POST" and picked.isdecimal() and len(picked) < 18:
        try:
            pairing = mentoring.choose(mentee, int(picked), request.user, now)
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return redirect("onboarding:mentor_choose", pk)
        wake()
        say(request, _("%(name)s is asked by mail.") % {"name": pairing.mentor})
        return redirect(pairing_page(pairing))
    wanted = fold(request.GET.get("q", "").replace("\0", ""))
    fitting, broken = mentoring.candidates(mentee, timezone.localdate(now))
    if wanted:
        fitting, broken = ([row for row in rows if wanted in fold(row["mentor"].member.name)] for rows in (fitting, broken))
    more = len(fitting) > SHOWN or len(broken) > SHOWN
    fitting, broken = fitting[:SHOWN], broken[:SHOWN]
    tags = matching.tags_of([row["as_fact"] for row in fitting])
    for row in fitting:
        row["why"] = matching.words(row["as_fact"].facts, tags)
    context = {"mentee": mentee, "fitting": fitting, "broken": broken, "more": more, "q": request.GET.get("q", "")}
    return render(request, "onboarding/mentor_choose.html", context)


def pairing_page(pairing):
    return reverse("onboarding:pairing_detail", args=[pairing.pk])
