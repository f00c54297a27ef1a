"""Reminding the office of a unit in time to invite to its next meeting. That it was reminded is a row, so nobody is told twice and a missed run loses nothing."""

from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from branches.models import Office, Unit
from common.templatetags.mails import isolate
from onboarding import reminders
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue
from planning import meter, meter_words
from planning.late_lines import by_user
from planning.models import MeterReminder

KIND = "meter"
LABEL = gettext_lazy("Reminder to invite to a meeting")
OFFICE = "secretary"
AHEAD = timedelta(days=7)  # before the last day to invite
SHOWN = 10
REMINDING = 7320  # advisory lock: runs at once take turns
PLANNED = gettext_noop("The meetings are planned by now.")
Stage = MeterReminder.Stage


def stage_of(forecast, on):
    """Which reminder is due on the day `on`: when the pace of the year asks for an invitation, and when the last moment for it comes."""
    if forecast.invite_by is None:
        return None
    near = on >= forecast.invite_by - AHEAD
    if forecast.state == "pace":
        return Stage.PACE if near else None
    return Stage.LAST if near else Stage.PACE


@transaction.atomic
def write(now):
    """Remind of what is due at `now`; returns how many mails were written. Safe to run at any time and twice."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REMINDING])
    on, today = reminders.day(now), timezone.localdate(now)
    told = {(row.unit_id, row.number, row.stage) for row in MeterReminder.objects.filter(year=on.year)}
    new = []
    for standing in _standings(on, now):
        stage, number = stage_of(standing.forecast(on), on), standing.held + standing.planned + 1
        # Who heard of the last moment need not hear of the pace any more.
        if stage and not {(standing.unit.pk, number, stage), (standing.unit.pk, number, Stage.LAST)} & told:
            new.append(MeterReminder(unit=standing.unit, year=on.year, number=number, stage=stage, told_at=now))
    MeterReminder.objects.bulk_create(new, batch_size=5000)
    bundles = _by_holder(new, today)
    keys = {f"{KIND}:{user}:{min(row.pk for row in rows)}": (user, rows) for user, rows in bundles.items()}
    written = enqueue([Message(kind=KIND, key=key, recipient_id=user, payload={"reminders": [row.pk for row in rows]}, due_at=now) for key, (user, rows) in keys.items()])
    link = MeterReminder.messages.through
    link.objects.bulk_create([link(message_id=pk, meterreminder_id=row.pk) for key, pk in written.items() for row in keys[key][1]], batch_size=5000)
    return len(written)


def _standings(on, now):
    units = list(Unit.objects.open(on).select_related("kind"))
    return meter.placed(units, on.year, meter.counts(None, on.year, now)).values()


def _by_holder(rows, today):
    """{user pk: [MeterReminder, ..]}: who holds or stands in for the office of each unit and gets its mails."""
    office = Office.objects.filter(slug=OFFICE).values_list("pk", flat=True).first()
    return by_user(rows, lambda row: (row.unit_id, office), today) if office else {}


def load(messages, now):
    """Who the mails go to, the reminders they carry, and where their units stand now."""
    rows = MeterReminder.objects.filter(pk__in={pk for message in messages for pk in message.payload["reminders"]})
    rows = {row.pk: row for row in rows.select_related("unit__kind")}
    units = list({row.unit_id: row.unit for row in rows.values()}.values())
    return reminders.recipients(messages, now), rows, meter.standings(units, reminders.day(now).year, now)


def build(message, loaded, now):
    users, rows, standings = loaded
    user, on = users.get(message.recipient_id), reminders.day(now)
    if not user or not user.is_active or not user.held:
        return kinds.Skip(reminders.NO_OFFICE)
    mine = [rows[pk] for pk in message.payload["reminders"] if pk in rows and any(term.covers(rows[pk].unit) for term in user.held)]
    if not mine:
        return kinds.Skip(reminders.NO_OFFICE)
    still = [standings[row.unit_id] for row in mine if row.year == on.year]
    still = [one for one in still if one.forecast(on).invite_by and one.forecast(on).state != "planned"]
    still.sort(key=lambda one: (one.forecast(on).invite_by, one.unit.path))
    if not still:
        return kinds.Skip(PLANNED)
    with translation.override(user.language):
        entries = [
            {
                "unit": one.unit, "counted": meter_words.counted(one), "outlook": meter_words.outlook(one, on),
                "url": settings.BASE_URL + reverse("planning:unit_meter", args=[one.unit.slug]),
            }
            for one in still[:SHOWN]
        ]  # fmt: skip
        many = len(still)
        words = ngettext("Time to invite to a meeting: %(unit)s", "Time to invite to meetings in %(n)s units", many) % {"n": many, "unit": isolate(still[0].unit)}
        why = _("You get this mail because of your office. Each meeting that is missing is told once in good time and once at the last moment.")
    context = {"words": words, "entries": entries, "more": many - len(entries), "why": why, "recipient_name": user.given_name}
    context["url"] = settings.BASE_URL + reverse("planning:meter") + "?show=missing"
    return kinds.render("meter", context, user.language, to=user.email)


def register():
    from onboarding.ledger import KINDS

    kinds.register(KIND, build, load)
    KINDS[KIND] = LABEL
