"""A volunteer's own page by signed link, without an account: say yes or no, when one has time, one's shifts. Opening it changes nothing."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

from django.contrib import messages
from django.db import transaction
from django.db.models import F, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from common.files import download
from common.links import Found
from common.values import clean_text
from membership.models import ACTIVE
from membership.own_data import language_of
from outbox.tasks import wake
from planning import duty_day, duty_hours, posting, volunteer_asking, volunteer_mails, volunteer_swaps
from planning.models import Duty, Election, Shift, Swap, Volunteer

OPEN_FOR = timedelta(days=30)  # after election day the page closes
MOST_SWAPS = 5  # shown at once
MOST_DAYS = 30  # to say when one has time
EARLY, LATE = timedelta(hours=1), timedelta(hours=12)  # around a shift one may say "I am here"
# Part of a day -> (from, until) in hours; the evening ends in the small hours of the next day.
BLOCKS = {"morning": (5, 12), "afternoon": (12, 17), "evening": (17, 26)}
BLOCK_NAMES = {
    "morning": gettext_lazy("Morning"), "afternoon": gettext_lazy("Afternoon"), "evening": gettext_lazy("Evening"),
}  # fmt: skip
State = Volunteer.State


def _found(now, pk):
    row = get_object_or_404(Volunteer.objects.select_related("member__home_unit", "election__unit__kind"), pk=pk)
    is_open = row.member.status in ACTIVE and timezone.localdate(now) <= row.election.day + OPEN_FOR
    return Found((row,), language_of(row.member), is_open)


by_link = volunteer_mails.LINK.opens(_found, "planning/volunteer_closed.html")


# --- when one has time -------------------------------------------------------------------------------------------------


def days_of(election, on):
    """The days from `on` on with shifts of `election`, and election day itself; at most MOST_DAYS."""
    found = {timezone.localdate(at) for at in Shift.objects.filter(post__election=election).values_list("starts_at", flat=True)}
    return sorted(day for day in found | {election.day} if day >= on)[:MOST_DAYS]


def span(day, block):
    """(starts, ends) of a part of a day."""
    low, high = (datetime.combine(day, time()) + timedelta(hours=hours) for hours in BLOCKS[block])
    return timezone.make_aware(low), timezone.make_aware(high)


def offered(volunteer, on):
    """[{"day", "blocks": [{"value", "label", "on"}]}] to tick when one has time."""
    times = list(volunteer.times.values_list("starts_at", "ends_at"))
    rows = []
    for day in days_of(volunteer.election, on):
        blocks = []
        for block, label in BLOCK_NAMES.items():
            low, high = span(day, block)
            ticked = any(starts <= low and ends >= high for starts, ends in times)
            blocks.append({"value": f"{day}_{block}", "label": label, "on": ticked})
        rows.append({"day": day, "blocks": blocks})
    return rows


def told_times(values, days):
    """[(starts, ends)] of ticked boxes; what is none of `days` is left out."""
    spans = []
    for value in values:
        day, _underscore, block = value.partition("_")
        try:
            on = date.fromisoformat(day)
        except ValueError:
            continue
        if on in days and block in BLOCKS:
            spans.append(span(on, block))
    return sorted(spans)


# --- the page ----------------------------------------------------------------------------------------------------------


@by_link
def link_volunteer(request, volunteer, now):
    """POST do: yes, no, never, times, withdraw; or confirm, cancel, give, keep, here, gone with a duty; take, refuse with a swap."""
    if request.method == "POST":
        act(request, volunteer, request.POST.get("do", ""), now)
        wake()
        return redirect(request.path)
    on = timezone.localdate(now)
    mine = list(volunteer.duties.filter(state__in=(*Duty.LIVE, Duty.State.MISSED)).select_related("shift__post").prefetch_related("swaps__to__member"))
    for duty in mine:
        duty.to_come = duty.state in Duty.OPEN and duty.starts_at > now
        duty.here_now = can_say_here(duty, now)
        duty.swap = next((swap for swap in duty.swaps.all() if swap.state == Swap.State.OPEN), None)
        duty.refused = not duty.swap and any(swap.state == Swap.State.REFUSED for swap in duty.swaps.all())
    served = sum(row["minutes"] for row in duty_hours.sums(duty_hours.served(volunteer.election).filter(volunteer=volunteer), "volunteer"))
    context = {
        "volunteer": volunteer, "election": volunteer.election, "days": offered(volunteer, on), "over": volunteer.election.day < on,
        "duties": [duty for duty in mine if duty.ends_at > now], "past": [duty for duty in mine if duty.ends_at <= now],
        "swaps": swaps_for(volunteer, now) if volunteer.state == State.YES else [], "served": duty_hours.hours(served) if served else "",
        "calendar": volunteer_mails.LINK.path(volunteer.pk, name="planning:link_volunteer_calendar"),
    }  # fmt: skip
    return render(request, "planning/link_volunteer.html", context)


def can_say_here(duty, now):
    """Whether the volunteer can say now that they are at this shift, or leave it."""
    return duty.state in Duty.LIVE and duty.starts_at - EARLY <= now <= duty.ends_at + LATE


def swaps_for(volunteer, now):
    """Open swaps that `volunteer` could take, the nearest first; the rules are asked again when they do."""
    asked = Swap.objects.open().filter(duty__volunteer__election=volunteer.election, duty__starts_at__gt=now, duty__state__in=Duty.OPEN)
    asked = asked.exclude(duty__volunteer=volunteer).filter(Q(to=None) | Q(to=volunteer))
    found = asked.select_related("duty__shift__post__election", "duty__volunteer__member").order_by(F("to").asc(nulls_last=True), "duty__starts_at")
    return [swap for swap in found[:MOST_SWAPS] if not posting.why_not(swap.duty.shift, [volunteer], swap.duty.starts_at, swap.duty.ends_at, instead_of=swap.duty)]


def act(request, volunteer, do, now):
    """What a button of the page does; what comes too late changes nothing and is said."""
    if do in ("yes", "no", "never", "times", "withdraw"):
        answer(request, volunteer, do, now)
    elif do in ("take", "refuse"):
        swaps = Swap.objects.filter(duty__volunteer__election=volunteer.election).select_related("duty")
        swap = swaps.filter(pk=number(request.POST.get("swap"))).first()
        if swap and do == "refuse" and swap.to_id == volunteer.pk:
            volunteer_swaps.refuse(swap, now)
        elif swap and do == "take":
            take(request, swap, volunteer, now)
    else:
        duty = get_object_or_404(volunteer.duties.select_related("shift__post__unit", "volunteer"), pk=number(request.POST.get("duty")))
        of_duty(request, duty, do, now)


def number(text):
    return int(text) if text and text.isdecimal() and len(text) < 18 else 0


@transaction.atomic
def answer(request, volunteer, do, now):
    if volunteer.election.state == Election.State.DONE or volunteer.election.day < timezone.localdate(now):
        return
    if do in ("yes", "times"):
        days = days_of(volunteer.election, timezone.localdate(now))
        volunteer_asking.set_times(volunteer, told_times(request.POST.getlist("time"), set(days)))
        volunteer.note = clean_text(request.POST.get("note", ""))[:300]
        volunteer.save(update_fields=["note"])
        if do == "yes":
            volunteer.agree(now)
        messages.success(request, _("Thank you! It is noted."))
    else:
        volunteer_swaps.withdraw(volunteer, now, leave_alone=do == "never")


def take(request, swap, volunteer, now):
    try:
        volunteer_swaps.take(swap, volunteer, now)
        messages.success(request, _("The shift is yours. Thank you!"))
    except posting.Refused as refused:
        words = _("Somebody was faster, or it is settled already.") if refused.code == "gone" else refused.messages[0]
        messages.error(request, _("That did not work: %(why)s") % {"why": words})


def of_duty(request, duty, do, now):
    if do == "confirm":
        duty.confirm(now)
    elif do == "cancel" and volunteer_swaps.cancel(duty, now):
        messages.success(request, _("The place is free again, and the office knows."))
    elif do == "give":
        give(request, duty, now)
    elif do == "keep":
        for swap in duty.swaps.filter(state=Swap.State.OPEN):
            swap.withdraw(now)
    elif do in ("here", "gone") and can_say_here(duty, now):
        if do == "here":
            duty_day.take([duty_day.Told(uuid4(), duty.pk, True, timedelta(), duty_day.newest([duty.pk]))], {duty.pk}, None, now)
        else:
            duty_day.leave(duty, None, now)


def give(request, duty, now):
    """Ask the one whose name POST `to` says to take the shift over, without a name all who could."""
    name, to = clean_text(request.POST.get("to", ""))[:120], None
    if name:
        to = volunteer_swaps.named(duty, name)
        if to is None:
            messages.error(request, _("Nobody with exactly this name helps here and could take it by the rules: %(name)s. You can ask all who could.") % {"name": name})
            return
    if not volunteer_swaps.ask(duty, clean_text(request.POST.get("note", ""))[:200], now, to):
        messages.error(request, _("Nobody could take it by the rules. If you cannot come, please cancel: then the office looks for somebody."))
    elif to:
        messages.success(request, _("%(name)s is asked. Until they take it, the shift stays yours.") % {"name": to.member.name})
    else:
        messages.success(request, _("Those who could take it are asked. Until somebody does, the shift stays yours."))


@by_link
@require_safe
def link_volunteer_calendar(request, volunteer, now):
    """One's shifts as a calendar file."""
    from icalendar import Calendar
    from icalendar import Event as Entry

    calendar = Calendar()
    calendar.add("prodid", "-//Ankommen//Shifts//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", clean_text(volunteer.election.title))
    for duty in volunteer.duties.filter(state__in=Duty.LIVE).select_related("shift__post"):
        entry, post = Entry(), duty.shift.post
        entry.add("uid", f"duty-{duty.pk}@ankommen")
        entry.add("dtstamp", duty.state_at.astimezone(UTC))
        entry.add("dtstart", duty.starts_at.astimezone(UTC))
        entry.add("dtend", duty.ends_at.astimezone(UTC))
        entry.add("summary", clean_text(f"{volunteer.election.title}: {post.name}"))
        entry.add("location", clean_text(post.address or post.name))
        entry.add("description", "\n\n".join(filter(None, (clean_text(post.what), clean_text(f"{post.contact} {post.contact_phone}".strip()), volunteer_mails.LINK.address(volunteer.pk)))))
        entry.add("class", "PRIVATE")
        calendar.add_component(entry)
    name = _("shifts-%(day)s") % {"day": volunteer.election.day} + ".ics"
    return download(name, calendar.to_ical(), "text/calendar; charset=utf-8")
