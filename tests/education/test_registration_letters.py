"""Letters to registered members whom no mail reaches: who is told what, once, and by whom."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from education import announcing, attending, registering
from education import registration_letters as letters
from education.models import Event
from membership.own_data import NO_ADDRESS
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make
from tests.education.test_registering import NOW, START, later, register

LIST, PDF = reverse("education:registration_letters"), reverse("education:registration_letters_pdf")


@pytest.fixture(autouse=True)
def clock(db):
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def event(tree):
    return make.event(tree.district, title="Studientag", starts_at=START, seats=1)


@pytest.fixture
def hedwig(tree):
    """A member of A without a mail address."""
    return make.member("Hedwig Alt", tree.a, street="Ringweg 4", postcode="01067", city="Musterstadt")


def names(user, **which):
    return [row.member.name for row in letters.due(letters.cared_for(user, NOW, **which))]


def text(answer):
    assert answer["Content-Type"] == "application/pdf"
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages).split())


def test_whom_a_mail_reaches_needs_no_letter_and_whom_none_reaches_does(event, hedwig, tree, cast):
    anna = make.member("Anna Arndt", tree.a, email="anna@example.org")
    row, _anna = register(event, hedwig), register(event, anna)
    assert names(cast.secretary_a) == ["Hedwig Alt"]
    relay(NOW)
    assert Message.objects.get(payload__change=row.changes.get().pk).reason == NO_ADDRESS
    assert names(cast.secretary_a) == ["Hedwig Alt"], "also after the relay found no address"
    Message.objects.filter(payload__member=anna.pk).update(state="dead", reason="550 unknown")
    assert names(cast.secretary_a) == ["Hedwig Alt", "Anna Arndt"], "and whose mail comes back"


def test_only_whoever_cares_for_a_member_prints_their_letter(event, hedwig, tree, cast, sign_in):
    register(event, hedwig)
    assert names(cast.secretary_b) == names(cast.foreign_officer) == names(cast.treasurer_a) == []
    assert names(cast.officer) == ["Hedwig Alt"]
    answer = sign_in(cast.secretary_b).get(PDF)
    assert (answer.status_code, answer["Location"]) == (302, LIST)
    foreign = make.event(tree.foreign, starts_at=START)
    assert sign_in(cast.secretary_b).get(LIST, {"event": foreign.pk}).status_code == 404
    (row,) = letters.due(letters.cared_for(cast.secretary_a, NOW))
    sign_in(cast.secretary_b).post(LIST, {"pick": row.message.pk})
    assert names(cast.secretary_a) == ["Hedwig Alt"], "nobody else says that it was sent"


def test_the_letter_says_what_the_mail_would_and_holds_the_ticket(event, hedwig, cast, sign_in):
    row = register(event, hedwig)
    said = text(sign_in(cast.secretary_a).get(PDF))
    assert "Hedwig Alt Ringweg 4 01067 Musterstadt" in said and "Studientag" in said
    assert attending.letters(row) in said, "the code of the entrance, to be typed"
    assert "sag uns bitte Bescheid" in said and "Knopf" not in said


@pytest.mark.parametrize(("language", "word"), [("de", "Warteliste"), ("he", "המתנה"), ("en", "waiting list")])
def test_letters_are_in_the_language_of_their_reader(language, word, event, hedwig, tree, cast, sign_in):
    register(event, make.member("Vor Ihr", tree.a, email="vor@example.org"))
    hedwig.language = language
    hedwig.save()
    register(event, hedwig)
    said = text(sign_in(cast.secretary_a).get(PDF))
    assert word in said or word[::-1] in said


def test_a_letter_is_due_until_it_is_said_to_be_on_its_way_and_again_for_each_new_state(event, hedwig, cast, sign_in):
    client, row = sign_in(cast.secretary_a), register(event, hedwig)
    client.get(PDF)
    assert names(cast.secretary_a), "printing alone tells nobody"
    (pick,) = re.findall(r'name="pick" value="(\d+)"><button class="btn">', client.get(LIST).content.decode())
    client.post(LIST, {"pick": pick})
    relay(NOW)
    assert names(cast.secretary_a) == [] and Message.objects.get(pk=pick).reason == letters.BY_LETTER
    client.post(LIST, {"pick": pick})
    registering.cancel(row, later(hours=1))
    assert names(cast.secretary_a) == ["Hedwig Alt"], "that it is cancelled is new"


def test_what_was_noted_by_mistake_is_due_again_after_undo(event, hedwig, cast, sign_in):
    client = sign_in(cast.secretary_a)
    register(event, hedwig)
    (row,) = letters.due(letters.cared_for(cast.secretary_a, NOW))
    page = client.post(LIST, {"pick": row.message.pk}, follow=True).content.decode()
    (undo,) = re.findall(r'action="([^"]*letters/undo/[^"]*)"', page)
    sign_in(cast.secretary_b).post(undo)
    assert names(cast.secretary_a) == []
    sign_in(cast.secretary_a).post(undo)
    assert names(cast.secretary_a) == ["Hedwig Alt"]
    relay(NOW)
    assert names(cast.secretary_a) == ["Hedwig Alt"] and not Message.objects.filter(state="sent").exists()


def test_a_new_date_is_a_new_letter(event, hedwig, cast, sign_in):
    register(event, hedwig)
    letters.note_told(cast.secretary_a, {row.message.pk for row in letters.due(letters.cared_for(cast.secretary_a, NOW))}, NOW)
    old = event.dates.get()
    dates = [{"starts_at": old.starts_at + timedelta(days=1), "ends_at": old.ends_at + timedelta(days=1), "note": ""}]
    announcing.change(Event.objects.get(), {}, dates, [], event.version, NOW)
    (row,) = letters.due(letters.cared_for(cast.secretary_a, NOW, event))
    assert row.message.kind == "registration_moved"
    assert "Neuer Termin oder Ort" in text(sign_in(cast.secretary_a).get(f"{PDF}?event={event.pk}"))


def test_whoever_is_in_charge_is_told_of_new_letters_by_one_mail(event, hedwig, tree, cast, mailoutbox):
    register(event, hedwig)
    letters.remind(NOW)
    letters.remind(NOW)
    relay(NOW)
    (mail,) = mailoutbox
    assert mail.to == [cast.secretary_a.email] and LIST in mail.body and "Hedwig" not in mail.body
    assert letters.remind(later(days=1)) == 0, "nothing new"
    register(make.event(tree.district, title="Abend", starts_at=START), hedwig)
    assert letters.remind(later(days=1)) == 1
    letters.note_told(cast.secretary_a, {row.message.pk for row in letters.due(letters.unreached(NOW))}, NOW)
    relay(later(days=1))
    assert len(mailoutbox) == 1 and Message.objects.latest("pk").reason == letters.NOTHING_DUE


def test_whoever_cannot_answer_an_offer_in_time_for_want_of_a_mail_has_the_place_at_once(event, hedwig, tree):
    first = register(event, make.member("Vor Ihr", tree.a, email="vor@example.org"))
    register(event, hedwig)
    registering.cancel(first, later(hours=1))
    assert event.registrations.get(member=hedwig).state == "confirmed"


def test_who_has_no_postal_address_is_called_and_noted_as_told(event, tree, cast, sign_in):
    register(event, make.member("Ohne Haus", tree.a, phone="0351 12345"))
    client = sign_in(cast.secretary_a)
    page = client.get(LIST).content.decode()
    assert "bitte anrufen" in page and "tel:" in page
    assert client.get(PDF).status_code == 302, "nothing to print"
    (row,) = letters.due(letters.cared_for(cast.secretary_a, NOW))
    client.post(LIST, {"pick": row.message.pk})
    assert names(cast.secretary_a) == []


def test_whoever_registers_a_member_without_mail_is_told_of_the_letter(event, hedwig, cast, sign_in):
    client = sign_in(cast.secretary_a)
    page = client.post(reverse("education:registration_add", args=[event.pk]), {"pick": hedwig.pk}, follow=True).content.decode()
    assert "bitte den Brief drucken" in page and f"{LIST}?event={event.pk}" in page
    assert "wartet auf einen Brief" in client.get(reverse("education:registration_mine")).content.decode()


def test_the_list_of_letters_asks_the_same_number_of_questions_however_long_it_is(event, tree, cast, sign_in):
    client, counts = sign_in(cast.secretary_a), set()
    for number in (1, 6):
        for n in range(number):
            register(event, make.member(f"Brief Nr{n} {number}", tree.a, street="Weg 1", city="Ort"))
        client.get(LIST)
        with CaptureQueriesContext(connection) as asked:
            client.get(LIST)
        counts.add(len(asked))
    assert len(counts) == 1 and max(counts) <= 12
