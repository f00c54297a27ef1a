"""Registering: who gets a place, who waits, who moves up, and what each is told."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from education import registering, registration_approvals
from education.models import Event, Registration, RegistrationChange
from membership import merging
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
START = datetime(2026, 12, 12, 9, tzinfo=UTC)
State = Registration.State


def later(**span):
    return NOW + timedelta(**span)


@pytest.fixture
def event(tree):
    return make.event(tree.district, starts_at=START, seats=2)


def people(home, number, **fields):
    return [make.member(f"Person Nr{n}", home, email=f"p{n}.{home.slug}@example.org", **fields) for n in range(number)]


def register(event, member, now=NOW, **fields):
    return registering.register(event.pk, now, member=member, **fields)


def states(event):
    return list(event.registrations.waiting_order().values_list("state", flat=True))


def mails_of(event):
    """[(kind of state, message state)] of what was ordered."""
    rows = RegistrationChange.objects.filter(registration__event=event).order_by("pk")
    keys = {f"registration:{row.pk}": row.state for row in rows}
    return [(keys[m.key], m.state) for m in Message.objects.filter(kind="registration").order_by("pk")]


# --- places ------------------------------------------------------------------------------------------------------------


def test_places_go_in_the_order_of_arrival_and_the_rest_waits(event, tree):
    rows = [register(event, member) for member in people(tree.a, 4)]
    assert [row.state for row in rows] == ["confirmed", "confirmed", "waiting", "waiting"]
    assert [row.why["rule"] for row in rows] == ["order", "order", "full", "full"]
    assert [row.asked_at for row in rows] == sorted({row.asked_at for row in rows}), "the same clock, yet one after the other"


def test_who_registers_twice_stays_as_they_are(event, tree):
    (member,) = people(tree.a, 1)
    first, second = register(event, member), register(event, member, later(hours=1))
    assert first == second and event.registrations.count() == 1 and len(mails_of(event)) == 1


def test_a_cancelled_place_is_offered_to_the_next_who_takes_it(event, tree):
    rows = [register(event, member) for member in people(tree.a, 4)]
    registering.cancel(rows[0], later(hours=1))
    assert states(event) == ["cancelled", "confirmed", "offered", "waiting"]
    rows[2].refresh_from_db()
    assert rows[2].offered_until == later(hours=49)
    assert registering.take(rows[2], later(hours=48)) and not registering.take(rows[2], later(hours=48))
    assert states(event) == ["cancelled", "confirmed", "confirmed", "waiting"]


def test_an_offer_not_taken_in_time_goes_to_the_next_at_any_later_step(event, tree):
    rows = [register(event, member) for member in people(tree.a, 4)]
    registering.cancel(rows[0], NOW)
    assert not registering.take(rows[2], later(hours=48))
    assert states(event) == ["cancelled", "confirmed", "cancelled", "offered"]
    rows[2].refresh_from_db()
    assert rows[2].why == {"rule": "not_taken"}


def test_an_offer_whose_time_is_over_holds_no_seat_for_whoever_counts(event, tree):
    rows = [register(event, member) for member in people(tree.a, 3)]
    registering.cancel(rows[0], NOW)
    assert registering.free_seats(event, later(hours=47)) == 0 and registering.free_seats(event, later(hours=49)) == 1


@pytest.mark.parametrize(("before", "held"), [({"days": 10}, {"hours": 48}), ({"days": 2}, {"hours": 24}), ({"hours": 2}, {"hours": 1}), ({"minutes": 20}, {"minutes": 10})])
def test_close_to_the_event_an_offer_lasts_half_of_the_time_that_is_left(event, before, held):
    now = START - timedelta(**before)
    assert registering.offered_until(event, now) == now + timedelta(**held)


def test_who_registers_again_stands_at_the_end(event, tree):
    members = people(tree.a, 4)
    rows = [register(event, member) for member in members]
    registering.cancel(rows[2], NOW)
    again = register(event, members[2], later(hours=1))
    assert again == rows[2] and again.state == "waiting"
    assert list(event.registrations.filter(state="waiting").waiting_order()) == [rows[3], again]


def test_more_seats_are_offered_and_fewer_take_nobodys_place(event, tree):
    rows = [register(event, member) for member in people(tree.a, 4)]
    Event.objects.filter(pk=event.pk).update(seats=3)
    registering.settle(event.pk, NOW)
    assert states(event) == ["confirmed", "confirmed", "offered", "waiting"]
    Event.objects.filter(pk=event.pk).update(seats=1)
    registering.settle(event.pk, NOW)
    registering.cancel(rows[0], NOW)
    assert states(event) == ["cancelled", "confirmed", "offered", "waiting"], "two are promised, one seat is left: nobody moves up"


def test_without_a_limit_everybody_gets_a_place(event, tree):
    Event.objects.filter(pk=event.pk).update(seats=None)
    assert {register(event, member).state for member in people(tree.a, 5)} == {"confirmed"}


@pytest.mark.parametrize(
    ("fields", "now"),
    [({"state": "draft"}, NOW), ({"state": "cancelled"}, NOW), ({"registers_until": NOW}, NOW), ({}, START)],
)
def test_registration_ends_with_its_deadline_the_beginning_and_the_event(event, tree, fields, now):
    Event.objects.filter(pk=event.pk).update(**fields)
    with pytest.raises(ValidationError):
        register(event, people(tree.a, 1)[0], now)
    assert not event.registrations.exists()


def test_members_of_another_party_and_former_members_cannot_register(event, tree):
    left = make.member("Lena Weg", tree.a, status="left", left_on=date(2026, 1, 1))
    for member in (left, make.member("Frieda Fremd", tree.foreign_branch)):
        with pytest.raises(ValidationError):
            register(event, member)


def test_who_leaves_the_party_gives_the_place_on(event, tree):
    members = people(tree.a, 3)
    for member in members:
        register(event, member)
    members[0].status, members[0].left_on = "left", NOW.date()
    members[0].save()
    registering.run(NOW)
    assert states(event) == ["cancelled", "confirmed", "offered"]


# --- mails -------------------------------------------------------------------------------------------------------------


def test_each_state_is_told_by_one_mail_and_what_is_over_is_skipped(event, tree, mailoutbox):
    rows = [register(event, member) for member in people(tree.a, 3)]
    relay(NOW)
    registering.cancel(rows[0], NOW)
    registering.take(rows[2], later(hours=1))
    relay(later(hours=1))
    assert mails_of(event) == [
        ("confirmed", "sent"), ("confirmed", "sent"), ("waiting", "sent"), ("cancelled", "sent"), ("offered", "skipped"), ("confirmed", "sent"),
    ]  # fmt: skip
    assert Counter(mail.to[0] for mail in mailoutbox) == {"p0.altdorf@example.org": 2, "p1.altdorf@example.org": 1, "p2.altdorf@example.org": 2}
    relay(later(hours=2))
    assert len(mailoutbox) == 5


def test_whether_somebody_came_is_told_to_nobody_and_can_be_taken_back(event, tree, cast):
    (row,) = [register(event, member) for member in people(tree.a, 1)]
    row.attend(START, cast.officer)
    assert row.state == "attended" and row.miss(START, cast.officer) and row.state == "missed"
    assert row.undo_attendance(START, cast.officer) and row.state == "confirmed"
    assert not row.undo_attendance(START, cast.officer)
    assert len(mails_of(event)) == 1


def test_calling_off_tells_everybody_registered_once(event, tree, cast, mailoutbox):
    for member in people(tree.a, 3):
        register(event, member)
    relay(NOW)
    mailoutbox.clear()
    event.cancel("Sturm", NOW)
    registering.call_off(event, cast.officer, NOW)
    registering.run(NOW)
    relay(NOW)
    assert set(states(event)) == {"cancelled"} and len(mailoutbox) == 3
    assert all("Sturm" in mail.body for mail in mailoutbox)


# --- approval ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def approved_event(event):
    Event.objects.filter(pk=event.pk).update(asks_approval=True)
    event.refresh_from_db()
    return event


def test_the_unit_is_asked_and_its_yes_gives_the_place_of_their_arrival(approved_event, tree, cast, mailoutbox):
    first, second, third = (register(approved_event, member) for member in people(tree.a, 3))
    assert states(approved_event) == ["asked"] * 3 and first.approve_until == date(2026, 11, 29)
    relay(NOW)
    assert Counter(mail.to[0] for mail in mailoutbox)["aylin.kaya@example.org"] == 1, "one mail for all of a day"
    assert not Registration.objects.approvable_by(cast.secretary_b).exists()
    assert Registration.objects.approvable_by(cast.secretary_a).count() == 3
    for row in (third, second, first):
        assert registering.approve(row, later(hours=1), cast.secretary_a)
    assert states(approved_event) == ["waiting", "confirmed", "confirmed"]
    assert not registering.approve(first, later(hours=1), cast.secretary_a)


def test_no_answer_counts_as_a_yes_after_one_reminder(approved_event, tree, cast, mailoutbox):
    row = register(approved_event, people(tree.a, 1)[0])
    for day in range(9):  # the seventh day is still theirs
        registering.run(later(days=day))
        relay(later(days=day))
    mails = [mail.subject for mail in mailoutbox if mail.to == ["aylin.kaya@example.org"]]
    assert len(mails) == 2, "asked and reminded once"
    assert states(approved_event) == ["confirmed"]
    row.refresh_from_db()
    assert row.approved_by is None and row.why == {"rule": "order", "approved": "no_answer"}


def test_a_no_of_the_unit_is_told(approved_event, tree, cast, mailoutbox):
    row = register(approved_event, people(tree.a, 1)[0])
    assert registering.refuse_approval(row, NOW, cast.secretary_a)
    relay(NOW)
    assert states(approved_event) == ["declined"]
    assert [state for state, sent in mails_of(approved_event) if sent == "sent"] == ["declined"]


def test_a_second_registration_of_a_day_waits_for_the_mail_of_the_next(approved_event, tree, cast, mailoutbox):
    members = people(tree.a, 2)
    register(approved_event, members[0])
    relay(NOW)
    register(approved_event, members[1], later(hours=1))
    registering.run(later(hours=2))
    relay(later(hours=2))
    to_secretary = [mail for mail in mailoutbox if mail.to == ["aylin.kaya@example.org"]]
    assert len(to_secretary) == 1
    registering.run(later(days=1))
    relay(later(days=1))
    assert len([mail for mail in mailoutbox if mail.to == ["aylin.kaya@example.org"]]) == 2


def test_where_nobody_holds_an_office_the_next_unit_above_is_asked(tree, cast):
    assert registration_approvals.approvers({tree.foreign_branch.path, tree.b.path}, NOW.date()) == {
        tree.foreign_branch.path: [cast.foreign_officer.pk], tree.b.path: [cast.secretary_b.pk],
    }  # fmt: skip


# --- merging -----------------------------------------------------------------------------------------------------------


def test_two_records_with_a_registration_each_become_one_that_keeps_the_better(event, tree, cast):
    a, b = people(tree.a, 2)
    make_full = [register(event, member) for member in people(tree.b, 2)]
    waiting, confirmed = register(event, a), make_full[0]
    registering.cancel(confirmed, NOW)
    late = register(event, b)
    assert (waiting.refresh_from_db(), late.state) == (None, "waiting")
    merging.merge(b.pk, a.pk, cast.officer, NOW)
    row = event.registrations.get(member=b)
    assert row == waiting and row.state == "offered" and row.changes.count() == 3


def test_a_guest_who_was_there_before_is_known_again_however_the_address_is_written(event, tree):
    past = make.event(tree.district, starts_at=NOW - timedelta(days=60))
    Registration.objects.create(event=past, name="Kim", email="Kim@Example.org", state="attended", asked_at=NOW)
    rules = registering.rules_of(event, [{"rule": "first_time", "percent": 50, "months": 24}])
    coming = [Registration(event=event, name="Kim", email="kim@example.ORG"), Registration(event=event, name="Neu", email="neu@example.org")]
    assert [person.first for person in registering.persons(event, coming, rules)] == [False, True]
