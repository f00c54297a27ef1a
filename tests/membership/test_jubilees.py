"""Jubilees a year ahead, and one file of certificates for all of a quarter."""

import io
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from branches.models import Unit
from membership import jubilee_news, jubilees
from membership.models import Member, Reading
from outbox.kinds import Skip
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make


@pytest.fixture(autouse=True)
def sunday():
    with time_machine.travel("2026-11-22 19:30+01:00", tick=False):
        yield


def found(unit, since=date(2026, 11, 22), until=date(2027, 11, 22), kind="membership"):
    members = jubilees.coming(Member.objects.all(), unit.setting(jubilees.FIELDS[kind][1]), since, until, kind)
    return [(m.family_name, m.day, m.years) for m in members.order_by("day", "pk")]


@pytest.mark.parametrize(
    "joined, day, years",
    [
        (date(2016, 11, 22), date(2026, 11, 22), 10),
        (date(2016, 11, 21), None, None),
        (date(2017, 11, 21), date(2027, 11, 21), 10),
        (date(2017, 11, 22), None, None),
        (date(1987, 3, 1), date(2027, 3, 1), 40),
        (date(1957, 5, 5), date(2027, 5, 5), 70),
        (date(1996, 3, 1), None, None),
        (date(2017, 2, 28), date(2027, 2, 28), 10),
    ],
)
def test_a_jubilee_counts_from_the_join_date(joined, day, years, tree):
    make.member("Anna Arndt", tree.a, joined_on=joined)
    assert found(tree.a) == ([("Arndt", day, years)] if day else [])


def test_who_joined_on_29_february_is_honoured_on_the_28th(tree):
    make.member("Anna Schalt", tree.a, joined_on=date(1988, 2, 29))
    assert found(tree.a, date(2028, 1, 1), date(2028, 4, 1)) == [("Schalt", date(2028, 2, 29), 40)]
    Member.objects.update(joined_on=date(1992, 2, 29))
    assert found(tree.a, date(2017, 1, 1), date(2017, 4, 1)) == [("Schalt", date(2017, 2, 28), 25)]


def test_which_years_count_is_a_setting_of_the_unit(tree):
    tree.district.settings = {"jubilees": [1, 2, 30]}
    tree.district.save()
    for years in (1, 2, 10, 30):
        make.member(f"Jahre {years}", tree.a, joined_on=date(2027 - years, 1, 1))
    tree.a.refresh_from_db()
    assert [years for _name, _day, years in found(tree.a)] == [1, 2, 30]


@pytest.mark.parametrize("status", ["guest", "supporter", "left", "applicant"])
def test_only_full_members_are_counted(status, tree):
    make.member("Anna Arndt", tree.a, joined_on=date(2017, 1, 1), status=status)
    assert found(tree.a) == []


def test_birthdays_are_listed_where_the_unit_wants_them_for_those_who_may_see_them(tree, cast, sign_in):
    make.member("Rund Geboren", tree.a, birth_date=date(1957, 4, 4))
    client = sign_in(cast.secretary_a)
    assert not client.get("/jubilees/?kind=birthday").context["page"].rows
    tree.a.settings = {"birthdays": [70]}
    tree.a.save()
    assert [m.years for m in client.get("/jubilees/?kind=birthday").context["page"].rows] == [70]
    assert "Rund" not in sign_in(cast.treasurer_a).get("/jubilees/?kind=birthday").text


def test_jubilee_list_marks_estimated_join_dates_and_keeps_to_ones_units(tree, cast, sign_in):
    make.member("Anna Arndt", tree.a, joined_on=date(2016, 12, 24), joined_estimated=True)
    make.member("Fremde Person", tree.b, joined_on=date(2016, 12, 24))
    text = sign_in(cast.secretary_a).get("/jubilees/").text
    assert "Arndt" in text and "geschätzt" in text and "Fremde" not in text
    assert sign_in(cast.secretary_a).get("/jubilees/?unit=bergheim").status_code == 404
    assert "Fremde" in sign_in(cast.officer).get("/jubilees/?quarter=2026-10-01").text
    assert "Fremde" not in sign_in(cast.officer).get("/jubilees/?quarter=2027-01-01").text


def test_jubilee_list_costs_the_same_with_many(tree, cast, sign_in):
    client, asked = sign_in(cast.secretary_a), []
    for n in (1, 60):
        for number in range(Member.objects.count(), n):
            make.member(f"Person {number}", tree.a, joined_on=date(2017, 1, 1 + number % 28))
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/jubilees/").context["page"]
        asked.append(len(queries))
    assert len(set(asked)) == 1 and asked[0] <= 10 and len(page.rows) == 50
    assert len(client.get("/jubilees/" + page.next_url).context["page"].rows) == 10


def order(client, **data):
    return client.post(reverse("membership:jubilee_certificates"), data)


def test_jubilee_certificates_are_one_file_for_a_quarter_in_the_units_language(tree, cast, sign_in):
    for number, name in enumerate(["Anna Arndt", "Bela Brandt"]):
        make.member(name, tree.a, joined_on=date(1987, 1, 10 + number))
    make.member("Spaeter Dran", tree.a, joined_on=date(1987, 6, 1))
    reader = PdfReader(io.BytesIO(order(sign_in(cast.secretary_a), quarter="2027-01-01").content))
    texts = [page.extract_text() for page in reader.pages]
    assert len(texts) == 2 and "Anna Arndt" in texts[0] and "40 Jahre" in texts[0] and "Bela Brandt" in texts[1]
    entry = Reading.objects.get()
    assert entry.what == "letter" and len(entry.members) == 2
    tree.a.settings = {"language": "he"}
    tree.a.save()
    reader = PdfReader(io.BytesIO(order(sign_in(cast.secretary_a), quarter="2027-01-01").content))
    assert reader.trailer["/Root"]["/Lang"] == "he" and "40" in reader.pages[0].extract_text()


def test_jubilee_certificates_need_care_and_somebody_to_honour(tree, cast, sign_in, monkeypatch):
    make.member("Anna Arndt", tree.a, joined_on=date(1987, 1, 10))
    assert order(sign_in(cast.treasurer_a)).status_code == 403
    assert order(sign_in(cast.secretary_b), unit="altdorf").status_code == 404
    assert order(sign_in(cast.secretary_b)).status_code == 302
    monkeypatch.setattr(jubilees, "MOST", 0)
    assert order(sign_in(cast.secretary_a)).status_code == 302
    assert not Reading.objects.exists()


@pytest.mark.parametrize("text, stored", [("40, 25 25", [25, 40]), ("", None), ("zehn", "error"), ("0", "error"), ("1000", "error")])
def test_unit_settings_take_years_as_people_write_them(text, stored, tree, cast, sign_in):
    answer = sign_in(cast.secretary_a).post("/units/altdorf/settings/", {"jubilees": text})
    assert answer.status_code == (422 if stored == "error" else 302)
    tree.a.refresh_from_db()
    assert tree.a.settings.get("jubilees") == (None if stored == "error" else stored)


# --- the mail in the month before --------------------------------------------------------------------------------------


def news(now=None):
    return jubilee_news.write(now or timezone.now())


def test_the_offices_of_a_unit_are_told_in_the_month_before_and_once(tree, cast, mailoutbox):
    make.member("Anna Arndt", tree.a, joined_on=date(1986, 12, 24))
    make.member("Zu Frueh", tree.a, joined_on=date(1986, 11, 24))
    make.member("Zu Spaet", tree.a, joined_on=date(1987, 1, 1))
    assert news() == 2 and news() == 0  # secretary and chair; not the treasurer, not the district
    relay(timezone.now())
    assert {mail.to[0] for mail in mailoutbox} == {cast.secretary_a.email, cast.chair_a.email}
    for part in (mailoutbox[0].body, mailoutbox[0].alternatives[0][0]):
        assert "Anna Arndt" in part and "40 Jahre" in part and "Frueh" not in part and "Spaet" not in part


def test_a_month_without_a_jubilee_sends_no_mail(tree, cast):
    make.member("Anna Arndt", tree.a, joined_on=date(1986, 11, 24))
    assert news() == 0


def test_who_left_the_office_or_has_nobody_any_more_is_skipped(tree, cast, mailoutbox):
    anna = make.member("Anna Arndt", tree.a, joined_on=date(1986, 12, 24))
    news()
    cast.chair_a.appointments.update(ends_on=date(2026, 11, 22))
    relay(timezone.now())
    assert [mail.to[0] for mail in mailoutbox] == [cast.secretary_a.email]
    assert Message.objects.get(state="skipped").recipient == cast.chair_a
    Message.objects.all().delete()
    news()
    Member.objects.filter(pk=anna.pk).update(status="left")
    relay(timezone.now())
    assert set(Message.objects.values_list("state", flat=True)) == {"skipped"}


def test_a_batch_of_such_mails_costs_the_same_for_many(tree, cast):
    asked = []
    for n in (2, 12):
        for number in range(Message.objects.filter(kind="jubilees").count(), n):
            make.appoint(make.user(f"Amt {number}"), "secretary", make.unit(f"Dorf {number}", "branch", tree.district, slug=f"dorf-{number}"))
            make.member(f"Person {number}", Unit.objects.get(slug=f"dorf-{number}"), joined_on=date(1986, 12, 24))
        news()
        messages = list(Message.objects.filter(kind="jubilees"))
        with CaptureQueriesContext(connection) as queries:
            loaded = jubilee_news.load(messages, timezone.now())
            assert all(not isinstance(jubilee_news.build(message, loaded, timezone.now()), Skip) for message in messages)
        asked.append(len(queries))
    assert len(messages) == 12 and len(set(asked)) == 1


def test_who_cares_for_a_unit_without_those_below_prints_no_certificate_of_members_there(tree, cast, sign_in):
    make.member("Anna Arndt", tree.a, joined_on=date(1987, 3, 1))
    alone = make.user("Dora Allein")
    make.appoint(alone, "chair", tree.district, below=False)
    for person, printed in ((alone, False), (cast.officer, True)):
        answer = sign_in(person).post(reverse("membership:jubilee_certificates"), {"unit": tree.district.slug})
        assert (answer.status_code == 200) is printed and Reading.objects.filter(by=person).exists() is printed
