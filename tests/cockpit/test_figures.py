"""The figures kept ready are exactly those of a plain recount, whatever happens to people, units and days."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest

from branches.models import Unit, UnitKind
from cockpit import figures
from cockpit.models import StaleUnit, UnitFigures, median
from membership.models import Member, Membership
from onboarding.models import Journey, JourneyStep, Step
from tests import factories as make
from tests.cockpit import world

ON = date(2026, 11, 22)


def counts_of(row):
    return {key: number for key, number in {**row.counts, **row.series}.items() if number}


def expected(unit, on=ON):
    return {key: number for key, number in world.recount(unit, on).items() if number}


@pytest.fixture
def town(tree):
    """The cast's tree with a state above nothing changes: a third branch two levels down and a step of its own in B."""
    tree.quarter = make.unit("Altdorf Nord", "branch", tree.a)
    tree.circle = make.unit("Lesekreis", "circle", tree.district)
    world.own_step(tree.b)
    tree.homes = [tree.a, tree.b, tree.quarter, tree.foreign_branch]
    tree.sections = [tree.youth, tree.circle]
    return tree


def check_all(on=ON):
    for unit in Unit.objects.select_related("kind"):
        assert counts_of(figures.read(unit, on)) == expected(unit, on), (unit, on)


@pytest.mark.parametrize("seed", range(4))
def test_figures_of_every_unit_and_day_equal_a_recount(town, seed):
    world.populate(seed, town.homes, town.sections, 60, ON)
    dice = random.Random(seed)
    for on in [ON, ON + timedelta(days=1), ON - timedelta(days=dice.randrange(400)), date(2028, 2, 29)]:
        check_all(on)


def move_home(dice, town):
    Member.objects.filter(pk=any_of(dice, Member).pk).update(home_unit=dice.choice(town.homes))


def leave(dice, town):
    member = any_of(dice, Member)
    left_on = max(member.joined_on, ON - timedelta(days=dice.randrange(300)))
    Member.objects.filter(pk=member.pk).update(status="left", left_on=left_on)


def tick(dice, town):
    steps = JourneyStep.objects.filter(step__locked=True, due_on__range=(ON - timedelta(days=300), ON), state="not_needed")
    JourneyStep.objects.filter(pk=dice.choice(steps).pk).update(state="done", done_on=ON)


def drop_step(dice, town):
    any_of(dice, JourneyStep).delete()


def begin_journey(dice, town):
    member = Member.objects.filter(journeys=None).first()
    world.journey(dice, member, list(Step.objects.all()[:3]), member.joined_on, ON)


def end_journey(dice, town):
    Journey.objects.filter(pk=dice.choice(Journey.objects.running()).pk).update(state="ended", ended_on=ON)


def turn_journey_into_exit(dice, town):
    arriving = Journey.objects.running().exclude(reason=Journey.Reason.EXIT)
    Journey.objects.filter(pk=dice.choice(arriving).pk).update(reason=Journey.Reason.EXIT)


def drop_journeys_with_their_steps(dice, town):
    Journey.objects.filter(member__home_unit=town.a).delete()


def leave_section(dice, town):
    Membership.objects.filter(pk=dice.choice(Membership.objects.filter(home=False, ends_on=None)).pk).update(ends_on=ON)


def change_section(dice, town):
    period = dice.choice(Membership.objects.filter(home=False, unit=town.youth, ends_on=None))
    Membership.objects.filter(member=period.member, unit=town.circle).delete()
    Membership.objects.filter(pk=period.pk).update(unit=town.circle)


def move_unit(dice, town):
    parent = dice.choice([town.a, town.b, town.foreign])
    Unit.objects.move(Unit.objects.get(pk=town.quarter.pk), Unit.objects.get(pk=parent.pk), "last-child")


def unlock_step(dice, town):
    step = Step.objects.get(slug="first-contact", standard__unit=town.district)
    Step.objects.filter(pk=step.pk).update(locked=not step.locked)


def many_at_once(dice, town):
    Member.objects.filter(home_unit=town.a).update(home_unit=town.b)


def turn_a_section_into_a_branch(dice, town):
    Unit.objects.filter(pk=town.youth.pk).update(kind=UnitKind.objects.get(slug="branch"))


def turn_all_sections_into_branches(dice, town):
    UnitKind.objects.filter(slug="circle").update(is_section=False)


def any_of(dice, model):
    return dice.choice(list(model.objects.all()))


CHANGES = [
    move_home, leave, tick, drop_step, begin_journey, end_journey, turn_journey_into_exit, drop_journeys_with_their_steps,
    leave_section, change_section, move_unit, unlock_step, many_at_once, turn_a_section_into_a_branch, turn_all_sections_into_branches,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_figures_of_every_unit_stay_right_after_one_change(town, change):
    """Each change alone: a mark that is missing must not hide behind that of another change."""
    world.populate(4, town.homes, town.sections, 60, ON)
    check_all()
    dice = random.Random(4)
    for _round in range(3):
        change(dice, town)
        check_all()


def test_every_number_leads_to_exactly_its_cases(town):
    world.populate(7, town.homes, town.sections, 120, ON)
    window = figures.Window.year(ON)
    for unit in Unit.objects.select_related("kind"):
        row = figures.read(unit, ON)
        keys = {key for key in counts_of(row) if not key.startswith(("since:", "days:"))} | {"waiting", "open", "late"}
        for key in keys:
            assert figures.cases(unit, key, window).count() == {**row.counts, **row.series}.get(key, 0), (unit, key)
        days = sum(number for key, number in row.series.items() if key.startswith("days:"))
        assert figures.cases(unit, "reached", window).count() == days
        assert figures.cases(unit, "contact:missed", window).count() == row.share("contact").missed


@pytest.mark.parametrize(
    "key", ["", "secret", "step", "contact:some", "joins:2026-13", "joins:x", "quarter:2026-7:all", "step:x", "quarter:1:2:3"]
)
def test_a_figure_that_does_not_exist_has_no_cases(tree, key):
    with pytest.raises((KeyError, ValueError)):
        figures.cases(tree.a, key, figures.Window.year(ON))


def test_a_time_in_the_past_is_counted_like_the_cockpit_of_that_day(town):
    world.populate(3, town.homes, town.sections, 60, ON)
    day = ON - timedelta(days=100)
    whole, *parts = figures.tally(town.district, figures.Window.year(day))
    assert counts_of(whole) == expected(town.district, day)
    assert {part.unit.name: counts_of(part) for part in parts} == {
        unit.name: expected(unit, day) for unit in (town.a, town.b, town.youth, town.circle)
    }


def test_a_district_does_not_count_its_sections_again(town):
    member = make.member("Mira Doppelt", town.a, ON)
    Membership.objects.create(member=member, unit=town.youth, home=False, starts_on=ON)
    assert figures.read(town.district, ON).count("joined") == 1
    assert figures.read(town.youth, ON).count("joined") == 1


def test_a_page_that_finds_nothing_changed_counts_nothing(town, django_assert_num_queries):
    world.populate(1, town.homes, town.sections, 20, ON)
    figures.read(town.district, ON)
    with django_assert_num_queries(2):
        figures.read(town.district, ON)
        list(figures.rows_below(town.district))


def test_only_what_changed_is_counted_again(town, monkeypatch):
    make.member("Nora Neu", town.a, ON)
    figures.read(town.district, ON)
    counted = []
    count = figures.count
    monkeypatch.setattr(figures, "count", lambda nodes, window: counted.append({n.path for n in nodes}) or count(nodes, window))
    make.member("Niko Neu", town.b, ON)
    assert figures.read(town.district, ON).count("joined") == 2
    assert counted == [{town.b.path, town.district.path}]


def test_changing_a_phone_number_leaves_the_figures_alone(town):
    member = make.member("Nora Neu", town.a, ON)
    figures.read(town.district, ON)
    Member.objects.filter(pk=member.pk).update(phone="0351 1234")
    assert not StaleUnit.objects.filter(unit=town.a).exists()


def test_the_parent_hears_of_a_change_counted_further_down(town):
    make.member("Nora Neu", town.quarter, ON)
    figures.read(town.district, ON)
    make.member("Niko Neu", town.quarter, ON)
    figures.read(town.quarter, ON)
    assert figures.read(town.district, ON).count("joined") == 2


def test_a_deleted_unit_takes_its_figures_along(town):
    figures.read(town.district, ON)
    Unit.objects.get(pk=town.quarter.pk).delete()
    figures.read(town.district, ON)
    assert not UnitFigures.objects.filter(pk=town.quarter.pk).exists()


@pytest.mark.parametrize(
    "days, middle", [({}, None), ({5: 1}, 5), ({5: 1, 6: 1}, 5.5), ({1: 2, 9: 1}, 1), ({1: 1, 2: 1, 30: 1}, 2), ({0: 2, 10: 2}, 5)]
)
def test_median_is_the_middle_of_all_days(days, middle):
    assert median(Counter(days)) == middle
