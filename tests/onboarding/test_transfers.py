"""Transfers: both units speak, the district decides where it has to, periods are kept and open steps travel."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from membership import status, transfers
from membership.models import Area, Change, Transfer
from onboarding import journeys, reminders, standing
from onboarding.models import Journey
from outbox.relay import relay
from tests import factories as make
from tests.at_once import at_once

TODAY = date(2026, 11, 22)
NOW = timezone.make_aware(datetime(2026, 11, 22, 12))
State = Transfer.State


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOW, tick=False):
        yield


def ask(member, unit, by, moves_on=TODAY, **fields):
    return transfers.ask(Transfer(member=member, to_unit=unit, moves_on=moves_on, reason="moves house", **fields), by, TODAY)


@pytest.fixture
def member(tree):
    return make.member("Uma Umzug", tree.a, joined_on=TODAY - timedelta(days=20), postcode="01097", number="77")


def test_both_accept_and_the_member_moves_with_the_journey(member, tree, cast, sign_in):
    journeys.start_due(TODAY)
    client = sign_in(cast.secretary_a)
    fields = {"to_unit": tree.b.slug, "moves_on": "2026-11-22", "reason": "moves house", "handover": "likes to bake"}
    page = client.post(reverse("onboarding:transfer_add", args=[member.pk]), fields)
    transfer = Transfer.objects.get()
    assert page["Location"] == transfer.get_absolute_url() and transfer.from_answer == "accept" and transfer.state == State.OPEN
    client = sign_in(cast.secretary_b)
    assert "Uma Umzug" in client.get(reverse("onboarding:transfer_list")).content.decode()
    client.post(reverse("onboarding:transfer_answer", args=[transfer.pk, "to"]), {"do": "accept", "remark": "welcome"})
    transfer.refresh_from_db()
    member.refresh_from_db()
    assert transfer.state == State.DONE and member.home_unit == tree.b and member.joined_on == TODAY - timedelta(days=20)
    old, new = member.memberships.order_by("starts_on")
    assert (old.unit, old.ends_on, old.end_reason) == (tree.a, TODAY, "moved") and (new.unit, new.starts_on, new.ends_on) == (tree.b, TODAY, None)
    change = member.changes.get()
    assert change.kind == Change.Kind.MOVED and change.after["note"] == "likes to bake" and change.before == {"home_unit": tree.a.slug}
    assert "likes to bake" in client.get(member.get_absolute_url()).content.decode(), "the note is on the person's page"
    journey = member.journeys.get()
    assert journey.unit == tree.b and set(journey.steps.open().values_list("unit", flat=True)) == {tree.b.pk}


def test_the_new_secretary_reads_the_hand_over_note_beside_the_steps_and_in_the_digest(member, tree, cast, sign_in, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    journeys.start_due(TODAY)
    step = member.journeys.get().steps.first()
    step.tick(cast.secretary_a, TODAY, NOW)
    row = ask(member, tree.b, cast.officer, moves_on=TODAY, handover="likes to bake")
    transfers.carry_out(row.pk, TODAY, NOW)
    standing.arrive(member.pk, TODAY, NOW)
    journey = member.journeys.get()
    assert (journey.handover, journey.moved_on) == ("likes to bake", TODAY) and journey.steps.get(pk=step.pk).state == "done"
    due = timezone.make_aware(datetime(2026, 12, 31, 12))
    journey.steps.open().update(due_on=date(2026, 12, 31))
    reminders.due(due)
    relay(due)
    [digest] = [letter for letter in mail.outbox if letter.to == [cast.secretary_b.email]]
    assert "likes to bake" in digest.body
    page = sign_in(cast.secretary_b).get(member.get_absolute_url()).content.decode()
    assert page.count("likes to bake") == 2, "above the checklist and in the history"
    assert "likes to bake" not in sign_in(cast.treasurer_a).get(reverse("cockpit:today")).content.decode()
    Journey.objects.filter(pk=journey.pk).update(moved_on=date(2026, 10, 1))
    mail.outbox.clear()
    later = due + timedelta(days=7)
    reminders.due(later)
    relay(later)
    assert mail.outbox and not any("likes to bake" in letter.body for letter in mail.outbox), "after two months it is on the page only"


def test_a_day_to_come_waits_for_its_midnight(member, tree, cast):
    row = ask(member, tree.b, cast.officer, moves_on=date(2026, 12, 1))
    assert row.state == State.GRANTED, "who leads both units says yes for both"
    for day, moved in ((date(2026, 11, 30), False), (date(2026, 12, 1), True)):
        standing.run(timezone.make_aware(datetime(day.year, day.month, day.day, 0, 5)))
        member.refresh_from_db()
        assert (member.home_unit == tree.b) is moved
    assert member.memberships.order_by("starts_on").last().starts_on == date(2026, 12, 1)


def test_a_run_that_was_missed_moves_on_the_right_day(member, tree, cast):
    ask(member, tree.b, cast.officer, moves_on=date(2026, 12, 1))
    standing.run(timezone.make_aware(datetime(2026, 12, 9, 3)))
    assert member.memberships.order_by("starts_on").last().starts_on == date(2026, 12, 1)


def test_who_lives_elsewhere_needs_the_word_of_the_district(member, tree, cast, sign_in):
    Area.objects.create(unit=tree.a, first="01097", last="01099", length=5)
    row = ask(member, tree.b, cast.secretary_a)
    assert row.exception and row.decider == tree.district
    transfers.answer(row.pk, "to", True, "", cast.secretary_b, TODAY)
    row.refresh_from_db()
    assert row.state == State.OPEN
    decide = reverse("onboarding:transfer_decide", args=[row.pk])
    assert sign_in(cast.secretary_b).post(decide, {"do": "accept"}).status_code == 403
    assert sign_in(cast.officer).get(reverse("onboarding:transfer_list")).context["rows"][0]["name"] == "Uma Umzug"
    sign_in(cast.officer).post(decide, {"do": "accept", "remark": "family there"})
    member.refresh_from_db()
    row.refresh_from_db()
    assert member.home_unit == tree.b and row.state == State.DONE and row.decision_remark == "family there"


def test_who_lives_in_the_new_area_or_where_nobody_knows_needs_no_exception(member, tree, cast):
    Area.objects.create(unit=tree.b, first="01097", last="01097", length=5)
    assert not ask(member, tree.b, cast.secretary_a).exception


@pytest.mark.parametrize("day, may_answer", [(TODAY + timedelta(days=14), True), (TODAY + timedelta(days=15), False)])
def test_silence_until_the_last_day_gives_the_word_to_the_district(day, may_answer, member, tree, cast):
    row = ask(member, tree.b, cast.secretary_a)
    assert bool(row.answers_missing(day)) is may_answer and row.waits_for_decision(day) is not may_answer
    waiting_b = Transfer.objects.waiting_for(cast.secretary_b, day)
    assert waiting_b.exists() is may_answer
    if may_answer:
        transfers.answer(row.pk, "to", True, "", cast.secretary_b, day)
    else:
        with pytest.raises(transfers.Closed):
            transfers.answer(row.pk, "to", True, "", cast.secretary_b, day)
        transfers.decide(row.pk, True, "", cast.officer, day)
    row.refresh_from_db()
    assert row.state == State.GRANTED


def test_one_declines_and_the_district_decides(member, tree, cast):
    row = ask(member, tree.b, cast.secretary_a)
    transfers.answer(row.pk, "to", False, "too far", cast.secretary_b, TODAY)
    row.refresh_from_db()
    assert row.waits_for_decision(TODAY)
    transfers.decide(row.pk, False, "", cast.officer, TODAY)
    with pytest.raises(transfers.Closed):
        transfers.decide(row.pk, True, "", cast.officer, TODAY)
    member.refresh_from_db()
    assert member.home_unit == tree.a


def test_the_new_unit_asks_by_number_and_family_name_only(member, tree, cast, sign_in):
    client = sign_in(cast.secretary_b)
    fields = {"to_unit": tree.b.slug, "moves_on": "2026-11-22", "reason": "lives here", "by_member": "on", "number": "77", "family_name": "Falsch"}
    assert client.post(reverse("onboarding:transfer_ask"), fields).status_code == 422
    foreign = make.member("Uma Umzug", tree.foreign_branch, number="78")
    assert client.post(reverse("onboarding:transfer_ask"), fields | {"number": "78", "family_name": "Umzug"}).status_code == 422
    assert client.post(reverse("onboarding:transfer_ask"), fields | {"family_name": "umzug"}).status_code == 302
    row = Transfer.objects.get()
    assert row.to_answer == "accept" and row.from_answer == "" and foreign.transfers.count() == 0
    page = client.get(row.get_absolute_url()).content.decode()
    assert "Uma Umzug" in page and "01097" not in page


def test_one_transfer_at_a_time(member, tree, cast):
    ask(member, tree.b, cast.secretary_a)
    with pytest.raises(ValidationError):
        ask(member, tree.b, cast.secretary_a)


def test_who_leaves_meanwhile_does_not_move(member, tree, cast):
    row = ask(member, tree.b, cast.officer, moves_on=date(2026, 12, 1))
    status.leave(member.pk, TODAY, cast.secretary_a, NOW)
    standing.run(timezone.make_aware(datetime(2026, 12, 1, 3)))
    row.refresh_from_db()
    member.refresh_from_db()
    assert row.state == State.WITHDRAWN and member.home_unit == tree.a and member.memberships.count() == 1


def test_strangers_see_no_transfer(member, tree, cast, sign_in):
    third = make.unit("Cronheim", "branch", tree.district)
    make.appoint(cast.stranger, "secretary", third)
    row = ask(member, tree.b, cast.secretary_a)
    for person in (cast.stranger, cast.foreign_officer, cast.treasurer_a):
        client = sign_in(person)
        assert client.get(row.get_absolute_url()).status_code == 404
        assert "Uma" not in client.get(reverse("onboarding:transfer_list"), {"show": "open"}).content.decode()


@pytest.mark.django_db(transaction=True)
def test_carried_out_twice_at_once_moves_once(tree, cast):
    member = make.member("Uma Umzug", tree.a, joined_on=date(2020, 1, 1))
    row = ask(member, tree.b, cast.officer)
    assert row.state == State.GRANTED
    said = at_once(*[lambda: transfers.carry_out(row.pk, TODAY, NOW)] * 2)
    assert [type(each) for each in said if isinstance(each, Exception)] == [transfers.Closed]
    assert member.memberships.count() == 2


def test_the_list_takes_a_constant_number_of_queries(tree, cast, sign_in, django_assert_max_num_queries):
    client = sign_in(cast.officer)
    for count in (2, 12):
        for number in range(count):
            ask(make.member(f"Uma {count} {number}", tree.a), tree.b, cast.secretary_a)
        with django_assert_max_num_queries(10):
            client.get(reverse("onboarding:transfer_list"), {"show": "open"})
