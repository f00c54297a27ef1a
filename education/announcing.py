"""Writing events: dates, carriers, series, copies, and what else happens when one is called off.

Two people at one event: each brings the version they saw, and who comes second is told (Outdated) instead of overwriting.
"""

import uuid
from copy import copy
from datetime import datetime, timedelta

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, prefetch_related_objects
from django.utils import timezone

from education.models import Carrier, Event, EventDate

MOST_REPEATS = 60
SHIFTED = ("registers_until", "cancels_until")  # deadlines keep their distance from the event
# What an event of a series or a copy begins with.
COPIED = (
    *("kind", "unit", "partner", "audience", "titles", "texts", "agendas", "language", "place", "place_text", "online_url", "seats", "fairness"),
    *("asks_approval", "approval_days", "guests", "offer_hours", "fee_cents"),
)

_called_off: list = []
_changed: list = []


class Outdated(Exception):
    """Somebody saved the event meanwhile; `event` is as it is now."""

    def __init__(self, event):
        super().__init__(event.pk)
        self.event = event


def on_called_off(function):
    """Have function(event, by, now) run in the transaction that calls an event off; registrations are told this way."""
    _called_off.append(function)


def on_changed(function):
    """Have function(event, was, now) run in the transaction that writes a change; was: the event before, with its dates. Places are given anew this way."""
    _changed.append(function)


@transaction.atomic
def publish(event, now, following=False):
    """Announce a draft; following: with the drafts of its series that come later. Returns how many were announced."""
    return sum(one.publish(now) for one in [event, *(later_ones(event) if following else ())])


@transaction.atomic
def call_off(event, reason, by, now, following=False):
    """Call off an announced event in the name of `by`; following: with those of its series that come later. Returns how many were called off."""
    gone = [one for one in [event, *(later_ones(event) if following else ())] if one.cancel(reason, now)]
    for one in gone:
        for function in _called_off:
            function(one, by, now)
    return len(gone)


@transaction.atomic
def add(fields, dates, units, by, now):
    """A new draft. fields: of Event; dates: [{"starts_at", "ends_at", "note"}]; units: those that carry it beside the one in charge."""
    event = Event.objects.create(by=by, changed_at=now, starts_at=dates[0]["starts_at"], ends_at=dates[-1]["ends_at"], **fields)
    set_dates(event, dates)
    set_carriers(event, units)
    return event


@transaction.atomic
def change(event, fields, dates, units, version, now, following=False):
    """Write an event that was read at `version`. following: also those of its series that come later, where the same was changed.

    units: all that carry it. Raises Outdated. Returns how many events were written.
    """
    before = Event.objects.select_for_update().get(pk=event.pk)
    if before.version != version:
        raise Outdated(before)
    changed = {name: value for name, value in fields.items() if getattr(before, name) != value}
    later = list(later_ones(before).select_for_update()) if following else []
    was = local_day(before.starts_at)
    old = [(one.starts_at, one.ends_at) for one in before.dates.all()]
    were = [copy(one) for one in (before, *later)]
    prefetch_related_objects(were, "dates")
    _write(before, fields, now)
    set_dates(before, dates)
    set_carriers(before, units)
    moved = len(old) == len(dates) == 1 and old[0] != (dates[0]["starts_at"], dates[0]["ends_at"])
    for one in later:
        days = local_day(one.starts_at) - was
        own = {name: shifted(value, days) if name in SHIFTED else value for name, value in changed.items()}
        _write(one, own, now)
        if moved:
            set_dates(one, [{"note": "", **span(dates[0]["starts_at"], dates[0]["ends_at"], days)}])
        set_carriers(one, units)
    for one, earlier in zip((before, *later), were, strict=True):
        for function in _changed:
            function(one, earlier, now)
    return 1 + len(later)


def _write(event, fields, now):
    Event.objects.filter(pk=event.pk).update(version=F("version") + 1, changed_at=now, **fields)
    for name, value in fields.items():
        setattr(event, name, value)


def later_ones(event):
    """The events of the series of `event` that come after it and are still to be held."""
    if event.series is None:
        return Event.objects.none()
    still = (Event.State.DRAFT, Event.State.OPEN)
    return Event.objects.filter(series=event.series, unit=event.unit_id, starts_at__gt=event.starts_at, state__in=still).order_by("starts_at")


def set_dates(event, dates):
    """Give `event` these dates, in their order. A date that stays keeps its row, so calendars know it again; a moved one takes the row of one that went."""
    wanted = sorted(dates, key=lambda one: one["starts_at"])
    rows = {row.starts_at: row for row in event.dates.all()}
    new = [one for one in wanted if one["starts_at"] not in rows]
    left = [rows[start] for start in sorted(rows.keys() - {one["starts_at"] for one in wanted})]
    for one in wanted:
        if row := rows.get(one["starts_at"]):
            EventDate.objects.filter(pk=row.pk).update(**one)
    for one, row in zip(new, left, strict=False):
        EventDate.objects.filter(pk=row.pk).update(**one)
    EventDate.objects.filter(pk__in=[row.pk for row in left[len(new) :]]).delete()
    EventDate.objects.bulk_create(EventDate(event=event, **one) for one in new[len(left) :])
    event.starts_at, event.ends_at = wanted[0]["starts_at"], max(one["ends_at"] for one in wanted)
    Event.objects.filter(pk=event.pk).update(starts_at=event.starts_at, ends_at=event.ends_at)


def set_carriers(event, units):
    """Let the unit in charge and `units` carry `event`; shares of those that stay are kept."""
    wanted = {event.unit_id, *(unit.pk for unit in units)}
    Carrier.objects.filter(event=event).exclude(unit__in=wanted).delete()
    Carrier.objects.bulk_create([Carrier(event=event, unit_id=pk) for pk in sorted(wanted)], ignore_conflicts=True)


# --- time as people mean it: seven in the evening stays seven in the evening, whatever the clocks do --------------------


def local_day(moment):
    return timezone.localdate(moment)


def shifted(moment, days):
    """`moment` moved by `days` (a timedelta of whole days) with the same time on the clock; None stays None."""
    if moment is None:
        return None
    local = timezone.localtime(moment)
    return timezone.make_aware(datetime.combine(local.date() + days, local.time()))


def span(starts_at, ends_at, days):
    """{"starts_at", "ends_at"} moved by `days`; where the clocks leave nothing between them, as long as it was."""
    start, end = shifted(starts_at, days), shifted(ends_at, days)
    return {"starts_at": start, "ends_at": end if end > start else start + (ends_at - starts_at)}


def days_of(first, every, times=None, until=None):
    """The days of a series that begins on the day `first`, which is not among them, as a list.

    every: {"weeks": n}, or {"months": n} for the same weekday of the month (the second Tuesday; a fifth that a month lacks is its last).
    times: how many in all, with the first; until: the last possible day. MOST_REPEATS at most.
    """
    found: list = []
    while len(found) < min(MOST_REPEATS, times - 1 if times else MOST_REPEATS):
        n = len(found) + 1
        day = first + timedelta(weeks=every["weeks"] * n) if "weeks" in every else _same_weekday(first, every["months"] * n)
        if until and day > until:
            break
        found.append(day)
    return found


def _same_weekday(first, months):
    month = first.replace(day=1) + relativedelta(months=months)
    day = month + timedelta(days=(first.weekday() - month.weekday()) % 7) + timedelta(weeks=(first.day - 1) // 7)
    return day if day.month == month.month else day - timedelta(weeks=1)


@transaction.atomic
def repeat(event, days, by, now):
    """Repeat an event of one date on `days`: each is an event of its own, in the state of the first, with its carriers. Returns them.

    Days on which the series has an event already are left out, so a second click does nothing.
    """
    event = Event.objects.select_for_update().get(pk=event.pk)
    if event.series is None:
        event.series = uuid.uuid4()
        Event.objects.filter(pk=event.pk).update(series=event.series)
    held = {local_day(start) for start in Event.objects.filter(series=event.series).values_list("starts_at", flat=True)}
    carriers = list(event.carriers.all())
    made = []
    for day in days:
        if day in held:
            continue
        away = day - local_day(event.starts_at)
        fields = {name: getattr(event, name) for name in COPIED}
        fields |= {name: shifted(getattr(event, name), away) for name in SHIFTED}
        one = Event.objects.create(
            **fields, **span(event.starts_at, event.ends_at, away), series=event.series, state=event.state, by=by, changed_at=now,
            published_at=now if event.state == Event.State.OPEN else None,
        )  # fmt: skip
        EventDate.objects.create(event=one, starts_at=one.starts_at, ends_at=one.ends_at)
        Carrier.objects.bulk_create(Carrier(event=one, unit_id=carrier.unit_id, share=carrier.share) for carrier in carriers)
        made.append(one)
    return made


def double_booked(event):
    """Dates of other events in the same place while this one is there, with event and unit. Nobody is refused; people sort it out."""
    if not event.place_id:
        return EventDate.objects.none()
    own = EventDate.objects.filter(event=event, starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at"))
    others = EventDate.objects.filter(Exists(own), ~Q(event=event), event__place=event.place_id).exclude(event__state=Event.State.CANCELLED)
    return others.select_related("event__unit__kind").order_by("starts_at")


# --- what is shown with an event changed -------------------------------------------------------------------------------


@transaction.atomic
def save_kind(kind, now):
    """Save a kind; calendars are told that its events read differently. A new one gets a slug nobody sees."""
    if not kind.pk:
        kind.slug = f"kind-{uuid.uuid4().hex[:12]}"
    kind.save()
    Event.objects.filter(kind=kind, ends_at__gt=now).update(changed_at=now)
    return kind


@transaction.atomic
def save_place(place, now):
    """Save a place; calendars are told that events in it read differently."""
    place.save()
    Event.objects.filter(place=place, ends_at__gt=now).update(changed_at=now)
    return place
