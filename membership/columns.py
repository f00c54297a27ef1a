"""Columns of lists that leave the house: what they are called there, who may have them, and the SQL that gives their cells.

Names and words are those the list import reads, so that an export taken in again changes nothing.
"""

from typing import NamedTuple

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Case, Exists, F, Func, IntegerField, OuterRef, Q, Subquery, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import get_language, pgettext_lazy

from branches import scope
from branches.scope import Right
from common.labels import FALLBACK
from membership import fields
from membership.models import CustomField, FieldValue, Gender, Membership, MemberTag, Status

LABELS = {
    "number": pgettext_lazy("column", "Member number"), "title": pgettext_lazy("column", "Title"),
    "given_name": pgettext_lazy("column", "Given name"), "family_name": pgettext_lazy("column", "Family name"),
    "unit": pgettext_lazy("column", "Unit"), "status": pgettext_lazy("column", "Status"), "joined_on": pgettext_lazy("column", "Joined on"),
    "left_on": pgettext_lazy("column", "Left on"), "age": pgettext_lazy("column", "Age"), "email": pgettext_lazy("column", "E-mail"),
    "phone": pgettext_lazy("column", "Phone"), "mobile": pgettext_lazy("column", "Mobile"), "language": pgettext_lazy("column", "Language"),
    "gender": pgettext_lazy("column", "Gender"), "birth_date": pgettext_lazy("column", "Birth date"), "street": pgettext_lazy("column", "Street"),
    "postcode": pgettext_lazy("column", "Postcode"), "city": pgettext_lazy("column", "City"), "country": pgettext_lazy("column", "Country"),
    "tags": pgettext_lazy("column", "Interests, skills, time"),
}  # fmt: skip
STATUSES = {
    Status.APPLICANT: pgettext_lazy("column", "applicant"), Status.FULL: pgettext_lazy("column", "full member"),
    Status.GUEST: pgettext_lazy("column", "guest"), Status.SUPPORTER: pgettext_lazy("column", "supporter"),
    Status.LEFT: pgettext_lazy("column", "left"), Status.DECEASED: pgettext_lazy("column", "deceased"),
}  # fmt: skip
EMPTY = Value("", output_field=TextField())


class Column(NamedTuple):
    name: str
    label: str
    cell: object  # expression of the cell as text


def _day(name):
    return Coalesce(Cast(name, TextField()), EMPTY)


def _word(name, words):
    return Case(*(When(**{name: key}, then=Value(str(word))) for key, word in words.items()), default=EMPTY, output_field=TextField())


def _age(on):
    years = Func(Value(on), F("birth_date"), template="EXTRACT(YEAR FROM age(%(expressions)s))::int", output_field=IntegerField())
    return Coalesce(Func(years, template="(%(expressions)s)::text", output_field=TextField()), EMPTY)


def _tags():
    language = (get_language() or "de")[:2]
    label = Coalesce(*(KeyTextTransform(code, "tag__labels") for code in dict.fromkeys((language, *FALLBACK))))
    words = MemberTag.objects.filter(member=OuterRef("pk")).order_by().values("member")
    return Coalesce(Subquery(words.annotate(words=StringAgg(label, ", ", order_by="tag")).values("words"), output_field=TextField()), EMPTY)


def _custom(user, field):
    """The value of an own field, of members who have it and on whom `user` holds the right it asks for."""
    if field.unit.kind.is_section:
        inside = Exists(Membership.objects.filter(unit=field.unit, member=OuterRef("pk"), home=False, ends_on=None))
        reached = Q(inside) if user.right_on(field.unit) >= field.right else Q(pk__in=[])
    else:
        reached = Q(home_unit__path__startswith=field.unit.path) & scope.covers(user, field.right, "home_unit__path")
    values = FieldValue.objects.filter(field=field, member=OuterRef("pk"))
    value = Subquery(values.values("value")[:1], output_field=TextField())
    if field.type == CustomField.Type.YES_NO:
        value = Case(
            *(When(Exists(values.filter(value=key)), then=Value(str(word))) for key, word in CustomField.YES_NO.items()),
            output_field=TextField(),
        )
    return Case(When(reached, then=Coalesce(value, EMPTY)), default=EMPTY, output_field=TextField())


def _all_reached(user, unit):
    """Whether `user` cares for `unit` with all below it, so that no cell of a list of it has to ask."""
    scopes = scope.scopes(user, Right.CARE)
    return unit is not None and not unit.kind.is_section and any(below and unit.path.startswith(path) for path, below in scopes)


def offered(user, on, unit=None):
    """{name: Column} of what `user` may take out on the day `on`. Cells of members on whom the right does not reach are empty.

    unit: the list is of its members alone; of own fields only those of it, above and below.
    """
    at_home = max((a.right for a in user.appointments_now if not a.unit.kind.is_section), default=0)
    in_section = max((a.right for a in user.appointments_now if a.unit.kind.is_section), default=0)
    seen = fields.seen(at_home, in_section)
    cells = {name: F(name) for name in ("number", "title", "given_name", "family_name", "email", "phone", "mobile", "language")}
    cells |= {
        "unit": F("home_unit__name"),
        "status": _word("status", STATUSES),
        "joined_on": _day("joined_on"),
        "left_on": _day("left_on"),
        "age": _age(on),
    }
    if "email" not in seen:
        for name in fields.CONTACT:
            del cells[name]
    else:
        cells["tags"] = _tags()
    if "street" in seen:
        genders = {gender: word for gender, word in Gender.choices if gender}
        personal = {name: F(name) for name in ("street", "postcode", "city", "country")}
        personal |= {"gender": _word("gender", genders), "birth_date": _day("birth_date")}
        if not _all_reached(user, unit):
            reached = scope.covers(user, Right.CARE, "home_unit__path")
            personal = {name: Case(When(reached, then=cell), default=EMPTY, output_field=TextField()) for name, cell in personal.items()}
        cells |= personal
    columns = {name: Column(name, str(LABELS[name]), cells[name]) for name in LABELS if name in cells}
    own = CustomField.objects.visible_to(user).offered().select_related("unit__kind")
    for field in own:
        if unit is None or unit.path.startswith(field.unit.path) or field.unit.path.startswith(unit.path):
            columns[f"field:{field.pk}"] = Column(f"field:{field.pk}", str(field), _custom(user, field))
    return columns


def names(chosen):
    """What the columns `chosen` (names as in `offered`) are called; an own field that is gone since is left out."""
    own = {f"field:{field.pk}": field for field in CustomField.objects.filter(pk__in=[name[6:] for name in chosen if name.startswith("field:")])}
    known = LABELS | own
    return [str(known[name]) for name in chosen if name in known]
