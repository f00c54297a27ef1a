"""Rows of ideas and projects. Ideas are read by all of their party, so a sister's idea is let in where its unit would not be."""

from datetime import timedelta

from django.utils import timezone

from branches.models import Office
from planning.models import Idea, Milestone, Project, ProjectCost
from tests.access import CARE, LET_IN, SEE, SIGNED_IN, row

TODAY = timezone.localdate()


def idea(o):
    return [Idea.objects.create(unit=o.unit, title="Lesekreis", text="Einmal im Monat.", by=o.contact.by, created_at=timezone.now()).pk]


def new_project(o):
    return Project.objects.create(
        unit=o.unit, title="Garten", fund="Stiftung", aim="Grün", starts_on=TODAY, ends_on=TODAY + timedelta(90), by=o.contact.by, created_at=timezone.now()
    )


def project(o):
    return [new_project(o).pk]


def milestone(o):
    made = new_project(o)
    return [made.pk, Milestone.objects.create(project=made, title="Beete", due_on=TODAY, office=Office.objects.get(slug="chair")).pk]


def cost(o):
    made = new_project(o)
    return [made.pk, ProjectCost.objects.create(project=made, text="Erde", planned_cents=5000).pk]


PEOPLE = {
    "secretary_a": ("sister", "parent", "section"), "chair_a": ("sister", "parent", "section"), "treasurer_a": ("sister", "parent", "section"),
    "secretary_b": ("own", "parent", "section"), "section_lead": ("own", "sister", "parent"),
}  # fmt: skip
SAME_PARTY = {(person, place): LET_IN for person, places in PEOPLE.items() for place in places}
READS_ONLY = {pair: 403 for pair in SAME_PARTY}


def unit(o):
    return [o.unit.slug]


ROWS = [
    row("planning:idea_list", get=SIGNED_IN),
    row("planning:idea_add", unit, get=CARE, post=CARE),
    row("planning:idea_detail", idea, get=SEE, but=SAME_PARTY),
    row("planning:idea_edit", idea, get=CARE, post=CARE, but=READS_ONLY),
    row("planning:idea_support", idea, post=CARE, data=lambda o: {"unit": o.unit.slug}),
    row("planning:idea_adopt", idea, post=CARE, data=lambda o: {"unit": o.unit.slug}),
    row("planning:idea_withdraw", idea, post=CARE, but=READS_ONLY),
    row("planning:project_list", get=SIGNED_IN),
    row("planning:project_add", unit, get=CARE, post=CARE),
    row("planning:project_detail", project, get=SEE),
    row("planning:project_edit", project, get=CARE, post=CARE),
    row("planning:project_turn", project, post=CARE, data={"do": "applied"}),
    row("planning:project_report", project, get=CARE, post=CARE),
    row("planning:project_pdf", project, get=SEE),
    row("planning:milestone_add", project, get=CARE, post=CARE),
    row("planning:milestone_edit", milestone, get=CARE, post=CARE),
    row("planning:milestone_done", milestone, post=CARE),
    row("planning:project_cost_add", project, get=CARE, post=CARE),
    row("planning:project_cost_edit", cost, get=CARE, post=CARE),
]
