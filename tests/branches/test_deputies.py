"""Standing in for a time: the right, the work and the mails of the office, no longer than lent, and no office to give away."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from branches import appointing
from branches.models import Appointment, User
from branches.scope import Right
from onboarding import duties, journeys, reminders
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make

NOW = timezone.now()
TODAY = timezone.localdate(NOW)
SOON = TODAY + timedelta(days=14)
DAY = timedelta(days=1)


def lend(client, term, **given):
    data = {
        "email": "dora.dienst@example.org", "given_name": "Dora", "family_name": "Dienst", "right": 2,
        "starts_on": TODAY.isoformat(), "ends_on": SOON.isoformat(),
    } | given  # fmt: skip
    return client.post(reverse("branches:appointment_deputy", args=[term.pk]), data)


def stand_in(term, name="Dora Dienst", **fields):
    fields = {"right": Right.CARE, "below": term.below, "starts_on": TODAY, "ends_on": SOON} | fields
    return Appointment.objects.create(user=make.user(name), unit=term.unit, office=term.office, deputy_for=term, **fields)


@pytest.fixture
def term(cast):
    return cast.secretary_a.appointments.get()


def test_an_officer_lets_somebody_stand_in_who_is_told_by_mail_and_sees_the_members(cast, term, sign_in):
    member = make.member("Ada Neu", term.unit)
    assert lend(sign_in(cast.secretary_a), term).status_code == 302
    dora = User.objects.get(email="dora.dienst@example.org")
    assert Message.objects.filter(kind="invitation", recipient_id=dora.pk).exists()
    assert sign_in(dora).get(reverse("cockpit:member_detail", args=[member.pk])).status_code == 200
    page = sign_in(cast.secretary_a).get(reverse("branches:profile")).content.decode()
    assert "Dora Dienst" in page


def test_the_mail_to_a_deputy_says_for_whom_and_until_when(cast, term, mailoutbox):
    appointing.invite(stand_in(term), NOW)
    relay(NOW)
    [mail] = mailoutbox
    assert mail.subject == "Du vertrittst Aylin Kaya: Schriftführung, Ortsverein Altdorf"
    with translation.override("de"):
        until = date_format(SOON, "DATE_FORMAT")
    assert f"bis vor dem {until}" in mail.body and "inne" not in mail.body


def test_who_is_back_ends_the_term_of_their_deputy_and_nobody_elses(cast, term, tree, sign_in):
    """Also who cares without leading, and so ends no other term."""
    theirs = make.appoint(cast.treasurer_a, "section_lead", tree.a)
    deputy = stand_in(theirs, starts_on=TODAY - DAY)
    assert sign_in(cast.section_lead).post(reverse("branches:appointment_end", args=[deputy.pk])).status_code == 404
    assert sign_in(cast.treasurer_a).post(reverse("branches:appointment_end", args=[term.pk])).status_code == 403
    assert sign_in(cast.treasurer_a).post(reverse("branches:appointment_end", args=[deputy.pk])).status_code == 302
    deputy.refresh_from_db()
    assert deputy.ends_on == TODAY


def test_it_ends_by_itself_at_midnight(cast, term):
    dora = stand_in(term).user
    held = lambda day: Appointment.objects.active(day).filter(user=dora).exists()  # noqa: E731
    assert [held(SOON - DAY), held(SOON)] == [True, False]


@pytest.mark.parametrize(
    "given",
    [
        {"ends_on": ""},
        {"ends_on": TODAY.isoformat()},
        {"right": 3, "_of": "treasurer_a"},
        {"starts_on": "2019-12-31"},
        {"email": "aylin.kaya@example.org"},
    ],
)
def test_nobody_lends_more_than_they_have(cast, sign_in, given):
    who = getattr(cast, given.pop("_of", "secretary_a"))
    answer = lend(sign_in(who), who.appointments.get(), **given)
    assert answer.status_code == 422 and not Appointment.objects.filter(deputy_for__isnull=False).exists()


def test_a_deputy_stays_within_the_term_however_it_is_changed_later(cast, term, sign_in):
    deputy = stand_in(term)
    appointing.end(term, TODAY + DAY)
    deputy.refresh_from_db()
    assert deputy.ends_on == TODAY + DAY
    later = stand_in(cast.chair_a.appointments.get(), "Edo Ersatz", starts_on=SOON, ends_on=SOON + DAY)
    appointing.end(cast.chair_a.appointments.get(), SOON)
    assert not Appointment.objects.filter(pk=later.pk).exists()


def test_a_deputy_cannot_be_made_to_stay_by_editing(cast, term, sign_in):
    term.ends_on = SOON
    term.save()
    deputy = stand_in(term)
    data = {"office": term.office_id, "right": 2, "starts_on": TODAY.isoformat(), "ends_on": (SOON + DAY).isoformat()}
    assert sign_in(cast.officer).post(reverse("branches:appointment_edit", args=[deputy.pk]), data).status_code == 422


def test_a_deputy_gives_ends_and_lends_no_offices(cast, term, sign_in):
    dora = stand_in(term, right=Right.LEAD).user
    client = sign_in(dora)
    data = {"email": "x@example.org", "given_name": "X", "office": term.office_id, "right": 1, "starts_on": TODAY.isoformat()}
    assert client.post(reverse("branches:appointment_add", args=[term.unit.slug]), data).status_code == 422
    assert client.post(reverse("branches:appointment_end", args=[cast.chair_a.appointments.get().pk])).status_code == 403
    for found in (dora.appointments.get(), term, cast.chair_a.appointments.get()):
        assert lend(client, found, email="y@example.org").status_code == 403
    assert not User.objects.filter(email__in=["x@example.org", "y@example.org"]).exists()


def test_a_deputy_does_not_count_as_the_last_who_leads(cast, tree):
    cast.officer.appointments.all().delete()
    term = cast.admin.appointments.get()
    stand_in(term, right=Right.LEAD)
    with pytest.raises(appointing.ValidationError):
        appointing.check_somebody_leads(term, TODAY)


def test_a_deputy_without_end_is_refused_by_the_database(cast, term):
    with pytest.raises(IntegrityError), transaction.atomic():
        stand_in(term, ends_on=None)


def test_work_falls_to_the_deputy_and_mails_go_to_both_or_to_the_deputy_alone(cast, term, tree):
    make.member("Ada Neu", tree.a, joined_on=TODAY - timedelta(days=90))
    journeys.start_due(TODAY - timedelta(days=60))
    deputy = stand_in(term, right=Right.CARE)
    duties.settle(TODAY)
    monday = NOW - timedelta(days=TODAY.weekday())
    monday = monday.replace(hour=12)

    def told():
        Message.objects.all().delete()
        reminders.write_digests(monday)
        return set(Message.objects.filter(kind="digest").values_list("recipient_id", flat=True)) & {cast.secretary_a.pk, deputy.user_id}

    Appointment.objects.filter(pk=deputy.pk).update(starts_on=date(2026, 1, 1))
    assert told() == {cast.secretary_a.pk, deputy.user_id}
    Appointment.objects.filter(pk=deputy.pk).update(deputy_alone=True)
    assert told() == {deputy.user_id}
    Appointment.objects.filter(pk=deputy.pk).update(right=Right.SEE)
    assert told() == {cast.secretary_a.pk}
