from django.utils import timezone

from membership import own_data
from membership.models import Ask, Proposal
from tests.access import CARE, LEAD, PUBLIC, SEE, SIGNED_IN, row
from tests.membership import admission_access, list_access, pair_access, section_access


def section(o):
    """A period in the section of the district, in which only those above and its lead care."""
    youth = o.world.places["section"].unit
    period = o.member.memberships.filter(home=False).first()
    return [(period or o.member.memberships.create(unit=youth, home=False, starts_on=o.member.joined_on)).pk]


LEADS_NO_SECTION = {(person, place): 403 for person, place in [("secretary_a", "own"), ("chair_a", "own"), ("secretary_b", "sister"), ("foreign_officer", "foreign")]}
# Being in the youth section makes somebody visible to its lead.
SEEN_BY_LEAD = {("section_lead", place): "let in" for place in ("own", "sister", "parent", "foreign")}



def own_link(o):
    """The link to their own data of somebody who was asked."""
    ask = Ask.objects.create(member=o.member, at=timezone.now(), until=timezone.localdate())
    return [own_data.LINK.token(ask.pk)]


def proposal(o):
    ask = Ask.objects.create(member=o.member, at=timezone.now(), until=timezone.localdate())
    return [Proposal.objects.create(ask=ask, member=o.member, field="family_name", after="Neu", at=timezone.now()).pk]


# Care through a section reaches contact data, not what a birth date or an address is part of.
NOT_BY_SECTION = {("section_lead", "section"): 403}

ROWS = [
    *admission_access.ROWS,
    *list_access.ROWS,
    *pair_access.ROWS,
    *section_access.ROWS,
    row("membership:member_list", get=SIGNED_IN),
    row("membership:member_add", get=CARE, post=CARE),
    row("membership:member_edit", lambda o: [o.member.pk], get=CARE, post=CARE),
    row("membership:section_add", lambda o: [o.member.pk], get=CARE, post=CARE, but=LEADS_NO_SECTION),
    row("membership:section_end", section, get=CARE, post=CARE, but=LEADS_NO_SECTION | SEEN_BY_LEAD, grants=True),
    row("membership:member_seen_by", lambda o: [o.member.pk], get=SEE),
    row("membership:own_record", own_link, get=PUBLIC, post=PUBLIC),
    row("membership:own_seen_by", own_link, get=PUBLIC, post=PUBLIC),
    row("membership:own_data_ask", lambda o: [o.member.pk], get=None, post=CARE, but=NOT_BY_SECTION),
    row("membership:proposal_list", get=CARE),
    row("membership:proposal_decide", proposal, get=None, post=CARE, exists=CARE, but={("section_lead", "section"): 404}),
    row("membership:reading_list", get=LEAD, but={(person, None): 403 for person in ("secretary_a", "chair_a", "secretary_b")}),
    row("membership:jubilee_list", get=SEE),
    row("membership:jubilee_certificates", get=None, post=CARE),
    row("membership:data_quality", get=CARE, query={"kind": "no_birth"}),
    row("membership:data_quality_ask", get=CARE, post=CARE, query={"kind": "no_birth"}, data={"kind": "no_birth"}),
]
