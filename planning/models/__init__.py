"""All models of the room; each job's stand in a module of their own."""

from planning.models.budgets import Budget, BudgetRule, BudgetShare, Receipt, Spending, YearClosed
from planning.models.plans import Activity, Goal, Plan, PlanStep

__all__ = ["Activity", "Budget", "BudgetRule", "BudgetShare", "Goal", "Plan", "PlanStep", "Receipt", "Spending", "YearClosed"]
