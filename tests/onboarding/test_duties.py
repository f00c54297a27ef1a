from datetime import date, timedelta

import pytest

from onboarding import duties, journeys
from onboarding.models import JourneyStep
from tests import factories as make

DAY = timedelta(days=1)
TODAY = make.TODAY


@pytest.fixture
def arrive(tree):
    """arrive(unit) gives the open steps of somebody who joined there lately."""

    def start(unit):
        member = make.member("Jonas Reichelt", unit, joined_on=TODAY - 20 * DAY)
        journeys.start(type(member).objects.filter(pk=member.pk), TODAY)
        return JourneyStep.objects.filter(journey__member=member)

    return start


def in_charge(steps, on=TODAY):
    duties.settle(on)
    found = {(step.duty_unit and step.duty_unit.slug, step.duty_office and step.duty_office.slug) for step in steps.all()}
    assert len(found) == 1
    return found.pop()


def test_a_step_falls_to_its_office_in_the_unit(tree, arrive):
    make.appoint(make.user("Aylin Kaya"), "secretary", tree.a)
    make.appoint(make.user("Carla Winter"), "chair", tree.a)
    assert in_charge(arrive(tree.a)) == ("altdorf", "secretary")


def test_a_vacant_office_falls_to_who_stands_in_before_it_goes_up(tree, arrive):
    make.appoint(make.user("Carla Winter"), "chair", tree.a)
    make.appoint(make.user("Oskar Blume"), "membership_officer", tree.district)
    assert in_charge(arrive(tree.a)) == ("altdorf", "chair")


def test_with_nobody_in_the_unit_it_goes_up_to_the_next_unit_that_has_one(tree, arrive):
    make.appoint(make.user("Oskar Blume"), "membership_officer", tree.district)
    make.appoint(make.user("Bernd Lohse"), "secretary", tree.b)
    assert in_charge(arrive(tree.a)) == ("musterstadt", "membership_officer")


def test_an_office_above_that_counts_for_its_own_unit_only_does_not_take_over(tree, arrive):
    make.appoint(make.user("Oskar Blume"), "membership_officer", tree.district, below=False)
    assert in_charge(arrive(tree.a)) == (None, None)


def test_who_may_only_see_is_never_in_charge(tree, arrive):
    make.appoint(make.user("Aylin Kaya"), "secretary", tree.a, right=1)
    assert in_charge(arrive(tree.a)) == (None, None)


def test_who_may_not_sign_in_any_more_is_never_in_charge(tree, arrive):
    make.appoint(make.user("Aylin Kaya", is_active=False), "secretary", tree.a)
    assert in_charge(arrive(tree.a)) == (None, None)


def test_a_term_counts_from_its_first_day_until_before_its_last(tree, arrive):
    steps = arrive(tree.a)
    make.appoint(make.user("Aylin Kaya"), "secretary", tree.a, TODAY, TODAY + 10 * DAY)
    assert in_charge(steps, TODAY - DAY) == (None, None)
    assert in_charge(steps, TODAY) == ("altdorf", "secretary")
    assert in_charge(steps, TODAY + 9 * DAY) == ("altdorf", "secretary")
    assert in_charge(steps, TODAY + 10 * DAY) == (None, None)


def test_open_work_follows_the_office_and_both_holders_see_it(tree, arrive):
    steps = arrive(tree.a)
    old, new, other = make.user("Aylin Kaya"), make.user("Nora Neu"), make.user("Carla Winter")
    make.appoint(old, "secretary", tree.a, date(2020, 1, 1), TODAY)
    make.appoint(new, "secretary", tree.a, TODAY)
    make.appoint(other, "secretary", tree.a, TODAY - 300 * DAY)
    duties.settle(TODAY)
    assert set(steps.in_charge(new)) == set(steps.in_charge(other)) == set(steps)
    assert not steps.in_charge(old)


def test_settling_again_changes_nothing(tree, arrive):
    steps = arrive(tree.a)
    make.appoint(make.user("Aylin Kaya"), "secretary", tree.a)
    assert duties.settle(TODAY) == steps.count()
    assert duties.settle(TODAY) == 0


def test_settling_one_unit_leaves_its_sister_alone(tree, arrive):
    mine, theirs = arrive(tree.a), arrive(tree.b)
    make.appoint(make.user("Aylin Kaya"), "secretary", tree.a)
    make.appoint(make.user("Bernd Lohse"), "secretary", tree.b)
    duties.settle(TODAY, tree.a)
    assert mine.first().duty_unit == tree.a
    assert theirs.first().duty_unit is None


def test_closed_steps_keep_who_was_in_charge(tree, arrive):
    steps = arrive(tree.a)
    aylin = make.user("Aylin Kaya")
    make.appoint(aylin, "secretary", tree.a, date(2020, 1, 1), TODAY + DAY)
    duties.settle(TODAY)
    done = steps.first()
    done.tick(aylin, TODAY, "2026-11-22T10:00Z")
    duties.settle(TODAY + DAY)
    done.refresh_from_db()
    assert done.duty_unit == tree.a
