"""Who can stand where and when: holes, the rules of a shift, and the best way to fill what is open. Plain values in and out, no database.

scipy is imported inside: filling is work for the worker.
"""

from collections import Counter, defaultdict
from datetime import UTC, timedelta
from itertools import combinations
from typing import Any, NamedTuple

from django.utils import timezone

NIGHT_ENDS = timedelta(hours=4)  # what begins before four in the morning belongs to the evening before
SECONDS = 20  # the longest the search for the best filling takes
MOST_PAIRS = 60_000  # people x places of one search; more is split by units


class Rules(NamedTuple):
    """minutes_between two posts, night_rest_hours between two days, most_hours on one day; see planning.models.Election."""

    minutes_between: int
    night_rest_hours: int
    most_hours: int


class Span(NamedTuple):
    """Somebody stands, or could stand, at `post` during [starts, ends)."""

    post: Any
    starts: Any
    ends: Any

    @property
    def length(self):
        return self.ends - self.starts


class Hole(NamedTuple):
    """During [starts, ends) `missing` people are missing."""

    starts: Any
    ends: Any
    missing: int


def span(post, starts, ends):
    """A Span of aware times. In UTC, where an hour is an hour also in the night the clocks are changed."""
    return Span(post, starts.astimezone(UTC), ends.astimezone(UTC))


def day_of(moment):
    """The local day that something beginning at `moment` belongs to: the small hours count to the day before, by the clock on the wall."""
    return (timezone.make_naive(moment) - NIGHT_ENDS).date()


def strictest(rules):
    """The Rules that keep all `rules` at once."""
    between, rest, most = zip(*rules, strict=True)
    return Rules(max(between), max(rest), min(most))


# --- holes ------------------------------------------------------------------------------------------------------------


def holes(shifts, duties):
    """[Hole, ..] of a post in order. shifts: [(starts, ends, needed)], duties: [(starts, ends)] of those who come.

    At every moment that is missing what all shifts running then need, less who is there.
    """
    steps: Counter = Counter()
    for starts, ends, needed in shifts:
        steps[starts] += needed
        steps[ends] -= needed
    for starts, ends in duties:
        steps[starts] -= 1
        steps[ends] += 1
    found: list[Hole] = []
    missing, since = 0, None
    for moment in sorted(steps):
        if missing > 0:
            if found and found[-1].ends == since and found[-1].missing == missing:
                found[-1] = found[-1]._replace(ends=moment)
            else:
                found.append(Hole(since, moment, missing))
        missing, since = missing + steps[moment], moment
    return found


def places(shift, duties):
    """[(starts, ends), ..] that are open at one `shift` (starts, ends, needed): one for each person missing, as long as they are missed."""
    open_now = holes([shift], duties)
    found = []
    for level in range(1, max((hole.missing for hole in open_now), default=0) + 1):
        pieces: list = []
        for hole in open_now:
            if hole.missing < level:
                continue
            if pieces and pieces[-1][1] == hole.starts:
                pieces[-1] = (pieces[-1][0], hole.ends)
            else:
                pieces.append((hole.starts, hole.ends))
        found += pieces
    return found


# --- the rules --------------------------------------------------------------------------------------------------------


def clash(one, other, rules):
    """Why nobody can take both Spans: "place" (at the same time), "night" (too little rest), "way" (too little time to get there); "" if they can."""
    first, second = sorted((one, other), key=lambda each: each.starts)
    if second.starts < first.ends:
        return "place"
    gap = second.starts - first.ends
    if day_of(first.starts) != day_of(second.starts) and gap < timedelta(hours=rules.night_rest_hours):
        return "night"
    if first.post != second.post and gap < timedelta(minutes=rules.minutes_between):
        return "way"
    return ""


def within(wanted, times):
    """Whether the Span lies in `times` [(starts, ends)] put together; no times at all: whenever needed."""
    reached = wanted.starts
    for starts, ends in sorted(times):
        if starts <= reached:
            reached = max(reached, ends)
    return not times or reached >= wanted.ends


def hours(spans):
    return sum((each.length for each in spans), timedelta())


def why_not(wanted, own, times, rules):
    """Why somebody with the Spans `own` and the `times` they named cannot take `wanted`: as clash, or "hours" (too many on one day), "times"; "" if they can."""
    reasons = {clash(wanted, other, rules) for other in own}
    for reason in ("place", "way", "night"):
        if reason in reasons:
            return reason
    same_day = [other for other in own if day_of(other.starts) == day_of(wanted.starts)]
    if hours([*same_day, wanted]) > timedelta(hours=rules.most_hours):
        return "hours"
    return "" if within(wanted, times) else "times"


# --- filling ----------------------------------------------------------------------------------------------------------


class Person(NamedTuple):
    """own: Spans they have already, times: [(starts, ends)] they can come, rules: what holds for them, unit: where they belong."""

    key: Any
    own: tuple
    times: tuple
    rules: Rules
    unit: Any = None


class Place(NamedTuple):
    """One open place: `key` names the shift, `unit` whose post it is."""

    key: Any
    span: Span
    unit: Any = None


def fill(people, open_places, seconds=SECONDS):
    """([(person key, Place), ..], whether that is the best): as many places filled as the rules allow, and among such ways the load spread most evenly.

    Evenly: the sum of the squares of everybody's number of shifts is smallest. The best way is found by integer programming. Where there is more than
    MOST_PAIRS, or no time is left, units fill their own places first, and what is open then goes to whoever has least: rules are kept, but a better
    way may exist, and the answer says so.
    """
    if len(people) * len(open_places) <= MOST_PAIRS:
        found, best = _solve(people, open_places, seconds)
        if best:
            return found, True
        simple = greedy(people, open_places)
        return (found if len(found) >= len(simple) else simple), False
    found = []
    units = sorted({place.unit for place in open_places}, key=str)
    for unit in units:
        own, theirs = [one for one in people if one.unit == unit], [place for place in open_places if place.unit == unit]
        if len(own) * len(theirs) <= MOST_PAIRS:
            found += _solve(own, theirs, seconds / len(units))[0]
    return found + greedy(_busier(people, found), _left(open_places, found)), False


def _busier(people, found):
    """`people` with what they got in `found`."""
    more = defaultdict(list)
    for key, place in found:
        more[key].append(place.span)
    return [one._replace(own=(*one.own, *more[one.key])) for one in people]


def _left(open_places, found):
    taken = Counter(place for _key, place in found)
    left = []
    for place in open_places:
        if taken[place]:
            taken[place] -= 1
        else:
            left.append(place)
    return left


def greedy(people, open_places):
    """[(person key, Place), ..]: the places fewest can take first, each to who has least. Keeps every rule."""
    own = {one.key: list(one.own) for one in people}
    able = {
        place: [one for one in people if not why_not(place.span, one.own, one.times, one.rules)] for place in dict.fromkeys(open_places)
    }  # fmt: skip
    found = []
    for place in sorted(open_places, key=lambda place: (len(able[place]), place.span.starts)):
        free = [one for one in able[place] if not why_not(place.span, own[one.key], one.times, one.rules)]
        if free:
            one = min(free, key=lambda one: len(own[one.key]))
            own[one.key].append(place.span)
            found.append((one.key, place))
    return found


def _cliques(spans, rules):
    """Sets of numbers of `spans` of which one person takes at most one, so that every two that clash are together in one of them."""
    clashing = {pair for pair in combinations(range(len(spans)), 2) if clash(spans[pair[0]], spans[pair[1]], rules)}
    beside = defaultdict(set)
    for one, other in clashing:
        beside[one].add(other)
        beside[other].add(one)
    found = []
    left = sorted(clashing, reverse=True)
    covered = set()
    while left:
        pair = left.pop()
        if pair in covered:
            continue
        together = list(pair)
        common = beside[pair[0]] & beside[pair[1]]
        while common:
            more = min(common)
            together.append(more)
            common &= beside[more]
        covered.update(combinations(sorted(together), 2))
        found.append(together)
    return found


def _limits(people, spans, room, column):
    """[([(column, factor)], least, most)]: no place is taken twice, nobody takes two that clash, nor more hours on a day than the rules allow.

    column: {(number of a person, number of a place): its column} of those who can take it; room: how many places of each are open.
    """
    rows: list[tuple[list, float, float]] = []
    of_place, of_person = defaultdict(list), defaultdict(list)
    for (p, g), at in column.items():
        of_place[g].append((at, 1))
        of_person[p].append(g)
    rows += [(entries, 0, room[g]) for g, entries in of_place.items()]
    cliques: dict = {}
    for p, mine in of_person.items():
        one = people[p]
        if one.rules not in cliques:
            cliques[one.rules] = _cliques(spans, one.rules)
        for clique in cliques[one.rules]:
            both = [(column[p, g], 1) for g in clique if (p, g) in column]
            if len(both) > 1:
                rows.append((both, 0, 1))
        by_day = defaultdict(list)
        for g in mine:
            by_day[day_of(spans[g].starts)].append(g)
        for day, todays in by_day.items():
            most = timedelta(hours=one.rules.most_hours) - hours(own for own in one.own if day_of(own.starts) == day)
            if hours(spans[g] for g in todays) > most:
                rows.append(([(column[p, g], spans[g].length.total_seconds() / 60) for g in todays], 0, most.total_seconds() / 60))
    return rows


def _loads(people, column):
    """(costs of further columns, the rows that tie them): each further shift of one person costs more than the one before.

    1, 3, 5 .. add up to the squares of everybody's number of shifts.
    """
    costs: list[float] = []
    rows: list[tuple[list, float, float]] = []
    of_person = defaultdict(list)
    for (p, _g), at in column.items():
        of_person[p].append(at)
    for p, mine in of_person.items():
        steps = [len(column) + len(costs) + n for n in range(len(mine))]
        costs += [2 * (len(people[p].own) + n) + 1 for n in range(len(mine))]
        rows.append(([(at, 1) for at in mine] + [(step, -1) for step in steps], 0, 0))
    return costs, rows


def _solve(people, open_places, seconds):
    """As fill, by integer programming: ([..], True) for the best way, what was found until the time was over else."""
    room = Counter(open_places)
    kinds = list(room)
    spans = [place.span for place in kinds]
    able = [(p, g) for p, one in enumerate(people) for g in range(len(kinds)) if not why_not(spans[g], one.own, one.times, one.rules)]
    if not able:
        return [], True
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_matrix

    column = {pair: n for n, pair in enumerate(able)}
    loads, tied = _loads(people, column)
    rows = _limits(people, spans, [room[kind] for kind in kinds], column) + tied
    # One place more outweighs all that an even load could save.
    worth = min(len(open_places), len(able)) * max(loads) + 1
    costs = [-worth] * len(able) + loads
    cells = [(row, at, factor) for row, (entries, _least, _most) in enumerate(rows) for at, factor in entries]
    row_of, column_of, factors = zip(*cells, strict=True)
    matrix = csr_matrix((factors, (row_of, column_of)), shape=(len(rows), len(costs)))
    limits = LinearConstraint(matrix, [least for _entries, least, _most in rows], [most for _entries, _least, most in rows])
    whole = np.zeros(len(costs))
    whole[: len(able)] = 1
    answer = milp(costs, constraints=limits, integrality=whole, bounds=Bounds(0, 1), options={"time_limit": seconds, "mip_rel_gap": 0})
    if answer.x is None:
        return [], False
    return [(people[p].key, kinds[g]) for n, (p, g) in enumerate(able) if answer.x[n] > 0.5], answer.status == 0
