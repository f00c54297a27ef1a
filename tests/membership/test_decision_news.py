"""Who applied is told by mail what was decided: once, in their language, never what was taken back meanwhile."""

from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from membership import admission
from membership.decision_news import CHANGED
from membership.models import Application, Member
from membership.own_data import NO_ADDRESS
from onboarding import standing
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make

TODAY = date(2026, 11, 22)
NOW = timezone.make_aware(datetime(2026, 11, 22, 10))
LATER = NOW + timedelta(hours=2)


def application(unit, received_on=TODAY, **fields):
    fields = {"given_name": "Nele", "family_name": "Neumann", "source": "form", "email": "nele@example.org", "kind": "full", "language": "en"} | fields
    return admission.receive(Application(unit=unit, **fields), received_on)


def told(mailoutbox):
    return [mail for mail in mailoutbox if mail.to == ["nele@example.org"]]


def test_who_is_admitted_hears_it_an_hour_later_with_the_day_it_becomes_final(tree, cast, mailoutbox):
    admission.accept(application(tree.a).pk, cast.secretary_a, TODAY, NOW)
    relay(NOW + timedelta(minutes=59))
    assert not told(mailoutbox), "a mistake can still be taken back"
    relay(LATER)
    relay(LATER)
    (mail,) = told(mailoutbox)
    assert mail.subject == "You are admitted"
    assert "22 November 2026" in mail.body and "22 November 2027" in mail.body and "appeal" not in mail.body


def test_a_refusal_tells_of_the_appeal_and_who_decides_on_it(tree, cast, mailoutbox):
    admission.refuse(application(tree.a).pk, "was rude at the fair", cast.chair_a, TODAY, NOW)
    relay(LATER)
    (mail,) = told(mailoutbox)
    assert "You may appeal" in mail.body and "Musterstadt" in mail.body and "Altdorf" in mail.body
    assert "rude" not in mail.body, "the reason stays with the office"


def test_the_highest_level_names_no_way_that_is_not_there(tree, cast, mailoutbox):
    row = application(tree.a)
    admission.refuse(row.pk, "", cast.chair_a, TODAY, NOW)
    appeal = admission.object_to(row.pk, "Nele", "please", TODAY, TODAY)
    admission.decide_objection(appeal.pk, False, "", cast.officer, TODAY, NOW)
    relay(LATER)
    (mail,) = told(mailoutbox)
    assert mail.subject == "Decision on your appeal" and "You may appeal" not in mail.body and "highest level" in mail.body
    assert Message.objects.get(kind="decision", state="skipped").reason == CHANGED, "the refusal itself was overtaken"


def test_lapse_of_time_is_told_from_eight_in_the_morning_on(tree, mailoutbox):
    application(tree.a, TODAY - timedelta(days=60))
    midnight = NOW.replace(hour=0, minute=10)
    standing.run(midnight)
    relay(NOW.replace(hour=7, minute=59))
    assert not told(mailoutbox)
    relay(NOW.replace(hour=8))
    (mail,) = told(mailoutbox)
    assert "has not decided within its term" in mail.body


def test_a_decision_taken_back_within_the_hour_is_never_told_and_the_next_one_is(tree, cast, mailoutbox):
    row = application(tree.a)
    admission.refuse(row.pk, "", cast.chair_a, TODAY, NOW)
    admission.reopen(row.pk, TODAY)
    relay(LATER)
    assert not told(mailoutbox)
    admission.refuse(row.pk, "", cast.chair_a, TODAY, LATER)
    relay(LATER + timedelta(hours=2))
    assert len(told(mailoutbox)) == 1


def test_an_admission_taken_back_after_an_objection_is_told(tree, cast, mailoutbox):
    row = admission.accept(application(tree.a).pk, cast.secretary_a, TODAY, NOW)
    relay(LATER)
    objection = admission.object_to(row.pk, "Karl", "other party", TODAY, TODAY)
    admission.decide_objection(objection.pk, True, "", cast.officer, TODAY, LATER)
    relay(LATER + timedelta(hours=2))
    assert [mail.subject for mail in told(mailoutbox)] == ["You are admitted", "Your admission was taken back"]


@pytest.mark.parametrize(("language", "title"), [("de", "Du bist aufgenommen"), ("he", "הבקשה התקבלה"), ("", "Du bist aufgenommen")])
def test_the_mail_speaks_the_language_of_the_form_else_that_of_the_unit(language, title, tree, cast, mailoutbox):
    admission.accept(application(tree.a, language=language).pk, cast.secretary_a, TODAY, NOW)
    relay(LATER)
    assert told(mailoutbox)[0].subject == title


def test_without_an_address_the_page_asks_for_a_letter(tree, cast, sign_in):
    row = admission.accept(application(tree.a, email="").pk, cast.secretary_a, TODAY, NOW)
    relay(LATER)
    assert Message.objects.get(kind="decision").reason == NO_ADDRESS
    page = sign_in(cast.secretary_a).get(reverse("onboarding:application_detail", args=[row.pk]))
    assert "Bitte sag es" in page.content.decode()


def test_whom_the_member_list_admits_gets_no_mail_from_here(tree):
    member = make.member("Anna Antrag", tree.a, status="applicant", joined_on=TODAY)
    admission.take_up(TODAY)
    Member.objects.filter(pk=member.pk).update(status="full")
    admission.take_up(TODAY)
    assert Application.objects.get().state == "accepted" and not Message.objects.filter(kind="decision").exists()


def test_a_batch_of_decisions_takes_a_constant_number_of_queries(tree, cast, django_assert_max_num_queries):
    from membership import decision_news

    for number in range(6):
        unit = make.unit(f"Ort {number}", "branch", tree.district)
        admission.refuse(application(unit, email=f"n{number}@example.org").pk, "", cast.officer, TODAY, NOW)
    messages = list(Message.objects.filter(kind="decision"))
    with django_assert_max_num_queries(5):
        loaded = decision_news.load(messages, LATER)
        assert all(decision_news.build(message, loaded, LATER).to for message in messages)
