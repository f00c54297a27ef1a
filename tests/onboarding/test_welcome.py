"""The own page of new members, the welcome mail, and what the secretary sees of both."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from membership import merging
from membership.models import Ask, Member
from onboarding import journeys, welcome
from onboarding.models import Journey, JourneyStep, Welcome
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make
from tests.factories import TODAY

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def welcoming(tree):
    """The district's standard has a step that the welcome mail goes with, done when it has gone out."""
    return make.step(
        tree.district, "welcome", labels={"de": "Willkommen heißen"}, goes_with="mail", done_by="sent", member_texts={"de": "Wir schreiben dir.", "he": "נכתוב אליך."}
    )


@pytest.fixture
def newcomer(tree, cast, welcoming):
    member = make.member("Nora Neu", tree.a, joined_on=TODAY, email="nora@example.org", language="de")
    journeys.start_due(TODAY)
    return member


def page(client, journey):
    return client.get(urlsplit(welcome.address(journey)).path)


@pytest.fixture
def today(monkeypatch):
    """The clock at the doors shows the day of these tests."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def test_the_own_page_names_contact_steps_and_unit(client, newcomer, cast, today):
    cast.secretary_a.phone, cast.secretary_a.shows_phone = "0351 123", True
    cast.secretary_a.save()
    text = page(client, newcomer.journeys.get()).content.decode()
    assert "Nora" in text and "Aylin Kaya" in text and "0351 123" in text and "Ortsverein Altdorf" in text
    assert "Wir schreiben dir." in text and "Parteibuch" in text


def test_the_own_page_gives_of_the_contact_only_what_they_release(client, newcomer, cast, today):
    cast.secretary_a.phone = "0351 123"
    cast.secretary_a.save()
    text = page(client, newcomer.journeys.get()).content.decode()
    assert "Aylin Kaya" in text and "0351 123" not in text and cast.secretary_a.email not in text


def test_the_own_page_tells_nothing_of_other_members(client, newcomer, tree, today):
    make.member("Anders Wo", tree.a, joined_on=TODAY, email="anders@example.org")
    text = page(client, newcomer.journeys.get()).content.decode()
    assert "Anders" not in text and "nora@example.org" not in text


def test_the_own_page_names_the_next_event_of_the_unit_or_above(client, newcomer, tree, today):
    make.event(tree.b, "Woanders", datetime(2026, 11, 25, 18, tzinfo=UTC))
    make.event(tree.district, "Entwurf", datetime(2026, 11, 26, 18, tzinfo=UTC), state="draft")
    make.event(tree.a, "Vorstand", datetime(2026, 11, 27, 18, tzinfo=UTC), kind="board")
    make.event(tree.district, "Neumitgliederabend", datetime(2026, 12, 3, 18, tzinfo=UTC))
    make.event(tree.a, "Später", datetime(2026, 12, 9, 18, tzinfo=UTC))
    text = page(client, newcomer.journeys.get()).content.decode()
    assert "Neumitgliederabend" in text
    assert not any(other in text for other in ("Woanders", "Entwurf", "Vorstand", "Später"))


def test_the_own_page_is_in_the_language_of_the_member(client, tree, cast, welcoming, today):
    member = make.member("דנה כהן", tree.a, joined_on=TODAY, language="he")
    journeys.start_due(TODAY)
    text = page(client, member.journeys.get()).content.decode()
    assert 'dir="rtl"' in text and "נכתוב אליך." in text


def test_the_own_page_closes_after_half_a_year_and_when_the_member_leaves(client, newcomer, monkeypatch, today):
    journey = newcomer.journeys.get()
    monkeypatch.setattr(timezone, "now", lambda: NOW + welcome.OPEN_FOR + timedelta(days=1))
    assert page(client, journey).status_code == 410
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    assert page(client, journey).status_code == 200
    Member.objects.filter(pk=newcomer.pk).update(status="left", left_on=TODAY)
    closed = page(client, journey)
    assert closed.status_code == 410 and "Nora" not in closed.content.decode()


def test_a_link_with_another_number_is_no_link(client, newcomer, today):
    token = welcome.address(newcomer.journeys.get()).split("/")[-2]
    assert client.get(reverse("onboarding:link_welcome", args=[token[:-2] + "xx"])).status_code == 404


def test_opening_the_own_page_changes_nothing_and_its_button_sends_the_own_data_link(client, newcomer, today):
    journey = newcomer.journeys.get()
    page(client, journey)
    assert not Ask.objects.exists()
    address = urlsplit(welcome.address(journey)).path
    client.post(address)
    assert Ask.objects.get().member == newcomer
    client.post(address)
    assert Ask.objects.count() == 1


def test_the_own_page_costs_a_constant_number_of_queries(client, newcomer, tree, django_assert_max_num_queries, today):
    for n in range(8):
        make.appoint(make.user(f"Amt {n}", email=f"amt{n}@example.org"), "chair", tree.a)
        make.event(tree.a, f"Termin {n}", datetime(2026, 12, 3 + n, 18, tzinfo=UTC))
    with django_assert_max_num_queries(10):
        page(client, newcomer.journeys.get())


def test_the_welcome_mail_goes_out_once_and_closes_its_step(newcomer):
    assert welcome.write_mails(NOW) == 1
    assert welcome.write_mails(NOW) == 0
    relay(NOW)
    (letter,) = mail.outbox
    assert letter.to == ["nora@example.org"] and welcome.address(newcomer.journeys.get()) in letter.body
    assert "Aylin Kaya" in letter.body
    assert welcome.note_sent(NOW) == 1
    step = newcomer.journeys.get().steps.get(step__slug="welcome")
    assert step.state == JourneyStep.State.DONE and step.closed_by is None and step.done_on == TODAY
    assert welcome.write_mails(NOW + timedelta(days=1)) == 0


def test_the_welcome_mail_is_in_the_language_of_the_member(tree, cast, welcoming):
    make.member("דנה כהן", tree.a, joined_on=TODAY, language="he", email="dana@example.org")
    journeys.start_due(TODAY)
    welcome.write_mails(NOW)
    relay(NOW)
    assert "dana@example.org" in mail.outbox[0].to and 'dir="rtl"' in mail.outbox[0].alternatives[0][0]


def test_without_a_step_in_the_standard_nobody_is_welcomed_by_mail(tree, cast):
    make.member("Nora Neu", tree.a, joined_on=TODAY, email="nora@example.org")
    journeys.start_due(TODAY)
    assert welcome.write_mails(NOW) == 0


def test_who_returned_gets_no_second_welcome_unless_the_step_is_meant_for_them(tree, cast, welcoming):
    member = make.member("Rita Rück", tree.a, joined_on=TODAY - timedelta(days=4000), email="rita@example.org")
    journeys.start(Member.objects.filter(pk=member.pk), TODAY, Journey.Reason.RETURNED)
    assert welcome.write_mails(NOW) == 0
    member.journeys.all().delete()
    welcoming.reasons = ["joined", "returned"]
    welcoming.save()
    journeys.start(Member.objects.filter(pk=member.pk), TODAY, Journey.Reason.RETURNED)
    assert welcome.write_mails(NOW) == 1


def test_a_welcome_that_is_over_before_it_is_sent_is_skipped(newcomer, cast):
    welcome.write_mails(NOW)
    newcomer.journeys.get().steps.get(step__slug="welcome").tick(cast.secretary_a, TODAY, NOW)
    relay(NOW)
    assert not mail.outbox and Message.objects.get(kind="welcome").state == Message.State.SKIPPED


def test_old_journeys_are_not_welcomed_when_the_standard_gets_the_step(newcomer):
    Journey.objects.update(created_at=NOW - timedelta(days=40))
    assert welcome.write_mails(NOW) == 0


def test_the_page_of_a_member_shows_link_code_and_letter(sign_in, cast, newcomer, django_assert_max_num_queries, today):
    client = sign_in(cast.secretary_a)
    address = reverse("onboarding:member_welcome", args=[newcomer.pk])
    client.get(address)
    with django_assert_max_num_queries(14):
        text = client.get(address).content.decode()
    assert welcome.address(newcomer.journeys.get()) in text and "<svg" in text


def test_merging_keeps_the_welcome_with_its_journey(newcomer, tree, cast):
    welcome.write_mails(NOW)
    other = make.member("Nora Neu", tree.a, joined_on=TODAY - timedelta(days=900))
    merging.merge(other.pk, newcomer.pk, cast.officer, NOW)
    assert Welcome.objects.get().journey.member == other
    assert welcome.write_mails(NOW) == 0
