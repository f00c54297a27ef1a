"""Rows of work plans, budgets, bookings and rules. Every place has a plan that is handed in, so that an answer has something to answer."""

import uuid

from django.utils import timezone

from branches.models import Office
from planning import budgets, plans
from planning.models import Activity, Budget, BudgetRule, Goal, Receipt, Spending
from tests.access import CARE, LEAD, LET_IN, SEE, SIGNED_IN, row

YEAR = timezone.localdate().year
DAY = timezone.localdate()


def unit_year(o):
    return [o.unit.slug, YEAR]


def plan(o, state="draft"):
    own = plans.plan_of(o.unit, YEAR)
    own.state = state
    own.save()
    return own


def handed_in(o):
    plan(o, "submitted")
    return unit_year(o)


def activity(o):
    office = Office.objects.get(slug="secretary")
    line = Activity.objects.create(plan=plan(o), title="Sommerfest", office=office, due_on=plans.month_end(YEAR, 6), cost_cents=5000)
    return [*unit_year(o), line.pk]


def goal(o):
    return [*unit_year(o), Goal.objects.create(plan=plan(o), title="Zehn Neue").pk]


def booking(o):
    budget, _new = Budget.objects.get_or_create(unit=o.unit, year=YEAR)
    row = Spending.objects.create(budget=budget, on=DAY, cents=1200, text="Kaffee", by=o.contact.by, at=timezone.now())
    Receipt.objects.create(spending=row, name="kaffee.pdf", content=b"Beleg")
    return [*unit_year(o), row.pk]


def rule(o):
    fields = {"name": "Regel", "base_cents": 100, "statuses": ["full"], "kinds": [], "counting_on": DAY, "step_cents": 1}
    made = BudgetRule.objects.create(unit=o.unit, year=YEAR, by=o.contact.by, created_at=timezone.now(), **fields)
    budgets.calculate(made, timezone.now())
    return [*unit_year(o), made.pk]


# Who keeps the money without leading, and who leads a unit but not the one above.
TREASURER = {("treasurer_a", "own"): LET_IN}
NOT_ABOVE = {("secretary_a", "own"): 403, ("chair_a", "own"): 403, ("secretary_b", "sister"): 403}
ROWS = [
    row("planning:plan_list", get=SIGNED_IN),
    row("planning:plan_detail", handed_in, get=SEE),
    row("planning:plan_pdf", handed_in, get=SEE),
    row("planning:plan_copy", unit_year, get=CARE, post=CARE),
    row("planning:plan_submit", lambda o: plan(o) and unit_year(o), post=CARE),
    row("planning:plan_withdraw", handed_in, post=CARE),
    row("planning:plan_answer", handed_in, post=LEAD, data={"do": "approve"}, but=NOT_ABOVE),
    row("planning:activity_add", unit_year, get=CARE, post=CARE),
    row("planning:activity_edit", activity, get=CARE, post=CARE),
    row("planning:activity_turn", activity, post=CARE, data={"do": "done"}),
    row("planning:activity_remove", activity, post=CARE),
    row("planning:goal_add", unit_year, get=CARE, post=CARE),
    row("planning:goal_edit", goal, get=CARE, post=CARE),
    row("planning:goal_reach", goal, post=CARE),
    row("planning:goal_remove", goal, post=CARE),
    row("planning:budget_list", get=SIGNED_IN),
    row("planning:budget_detail", unit_year, get=SEE),
    row("planning:budget_pdf", unit_year, get=SEE),
    row("planning:budget_close", unit_year, post=LEAD, but=TREASURER),
    row("planning:spending_add", unit_year, get=LEAD, post=LEAD, but=TREASURER),
    row("planning:spending_take", unit_year, post=LEAD, but=TREASURER, data={"event": "1", "key": str(uuid.uuid4())}),
    row("planning:spending_reverse", booking, post=LEAD, but=TREASURER, data={"reason": "doppelt"}),
    row("planning:spending_receipt", booking, get=LEAD, but=TREASURER),
    row(
        "planning:rule_add", unit_year, get=LEAD, post=LEAD,
        # Nothing lies below a branch or a section: there is nobody to share money out to.
        but={
            ("secretary_a", "own"): 404, ("chair_a", "own"): 404, ("treasurer_a", "own"): 404, ("officer", "own"): 404, ("admin", "own"): 404,
            ("secretary_b", "sister"): 404, ("officer", "sister"): 404, ("admin", "sister"): 404, ("officer", "section"): 404,
            ("admin", "section"): 404, ("foreign_officer", "foreign"): 404,
        },
    ),
    row("planning:rule_detail", rule, get=SEE),
    row("planning:rule_edit", rule, get=LEAD, post=LEAD, but=TREASURER),
    row("planning:rule_calculate", rule, post=LEAD, but=TREASURER),
    row("planning:rule_approve", rule, post=LEAD),
    row("planning:rule_copy", rule, post=LEAD, but=TREASURER),
    row("planning:rule_remove", rule, post=LEAD, but=TREASURER),
]  # fmt: skip
