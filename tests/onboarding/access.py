from django.utils import timezone

from membership import importing
from membership.models import ListImport
from onboarding import links
from onboarding.models import Contact, Standard, Step
from outbox.models import Message
from tests.access import CARE, LEAD, PUBLIC, SEE, SIGNED_IN, row
from tests.onboarding import exit_access, mentoring_access, standard_access, takeover_access, welcome_access


def own_contact(o):
    """An entry of the person who asks; whoever cares may take back their own."""
    return [Contact.objects.create(member=o.member, by=o.viewer or o.contact.by, on=o.contact.on).pk]


def unit(o):
    return [o.unit.slug]


def own_step(o):
    """A step of the unit's own standard."""
    standard, _created = Standard.objects.get_or_create(unit=o.unit)
    step = Step.objects.create(
        standard=standard, slug="own", labels={"de": "Eigener"}, due="days", count=9, office=o.appointment.office, reasons=["joined"]
    )
    return [o.unit.slug, step.pk]


def link(name):
    """A link sent to the person in charge; it carries its own right."""
    return lambda o: [links.address(name, o.contact.by if o.name != "foreign" else o.appointment.user, o.step, timezone.localdate()).split("/")[-2]]


def message(o):
    return [Message.objects.create(kind="digest", key="given up", recipient=o.appointment.user, due_at=timezone.now(), state="dead").pk]


def member_list(state):
    """A list of the unit in this state: its member in a row without a unit that is known, so refused, with all that is known of them."""

    def handed_in(o):
        content = f"Nummer;Vorname;Nachname;OV\n{o.member.number};{o.member.given_name};{o.member.family_name};{o.member.city}\n".encode()
        header = ["Nummer", "Vorname", "Nachname", "OV"]
        mapping = {"number": 0, "given_name": 1, "family_name": 2, "unit": 3}
        day = timezone.localdate()
        fields = {"header": header, "mapping": mapping, "list_date": day, "file_name": f"{o.member.title}.csv", "by": o.viewer}
        row = ListImport.objects.create(unit=o.unit, content=content, state=state, **fields)
        importing.stage(row)
        row.figures = importing.compare(row)
        row.save(update_fields=["figures"])
        return [row.pk]

    return handed_in


def rows_of(outcome):
    return lambda o: [*member_list("compared")(o), outcome]


ROWS = [
    row("onboarding:journey_list", get=SIGNED_IN),
    row("onboarding:journey_end", lambda o: [o.journey.pk], post=CARE),
    row("onboarding:journey_resume", lambda o: [o.journey.pk], post=CARE),
    row("onboarding:step_tick", lambda o: [o.step.pk], post=CARE),
    row("onboarding:step_undo", lambda o: [o.step.pk], post=CARE),
    row("onboarding:step_not_needed", lambda o: [o.step.pk], post=CARE),
    row("onboarding:step_wait", lambda o: [o.step.pk], post=CARE),
    row("onboarding:contact_log", lambda o: [o.member.pk], get=CARE, post=CARE),
    row("onboarding:contact_undo", own_contact, post=CARE, exists=CARE),
    row("onboarding:standard", unit, get=SEE),
    row("onboarding:step_add", unit, get=LEAD, post=LEAD),
    row("onboarding:step_edit", own_step, get=LEAD, post=LEAD),
    row("onboarding:step_retire", own_step, post=LEAD),
    row("onboarding:step_restore", own_step, post=LEAD),
    row("onboarding:step_move", own_step, post=LEAD),
    row("onboarding:step_leave_out", own_step, post=LEAD, fine=(404,)),
    row("onboarding:list_list", get=LEAD),
    row("onboarding:list_add", get=LEAD, post=LEAD),
    row("onboarding:list_detail", member_list("compared"), get=LEAD, exists=LEAD),
    row("onboarding:list_columns", member_list("compared"), get=LEAD, post=LEAD, exists=LEAD),
    row("onboarding:list_rows", rows_of("refused"), get=LEAD, exists=LEAD),
    row("onboarding:list_decide", member_list("compared"), post=LEAD, exists=LEAD),
    row("onboarding:list_apply", member_list("compared"), post=LEAD, exists=LEAD),
    row("onboarding:list_undo", member_list("applied"), post=LEAD, exists=LEAD),
    row("onboarding:list_drop", member_list("compared"), post=LEAD, exists=LEAD),
    row("onboarding:list_refused", member_list("applied"), get=LEAD, exists=LEAD),
    row("onboarding:link_step", link("link_step"), get=PUBLIC, post=PUBLIC, data={"result": "reached"}),
    row("onboarding:link_escalation", link("link_escalation"), get=PUBLIC, post=PUBLIC),
    row("onboarding:step_escalation", lambda o: [o.step.pk], post=CARE),
    row("onboarding:message_list", get=SIGNED_IN),
    row("onboarding:message_retry", message, post=LEAD, exists=LEAD, but={("section_lead", "section"): 403}),  # their own message
    *exit_access.ROWS,
    *takeover_access.ROWS,
    *mentoring_access.ROWS,
    *standard_access.ROWS,
    *welcome_access.ROWS,
]
