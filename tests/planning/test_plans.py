"""Work plans: written, copied, handed in, returned, approved; what changed since is marked; late ones are told."""

import io
from datetime import date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from branches.models import Office, User
from education.models import Event, EventKind
from onboarding import reminders
from outbox.models import Message
from outbox.relay import relay
from planning import plan_digest, plans
from planning.models import Activity, Goal, Plan
from tests import factories as make

NOW = timezone.now()
TODAY = timezone.localdate()
YEAR = TODAY.year
PLACE = ["altdorf", YEAR]


@pytest.fixture
def kind(db):
    return EventKind.objects.get_or_create(slug="evening", defaults={"labels": {"de": "Themenabend"}})[0]


@pytest.fixture
def secretary(tree):
    return Office.objects.get(slug="secretary")


@pytest.fixture
def plan(tree):
    return plans.plan_of(tree.a, YEAR)


@pytest.fixture
def line(plan, kind, secretary):
    due = plans.month_end(YEAR, 12)
    return Activity.objects.create(plan=plan, title="Sommerfest", kind=kind, office=secretary, due_on=due, people=40, cost_cents=20_000)


def form(office, **fields):
    return {"title": "Infostand", "office": office.pk, "month": 9, "people": 5, "cost": "49,90", "version": 1, **fields}


def url(name, *args):
    return reverse(f"planning:{name}", args=[*PLACE, *args])


def test_activity_add_begins_the_plan(tree, cast, kind, secretary, sign_in):
    client = sign_in(cast.secretary_a)
    assert client.get(url("plan_detail")).status_code == 200 and not Plan.objects.exists()
    assert client.post(url("activity_add"), form(secretary, kind=kind.pk)).status_code == 302
    made = Activity.objects.get()
    assert (made.plan.unit, made.due_on, made.cost_cents, made.state) == (tree.a, date(YEAR, 9, 30), 4_990, "planned")


@pytest.mark.parametrize("wrong", [{"title": ""}, {"month": 13}, {"cost": "viel"}, {"people": -1}, {"goal": 987654}, {"event": 987654}])
def test_an_activity_that_cannot_be_is_refused_beside_its_field(wrong, tree, cast, secretary, sign_in):
    answer = sign_in(cast.secretary_a).post(url("activity_add"), form(secretary, **wrong))
    assert answer.status_code == 422 and set(wrong) <= set(answer.context["form"].errors) and not Activity.objects.exists()


def test_two_people_at_one_line_lose_nothing(line, cast, secretary, sign_in):
    client = sign_in(cast.secretary_a)
    assert client.post(url("activity_edit", line.pk), form(secretary, title="Herbstfest")).status_code == 302
    late = client.post(url("activity_edit", line.pk), form(secretary, title="Winterfest"))
    assert late.status_code == 422
    line.refresh_from_db()
    assert line.title == "Herbstfest"


def test_a_plan_goes_up_comes_back_with_a_remark_and_is_approved(line, plan, cast, sign_in):
    def post(person, name, **data):
        plan.refresh_from_db()
        answer = sign_in(person).post(url(name), {"version": plan.version, **data})
        plan.refresh_from_db()
        return answer.status_code

    post(cast.secretary_a, "plan_submit")
    assert plan.state == "submitted"
    assert post(cast.secretary_a, "plan_answer", do="approve") == 403
    post(cast.officer, "plan_answer", do="return")
    assert plan.state == "submitted"  # nobody returns a plan without a word
    post(cast.officer, "plan_answer", do="return", remark="Bitte ein Treffen mehr")
    assert plan.state == "returned"
    assert "Bitte ein Treffen mehr" in sign_in(cast.secretary_a).get(url("plan_detail")).text
    post(cast.secretary_a, "plan_submit")
    post(cast.officer, "plan_answer", do="approve")
    line.refresh_from_db()
    assert plan.state == "approved" and line.approved["cost_cents"] == 20_000
    assert list(plan.steps.values_list("state", flat=True)) == ["submitted", "returned", "submitted", "approved"]


def test_nobody_answers_to_a_plan_that_changed_meanwhile(line, plan, cast, sign_in, secretary):
    plan.submit(cast.secretary_a, NOW)
    seen = plan.version
    plans.add_from_decision(plan.unit, "Beschluss", secretary, date(YEAR, 12, 1), cast.secretary_a, NOW)
    sign_in(cast.officer).post(url("plan_answer"), {"version": seen, "do": "approve"})
    plan.refresh_from_db()
    assert plan.state == "submitted"


def test_while_it_is_handed_in_its_lines_stay_but_what_is_done_is_done(line, plan, cast, secretary, sign_in):
    plan.submit(cast.secretary_a, NOW)
    client = sign_in(cast.secretary_a)
    assert client.post(url("activity_edit", line.pk), form(secretary)).status_code == 422
    client.post(url("activity_remove", line.pk))
    client.post(url("activity_turn", line.pk), {"do": "done"})
    line.refresh_from_db()
    assert line.title == "Sommerfest" and line.state == "done" and line.done_on == TODAY


def test_what_changed_after_the_approval_is_marked_and_what_was_approved_stays(line, plan, cast, secretary, sign_in):
    plan.submit(cast.secretary_a, NOW)
    plan.approve(cast.officer, NOW)
    client = sign_in(cast.secretary_a)
    client.post(url("activity_edit", line.pk), form(secretary, title="Sommerfest", month=12, people=40, cost="300", kind=line.kind_id))
    client.post(url("activity_add"), form(secretary))
    page = client.get(url("plan_detail"))
    assert page.context["changes"] == 2 and page.context["may_submit"]
    shown = {one.title: one.marks for one in page.context["activities"]}
    assert [old for _label, old in shown["Sommerfest"]] == ["200,00\xa0€"] and len(shown["Infostand"]) == 1
    client.post(url("activity_remove", line.pk))
    assert Activity.objects.filter(pk=line.pk).exists()  # what was approved is dropped, not removed


def test_dropping_asks_for_a_reason(line, cast, sign_in):
    client = sign_in(cast.secretary_a)
    client.post(url("activity_turn", line.pk), {"do": "dropped"})
    line.refresh_from_db()
    assert line.state == "planned"
    client.post(url("activity_turn", line.pk), {"do": "dropped", "reason": "Regen"})
    line.refresh_from_db()
    assert (line.state, line.reason) == ("dropped", "Regen")
    assert client.post(url("activity_turn", line.pk), {"do": "nonsense"}).status_code == 404


def test_progress_counts_activities_and_goals(plan, line, kind, secretary, cast, sign_in):
    goal = Goal.objects.create(plan=plan, title="Zehn Neue")
    common = {"plan": plan, "goal": goal, "office": secretary, "due_on": TODAY - timedelta(days=1)}
    Activity.objects.create(title="Eins", state="done", **common)
    Activity.objects.create(title="Zwei", **common)
    Activity.objects.create(title="Drei", state="dropped", reason="nein", **common)
    client = sign_in(cast.secretary_a)
    client.post(url("goal_reach", goal.pk))
    page = client.get(url("plan_detail"))
    shown = page.context["goals"][0]
    assert (shown.done, shown.number, shown.reached_on) == (1, 2, TODAY)
    assert plans.progress_of([plan.unit_id], YEAR, TODAY)[plan.unit_id] == {
        "number": 4, "done": 1, "dropped": 1, "late": 1, "cost_cents": 20_000,
    }  # fmt: skip


def test_plan_copy_takes_what_is_chosen_with_its_goal_and_month_and_only_once(tree, cast, kind, secretary, sign_in):
    old = plans.plan_of(tree.a, YEAR - 1)
    goal = Goal.objects.create(plan=old, title="Mehr Frauen")
    common = {"plan": old, "office": secretary, "kind": kind, "cost_cents": 700, "people": 9}
    kept = Activity.objects.create(title="Frauentag", goal=goal, due_on=date(YEAR - 1, 2, 28), state="done", **common)
    Activity.objects.create(title="Nicht wieder", due_on=date(YEAR - 1, 5, 31), **common)
    foreign = Activity.objects.create(
        plan=plans.plan_of(tree.b, YEAR - 1), title="Fremd", office=secretary, due_on=date(YEAR - 1, 5, 31)
    )
    client = sign_in(cast.secretary_a)
    assert "Frauentag" in client.get(url("plan_copy")).text
    for _ in range(2):
        client.post(url("plan_copy"), {"pick": [kept.pk, foreign.pk, "x"]})
    made = Activity.objects.get(plan__year=YEAR)
    assert (made.title, made.goal.title, made.due_on, made.state, made.cost_cents) == (
        "Frauentag", "Mehr Frauen", plans.month_end(YEAR, 2), "planned", 700,
    )  # fmt: skip
    assert made.goal.plan.year == YEAR


def test_a_decision_lands_in_the_plan_of_the_year_it_is_due(tree, cast, secretary):
    made = plans.add_from_decision(tree.a, "Beamer kaufen", secretary, date(YEAR + 1, 2, 14), cast.secretary_a, NOW)
    assert (made.plan.year, made.due_on, made.origin) == (YEAR + 1, date(YEAR + 1, 2, 14), "decision")
    idea = plans.adopt(tree.a, "Lastenrad", secretary, date(YEAR + 1, 3, 31), cast.secretary_a, NOW, cost_cents=90_000)
    assert (idea.plan, idea.origin, idea.cost_cents) == (made.plan, "idea", 90_000)


def test_the_day_of_a_decision_stays_while_its_month_does(tree, cast, secretary, sign_in):
    made = plans.add_from_decision(tree.a, "Beamer kaufen", secretary, date(YEAR, 9, 14), cast.secretary_a, NOW)
    client = sign_in(cast.secretary_a)
    client.post(url("activity_edit", made.pk), form(secretary))
    made.refresh_from_db()
    assert made.due_on == date(YEAR, 9, 14)
    client.post(url("activity_edit", made.pk), form(secretary, month=10, version=2))
    made.refresh_from_db()
    assert made.due_on == date(YEAR, 10, 31)


def test_an_activity_is_fulfilled_by_an_event_of_its_own_unit(tree, line, cast, kind, secretary, sign_in):
    begins = timezone.make_aware(datetime(YEAR, 6, 1, 18))
    times = {"kind": kind, "starts_at": begins, "ends_at": begins + timedelta(hours=2), "state": "open"}
    own, other = (Event.objects.create(unit=unit, titles={"de": "Fest"}, **times) for unit in (tree.a, tree.b))
    own.carriers.get_or_create(unit=tree.a)
    client = sign_in(cast.secretary_a)
    assert client.post(url("activity_edit", line.pk), form(secretary, event=other.pk)).status_code == 422
    assert client.post(url("activity_edit", line.pk), form(secretary, event=own.pk)).status_code == 302
    line.refresh_from_db()
    assert line.event == own


@pytest.mark.parametrize("language", ["de", "he", "en"])
def test_plan_pdf_shows_goals_and_lines_in_the_language_asked_for(language, plan, line, cast, sign_in):
    Goal.objects.create(plan=plan, title="Zehn Neue")
    answer = sign_in(cast.treasurer_a).get(url("plan_pdf"), {"language": language})
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert "Sommerfest" in text and "Zehn Neue" in text and str(YEAR) in text


def test_plan_list_shows_every_unit_with_state_and_asks_as_often_for_many(line, cast, tree, sign_in, django_assert_max_num_queries):
    client = sign_in(cast.officer)
    for n in range(60):
        plans.plan_of(make.unit(f"Ort {n}", "branch", tree.district), YEAR)
    client.get(reverse("planning:plan_list"))
    with django_assert_max_num_queries(10):
        page = client.get(reverse("planning:plan_list"))
    assert page.context["page"].next_url
    counted = client.get(reverse("planning:plan_list"), {"counts": 1})
    presets = {preset["url"].split("&")[0]: preset["count"] for preset in counted.context["presets"]}
    assert presets["?show=draft"] == 61 and presets["?show=none"] == 3
    with django_assert_max_num_queries(12):
        client.get(url("plan_detail"))


@pytest.mark.parametrize("show, seen", [("none", False), ("draft", True), ("submitted", False)])
def test_plan_list_can_be_narrowed_by_state(show, seen, line, cast, sign_in):
    page = sign_in(cast.secretary_a).get(reverse("planning:plan_list"), {"show": show})
    assert ("Altdorf" in [unit.name for unit in page.context["page"].rows]) is seen


@pytest.mark.parametrize("year", [1999, 2101, 99999999])
def test_there_are_no_plans_for_years_nobody_plans(year, cast, tree, sign_in):
    assert sign_in(cast.secretary_a).get(reverse("planning:plan_detail", args=["altdorf", year])).status_code == 404
    assert sign_in(cast.secretary_a).get(reverse("planning:plan_list"), {"year": year}).status_code == 200


# --- the digest -------------------------------------------------------------------------------------------------------

MONDAY = timezone.make_aware(datetime(2026, 11, 23, 9))


@pytest.fixture
def late(plan, secretary):
    Plan.objects.filter(pk=plan.pk).update(year=2026)
    return Activity.objects.create(plan=plan, title="Sommerfest", office=secretary, due_on=date(2026, 10, 31))


def test_a_late_activity_alone_brings_the_digest_of_the_week_once(late, cast):
    for _ in range(2):
        reminders.due(MONDAY)
    assert Message.objects.filter(kind="digest", recipient=cast.secretary_a).count() == 1


def test_the_mail_names_the_late_activity_and_leads_to_its_plan(late, cast, mailoutbox):
    reminders.due(MONDAY)
    relay(MONDAY)
    [mail] = [one for one in mailoutbox if one.to == [cast.secretary_a.email]]
    assert "Sommerfest" in mail.body and "/plans/altdorf/2026/" in mail.body


def test_what_is_done_before_the_mail_goes_out_is_not_told(late, cast, mailoutbox):
    reminders.due(MONDAY)
    late.turn("done", TODAY)
    relay(MONDAY)
    assert not [one for one in mailoutbox if one.to == [cast.secretary_a.email]]
    assert Message.objects.get(kind="digest", recipient=cast.secretary_a).state == "skipped"


def test_a_plan_that_waits_stands_in_the_digest_of_who_answers_and_one_that_came_back_in_that_of_the_secretary(plan, line, cast, tree, mailoutbox):
    chair = make.user("Ines Hartung")
    make.appoint(chair, "chair", tree.district)
    plan.submit(cast.secretary_a, NOW)
    assert {user: [one.pk for one in plans] for user, plans in plan_digest.waiting_plans(TODAY).items()} == {chair.pk: [plan.pk]}
    reminders.due(MONDAY)
    relay(MONDAY)
    [mail] = [one for one in mailoutbox if one.to == [chair.email]]
    assert f"/plans/altdorf/{YEAR}/" in mail.body and f"Arbeitsplan {YEAR}" in mail.body
    plan.send_back("Mehr Treffen", chair, NOW)
    assert not plan_digest.waiting_plans(TODAY)
    assert list(plan_digest.returned_plans(TODAY)) == [cast.secretary_a.pk]


def test_without_a_chair_the_nearest_who_lead_above_are_told_of_plans_that_wait(plan, cast, tree):
    plan.submit(cast.secretary_a, NOW)
    assert set(plan_digest.waiting_plans(TODAY)) == {cast.officer.pk, cast.admin.pk}
    for user in plan_digest.waiting_plans(TODAY):
        assert plans.may_approve(User.objects.get(pk=user), tree.a)


def test_a_sister_hears_nothing_of_it(late, cast):
    reminders.due(MONDAY)
    assert not Message.objects.filter(recipient=cast.secretary_b).exists()


def test_whoever_leads_the_unit_above_reads_and_approves_the_plan_without_seeing_what_else_is_there(tree, cast, plan, line, sign_in):
    """The chair of a district leads it alone: they read what the units directly below hand in and spend, change nothing and see no member."""
    chair = make.user("Ines Hartung")
    make.appoint(chair, "chair", tree.district)
    below = make.unit("Altdorf Nord", "branch", tree.a)
    plans.plan_of(below, YEAR)
    plan.submit(cast.secretary_a, NOW)
    client = sign_in(chair)
    listed = client.get(reverse("planning:plan_list")).text
    assert "Altdorf" in listed and "Altdorf Nord" not in listed
    page = client.get(url("plan_detail"))
    assert "Sommerfest" in page.text and page.context["may_answer"]
    assert client.get(reverse("planning:plan_detail", args=[below.slug, YEAR])).status_code == 404
    assert client.post(url("activity_turn", line.pk), {"do": "done"}).status_code == 403
    assert client.get(url("budget_detail")).status_code == 200 and client.get(reverse("branches:unit_detail", args=["altdorf"])).status_code == 404
    plan.refresh_from_db()
    assert client.post(url("plan_answer"), {"do": "approve", "version": plan.version}).status_code == 302
    plan.refresh_from_db()
    assert plan.state == "approved"
    assert sign_in(cast.chair_a).get(reverse("planning:plan_detail", args=["bergheim", YEAR])).status_code == 404


def test_whoever_keeps_the_money_above_reads_what_those_directly_below_plan_and_spend_and_answers_nothing(tree, cast, plan, line, sign_in):
    treasurer, member_of_board = make.user("Theo Wiesner"), make.user("Nadja Petrow")
    make.appoint(treasurer, "treasurer", tree.district)
    make.appoint(member_of_board, "board", tree.district)
    below = make.unit("Altdorf Nord", "branch", tree.a)
    plan.submit(cast.secretary_a, NOW)
    client = sign_in(treasurer)
    for name in ("plan_list", "budget_list"):
        listed = client.get(reverse(f"planning:{name}")).text
        assert "Altdorf" in listed and below.name not in listed
    assert client.get(url("budget_detail")).status_code == 200 and not client.get(url("plan_detail")).context["may_answer"]
    plan.refresh_from_db()
    assert client.post(url("plan_answer"), {"do": "approve", "version": plan.version}).status_code == 403
    assert client.get(reverse("planning:spending_add", args=["altdorf", YEAR])).status_code == 403
    client = sign_in(member_of_board)  # sees the same unit, and neither leads it nor keeps its money
    assert "Altdorf" not in client.get(reverse("planning:budget_list")).text and client.get(url("budget_detail")).status_code == 404
