"""Who may open the pages of registrations. An announced event is seen by the whole party; who registered only by the units that carry it and the member's own."""

from django.utils import timezone

from education import registering, registration_mails
from education import registration_approvals as approvals
from education.models import RegistrationBatch
from tests import factories as make
from tests.access import CARE, LET_IN, PUBLIC, RIGHTS, SEE, SIGNED_IN, row
from tests.education.event_access import event, in_the_party


def of(o, **fields):
    """The registration of the place's member for an event of the place."""
    return registering.register(make.event(o.unit, title="Abend", **fields).pk, timezone.now(), member=o.member)


def listed(o):
    return [of(o).event_id]


def link(o):
    return [registration_mails.address(of(o)).split("/")[-2]]


def approval(o):
    registration = of(o, asks_approval=True)
    secretary = o.world.cast.secretary_a
    return [approvals.address(registration.event_id, o.member.home_unit.path, secretary.pk, timezone.localdate()).split("/")[-2]]


def batch(o):
    """What the person who asks did to many."""
    return [RegistrationBatch.objects.create(by=o.viewer or o.contact.by, event=make.event(o.unit, title="Abend"), at=timezone.now()).pk]


RUNS = in_the_party(CARE)
# Whoever cares for members anywhere registers them for any event of the party.
CARERS = {at: LET_IN if max(RIGHTS[at[0]].values()) >= CARE else 403 for at in in_the_party(0)}
ROWS = [
    row("education:register", lambda o: [event(o).key], get=PUBLIC, post=PUBLIC, data={"email": "nobody@example.net"}),
    row("education:registration_own", link, get=PUBLIC, post=PUBLIC, data={"do": "note"}),
    row("education:approval_link", approval, get=PUBLIC, post=PUBLIC),
    row("education:registration_list", listed, get=SEE, but=in_the_party(0)),
    row("education:registration_bulk", listed, post=CARE, but=RUNS, data={"do": "offer"}),
    row("education:registration_add", listed, get=CARE, post=CARE, but=CARERS | {("treasurer_a", "own"): 403}),
    row("education:registration_rules", listed, get=CARE, post=CARE, but=RUNS),
    row("education:batch_add", get=CARE, post=CARE, query={"all": 1}),
    row("education:batch_detail", batch, get=SIGNED_IN, grants=True),
    row("education:batch_undo", batch, post=SIGNED_IN, grants=True),
    row("education:registration_mine", get=SIGNED_IN, query={"show": "coming"}),
    row("education:registration_letters", get=CARE, post=CARE),
    row("education:registration_letters_pdf", get=CARE),
    row("education:registration_letters_undo", post=CARE),
    row("education:registration_detail", lambda o: [of(o).pk], get=SEE),
    row("education:registration_decide", lambda o: [of(o).pk], post=CARE, data={"do": "cancel"}),
    row("education:registration_decide", lambda o: [of(o, asks_approval=True).pk], post=CARE, data={"do": "approve"}),
    row("education:member_registrations", lambda o: [of(o).member_id], get=SEE),
]
