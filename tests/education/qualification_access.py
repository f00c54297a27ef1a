"""Rows of confirmations and qualifications."""

from django.utils import timezone

from branches.models import Office, Unit
from education import confirming
from education.models import Confirmation, Qualification, QualificationKind
from tests.access import CARE, LEAD, PUBLIC, SEE, SIGNED_IN, row
from tests.education.attendance_access import event, event_of


def confirmation_of(o):
    event = event_of(o)
    registration = event.registrations.get()
    registration.attend(timezone.now())
    return Confirmation.objects.create(
        registration=registration, name=o.member.name, minutes=180, issued_at=timezone.now(), issued_by=o.world.cast.admin
    )


def confirmation(o):
    return [confirmation_of(o).pk]


def kind_of(o):
    root = Unit.objects.get(path=o.unit.root_path)
    return QualificationKind.objects.create(party=root, labels={"de": "Ersthilfe"}, months=24, office=Office.objects.get(slug="secretary"))


def qualification(o):
    now = timezone.now()
    row = Qualification.objects.create(kind=kind_of(o), member=o.member, got_on=timezone.localdate(now), note=o.contact.note, at=now)
    return [row.pk]


def member(o):
    qualification(o)
    return [o.member.pk]


KEEPERS = {"exists": CARE, "grants": True}
# Kinds belong to the party: every office of it sees them, who leads the whole of it changes them.
PARTY = {(person, place): 403 for person in ("secretary_a", "chair_a", "treasurer_a", "secretary_b", "section_lead") for place in ("own", "sister", "parent", "section")}

ROWS = [
    row("education:confirmation_list", event, get=CARE, **KEEPERS),
    row("education:confirmation_terms", event, get=CARE, post=CARE, **KEEPERS),
    row("education:confirmation_issue", event, post=CARE, **KEEPERS),
    row("education:confirmation_run", lambda o: [confirmation_of(o).registration.event_id], get=CARE, **KEEPERS),
    row("education:confirmation_pdf", confirmation, get=CARE, **KEEPERS),
    row("education:confirmation_withdraw", confirmation, post=CARE, **KEEPERS),
    row("education:confirmation_check", lambda o: [confirmation_of(o).number], get=PUBLIC),
    row("education:confirmation_ask", get=PUBLIC),
    row("education:link_confirmation", lambda o: [confirming.address(confirmation_of(o), timezone.now()).split("/")[-2]], get=PUBLIC),
    row("education:qualification_list", get=SIGNED_IN),
    row("education:member_qualifications", member, get=SEE, post=CARE),
    row("education:qualification_revoke", qualification, post=CARE),
    row("education:qualification_kind_list", get=SIGNED_IN),
    row("education:qualification_kind_add", get=LEAD, post=LEAD, but={(person, None): 403 for person in ("secretary_a", "chair_a", "secretary_b")}),
    row("education:qualification_kind_edit", lambda o: [kind_of(o).pk], get=LEAD, post=LEAD, but=PARTY),
    row("education:qualification_kind_retire", lambda o: [kind_of(o).pk], post=LEAD, but=PARTY),
]
