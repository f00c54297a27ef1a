"""Guests: their year, its renewal and end, and the invitation to become a full member."""

import logging

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.translation import gettext_noop

from common.links import Link
from membership import status
from membership.models import GuestTerm, Member, Membership, Status, anniversary
from membership.models.admission import INVITED_BEFORE
from membership.own_data import language_of
from outbox.kinds import Skip, render
from outbox.models import Message
from outbox.relay import enqueue

BATCH = 500
logger = logging.getLogger(__name__)
TERM_OVER = gettext_noop("The guest membership ended when its time was over.")
NO_GUEST = gettext_noop("The person is no guest any more, or has applied already.")
NO_ADDRESS = gettext_noop("There is no mail address.")
LINK = Link("membership:guest_invitation")


def take_up(on):
    """Guests who came by a list or another way get their year: from the beginning of their time as a guest without a gap. Returns how many.

    Who has been a guest for longer than two years already is given sixty days, so that nobody ends unseen by the officer.
    """
    new = list(Member.objects.filter(status=Status.GUEST).exclude(guest_terms__ended=False)[:BATCH])
    for member in new:
        starts = _guest_since(member, on)
        ends = next((end for years in (1, 2) if (end := anniversary(starts, years)) > on), None)
        renewed = on if ends is None or ends > anniversary(starts) else None
        GuestTerm.objects.create(member=member, starts_on=starts, ends_on=ends or on + INVITED_BEFORE, renewed_on=renewed)
    return len(new)


def _guest_since(member, on):
    """First day of the unbroken row of periods as a guest that reaches up to now; without one the day of joining."""
    since = None
    for period in member.memberships.filter(home=True, kind=Membership.Kind.GUEST).order_by("-starts_on"):
        if since and period.ends_on != since:
            break
        since = period.starts_on
    return since or min(member.joined_on, on)


def end_due(on, now):
    """End the guests whose time was over at the beginning of the day `on`; the period ends with its right day. Returns the members' pks."""
    ended = []
    for term in GuestTerm.objects.over(on).select_related("member"):
        try:
            status.leave(term.member_id, term.ends_on, None, now, TERM_OVER)
        except (ValidationError, IntegrityError) as error:  # moved or returned after that day: somebody has to look
            logger.warning("term of a guest %s does not end: %s", term.pk, type(error).__name__)
            continue
        ended.append(term.member_id)
    return ended


def invite_due(on, now):
    """Write the invitations of guests whose time ends within sixty days, each once per term. Returns how many."""
    terms = list(GuestTerm.objects.to_invite(on)[:BATCH])
    messages = [
        Message(kind="guest_invitation", key=f"guest_invitation:{term.pk}:{term.ends_on}", payload={"term": term.pk}, due_at=now) for term in terms
    ]
    GuestTerm.objects.filter(pk__in=[term.pk for term in terms]).update(invited_on=on)
    return len(enqueue(messages))


def address(term):
    """The full address of the page on which a guest applies for full membership; it dies with the term."""
    return LINK.address(term.pk)


def load_invitations(messages, now):
    terms = GuestTerm.objects.running().filter(pk__in=[message.payload["term"] for message in messages])
    return {term.pk: term for term in terms.exclude(member__applications__state__in=("open", "sorting")).select_related("member__home_unit")}


def build_invitation(message, terms, now):
    term = terms.get(message.payload["term"])
    if term is None:
        return Skip(NO_GUEST)
    member = term.member
    if not member.email:
        return Skip(NO_ADDRESS)
    context = {"member": member, "term": term, "recipient_name": member.given_name, "url": address(term)}
    return render("guest_invitation", context, language_of(member), to=member.email)
