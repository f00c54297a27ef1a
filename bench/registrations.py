"""The pages of an event with 1,000 registrations, beside the floor, and what one more registration costs under the lock."""

from contextlib import contextmanager
from datetime import timedelta

from django.utils import timezone

from bench import figure
from education.models import Carrier, Event, EventDate, EventKind, Registration
from membership.models import Member

NUMBER, SEATS = 1000, 400


@contextmanager
def full_event(run):
    """An event of the root with NUMBER registrations; it is gone afterwards."""
    now = timezone.now()
    start = now + timedelta(days=30)
    event = Event.objects.create(
        unit=run.root, kind=EventKind.objects.first(), titles={"de": "Konferenz"}, state=Event.State.OPEN, starts_at=start,
        ends_at=start + timedelta(hours=3), seats=SEATS,
    )  # fmt: skip
    try:
        EventDate.objects.create(event=event, starts_at=event.starts_at, ends_at=event.ends_at)
        Carrier.objects.create(event=event, unit=run.root)
        members = Member.objects.active().filter(party=run.root).order_by("pk").values_list("pk", flat=True)[:NUMBER]
        Registration.objects.bulk_create(
            Registration(
                event=event, member_id=pk, state="confirmed" if n < SEATS else "waiting", why={"rule": "order" if n < SEATS else "full"},
                asked_at=now - timedelta(minutes=NUMBER - n),
            )
            for n, pk in enumerate(members)
        )  # fmt: skip
        yield event
    finally:
        event.delete()


@figure("registrations.event", unit="F", bar=3)
def event_page(run):
    with full_event(run) as event:
        return run.floors(f"/events/{event.pk}/")


@figure("registrations.list", unit="F", bar=3)
def list_page(run):
    with full_event(run) as event:
        return run.floors(f"/events/{event.pk}/registrations/")


@figure("registrations.list_queries", unit="count", bar=10)
def list_queries(run):
    with full_event(run) as event:
        return run.queries(f"/events/{event.pk}/registrations/")
