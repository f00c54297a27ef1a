import inspect
import json
import re
from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from branches.models import Office
from membership.models import Member
from onboarding import journeys, reminders
from onboarding.models import Escalation, Journey, JourneyStep, Standard, Step
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make
from tests.at_once import at_once

DAY = timedelta(days=1)
MONDAY = date(2026, 11, 23)


def at(day, hour=7, minute=0):
    """That moment in Dresden."""
    return datetime.combine(day, time(hour, minute), ZoneInfo("Europe/Berlin"))


def run(now):
    """One run of everything, as the scheduler does it: what was written and sent by kind."""
    counts = reminders.due(now) + relay(now)
    return {f"{kind} {outcome}": n for (kind, outcome), n in counts.items() if n}


@pytest.fixture(autouse=True)
def box(db, settings):
    """The mails sent."""
    settings.BASE_URL = "http://testserver"
    return mail.outbox


@pytest.fixture
def welcome(tree):
    """welcome(name, unit, due_on) gives the one open step of a new member."""
    step = Step.objects.create(
        standard=Standard.objects.get(unit=tree.district), slug="welcome", labels={"de": "Begrüßung", "he": "ברכה", "en": "Welcome"},
        office=Office.objects.get(slug="secretary"), count=10,
    )  # fmt: skip

    def one(name, unit, due_on, **fields):
        member = make.member(name, unit, joined_on=due_on - 10 * DAY, **fields)
        journey = Journey.objects.create(member=member, unit=unit, started_on=due_on - 10 * DAY)
        return JourneyStep.objects.create(journey=journey, step=step, unit=unit, office=step.office, due_on=due_on)

    return one


# --- the digest ---


def test_the_secretary_gets_one_digest_a_week_with_what_is_late_due_and_coming(cast, tree, welcome, box):
    welcome("Jonas Reichelt", tree.a, MONDAY - 3 * DAY, mobile="0170 / 123", email="jonas@example.org")
    welcome("Petra Lohse", tree.a, MONDAY + 4 * DAY)
    welcome("Emil Sommer", tree.a, MONDAY + 12 * DAY)
    welcome("Far Away", tree.a, MONDAY + 40 * DAY)
    welcome("Berta Nebenan", tree.b, MONDAY)
    assert run(at(MONDAY)) == {"digest written": 2, "digest sent": 2}
    aylin, bernd = sorted(box, key=lambda sent: sent.to)
    assert (aylin.to, bernd.to) == ([cast.secretary_a.email], [cast.secretary_b.email])
    text = aylin.body
    places = [
        text.index(word)
        for word in (
            "ÜBERFÄLLIG (1)",
            "Jonas Reichelt",
            "DIESE WOCHE (1)",
            "Petra Lohse",
            "DEMNÄCHST (1)",
            "Emil Sommer",
        )
    ]
    assert places == sorted(places) and "Far Away" not in text and "Berta" not in text
    assert "0170 / 123" in text and "jonas@example.org" in text
    assert "1 überfällig" in aylin.subject and "Reichelt" not in aylin.subject
    assert run(at(MONDAY, 7, 10)) == run(at(MONDAY + 3 * DAY, 12)) == {}
    assert run(at(MONDAY + 7 * DAY)) == {
        "digest written": 2,
        "digest sent": 2,
        "escalation written": 2,
        "escalation sent": 2,
    }


def test_nothing_due_is_silence_without_a_row(cast, tree, welcome):
    welcome("Emil Sommer", tree.a, MONDAY + 12 * DAY)
    assert run(at(MONDAY)) == {} and not Message.objects.exists()


def test_before_seven_in_the_morning_of_the_chosen_weekday_nobody_is_woken(cast, tree, welcome):
    tree.district.settings = {"digest_weekday": 2}
    tree.district.save()
    tree.b.settings = {"digest_weekday": 3}
    tree.b.save()
    welcome("Jonas Reichelt", tree.a, MONDAY)
    welcome("Berta Nebenan", tree.b, MONDAY)
    assert run(at(MONDAY, 20)) == run(at(MONDAY + 2 * DAY, 6, 59)) == {}
    assert run(at(MONDAY + 2 * DAY)) == {"digest written": 1, "digest sent": 1}
    assert run(at(MONDAY + 3 * DAY)) == {"digest written": 1, "digest sent": 1}


def test_a_run_missed_for_three_days_is_caught_up_with_one_mail(cast, tree, welcome, box):
    step = welcome("Jonas Reichelt", tree.a, MONDAY - 6 * DAY)
    assert run(at(MONDAY + 3 * DAY, 10)) == {
        "digest written": 1,
        "digest sent": 1,
        "escalation written": 1,
        "escalation sent": 1,
    }
    assert run(at(MONDAY + 3 * DAY, 10, 10)) == {}
    assert Escalation.objects.get().journey_step == step


def test_a_digest_that_could_not_be_sent_all_week_gives_way_to_the_next(cast, tree, welcome, box):
    welcome("Jonas Reichelt", tree.a, MONDAY)
    reminders.due(at(MONDAY))
    assert run(at(MONDAY + 7 * DAY)) == {
        "digest written": 1, "digest sent": 1, "digest skipped": 1, "escalation written": 1, "escalation sent": 1
    }  # fmt: skip
    assert Message.objects.get(state="skipped").reason == reminders.WEEK_OVER


def test_what_is_settled_before_the_mail_goes_out_is_not_in_it(cast, tree, welcome, box):
    step = welcome("Jonas Reichelt", tree.a, MONDAY)
    reminders.due(at(MONDAY))
    step.tick(cast.secretary_a, MONDAY, at(MONDAY))
    assert run(at(MONDAY)) == {"digest skipped": 1} and not box
    assert Message.objects.get().reason == reminders.NOTHING_DUE


def test_who_lost_the_office_before_the_mail_goes_out_gets_none(cast, tree, welcome, box):
    welcome("Jonas Reichelt", tree.a, MONDAY)
    reminders.due(at(MONDAY))
    cast.secretary_a.appointments.update(ends_on=MONDAY)
    relay(at(MONDAY))
    assert not box and Message.objects.get().reason == reminders.NO_OFFICE


def test_who_may_not_sign_in_any_more_gets_nothing(cast, tree, welcome, box):
    welcome("Jonas Reichelt", tree.a, MONDAY - 30 * DAY)
    reminders.due(at(MONDAY))
    for person in (cast.secretary_a, cast.officer):
        person.is_active = False
        person.save()
    relay(at(MONDAY))
    assert not box and set(Message.objects.values_list("state", flat=True)) == {"skipped"}


@pytest.mark.parametrize("state", ["before", "not_needed", "done", "dropped"])
def test_a_closed_step_reminds_nobody(cast, tree, welcome, state):
    welcome("Jonas Reichelt", tree.a, MONDAY - 30 * DAY)
    JourneyStep.objects.update(state=state, done_on=MONDAY, reason="doppelt")
    assert run(at(MONDAY)) == {}


@pytest.mark.parametrize("status", ["left", "deceased", "applicant"])
def test_a_member_who_is_none_any_more_is_nobodys_reminder(cast, tree, welcome, status):
    welcome("Jonas Reichelt", tree.a, MONDAY - 30 * DAY)
    Member.objects.update(status=status)
    assert run(at(MONDAY)) == {}


def test_several_offices_make_one_mail(cast, tree, welcome, box):
    make.appoint(cast.secretary_a, "chair", tree.b)
    cast.secretary_b.appointments.update(ends_on=MONDAY)
    welcome("Jonas Reichelt", tree.a, MONDAY)
    welcome("Berta Nebenan", tree.b, MONDAY)
    assert run(at(MONDAY)) == {"digest written": 1, "digest sent": 1}
    assert "Altdorf" in box[0].body and "Bergheim" in box[0].body


def test_a_long_list_is_cut_and_counted(cast, tree, welcome, box, rf):
    for n in range(14):
        welcome(f"Neu Mitglied{n}", tree.a, MONDAY - 2 * DAY)
    run(at(MONDAY))
    assert box[0].body.count("/link/step/") == reminders.SHOWN and "ÜBERFÄLLIG (14)" in box[0].body and "4 weitere" in box[0].body


def test_work_follows_the_office_to_the_new_holder(cast, tree, welcome, box):
    nora = make.user("Nora Neu")
    cast.secretary_a.appointments.update(ends_on=MONDAY)
    make.appoint(nora, "secretary", tree.a, MONDAY)
    welcome("Jonas Reichelt", tree.a, MONDAY)
    run(at(MONDAY))
    assert [sent.to for sent in box] == [[nora.email]]


@pytest.mark.parametrize(
    ("language", "direction", "words"), [("he", "rtl", "באיחור"), ("en", "ltr", "OVERDUE"), ("de", "ltr", "ÜBERFÄLLIG")]
)
def test_the_mail_speaks_the_readers_language(cast, tree, welcome, box, language, direction, words):
    cast.secretary_a.language = language
    cast.secretary_a.save()
    welcome("יונתן רגב", tree.a, MONDAY - DAY, mobile="050-1234567")
    run(at(MONDAY))
    html = box[0].alternatives[0][0]
    assert words in box[0].body and f'lang="{language}" dir="{direction}"' in html and "<bdi>יונתן רגב</bdi>" in html
    assert ("\u2068יונתן רגב\u2069" in box[0].body) == (language != "he")


def test_without_a_language_of_ones_own_the_units_is_spoken(cast, tree, welcome, box):
    cast.secretary_a.language = ""
    cast.secretary_a.save()
    tree.district.settings = {"language": "he"}
    tree.district.save()
    welcome("יונתן רגב", tree.a, MONDAY - DAY)
    run(at(MONDAY))
    assert "באיחור" in box[0].body


def test_a_hostile_name_stays_text(cast, tree, welcome, box):
    welcome('<script>x</script> "Eve"', tree.a, MONDAY - DAY)
    Member.objects.update(given_name="Eve\r\nBcc: spy@example.org\u202e")
    run(at(MONDAY))
    assert "<script>" not in box[0].alternatives[0][0]
    assert "\u202e" not in box[0].body and "\nBcc" not in box[0].body
    assert "\n" not in box[0].subject and box[0].message()["Bcc"] is None


def test_nothing_about_a_sister_branch_reaches_the_mail(cast, tree, welcome, box):
    welcome("Jonas Reichelt", tree.a, MONDAY)
    canary = {field: f"canary{n}" for n, field in enumerate(["street", "city", "phone", "email", "title"])}
    welcome("Kanarie Vogel", tree.b, MONDAY, **canary)
    run(at(MONDAY))
    mine = next(sent for sent in box if sent.to == [cast.secretary_a.email])
    assert "canary" not in mine.message().as_string() and "Kanarie" not in mine.body


# --- escalation ---


def test_a_late_step_goes_up_at_7_14_and_21_days_each_once(cast, tree, welcome, box):
    welcome("Jonas Reichelt", tree.a, MONDAY)
    told = {}
    for days in range(1, 40):
        box.clear()
        reminders.due(at(MONDAY + days * DAY))
        relay(at(MONDAY + days * DAY))
        told |= {(days, sent.to[0]): sent for sent in box if "zu lange" in sent.subject}
    assert list(told) == [(7, cast.secretary_a.email), (14, cast.chair_a.email), (21, cast.officer.email)]
    assert "/link/escalation/" in told[14, cast.chair_a.email].body


def test_after_a_pause_only_the_highest_level_is_told(cast, tree, welcome, box):
    step = welcome("Jonas Reichelt", tree.a, MONDAY)
    assert run(at(MONDAY + 16 * DAY)) == {
        "digest written": 1,
        "digest sent": 1,
        "escalation written": 1,
        "escalation sent": 1,
    }
    assert list(step.escalations.order_by("level").values_list("level", "skipped", "office__slug")) == [
        (7, reminders.HIGHER_LEVEL, None), (14, "", "chair"),
    ]  # fmt: skip
    assert [sent.to for sent in box if "/link/escalation/" in sent.body] == [[cast.chair_a.email]]


def test_all_steps_of_one_person_and_run_are_one_mail(cast, tree, welcome, box):
    for n in range(3):
        welcome(f"Neu Mitglied{n}", tree.a, MONDAY - n * DAY)
    welcome("Berta Nebenan", tree.b, MONDAY - 14 * DAY)
    run(at(MONDAY + 7 * DAY))
    (mine,) = [sent for sent in box if "/link/escalation/" in sent.body and sent.to == [cast.secretary_a.email]]
    assert mine.body.count("/link/escalation/") == 3
    (officers,) = [sent for sent in box if sent.to == [cast.officer.email]]
    assert officers.body.count("/link/escalation/") == 1


def test_both_holders_of_an_office_are_told(cast, tree, welcome, box):
    second = make.user("Zoe Zweit")
    make.appoint(second, "chair", tree.a)
    step = welcome("Jonas Reichelt", tree.a, MONDAY - 14 * DAY)
    run(at(MONDAY))
    told = {sent.to[0] for sent in box if "/link/escalation/" in sent.body}
    assert told == {cast.chair_a.email, second.email} and step.escalations.get(level=14).messages.count() == 2


def test_a_vacant_office_is_told_through_who_stands_in(cast, tree, welcome, box):
    cast.secretary_a.appointments.update(ends_on=MONDAY - 300 * DAY)
    step = welcome("Jonas Reichelt", tree.a, MONDAY - 7 * DAY)
    run(at(MONDAY))
    assert step.escalations.get().office.slug == "chair"
    assert [sent.to for sent in box if "/link/escalation/" in sent.body] == [[cast.chair_a.email]]


def test_an_office_of_the_district_is_told_although_the_branch_has_a_chair(cast, tree, welcome, box):
    welcome("Jonas Reichelt", tree.a, MONDAY - 21 * DAY)
    run(at(MONDAY))
    assert [sent.to for sent in box if "/link/escalation/" in sent.body] == [[cast.officer.email]]


def test_where_nobody_holds_an_office_the_ledger_says_so(tree, welcome):
    step = welcome("Jonas Reichelt", tree.a, MONDAY - 7 * DAY)
    assert run(at(MONDAY)) == {}
    assert step.escalations.get().skipped == reminders.NOBODY


def test_a_stopped_step_does_not_go_up_until_it_is_resumed(cast, tree, welcome, box):
    step = welcome("Jonas Reichelt", tree.a, MONDAY - 7 * DAY)
    assert step.stop_escalation(cast.chair_a, at(MONDAY)) and not step.stop_escalation(cast.officer, at(MONDAY))
    assert "escalation written" not in run(at(MONDAY))
    assert step.escalation_stopped_by == cast.chair_a
    assert step.resume_escalation() and not step.resume_escalation()
    assert run(at(MONDAY, 9)) == {"escalation written": 1, "escalation sent": 1}


def test_a_stop_between_writing_and_sending_still_counts(cast, tree, welcome, box):
    step = welcome("Jonas Reichelt", tree.a, MONDAY - 7 * DAY)
    reminders.due(at(MONDAY))
    step.stop_escalation(cast.chair_a, at(MONDAY))
    relay(at(MONDAY))
    assert not [sent for sent in box if "/link/escalation/" in sent.body]
    assert Message.objects.get(kind="escalation").reason == reminders.NOTHING_DUE


def test_a_unit_sets_its_own_levels_or_none(cast, tree, welcome, box):
    tree.a.settings = {"escalation": [[3, "chair"]]}
    tree.b.settings = {"escalation_active": False}
    tree.a.save()
    tree.b.save()
    welcome("Jonas Reichelt", tree.a, MONDAY - 3 * DAY)
    welcome("Berta Nebenan", tree.b, MONDAY - 30 * DAY)
    run(at(MONDAY))
    assert [sent.to for sent in box if "/link/escalation/" in sent.body] == [[cast.chair_a.email]]


# --- time ---


def living_month(tree, welcome, start, days):
    """Steps that fall due all over the time from `start` on."""
    for n in range(0, days, 3):
        welcome(f"Neu Mitglied{n}", tree.a, start + n * DAY)
        welcome(f"Noch Eins{n}", tree.b, start + n * DAY)


@pytest.mark.parametrize("start", [date(2026, 3, 16), date(2026, 10, 12), date(2028, 2, 14)], ids=["spring", "autumn", "leap year"])
def test_through_clock_changes_and_leap_days_everything_is_told_once(cast, tree, welcome, box, start):
    living_month(tree, welcome, start - 7 * DAY, 21)
    for days in range(35):
        for hour, minute in ((2, 30), (6, 59), (7, 0), (23, 59)):
            if (days, hour) >= (0, 7):
                run(at(start + days * DAY, hour, minute))
    digests = [tuple(m.key.split(":")[1:]) for m in Message.objects.filter(kind="digest")]
    assert len(digests) == len(set(digests)) and {week for _, week in digests} == {reminders.week(start + n * 7 * DAY) for n in range(5)}
    assert {str(m.due_at.astimezone(ZoneInfo("Europe/Berlin")).time())[:5] for m in Message.objects.all()} == {"07:00"}
    told = Escalation.objects.filter(skipped="")
    assert all(
        (e.told_at.astimezone(ZoneInfo("Europe/Berlin")).date() - e.journey_step.due_on).days == e.level
        for e in told.select_related("journey_step")
    ) and told.count() >= 14 * 2  # fmt: skip
    assert Message.objects.exclude(state="sent").count() == 0


def test_a_clock_that_jumps_a_day_back_and_forth_tells_nothing_twice(cast, tree, welcome, box):
    welcome("Jonas Reichelt", tree.a, MONDAY - 7 * DAY)
    for days in (0, 1, 0, -1, 1, 0):
        run(at(MONDAY + days * DAY, 8))
    keys = [m.key for m in Message.objects.all()]
    assert len(keys) == len(set(keys)) and sum(key.endswith("W48") for key in keys) == 1
    assert Message.objects.filter(kind="escalation").count() == 1


@pytest.mark.django_db(transaction=True)
def test_three_schedulers_at_once_for_thirty_days_tell_everything_once(cast, tree, welcome, box):
    living_month(tree, welcome, MONDAY - 25 * DAY, 30)
    written = 0
    for days in range(30):
        now = at(MONDAY + days * DAY)
        written += sum(sum(counts.values()) for counts in at_once(*[partial(reminders.due, now)] * 3))
        relay(now)
    assert written == Message.objects.count() == len(box)
    told = [(sent.to[0], reminders.week(MONDAY)) for sent in box]
    assert told
    links = [(sent.to[0], link) for sent in box for link in re.findall(r"/link/escalation/\S+", sent.body)]
    assert len(links) == len(set(links))
    levels = Escalation.objects.filter(skipped="").values_list("journey_step", "level")
    assert len(levels) == len(set(levels)) > 0


# --- the command and the cost ---


def test_run_reminders_counts_by_kind(cast, tree, welcome, capsys):
    def counts(now):
        call_command("run_reminders", f"--now={now}", "--json")
        found = json.loads(capsys.readouterr().out)
        return found["digest"], found["escalation"]

    welcome("Jonas Reichelt", tree.a, MONDAY - 7 * DAY)
    nothing = {"written": 0, "sent": 0, "skipped": 0, "failed": 0}
    assert counts("2026-11-23") == (nothing | {"written": 1, "sent": 1},) * 2
    assert counts("2026-11-23T07:30") == (nothing, nothing)
    call_command("run_reminders", "--now=2026-11-23T07:30+01:00")
    assert "digest: 0 written" in capsys.readouterr().out


def test_run_reminders_says_what_is_wrong_with_the_moment():
    with pytest.raises(CommandError, match="2026-13-45"):
        call_command("run_reminders", "--now=2026-13-45")


def test_queries_do_not_grow_with_people(cast, tree, welcome, box):
    def queries(n):
        Message.objects.all().delete()
        Escalation.objects.all().delete()
        for number in range(n):
            unit = make.unit(f"Ort {n} {number}", "branch", tree.district)
            make.appoint(make.user(f"Person {n} {number}"), "secretary", unit)
            welcome(f"Neu {n} {number}", unit, MONDAY - 7 * DAY)
        with CaptureQueriesContext(connection) as captured:
            run(at(MONDAY))
        return len([query for query in captured if "SET state = 'sent'" not in query["sql"]])

    assert queries(1) == queries(3) == queries(30)


def test_no_name_travels_through_the_queue():
    from onboarding import tasks as onboarding_tasks
    from outbox import tasks as outbox_tasks

    for task in (onboarding_tasks.remind, outbox_tasks.relay):
        assert set(inspect.signature(task.run).parameters) <= {"now"}


def test_the_ledger_keeps_no_name(cast, tree, welcome):
    welcome("Jonas Reichelt", tree.a, MONDAY - 7 * DAY)
    run(at(MONDAY))
    kept = json.dumps(list(Message.objects.values("key", "payload", "subject", "reason")))
    assert "Reichelt" not in kept and "Jonas" not in kept


def test_starting_journeys_and_reminding_meet(cast, tree, box):
    make.member("Jonas Reichelt", tree.a, joined_on=date(2026, 10, 15))
    journeys.start_due(date(2026, 10, 20))
    assert run(at(MONDAY)) == {} and not mail.outbox  # due on 30 November
    assert run(at(date(2026, 11, 30))) == {"digest written": 1, "digest sent": 1}
