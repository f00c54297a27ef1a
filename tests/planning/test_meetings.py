"""Meetings: invitation, agenda, minutes written by several people, decisions that reach the work plan."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from branches.models import Office
from education.models import Carrier
from membership.models import Reading
from outbox.models import Message
from outbox.relay import relay
from planning import decision_reminders, meetings
from planning.models import Activity, AgendaItem, Decision, Invitation, Minutes
from tests import factories as make

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
SOON = datetime(2026, 12, 9, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def evening():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def event(tree):
    made = make.event(tree.a, {"de": "Jahresversammlung", "he": "אסיפה שנתית"}, SOON, kind="meeting", place_text="Volkshaus")
    AgendaItem.objects.create(event=made, position=1, title="Bericht", who="Carla Winter", minutes=20)
    return made


def office(slug="secretary"):
    return Office.objects.filter(slug=slug).first()


def test_everybody_with_a_mail_is_invited_once_and_letters_are_for_the_rest(event, tree, cast, sign_in):
    make.member("Eva Sommer", tree.a, email="eva@example.org")
    make.member("Noa Levi", tree.a, email="noa@example.org", language="he")
    make.member("Karl Papier", tree.a, street="Weg 1")
    make.member("Gerd Gegangen", tree.a, email="gerd@example.org", status="left")
    make.member("Bea Nachbar", tree.b, email="bea@example.org")
    client, address = sign_in(cast.secretary_a), reverse("planning:invite", args=[event.pk])
    assert client.get(address).context["counts"] == {"mail": 2, "letter": 1, "before": 0}
    key = uuid.uuid4()
    for _click in range(2):
        assert client.post(address, {"key": key, "note": "Kommt alle!"}).status_code == 302
    assert Invitation.objects.count() == 1
    assert client.post(address, {"key": uuid.uuid4(), "note": ""}).status_code == 302
    relay(NOW)
    sent = {letter.to[0]: letter for letter in mail.outbox if "example.org" in letter.to[0]}
    assert set(sent) == {"eva@example.org", "noa@example.org"} and len(mail.outbox) == 2
    assert "Jahresversammlung" in sent["eva@example.org"].subject and "Kommt alle!" in sent["eva@example.org"].body
    assert "Bericht" in sent["eva@example.org"].body and "Volkshaus" in sent["eva@example.org"].body
    assert "Mittwoch, 9. Dezember 2026, 19:00" in sent["eva@example.org"].body
    assert "אסיפה שנתית" in sent["noa@example.org"].body
    assert client.get(address).context["counts"] == {"mail": 0, "letter": 1, "before": 2}


def test_an_invitation_to_a_meeting_called_off_is_not_sent(event, tree, cast, sign_in):
    make.member("Eva Sommer", tree.a, email="eva@example.org")
    sign_in(cast.secretary_a).post(reverse("planning:invite", args=[event.pk]), {"key": uuid.uuid4()})
    event.cancel("krank", NOW)
    relay(NOW)
    assert not mail.outbox
    assert Message.objects.filter(kind="meeting_invitation", state="skipped").count() == 1


def test_who_carries_it_too_invites_their_own_members_only(event, tree, cast, sign_in):
    shared = make.event(tree.a, "Gemeinsam", SOON, kind="meeting", carriers=[tree.b])
    make.member("Eva Sommer", tree.a, email="eva@example.org")
    make.member("Bea Nachbar", tree.b, email="bea@example.org")
    sign_in(cast.secretary_b).post(reverse("planning:invite", args=[shared.pk]), {"key": uuid.uuid4()})
    relay(NOW)
    assert [letter.to for letter in mail.outbox] == [["bea@example.org"]]


def test_who_carries_it_too_prints_letters_to_their_own_members_only(tree, cast, sign_in):
    from io import BytesIO

    from pypdf import PdfReader

    shared = make.event(tree.a, "Gemeinsam", SOON, kind="meeting", carriers=[tree.b])
    make.member("Karl Papier", tree.a, street="Weg 1", postcode="01067", city="Musterstadt")
    make.member("Bea Nachbar", tree.b, street="Weg 2", postcode="01067", city="Musterstadt")
    answer = sign_in(cast.secretary_b).get(reverse("planning:invite_letters", args=[shared.pk]))
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
    assert "Bea Nachbar" in text and "Karl Papier" not in text


@pytest.mark.parametrize("language", ["de", "he", "en"])
def test_letters_come_as_pdf_in_the_language_of_the_reader(language, event, tree, cast, sign_in):
    from io import BytesIO

    from pypdf import PdfReader

    make.member("Karl Papier", tree.a, street="Weg 1", postcode="01067", city="Musterstadt", language=language)
    answer = sign_in(cast.secretary_a).get(reverse("planning:invite_letters", args=[event.pk]))
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)
    assert "Karl Papier" in text and "Musterstadt" in text


def test_the_number_of_statements_for_a_batch_of_invitations_does_not_grow(event, tree, cast):
    for n in range(12):
        make.member(f"Eva Sommer{n}", tree.a, email=f"eva{n}@example.org")
    invitation = meetings.invite(event, cast.secretary_a, uuid.uuid4(), "", NOW)
    assert invitation.counts["mail"] == 12 and invitation.done_at
    messages = list(Message.objects.filter(kind="meeting_invitation"))
    with CaptureQueriesContext(connection, ) as few:
        meetings.load(messages[:2], NOW)
    with CaptureQueriesContext(connection) as many:
        loaded = meetings.load(messages, NOW)
        for message in messages:
            meetings.build(message, loaded, NOW)
    assert len(many) <= len(few) + 1


def test_minutes_are_saved_item_by_item_and_nobody_is_overwritten(event, cast, sign_in):
    item, client = event.agenda_items.first(), sign_in(cast.secretary_a)
    address = reverse("planning:item_write", args=[item.pk])
    assert client.post(address, {"text": "Es geht voran.", "version": "1"}).status_code == 302
    late = client.post(address, {"text": "Anderes", "version": "1"})
    assert late.status_code == 409
    assert "Es geht voran." in late.content.decode() and "Anderes" in late.content.decode()
    item.refresh_from_db()
    assert item.text == "Es geht voran."
    fragment = client.post(address, {"text": "Noch mehr", "version": "2"}, headers={"HX-Request": "true"})
    assert fragment.status_code == 200 and 'name="version" value="3"' in fragment.content.decode()


def test_finished_minutes_put_decisions_into_the_work_plan_and_ticking_reaches_both(event, tree, cast, sign_in):
    client, item = sign_in(cast.secretary_a), event.agenda_items.first()
    wrong = client.post(reverse("planning:decision_add", args=[item.pk]), {"text": "Neue Fahne", "unit": tree.a.pk, "office": office().pk})
    assert wrong.status_code == 422
    client.post(reverse("planning:decision_add", args=[item.pk]), {"text": "Neue Fahne", "unit": tree.a.pk, "office": office().pk, "due_on": "2027-01-31"})
    client.post(reverse("planning:minutes_turn", args=[event.pk]), {"do": "finish"})
    decision = Decision.objects.select_related("activity").first()
    assert decision.activity.title == "Neue Fahne" and decision.activity.origin == "decision"
    assert client.post(reverse("planning:item_write", args=[item.pk]), {"text": "x", "version": "1"}).status_code == 403
    assert list(Decision.objects.open()) == [decision]
    client.post(reverse("planning:decision_turn", args=[decision.pk]), {"do": "done"})
    assert Activity.objects.filter(pk=decision.activity_id, state="done").exists()
    assert not Decision.objects.open().exists()
    client.post(reverse("planning:decision_turn", args=[decision.pk]), {"do": "reopen"})
    decision.refresh_from_db()
    decision.activity.refresh_from_db()
    decision.activity.turn("done", date(2026, 11, 22))  # in the plan
    assert not Decision.objects.open().exists()


def test_finished_minutes_take_no_decision_any_more(event, cast, sign_in):
    Minutes.objects.create(event=event, state="written")
    address = reverse("planning:decision_add", args=[event.agenda_items.first().pk])
    client = sign_in(cast.secretary_a)
    assert client.get(address).status_code == client.post(address, {"text": "Neue Fahne"}).status_code == 403
    assert not Decision.objects.exists()


def test_who_is_to_do_a_decision_ticks_it_but_takes_it_out_of_no_minutes(event, tree, cast, sign_in):
    due = {"office": office(), "due_on": SOON.date(), "created_at": NOW}
    decision = Decision.objects.create(event=event, unit=tree.b, text="Plakate kleben", **due)
    Minutes.objects.create(event=event, state="open")
    client, address = sign_in(cast.secretary_b), reverse("planning:decision_turn", args=[decision.pk])
    assert client.post(address, {"do": "remove"}).status_code == 403
    assert client.post(address, {"do": "done"}).status_code == 302
    assert Decision.objects.get().state == "done"


def test_minutes_are_approved_by_a_later_meeting_and_then_stay(event, tree, cast, sign_in):
    client = sign_in(cast.secretary_a)
    before = make.event(tree.a, "Davor", NOW - timedelta(days=40), kind="meeting")
    minutes = Minutes.objects.create(event=before, state="written")
    client.post(reverse("planning:minutes_turn", args=[before.pk]), {"do": "approve", "by": event.pk})
    minutes.refresh_from_db()
    assert (minutes.state, minutes.approved_at_event) == ("approved", event)
    client.post(reverse("planning:minutes_turn", args=[before.pk]), {"do": "reopen"})
    minutes.refresh_from_db()
    assert minutes.state == "approved"


def test_members_read_minutes_by_a_link_until_the_unit_ends_it(event, tree, cast, client):
    minutes = Minutes.objects.create(event=event, state="written")
    page = reverse("planning:minutes_page", args=[minutes.key])
    assert client.get(page).status_code == 404
    minutes.share(NOW)
    assert "Bericht" in client.get(page).content.decode()
    minutes.unshare()
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("language", ["de", "he", "en"])
def test_minutes_come_as_pdf(language, event, cast, sign_in):
    from io import BytesIO

    from pypdf import PdfReader

    Minutes.objects.create(event=event, state="written", chair="Carla Winter", present=14)
    answer = sign_in(cast.treasurer_a).get(reverse("planning:minutes_pdf", args=[event.pk]) + f"?lang={language}")
    assert "Carla Winter" in " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)


def test_the_agenda_of_another_event_cannot_be_changed_along(event, tree, cast, sign_in):
    theirs = AgendaItem.objects.create(event=make.event(tree.b, "Fremd", SOON, kind="meeting"), title="Fremd")
    data = {
        "agenda_items-TOTAL_FORMS": "1", "agenda_items-INITIAL_FORMS": "1", "agenda_items-0-id": theirs.pk, "agenda_items-0-title": "Meins", "agenda_items-0-position": "1",
    }  # fmt: skip
    sign_in(cast.secretary_a).post(reverse("planning:agenda_edit", args=[event.pk]), data)
    theirs.refresh_from_db()
    assert theirs.title == "Fremd"


def test_the_office_is_reminded_of_decisions_once_a_week_while_they_are_due(event, tree, cast):
    fields = {"event": event, "unit": tree.a, "created_at": NOW}
    done = Decision.objects.create(text="Fahne", office=office(), due_on=date(2026, 11, 20), **fields)
    Decision.objects.create(text="Kasse", office=office("treasurer"), due_on=date(2026, 11, 25), **fields)
    Decision.objects.create(text="Später", office=office(), due_on=date(2027, 3, 1), **fields)
    assert decision_reminders.write(NOW) == 2
    assert decision_reminders.write(NOW + timedelta(hours=3)) == 0
    relay(NOW)
    texts = {letter.to[0]: letter.body for letter in mail.outbox}
    assert "Fahne" in texts["aylin.kaya@example.org"] and "Später" not in texts["aylin.kaya@example.org"]
    assert "Kasse" in texts["theo.kasimir@example.org"]
    done.close(cast.secretary_a, NOW)
    assert decision_reminders.write(NOW + timedelta(days=7)) == 1


@pytest.mark.parametrize("page", ["planning:decision_list", "planning:office_outlook", "planning:request_list", "planning:meter"])
def test_lists_ask_a_constant_number_of_questions(page, event, tree, cast, sign_in):
    from tests.planning.life_access import request as asked

    class Place:
        unit, name, member = tree.a, "own", make.member("Eva Sommer", tree.a, email="eva@example.org", street="Weg 1")

    def more(n):
        for k in range(n):
            Decision.objects.create(event=event, unit=tree.a, office=office(), text=f"Fahne {k}", due_on=date(2026, 12, 1), created_at=NOW)
            asked(Place)
            make.appoint(make.user(f"Hanna Kurz{n}{k}"), "board", tree.a, ends_on=date(2027, 1, 5))

    client = sign_in(cast.officer)
    more(1)
    client.get(reverse(page))
    with CaptureQueriesContext(connection) as few:
        client.get(reverse(page))
    more(4)
    with CaptureQueriesContext(connection) as many:
        client.get(reverse(page))
    assert len(many) == len(few) <= 11, [query["sql"][:90] for query in many.captured_queries]


def test_who_cares_for_a_section_prints_no_address_of_its_members(event, tree, cast, sign_in):
    """They may invite them; where they live is known to those who care for their home."""
    karl = make.member("Karl Papier", tree.a, street="Weg 1", city="Altdorf")
    karl.memberships.create(unit=tree.youth, home=False, starts_on=karl.joined_on)
    evening = make.event(tree.youth, {"de": "Juso-Abend"}, SOON, kind="meeting")
    for person, printed in ((cast.section_lead, 0), (cast.officer, 1)):
        found = meetings.recipients(evening, person).letters
        assert found.count() == 1
        sign_in(person).get(reverse("planning:invite_letters", args=[evening.pk]))
        assert Reading.objects.filter(by=person).count() == printed


def test_nobody_invites_members_they_do_not_care_for(event, tree, cast):
    make.member("Eva Sommer", tree.a, email="eva@example.org")
    Carrier.objects.create(event=event, unit=tree.b)
    assert meetings.recipients(event, cast.secretary_a).mails.count() == 1
    assert meetings.recipients(event, cast.secretary_b).mails.count() == 0
