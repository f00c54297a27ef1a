"""Pages of the meeting meter: all units side by side, and one unit with its meetings of the year."""

from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from branches import scope
from branches.models import Unit
from branches.scope import Right
from common.presets import as_presets, chosen
from planning import meter as counting
from planning import meter_words
from planning.models import Minutes

PRESETS = {
    "all": pgettext_lazy("units", "All"),
    "missing": _("Meetings missing"),
    "none": _("None held yet"),
    "reached": _("Year is full"),
}
SORTS = {"need": _("most missing first"), "name": _("by name"), "held": _("most held first"), "planned": _("most announced first")}
FIRST_YEAR, YEARS = 2000, 4


def year_of(request, on):
    """The year the address asks for, else that of the day `on`."""
    text = request.GET.get("year", "")
    return int(text) if text.isascii() and text.isdigit() and FIRST_YEAR <= int(text[:5]) <= on.year + 1 else on.year


def plan_address(unit):
    """Where a meeting of `unit` is planned."""
    try:
        return f"{reverse('education:event_add')}?unit={unit.slug}"
    except NoReverseMatch:
        return ""


def _seen_unit(user, slug):
    """The Unit of the address, which `user` sees; 404."""
    found = scope.fetch(user, "unit of the meter", lambda user, slug: Unit.objects.visible_to(user).filter(slug=slug).select_related("kind"), [slug])
    if not found:
        raise Http404
    return found[0]


@login_required
@require_safe
def meter(request):
    """All units one sees by what they need; `unit` narrows it to one with those below."""
    now = timezone.now()
    on = timezone.localdate(now)
    year, below = year_of(request, on), None
    if slug := request.GET.get("unit", "").replace("\0", ""):
        below = _seen_unit(request.user, slug)
    page, sums = counting.page(request.user, year, now, request.GET, below)
    show = chosen(request, PRESETS, "all")
    sort = request.GET.get("sort") if request.GET.get("sort") in SORTS else "need"
    kept = f"&year={year}" + (f"&unit={below.slug}" if below else "")
    context = {
        "year": year,
        "years": [{"label": n, "url": f"?year={n}" + (f"&unit={below.slug}" if below else ""), "current": n == year} for n in range(on.year + 1, on.year - 3, -1)],
        "unit": below,
        "columns": [{"label": label} for label in (_("Unit"), _("Meetings"), _("Until the end of the year"), _("Next meeting"))],
        "rows": _rows(page.rows, year, on),
        "drawn_from": (year, below and below.pk, show, sort, *(sums or {}).values()),
        "page": page,
        "sums": sums,
        "presets": as_presets(PRESETS, show, sums and {"all": sums["every"], "missing": sums["missing"], "none": sums["none"], "reached": sums["reached"]}, f"{kept}&sort={sort}"),
        "sorts": [{"label": label, "url": f"?sort={name}&show={show}{kept}", "current": name == sort} for name, label in SORTS.items()],
    }
    return render(request, "planning/meter.html", context)


def _rows(standings, year, on):
    """Rows of a table of units (docs/design.md)."""
    base, none, language = reverse("planning:meter"), _("none announced"), get_language()
    return [
        {
            "name": one.unit.full_name, "url": f"{base}{quote(one.unit.slug)}/?year={year}",
            "cells": [
                {"kind": "meter", "held": one.held, "planned": one.planned, "of": one.of, "text": f"{one.held} / {one.of}"},
                {"text": meter_words.in_language(found, one.of, language), "css": f"text-{found.tone}"},
                {"text": meter_words.short_day(timezone.localdate(one.next_at), language)} if one.next_at else {"text": none, "css": "muted"},
            ],
        }
        for one in standings
        for found in [one.forecast(on)]
    ]  # fmt: skip


@login_required
@require_safe
def unit_meter(request, slug):
    """One unit: how it stands, by when to invite, its meetings of the year with their minutes, and the years before."""
    now = timezone.now()
    on = timezone.localdate(now)
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
    year = year_of(request, on)
    years = range(on.year - 1, on.year - YEARS, -1)
    found = counting.of_unit(unit, {year, *years}, now)
    standing, counted = found[year]
    events = list(counting.events_of(counted).defer("texts", "agendas"))
    written = set(Minutes.objects.filter(event__in=counted).values_list("event", flat=True)) if counted else ()
    for event in events:
        event.over, event.written = event.is_over(now), event.pk in written
        event.elsewhere = event.unit_id != unit.pk
    cares = request.user.right_on(unit) >= Right.CARE
    context = {
        "unit": unit,
        "year": year,
        "this_year": on.year,
        "row": meter_words.row(standing, on),
        "events": events,
        "years": [meter_words.row(found[n][0], on) for n in years],
        "cares": cares,
        "plan_url": plan_address(unit) if cares and not (unit.closed_on and unit.closed_on <= on) else "",
    }
    return render(request, "planning/unit_meter.html", context)
