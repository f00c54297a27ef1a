"""One mail in the month before: who has a jubilee in one's unit next month. A month without one sends none."""

from collections import defaultdict
from datetime import date

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_noop

from branches.models import Appointment, settings_of
from branches.scope import Right
from membership import jubilees
from membership.models import Member
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

KIND = "jubilees"
SHOWN = 20
NO_OFFICE = gettext_noop("The person holds no office any more for which this is meant.")
NOBODY = gettext_noop("Nobody has a jubilee in that month.")
MONTH = relativedelta(months=1)


def next_month(now):
    """First day of the month after that of `now`."""
    return timezone.localdate(now).replace(day=1) + MONTH


def terms(on):
    """Offices of today that care for the members of a unit and get its mails."""
    return Appointment.objects.told(on).filter(right__gte=Right.CARE, unit__kind__leads_members=True).select_related("unit")


def honoured(units, since):
    """{unit pk: [Member with day and years]} of those with their home in `units` and a jubilee in the month from `since`."""
    by_numbers, found = defaultdict(list), defaultdict(list)
    for unit, numbers in settings_of(units, "jubilees").items():
        by_numbers[tuple(numbers)].append(unit)
    for numbers, pks in by_numbers.items():
        members = jubilees.coming(Member.objects.filter(home_unit__in=pks), numbers, since, since + MONTH)
        for member in members.order_by("day", "pk"):
            found[member.home_unit_id].append(member)
    return found


def write(now):
    """Write the messages about next month that are not yet recorded; returns how many are new."""
    held, since = list(terms(timezone.localdate(now))), next_month(now)
    found = honoured({term.unit for term in held}, since)
    users = sorted({term.user_id for term in held if term.unit_id in found})
    payload = {"month": since.isoformat()}
    return len(
        enqueue([Message(kind=KIND, key=f"{KIND}:{user}:{since:%Y-%m}", recipient_id=user, payload=payload, due_at=now) for user in users])
    )


def load(messages, now):
    """{user pk: [Appointment]} of the recipients, the languages of their units and {(unit pk, month): members}."""
    held = defaultdict(list)
    for term in terms(timezone.localdate(now)).filter(user__in={message.recipient_id for message in messages}).select_related("user", "unit__kind"):
        held[term.user_id].append(term)
    units = {term.unit for found in held.values() for term in found}
    months = {date.fromisoformat(message.payload["month"]) for message in messages}
    return held, settings_of(units, "language"), {month: honoured(units, month) for month in months}


def build(message, loaded, now):
    held, languages, found = loaded
    own, month = held.get(message.recipient_id), date.fromisoformat(message.payload["month"])
    if not own:
        return kinds.Skip(NO_OFFICE)
    members = {member.pk: member for term in own for member in found[month].get(term.unit_id, ())}
    if not members:
        return kinds.Skip(NOBODY)
    user, first = own[0].user, own[0].unit
    quarter = {"unit": first.slug, "quarter": jubilees.quarter_of(month).isoformat()}
    context = {
        "recipient_name": user.given_name, "members": list(members.values())[:SHOWN], "more": max(len(members) - SHOWN, 0), "month": month,
        "unit": first, "url": f"{settings.BASE_URL}{reverse('membership:jubilee_list')}?{urlencode(quarter)}",
    }  # fmt: skip
    return kinds.render(KIND, context, user.language or languages[first.pk], to=user.email)
