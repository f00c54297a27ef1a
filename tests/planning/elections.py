"""An election with posts, shifts and volunteers for tests."""

from datetime import UTC, datetime, timedelta

from branches.models import Office
from planning.models import Availability, Election, ElectionMilestone, Post, Shift, Volunteer

DAY = datetime(2027, 5, 2, 6, tzinfo=UTC)  # eight in the morning in Berlin
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def election(unit, by, units=(), **fields):
    fields = {"title": "Kommunalwahl", "day": DAY.date(), "state": "running", "created_at": NOW} | fields
    row = Election.objects.create(unit=unit, by=by, **fields)
    row.units.set({unit, *units})
    return row


def milestone(election, unit=None, due_on=None, office="secretary", title="Helferliste", **fields):
    office = Office.objects.get(slug=office)
    return ElectionMilestone.objects.create(
        election=election, unit=unit or election.unit, labels={"de": title}, office=office, due_on=due_on or election.day - timedelta(days=60), **fields
    )  # fmt: skip


def post(election, unit=None, name="Infostand am Markt", **fields):
    return Post.objects.create(election=election, unit=unit or election.unit, name=name, **fields)


def shift(post, starts=0, ends=2, needed=2):
    """From `starts` until `ends`, in hours after eight in the morning of the day."""
    return Shift.objects.create(post=post, starts_at=DAY + timedelta(hours=starts), ends_at=DAY + timedelta(hours=ends), needed=needed)


def volunteer(election, member, state="yes", times=()):
    """times: [(from, until)] in hours as for a shift."""
    row = Volunteer.objects.create(election=election, member=member, unit=member.home_unit, state=state, asked_at=NOW)
    Availability.objects.bulk_create(
        Availability(volunteer=row, starts_at=DAY + timedelta(hours=low), ends_at=DAY + timedelta(hours=high)) for low, high in times
    )
    return row
