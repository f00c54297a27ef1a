"""One timeline of a member: everything that happened, who did it, from what to what, filtered and paged."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from branches.models import Office
from cockpit import timeline
from common import prepared
from common.labels import localized
from membership import correcting, own_data, transfers
from membership.models import Application, Ask, Change, ListImport, Member, Membership, Reading
from onboarding import journeys
from onboarding.models import Contact, Escalation
from outbox.models import Message
from tests import factories as make

TODAY = make.TODAY
NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
ALL = frozenset({"phone", "email", "street", "family_name", "status", "home_unit", "left_on"})


@pytest.fixture(autouse=True)
def sunday():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def anna(tree, cast):
    return make.member("Anna Arndt", tree.a, joined_on=date(2026, 10, 3), email="anna@example.org")


def read(member, seen=ALL, cares=True, **params):
    member = Member.objects.get(pk=member.pk)
    chosen = timeline.chosen(member, cares, params)
    [found] = prepared.together(timeline.question(member, chosen, TODAY))
    with translation.override("en"):
        return timeline.shown(found, chosen, seen, cares)


def texts(member, **options):
    return [entry["text"] for entry in read(member, **options)["entries"]]


def test_a_move_is_told_from_unit_to_unit_whoever_wrote_it(anna, tree, cast):
    transfers.move(anna, tree.b, TODAY, cast.officer, NOW, note="Ist umgezogen")
    listed = ListImport.objects.create(unit=tree.district, by=cast.admin, file_name="l.csv", list_date=date(2026, 11, 1))
    anna.changes.create(
        kind="moved", at=NOW - timedelta(days=1), list_import=listed, before={"home_unit_id": tree.b.pk}, after={"home_unit_id": tree.a.pk}
    )
    first, second, _joined = read(anna)["entries"]
    assert (first["text"], first["by"], first["note"]) == ("Moved: Altdorf → Bergheim", "Oskar Blume", "Ist umgezogen")
    assert second["text"].startswith("Moved: Bergheim → Altdorf, by the list of") and second["by"] is None
    assert "umgezogen" not in str(read(anna, cares=False))


def test_joining_is_told_even_where_no_record_began_then(anna, cast):
    """By the first list of a unit people come who joined long ago; who is entered in time has it once."""
    Member.objects.filter(pk=anna.pk).update(joined_on=date(1990, 5, 1), joined_estimated=True)
    anna.changes.create(kind="joined", at=NOW, after={})
    assert [(entry["on"], entry["text"], entry["note"]) for entry in read(anna)["entries"]] == [
        (TODAY, "Joined", ""), (date(1990, 5, 1), "Joined", "join date estimated"),
    ]  # fmt: skip
    Member.objects.filter(pk=anna.pk).update(joined_on=TODAY - timedelta(days=30))
    assert texts(anna) == ["Joined"]
    Member.objects.filter(pk=anna.pk).update(status="applicant")
    anna.changes.all().delete()
    assert texts(anna) == []


def test_sections_are_told_with_their_names_and_write_changes(anna, tree, cast, sign_in):
    client = sign_in(cast.officer)
    client.post(f"/members/{anna.pk}/sections/add/", {"unit": "jusos", "starts_on": "2026-11-01"})
    period = anna.memberships.get(home=False)
    client.post(f"/sections/{period.pk}/end/", {"ends_on": "2026-11-20"})
    assert texts(anna) == ["Left a section: Jusos", "Came to a section: Jusos", "Joined"]
    assert list(anna.changes.values_list("kind", "by").order_by("pk")) == [("section_in", cast.officer.pk), ("section_out", cast.officer.pk)]


def test_two_who_end_a_section_at_once_overwrite_nothing(anna, tree, cast):
    period = Membership.objects.join_section(anna, tree.youth, date(2026, 1, 1), cast.officer, NOW)
    same = Membership.objects.get(pk=period.pk)
    period.end(date(2026, 6, 1), cast.officer, NOW)
    with pytest.raises(ValidationError):
        same.end(date(2026, 7, 1), cast.admin, NOW)
    same.refresh_from_db()
    assert same.ends_on == date(2026, 6, 1) and anna.changes.count() == 2


def test_status_and_data_are_told_from_what_to_what(anna, cast):
    anna.changes.create(kind="status", at=NOW, by=cast.officer, before={"status": "guest"}, after={"status": "full"})
    correcting.correct(anna.pk, {"phone": "12"}, {"phone": ""}, cast.secretary_a, NOW - timedelta(hours=1))
    entries = read(anna)["entries"]
    assert [(entry["text"], entry["note"]) for entry in entries] == [
        ("Status changed", "status: guest member → full member"), ("Data changed", "phone: – → 12"),
    ]  # fmt: skip
    assert "12" not in str(read(anna, seen=ALL - {"phone"}))


def test_what_members_correct_themselves_is_told_as_theirs(anna, cast):
    own_data.ask([anna.pk], cast.secretary_a, NOW)
    own_data.answer(Ask.objects.get(), {"street": "Neue Gasse", "family_name": "Neu"}, {"street": "", "family_name": "Arndt"}, NOW)
    found = {entry["text"]: entry for entry in read(anna)["entries"]}
    assert found["Data changed"]["by"] == "the member" and "Neue Gasse" in found["Data changed"]["note"]
    assert found["Proposed correction: waiting for an office"]["note"].endswith("Arndt → Neu")
    assert "Looked at their own data" in found and any(text.startswith("Mail:") for text in found)
    assert not [text for text in texts(anna, cares=False) if text.startswith("Mail:")]


def test_steps_contacts_reminders_and_what_was_left_out_are_told(anna, tree, cast):
    journeys.start_due(TODAY)
    step = anna.journeys.get().steps.first()
    Escalation.objects.create(journey_step=step, level=7, told_at=NOW - timedelta(days=3), skipped="Nobody holds this office or stands in for it.")
    Escalation.objects.create(journey_step=step, level=14, told_at=NOW - timedelta(days=2), office=Office.objects.get(slug="chair"))
    Contact.objects.log(anna, cast.secretary_a, TODAY - timedelta(days=1), result="not_reached", note="War weg")
    step.tick(cast.chair_a, TODAY, NOW)
    told = read(anna)["entries"]
    name = localized(step.step.labels, "en")
    assert told[0]["text"] == f"{name}: done" and told[0]["by"] == "Carla Winter"
    assert (told[1]["text"], told[1]["note"], told[1]["by"]) == ("Call, not reached", "War weg", "Aylin Kaya")
    assert told[2]["text"] == f"Reminder to Chair: {name}"
    assert told[3]["text"] == f"Reminder after 7 days left out: {name}" and "Nobody holds" in told[3]["note"]
    assert {entry["text"] for entry in told[4:]} == {"Arriving began: joined", "Joined"} and len(told) == 6
    assert "War weg" not in str(read(anna, cares=False)) and "Call, not reached" not in texts(anna, cares=False)


def test_offices_mails_transfers_and_applications_are_told(anna, tree, cast):
    anna.user = cast.treasurer_a
    anna.save()
    Message.objects.create(kind="digest", key="d", recipient=cast.treasurer_a, due_at=NOW, state="sent", sent_at=NOW)
    anna.transfers.create(
        from_unit=tree.a, to_unit=tree.b, decider=tree.district, moves_on=TODAY, reason="Umzug", exception=False, requested_by=cast.secretary_a,
        requested_on=date(2026, 11, 1), answer_until=TODAY, state="refused", closed_on=date(2026, 11, 5), decided_by=cast.officer,
    )  # fmt: skip
    Application.objects.create(
        unit=tree.a, member=anna, source="form", state="accepted", received_on=date(2026, 9, 1), decided_on=date(2026, 10, 1),
        decided_by=cast.chair_a, admitted_on=date(2026, 10, 3),
    )  # fmt: skip
    told = [(entry["text"], entry["by"]) for entry in read(anna)["entries"]]
    assert told == [
        ("Mail: Weekly digest, sent", None),
        ("Move from Altdorf to Bergheim: refused", "Oskar Blume"),
        ("Move from Altdorf to Bergheim: asked", "Aylin Kaya"),
        ("Joined", None),
        ("Application to Altdorf: accepted", "Carla Winter"),
        ("Application to Altdorf: received", None),
        ("Treasurer, Altdorf: began", None),
    ]


def test_topics_are_links_and_show_theirs_alone(anna, cast):
    Contact.objects.log(anna, cast.secretary_a, TODAY)
    anna.changes.create(kind="joined", at=NOW, after={})
    anna.changes.create(kind="changed", at=NOW, after={})
    assert texts(anna, topic="contact") == ["Call, reached"]
    assert texts(anna, topic="membership") == ["Joined"] and texts(anna, topic="data") == ["Data changed"]
    assert texts(anna, topic="arriving") == [] and len(texts(anna, topic="nonsense")) == 3
    shown = read(anna, topic="contact")["topics"]
    assert [topic["current"] for topic in shown if topic["url"] == "?topic=contact#happened"] == [True]
    assert "contact" not in str([topic["url"] for topic in read(anna, cares=False)["topics"]]) and len(texts(anna, cares=False, topic="contact")) == 2


@pytest.mark.parametrize("topic", timeline.TOPICS)
def test_each_topic_can_be_asked_alone(topic, anna, cast):
    """Also where nobody stands behind any entry, as with mails."""
    anna.user = cast.treasurer_a
    anna.save()
    Message.objects.create(kind="digest", key="d", recipient=cast.treasurer_a, due_at=NOW, state="sent", sent_at=NOW)
    assert len(texts(anna, topic=topic)) == {"": 3, "membership": 1, "mail": 1, "office": 1}.get(topic, 0)


@pytest.mark.parametrize("topic", ["", "data"])
def test_older_entries_come_page_by_page_none_lost_and_none_twice(topic, anna, cast):
    """Also where many have the same moment, as after a list."""
    Change.objects.bulk_create(
        Change(member=anna, kind="changed", at=NOW - timedelta(minutes=n // 7), after={"phone": f"n{n}"}) for n in range(100)
    )
    if not topic:
        Contact.objects.bulk_create(Contact(member=anna, by=cast.admin, on=TODAY - timedelta(days=n // 5), note=f"n{100 + n}") for n in range(50))
    found, params, queries = [], {"topic": topic}, set()
    while True:
        read(anna, **params)  # whatever is prepared once for each connection
        with CaptureQueriesContext(connection) as asked:
            shown = read(anna, **params)
        queries.add(len(asked))
        found += [entry["note"].rpartition("n")[2] for entry in shown["entries"]]
        if not shown["older_url"]:
            break
        key = shown["older_url"].partition("before=")[2].partition("#")[0]
        params["before"] = key.replace("%3A", ":").replace("%2B", "+").replace("%7E", "~")
    assert len(found) == len(set(found)) == (100 if topic else 151)
    assert queries == {2}  # the member and the timeline
    assert shown["newer_url"]


@pytest.mark.parametrize("before", ["x", "~", "2026-11-22~1", "2026-13-45T00:00:00+00:00~1", "2026-11-22T10:00:00+00:00~" + "9" * 30, "\0~1"])
def test_an_address_that_makes_no_sense_shows_the_newest(before, anna, cast):
    anna.changes.create(kind="joined", at=NOW, after={})
    assert texts(anna, before=before) == ["Joined"]


# --- the page --------------------------------------------------------------------------------------------------------


def test_member_detail_is_noted_once_for_a_view(anna, cast, sign_in):
    client, address = sign_in(cast.secretary_a), f"/members/{anna.pk}/"
    client.head(address)
    assert not Reading.objects.exists()
    for _double in range(2):
        client.get(address)
    assert [(r.by, r.what, r.members) for r in Reading.objects.all()] == [(cast.secretary_a, "page", [anna.pk])]
    assert sign_in(cast.secretary_b).get(address).status_code == 404 and Reading.objects.count() == 1
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        sign_in(cast.secretary_a).get(address)
    assert Reading.objects.count() == 2


def test_member_detail_of_oneself_is_not_noted(anna, cast, sign_in):
    anna.user = cast.secretary_a
    anna.save()
    assert sign_in(cast.secretary_a).get(f"/members/{anna.pk}/").status_code == 200
    assert not Reading.objects.exists()


def test_member_detail_shows_the_next_page_of_what_happened(anna, cast, sign_in):
    Change.objects.bulk_create(Change(member=anna, kind="changed", at=NOW - timedelta(days=n), after={"phone": f"Nummer{n}"}) for n in range(40))
    client = sign_in(cast.secretary_a)
    first = client.get(f"/members/{anna.pk}/")
    assert "Nummer29" in first.text and "Nummer30" not in first.text
    second = client.get(f"/members/{anna.pk}/" + first.context["older_url"].partition("#")[0])
    assert "Nummer30" in second.text and "Nummer29" not in second.text and not second.context["older_url"]


def test_member_detail_stops_and_resumes_the_escalation_of_a_step(anna, cast, sign_in):
    journeys.start_due(TODAY)
    step, client = anna.journeys.get().steps.first(), sign_in(cast.secretary_a)
    address = f"/steps/{step.pk}/escalation/"
    assert address in client.get(f"/members/{anna.pk}/").text
    client.post(address, {"do": "stop"})
    page = client.get(f"/members/{anna.pk}/")
    assert 'value="resume"' in page.text and page.context["checks"][0]["stopped"]
    client.post(address, {"do": "resume"})
    assert not client.get(f"/members/{anna.pk}/").context["checks"][0]["stopped"]
    assert address not in sign_in(cast.treasurer_a).get(f"/members/{anna.pk}/").text


@pytest.mark.parametrize("who, ask, information", [("secretary_a", True, True), ("treasurer_a", False, False)])
def test_member_detail_leads_to_who_can_see_and_to_information(who, ask, information, anna, cast, sign_in):
    text = sign_in(getattr(cast, who)).get(f"/members/{anna.pk}/").text
    assert f"/members/{anna.pk}/seen-by/" in text
    assert (f"/members/{anna.pk}/ask/" in text) is ask and (f"/members/{anna.pk}/information/" in text) is information


def test_member_detail_tells_when_the_member_looked_and_what_waits(anna, cast, sign_in):
    own_data.ask([anna.pk], cast.secretary_a, timezone.now())
    own_data.answer(Ask.objects.get(), {"family_name": "Neu"}, {"family_name": "Arndt"}, timezone.now())
    page = sign_in(cast.secretary_a).get(f"/members/{anna.pk}/")
    assert page.context["answered_at"] and page.context["proposed"] == 1 and "/proposals/" in page.text
