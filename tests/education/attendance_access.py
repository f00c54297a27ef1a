"""Rows of attendance. The list of an event exists for those who care for a unit that carries it."""

from datetime import timedelta

from django.utils import timezone

from education import attending
from education.models import Registration
from tests import factories as make
from tests.access import CARE, PUBLIC, row


def event_of(o):
    """An event of the place on this day, the member of the place confirmed for it."""
    event = make.event(o.unit, starts_at=timezone.now() - timedelta(hours=5))
    Registration.objects.create(event=event, member=o.member, state="confirmed", asked_at=timezone.now())
    return event


def event(o):
    return [event_of(o).pk]


def date(o):
    return [event_of(o).dates.get().pk]


def ticket(o):
    return [attending.LINK.token(event_of(o).registrations.get().pk)]


KEEPERS = {"exists": CARE, "grants": True}

ROWS = [
    row("education:attendance_dates", event, get=CARE, **KEEPERS),
    row("education:attendance_finish", event, post=CARE, **KEEPERS),
    row("education:attendance_list", date, get=CARE, post=CARE, **KEEPERS),
    row("education:attendance_send", date, post=CARE, **KEEPERS),
    row("education:attendance_arrive", date, get=CARE, post=CARE, **KEEPERS),
    row("education:attendance_count", date, get=CARE, post=CARE, **KEEPERS),
    row("education:attendance_paper", date, get=CARE, **KEEPERS),
    row("education:attendance_worker", get=PUBLIC),
    row("education:attendance_offline", get=PUBLIC),
    row("education:check_in", ticket, get=PUBLIC, post=PUBLIC),
]
