"""From the list of members to an event: choose it, look who gets a place, who waits and who is left out, register them, take it back."""

import uuid

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.scope import Right
from common.toasts import say
from education import batching
from education.models import Event, RegistrationBatch
from membership.choosing import picks_of
from outbox.tasks import wake

SHOWN = 20  # names of those who get a place or wait
OFFERED = 50  # events to choose from, the next ones


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_add(request):
    """What the bar of the member list leads to: `event`, a look at what becomes of everybody, and a POST of the same address that does it."""
    if not any(a.right >= Right.CARE for a in request.user.appointments_now):
        raise PermissionDenied
    now = timezone.now()
    address, picks = picks_of(request.GET)
    events = Event.objects.told_to(request.user).announced().filter(starts_at__gt=now).select_related("unit__kind", "kind").order_by("starts_at", "pk")
    wanted = request.GET.get("event", "")
    event = get_object_or_404(events, pk=int(wanted)) if wanted.isdecimal() and len(wanted) < 18 else None
    context = {
        "events": events[:OFFERED], "event": event, "list_url": f"{reverse('membership:member_list')}?{address}", "key": uuid.uuid4(),
        "hidden": [("of", address), *([("all", 1)] if picks is None else [("pick", pk) for pk in picks])],
    }  # fmt: skip
    try:
        choice = batching.chosen(request.user, address, picks, timezone.localdate(now))
        if request.method == "POST" and event:
            batch = batching.do(request.user, _key(request), event.pk, address, picks, timezone.localdate(now), now)
            wake()
            say(request, _("Registered."), undo=reverse("education:batch_undo", args=[batch.pk]))
            return redirect("education:batch_detail", batch.pk)
    except ValidationError as error:
        return render(request, "education/batch_add.html", context | {"trouble": error.messages[0]}, status=422)
    context |= {"count": choice.members.count(), "left_out": choice.words}
    if event:
        placed, waiting, left_out = batching.preview(event, choice, now)
        context |= {"placed": placed[:SHOWN], "waiting": waiting[:SHOWN], "to_place": len(placed), "to_wait": len(waiting), "left_out": left_out}
        context["total"] = len(placed) + len(waiting)
    return render(request, "education/batch_add.html", context)


def _key(request):
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        raise ValidationError(_("This list is no longer what it was. Please open it again.")) from None


@login_required
@require_safe
def batch_detail(request, pk):
    """What became of it, who was left out and why, and the button that takes it back."""
    batch = get_object_or_404(RegistrationBatch.objects.visible_to(request.user).select_related("event__unit__kind"), pk=pk)
    cares = any(a.right >= Right.CARE for a in request.user.appointments_now)
    return render(request, "education/batch_detail.html", {"batch": batch, "cares": cares, "list_url": f"{reverse('membership:member_list')}?{batch.filter}"})


@login_required
@require_POST
def batch_undo(request, pk):
    """Take a batch back: whoever is still registered by it is not any more."""
    batch = get_object_or_404(RegistrationBatch.objects.editable_by(request.user), pk=pk)
    batching.undo(batch, request.user, timezone.now())
    wake()
    return redirect("education:batch_detail", pk)
