"""Tables of members: who was there, came and went, by status, age, gender and unit; small numbers hidden where the people are not seen."""

from datetime import timedelta

from django.utils.translation import gettext as _

from branches import scope
from branches.models import Unit
from cockpit.rows import END, LEFT_TO_RIGHT, day, number
from membership import movements
from membership.models import Gender, Membership
from membership.movements import AGES, What

MEASURES = ("stock", "joined", "left")


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
