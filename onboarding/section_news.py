"""One mail a week to those who lead a section with a rule: who came, who leaves soon. A week in which nobody moves sends none."""

from datetime import timedelta

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from branches.models import Appointment, settings_of
from branches.scope import Right
from membership import sections
from membership.models import Member, SectionRule
from onboarding import reminders
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

KIND = "sections"
NOBODY_MOVES = gettext_noop("Nobody came or leaves.")


def leads(on):
    """Appointments of today to a section with a rule that let somebody care for its members."""
    return Appointment.objects.active(on).filter(unit__section_rule__isnull=False, right__gte=Right.CARE)


def _monday(on):
    return on - timedelta(days=on.weekday())


def _news(units, on):
    rules = list(SectionRule.objects.filter(unit__in=units))
    return sections.news(rules, _monday(on), reminders.SHOWN) if rules else {}


@transaction.atomic
def write(now):
    """Write this week's messages due at `now`; returns how many are new."""
    on = reminders.day(now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [reminders.REMINDING])
    held = list(leads(timezone.localdate(now)).select_related("unit"))
    weekdays = settings_of({term.unit for term in held}, "digest_weekday")
    due = [term for term in held if weekdays[term.unit_id] <= on.weekday()]
    week = reminders.week(on)
    known = set(Message.objects.filter(key__in=[f"{KIND}:{term.user_id}:{week}" for term in due]).values_list("key", flat=True))
    due = [term for term in due if f"{KIND}:{term.user_id}:{week}" not in known]
    moved = _news({term.unit_id for term in due}, on)
    users = sorted({term.user_id for term in due if term.unit_id in moved})
    return len(enqueue([Message(kind=KIND, key=f"{KIND}:{user}:{week}", recipient_id=user, payload={"week": week}, due_at=now) for user in users]))


def load(messages, now):
    """Who the messages go to, the sections each of them leads, what moves in these, and the members it is about."""
    on = reminders.day(now)
    users = reminders.recipients(messages, now)
    held: dict = {}
    for term in leads(timezone.localdate(now)).filter(user__in=users).select_related("unit").order_by("unit__path"):
        held.setdefault(term.user_id, {})[term.unit_id] = term.unit
    moved = _news({unit for units in held.values() for unit in units}, on)
    members = Member.objects.in_bulk({pk for parts in moved.values() for _total, rows in parts.values() for pk, _day in rows})
    return users, held, moved, members


def build(message, loaded, now):
    users, held, moved, members = loaded
    user = users.get(message.recipient_id)
    if not user or not user.is_active or user.pk not in held:
        return kinds.Skip(reminders.NO_OFFICE)
    if message.payload["week"] != reminders.week(reminders.day(now)):
        return kinds.Skip(reminders.WEEK_OVER)
    found = [_section(unit, moved[pk], members) for pk, unit in held[user.pk].items() if pk in moved]
    if not found:
        return kinds.Skip(NOBODY_MOVES)
    return kinds.render("sections", {"recipient_name": user.given_name, "sections": found}, user.language, to=user.email)


def _section(unit, parts, members):
    """Names of those who are there; who left is no longer the section's to name, only counted."""
    named = {name: [{"member": members[pk], "day": day} for pk, day in parts.get(name, (0, []))[1]] for name in ("came", "leaving")}
    totals = {f"{name}_total": parts.get(name, (0, []))[0] for name in ("came", "left", "leaving")}
    more = {f"{name}_more": totals[f"{name}_total"] - len(rows) for name, rows in named.items()}
    return {"unit": unit, **named, **totals, **more}
