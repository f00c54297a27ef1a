"""Jubilees of a unit a year ahead, and their certificates."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.models import Unit
from branches.scope import Right
from common.context import place_of
from common.files import PDF, download
from common.keyset import page_of
from membership import jubilees, reading
from membership.models import Member, Reading


def asked_for(request, asked):
    """(unit, kind, since, until) that `asked` (GET or POST) names; without a quarter a year from today."""
    units = Unit.objects.visible_to(request.user).select_related("kind")
    slug, place, on = asked.get("unit", "").replace("\0", ""), place_of(request), timezone.localdate()
    if not slug and not place:
        raise PermissionDenied
    unit = get_object_or_404(units, slug=slug) if slug else place.unit
    kind = "birthday" if asked.get("kind") == "birthday" else "membership"
    quarter = next((pair for pair in jubilees.quarters(on) if pair[0].isoformat() == asked.get("quarter")), None)
    return unit, kind, *(quarter or (on, on + jubilees.YEAR))


@login_required
@require_safe
def jubilee_list(request):
    """Who comes to a round number of years (`kind`: membership or birthday) in a quarter, or within a year."""
    unit, kind, since, until = asked_for(request, request.GET)
    numbers = unit.setting(jubilees.FIELDS[kind][1])
    found = jubilees.coming(jubilees.seen(request.user, unit, kind), numbers, since, until, kind).select_related("home_unit")
    page = page_of(found, ("day", "pk"), request.GET)
    here = {"unit": unit.slug, "kind": kind}
    quarters = jubilees.quarters(timezone.localdate())
    presets = [{"label": _("A year ahead"), "url": "?" + urlencode(here), "current": (since, until) not in quarters}]
    presets += [
        {"label": named(pair), "url": "?" + urlencode(here | {"quarter": pair[0].isoformat()}), "current": pair == (since, until)} for pair in quarters
    ]
    context = {
        "unit": unit,
        "kind": kind,
        "presets": presets,
        "page": page,
        "numbers": numbers,
        "quarter": since.isoformat() if (since, until) in quarters else "",
        "writes": kind == "membership" and request.user.right_on(unit) >= Right.CARE,
        "birthdays": bool(unit.setting("birthdays")) and request.user.right_on(unit) >= Right.CARE,
    }
    return render(request, "membership/jubilee_list.html", context)


def named(quarter):
    """ "Jan. to Mar. 2027" in the reader's language."""
    since, until = quarter
    last = date(until.year, until.month, 1) - jubilees.DAY
    start, end = (formats.date_format(day, pattern) for day, pattern in ((since, "N"), (last, "N Y")))
    return _("%(since)s to %(until)s") % {"since": start, "until": end}


@login_required
@require_POST
def jubilee_certificates(request):
    """One file with the certificates of a quarter or a year, for those who care for the unit; in the language of the unit."""
    unit, _kind, since, until = asked_for(request, request.POST)
    if request.user.right_on(unit) < Right.CARE:
        raise PermissionDenied
    members = Member.objects.editable_by(request.user).in_unit(unit)
    found = jubilees.coming(members, unit.setting("jubilees"), since, until).select_related("home_unit")
    members = list(found.order_by("day", "sort_key", "pk")[: jubilees.MOST + 1])
    back = redirect(f"{reverse('membership:jubilee_list')}?{urlencode({'unit': unit.slug})}")
    if not members:
        messages.error(request, _("Nobody has a jubilee in this time."))
        return back
    if len(members) > jubilees.MOST:
        messages.error(request, _("These are more than %(n)s certificates. Please choose a quarter or a smaller unit.") % {"n": jubilees.MOST})
        return back
    reading.note(request.user, [member.pk for member in members], Reading.What.LETTER, timezone.now())
    return download(f"{unit.slug}-{since}.pdf", jubilees.certificates(members, unit, unit.setting("language")), PDF)
