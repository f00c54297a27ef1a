"""Sharing money out among 12,000 units: the computing, beside the SQL that counts members and activities."""

import time
from datetime import timedelta
from random import Random
from statistics import median

from django.utils import timezone

from bench import figure
from branches.models import UnitKind
from education.models import EventKind
from planning import budgets
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
