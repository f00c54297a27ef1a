"""All models of the room; each job's stand in a module of their own."""

from planning.models.budgets import Budget, BudgetRule, BudgetShare, Receipt, Spending, YearClosed, YearTurn
from planning.models.duty_ticks import DutyTick
from planning.models.elections import (
    Availability,
    Duty,
    Election,
    ElectionMilestone,
    ElectionTemplate,
    Filling,
    Post,
    PostKind,
    Shift,
    Swap,
    TemplateMilestone,
    TemplatePost,
    Volunteer,
)
from planning.models.ideas import Idea, IdeaAdoption, IdeaSupport
from planning.models.meetings import AgendaItem, Decision, Invitation, MeterReminder, Minutes
from planning.models.plans import Activity, Goal, Plan, PlanStep
from planning.models.projects import Milestone, Project, ProjectCost, ProjectStep
from planning.models.requests import Request, RequestEntry

__all__ = [
    "Activity",
    "AgendaItem",
    "Availability",
    "Budget",
    "BudgetRule",
    "BudgetShare",
    "Decision",
    "Duty",
    "DutyTick",
    "Election",
    "ElectionMilestone",
    "ElectionTemplate",
    "Filling",
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
    "Post",
    "PostKind",
    "Project",
    "ProjectCost",
    "ProjectStep",
    "Receipt",
    "Request",
    "RequestEntry",
    "Shift",
    "Spending",
    "Swap",
    "TemplateMilestone",
    "TemplatePost",
    "Volunteer",
    "YearClosed",
    "YearTurn",
]
