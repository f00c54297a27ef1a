from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from membership.models import Member, Status
from onboarding import journeys
from onboarding.models import Journey, JourneyStep
from tests import factories as make

DAY = timedelta(days=1)
TODAY = make.TODAY
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
State = JourneyStep.State


def only(member):
    return Member.objects.filter(pk=member.pk)


def states(journey):
    return {step.step.slug: step.state for step in journey.steps.select_related("step")}


def test_a_joiner_starts_the_journey_of_the_unit(tree):
    make.step(tree.a, "coffee", count=14)
    make.step(tree.b, "walk", count=14)
    member = make.member("Jonas Reichelt", tree.a, joined_on=date(2026, 11, 15))
    assert journeys.start(only(member), TODAY) == 1
    journey = member.journeys.first()
    assert (journey.unit, journey.started_on, journey.reason) == (tree.a, member.joined_on, "joined")
    assert list(journey.steps.values_list("step__slug", "due_on")) == [
        ("coffee", date(2026, 11, 29)),
        ("first-contact", date(2026, 12, 31)),
        ("membership-book", date(2027, 2, 28)),
        ("second-contact", date(2027, 5, 31)),
    ]
    assert (journey.next_due_on, journey.contact_due_on) == (date(2026, 11, 29), date(2026, 12, 31))


def test_starting_twice_starts_once(tree):
    make.member("Jonas Reichelt", tree.a, joined_on=TODAY)
    assert [journeys.start_due(TODAY), journeys.start_due(TODAY), journeys.start_due(TODAY + DAY)] == [1, 0, 0]


def test_a_first_load_starts_nothing_for_old_members_and_blames_nobody_for_the_time_before(tree):
    for year in range(1970, 2020):
        make.member("Alt Gedient", tree.a, joined_on=date(year, 5, 1))
    young = make.member("Mirjam Vogel", tree.a, joined_on=date(2026, 8, 10))
    assert journeys.start(Member.objects.all(), TODAY, first=True) == 1
    assert states(young.journeys.first()) == {
        "first-contact": State.BEFORE,
        "membership-book": State.OPEN,
        "second-contact": State.OPEN,
    }
    assert not JourneyStep.objects.due(TODAY).exists()
    assert young.journeys.first().contact_due_on is None


@pytest.mark.parametrize(("joined", "starts"), [(date(2026, 5, 1), 1), (date(2026, 4, 30), 0)])
def test_who_joined_longer_ago_than_the_standard_lasts_starts_nothing(tree, joined, starts):
    make.member("Jonas Reichelt", tree.a, joined_on=joined)
    assert journeys.start_due(date(2026, 11, 22)) == starts


def test_nobody_arrives_before_joining(tree):
    make.member("Jonas Reichelt", tree.a, joined_on=TODAY + DAY)
    assert journeys.start_due(TODAY) == 0
    assert journeys.start_due(TODAY + DAY) == 1


@pytest.mark.parametrize("status", ["applicant", "left", "deceased"])
def test_who_is_no_member_starts_nothing(tree, status):
    make.member("Jonas Reichelt", tree.a, joined_on=TODAY, status=status)
    assert journeys.start_due(TODAY) == 0


def test_admission_starts_the_journey(tree):
    member = make.member("Jonas Reichelt", tree.a, joined_on=TODAY, status="applicant")
    Member.objects.update(status=Status.FULL)
    assert journeys.start_due(TODAY) == 1
    assert member.journeys.running().exists()


def test_a_list_without_join_dates_is_not_started_from_behind(tree):
    make.member("Alt Gedient", tree.a, joined_on=TODAY, joined_estimated=True)
    assert journeys.start_due(TODAY) == 0
    assert journeys.start(Member.objects.all(), TODAY) == 1


def test_a_party_without_a_standard_starts_nothing(tree):
    other = make.unit("Andere Partei", "district")
    make.member("Jonas Reichelt", other, joined_on=TODAY)
    assert journeys.start_due(TODAY) == 0


def test_a_returning_member_gets_no_second_welcome_and_no_second_book(tree):
    member = make.member("Jonas Reichelt", tree.a, joined_on=date(2001, 5, 1))
    assert journeys.start(only(member), TODAY, Journey.Reason.RETURNED) == 1
    journey = member.journeys.first()
    assert states(journey) == {"first-contact": State.OPEN}
    assert (journey.started_on, journey.contact_due_on) == (TODAY, date(2026, 12, 31))
    assert journeys.start(only(member), TODAY, Journey.Reason.RETURNED) == 0


def test_who_left_on_the_way_and_returned_has_both_journeys(tree):
    member = make.member("Jonas Reichelt", tree.a, joined_on=date(2026, 10, 3))
    journeys.start_due(TODAY - 30 * DAY)
    Member.objects.update(status=Status.LEFT)
    assert journeys.follow(TODAY - 10 * DAY, NOW) == (1, 0)
    Member.objects.update(status=Status.FULL)
    assert journeys.start_due(TODAY) == 0
    assert journeys.start(only(member), TODAY, Journey.Reason.RETURNED) == 1
    assert [journey.state for journey in member.journeys.order_by("pk")] == ["ended", "running"]


def test_who_moved_in_starts_only_what_is_meant_for_it(tree):
    member = make.member("Jonas Reichelt", tree.a, joined_on=date(2001, 5, 1))
    assert journeys.start(only(member), TODAY, Journey.Reason.MOVED_IN) == 0
    make.step(tree.a, "show-around", reasons=["moved_in"])
    assert journeys.start(only(member), TODAY, Journey.Reason.MOVED_IN) == 1
    assert states(member.journeys.first()) == {"show-around": State.OPEN}


def test_few_candidates_among_many_members_cost_few_queries(tree, cast, django_assert_max_num_queries):
    for number in range(40):
        make.member(f"Alt {number}", tree.a, joined_on=date(2000, 1, 1))
    with django_assert_max_num_queries(7):  # two savepoints, lock, steps, candidates
        journeys.start_due(TODAY)


def test_the_run_costs_the_same_for_one_and_for_many_joiners(tree, cast, django_assert_num_queries):
    def join(n):
        for number in range(n):
            make.member(f"Neu {number}", [tree.a, tree.b][number % 2], joined_on=TODAY)

    counts = []
    for n in (2, 30):
        join(n)
        with CaptureQueriesContext(connection) as queries:
            assert journeys.start_due(TODAY) == n
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_who_left_ends_the_journey_and_nothing_of_it_is_due(tree):
    member = make.member("Jonas Reichelt", tree.a, joined_on=date(2026, 10, 3))
    journeys.start_due(TODAY)
    Member.objects.update(status=Status.DECEASED)
    assert journeys.run(TODAY, NOW) == {"ended": 1, "moved": 0, "started": 0, "settled": 0}
    journey = member.journeys.get()
    assert (journey.state, journey.ended_on, journey.next_due_on) == ("ended", TODAY, None)
    assert not JourneyStep.objects.open().exists()


def test_a_moved_member_takes_the_journey_along(tree, cast):
    make.step(tree.a, "coffee", count=30)
    member = make.member("Jonas Reichelt", tree.a, joined_on=date(2026, 11, 3))
    journeys.start_due(TODAY)
    journey = member.journeys.get()
    book = journey.steps.get(step__slug="membership-book")
    book.tick(cast.secretary_a, TODAY, NOW)
    Member.objects.update(home_unit=tree.b)
    assert journeys.follow(TODAY, NOW) == (0, 1)
    journey.refresh_from_db()
    assert journey.unit == tree.b
    assert states(journey) == {
        "first-contact": State.OPEN,
        "membership-book": State.DONE,
        "second-contact": State.OPEN,
        "coffee": State.DROPPED,
    }
    book.refresh_from_db()
    assert (book.unit, book.closed_by) == (tree.a, cast.secretary_a)
    assert {step.duty_unit for step in journey.steps.open()} == {tree.b}
    assert JourneyStep.objects.open().in_charge(cast.secretary_b).count() == 2
    assert not JourneyStep.objects.open().in_charge(cast.secretary_a).exists()
    assert journeys.follow(TODAY, NOW) == (0, 0)


def test_a_move_taken_back_restores_the_journey(tree, cast):
    make.step(tree.a, "coffee", count=30)
    make.member("Jonas Reichelt", tree.a, joined_on=date(2026, 11, 3))
    journeys.start_due(TODAY)
    before = [*JourneyStep.objects.order_by("pk").values(), *Journey.objects.values()]
    for unit in (tree.b, tree.a):
        Member.objects.update(home_unit=unit)
        journeys.follow(TODAY, NOW)
    assert [*JourneyStep.objects.order_by("pk").values(), *Journey.objects.values()] == before


def test_only_the_members_asked_for_are_followed(tree):
    one, two = (make.member(name, tree.a, joined_on=TODAY) for name in ("Jonas Reichelt", "Mirjam Vogel"))
    journeys.start_due(TODAY)
    Member.objects.update(status=Status.LEFT)
    assert journeys.follow(TODAY, NOW, only(one)) == (1, 0)
    assert two.journeys.running().exists()


@pytest.mark.parametrize(
    ("first", "states_then", "contact_due"),
    [(True, ["before", "open", "open"], None), (False, ["open", "open", "open"], date(2026, 12, 31))],
    ids=["by the first list", "by a later list"],
)
def test_what_was_due_before_a_list_counts_from_it_and_only_at_first_belongs_to_the_time_before(tree, first, states_then, contact_due):
    member = make.member("Mirjam Vogel", tree.a, joined_on=date(2026, 8, 10))  # contact by 30 September, book by 30 November
    assert journeys.start(only(member), TODAY, first=first) == 1
    journey = member.journeys.get()
    by_slug = {step.step.slug: step for step in journey.steps.all()}
    assert [by_slug[slug].state for slug in ("first-contact", "membership-book", "second-contact")] == states_then
    assert by_slug["membership-book"].due_on == date(2026, 11, 30)
    assert journey.contact_due_on == contact_due
    assert not JourneyStep.objects.due(TODAY).exists(), "nobody is late on the day of the list"


def test_a_step_in_days_that_was_due_before_a_later_list_gets_its_days_from_it(tree):
    make.step(tree.a, "coffee", count=14)
    member = make.member("Jonas Reichelt", tree.a, joined_on=TODAY - 30 * DAY)
    journeys.start_due(TODAY)
    assert member.journeys.get().steps.get(step__slug="coffee").due_on == TODAY + 14 * DAY


def test_a_journey_that_moves_gets_the_steps_of_the_new_unit_that_are_to_come_and_keeps_what_is_done(tree, cast):
    make.step(tree.a, "coffee", count=60)
    make.step(tree.b, "walk", count=60)
    make.step(tree.b, "welcome", count=5)
    make.step(tree.b, "hello-again", count=60, reasons=["returned"])
    member = make.member("Jonas Reichelt", tree.a, joined_on=TODAY - 30 * DAY)
    journeys.start_due(TODAY - 28 * DAY)
    journey = member.journeys.get()
    journey.steps.get(step__slug="first-contact").tick(cast.secretary_a, TODAY, NOW)
    Member.objects.update(home_unit=tree.b)
    assert journeys.follow(TODAY, NOW) == (0, 1)
    found = states(journey)
    assert found == {"coffee": "dropped", "walk": "open", "first-contact": "done", "membership-book": "open", "second-contact": "open"}
    walk = journey.steps.get(step__slug="walk")
    assert (walk.unit, walk.due_on, walk.duty_unit) == (tree.b, TODAY + 30 * DAY, tree.b)
    assert journeys.follow(TODAY, NOW) == (0, 0) and states(journey) == found
    Member.objects.update(home_unit=tree.a)
    journeys.follow(TODAY, NOW)
    assert (states(journey)["coffee"], states(journey)["walk"]) == ("open", "dropped")
