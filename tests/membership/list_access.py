"""Rows of the access table for lists: what leaves the house, words, own fields, actions on many, saved views."""

from datetime import timedelta

from django.utils import timezone

from branches.models import Unit, User
from membership import columns, exporting
from membership.models import BulkRun, CustomField, Errand, Export, ExportPurpose, SavedView, Tag
from tests import factories as make
from tests.access import CARE, LEAD, PUBLIC, SEE, SIGNED_IN, row

ADMINISTRATOR = {(person, None): 403 for person in ("secretary_a", "chair_a", "secretary_b")}


def export(o, by, format="csv"):
    """A list of everybody in this unit, with all columns `by` may have, written with the rights of `by`."""
    now, day = timezone.now(), timezone.localdate()
    row = Export.objects.create(
        by=by, unit=o.unit, purpose=ExportPurpose.objects.filter(party__path=o.unit.root_path).first(), words="Probe", format=format,
        columns=list(columns.LABELS), language="de", created_at=now, expires_on=day + timedelta(days=2), text={"subject": "Probe", "body": "Probe"},
    )  # fmt: skip
    exporting.write(row, now)
    return row


def own_export(format):
    return lambda o: [export(o, o.viewer or o.contact.by, format).pk]


def export_of_another(o):
    return [export(o, make.user("Erika Beispiel", email=f"erika{User.objects.count()}@example.org")).pk]


def deletion(o):
    return [exporting.LINK.token(export_of_another(o)[0])]


def purpose(o):
    return [ExportPurpose.objects.filter(party__path=o.unit.root_path).first().pk]


def word(o):
    """A word of the party."""
    return [Tag.objects.create(party=Unit.objects.get(path=o.unit.root_path), kind=Tag.Kind.SKILL, labels={"de": "Plakate"}).pk]


# Words are read by all who hold an office in the party, and changed by those who lead it whole.
NO_OFFICE_HERE = {(person, None): 404 for person in ("partner", "mentor", "stranger", "former", "coming", "foreign_officer")}


def own_field(o):
    fields = {"labels": {"de": "T-Shirt"}, "type": "text", "purpose": "Fest", "right": SEE, "days": 30, "created_at": timezone.now()}
    return [CustomField.objects.create(unit=o.unit, **fields).pk]


# A field of the district is one of all members in it, so offices below read it.
READ_BELOW = {(person, "parent"): 403 for person in ("secretary_a", "chair_a", "treasurer_a", "secretary_b", "section_lead")}

def action(o):
    """What the person who asks did to many."""
    [tag] = word(o)
    return [BulkRun.objects.create(by=o.viewer or o.contact.by, kind="tag", tag_id=tag, state="done", created_at=timezone.now()).pk]


def errand(o):
    """Given by somebody to the person who asks, about the member of this place."""
    day = timezone.localdate()
    row = Errand.objects.create(
        member=o.member, to=o.viewer or o.contact.by, by=make.user("Erika Bitte"), text="Probe", due_on=day, created_at=timezone.now()
    )
    return [row.pk]


def view_of_unit(o):
    """A view somebody keeps for all offices of this unit."""
    return [SavedView.objects.create(by=make.user("Erika Sicht"), unit=o.unit, name="Probe").pk]


# A view of a unit is for those with an office right there; those above lead it, but have views of their own.
ABOVE = {(person, place): 404 for person in ("officer", "admin") for place in ("own", "sister", "section")} | {("foreign_officer", "foreign"): 404}

ROWS = [
    row("membership:column_choice", get=SIGNED_IN),
    row("membership:view_list", get=SEE, post=SEE),
    row("membership:view_delete", view_of_unit, post=LEAD, but=ABOVE),
    row("membership:bulk_add", get=CARE, post=CARE, query={"all": 1}),
    row("membership:bulk_detail", action, get=SIGNED_IN, grants=True),
    row("membership:bulk_undo", action, post=SIGNED_IN, grants=True),
    row("membership:errand_list", get=SIGNED_IN),
    row("membership:errand_done", errand, post=SEE),
    row("membership:errand_undo", errand, post=SEE),
    row("membership:tag_list", get=SIGNED_IN),
    row("membership:tag_add", get=LEAD, post=LEAD, but=ADMINISTRATOR),
    row("membership:tag_edit", word, get=LEAD, post=LEAD, everywhere=True, but=ADMINISTRATOR | NO_OFFICE_HERE),
    row("membership:tag_retire", word, post=LEAD, everywhere=True, but=ADMINISTRATOR | NO_OFFICE_HERE),
    row("membership:tag_merge", word, post=LEAD, everywhere=True, but=ADMINISTRATOR | NO_OFFICE_HERE),
    row("membership:member_tags", lambda o: [o.member.pk], get=CARE, post=CARE),
    row("membership:field_list", get=CARE),
    row("membership:field_add", get=LEAD, post=LEAD),
    row("membership:field_edit", own_field, get=LEAD, post=LEAD, but=READ_BELOW),
    row("membership:field_retire", own_field, post=LEAD, but=READ_BELOW),
    row("membership:member_fields", lambda o: [o.member.pk], get=CARE, post=CARE),
    row("membership:export_list", get=CARE),
    row("membership:export_add", get=CARE, post=CARE, query={"all": 1}),
    row("membership:export_detail", export_of_another, get=LEAD, exists=LEAD),
    *(row("membership:export_download", own_export(format), get=CARE, exists=CARE) for format in Export.Format.values),
    row("membership:export_delete", own_export("csv"), post=SIGNED_IN, grants=True),
    row("membership:export_deleted", deletion, get=PUBLIC, post=PUBLIC),
    row("membership:purpose_list", get=LEAD, but=ADMINISTRATOR),
    row("membership:purpose_add", get=LEAD, post=LEAD, but=ADMINISTRATOR),
    row("membership:purpose_edit", purpose, get=LEAD, post=LEAD, everywhere=True, but=ADMINISTRATOR | {("foreign_officer", None): 404}),
]
