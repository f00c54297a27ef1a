"""Pages by key: the next page begins behind the last row shown, so a page far down a list costs what the first one does.

The key stands sealed in the address, because it may hold a name and addresses end in the logs of proxies. It says where one was
even when the row is gone meanwhile.
"""

from dataclasses import dataclass
from datetime import date, datetime
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

    key: for prepared.fetch, by which the first page is asked where it is given, for the function and `values`; pages behind it are never prepared.
    order: two fields, the last one unique, both with the same sign: ("due_on", "pk") or ("-ended_on", "-pk").
    params: request.GET; "after" or "before" hold the key_of a row, one that makes no sense gives the first page.
    """
    place = _place(params.get("before", params.get("after")))
    back = "before" in params and place is not None
    rows = None
    if key and not place:
        kept = f"{key} {order} {size}" if isinstance(key, str) else (key, order, size)
        rows = prepared.fetch(kept, lambda *values: queryset(*values).order_by(*order)[: size + 1], values)
    elif key and isinstance(place[0], (str, date)):
        kept = (key, order, size, back, type(place[0]))
        rows = _made(lambda: prepared.fetch(kept, lambda *given: _beyond(queryset(*given[:-2]), order, given[-2:], back)[: size + 1], [*values, *place]))
    elif place:
        found = queryset(*values) if callable(queryset) else queryset
        rows = _made(lambda: list(_beyond(found, order, place, back)[: size + 1]))
    if rows is None:
        place, back, found = None, False, queryset(*values) if callable(queryset) else queryset
        rows = list(found.order_by(*order)[: size + 1])
    more = len(rows) > size
    rows = rows[:size]
    if back:
        rows.reverse()
    page = Page(rows)
    others = {key: value for key, value in params.items() if key not in ("after", "before")}
    if rows and (more if back else place):
        page.previous_url = "?" + urlencode(others | {"before": key_of(rows[0], order)})
    if rows and (more or back):
        page.next_url = "?" + urlencode(others | {"after": key_of(rows[-1], order)})
    return page


def _names(order):
    return [name.removeprefix("-") for name in order]


def key_of(row, order):
    """Where `row` stands in `order` (as for page_of), to begin behind or before it: kind of the value, the value, the unique field."""
    field, unique = _names(order)
    value = getattr(row, field)
    kind = next((name for name, (of, _read) in KINDS.items() if isinstance(value, of)), "")
    return seal(f"{kind}~{value.isoformat() if isinstance(value, date) else value}~{getattr(row, unique)}", "place in a list")


KINDS = {"moment": (datetime, datetime.fromisoformat), "day": (date, date.fromisoformat), "text": (str, str)}


def _place(key):
    """(value, unique field) of a key_of; a value that is neither text nor day stays as it was written. None when it makes no sense."""
    try:
        kind, _tilde, place = unseal(key or "", "place in a list").partition("~")
        value, _tilde, number = place.rpartition("~")
        return (KINDS[kind][1](value) if kind else Written(value)), int(number)
    except (KeyError, ValueError):
        return None


class Written:
    """A value as it stood in an address; what it is of, the field says."""

    def __init__(self, text):
        self.text = text


def _beyond(queryset, order, place, back):
    """Rows behind (or before) `place` in the order of reading. Raises what Django does where the place is none of this list."""
    (field, unique), (value, number) = _names(order), place
    value = value.text if isinstance(value, Written) else value
    down = order[0].startswith("-") != back
    sign = "lt" if down else "gt"
    beyond = Q(**{f"{field}__{sign}": value}) | Q(**{field: value, f"{unique}__{sign}": number})
    found = queryset.filter(beyond, **{f"{field}__{sign}e": value})  # the second condition is what an index answers
    return found.order_by(*(("-" if down else "") + name for name in (field, unique)))


def _made(rows):
    """rows(), or None where the place was none of this list."""
    try:
        return rows()
    except (ValueError, ValidationError, FieldError):
        return None
