"""Addresses of partners, offers, tracks and development cards. Offers belong to a party; the cast's partner has an account for one of its own district."""

from datetime import timedelta

from django.utils import timezone

from education import developing, offer_links
from education.models import DevelopmentStep, EventKind, OfferNotice, Partner, PartnerAccount, TrackLevel
from tests.access import CARE, LEAD, LET_IN, PUBLIC, SEE, SIGNED_IN, row
from tests.education import offering

HOLDERS = ("secretary_a", "chair_a", "treasurer_a", "secretary_b", "section_lead")  # of the party, without leading the whole of it


def told(status, people=HOLDERS):
    return {(person, None): status for person in people}


FOREIGN = told(404, ["foreign_officer"])
# What only those who lead the party may open: it is there for whoever holds an office in it.
LEADERS = {"everywhere": True, "outside": 404, "but": told(403) | FOREIGN | told(403, ["partner"])}
# The same, for what others do not see at all.
HIDDEN = {"everywhere": True, "outside": 404, "but": told(404) | FOREIGN}
OF_THE_PARTY = {"everywhere": True, "outside": 404, "but": told(403) | FOREIGN}
ANYWHERE = {"but": told(403, ["secretary_a", "chair_a", "secretary_b"])}


def own(o):
    return Partner.objects.filter(party=o.world.tree.district, name="Stiftung Musterbildung").first()


def another(o):
    return Partner.objects.get_or_create(party=o.world.tree.district, name="Stiftung Anders")[0]


def offer(state, partner=own):
    return lambda o: [offering.offer(partner(o), o.world.cast.admin, state=state).pk]


def both(name, of, mine, others, **methods):
    """Two rows: for what belongs to the partner of the cast, which it is let into, and for what belongs to another, which is not there for it."""
    mine = mine | {"but": mine["but"] | told(LET_IN, ["partner"])}
    return [row(name, of(own), **methods, **mine), row(name, of(another), **methods, **others | {"but": others["but"] | told(404, ["partner"])})]


def account(o):
    return [PartnerAccount.objects.filter(partner=own(o)).first().pk]


def event_of(partner):
    return lambda o: [offering.event(partner(o), o.world.cast.admin).pk]


def track(o):
    return [offering.track(o.world.tree.district, "Weg").pk]


def level(o):
    return [TrackLevel.objects.filter(track=track(o)[0]).order_by("-position").first().pk]


def step(o):
    card = developing.card_of(o.member, None, timezone.now())
    on = timezone.localdate()
    return [DevelopmentStep.objects.create(card=card, text="Weiter", due_on=on, agreed_on=on - timedelta(days=1)).pk]


def link_offer(o):
    found = offering.offer(own(o), o.world.cast.admin, state="open")
    notice = OfferNotice.objects.create(offer=found, member=o.member, unit=o.member.home_unit, why="track", found_at=timezone.now())
    return [offer_links.address(notice, timezone.localdate()).split("/")[-2]]


def link_unsubscribe(o):
    return [offer_links.unsubscribe_address(o.member).split("/")[-3]]


def link_development(o):
    return [developing.address(developing.card_of(o.member, None, timezone.now()), timezone.localdate()).split("/")[-2]]


def member(o):
    return [o.member.pk]


ALL_HOLDERS = {"everywhere": True, "outside": 404, "but": FOREIGN}
NOBODY_ELSE = {"everywhere": True, "outside": 404, "but": told(404, [*HOLDERS, "officer", "admin", "foreign_officer"])}
ROWS = [
    row("education:partner_list", get=LEAD, **ANYWHERE),
    row("education:partner_add", get=LEAD, post=LEAD, **ANYWHERE),
    row("education:partner_detail", lambda o: [own(o).pk], get=LEAD, post=LEAD, **LEADERS),
    row("education:partner_edit", lambda o: [own(o).pk], get=LEAD, post=LEAD, **LEADERS),
    row("education:partner_account_end", account, post=LEAD, **LEADERS),
    row("education:partner_home", get=SIGNED_IN),
    *both("education:partner_event", event_of, NOBODY_ELSE, NOBODY_ELSE, get=LEAD),
    *both("education:offer_add", lambda partner: lambda o: [partner(o).pk], OF_THE_PARTY, OF_THE_PARTY, get=LEAD, post=LEAD),
    row("education:offer_list", get=SIGNED_IN, query={"show": "drafts"}),
    *both("education:offer_detail", lambda partner: offer("open", partner), ALL_HOLDERS, ALL_HOLDERS, get=SEE),
    *both("education:offer_detail", lambda partner: offer("draft", partner), HIDDEN, HIDDEN, get=LEAD),
    *both("education:offer_edit", lambda partner: offer("draft", partner), HIDDEN, HIDDEN, get=LEAD, post=LEAD),
    *both("education:offer_change", lambda partner: offer("draft", partner), HIDDEN, HIDDEN, post=LEAD, data={"do": "withdraw"}),
    row("education:offer_change", offer("open"), post=LEAD, data={"do": "close"}, **LEADERS),
    row("education:offer_tell", offer("open"), get=LEAD, post=LEAD, **LEADERS),
    row("education:offer_event", offer("open"), post=LEAD, data=lambda o: {"kind": EventKind.objects.earliest("pk").pk}, **LEADERS),
    row("education:link_offer", link_offer, get=PUBLIC, post=PUBLIC),
    row("education:link_unsubscribe", link_unsubscribe, get=PUBLIC, post=PUBLIC),
    row("education:track_list", get=SIGNED_IN),
    row("education:track_add", get=LEAD, post=LEAD, **ANYWHERE),
    row("education:track_edit", track, get=LEAD, post=LEAD, **OF_THE_PARTY),
    row("education:track_change", track, post=LEAD, **OF_THE_PARTY),
    row("education:level_add", track, get=LEAD, post=LEAD, **OF_THE_PARTY),
    row("education:level_edit", level, get=LEAD, post=LEAD, **OF_THE_PARTY),
    row("education:level_move", level, post=LEAD, **OF_THE_PARTY),
    row("education:development", member, get=CARE),
    row("education:development_edit", member, get=CARE, post=CARE),
    row("education:development_send", member, post=CARE),
    row("education:development_step_add", member, post=CARE),
    row("education:development_step_tick", step, post=CARE, exists=CARE),
    row("education:development_due", get=SIGNED_IN),
    row("education:link_development", link_development, get=PUBLIC, post=PUBLIC),
]
