"""All models of the room; each job's stand in a module of their own."""

from planning.models.budgets import Budget, BudgetRule, BudgetShare, Receipt, Spending, YearClosed
from planning.models.ideas import Idea, IdeaAdoption, IdeaSupport
from planning.models.meetings import AgendaItem, Decision, Invitation, MeterReminder, Minutes
from planning.models.plans import Activity, Goal, Plan, PlanStep
from planning.models.projects import Milestone, Project, ProjectCost, ProjectStep
from planning.models.requests import Request, RequestEntry

__all__ = [
    "Activity",
    "AgendaItem",
    "Budget",
    "BudgetRule",
    "BudgetShare",
    "Decision",
    "Goal",
    "Idea",
    "IdeaAdoption",
    "IdeaSupport",
    "Invitation",
    "MeterReminder",
    "Milestone",
    "Minutes",
    "Plan",
    "PlanStep",
    "Project",
    "ProjectCost",
    "ProjectStep",
    "Receipt",
    "Request",
    "RequestEntry",
    "Spending",
    "YearClosed",
]
