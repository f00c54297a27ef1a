"""Calendar feeds, read by two parsers that know nothing of each other and a check of the lines by RFC 5545."""

import io
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vobject
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from icalendar import Calendar

from education import announcing, calendars
from education.models import CalendarFeed, Event, EventKind, Registration
from membership import merging
from tests import factories as make

BERLIN = ZoneInfo("Europe/Berlin")
NOW = timezone.now()
SOON = NOW.replace(microsecond=0) + timedelta(days=20)


def local(*parts):
    return datetime(*parts, tzinfo=BERLIN)


def check_lines(content):
    """What RFC 5545 asks of lines (3.1), of the frame (3.4) and of each event (3.6.1)."""
    assert content.endswith(b"\r\n") and b"\n" not in content.replace(b"\r\n", b"")
    lines = content.decode().split("\r\n")[:-1]
    assert all(len(line.encode()) <= 75 for line in lines)
    unfolded = re.sub(r"\r\n[ \t]", "", content.decode()).split("\r\n")[:-1]
    assert unfolded[0] == "BEGIN:VCALENDAR" and unfolded[-1] == "END:VCALENDAR"
    assert {"VERSION:2.0", "CALSCALE:GREGORIAN"} <= set(unfolded) and any(line.startswith("PRODID:") for line in unfolded)
    assert all(re.match(r'[A-Z][A-Z0-9-]*(;[A-Z-]+=("[^"]*"|[^";:,]*))*:', line) for line in unfolded)
    assert not any(re.search(r"[\x00-\x08\x0a-\x1f\x7f]", line) for line in unfolded)
    events, inside = [], None
    for line in unfolded:
        if line == "BEGIN:VEVENT":
            inside = {}
        elif line == "END:VEVENT":
            events.append(inside)
            inside = None
        elif inside is not None:
            name = re.split("[;:]", line, maxsplit=1)[0]
            assert name not in inside, f"{name} twice"
            inside[name] = line.partition(":")[2]
    for event in events:
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "SUMMARY", "STATUS"} <= event.keys()
        assert all(re.fullmatch(r"\d{8}T\d{6}Z", event[name]) for name in ("DTSTAMP", "DTSTART", "DTEND", "LAST-MODIFIED"))
        assert event["DTSTART"] < event["DTEND"] and event["STATUS"] in ("CONFIRMED", "CANCELLED", "TENTATIVE")
    assert len({event["UID"] for event in events}) == len(events)
    return events


def parsed(content):
    """[(title, start, end, status)] in order, the same by both parsers and by our own reading."""
    one = [
        (str(e["SUMMARY"]), e["DTSTART"].dt.astimezone(UTC), e["DTEND"].dt.astimezone(UTC), str(e["STATUS"]))
        for e in Calendar.from_ical(content).walk("VEVENT")
    ]
    read = vobject.readOne(io.StringIO(content.decode()))
    other = [
        (e.summary.value, e.dtstart.value.astimezone(UTC), e.dtend.value.astimezone(UTC), e.status.value)
        for e in getattr(read, "vevent_list", [])
    ]
    own = [(e["DTSTART"], e["DTEND"]) for e in check_lines(content)]
    assert one == other and own == [tuple(f"{moment:%Y%m%dT%H%M%SZ}" for moment in row[1:3]) for row in one]
    return sorted(one)


def titles(content):
    return [row[0] for row in parsed(content)]


@pytest.fixture
def feed(tree, cast):
    """feed(unit, ..) gives a feed of the secretary of A."""

    def made(unit=None, kinds=(), **fields):
        owner = {"user": cast.secretary_a} if "member" not in fields else {}
        row = CalendarFeed.objects.create(**owner, unit=unit, language="de", created_at=NOW - timedelta(days=1), **fields)
        row.kinds.set(EventKind.objects.filter(slug__in=kinds))
        return row

    return made


def read(row, **headers):
    return Client().get(reverse("education:link_calendar_feed", args=[calendars.FEED.token(row.pk)]), headers=headers)


@pytest.mark.parametrize(
    "start, hours, utc",
    [
        (local(2027, 3, 28, 1, 30), 3, (0, 30)),  # the clocks go forward within the event
        (local(2027, 3, 28, 10), 2, (8, 0)),  # later on that day
        (local(2027, 3, 27, 19), 2, (18, 0)),  # the evening before
        (local(2027, 10, 31, 1), 4, (23, 0)),  # the clocks go back within it
        (local(2027, 10, 31, 2, 30), 1, (0, 30)),  # the first of two half past two
        (local(2027, 10, 31, 2, 30).replace(fold=1), 1, (1, 30)),  # the second
        (local(2027, 10, 31, 19), 2, (18, 0)),
    ],
)
def test_times_are_right_where_the_clocks_change(tree, start, hours, utc):
    event = make.event(tree.a, starts_at=start.astimezone(UTC), hours=hours)
    [(_title, begins, ends, _status)] = parsed(calendars.event_ics(event))
    assert (begins.hour, begins.minute) == utc and ends - begins == timedelta(hours=hours)
    assert begins.astimezone(BERLIN).replace(tzinfo=None) == start.replace(tzinfo=None, fold=0)


def test_a_course_has_an_entry_for_each_date(tree):
    event = make.event(tree.a, starts_at=SOON)
    announcing.set_dates(event, [{"starts_at": SOON + timedelta(days=n), "ends_at": SOON + timedelta(days=n, hours=2), "note": "Teil"} for n in range(3)])
    assert titles(calendars.event_ics(Event.objects.get())) == ["Studientag (1)", "Studientag (2)", "Studientag (3)"]


@pytest.mark.parametrize("title", ["Komma, Semikolon; Zeile\nzwei \\ Ende", "יום עיון: שלום, עולם; " * 5, "Ä" * 120, "😀" * 60, 'Anführung " und \x07 Klingel'])
def test_any_title_and_text_come_through_whole(tree, title):
    event = make.event(tree.a, title=title, texts={"de": title * 3}, place_text=title[:300])
    [(shown, *_rest)] = parsed(calendars.event_ics(event))
    assert shown.split() == title.replace("\x07", "").split()


def test_an_entry_keeps_its_uid_and_counts_its_changes(tree, cast, feed):
    row, event = feed(tree.a), make.event(tree.a, starts_at=SOON)
    before = check_lines(read(row).content)[0]
    dates = [{"starts_at": SOON + timedelta(hours=1), "ends_at": SOON + timedelta(hours=2), "note": ""}]
    announcing.change(event, {"titles": {"de": "Neu"}}, dates, [tree.a], 1, NOW)
    after = check_lines(read(row).content)[0]
    assert before["UID"] == after["UID"] and (before["SEQUENCE"], after["SEQUENCE"]) == ("0", "1") and before["DTSTART"] != after["DTSTART"]
    announcing.call_off(Event.objects.get(), "Sturm", cast.secretary_a, NOW)
    gone = check_lines(read(row).content)[0]
    assert (gone["UID"], gone["STATUS"], gone["SEQUENCE"]) == (before["UID"], "CANCELLED", "2") and "Sturm" in gone["DESCRIPTION"]


def test_a_feed_of_a_unit_follows_its_filter(tree, cast, feed):
    make.event(tree.a, title="A", starts_at=SOON)
    make.event(tree.b, title="B", starts_at=SOON, kind="course")
    make.event(tree.b, title="Mit A", starts_at=SOON, carriers=[tree.a])
    make.event(tree.district, title="Kreis", starts_at=SOON)
    make.event(tree.a, title="Entwurf", starts_at=SOON, state="draft")
    make.event(tree.a, title="Uralt", starts_at=SOON - timedelta(days=500))
    make.event(tree.foreign_branch, title="Fremd", starts_at=SOON)
    assert titles(read(feed(tree.a)).content) == ["A", "Mit A"]
    assert titles(read(feed(tree.district)).content) == ["Kreis"]
    assert titles(read(feed(tree.district, below=True)).content) == ["A", "B", "Kreis", "Mit A"]
    row = feed(tree.district, below=True, kinds=["course"])
    assert titles(read(row).content) == ["B"]
    Event.objects.filter(titles__de="A").update(kind=EventKind.objects.get(slug="course"))
    assert titles(read(row).content) == ["A", "B"]
    assert titles(read(feed(tree.foreign_branch)).content) == []


def test_ones_own_feed_has_the_units_one_acts_in_those_above_and_what_one_registered_for(tree, cast, feed):
    for unit in (tree.a, tree.b, tree.district, tree.youth, tree.foreign):
        make.event(unit, title=unit.name, starts_at=SOON)
    assert titles(read(feed()).content) == ["Altdorf", "Unterbezirk Musterstadt"]
    member = make.member("Aylin Kaya", tree.a)
    type(member).objects.filter(pk=member.pk).update(user=cast.secretary_a)
    registration = Registration.objects.create(event=Event.objects.get(unit=tree.b), member=member, state="waiting", asked_at=NOW)
    assert titles(read(feed()).content) == ["Altdorf", "Bergheim", "Unterbezirk Musterstadt"]
    Registration.objects.filter(pk=registration.pk).update(state="cancelled")
    assert titles(read(feed()).content) == ["Altdorf", "Unterbezirk Musterstadt"]


def test_a_member_without_an_account_has_a_feed_too(tree, feed):
    for unit in (tree.a, tree.b, tree.district, tree.youth, tree.foreign):
        make.event(unit, title=unit.name, starts_at=SOON)
    member = make.member("Anna Arndt", tree.a)
    row = feed(member=member)
    assert titles(read(row).content) == ["Altdorf", "Unterbezirk Musterstadt"]
    member.memberships.create(unit=tree.youth, home=False, starts_on=member.joined_on)
    assert titles(read(row).content) == ["Altdorf", "Jusos", "Unterbezirk Musterstadt"]
    type(member).objects.filter(pk=member.pk).update(status="left")
    assert read(row).status_code == 410


def test_the_online_link_stands_only_with_those_who_have_a_place(tree, feed):
    member = make.member("Anna Arndt", tree.a)
    event = make.event(tree.a, starts_at=SOON, online_url="https://meet.example.org/raum")
    row = feed(member=member)
    registration = Registration.objects.create(event=event, member=member, state="waiting", asked_at=NOW)
    assert b"meet.example" not in read(row).content and b"meet.example" not in calendars.event_ics(event)
    before = read(row)["ETag"]
    Registration.objects.filter(pk=registration.pk).update(state="confirmed")
    answer = read(row, **{"if-none-match": before})
    assert answer.status_code == 200 and b"meet.example.org/raum" in answer.content.replace(b"\r\n ", b"")
    assert b"meet.example.org/raum" in calendars.event_ics(event, with_link=True).replace(b"\r\n ", b"")


def test_there_are_no_names_in_a_feed(tree, cast, feed):
    place = make.place(tree.a, key_holder="Helga Hausmeister, 0351 99887")
    event = make.event(tree.a, starts_at=SOON, place=place, by=cast.secretary_a)
    Registration.objects.create(event=event, member=make.member("Canaria Vogel", tree.a, email="c@vogel.example"), state="confirmed", asked_at=NOW)
    Registration.objects.create(event=event, name="Gustav Gast", email="gast@example.org", state="confirmed", asked_at=NOW)
    text = read(feed(tree.a)).content.decode()
    for name in ("Canaria", "Vogel", "vogel.example", "Gustav", "gast@", "Helga", "99887", "Aylin", "Kaya", "aylin", "ORGANIZER", "ATTENDEE"):
        assert name not in text


def test_what_did_not_change_is_not_sent_again(tree, cast, feed):
    row, event = feed(tree.a), make.event(tree.a, starts_at=SOON, place=make.place(tree.a), changed_at=NOW - timedelta(days=2))
    first = read(row)
    assert first.status_code == 200 and first["ETag"] and first["Last-Modified"] and first["Content-Type"] == "text/calendar; charset=utf-8"
    again = read(row, **{"if-none-match": first["ETag"]})
    assert again.status_code == 304 and not again.content and again["ETag"] == first["ETag"]
    assert read(row, **{"if-modified-since": first["Last-Modified"]}).status_code == 304
    assert read(row).content == first.content
    event.place.name = "Neuer Saal"
    announcing.save_place(event.place, NOW)
    changed = read(row, **{"if-none-match": first["ETag"]})
    assert changed.status_code == 200 and b"Neuer Saal" in changed.content
    assert read(row, **{"if-modified-since": first["Last-Modified"]}).status_code == 200


def test_a_revoked_or_invented_address_gives_nothing(tree, cast, feed, sign_in):
    row = feed(tree.a)
    address = reverse("education:link_calendar_feed", args=[calendars.FEED.token(row.pk)])
    assert Client().get(address).status_code == 200 and Client().get(address.replace("/calendar/", "/calendar/x", 1)).status_code == 404
    assert Client().get(reverse("education:link_calendar_feed", args=[f"{row.pk}.AAAA"])).status_code == 404
    assert Client().post(address).status_code == 405
    assert sign_in(cast.chair_a).post(reverse("education:calendar_revoke", args=[row.pk])).status_code == 404
    sign_in(cast.secretary_a).post(reverse("education:calendar_revoke", args=[row.pk]))
    assert Client().get(address).status_code == 410
    other = feed(tree.a)
    type(cast.secretary_a).objects.filter(pk=cast.secretary_a.pk).update(is_active=False)
    assert read(other).status_code == 410


def test_who_loses_the_office_reads_no_more_events(tree, cast, feed):
    row = feed(tree.a)
    make.event(tree.a, title="A", starts_at=SOON)
    assert titles(read(row).content) == ["A"]
    cast.secretary_a.appointments.update(ends_on=timezone.localdate())
    assert titles(read(row).content) == []


def test_a_feed_is_made_from_the_filter_of_the_list_and_not_twice(tree, cast, sign_in):
    client, address = sign_in(cast.officer), reverse("education:calendar_list")
    course = EventKind.objects.get(slug="course").pk
    form = client.get(address, {"unit": "altdorf", "kind": "course"}).context["form"]
    assert form["unit"].value() == "altdorf" and form["kinds"].value() == [course]
    for _click in range(2):
        client.post(f"{address}?unit=altdorf", {"unit": "altdorf", "below": "on", "kinds": [course]})
    feed = CalendarFeed.objects.get()
    assert (feed.user, feed.unit, feed.below, [kind.pk for kind in feed.kinds.all()]) == (cast.officer, tree.a, True, [course])
    page = client.get(address).content.decode()
    assert calendars.feed_address(feed) in page and "webcal://" in page
    assert client.post(address, {"unit": "fremdorf"}).status_code == 422
    assert feed.pk not in [row["feed"].pk for row in sign_in(cast.admin).get(address).context["rows"]]


def test_a_member_makes_and_revokes_the_own_calendar_by_link(tree):
    member = make.member("Anna Arndt", tree.a)
    address = calendars.page_address(member, timezone.localdate()).removeprefix(settings.BASE_URL)
    assert Client().get(address).status_code == 200 and not CalendarFeed.objects.exists()
    Client().post(address)
    row = CalendarFeed.objects.get()
    assert calendars.feed_address(row) in Client().get(address).content.decode()
    other = CalendarFeed.objects.create(member=make.member("Bruno Blau", tree.a), language="de", created_at=NOW)
    Client().post(address, {"revoke": other.pk})
    assert CalendarFeed.objects.get(pk=other.pk).revoked_at is None
    Client().post(address, {"revoke": row.pk})
    assert read(row).status_code == 410
    old = calendars.page_address(member, timezone.localdate() - calendars.DAYS - timedelta(days=1)).removeprefix(settings.BASE_URL)
    assert Client().get(old).status_code == 410 and Client().get(address + "x").status_code == 404


def test_reading_a_feed_takes_a_constant_number_of_queries(tree, feed):
    row = feed(tree.district, below=True)
    make.event(tree.a, starts_at=SOON)

    def count():
        with CaptureQueriesContext(connection) as sent:
            assert read(row).status_code == 200
        return len(sent)

    count()
    few = count()
    for n in range(30):
        make.event(tree.b, starts_at=SOON + timedelta(days=n), place=make.place(tree.a, f"Raum {n}"), carriers=[tree.a])
    assert count() == few <= 10


def test_it_is_noted_when_a_feed_was_last_read(tree, feed):
    row = feed(tree.a)
    read(row)
    row.refresh_from_db()
    assert timezone.now() - row.read_at < timedelta(minutes=1)


def test_a_file_speaks_the_language_of_its_reader(tree):
    event = make.event(tree.a, title={"de": "Studientag", "he": "יום עיון"})
    address = reverse("education:event_page_ics", args=[event.key])
    assert titles(Client().get(address, {"lang": "he"}).content) == ["יום עיון"]
    answer = Client().get(address, {"lang": "de"})
    assert titles(answer.content) == ["Studientag"] and answer["Content-Disposition"].startswith("attachment")
    with translation.override("he"):
        assert "יום עיון" in calendars.event_ics(event).decode()


def test_feeds_follow_a_merge(tree, cast):
    stays, goes = make.member("Anna Arndt", tree.a), make.member("Anna Arnt", tree.a)
    row = CalendarFeed.objects.create(member=goes, language="de", created_at=NOW)
    merging.merge(stays.pk, goes.pk, cast.admin, NOW)
    row.refresh_from_db()
    assert row.member_id == stays.pk
