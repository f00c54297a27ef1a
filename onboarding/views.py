"""New members, ticking steps and the contact log."""

import uuid
from datetime import timedelta
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches import scope
from branches.models import settings_at
from branches.scope import to_change
from common.context import place_of
from common.keyset import page_of
from common.presets import COUNTS, count_each, presets_of
from common.toasts import say
from membership.models import Member
from onboarding import rows
from onboarding.forms import ContactForm, JourneyFilter
from onboarding.models import Contact, Journey, JourneyStep

WEEK = timedelta(days=7)
MOST_COUNTED = 300  # a preset's count beyond is shown as "300+"


@login_required
@require_safe
def journey_list(request):
    """New members: presets with counts, filtered by unit; the whole state is in the address, so every view is a link."""
    on = timezone.localdate()
    form = JourneyFilter(request.GET, request.user, place_of(request))
    if COUNTS in request.GET:
        counts = count_each({name: form.found(name, on, on + WEEK) for name in form.PRESETS if name != "done"}, MOST_COUNTED)
        return render(request, "partials/_presets.html", {"presets": presets_of(request, form, counts)})
    found = lambda user: form.found(form.show_now, on, on + WEEK, user).for_list()  # noqa: E731
    if form.chosen:
        key = ("journeys", on, request.user.reach, form.show_now, form.chosen.pk, form.chosen.path, form.chosen.kind.is_section)
        find, values = partial(found, request.user), ()
    else:
        key, find, values = scope.listed(request.user, f"journeys {form.show_now} {on}", found)
    page = page_of(find, form.ORDER.get(form.show_now, ("next_due_on", "pk")), request.GET, key=key, values=values)
    amber = settings_at((journey.member__home_unit__path for journey in page.rows), "amber_days")
    context = {
        "form": form,
        "presets": lambda: presets_of(request, form),
        "counts_url": form.address(form.show_now, **{COUNTS: 1}),
        "rows": rows.journeys(page.rows, amber, on),
        "page": page,
        "done": form.show_now == "done",
    }
    return render(request, "onboarding/journey_list.html", context)


def _for_care(model, request, pk, *related):
    """The row of `model` to work on: 404 when not to be seen, 403 when only to be seen."""
    return to_change(request.user, model.objects.select_related(*related), pk=pk)


def _step(request, pk):
    return _for_care(JourneyStep, request, pk, "step", "journey__member", "journey__unit", "duty_office", "duty_unit", "closed_by")


def _answer(request, step, text, undo=""):
    """The row the click came from, as it is now (htmx), else the page it came from with a word about it."""
    on = timezone.localdate()
    target = request.htmx.target or ""
    if target == f"today-{step.pk}":
        if step.is_open:
            return render(request, "partials/_row.html", rows.today(step, on) | {"on": on})
        return render(request, "partials/_row_done.html", rows.today_closed(step))
    if target == f"check-{step.pk}":
        steps = list(step.journey.steps.for_checklist())
        context = stand(step.journey, steps, step.journey.unit, on) | {"row": rows.check(step, on, True), "on": on, "tell": text}
        return render(request, "onboarding/_check_answer.html", context)
    back = "?back=today" if request.GET.get("back") == "today" else ""
    if text:
        say(request, text, undo and undo + back)
    return redirect("/" if back else step.journey.member)


def stand(journey, steps, unit, on):
    """Where a journey in `unit` stands: clock, line and "3 of 8", for onboarding/_stand.html."""
    amber_days = unit.setting("amber_days") if journey.waits else 0
    counted = [step for step in steps if step.state != JourneyStep.State.DROPPED]
    return {
        "journey": journey,
        "clock": rows.clock(journey, on, amber_days),
        "line": rows.line(counted, on),
        "closed": sum(not step.is_open for step in counted),
        "total": len(counted),
    }


def _told(step):
    return _("%(step)s, %(name)s: %(state)s") % {
        "step": step.step, "name": step.journey.member.name, "state": rows.closed_text(step),
    }  # fmt: skip


@login_required
@require_POST
def step_tick(request, pk):
    step = _step(request, pk)
    step.tick(request.user, timezone.localdate(), timezone.now())
    return _answer(request, step, _told(step), reverse("onboarding:step_undo", args=[pk]))


@login_required
@require_POST
def step_undo(request, pk):
    step = _step(request, pk)
    if step.undo():
        return _answer(request, step, _("%(step)s is open again.") % {"step": step.step})
    return _answer(request, step, "")


@login_required
@require_POST
def step_not_needed(request, pk):
    step = _step(request, pk)
    reason = request.POST.get("reason", "").strip()[:200]
    if not reason:
        messages.error(request, _("Please say why it is not needed."))
        return redirect(step.journey.member)
    step.not_needed(request.user, reason, timezone.localdate(), timezone.now())
    return _answer(request, step, _told(step), reverse("onboarding:step_undo", args=[pk]))


@login_required
@require_POST
def step_wait(request, pk):
    step = _step(request, pk)
    step.wait(request.POST.get("waiting_for", "")[:200])
    return _answer(request, step, "")


@login_required
@require_POST
def journey_end(request, pk):
    journey = _for_care(Journey, request, pk, "member")
    if journey.end(timezone.localdate(), timezone.now(), request.user):
        text = _("The journey of %(name)s has ended.") % {"name": journey.member.name}
        say(request, text, reverse("onboarding:journey_resume", args=[pk]))
    return redirect(journey.member)


@login_required
@require_POST
def journey_resume(request, pk):
    journey = _for_care(Journey, request, pk, "member")
    if journey.resume():
        say(request, _("The journey of %(name)s goes on.") % {"name": journey.member.name})
    return redirect(journey.member)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def contact_log(request, pk):
    """Log a contact in two taps: the kind (in the address), then the result (a button). Date, next date and note are optional."""
    member = _for_care(Member, request, pk)
    today = timezone.localdate()
    if request.method == "POST":
        form = ContactForm(request.POST, today=today)
        if form.is_valid():
            contact, _new = Contact.objects.log(member, request.user, **form.cleaned_data)
            closed = ", ".join(str(step.step) for step in contact.closed_steps.select_related("step"))
            text = _("Noted: %(contact)s.") % {"contact": rows.contact_text(contact)}
            if closed:
                text = _("Noted: %(contact)s. Done: %(steps)s.") % {"contact": rows.contact_text(contact), "steps": closed}
            say(request, text, reverse("onboarding:contact_undo", args=[contact.pk]))
            return redirect(member)
    else:
        kind = request.GET.get("kind")
        kind = kind if kind in Contact.Kind.values else Contact.Kind.CALL
        form = ContactForm(initial={"kind": kind, "on": today, "key": uuid.uuid4()}, today=today)
    kind = form["kind"].value()
    context = {
        "member": member,
        "form": form,
        "kinds": [{"value": value, "label": label, "current": value == kind} for value, label in Contact.Kind.choices],
        "results": [{"value": value, "label": rows.result(kind, value)} for value in Contact.Result.values],
    }
    return render(request, "onboarding/contact_log.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def contact_undo(request, pk):
    """Take back an entry of one's own."""
    contact = get_object_or_404(Contact.objects.visible_to(request.user).select_related("member"), pk=pk)
    if contact.by_id != request.user.pk:
        raise PermissionDenied
    contact.undo()
    say(request, _("The entry is gone, and what it closed is open again."))
    return redirect(contact.member)
