"""What the holder of an office takes over: open work, who was met lately, what was noted, who held it before."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from branches import scope
from branches.models import Appointment
from branches.scope import Right
from onboarding import rows
from onboarding.models import Contact, JourneyStep, Takeover

SHOWN = 60  # steps
MET = timedelta(days=90)
CONTACTS = 40


@login_required
@require_safe
def handover(request, pk):
    """For the holder of the term and for who leads its unit. Open work has followed the office already; this says what there is."""
    terms = Appointment.objects.filter(Q(user=request.user) | scope.covers(request.user, Right.SEE, "unit__path"))
    term = get_object_or_404(terms.select_related("unit__kind", "office", "user"), pk=pk)
    if term.user_id != request.user.pk and request.user.right_on(term.unit) < Right.LEAD:
        raise PermissionDenied
    on = timezone.localdate()
    mine = JourneyStep.objects.open().editable_by(request.user).filter(duty_unit=term.unit_id, duty_office=term.office_id)
    steps = list(mine.for_today().order_by("due_on", "pk")[: SHOWN + 1])
    others = Appointment.objects.filter(unit=term.unit, office=term.office).exclude(pk=term.pk).select_related("user")
    met = Contact.objects.visible_to(request.user).filter(member__home_unit=term.unit, on__gt=on - MET)
    if term.unit.kind.is_section:
        met = Contact.objects.visible_to(request.user).filter(by__appointments__in=others, on__gt=on - MET)
    context = {
        "term": term,
        "takeover": Takeover.objects.filter(appointment=term).first(),
        "unit": term.unit,
        "on": on,
        "late": [rows.today(step, on) for step in steps[:SHOWN] if step.due_on < on],
        "coming": [rows.today(step, on) for step in steps[:SHOWN] if step.due_on >= on],
        "more": len(steps) > SHOWN,
        "met": met.select_related("member", "by").order_by("-on", "-pk").distinct()[:CONTACTS],
        "before": others.filter(starts_on__lt=term.starts_on, deputy_for=None).order_by("-starts_on")[:3],
        "beside": others.active(on).exclude(user=term.user_id),
    }
    return render(request, "cockpit/handover.html", context)
