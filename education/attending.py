"""Who was there: the list of a date, ticks that arrive late, twice or against each other, and people who come without a place.

Ticks are a log (models.attendance.Tick). For each person and date the tick with the latest moment counts, in whatever order they arrive. When somebody else
said the opposite without either knowing of the other, both are shown until somebody taps once more: that tick knows of all.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Max, Value, When
from django.utils import timezone
from django.utils.crypto import salted_hmac

from common.links import Link
from education.models import Event, EventDate, Headcount, Registration, Tick
from education.models.registrations import come, note

State = Registration.State
LISTED = (State.CONFIRMED, State.ATTENDED, State.MISSED)
SURPRISE = (State.OFFERED, State.WAITING, State.ASKED)  # registered without a place; they may come all the same
OLDEST = timedelta(days=14)  # a phone that was away longer is not signed in any more
MOST = 2000  # ticks in one go
SIGNS = "CDFGHJKMNPQRTVWX23456789"

LINK = Link("education:check_in", salt="education.check_in")


@dataclass(frozen=True)
class Standing:
    """What counts for one person at one date. against: the Tick that says the opposite and was not known to whoever ticked last."""

    tick: Tick
    against: Tick | None

    @property
    def present(self):
        return self.tick.present


@dataclass(frozen=True)
class Told:
    """A tick as it arrives. ago: how long before it was sent, so that the clock of the phone does not matter."""

    key: UUID
    registration: int
    present: bool
    ago: timedelta
    seen: int


def kept_by(user):
    """Dates whose list `user` may keep: who cares for a unit that carries the event. Drafts and what was called off have no list."""
    events = Event.objects.attended_by(user).filter(state__in=(Event.State.OPEN, Event.State.CLOSED))
    return EventDate.objects.filter(event__in=events).select_related("event__kind", "event__unit__kind", "event__place")


def has_begun(date, now):
    """Whether the day of `date` has come: before it nobody can have been there."""
    return timezone.localdate(date.starts_at) <= timezone.localdate(now)


def is_late(tick, date):
    """Whether it was entered after the day of `date`."""
    return timezone.localdate(tick.at) > timezone.localdate(date.ends_at)


def listed(date):
    """The registrations on the list of `date` with member and home unit, by name; `on_list`: False for those without a place."""
    rows = date.event.registrations.filter(state__in=LISTED + SURPRISE).select_related("member__home_unit")
    rows = rows.annotate(on_list=Case(When(state__in=LISTED, then=Value(True)), default=Value(False)))
    return sorted(rows, key=lambda row: (row.who.casefold(), row.pk))


def standings(date, registrations=None):
    """{registration pk: Standing} of those ticked at `date`. One query."""
    ticks = date.ticks.select_related("by").order_by("registration_id", "at", "pk")
    if registrations is not None:
        ticks = ticks.filter(registration__in=registrations)
    return {pk: standing(list(rows)) for pk, rows in groupby(ticks, key=lambda tick: tick.registration_id)}


def standing(ticks):
    """The Standing of one person's ticks at one date, the latest moment last."""
    last = ticks[-1]
    unknown = (tick for tick in reversed(ticks) if tick.present != last.present and tick.by_id != last.by_id and tick.pk > last.seen)
    return Standing(last, next(unknown, None))


@transaction.atomic
def take(date, told, by, now):
    """Take up the ticks `told` ([Told]) of `by` for `date`; those that came before (by their key) change nothing. Returns the registrations' pks."""
    wanted = {one.registration for one in told}
    # Two phones with the same person wait for each other here.
    rows = {row.pk: row for row in date.event.registrations.select_for_update().filter(pk__in=wanted).order_by("pk")}
    Tick.objects.bulk_create(
        (
            Tick(
                registration=rows[one.registration], date=date, present=one.present, by=by, key=one.key, seen=one.seen,
                at=now - min(max(one.ago, timedelta()), OLDEST), received_at=now,
            )
            for one in told if one.registration in rows
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    follow(rows.values(), by, now)
    return set(rows)


def follow(rows, by, now):
    """Let the state of registrations follow their ticks: who was there at any date attended; nobody is told."""
    latest = Tick.objects.filter(registration__in=[row.pk for row in rows]).order_by("registration_id", "date_id", "-at", "-pk")
    there = {tick.registration_id for tick in latest.distinct("registration_id", "date_id") if tick.present}
    if came := [row for row in rows if row.pk in there and row.state != State.ATTENDED]:
        come(came, State.ATTENDED, now, by)
    for row in rows:
        if row.state == State.ATTENDED and row.pk not in there:
            row.undo_attendance(now, by)


@transaction.atomic
def walk_in(date, by, now, key, member=None, name="", email=""):
    """Somebody came without a place: `member`, or a guest called `name`. Returns the Registration; the same `key` finds the first one."""
    Event.objects.select_for_update(of=("self",), no_key=True).get(pk=date.event_id)  # a double click waits here
    done = Tick.objects.filter(key=key).select_related("registration").first()
    if done:
        return done.registration
    known = date.event.registrations.filter(member=member) if member else date.event.registrations.filter(member=None, email__iexact=email)
    row = known.first() if member or email else None
    if row is None:
        why = {"rule": "walk_in"}
        row = Registration(event=date.event, member=member, name=name, email=email, state=State.ATTENDED, asked_at=now, why=why)
        row.save()
        note([row], now, by, why, tell=False)
    take(date, [Told(key, row.pk, True, timedelta(), newest(date))], by, now)
    return row


def newest(date):
    """The highest number of a tick at `date`, 0 without any."""
    return date.ticks.aggregate(last=Max("pk"))["last"] or 0


@transaction.atomic
def finish(event, by, now):
    """Whoever had a place at `event` and was at none of its dates missed it. Returns how many."""
    Event.objects.select_for_update(of=("self",), no_key=True).get(pk=event.pk)
    return len(come(list(event.registrations.filter(state=State.CONFIRMED)), State.MISSED, now, by))


def count_heads(date, present, by, now):
    """Write down that `present` people were at `date`."""
    Headcount.objects.update_or_create(date=date, defaults={"present": present, "by": by, "at": now})


def present(dates):
    """{pk of an EventDate: number of people who were there} of `dates`: as counted, else those ticked. Dates nobody noted anything for are left out."""
    pks = [date.pk for date in dates]
    latest = Tick.objects.filter(date__in=pks).order_by("date_id", "registration_id", "-at", "-pk").distinct("date_id", "registration_id")
    found: dict = defaultdict(int)
    for pk, there in latest.values_list("date", "present"):
        found[pk] += there
    return found | dict(Headcount.objects.filter(date__in=pks).values_list("date", "present"))


# --- tickets -----------------------------------------------------------------------------------------------------------


def letters(registration):
    """The code of a ticket to say or type where a picture cannot be scanned; found by the search of the list. No vowels: no words, and no folding."""
    number = int.from_bytes(salted_hmac("education.ticket_letters", str(registration.pk)).digest()[:8], "big")
    return "".join(SIGNS[number // len(SIGNS) ** n % len(SIGNS)] for n in range(6))


def ticket_address(registration):
    """The full address that the code of the ticket holds: good for showing at the entrance and for nothing else."""
    return LINK.address(registration.pk)
