"""Members of a unit on any past day and in any time: stock, joined, left; by status, age, gender, unit and month."""

from datetime import date, timedelta

from dateutil.relativedelta import relativedelta
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches import scope
from branches.models import Unit
from cockpit.forms import StockForm
from cockpit.reports import reaches_below
from cockpit.rows import END, LEFT_TO_RIGHT, day, month_names, number
from cockpit.views import unit_of
from common.sheets import write_csv
from membership import movements
from membership.models import Gender, Membership
from membership.movements import AGES, What

FEW = 5  # people; fewer are a person's own matter to those who may not see the names
MOST_MONTHS = 36  # columns that a picture shows
MEASURES = ("stock", "joined", "left")


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
    status = chosen["status"] if open_to else ""
    then = movements.figures(unit, since, until, status, below)
    now = movements.figures(unit, since, until, status, below, as_known_today=True, parts=False) if open_to else None
    tables = [account(then, now), *parts(unit, then)]
    if not open_to:
        for table in tables:
            hide_few(table)
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


def sees_all(user, unit, since, until):
    """Whether `user` may see today the people of all units that counted to `unit` in the time."""
    moved = movements.paths_elsewhere(unit, since - timedelta(days=1), until)
    scopes = scope.scopes(user)
    return all(any(path == top or (below and path.startswith(top)) for top, below in scopes) for path in moved)


def table(title, columns, rows, signed=()):
    """A table of figures: rows are (name, [numbers]); signed: places of the rows whose numbers are changes."""
    heads = [{"label": columns[0]}, *({"label": label, "kind": "number"} for label in columns[1:])]
    return {"title": title, "columns": heads, "rows": [{"name": name, "values": values} for name, values in rows], "signed": signed}


def account(then, now):
    """The account from the evening before to the last day: what was there, came, went, is left; as known then and as known today."""
    label = _("%(day)s, end of the day")
    rows = [
        (label % {"day": day(then.since - timedelta(days=1))}, lambda found: found.opening),
        *((what_name(what), lambda found, what=what: found.flows[what]) for what in What),
        (_("Entered late, from before"), lambda found: found.late),
        (_("With units that came or went"), lambda found: found.elsewhere),
        (label % {"day": day(then.until)}, lambda found: found.closing),
    ]
    columns = [_("Members"), _("As known then"), *([_("As known today")] if now else [])]
    numbers = [(name, [value(each) for each in (then, now) if each]) for name, value in rows]
    numbers = [row for place, row in enumerate(numbers) if any(row[1]) or place in (0, len(numbers) - 1)]
    return table(_("Who came and went"), columns, numbers, range(1, len(numbers) - 1))


def what_name(what):
    return {
        What.JOINED: _("Joined"),
        What.RETURNED: _("Returned"),
        What.MOVED_IN: _("Moved in"),
        What.MOVED_OUT: _("Moved away"),
        What.REORGANISED: _("By merging and splitting units"),
        What.STATUS: _("Changed status"),
        What.LEFT: _("Left"),
        What.DECEASED: _("Deceased"),
    }[what]


def parts(unit, found):
    """The tables by status, age, gender and unit, each with stock, joined and left."""
    columns = [_("Members on %(day)s") % {"day": day(found.until)}, _("Joined"), _("Left or died")]
    bands = [*range(len(AGES) + 1), None]
    units = {None: unit, **Unit.objects.select_related("kind").in_bulk([pk for pk in found.parts["unit"] if pk])}
    beneath = sorted((pk for pk in found.parts["unit"]), key=lambda pk: (pk is not None, units[pk].name.casefold()))
    names = [
        ("status", _("By status"), _("Status"), [(kind.value, kind.label) for kind in Membership.Kind]),
        ("band", _("By age"), _("Age"), [(band, band_name(band)) for band in bands]),
        ("gender", _("By gender"), _("Gender"), [(gender.value, gender.label) for gender in Gender]),
        ("unit", _("By unit"), _("Unit"), [(pk, units[pk].name) for pk in beneath] if beneath != [None] else []),
    ]
    for part, title, head, keys in names:
        counts = found.parts[part]
        rows = [(str(name), [counts[key][measure] for measure in MEASURES]) for key, name in keys if key in counts]
        if rows:
            yield table(title, [head, *columns], rows)


def band_name(band):
    if band is None:
        return _("without birth date")
    if band == 0:
        return _("up to %(age)s") % {"age": AGES[0] - 1}
    if band == len(AGES):
        return _("%(age)s and older") % {"age": AGES[-1]}
    return _("%(first)s to %(last)s") % {"first": AGES[band - 1], "last": AGES[band] - 1}


def hide_few(found):
    """Take out numbers of one to four people, and where that leaves a single gap another one, so that the sum does not tell it."""
    for column in range(len(found["columns"]) - 1):
        values = [row["values"][column] for row in found["rows"]]
        few = {place for place, value in enumerate(values) if 0 < abs(value) < FEW}
        if len(few) == 1:
            others = [place for place, value in enumerate(values) if value and place not in few]
            few |= {min(others, key=lambda place: abs(values[place]))} if others else set()
        for place in few:
            found["rows"][place]["values"][column] = None


def filled(found):
    """A table of figures with its numbers as cells for partials/_unit_table.html."""
    for place, row in enumerate(found["rows"]):
        values = zip(found["columns"][1:], row["values"], strict=True)
        signed = place in found["signed"]
        row["cells"] = [{"kind": "number", "label": column["label"], "text": in_words(value, signed)} for column, value in values]
    return found


def in_words(value, signed):
    if value is None:
        return "…"
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    return f"{LEFT_TO_RIGHT}{sign}{number(abs(value))}{END}"


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
    name = content_disposition_header(True, f"{unit.slug}-{found.since}-{found.until}.csv")
    return HttpResponse(write_csv(header, rows), content_type="text/csv; charset=utf-8", headers={"Content-Disposition": name})
