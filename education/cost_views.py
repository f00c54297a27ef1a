"""The costs of an event: planned and real side by side, what each carrying unit bears, settling and reopening."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.files import download
from common.toasts import say
from education import costs
from education.cost_forms import CostForm, KeyForm
from education.models import CostLine

FORM = ["GET", "HEAD", "POST"]
PLANNED, REAL = CostLine.Stage.PLANNED, CostLine.Stage.REAL


def _event(request, pk):
    return get_object_or_404(costs.shown_to(request.user), pk=pk)


def _kept(request, pk):
    """The event, for those who enter its costs."""
    event = _event(request, pk)
    if not costs.kept_by(request.user).filter(pk=event.pk).exists():
        raise PermissionDenied
    return event


def _line(request, pk):
    lines = CostLine.objects.filter(event__in=costs.shown_to(request.user)).select_related("event__unit__kind").defer("receipt")
    line = get_object_or_404(lines, pk=pk)
    if not costs.kept_by(request.user).filter(pk=line.event_id).exists():
        raise PermissionDenied
    return line


@login_required
@require_safe
def cost_list(request, pk):
    """Planned and real costs by kind, all lines, and what each unit bears of both."""
    event, now = _event(request, pk), timezone.now()
    lines, carriers = list(event.cost_lines.defer("receipt").select_related("by")), costs.carriers_of(event)
    stages = {stage: [line for line in lines if line.stage == stage] for stage in CostLine.Stage.values}
    settlement = costs.standing(event)
    keeps = costs.kept_by(request.user).filter(pk=event.pk).exists()
    fees = costs.fees(event)
    context = {
        "event": event, "currency": event.unit.setting("currency"), "kinds": side_by_side(stages), "lines": lines, "carriers": bears(stages, carriers),
        "planned": sum(line.cents for line in stages[PLANNED]), "real": sum(line.cents for line in stages[REAL]), "settlement": settlement,
        "keeps": keeps and not settlement, "may_settle": keeps and not settlement and event.is_over(now) and bool(stages[REAL]),
        "reopens": bool(settlement) and costs.led_by(request.user).filter(pk=event.pk).exists(), "several": len(carriers) > 1,
        "fees": fees if fees and keeps and not settlement and not any(line.kind == CostLine.Kind.FEES for line in stages[REAL]) else 0,
    }  # fmt: skip
    return render(request, "education/cost_list.html", context)


def side_by_side(stages):
    """A row for each kind that has a line: {"label", "planned", "real", "more"}."""
    planned, real = costs.by_kind(stages[PLANNED]), costs.by_kind(stages[REAL])
    return [
        {"label": kind.label, "planned": planned.get(kind), "real": real.get(kind), "more": real.get(kind, 0) - planned.get(kind, 0)}
        for kind in CostLine.Kind if kind in planned or kind in real
    ]  # fmt: skip


def bears(stages, carriers):
    """A row for each carrying unit: {"unit", "share", "planned", "real"}."""
    planned, real = (costs.split(sum(line.cents for line in stages[stage]), [row.share for row in carriers]) for stage in (PLANNED, REAL))
    return [
        {"unit": row.unit, "share": row.share, "planned": own, "real": came}
        for row, own, came in zip(carriers, planned, real, strict=True)
    ]


@login_required
@require_http_methods(FORM)
def cost_add(request, pk):
    """A new line. `of` in the address: a planned line whose real amount is entered; `fees`: what those who attended owe."""
    event, now = _kept(request, pk), timezone.now()
    initial = {"stage": REAL if event.is_over(now) else PLANNED}
    if (of := request.GET.get("of", "")).isdecimal() and len(of) < 18:
        source = get_object_or_404(event.cost_lines.defer("receipt"), pk=of)
        initial = {"stage": REAL, "kind": source.kind, "text": source.text, "amount": abs(source.cents)}
    elif "fees" in request.GET:
        initial = {"stage": REAL, "kind": CostLine.Kind.FEES, "text": _("Fees of those who attended"), "amount": costs.fees(event)}
    return _form(request, CostLine(event=event, by=request.user, at=now), initial)


@login_required
@require_http_methods(FORM)
def cost_edit(request, pk):
    return _form(request, _line(request, pk))


def _form(request, line, initial=None):
    posted = request.method == "POST"
    form = CostForm(request.POST if posted else None, request.FILES if posted else None, instance=line, initial=initial)
    if posted and form.is_valid():
        try:
            costs.save(form.instance)
        except costs.Refused as refused:
            form.add_error(None, refused)
        else:
            say(request, _("Saved."))
            return redirect("education:cost_list", line.event_id)
    context = {"form": form, "event": line.event, "line": line, "settled": not posted and costs.standing(line.event)}
    return render(request, "education/cost_form.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def cost_remove(request, pk):
    line = _line(request, pk)
    try:
        costs.remove(line)
        say(request, _("The line is gone."))
    except costs.Refused as refused:
        messages.error(request, refused.messages[0])
    return redirect("education:cost_list", line.event_id)


@login_required
@require_safe
def cost_receipt(request, pk):
    """The receipt of a line as a download."""
    line = get_object_or_404(CostLine.objects.filter(event__in=costs.shown_to(request.user)), pk=pk)
    if not line.receipt:
        raise Http404
    return download(line.receipt_name, bytes(line.receipt))


@login_required
@require_http_methods(FORM)
def cost_key(request, pk):
    """By which parts the carrying units share."""
    event = _kept(request, pk)
    form = KeyForm(request.POST if request.method == "POST" else None, carriers=costs.carriers_of(event))
    if form.is_valid():
        try:
            costs.set_key(event, form.parts)
        except costs.Refused as refused:
            form.add_error(None, refused)
        else:
            say(request, _("Saved."))
            return redirect("education:cost_list", event.pk)
    return render(request, "education/cost_key.html", {"form": form, "event": event}, status=422 if form.errors else 200)


@login_required
@require_POST
def cost_settle(request, pk):
    event = _kept(request, pk)
    try:
        costs.settle(event, request.user, timezone.now())
        say(request, _("Settled. The budgets of the units can read it now."))
    except costs.Refused as refused:
        messages.error(request, refused.messages[0])
    return redirect("education:cost_list", event.pk)


@login_required
@require_POST
def cost_reopen(request, pk):
    event = _event(request, pk)
    if not costs.led_by(request.user).filter(pk=event.pk).exists():
        raise PermissionDenied
    if costs.reopen(event, request.user, timezone.now()):
        say(request, _("Reopened. It counts in no budget until it is settled again."))
    return redirect("education:cost_list", event.pk)
