"""What work plans add to the weekly digest besides late lines: those that wait for an answer, and those that came back."""

from collections import defaultdict

from django.conf import settings
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from branches.models import Appointment, Office, ancestor_paths
from branches.scope import Right
from onboarding import digest_parts
from planning.late_lines import SHOWN, by_user
from planning.models import Plan


def waiting_plans(today):
    """{user pk: [Plan, ..]} of plans handed in, for those who answer to them: as plans.may_approve, the chair before others, the nearest unit above that has somebody."""
    rows = list(_plans(Plan.State.SUBMITTED))
    above = {plan.pk: ancestor_paths(plan.unit.path)[0 if plan.unit.is_root() else 1 :] for plan in rows}
    terms = Appointment.objects.told(today).filter(right__gte=Right.LEAD, unit__path__in={path for paths in above.values() for path in paths})
    leads, found = defaultdict(list), defaultdict(list)
    for term in terms.select_related("unit", "office"):
        leads[term.unit.path].append(term)
    for plan in rows:
        for step, path in enumerate(above[plan.pk]):
            in_charge = [term for term in leads[path] if term.below or not step]
            if users := {term.user_id for term in in_charge if term.office.slug == "chair"} or {term.user_id for term in in_charge}:
                for user in users:
                    found[user].append(plan)
                break
    return found


def returned_plans(today):
    """{user pk: [Plan, ..]} of plans that came back with a remark, for the secretary of their unit or who stands in."""
    office = Office.objects.filter(slug="secretary").values_list("pk", flat=True).first()
    return by_user(list(_plans(Plan.State.RETURNED)), lambda plan: (plan.unit_id, office), today) if office else {}


def _plans(state):
    return Plan.objects.filter(state=state, unit__closed_on=None).select_related("unit").order_by("year", "unit__path")


def _line(plan):
    address = settings.BASE_URL + reverse("planning:plan_detail", args=[plan.unit.slug, plan.year])
    return {"text": format_lazy("{plan} {year}", plan=gettext_lazy("Work plan"), year=plan.year), "day": None, "unit": plan.unit.name, "url": address}


def _part(title, plans_of):
    def waiting(on, today):
        return [(user, plans[0].unit_id) for user, plans in plans_of(today).items()]

    def load(users, on, today):
        found = {user: plans for user, plans in plans_of(today).items() if user in users}
        return {user: {"title": title, "lines": [_line(plan) for plan in plans[:SHOWN]], "total": len(plans)} for user, plans in found.items()}

    return waiting, load


PARTS = (
    _part(gettext_lazy("Work plans that wait for your answer"), waiting_plans),
    _part(gettext_lazy("Work plans that came back with a remark"), returned_plans),
)


def register():
    for part in PARTS:
        digest_parts.add(*part)
