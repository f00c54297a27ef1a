"""Ticking, undoing, contacts and the clock."""

import uuid
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from membership.models import Member
from onboarding import journeys
from onboarding.models import Clock, Contact, Journey, JourneyStep
from tests import factories as make
from tests.at_once import at_once

DAY = timedelta(days=1)
TODAY = make.TODAY
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
State = JourneyStep.State


def step(journey, slug):
    return journey.steps.get(step__slug=slug)


def states(journey):
    return [step.state for step in journey.steps.all()]


def test_a_tick_says_who_and_when_and_counts_once(journey, cast):
    book = step(journey, "membership-book")
    assert book.tick(cast.secretary_a, TODAY, NOW)
    assert (book.state, book.done_on, book.closed_by, book.closed_at) == ("done", TODAY, cast.secretary_a, NOW)
    assert not book.tick(cast.chair_a, TODAY + DAY, NOW + DAY)
    assert (book.done_on, book.closed_by) == (TODAY, cast.secretary_a)


def test_an_undone_tick_leaves_the_step_as_it_was(journey, cast):
    book = step(journey, "membership-book")
    book.wait("Liegt in der Geschäftsstelle")
    before = [*JourneyStep.objects.values(), *Journey.objects.values()]
    for close in (lambda: book.tick(cast.secretary_a, TODAY, NOW), lambda: book.not_needed(cast.chair_a, "has one", TODAY, NOW)):
        assert close()
        assert book.undo()
        assert not book.undo()
        assert [*JourneyStep.objects.values(), *Journey.objects.values()] == before


def test_not_needed_wants_a_reason(journey, cast):
    book = step(journey, "membership-book")
    with pytest.raises(ValueError, match="reason"):
        book.not_needed(cast.secretary_a, "  ", TODAY, NOW)
    assert book.not_needed(cast.secretary_a, "hat schon eins", TODAY, NOW)
    assert (book.state, book.reason, book.done_on) == ("not_needed", "hat schon eins", None)


def test_a_waiting_step_stays_open_and_can_stop_waiting(journey, cast):
    book = step(journey, "membership-book")
    assert book.wait("bestellt")
    assert book in JourneyStep.objects.open().filter(state=State.WAITING)
    assert book.wait("")
    assert (book.state, book.waiting_for) == ("open", "")
    book.tick(cast.secretary_a, TODAY, NOW)
    assert not book.wait("bestellt")


def test_the_journey_is_done_with_its_last_step_and_runs_again_when_that_is_undone(journey, cast):
    for open_step in journey.steps.all():
        open_step.tick(cast.secretary_a, TODAY, NOW)
    journey.refresh_from_db()
    assert (journey.state, journey.ended_on, journey.next_due_on) == ("done", TODAY, None)
    assert open_step.undo()
    journey.refresh_from_db()
    assert (journey.state, journey.ended_on, journey.next_due_on) == ("running", None, date(2027, 4, 30))


def test_a_done_journey_does_not_run_again_beside_another(journey, jonas, cast):
    for open_step in journey.steps.all():
        open_step.tick(cast.secretary_a, TODAY, NOW)
    journeys.start(Member.objects.filter(pk=jonas.pk), TODAY, Journey.Reason.RETURNED)
    assert not open_step.undo()
    assert jonas.journeys.running().count() == 1


def test_an_ended_journey_can_be_resumed_as_it_was(journey, cast):
    step(journey, "membership-book").tick(cast.secretary_a, TODAY, NOW)
    journey.refresh_from_db()
    before = [*JourneyStep.objects.order_by("pk").values(), *Journey.objects.values()]
    assert journey.end(TODAY, NOW, cast.secretary_a)
    assert not journey.end(TODAY, NOW, cast.secretary_a)
    assert states(journey) == ["dropped", "done", "dropped"]
    assert not step(journey, "membership-book").undo()
    assert journey.resume()
    assert not journey.resume()
    assert [*JourneyStep.objects.order_by("pk").values(), *Journey.objects.values()] == before


def log(member, by, on, result="reached", **fields):
    return Contact.objects.log(member, by, on, result=result, **fields)[0]


def test_a_contact_that_reached_the_member_closes_the_first_contact_only(journey, jonas, cast):
    contact = log(jonas, cast.secretary_a, TODAY)
    assert states(journey) == ["done", "open", "open"]
    first = step(journey, "first-contact")
    assert (first.contact, first.done_on, first.closed_by) == (contact, TODAY, cast.secretary_a)
    journey.refresh_from_db()
    assert journey.first_contact_on == TODAY


@pytest.mark.parametrize("result", ["not_reached", "later", "wrong"])
def test_a_contact_that_did_not_reach_the_member_closes_nothing(journey, jonas, cast, result):
    log(jonas, cast.secretary_a, TODAY, result)
    assert states(journey) == ["open"] * 3
    journey.refresh_from_db()
    assert journey.first_contact_on is None


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (date(2026, 10, 10), date(2026, 10, 12), False),  # two calls in one week are one contact
        (date(2026, 10, 10), date(2026, 11, 30), False),  # still the time of the first
        (date(2026, 10, 10), date(2026, 12, 1), True),
        (date(2026, 12, 20), date(2027, 1, 18), False),  # late first, second too soon after it
        (date(2026, 12, 20), date(2027, 1, 19), True),
    ],
)
def test_the_second_contact_counts_after_the_time_of_the_first_and_a_month_apart(journey, jonas, cast, first, second, counts):
    log(jonas, cast.secretary_a, first)
    log(jonas, cast.secretary_a, second)
    assert step(journey, "second-contact").state == ("done" if counts else "open")


def test_after_a_contact_before_ankommen_the_next_one_is_the_second(tree, cast):
    member = make.member("Mirjam Vogel", tree.a, joined_on=date(2026, 8, 10))
    journeys.start(Member.objects.all(), TODAY, first=True)
    log(member, cast.secretary_a, TODAY)
    assert states(member.journeys.get()) == ["before", "open", "done"]


def test_a_contact_before_joining_counts_for_nothing(journey, jonas, cast):
    log(jonas, cast.secretary_a, date(2026, 10, 2))
    assert states(journey) == ["open"] * 3
    journey.refresh_from_db()
    assert journey.first_contact_on is None


def test_an_undone_contact_reopens_what_it_closed(journey, jonas, cast):
    before = [*JourneyStep.objects.order_by("pk").values(), *Journey.objects.values()]
    log(jonas, cast.secretary_a, TODAY).undo()
    assert [*JourneyStep.objects.order_by("pk").values(), *Journey.objects.values()] == before
    assert not Contact.objects.exists()


def test_an_undone_contact_can_have_been_the_last_step(journey, jonas, cast):
    for slug in ("first-contact", "membership-book"):
        step(journey, slug).tick(cast.secretary_a, date(2026, 10, 20), NOW)
    contact = log(jonas, cast.secretary_a, date(2027, 1, 5))
    journey.refresh_from_db()
    assert journey.state == "done"
    contact.undo()
    journey.refresh_from_db()
    assert (journey.state, journey.first_contact_on) == ("running", date(2026, 10, 20))


def test_a_contact_with_a_member_of_old_is_only_a_note(tree, cast):
    member = make.member("Alt Gedient", tree.a)
    assert log(member, cast.secretary_a, TODAY).pk


def test_the_same_form_twice_logs_once(jonas, cast):
    key = uuid.uuid4()
    results = [Contact.objects.log(jonas, cast.secretary_a, TODAY, key=key, note="nett") for _ in range(2)]
    assert [new for _contact, new in results] == [True, False]
    assert Contact.objects.count() == 1


def test_a_promise_is_kept_by_whoever_gets_in_touch(jonas, cast):
    def promised(user, on=TODAY):
        latest = Contact.objects.latest(user, on, on + 2 * DAY, members=[])
        return [contact.result for contact in latest.values()]

    log(jonas, cast.secretary_a, TODAY, "later", next_on=TODAY + 3 * DAY)
    assert promised(cast.secretary_a) == []
    assert promised(cast.secretary_a, TODAY + DAY) == ["later"]
    assert promised(cast.secretary_a, TODAY + 63 * DAY) == ["later"]
    assert promised(cast.secretary_a, TODAY + 64 * DAY) == []
    assert promised(cast.chair_a, TODAY + DAY) == []
    log(jonas, cast.chair_a, TODAY, "reached")
    assert promised(cast.secretary_a, TODAY + DAY) == ["reached"]


@pytest.mark.parametrize(
    ("on", "clock"),
    [
        (date(2026, 10, 3), (Clock.CALM, 0)),
        (date(2026, 11, 22), (Clock.CALM, 50)),
        (date(2026, 11, 23), (Clock.AMBER, 51)),
        (date(2026, 11, 30), (Clock.AMBER, 58)),
        (date(2026, 12, 1), (Clock.LATE, 59)),
    ],
)
def test_the_contact_clock_turns_amber_before_and_red_after_the_day(journey, on, clock):
    assert journey.clock(on, amber_days=7) == clock


def test_the_clock_stops_with_the_first_contact(journey, jonas, cast):
    log(jonas, cast.secretary_a, date(2026, 12, 5))
    journey.refresh_from_db()
    assert journey.clock(date(2027, 1, 1), 7) == (Clock.REACHED, 63)


@pytest.mark.parametrize("close", ["not_needed", "before", "ended"])
def test_no_clock_runs_where_no_first_contact_is_asked_for(journey, tree, cast, close):
    if close == "not_needed":
        step(journey, "first-contact").not_needed(cast.secretary_a, "is on the board", TODAY, NOW)
    elif close == "ended":
        journey.end(TODAY, NOW)
    else:
        journey.steps.filter(step__slug="first-contact").update(state=State.BEFORE)
        Journey.objects.recount(TODAY)
    journey.refresh_from_db()
    assert journey.clock(TODAY, 7) == (Clock.NONE, None)
    assert not Journey.objects.without_contact()


@pytest.mark.django_db(transaction=True)
def test_two_people_ticking_at_once_have_one_effect(tree, cast):
    member = make.member("Jonas Reichelt", tree.a, joined_on=date(2026, 10, 3))
    journeys.start_due(date(2026, 10, 5))
    pk = member.journeys.get().steps.first().pk
    mine = [JourneyStep.objects.get(pk=pk) for _ in range(3)]

    def log():
        contact, _new = Contact.objects.log(member, cast.chair_a, TODAY, result="reached")
        return JourneyStep.objects.filter(contact=contact).exists()

    said = at_once(*(partial(step.tick, cast.secretary_a, TODAY, NOW) for step in mine), log, log, log)
    assert sorted(said) == [False] * 5 + [True]
    assert states(member.journeys.get()) == ["done", "open", "open"]
