"""How figures look on a page and on paper: plain dicts for the partials, in the reader's language."""

from datetime import date
from functools import cache, lru_cache
from urllib.parse import quote

from django.urls import reverse
from django.utils import formats
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _

from common.labels import localized
from membership.models import Member
from onboarding.models import Journey

LEFT_TO_RIGHT, END = "\u2066", "\u2069"  # keep the sign on its side of the number in Hebrew
IN_LIST = {"open": "running", "late": "late", "waiting": "waiting"}  # figures whose people the list of new members shows


def day(value):
    return _day(value, get_language())


@lru_cache(maxsize=4096)
def _day(value, language):
    return formats.date_format(value, "SHORT_DATE_FORMAT")


def number(value):
    return str(value) if value < 1000 else formats.number_format(value, use_l10n=True, force_grouping=True)


def words():
    """The words that stand in every field, looked up once: a cockpit has hundreds of fields."""
    return {
        "percent": _("%(number)s%%"),
        "of": _("of %(whole)s"),
        "day": ngettext("%(days)s day", "%(days)s days", 1),
        "days": ngettext("%(days)s day", "%(days)s days", 2),
        "waits": ngettext("%(number)s waits", "%(number)s wait", 1),
        "wait": ngettext("%(number)s waits", "%(number)s wait", 2),
    }


def percent(share, say):
    """71 %, or a dash without a case; say: words()."""
    return "–" if share.percent is None else say["percent"] % {"number": share.percent}


def part_of(share):
    return _("%(part)s of %(whole)s") % {"part": number(share.part), "whole": number(share.whole)}


def days(count, say):
    """A number of days, or a dash for none; a median may lie between two days. say: words()."""
    if count is None:
        return "–"
    text = number(count) if count == int(count) else formats.number_format(count, 1)
    return say["day" if count == 1 else "days"] % {"days": text}


@cache
def address(name):
    return reverse(name)


class Links:
    """Addresses of the people behind the figures of `unit`, and of its own cockpit."""

    def __init__(self, unit):
        self.slug = quote(unit.slug)
        self.home = f"{address('cockpit:cockpit')}{self.slug}/"

    def to(self, key):
        if key in IN_LIST:
            return f"{address('onboarding:journey_list')}?show={IN_LIST[key]}&unit={self.slug}"
        return f"{self.home}cases/?figure={key}"


def composition(overview):
    """The units below by kind: 10 branches and 3 sections."""
    kinds = {}
    for row in [*overview.parts, *overview.sections]:
        kinds.setdefault(row.unit.kind, []).append(row)
    parts = [f"{number(len(rows))} {kind if len(rows) == 1 else localized(kind.plural_labels) or kind}" for kind, rows in kinds.items()]
    *first, last = parts or [""]
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def period(window):
    return _("%(since)s to %(until)s") % {"since": day(window.since), "until": day(window.until)}


def strip(overview):
    """The figures on top, for partials/_figures.html."""
    whole, links, say = overview.whole, Links(overview.unit), words()
    joined, contact, waiting = whole.count("joined"), whole.share("contact"), whole.count("waiting")
    more = joined - whole.count("joined_before")
    sign = "+" if more > 0 else "−" if more < 0 else "±"
    late = whole.count("late")
    return [
        {
            "label": _("Joined"),
            "value": number(joined),
            "url": links.to("joined"),
            "sub": _("%(change)s on the year before") % {"change": f"{LEFT_TO_RIGHT}{sign}{number(abs(more))}{END}"},
            "sub_tone": "ok" if more > 0 else "",
        },
        {
            "label": _("First contact in time"),
            "value": percent(contact, say),
            "url": links.to("contact:all"),
            "sub": part_of(contact) if contact.whole else _("no date has come yet"),
        },
        {
            "label": _("Until the first contact"),
            "value": days(whole.median_days, say),
            "url": links.to("reached"),
            "sub": _("median of those reached"),
        },
        {
            "label": _("Waiting for a first contact"),
            "value": number(waiting),
            "url": links.to("waiting"),
            "sub": _("longest: %(days)s") % {"days": days(whole.waiting_days, say)} if waiting else _("nobody waits"),
            "sub_tone": whole.tone if whole.tone != "ok" else "",
        },
        {
            "label": _("Open journeys"),
            "value": number(whole.count("open")),
            "url": links.to("open"),
            "sub": ngettext("%(number)s late", "%(number)s late", late) % {"number": number(late)} if late else _("none late"),
            "sub_tone": "late" if late else "",
        },
    ]


def number_cell(row, key, label, links):
    found = row.count(key)
    return {"kind": "number", "label": label, "text": number(found), "url": links.to(key) if found else ""}


def share_cell(share, label, url, say):
    """A share as bar, per cent and number of cases."""
    parts = [(share.part, "ok"), (share.missed, "rest")] if share.whole else []
    sub = say["of"] % {"whole": number(share.whole)} if share.whole else ""
    return {"kind": "share", "label": label, "parts": parts, "text": percent(share, say), "sub": sub, "url": url if share.whole else ""}


def columns(order):
    """Columns of the table of units with the order each one sorts by (see reports.ORDERS); order: the one it is in."""
    found = [
        {"order": "name", "label": _("Unit")},
        {"order": "joined", "label": pgettext("number of members", "New"), "kind": "number"},
        {"order": "open", "label": pgettext("number of journeys", "Open"), "kind": "number"},
        {"order": "late", "label": _("Late"), "kind": "number"},
        {"order": "waiting", "label": _("Longest wait")},
        {"order": "contact", "label": _("First contact in time")},
        {"order": "meter", "label": _("Meetings"), "kind": "number"},
    ]
    rising = ("name", "contact", "meter")
    return [column | {"sorted": ("ascending" if order in rising else "descending") if column["order"] == order else ""} for column in found]


def unit_row(row, longest, labels, say):
    """A row of the table of units; longest: days that fill the bar of the wait."""
    links = Links(row.unit)
    counts = [number_cell(row, key, label, links) for key, label in zip(("joined", "open", "late"), labels, strict=False)]
    wait, waiting = row.waiting_days, row.count("waiting")
    waits = {
        "kind": "bar",
        "label": labels[3],
        "part": wait,
        "whole": 0 if wait is None else longest,
        "tone": row.tone,
        "text": days(wait, say),
        "url": "" if wait is None else links.to("waiting"),
        "sub": "" if wait is None else say["waits" if waiting == 1 else "wait"] % {"number": number(waiting)},
    }
    share = share_cell(row.share("contact"), labels[4], links.to("contact:all"), say)
    return {"name": row.unit.name, "url": links.home, "cells": [*counts, waits, share, meter_cell(row, labels[5])]}


def meter_cell(row, label):
    """The meetings of the unit itself, without those of the units below."""
    found = row.meter
    if not found.of:
        return {"kind": "number", "label": label, "text": "–"}
    return {"kind": "number", "label": label, "text": f"{found.held} / {found.of}", "url": f"{address('planning:meter')}{quote(row.unit.slug)}/"}


def order_note(order):
    return {
        "name": _("by name"),
        "joined": _("most new members first"),
        "open": _("most open journeys first"),
        "late": _("most late journeys first"),
        "waiting": _("longest wait first"),
        "contact": _("lowest share first"),
        "meter": _("most meetings missing first"),
    }[order]


def unit_table(overview, figures, order):
    """{columns, rows} of `figures` (the parts or the sections of `overview`) for partials/_unit_table.html."""
    heads, say = columns(order), words()
    labels = [column["label"] for column in heads[1:]]
    longest = max([row.waiting_days or 0 for row in [*overview.parts, *overview.sections]] + [1])
    return {"columns": heads, "rows": [unit_row(row, longest, labels, say) for row in figures]}


def step_table(overview):
    """{columns, rows}: what was done in time, per locked step, of the unit and each one below; None without such a step."""
    if not overview.steps:
        return None
    columns = [{"label": _("Unit")}, *({"label": str(step)} for step in overview.steps)]
    rows, say = [], words()
    steps = [(f"step:{step.slug}", column["label"]) for step, column in zip(overview.steps, columns[1:], strict=True)]
    for row in [overview.whole, *overview.parts, *overview.sections]:
        links = Links(row.unit)
        cells = [share_cell(row.share(name), label, links.to(f"{name}:all"), say) for name, label in steps]
        rows.append({"name": row.unit.name, "url": links.home, "cells": cells})
    return {"columns": columns, "rows": rows}


@lru_cache(300)
def month_names(first, language):
    """("Mar", "March 2026") of the month that begins with the day `first`, in the active `language`; January with its year."""
    return formats.date_format(first, "M y" if first.month == 1 else "M"), formats.date_format(first, "YEAR_MONTH_FORMAT")


def months(overview):
    """{picture, columns, rows} of two years; None for a section, whose people come and go with their home."""
    if overview.unit.kind.is_section:
        return None
    whole, links = overview.whole, Links(overview.unit)
    columns = [{"label": _("Month")}, {"label": _("Joined"), "kind": "number"}, {"label": _("Left"), "kind": "number"}]
    picture, rows, language = [], [], get_language()
    for first in overview.window.months:
        keys = [f"joins:{first:%Y-%m}", f"exits:{first:%Y-%m}"]
        short, long = month_names(first, language)
        picture.append((short, *(whole.count(key) for key in keys)))
        cells = [number_cell(whole, key, column["label"], links) for key, column in zip(keys, columns[1:], strict=True)]
        rows.append({"name": long, "cells": cells})
    return {"picture": picture, "columns": columns, "rows": rows}


def quarters(overview):
    """{columns, rows}: first contacts in time by quarter of two years."""
    links = Links(overview.unit)
    columns = [{"label": _("Quarter")}, {"label": _("First contact in time")}]
    rows, say = [], words()
    for first in overview.window.quarters:
        name = f"quarter:{first.year}-{(first.month + 2) // 3}"
        cell = share_cell(overview.whole.share(name), columns[1]["label"], links.to(f"{name}:all"), say)
        rows.append({"name": quarter(first.year, (first.month + 2) // 3), "url": "", "cells": [cell]})
    return {"columns": columns, "rows": rows}


def notes(overview):
    """What the figures count, and as on which day: a sentence each."""
    window, section = overview.window, overview.unit.kind.is_section
    here = _("People count where they belong today.") if section else _("People count where they have their home today.")
    beside = _("Sections stand beside: they are not added to the total.") if overview.sections else ""
    dates = {"since": day(window.since), "until": day(window.until), "today": day(window.today)}
    sentences = [
        here + (" " + beside if beside else ""),
        _("Joined: with a join date from %(since)s to %(until)s; no applicants, guests and supporters; whoever has left since is counted."),
        _(
            "In time: the date of the step was between %(since)s and %(until)s and is past; done by then. "
            "Steps not needed, or due before the first list, are left out."
        ),
        _(
            "Until the first contact: journeys begun from %(since)s to %(until)s, "
            "from their beginning to the first contact that reached the member."
        ),
        _("Open, late, waiting: as on %(today)s."),
    ]
    return [sentence % dates for sentence in sentences]


# -- the people behind a figure


def outcomes():
    return {"all": _("All"), "in_time": _("In time"), "missed": _("Not in time")}


def title(key, steps):
    """What the cases of `key` have in common; steps: {slug: Step}. Raises KeyError, ValueError or IndexError for no figure."""
    name, *details = key.split(":")
    if name == "step":
        return str(steps[details[0]])
    if name in ("joins", "exits"):
        month = formats.date_format(date.fromisoformat(f"{details[0]}-01"), "YEAR_MONTH_FORMAT")
        return (_("Joined in %(month)s") if name == "joins" else _("Left in %(month)s")) % {"month": month}
    if name == "quarter":
        return _("First contact, %(quarter)s") % {"quarter": quarter(*details[0].split("-"))}
    return {
        "joined": _("Joined"),
        "joined_before": _("Joined in the year before"),
        "contact": _("First contact"),
        "open": _("Open journeys"),
        "late": _("Late"),
        "waiting": _("Waiting for a first contact"),
        "overdue": _("Waiting for a first contact, date past"),
        "soon": _("Waiting for a first contact, date near"),
        "reached": _("Reached"),
    }[name]


def quarter(year, number):
    return _("Quarter %(number)s, %(year)s") % {"number": number, "year": year}


NEXT = {"open", "late"}  # figures of journeys that ask for the next step, not for the first contact


def case(row, key, on):
    """A case for cockpit/cases.html as on the day `on`: name, url, unit and what there is to say about it."""
    if isinstance(row, Member):
        member, tone = row, ""
        left = key.startswith("exits:")
        facts = [_("left %(day)s") % {"day": day(row.left_on)} if left else _("joined %(day)s") % {"day": day(row.joined_on)}]
    elif key in NEXT:
        member, tone = row.member, "late" if row.next_due_on < on else ""
        facts = [localized(row.next_labels or {}), _("due %(day)s") % {"day": day(row.next_due_on)}]
    elif isinstance(row, Journey):
        member = row.member
        facts, tone = outcome(row.contact_due_on, row.first_contact_on, on)
    else:
        member = row.journey.member
        facts, tone = outcome(row.due_on, row.done_on, on)
    return {"name": member.name, "url": member.get_absolute_url(), "unit": member.home_unit, "facts": facts, "tone": tone}


def outcome(due, done, on):
    """([words], tone) of what is due on the day `due` and was done on the day `done`, either of them None, as on the day `on`."""
    facts = [_("due %(day)s") % {"day": day(due)}] if due else []
    facts.append(_("done %(day)s") % {"day": day(done)} if done else _("still open"))
    if due is None or (done is None and due >= on):
        return facts, ""
    return facts, "ok" if done and done <= due else "late"
