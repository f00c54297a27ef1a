"""Two at the same moment: who comes second waits for the first one, and nothing is written over, lost or doubled."""

import uuid
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from planning import duty_day, election_plans, plans, posting
from planning.models import Activity, AgendaItem, BudgetRule, Duty, Election, ElectionMilestone, Minutes, Post, Project, Shift
from planning.models.meetings import minutes_of
from planning.once import once
from planning.plan_forms import GoalForm
from tests import factories as make
from tests.planning import elections
from tests.planning.elections import NOW

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = timezone.localdate()


def beside(first, second):
    """What `second` gives or raises that is begun on a connection of its own when `first` is done but not committed."""
    said = []

    def run():
        try:
            said.append(second())
        except Exception as trouble:
            said.append(trouble)
        finally:
            connection.close()

    thread = Thread(target=run, daemon=True)
    with transaction.atomic():
        first()
        thread.start()
        thread.join(0.7)
    thread.join(20)
    return said[0]


@pytest.fixture
def vote(tree, cast):
    return elections.election(tree.district, cast.officer, (tree.a,))


@pytest.fixture
def shift(vote, tree):
    return elections.shift(elections.post(vote, tree.a))


@pytest.fixture
def helper(vote, tree):
    return elections.volunteer(vote, make.member("Nora Abel", tree.a))


def test_a_shift_that_somebody_is_just_taking_does_not_move_with_the_day(vote, shift, helper):
    day = vote.day + timedelta(days=7)
    assert beside(lambda: posting.assign(shift, helper, NOW), lambda: election_plans.move(Election.objects.get(pk=vote.pk), day)) is True
    duty = Duty.objects.select_related("shift").get()
    assert (duty.starts_at, duty.ends_at) == (duty.shift.starts_at, duty.shift.ends_at)


def test_a_shift_that_is_just_moving_is_taken_as_it_then_is(vote, shift, helper):
    day = vote.day + timedelta(days=7)
    duty = beside(lambda: election_plans.move(vote, day), lambda: posting.assign(shift, helper, NOW))
    assert duty.starts_at == Shift.objects.get().starts_at == shift.starts_at + timedelta(days=7)


def test_a_post_where_somebody_is_just_planned_stays(shift, helper):
    assert beside(lambda: posting.assign(shift, helper, NOW), lambda: Post.objects.get().remove()) is False
    assert Duty.objects.count() == 1


def test_a_post_that_is_just_taken_out_takes_nobody(shift, helper):
    trouble = beside(lambda: Post.objects.get().remove(), lambda: posting.assign(shift, helper, NOW))
    assert isinstance(trouble, posting.Refused) and not Post.objects.exists()


def test_a_form_sent_twice_at_once_plans_one_election(tree, cast):
    key = uuid.uuid4()

    def send():
        election = Election(unit=tree.district, title="Wahl", day=TODAY, key=key, by=cast.officer, created_at=NOW)
        return once(Election.objects.all(), key, lambda: election_plans.begin(election, None, [tree.a])).pk

    made = []
    assert beside(lambda: made.append(send()), send) == made[0] == Election.objects.get().pk


def test_of_two_rules_approved_at_once_one_counts(tree, cast):
    rules = [
        BudgetRule.objects.create(unit=tree.district, year=TODAY.year, name=name, state="simulated", counting_on=TODAY - timedelta(days=3), by=cast.officer, created_at=NOW)
        for name in "ab"
    ]
    one, other = (lambda rule=rule: rule.approve(cast.officer, NOW, TODAY) for rule in rules)
    assert beside(one, other) is False
    assert [rule.name for rule in BudgetRule.objects.approved()] == ["a"]


def test_a_rule_that_is_just_approved_is_not_thrown_away(tree, cast):
    rule = BudgetRule.objects.create(unit=tree.district, year=TODAY.year, name="a", state="simulated", counting_on=TODAY - timedelta(days=3), by=cast.officer, created_at=NOW)
    assert beside(lambda: rule.approve(cast.officer, NOW, TODAY), lambda: BudgetRule.objects.get().remove()) is False
    assert BudgetRule.objects.count() == 1


def goal(plan):
    made = GoalForm({"title": "Zehn Neue", "text": "", "version": 1}, instance=plan.goals.model(plan=plan))
    assert made.is_valid() and made.store_in(plan)
    return made.instance


def test_whoever_writes_a_line_overwrites_neither_its_approval_nor_how_far_it_is(tree, cast):
    plan = plans.plan_of(tree.a, TODAY.year)
    line = goal(plan)
    stale = type(line).objects.get(pk=line.pk)
    plan.submit(cast.secretary_a, NOW)
    plan.approve(cast.officer, NOW)
    type(line).objects.update(reached_on=TODAY)
    stale.title = "Zwölf Neue"
    assert stale.store()
    line.refresh_from_db()
    assert (line.title, line.reached_on, line.approved["title"]) == ("Zwölf Neue", TODAY, "Zehn Neue")


def test_a_line_of_a_plan_that_is_just_handed_in_is_not_taken_out(tree, cast):
    plan = plans.plan_of(tree.a, TODAY.year)
    line = goal(plan)
    assert beside(lambda: plan.submit(cast.secretary_a, NOW), lambda: type(line).objects.get(pk=line.pk).remove()) is False
    assert plan.goals.count() == 1 and not Activity.objects.exists()


def test_a_milestone_ticked_meanwhile_stays_done_when_its_text_is_saved(vote, tree, cast):
    from planning.election_forms import MilestoneForm

    line = elections.milestone(vote, tree.a)
    form = MilestoneForm({"label_de": "Neu", "due_on": line.due_on.isoformat(), "office": line.office_id}, instance=ElectionMilestone.objects.get())
    assert form.is_valid()
    line.finish(TODAY, cast.secretary_a)
    form.save()
    line.refresh_from_db()
    assert (str(line), line.done_on, line.done_by) == ("Neu", TODAY, cast.secretary_a)


def test_nothing_is_written_into_minutes_that_are_just_finished(tree, cast):
    event = make.event(tree.a, {"de": "Versammlung"}, NOW, kind="meeting")
    item = AgendaItem.objects.create(event=event, position=1, title="Bericht")
    with transaction.atomic():
        minutes = minutes_of(event)

    def write():
        with transaction.atomic():
            return minutes_of(event) is not None and item.write("Zu spät", 1)

    assert beside(lambda: minutes.finish(cast.secretary_a, NOW), write) is False
    assert Minutes.objects.get().state == "written" and AgendaItem.objects.get().text == ""


def test_of_two_who_write_the_head_of_minutes_none_is_overwritten(tree):
    event = make.event(tree.a, {"de": "Versammlung"}, NOW, kind="meeting")
    with transaction.atomic():
        one, other = minutes_of(event), minutes_of(event)
    one.chair, other.keeper = "Carla", "Emil"
    assert one.store() and not other.store()
    assert Minutes.objects.get().chair == "Carla"


def test_saving_the_words_of_a_project_leaves_how_far_it_is(tree, cast):
    made = Project.objects.create(unit=tree.a, title="Garten", fund="Fonds", aim="Grün", starts_on=TODAY, ends_on=TODAY, by=cast.secretary_a, created_at=NOW)
    stale = Project.objects.get(pk=made.pk)
    made.turn("applied", cast.secretary_a, NOW)
    stale.title = "Gartenjahr"
    assert stale.store()
    made.refresh_from_db()
    assert (made.title, made.state) == ("Gartenjahr", "applied")


def test_whoever_comes_after_all_and_is_planned_elsewhere_at_that_moment_is_in_one_place(vote, shift, helper, tree, cast):
    """The tick and the plan wait for each other at the member: neither an error nor two places."""
    duty = posting.assign(shift, helper, NOW)
    duty.miss(NOW)
    other = elections.shift(elections.post(vote, tree.a, "Woanders"))
    tick = duty_day.Told(uuid.uuid4(), duty.pk, True, timedelta(), 0)
    assert isinstance(beside(lambda: posting.assign(other, helper, NOW), lambda: duty_day.take([tick], {duty.pk}, cast.secretary_a, NOW)), type(None))
    assert Duty.objects.live().filter(member=helper.member).count() == 1
