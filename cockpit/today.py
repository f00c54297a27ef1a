"""Today: what is due for the one who looks, and the next action each."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, Q
from django.shortcuts import render
from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from branches.scope import Right
from common.context import place_of
from common.presets import count_each
from onboarding import rows
from onboarding.models import Contact, Journey, JourneyStep

MOST = 60  # rows on the page; who has more goes through the list of new members
LATER = 5  # steps shown of those that come after this week
WEEK = timedelta(days=7)


@login_required
@require_safe
def today(request):
    """Overdue, this week, waiting for others and what comes then, for the office one acts in."""
    now = timezone.localtime()
    on = now.date()
    place = place_of(request)
    context = {"on": on, "date": date_in_words(on), "greeting": greeting(now.hour), "place": place}
    if place is None:
        return render(request, "cockpit/today.html", context)
    if place.right >= Right.CARE:
        context |= work(request.user, place, on)
    context |= {"new": new_members(request.user, place, on), "elsewhere": elsewhere(request.user, place, on)}
    return render(request, "cockpit/today.html", context)


def date_in_words(on):
    return dateformat.format(on, pgettext("date format of Today", "l, j F"))


def greeting(hour):
    return _("Good morning") if hour < 11 else _("Good day") if hour < 18 else _("Good evening")


def work(user, place, on):
    """Sections of rows for the office `place`, each in the order of their days."""
    mine = JourneyStep.objects.open().editable_by(user).filter(duty_unit=place.unit_id, duty_office=place.office_id)
    steps = list(mine.select_related("step", "journey__member").order_by("due_on", "pk")[: MOST + 1])
    promised = list(Contact.objects.to_follow_up(user, on + WEEK).select_related("member").order_by("next_on")[:MOST])
    last = Contact.objects.visible_to(user).filter(member__in={step.journey.member_id for step in steps})
    last = {contact.member_id: contact for contact in last.order_by("member", "-on", "-pk").distinct("member")}

    sections = {"late": [], "week": [], "waiting": [], "later": []}
    shown = set()
    for step in steps[:MOST]:
        waits = step.state == JourneyStep.State.WAITING
        section = "waiting" if waits else "late" if step.due_on < on else "week" if step.due_on <= on + WEEK else "later"
        if section != "later" or len(sections["later"]) < LATER:
            sections[section].append(rows.today(step, on, last.get(step.journey.member_id)))
        if section != "later":
            shown.add(step.journey.member_id)
    for contact in promised:
        if contact.member_id not in shown:
            sections["late" if contact.next_on < on else "week"].append(rows.follow_up(contact, on))
    for section in sections.values():
        section.sort(key=lambda row: row["due"])
    more = len(steps) > MOST
    return {"sections": sections, "more": more, "next_on": sections["later"][0]["due"] if sections["later"] else None, "works": True}


def new_members(user, place, on):
    """Who began to arrive in the unit of `place` (and below) in the last six months: how many, in time, waiting, late."""
    since = on - relativedelta(months=6)
    journeys = Journey.objects.visible_to(user).filter(started_on__gte=since, reason=Journey.Reason.JOINED)
    if not place.below or place.unit.kind.is_section:
        journeys = journeys.in_unit(place.unit)
    due = Q(contact_due_on__isnull=False)
    in_time = due & Q(first_contact_on__lte=F("contact_due_on"))
    late = due & ~in_time & (Q(first_contact_on__isnull=False) | Q(contact_due_on__lt=on))
    counts = journeys.aggregate(total=Count("pk"), in_time=Count("pk", filter=in_time), late=Count("pk", filter=late))
    counts["waiting"] = counts["total"] - counts["in_time"] - counts["late"]
    counts["parts"] = [(counts["in_time"], "ok"), (counts["waiting"], "amber"), (counts["late"], "late")]
    return counts


def elsewhere(user, place, on):
    """What is late outside this page: for one's other offices, and in all units one may see."""
    querysets = {
        appointment.pk: JourneyStep.objects.open()
        .editable_by(user)
        .filter(duty_unit=appointment.unit_id, duty_office=appointment.office_id, due_on__lte=on + WEEK)
        for appointment in user.appointments_now
        if appointment != place and appointment.right >= Right.CARE
    }
    querysets["late"] = Journey.objects.visible_to(user).running().filter(next_due_on__lt=on)
    counts = count_each(querysets, 999)
    offices = [
        {"appointment": appointment, "count": counts[appointment.pk]}
        for appointment in user.appointments_now
        if counts.get(appointment.pk, "0") != "0"
    ]
    return {"offices": offices, "late": counts["late"] if counts["late"] != "0" else ""}

