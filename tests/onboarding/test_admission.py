"""Applications: the clock to its very days, decisions, lapse of time, objections, and what the journey makes of it."""

import io
import threading
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from membership import admission
from membership.models import Application, Area, Change, Member, Membership
from membership.models.admission import anniversary
from onboarding import standing
from onboarding.models import Journey
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make
from tests.at_once import at_once

TODAY = date(2026, 11, 22)
State = Application.State


def at(day, hour=9):
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour))


NOW = at(TODAY)


def application(unit, received_on=TODAY, name="Nele Neumann", **fields):
    given, _blank, family = name.partition(" ")
    fields = {"source": "form", "email": "nele@example.org", "birth_date": date(2000, 5, 1), "kind": "full"} | fields
    return admission.receive(Application(unit=unit, given_name=given, family_name=family, **fields), received_on)


@pytest.fixture
def today():
    """Doors read the clock; these tests hold it at noon of TODAY."""
    with time_machine.travel(at(TODAY, 12), tick=False):
        yield TODAY


def test_the_term_is_that_of_the_kind_or_of_the_nearest_setting(tree):
    assert application(tree.a).decide_until == TODAY + timedelta(days=30)
    tree.district.settings = {"admission_days": 90}
    tree.district.save()
    assert application(make.unit("Cronheim", "branch", tree.district)).decide_until == TODAY + timedelta(days=90)
    tree.b.settings = {"admission_days": 14}
    tree.b.save()
    tree.b = type(tree.b).objects.get(pk=tree.b.pk)
    assert application(tree.b).decide_until == TODAY + timedelta(days=14)


@pytest.mark.parametrize("days, lapses", [(29, False), (30, False), (31, True), (45, True)])
def test_without_a_decision_one_is_a_member_from_the_day_after_the_term(days, lapses, tree, cast):
    row = application(tree.a)
    now = at(TODAY + timedelta(days=days), 0)
    standing.run(now)
    row.refresh_from_db()
    assert (row.state == State.LAPSED) is lapses
    if lapses:
        member = row.member
        assert member.status == "full" and member.joined_on == row.admitted_on == date(2026, 12, 23)
        period = member.memberships.get()
        assert period.home and period.unit == tree.a and period.starts_on == date(2026, 12, 23)
        change = member.changes.get()
        assert change.kind == Change.Kind.JOINED and change.by is None and change.after["note"] == admission.BY_LAPSE
        journey = Journey.objects.get(member=member)
        assert journey.unit == tree.a and journey.started_on == date(2026, 12, 23)
        assert row.family_name == "" and row.birth_date is None, "the data stand in the record of the member alone"
        assert standing.run(now + timedelta(minutes=10))["admitted"] == 0


def test_admission_by_the_board_begins_membership_and_journey(tree, cast, sign_in, today):
    row = application(tree.a, TODAY - timedelta(days=10))
    page = sign_in(cast.secretary_a).post(reverse("onboarding:application_accept", args=[row.pk]), {"day": "2026-11-20"})
    assert page.status_code == 302
    row.refresh_from_db()
    assert row.state == State.ACCEPTED and row.decided_by == cast.secretary_a
    assert row.member.joined_on == date(2026, 11, 20) and row.member.home_unit == tree.a
    assert Journey.objects.get(member=row.member).started_on == date(2026, 11, 20)


def test_the_membership_can_begin_with_the_application(tree, cast):
    tree.district.settings = {"joined_from": "application"}
    tree.district.save()
    row = application(tree.a, TODAY - timedelta(days=10))
    done = admission.accept(row.pk, cast.secretary_a, TODAY, at(TODAY))
    assert done.member.joined_on == TODAY - timedelta(days=10)


def test_an_applicant_is_in_no_list_and_no_period_before(tree):
    application(tree.a)
    assert not Member.objects.exists() and not Membership.objects.exists()


def test_a_refusal_needs_no_reason_and_can_be_taken_back_within_the_term(tree, cast, sign_in, today):
    row = application(tree.a)
    client = sign_in(cast.chair_a)
    client.post(reverse("onboarding:application_refuse", args=[row.pk]), {"day": "2026-11-22"})
    row.refresh_from_db()
    assert row.state == State.REFUSED and not row.member
    client.post(reverse("onboarding:application_reopen", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == State.OPEN and row.decided_on is None
    admission.refuse(row.pk, "", cast.chair_a, row.decide_until, NOW)
    with pytest.raises(admission.Decided):
        admission.reopen(row.pk, row.decide_until + timedelta(days=1))


def test_a_refused_application_does_not_lapse(tree, cast):
    row = application(tree.a)
    admission.refuse(row.pk, "", cast.chair_a, TODAY, NOW)
    standing.run(at(TODAY + timedelta(days=100)))
    row.refresh_from_db()
    assert row.state == State.REFUSED


@pytest.mark.django_db(transaction=True)
def test_of_two_who_decide_at_once_one_is_told(tree, cast):
    row = application(tree.a)
    said = at_once(
        lambda: admission.accept(row.pk, cast.secretary_a, TODAY, at(TODAY)),
        lambda: admission.refuse(row.pk, "", cast.chair_a, TODAY, NOW),
    )
    assert [type(each) for each in said if isinstance(each, Exception)] == [admission.Decided]
    row.refresh_from_db()
    assert Member.objects.count() == (1 if row.state == State.ACCEPTED else 0)


@pytest.mark.django_db(transaction=True)
def test_a_decision_that_is_being_written_is_not_overwritten_by_the_nightly_run(tree, cast):
    member = make.member("Anna Antrag", tree.a, status="applicant")
    admission.take_up(TODAY)
    row = member.applications.get()
    Member.objects.filter(pk=member.pk).update(status="full")
    decided, ran = threading.Event(), threading.Event()

    def decide():
        with transaction.atomic():
            Application.objects.filter(pk=row.pk).update(state=State.WITHDRAWN, decided_on=TODAY)
            decided.set()
            ran.wait(5)
        connection.close()

    person = threading.Thread(target=decide, daemon=True)
    person.start()
    assert decided.wait(5)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    try:
        admission.take_up(TODAY)
    finally:
        ran.set()
        person.join(20)
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.WITHDRAWN, "")


def test_an_application_given_to_another_board_meanwhile_does_not_lapse_by_the_term_of_the_first(tree, cast):
    row = application(tree.a, TODAY - timedelta(days=31))
    admission.assign(row.pk, tree.b, TODAY)
    with pytest.raises(admission.Decided):  # the run had listed it with its old term
        admission.accept(row.pk, None, TODAY, NOW, State.LAPSED, day=TODAY)
    row.refresh_from_db()
    assert (row.state, row.unit) == (State.OPEN, tree.b)


def test_a_double_click_admits_once(tree, cast, sign_in, today):
    row = application(tree.a)
    client = sign_in(cast.secretary_a)
    for _click in range(2):
        assert client.post(reverse("onboarding:application_accept", args=[row.pk]), {"day": "2026-11-22"}).status_code == 302
    assert Member.objects.count() == 1


@pytest.mark.parametrize(
    "admitted, day, possible",
    [
        (date(2026, 11, 22), date(2027, 11, 21), True),
        (date(2026, 11, 22), date(2027, 11, 22), True),
        (date(2026, 11, 22), date(2027, 11, 23), False),
        (date(2028, 2, 29), date(2029, 2, 28), True),
        (date(2028, 2, 29), date(2029, 3, 1), False),
    ],
)
def test_any_member_may_object_for_a_year_then_the_admission_is_final(admitted, day, possible, tree, cast):
    row = application(tree.a, admitted)
    row = admission.accept(row.pk, cast.secretary_a, admitted, at(admitted))
    assert row.is_final(day) is not possible
    if possible:
        assert admission.object_to(row.pk, "Karl Kritisch", "double membership", day, day).unit == tree.district
        assert not row.is_final(day + timedelta(days=400)), "an open objection keeps it from being final"
    else:
        with pytest.raises(ValidationError):
            admission.object_to(row.pk, "Karl Kritisch", "double membership", day, day)


def test_an_objection_goes_to_the_unit_above_and_upheld_ends_the_membership(tree, cast, sign_in, today):
    row = application(tree.a, TODAY - timedelta(days=40))
    row = admission.accept(row.pk, cast.secretary_a, TODAY - timedelta(days=30), at(TODAY))
    standing.arrive(row.member_id, TODAY, at(TODAY))
    client = sign_in(cast.secretary_a)
    answer = client.post(reverse("onboarding:application_object", args=[row.pk]), {"raised_by": "Karl", "raised_on": "2026-11-21", "reason": "x"})
    assert answer.status_code == 302
    objection = row.objections.get()
    assert objection.unit == tree.district and not objection.appeal
    (shown,) = client.get(reverse("onboarding:application_list"), {"show": "objections"}).context["rows"]
    assert (shown["pill"], shown["tone"]) == ("Einspruch zu entscheiden", "amber"), "not that the applicant was admitted"
    decide = reverse("onboarding:objection_decide", args=[objection.pk])
    assert client.post(decide, {"upheld": "yes"}).status_code == 403, "the branch does not decide on its own admission"
    assert sign_in(cast.officer).post(decide, {"upheld": "yes", "remark": "is in another party"}).status_code == 302
    row.refresh_from_db()
    assert row.state == State.REVOKED and row.member.status == "left" and row.member.left_on == TODAY
    assert Journey.objects.get(member=row.member).state == Journey.State.ENDED


def test_an_appeal_climbs_level_by_level_and_may_admit_after_all(tree, cast):
    row = application(tree.a)
    admission.refuse(row.pk, "", cast.chair_a, TODAY, NOW)
    first = admission.object_to(row.pk, "Nele Neumann", "why not", TODAY, TODAY)
    assert first.appeal and first.unit == tree.district
    with pytest.raises(ValidationError):
        admission.object_to(row.pk, "Nele Neumann", "again", TODAY, TODAY)
    admission.decide_objection(first.pk, False, "", cast.officer, TODAY, at(TODAY))
    with pytest.raises(ValidationError):
        admission.object_to(row.pk, "Nele Neumann", "higher", TODAY, TODAY)  # nothing above the district here
    with pytest.raises(admission.Decided):
        admission.decide_objection(first.pk, True, "", cast.officer, TODAY, at(TODAY))
    first.outcome = ""
    first.save()
    admission.decide_objection(first.pk, True, "", cast.officer, TODAY + timedelta(days=5), at(TODAY + timedelta(days=5)))
    row.refresh_from_db()
    assert row.state == State.ACCEPTED and row.member.joined_on == TODAY + timedelta(days=5)


def test_a_form_of_the_district_finds_the_branch_by_postcode_and_what_is_unclear_waits(tree, cast, sign_in, today):
    Area.objects.create(unit=tree.a, first="01097", last="01099", length=5)
    Area.objects.create(unit=tree.b, first="01099", last="01109", length=5)
    assert application(tree.district, postcode="01097").unit == tree.a
    assert application(tree.district, postcode="01100").unit == tree.b
    unclear, unknown = application(tree.district, postcode="01099"), application(tree.district, postcode="99999")
    assert {unclear.state, unknown.state} == {State.SORTING} and unclear.unit == tree.district
    client = sign_in(cast.officer)
    page = client.get(reverse("onboarding:application_detail", args=[unclear.pk])).content.decode()
    assert 'value="altdorf"' in page and 'value="bergheim"' in page
    listed = client.get(reverse("onboarding:application_list"), {"show": "sorting"}).content.decode()
    assert listed.count('class="name" href') == 2 and listed.count('value="bergheim"') == 1 and listed.count('value="altdorf"') == 1
    client.post(reverse("onboarding:application_assign", args=[unclear.pk]), {"unit": "bergheim"})
    unclear.refresh_from_db()
    assert unclear.unit == tree.b and unclear.state == State.OPEN and unclear.decide_until == TODAY + timedelta(days=30)
    answer = client.post(reverse("onboarding:application_assign", args=[unknown.pk]), {"unit": tree.foreign_branch.slug})
    assert answer.status_code == 404


def test_a_sorting_list_never_lapses(tree):
    row = application(tree.district, postcode="99999")
    standing.run(at(TODAY + timedelta(days=200)))
    row.refresh_from_db()
    assert row.state == State.SORTING


def test_applicants_of_a_list_get_their_clock_and_whom_the_list_admits_is_admitted(tree):
    member = make.member("Anna Antrag", tree.a, joined_on=TODAY - timedelta(days=90), status="applicant")
    standing.run(at(TODAY))
    row = member.applications.get()
    assert row.state == State.OPEN and row.decide_until == TODAY + timedelta(days=30)
    standing.run(at(TODAY + timedelta(days=1)))
    assert member.applications.count() == 1
    Member.objects.filter(pk=member.pk).update(status="full")
    standing.run(at(TODAY + timedelta(days=2)))
    row.refresh_from_db()
    assert row.state == State.ACCEPTED and row.reason == admission.BY_LIST


def test_an_applicant_of_a_list_who_lapses_joins_that_day(tree):
    member = make.member("Anna Antrag", tree.a, joined_on=TODAY - timedelta(days=90), status="applicant")
    standing.run(at(TODAY))
    standing.run(at(TODAY + timedelta(days=31)))
    member.refresh_from_db()
    assert member.status == "full" and member.joined_on == TODAY + timedelta(days=31)
    assert member.memberships.get().starts_on == TODAY + timedelta(days=31)
    assert Journey.objects.filter(member=member).count() == 1


def test_who_is_known_is_shown_to_those_who_may_see_them_only(tree, cast, sign_in, today):
    mine = make.member("Nele Neumann", tree.a, birth_date=date(2000, 5, 1), status="left", left_on=date(2024, 1, 1))
    Membership.objects.filter(member=mine).delete()
    other = make.member("Nele Neumann", tree.b, birth_date=date(2000, 5, 1))
    make.member("Nele Neumann", tree.b, birth_date=date(1950, 1, 1))
    make.member("Nele Neumann", tree.foreign_branch, birth_date=date(2000, 5, 1))
    row = application(tree.a)
    assert [member for member, _reasons in admission.look_alikes(row, cast.secretary_a)] == [mine]
    assert {member for member, _reasons in admission.look_alikes(row, cast.officer)} >= {mine, other}
    page = sign_in(cast.secretary_a).get(reverse("onboarding:application_detail", args=[row.pk])).content.decode()
    assert f'value="{mine.pk}"' in page and f'value="{other.pk}"' not in page and "Bergheim" not in page.split("<aside")[0].split("unit")[0]
    client = sign_in(cast.secretary_a)
    assert client.post(reverse("onboarding:application_connect", args=[row.pk]), {"member": other.pk}).status_code == 404
    client.post(reverse("onboarding:application_connect", args=[row.pk]), {"member": mine.pk})
    client.post(reverse("onboarding:application_accept", args=[row.pk]), {"day": "2026-11-22"})
    mine.refresh_from_db()
    assert mine.status == "full" and mine.joined_on == date(2015, 3, 1), "the join date is never lost"
    assert mine.changes.get().kind == Change.Kind.RETURNED
    assert Journey.objects.get(member=mine).reason == Journey.Reason.RETURNED


def test_who_was_not_admitted_is_forgotten_after_a_year(tree, cast):
    row = application(tree.a)
    admission.refuse(row.pk, "", cast.chair_a, TODAY, NOW)
    admission.forget(at(TODAY + timedelta(days=365)))
    assert Application.objects.filter(pk=row.pk).exists()
    admission.forget(at(TODAY + timedelta(days=366)))
    assert not Application.objects.filter(pk=row.pk).exists()


def test_the_office_is_reminded_once_in_the_last_week_and_silent_otherwise(tree, cast, mailoutbox):
    application(tree.a)
    application(tree.a, name="Ole Olsen", email="ole@example.org")
    assert standing.remind(at(TODAY + timedelta(days=22))) == 0
    assert standing.remind(at(TODAY + timedelta(days=23))) == 1
    assert standing.remind(at(TODAY + timedelta(days=24))) == 0
    relay(at(TODAY + timedelta(days=23)))
    (mail,) = mailoutbox
    assert mail.to == [cast.secretary_a.email] and "Nele Neumann" in mail.body and "Ole Olsen" in mail.body


def test_a_reminder_is_not_sent_when_all_is_decided(tree, cast):
    row = application(tree.a)
    later = at(TODAY + timedelta(days=25))
    standing.remind(later)
    admission.refuse(row.pk, "", cast.chair_a, TODAY + timedelta(days=25), NOW)
    relay(later)
    assert Message.objects.get(kind="applications").state == Message.State.SKIPPED


def test_the_agenda_has_a_line_for_each_and_becomes_a_pdf(tree, cast, sign_in, today):
    application(tree.a, date(2026, 11, 2))
    client = sign_in(cast.secretary_a)
    page = client.get(reverse("onboarding:application_agenda", args=[tree.a.slug])).content.decode()
    assert "Nele Neumann" in page and "02.12.2026" in page
    answer = client.get(reverse("onboarding:application_agenda_pdf", args=[tree.a.slug]))
    text = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "Nele Neumann" in text and "Bergheim" not in text


def test_the_list_takes_a_constant_number_of_queries(tree, cast, sign_in, today, django_assert_max_num_queries):
    for number in range(3):
        application(tree.a, name=f"Nele {number}", email=f"n{number}@example.org")
    client = sign_in(cast.secretary_a)
    client.get(reverse("onboarding:application_list"))
    with django_assert_max_num_queries(10):
        client.get(reverse("onboarding:application_list"))
    for number in range(10):
        application(tree.a, name=f"Ole {number}", email=f"o{number}@example.org")
        application(tree.district, name=f"Uwe {number}", email=f"u{number}@example.org", postcode=f"0109{number}")
    with django_assert_max_num_queries(10):
        client.get(reverse("onboarding:application_list"))
    client = sign_in(cast.officer)
    client.get(reverse("onboarding:application_list"))
    with django_assert_max_num_queries(10):
        client.get(reverse("onboarding:application_list"), {"show": "sorting"})


def test_a_sister_branch_sees_no_application(tree, cast, sign_in, today):
    row = application(tree.a)
    client = sign_in(cast.secretary_b)
    assert "Nele" not in client.get(reverse("onboarding:application_list")).content.decode()
    for name in ("detail", "accept", "refuse", "object"):
        assert client.get(reverse(f"onboarding:application_{name}", args=[row.pk])).status_code == 404


def test_who_only_sees_gets_no_contact_data_and_no_verbs(tree, cast, sign_in, today):
    row = application(tree.a, street="Geheimweg 7", message="my secret")
    client = sign_in(cast.treasurer_a)
    page = client.get(reverse("onboarding:application_detail", args=[row.pk])).content.decode()
    assert "Nele Neumann" in page and "nele@example.org" not in page and "Geheimweg" not in page and "secret" not in page
    assert client.post(reverse("onboarding:application_accept", args=[row.pk]), {"day": "2026-11-22"}).status_code == 403


@pytest.mark.parametrize(
    "begins, years, until",
    [(date(2026, 11, 22), 1, date(2027, 11, 22)), (date(2028, 2, 29), 1, date(2029, 3, 1)), (date(2028, 2, 29), 4, date(2032, 2, 29)), (date(2027, 2, 28), 1, date(2028, 2, 28))],
)
def test_a_year_from_29_february_ends_with_28_february(begins, years, until):
    assert anniversary(begins, years) == until
