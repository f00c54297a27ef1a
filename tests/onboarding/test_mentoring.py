"""Mentoring from the pool to the end of a pair: who is asked, what is told to whom, and that all of it happens once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse
from django.utils import timezone, translation

from branches.models import Appointment, Office
from membership import merging
from membership.models import MemberTag, Tag
from onboarding import journeys, mentoring, mentoring_links, mentoring_mails, mentoring_views, reminders
from onboarding.mentoring_forms import MenteeForm
from onboarding.models import CheckIn, Complaint, Conduct, Mentee, Mentor, MentoringMail, Pairing, PairRule, Suggestion
from outbox.models import LocalMail, Message
from outbox.relay import relay
from tests import factories as make
from tests.clock import MONDAY

NOW = MONDAY
TODAY = NOW.date()
State, End = Pairing.State, Pairing.End


@pytest.fixture(autouse=True)
def inbox(settings):
    settings.EMAIL_BACKEND = "outbox.inbox.InboxBackend"


@pytest.fixture
def pool(tree, cast):
    pool = mentoring.begin(tree.district, NOW)
    Conduct.objects.create(pool=pool, version=1, texts={"de": "Auf Augenhöhe."}, at=NOW)
    return pool


def mentor(pool, home, name="Greta Hilfreich", **fields):
    person = {"birth_date": date(1970, 1, 1), "email": f"{name.split()[0].lower()}@example.org"}
    person |= {key: fields.pop(key) for key in ("street", "postcode", "birth_date", "email", "phone") if key in fields}
    member = make.member(name, home, **person)
    return Mentor.objects.create(member=member, pool=pool, at=NOW, **{"reach": "anywhere", "state": "confirmed"} | fields)


def mentee(pool, home, name="Nora Neu", **fields):
    person = {"birth_date": date(1998, 1, 1), "email": f"{name.split()[0].lower()}@example.org", "joined_on": date(2026, 11, 1)}
    person |= {key: fields.pop(key) for key in ("street", "postcode", "birth_date", "email", "phone") if key in fields}
    member = make.member(name, home, **person)
    return Mentee.objects.create(member=member, pool=pool, at=NOW, since=date(2026, 11, 2), **{"state": "waiting"} | fields)


def running(pool, home, **fields):
    dates = {"asked_on": TODAY, "answer_until": TODAY, "started_on": TODAY, "last_sign_on": TODAY, "state": "running"}
    facts = {"near": "unit", "topics": [], "times": [], "taken": 0}
    pair = Pairing.objects.create(pool=pool, mentor=mentor(pool, home), mentee=mentee(pool, home), facts=facts, **dates | fields)
    Mentee.objects.filter(pk=pair.mentee_id).update(state="served")
    return pair


def later(days):
    return NOW + timedelta(days=days)


def link(name, row, side=""):
    return mentoring_links.address(name, row.pk, side, TODAY).removeprefix("http://127.0.0.1:8000").partition("/mentoring/")[2].join(["/mentoring/", ""])


def asked(pool, cast):
    """The one pair that comes out of suggesting and approving."""
    mentoring.suggest(pool.pk, NOW)
    mentoring.approve(pool, list(pool.suggestions.values_list("pk", flat=True)), cast.officer, NOW)
    return Pairing.objects.latest("pk")


# --- suggesting --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of_mentor", "of_mentee", "why"),
    [
        ({"languages": ["he"]}, {}, "language"),
        ({}, {"birth_date": date(2010, 5, 1)}, "minor"),
        ({}, {"birth_date": None}, "minor"),
        ({"reach": "unit"}, {}, "distance"),
        ({"street": "Lindenstraße 3", "postcode": "01067"}, {"street": "Lindenstr. 3", "postcode": "01067"}, "household"),
        ({"email": "bernd.lohse@example.org"}, {}, "superior"),
        ({"email": "oskar.blume@example.org"}, {}, "superior"),
        ({"places": 0}, {}, "places"),
        ({"paused_until": date(2027, 1, 1)}, {}, "places"),
        ({"state": "declared"}, {}, "places"),
    ],
)
def test_a_pair_that_breaks_a_rule_is_never_suggested_and_it_is_said_why(pool, tree, of_mentor, of_mentee, why):
    mentor(pool, tree.a, **of_mentor)
    waiting = mentee(pool, tree.b, **of_mentee)
    figures = mentoring.suggest(pool.pk, NOW)
    waiting.refresh_from_db()
    assert (figures["suggested"], waiting.why_not) == (0, why)


def test_a_cleared_mentor_may_accompany_a_minor(pool, tree):
    mentor(pool, tree.a, minors=True)
    mentee(pool, tree.b, birth_date=date(2010, 5, 1))
    assert mentoring.suggest(pool.pk, NOW)["suggested"] == 1


def test_a_suggestion_says_in_words_what_both_share(pool, tree, cast, sign_in):
    topic = Tag.objects.create(party=tree.district, kind="interest", labels={"de": "Wohnen"})
    evening = Tag.objects.create(party=tree.district, kind="time", labels={"de": "abends"})
    for row in (mentor(pool, tree.a), mentee(pool, tree.a)):
        MemberTag.objects.bulk_create(MemberTag(member=row.member, tag=tag, set_at=NOW) for tag in (topic, evening))
    mentoring.suggest(pool.pk, NOW)
    cast.officer.language = "en"
    cast.officer.save(update_fields=["language"])
    page = sign_in(cast.officer).get(reverse("onboarding:mentoring_home")).content.decode()
    assert "same times: abends · same topic: Wohnen · same unit" in page


def test_a_forbidden_pair_is_left_out_and_a_pinned_one_comes_first_and_changes_are_counted(pool, tree, cast):
    first, second = mentor(pool, tree.a), mentor(pool, tree.b, "Hanna Zweite")
    waiting = mentee(pool, tree.a)
    mentoring.suggest(pool.pk, NOW)
    suggestion = Suggestion.objects.select_related("mentee", "mentor").get()
    assert suggestion.mentor == first
    mentoring.rule(pool, suggestion, "forbid", cast.officer, NOW)
    figures = mentoring.suggest(pool.pk, later(1))
    suggestion = Suggestion.objects.select_related("mentee", "mentor").get()
    assert (suggestion.mentor, suggestion.was, suggestion.changed, figures["changed"]) == (second, first, True, 1)
    PairRule.objects.all().delete()
    mentoring.rule(pool, suggestion, "pin", cast.officer, later(1))
    assert mentoring.suggest(pool.pk, later(2))["changed"] == 0
    assert Suggestion.objects.get(mentee=waiting).pinned


def test_pairs_of_the_past_are_not_suggested_again(pool, tree, cast):
    pair = running(pool, tree.a)
    mentoring.close(pair, End.REMATCH, TODAY)
    mentoring.suggest(pool.pk, NOW)
    pair.mentee.refresh_from_db()
    assert pair.mentee.state == "waiting" and pair.mentee.why_not == "barred"


# --- asking ------------------------------------------------------------------------------------------------------------


def test_without_a_code_of_conduct_nobody_is_asked(pool, tree, cast):
    Conduct.objects.all().delete()
    mentor(pool, tree.a), mentee(pool, tree.a)
    with pytest.raises(ValidationError):
        asked(pool, cast)
    assert not Message.objects.exists()


def test_what_is_true_by_now_leaves_a_pair_out_when_it_is_approved(pool, tree, cast):
    guide = mentor(pool, tree.a)
    mentee(pool, tree.a)
    mentoring.suggest(pool.pk, NOW)
    Mentor.objects.filter(pk=guide.pk).update(languages=["he"])
    assert mentoring.approve(pool, list(pool.suggestions.values_list("pk", flat=True)), cast.officer, NOW) == (0, 1)
    assert not Pairing.objects.exists()


def test_the_mentor_is_asked_first_then_the_mentee_then_it_runs_each_mail_once(pool, tree, cast, client):
    mentor(pool, tree.a, phone="0351 99"), mentee(pool, tree.a, phone="0351 77")
    pair = asked(pool, cast)
    for _run in range(3):
        mentoring.due(NOW)
    relay(timezone.now())
    assert [mail.to for mail in LocalMail.objects.all()] == ["greta@example.org"]
    page = client.get(link("link_pair", pair, "mentor")).content.decode()
    assert "Nora" in page and "Neu" not in page and "0351 77" not in page and "nora@" not in page

    refused = client.post(link("link_pair", pair, "mentor"), {"do": "yes"})
    assert refused.status_code == 422  # the code of conduct is not accepted yet
    client.post(link("link_pair", pair, "mentor"), {"do": "yes", "conduct": "1"})
    pair.refresh_from_db()
    assert pair.state == State.AGREED and pair.mentor.conduct.version == 1
    mentoring.due(NOW), relay(timezone.now())
    assert [mail.to for mail in LocalMail.objects.order_by("pk")] == ["greta@example.org", "nora@example.org"]

    client.post(link("link_pair", pair, "mentee"), {"do": "yes", "conduct": "1", "shares_phone": "1"})
    pair.refresh_from_db()
    assert pair.state == State.RUNNING
    mentors_page = client.get(link("link_pair", pair, "mentor")).content.decode()
    assert "0351 77" in mentors_page and "nora@example.org" not in mentors_page
    mentees_page = client.get(link("link_pair", pair, "mentee")).content.decode()
    assert "greta@example.org" in mentees_page and "Hilfreich" not in mentees_page
    mentoring.due(NOW), mentoring.due(NOW), relay(timezone.now())
    assert LocalMail.objects.count() == 4
    assert not Message.objects.exclude(state="sent").exists()


def test_opening_a_link_changes_nothing(pool, tree, cast, client):
    pair = running(pool, tree.a)
    row = CheckIn.objects.create(pairing=pair, side="mentee", occasion="month:1", asked_on=TODAY)
    for path in (link("link_pair", pair, "mentor"), link("link_check_in", row), link("link_complaint", pair, "mentee"), link("link_mentor", pair.mentor)):
        assert client.get(path).status_code == 200
    row.refresh_from_db(), pair.refresh_from_db()
    assert (row.answer, pair.state) == ("", "running")


def test_a_link_of_one_side_is_not_good_for_the_other_page_or_forged(pool, tree, client):
    pair = running(pool, tree.a)
    token = link("link_pair", pair, "mentor").split("/")[-2]
    assert client.get(reverse("onboarding:link_complaint", args=[token])).status_code == 404
    assert client.get(reverse("onboarding:link_pair", args=[token[:-2] + "xx"])).status_code == 404


def test_no_answer_in_seven_days_gives_the_next_suggestion_and_the_officer_is_told_once(pool, tree, cast):
    first, second = mentor(pool, tree.a), mentor(pool, tree.b, "Hanna Zweite")
    mentee(pool, tree.a)
    pair = asked(pool, cast)
    assert pair.mentor == first
    relay(NOW)
    mentoring.due(later(7))
    pair.refresh_from_db()
    assert pair.state == State.ASKED  # until the end of the seventh day
    for day in (8, 8, 9, 10):
        mentoring.due(later(day))
    pair.refresh_from_db(), first.refresh_from_db()
    assert (pair.state, pair.ended) == ("ended", "no_answer")
    assert first.paused_until == TODAY + timedelta(days=8 + 30)
    assert mentoring.work_pools(later(8)) == 1
    assert Suggestion.objects.get().mentor == second
    news = Message.objects.filter(kind="mentoring_news")
    assert [message.recipient for message in news] == [cast.officer]
    relay(later(10))
    assert reverse("onboarding:pairing_list") in LocalMail.objects.get(to="oskar.blume@example.org").text


def test_the_days_to_answer_count_from_the_mail_that_waited_for_room_in_a_full_week(pool, tree, cast, settings):
    settings.MAILS_PER_WEEK = 1
    guide = mentor(pool, tree.a)
    mentee(pool, tree.a)
    Message.objects.create(kind="own_data", key="before", due_at=NOW, state="sent", to=guide.member.email, sent_at=NOW - timedelta(days=1))
    pair = asked(pool, cast)
    relay(timezone.now()), mentoring.due(later(9))
    pair.refresh_from_db()
    assert pair.state == State.ASKED, "nobody has asked them yet"
    relay(later(9)), mentoring.due(later(16))
    pair.refresh_from_db()
    assert pair.state == State.ASKED
    mentoring.due(later(17))
    pair.refresh_from_db()
    assert pair.ended == "no_answer"


def test_a_mentee_who_does_not_answer_costs_no_further_mentor(pool, tree, cast):
    mentor(pool, tree.a), mentee(pool, tree.a)
    pair = asked(pool, cast)
    pair.agree(TODAY)
    mentoring.due(NOW), relay(timezone.now()), mentoring.due(later(8))
    pair.refresh_from_db(), pair.mentee.refresh_from_db()
    assert (pair.ended, pair.mentee.state) == ("no_answer", "offered")


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_once_one_counts(pool, tree, cast):
    pair = running(pool, tree.a, state="asked", started_on=None)

    def say(yes):
        try:
            row = Pairing.objects.get(pk=pair.pk)
            return row.agree(TODAY) if yes else row.end(End.MENTOR_NO, TODAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        agreed = list(threads.map(say, [True] * 8))
    assert agreed.count(True) == 1


@pytest.mark.django_db(transaction=True)
def test_two_officers_who_approve_at_once_fill_a_place_once(pool, tree, cast):
    mentor(pool, tree.a), mentee(pool, tree.a)
    mentoring.suggest(pool.pk, NOW)
    pks = list(pool.suggestions.values_list("pk", flat=True))

    def approve(_n):
        try:
            return mentoring.approve(pool, pks, cast.officer, NOW)[0]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(approve, range(6))) == 1
    assert Pairing.objects.count() == Message.objects.count() == 1


# --- the calendar ------------------------------------------------------------------------------------------------------


def test_check_ins_at_months_one_three_and_six_reach_both_sides_once(pool, tree, cast):
    pair = running(pool, tree.a)
    for day in range(0, 200):
        Pairing.objects.filter(pk=pair.pk).update(last_sign_on=TODAY + timedelta(days=day))  # they are in touch
        mentoring.due(later(day))
    asked_for = CheckIn.objects.values_list("occasion", "side").order_by("asked_on", "side")
    assert list(asked_for) == [(f"month:{month}", side) for month in (1, 3, 6) for side in ("mentee", "mentor")]
    assert Message.objects.filter(kind="mentoring_check_in").count() == 6


def test_an_answer_is_one_tap_and_counts_once(pool, tree, client):
    pair = running(pool, tree.a)
    row = CheckIn.objects.create(pairing=pair, side="mentee", occasion="month:1", asked_on=TODAY)
    client.post(link("link_check_in", row), {"answer": "good"})
    client.post(link("link_check_in", row), {"answer": "end"})
    row.refresh_from_db(), pair.refresh_from_db()
    assert (row.answer, pair.state) == ("good", "running")


def test_it_does_not_fit_ends_a_pair_without_blame_and_the_mentee_waits_again(pool, tree, client):
    pair = running(pool, tree.a)
    row = CheckIn.objects.create(pairing=pair, side="mentee", occasion="month:1", asked_on=TODAY)
    client.post(link("link_check_in", row), {"answer": "end"})
    pair.refresh_from_db(), pair.mentee.refresh_from_db()
    assert (pair.ended, pair.mentee.state, pair.mentee.since) == ("rematch", "waiting", date(2026, 11, 2))


def test_after_45_silent_days_both_are_asked_and_after_two_weeks_more_the_officer(pool, tree, cast):
    pair = running(pool, tree.a, started_on=TODAY - timedelta(days=400), last_sign_on=TODAY - timedelta(days=44))
    mentoring.due(NOW)
    assert not CheckIn.objects.exists()
    mentoring.due(later(1)), mentoring.due(later(2))
    assert sorted(CheckIn.objects.values_list("side", flat=True)) == ["mentee", "mentor"]
    mentoring.due(later(14))
    assert not Message.objects.filter(kind="mentoring_news").exists()
    mentoring.due(later(15)), mentoring.due(later(16))
    assert Message.objects.filter(kind="mentoring_news").count() == 1
    mentoring.answer(CheckIn.objects.select_related("pairing__pool").first(), "good", "", TODAY + timedelta(days=17), later(17))
    pair.refresh_from_db()
    assert pair.silence_asked_on is None and not mentoring.attention([pool.pk], TODAY + timedelta(days=17))[1].exists()


def test_a_completed_pair_gives_feedback_and_the_mentee_is_asked_half_a_year_later_to_become_a_mentor(pool, tree, client):
    pair = running(pool, tree.a)
    client.post(link("link_pair", pair, "mentee"), {"do": "done"})
    assert CheckIn.objects.filter(occasion="closing").count() == 2
    row = CheckIn.objects.get(occasion="closing", side="mentee")
    client.post(link("link_check_in", row), {"answer": "good", "text": "War schön."})
    row.refresh_from_db()
    assert row.text == "War schön."
    ended = Pairing.objects.get(pk=pair.pk).ended_on
    at = datetime(ended.year, ended.month, ended.day, 12, tzinfo=UTC)
    mentoring.due(at + timedelta(days=179))
    assert not Mentor.objects.filter(member=pair.mentee.member).exists()
    for day in (181, 182, 190):
        mentoring.due(at + timedelta(days=day))
    assert Mentor.objects.get(member=pair.mentee.member).state == "invited"
    assert Message.objects.filter(kind="mentoring_invite").count() == 1


def test_who_leaves_the_party_ends_the_pair_and_the_other_waits_again(pool, tree):
    pair = running(pool, tree.a)
    pair.mentor.member.status = "left"
    pair.mentor.member.save(update_fields=["status"])
    mentoring.due(NOW)
    pair.refresh_from_db(), pair.mentee.refresh_from_db()
    assert (pair.ended, pair.mentee.state) == ("left", "waiting")


def test_nobody_gets_more_than_three_of_these_mails_in_a_week_and_none_is_lost(pool, tree):
    guide = mentor(pool, tree.a, places=3)
    for n in range(3):
        one = mentee(pool, tree.a, f"Nora{n} Neu")
        pair = Pairing.objects.create(
            pool=pool, mentor=guide, mentee=one, state="running", asked_on=TODAY, answer_until=TODAY, started_on=TODAY, last_sign_on=TODAY
        )
        for month in (1, 3):
            CheckIn.objects.create(pairing=pair, side="mentor", occasion=f"month:{month}", asked_on=TODAY)
    weeks = []
    for day in range(0, 29):
        mentoring.due(later(day))
        weeks.append(MentoringMail.objects.filter(member=guide.member, at__gt=later(day) - timedelta(days=7)).count())
    assert max(weeks) == 3
    assert Message.objects.filter(kind="mentoring_check_in", payload__member=guide.member_id).count() == 6


def test_who_has_no_mail_address_is_asked_by_the_officer_who_notes_what_they_say(pool, tree, cast, client, sign_in):
    guide, one = mentor(pool, tree.a, email="", phone="0351 123456"), mentee(pool, tree.a, email="", phone="0351 654321")
    pair = asked(pool, cast)
    relay(timezone.now())
    assert mentoring.due(later(20))["unanswered"] == 0, "nobody has asked them yet"
    told = Message.objects.get(kind="mentoring_news")
    mail = mentoring_mails.build_news(told, reminders.recipients([told], later(20)), later(20))
    assert "telefon" in mail.text.lower()
    officer, page = sign_in(cast.officer), reverse("onboarding:pairing_detail", args=[pair.pk])
    assert "Nora" in officer.get(reverse("onboarding:pairing_list") + "?show=attention").text and "0351123456" in officer.get(page).text.replace(" ", "")
    change = reverse("onboarding:pairing_change", args=[pair.pk])
    officer.post(change, {"do": "yes", "side": "mentor"})
    assert Pairing.objects.get().state == State.ASKED, "not without the code of conduct"
    officer.post(change, {"do": "yes", "side": "mentor", "conduct": "1"})
    officer.post(change, {"do": "yes", "side": "mentor", "conduct": "1"})
    assert Pairing.objects.get().state == State.AGREED, "a second click does not answer for the other side"
    officer.post(change, {"do": "yes", "side": "mentee", "conduct": "1", "shares_phone": "1"})
    pair.refresh_from_db(), one.refresh_from_db(), guide.refresh_from_db()
    with translation.override("en"):
        told = [entry["text"] for entry in mentoring_views.story(pair)]
    assert told.index("Mentor asked") > told.index("Mentor agreed, mentee asked") > told.index("Both agreed"), "the newest first, also within one day"
    assert (pair.state, one.shares_phone, one.shares_email) == (State.RUNNING, True, False)
    assert one.conduct_id == guide.conduct_id == pool.conducts.get().pk
    client.logout()
    assert "0351654321" in client.get(link("link_pair", pair, "mentor")).text.replace(" ", "")


def test_who_has_no_mail_address_is_not_offered_a_mentor_by_mail_and_that_is_said(pool, tree, cast, sign_in):
    reached, not_reached = (make.member(f"Neu {n}", tree.a, joined_on=TODAY, email=email) for n, email in enumerate(("neu@example.org", "")))
    journeys.start_due(TODAY)
    officer = sign_in(cast.officer)
    officer.cookies["django_language"] = "en"
    new = reverse("onboarding:mentee_list", args=[pool.pk]) + "?show=new"
    assert officer.get(new).text.count("no mail address") == 1
    picks = [member.journeys.get().pk for member in (reached, not_reached)]
    answer = officer.post(reverse("onboarding:mentee_add", args=[pool.pk]), {"do": "offer", "pick": picks}, follow=True)
    assert "1 has no mail address" in answer.text and Mentee.objects.get().member == reached
    officer.post(reverse("onboarding:mentee_add", args=[pool.pk]), {"do": "wait", "pick": picks})
    assert Mentee.objects.get(member=not_reached).state == "waiting"


# --- complaints --------------------------------------------------------------------------------------------------------


def test_a_complaint_bypasses_the_unit_and_its_mail_says_nothing_of_it(pool, tree, cast, client, sign_in):
    pair = running(pool, tree.a)
    client.post(link("link_complaint", pair, "mentee"), {"text": "Geheimes", "key": "one"})
    client.post(link("link_complaint", pair, "mentee"), {"text": "Geheimes", "key": "one"})
    complaint = Complaint.objects.get()
    assert (complaint.unit, complaint.office.slug) == (tree.district, "membership_officer")
    for person in (cast.secretary_a, cast.chair_a, cast.admin, cast.secretary_b, cast.foreign_officer):
        assert sign_in(person).get(reverse("onboarding:complaint_detail", args=[complaint.pk])).status_code == 404
        assert sign_in(person).get(reverse("onboarding:complaint_list")).context["rows"] == []
    assert [sign_in(one).get(reverse("onboarding:mentoring_home")).context["complaints"] for one in (cast.admin, cast.officer)] == [0, 1]
    assert "Geheimes" in sign_in(cast.officer).get(reverse("onboarding:complaint_detail", args=[complaint.pk])).content.decode()
    relay(timezone.now())
    mail = LocalMail.objects.get()
    assert mail.to == "oskar.blume@example.org" and "Geheimes" not in mail.text + mail.html + mail.subject


def test_who_no_longer_holds_the_office_gets_no_mail_of_a_complaint(pool, tree, cast):
    mentoring.complain(running(pool, tree.a), "mentee", "Geheimes", "12345678123456781234567812345678", NOW)
    cast.officer.appointments.update(unit=tree.b)
    relay(timezone.now())
    assert not LocalMail.objects.exists()


def test_nobody_reads_a_complaint_about_themselves(pool, tree, cast, sign_in):
    pair = running(pool, tree.a)
    pair.mentor.member.user = cast.officer
    pair.mentor.member.save(update_fields=["user"])
    complaint = mentoring.complain(pair, "mentee", "Geheimes", "12345678123456781234567812345678", NOW)
    assert sign_in(cast.officer).get(reverse("onboarding:complaint_detail", args=[complaint.pk])).status_code == 404


def test_a_complaint_about_who_would_read_it_goes_to_somebody_else(pool, tree, cast, client, sign_in):
    guide = mentor(pool, tree.a, email=cast.officer.email.upper())  # the same person: the account has the address of the member
    dates = {"asked_on": TODAY, "answer_until": TODAY, "started_on": TODAY}
    pair = Pairing.objects.create(pool=pool, mentor=guide, mentee=mentee(pool, tree.a), state="running", **dates)
    other = {"de": "Verwaltung", "en": "Administration"}
    Office.objects.filter(slug="administrator").update(labels=other)
    assert "Verwaltung" in client.get(link("link_complaint", pair, "mentee")).text, "the page names who reads it"
    complaint = mentoring.complain(pair, "mentee", "Geheimes", "12345678123456781234567812345678", NOW)
    assert (complaint.unit, complaint.office.slug) == (tree.district, "administrator")
    assert Message.objects.get(kind="mentoring_complaint").recipient == cast.admin
    page = reverse("onboarding:complaint_detail", args=[complaint.pk])
    assert sign_in(cast.officer).get(page).status_code == 404
    shown = sign_in(cast.admin).get(page).content.decode()
    assert "Geheimes" in shown and "mailto:nora@example.org" in shown, "who wrote it is to be called back"
    Complaint.objects.update(office=pool.complaint_office)
    assert sign_in(cast.officer).get(page).status_code == 404, "holding the office is not enough where it is about oneself"


def test_a_complaint_nobody_could_read_is_not_taken_and_keeps_its_words(pool, tree, cast, client):
    pair = running(pool, tree.a)
    Appointment.objects.update(ends_on=TODAY)
    answer = client.post(link("link_complaint", pair, "mentee"), {"text": "Geheimes", "key": "one"})
    assert answer.status_code == 422 and "Geheimes" in answer.content.decode() and not Complaint.objects.exists()


def test_a_pair_that_ended_badly_never_comes_again(pool, tree, cast, sign_in):
    pair = running(pool, tree.a)
    complaint = mentoring.complain(pair, "mentee", "Geheimes", "12345678123456781234567812345678", NOW)
    sign_in(cast.officer).post(reverse("onboarding:complaint_detail", args=[complaint.pk]), {"note": "besprochen", "badly": "1"})
    pair.refresh_from_db()
    assert pair.ended == "badly"
    mentoring.suggest(pool.pk, NOW)
    assert not Suggestion.objects.exists()


# --- the officer's pages -----------------------------------------------------------------------------------------------


def test_mentors_declare_by_link_and_the_officer_confirms_and_clears_them(pool, tree, cast, client, sign_in):
    topic = Tag.objects.create(party=tree.district, kind="interest", labels={"de": "Wohnen"})
    make.member("Ida Erfahren", tree.a, number="77", email="ida@example.org")
    officer = sign_in(cast.officer)
    officer.post(reverse("onboarding:mentor_add", args=[pool.pk]), {"who": "77"})
    row = Mentor.objects.get()
    assert Message.objects.get().kind == "mentoring_invite"
    client.logout()
    answer = client.post(
        link("link_mentor", row), {"places": "2", "languages": ["de", "ar"], "reach": "near", "topics": [str(topic.pk)], "minors": "on", "shown": ""}
    )
    row.refresh_from_db()
    assert (answer.status_code, row.state, row.places, row.languages, row.minors) == (302, "declared", 2, ["de", "ar"], False)
    assert MemberTag.objects.get().source == "member"
    data = {"places": "2", "languages": ["de"], "reach": "near", "minors": "on", "do": "confirm", "shown": str(topic.pk), "topics": [str(topic.pk)]}
    sign_in(cast.officer).post(reverse("onboarding:mentor_detail", args=[row.pk]), data)
    row.refresh_from_db()
    assert (row.state, row.minors, row.confirmed_by) == ("confirmed", True, cast.officer)


def test_a_mentor_who_tells_something_in_the_moment_they_are_confirmed_stays_confirmed(pool, tree, cast):
    told = mentor(pool, tree.a, state="declared")
    seen = Mentor.objects.get(pk=told.pk)
    seen.confirm(cast.officer, NOW)
    Mentor.objects.filter(pk=told.pk).update(minors=True)
    told.places = 2
    told.declare(NOW)
    told = Mentor.objects.get(pk=told.pk)
    assert (told.state, told.places, told.minors, told.confirmed_by) == ("confirmed", 2, True, cast.officer)


def test_who_leads_a_branch_below_a_pool_is_told_who_brings_people_together(pool, tree, cast, sign_in):
    page = sign_in(cast.chair_a).get(reverse("onboarding:mentoring_home")).text
    assert tree.district.name in page and "btn-primary" not in page.split("<main")[1]
    pool.delete()
    assert "btn-primary" in sign_in(cast.chair_a).get(reverse("onboarding:mentoring_home")).text.split("<main")[1]


def test_a_mentee_who_writes_while_the_pair_begins_stays_served(pool, tree):
    row = mentee(pool, tree.a)
    form = MenteeForm({"languages": ["de", "ar"], "shown": ""}, instance=Mentee.objects.get(pk=row.pk))
    assert form.is_valid()
    Mentee.objects.filter(pk=row.pk).update(state="served", why_not="")
    form.save()
    row.refresh_from_db()
    assert (row.state, row.languages, row.shares_email) == ("served", ["de", "ar"], False)


def test_a_member_says_by_link_that_they_want_a_mentor(pool, tree, client):
    row = mentee(pool, tree.a, state="offered")
    client.post(link("link_mentee", row), {"languages": ["de"], "shares_email": "on", "shown": ""})
    row.refresh_from_db()
    assert row.state == "waiting" and "<form" in client.get(link("link_mentee", row)).content.decode().split("<main")[1]
    client.post(link("link_mentee", row), {"do": "no"})
    row.refresh_from_db()
    assert row.state == "declined"


def test_who_has_a_mentor_is_not_asked_whether_they_want_one(pool, tree, client):
    pair = running(pool, tree.a)
    assert "<form" not in client.get(link("link_mentee", pair.mentee)).content.decode().split("<main")[1].split("</main")[0]


def test_a_mentor_comes_from_the_page_of_the_pair_to_their_profile_and_the_last_check_in_to_a_good_end(pool, tree, client):
    pair = running(pool, tree.a)
    assert "/mentoring/link/mentor/" in client.get(link("link_pair", pair, "mentor")).content.decode()
    assert "/mentoring/link/mentor/" not in client.get(link("link_pair", pair, "mentee")).content.decode()
    asked = [CheckIn.objects.create(pairing=pair, side="mentee", occasion=f"month:{month}", asked_on=TODAY) for month in (3, 6)]
    assert ["/mentoring/link/pair/" in client.get(link("link_check_in", row, "mentee")).content.decode() for row in asked] == [False, True]


def test_a_changed_code_of_conduct_is_a_new_version_that_is_accepted_before_the_next_pair(pool, tree, cast, client, sign_in):
    data = {"text_de": "Neu.", "complaint_office": str(pool.complaint_office_id)}
    address = reverse("onboarding:mentoring_conduct", args=[pool.pk])
    sign_in(cast.officer).post(address, data)
    sign_in(cast.officer).post(address, data)
    assert list(pool.conducts.values_list("version", flat=True)) == [2, 1]
    guide = mentor(pool, tree.a)
    guide.accept(pool.conducts.get(version=1), NOW)
    mentee(pool, tree.a)
    pair = asked(pool, cast)
    assert client.post(link("link_pair", pair, "mentor"), {"do": "yes"}).status_code == 422


@pytest.mark.parametrize("name", ["mentoring_home", "mentee_list", "mentor_list", "pairing_list"])
def test_lists_of_mentoring_take_a_constant_number_of_queries(pool, tree, cast, sign_in, django_assert_max_num_queries, name):
    for n in range(12):
        mentor(pool, tree.a, f"Greta{n} Hilfreich")
        mentee(pool, tree.b, f"Nora{n} Neu")
    mentoring.suggest(pool.pk, NOW)
    mentoring.approve(pool, list(pool.suggestions.values_list("pk", flat=True)[:5]), cast.officer, NOW)
    args = [] if name in ("mentoring_home", "pairing_list") else [pool.pk]
    client = sign_in(cast.officer)
    client.get(reverse(f"onboarding:{name}", args=args))
    with django_assert_max_num_queries(20):
        assert client.get(reverse(f"onboarding:{name}", args=args), {"show": "asked"}).status_code == 200


def test_suggesting_takes_a_constant_number_of_queries(pool, tree, django_assert_max_num_queries):
    for n in range(30):
        mentor(pool, tree.a, f"Greta{n} Hilfreich")
        mentee(pool, tree.b, f"Nora{n} Neu")
    with django_assert_max_num_queries(24):
        assert mentoring.suggest(pool.pk, NOW)["suggested"] == 30


def test_of_two_records_of_one_mentee_the_survivor_keeps_the_pair_and_undo_brings_both_back(pool, tree, cast):
    pair = running(pool, tree.a)
    other = mentee(pool, tree.b, "Nora Neue")
    before = list(Mentee.objects.order_by("pk").values())
    record = merging.merge(other.member_id, pair.mentee.member_id, cast.officer, NOW, taken=set())
    assert Mentee.objects.get().member_id == other.member_id
    assert Pairing.objects.get().mentee.member_id == other.member_id
    merging.undo(record, cast.officer, NOW)
    assert list(Mentee.objects.order_by("pk").values()) == before
    pair.refresh_from_db()
    assert pair.mentee.member.name == "Nora Neu"


def test_no_page_of_a_mentor_shows_anything_of_others_than_their_pair(pool, tree, client):
    pair = running(pool, tree.a, state="asked", started_on=None)
    mentee(pool, tree.a, "Zora Canaryson", street="Canarystreet 1")
    mentor(pool, tree.b, "Zeno Canarymentor")
    Mentee.objects.filter(pk=pair.mentee_id).update(shares_phone=True)
    pages = [
        client.get(link("link_pair", pair, "mentor")), client.get(link("link_mentor", pair.mentor)), client.get(link("link_complaint", pair, "mentor")),
        client.get(link("link_mentee", pair.mentee)),
    ]  # fmt: skip
    for page in pages:
        text = page.content.decode()
        assert "Canary" not in text and "nora@example.org" not in text and "1998" not in text and "Hilfreich" not in text


def test_the_page_of_a_new_member_names_the_mentor_to_those_who_care(pool, tree, cast, sign_in):
    pair = running(pool, tree.a)
    member = pair.mentee.member
    journeys.start_due(TODAY)
    address = member.get_absolute_url()
    assert "Greta Hilfreich" in sign_in(cast.secretary_a).get(address).text
    assert "Greta Hilfreich" not in sign_in(cast.treasurer_a).get(address).text
    Pairing.objects.filter(pk=pair.pk).update(state="ended", ended="done", ended_on=TODAY)
    assert not sign_in(cast.secretary_a).get(address).context["mentor"], "who it was stands in the history alone"
