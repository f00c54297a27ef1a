"""Quality of new-member work, unit beside unit, for the twelve months that end with a month that is over.

Everything is told from dated facts as they were known at the end of that month: when a contact took place and when it was logged, when a
step was done and closed, where somebody had their home on that day. What happens later does not move a past month; what is
entered later for an earlier day counts from the month it was entered in. Counts are kept per unit and month (QualityMonth), so a past month also
stands when people move, are merged or deleted. Facts are rows of unit, member and key; a count is how many rows a key has:

    contact:all, contact:in_time    journeys whose first contact fell due in the twelve months; those reached by the date
    days:N                          those of them that were reached, by days from the start of the journey to the contact
    step:PK:all, step:PK:in_time    steps that fell due; done by the date. Not counted: not needed, from before the first list, no longer due
    left:PK:all, left:PK:open       the same with the ones not needed; those that were not done by the end of the time, needed or not
    stay12:all, stay12:still        who joined twelve months before a day of the time; still member twelve months after joining (stay24: 24)
    GROUP12:all, GROUP12:still      the same of those still members seven months after joining, by group (see GROUPS)
    quiet:all, quiet:quiet          members for a year and more at the end of the time; those nobody reached in that year

Who died is in no cohort. In the cohorts are only those who were known within two months of joining: of those who came with a first list
nobody knows who had left before.
"""

import re
from collections import Counter
from datetime import date, datetime, time, timedelta
from math import floor, sqrt
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from django.db import connection, transaction
from django.utils import timezone

from branches.models import Unit
from cockpit.figures import Node, add_up, nodes
from cockpit.models import QualityMonth
from membership.models import Member

Z = 1.96  # 95 of 100 intervals hold the true value
FEW = 10  # cases; a share of fewer says little, whatever its interval
AT_ONCE = 500  # units of a party that are counted while somebody waits; larger ones are counted by the worker

# Groups of a cohort: a condition on the member at the landmark, seven months after joining, when the 1-3-6 is over for everybody.
DONE = """EXISTS (
    SELECT 1 FROM onboarding_journey journey WHERE journey.member_id = cohort.member_id AND reason = 'joined' AND NOT EXISTS (
        SELECT 1 FROM onboarding_journeystep item JOIN onboarding_step step ON step.id = item.step_id AND locked
        WHERE item.journey_id = journey.id
          AND (item.state NOT IN ('not_needed', 'before', 'dropped') OR item.closed_at >= %(known)s)
          AND (item.done_on IS NULL OR item.done_on > cohort.landmark OR item.closed_at >= %(known)s)))"""
MENTOR = """EXISTS (
    SELECT 1 FROM onboarding_pairing pair JOIN onboarding_mentee mentee ON mentee.id = pair.mentee_id
    WHERE mentee.member_id = cohort.member_id AND pair.started_on <= cohort.landmark)"""
GROUPS = {"done": DONE, "undone": f"NOT {DONE}", "mentor": MENTOR, "alone": f"NOT {MENTOR}"}
MONTHS = (12, 24)

PLACED = """
WITH home AS (
    SELECT DISTINCT ON (member_id) member_id, unit_id, ends_on IS NULL OR ends_on > %(until)s AS still
    FROM membership_membership WHERE home AND starts_on <= %(until)s AND (%(everybody)s OR member_id IN (
        SELECT member_id FROM membership_membership WHERE home AND unit_id = ANY(%(homes)s::bigint[])))
    ORDER BY member_id, starts_on DESC
),
belonging AS (
    SELECT member_id, unit_id, true AS home, still FROM home WHERE unit_id = ANY(%(homes)s::bigint[])
    UNION ALL
    SELECT member_id, unit_id, false, true FROM membership_membership
    WHERE NOT home AND starts_on <= %(until)s AND (ends_on IS NULL OR ends_on > %(until)s) AND unit_id = ANY(%(sections)s::bigint[])
),
journey AS (
    SELECT belonging.unit_id, belonging.member_id, journey.id, started_on
    FROM belonging JOIN onboarding_journey journey USING (member_id)
    WHERE journey.created_at < %(known)s AND started_on <= %(until)s AND journey.reason <> 'exit'
),
item AS MATERIALIZED (
    SELECT journey.unit_id, journey.member_id, journey.id AS journey_id, journey.started_on, item.id, item.step_id, due_on, done_on, done_by,
        CASE WHEN closed_at >= %(known)s OR done_on > %(until)s THEN 'open' ELSE item.state END AS state
    FROM journey JOIN onboarding_journeystep item ON item.journey_id = journey.id JOIN onboarding_step step ON step.id = item.step_id
    WHERE due_on <= %(until)s OR done_by = 'contact'
),
asked AS (
    SELECT * FROM (
        SELECT DISTINCT ON (unit_id, journey_id) unit_id, member_id, journey_id, started_on, due_on
        FROM item WHERE done_by = 'contact' AND state IN ('open', 'waiting', 'done') ORDER BY unit_id, journey_id, due_on, id
    ) first WHERE due_on BETWEEN %(since)s AND %(until)s
),
done_contact AS (
    SELECT unit_id, journey_id, min(done_on) AS on_day FROM item WHERE done_by = 'contact' AND state = 'done' GROUP BY unit_id, journey_id
),
contact AS (
    SELECT asked.*, least(
        (SELECT min(contact."on") FROM onboarding_contact contact WHERE contact.member_id = asked.member_id AND result = 'reached'
            AND contact."on" BETWEEN asked.started_on AND %(until)s AND contact.created_at < %(known)s),
        done_contact.on_day
    ) AS reached_on FROM asked LEFT JOIN done_contact USING (unit_id, journey_id)
),
due AS (
    SELECT unit_id, member_id, step_id, state, done_on, due_on FROM item
    WHERE due_on BETWEEN %(since)s AND %(until)s AND state IN ('open', 'waiting', 'done', 'not_needed')
),
joined AS (
    SELECT belonging.unit_id, member.id AS member_id, joined_on, months, (joined_on + make_interval(months => months))::date AS day,
        (joined_on + make_interval(months => 7))::date AS landmark
    FROM belonging JOIN membership_member member ON member.id = belonging.member_id
    CROSS JOIN (VALUES (12), (24)) AS part (months)
    WHERE belonging.home AND NOT joined_estimated AND member.created_at < joined_on + interval '62 days'
      AND (joined_on + make_interval(months => months))::date BETWEEN %(since)s AND %(until)s
),
gone AS (
    SELECT joined.member_id, joined.months, on_day,
        bool_or(ends_on <= on_day AND end_reason IN ('left', 'gone')) AND NOT bool_or(starts_on <= on_day AND (ends_on IS NULL OR ends_on > on_day))
            AS left_before,
        coalesce(bool_or(ends_on <= on_day AND end_reason = 'deceased'), false) AS deceased
    FROM joined CROSS JOIN LATERAL (VALUES (day), (landmark)) AS asked (on_day)
    JOIN membership_membership period ON period.member_id = joined.member_id AND period.home
    GROUP BY joined.member_id, joined.months, on_day
),
cohort AS (
    SELECT joined.*, NOT at_end.left_before AS still, at_landmark.left_before OR at_landmark.deceased AS gone_early
    FROM joined
    JOIN gone at_end ON (at_end.member_id, at_end.months, at_end.on_day) = (joined.member_id, joined.months, joined.day)
    JOIN gone at_landmark ON (at_landmark.member_id, at_landmark.months, at_landmark.on_day) = (joined.member_id, joined.months, joined.landmark)
    WHERE NOT at_end.deceased
),
quiet AS (
    SELECT unit_id, member.id AS member_id, NOT EXISTS (
        SELECT 1 FROM onboarding_contact contact WHERE contact.member_id = member.id AND result = 'reached'
            AND contact."on" BETWEEN %(since)s AND %(until)s AND contact.created_at < %(known)s) AS quiet
    FROM belonging JOIN membership_member member ON member.id = member_id WHERE belonging.still AND joined_on < %(since)s
)"""
GROUPED = "".join(
    f" UNION ALL SELECT unit_id, member_id, '{name}' || months || ':all' FROM cohort WHERE NOT gone_early AND {condition}"
    f" UNION ALL SELECT unit_id, member_id, '{name}' || months || ':still' FROM cohort WHERE NOT gone_early AND still AND {condition}"
    for name, condition in GROUPS.items()
)
FACTS = f"""{PLACED},
fact (unit_id, member_id, key) AS (
    SELECT unit_id, member_id, 'contact:all' FROM contact
    UNION ALL SELECT unit_id, member_id, 'contact:in_time' FROM contact WHERE reached_on <= due_on
    UNION ALL SELECT unit_id, member_id, 'days:' || greatest(reached_on - started_on, 0) FROM contact WHERE reached_on IS NOT NULL
    UNION ALL SELECT unit_id, member_id, 'step:' || step_id || ':all' FROM due WHERE state <> 'not_needed'
    UNION ALL SELECT unit_id, member_id, 'step:' || step_id || ':in_time' FROM due WHERE state = 'done' AND done_on <= due_on
    UNION ALL SELECT unit_id, member_id, 'left:' || step_id || ':all' FROM due
    UNION ALL SELECT unit_id, member_id, 'left:' || step_id || ':open' FROM due WHERE state <> 'done'
    UNION ALL SELECT unit_id, member_id, 'stay' || months || ':all' FROM cohort
    UNION ALL SELECT unit_id, member_id, 'stay' || months || ':still' FROM cohort WHERE still
    {GROUPED}
    UNION ALL SELECT unit_id, member_id, 'quiet:all' FROM quiet
    UNION ALL SELECT unit_id, member_id, 'quiet:quiet' FROM quiet WHERE quiet
)"""


class Month(NamedTuple):
    """The twelve months from `since` that end with the month of the day `until`, its last one."""

    since: date
    until: date

    @classmethod
    def ending(cls, first):
        """The one that ends with the month that begins with the day `first`."""
        until = first + relativedelta(months=1) - timedelta(days=1)
        return cls(until + timedelta(days=1) - relativedelta(years=1), until)

    @property
    def first(self):
        return self.until.replace(day=1)

    @property
    def known(self):
        """The moment the month was over."""
        return timezone.make_aware(datetime.combine(self.until + timedelta(days=1), time()))


def last_month(on):
    """The Month that was over last on the day `on`."""
    return Month.ending((on.replace(day=1) - timedelta(days=1)).replace(day=1))


def parameters(nodes, month, everybody):
    return {
        "homes": [node.pk for node in nodes if not node.is_section], "sections": [node.pk for node in nodes if node.is_section],
        "since": month.since, "until": month.until, "known": month.known, "everybody": everybody,
    }  # fmt: skip


def count(nodes, month, everybody=True):
    """{unit pk: Counter} of each node's own people, without those of the units below. One query.

    everybody: read the periods of all members, which is faster when the nodes are most of the party.
    """
    own = {node.pk: Counter() for node in nodes}
    with connection.cursor() as cursor:
        cursor.execute(f"{FACTS} SELECT unit_id, key, count(*) FROM fact GROUP BY unit_id, key", parameters(nodes, month, everybody))
        for pk, key, number in cursor:
            own[pk][key] = number
    return own


KEY = re.compile(rf"(contact|step:\d+|left:\d+|quiet|(?:stay|{'|'.join(GROUPS)})(?:12|24)):(all|in_time|missed|open|still|quiet)")


def cases(unit, key, month):
    """Members behind the figure `key` of `unit` with everything below, as far as they are still kept; "contact:missed" and such as well.

    Counted from the facts anew: who has been merged or deleted since the month was over is missing. Raises LookupError for no figure.
    """
    found = KEY.fullmatch(key)
    if not found:
        raise LookupError(key)
    stem, outcome = found.groups()
    every = nodes(Unit.objects.below(unit))
    if not unit.kind.is_section:
        every = [node for node in every if not node.is_section]
    with connection.cursor() as cursor:
        cursor.execute(
            f"{FACTS} SELECT member_id, key FROM fact WHERE starts_with(key, %(stem)s)",
            parameters(every, month, len(every) > AT_ONCE) | {"stem": f"{stem}:"},
        )
        rows = cursor.fetchall()
    whole = {member for member, of in rows if of.endswith(":all")}
    part = {member for member, of in rows if not of.endswith(":all")}
    return Member.objects.filter(pk__in=whole if outcome == "all" else whole - part if outcome == "missed" else part)


def keep(root, month):
    """Count `month` for `root` and everything below and keep it for good; nothing when that was done. Returns whether it counted."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('quality months'))")
        if kept(root, month):
            return False
        every = nodes(Unit.objects.below(root))
        counts = count(every, month)
        add_up(every, counts)
        rows = [QualityMonth(unit_id=node.pk, month=month.first, counts=counts[node.pk]) for node in every]
        QualityMonth.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)
    return True


def kept(root, month):
    return QualityMonth.objects.filter(unit=root, month=month.first).exists()


def own(unit, month):
    """QualityMonth (not saved) of `unit` alone, without the units below."""
    node = Node(unit.pk, unit.path, unit.kind.is_section)
    return QualityMonth(unit=unit, month=month.first, counts=count([node], month, everybody=False)[unit.pk])


# --- honest comparison -------------------------------------------------------------------------------------------------


def wilson(part, whole):
    """(low, high) of a share: Wilson's interval at 95 per cent, which also holds for few cases and shares near 0 and 1. None without cases."""
    if not whole:
        return None
    share, square = part / whole, Z * Z / whole
    middle = (share + square / 2) / (1 + square)
    half = Z * sqrt(share * (1 - share) / whole + square / (4 * whole)) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def verdict(part, whole, of):
    """ "better", "worse" or "" of a share beside the one it is compared with, `of` (part, whole): only where their intervals do not overlap."""
    mine, other = wilson(part, whole), wilson(*of)
    if mine is None or other is None or whole < FEW:
        return ""
    return "better" if mine[0] > other[1] else "worse" if mine[1] < other[0] else ""


def median_days(counts):
    """(median, low, high) of the days to the first contact, of all who were owed one: who was not reached counts as longer than all others.

    low and high: ranks of the interval at 95 per cent. None where the rank falls among those not reached; median None as well without cases.
    """
    days = sorted(int(key.removeprefix("days:")) for key, number in counts.items() if key.startswith("days:") for _ in range(number))
    whole = counts.get("contact:all", 0)
    if not whole:
        return None, None, None
    spread = Z * sqrt(whole) / 2
    ranks = (whole - 1) // 2, max(floor(whole / 2 - spread), 0), min(floor(whole / 2 + spread), whole - 1)
    return tuple(days[rank] if rank < len(days) else None for rank in ranks)


def most_left(counts):
    """(step pk, share open) of the step most often left undone, (pk, part, whole); None where nothing was left."""
    shares = [
        (number, counts[f"{key.rpartition(':')[0]}:all"], int(key.split(":")[1])) for key, number in counts.items() if key.endswith(":open")
    ]
    if not shares:
        return None
    part, whole, pk = max(shares, key=lambda row: (row[0] / row[1], row[1], -row[2]))
    return pk, part, whole
