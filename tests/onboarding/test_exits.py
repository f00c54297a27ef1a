"""Leaving: today or on a day to come, the checklist after it, whom it is told about, coming back, and why people go."""

import threading
import time
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from membership import status
from membership.models import Member
from onboarding import exits, journeys, reminders, standards, standing, versions
from onboarding.models import Contact, Exit, ExitReason, Journey, JourneyStep, Step
from outbox.relay import relay
from tests import factories as make

TODAY = date(2026, 11, 23)  # a Monday
NOW = timezone.make_aware(datetime(2026, 11, 23, 12))


@pytest.fixture(autouse=True)
def noon(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def leaving(tree, cast):
    """Somebody in A, where the standard has the usual steps after an exit and a step of arriving that is open."""
    exits.install_checklist(tree.district, cast.officer, NOW)
    exits.install_reasons(tree.district)
    member = make.member("Lea Geht", tree.a, joined_on=TODAY - timedelta(days=20), email="lea@example.org")
    journeys.start_due(TODAY)
    return member


def at(days):
    return NOW + timedelta(days=days)


def leave(member, cast, on=TODAY, now=NOW, **fields):
    row = exits.enter(member, on, cast.secretary_a, now, **fields)
    standing.arrive(member.pk, timezone.localdate(now), now)
    row.refresh_from_db(), member.refresh_from_db()
    return row


def exit_journey(member):
    return member.journeys.get(reason=Journey.Reason.EXIT)


def test_an_exit_ends_arriving_and_begins_a_short_journey_that_counts_from_its_day(leaving, cast):
    row = leave(leaving, cast, on=TODAY - timedelta(days=2), reason=ExitReason.objects.get(slug="fee"), note="zu teuer")
    assert row.state == Exit.State.GONE and leaving.status == "left"
    assert leaving.changes.get().after["note"] == "Beitrag · zu teuer"
    assert leaving.journeys.get(reason="joined").state == Journey.State.ENDED
    journey = exit_journey(leaving)
    due = {step.step.slug: step.due_on for step in journey.steps.select_related("step")}
    assert journey.state == Journey.State.RUNNING and journey.started_on == row.on
    assert due["exit-win-back"] == row.on + timedelta(weeks=4) and due["exit-mailing"] == row.on + timedelta(days=7)
    standing.run(NOW), journeys.run(TODAY, NOW)
    assert leaving.exits.count() == 1 and leaving.journeys.count() == 2, "a second run adds nothing"


def test_digest_and_escalation_tell_the_office_of_who_has_left(leaving, cast):
    leave(leaving, cast, on=TODAY - timedelta(days=5))
    journeys.run(TODAY, NOW)
    reminders.due(NOW)
    relay(NOW)
    assert any("Lea Geht" in letter.body and "Verteilern" in letter.body for letter in mail.outbox if letter.to == [cast.secretary_a.email])
    mail.outbox.clear()
    reminders.due(at(10))
    relay(at(10))
    assert any("Lea Geht" in letter.body for letter in mail.outbox if letter.to == [cast.secretary_a.email]), "escalation of day 7"


@pytest.mark.parametrize("how", ["dead", "left alone", "died since", "asked since"])
def test_nobody_is_reminded_of_the_dead_or_of_who_wants_to_be_left_alone(how, leaving, cast):
    if how == "dead":
        status.leave(leaving.pk, TODAY - timedelta(days=8), cast.secretary_a, NOW, deceased=True)
        standing.arrive(leaving.pk, TODAY, NOW)
    else:
        row = leave(leaving, cast, on=TODAY - timedelta(days=8), no_contact=how == "left alone")
    if how == "died since":
        Member.objects.filter(pk=leaving.pk).update(status="deceased")
    if how == "asked since":
        exits.leave_alone(row, TODAY, NOW)
    if how != "died since":
        standing.run(NOW)
    for days in (0, 8, 16, 24):
        reminders.due(at(days))
        relay(at(days))
    assert not any("Lea" in letter.body for letter in mail.outbox)
    assert not Journey.objects.running().filter(member=leaving).exclude(member__status="deceased").exists()
    journeys.run(TODAY, NOW)
    assert not Journey.objects.running().filter(member=leaving).exists()


def test_who_returns_ends_the_win_back_as_a_success_and_gets_no_second_welcome(leaving, cast):
    row = leave(leaving, cast)
    JourneyStep.objects.filter(journey=exit_journey(leaving), step__slug="exit-mailing").first().tick(cast.secretary_a, TODAY, NOW)
    status.become(leaving.pk, "full", TODAY + timedelta(days=5), cast.secretary_a, at(5))
    standing.arrive(leaving.pk, TODAY + timedelta(days=5), at(5))
    row.refresh_from_db()
    journey = exit_journey(leaving)
    assert (row.state, row.returned_on) == (Exit.State.WON_BACK, TODAY + timedelta(days=5))
    assert journey.state == Journey.State.DONE and not journey.steps.open().exists()
    back = leaving.journeys.get(reason=Journey.Reason.RETURNED)
    assert [step.step.slug for step in back.steps.select_related("step")] == ["first-contact"]
    journeys.run(TODAY + timedelta(days=6), at(6))
    assert leaving.journeys.count() == 3


def test_a_return_long_after_is_none_of_the_win_back(leaving, cast):
    row = leave(leaving, cast)
    exit_journey(leaving).end(TODAY, NOW)
    status.become(leaving.pk, "full", TODAY + timedelta(days=90), cast.secretary_a, at(90))
    standing.arrive(leaving.pk, TODAY + timedelta(days=90), at(90))
    row.refresh_from_db()
    assert row.state == Exit.State.RETURNED


def test_a_return_that_was_a_mistake_lets_the_win_back_run_on(leaving, cast):
    row = leave(leaving, cast)
    with time_machine.travel(at(5), tick=False):
        change = status.become(leaving.pk, "full", TODAY + timedelta(days=5), cast.secretary_a, at(5))
        standing.arrive(leaving.pk, TODAY + timedelta(days=5), at(5))
    assert standing.take_back(change, cast.secretary_a, TODAY + timedelta(days=6), at(6))
    row.refresh_from_db()
    assert row.state == Exit.State.GONE and exit_journey(leaving).state == Journey.State.RUNNING
    assert exit_journey(leaving).steps.open().count() == 4


def test_an_exit_to_come_is_shown_takes_effect_on_its_day_and_can_be_taken_back_before(leaving, cast, sign_in):
    client = sign_in(cast.secretary_a)
    door = reverse("onboarding:exit_add", args=[leaving.pk])
    answer = client.post(door, {"on": "2026-12-31", "reason": ExitReason.objects.get(slug="fee").pk})
    row = leaving.exits.get()
    assert answer["Location"] == reverse("onboarding:exit_detail", args=[row.pk])
    leaving.refresh_from_db()
    assert leaving.status == "full" and row.state == Exit.State.PLANNED
    assert "Lea Geht" in client.get(reverse("onboarding:exit_list") + "?show=planned").content.decode()
    assert client.post(door, {"on": "2026-12-30"}).status_code == 422, "one exit to come is enough"
    client.post(reverse("onboarding:exit_take_back", args=[row.pk]))
    row.refresh_from_db()
    assert row.state == Exit.State.TAKEN_BACK
    client.post(door, {"on": "2026-12-31"})
    standing.run(timezone.make_aware(datetime(2026, 12, 30, 23, 59)))
    leaving.refresh_from_db()
    assert leaving.status == "full"
    standing.run(timezone.make_aware(datetime(2027, 1, 3, 9)))  # the run of the day was missed
    leaving.refresh_from_db()
    assert (leaving.status, leaving.left_on) == ("left", date(2026, 12, 31)) and exit_journey(leaving).started_on == date(2026, 12, 31)


def test_who_cares_without_leading_reads_an_exit_and_changes_nothing(leaving, tree, cast, sign_in):
    row = leave(leaving, cast, on=TODAY + timedelta(days=9))
    make.appoint(cast.stranger, "section_lead", tree.a)
    client, page = sign_in(cast.stranger), reverse("onboarding:exit_detail", args=[row.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"note": "Alles erfunden"}).status_code == 403
    assert client.post(reverse("onboarding:exit_take_back", args=[row.pk])).status_code == 403
    row.refresh_from_db()
    assert (row.state, row.note) == (Exit.State.PLANNED, "")


def test_a_version_of_the_standard_counts_steps_after_an_exit_from_leaving(leaving):
    step = Step.objects.get(slug="exit-mailing")
    assert versions.due_text(step.rule()) == step.due_text() == step.due_text().replace("Eintritt", "Austritt")


def test_an_exit_to_come_of_who_is_gone_by_then_changes_nothing(leaving, cast):
    row = leave(leaving, cast, on=TODAY + timedelta(days=10))
    status.leave(leaving.pk, TODAY, cast.secretary_a, NOW, deceased=True)
    assert exits.take_effect_due(TODAY + timedelta(days=10), at(10)) == []
    row.refresh_from_db()
    assert row.state == Exit.State.TAKEN_BACK


@pytest.mark.django_db(transaction=True)
def test_an_exit_called_off_in_the_moment_of_the_nightly_run_stays_called_off(leaving, cast):
    row = leave(leaving, cast, on=TODAY + timedelta(days=10))
    called_off = threading.Event()

    def call_off():
        with transaction.atomic():
            row.call_off()
            called_off.set()
            time.sleep(0.5)  # the run looks now
        connection.close()

    person = threading.Thread(target=call_off, daemon=True)
    person.start()
    assert called_off.wait(5)
    assert exits.take_effect_due(TODAY + timedelta(days=10), at(10)) == []
    person.join(20)
    row.refresh_from_db(), leaving.refresh_from_db()
    assert (row.state, leaving.status) == (Exit.State.TAKEN_BACK, "full")


def test_an_exit_that_was_a_mistake_leaves_no_trace_of_a_win_back(leaving, cast, sign_in):
    row = leave(leaving, cast)
    sign_in(cast.secretary_a).post(reverse("onboarding:exit_take_back", args=[row.pk]))
    row.refresh_from_db(), leaving.refresh_from_db()
    assert row.state == Exit.State.TAKEN_BACK and leaving.status == "full"
    journey = leaving.journeys.get()
    assert (journey.reason, journey.state) == ("joined", Journey.State.RUNNING) and journey.steps.open().count() == 3
    standing.run(NOW)
    assert leaving.exits.count() == 1


def test_who_left_by_a_list_has_an_exit_without_a_reason_which_is_added_later(leaving, cast, sign_in):
    status.leave(leaving.pk, TODAY - timedelta(days=3), None, NOW)
    old = make.member("Alt Fort", leaving.home_unit, status="left", left_on=TODAY - timedelta(days=40))
    journeys.run(TODAY, NOW), standing.run(NOW)
    row = leaving.exits.get()
    assert row.reason is None and exit_journey(leaving) and not old.exits.exists()
    answer = sign_in(cast.secretary_a).post(reverse("onboarding:exit_detail", args=[row.pk]), {"reason": ExitReason.objects.get(slug="time").pk, "note": "Beruf"})
    row.refresh_from_db()
    assert answer.status_code == 302 and (row.reason.slug, row.note) == ("time", "Beruf")


def test_a_call_that_reached_them_closes_the_win_back(leaving, cast):
    leave(leaving, cast)
    Contact.objects.log(leaving, cast.secretary_a, TODAY, result="reached")
    assert exit_journey(leaving).steps.get(step__slug="exit-win-back").state == JourneyStep.State.DONE


def test_exits_are_no_new_members(leaving, cast, sign_in):
    leave(leaving, cast)
    page = sign_in(cast.secretary_a).get(reverse("onboarding:journey_list"))
    assert "Lea" not in page.content.decode()


def test_what_a_party_does_after_an_exit_is_added_once_and_unlocked(tree, cast):
    assert exits.install_checklist(tree.a, cast.secretary_a, NOW) == 4
    assert exits.install_checklist(tree.a, cast.secretary_a, NOW) == 0
    steps = standards.steps_by_unit([tree.a], Journey.Reason.EXIT)[tree.a.pk]
    assert len(steps) == 4 and not any(step.locked for step in steps)
    assert not set(steps) & set(standards.steps_by_unit([tree.a], Journey.Reason.JOINED)[tree.a.pk])


def gone(unit, reason, number, state="gone", on=date(2026, 3, 1)):
    """`number` people who left `unit` because of `reason`."""
    for n in range(number):
        member = make.member(f"Weg {unit.slug}{reason}{n}", unit, status="left", left_on=on)
        Exit.objects.create(member=member, unit=unit, on=on, at=NOW, state=state, reason=ExitReason.objects.get(slug=reason))


def figures(client, unit, half="2026-01-01"):
    return {str(row["label"]): row for row in client.get(reverse("onboarding:exit_figures", args=[unit.slug]) + f"?show={half}").context["rows"]}


def test_figures_of_the_party_show_only_five_and_more_beside_ones_own(leaving, tree, cast, sign_in):
    gone(tree.a, "fee", 2), gone(tree.b, "fee", 5), gone(tree.b, "time", 4), gone(tree.a, "time", 9), gone(tree.a, "health", 1, "won_back")
    client = sign_in(cast.secretary_a)
    found = figures(client, tree.a)
    assert {label: (row["gone"], row["back"], row["party"]) for label, row in found.items()} == {
        "Beitrag": (2, 0, 7), "Keine Zeit": (9, 0, None), "Alter oder Gesundheit": (1, 1, None),
    }  # fmt: skip
    running = figures(client, tree.a, "2026-07-01")
    assert all(row["party"] is None for row in running.values())


def test_who_may_only_see_gets_reasons_in_sums_of_five(leaving, tree, cast, sign_in):
    gone(tree.a, "fee", 4), gone(tree.a, "time", 5)
    found = figures(sign_in(cast.treasurer_a), tree.a)
    assert {label: row["gone"] for label, row in found.items()} == {"Keine Zeit": 5}


def test_a_party_names_its_own_reasons(leaving, tree, cast, sign_in):
    client, page = sign_in(cast.admin), reverse("onboarding:exit_reasons", args=[tree.district.slug])
    client.post(page, {"label_de": "Kita", "label_he": "גן"})
    client.post(page, {"do": "retire", "reason": ExitReason.objects.get(slug="fee").pk})
    offered = ExitReason.objects.filter(party=tree.district, retired_at=None)
    assert offered.filter(slug="kita").exists() and not offered.filter(slug="fee").exists()
    assert client.post(page, {}).status_code == 422
    form = client.get(reverse("onboarding:exit_add", args=[leaving.pk])).context["form"]
    assert "Kita" in str(form["reason"]) and "Beitrag" not in str(form["reason"])


def test_nobody_is_entered_to_leave_who_is_no_member(leaving, cast):
    leave(leaving, cast)
    with pytest.raises(ValidationError):
        exits.enter(leaving, TODAY, cast.secretary_a, NOW)


def test_exit_list_asks_a_constant_number_of_queries(leaving, tree, cast, sign_in, django_assert_max_num_queries):
    gone(tree.a, "fee", 30)
    client = sign_in(cast.secretary_a)
    for address in (reverse("onboarding:exit_list") + "?show=all", reverse("onboarding:exit_figures", args=[tree.a.slug])):
        client.get(address)
        with django_assert_max_num_queries(10):
            client.get(address)


def test_an_exit_to_come_and_a_return_stand_in_the_timeline_the_reason_only_for_those_who_care(leaving, cast, sign_in):
    row = exits.enter(leaving, date(2026, 12, 31), cast.secretary_a, NOW, reason=ExitReason.objects.get(slug="fee"), note="zu teuer")

    def told(person):
        page = sign_in(person).get(leaving.get_absolute_url())
        return [entry for entry in page.context["entries"] if "31.12.2026" in entry["text"]], page.content.decode()

    [entry], _page = told(cast.secretary_a)
    assert "zu teuer" in entry["note"] and entry["by"] == "Aylin Kaya"
    [entry], page = told(cast.treasurer_a)
    assert "zu teuer" not in page and "Beitrag" not in page
    row.call_off()
    assert "zurückgenommen" in told(cast.treasurer_a)[0][0]["text"] or "taken back" in told(cast.treasurer_a)[0][0]["text"]


def test_the_checklist_after_an_exit_is_not_called_arriving_and_leads_to_the_return(leaving, cast, sign_in):
    row = leave(leaving, cast)
    client = sign_in(cast.secretary_a)
    client.cookies["django_language"] = "en"
    page = client.get(leaving.get_absolute_url())
    assert "<h2>Leaving and winning back</h2>" in page.text and "<h2>Arriving</h2>" not in page.text
    texts = [entry["text"] for entry in page.context["entries"]]
    assert "Checklist after the exit, and winning back, began" in texts and not any("began: left" in text for text in texts)
    back = f'href="{reverse("onboarding:member_status", args=[leaving.pk])}"'
    assert back in client.get(reverse("onboarding:exit_detail", args=[row.pk])).text
    assert back not in sign_in(cast.treasurer_a).get(reverse("onboarding:exit_detail", args=[row.pk])).text


def test_the_page_of_the_standard_offers_the_usual_steps_until_there_are_some(tree, cast, sign_in):
    page, address = reverse("onboarding:standard", args=[tree.a.slug]), reverse("onboarding:exit_checklist", args=[tree.a.slug])
    client = sign_in(cast.chair_a)
    assert address in client.get(page).content.decode() and address not in sign_in(cast.treasurer_a).get(page).content.decode()
    client = sign_in(cast.chair_a)
    client.post(address)
    assert address not in client.get(page).content.decode()
