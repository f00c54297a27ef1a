"""Holes, rules and filling of shifts against plain recounts: minute by minute, and by trying everything."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest

from planning import cover
from planning.cover import Hole, Person, Place, Rules

RULES = Rules(30, 11, 10)
BERLIN = ZoneInfo("Europe/Berlin")
DAY = datetime(2027, 5, 2, 6, tzinfo=UTC)  # eight in the morning in Berlin


def at(hours):
    return DAY + timedelta(hours=hours)


def span(post, starts, ends):
    return cover.span(post, at(starts), at(ends))


# --- holes ------------------------------------------------------------------------------------------------------------


def minutes_missing(shifts, duties):
    """{minute: how many are missing}, counted for every single minute."""
    found = {}
    first, last = min(starts for starts, _e, _n in shifts), max(ends for _s, ends, _n in shifts)
    moment = first
    while moment < last:
        needed = sum(n for starts, ends, n in shifts if starts <= moment < ends)
        there = sum(starts <= moment < ends for starts, ends in duties)
        if needed > there:
            found[moment] = needed - there
        moment += timedelta(minutes=1)
    return found


def as_minutes(holes):
    found = {}
    for starts, ends, missing in holes:
        moment = starts
        while moment < ends:
            assert moment not in found
            found[moment] = missing
            moment += timedelta(minutes=1)
    return found


def random_post(rng):
    shifts, duties = [], []
    for _n in range(rng.randint(1, 4)):
        starts, length = rng.randrange(0, 180), rng.randrange(1, 120)
        shifts.append((DAY + timedelta(minutes=starts), DAY + timedelta(minutes=starts + length), rng.randint(1, 3)))
    for _n in range(rng.randint(0, 6)):
        low, high, _needed = rng.choice(shifts)
        length = int((high - low).total_seconds() // 60)
        since = rng.randrange(length)
        duties.append((low + timedelta(minutes=since), low + timedelta(minutes=rng.randint(since + 1, length))))
    return shifts, duties


def test_holes_are_those_counted_minute_by_minute():
    rng = random.Random(6)
    for _n in range(300):
        shifts, duties = random_post(rng)
        holes = cover.holes(shifts, duties)
        assert as_minutes(holes) == minutes_missing(shifts, duties)
        for one, other in pairwise(holes):
            assert one.ends < other.starts or one.missing != other.missing  # no hole is told in two pieces


def test_open_places_of_a_shift_fill_its_holes_exactly():
    rng = random.Random(7)
    for _n in range(200):
        shifts, duties = random_post(rng)
        shift = shifts[0]
        own = [duty for duty in duties if shift[0] <= duty[0] and duty[1] <= shift[1]]
        found = cover.places(shift, own)
        assert not minutes_missing([shift], own + found)
        assert sum(as_minutes(cover.holes([shift], own)).values()) == sum((ends - starts) // timedelta(minutes=1) for starts, ends in found)


def test_a_duty_shorter_than_the_shift_leaves_a_hole():
    assert cover.holes([(at(0), at(4), 1)], [(at(0), at(3))]) == [Hole(at(3), at(4), 1)]
    assert cover.holes([(at(0), at(4), 2)], [(at(0), at(3))]) == [Hole(at(0), at(3), 1), Hole(at(3), at(4), 2)]
    assert cover.places((at(0), at(4), 2), [(at(0), at(3))]) == [(at(0), at(4)), (at(3), at(4))]


# --- rules ------------------------------------------------------------------------------------------------------------


def test_nobody_is_in_two_places_at_once():
    assert cover.clash(span("a", 0, 2), span("b", 1, 3), RULES) == "place"
    assert cover.clash(span("a", 0, 2), span("a", 1, 3), RULES) == "place"


def test_one_shift_after_the_other_at_the_same_post_needs_no_way():
    assert cover.clash(span("a", 0, 2), span("a", 2, 4), RULES) == ""
    assert cover.clash(span("a", 0, 2), span("b", 2, 4), RULES) == "way"
    assert cover.clash(span("a", 0, 2), span("b", 2.5, 4), RULES) == ""


def test_who_stays_until_late_does_not_come_early():
    evening, morning = span("a", 12, 15), span("a", 24, 26)  # until eleven, from eight
    assert cover.clash(evening, morning, RULES) == "night"
    assert cover.clash(morning, evening, RULES) == "night"
    assert cover.clash(evening, span("a", 26, 28), RULES) == ""


def test_the_small_hours_belong_to_the_evening_before():
    assert cover.clash(span("a", 14, 17), span("a", 17, 19), RULES) == ""  # until one and until three at night


@pytest.mark.parametrize("day", [datetime(2027, 3, 28), datetime(2027, 10, 31), datetime(2027, 6, 6)])
def test_the_evening_ends_at_four_by_the_clock_on_the_wall_also_when_clocks_change(day):
    berlin = ZoneInfo("Europe/Berlin")
    early, late = (day.replace(hour=hour, minute=minute, tzinfo=berlin) for hour, minute in ((3, 30), (4, 10)))
    assert (cover.day_of(early), cover.day_of(late)) == ((day - timedelta(days=1)).date(), day.date())


def test_hours_of_a_night_are_hours_also_when_the_clocks_change():
    evening = cover.span("a", datetime(2027, 3, 27, 18, tzinfo=BERLIN), datetime(2027, 3, 27, 21, tzinfo=BERLIN))
    eight = cover.span("a", datetime(2027, 3, 28, 8, tzinfo=BERLIN), datetime(2027, 3, 28, 9, tzinfo=BERLIN))
    assert cover.clash(evening, eight, RULES) == "night"  # eleven by the clock, ten in truth
    assert cover.clash(evening, eight, RULES._replace(night_rest_hours=10)) == ""


def test_a_day_has_no_more_hours_than_agreed():
    own = [span("a", 0, 4), span("a", 4, 8)]
    assert cover.why_not(span("a", 8, 11), own, (), RULES) == "hours"
    assert cover.why_not(span("a", 8, 10), own, (), RULES) == ""


def test_who_named_times_comes_within_them_alone():
    times = [(at(0), at(2)), (at(2), at(4))]
    assert cover.why_not(span("a", 1, 3), [], times, RULES) == ""
    assert cover.why_not(span("a", 3, 5), [], times, RULES) == "times"
    assert cover.why_not(span("a", 3, 5), [], [], RULES) == ""


# --- filling ----------------------------------------------------------------------------------------------------------


def allowed(person, spans):
    """Whether one person may have all of `spans`, asked of every two of them and of every day, without a word of planning.cover."""
    every = sorted([*person.own, *spans], key=lambda each: each.starts)
    rules = person.rules
    for n, one in enumerate(every):
        for other in every[n + 1 :]:
            gap = (other.starts - one.ends).total_seconds() / 60
            if gap < 0 or (one.post != other.post and gap < rules.minutes_between):
                return False
            days = [(each.starts.astimezone(BERLIN) - timedelta(hours=4)).date() for each in (one, other)]
            if days[0] != days[1] and gap < rules.night_rest_hours * 60:
                return False
    for day in {(each.starts.astimezone(BERLIN) - timedelta(hours=4)).date() for each in every}:
        minutes = sum(
            (each.ends - each.starts).total_seconds() / 60 for each in every if (each.starts.astimezone(BERLIN) - timedelta(hours=4)).date() == day
        )
        if spans and minutes > rules.most_hours * 60:
            return False
    return all(not person.times or any(low <= each.starts and each.ends <= high for low, high in person.times) for each in spans)


def worth(people, found):
    """(places filled, sum of the squares of everybody's number of shifts)."""
    counts = {one.key: len(one.own) for one in people}
    for key, _place in found:
        counts[key] += 1
    return len(found), sum(n * n for n in counts.values())


def best_of_all(people, places):
    """The same of the best filling, by trying every single one."""
    best = None
    for choice in product([None, *people], repeat=len(places)):
        found = [(one.key, place) for one, place in zip(choice, places, strict=True) if one]
        if all(allowed(one, [place.span for key, place in found if key == one.key]) for one in people):
            filled, squares = worth(people, found)
            best = max(best or (-1, 0), (filled, -squares))
    return best[0], -best[1]


def random_field(rng, people, places):
    rules = Rules(rng.choice([0, 30, 90]), rng.choice([0, 11]), rng.choice([3, 6, 10]))
    open_places = []
    for n in range(rng.randint(1, places)):
        starts = rng.choice([0, 1, 2, 3, 4, 6, 12, 14, 24, 25, 26])
        kind = rng.choice("ab")
        place = Place(f"{n}", span(kind, starts, starts + rng.choice([1, 2, 3])), kind)
        open_places += [place] * rng.randint(1, 2)
    crowd = []
    for n in range(rng.randint(1, people)):
        times = [(at(low), at(low + rng.choice([3, 6, 30]))) for low in rng.sample([0, 2, 12, 24], rng.randint(0, 2))]
        since = rng.choice([0, 5, 15])
        own = [span("c", since, since + rng.choice([1, 2]))] if rng.random() < 0.2 else []
        crowd.append(Person(n, tuple(own), tuple(times[:1]), rules, rng.choice("ab")))
    return crowd, open_places[:places]


def check(rng, people, places):
    crowd, open_places = random_field(rng, people, places)
    found, best = cover.fill(crowd, open_places)
    assert best
    for one in crowd:
        assert allowed(one, [place.span for key, place in found if key == one.key])
    assert worth(crowd, found) == best_of_all(crowd, open_places)
    simple = cover.greedy(crowd, open_places)
    assert all(allowed(one, [place.span for key, place in simple if key == one.key]) for one in crowd)
    assert len(simple) <= len(found)


def test_the_best_filling_is_that_of_trying_everything():
    rng = random.Random(25)
    for _n in range(60):
        check(rng, people=3, places=5)


@pytest.mark.slow
def test_the_best_filling_is_that_of_trying_everything_many_times():
    rng = random.Random(26)
    for _n in range(400):
        check(rng, people=4, places=6)


def test_one_more_place_counts_more_than_an_even_load():
    early = Person("early", (), ((at(0), at(3)),), RULES)
    busy = Person("busy", (span("a", -20, -19),) * 3, (), RULES)
    places = [Place("one", span("a", 0, 2), "a"), Place("two", span("a", 4, 6), "a")]
    found, best = cover.fill([early, busy], places)
    assert best and sorted(found) == [("busy", places[1]), ("early", places[0])]


def test_more_than_one_search_takes_is_split_by_units_and_says_so(monkeypatch):
    monkeypatch.setattr(cover, "MOST_PAIRS", 12)
    rng = random.Random(5)
    for _n in range(30):
        crowd, open_places = random_field(rng, 5, 8)
        if len(crowd) * len(open_places) <= 12:
            continue
        found, best = cover.fill(crowd, open_places)
        assert not best
        assert all(found.count((key, place)) <= open_places.count(place) for key, place in found)
        for one in crowd:
            assert allowed(one, [place.span for key, place in found if key == one.key])


def test_without_time_a_plain_filling_is_given_and_said_to_be_no_more():
    crowd = [Person(n, (), (), RULES, "a") for n in range(40)]
    places = [Place(f"{n}", span(f"p{n % 7}", n % 30, n % 30 + 2), "a") for n in range(60)]
    found, best = cover.fill(crowd, places, seconds=0)
    assert not best and len(found) >= 40
    for one in crowd:
        assert allowed(one, [place.span for key, place in found if key == one.key])
