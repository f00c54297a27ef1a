"""What training adds to the weekly digest: answers to give, offers to decide, agreed next steps; to those in charge, and to nobody else."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone, translation

from education import developing, registering
from education.models import DevelopmentStep, Offer, Partner
from onboarding import reminders
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make
from tests.education import offering

MONDAY = timezone.make_aware(datetime(2026, 11, 23, 9))
TODAY = date(2026, 11, 23)


@pytest.fixture
def waits(tree):
    event = make.event(tree.district, "Grundkurs", starts_at=MONDAY + timedelta(days=30), asks_approval=True)
    return registering.register(event.pk, MONDAY - timedelta(days=2), member=make.member("Jona Wartet", tree.a, email="jona@example.org"))


@pytest.fixture
def agreed(tree, cast):
    card = developing.card_of(make.member("Mira Möchte", tree.a), cast.secretary_a, MONDAY)
    return DevelopmentStep.objects.create(card=card, text="Redet mit der Kasse", due_on=TODAY + timedelta(days=6), agreed_on=TODAY, by=cast.officer)


def parts_of(user):
    """{title: (lines as text, total)} of the digest of `user` as it stands on MONDAY."""
    message = Message(kind="digest", recipient=user, payload={"week": reminders.week(TODAY)})
    _users, sections = reminders.load_digests([message], MONDAY)
    with translation.override("en"):
        return {str(part["title"]): ([str(line["text"]) for line in part["lines"]], part["total"]) for part in sections[user.pk]["parts"] or []}


def test_a_registration_to_answer_stands_in_the_digest_of_the_secretary_alone(waits, cast, tree):
    assert parts_of(cast.secretary_a) == {"Registrations that wait for your answer": (["Grundkurs"], 1)}
    assert not parts_of(cast.secretary_b) and not parts_of(cast.officer) and not parts_of(cast.treasurer_a)
    registering.approve(waits, MONDAY, cast.secretary_a)
    assert not parts_of(cast.secretary_a)


def test_it_alone_brings_the_digest_which_leads_to_the_answer(waits, cast, mailoutbox):
    for _ in range(2):
        reminders.due(MONDAY)
    relay(MONDAY)
    (mail,) = [mail for mail in mailoutbox if "/registrations/" in mail.body]
    assert mail.to == [cast.secretary_a.email] and "Grundkurs" in mail.body and "Jona" not in mail.body


def test_an_agreed_step_of_this_week_is_told_to_who_is_in_charge_without_what_was_agreed(agreed, cast, mailoutbox):
    reminders.due(MONDAY)
    relay(MONDAY)
    (mail,) = mailoutbox
    assert mail.to == [cast.secretary_a.email] and "Mira Möchte" in mail.body and "Kasse" not in mail.body
    assert f"/members/{agreed.card.member_id}/development/" in mail.body


@pytest.mark.parametrize("change", [{"due_on": TODAY + timedelta(days=7)}, {"done_on": TODAY}, {"due_on": TODAY - timedelta(days=400)}])
def test_a_step_of_next_week_one_that_is_done_and_one_long_forgotten_are_not_told(agreed, cast, change):
    DevelopmentStep.objects.filter(pk=agreed.pk).update(**change)
    assert not parts_of(cast.secretary_a)


def test_an_offer_handed_in_waits_for_the_membership_officer_else_for_who_leads(cast, tree):
    offer = offering.offer(Partner.objects.get(), cast.admin, state="submitted", title="Rhetorik", deadline=None)
    told = {"Offers of partners to decide": (["Speak"], 1)}
    assert parts_of(cast.officer) == told and not parts_of(cast.admin) and not parts_of(cast.foreign_officer)
    cast.officer.appointments.update(ends_on=TODAY)
    assert parts_of(cast.admin) == told
    Offer.objects.filter(pk=offer.pk).update(state="accepted")
    assert not parts_of(cast.admin)


def test_many_waiting_take_as_many_queries_as_one(waits, agreed, tree, cast, django_assert_max_num_queries):
    for n in range(20):
        member = make.member(f"Nr {n}", tree.a, email=f"n{n}@example.org")
        registering.register(waits.event_id, MONDAY, member=member)
        card = developing.card_of(member, cast.officer, MONDAY)
        DevelopmentStep.objects.create(card=card, text="x", due_on=TODAY, agreed_on=TODAY, by=cast.officer)
    with django_assert_max_num_queries(20):
        parts = parts_of(cast.secretary_a)
    assert parts["Agreed next steps of members"][1] == 21 and len(parts["Agreed next steps of members"][0]) == 5
