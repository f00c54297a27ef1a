from branches import signing_in
from branches.models import User
from tests.access import LEAD, LET_IN, PUBLIC, SEE, SIGNED_IN, row


def unit(o):
    return [o.unit.slug]


def appointment(o):
    return [o.appointment.pk]


def below_only(places):
    """Adding below takes a right that reaches below."""
    return {(person, place): 403 for person, place in places}


def link(o):
    """Made for the person as they are now: signing in uses it up."""
    return [signing_in.address(User.objects.get(pk=o.appointment.user_id)).rsplit("/", 2)[1]]


# Kinds belong to all parties of the house, and nobody here leads both.
KINDS = {(person, None): 403 for person in ("secretary_a", "chair_a", "secretary_b", "officer", "admin", "foreign_officer")}

ROWS = [
    row("branches:unit_list", get=SIGNED_IN),
    row("branches:unit_detail", unit, get=SEE),
    row(
        "branches:unit_add",
        unit,
        get=LEAD,
        post=LEAD,
        but=below_only([("secretary_a", "own"), ("chair_a", "own"), ("secretary_b", "sister")]),
    ),
    row("branches:unit_edit", unit, get=LEAD, post=LEAD),
    row("branches:unit_settings", unit, get=LEAD, post=LEAD),
    row("branches:appointment_add", unit, get=LEAD, post=LEAD),
    row("branches:appointment_edit", appointment, get=LEAD, post=LEAD),
    row("branches:appointment_end", appointment, post=LEAD),
    row("branches:appointment_deputy", appointment, get=LEAD, post=LEAD, but={("section_lead", "section"): LET_IN}),  # their own term
    row("branches:office_list", get=SIGNED_IN),
    row("branches:kind_list", get=LEAD, but=KINDS),
    row("branches:kind_add", get=LEAD, post=LEAD, but=KINDS),
    row("branches:kind_edit", lambda o: [o.unit.kind.slug], get=LEAD, post=LEAD, everywhere=True, but=KINDS),
    row("branches:profile", get=SIGNED_IN, post=SIGNED_IN),
    row("branches:prove_again", get=SIGNED_IN, post=SIGNED_IN, fine=(307,)),
    row("branches:sign_in_by_link", link, get=PUBLIC, post=PUBLIC),
]
