"""A weekly word to the offices that are to do what a meeting decided, as long as something of it is due."""

from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from branches.models import Appointment
from common.templatetags.mails import isolate
from onboarding import duties, reminders
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue
from planning.models import Decision

KIND = "decisions"
LABEL = gettext_lazy("What meetings decided")
AHEAD = timedelta(days=7)
SHOWN = 10


def due(on):
    """Open decisions of an office whose day is past or comes within a week after `on`."""
    rows = Decision.objects.open().filter(office__isnull=False, due_on__lte=on + AHEAD, unit__closed_on=None)
    return rows.select_related("unit__kind", "event").order_by("due_on", "pk")


def by_user(rows, today):
    """{user pk: [Decision, ..]} of who holds or stands in for the office of each."""
    in_charge = duties.in_charge({(row.unit_id, row.office_id) for row in rows}, today)
    by_duty = defaultdict(list)
    for row in rows:
        # An office without the right to care, such as the treasurer's, is held all the same.
        for duty in {(row.unit_id, row.office_id), in_charge.get((row.unit_id, row.office_id))} - {None}:
            by_duty[duty].append(row)
    found = defaultdict(list)
    terms = Appointment.objects.told(today).filter(unit__in={unit for unit, _office in by_duty})
    held = list(terms.values_list("user", "unit", "office"))
    own = {(unit, office) for _user, unit, office in held}
    for user, unit, office in held:
        for row in by_duty.get((unit, office), ()):
            if (row.unit_id, row.office_id) == (unit, office) or (row.unit_id, row.office_id) not in own:
                found[user].append(row)
    return {user: rows for user, rows in found.items() if rows}


@transaction.atomic
def write(now):
    """One mail per person and ISO week in which something is due; returns how many were written. Safe to run twice."""
    on, today = reminders.day(now), timezone.localdate(now)
    week = reminders.week(on)
    users = sorted(by_user(list(due(on)), today))
    return len(enqueue([Message(kind=KIND, key=f"{KIND}:{user}:{week}", recipient_id=user, payload={"week": week}, due_at=now) for user in users]))


def load(messages, now):
    return reminders.recipients(messages, now), by_user(list(due(reminders.day(now))), timezone.localdate(now))


def build(message, loaded, now):
    users, mine = loaded
    user, on = users.get(message.recipient_id), reminders.day(now)
    if not user or not user.is_active:
        return kinds.Skip(reminders.NO_OFFICE)
    if message.payload["week"] != reminders.week(on):
        return kinds.Skip(reminders.WEEK_OVER)
    rows = mine.get(user.pk, [])
    if not rows:
        return kinds.Skip(reminders.NOTHING_DUE)
    language = user.language or settings.LANGUAGE_CODE
    with translation.override(language):
        words = ngettext("%(n)s decision to carry out", "%(n)s decisions to carry out", len(rows)) % {"n": len(rows)}
        lines = [_("this was decided and falls to your office:")]
        lines += [_("%(what)s (%(unit)s, until %(day)s)") % {"what": isolate(row.text), "unit": isolate(row.unit), "day": date_format(row.due_on, "SHORT_DATE_FORMAT")} for row in rows[:SHOWN]]
        context = {"words": words, "lines": lines, "label": _("See them and tick them off"), "why": _("You get this mail because of your office, once a week and only while something is due.")}
    context |= {"url": settings.BASE_URL + reverse("planning:decision_list"), "recipient_name": user.given_name}
    return kinds.render("mentoring", context, language, to=user.email)


def register():
    from onboarding.ledger import KINDS

    kinds.register(KIND, build, load)
    KINDS[KIND] = LABEL
