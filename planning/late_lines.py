"""Lines of plans that are late, told to those in charge of the office each falls to: a part of the weekly digest, the same for every kind of plan."""

from collections import defaultdict
from typing import Any, NamedTuple

from branches.models import Appointment
from branches.scope import Right
from onboarding import digest_parts, duties

SHOWN = 5  # late lines of one part in one digest


def by_user(rows, duty_of, today):
    """{user pk: [row, ..]}: each of `rows` with those in charge today of the office it falls to, in the order of `rows`.

    duty_of: gives (unit pk, office pk) of a row. In charge is who holds the office or stands in for it (onboarding.duties), and may care for the unit.
    """
    in_charge, numbers = duties.in_charge({duty_of(row) for row in rows}, today), defaultdict(list)
    for number, row in enumerate(rows):
        if duty := in_charge.get(duty_of(row)):
            numbers[duty].append(number)
    found = defaultdict(set)
    terms = Appointment.objects.told(today).filter(unit__in={unit for unit, _office in numbers}, right__gte=Right.CARE)
    for user, unit, office in terms.values_list("user", "unit", "office"):
        found[user].update(numbers.get((unit, office), ()))
    return {user: [rows[number] for number in sorted(theirs)] for user, theirs in found.items() if theirs}


class LateLines(NamedTuple):
    """A part of the digest. late(on): the late lines on a day, the longest late first; duty_of: as for by_user; told(line): {"text", "day", "unit", "url"}."""

    title: Any
    late: Any
    duty_of: Any
    told: Any

    def by_user(self, on, today):
        """{user pk: [line, ..]} that are late on the day `on`, for those in charge today."""
        return by_user(list(self.late(on)), self.duty_of, today)

    def waiting(self, on, today):
        """As onboarding.digest_parts asks for."""
        return [(user, self.duty_of(lines[0])[0]) for user, lines in self.by_user(on, today).items()]

    def part(self, users, on, today):
        """As onboarding.digest_parts asks for: the late lines of `users`."""
        found = {user: lines for user, lines in self.by_user(on, today).items() if user in users}
        return {
            user: {"title": self.title, "lines": [self.told(line) for line in lines[:SHOWN]], "total": len(lines)}
            for user, lines in found.items()
        }

    def register(self):
        digest_parts.add(self.waiting, self.part)
