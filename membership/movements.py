"""Figures of any past day, counted from the book of movements.

A figure of the day D counts what was known at the end of D: the lines with `effective_on` and `booked_on` up to D. Lines only come with the
day of today, so such a figure never changes once its day is over. Days before the first line of the units in question was written are
answered by what was known at the end of that first day: then the past is as far known as the join dates tell. Beside it stands what is known
today, later corrections included.

A unit counts where it lay in the tree on the day (UnitPlace). Homes count for units, the periods beside them for sections.

Whoever may not see the people gets the year up to the end of a month (whole_months) in fives (in_fives): neither a single number, nor those of
neighbouring days, nor the sums around it tell what one or a few people did.
"""

import hashlib
import hmac
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import connection

from membership.models.movements import Movement

What = Movement.What
JOINED, LEFT = (What.JOINED, What.RETURNED), (What.LEFT, What.DECEASED)
FEW = 5  # people; fewer are a person's own matter to those who may not see the names
AGES = [26, 36, 46, 60, 70]  # each begins a band; the young and the old sections of most parties end and begin with one

# inside: the units below and when they were; child: the one right below the unit in question, itself none.
INSIDE = """
WITH RECURSIVE inside (unit_id, child_id, days) AS (
    SELECT %(unit)s::bigint, NULL::bigint, daterange(NULL, NULL)
    UNION ALL
    SELECT place.unit_id, coalesce(inside.child_id, place.unit_id), inside.days * daterange(place.starts_on, place.ends_on)
    FROM inside JOIN branches_unitplace place
        ON place.parent_id = inside.unit_id AND inside.days && daterange(place.starts_on, place.ends_on)
    WHERE %(below)s
)
"""
FIGURES = f"""{INSIDE},
unit AS MATERIALIZED (
    SELECT *, days @> %(since)s::date - 1 AS opens, days @> %(until)s::date AS closes FROM inside
),
begun AS (
    SELECT min(first.booked_on) FILTER (WHERE opens) AS opening, min(first.booked_on) FILTER (WHERE closes) AS closing
    FROM unit CROSS JOIN LATERAL (
        SELECT booked_on FROM membership_movement line WHERE line.unit_id = unit.unit_id AND home = %(home)s ORDER BY booked_on LIMIT 1
    ) first
),
known AS MATERIALIZED (
    SELECT closing AS begun, CASE WHEN %(today)s THEN 'infinity' ELSE greatest(%(since)s::date - 1, opening) END AS opening,
        CASE WHEN %(today)s THEN 'infinity' ELSE greatest(%(until)s::date, closing) END AS closing
    FROM begun
),
counted AS (
    SELECT 'opening' AS name, '' AS what, status, NULL AS gender, NULL::bigint AS child_id, NULL::int AS band, NULL AS month, sum(number) AS number
    FROM unit JOIN membership_movement line USING (unit_id)
    WHERE opens AND home = %(home)s AND effective_on < %(since)s AND booked_on <= (SELECT opening FROM known)
    GROUP BY status
    UNION ALL
    SELECT 'late', '', status, NULL, NULL, NULL, NULL, sum(number)
    FROM unit JOIN membership_movement line USING (unit_id)
    WHERE closes AND home = %(home)s AND effective_on < %(since)s
      AND booked_on > (SELECT opening FROM known) AND booked_on <= (SELECT closing FROM known)
    GROUP BY status
    UNION ALL
    SELECT 'flow', what, status, gender, child_id,
        width_bucket(date_part('year', age(effective_on, birth_date)), %(ages)s::float8[]), to_char(effective_on, 'YYYY-MM'), sum(number)
    FROM unit JOIN membership_movement line USING (unit_id)
    WHERE home = %(home)s AND effective_on BETWEEN %(since)s AND %(until)s AND days @> effective_on AND booked_on <= (SELECT closing FROM known)
    GROUP BY 2, 3, 4, 5, 6, 7
    UNION ALL
    SELECT 'closing', '', status, CASE WHEN %(parts)s THEN gender END, CASE WHEN %(parts)s THEN child_id END,
        CASE WHEN %(parts)s THEN width_bucket(%(until)s::date - birth_date, %(days)s::int[]) END, NULL, sum(number)
    FROM unit JOIN membership_movement line USING (unit_id)
    WHERE closes AND home = %(home)s AND effective_on <= %(until)s AND booked_on <= (SELECT closing FROM known)
    GROUP BY 2, 3, 4, 5, 6, 7
)
SELECT (SELECT begun FROM known), name, what, status, band, gender, child_id, month, grouping(status, band, gender, child_id, month),
    sum(number)
FROM counted WHERE %(status)s = '' OR status = %(status)s OR name IN ('flow', 'closing')
GROUP BY GROUPING SETS ((name, what, status), (name, what, status, band), (name, what, status, gender), (name, what, status, child_id),
    (name, what, status, month))
"""
# What grouping() says of the sets above: one bit for each of band, gender, child_id, month that a row is not broken down by.
WHOLE, BAND, GENDER, CHILD, MONTH = 0b1111, 0b0111, 0b1011, 0b1101, 0b1110
PARTS = {WHOLE: "status", BAND: "band", GENDER: "gender", CHILD: "unit", MONTH: "month"}


@dataclass
class Figures:
    """Members of a unit from `since` to `until`, both days included: an account that adds up, and its parts.

    opening + flows + late + elsewhere = closing. flows: {What: how many came, less how many went}. late: what happened before `since` and
    was booked within the time. elsewhere: came or went with units that changed their place in the tree. parts: {"status", "band", "gender",
    "unit", "month"} each {key: Counter of "stock", "joined", "left"}; a band is its number in AGES, None without birth date; a unit its
    pk, None for the unit itself. begun_on: the day of the first line, None when nothing is known.
    """

    since: date
    until: date
    begun_on: date | None = None
    opening: int = 0
    closing: int = 0
    late: int = 0
    flows: Counter = field(default_factory=Counter)
    rounded: bool = False
    parts: dict = field(default_factory=lambda: {name: {} for name in PARTS.values()})

    @property
    def elsewhere(self):
        return 0 if self.rounded else self.closing - self.opening - self.late - sum(self.flows.values())

    @property
    def joined(self):
        return sum(self.flows[what] for what in JOINED)

    @property
    def left(self):
        return -sum(self.flows[what] for what in LEFT)


def figures(unit, since, until, status="", below=True, as_known_today=False, parts=True):
    """Figures of `unit` with the units below (`below`) from the day `since` to the day `until`, of one status or of all ("").

    The part "status" counts all of them in any case. as_known_today: with corrections booked since. parts: False leaves the parts by band,
    gender and unit out, which takes half the time.
    """
    return figures_of(unit, [(since, until)], status, below, as_known_today, parts)[0]


def figures_of(unit, spans, status="", below=True, as_known_today=False, parts=True):
    """[Figures] of several times (since, until), each as figures() gives it, in one statement."""
    found, branches, values = [Figures(since, until) for since, until in spans], [], {}
    for place, (since, until) in enumerate(spans):
        # Days of life from which somebody is so old on the last day; who was born on 29 February turns older on 1 March.
        days = [(until - (until - relativedelta(years=age))).days for age in AGES]
        own = {
            "unit": unit.pk, "below": below, "home": not unit.kind.is_section, "since": since, "until": until, "status": status,
            "today": as_known_today, "ages": AGES, "days": days, "parts": parts,
        }  # fmt: skip
        branches.append(f"SELECT {place}, part.* FROM ({FIGURES.replace(')s', f'_{place})s')}) part")
        values |= {f"{name}_{place}": value for name, value in own.items()}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(branches), values)
        for place, *row in cursor.fetchall():
            _add(found[place], status, *row)
    return found


def _add(found, status, begun_on, name, what, of_status, band, gender, child, month, level, number):
    """Add a row of FIGURES to `found`."""
    found.begun_on = begun_on
    wanted = status in ("", of_status)
    if level == WHOLE and wanted:
        if name == "flow":
            found.flows[What(what)] += number
        else:
            setattr(found, name, getattr(found, name) + number)
    key = {WHOLE: of_status, BAND: band, GENDER: gender, CHILD: child, MONTH: month}[level]
    if (wanted or level == WHOLE) and (month or level != MONTH) and (shown := _shown(name, what)):
        found.parts[PARTS[level]].setdefault(key, Counter())[shown] += -number if shown == "left" else number


def whole_months(until, today):
    """(first day of the year, last day of a month): the time of figures about people one may not see. It ends with the last month over by `until`.

    It always begins with the year: sums of many times that overlap would average the rounding out.
    """
    until = min(until, today - timedelta(days=1))
    if (until + timedelta(days=1)).day > 1:
        until = until.replace(day=1) - timedelta(days=1)
    return until.replace(month=1, day=1), until


def five_of(unit, number, *about):
    """`number` of `unit` as the multiple of five below or above it: the nearer, the likelier, and always the same for the same number and `about`.

    Fixed for each number (by the secret of the installation), so asking again tells nothing more. Zero may be up to four.
    """
    text = repr((unit.pk, number, *map(str, about)))
    drawn = int.from_bytes(hmac.digest(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256)[:8]) % FEW
    least = abs(number) // FEW * FEW
    rounded = least + FEW * (drawn < abs(number) - least)
    return rounded if number > 0 else -rounded


def in_fives(found, unit):
    """`found` of `unit` with each number in fives (five_of)."""

    def near(number, *about):
        return five_of(unit, number, *about)

    since, until = found.since, found.until
    told = Figures(since, until, found.begun_on, rounded=True)
    told.opening, told.closing = near(found.opening, "stock", since - timedelta(days=1)), near(found.closing, "stock", until)
    told.flows = Counter({what: near(number, what, since, until) for what, number in found.flows.items()})
    told.parts = {
        part: {
            key: Counter({name: near(number, part, key, name, until, "" if name == "stock" else since) for name, number in counts.items()})
            for key, counts in keys.items()
        }
        for part, keys in found.parts.items()
    }
    return told


def _shown(name, what):
    """Where the tables show a line: in the stock, with those who joined or left, or nowhere."""
    return "stock" if name == "closing" else "joined" if what in JOINED else "left" if what in LEFT else ""


def paths_elsewhere(unit, since, until):
    """Paths of today of the units that lay in `unit` between two days and do not any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{INSIDE} SELECT DISTINCT path FROM inside JOIN branches_unit ON id = unit_id"
            " WHERE days && daterange(%(since)s, %(until)s, '[]') AND NOT starts_with(path, %(path)s)",
            {"unit": unit.pk, "below": True, "since": since, "until": until, "path": unit.path},
        )
        return [path for (path,) in cursor.fetchall()]


def stock(unit, on, status="", below=True):
    """How many members `unit` had at the end of the day `on`, as was known then."""
    return figures(unit, on + timedelta(days=1), on, status, below).closing


def open_book(party):
    """Write all lines of `party` in one go, where members were put in past the triggers. Never a second time: they would count twice."""
    columns = "unit_id, home, status, gender, birth_date, what, effective_on"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO membership_movement ({columns}, number, booked_on)"
            f" SELECT {columns}, sum(number), (SELECT branches_today()) FROM membership_line"
            " WHERE member_id IN (SELECT id FROM membership_member WHERE party_id = %s)"
            f" GROUP BY {columns} HAVING sum(number) <> 0",
            [party.pk],
        )


STOCK_BY_UNIT = """
SELECT line.unit_id, sum(line.number)
FROM branches_unit unit
JOIN branches_unitkind kind ON kind.id = unit.kind_id
JOIN membership_movement line ON line.unit_id = unit.id AND line.home = NOT kind.is_section
JOIN (SELECT unit_id, home, min(booked_on) AS on_day FROM membership_movement GROUP BY unit_id, home) begun
    ON begun.unit_id = line.unit_id AND begun.home = line.home
WHERE starts_with(unit.path, %(path)s) AND line.status = ANY(%(statuses)s)
  AND line.effective_on <= %(on)s AND line.booked_on <= greatest(%(on)s, begun.on_day)
GROUP BY line.unit_id
"""


def stock_by_unit(unit, on, statuses):
    """{unit pk: members of these statuses at the end of the day `on`, as was known then} of `unit` and each unit below it today, without those below
    them: what stock(.., below=False) says of each, in one statement. Units without any are left out."""
    with connection.cursor() as cursor:
        cursor.execute(STOCK_BY_UNIT, {"path": unit.path, "on": on, "statuses": list(statuses)})
        return dict(cursor.fetchall())
