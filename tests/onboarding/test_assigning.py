"""The assignment of all waiting members at once: never a rule broken, never a point lost against trying out everything."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from onboarding import assigning, matching
from onboarding.matching import LOAD_POINTS, Field, One, broken, judge
from onboarding.models import Mentor

UNITS = ["0001", "00010001", "00010002", "000100020001", "000100020002"]
some = st.sampled_from
codes = st.lists(some(["de", "en", "he", "ar"]), min_size=1, max_size=2, unique=True).map(tuple)
numbers = st.frozensets(st.integers(1, 5), max_size=4)
alike = {
    "unit": some(UNITS), "postcode": some(["", "01067", "01069", "20095"]), "household": some(["", "a", "b"]), "languages": codes,
    "topics": numbers, "times": numbers,
}  # fmt: skip


@st.composite
def fields(draw, most=5):
    """Small pools with everything that can stand between two people."""
    mentees = [
        draw(st.builds(One, st.just(n), **alike, minor=st.booleans(), weeks=st.integers(0, 14))) for n in range(1, draw(st.integers(0, most)) + 1)
    ]
    leads = st.lists(st.tuples(some(UNITS), st.booleans()), max_size=1).map(tuple)
    mentor = {"minors": st.booleans(), "reach": some(Mentor.Reach.values), "free": st.integers(1, 3), "taken": st.integers(0, 2), "leads": leads}
    mentors = [draw(st.builds(One, st.just(100 + n), **alike, **mentor)) for n in range(draw(st.integers(0, 4)))]
    pairs = st.tuples(some([one.pk for one in mentees] or [0]), some([one.pk for one in mentors] or [0]))
    barred = draw(st.sets(pairs, max_size=4))
    return Field(mentees, mentors, barred, dict(draw(st.lists(pairs, max_size=2))), dict(draw(st.lists(pairs, max_size=4))))


def total(field, pairs):
    """The stated objective: the sum of the scores, less the load of each mentor."""
    mentees, mentors = ({one.pk: one for one in rows} for rows in (field.mentees, field.mentors))
    load = {pk: one.taken for pk, one in mentors.items()}
    points = 0
    for mentee, mentor in pairs.items():
        points += judge(mentees[mentee], mentors[mentor])[0] - LOAD_POINTS * load[mentor]
        load[mentor] += 1
    return points


def every_way(field, rest, places, chosen):
    if not rest:
        yield dict(chosen)
        return
    one, *others = rest
    yield from every_way(field, others, places, chosen)
    for mentor in field.mentors:
        if places[mentor.pk] and not broken(one, mentor, field.barred):
            left = places | {mentor.pk: places[mentor.pk] - 1}
            yield from every_way(field, others, left, {**chosen, one.pk: mentor.pk})


def holding_pins(field):
    places, pinned = {one.pk: one.free for one in field.mentors}, {}
    for one in field.mentees:
        mentor = next((other for other in field.mentors if other.pk == field.pins.get(one.pk)), None)
        if mentor and places[mentor.pk] and not broken(one, mentor, field.barred):
            pinned[one.pk] = mentor.pk
            places[mentor.pk] -= 1
    return pinned, places


@settings(max_examples=150, deadline=None)
@given(fields())
def test_the_sum_is_the_best_there_is_and_no_rule_is_broken(field):
    pairs, why = assigning.assign(field)
    mentees, mentors = ({one.pk: one for one in rows} for rows in (field.mentees, field.mentors))
    assert not [pair for pair in pairs.items() if broken(mentees[pair[0]], mentors[pair[1]], field.barred)]
    assert all(list(pairs.values()).count(pk) <= one.free for pk, one in mentors.items())
    assert pairs.keys() | why.keys() == mentees.keys() and not pairs.keys() & why.keys()
    assert set(why.values()) <= set(matching.WHY_NOT)
    pinned, places = holding_pins(field)
    assert pinned.items() <= pairs.items()
    ways = [pinned | way for way in every_way(field, [one for one in field.mentees if one.pk not in pinned], places, {})]
    assert total(field, pairs) == max(total(field, way) for way in ways)


@settings(max_examples=100, deadline=None)
@given(fields())
def test_all_pairs_at_once_are_scored_as_each_by_itself(field):
    if not (field.mentees and field.mentors):
        return
    points, masks = assigning.Scores(field.mentors, field.mentees, field.barred).of(slice(0, len(field.mentors)))
    allowed = np.logical_and.reduce(list(masks.values()))
    for row, mentor in enumerate(field.mentors):
        for column, one in enumerate(field.mentees):
            assert allowed[row, column] == (broken(one, mentor, field.barred) == "")
            if allowed[row, column]:
                assert points[row, column] == judge(one, mentor)[0]


@settings(max_examples=60, deadline=None)
@given(fields(most=4))
def test_of_the_best_ways_the_one_that_keeps_most_is_taken(field):
    field.pins.clear()
    pairs, _why = assigning.assign(field)
    ways = list(every_way(field, field.mentees, {one.pk: one.free for one in field.mentors}, {}))
    best = max(total(field, way) for way in ways)
    kept = max(len(way.items() & field.kept.items()) for way in ways if total(field, way) == best)
    assert len(pairs.items() & field.kept.items()) == kept


def crowd(waiting, places):
    """A pool as of a city: ten branches, thirteen topics, one in ten a minor."""
    from random import Random

    rng = Random(4)

    def one(pk, **own):
        return One(
            pk, f"0001{rng.randrange(1, 11):04}", postcode=f"01{rng.randrange(60, 99)}7", household=f"h{rng.randrange(waiting)}",
            languages=tuple(rng.sample(["de", "en", "ar", "tr"], rng.randrange(1, 3))),
            topics=frozenset(rng.sample(range(13), 3)), times=frozenset(rng.sample(range(20, 25), 2)), **own,
        )  # fmt: skip

    mentees = [one(n, minor=rng.random() < 0.1, weeks=rng.randrange(20)) for n in range(waiting)]
    mentors, left = [], places
    while left:
        free = min(left, rng.randrange(1, 4))
        mentors.append(one(100_000 + len(mentors), minors=rng.random() < 0.5, reach=rng.choice(Mentor.Reach.values), free=free))
        left -= free
    return Field(mentees, mentors)


def test_one_person_more_changes_little_and_it_is_said_how_much():
    field = crowd(120, 80)
    before, _why = assigning.assign(field)
    again, _why = assigning.assign(Field(field.mentees, field.mentors, kept=before))
    assert again == before
    newcomer = crowd(121, 80).mentees[-1]
    after, _why = assigning.assign(Field([*field.mentees, newcomer], field.mentors, kept=before))
    changed = [pk for pk in before if after.get(pk) != before[pk]]
    assert len(changed) < 12


def test_a_mentor_gets_a_third_only_when_the_others_have_some():
    mentors = [One(n, "00010001", free=3) for n in (1, 2, 3)]
    pairs, _why = assigning.assign(Field([One(n, "00010001") for n in range(10, 16)], mentors))
    assert sorted(pairs.values()) == [1, 1, 2, 2, 3, 3]


def test_a_pool_too_large_for_one_assignment_says_so(monkeypatch):
    monkeypatch.setattr(assigning, "MOST_CELLS", 10)
    with pytest.raises(assigning.TooLarge):
        assigning.assign(crowd(6, 4))


def test_two_thousand_waiting_are_assigned_in_a_moment():
    started = time.process_time()
    pairs, _why = assigning.assign(crowd(2000, 1000))
    assert len(pairs) > 950
    assert time.process_time() - started < 10  # a second of work; bin/bench measures it
