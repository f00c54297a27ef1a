"""What training adds to the weekly digest: registrations and offers that wait for an answer, agreed next steps whose week has come.

Education and onboarding know nothing of one another, so the parts are put together here. Each is a function (on, today) that gives {user pk: [(unit pk,
line)]}, the most urgent first.
"""

from collections import defaultdict
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy

from branches.models import Appointment
from branches.scope import Right
from education import registration_approvals
from education.models import DevelopmentStep, Offer
from onboarding import digest_parts
from onboarding.reminders import sunday

SHOWN = 5  # lines of one part in one digest
REMINDED = timedelta(days=365)  # what was due longer ago is told no more


def register():
    parts = {
        gettext_lazy("Registrations that wait for your answer"): approvals,
        gettext_lazy("Offers of partners to decide"): offers,
        gettext_lazy("Agreed next steps of members"): steps,
    }
    for title, found in parts.items():
        digest_parts.add(partial(waiting, found), partial(load, found, title))


def waiting(found, on, today):
    return [(user, lines[0][0]) for user, lines in found(on, today).items()]


def load(found, title, users, on, today):
    by_user = {user: lines for user, lines in found(on, today).items() if user in users}
    return {user: {"title": title, "lines": [line for _unit, line in lines[:SHOWN]], "total": len(lines)} for user, lines in by_user.items()}


def _line(text, day, on, unit, name, *args):
    """text may be a row with names in three languages: it is read when the mail is drawn."""
    coming = day is not None and day >= on
    return unit.pk, {"text": text, "day": day, "coming": coming, "unit": unit.name, "url": settings.BASE_URL + reverse(name, args=args)}


def approvals(on, today):
    """Events for which members of a unit wait for its word, for those who give it."""
    waits: dict = {}
    for row in registration_approvals.asked():
        unit = row.member.home_unit if row.member_id else row.event.unit
        first = waits.setdefault((row.event_id, unit.path), (row.event, unit, row.approve_until))
        waits[row.event_id, unit.path] = (*first[:2], min(first[2], row.approve_until))
    who, found = registration_approvals.approvers({path for _event, path in waits}, today), defaultdict(list)
    for event, unit, until in sorted(waits.values(), key=lambda wait: wait[2]):
        for user in who[unit.path]:
            found[user].append(_line(event, until, on, unit, "education:registration_mine"))
    return found


def offers(on, today):
    """Offers that a partner has handed in, for the membership officers of the party; where it has none, for all who lead it."""
    handed_in = list(Offer.objects.filter(state=Offer.State.SUBMITTED).select_related("partner__party").order_by("submitted_at", "pk"))
    terms = Appointment.objects.told(today).filter(unit__in={offer.partner.party_id for offer in handed_in}, right__gte=Right.LEAD, below=True)
    leads: dict = defaultdict(list)
    for term in terms.select_related("office"):
        leads[term.unit_id].append(term)
    found = defaultdict(list)
    for offer in handed_in:
        officers = [term for term in leads[offer.partner.party_id] if term.office.slug == "membership_officer"]
        for user in sorted({term.user_id for term in officers or leads[offer.partner.party_id]}):
            found[user].append(_line(offer, offer.deadline, on, offer.partner.party, "education:offer_detail", offer.pk))
    return found


def steps(on, today):
    """Members whose agreed next step is due by Sunday, for who is in charge of them. What was agreed stays on the card, which is private."""
    due = DevelopmentStep.objects.due(sunday(on)).filter(due_on__gt=on - REMINDED).select_related("card__member__home_unit").order_by("due_on", "pk")
    rows = [(step, step.card.member) for step in due]
    who, found = registration_approvals.approvers({member.home_unit.path for _step, member in rows}, today), defaultdict(list)
    for step, member in rows:
        for user in who[member.home_unit.path]:
            found[user].append(_line(member.name, step.due_on, on, member.home_unit, "education:development", member.pk))
    return found
