"""Fields of a member in words: as they stand in changes and proposals (see correcting.as_text), in the reader's language."""

from datetime import date

from django.core.exceptions import FieldDoesNotExist
from django.utils import formats
from django.utils.translation import get_language_info

from membership.models import Member


def label(name):
    """What the field is called on a page; a name that is none stays as it is."""
    try:
        return str(Member._meta.get_field(name).verbose_name)
    except FieldDoesNotExist:
        return name


def told(name, value, units=()):
    """The stored text of the field `name` in words: dates and choices in the reader's way, units by name. units: {slug: name}."""
    if value in (None, ""):
        return "–"
    if name == "home_unit":
        return dict(units).get(value, value)
    if name == "language":
        try:
            return get_language_info(value)["name_local"]
        except KeyError:
            return value
    try:
        field = Member._meta.get_field(name)
    except FieldDoesNotExist:
        return str(value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if field.get_internal_type() == "DateField":
        try:
            return formats.date_format(date.fromisoformat(str(value)), "SHORT_DATE_FORMAT")
        except ValueError:
            return str(value)
    return str(value)
