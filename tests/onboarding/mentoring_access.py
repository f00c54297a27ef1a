"""Addresses of mentoring: everything belongs to a pool and is for those who lead the whole of it; complaints are for one office only."""

from django.utils import timezone

from branches.models import Office
from onboarding import mentoring, mentoring_links
from onboarding.models import CheckIn, Complaint, Mentee, Mentor, Pairing, PairRule
from tests import factories as make
from tests.access import LEAD, PUBLIC, SIGNED_IN, row


def pool(o):
    return [mentoring.begin(o.unit, timezone.now()).pk]


def mentor_of(o):
    """A mentor of the place without anything in common with the cast."""
    now = timezone.now()
    guide = make.member("Gerda Ruhig", o.member.home_unit, email="gerda@example.net")
    return Mentor.objects.create(member=guide, pool=mentoring.begin(o.unit, now), state="confirmed", at=now)


def mentee_of(o, **fields):
    now = timezone.now()
    return Mentee.objects.create(member=o.member, pool=mentoring.begin(o.unit, now), at=now, since=timezone.localdate(), **fields)


def pairing_of(o, **fields):
    on = timezone.localdate()
    dates = {"asked_on": on, "answer_until": on, "started_on": on, "last_sign_on": on}
    mentee = mentee_of(o, shares_email=False)
    return Pairing.objects.create(pool=mentee.pool, mentor=mentor_of(o), mentee=mentee, facts={"near": "unit", "topics": [], "times": [], "taken": 0}, **dates | fields)


def running(o):
    return [pairing_of(o, state="running").pk]


def link(name, side, of):
    def token(o):
        row = of(o)
        return [mentoring_links.address(name, row.pk, side, timezone.localdate()).split("/")[-2]]

    return token


def check_in(o):
    return CheckIn.objects.create(pairing=pairing_of(o, state="running"), side="mentor", occasion="month:1", asked_on=timezone.localdate())


def complaint(o):
    """For the membership officer of the district (of the foreign one for the foreign place), nobody else, however much they lead."""
    unit = o.world.tree.foreign if o.name == "foreign" else o.world.tree.district
    fields = {"side": "mentee", "text": "in confidence", "unit": unit, "office": Office.objects.filter(slug="membership_officer").get()}
    return [Complaint.objects.create(pairing=pairing_of(o, state="running"), key="12345678123456781234567812345678", at=timezone.now(), **fields).pk]


def rule(o):
    pair = pairing_of(o, state="ended", ended="rematch")
    return [PairRule.objects.create(mentor=pair.mentor, mentee=pair.mentee, kind="forbid", at=timezone.now()).pk]


HERE = ("own", "sister", "parent", "section")
NOT_FOR_LEADERS = {
    **{("admin", place): 404 for place in HERE}, ("secretary_a", "own"): 404, ("chair_a", "own"): 404, ("secretary_b", "sister"): 404,
}  # fmt: skip
ROWS = [
    row("onboarding:mentoring_home", get=SIGNED_IN),
    row("onboarding:mentoring_begin", lambda o: [o.unit.slug], post=LEAD),
    row("onboarding:suggestion_decide", pool, post=LEAD, exists=LEAD, data={"do": "again"}),
    row("onboarding:mentee_list", pool, get=LEAD, exists=LEAD, query={"show": "new"}),
    row("onboarding:mentee_add", pool, post=LEAD, exists=LEAD),
    row("onboarding:mentor_list", pool, get=LEAD, exists=LEAD),
    row("onboarding:mentor_add", pool, get=LEAD, post=LEAD, exists=LEAD),
    row("onboarding:mentoring_conduct", pool, get=LEAD, post=LEAD, exists=LEAD),
    row("onboarding:mentor_detail", lambda o: [mentor_of(o).pk], get=LEAD, post=LEAD, exists=LEAD),
    row("onboarding:pairing_list", get=LEAD, outside=403, but={(person, None): 403 for person in ("secretary_a", "chair_a", "secretary_b", "officer", "admin", "foreign_officer")}),
    row("onboarding:pairing_detail", running, get=LEAD, exists=LEAD),
    row("onboarding:pairing_change", running, post=LEAD, exists=LEAD, data={"do": "pause"}),
    row("onboarding:pair_rule_list", pool, get=LEAD, exists=LEAD),
    row("onboarding:pair_rule_lift", rule, post=LEAD, exists=LEAD),
    row("onboarding:mentor_choose", lambda o: [mentee_of(o, state="waiting").pk], get=LEAD, post=LEAD, exists=LEAD),
    row("onboarding:complaint_list", get=SIGNED_IN),
    row("onboarding:complaint_detail", complaint, get=LEAD, post=LEAD, exists=LEAD, but=NOT_FOR_LEADERS),
    row("onboarding:link_mentor", link("link_mentor", "", mentor_of), get=PUBLIC, post=PUBLIC),
    row("onboarding:link_mentee", link("link_mentee", "", mentee_of), get=PUBLIC, post=PUBLIC),
    row("onboarding:link_pair", link("link_pair", "mentor", pairing_of), get=PUBLIC, post=PUBLIC),
    row("onboarding:link_complaint", link("link_complaint", "mentor", pairing_of), get=PUBLIC, post=PUBLIC),
    row("onboarding:link_check_in", link("link_check_in", "mentor", check_in), get=PUBLIC, post=PUBLIC, data={"answer": "good"}),
]
