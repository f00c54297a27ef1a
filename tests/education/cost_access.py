"""Rows of the costs of an event. Whoever sees a carrying unit sees them; who cares for the unit in charge or keeps its money enters them."""

from django.utils import timezone

from education import costs
from education.models import CostLine
from tests.access import CARE, LEAD, LET_IN, SEE, row
from tests.education.attendance_access import event, event_of


def line_of(o, **fields):
    event = event_of(o)
    return CostLine.objects.create(
        event=event, stage="real", kind="room", text=o.contact.note, cents=5000, by=o.world.cast.admin, at=timezone.now(), **fields
    )


def line(o):
    return [line_of(o).pk]


def receipt(o):
    return [line_of(o, receipt=b"\x89PNG\r\n\x1a\n", receipt_name=f"{o.contact.note}.png").pk]


def settled(o):
    event = line_of(o).event
    event.dates.update(ends_at=timezone.now())
    event.ends_at = timezone.now()
    event.save()
    costs.settle(event, o.world.cast.admin, timezone.now())
    return [event.pk]


TREASURER = {"but": {("treasurer_a", "own"): LET_IN}, "grants": True}  # keeps the money of the unit

ROWS = [
    row("education:cost_list", event, get=SEE, grants=True),
    row("education:cost_add", event, get=CARE, post=CARE, **TREASURER),
    row("education:cost_edit", line, get=CARE, post=CARE, **TREASURER),
    row("education:cost_remove", line, post=CARE, **TREASURER),
    row("education:cost_receipt", receipt, get=SEE, grants=True),
    row("education:cost_key", event, get=CARE, post=CARE, **TREASURER),
    row("education:cost_settle", event, post=CARE, **TREASURER),
    row("education:cost_reopen", settled, post=LEAD),
]
