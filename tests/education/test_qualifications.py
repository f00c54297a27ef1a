"""Confirmations anybody can check and nobody can guess, and qualifications that are told of before they run out."""

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from pypdf import PdfReader

from branches.models import Office
from education import attending, confirming, qualifying
from education.models import Confirmation, ConfirmationTerms, Event, EventDate, EventKind, Partner, Qualification, QualificationKind
from education.models.qualifications import ALPHABET, NUMBER_LENGTH, clean_number, new_number
from membership import merging
from membership.models import Member, Reading
from outbox import relay
from outbox.models import LocalMail, Message
from tests import factories as make
from tests.education.test_attendance import registered, told

ON = date(2026, 11, 22)
NOW = timezone.now()


@pytest.fixture
def event(tree):
    return make.event(tree.a, starts_at=NOW - timedelta(hours=30), hours=3)


@pytest.fixture
def jona(tree):
    return make.member("Jona Licht", tree.a, email="jona@example.org")


@pytest.fixture
def there(event, jona, cast):
    """Jona was there."""
    row = registered(event, jona)
    attending.take(event.dates.get(), [told(row)], cast.secretary_a, event.starts_at)
    row.refresh_from_db()
    return row


@pytest.fixture
def kind(tree):
    return kind_of(tree.district)


def kind_of(party, months=24, **fields):
    fields = {"labels": {"de": "Erste Hilfe", "he": "עזרה ראשונה", "en": "First aid"}, "office": Office.objects.get(slug="secretary")} | fields
    return QualificationKind.objects.create(party=party, months=months, **fields)


def given(member, kind, got_on, **fields):
    return Qualification.objects.create(kind=kind, member=member, got_on=got_on, until=kind.expiry(got_on), at=NOW, **fields)


def text_of(content):
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


# --- confirmations -----------------------------------------------------------------------------------------------------


def test_who_attended_gets_one_confirmation_and_one_mail_however_often_it_is_given(event, there, cast):
    absent = registered(event, "Gast Abwesend")
    assert [confirming.issue(event, cast.secretary_a, NOW) for _click in range(2)] == [1, 0]
    row = Confirmation.objects.get()
    assert (row.registration, row.name, row.minutes) == (there, "Jona Licht", 180) and not absent.confirmations.exists()
    assert Message.objects.get().payload == {"confirmation": row.pk, "member": there.member_id}


def test_hours_are_those_of_the_dates_attended_unless_the_event_states_others(event, there, cast):
    EventDate.objects.create(event=event, starts_at=NOW - timedelta(hours=20), ends_at=NOW - timedelta(hours=18))
    assert confirming.minutes_attended(event)[there.pk] == 180
    ConfirmationTerms.objects.create(event=event, minutes=450)
    confirming.issue(event, cast.secretary_a, NOW)
    assert Confirmation.objects.get().minutes == 450


@pytest.mark.parametrize("minutes, number", [(180, "3"), (210, "3,5"), (45, "0,75"), (1, "0,25"), (400, "6,75"), (600, "10"), (75, "1,25")])
def test_hours_are_said_in_quarters(minutes, number):
    with translation.override("de"):
        assert confirming.hours(minutes) == f"{number} Stunden"


@pytest.mark.parametrize("language, one, three", [("de", "1 Stunde", "3 Stunden"), ("he", "שעה אחת", "3 שעות"), ("en", "1 hour", "3 hours")])
def test_one_hour_is_said_as_one(language, one, three):
    with translation.override(language):
        assert [confirming.hours(minutes) for minutes in (60, 55, 180)] == [one, one, three]


def test_a_number_has_a_hundred_bits_and_is_found_however_it_is_copied(event, there, cast):
    assert len(set(ALPHABET)) == 32 and NUMBER_LENGTH == 20
    numbers = {new_number() for _n in range(2000)}
    assert len(numbers) == 2000 and all(set(number) <= set(ALPHABET) for number in numbers)
    confirming.issue(event, cast.secretary_a, NOW)
    row = Confirmation.objects.get()
    for copied in (row.number, row.number.lower(), row.spaced_number, f" {row.number[:7]}-{row.number[7:]} "):
        assert confirming.find(copied) == row
    assert clean_number("0" * 20) == clean_number(row.number[1:]) == clean_number("") == "" and confirming.find("") is None


def test_the_public_page_tells_validity_event_and_date_and_no_name(event, there, client, cast):
    confirming.issue(event, cast.secretary_a, NOW)
    row = Confirmation.objects.get()
    address = reverse("education:confirmation_check", args=[row.number])
    page = client.get(address)
    text = page.content.decode()
    assert page.status_code == 200 and "Studientag" in text and "ist gültig" in text
    assert "Jona" not in text and "Licht" not in text
    assert client.get(reverse("education:confirmation_ask"), {"number": row.spaced_number})["Location"] == address
    assert client.get(reverse("education:confirmation_check", args=[new_number()])).status_code == 404
    row.withdraw(cast.secretary_a, NOW)
    text = client.get(address).content.decode()
    assert "ist gültig" not in text and "zurückgezogen" in text and "Jona" not in text


def test_a_withdrawn_confirmation_can_be_given_anew_under_another_number(event, there, sign_in, cast):
    confirming.issue(event, cast.secretary_a, NOW)
    old = Confirmation.objects.get()
    sign_in(cast.secretary_a).post(reverse("education:confirmation_withdraw", args=[old.pk]))
    assert not old.withdraw(cast.secretary_a, NOW), "only once"
    assert confirming.issue(event, cast.secretary_a, NOW) == 1
    assert Confirmation.objects.valid().get().number != old.number


def test_the_mail_leads_to_the_own_page_without_an_account_and_a_withdrawn_one_is_not_sent(event, there, client, cast, settings):
    settings.EMAIL_BACKEND = "outbox.inbox.InboxBackend"
    confirming.issue(event, cast.secretary_a, NOW)
    relay.relay(timezone.now())
    mail = LocalMail.objects.get()
    assert "jona@example.org" in mail.to
    path = next(word for word in mail.text.split() if "/link/confirmation/" in word).split("testserver")[-1].removeprefix(settings.BASE_URL)
    page = client.get(path)
    assert page.status_code == 200 and "Studientag" in page.content.decode()
    pdf = client.get(path + "?pdf=he")
    assert pdf["Content-Type"] == "application/pdf" and "Jona Licht" in text_of(pdf.content)
    assert client.get(path[:-3] + "xx/").status_code == 404
    Confirmation.objects.get().withdraw(cast.secretary_a, NOW)
    assert client.get(path + "?pdf=de")["Content-Type"].startswith("text/html"), "a page that says so, no file"
    Message.objects.update(state="due", attempts=0)
    Message.objects.filter(kind="confirmation").update(key="again")
    relay.relay(timezone.now())
    assert Message.objects.get().state == "skipped"


def test_the_own_page_names_the_partner_offers_the_language_of_the_person_first_and_counts_days_where_people_live(event, there, tree, client, cast):
    confirming.issue(event, cast.secretary_a, NOW)
    row = Confirmation.objects.get()
    start = datetime(2026, 11, 14, 23, 30, tzinfo=UTC)  # half past midnight in Berlin
    partner = Partner.objects.create(party=tree.district, name="Werkstatt Wissen")
    Event.objects.filter(pk=event.pk).update(partner=partner, starts_at=start, ends_at=start + timedelta(hours=2))
    Member.objects.filter(pk=row.registration.member_id).update(language="he")
    page = client.get(confirming.address(row, NOW).removeprefix(settings.BASE_URL)).content.decode()
    assert "<bdi>Werkstatt Wissen</bdi>" in page and "<dd>15 בנובמבר 2026</dd>" in page
    (first,) = re.findall(r'btn-primary" href="[^"]*pdf=(\w+)"', page)
    assert first == "he"


def test_a_link_ends_after_two_years_and_says_so(event, there, cast, client):
    confirming.issue(event, cast.secretary_a, NOW)
    row, now = Confirmation.objects.get(), timezone.now()
    last = confirming.address(row, now - confirming.KEPT).removeprefix(settings.BASE_URL)
    assert client.get(last).status_code == 200
    gone = client.get(confirming.address(row, now - confirming.KEPT - timedelta(days=1)).removeprefix(settings.BASE_URL))
    assert gone.status_code == 410 and "Jona Licht" not in gone.text



def test_the_run_has_a_page_for_each_and_names_who_signs(event, there, tree, sign_in, cast):
    guest = registered(event, "Gast Eins")
    attending.take(event.dates.get(), [told(guest)], cast.secretary_a, event.starts_at)
    ConfirmationTerms.objects.create(event=event, office=Office.objects.get(slug="chair"))
    confirming.issue(event, cast.secretary_a, NOW)
    answer = sign_in(cast.secretary_a).get(reverse("education:confirmation_run", args=[event.pk]))
    pages = PdfReader(BytesIO(answer.content)).pages
    assert len(pages) == 2 and all("Carla Winter" in page.extract_text() for page in pages)
    assert Reading.objects.get().members == [there.member_id]
    assert sign_in(cast.secretary_a).get(reverse("education:confirmation_run", args=[event.pk]), {"part": "1"}).status_code == 404


def test_confirmation_issue_waits_for_the_end_of_the_event(tree, sign_in, cast):
    coming = make.event(tree.a, starts_at=NOW + timedelta(days=1))
    assert sign_in(cast.secretary_a).post(reverse("education:confirmation_issue", args=[coming.pk])).status_code == 400


def test_confirmation_terms_takes_hours_as_people_write_them(event, kind, sign_in, cast):
    client, address = sign_in(cast.secretary_a), reverse("education:confirmation_terms", args=[event.pk])
    assert client.post(address, {"hours": "7,5", "office": Office.objects.get(slug="chair").pk, "gives": [kind.pk]}).status_code == 302
    terms = ConfirmationTerms.objects.get()
    assert terms.minutes == 450 and terms.office.slug == "chair" and list(terms.gives.all()) == [kind]
    assert client.post(address, {"hours": "viele"}).status_code == 422


@pytest.mark.parametrize("number", [2, 30])
def test_confirmation_list_asks_the_database_equally_often_for_few_and_many(number, event, tree, sign_in, cast, django_assert_max_num_queries):
    rows = [registered(event, make.member(f"Person Nr{n}", tree.a)) for n in range(number)]
    attending.take(event.dates.get(), [told(row) for row in rows], cast.secretary_a, NOW)
    confirming.issue(event, cast.secretary_a, NOW)
    client = sign_in(cast.secretary_a)
    with django_assert_max_num_queries(12):
        assert client.get(reverse("education:confirmation_list", args=[event.pk])).status_code == 200


# --- qualifications ----------------------------------------------------------------------------------------------------


def test_an_event_gives_what_its_kind_or_its_terms_say_to_members_once(event, there, kind, tree, cast):
    other = kind_of(tree.district, months=None)
    foreign = kind_of(tree.foreign)
    study_day = EventKind.objects.get(slug="study_day")
    kind.event_kinds.add(study_day)
    foreign.event_kinds.add(study_day)
    ConfirmationTerms.objects.create(event=event).gives.add(other)
    confirming.issue(event, cast.secretary_a, NOW)
    qualifying.give(event, [there.member], cast.secretary_a, NOW)
    got = timezone.localdate(event.ends_at)
    assert set(there.member.qualifications.values_list("kind", "got_on", "until", "event")) == {
        (kind.pk, got, kind.expiry(got), event.pk), (other.pk, got, None, event.pk),
    }  # fmt: skip


def test_what_an_event_gave_goes_with_a_withdrawn_confirmation_and_comes_with_a_new_one(event, there, kind, cast):
    kind.event_kinds.add(EventKind.objects.get(slug="study_day"))
    confirming.issue(event, cast.secretary_a, NOW)
    given(there.member, kind, date(2020, 1, 1))
    Confirmation.objects.get().withdraw(cast.secretary_a, NOW)
    assert not there.member.qualifications.filter(event=event, revoked_at=None).exists()
    assert there.member.qualifications.filter(revoked_at=None).count() == 1, "what was noted otherwise stays"
    confirming.issue(event, cast.secretary_a, NOW)
    assert there.member.qualifications.filter(event=event, revoked_at=None).count() == 1


@pytest.mark.parametrize(
    "got, months, until", [(date(2024, 2, 29), 12, date(2025, 2, 28)), (date(2024, 2, 29), 48, date(2028, 2, 29)), (date(2026, 8, 31), 6, date(2027, 2, 28))]
)
def test_a_qualification_ends_after_its_months_also_from_the_last_of_a_long_month(got, months, until, tree):
    assert kind_of(tree.district, months).expiry(got) == until


def test_running_out_counts_three_months_ahead_and_not_what_was_renewed(jona, kind, tree):
    soon, later, gone = (given(make.member(f"Person {n}", tree.a), kind, on) for n, on in enumerate((date(2024, 12, 1), date(2025, 3, 1), date(2024, 11, 22))))
    renewed = given(jona, kind, date(2024, 12, 5))
    given(jona, kind, date(2026, 11, 1))
    assert list(Qualification.objects.expiring(ON)) == [soon]
    assert list(Qualification.objects.expired(ON)) == [gone], "valid until before the 22nd: not on it any more"
    assert renewed not in Qualification.objects.standing() and later in Qualification.objects.valid(ON)


def test_member_and_office_are_told_once_before_it_runs_out(jona, kind, tree, cast, settings):
    settings.EMAIL_BACKEND = "outbox.inbox.InboxBackend"
    on = timezone.localdate(NOW)
    got = on - timedelta(days=700)
    given(jona, kind, got)
    given(make.member("Edda Wolf", tree.a, email=""), kind, got + timedelta(days=1))
    assert qualifying.remind(NOW) == 2 and qualifying.remind(NOW) == 0
    relay.relay(timezone.now())
    mails = {mail.to: mail.text for mail in LocalMail.objects.all()}
    assert set(mails) == {"jona@example.org", cast.secretary_a.email}
    assert "Erste Hilfe" in mails["jona@example.org"] and "Jona Licht" in mails[cast.secretary_a.email] and "Edda Wolf" in mails[cast.secretary_a.email]


def test_the_office_above_is_told_where_nobody_holds_it_below(kind, tree):
    unheld = make.unit("Cronheim", "branch", tree.district)
    above = make.user("Doris Bezirk")
    make.appoint(above, "secretary", tree.district)
    row = given(make.member("Jona Licht", unheld), kind, ON - timedelta(days=700))
    assert qualifying.in_charge([row], ON) == {above.pk: [row.pk]}


def test_who_left_the_office_or_renewed_meanwhile_is_told_nothing(jona, kind, cast, settings):
    settings.EMAIL_BACKEND = "outbox.inbox.InboxBackend"
    given(jona, kind, timezone.localdate(NOW) - timedelta(days=700))
    qualifying.remind(NOW)
    given(jona, kind, timezone.localdate(NOW))
    relay.relay(timezone.now())
    assert not LocalMail.objects.exists() and set(Message.objects.values_list("state", flat=True)) == {"skipped"}


def test_whose_office_is_elsewhere_now_is_told_nothing_of_members_they_do_not_see(jona, kind, cast, tree, settings):
    settings.EMAIL_BACKEND = "outbox.inbox.InboxBackend"
    given(jona, kind, timezone.localdate(NOW) - timedelta(days=700))
    qualifying.remind(NOW)
    for person in (cast.secretary_a, cast.chair_a):
        person.appointments.update(unit=tree.b)
    relay.relay(timezone.now())
    assert not LocalMail.objects.filter(to__in=[cast.secretary_a.email, cast.chair_a.email]).exists()


def test_member_qualifications_notes_one_by_hand_once_and_takes_it_back(jona, kind, sign_in, cast):
    client, address = sign_in(cast.secretary_a), reverse("education:member_qualifications", args=[jona.pk])
    for _click in range(2):
        client.post(address, {"kind": kind.pk, "got_on": "2026-01-31", "note": "Ausweis gesehen"})
    row = Qualification.objects.get()
    assert (row.until, row.by) == (date(2028, 1, 31), cast.secretary_a)
    assert client.post(address, {"kind": kind.pk, "got_on": str(timezone.localdate() + timedelta(days=1))}).status_code == 422
    assert "Ausweis gesehen" in client.get(address).text
    assert "Ausweis gesehen" not in sign_in(cast.treasurer_a).get(address).text
    assert sign_in(cast.treasurer_a).post(address, {"kind": kind.pk, "got_on": "2026-01-31"}).status_code == 403
    sign_in(cast.secretary_a).post(reverse("education:qualification_revoke", args=[row.pk]))
    assert not Qualification.objects.standing().exists()


def test_a_kind_of_another_party_cannot_be_given(jona, tree, sign_in, cast):
    foreign = kind_of(tree.foreign)
    answer = sign_in(cast.secretary_a).post(reverse("education:member_qualifications", args=[jona.pk]), {"kind": foreign.pk, "got_on": "2026-01-31"})
    assert answer.status_code == 422 and not Qualification.objects.exists()
    assert sign_in(cast.secretary_a).get(reverse("education:qualification_list"), {"kind": foreign.pk}).status_code == 404


def test_qualification_kind_add_is_for_those_who_lead_the_party(tree, sign_in, cast):
    data = {"label_de": "Kassenprüfung", "months": "36", "office": Office.objects.get(slug="secretary").pk}
    assert sign_in(cast.officer).post(reverse("education:qualification_kind_add"), data).status_code == 302
    kind = QualificationKind.objects.get()
    assert (kind.party, kind.labels, kind.months) == (tree.district, {"de": "Kassenprüfung"}, 36)
    assert sign_in(cast.officer).post(reverse("education:qualification_kind_add"), {"months": "0"}).status_code == 422
    sign_in(cast.officer).post(reverse("education:qualification_kind_retire", args=[kind.pk]))
    assert not QualificationKind.objects.running().exists()


def test_qualification_list_shows_those_of_ones_units_by_preset(jona, kind, tree, sign_in, cast):
    on = timezone.localdate()
    given(jona, kind, on - timedelta(days=700))
    given(make.member("Edda Wolf", tree.b), kind, on - timedelta(days=700))
    address, client = reverse("education:qualification_list"), sign_in(cast.secretary_a)
    for show, shown in (("valid", True), ("expiring", True), ("expired", False)):
        text = client.get(address, {"show": show, "kind": kind.pk, "unit": tree.a.slug}).content.decode()
        assert ("Jona Licht" in text) is shown and "Edda Wolf" not in text
    assert client.get(address, {"unit": tree.b.slug}).status_code == 404


@pytest.mark.parametrize("number", [3, 60])
def test_qualification_list_asks_the_database_equally_often_for_few_and_many(number, kind, tree, sign_in, cast, django_assert_max_num_queries):
    for n in range(number):
        given(make.member(f"Person Nr{n}", tree.a), kind, timezone.localdate() - timedelta(days=n))
    client = sign_in(cast.officer)
    with django_assert_max_num_queries(10):
        client.get(reverse("education:qualification_list"))
    with django_assert_max_num_queries(10):
        client.get(reverse("education:member_qualifications", args=[Qualification.objects.first().member_id]))


def test_what_somebody_can_show_follows_a_merge(there, event, kind, tree, cast):
    """The registration of the record that goes holds ticks and a confirmation; the survivor was registered for the same event."""
    survivor = make.member("Jona Licht", tree.a, number="7")
    registered(event, survivor)
    confirming.issue(event, cast.secretary_a, NOW)
    given(there.member, kind, date(2026, 1, 1))
    given(survivor, kind, date(2026, 1, 1))
    given(there.member, kind, date(2024, 1, 1))
    number = Confirmation.objects.get().number
    merging.merge(survivor.pk, there.member_id, cast.officer, NOW)
    assert confirming.find(number).registration.member == survivor
    assert attending.present(list(event.dates.all())) == {event.dates.get().pk: 1}
    assert sorted(survivor.qualifications.values_list("got_on", flat=True)) == [date(2024, 1, 1), date(2026, 1, 1)]
