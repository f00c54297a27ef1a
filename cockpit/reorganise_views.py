"""Doors for merging, splitting, moving and closing units: choose, look at what would happen, one button; afterwards take it back."""

import uuid

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches import appointing
from branches.models import Reorganisation, Unit
from cockpit import reorganising
from cockpit.reorganise_forms import ReorganiseForm
from common.toasts import say

Kind = Reorganisation.Kind


def titles():
    return {
        Kind.MERGE: _("Merge into another unit"),
        Kind.SPLIT: _("Split this unit"),
        Kind.MOVE: _("Move below another unit"),
        Kind.CLOSE: _("Close this unit"),
    }


def buttons():
    return {Kind.MERGE: _("Merge"), Kind.SPLIT: _("Split"), Kind.MOVE: _("Move"), Kind.CLOSE: _("Close")}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def unit_reorganise(request, slug, kind):
    """Posted with `look` it shows what would happen and changes nothing; the button under that posts the same without. No numbers in addresses."""
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
    if kind not in Kind.values:
        raise Http404
    above = reorganising.above(unit)
    if above is None or not appointing.leads_below(request.user, above):
        raise PermissionDenied
    now = timezone.now()
    asked = request.POST if request.method == "POST" else None
    form = ReorganiseForm(asked, kind=kind, unit=unit, user=request.user, initial={"on": timezone.localdate(now)})
    context = {"unit": unit, "kind": kind, "title": titles()[kind], "button": buttons()[kind], "form": form}
    if asked is None or not form.is_valid():
        return render(request, "cockpit/unit_reorganise.html", context, status=422 if asked else 200)
    plan = form.plan(by=request.user)
    if not reorganising.leads(request.user, plan):
        raise PermissionDenied
    if "look" not in request.POST:
        try:
            plan = reorganising.order(plan, now)
        except ValidationError as error:
            context["obstacles"] = error.messages
            return render(request, "cockpit/unit_reorganise.html", context, status=422)
        say(request, _("Done.") if plan.state == plan.State.DONE else _("Planned. It is carried out at midnight of that day."))
        return redirect("cockpit:reorganisation_detail", plan.pk)
    context |= {"plan": plan, "obstacles": reorganising.obstacles(plan, timezone.localdate(now)), "key": uuid.uuid4()}
    if not context["obstacles"]:
        context["preview"] = reorganising.preview(plan)
    return render(request, "cockpit/unit_reorganise.html", context)


def _found(request, pk):
    rows = Reorganisation.objects.visible_to(request.user).select_related("unit__kind", "target__kind", "by")
    return get_object_or_404(rows, pk=pk)


def _led(request, pk):
    plan = _found(request, pk)
    if not reorganising.leads(request.user, plan):
        raise PermissionDenied
    return plan


@login_required
@require_safe
def reorganisation_detail(request, pk):
    """What was planned or done, and how to take it back."""
    plan, now = _found(request, pk), timezone.now()
    leads = reorganising.leads(request.user, plan)
    context = {"plan": plan, "unit": plan.unit, "title": titles()[plan.kind], "leads": leads, "members": sum(len(plan.effects.get(name, ())) for name in ("begun", "shifted"))}
    if plan.state == plan.State.PLANNED:
        context["preview"] = reorganising.preview(plan)
    elif leads and plan.state == plan.State.DONE:
        context["why_it_stays"] = reorganising.why_it_stays(plan, now)
    return render(request, "cockpit/reorganisation_detail.html", context)


@login_required
@require_POST
def reorganisation_call_off(request, pk):
    plan = _led(request, pk)
    say(request, _("Called off.") if plan.call_off() else _("It is no longer a plan."))
    return redirect("cockpit:reorganisation_detail", plan.pk)


@login_required
@require_POST
def reorganisation_undo(request, pk):
    plan = _led(request, pk)
    try:
        reorganising.take_back(plan, request.user, timezone.now())
        say(request, _("Taken back. Everything is as it was."))
    except ValidationError as error:
        say(request, " ".join(error.messages))
    return redirect("cockpit:reorganisation_detail", plan.pk)
