"""The fields a unit added for itself: what they say about a member, who may read and write it, and emptying them when their time is over."""

from datetime import timedelta

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Count, Exists, F, Func, IntegerField, OuterRef, Subquery
from django.db.models.functions import JSONObject

from branches.scope import Right
from common.labels import localized
from membership import fields
from membership.models import Ask, CustomField, Emptied, Errand, FieldValue, Member, Membership, MemberTag, Proposal


class Clash(Exception):
    """Somebody else changed the same field meanwhile to `value`."""

    def __init__(self, field, value):
        self.field, self.value = field, value


def seen(member, user):
    """[(CustomField, FieldValue or None, whether `user` may change it)] of what `user` may see about `member` today."""
    at_home, in_section = fields.rights_on(user, member)
    values = {value.field_id: value for value in member.custom_values.select_related("set_by")}
    found = []
    for field in CustomField.objects.offered().of(member).select_related("unit__kind").distinct():
        right = in_section if field.unit.kind.is_section else at_home
        if right >= field.right:
            found.append((field, values.get(field.pk), right >= Right.CARE))
    return found


@transaction.atomic
def write(member, values, shown, by, now):
    """Write `values` {CustomField: text} where they differ from what the form showed (`shown`, {pk: text}); "" empties a field.

    Returns whether something changed. Raises Clash when somebody else changed the same field meanwhile.
    """
    member.__class__.objects.select_for_update().get(pk=member.pk)
    changed = False
    for field, text in values.items():
        before = shown.get(str(field.pk), "")
        if text == before:
            continue
        there = FieldValue.objects.filter(field=field, member=member).first()
        current = there.value if there else ""
        if current not in (before, text):
            raise Clash(field, current)
        if text:
            FieldValue.objects.update_or_create(field=field, member=member, defaults={"value": text, "set_by": by, "set_at": now})
        elif there:
            there.delete()
        changed = True
    return changed


def due(field, on):
    """The values of `field` whose time is over on the day `on`."""
    if field.keep == CustomField.Keep.FIXED:
        return field.values.filter(set_at__date__lte=on - timedelta(days=field.days))
    return field.values.filter(member__left_on__lte=on - timedelta(days=field.days))


def empty_due(on):
    """Empty every value whose time is over on the day `on`, of retired fields too; each field's log says how many. Returns their number."""
    total = 0
    for field in CustomField.objects.annotate(filled=Count("values")).filter(filled__gt=0):
        with transaction.atomic():
            count, _by_model = due(field, on).delete()
            if count:
                Emptied.objects.create(field=field, on=on, count=count)
        total += count
    return total


def beside(pk):
    """For the page of the member `pk`, in one row: (words: their labels; own fields with a value; open errands), each a list of dicts, then when they
    last looked at their own data by a link, and how many of their corrections wait."""
    words = MemberTag.objects.filter(member=OuterRef("pk")).order_by("tag__kind", "tag").values("tag__labels")
    held = Membership.objects.filter(unit=OuterRef("field__unit"), member=OuterRef("member"), home=False, ends_on=None)
    values = FieldValue.objects.filter(member=OuterRef("pk"), field__retired_on=None).order_by("field__unit__path", "field")
    values = values.values(
        told=JSONObject(
            labels="field__labels", value="value", type="field__type", right="field__right", path="field__unit__path",
            section="field__unit__kind__is_section", held=Exists(held),
        )
    )  # fmt: skip
    errands = Errand.objects.open().filter(member=OuterRef("pk")).order_by("due_on")
    errands = errands.values(told=JSONObject(pk="pk", text="text", to="to", given="to__given_name", family="to__family_name", due="due_on"))
    answered = Ask.objects.filter(member=OuterRef("pk")).order_by(F("answered_at").desc(nulls_last=True)).values("answered_at")[:1]
    waiting = Proposal.objects.filter(member=OuterRef("pk"), state=Proposal.State.WAITING).values("pk")
    columns = [ArraySubquery(found) for found in (words, values, errands, waiting)]
    return Member.objects.filter(pk=pk).values_list(*columns[:3], Subquery(answered), Func(columns[3], function="cardinality", output_field=IntegerField()))


def told_beside(member, row, rights):
    """(words, [(label, text)], errands) of a row of beside(), with the two `rights` one holds on `member` (see fields.rights_on)."""
    words, values, errands, *_own_data = row
    own = []
    for value in values:
        here = value["held"] if value["section"] else member.home_unit.path.startswith(value["path"])
        if here and rights[value["section"]] >= value["right"]:
            text = CustomField.YES_NO[value["value"]] if value["type"] == CustomField.Type.YES_NO else value["value"]
            own.append((localized(value["labels"]), text))
    return [localized(labels) for labels in words], own, errands
