"""The request box: asked by link, answered by mail, reminded, passed on, and private."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse

from branches.models import Appointment, Office
from common.open_forms import stamp
from outbox.models import Message
from outbox.relay import relay
from planning import requests
from planning.models import Request, RequestEntry
from tests import factories as make

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def evening():
    with time_machine.travel(NOW, tick=False):
        yield


def office(slug="secretary"):
    return Office.objects.filter(slug=slug).first()


def question(unit, on=date(2026, 11, 22), by_office="secretary", **fields):
    asked = {"name": "Eva Sommer", "email": "eva@example.org", "language": "de", "created_at": NOW, "asked_on": on, "due_on": on + 14 * DAY, "state": "open"}
    row = Request.objects.create(unit=unit, office=by_office and office(by_office), subject="Wann ist der Stammtisch?", **asked | fields)
    RequestEntry.objects.create(request=row, kind="question", text="Ich finde nichts.", at=NOW)
    return row


def form(unit, **more):
    return {"subject": "Stammtisch", "text": "Wann?", "name": "Eva Sommer", "email": "eva@example.org", "stamp": stamp(unit, NOW - 60 * timedelta(seconds=1)), **more}


def test_a_question_is_confirmed_by_mail_answered_by_mail_and_asked_again(tree, cast, client, sign_in):
    member = make.member("Eva Sommer", tree.a, email="Eva@example.org")
    assert client.post(reverse("planning:request_ask", args=[tree.a.slug]), form(tree.a)).status_code == 302
    relay(NOW)
    row = Request.objects.first()
    page = reverse("planning:request_own", args=[row.key])
    assert page in mail.outbox[0].body
    assert not Request.objects.visible_to(cast.chair_a).exists(), "before it is confirmed nobody sees it"
    client.get(page)
    row.refresh_from_db()
    assert row.state == "new", "opening the link changes nothing"
    client.post(page, {"do": "confirm"})
    client.post(page, {"do": "confirm"})
    row.refresh_from_db()
    assert (row.state, row.due_on, row.member) == ("open", date(2026, 12, 6), member)
    relay(NOW)
    assert sorted(letter.to[0] for letter in mail.outbox[1:]) == ["aylin.kaya@example.org", "carla.winter@example.org"], "whoever leads the unit"
    office_client = sign_in(cast.secretary_a)
    answer = reverse("planning:request_answer", args=[row.pk])
    assert office_client.post(answer, {"text": "Dienstags.", "version": row.version, "do": "answer"}).status_code == 302
    assert office_client.post(answer, {"text": "Doch mittwochs.", "version": row.version, "do": "answer"}).status_code == 302
    relay(NOW)
    answers = [letter for letter in mail.outbox if "Dienstags." in letter.body]
    assert [letter.to for letter in answers] == [["eva@example.org"]] and "mittwochs" not in "".join(letter.body for letter in mail.outbox)
    client.logout()
    client.post(page, {"do": "again", "text": "Auch im Dezember?"})
    row.refresh_from_db()
    assert (row.state, row.answered_on) == ("open", date(2026, 11, 22))


@pytest.mark.parametrize("more", [{"website": "x"}, {"stamp": ""}, {"stamp": "nonsense"}])
def test_machines_leave_nothing_behind(more, tree, client):
    client.post(reverse("planning:request_ask", args=[tree.a.slug]), form(tree.a, **more))
    assert not Request.objects.exists()


def test_one_address_cannot_be_used_to_flood(tree, client):
    codes = [client.post(reverse("planning:request_ask", args=[tree.a.slug]), form(tree.a)).status_code for _n in range(7)]
    assert codes[-1] == 429


def test_only_the_office_and_those_who_lead_above_read_it(tree, cast):
    row = question(tree.a)
    readers = {name for name, user in vars(cast).items() if Request.objects.visible_to(user).filter(pk=row.pk).exists()}
    assert readers == {"secretary_a", "officer", "admin"}


def test_while_the_office_is_vacant_whoever_leads_the_unit_reads_it(tree, cast):
    row = question(tree.a)
    Appointment.objects.filter(user=cast.secretary_a).update(ends_on=date(2026, 11, 1))
    readers = {name for name, user in vars(cast).items() if Request.objects.visible_to(user).filter(pk=row.pk).exists()}
    assert readers == {"chair_a", "officer", "admin"}


def test_nobody_asks_again_in_the_name_of_another(tree, cast, sign_in):
    row = question(tree.a, by=cast.treasurer_a)
    for person in (cast.secretary_a, cast.admin, cast.stranger):
        assert sign_in(person).post(reverse("planning:request_again", args=[row.pk]), {"text": "Und?"}).status_code == 404
    assert not row.entries.filter(text="Und?").exists()
    shown = [sign_in(person).get(reverse("planning:request_list"), {"show": "asked"}).context["page"].rows for person in (cast.secretary_a, cast.treasurer_a)]
    assert [len(rows) for rows in shown] == [0, 1]


def test_those_who_are_told_may_read_and_the_other_way_round(tree, cast):
    for unit, slug in ((tree.a, "secretary"), (tree.a, None), (tree.youth, "section_lead"), (tree.district, "membership_officer"), (tree.b, "chair")):
        row = question(unit, by_office=slug)
        for user in requests.answerers([Request.objects.select_related("unit").get(pk=row.pk)], date(2026, 11, 22))[row.pk]:
            reader = next(one for one in vars(cast).values() if one.pk == user)
            assert Request.objects.visible_to(reader).filter(pk=row.pk).exists(), (unit, slug, reader)


def test_a_note_for_the_office_reaches_nobody_else(tree, cast, sign_in, client):
    row = question(tree.a)
    sign_in(cast.secretary_a).post(reverse("planning:request_answer", args=[row.pk]), {"text": "Vorsicht, Dauergast", "version": 1, "do": "note"})
    client.logout()
    assert "Dauergast" not in client.get(reverse("planning:request_own", args=[row.key])).content.decode()
    relay(NOW)
    assert not mail.outbox


def test_passed_on_it_leaves_the_office_and_keeps_its_day(tree, cast, sign_in):
    row = question(tree.a)
    data = {"unit": tree.district.slug, "office": office("membership_officer").pk, "note": "Bitte ihr", "version": 1}
    assert sign_in(cast.secretary_a).post(reverse("planning:request_forward", args=[row.pk]), data).status_code == 302
    assert not Request.objects.visible_to(cast.secretary_a).exists()
    assert Request.objects.visible_to(cast.officer).filter(due_on=row.due_on).exists()
    relay(NOW)
    assert [letter.to for letter in mail.outbox] == [["oskar.blume@example.org"]]


def test_what_is_asked_again_while_somebody_closes_is_not_closed_away(tree, cast, sign_in):
    row, office_client = question(tree.a, state="answered", answered_on=date(2026, 11, 22)), sign_in(cast.secretary_a)
    close = reverse("planning:request_close", args=[row.pk])
    requests.ask_again(row, "Und im Dezember?", NOW)
    office_client.post(close, {"version": 1})
    row.refresh_from_db()
    assert row.state == "open"
    requests.answer(row, "Auch dann.", cast.secretary_a, row.version, NOW)
    page = office_client.post(close, {"version": row.version}, follow=True).text
    row.refresh_from_db()
    assert row.state == "closed" and reverse("planning:request_reopen", args=[row.pk]) in page


@pytest.mark.parametrize("answered, state", [(True, "answered"), (False, "open")])
def test_a_closed_request_is_opened_again_as_it_was(answered, state, tree, cast, sign_in):
    row = question(tree.a)
    if answered:
        requests.answer(row, "Dienstags.", cast.secretary_a, row.version, NOW)
    requests.close(row, NOW)
    sign_in(cast.secretary_a).post(reverse("planning:request_reopen", args=[row.pk]))
    row.refresh_from_db()
    assert (row.state, row.closed_at, row.due_on) == (state, None, date(2026, 12, 6))
    assert not requests.reopen(row), "it is open already"


def test_whoever_asked_reads_that_it_was_closed_without_an_answer_or_is_late(tree, client):
    late, closed = question(tree.a, on=date(2026, 11, 1), language="en"), question(tree.a, language="en")
    requests.close(closed, NOW)
    assert "those in charge are reminded" in client.get(reverse("planning:request_own", args=[late.key])).text
    page = client.get(reverse("planning:request_own", args=[closed.key])).text
    assert "closed without an answer" in page and reverse("planning:request_ask", args=[tree.a.slug]) in page


def test_reminded_before_after_and_above_each_once(tree, cast):
    question(tree.a, on=date(2026, 11, 1))  # due on 15 November
    told = []
    for day in range(-16, 9):
        moment = datetime(2026, 11, 22, 11, tzinfo=UTC) + (day - 7) * DAY
        for _run in range(2):
            requests.remind(moment)
    told = sorted((message.kind, message.recipient.email) for message in Message.objects.select_related("recipient"))
    assert told == [
        ("request_above", "oskar.blume@example.org"), ("request_due", "aylin.kaya@example.org"), ("request_late", "aylin.kaya@example.org"),
    ]  # fmt: skip


def test_after_a_pause_one_word_is_enough_and_none_once_it_is_answered(tree, cast):
    row = question(tree.a, on=date(2026, 11, 1))
    requests.remind(NOW)
    assert sorted(Message.objects.values_list("kind", flat=True)) == ["request_above", "request_late"]
    requests.answer(row, "Dienstags.", cast.secretary_a, row.version, NOW)
    relay(NOW)
    assert [letter.to for letter in mail.outbox] == [["eva@example.org"]]


def test_figures_are_shown_from_five_on(tree):
    for n in range(4):
        question(tree.a, on=date(2026, 10, 1), answered_on=date(2026, 10, 2 + n))
    assert requests.figures([tree.a.pk], date(2026, 11, 22)) == {}
    question(tree.a, on=date(2026, 10, 1))
    assert requests.figures([tree.a.pk], date(2026, 11, 22)) == {tree.a.pk: {"asked": 5, "answered": 4, "share": 80, "days": 2.5}}


def test_an_officer_asks_without_confirming_and_does_not_read_notes(tree, cast, sign_in):
    client = sign_in(cast.treasurer_a)
    client.post(reverse("planning:request_add"), {"unit": tree.district.slug, "office": "", "subject": "Kasse", "text": "Wann kommt der Zuschuss?"})
    row = Request.objects.first()
    assert (row.state, row.by) == ("open", cast.treasurer_a)
    RequestEntry.objects.create(request=row, kind="note", text="Geheim", by=cast.officer, at=NOW)
    page = client.get(reverse("planning:request_detail", args=[row.pk])).content.decode()
    assert "Zuschuss" in page and "Geheim" not in page
    assert client.get(reverse("planning:request_list") + "?show=asked").context["page"].rows[0].pk == row.pk


def test_what_nobody_confirmed_is_forgotten_after_three_days(tree):
    question(tree.a, state="new", asked_on=None, due_on=None)
    assert requests.drop_unconfirmed(NOW) == 0
    requests.drop_unconfirmed(NOW + 4 * DAY)
    assert not Request.objects.exists()
