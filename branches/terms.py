"""Terms of office that end soon and offices that are vacant, in a unit and below."""

from dateutil.relativedelta import relativedelta
from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, Q
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from branches.models import Appointment, Unit
from common.keyset import page_of

AHEAD = relativedelta(months=6)
MANY = 100  # vacancies on one page


def ending(units, on):
    """Terms in `units` that end within AHEAD of the day `on`; `followed`: whether somebody holds the office on after that."""
    after = Appointment.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=OuterRef("ends_on")), starts_on__lte=OuterRef("ends_on"),
        unit=OuterRef("unit"), office=OuterRef("office"), deputy_for=None,
    )  # fmt: skip
    found = Appointment.objects.ending(on, on + AHEAD).filter(unit__in=units)
    return found.annotate(followed=Exists(after)).select_related("user", "office", "unit__kind")


def vacant(units, on):
    """The last term of each office in `units` that was held once and is not held on the day `on`, nor given for later."""
    held = Appointment.objects.filter(
        Q(ends_on=None) | Q(ends_on__gt=on), unit=OuterRef("unit"), office=OuterRef("office"), deputy_for=None, user__is_active=True
    )
    found = Appointment.objects.filter(~Exists(held), unit__in=units, deputy_for=None).order_by("unit__path", "office__position", "-ends_on")
    return found.distinct("unit__path", "office__position").select_related("user", "office", "unit__kind")


def without_anybody(units, on):
    """Units of `units` in which nobody holds an office on the day `on`."""
    held = Appointment.objects.active(on).filter(unit=OuterRef("pk"))
    return units.filter(~Exists(held)).select_related("kind")


@login_required
@require_safe
def office_list(request):
    """What ends within six months, what is vacant, where nobody holds an office; `unit` narrows it to one with those below."""
    on = timezone.localdate()
    units = Unit.objects.visible_to(request.user).open(on)
    unit = None
    if slug := request.GET.get("unit", "").replace("\0", ""):
        unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
        units = units.below(unit)
    page = page_of(ending(units, on), ("ends_on", "pk"), request.GET)
    empty, alone = list(vacant(units, on)[: MANY + 1]), list(without_anybody(units, on)[: MANY + 1])
    context = {
        "unit": unit,
        "page": page,
        "vacant": empty[:MANY],
        "alone": alone[:MANY],
        "more": len(empty) > MANY or len(alone) > MANY,
        "until": on + AHEAD,
        "on": on,
    }
    return render(request, "branches/office_list.html", context)
