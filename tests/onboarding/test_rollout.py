import random
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from onboarding import journeys, rollout, versions
from onboarding.models import Journey, JourneyStep, Rollout, RolloutRow, Standard, Step
from tests import factories as make

TODAY = make.TODAY
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
What = RolloutRow.What


@pytest.fixture
def standard(tree):
    """The standard of branch A: a coffee after 14 days, a walk after 40."""
    make.step(tree.a, "coffee", count=14)
    make.step(tree.a, "walk", count=40)
    standard = Standard.objects.get(unit=tree.a)
    standard.record(None, NOW)
    return standard


def joiner(name, unit, days=5):
    member = make.member(name, unit, TODAY - timedelta(days=days))
    journeys.start(type(member).objects.filter(pk=member.pk), TODAY)
    return member.journeys.get()


def step_of(journey, slug):
    return journey.steps.get(step__slug=slug)


def change(standard, slug, **fields):
    Step.objects.filter(standard=standard, slug=slug).update(**fields)
    standard.record(None, NOW)


def picture():
    """Every journey and step of a journey with all that is kept about them."""
    return list(Journey.objects.order_by("pk").values()), list(JourneyStep.objects.order_by("pk").values())


def roll_out(standard, user, on=TODAY, key=None):
    standard.refresh_from_db()
    found = rollout.plan(standard, user, on)
    return rollout.carry_out(standard, user, found.fingerprint, key or uuid.uuid4(), on, NOW)


def test_a_standard_that_has_not_changed_changes_nothing(standard, tree, cast):
    joiner("Nora Neu", tree.a)
    assert rollout.plan(standard, cast.officer, TODAY).changes == []


def test_every_change_of_a_standard_is_a_version_and_a_journey_knows_its_own(standard, tree, cast):
    first = joiner("Nora Neu", tree.a)
    change(standard, "coffee", count=20)
    second = joiner("Niko Neu", tree.a)
    assert [version.number for version in standard.versions.all()] == [2, 1]
    assert (step_of(first, "coffee").version.number, step_of(second, "coffee").version.number) == (1, 2)
    assert step_of(second, "first-contact").version.standard.unit == tree.district
    assert standard.record(None, NOW) is None


def test_a_date_moves_only_where_the_rule_was_another_one_and_never_into_the_past(standard, tree, cast):
    fresh, old, late = (joiner(name, tree.a, days) for name, days in (("Nora Neu", 3), ("Otto Alt", 12), ("Lea Spaet", 30)))
    JourneyStep.objects.filter(journey=late, step__slug="coffee").update(due_on=TODAY - timedelta(days=2))
    change(standard, "coffee", count=7)
    roll_out(standard, cast.officer)
    assert step_of(fresh, "coffee").due_on == TODAY + timedelta(days=4)
    assert step_of(old, "coffee").due_on == TODAY
    assert step_of(late, "coffee").due_on == TODAY - timedelta(days=2)
    assert rollout.plan(standard, cast.officer, TODAY + timedelta(days=1)).changes == []


def test_what_is_done_stays_done_and_what_is_retired_is_dropped(standard, tree, cast):
    done, still = joiner("Nora Neu", tree.a), joiner("Niko Neu", tree.a)
    step_of(done, "coffee").tick(cast.secretary_a, TODAY, NOW)
    change(standard, "coffee", retired_at=NOW)
    found = rollout.plan(standard, cast.officer, TODAY)
    coffee = Step.objects.get(slug="coffee").pk
    assert (found.counts, found.stays) == ({(coffee, What.DROPPED): 1}, {coffee: 1})
    roll_out(standard, cast.officer)
    assert (step_of(done, "coffee").state, step_of(still, "coffee").state) == ("done", "dropped")


def test_a_new_step_comes_where_its_date_is_still_to_come(standard, tree, cast):
    fresh, old = joiner("Nora Neu", tree.a, 3), joiner("Otto Alt", tree.a, 30)
    new = make.step(tree.a, "visit", count=10)
    standard.record(None, NOW)
    found = rollout.plan(standard, cast.officer, TODAY)
    assert (found.counts, found.past) == ({(new.pk, What.ADDED): 1}, {new.pk: 1})
    roll_out(standard, cast.officer)
    assert step_of(fresh, "visit").due_on == TODAY + timedelta(days=7)
    assert step_of(fresh, "visit").duty_unit == tree.a
    assert not old.steps.filter(step=new).exists()


def test_a_step_left_out_here_is_dropped_here_and_comes_back(tree, cast):
    extra = make.step(tree.district, "letter", count=60)
    standard, _made = Standard.objects.get_or_create(unit=tree.a)
    standard.record(None, NOW)
    here, sister = joiner("Nora Neu", tree.a), joiner("Nils Neu", tree.b)
    standard.left_out.add(extra)
    standard.record(None, NOW)
    roll_out(standard, cast.officer)
    assert (step_of(here, "letter").state, step_of(sister, "letter").state) == ("dropped", "open")
    standard.left_out.remove(extra)
    standard.record(None, NOW)
    roll_out(standard, cast.officer)
    assert step_of(here, "letter").state == "open"


def test_a_new_date_of_the_district_is_not_taken_over_by_a_branch(standard, tree, cast):
    joiner("Nora Neu", tree.a)
    Step.objects.filter(slug="second-contact", standard__unit=tree.district).update(count=9)
    tree.district.standard.record(None, NOW)
    assert rollout.plan(standard, cast.officer, TODAY).changes == []
    assert len(rollout.plan(tree.district.standard, cast.officer, TODAY).changes) == 1


def test_dropping_the_last_open_step_completes_a_journey_and_says_so(standard, tree, cast):
    journey = joiner("Nora Neu", tree.a)
    JourneyStep.objects.filter(journey=journey).exclude(step__slug="coffee").update(state="not_needed", reason="asked")
    Journey.objects.recount(TODAY)
    change(standard, "coffee", retired_at=NOW)
    assert rollout.plan(standard, cast.officer, TODAY).completed == [journey.pk]
    before = picture()
    done = roll_out(standard, cast.officer)
    journey.refresh_from_db()
    assert journey.state == Journey.State.DONE
    rollout.undo(done, cast.officer, TODAY, NOW)
    assert picture() == before


def test_only_journeys_one_cares_for_are_changed(standard, tree, cast):
    joiner("Nora Neu", tree.a)
    change(standard, "coffee", count=30)
    assert rollout.plan(standard, cast.secretary_b, TODAY).changes == []
    assert rollout.plan(standard, cast.foreign_officer, TODAY).changes == []


def test_a_plan_that_has_become_another_one_is_not_carried_out(standard, tree, cast):
    joiner("Nora Neu", tree.a)
    change(standard, "coffee", count=30)
    found = rollout.plan(standard, cast.officer, TODAY)
    joiner("Niko Neu", tree.a)
    step_of(Journey.objects.first(), "coffee").tick(cast.secretary_a, TODAY, NOW)
    assert rollout.carry_out(standard, cast.officer, found.fingerprint, uuid.uuid4(), TODAY, NOW) is None
    assert not Rollout.objects.exists()


def test_a_second_click_does_it_once(standard, tree, cast):
    joiner("Nora Neu", tree.a)
    change(standard, "coffee", count=30)
    found, key = rollout.plan(standard, cast.officer, TODAY), uuid.uuid4()
    first = rollout.carry_out(standard, cast.officer, found.fingerprint, key, TODAY, NOW)
    assert rollout.carry_out(standard, cast.officer, found.fingerprint, key, TODAY, NOW) == first
    assert rollout.undo(first, cast.officer, TODAY, NOW) and not rollout.undo(first, cast.officer, TODAY, NOW)


def test_undo_leaves_alone_what_somebody_has_worked_on_since(standard, tree, cast):
    ticked, moved, left = (joiner(name, tree.a) for name in ("Nora Neu", "Niko Neu", "Lars Los"))
    change(standard, "coffee", count=30)
    done = roll_out(standard, cast.officer)
    step_of(ticked, "coffee").tick(cast.secretary_a, TODAY, NOW)
    type(moved.member).objects.filter(pk=moved.member_id).update(home_unit=tree.b)
    type(left.member).objects.filter(pk=left.member_id).update(status="left")
    journeys.follow(TODAY, NOW)
    before = picture()
    rollout.undo(done, cast.officer, TODAY, NOW)
    assert picture() == before
    assert done.stayed == 3


def test_an_added_step_that_was_told_to_somebody_is_only_no_longer_due(standard, tree, cast):
    journey = joiner("Nora Neu", tree.a)
    new = make.step(tree.a, "visit", count=10)
    standard.record(None, NOW)
    done = roll_out(standard, cast.officer)
    step_of(journey, "visit").escalations.create(level=7, told_at=NOW)
    rollout.undo(done, cast.officer, TODAY, NOW)
    assert journey.steps.get(step=new).state == "dropped"


@pytest.fixture
def five_hundred(standard, tree, cast):
    """500 running journeys in the district with steps in every state."""
    dice, home = random.Random(5), [tree.a, tree.b]
    for number in range(520):
        make.member(f"Person {number:03}", dice.choice(home), TODAY - timedelta(days=dice.randrange(170)))
    journeys.start_due(TODAY)
    steps = list(JourneyStep.objects.select_related("journey"))
    for step in dice.sample(steps, len(steps) // 3):
        match dice.randrange(4):
            case 0:
                JourneyStep.objects.filter(pk=step.pk).update(state="done", done_on=TODAY, closed_at=NOW, closed_by=cast.officer)
            case 1:
                JourneyStep.objects.filter(pk=step.pk).update(state="not_needed", reason="asked", closed_at=NOW)
            case 2:
                JourneyStep.objects.filter(pk=step.pk).update(state="waiting", waiting_for="the book")
            case 3:
                JourneyStep.objects.filter(pk=step.pk).update(state="dropped", closed_at=NOW)
    Journey.objects.recount(TODAY)
    assert Journey.objects.running().count() >= 500
    return standard


def expected(journey, step, asked, old, on):
    """The plain rule for one step of one journey, told once more: (what, new date)."""
    row = journey.steps.filter(step=step).first()
    if row is None or row.state == "dropped":
        return (What.ADDED, step.due_on(journey.started_on)) if asked and step.due_on(journey.started_on) >= on else None
    if row.state not in ("open", "waiting"):
        return None
    if not asked:
        return What.DROPPED, row.due_on
    if (step.due, step.count) == old.get(step.pk, (step.due, step.count)):
        return (What.CHANGED, row.due_on) if step.office_id != row.office_id else None
    due_on = max(step.due_on(journey.started_on), on)
    due_on = row.due_on if row.due_on < on and due_on == on else due_on
    return (What.CHANGED, due_on) if (due_on, step.office_id) != (row.due_on, row.office_id) else None


@pytest.mark.parametrize("place", ["district", "a"])
def test_with_500_journeys_the_result_is_the_preview_and_undo_is_exact(five_hundred, tree, cast, place, django_assert_max_num_queries):
    unit = getattr(tree, place)
    standard = unit.standard
    standard.record(None, NOW)
    steps = {step.pk: step for step in standard.steps.all()}
    old = {pk: (step.due, step.count) for pk, step in steps.items()}
    moved, retired, _rest = [*standard.steps.all(), None][:3]
    Step.objects.filter(pk=moved.pk).update(due="days", count=45, office=tree.a.appointments.get(office__slug="chair").office)
    Step.objects.filter(pk=retired.pk).update(retired_at=NOW)
    make.step(unit, "welcome", count=60)
    standard.record(None, NOW)
    standard.refresh_from_db()
    before = picture()
    running = Journey.objects.running().filter(unit__path__startswith=unit.path)
    wanted = {}
    for journey in running:
        for step in Step.objects.filter(standard=standard):
            if what := expected(journey, step, step.retired_at is None, old, TODAY):
                wanted[journey.pk, step.pk] = what
    with django_assert_max_num_queries(12):
        found = rollout.plan(standard, cast.officer, TODAY)
    assert {(change.journey, change.step): (change.what, change.due_on) for change in found.changes} == wanted
    assert set(Counter(what for what, _day in wanted.values())) == {What.ADDED, What.DROPPED, What.CHANGED}

    with django_assert_max_num_queries(40):
        done = rollout.carry_out(standard, cast.officer, found.fingerprint, uuid.uuid4(), TODAY, NOW)
    became = {}
    for old_row, new_row in zip_steps(before[1]):
        if old_row is None or (old_row["state"], old_row["due_on"], old_row["office_id"]) != (
            new_row.state,
            new_row.due_on,
            new_row.office_id,
        ):
            closed = new_row.state == "dropped"
            fresh = old_row is None or old_row["state"] == "dropped"
            became[new_row.journey_id, new_row.step_id] = (
                What.ADDED if fresh else What.DROPPED if closed else What.CHANGED, new_row.due_on,
            )  # fmt: skip
    assert became == wanted
    done_before = {row["id"] for row in before[0] if row["state"] == "done"}
    assert set(Journey.objects.filter(state="done").values_list("pk", flat=True)) - done_before == set(found.completed)
    assert rollout.plan(standard, cast.officer, TODAY).changes == []

    rollout.undo(done, cast.officer, TODAY, NOW)
    assert picture() == before
    assert done.stayed == 0


def zip_steps(before):
    known = {row["id"]: row for row in before}
    return [(known.get(row.pk), row) for row in JourneyStep.objects.all()]


def test_standard_rollout_shows_numbers_and_names_and_changes_by_one_button(standard, tree, cast, sign_in):
    joiner("Nora Neu", tree.a)
    change(standard, "coffee", count=30)
    client, coffee = sign_in(cast.secretary_a), Step.objects.get(slug="coffee")
    page = client.get(f"/units/{tree.a.slug}/standard/rollout/?step={coffee.pk}&what=changed")
    assert "Nora Neu" in page.text
    assert not Rollout.objects.exists()
    form = {"key": page.context["key"], "fingerprint": page.context["plan"].fingerprint}
    assert client.post(f"/units/{tree.a.slug}/standard/rollout/", form | {"fingerprint": "old"}).status_code == 409
    done = client.post(f"/units/{tree.a.slug}/standard/rollout/", form)
    assert "Nora Neu" in client.get(f"{done.url}?step={coffee.pk}&what=changed").text
    client.post(f"{done.url}undo/")
    assert Rollout.objects.get().undone_by == cast.secretary_a
    assert client.get(done.url).status_code == 200


def test_standard_versions_tell_who_changed_what(standard, tree, cast, sign_in):
    joiner("Nora Neu", tree.a)
    client = sign_in(cast.secretary_a)
    client.cookies["django_language"] = "en"
    step = Step.objects.get(slug="coffee")
    client.post(f"/units/{tree.a.slug}/standard/steps/{step.pk}/move/")
    client.post(f"/units/{tree.a.slug}/standard/steps/{step.pk}/retire/")
    client.post(f"/units/{tree.a.slug}/standard/steps/{step.pk}/restore/")
    page = client.get(f"/units/{tree.a.slug}/standard/versions/").text
    assert "Retired: coffee" in page and "New: coffee, 14 days after joining" in page and "The order of the steps" in page
    assert "Aylin Kaya" in page


def test_who_leads_a_unit_without_those_below_changes_nothing_there_and_reads_no_names(tree, cast, sign_in):
    extra = make.step(tree.district, "letter", count=60)
    standard = Standard.objects.get(unit=tree.district)
    standard.record(None, NOW)
    below = joiner("Nora Neu", tree.a)
    change(standard, "letter", count=70)
    alone = make.user("Dora Allein")
    make.appoint(alone, "chair", tree.district, below=False)
    assert rollout.plan(standard, cast.officer, TODAY).changes and not rollout.plan(standard, alone, TODAY).changes
    assert rollout.carry_out(standard, alone, rollout.plan(standard, cast.officer, TODAY).fingerprint, uuid.uuid4(), TODAY, NOW) is None
    assert step_of(below, "letter").due_on == TODAY + timedelta(days=55)
    assert [row["journeys"] for row in versions.told([step_of(below, "letter").version_id], alone)] == [0]
    done = roll_out(standard, cast.officer)
    chosen = reverse("onboarding:rollout_detail", args=[done.pk]) + f"?step={extra.pk}&what=changed"
    for person, named in ((cast.officer, True), (alone, False)):
        assert ("Nora Neu" in sign_in(person).get(chosen).text) is named
