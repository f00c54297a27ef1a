from datetime import date

import pytest
from django.utils import timezone, translation

from branches.models import settings_of
from onboarding import exits, standards
from onboarding.models import Journey, Standard, Step
from tests import factories as make

MONTH_END, DAYS = Step.Due.MONTH_END, Step.Due.DAYS


@pytest.mark.parametrize(
    ("joined", "rule", "count", "due"),
    [
        (date(2026, 10, 3), MONTH_END, 1, date(2026, 11, 30)),
        (date(2026, 10, 31), MONTH_END, 1, date(2026, 11, 30)),
        (date(2026, 1, 31), MONTH_END, 1, date(2026, 2, 28)),
        (date(2024, 1, 31), MONTH_END, 1, date(2024, 2, 29)),
        (date(2024, 2, 29), MONTH_END, 1, date(2024, 3, 31)),
        (date(2026, 1, 1), MONTH_END, 0, date(2026, 1, 31)),
        (date(2026, 12, 31), MONTH_END, 3, date(2027, 3, 31)),
        (date(2023, 8, 29), MONTH_END, 6, date(2024, 2, 29)),
        (date(2026, 10, 3), DAYS, 0, date(2026, 10, 3)),
        (date(2024, 2, 28), DAYS, 1, date(2024, 2, 29)),
        (date(2026, 12, 25), DAYS, 14, date(2027, 1, 8)),
    ],
)
def test_a_step_is_due_days_after_joining_or_at_the_end_of_a_month(joined, rule, count, due):
    assert Step(due=rule, count=count).due_on(joined) == due


def test_the_rule_is_told_in_words():
    with translation.override("en"):
        rules = [Step(due=rule, count=count).due_text() for rule in (DAYS, MONTH_END) for count in (0, 1, 14)]
    assert rules == [
        "on the day of joining",
        "1 day after joining",
        "14 days after joining",
        "by the end of the month of joining",
        "by the end of month 1",
        "by the end of month 14",
    ]


def test_days_of_a_step_for_those_who_leave_count_from_that_day_and_say_so(tree, cast, sign_in):
    step = Step(due=DAYS, count=7, reasons=[Journey.Reason.EXIT])
    with translation.override("en"):
        assert (step.due_text(), step.example(date(2026, 11, 1))) == ("7 days after leaving", "who leaves on 1 Nov 2026: by 8 Nov 2026")
    exits.install_checklist(tree.district, cast.officer, timezone.now())
    client = sign_in(cast.secretary_a)
    client.cookies["django_language"] = "en"
    page = client.get(f"/units/{tree.a.slug}/standard/").text
    assert page.index("month 1") < page.index("When somebody leaves") < page.index("7 days after leaving")


def test_no_rule_reaches_further_than_the_length_of_the_standard():
    joined = date(2026, 7, 31)
    for step in (Step(due=MONTH_END, count=n) for n in range(13)):
        assert (step.due_on(joined) - joined).days <= standards.length_days([step])


def test_a_branch_adds_to_what_it_inherits_and_a_sister_sees_nothing_of_it(tree, django_assert_num_queries):
    own = make.step(tree.a, "coffee", Step.Due.DAYS, 14)
    make.step(tree.b, "walk", Step.Due.DAYS, 7)
    with django_assert_num_queries(2):
        steps = standards.steps_by_unit([tree.a, tree.district], "joined")
    inherited = ["first-contact", "membership-book", "second-contact"]
    assert [step.slug for step in steps[tree.a.pk]] == [*inherited, "coffee"]
    assert [step.slug for step in steps[tree.district.pk]] == inherited
    assert own in Step.objects.of_unit(tree.a)
    assert own not in Step.objects.of_unit(tree.b)


def test_a_branch_may_leave_out_what_is_not_locked(tree):
    card = make.step(tree.district, "card")
    below = make.unit("Altdorf Mitte", "branch", tree.a)
    tree_a = Standard.objects.create(unit=tree.a)
    tree_a.left_out.set(Step.objects.filter(standard__unit=tree.district))
    assert card in standards.steps_by_unit([tree.b])[tree.b.pk]
    for unit in (tree.a, below):
        steps = standards.steps_by_unit([unit])[unit.pk]
        assert [step.slug for step in steps] == ["first-contact", "membership-book", "second-contact"]
    assert Step.objects.of_unit(below).get(pk=card.pk).left_out_at == tree.a.path


def test_the_amber_days_are_those_of_the_nearest_unit_that_sets_them(tree, django_assert_num_queries):
    tree.district.settings = {"amber_days": 10}
    tree.district.save()
    tree.b.settings = {"amber_days": 3, "language": "he"}
    tree.b.save()
    with django_assert_num_queries(1):
        days = settings_of([tree.a, tree.b, tree.foreign], "amber_days")
    assert days == {tree.a.pk: 10, tree.b.pk: 3, tree.foreign.pk: 7}


def test_returning_members_get_only_what_is_meant_for_them(tree):
    steps = standards.steps_by_unit([tree.a], "returned")[tree.a.pk]
    assert [step.slug for step in steps] == ["first-contact"]


def test_a_retired_step_no_longer_applies(tree):
    step = make.step(tree.a, "coffee", Step.Due.DAYS, 14, retired_at="2026-01-01T00:00Z")
    assert step not in Step.objects.of_unit(tree.a)


def test_the_built_in_standard_can_be_installed_twice(tree):
    before = list(Step.objects.values())
    standards.install(tree.district)
    assert list(Step.objects.values()) == before


def test_standard_versions_of_a_unit_without_a_standard_of_its_own_is_empty(tree, cast, sign_in):
    response = sign_in(cast.officer).get(f"/units/{tree.a.slug}/standard/versions/")
    assert response.status_code == 200 and response.context["versions"] == []
