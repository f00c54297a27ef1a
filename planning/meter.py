"""The meeting meter: how many of the meetings a unit is to hold in a year it has held or announced, and by when to invite to the next one.

A meeting is an event of a kind that counts, no draft and not called off. It counts once for each unit that carries it, in the year in which it begins
by local time; it is held as soon as it has ended, and planned until then. What was held by a unit before it became part of another stays there; from
the day of the merge on its events count for the unit it is part of.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from json import loads
from typing import NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.utils import timezone
from django.utils.translation import get_language

from branches.models import DEFAULT_SETTINGS, Unit, full_name
from common import prepared
from common.keyset import SIZE, Page
from common.labels import said
from common.sealing import seal, unseal
from education.models import Event

LAST_DAY = (12, 19)  # of a year that a meeting is planned for: after it come the holidays
APART = timedelta(days=21)  # between two meetings that are still to be fitted in
_SEEN: dict = {}
RULES = ["meetings_per_year", "invitation_days"]  # settings of a unit

# merged: what became of merged units, step by step. bearing: for which unit their events count from which day until before which.
HEIRS = """
RECURSIVE merged AS (
    SELECT unit_id, target_id, "on", 1 AS step FROM branches_reorganisation WHERE kind = 'merge' AND state = 'done'
    UNION
    SELECT merged.unit_id, next.target_id, next."on", step + 1 FROM merged
    JOIN branches_reorganisation next ON next.unit_id = merged.target_id AND next.kind = 'merge' AND next.state = 'done'
    WHERE step < 20
),
bearing AS (
    SELECT unit_id, target_id, "on" AS since, lead("on") OVER (PARTITION BY unit_id ORDER BY "on", step) AS until FROM merged
)"""
BORNE = """
    LEFT JOIN bearing {0} ON {0}.unit_id = {1}.unit_id AND (event.starts_at AT TIME ZONE %(zone)s)::date >= {0}.since
         AND ({0}.until IS NULL OR (event.starts_at AT TIME ZONE %(zone)s)::date < {0}.until)"""
# Each event that counts with each unit it counts for, once: a unit may carry one itself and also by a unit that became part of it. Without a sort
# of all rows, which is what DISTINCT would cost.
EVENTS = f"""
    FROM education_event event
    JOIN education_eventkind kind ON kind.id = event.kind_id AND kind.counts
    JOIN education_carrier carrier ON carrier.event_id = event.id
    {BORNE.format("heir", "carrier")}
    WHERE event.state IN ('open', 'closed') AND event.starts_at >= %(first)s AND event.starts_at < %(end)s
      AND (heir.target_id IS NULL OR NOT EXISTS (
          SELECT 1 FROM education_carrier twin {BORNE.format("other", "twin")}
          WHERE twin.event_id = event.id AND coalesce(other.target_id, twin.unit_id) = heir.target_id
            AND (other.target_id IS NULL OR twin.id < carrier.id)
      ))"""
COUNTED = f"""
    SELECT coalesce(heir.target_id, carrier.unit_id) AS unit_id,
           count(*) FILTER (WHERE event.ends_at <= %(now)s) AS held,
           count(*) FILTER (WHERE event.ends_at > %(now)s) AS planned,
           min(event.starts_at) FILTER (WHERE event.ends_at > %(now)s) AS next_at
    {EVENTS}"""
OF_UNITS = """
    AND carrier.unit_id IN (SELECT unnest(%(units)s::bigint[]) UNION ALL SELECT unit_id FROM merged WHERE target_id = ANY(%(units)s))"""
OWN = "SELECT path, settings FROM branches_unit WHERE path = ANY(%(paths)s) AND jsonb_exists_any(settings, %(rules)s)"
# own: what units set themselves, for them and those below.
LIST = f"""
WITH {HEIRS},
seen AS MATERIALIZED ({{scope}}),
counted AS MATERIALIZED ({COUNTED}
    AND carrier.unit_id IN (SELECT id FROM seen UNION ALL SELECT unit_id FROM merged WHERE target_id IN (SELECT id FROM seen)) GROUP BY 1
),
own AS MATERIALIZED (
    SELECT path, (settings ->> 'meetings_per_year')::int AS target, (settings ->> 'invitation_days')::int AS lead
    FROM branches_unit WHERE jsonb_exists_any(settings, %(rules)s)
),
standing AS MATERIALIZED (
    SELECT unit.id, unit.path, lower(unit.name) AS name, coalesce(held, 0)::int AS held, coalesce(planned, 0)::int AS planned, next_at,
           coalesce((SELECT target FROM own WHERE starts_with(unit.path, own.path) AND target IS NOT NULL ORDER BY length(own.path) DESC LIMIT 1),
                    kind.meetings_per_year) AS target
    FROM branches_unit unit JOIN branches_unitkind kind ON kind.id = unit.kind_id LEFT JOIN counted ON counted.unit_id = unit.id
    WHERE unit.id IN (SELECT id FROM seen) AND (unit.closed_on IS NULL OR unit.closed_on > %(on)s)
),
placed AS (
    SELECT *, {{value}} AS value, count(*) OVER () AS every, count(*) FILTER (WHERE held + planned < target) OVER () AS missing,
           count(*) FILTER (WHERE held = 0) OVER () AS none, count(*) FILTER (WHERE held + planned >= target) OVER () AS reached,
           sum(held) OVER () AS meetings
    FROM standing WHERE target > 0
)
SELECT shown.value, shown.path, unit.id, unit.slug, unit.name, kind.labels, held, planned, target,
       coalesce((SELECT lead FROM own WHERE starts_with(shown.path, own.path) AND lead IS NOT NULL ORDER BY length(own.path) DESC LIMIT 1), %(lead)s),
       next_at, every, missing, none, reached, meetings
FROM (SELECT * FROM placed WHERE {{show}} AND {{beyond}} ORDER BY value {{way}}, path {{way}} LIMIT %(limit)s) AS shown
JOIN branches_unit unit ON unit.id = shown.id JOIN branches_unitkind kind ON kind.id = unit.kind_id ORDER BY value {{way}}, shown.path {{way}}
"""
TYPES = {"name": "text"}  # of what a list is sorted by, where it is no number
ORDERS = {"need": "held + planned - target", "name": "name", "held": "-held", "planned": "-planned"}
SHOWS = {"all": "true", "missing": "held + planned < target", "none": "held = 0", "reached": "held + planned >= target"}


@dataclass(frozen=True)
class Forecast:
    """What the meter says on a day.

    state: "reached", "planned" (with those announced), "pace" (the next one has time until `meet_by`), "behind" (all missing ones still fit in), "short"
    (only `fits` of them do) or "missed" (the year is over). invite_by: the last day to invite for `meet_by`.
    """

    state: str
    missing: int = 0
    fits: int = 0
    meet_by: date | None = None
    invite_by: date | None = None

    @property
    def tone(self):
        return {"reached": "ok", "planned": "ok", "pace": "calm", "behind": "amber"}.get(self.state, "late")


class Shown(NamedTuple):
    """What a list shows of a unit."""

    pk: int
    slug: str
    name: str
    full_name: str


@dataclass
class Standing:
    """Where `unit` stands in `year`: meetings held, planned, and how many it is to hold (`of`). lead: days before a meeting to invite."""

    unit: Unit | Shown
    year: int
    held: int
    planned: int
    of: int
    lead: int
    next_at: datetime | None = None

    def forecast(self, on):
        return forecast(self.held, self.planned, self.of, self.year, on, self.lead)


@lru_cache(maxsize=10_000)
def forecast(held, planned, of, year, on, lead):
    """The Forecast of a unit with `held` and `planned` of `of` meetings in `year` as on the day `on`, inviting `lead` days ahead.

    By the pace of the year the n-th meeting is held by the end of the n-th of `of` equal parts. Who is behind has until the last day from which all
    that are missing fit in three weeks apart.
    """
    missing = of - held - planned
    if missing <= 0:
        return Forecast("reached" if held >= of else "planned")
    if on.year > year:
        return Forecast("missed", missing)
    first, last, ahead = date(year, 1, 1), date(year, *LAST_DAY), timedelta(days=lead)
    earliest = max(on + ahead, first)
    fits = min(missing, (last - earliest) // APART + 1) if earliest <= last else 0
    if fits < missing:
        meet_by = last - APART * (fits - 1) if fits else None
        return Forecast("short", missing, fits, meet_by, meet_by and meet_by - ahead)
    latest = last - APART * (missing - 1)
    pace = min(first + (last - first) * (held + planned + 1) // of, latest)
    state, meet_by = ("pace", pace) if pace >= earliest else ("behind", latest)
    return Forecast(state, missing, fits, meet_by, meet_by - ahead)


def bounds(year):
    """First moment of `year` and of the next one, by local time."""
    return timezone.make_aware(datetime(year, 1, 1)), timezone.make_aware(datetime(year + 1, 1, 1))


def _parameters(year, now):
    first, end = bounds(year)
    return {"now": now, "zone": settings.TIME_ZONE, "first": first, "end": end}


def counts(units, year, now):
    """{unit pk: (held, planned, when the next one begins)} of the units with these pks (None: of all), those without a meeting left out."""
    return _by_unit(prepared.together(_counting(units, year, now))[0])


def _counting(units, year, now):
    if units is None:  # the whole house once a night: worth a plan for this very year
        return prepared.Question(f"WITH {HEIRS} {COUNTED} GROUP BY 1", _parameters(year, now))
    types = {"now": "timestamptz", "zone": "text", "first": "timestamptz", "end": "timestamptz", "units": "bigint[]"}
    return prepared.written("meetings of units", f"WITH {HEIRS} {COUNTED} {OF_UNITS} GROUP BY 1", _parameters(year, now) | {"units": units}, types)


def _by_unit(rows):
    return {pk: tuple(row) for pk, *row in rows}


def standings(units, year, now):
    """{unit pk: Standing} for each of `units` (a list, with their kinds): two queries, however many."""
    return standings_from(units, year, prepared.together(*questions(units, year, now)))


def questions(units, year, now):
    """What `standings` asks, for those who ask more at the same time: see prepared.together and `standings_from`."""
    return _counting([unit.pk for unit in units], year, now), _own_rules(units)


def standings_from(units, year, answers):
    """What `standings` gives, from the answers to `questions`."""
    found, own = answers
    return _placed(units, year, _by_unit(found), _rules(units, own))


def placed(units, year, found):
    """{unit pk: Standing} of `units` from `found`, as `counts` gives it; reads their targets and days to invite in one query."""
    return _placed(units, year, found, rules_of(units))


def _placed(units, year, found, rules):
    standings = {}
    for unit in units:
        held, planned, next_at = found.get(unit.pk, (0, 0, None))
        standings[unit.pk] = Standing(unit, year, held, planned, *rules[unit.pk], next_at)
    return standings


def rules_of(units):
    """{unit pk: (meetings a year, days before a meeting to invite)}: set by the unit or one above it, else as its kind and the house say."""
    return _rules(units, prepared.together(_own_rules(units))[0])


def _own_rules(units):
    paths = sorted({path for unit in units for path in unit.ancestor_paths()})
    return prepared.written("rules of meetings", OWN, {"paths": paths, "rules": RULES}, {"paths": "text[]", "rules": "text[]"})


def _rules(units, own):
    set_at = {path: loads(found) for path, found in own}

    def rule(unit, name, default):
        ups = unit.ancestor_paths()
        return next((set_at[path][name] for path in ups if set_at.get(path, {}).get(name) is not None), default)

    return {unit.pk: (rule(unit, RULES[0], unit.kind.meetings_per_year), rule(unit, RULES[1], DEFAULT_SETTINGS[RULES[1]])) for unit in units}


def standing(unit, year, now):
    """The Standing of one unit, in two queries."""
    return standings([unit], year, now)[unit.pk]


def of_unit(unit, years, now):
    """{year: (Standing, [pk of each event that counts for `unit`, the first one first])} for each of `years`: two queries, however many."""
    sql = f"""WITH {HEIRS} SELECT event.id, event.starts_at, event.ends_at {EVENTS} {OF_UNITS}
        AND coalesce(heir.target_id, carrier.unit_id) = ANY(%(units)s) ORDER BY event.starts_at, event.id"""
    found, rule = {year: [] for year in years}, rules_of([unit])[unit.pk]
    with connection.cursor() as cursor:
        cursor.execute(sql, _parameters(min(years), now) | {"end": bounds(max(years))[1], "units": [unit.pk]})
        for pk, starts_at, ends_at in cursor.fetchall():
            found.get(timezone.localtime(starts_at).year, []).append((pk, starts_at, ends_at <= now))

    def standing(year, events):
        planned = [starts_at for _pk, starts_at, over in events if not over]
        return Standing(unit, year, len(events) - len(planned), len(planned), *rule, planned[0] if planned else None)

    return {year: (standing(year, events), [pk for pk, *_times in events]) for year, events in found.items()}


def counted_events(unit, year):
    """The events that count for `unit` in `year`, its own and those of units that were part of it by then, the first one first."""
    return events_of(of_unit(unit, [year], timezone.now())[year][1])


def events_of(pks):
    return Event.objects.filter(pk__in=pks).select_related("kind", "unit__kind").order_by("starts_at", "pk")


def page(user, year, now, params, below=None):
    """(Page of Standings, {"every", "missing", "none", "reached", "meetings": how many}) of the open units `user` sees, in one grouped query.

    params: request.GET with `sort` (one of ORDERS), `show` (one of SHOWS) and the key of keyset pages. below: a Unit the list is narrowed to.
    """
    order = params.get("sort") if params.get("sort") in ORDERS else "need"
    show = params.get("show") if params.get("show") in SHOWS else "all"
    back = "before" in params
    beyond = _unsealed(params.get("before" if back else "after", ""))
    back = back and beyond is not None
    inside, values = _seen(user)
    if below:
        inside, values = f"{inside} AND path LIKE %(below)s", values | {"below": f"{below.path}%"}
    sql = LIST.format(
        scope=inside, value=ORDERS[order], show=SHOWS[show], way="DESC" if back else "ASC",
        beyond="true" if beyond is None else f"(value, path) {'<' if back else '>'} (%(value)s::{TYPES.get(order, 'int')}, %(path)s)",
    )  # fmt: skip
    value, path = beyond or (None, None)
    parameters = _parameters(year, now) | values | {"on": timezone.localdate(now), "value": value, "path": path, "limit": SIZE + 1}
    parameters |= {"rules": RULES, "lead": DEFAULT_SETTINGS[RULES[1]]}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows = cursor.fetchall()
    more, rows = len(rows) > SIZE, rows[:SIZE]
    if back:
        rows.reverse()
    standings, language = [], get_language()
    for _value, _path, pk, slug, name, labels, held, planned, target, lead, next_at, *_sums in rows:
        shown = Shown(pk, slug, name, full_name(name, said(labels, language)))
        standings.append(Standing(shown, year, held, planned, target, lead, next_at))
    sums = dict(zip(("every", "missing", "none", "reached", "meetings"), rows[0][11:], strict=True)) if rows else None
    result, others = Page(standings), {key: value for key, value in params.items() if key not in ("after", "before")}
    if rows and (more if back else beyond is not None):
        result.previous_url = "?" + urlencode(others | {"before": _sealed(rows[0])})
    if rows and (more or back):
        result.next_url = "?" + urlencode(others | {"after": _sealed(rows[-1])})
    return result, sums


def _seen(user):
    """The SQL that gives the keys of the units `user` sees, and its values; put together once for all who see the same."""
    key = user.reach
    if key not in _SEEN:
        if len(_SEEN) >= prepared.MOST:
            _SEEN.clear()
        _SEEN[key] = _named(Unit.objects.visible_to(user).order_by().values("id"))
    return _SEEN[key]


def _named(queryset):
    """The SQL of a queryset with names in place of its nameless parameters, and their values."""
    try:
        sql, values = queryset.query.sql_with_params()
    except EmptyResultSet:
        return "SELECT id FROM branches_unit WHERE false", {}
    names = [f"scope_{n}" for n in range(len(values))]
    for name in names:
        sql = sql.replace("%s", f"%({name})s", 1)
    return sql, dict(zip(names, values, strict=True))


def _sealed(row):
    """Where a row stands, to begin behind or before it: its value in the order and its path."""
    return seal(f"{row[0]}~{row[1]}", "place in the meter")


def _unsealed(key):
    try:
        value, _tilde, path = unseal(key, "place in the meter").rpartition("~")
    except ValueError:
        return None
    return value, path
