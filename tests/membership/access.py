from tests.access import CARE, SIGNED_IN, row


def section(o):
    """A period in the section of the district, in which only those above and its lead care."""
    youth = o.world.places["section"].unit
    period = o.member.memberships.filter(home=False).first()
    return [(period or o.member.memberships.create(unit=youth, home=False, starts_on=o.member.joined_on)).pk]


LEADS_NO_SECTION = {(person, place): 403 for person, place in [("secretary_a", "own"), ("chair_a", "own"), ("secretary_b", "sister"), ("foreign_officer", "foreign")]}
# Being in the youth section makes somebody visible to its lead.
SEEN_BY_LEAD = {("section_lead", place): "let in" for place in ("own", "sister", "parent", "foreign")}

ROWS = [
    row("membership:member_list", get=SIGNED_IN),
    row("membership:member_add", get=CARE, post=CARE, but={("section_lead", None): 403}),  # a section is nobody's home
    row("membership:member_edit", lambda o: [o.member.pk], get=CARE, post=CARE),
    row("membership:section_add", lambda o: [o.member.pk], get=CARE, post=CARE, but=LEADS_NO_SECTION),
    row("membership:section_end", section, get=CARE, post=CARE, but=LEADS_NO_SECTION | SEEN_BY_LEAD, grants=True),
]
