"""A reference model of what happens to members: for each record the unit of every day, the join date, the notes. Nothing clever."""

import copy
from dataclasses import dataclass, field
from datetime import timedelta

from tests.factories import TODAY

DAYS = 90  # from FIRST on; what is still running at the end runs to the last day
FIRST = TODAY - timedelta(days=DAYS - 1)


def day(number):
    return FIRST + timedelta(days=number)


@dataclass
class Record:
    joined: object
    homes: list = field(default_factory=lambda: [None] * DAYS)  # the unit of each day, None: at home nowhere
    notes: set = field(default_factory=set)
    phone: str = ""
    left: int = DAYS  # the first day without, for who is no member

    def be(self, unit, since):
        self.left = since if unit is None else DAYS
        self.homes[since:] = [unit] * (DAYS - since)

    @property
    def active(self):
        return self.homes[-1] is not None


class Model:
    """{pk: Record}, and what each merge took away."""

    def __init__(self):
        self.records, self.merged = {}, {}

    def merge(self, survivor, gone, membership_of):
        keep, other = self.records[survivor], self.records.pop(gone)
        self.merged[gone] = (survivor, copy.deepcopy(keep), copy.deepcopy(other))
        first, second = (other, keep) if membership_of == gone else (keep, other)
        days = enumerate(zip(first.homes, second.homes, strict=True))
        keep.homes = [mine or (theirs if number < first.left else None) for number, (mine, theirs) in days]
        keep.left = first.left
        keep.joined = min(keep.joined, other.joined)
        keep.notes |= other.notes

    def unmerge(self, gone):
        """Both as they were before, apart from notes that came to the survivor since."""
        survivor, keep, other = self.merged.pop(gone)
        keep.notes |= self.records[survivor].notes - other.notes
        self.records[survivor], self.records[gone] = keep, other
        return keep, other


def homes_of(member):
    """The unit of each day, from the periods in the database."""
    homes = [None] * DAYS
    for period in member.memberships.filter(home=True):
        for number in range(DAYS):
            if period.starts_on <= day(number) and (period.ends_on is None or day(number) < period.ends_on):
                assert homes[number] is None, "periods overlap"
                homes[number] = period.unit_id
    return homes
