"""Pages by key: the next page begins behind the last row shown, so a page far down a list costs what the first one does.

The key stands sealed in the address, because it may hold a name and addresses end in the logs of proxies. It says where one was
even when the row is gone meanwhile.
"""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.core.exceptions import FieldError, ValidationError
from django.db.models import Q

from common import prepared
from common.sealing import seal, unseal

SIZE = 50


@dataclass
class Page:
    rows: list
    previous_url: str = ""
    next_url: str = ""


def page_of(queryset, order, params, size=SIZE, key=None, values=()):
    """The Page of `queryset`, which may be a function of `values`, that the address asks for.

    key: for prepared.fetch, by which the first page is asked where it is given, for the function and `values`.
    order: two fields, the last one unique, both with the same sign: ("due_on", "pk") or ("-ended_on", "-pk").
    params: request.GET; "after" or "before" hold the key_of a row, one that makes no sense gives the first page.
    """
    back = "before" in params
    place = params.get("before" if back else "after")
    if key and not place:
        rows = prepared.fetch((key, order, size), lambda *values: queryset(*values).order_by(*order)[: size + 1], values)
    else:
        queryset = queryset(*values) if callable(queryset) else queryset
        rows = _beyond(queryset, order, place, back)
        if rows is None:
            back, rows = False, queryset.order_by(*order)
        rows = list(rows[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    if back:
        rows.reverse()
    page = Page(rows)
    others = {key: value for key, value in params.items() if key not in ("after", "before")}
    moved = back or "after" in params
    if rows and (more if back else moved):
        page.previous_url = "?" + urlencode(others | {"before": key_of(rows[0], order)})
    if rows and (more or back):
        page.next_url = "?" + urlencode(others | {"after": key_of(rows[-1], order)})
    return page


def _names(order):
    return [name.removeprefix("-") for name in order]


def key_of(row, order):
    """Where `row` stands in `order` (as for page_of), to begin behind or before it."""
    field, unique = _names(order)
    value = getattr(row, field)
    return seal(f"{value.isoformat() if isinstance(value, date) else value}~{getattr(row, unique)}", "place in a list")


def _beyond(queryset, order, key, back):
    """Rows behind (or before) `key` in the order of reading; None when the key makes no sense."""
    field, unique = _names(order)
    try:
        value, _separator, number = unseal(key or "", "place in a list").rpartition("~")
    except ValueError:
        return None
    down = order[0].startswith("-") != back
    sign = "lt" if down else "gt"
    beyond = Q(**{f"{field}__{sign}": value}) | Q(**{field: value, f"{unique}__{sign}": number})
    try:
        found = queryset.filter(beyond, **{f"{field}__{sign}e": value})  # the second condition is what an index answers
    except (ValueError, ValidationError, FieldError):
        return None
    return found.order_by(*(("-" if down else "") + name for name in (field, unique)))
