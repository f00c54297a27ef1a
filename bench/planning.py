"""Sharing money out among 12,000 units: the computing, beside the SQL that counts members and activities."""

import time
from datetime import timedelta
from random import Random
from statistics import median
from urllib.parse import quote

from django.utils import timezone

from bench import figure
from branches.models import Unit, UnitKind
from education.models import EventKind
from planning import budgets
from planning import meter as counting
from planning.budgets import Basis
from planning.models import BudgetRule

UNITS = 12_000


def rule(run, **fields):
    """A rule with everything in it: base, members, three kinds of activity, floor, cap, a fixed total."""
    kinds = [kind.pk for kind in EventKind.objects.order_by("pk")[:3]]
    return BudgetRule(
        unit=run.root, year=timezone.localdate().year, counting_on=timezone.localdate() - timedelta(days=1), statuses=["full"], base_cents=25_000,
        member_cents=250, amounts=[{"kind": kind, "each": 5_000, "most": 6, "person": 50} for kind in kinds],
        kinds=list(UnitKind.objects.filter(leads_members=True).values_list("pk", flat=True)), floor_cents=30_000, cap_cents=900_000, step_cents=100,
        **{"total_cents": UNITS * 60_000, **fields},
    )  # fmt: skip


def invented(given):
    """12,000 units with members and activities, the same every time."""
    rng = Random("12,000 units")
    kinds = [amount["kind"] for amount in given.amounts]
    return [Basis(n, rng.randrange(5, 300), {kind: (rng.randrange(1, 9), rng.randrange(200)) for kind in kinds}) for n in range(UNITS)]


def timed(work):
    started = time.process_time()
    work()
    return time.process_time() - started


@figure("planning.simulate_12000", unit="s", bar=1)
def simulate(run):
    """Shares of 12,000 units with their explanation, total fixed, floor and cap holding: computing alone, in seconds of the processor."""
    given = rule(run)
    bases = invented(given)
    return median(timed(lambda: budgets.simulate(given, bases)) for _ in range(5))


@figure("planning.simulate_open", unit="s", bar=1)
def simulate_open(run):
    """The same with an open total."""
    given = rule(run, total_cents=None)
    bases = invented(given)
    return median(timed(lambda: budgets.simulate(given, bases)) for _ in range(5))


@figure("planning.bases", unit="s")
def bases(run):
    """The SQL beside it: members of each unit on the counting day and approved activities, for every unit of the data set."""
    given, taken = rule(run), []
    for _ in range(3):
        started = time.perf_counter()
        budgets.bases(given)
        taken.append(time.perf_counter() - started)
    return median(taken)


@figure("planning.plan_list", unit="F", bar=2.5)
def plan_list(run):
    return run.floors("/plans/")


@figure("planning.plan_list_queries", unit="count", bar=10)
def plan_list_queries(run):
    return run.queries("/plans/")


@figure("planning.budget_list", unit="F", bar=2.5)
def budget_list(run):
    return run.floors("/budgets/")


@figure("planning.budget_list_queries", unit="count", bar=10)
def budget_list_queries(run):
    return run.queries("/budgets/")


@figure("planning.meter", unit="s")
def meter(run):
    """Standings of every unit of the party in the order of need, which counts all meetings of the year; the page is little beside it."""
    user, now, taken = run.officer(), timezone.now(), []
    for _ in range(3):
        started = time.perf_counter()
        counting.page(user, now.year, now, {})
        taken.append(time.perf_counter() - started)
    return median(taken)


@figure("planning.meter_of_district", unit="F", bar=3)
def meter_of_district(run):
    """The same for a district, which is what most people see."""
    district = Unit.objects.filter(depth=3, numchild__gt=5, path__startswith=run.root.path).first() or run.root
    return run.floors(f"/meter/?unit={quote(district.slug)}")


@figure("planning.request_list", unit="F", bar=3)
def request_list(run):
    return run.floors("/requests/")


@figure("planning.idea_list", unit="F", bar=3)
def idea_list(run):
    return run.floors("/ideas/")
