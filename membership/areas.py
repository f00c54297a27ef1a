"""Which unit a postcode belongs to, and reading the lists people paste."""

import re

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from common.folding import fold
from membership.models import Area

CODE = re.compile(r"[0-9A-Z]{3,10}")
MOST_CODES = 20_000


def units_for(postcode, unit):
    """The open units with members in the tree of `unit` whose area holds `postcode`, by name. None: unknown; several: unclear."""
    return units_of([(postcode, unit)])[postcode, unit]


def units_of(asked):
    """{(postcode, unit): units as of units_for} for many pairs, in one query."""
    found = {pair: {} for pair in asked}
    codes = {pair: code_of(pair[0]) for pair in found}
    held = Q(pk__in=[])
    for code in set(codes.values()):
        held |= Q(first__lte=code, last__gte=code, length=len(code))
    areas = Area.objects.filter(held, unit__kind__leads_members=True, unit__closed_on=None).select_related("unit__kind")
    for area in areas if asked else ():
        for (postcode, unit), units in found.items():
            code = codes[postcode, unit]
            if len(code) == area.length and area.first <= code <= area.last and area.unit.path.startswith(unit.root_path):
                units[area.unit_id] = area.unit
    return {pair: sorted(units.values(), key=lambda unit: unit.name) for pair, units in found.items()}


def code_of(postcode):
    """`postcode` as areas are written: " sw1a 1AA" is sw1a1aa. Leading zeros count: 01097 lies between 01095 and 01099, 1097 does not."""
    return fold(postcode).replace(" ", "")


def is_outside(postcode, unit):
    """Whether `postcode` is known to lie in the area of other units than `unit`."""
    found = units_for(postcode, unit) if postcode else []
    return bool(found) and unit not in found


def parse(text):
    """[(first, last)] of postcodes as people write them: one each, or from-to, between commas, semicolons, blanks or on lines.

    Raises ValidationError with one sentence for each piece that is none.
    """
    found, wrong = [], []
    text = re.sub(r"\s*[-–—]\s*", "-", text.upper())
    for piece in re.split(r"[\s,;]+", text):
        first, _dash, last = piece.partition("-")
        last = last or first
        if not piece:
            continue
        if not (CODE.fullmatch(first) and CODE.fullmatch(last)):
            wrong.append(_("“%(piece)s” is no postcode.") % {"piece": piece[:30]})
        elif len(first) != len(last) or last < first:
            wrong.append(_("“%(piece)s” does not run from a lower to a higher postcode.") % {"piece": piece[:30]})
        else:
            found.append((first.lower(), last.lower()))
    if len(found) > MOST_CODES:
        wrong.append(_("These are too many postcodes for one unit."))
    if wrong:
        raise ValidationError(wrong)
    return sorted(set(found))


def parse_lines(text, units):
    """{unit: [(first, last)]} of pasted lines "name: postcodes" (also with a tab or semicolon); several lines of one unit add up.

    units: those one may set. Raises ValidationError naming the line.
    """
    names = {}
    for unit in units:
        names |= {fold(name): unit for name in (unit.name, unit.full_name, unit.slug)}
    found, wrong = {}, []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        name, _mark, codes = re.sub(r"[:;\t]", "\0", line, count=1).partition("\0")
        unit = names.get(fold(name))
        if unit is None:
            wrong.append(_("Line %(line)s: there is no unit “%(name)s” here.") % {"line": number, "name": name.strip()[:60]})
            continue
        try:
            found.setdefault(unit, []).extend(parse(codes))
        except ValidationError as error:
            wrong += [_("Line %(line)s: %(message)s") % {"line": number, "message": message} for message in error.messages]
    if wrong:
        raise ValidationError(wrong[:20])
    return {unit: sorted(set(codes)) for unit, codes in found.items()}


@transaction.atomic
def replace(areas):
    """Let {unit: [(first, last)]} be the areas of these units, in place of what they had."""
    Area.objects.filter(unit__in=areas).delete()
    rows = [Area(unit=unit, first=first, last=last, length=len(first)) for unit, codes in areas.items() for first, last in codes]
    Area.objects.bulk_create(rows, batch_size=2000)


def as_lines(units):
    """The areas of `units` as parse_lines reads them."""
    codes = {unit.pk: [] for unit in units}
    for area in Area.objects.filter(unit__in=codes):
        codes[area.unit_id].append(str(area).upper())
    return "\n".join(f"{unit.name}: {', '.join(codes[unit.pk])}" for unit in units)
