"""The standard of a unit: reading it, changing it, its versions, and taking a change over into journeys that run."""

import uuid

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from common.keyset import page_of
from common.toasts import say
from membership.models import Member
from onboarding import rollout, versions
from onboarding.forms import StepForm
from onboarding.models import Rollout, RolloutRow, Standard, Step

VERSIONS_SHOWN = 50


@login_required
@require_safe
def standard(request, slug):
    """What new members go through in this unit: what comes from above beside what the unit adds."""
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
    steps, on = sorted(Step.objects.of_unit(unit), key=lambda step: step.leaving), timezone.localdate()
    for step in steps:
        step.own = step.standard.unit_id == unit.pk
        step.left_out_here = step.left_out_at == unit.path and not step.locked
        step.left_out_above = bool(step.left_out_at) and not step.locked and not step.left_out_here
        step.with_example = f"{step.due_text()} ({step.example(on)})"
    own = Standard.objects.filter(unit=unit).select_related("version__by").first()
    context = {
        "unit": unit,
        "inherited": [step for step in steps if not step.own],
        "own": [step for step in steps if step.own],
        "editable": _leads(request, unit),
        "version": own and own.version,
        "lacks_leaving": not any(step.leaving for step in steps),
    }
    return render(request, "onboarding/standard.html", context)


def _leads(request, unit):
    return Unit.objects.editable_by(request.user).filter(pk=unit.pk).exists()


def led_unit(request, slug):
    unit = get_object_or_404(Unit.objects.visible_to(request.user), slug=slug)
    if not _leads(request, unit):
        raise PermissionDenied
    return unit


def _own_step(unit, pk):
    return get_object_or_404(Step.objects.current().filter(standard__unit=unit).select_related("standard"), pk=pk)


def _recorded(request, own, text, undo=""):
    """After a change of the standard `own`: its next version, and a word that running journeys can have it too."""
    own.record(request.user, timezone.now())
    say(request, text, undo)
    return redirect("onboarding:standard", own.unit.slug)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def step_add(request, slug):
    unit = led_unit(request, slug)
    form = StepForm(request.POST or None, on=timezone.localdate())
    if form.is_valid():
        own, _created = Standard.objects.get_or_create(unit=unit)
        return _recorded(request, own, _("Added: %(step)s.") % {"step": form.save(own)})
    return render(request, "onboarding/step_form.html", {"unit": unit, "form": form}, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@transaction.atomic
def step_edit(request, slug, pk):
    unit = led_unit(request, slug)
    step = _own_step(unit, pk)
    form = StepForm(request.POST or None, on=timezone.localdate(), instance=step)
    if form.is_valid():
        return _recorded(request, step.standard, _("Saved: %(step)s.") % {"step": form.save(step.standard)})
    context = {"unit": unit, "form": form, "step": step}
    return render(request, "onboarding/step_form.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@transaction.atomic
def step_retire(request, slug, pk):
    """No longer part of journeys that start from now on; running ones keep it until the change is taken over there."""
    unit = led_unit(request, slug)
    step = _own_step(unit, pk)
    step.retire(timezone.now())
    undo = reverse("onboarding:step_restore", args=[slug, pk])
    return _recorded(request, step.standard, _("Retired: %(step)s.") % {"step": step}, undo)


@login_required
@require_POST
@transaction.atomic
def step_restore(request, slug, pk):
    unit = led_unit(request, slug)
    step = get_object_or_404(Step.objects.filter(standard__unit=unit).select_related("standard"), pk=pk)
    step.restore()
    return _recorded(request, step.standard, _("Part of the standard again: %(step)s.") % {"step": step})


@login_required
@require_POST
@transaction.atomic
def step_move(request, slug, pk):
    """One place up (POST up=1) or down among the own steps of the unit."""
    unit = led_unit(request, slug)
    step = _own_step(unit, pk)
    step.move(-1 if request.POST.get("up") else 1)
    step.standard.record(request.user, timezone.now())
    return redirect("onboarding:standard", slug)


@login_required
@require_POST
@transaction.atomic
def step_leave_out(request, slug, pk):
    """Leave an inherited step out here and below (POST back=1: take it in again). 404 for locked steps: they cannot be left out."""
    unit = led_unit(request, slug)
    step = next((step for step in Step.objects.of_unit(unit) if step.pk == pk and step.standard.unit_id != unit.pk), None)
    if step is None or step.locked:
        raise Http404
    own, _created = Standard.objects.get_or_create(unit=unit)
    back = bool(request.POST.get("back"))
    (own.left_out.remove if back else own.left_out.add)(step)
    text = _("Taken in again: %(step)s.") if back else _("Left out here: %(step)s.")
    return _recorded(request, own, text % {"step": step})


@login_required
@require_safe
def standard_versions(request, slug):
    """Who changed what of the unit's own standard and when, the newest first, and how many running journeys go by which version."""
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
    kept = list(Standard.objects.filter(unit=unit).values_list("versions", flat=True).order_by("-versions__number")[: VERSIONS_SHOWN + 1])
    rows = versions.told(kept, request.user)
    editable = _leads(request, unit)
    rollouts = Rollout.objects.filter(standard__unit=unit).select_related("by", "version") if editable else Rollout.objects.none()
    context = {"unit": unit, "versions": rows[:VERSIONS_SHOWN], "editable": editable, "rollouts": rollouts[:VERSIONS_SHOWN]}
    return render(request, "onboarding/standard_versions.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def standard_rollout(request, slug):
    """What the standard would change in journeys that run: per step with numbers, and behind each number the names; POST does it."""
    unit, on = led_unit(request, slug), timezone.localdate()
    own = get_object_or_404(Standard, unit=unit)
    stale = False
    if request.method == "POST":
        try:
            key = uuid.UUID(request.POST.get("key", ""))
        except ValueError:
            raise Http404 from None
        done = rollout.carry_out(own, request.user, request.POST.get("fingerprint", ""), key, on, timezone.now())
        if done:
            say(request, _("The journeys go by the new standard now."))
            return redirect("onboarding:rollout_detail", done.pk)
        stale = True
    found = rollout.plan(own, request.user, on)
    context = {"unit": unit, "plan": found, "rows": versions.plan_rows(found), "key": uuid.uuid4(), "stale": stale}
    chosen = versions.chosen(found, request.GET.get("step", ""), request.GET.get("what", ""))
    if chosen:
        members = Member.objects.filter(journeys__in=chosen["journeys"]).select_related("home_unit")
        context |= {"chosen": chosen, "page": page_of(members, ("sort_key", "pk"), request.GET)}
    return render(request, "onboarding/standard_rollout.html", context, status=409 if stale else 200)


def _rollout(request, pk):
    """404 when the standard is not to be changed by this person: what a rollout did leads to names all over the unit."""
    rows = Rollout.objects.visible_to(request.user).select_related("standard__unit__kind", "by", "undone_by", "version")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
def rollout_detail(request, pk):
    """What a rollout did, with the names behind the numbers one may see, and taking it back."""
    done = _rollout(request, pk)
    steps = Step.objects.in_bulk([step for step, _what, _number in done.counts])
    counts = {(step, what): number for step, what, number in done.counts}
    context = {"rollout": done, "unit": done.standard.unit, "rows": versions.rollout_rows(counts, steps)}
    step, what = request.GET.get("step", ""), request.GET.get("what", "")
    if step.isdecimal() and (int(step), what) in counts:
        rows = RolloutRow.objects.filter(rollout=done, journey_step__step=int(step), what=what)
        members = Member.objects.visible_to(request.user).filter(journeys__steps__in=rows.values("journey_step"))
        title = versions.title(steps[int(step)], what)
        context |= {"chosen": {"title": title}, "page": page_of(members.select_related("home_unit"), ("sort_key", "pk"), request.GET)}
    return render(request, "onboarding/rollout_detail.html", context)


@login_required
@require_POST
def rollout_undo(request, pk):
    done = _rollout(request, pk)
    if rollout.undo(done, request.user, timezone.localdate(), timezone.now()):
        text = _("Taken back. The journeys are as before.")
        if done.stayed:
            text = ngettext(
                "Taken back. %(n)s step stays, because somebody has worked on it since.",
                "Taken back. %(n)s steps stay, because somebody has worked on them since.",
                done.stayed,
            ) % {"n": done.stayed}
        say(request, text)
    return redirect("onboarding:rollout_detail", pk)
