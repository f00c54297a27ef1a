"""The page of one member: how to reach them, where they stand, and one timeline of what happened."""

from django.contrib.auth.decorators import login_required
from django.db.models import OuterRef, Subquery, Value
from django.db.models.functions import Concat
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from branches import appointing, scope
from branches.scope import Right, if_seen
from cockpit import timeline
from common import prepared
from membership import fields, merging, own_fields, reading
from membership.models import ACTIVE, Member, Membership, Reading, Status
from onboarding import rows
from onboarding.models import Contact, Journey, JourneyStep, Pairing
from onboarding.views import stand


@login_required
@require_safe
def member_detail(request, pk):
    """Who only sees gets name, unit, age and states: no contact data, no birth date, no contacts (see membership.fields)."""
    try:
        member = seen_member(request.user, pk)
    except Http404:
        merged = merging.survivor_of(pk)  # an address from before a merge leads to who is left
        if survivor := if_seen(request.user, merged and merged.survivor):
            return redirect(survivor)
        raise
    on = timezone.localdate()
    held = fields.rights_on(request.user, member)
    seen, cares = fields.seen(*held), max(held) >= Right.CARE
    chosen = timeline.chosen(member, cares, request.GET)
    memberships, journeys, steps, happened, beside, _noted = prepared.together(
        prepared.question("periods of a member", periods, [pk]),
        prepared.question("last journey", last_journey, [pk]),
        prepared.question("last checklist", checklist, [pk]),
        timeline.question(member, chosen, on),
        prepared.question("beside the record of a member", own_fields.beside, [pk]) if cares else prepared.NOTHING,
        reading.entry(request.user, member, Reading.What.PAGE, timezone.now()) if request.method == "GET" else prepared.NOTHING,
    )
    for period in memberships:
        period.may_end = not period.home and period.ends_on is None and request.user.right_on(period.unit) >= Right.CARE
    journey = next(iter(journeys), None)
    asks = held[0] >= Right.CARE and member.status in ACTIVE
    context = {
        "member": member,
        "on": on,
        "seen": seen,
        "cares": cares,
        "corrects": bool(fields.changed_by(*held)),
        "memberships": memberships,
        "adds_section": any(a.right >= Right.CARE and (a.below or a.unit.kind.is_section) for a in request.user.appointments_now),
        "leads": held[0] >= Right.LEAD,
        "administrates": appointing.is_administrator(request.user),
        "asks": asks,
        "asks_by_mail": asks and bool(member.email),
        "sub": sub(member, on),
        "kinds": Contact.Kind.choices,
        "mentor": cares and journey and (journey.mentor or "").strip(),
    }
    if journey:
        context |= stand(journey, steps, member.home_unit, on)
        context["checks"] = [rows.check(step, on, cares) for step in steps]
    if cares:
        context["words"], context["own"], context["errands"] = own_fields.told_beside(member, beside[0], held)
        if asks:
            context["answered_at"], context["proposed"] = beside[0][3:]
    context |= timeline.shown(happened, chosen, seen, cares)
    return render(request, "cockpit/member_detail.html", context)


def seen_member(user, pk):
    """The member with the home unit, as far as `user` may see them. Raises Http404."""
    found = scope.fetch(user, "member", lambda user, pk: Member.objects.visible_to(user).filter(pk=pk).select_related("home_unit"), [pk])
    if not found:
        raise Http404
    return found[0]


def last_journey(pk):
    """The last journey of a member, with the name of the `mentor` of a pair that runs."""
    running = Pairing.objects.filter(mentee__member=OuterRef("member"), state__in=(Pairing.State.RUNNING, Pairing.State.PAUSED))
    name = Concat("mentor__member__given_name", Value(" "), "mentor__member__family_name")
    return _journeys(pk).annotate(mentor=Subquery(running.values(name=name)[:1]))[:1]


def _journeys(pk):
    return Journey.objects.filter(member=pk).order_by("-started_on", "-pk")


def checklist(pk):
    """The steps of the last journey of a member."""
    return JourneyStep.objects.filter(journey=_journeys(pk).values("pk")[:1]).for_checklist()


def periods(pk):
    """All periods of a member, the last one first."""
    found = Membership.objects.filter(member=pk).select_related("unit").order_by("-starts_on", "-pk")
    return found.only("member", "home", "kind", "starts_on", "ends_on", "end_reason", "unit__name", "unit__path")


def sub(member, on):
    """Where, how old, since when: "Pieschen · 24 years · member since 3.10.2026"."""
    age = member.age(on)
    joined = formats.date_format(member.joined_on, "SHORT_DATE_FORMAT")
    parts = [
        str(member.home_unit),
        ngettext("%(age)s year", "%(age)s years", age) % {"age": age} if age is not None else "",
        _("member since about %(day)s") % {"day": joined} if member.joined_estimated else _("member since %(day)s") % {"day": joined},
        member.get_status_display() if member.status != Status.FULL else "",
    ]
    return " · ".join(filter(None, parts))
