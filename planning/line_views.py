"""The lines of a work plan: activities, trainings and goals."""

from django.contrib.auth.decorators import login_required
from django.db.models import ProtectedError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from branches.models import Office
from branches.scope import to_change
from common.toasts import say
from education.models import EventKind
from planning import plans
from planning.choosing import unit_and_year
from planning.models import Activity, Goal, Plan
from planning.plan_forms import ActivityForm, GoalForm

FORM = ["GET", "HEAD", "POST"]


def line_of(request, slug, year, model, pk):
    """A line of the plan of the address, which the person may change. 404, 403."""
    return to_change(request.user, model.objects.select_related("plan__unit__kind"), pk=pk, plan__unit__slug=slug, plan__year=year)


def line_page(request, form, unit, year, template, **context):
    if form.is_valid() and form.store_in(plans.plan_of(unit, year)):
        say(request, _("Saved: %(line)s.") % {"line": form.instance})
        return redirect("planning:plan_detail", unit.slug, year)
    return render(request, template, {"form": form, "unit": unit, "year": year, **context}, status=422 if form.errors else 200)


@login_required
@require_http_methods(FORM)
def activity_add(request, slug, year):
    unit = unit_and_year(request, slug, year, write=True)
    wanted = EventKind.objects.filter(confirms=True).first() if "training" in request.GET else None
    initial = {"office": Office.objects.filter(slug="secretary").first(), "kind": wanted, "month": min(timezone.localdate().month + 1, 12)}
    form = ActivityForm(request.POST or None, instance=Activity(plan=Plan(unit=unit, year=year)), initial=initial)
    return line_page(request, form, unit, year, "planning/activity_form.html")


def edit_page(request, line, form_class, template):
    removable = line.approved is None and line.plan.is_open
    form = form_class(request.POST or None, instance=line)
    return line_page(request, form, line.plan.unit, line.plan.year, template, line=line, removable=removable)


@login_required
@require_http_methods(FORM)
def activity_edit(request, slug, year, pk):
    return edit_page(request, line_of(request, slug, year, Activity, pk), ActivityForm, "planning/activity_form.html")


@login_required
@require_POST
def activity_turn(request, slug, year, pk):
    """How far it is: POST do=planned, under_way, done, or dropped with a reason. Also while the plan is handed in."""
    line = line_of(request, slug, year, Activity, pk)
    state, reason = request.POST.get("do"), request.POST.get("reason", "").strip()[:200]
    if state not in Activity.State.values:
        raise Http404
    if state == Activity.State.DROPPED and not reason:
        say(request, _("Please say why it is dropped."))
    else:
        line.turn(Activity.State(state), timezone.localdate(), reason)
        say(request, f"{line}: {line.get_state_display()}")
    return redirect("planning:plan_detail", slug, year)


@login_required
@require_POST
def activity_remove(request, slug, year, pk):
    """Take a line out that was never approved and has nothing booked on it."""
    line = line_of(request, slug, year, Activity, pk)
    return removed(request, line)


def removed(request, line):
    try:
        if line.remove():
            say(request, _("Removed: %(line)s.") % {"line": line})
        else:
            say(request, _("What was approved stays in the plan; it can be dropped with a reason."))
    except ProtectedError:
        say(request, _("There is spending booked on it; drop it with a reason instead."))
    return redirect("planning:plan_detail", line.plan.unit.slug, line.plan.year)


@login_required
@require_http_methods(FORM)
def goal_add(request, slug, year):
    unit = unit_and_year(request, slug, year, write=True)
    form = GoalForm(request.POST or None, instance=Goal(plan=Plan(unit=unit, year=year)))
    return line_page(request, form, unit, year, "planning/goal_form.html")


@login_required
@require_http_methods(FORM)
def goal_edit(request, slug, year, pk):
    return edit_page(request, line_of(request, slug, year, Goal, pk), GoalForm, "planning/goal_form.html")


@login_required
@require_POST
def goal_reach(request, slug, year, pk):
    """Say that a goal is reached (POST back=1: not yet)."""
    line = line_of(request, slug, year, Goal, pk)
    Goal.objects.filter(pk=line.pk).update(reached_on=None if request.POST.get("back") else timezone.localdate())
    return redirect("planning:plan_detail", slug, year)


@login_required
@require_POST
def goal_remove(request, slug, year, pk):
    return removed(request, line_of(request, slug, year, Goal, pk))
