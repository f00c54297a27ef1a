"""Fair places: what is held for whom, when it is given, and that the list says why."""

from datetime import UTC, date, datetime, timedelta

import pytest

from education import registering
from education import registration_rules as rules
from education.models import Event, Registration
from education.registration_rules import Person, Room, Rules, plan
from tests import factories as make
from tests.education.test_registering import NOW, START, later, register, states

GIVEN = {"rule": "given", "on": "2026-12-03"}
AFTER = datetime(2026, 12, 3, 7, tzinfo=UTC)


def women(home, number, first=1):
    return [make.member(f"Frau Nr{n}", home, gender="f", email=f"f{n}@example.org") for n in range(first, first + number)]


def men(home, number):
    return [make.member(f"Mann Nr{n}", home, gender="m", email=f"m{n}.{home.slug}@example.org") for n in range(number)]


def whys(event):
    return [row.why["rule"] for row in event.registrations.waiting_order()]


def fair(unit, seats, *fairness, **fields):
    return make.event(unit, starts_at=START, seats=seats, fairness=[*fairness, GIVEN], **fields)


def test_a_share_for_women_is_held_until_the_day_and_then_given_to_who_waits(tree):
    event = fair(tree.district, 4, {"rule": "women", "percent": 50})
    for member in men(tree.a, 3):
        register(event, member)
    assert states(event) == ["confirmed", "confirmed", "waiting"] and whys(event)[2] == "held"
    (first,) = women(tree.a, 1)
    assert register(event, first).why == {"rule": "women"}
    registering.run(datetime(2026, 12, 3, 5, 59, tzinfo=UTC))
    assert states(event) == ["confirmed", "confirmed", "waiting", "confirmed"]
    registering.run(datetime(2026, 12, 3, 6, 0, tzinfo=UTC))
    assert states(event) == ["confirmed"] * 4, "given on the day, not offered: they waited for it"


def test_a_first_timer_who_goes_ahead_of_others_is_told_so_also_while_seats_are_held():
    """Six seats, three of them held, three free: of four who wait the last is there for the first time."""
    there = [Person(), Person(), Person(first=True)]
    held = Rules(given_at=AFTER, first_percent=40)
    found = plan(held, 6, there, [(1, Person()), (2, Person()), (3, Person()), (4, Person(first=True))], NOW)
    assert [(key, fits, why["rule"]) for key, fits, why in found] == [(4, True, "first_time"), (1, True, "order"), (2, False, "held"), (3, False, "held")]
    alone = plan(held, 6, there, [(4, Person(first=True)), (1, Person())], NOW)
    assert [why["rule"] for _key, _fits, why in alone] == ["order", "order"], "nobody stood before them"


def test_first_timers_come_first_at_once_and_later(tree):
    past = make.event(tree.district, starts_at=NOW - timedelta(days=100))
    event = fair(tree.district, 2, {"rule": "first_time", "percent": 50, "months": 24})
    been = men(tree.a, 3)
    for member in been:
        Registration.objects.create(event=past, member=member, state="attended", asked_at=NOW)
    rows = [register(event, member) for member in been]
    assert states(event) == ["confirmed", "waiting", "waiting"]
    new = [register(event, member) for member in women(tree.b, 2)]
    assert [row.state for row in new] == ["confirmed", "waiting"] and new[0].why == {"rule": "first_time"}
    registering.cancel(rows[0], AFTER)
    new[1].refresh_from_db()
    assert (new[1].state, new[1].why) == ("offered", {"rule": "first_time"}), "before two who came earlier and have been there"


def test_first_time_counts_kind_and_months(tree):
    event = fair(tree.district, 2, {"rule": "first_time", "percent": 100, "months": 12})
    members = men(tree.a, 3)
    for member, kind, days in zip(members, ("study_day", "study_day", "workshop"), (30, 500, 30), strict=True):
        past = make.event(tree.district, kind=kind, starts_at=START - timedelta(days=days))
        Registration.objects.create(event=past, member=member, state="attended", asked_at=NOW)
    rows = [Registration(event=event, member=member) for member in members]
    assert [person.first for person in registering.persons(event, rows, registering.rules_of(event))] == [False, True, True]


def test_no_unit_gets_more_than_its_most_while_others_may_come(tree):
    event = fair(tree.district, 3, {"rule": "unit_most", "most": 1})
    for member in (*men(tree.a, 2), *men(tree.b, 1)):
        register(event, member)
    assert states(event) == ["confirmed", "waiting", "confirmed"] and whys(event) == ["order", "unit_most", "unit_free"]
    registering.run(AFTER)
    assert states(event) == ["confirmed"] * 3, "an empty chair serves nobody"


def test_each_carrying_unit_has_its_seats_until_the_day(tree):
    event = fair(tree.a, 3, {"rule": "unit", "least": 1}, carriers=[tree.b])
    for member in men(tree.a, 3):
        register(event, member)
    assert states(event) == ["confirmed", "confirmed", "waiting"]
    assert register(event, men(tree.b, 1)[0]).why == {"rule": "unit"}


def test_rules_yield_to_seats_that_are_gone_and_say_so(tree):
    event = fair(tree.district, 2, {"rule": "women", "percent": 50})
    rows = [register(event, member) for member in (*men(tree.a, 2), *women(tree.a, 1))]
    assert states(event) == ["confirmed", "waiting", "confirmed"]
    registering.settle(event.pk, NOW)
    assert whys(event) == ["order", "full", "women"] and rows


def test_a_member_of_a_gender_not_on_record_and_a_guest_are_not_in_the_share(tree):
    event = fair(tree.district, 1, {"rule": "women", "percent": 100}, guests=True)
    (member,) = [make.member("Ohne Angabe", tree.a)]
    assert register(event, member).state == "waiting"
    guest = {"name": "Gesa", "email": "g@example.net", "phone": "", "language": "de"}
    assert registering.register(event.pk, NOW, guest=guest).state == "waiting"


@pytest.mark.parametrize("language", ["de", "he", "en"])
def test_every_reason_is_said_in_words(tree, language):
    event = fair(tree.district, 2, {"rule": "women", "percent": 50}, {"rule": "first_time", "percent": 50, "months": 12}, {"rule": "unit", "least": 1}, {"rule": "unit_most", "most": 2})
    from django.utils import translation

    with translation.override(language):
        assert len(rules.told(event.fairness, event)) == 5
        assert all(rules.reason({"rule": name}) for name in rules.REASONS)
        assert rules.reason({"rule": "held", "for": ["women"], "until": "2026-12-03"}) and rules.reason({"rule": "unit_most", "most": 2, "until": "2026-12-03"})
        assert "2" in rules.reason({"rule": "unit_free", "most": 2})
    assert rules.reason({}) == ""


def test_a_room_never_gives_more_seats_than_it_has():
    event = Event(starts_at=START)
    room = Room(Rules.of([{"rule": "women", "percent": 50}, GIVEN], event, ()), 3, [], NOW)
    given = 0
    for person in (Person(), Person(woman=True), Person(), Person(woman=True), Person(woman=True)):
        fits, _why = room.judge(person)
        given += fits
        if fits:
            room.take(person)
    assert given == 3


def test_the_day_is_seven_in_the_morning_and_never_after_the_beginning():
    event = Event(starts_at=START)
    assert Rules.of([GIVEN], event, ()).given_at == datetime(2026, 12, 3, 6, tzinfo=UTC)
    assert Rules.of([{"rule": "given", "on": str(date(2027, 1, 1))}], event, ()).given_at == START
    assert Rules.of([], event, ()).given_at == START
    assert plan(Rules.of([], event, ()), 1, [], [(1, Person()), (2, Person())], later(days=1)) == [
        (1, True, {"rule": "order"}), (2, False, {"rule": "full"}),
    ]  # fmt: skip
