"""The cockpit of a unit, the people behind its figures, and its reports."""

from datetime import date

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from cockpit import figures, printing, report_runs, reports, rows, tasks
from cockpit.forms import ReportForm
from cockpit.models import Report, ReportRun
from common.context import place_of
from common.files import PDF, download
from common.keyset import page_of
from common.presets import count_each
from membership.models import Member
from onboarding.models import Journey

MOST_COUNTED = 999


def unit_of(request, slug):
    """The unit of the address, or the one the person acts in; 404 when not to be seen."""
    place = place_of(request)
    if place and slug in (None, place.unit.slug):
        return place.unit
    return get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)


@login_required
@require_safe
def cockpit(request, slug=None):
    """Figures of a unit and a row per unit below, who waits longest first; `sort` is a column (see reports.ORDERS)."""
    unit = unit_of(request, slug)
    overview = reports.overview(unit, timezone.localdate(), request.user)
    order = request.GET.get("sort")
    order = order if order in reports.ORDERS else "waiting"
    above = None if unit.is_root() else Unit.objects.visible_to(request.user).filter(path__in=unit.ancestor_paths()[1:2]).first()
    context = {"unit": unit, "overview": overview, "order": order, "above": above, **reports.page(overview, order)}
    return render(request, "cockpit/cockpit.html", context)


@login_required
@require_safe
def cases(request, slug):
    """The people behind one figure of a unit (`figure`, see figures.cases), who has it longest first."""
    unit = unit_of(request, slug)
    key, on, steps = request.GET.get("figure", ""), timezone.localdate(), reports.step_names(unit)
    try:
        title = rows.title(key, steps)
        found = figures.cases(unit, key, figures.Window.year(on)).visible_to(request.user)
    except (LookupError, ValueError):
        raise Http404 from None
    if found.model is Member:
        found, order = found.select_related("home_unit"), "left_on" if key.startswith("exits:") else "joined_on"
    elif found.model is Journey:
        found, order = found.select_related("member__home_unit"), "started_on"
        if key in rows.NEXT:
            found, order = found.with_next_step(), "next_due_on"
    else:
        found, order = found.select_related("journey__member__home_unit"), "due_on"
    page = page_of(found, (order, "pk"), request.GET)
    stem, _colon, outcome = key.rpartition(":")
    outcomes = [{"label": label, "url": f"?figure={stem}:{name}", "current": name == outcome} for name, label in rows.outcomes().items()]
    context = {
        "unit": unit,
        "title": title,
        "presets": outcomes if outcome in rows.outcomes() else None,
        "count": count_each({"all": found}, MOST_COUNTED)["all"],
        "rows": [rows.case(row, key, on) for row in page.rows],
        "page": page,
        "period": rows.period(figures.Window.year(on)),
    }
    return render(request, "cockpit/cases.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def report_order(request, slug):
    """Choose time and language of a report, or of one for each unit below. That of a unit without units below comes at once, others a worker writes.

    kind=annual proposes that of a calendar year: this one, until spring the last.
    """
    unit = unit_of(request, slug)
    today = timezone.localdate()
    year = figures.Window.year(today)
    initial = {"since": year.since, "until": year.until, "language": translation.get_language()}
    if request.GET.get("kind") == Report.Kind.ANNUAL:
        first = date(today.year - (today.month < 4), 1, 1)
        initial |= {"kind": Report.Kind.ANNUAL, "since": first, "until": min(first.replace(month=12, day=31), today)}
    below = report_runs.units(request.user, unit, today).count()
    form = ReportForm(request.POST or None, today=today, below=below, initial=initial)
    if request.method == "POST" and form.is_valid():
        order = form.cleaned_data
        if order.pop("below", False):
            run = report_runs.order(request.user, unit, now=timezone.now(), **order)
            tasks.wake_run(run)
            return redirect("cockpit:report_run", run.pk)
        order["language"] = report_runs.language_of(unit, order["language"])
        if unit.is_leaf():
            found = reports.unit_report(unit, order["since"], order["until"], today, request.user)
            content = printing.as_pdf(found, request.user, order["language"], order["kind"], order["thanks"])
            return pdf_response(content, unit, order["since"], order["until"])
        report = reports.order(request.user, unit, now=timezone.now(), **order)
        tasks.wake(report)
        return redirect("cockpit:report_detail", report.pk)
    return render(request, "cockpit/report_order.html", {"unit": unit, "form": form}, status=422 if form.errors else 200)


@login_required
@require_safe
def report_list(request):
    """One's own reports of the last days, and runs of them."""
    now = timezone.now()
    found = Report.objects.visible_to(request.user).filter(expires_at__gt=now, run=None)
    runs = ReportRun.objects.visible_to(request.user).filter(expires_at__gt=now).select_related("unit__kind")
    return render(request, "cockpit/report_list.html", {"reports": found.select_related("unit__kind").defer("content"), "runs": runs})


@login_required
@require_safe
def report_detail(request, pk):
    """How far a report is; the page asks again by itself until it is written."""
    found = Report.objects.visible_to(request.user).filter(expires_at__gt=timezone.now(), run=None)
    report = get_object_or_404(found.select_related("unit__kind").defer("content"), pk=pk)
    template = "cockpit/_report.html" if request.htmx else "cockpit/report_detail.html"
    return render(request, template, {"report": report, "poll_url": reverse("cockpit:report_detail", args=[pk])})


@login_required
@require_safe
def report_download(request, pk):
    """The file, for whom it was written for, as long as that person may see the unit."""
    found = Report.objects.visible_to(request.user).filter(expires_at__gt=timezone.now(), state=Report.State.READY)
    report = get_object_or_404(found.select_related("unit__kind"), pk=pk)
    return pdf_response(bytes(report.content), report.unit, report.since, report.until)


def _run(request, pk):
    return get_object_or_404(ReportRun.objects.visible_to(request.user).filter(expires_at__gt=timezone.now()).select_related("unit__kind"), pk=pk)


@login_required
@require_safe
def report_run(request, pk):
    """How far a run is, and which units have no report; the page asks again by itself until all are written."""
    run = _run(request, pk)
    counts = run.counts()
    left_out = run.reports.filter(state__in=(Report.State.REFUSED, Report.State.FAILED)).order_by("unit__path")
    context = {
        "run": run, "counts": counts, "total": sum(counts.values()), "done": sum(counts.values()) - counts["due"] - counts["stopped"],
        "left_out": left_out.values_list("unit__name", flat=True),
    }  # fmt: skip
    return render(request, "cockpit/_report_run.html" if request.htmx else "cockpit/report_run.html", context)


@login_required
@require_POST
def report_run_change(request, pk):
    """POST do=stop: write no more for now; do=go_on: write those that are left."""
    run, do = _run(request, pk), request.POST.get("do")
    if do == "stop":
        run.stop()
    elif do == "go_on":
        run.go_on()
        tasks.wake_run(run)
    else:
        raise Http404
    return redirect("cockpit:report_run", pk)


@login_required
@require_safe
def report_run_download(request, pk):
    """What is written of a run as a ZIP, as far as the person may see the units at this moment."""
    run = _run(request, pk)
    if not run.counts()["ready"]:
        raise Http404
    name = f"{run.unit.slug}-{timezone.localdate(run.created_at)}-{run.pk}.zip"
    return download(name, report_runs.content(run, request.user), "application/zip")


def pdf_response(content, unit, since, until):
    return download(f"{unit.slug}-{since}-{until}.pdf", content, PDF)
