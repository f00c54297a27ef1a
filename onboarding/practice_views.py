"""Practice cards: what works in one unit, for all units of the party, taken over by one button."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from common.context import place_of
from common.keyset import page_of
from common.toasts import say
from onboarding.forms import PracticeForm
from onboarding.models import Practice
from onboarding.standard_views import led_unit

FROM_ABOVE = 8  # how many units a person who leads many is offered; others are named in the address


@login_required
@require_safe
def practice_list(request):
    """The cards of the party, the newest first."""
    cards = Practice.objects.visible_to(request.user).shared().with_adopters().select_related("unit__kind", "step")
    unit = _wanted(request)
    context = {"page": page_of(cards, ("-created_at", "-pk"), request.GET, 20), "unit": unit}
    return render(request, "onboarding/practice_list.html", context)


def _wanted(request):
    """The unit the person leads that cards would be taken over into: that of the address, else where they are; None without one."""
    led = Unit.objects.editable_by(request.user)
    slug = request.GET.get("unit", "").replace("\0", "")
    place = place_of(request)
    return led.filter(slug=slug).first() or (led.filter(pk=place.unit.pk).first() if place else None)


def _card(request, pk):
    cards = Practice.objects.visible_to(request.user).with_adopters().select_related("unit__kind", "step", "by")
    return get_object_or_404(cards, pk=pk)


@login_required
@require_safe
def practice_detail(request, pk):
    card = _card(request, pk)
    unit = _wanted(request)
    adopted = card.adoptions.filter(step__retired_at=None).select_related("unit__kind").order_by("at")
    context = {
        "card": card,
        "unit": unit,
        "units": Unit.objects.editable_by(request.user).exclude(pk=card.unit_id).order_by("path")[:FROM_ABOVE],
        "adopted": adopted[:50],
        "taken": unit and adopted.filter(unit=unit).exists(),
        "mine": Practice.objects.editable_by(request.user).filter(pk=pk).exists(),
    }
    return render(request, "onboarding/practice_detail.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def practice_add(request, slug):
    """Share what works; `step` in the address is the own step that goes with it."""
    unit = led_unit(request, slug)
    form = PracticeForm(request.POST or None, unit=unit, initial={"attached": request.GET.get("step")})
    if form.is_valid():
        card = form.save(unit, request.user, timezone.now())
        say(request, _("Shared with all units: %(card)s.") % {"card": card})
        return redirect("onboarding:practice_detail", card.pk)
    return render(request, "onboarding/practice_form.html", {"unit": unit, "form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def practice_adopt(request, pk):
    """Take the step of a card over into the standard of the unit POST names."""
    card = _card(request, pk)
    unit = led_unit(request, request.POST.get("unit", "").replace("\0", ""))
    if card.template is None or card.withdrawn_at or unit.root_path != card.unit.root_path:
        raise Http404
    adoption, new = card.adopt(unit, request.user, timezone.now())
    if new:
        undo = reverse("onboarding:step_retire", args=[unit.slug, adoption.step_id])
        say(request, _("Now part of the standard of %(unit)s: %(step)s.") % {"unit": unit, "step": adoption.step}, undo)
    return redirect("onboarding:standard", unit.slug)


@login_required
@require_POST
def practice_withdraw(request, pk):
    """Show the card to nobody else any more (POST back=1: again); units that took it over keep their step."""
    card = _card(request, pk)
    if not Practice.objects.editable_by(request.user).filter(pk=pk).exists():
        raise PermissionDenied
    Practice.objects.filter(pk=card.pk).update(withdrawn_at=None if request.POST.get("back") else timezone.now())
    return redirect("onboarding:practice_detail", pk)
