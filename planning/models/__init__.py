"""All models of the room; each job's stand in a module of their own."""

from planning.models.budgets import Budget, BudgetRule, BudgetShare, Receipt, Spending, YearClosed
from planning.models.meetings import AgendaItem, Decision, Invitation, MeterReminder, Minutes
from planning.models.plans import Activity, Goal, Plan, PlanStep
from planning.models.requests import Request, RequestEntry

__all__ = [
    "Activity",
    "AgendaItem",
    "Budget",
    "BudgetRule",
    "BudgetShare",
    "Decision",
    "Goal",
    "Invitation",
    "MeterReminder",
    "Minutes",
    "Plan",
    "PlanStep",
    "Receipt",
    "Request",
    "RequestEntry",
    "Spending",
    "YearClosed",
]
