"""Volunteers and their shifts: every rule is kept, also by two requests at once."""

from datetime import timedelta
from itertools import combinations

import pytest
from django.db import IntegrityError, transaction

from planning import cover, posting
from planning.models import Duty, Volunteer
from tests import factories as make
from tests.at_once import at_once
from tests.planning import elections
from tests.planning.elections import DAY, NOW


@pytest.fixture
def vote(tree, cast):
    return elections.election(tree.a, cast.secretary_a)


@pytest.fixture
def nora(tree, vote):
    return elections.volunteer(vote, make.member("Nora Abel", tree.a))


def refused(shift, volunteer, **span):
    with pytest.raises(posting.Refused) as told:
        posting.assign(shift, volunteer, NOW, **span)
    return told.value.code


def test_a_volunteer_gets_a_shift_with_its_times(vote, nora, cast):
    shift = elections.shift(elections.post(vote), 0, 2)
    duty = posting.assign(shift, nora, NOW, cast.secretary_a)
    assert (duty.state, duty.member, duty.starts_at, duty.ends_at, duty.by) == ("planned", nora.member, shift.starts_at, shift.ends_at, cast.secretary_a)


def test_who_has_not_agreed_gets_none(vote, tree):
    asked = elections.volunteer(vote, make.member("Ulf Ahlers", tree.a), state="asked")
    assert refused(elections.shift(elections.post(vote)), asked) == "state"


def test_who_has_left_the_party_gets_none(vote, nora):
    nora.member.status = "left"
    nora.member.save()
    assert refused(elections.shift(elections.post(vote)), nora) == "state"
    assert not Volunteer.objects.ready().exists()


def test_each_rule_speaks_for_itself(vote, nora, tree):
    stand, school = elections.post(vote), elections.post(vote, name="Schule")
    posting.assign(elections.shift(stand, 0, 4), nora, NOW)
    assert refused(elections.shift(school, 2, 6), nora) == "place"
    assert refused(elections.shift(school, 4, 6), nora) == "way"
    assert refused(elections.shift(school, 5, 12), nora) == "hours"
    assert refused(elections.shift(stand, -12, -8), nora) == "night"
    assert refused(stand.shifts.get(starts_at=DAY), nora) == "there"
    early = elections.volunteer(vote, make.member("Emil Abend", tree.a), times=[(0, 2)])
    assert refused(elections.shift(school, 1, 3), early) == "times"


def test_a_full_shift_takes_nobody_more_and_a_part_takes_who_is_missing_there(vote, nora, tree):
    other, third = (elections.volunteer(vote, make.member(name, tree.a)) for name in ("Ole Albers", "Pia Arndt"))
    shift = elections.shift(elections.post(vote), 0, 4, needed=1)
    posting.assign(shift, nora, NOW, ends_at=DAY + timedelta(hours=3))
    assert refused(shift, other, ends_at=DAY + timedelta(hours=2)) == "full"
    posting.assign(shift, other, NOW, starts_at=DAY + timedelta(hours=3))
    assert refused(shift, third) == "full"


def test_rules_hold_over_all_elections_and_the_strictest_counts(vote, nora, tree, cast):
    strict = elections.election(tree.a, cast.secretary_a, title="Landtag", minutes_between=180)
    again = elections.volunteer(strict, nora.member)
    posting.assign(elections.shift(elections.post(strict), 0, 2), again, NOW)
    assert refused(elections.shift(elections.post(vote), 1, 3), nora) == "place"
    assert refused(elections.shift(elections.post(vote), 4, 6), nora) == "way"


def test_the_database_itself_lets_nobody_be_in_two_places_at_once(vote, nora):
    one, other = elections.shift(elections.post(vote), 0, 2), elections.shift(elections.post(vote), 1, 3)
    duty = posting.assign(one, nora, NOW)
    fields = {"shift": other, "volunteer": nora, "member": nora.member, "starts_at": other.starts_at, "ends_at": other.ends_at, "at": NOW, "state_at": NOW}
    with pytest.raises(IntegrityError, match="duty_one_place_at_a_time"), transaction.atomic():
        Duty.objects.create(**fields)
    duty.decline(NOW)
    Duty.objects.create(**fields)


def test_a_duty_is_handed_over_under_the_same_rules(vote, nora, tree):
    other, away = elections.volunteer(vote, make.member("Ole Albers", tree.a)), elections.volunteer(vote, make.member("Pia Arndt", tree.a), times=[(10, 12)])
    duty = posting.assign(elections.shift(elections.post(vote), 0, 2, needed=1), nora, NOW)
    with pytest.raises(posting.Refused):
        posting.hand_over(duty, away, NOW)
    duty.refresh_from_db()
    assert duty.state == "planned"
    new = posting.hand_over(duty, other, NOW)
    duty.refresh_from_db()
    assert (duty.state, new.state, new.member, new.starts_at) == ("declined", "planned", other.member, duty.starts_at)
    with pytest.raises(posting.Refused):
        posting.hand_over(duty, other, NOW)


def test_why_not_asks_little_however_many_there_are(vote, tree, django_assert_num_queries):
    shift = elections.shift(elections.post(vote))
    crowd = [elections.volunteer(vote, make.member(f"Person {n}", tree.a)) for n in range(6)]
    with django_assert_num_queries(3):
        assert posting.why_not(shift, crowd) == {}


def done_of(calls):
    """How many of `calls`, begun together, were not refused."""
    said = at_once(*calls)
    assert all(isinstance(one, posting.Refused) for one in said if isinstance(one, Exception)), said
    return sum(not isinstance(one, Exception) for one in said)


def keeps_all_rules(vote):
    by_member: dict = {}
    for duty in Duty.objects.live().select_related("shift"):
        by_member.setdefault(duty.member_id, []).append(posting.span_of(duty, duty.shift.post_id))
    return not any(cover.clash(*pair, posting.rules_of(vote)) for spans in by_member.values() for pair in combinations(spans, 2))


@pytest.mark.django_db(transaction=True)
def test_two_requests_at_once_break_no_rule_and_fill_no_place_twice(vote, nora, tree):
    stand, school = elections.post(vote), elections.post(vote, name="Schule")
    one, other = elections.shift(stand, 0, 2, needed=1), elections.shift(school, 2, 4, needed=1)  # no time to get there
    assert done_of([lambda: posting.assign(one, nora, NOW), lambda: posting.assign(other, nora, NOW)]) == 1
    crowd = [elections.volunteer(vote, make.member(f"Person {n}", tree.a)) for n in range(4)]
    last = elections.shift(stand, 6, 8, needed=1)
    assert done_of([lambda who=who: posting.assign(last, who, NOW) for who in crowd]) == 1  # type: ignore[misc]
    assert last.duties.live().count() == 1 and keeps_all_rules(vote)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_many_requests_at_once_break_no_rule(vote, tree):
    posts = [elections.post(vote, name=f"Posten {n}") for n in range(3)]
    shifts = [elections.shift(post, hour, hour + 2, needed=1) for post in posts for hour in range(0, 12, 2)]
    crowd = [elections.volunteer(vote, make.member(f"Person {n}", tree.a)) for n in range(4)]
    calls = [lambda shift=shift, who=who: posting.assign(shift, who, NOW) for shift in shifts for who in crowd]
    for n in range(0, len(calls), 12):
        done_of(calls[n : n + 12])
    assert Duty.objects.live().count() > 8 and keeps_all_rules(vote)
    assert all(shift.duties.live().count() <= 1 for shift in shifts)
