"""Projects of funds: their milestones, their money, and the report the fund asks for."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Min, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.scope import Right
from common import pdf
from common.files import PDF, download
from common.keyset import page_of
from common.languages import spoken
from common.money import money
from common.presets import as_presets, chosen
from common.toasts import say
from planning.idea_forms import MilestoneForm, ProjectCostForm, ProjectForm, ReportForm
from planning.idea_views import cared_unit, own_unit
from planning.models import Idea, Milestone, Project, ProjectCost
from planning.once import once

FORM = ["GET", "HEAD", "POST"]
PRESETS = {
    "open": pgettext_lazy("projects", "Running"),
    "report": pgettext_lazy("projects", "Report due"),
    "done": pgettext_lazy("projects", "Done or refused"),
}
VERBS = {
    Project.State.PREPARED: pgettext_lazy("project", "Back to preparing"),
    Project.State.APPLIED: pgettext_lazy("project", "Applied for"),
    Project.State.GRANTED: pgettext_lazy("project", "Granted"),
    Project.State.REFUSED: pgettext_lazy("project", "Refused"),
    Project.State.REPORTED: pgettext_lazy("project", "Report handed in"),
}


@login_required
@require_safe
def project_list(request):
    """Projects of the units one sees, with their next milestone."""
    today, show = timezone.localdate(), chosen(request, PRESETS, "open")
    found = Project.objects.visible_to(request.user).select_related("unit__kind")
    found = found.exclude(state__in=Project.OPEN) if show == "done" else found.running()
    if show == "report":
        found = found.filter(state=Project.State.GRANTED, report_due_on__isnull=False)
    still = Q(milestones__done_on=None)
    found = found.annotate(
        steps_done=Count("milestones", filter=~still), steps_all=Count("milestones"), next_on=Min("milestones__due_on", filter=still)
    )
    order = ("report_due_on", "pk") if show == "report" else ("-starts_on", "-pk")
    page = page_of(found, order, request.GET)
    context = {"page": page, "presets": as_presets(PRESETS, show), "today": today, "unit": own_unit(request)}
    return render(request, "planning/project_list.html", context)


def visible_project(request, pk):
    return get_object_or_404(Project.objects.visible_to(request.user).select_related("unit__kind", "idea"), pk=pk)


def own_project(request, pk):
    project = visible_project(request, pk)
    if request.user.right_on(project.unit) < Right.CARE:
        raise PermissionDenied
    return project


def told(project, today):
    """What page and PDF show of a project."""
    currency = project.unit.setting("currency")
    milestones = list(project.milestones.select_related("office"))
    for milestone in milestones:
        milestone.late = milestone.done_on is None and milestone.due_on < today
    costs = list(project.costs.all())
    planned, spent = sum(cost.planned_cents for cost in costs), sum(cost.spent_cents for cost in costs)
    for cost in costs:
        cost.planned, cost.spent = money(cost.planned_cents, currency), money(cost.spent_cents, currency)
    granted = project.state in (Project.State.GRANTED, Project.State.REPORTED)
    done = sum(milestone.done_on is not None for milestone in milestones)
    figures = [
        {"label": _("Granted") if granted else _("Asked for"), "value": money(project.granted_cents if granted else project.asked_cents, currency), "tone": "long"},
        {"label": _("Own share"), "value": money(project.own_cents, currency), "tone": "long"},
        {"label": _("Spent so far"), "value": money(spent, currency), "tone": "long late" if spent > project.money_cents else "long quiet"},
        {"label": _("Milestones reached"), "value": _("%(n)s of %(all)s") % {"n": done, "all": len(milestones)}},
    ]
    return {
        "project": project,
        "milestones": milestones,
        "costs": costs,
        "planned": money(planned, currency),
        "spent": money(spent, currency),
        "left": money(project.money_cents - spent, currency),
        "figures": figures,
        "today": today,
    }


@login_required
@require_safe
def project_detail(request, pk):
    project = visible_project(request, pk)
    steps = [{"on": timezone.localdate(row.at), "text": row.get_state_display(), "by": row.by} for row in project.steps.select_related("by")]
    context = told(project, timezone.localdate()) | {
        "cares": request.user.right_on(project.unit) >= Right.CARE,
        "verbs": [(state.value, VERBS[state]) for state in project.NEXT[project.state]],
        "steps": list(reversed(steps)),
    }
    return render(request, "planning/project_detail.html", context)


def form_page(request, form, project, title):
    context = {"form": form, "project": project, "unit": project.unit, "title": title}
    return render(request, "planning/project_form.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(FORM)
def project_add(request, slug):
    """A new project of the unit, perhaps from the idea the address names."""
    unit = cared_unit(request, slug)
    number = request.GET.get("idea", "")
    idea = number.isascii() and number.isdigit() and len(number) < 19 and Idea.objects.visible_to(request.user).filter(pk=number).first()
    project = Project(unit=unit, by=request.user, created_at=timezone.now(), idea=idea or None)
    initial = {"title": idea.title, "aim": idea.text, "asked": idea.cost_cents or None} if idea else {}
    form = ProjectForm(request.POST or None, instance=project, initial=initial)
    if form.is_valid():
        project = once(Project.objects.editable_by(request.user), project.key, form.begin)
        return redirect("planning:project_detail", project.pk)
    return form_page(request, form, project, _("New project"))


@login_required
@require_http_methods(FORM)
def project_edit(request, pk):
    project = own_project(request, pk)
    form = ProjectForm(request.POST or None, instance=project)
    form.fields["key"].disabled = True
    if form.is_valid() and form.store():
        return redirect("planning:project_detail", pk)
    return form_page(request, form, project, _("Change the project"))


@login_required
@require_http_methods(FORM)
def project_report(request, pk):
    """What the fund is told, in the words of the unit."""
    project = own_project(request, pk)
    form = ReportForm(request.POST or None, instance=project)
    if form.is_valid() and form.store():
        say(request, _("The report is kept; you can print it."))
        return redirect("planning:project_detail", pk)
    return form_page(request, form, project, _("Report for the fund"))


@login_required
@require_POST
def project_turn(request, pk):
    """How far it is (POST do=state)."""
    project = own_project(request, pk)
    if project.turn(request.POST.get("do"), request.user, timezone.now()):
        say(request, f"{project}: {project.get_state_display()}")
    else:
        say(request, _("Somebody changed this meanwhile; please look at it again."))
    return redirect("planning:project_detail", pk)


@login_required
@require_safe
def project_pdf(request, pk):
    """The report for the fund on paper, in the reader's language or that of `language`."""
    project, today = visible_project(request, pk), timezone.localdate()
    language = spoken(request.GET.get("language"))
    with translation.override(language):
        content = pdf.render("pdf/project.html", told(project, today), language)
    return download(f"{project.unit.slug}-project-{project.pk}.pdf", content, PDF)


# --- milestones and money ---------------------------------------------------------------------------------------------


def line_of(request, pk, model, line):
    project = own_project(request, pk)
    found = get_object_or_404(model, pk=line, project=project)
    found.project = project
    return found


def line_page(request, form, project, title):
    """Save a line; POST remove=1 takes it out."""
    if request.method == "POST" and request.POST.get("remove") and form.instance.pk:
        form.instance.delete()
        return redirect("planning:project_detail", project.pk)
    if form.is_valid():
        form.save()
        return redirect("planning:project_detail", project.pk)
    return form_page(request, form, project, title)


@login_required
@require_http_methods(FORM)
def milestone_add(request, pk):
    project = own_project(request, pk)
    return line_page(request, MilestoneForm(request.POST or None, instance=Milestone(project=project)), project, _("New milestone"))


@login_required
@require_http_methods(FORM)
def milestone_edit(request, pk, line):
    milestone = line_of(request, pk, Milestone, line)
    return line_page(request, MilestoneForm(request.POST or None, instance=milestone), milestone.project, milestone.title)


@login_required
@require_POST
def milestone_done(request, pk, line):
    """Reached today (back=1: not yet)."""
    milestone = line_of(request, pk, Milestone, line)
    milestone.done_on = None if request.POST.get("back") else milestone.done_on or timezone.localdate()
    milestone.save(update_fields=["done_on"])
    return redirect("planning:project_detail", pk)


@login_required
@require_http_methods(FORM)
def project_cost_add(request, pk):
    project = own_project(request, pk)
    return line_page(request, ProjectCostForm(request.POST or None, instance=ProjectCost(project=project)), project, _("New line of money"))


@login_required
@require_http_methods(FORM)
def project_cost_edit(request, pk, line):
    cost = line_of(request, pk, ProjectCost, line)
    return line_page(request, ProjectCostForm(request.POST or None, instance=cost), cost.project, cost.text)
