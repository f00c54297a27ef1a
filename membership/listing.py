"""What the member list can be narrowed by and show beside the record: words, and the fields units added for themselves."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from branches.scope import Right
from common import prepared
from membership import rows
from membership.models import CustomField, FieldValue, Member, MemberTag, Tag

ANY = "*"


def tag_choices(user):
    """[(pk as text, label)] of the words offered in the parties of `user`."""
    tags = prepared.fetch(("words", user.reach), lambda: Tag.objects.visible_to(user).offered(), [])
    return [(str(tag.pk), str(tag)) for tag in tags]


def fields_of(user):
    """The own fields `user` may read somewhere, with unit and kind."""
    return prepared.fetch(
        ("own fields", user.reach), lambda: CustomField.objects.visible_to(user).offered().select_related("unit__kind"), []
    )


def own_choices(user):
    """[("pk:value", "T-Shirt: L")] of what own fields can be asked for: whether there is one, and which of a few."""
    for field in fields_of(user):
        values = {ANY: _("there is one")}
        if field.type == CustomField.Type.CHOICE:
            values |= {text: text for text in field.choices}
        elif field.type == CustomField.Type.YES_NO:
            values |= {key: str(word) for key, word in CustomField.YES_NO.items()}
        for value, label in values.items():
            yield f"{field.pk}:{value}", f"{field}: {label}"


@dataclass
class OwnChoice:
    """A value of an own field that is asked for; `right`: what is needed on a member to be told."""

    field: CustomField
    value: str

    @property
    def right(self):
        return max(Right.CARE, self.field.right)

    def narrow(self, members):
        """Those of `members` in the unit of the field of whom it says so."""
        said = FieldValue.objects.filter(field=self.field, member=OuterRef("pk"))
        return members.in_unit(self.field.unit).filter(Exists(said if self.value == ANY else said.filter(value=self.value)))


def own_choice(user, asked):
    """The OwnChoice of "pk:value", which is one of own_choices(user)."""
    pk, _colon, value = asked.partition(":")
    return OwnChoice(next(field for field in fields_of(user) if str(field.pk) == pk), value)


def tags_of(pks):
    """{member pk: "Plakate, Abends"} of `pks`, in the language of the reader."""
    found: dict = {}
    for use in MemberTag.objects.filter(member__in=pks).select_related("tag").order_by("tag__kind", "tag"):
        found.setdefault(use.member_id, []).append(str(use.tag))
    return {pk: ", ".join(words) for pk, words in found.items()}


def values_of(field, pks):
    """{member pk: text} of an own field for the members `pks`."""
    values = dict(FieldValue.objects.filter(field=field, member__in=pks).values_list("member", "value"))
    if field.type == CustomField.Type.YES_NO:
        return {pk: str(CustomField.YES_NO[value]) for pk, value in values.items()}
    return values


def offered_columns(user):
    """{name: label} of the columns the list can show `user`."""
    names = [*rows.DEFAULT, "left"]
    if any(a.right >= Right.CARE for a in user.appointments_now):
        names += ["city", "since", "words"]
    say = rows.words(get_language())
    return {name: say[name] for name in names} | {f"field-{field.pk}": str(field) for field in fields_of(user)}


def columns_of(user, text):
    """The names in `text` ("unit,joined") that are columns for `user`, each once; the usual ones when there are none."""
    if not text:
        return rows.DEFAULT
    offered = offered_columns(user)
    return tuple(dict.fromkeys(name for name in text.split(",")[:30] if name in offered)) or rows.DEFAULT


def shown(user, text, members):
    """The rows.Shown for the columns named in `text`, with what they say about `members` (rows of the list).

    Own fields are told of members on whom `user` holds the right the field asks for, and who belong to its unit.
    """
    names = columns_of(user, text)
    extra = [name for name in names if name == "words" or name.startswith("field-")]
    if not extra:
        return rows.Shown(names)
    pks, more = [member.pk for member in members], {}
    own = {f"field-{field.pk}": field for field in fields_of(user)}
    for name in extra:
        if name == "words":
            more[name] = tags_of(pks)
        else:
            field = own[name]
            reached = Member.objects.visible_to(user, max(Right.CARE, field.right)).in_unit(field.unit).filter(pk__in=pks)
            more[name] = values_of(field, reached.values_list("pk", flat=True))
    return rows.Shown(names, more, {name: str(own[name]) for name in extra if name in own})
