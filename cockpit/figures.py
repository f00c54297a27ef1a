"""The figures of the cockpit: what they count, and how they are kept ready.

A person counts where they have their home today; in a section, who belongs to it today. So a figure is always about people
whom the readers of that unit may see, and a figure of a district is the sum of its units (sections stand beside, they are
not added). All figures are plain counts by key; a unit's total is the sum of its own counts and those of the units below:

    joined, joined_before           joined in the twelve months up to the day, and in the twelve before; no applicants,
                                    guests, supporters; who has left since is counted
    open, late                      journeys running on the day; those of them with a step past its date
    contact:in_time, contact:all    first contact by the date of the standard, of the journeys whose date fell in the time
    step:SLUG:in_time, step:SLUG:all  the same per locked step
    overdue, soon                   people still without first contact whose date is past, or not further than a week
    since:DATE                      people still without first contact, by the day their journey began (longest wait, waiting)
    days:N                          journeys begun in the time and reached, by days to the first contact (median)
    joins:YYYY-MM, exits:YYYY-MM    by month for two years
    quarter:YYYY-Q:in_time, ..:all  first contacts by the quarter of their date

Steps not needed or from before the first list are left out everywhere: they are nobody's fault. A step due today is not late yet.
"""

from collections import Counter
from datetime import date, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q

from branches.models import DEFAULT_SETTINGS, Unit
from cockpit.models import StaleUnit, UnitFigures
from common import prepared
from membership.models import Member, Membership, Status
from onboarding.models import Journey, JourneyStep

MONTHS, QUARTERS = 24, 8
JOINED = (Status.FULL, Status.LEFT, Status.DECEASED)


class Window(NamedTuple):
    """What is counted: events from `since` to `until`, both included; states (open, late, waiting) as on `today`."""

    since: date
    until: date
    today: date

    @classmethod
    def year(cls, on):
        """The twelve months that end on the day `on`."""
        return cls(on - relativedelta(years=1) + timedelta(days=1), on, on)

    @property
    def before(self):
        """The same time a year earlier."""
        year = relativedelta(years=1)
        return Window(self.since - year, self.until - year, self.today)

    @property
    def soon(self):
        """Last day of what is due soon."""
        return self.today + timedelta(days=DEFAULT_SETTINGS["amber_days"])

    @property
    def months(self):
        """First days of the months shown, the last one that of `until`."""
        first = self.until.replace(day=1)
        return [first - relativedelta(months=back) for back in range(MONTHS - 1, -1, -1)]

    @property
    def quarters(self):
        """First days of the quarters shown, the last one that of `until`."""
        first = self.until.replace(month=self.until.month - (self.until.month - 1) % 3, day=1)
        return [first - relativedelta(months=3 * back) for back in range(QUARTERS - 1, -1, -1)]


COUNT = """
WITH belonging AS (
    SELECT id AS member_id, home_unit_id AS unit_id FROM membership_member WHERE home_unit_id = ANY(%(homes)s::bigint[])
    UNION ALL
    SELECT member_id, unit_id FROM membership_membership WHERE NOT home AND ends_on IS NULL AND unit_id = ANY(%(sections)s::bigint[])
),
person AS (
    SELECT unit_id, joined_on, CASE WHEN status <> 'full' THEN left_on END AS left_on
    FROM belonging JOIN membership_member member ON member.id = member_id
    WHERE status IN ('full', 'left', 'deceased') AND (joined_on >= %(earliest)s OR left_on >= %(earliest)s)
),
journey AS (
    SELECT belonging.unit_id, journey.id, state, started_on, first_contact_on, contact_due_on, next_due_on
    FROM belonging JOIN onboarding_journey journey USING (member_id) WHERE journey.reason <> 'exit'
),
due AS (
    SELECT unit_id, 'contact' AS name, first_contact_on <= contact_due_on AS in_time
    FROM journey WHERE contact_due_on BETWEEN %(since)s AND %(until)s AND contact_due_on < %(today)s
    UNION ALL
    SELECT unit_id, to_char(contact_due_on, '"quarter:"YYYY-Q'), first_contact_on <= contact_due_on
    FROM journey WHERE contact_due_on BETWEEN %(quarters_from)s AND %(until)s AND contact_due_on < %(today)s
    UNION ALL
    SELECT journey.unit_id, 'step:' || slug, item.state = 'done' AND done_on <= due_on
    FROM journey
    JOIN onboarding_journeystep item ON item.journey_id = journey.id
    JOIN onboarding_step step ON step.id = item.step_id AND locked
    WHERE item.state IN ('open', 'waiting', 'done') AND due_on BETWEEN %(since)s AND %(until)s AND due_on < %(today)s
)
SELECT unit_id, 'joined' AS key, count(*) FROM person WHERE joined_on BETWEEN %(since)s AND %(until)s GROUP BY unit_id
UNION ALL
SELECT unit_id, 'joined_before', count(*) FROM person
    WHERE joined_on BETWEEN %(before_since)s AND %(before_until)s GROUP BY unit_id
UNION ALL
SELECT unit_id, to_char(joined_on, '"joins:"YYYY-MM') AS name, count(*) FROM person
    WHERE joined_on BETWEEN %(months_from)s AND %(until)s GROUP BY unit_id, name
UNION ALL
SELECT unit_id, to_char(left_on, '"exits:"YYYY-MM') AS name, count(*) FROM person
    WHERE left_on BETWEEN %(months_from)s AND %(until)s GROUP BY unit_id, name
UNION ALL
SELECT unit_id, 'open', count(*) FROM journey WHERE state = 'running' GROUP BY unit_id
UNION ALL
SELECT unit_id, 'late', count(*) FROM journey WHERE state = 'running' AND next_due_on < %(today)s GROUP BY unit_id
UNION ALL
SELECT unit_id, CASE WHEN contact_due_on < %(today)s THEN 'overdue' ELSE 'soon' END AS name, count(*) FROM journey
    WHERE state = 'running' AND first_contact_on IS NULL AND contact_due_on <= %(soon)s GROUP BY unit_id, name
UNION ALL
SELECT unit_id, 'since:' || started_on AS name, count(*) FROM journey
    WHERE state = 'running' AND first_contact_on IS NULL AND contact_due_on IS NOT NULL GROUP BY unit_id, name
UNION ALL
SELECT unit_id, 'days:' || greatest(first_contact_on - started_on, 0) AS name, count(*) FROM journey
    WHERE started_on BETWEEN %(since)s AND %(until)s AND contact_due_on IS NOT NULL AND first_contact_on IS NOT NULL
    GROUP BY unit_id, name
UNION ALL
SELECT unit_id, name || ':all', count(*) FROM due GROUP BY unit_id, name
UNION ALL
SELECT unit_id, name || ':in_time', count(*) FROM due WHERE in_time GROUP BY unit_id, name
"""
SERIES = ("since", "days", "joins", "exits", "quarter")


class Node(NamedTuple):
    """As much of a unit as counting needs."""

    pk: int
    path: str
    is_section: bool

    @property
    def parent(self):
        return self.path[: -Unit.steplen]


def nodes(units):
    return [Node(*row) for row in units.values_list("pk", "path", "kind__is_section")]


def count(nodes, window):
    """{unit pk: Counter} of each node's own people, without those of the units below. One query, however many nodes."""
    parameters = {
        "homes": [node.pk for node in nodes if not node.is_section],
        "sections": [node.pk for node in nodes if node.is_section],
        **window._asdict(),
        "before_since": window.before.since,
        "before_until": window.before.until,
        "months_from": window.months[0],
        "quarters_from": window.quarters[0],
        "soon": window.soon,
        "earliest": min(window.months[0], window.before.since),
    }
    own = {node.pk: Counter() for node in nodes}
    with connection.cursor() as cursor:
        cursor.execute(COUNT, parameters)
        for pk, key, number in cursor:
            own[pk][key] = number
    return own


def add_up(nodes, counts):
    """Turn the own `counts` ({pk: Counter}) into totals, in place: every node's go to its parent, if that is among `nodes`.

    The sections of a district are left out of its total: their people are counted at home.
    """
    by_path = {node.path: node for node in nodes}
    for node in sorted(nodes, key=lambda node: len(node.path), reverse=True):
        parent = by_path.get(node.parent)
        if parent and (parent.is_section or not node.is_section):
            counts[parent.pk].update(counts[node.pk])


def figures_of(pk, counts, day):
    """UnitFigures (not saved) from a Counter as `count` makes it."""
    since = [key for key in counts if key.startswith("since:")]
    series = {key: n for key, n in counts.items() if key.partition(":")[0] in SERIES}
    return UnitFigures(
        unit_id=pk,
        day=day,
        counts={"waiting": sum(counts[key] for key in since), **{key: n for key, n in counts.items() if key not in series}},
        series=series,
        waiting_since=date.fromisoformat(min(since).removeprefix("since:")) if since else None,
    )


def placed(row, unit):
    row.unit = unit
    return row


def refresh(unit, on):
    """Count again what changed in `unit` and below since it was last counted, or everything there when the day did.

    One at a time: whoever comes second waits and finds the work done. A change that is saved while this counts has left its
    own mark and is counted the next time. Units above are only marked: they add up when somebody looks at them.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('cockpit figures'))")
        below = Unit.objects.below(unit)
        cursor.execute(
            "DELETE FROM cockpit_staleunit WHERE unit_id IN (SELECT id FROM branches_unit WHERE path LIKE %s) RETURNING unit_id",
            [unit.path + "%"],
        )
        marked = {pk for (pk,) in cursor.fetchall()}
        every = nodes(below)
        current = set(UnitFigures.objects.filter(unit__in=below, day=on).values_list("unit", flat=True))
        paths = {node.path for node in every if node.pk in marked or node.pk not in current}
        paths |= {path[:end] for path in paths for end in range(len(unit.path), len(path), Unit.steplen)}
        if not paths:
            return
        stale = [node for node in every if node.path in paths]
        kept = [node for node in every if node.path not in paths and node.parent in paths]
        counts = count(stale, Window.year(on))
        for row in UnitFigures.objects.filter(unit__in=[node.pk for node in kept]):
            counts[row.unit_id] = Counter(row.counts) + Counter(row.series)
        add_up(stale + kept, counts)
        UnitFigures.objects.bulk_create(
            [figures_of(node.pk, counts[node.pk], on) for node in stale],
            update_conflicts=True, unique_fields=["unit"], update_fields=["day", "counts", "series", "waiting_since"], batch_size=1000,
        )  # fmt: skip
        parent = Unit.objects.filter(path=unit.path[: -Unit.steplen]).first()
        if parent:
            StaleUnit.objects.create(unit=parent)


def read(unit, on):
    """UnitFigures of `unit` with everything below it on the day `on`, counted again if need be."""
    def fresh(unit, path, on):
        return UnitFigures.objects.filter(unit=unit, day=on).exclude(Exists(StaleUnit.objects.filter(unit__path__startswith=path)))

    row = next(iter(prepared.fetch("fresh figures", fresh, [unit.pk, unit.path, on])), None)
    if row is None:
        refresh(unit, on)
        row = UnitFigures.objects.get(unit=unit)
    return placed(row, unit)


def rows_below(unit):
    """UnitFigures of the units right below `unit`, without the long series; current after `read(unit)`."""
    def below(path):
        return UnitFigures.objects.filter(unit__path__startswith=path, unit__depth=unit.depth + 1).select_related("unit__kind").defer("series")

    return prepared.fetch(("figures below", unit.depth), below, [unit.path])


def own(unit, window):
    """UnitFigures (not saved) of `unit` alone, without the units below."""
    node = Node(unit.pk, unit.path, unit.kind.is_section)
    return placed(figures_of(unit.pk, count([node], window)[unit.pk], window.today), unit)


def tally(unit, window):
    """[UnitFigures] for any time, counted from the people themselves: `unit` with everything below first, then each unit right below it."""
    every = nodes(Unit.objects.below(unit))
    counts = count(every, window)
    add_up(every, counts)
    shown = [node for node in every if len(node.path) <= len(unit.path) + Unit.steplen]
    units = Unit.objects.select_related("kind").in_bulk([node.pk for node in shown])
    return [placed(figures_of(node.pk, counts[node.pk], window.today), units[node.pk]) for node in shown]


# An empty date compares as unknown in SQL, and so would the negation: both say what they mean.
CONTACT_IN_TIME = Q(first_contact_on__isnull=False, first_contact_on__lte=F("contact_due_on"))
STEP_IN_TIME = Q(state=JourneyStep.State.DONE, done_on__lte=F("due_on"))
STEP_MISSED = Q(state__in=JourneyStep.OPEN) | Q(state=JourneyStep.State.DONE, done_on__gt=F("due_on"))


def belongs(unit, member):
    """Q: the member that the lookup `member` ("pk", "member" ..) leads to counts in `unit` or below."""
    if unit.kind.is_section:
        periods = Membership.objects.filter(unit__path__startswith=unit.path, member=OuterRef(member), home=False, ends_on=None)
        return Q(Exists(periods))
    home = "home_unit" if member == "pk" else f"{member}__home_unit"
    return Q(**{f"{home}__path__startswith": unit.path})


def days_of(first, months):
    """(first, last) day of the `months` months that begin with the day `first`."""
    return first, first + relativedelta(months=months) - timedelta(days=1)


def cases(unit, key, window):
    """The cases a figure counts, by its key: Members, Journeys or JourneySteps, as many as the number says.

    Keys are those of `count`, besides "waiting" (all of "since:.."), "reached" (all of "days:..") and "NAME:missed" (in the
    share but not in time). Raises KeyError or ValueError for a key that no figure has.
    """
    name, *details = key.split(":")
    members = Member.objects.filter(belongs(unit, "pk"), status__in=JOINED)
    journeys = Journey.objects.arriving().filter(belongs(unit, "member"))
    due = journeys.filter(contact_due_on__lte=window.until, contact_due_on__lt=window.today)
    contact = {"all": Q(), "in_time": CONTACT_IN_TIME, "missed": ~CONTACT_IN_TIME}
    match name, details:
        case "joined", []:
            return members.filter(joined_on__range=(window.since, window.until))
        case "joined_before", []:
            return members.filter(joined_on__range=(window.before.since, window.before.until))
        case "joins", [month]:
            return members.filter(joined_on__range=days_of(date.fromisoformat(f"{month}-01"), 1), joined_on__lte=window.until)
        case "exits", [month]:
            days = days_of(date.fromisoformat(f"{month}-01"), 1)
            return members.filter(left_on__range=days, left_on__lte=window.until).exclude(status=Status.FULL)
        case "open", []:
            return journeys.running()
        case "late", []:
            return journeys.running().filter(next_due_on__lt=window.today)
        case "waiting", []:
            return journeys.without_contact()
        case "overdue", []:
            return journeys.without_contact().filter(contact_due_on__lt=window.today)
        case "soon", []:
            return journeys.without_contact().filter(contact_due_on__range=(window.today, window.soon))
        case "reached", []:
            began = journeys.filter(started_on__range=(window.since, window.until))
            return began.filter(contact_due_on__isnull=False, first_contact_on__isnull=False)
        case "contact", [outcome]:
            return due.filter(contact[outcome], contact_due_on__gte=window.since)
        case "quarter", [quarter, outcome]:
            year, number = quarter.split("-")
            return due.filter(contact[outcome], contact_due_on__range=days_of(date(int(year), 3 * int(number) - 2, 1), 3))
        case "step", [slug, outcome]:
            steps = JourneyStep.objects.filter(belongs(unit, "journey__member"), step__locked=True, step__slug=slug).exclude(journey__reason=Journey.Reason.EXIT)
            steps = steps.filter(due_on__range=(window.since, window.until), due_on__lt=window.today)
            return steps.filter({"all": STEP_IN_TIME | STEP_MISSED, "in_time": STEP_IN_TIME, "missed": STEP_MISSED}[outcome])
    raise KeyError(key)
