"""Which units and which year a page of plans and budgets is about."""

from functools import lru_cache
from urllib.parse import quote

from django.core.exceptions import PermissionDenied
from django.db.models import TextField
from django.db.models.functions import Cast
from django.http import Http404
from django.shortcuts import get_object_or_404

from branches.models import Unit, full_name
from branches.scope import Right
from common.keyset import page_of
from common.labels import said
from planning.models.plans import read_by
from planning.plans import YEARS

UNIT = ("pk", "path", "slug", "name", "kind_words")  # what lists show of a unit
_quoted = lru_cache(maxsize=20_000)(quote)


def year_of(request, today):
    """The year the address asks for, else this one."""
    asked = request.GET.get("year", "")
    if asked.isascii() and asked.isdigit() and len(asked) == 4 and int(asked) in YEARS:
        return int(asked)
    return today.year


def years_around(year, query=""):
    """What the list pages show to step to another year."""
    return [{"label": str(one), "url": f"?year={one}{query}", "current": one == year} for one in (year - 1, year, year + 1) if one in YEARS]


def readable(user):
    """The units whose plans and money `user` reads (planning.models.plans.read_by)."""
    return Unit.objects.filter(read_by(user, "path"))


def units_of(request, today):
    """(open units one reads plans of, as far as the address narrows them; the unit it names or None)."""
    units = readable(request.user).open(today)
    unit = None
    if slug := request.GET.get("unit", "").replace("\0", ""):
        unit = get_object_or_404(readable(request.user), slug=slug)
        units = units.below(unit)
    if name := request.GET.get("q", "").replace("\0", "").strip():
        units = units.filter(name__icontains=name[:100])
    return units, unit


def page_of_units(request, year, today, columns, narrow=lambda units: units, key=()):
    """The Page of the open units one reads plans of, in the order of the tree, as values of UNIT and `columns`; narrow: what else is asked of the queryset, by `key`."""

    def found(today):
        units = units_of(request, today)[0].annotate(kind_words=Cast("kind__labels", TextField()))
        return narrow(units).values_list(*UNIT, *columns, named=True)

    free = not (request.GET.get("q") or request.GET.get("unit"))
    return page_of(found, ("path", "pk"), request.GET, key=(columns, key, year, request.user.reach) if free else None, values=[today])


def row_of(unit, base, year, cells, language):
    """The row of a table of units (docs/design.md) of `unit`, values of UNIT, leading to its page of the year below the address `base`."""
    name = full_name(unit.name, said(unit.kind_words, language))
    return {"name": name, "url": f"{base}{_quoted(unit.slug)}/{year}/", "cells": cells}


def years_beside(year):
    return [one for one in (year - 1, year + 1) if one in YEARS]


def unit_and_year(request, slug, year, write=False):
    """The unit of the address, whose plans the person may read; with `write` also care for. 404, 403."""
    unit = get_object_or_404(readable(request.user).select_related("kind"), slug=slug)
    if year not in YEARS:
        raise Http404
    if write and request.user.right_on(unit) < Right.CARE:
        raise PermissionDenied
    return unit
