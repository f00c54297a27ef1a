"""Offices ahead: what ends within six months, what is vacant, who has been in office longer than a usual term, and what to do next."""

from datetime import datetime, time, timedelta

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import DateField, ExpressionWrapper, F
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from branches import appointing
from branches.models import Appointment, Office, Unit
from branches.scope import Right
from branches.terms import AHEAD, MANY, ending, vacant
from common.keyset import page_of
from common.labels import FALLBACK
from common.toasts import say
from education import announcing
from education.models import DevelopmentCard, Event, EventKind

BEFORE_END = timedelta(days=28)  # an election meeting is held so long before a term ends
EVENING, HOURS = time(19), timedelta(hours=2)


def overrun(units, on):
    """Running terms in `units` without an end whose usual length, as the kind of unit says, is over within AHEAD; `usual`: the day it is."""
    usual = ExpressionWrapper(F("starts_on") + F("unit__kind__office_days"), output_field=DateField())
    found = Appointment.objects.active(on).filter(unit__in=units, ends_on=None, deputy_for=None).annotate(usual=usual)
    return found.filter(usual__lte=on + AHEAD).select_related("user", "office", "unit__kind").order_by("usual", "pk")


@login_required
@require_safe
def office_outlook(request):
    """What is to be filled in the next six months; `unit` narrows it to one with those below."""
    on = timezone.localdate()
    units, unit = Unit.objects.visible_to(request.user).open(on), None
    if slug := request.GET.get("unit", "").replace("\0", ""):
        unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
        units = units.below(unit)
    page = page_of(ending(units, on), ("ends_on", "pk"), request.GET)
    empty, long = list(vacant(units, on)[: MANY + 1]), list(overrun(units, on)[: MANY + 1])
    context = {
        "unit": unit, "page": page, "vacant": empty[:MANY], "long": long[:MANY], "more": len(empty) > MANY or len(long) > MANY, "until": on + AHEAD, "on": on,
    }  # fmt: skip
    return render(request, "planning/office_outlook.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def office_fill(request, slug, pk):
    """One office to be filled: who holds it, who would like it and may be named, and the meeting that elects. The POST plans that meeting."""
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
    office, on = get_object_or_404(Office, pk=pk), timezone.localdate()
    term = Appointment.objects.active(on).filter(unit=unit, office=office, deputy_for=None).select_related("user").order_by("-ends_on").first()
    follows = Appointment.objects.filter(unit=unit, office=office, deputy_for=None, starts_on__gt=on).select_related("user").order_by("starts_on").first()
    cares = request.user.right_on(unit) >= Right.CARE
    day = meeting_day(unit, term, on)
    if request.method == "POST":
        if not cares:
            raise PermissionDenied
        event = plan_meeting(unit, office, day, request.user, timezone.now())
        say(request, _("A draft is made. Please check day and place, then announce it."))
        return redirect("education:event_edit", event.pk)
    begins = term.ends_on if term and term.ends_on else day
    context = {
        "unit": unit,
        "office": office,
        "term": term,
        "follows": follows,
        "day": day,
        "begins": begins,
        "until": begins + timedelta(days=unit.kind.office_days),
        "cards": DevelopmentCard.objects.visible_to(request.user).candidates_for(office, unit, on)[:MANY] if cares else None,
        "cares": cares,
        "appoints": appointing.leads_itself(request.user, unit),
        "planned": Event.objects.filter(unit=unit, starts_at__date__gte=on, kind__slug="meeting").order_by("starts_at", "pk")[:3],
        "on": on,
    }
    return render(request, "planning/office_fill.html", context)


def meeting_day(unit, term, on):
    """When to elect: four weeks before the term ends, but with time to invite."""
    soonest = on + timedelta(days=unit.setting("invitation_days") + 7)
    return max(soonest, term.ends_on - BEFORE_END) if term and term.ends_on else soonest


@transaction.atomic
def plan_meeting(unit, office, day, by, now):
    """A draft of the meeting of `unit` on the evening of `day` that elects `office`; returns the Event, for a double click the same."""
    Unit.objects.select_for_update(of=("self",), no_key=True).get(pk=unit.pk)
    titles = {}
    for code in FALLBACK:
        with translation.override(code):
            titles[code] = _("Election: %(office)s") % {"office": office}
    kind = EventKind.objects.filter(counts=True).order_by("position").first() or EventKind.objects.first()
    begins = timezone.make_aware(datetime.combine(day, EVENING))
    if draft := Event.objects.filter(unit=unit, starts_at=begins, titles=titles, state=Event.State.DRAFT).first():
        return draft
    dates = [{"starts_at": begins, "ends_at": begins + HOURS, "note": ""}]
    return announcing.add({"unit": unit, "kind": kind, "titles": titles}, dates, [], by, now)
