"""Work plans: the list of units, the plan of one unit and year, its way up and back."""

from datetime import date
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Office, setting_question
from branches.scope import Right
from common import pdf, prepared
from common.context import place_of
from common.files import PDF, download
from common.languages import spoken
from common.money import money
from common.presets import COUNTS, as_presets, chosen
from common.toasts import say
from education.models import EventKind
from planning import plans
from planning.choosing import page_of_units, row_of, unit_and_year, units_of, year_of, years_around, years_beside
from planning.models import Activity, Plan

FORM = ["GET", "HEAD", "POST"]
PRESETS = {
    "all": pgettext_lazy("plans", "All"),
    "submitted": pgettext_lazy("plans", "Handed in"),
    "none": pgettext_lazy("plans", "No plan yet"),
    "draft": pgettext_lazy("plans", "Draft"),
    "returned": pgettext_lazy("plans", "Returned"),
    "approved": pgettext_lazy("plans", "Approved"),
}


@login_required
@require_safe
def plan_list(request):
    """The plans of a year of all units one sees, in the order of the tree, with state and progress."""
    today = timezone.localdate()
    year, show = year_of(request, today), chosen(request, PRESETS, "all")
    query = "&" + urlencode({"year": year} | {name: request.GET[name][:100] for name in ("q", "unit") if request.GET.get(name)})
    if COUNTS in request.GET:
        states = plans.states(units_of(request, today)[0], year)
        return render(request, "partials/_presets.html", {"presets": as_presets(PRESETS, show, states, query)})

    def narrow(units):
        state = {} if show == "all" else {"plan_state__isnull": True} if show == "none" else {"plan_state": show}
        return units.annotate(plan_state=Subquery(Plan.objects.filter(unit=OuterRef("pk"), year=year).values("state"))).filter(**state)

    page = page_of_units(request, year, today, ("plan_state",), narrow, show)
    context = {
        "page": page,
        "rows": _rows(page.rows, year, today),
        "columns": [{"label": _("Unit")}, {"label": _("State")}, {"label": _("Activities done")}, {"label": _("Late"), "kind": "number"}, {"label": _("Planned cost"), "kind": "number"}],
        "year": year,
        "years": years_around(year, f"&show={show}"),
        "presets": as_presets(PRESETS, show, more=query),
        "counts_url": f"?show={show}{query}&{COUNTS}=1",
        "show": show,
        "name": request.GET.get("q", ""),
        "query": query,
        "own": place_of(request),
    }
    return render(request, "planning/plan_list.html", context)


def _rows(units, year, today):
    """Rows of a table of units for `units` (values) with state and progress of their plans."""
    asked = plans.progress_question([unit.pk for unit in units], year, today), setting_question([unit.path for unit in units], "currency")
    progress, currencies = prepared.together(*asked)
    base, none, language = reverse("planning:plan_list"), {"text": _("no plan yet"), "css": "muted"}, get_language()
    said = {state.value: {"pill": (str(state.label), Plan.TONES[state])} for state in Plan.State}
    rows = []
    for unit in units:
        found = progress.get(unit.pk, {"number": 0, "done": 0, "late": 0, "cost_cents": None})
        done = {"kind": "bar", "part": found["done"], "whole": found["number"], "tone": "ok", "text": f"{found['done']} / {found['number']}"}
        cells = [
            said.get(unit.plan_state, none), done if found["number"] else {}, {"text": found["late"] or "", "css": "text-late"},
            {"text": money(found["cost_cents"], currencies[unit.path])},
        ]  # fmt: skip
        rows.append(row_of(unit, base, year, cells, language))
    return rows


def existing(request, slug, year, write=False):
    """(unit, its Plan for the year); 404 where there is none."""
    unit = unit_and_year(request, slug, year, write)
    plan = get_object_or_404(Plan, unit=unit, year=year)
    plan.unit = unit
    return unit, plan


@login_required
@require_safe
def plan_detail(request, slug, year):
    """Goals, activities and trainings of a unit in a year, what of them is done, and where the plan stands."""
    unit = unit_and_year(request, slug, year)
    plan = Plan.objects.filter(unit=unit, year=year).first()
    user, today = request.user, timezone.localdate()
    context = {"unit": unit, "year": year, "years": years_beside(year), "year_text": f"?year={year}", "cares": user.right_on(unit) >= Right.CARE, "today": today}
    if plan:
        plan.unit = unit
        context |= page(plan, today, unit.setting("currency"))
        waits = plan.state == Plan.State.SUBMITTED
        context |= {
            "may_answer": waits and plans.may_approve(user, unit),
            "approver": plans.approver(unit) if waits else None,
            "may_submit": context["cares"] and plan.is_open and (plan.state != Plan.State.APPROVED or context["changes"]),
        }
    context["last_year"] = context["cares"] and Plan.objects.filter(unit=unit, year=year - 1, activities__isnull=False).exists()
    return render(request, "planning/plan_detail.html", context)


def page(plan, today, currency):
    """What page and PDF show of a plan."""
    lines = list(plan.activities.select_related("kind", "office", "event"))
    goals = list(plan.goals.all())
    names = names_of(lines)
    for line in [*goals, *lines]:
        line.marks = marks(line, names, currency, {goal.pk: goal.title for goal in goals}) if plan.approved_at else []
    for line in lines:
        line.late = line.is_late(today)
        line.cost = money(line.cost_cents, currency) if line.cost_cents else ""
        line.when = date_format(line.due_on, "F" if line.due_on == plans.month_end(line.due_on.year, line.due_on.month) else "DATE_FORMAT")
        line.held = line.event and line.is_open and line.event.ends_at.date() < today and line.event.state != "cancelled"
    for goal in goals:
        own = [line for line in lines if line.goal_id == goal.pk and line.state != Activity.State.DROPPED]
        goal.number, goal.done = len(own), sum(line.state == Activity.State.DONE for line in own)
    counted = [line for line in lines if line.state != Activity.State.DROPPED]
    steps = list(plan.steps.select_related("by"))
    return {
        "plan": plan,
        "goals": goals,
        "activities": [line for line in lines if not (line.kind and line.kind.confirms)],
        "trainings": [line for line in lines if line.kind and line.kind.confirms],
        "number": len(counted),
        "changes": sum(1 for line in [*goals, *lines] if line.marks),
        "figures": figures(counted, goals, currency),
        "remark": steps[-1].remark if steps and plan.state in (Plan.State.RETURNED, Plan.State.APPROVED) else "",
        "steps": [
            {"on": timezone.localdate(step.at), "text": step.get_state_display(), "by": step.by, "note": step.remark} for step in reversed(steps)
        ],
        "currency": currency,
    }


def figures(lines, goals, currency):
    """The strip of figures of a plan; dropped lines are left out."""
    done, late = sum(line.state == Activity.State.DONE for line in lines), sum(line.late for line in lines)
    reached = sum(goal.reached_on is not None for goal in goals)
    people = sum(line.people for line in lines)
    return [
        {"label": _("Activities done"), "value": _("%(n)s of %(all)s") % {"n": done, "all": len(lines)}},
        {"label": _("Late"), "value": late, "tone": "late" if late else "quiet"},
        {"label": _("Goals reached"), "value": _("%(n)s of %(all)s") % {"n": reached, "all": len(goals)}},
        {"label": _("Planned cost"), "value": money(sum(line.cost_cents for line in lines), currency), "tone": "long"},
        {"label": _("Expected people"), "value": people},
    ]


def names_of(lines):
    """{"kind_id": {pk: name}, "office_id": {pk: name}} for what was approved and is something else now; no query where nothing is."""
    if not any({"kind_id", "office_id"} & line.changed.keys() for line in lines):
        return {"kind_id": {}, "office_id": {}}
    return {
        "kind_id": {kind.pk: str(kind) for kind in EventKind.objects.all()},
        "office_id": {office.pk: str(office) for office in Office.objects.all()},
    }


def marks(line, names, currency, goals):
    """[(label, as approved)] of what changed in a line since its plan was approved; [("new", "")] for one that came later."""
    if line.approved is None:
        return [(_("new since the approval"), "")]
    found = []
    for name, old in line.changed.items():
        label = line._meta.get_field(name.removesuffix("_id")).verbose_name
        if name == "cost_cents":
            old = money(old, currency)
        elif name == "due_on":
            label, old = _("month"), date_format(date.fromisoformat(old), "F")
        elif name == "goal_id":
            old = goals.get(old, "–")
        elif name in names:
            old = names[name].get(old, "–")
        found.append((label, old))
    return found


@login_required
@require_safe
def plan_pdf(request, slug, year):
    """The plan on paper, in the reader's language or that of `language`."""
    unit, plan = existing(request, slug, year)
    language = spoken(request.GET.get("language"))
    with translation.override(language):
        context = {"unit": unit, "today": timezone.localdate(), **page(plan, timezone.localdate(), unit.setting("currency"))}
    content = pdf.render("pdf/plan.html", context, language)
    return download(f"{unit.slug}-plan-{year}.pdf", content, PDF)


# --- its way up and back ----------------------------------------------------------------------------------------------


def told(request, done, text):
    say(request, text if done else _("The plan changed meanwhile; please look at it again."))


def stamped(request, plan):
    """`plan` as the person saw it: the version their form names."""
    version = request.POST.get("version", "")
    plan.version = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
    return plan


@login_required
@require_POST
def plan_submit(request, slug, year):
    """Hand the plan to the unit above."""
    _unit, plan = existing(request, slug, year, write=True)
    told(request, stamped(request, plan).submit(request.user, timezone.now()), _("The plan is handed in."))
    return redirect("planning:plan_detail", slug, year)


@login_required
@require_POST
def plan_withdraw(request, slug, year):
    """Take it back before it is answered."""
    _unit, plan = existing(request, slug, year, write=True)
    told(request, stamped(request, plan).take_back(request.user, timezone.now()), _("You have the plan back and can change it."))
    return redirect("planning:plan_detail", slug, year)


@login_required
@require_POST
def plan_answer(request, slug, year):
    """Who leads the unit above approves (POST do=approve) or returns it with a remark."""
    unit, plan = existing(request, slug, year)
    if not plans.may_approve(request.user, unit):
        raise PermissionDenied
    plan, remark, now = stamped(request, plan), request.POST.get("remark", "").strip()[:2000], timezone.now()
    if request.POST.get("do") == "approve":
        told(request, plan.approve(request.user, now, remark), _("The plan is approved."))
    elif remark:
        told(request, plan.send_back(remark, request.user, now), _("The plan went back with your remark."))
    else:
        say(request, _("Please write what should be different; without a remark nobody knows."))
    return redirect("planning:plan_detail", slug, year)


@login_required
@require_http_methods(FORM)
def plan_copy(request, slug, year):
    """Choose what of the last year comes again."""
    unit = unit_and_year(request, slug, year, write=True)
    old = Activity.objects.filter(plan__unit=unit, plan__year=year - 1).exclude(state=Activity.State.DROPPED)
    if request.method == "POST":
        picked = [pk for pk in request.POST.getlist("pick") if pk.isascii() and pk.isdigit() and len(pk) < 19]
        new = plans.copy(plans.plan_of(unit, year), old.filter(pk__in=picked))
        say(request, ngettext("%(n)s activity copied.", "%(n)s activities copied.", new) % {"n": new})
        return redirect("planning:plan_detail", slug, year)
    currency = unit.setting("currency")
    return render(request, "planning/plan_copy.html", {"unit": unit, "year": year, "lines": old.select_related("kind", "office"), "currency": currency})
