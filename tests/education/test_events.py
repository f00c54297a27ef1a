"""Events: the list, writing by two at once, series over the change of clocks, announcing, calling off, files, the public page, the poster."""

import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from education import announcing, event_panels
from education.models import Carrier, Document, Event, EventDate, EventKind, Registration
from tests import factories as make

BERLIN = ZoneInfo("Europe/Berlin")
NOW = timezone.now()
SOON = NOW + timedelta(days=20)


def local(*parts):
    return datetime(*parts, tzinfo=BERLIN)


def posted(unit, **fields):
    """What the form of an event sends, for the kind of study days on 14 March 2027."""
    kind = EventKind.objects.get(slug="study_day")
    return {
        "version": 1, "kind": kind.pk, "unit": unit.pk, "audience": "members", "title_de": "Studientag", "approval_days": 7, "offer_hours": 48,
        "dates-TOTAL_FORMS": 2, "dates-INITIAL_FORMS": 1, "dates-0-day": "2027-03-14", "dates-0-starts": "10:00", "dates-0-ends": "16:00",
        "dates-1-day": "", "dates-1-starts": "", "dates-1-ends": "", **fields,
    }  # fmt: skip


def test_an_event_is_written_as_a_draft_in_one_language(tree, cast, sign_in):
    answer = sign_in(cast.secretary_a).post(reverse("education:event_add"), posted(tree.a, fee="12,50", seats="20"))
    event = Event.objects.get()
    assert answer.status_code == 302 and event.state == "draft" and event.titles == {"de": "Studientag"}
    assert (event.fee_cents, event.seats, event.by) == (1250, 20, cast.secretary_a)
    assert event.starts_at == local(2027, 3, 14, 10) and event.ends_at == local(2027, 3, 14, 16)
    assert list(event.carriers.values_list("unit", flat=True)) == [tree.a.pk]


def test_a_course_has_several_dates_and_a_night_ends_on_the_next_day(tree, cast, sign_in):
    more = {"dates-1-day": "2027-03-13", "dates-1-starts": "20:00", "dates-1-ends": "01:00", "dates-1-note": "Nachtwanderung"}
    sign_in(cast.secretary_a).post(reverse("education:event_add"), posted(tree.a, **more))
    event = Event.objects.get()
    assert [(d.starts_at, d.ends_at) for d in event.dates.all()] == [
        (local(2027, 3, 13, 20), local(2027, 3, 14, 1)), (local(2027, 3, 14, 10), local(2027, 3, 14, 16)),
    ]  # fmt: skip
    assert (event.starts_at, event.ends_at) == (local(2027, 3, 13, 20), local(2027, 3, 14, 16))


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"title_de": ""}, "title_de"),
        ({"dates-0-day": ""}, "day"),
        ({"dates-0-day": "2027-03-28", "dates-0-starts": "02:30", "dates-0-ends": "04:00"}, "clocks change"),
        ({"dates-0-day": "2027-10-31", "dates-0-starts": "02:30", "dates-0-ends": "04:00"}, "clocks change"),
        ({"dates-1-day": "2027-03-14", "dates-1-starts": "10:00", "dates-1-ends": "12:00"}, "same time"),
        ({"seats": "0"}, "no limit"),
        ({"dates-0-ends": "25:99"}, "time"),
        ({"dates-0-starts": "18:00", "dates-0-ends": "17:00"}, "several days"),
        ({"online_url": "javascript:alert(1)"}, "URL"),
    ],
)
def test_what_makes_no_sense_is_told_and_nothing_is_saved(tree, cast, client, fields, words):
    client.force_login(make.appoint(make.user("Erna English", "en"), "secretary", tree.a).user, "django.contrib.auth.backends.ModelBackend")
    answer = client.post(reverse("education:event_add"), posted(tree.a, **fields))
    assert answer.status_code == 422 and words in answer.content.decode() and not Event.objects.exists()


def test_an_event_is_carried_only_by_units_the_writer_sees(tree, cast, sign_in):
    answer = sign_in(cast.secretary_a).post(reverse("education:event_add"), posted(tree.a, carriers=[tree.b.pk]))
    assert answer.status_code in (302, 422) and not Carrier.objects.filter(unit=tree.b).exists()
    answer = sign_in(cast.secretary_a).post(reverse("education:event_add"), posted(tree.foreign_branch))
    assert answer.status_code == 422 and not Event.objects.filter(unit=tree.foreign_branch).exists()
    sign_in(cast.officer).post(reverse("education:event_add") + "?unit=musterstadt", posted(tree.district, carriers=[tree.a.pk, tree.b.pk]))
    assert set(Event.objects.get(unit=tree.district).carriers.values_list("unit", flat=True)) == {tree.district.pk, tree.a.pk, tree.b.pk}


def test_who_does_not_see_a_carrier_does_not_take_it_out(tree, cast, sign_in):
    event = make.event(tree.a, carriers=[tree.b], state="draft")
    Carrier.objects.filter(event=event, unit=tree.b).update(share=3)
    assert sign_in(cast.secretary_a).post(reverse("education:event_edit", args=[event.pk]), posted(tree.a)).status_code == 302
    assert Carrier.objects.get(event=event, unit=tree.b).share == 3
    assert Event.objects.get().titles == {"de": "Studientag"} and Event.objects.get().starts_at == local(2027, 3, 14, 10)


def test_the_second_of_two_who_write_at_once_is_told_and_decides(tree, cast):
    event = make.event(tree.a, title="Alt")
    first, second = Client(), Client()
    for client, person in ((first, cast.secretary_a), (second, cast.chair_a)):
        client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    address = reverse("education:event_edit", args=[event.pk])
    assert first.post(address, posted(tree.a, title_de="Erste", seats="30")).status_code == 302
    answer = second.post(address, posted(tree.a, title_de="Zweite"))
    assert answer.status_code == 409 and "Erste" in answer.content.decode() and "30" in answer.content.decode()
    assert Event.objects.get().titles == {"de": "Erste"}
    assert second.post(address, posted(tree.a, title_de="Zweite", version=answer.context["form"].data["version"])).status_code == 302
    assert Event.objects.get().titles == {"de": "Zweite"} and Event.objects.get().version == 3


# --- series ---


def test_a_series_keeps_its_hour_over_the_change_of_clocks(tree, cast, sign_in):
    event = make.event(tree.a, starts_at=local(2027, 3, 16, 19), registers_until=local(2027, 3, 14, 12))
    made = announcing.repeat(event, announcing.days_of(date(2027, 3, 16), {"weeks": 2}, times=4), cast.secretary_a, NOW)
    starts = [timezone.localtime(one.starts_at) for one in made]
    assert [(one.day, one.month, one.hour) for one in starts] == [(30, 3, 19), (13, 4, 19), (27, 4, 19)]
    assert made[0].starts_at.astimezone(UTC).hour == 17 and event.starts_at.astimezone(UTC).hour == 18
    assert timezone.localtime(made[0].registers_until) == local(2027, 3, 28, 12)
    assert {one.state for one in made} == {"open"} and {one.series for one in made} == {Event.objects.get(pk=event.pk).series}
    assert all(one.carriers.get().unit == tree.a for one in made)
    assert announcing.repeat(event, announcing.days_of(date(2027, 3, 16), {"weeks": 2}, times=4), cast.secretary_a, NOW) == []


def test_a_series_falls_on_the_same_weekday_of_the_month():
    days = announcing.days_of(date(2026, 12, 8), {"months": 1}, times=5)
    assert [str(day) for day in days] == ["2027-01-12", "2027-02-09", "2027-03-09", "2027-04-13"]
    assert [str(day) for day in announcing.days_of(date(2026, 12, 29), {"months": 1}, times=4)] == ["2027-01-26", "2027-02-23", "2027-03-30"]
    assert announcing.days_of(date(2026, 12, 8), {"weeks": 1}, until=date(2026, 12, 21)) == [date(2026, 12, 15)]
    assert len(announcing.days_of(date(2026, 12, 8), {"weeks": 1}, until=date(2036, 12, 21))) == announcing.MOST_REPEATS


def test_the_days_of_a_series_are_shown_before_they_are_made(tree, cast, sign_in):
    event = make.event(tree.a, state="draft", starts_at=local(2027, 1, 12, 19))
    client, address = sign_in(cast.secretary_a), reverse("education:event_repeat", args=[event.pk])
    answer = client.get(address, {"every": "w2", "times": "3", "until": ""})
    assert answer.context["days"] == [date(2027, 1, 26), date(2027, 2, 9)] and Event.objects.count() == 1
    assert client.post(address, {"every": "w2", "times": "3", "until": ""}).status_code == 302
    assert Event.objects.count() == 3 and set(Event.objects.values_list("state", flat=True)) == {"draft"}
    assert client.get(address, {"every": "w2"}).status_code == 422


def test_a_change_goes_to_those_that_follow_and_leaves_what_stands_alone(tree, cast):
    event = make.event(tree.a, starts_at=local(2027, 3, 16, 19), seats=10)
    one, two = announcing.repeat(event, [date(2027, 3, 23), date(2027, 3, 30)], cast.secretary_a, NOW)
    Event.objects.filter(pk=two.pk).update(place_text="Garten")
    dates = [{"starts_at": local(2027, 3, 23, 18, 30), "ends_at": local(2027, 3, 23, 21), "note": ""}]
    fields = {"seats": 25, "place_text": "", "titles": one.titles}
    assert announcing.change(one, fields, dates, [tree.a], 1, NOW, following=True) == 2
    event.refresh_from_db(), two.refresh_from_db()
    assert (event.seats, event.starts_at) == (10, local(2027, 3, 16, 19))
    assert (two.seats, two.place_text, two.starts_at, two.version) == (25, "Garten", local(2027, 3, 30, 18, 30), 2)
    assert EventDate.objects.get(event=two).starts_at == local(2027, 3, 30, 18, 30)


def test_a_date_that_stays_keeps_its_row(tree):
    event = make.event(tree.a, starts_at=local(2027, 3, 16, 19))
    row = event.dates.get()
    kept = {"starts_at": row.starts_at, "ends_at": row.ends_at + timedelta(hours=1), "note": "länger"}
    more = {"starts_at": local(2027, 3, 15, 19), "ends_at": local(2027, 3, 15, 21), "note": ""}
    announcing.set_dates(event, [kept, more])
    assert event.dates.get(pk=row.pk).note == "länger" and event.dates.count() == 2
    announcing.set_dates(event, [{**more, "starts_at": local(2027, 4, 1, 19), "ends_at": local(2027, 4, 1, 21)}])
    assert event.dates.count() == 1 and Event.objects.get().starts_at == local(2027, 4, 1, 19)


# --- announcing and calling off ---


def test_announcing_shows_it_to_the_party_and_taking_back_hides_it_while_nobody_registered(tree, cast, sign_in):
    event = make.event(tree.a, state="draft")
    assert sign_in(cast.secretary_b).get(event.get_absolute_url()).status_code == 404
    sign_in(cast.secretary_a).post(reverse("education:event_publish", args=[event.pk]))
    assert sign_in(cast.secretary_b).get(event.get_absolute_url()).status_code == 200
    sign_in(cast.secretary_a).post(reverse("education:event_take_back", args=[event.pk]))
    assert Event.objects.get().state == "draft"
    Event.objects.get().publish(NOW)
    Registration.objects.create(event=event, member=make.member("Anna Arndt", tree.a), state="confirmed", asked_at=NOW)
    sign_in(cast.secretary_a).post(reverse("education:event_take_back", args=[event.pk]))
    assert Event.objects.get().state == "open"


def test_an_event_is_called_off_once_with_its_reason(tree, cast, sign_in):
    event, told = make.event(tree.a), []
    announcing._called_off.append(lambda *given: told.append(given))
    try:
        answer = sign_in(cast.secretary_a).post(reverse("education:event_cancel", args=[event.pk]), {"reason": ""})
        assert answer.status_code == 422 and Event.objects.get().state == "open"
        for _click in range(2):
            sign_in(cast.secretary_a).post(reverse("education:event_cancel", args=[event.pk]), {"reason": "Saal überflutet"})
    finally:
        announcing._called_off.pop()
    event.refresh_from_db()
    assert (event.state, event.cancel_reason, len(told)) == ("cancelled", "Saal überflutet", 1)
    assert "Saal überflutet" in Client().get(reverse("education:event_page", args=[event.key])).content.decode()
    assert sign_in(cast.secretary_a).get(reverse("education:event_edit", args=[event.pk])).status_code == 302


def test_a_whole_series_is_called_off_from_one_on(tree, cast, sign_in):
    event = make.event(tree.a, starts_at=SOON)
    days = [timezone.localdate(SOON) + timedelta(weeks=n) for n in (1, 2)]
    one, two = announcing.repeat(event, days, cast.secretary_a, NOW)
    sign_in(cast.secretary_a).post(reverse("education:event_cancel", args=[one.pk]), {"reason": "Ferien", "following": "on"})
    states = dict(Event.objects.values_list("pk", "state"))
    assert states == {event.pk: "open", one.pk: "cancelled", two.pk: "cancelled"}


def test_only_a_draft_is_thrown_away(tree, cast, sign_in):
    event, draft = make.event(tree.a), make.event(tree.a, state="draft")
    for one in (event, draft):
        sign_in(cast.secretary_a).post(reverse("education:event_drop", args=[one.pk]))
    assert list(Event.objects.all()) == [event]


def test_a_copy_of_another_units_event_brings_its_texts_but_not_its_online_link(tree, cast, sign_in):
    event = make.event(tree.b, title="Kopiervorlage", texts={"de": "Bringt Kuchen mit"}, online_url="https://meet.example.org/geheim")
    page = sign_in(cast.secretary_a).get(reverse("education:event_add"), {"copy": event.pk}).content.decode()
    assert "Kopiervorlage" in page and "Bringt Kuchen mit" in page and "geheim" not in page
    assert "geheim" in sign_in(cast.secretary_b).get(reverse("education:event_add"), {"copy": event.pk}).content.decode()
    assert "Kopiervorlage" not in sign_in(cast.foreign_officer).get(reverse("education:event_add"), {"copy": event.pk}).content.decode()


# --- the list and the page ---


def test_the_list_has_presets_and_filters(tree, cast, sign_in):
    past = make.event(tree.a, title="Vorbei", starts_at=NOW - timedelta(days=10))
    coming, draft = make.event(tree.b, title="Kommend", starts_at=SOON, kind="course"), make.event(tree.a, title="Skizze", state="draft")
    make.event(tree.foreign_branch, title="Fremd", starts_at=SOON)
    client, address = sign_in(cast.officer), reverse("education:event_list")

    def found(**asked):
        return [event.pk for event in client.get(address, asked).context["page"].rows]

    assert found() == [coming.pk] and found(show="past") == [past.pk] and found(show="drafts") == [draft.pk]
    assert found(unit="altdorf") == [] and found(unit="bergheim") == [coming.pk] and found(unit="musterstadt") == [coming.pk]
    assert found(kind="course") == [coming.pk] and found(kind="meeting") == []
    month = f"{timezone.localtime(SOON):%Y-%m}"
    assert found(month=month) == [coming.pk] and client.get(address, {"month": "2020-13", "unit": "\0", "kind": "x"}).status_code == 200
    assert client.get(address, {"counts": "1"}).context["presets"][0]["count"] == "1"
    assert "drafts" not in sign_in(cast.treasurer_a).get(address).content.decode()


def test_an_event_carried_by_two_units_stands_in_the_list_of_each_once(tree, cast, sign_in):
    event = make.event(tree.a, starts_at=SOON, carriers=[tree.b])
    client = sign_in(cast.officer)
    for slug in ("altdorf", "bergheim", "musterstadt"):
        assert [row.pk for row in client.get(reverse("education:event_list"), {"unit": slug}).context["page"].rows] == [event.pk]


def queries(client, address, **asked):
    client.get(address, asked)
    with CaptureQueriesContext(connection) as sent:
        assert client.get(address, asked).status_code == 200
    return len(sent)


def test_the_list_and_the_page_take_a_constant_number_of_queries(tree, cast, sign_in):
    client, address = sign_in(cast.officer), reverse("education:event_list")
    event = make.event(tree.a, starts_at=SOON, carriers=[tree.b], place=make.place(tree.a))
    few = queries(client, address), queries(client, event.get_absolute_url())
    for n in range(60):
        make.event(tree.b, starts_at=SOON + timedelta(hours=n), carriers=[tree.a, tree.district], place=make.place(tree.a, f"Raum {n}"))
    members = [make.member(f"Anna Nr{n}", tree.a) for n in range(30)]
    Registration.objects.bulk_create(Registration(event=event, member=member, state="confirmed", asked_at=NOW) for member in members)
    assert (queries(client, address), queries(client, event.get_absolute_url())) == few
    assert few[0] <= 10 and few[1] <= 12


def test_panels_show_to_those_they_are_for(tree, cast, sign_in, monkeypatch):
    monkeypatch.setattr(event_panels, "_panels", {})
    event_panels.add("education:event_poster", "Für alle", "users", event_panels.Needs.SEE)
    event_panels.add("education:event_repeat", "Für Tragende", "users", event_panels.Needs.KEEP)
    event_panels.add("education:event_edit", "Für Leitende", "users", event_panels.Needs.RUN, shown=lambda event: event.state == "open")
    event = make.event(tree.a, carriers=[tree.b])

    def seen(person):
        return [panel["label"] for panel in sign_in(person).get(event.get_absolute_url()).context["panels"]]

    assert seen(cast.treasurer_a) == ["Für alle"]
    assert seen(cast.secretary_b) == ["Für alle", "Für Tragende"]
    assert seen(cast.secretary_a) == ["Für alle", "Für Tragende", "Für Leitende"]


def test_the_online_link_is_for_those_who_keep_the_event(tree, cast, sign_in):
    event = make.event(tree.a, online_url="https://meet.example.org/raum", audience="public", carriers=[tree.b])
    for person, told in ((cast.secretary_a, True), (cast.secretary_b, True), (cast.section_lead, False)):
        assert ("meet.example.org/raum" in sign_in(person).get(event.get_absolute_url()).content.decode()) is told
    assert "meet.example.org" not in Client().get(reverse("education:event_page", args=[event.key])).content.decode()


# --- files ---


def hand_in(client, event, name, content, **more):
    return client.post(reverse("education:document_add", args=[event.pk]), {"file": SimpleUploadedFile(name, content), **more})


@pytest.mark.parametrize("name, content", [("seite.html", b"<script>alert(1)</script>"), ("falsch.pdf", b"<html>"), ("gross.txt", b"x" * (10 * 2**20 + 1))])
def test_files_of_other_kinds_and_too_large_ones_are_refused(tree, cast, sign_in, name, content):
    event = make.event(tree.a)
    assert hand_in(sign_in(cast.secretary_a), event, name, content).status_code == 422 and not Document.objects.exists()


def test_a_file_is_a_download_and_its_name_is_tame(tree, cast, sign_in):
    event, client = make.event(tree.a), sign_in(cast.secretary_a)
    hand_in(client, event, "../..\\\u202eAblauf <1>.pdf", b"%PDF-1.7", is_public="on")
    document = Document.objects.get()
    assert "/" not in document.name and "\\" not in document.name and "\u202e" not in document.name and "<" not in document.name
    answer = Client().get(reverse("education:event_document", args=[event.key, document.pk]))
    assert answer.content == b"%PDF-1.7" and answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment") and answer["X-Content-Type-Options"] == "nosniff"
    hand_in(client, event, "../..\\\u202eAblauf <1>.pdf", b"%PDF-2.0")
    assert bytes(Document.objects.get().content) == b"%PDF-2.0"


def test_a_file_for_members_opens_for_offices_and_registered_members_alone(tree, cast, sign_in):
    event = make.event(tree.a, audience="public", guests=True)
    hand_in(sign_in(cast.secretary_a), event, "intern.pdf", b"%PDF-")
    address = reverse("education:event_document", args=[event.key, Document.objects.get().pk])
    member = Registration.objects.create(event=event, member=make.member("Anna Arndt", tree.a), state="confirmed", asked_at=NOW)
    guest = Registration.objects.create(event=event, name="Gast", email="g@example.org", state="confirmed", asked_at=NOW)
    assert "intern.pdf" not in Client().get(reverse("education:event_page", args=[event.key])).content.decode()
    assert Client().get(address).status_code == 404 and Client().get(address, {"r": "x"}).status_code == 404
    page = Client().get(reverse("education:event_page", args=[event.key]), {"r": member.key}).content.decode()
    assert "intern.pdf" in page and f"?r={member.key}" in page
    assert Client().get(address, {"r": member.key}).status_code == 200 and Client().get(address, {"r": guest.key}).status_code == 404
    Registration.objects.filter(pk=member.pk).update(state="cancelled")
    assert Client().get(address, {"r": member.key}).status_code == 404
    assert sign_in(cast.secretary_b).get(address).status_code == 200 and sign_in(cast.foreign_officer).get(address).status_code == 404


# --- the page for everybody and the poster ---


def test_the_page_speaks_three_languages_and_only_public_ones_are_found_by_search(tree):
    event = make.event(tree.a, title={"de": "Studientag", "he": "יום עיון", "en": "Study day"}, audience="public")
    address = reverse("education:event_page", args=[event.key])
    for language, title, way in (("de", "Studientag", "ltr"), ("he", "יום עיון", "rtl"), ("en", "Study day", "ltr")):
        page = Client().get(address, {"lang": language}).content.decode()
        assert title in page and f'lang="{language}" dir="{way}"' in page and 'content="index"' in page
    Event.objects.update(audience="members")
    answer = Client().get(address)
    assert answer["X-Robots-Tag"] == "noindex, nofollow" and 'content="noindex, nofollow"' in answer.content.decode()
    Event.objects.update(state="draft")
    assert Client().get(address).status_code == 404


def test_what_people_write_is_shown_as_text(tree):
    event = make.event(tree.a, title="<b>x</b><script>", texts={"de": "<img src=x onerror=alert(1)>"}, place_text="<i>hier</i>")
    page = Client().get(reverse("education:event_page", args=[event.key])).content.decode()
    assert "<img src=x" not in page and "<b>x</b>" not in page and "<i>hier" not in page


@pytest.mark.parametrize("language, words", [("de", "Studientag"), ("he", "יום"), ("en", "Study day")])
def test_the_poster_fits_on_one_page_with_its_address(tree, cast, sign_in, language, words):
    event = make.event(
        tree.a, title={"de": "Studientag", "he": "יום עיון", "en": "Study day"}, carriers=[tree.b], place=make.place(tree.a, street="Ring 1"),
        texts={code: "Wort " * 400 for code in ("de", "he", "en")}, fee_cents=500, audience="public", guests=True,
    )  # fmt: skip
    answer = sign_in(cast.secretary_b).get(reverse("education:event_poster", args=[event.pk]), {"lang": language})
    pages = PdfReader(io.BytesIO(answer.content)).pages
    text = pages[0].extract_text()
    assert answer["Content-Type"] == "application/pdf" and len(pages) == 1
    assert (words in text or words[::-1] in text) and str(event.key) in text.replace("\n", "").replace(" ", "")


# --- kinds ---


def test_kinds_are_named_by_those_who_lead_all_parties(tree, cast, sign_in):
    client = sign_in(cast.admin)
    assert client.post(reverse("education:event_kind_add"), {"label_de": "Wanderung"}).status_code == 403, "another party uses the kinds too"
    make.appoint(cast.admin, "administrator", tree.foreign)
    client = sign_in(cast.admin)
    answer = client.post(reverse("education:event_kind_add"), {"label_de": "Wanderung", "counts": "on"})
    kind = EventKind.objects.get(labels__de="Wanderung")
    assert answer.status_code == 302 and kind.counts and not kind.confirms
    event = make.event(tree.a, kind=kind.slug, changed_at=NOW - timedelta(days=3))
    assert list(Event.objects.counting()) == [event]
    client.post(reverse("education:event_kind_edit", args=[kind.pk]), {"label_de": "Spaziergang"})
    assert not Event.objects.counting().exists() and Event.objects.get().changed_at > NOW - timedelta(days=1)
    assert client.post(reverse("education:event_kind_add"), {}).status_code == 422


@pytest.mark.parametrize("show, state, unit", [("past", "open", "foreign_branch"), ("drafts", "draft", "b"), ("", "open", "foreign_branch")])
def test_no_list_holds_events_one_does_not_see(show, state, unit, tree, cast, sign_in):
    starts_at = NOW - timedelta(days=20) if show == "past" else SOON
    for title, where in (("Eigener Abend", tree.a), ("Fremder Abend", getattr(tree, unit))):
        make.event(where, title, starts_at, state=state)
    page = sign_in(cast.secretary_a).get(reverse("education:event_list"), {"show": show}).text
    assert "Eigener Abend" in page and "Fremder Abend" not in page


def test_an_event_is_put_into_a_unit_one_cares_for(tree, cast, sign_in):
    make.appoint(cast.secretary_a, "treasurer", tree.b, right=1)
    client = sign_in(cast.secretary_a)
    assert [*client.get(reverse("education:event_add")).context["form"].fields["unit"].queryset] == [tree.a]
    assert client.post(reverse("education:event_add"), posted(tree.b)).status_code == 422 and not Event.objects.exists()
