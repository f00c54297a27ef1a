"""The member list as a wizard: file, columns, difference, done. The pages note what is wanted, a worker does it (onboarding.intake)."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches import appointing
from branches.scope import Right
from common import progress
from common.context import place_of
from common.files import download
from common.keyset import page_of
from common.sheets import write_csv, write_xlsx
from common.toasts import say
from membership import importing
from membership.models import ListImport, Member, StagedRow
from onboarding import intake, list_parts, tasks
from onboarding.list_forms import ColumnsForm, ListForm, answers

Outcome, State = StagedRow.Outcome, ListImport.State
FIRST = 10  # rows of a section on the page of the difference; the rest is one click away
STEPS = 4


def _lists(request):
    kept = ExpressionWrapper(Q(content__isnull=False), BooleanField())
    return ListImport.objects.visible_to(request.user).defer("content").annotate(content_kept=kept).select_related("unit", "by")


def _list(request, pk):
    return get_object_or_404(_lists(request), pk=pk)


def _wizard(current, row=None):
    """The four steps; those one can go back to have an address."""
    back = row and row.header and row.state in (State.COLUMNS, State.COMPARED, State.FAILED)
    urls = ["", reverse("onboarding:list_columns", args=[row.pk]) if back and current > 2 else "", "", ""]
    labels = [_("File"), _("Columns"), _("Difference"), _("Done")]
    return {"steps": [{"label": label, "url": url} for label, url in zip(labels, urls, strict=True)], "current": current}


@login_required
@require_safe
def list_list(request):
    """The lists of the units one leads, the newest first."""
    if not any(held.right >= Right.LEAD for held in request.user.appointments_now):
        raise PermissionDenied
    page = page_of(_lists(request), ("-created_at", "-pk"), request.GET)
    return render(request, "onboarding/list_list.html", {"rows": [list_parts.line(row) for row in page.rows], "page": page})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def list_add(request):
    """Hand in a file. The same file handed in twice, before it is saved, is the same list."""
    if not any(held.right >= Right.LEAD for held in request.user.appointments_now):
        raise PermissionDenied
    form = ListForm(request.POST or None, request.FILES or None, user=request.user, place=place_of(request))
    if request.method == "POST" and form.is_valid():
        row = form.save(request.user)
        tasks.wake_list(row)
        return redirect("onboarding:list_detail", row.pk)
    return render(request, "onboarding/list_add.html", {"form": form, "wizard": _wizard(1)}, status=422 if form.errors else 200)


@login_required
@require_safe
def list_detail(request, pk):
    """Where the list stands: being read, the difference, or what came of it."""
    row = _list(request, pk)
    if row.is_working:
        return _progress(request, row)
    if request.htmx:  # the work that was polled has ended: the whole page is another one
        return HttpResponse(headers={"HX-Refresh": "true"})
    if row.state == State.COLUMNS:
        return redirect("onboarding:list_columns", pk)
    if row.state == State.COMPARED:
        return _difference(request, row)
    context = {"row": row, "wizard": _wizard(4 if row.state != State.FAILED else 2 if row.header else 1, row)}
    if row.state in (State.APPLIED, State.UNDONE):
        context |= {
            "figures": list_parts.figures(row, links=False),
            "refused": row.rows.filter(outcome=Outcome.REFUSED).count(),
            "stay": Member.objects.visible_to(request.user).filter(pk__in=row.figures.get("stay", [])).order_by("sort_key"),
            "kept_days": intake.KEPT.days,
        }
    return render(request, "onboarding/list_detail.html", context)


def _progress(request, row):
    done, percent = progress.read(f"list {row.pk}")
    texts = {
        State.UPLOADED: _("The file is being opened."),
        State.READING: _("The list is being read and compared."),
        State.APPLYING: _("The list is being saved. It is saved as a whole or not at all."),
        State.UNDOING: _("The list is being taken back."),
    }
    text = texts[row.state]
    if done and row.state == State.READING:
        text = ngettext("%(text)s %(n)s row so far.", "%(text)s %(n)s rows so far.", done) % {"text": text, "n": done}
    context = {"row": row, "text": text, "percent": percent, "poll_url": row_url(row), "wizard": _wizard(_step(row), row)}
    return render(request, "partials/_progress.html" if request.htmx else "onboarding/list_progress.html", context)


def _step(row):
    return {State.UPLOADED: 2, State.READING: 3}.get(row.state, 4)


def row_url(row):
    return reverse("onboarding:list_detail", args=[row.pk])


def _difference(request, row):
    on = timezone.localdate()
    journeys = intake.journeys_to_start(row, on)
    writes = list_parts.writes(row)
    context = {
        "row": row,
        "wizard": _wizard(3, row),
        "figures": list_parts.figures(row),
        "sections": list_parts.sections(row, FIRST, on, request.user, journeys),
        "units": list_parts.unit_questions(row),
        "adds_units": appointing.leads_below(request.user, row.unit),
        "gone_choices": list_parts.gone_choices(),
        "asks_gone": importing.gone(row).exists(),
        "all_gone": row.decisions.get("all_gone", "keep"),
        "submit_label": list_parts.submit_label(writes, journeys),
        "stamp": list_parts.stamp(row),
    }
    return render(request, "onboarding/list_difference.html", context)


@login_required
@require_safe
def list_rows(request, pk, outcome):
    """All rows of one outcome, page by page. Refused rows also as a sheet (see list_refused)."""
    row = _list(request, pk)
    if outcome not in list_parts.TITLES or row.state != State.COMPARED:
        raise Http404
    page = page_of(*list_parts.found(row, outcome), request.GET)
    section = list_parts.section(row, outcome, page.rows, timezone.localdate(), request.user)
    context = {"row": row, "wizard": _wizard(3, row), "section": section, "page": page, "gone_choices": list_parts.gone_choices()}
    return render(request, "onboarding/list_rows.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def list_columns(request, pk):
    """Which column is what, shown on the first rows of the file."""
    row = _list(request, pk)
    if not row.header or row.state not in (State.COLUMNS, State.COMPARED, State.FAILED):
        return redirect("onboarding:list_detail", pk)
    form = ColumnsForm(request.POST or None, list_import=row)
    if request.method == "POST" and form.is_valid():
        if row.read_with(form.mapping, row.decisions):
            tasks.wake_list(row)
        return redirect("onboarding:list_detail", pk)
    context = {"row": row, "form": form, "wizard": _wizard(2, row)}
    return render(request, "onboarding/list_columns.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def list_decide(request, pk):
    """Note answers about rows to look at, people who are gone and unknown units; answers about units read the list anew."""
    with transaction.atomic():
        row = get_object_or_404(_lists(request).select_for_update(of=("self",)), pk=pk)
        if row.state != State.COMPARED:
            return redirect("onboarding:list_detail", pk)
        units_before = row.decisions.get("units", {})
        row.decisions = answers(row, request.POST, appointing.leads_below(request.user, row.unit))
        row.save(update_fields=["decisions"])
        if row.decisions.get("units", {}) != units_before and row.read_with(row.mapping, row.decisions):
            tasks.wake_list(row)
    back = request.POST.get("back")
    return redirect("onboarding:list_rows", pk, back) if back in list_parts.TITLES else redirect("onboarding:list_detail", pk)


@login_required
@require_POST
def list_apply(request, pk):
    """Have the difference saved as it was shown, with the answers given on the page."""
    with transaction.atomic():
        row = get_object_or_404(_lists(request).select_for_update(of=("self",)), pk=pk)
        if row.state == State.COMPARED:
            if request.POST.get("stamp") != list_parts.stamp(row):
                say(request, _("The list was changed in another window. Please look again."))
                return redirect("onboarding:list_detail", pk)
            row.decisions = answers(row, request.POST, appointing.leads_below(request.user, row.unit))
            row.save(update_fields=["decisions"])
            if row.save_for(request.user):
                tasks.wake_list(row)
    return redirect("onboarding:list_detail", pk)


@login_required
@require_POST
def list_undo(request, pk):
    """Take a saved list back as a whole, except for members somebody has worked on since."""
    row = _list(request, pk)
    if row.take_back_for(request.user):
        tasks.wake_list(row)
    return redirect("onboarding:list_detail", pk)


@login_required
@require_POST
def list_drop(request, pk):
    """Forget a list that was not saved."""
    row = _list(request, pk)
    dropped, _models = ListImport.objects.filter(pk=row.pk, state__in=(State.COLUMNS, State.COMPARED, State.FAILED)).delete()
    if dropped:
        say(request, _("The list is gone. Nothing was changed."))
    return redirect("onboarding:list_list")


@login_required
@require_safe
def list_refused(request, pk):
    """The refused rows as a sheet to mend, as they stand in the file, with line and reason behind. `form`: csv or xlsx."""
    row = get_object_or_404(ListImport.objects.visible_to(request.user).select_related("unit"), pk=pk)
    if not row.content:
        raise Http404
    header = [*row.header, _("Line"), _("Why")]
    width = len(row.header)
    lines = [[*(cells + [""] * width)[:width], line, " ".join(messages)] for line, cells, messages in importing.refused_rows(row)]
    if request.GET.get("form") == "xlsx":
        content = write_xlsx(header, lines, right_to_left=translation.get_language_bidi())
        kind, end = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"
    else:
        content, kind, end = write_csv(header, lines), "text/csv; charset=utf-8", "csv"
    return download(pgettext("name of a file", "refused") + f"-{row.unit.slug}-{row.list_date}.{end}", content, kind)
