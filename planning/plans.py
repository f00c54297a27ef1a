"""Work plans across their lines: found, copied, filled from decisions and ideas, counted for many units, late ones told in the digest."""

from calendar import monthrange
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F
from django.urls import reverse
from django.utils.translation import gettext_lazy

from branches.models import Unit
from branches.scope import Right
from common import prepared
from planning.late_lines import LateLines
from planning.models import Activity, Goal, Plan

YEARS = range(2000, 2101)  # of plans and budgets; nobody plans for others
REMINDED = timedelta(days=365)  # what is late for longer than that is told no more


def plan_of(unit, year):
    """The Plan of `unit` for `year`, made now if there is none."""
    return Plan.objects.get_or_create(unit=unit, year=year)[0]


def month_end(year, month):
    return date(year, month, monthrange(year, month)[1])


@transaction.atomic
def copy(plan, chosen):
    """Put the activities `chosen` (of another year) into `plan` in the same months, with their goals; returns how many are new.

    What a line of this origin and title is there for already is left out, so a double click copies once. Nothing where the plan is handed in.
    """
    plan = Plan.objects.select_for_update().get(pk=plan.pk)
    if not plan.is_open:
        return 0
    there = set(plan.activities.values_list("title", "kind"))
    goals = {goal.title: goal for goal in plan.goals.all()}
    new = 0
    for old in chosen.select_related("goal"):
        if (old.title, old.kind_id) in there:
            continue
        if old.goal and old.goal.title not in goals:
            goals[old.goal.title] = Goal.objects.create(plan=plan, title=old.goal.title, text=old.goal.text)
        Activity.objects.create(
            plan=plan, title=old.title, text=old.text, kind=old.kind, office_id=old.office_id, people=old.people, cost_cents=old.cost_cents,
            goal=goals[old.goal.title] if old.goal else None, due_on=month_end(plan.year, old.due_on.month), origin=Activity.Origin.LAST_YEAR,
        )  # fmt: skip
        there.add((old.title, old.kind_id))
        new += 1
    return new


def add_from_decision(unit, title, office, due_on, by, now):
    """An Activity for what a meeting of `unit` decided: `office` (an Office) sees to it until the day `due_on`. Returns it.

    It goes into the plan of that year, also one that is handed in or approved, where it shows as new.
    """
    return _add(unit, title, office, due_on, Activity.Origin.DECISION)


def adopt(unit, title, office, due_on, by, now, text="", people=0, cost_cents=0):
    """An Activity for an idea that `unit` takes up, as add_from_decision. Money in cents."""
    return _add(unit, title, office, due_on, Activity.Origin.IDEA, text=text, people=people, cost_cents=cost_cents)


@transaction.atomic
def _add(unit, title, office, due_on, origin, **fields):
    plan = plan_of(unit, due_on.year)
    # Whoever reads the plan as handed in must not approve a line they have not seen.
    Plan.objects.filter(pk=plan.pk, state=Plan.State.SUBMITTED).update(version=F("version") + 1)
    return Activity.objects.create(plan=plan, title=title[:160], office=office, due_on=due_on, origin=origin, **fields)


def approver(unit):
    """The unit whose lead approves the plan of `unit`: the one above, the root its own."""
    return unit if unit.is_root() else Unit.objects.get_parent(unit)


def may_approve(user, unit):
    """Whether `user` leads the unit above `unit`, which needs no query."""
    return user.right_at(unit.path if unit.is_root() else unit.path[: -Unit.steplen]) >= Right.LEAD


PROGRESS = """
SELECT plan.unit_id, count(*), count(*) FILTER (WHERE activity.state = 'done'), count(*) FILTER (WHERE activity.state = 'dropped'),
       count(*) FILTER (WHERE activity.state IN ('planned', 'under_way') AND due_on < %(on)s),
       coalesce(sum(cost_cents) FILTER (WHERE activity.state <> 'dropped'), 0)
FROM planning_plan plan JOIN planning_activity activity ON activity.plan_id = plan.id
WHERE plan.unit_id = ANY(%(units)s) AND plan.year = %(year)s GROUP BY plan.unit_id
"""


def progress_of(units, year, on):
    """{unit pk: {"number", "done", "dropped", "late", "cost_cents"}} of the plans of `units` (pks) for `year` as on the day `on`, in one query."""
    return prepared.together(progress_question(units, year, on))[0]


def progress_question(units, year, on):
    """What `progress_of` asks, for those who ask more at the same time: see prepared.together."""
    names = ("number", "done", "dropped", "late", "cost_cents")

    def read(rows):
        return {unit: dict(zip(names, map(int, counts), strict=True)) for unit, *counts in rows}

    values = {"units": prepared.keys(units), "year": year, "on": on}
    return prepared.written("progress of plans", PROGRESS, values, {"units": "bigint[]", "year": "int", "on": "date"}, read)


def states(units, year):
    """{state or "none": how many of the queryset `units` have their plan for `year` in this state}, in two queries."""
    found = dict(Plan.objects.filter(unit__in=units.order_by(), year=year).values_list("state").annotate(n=Count("pk")))
    return found | {"none": units.count() - sum(found.values())}


# --- what the weekly digest tells -------------------------------------------------------------------------------------


def _late(on):
    """Late activities of open units. Decisions of meetings have a mail of their own (planning.decision_reminders)."""
    late = Activity.objects.late(on).filter(due_on__gt=on - REMINDED, plan__unit__closed_on=None).exclude(origin=Activity.Origin.DECISION)
    return late.select_related("plan__unit").order_by("due_on", "pk")


def _told(line):
    address = settings.BASE_URL + reverse("planning:plan_detail", args=[line.plan.unit.slug, line.plan.year])
    return {"text": line.title, "day": line.due_on, "unit": line.plan.unit.name, "url": address}


LATE = LateLines(gettext_lazy("Late in the work plan"), _late, lambda line: (line.plan.unit_id, line.office_id), _told)
