"""Quality of new-member work: units beside each other, the people behind a figure, growth by quarter."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches.models import Unit
from cockpit import quality, quality_rows, rows, tables, tasks
from cockpit.models import QualityMonth
from cockpit.reports import reaches_below
from cockpit.views import MOST_COUNTED, unit_of
from common.keyset import page_of
from common.presets import count_each
from membership import movements
from membership.models import Gender
from membership.movements import AGES, What

MONTHS_OFFERED = 12
QUARTERS = 5


def month_of(request):
    """The month of the address ("2026-10"), else the last one that is over; 404 for one that is not."""
    last = quality.last_month(timezone.localdate())
    asked = request.GET.get("month")
    if not asked:
        return last
    try:
        month = quality.Month.ending(date.fromisoformat(f"{asked}-01"))
    except (ValueError, OverflowError):
        raise Http404 from None
    if not last.first - relativedelta(years=5) <= month.first <= last.first:
        raise Http404
    return month


@login_required
@require_safe
def quality_page(request, slug):
    """A unit and those right below it beside each other, for the twelve months that end with a month; `sort` is one of ORDERS."""
    unit, month = unit_of(request, slug), month_of(request)
    last = quality.last_month(timezone.localdate()).first
    order = request.GET.get("sort") if request.GET.get("sort") in quality_rows.ORDERS else "name"
    context = {
        "unit": unit,
        "month": month,
        "months": [
            {"first": first, "current": first == month.first} for first in (last - relativedelta(months=n) for n in range(MONTHS_OFFERED))
        ],
        "orders": quality_rows.orders(order),
        "notes": quality_rows.notes(month),
        "period": _("%(since)s to %(until)s") % {"since": rows.day(month.since), "until": rows.day(month.until)},
    }
    below = reaches_below(request.user, unit)
    if below and not _ready(unit, month):
        return render(request, "cockpit/quality_page.html", context | {"counting": True})
    found = _kept(unit, month) if below else []
    whole = next((row for row in found if row.unit_id == unit.pk), None) or quality.own(unit, month)
    beneath = [row for row in found if row is not whole]
    sections = [row for row in beneath if row.unit.kind.is_section and not unit.kind.is_section]
    parts = [row for row in beneath if row not in sections]
    table = quality_rows.Table(whole, month, quality_rows.steps_named([whole, *beneath]))
    by = quality_rows.ORDERS[order]
    context |= {
        "tables": [
            {"title": _("Arriving"), "table": table.arriving(parts, by)},
            {"title": _("Steps done in time"), "table": table.by_step(parts, by)},
            {"title": _("Staying"), "table": table.staying(parts, by)},
            {"title": _("Sections, beside their home units"), "table": table.arriving(sections, by) if sections else None},
        ],
        "cohorts": table.cohorts(),
    }
    return render(request, "cockpit/quality_page.html", context)


def _ready(unit, month):
    """Whether the party's figures of the month are kept; a small party's are counted now, a large one's by the worker."""
    root = unit if unit.is_root() else Unit.objects.filter(path=unit.root_path).first()
    if quality.kept(root, month):
        return True
    if Unit.objects.below(root).count() > quality.AT_ONCE:
        tasks.wake_quality(root, month)
        return False
    quality.keep(root, month)
    return True


def _kept(unit, month):
    """QualityMonth of `unit` and the open units right below it."""
    found = QualityMonth.objects.filter(month=month.first, unit__path__startswith=unit.path, unit__depth__lte=unit.depth + 1)
    kept = [row for row in found.select_related("unit__kind") if row.counts or row.unit.closed_on is None]
    for row in kept:
        if row.unit_id == unit.pk:
            row.unit = unit
    return kept


@login_required
@require_safe
def quality_cases(request, slug):
    """The people behind one figure (`figure`, see cockpit.quality) as far as they are still kept and to be seen."""
    unit, month, key = unit_of(request, slug), month_of(request), request.GET.get("figure", "")
    if not reaches_below(request.user, unit):
        raise Http404
    try:
        found = quality.cases(unit, key, month).visible_to(request.user).select_related("home_unit")
    except LookupError:
        raise Http404 from None
    page = page_of(found, ("joined_on", "pk"), request.GET)
    stem = key.rpartition(":")[0]
    presets = [
        {"label": label, "url": f"?figure={stem}:{outcome}&month={month.first:%Y-%m}", "current": key == f"{stem}:{outcome}"}
        for outcome, label in quality_rows.outcomes(key)
    ]
    context = {
        "unit": unit,
        "title": quality_rows.title(key),
        "back_url": f"{reverse('cockpit:quality_page', args=[unit.slug])}?month={month.first:%Y-%m}",
        "presets": presets,
        "count": count_each({"all": found}, MOST_COUNTED)["all"],
        "rows": [rows.case(row, key, month.until) for row in page.rows],
        "page": page,
        "period": _("%(since)s to %(until)s") % {"since": rows.day(month.since), "until": rows.day(month.until)},
    }
    return render(request, "cockpit/quality_cases.html", context)


@login_required
@require_safe
def growth(request, slug):
    """Who came and went by quarter, new or returning, and the same by age, gender and unit, from the book of movements."""
    unit, today = unit_of(request, slug), timezone.localdate()
    below = reaches_below(request.user, unit)
    this = date(today.year, today.month - (today.month - 1) % 3, 1)
    firsts = [this - relativedelta(months=3 * back) for back in range(QUARTERS)]
    open_to = not below or tables.sees_all(request.user, unit, firsts[-1], today)
    last = today if open_to else movements.whole_months(today, today)[1]
    spans = [(first, min(first + relativedelta(months=3) - timedelta(days=1), last)) for first in firsts if first <= last]
    found = movements.figures_of(unit, spans, below=below)
    if not open_to:
        found = [movements.in_fives(each, unit) for each in found]
    names = [rows.quarter(since.year, (since.month + 2) // 3) for since, _until in spans]
    context = {"unit": unit, "tables": [tables.filled(table) for table in _growth(unit, found, names)], "open_to": open_to}
    return render(request, "cockpit/growth.html", context)


def _growth(unit, found, names):
    flows = [
        (name, [each.flows[What.JOINED], each.flows[What.RETURNED], each.left, each.joined - each.left])
        for name, each in zip(names, found, strict=True)
    ]
    yield tables.table(_("By quarter"), [_("Quarter"), _("New"), _("Returned"), _("Left or died"), _("Growth")], flows)
    units = {None: unit, **Unit.objects.in_bulk([pk for each in found for pk in each.parts["unit"] if pk])}
    beneath = sorted(units, key=lambda pk: (pk is not None, units[pk].name.casefold()))
    parts = [
        ("band", _("Joined, by age"), _("Age"), [(band, tables.band_name(band)) for band in [*range(len(AGES) + 1), None]]),
        ("gender", _("Joined, by gender"), _("Gender"), [(gender.value, gender.label) for gender in Gender]),
        ("unit", _("Joined, by unit"), _("Unit"), [(pk, units[pk].name) for pk in beneath] if len(beneath) > 1 else []),
        ("unit", _("Left or died, by unit"), _("Unit"), [(pk, units[pk].name) for pk in beneath] if len(beneath) > 1 else []),
    ]
    for place, (part, title, head, keys) in enumerate(parts):
        measure = "left" if place == len(parts) - 1 else "joined"
        values = [(str(name), [each.parts[part].get(key, {}).get(measure, 0) for each in found]) for key, name in keys]
        values = [row for row in values if any(row[1])]
        if values:
            yield tables.table(title, [head, *names], values)
