"""Members of a unit on any past day and in any time: stock, joined, left; by status, age, gender, unit and month."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cockpit.forms import StockForm
from cockpit.reports import reaches_below
from cockpit.rows import day, month_names
from cockpit.tables import MEASURES, account, filled, parts, sees_all
from cockpit.views import unit_of
from common.files import download
from common.sheets import write_csv
from membership import movements
from membership.models import Membership

MOST_MONTHS = 36  # columns that a picture shows


@login_required
@require_safe
def stock(request, slug):
    """Figures of a unit from one day to another as known then, and beside them as known today; `as=csv` gives the tables as a sheet."""
    unit = unit_of(request, slug)
    yesterday = timezone.localdate() - timedelta(days=1)
    asked = request.GET if {"since", "until"} & request.GET.keys() else None
    form = StockForm(asked, today=yesterday + timedelta(days=1), initial={"since": yesterday.replace(month=1, day=1), "until": yesterday})
    context = {"unit": unit, "form": form}
    if asked and not form.is_valid():
        return render(request, "cockpit/stock.html", context, status=422)
    chosen = form.cleaned_data if asked else {**form.initial, "status": ""}
    since, until, below = chosen["since"], chosen["until"], reaches_below(request.user, unit)
    open_to = sees_all(request.user, unit, since, until) if below else True
    status = chosen["status"]
    if not open_to:
        (since, until), status = movements.whole_months(until, timezone.localdate()), ""
    then = movements.figures(unit, since, until, status, below)
    if not open_to:
        then = movements.in_fives(then, unit)
    now = movements.figures(unit, since, until, status, below, as_known_today=True, parts=False) if open_to else None
    tables = [account(then, now), *parts(unit, then)]
    if request.GET.get("as") == "csv":
        return sheet(unit, then, status, tables)
    context |= {
        "figures": then,
        "tables": [filled(table) for table in tables],
        "picture": months(then) if open_to else None,
        "open_to": open_to,
        "below": below,
        "about": _("%(status)s, %(since)s to %(until)s") % {
            "status": Membership.Kind(status).label if status else _("all members"), "since": day(since), "until": day(until),
        },
        "notes": notes(unit, then, timezone.localdate()),
        "csv_url": f"{reverse('cockpit:stock', args=[unit.slug])}?since={since}&until={until}&status={status}&as=csv",
    }  # fmt: skip
    return render(request, "cockpit/stock.html", context)


def months(found):
    """Columns of joined and left by month, in a long time by year; None without any."""
    counts, single = found.parts["month"], found.until < found.since + relativedelta(months=MOST_MONTHS)
    firsts = [found.since.replace(day=1) if single else date(max(found.since.year, found.until.year - MOST_MONTHS), 1, 1)]
    while (following := firsts[-1] + (relativedelta(months=1) if single else relativedelta(years=1))) <= found.until:
        firsts.append(following)
    picture = []
    for first in firsts:
        label = month_names(first, get_language())[0] if single else str(first.year)
        inside = [value for key, value in counts.items() if key.startswith(f"{first:%Y-%m}" if single else f"{first:%Y}-")]
        picture.append((label, *(sum(value[measure] for value in inside) for measure in MEASURES[1:])))
    return {"picture": picture} if any(joined or left for _label, joined, left in picture) else None


def notes(unit, found, today):
    """How to read the figures: a sentence each."""
    section = unit.kind.is_section
    yield _("People count in the sections they belonged to.") if section else _("People count where they had their home on the day; sections stand beside.")
    yield _("As known then: what stood in Ankommen at the end of %(day)s. It does not change any more, whatever is corrected later.") % {
        "day": day(found.until)
    }
    if found.until >= today:
        yield _("Today is not over yet: its figures can still change.")
    if found.begun_on and found.begun_on > found.since:
        yield _("Ankommen has counted here since %(day)s. Earlier days are told from the join dates of those who were known that day.") % {
            "day": day(found.begun_on)
        }
    yield _("A unit counts where it belonged on the day, also when it was merged, moved or closed since. Age: on %(day)s; of those who joined or left, on that day.") % {
        "day": day(found.until)
    }


def sheet(unit, found, status, tables):
    """All tables below each other as CSV, with what and when in every row."""
    header = [_("Unit"), _("Status"), _("Table"), _("Row"), _("Figure"), _("Number")]
    about = [unit.full_name, status]
    rows = [
        [*about, table["title"], row["name"], column["label"], "…" if value is None else value]
        for table in tables
        for row in table["rows"]
        for column, value in zip(table["columns"][1:], row["values"], strict=True)
    ]
    return download(f"{unit.slug}-{found.since}-{found.until}.csv", write_csv(header, rows), "text/csv; charset=utf-8")
