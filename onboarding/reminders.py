"""Weekly digest and escalation. What is to be told is derived from the data; that it was told is recorded under unique keys.

So a missed run loses nothing, a second one adds nothing, and after a pause everybody gets one mail, not one per missed day.
"""

from collections import Counter, defaultdict
from datetime import timedelta
from itertools import groupby
from operator import itemgetter

from django.conf import settings
from django.db import connection, transaction
from django.db.models import CharField, Exists, OuterRef, Prefetch, Q, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_noop

from branches.models import Appointment, Office, Unit, User, settings_of
from branches.scope import Right
from membership.models import ACTIVE, Status
from onboarding import digest_parts, duties, links, takeovers
from onboarding.models import Escalation, Journey, JourneyStep
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

MORNING = 7  # o'clock, local: reminders of a day are due from then on
COMING = timedelta(days=14)  # after the end of the week
HANDED_OVER = timedelta(days=60)  # so long a hand-over note stands beside the steps of somebody who moved here
SHOWN = 10  # entries per section of a mail; the rest is counted and waits in Ankommen
REMINDING = 7301  # advisory lock: schedulers at once take turns instead of meeting at the unique keys

NOTHING_DUE = gettext_noop("Nothing is due any more.")
WEEK_OVER = gettext_noop("The week is over; the next digest tells it all.")
NO_OFFICE = gettext_noop("The person holds no office any more for which this is meant.")
HIGHER_LEVEL = gettext_noop("A higher level was reached before this one could be told.")
NOBODY = gettext_noop("Nobody holds this office or stands in for it.")

# Members, and of exits those who have left: never the dead. The same as open_steps().
TOLD = "CASE journey.reason WHEN 'exit' THEN member.status = 'left' ELSE member.status = ANY(%(active)s) END"
# Levels that are reached and not recorded. levels: (unit, days late, office), one row per unit and level.
REACHED = f"""
SELECT step.id, step.unit_id, level.days, level.office_id,
       (SELECT max(told.level) FROM onboarding_escalation told WHERE told.journey_step_id = step.id)
FROM unnest(%(units)s::bigint[], %(days)s::int[], %(offices)s::bigint[]) AS level(unit_id, days, office_id)
JOIN onboarding_journeystep step
  ON step.unit_id = level.unit_id AND step.due_on <= %(on)s - level.days AND step.state IN ('open', 'waiting')
JOIN onboarding_journey journey ON journey.id = step.journey_id AND journey.state = 'running'
JOIN membership_member member ON member.id = journey.member_id AND {TOLD}
WHERE step.escalation_stopped_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM onboarding_escalation told WHERE told.journey_step_id = step.id AND told.level = level.days)
ORDER BY step.id, level.days
"""
# The first steps of each person and section, and how many there are.
DIGEST = f"""
SELECT user_id, section, step_id, total FROM (
    SELECT appointment.user_id, part.section, step.id AS step_id, count(*) OVER (PARTITION BY appointment.user_id, part.section) AS total,
           row_number() OVER (PARTITION BY appointment.user_id, part.section ORDER BY step.due_on, step.id) AS place
    FROM branches_appointment appointment
    JOIN onboarding_journeystep step ON step.duty_unit_id = appointment.unit_id AND step.duty_office_id = appointment.office_id
    JOIN onboarding_journey journey ON journey.id = step.journey_id AND journey.state = 'running'
    JOIN membership_member member ON member.id = journey.member_id AND {TOLD}
    CROSS JOIN LATERAL (
        SELECT CASE WHEN step.due_on < %(on)s THEN 'late' WHEN step.due_on <= %(sunday)s THEN 'week' ELSE 'coming' END AS section
    ) part
    WHERE appointment.user_id = ANY(%(users)s) AND appointment.right >= %(care)s AND appointment.starts_on <= %(today)s
      AND (appointment.ends_on IS NULL OR appointment.ends_on > %(today)s)
      AND step.state IN ('open', 'waiting') AND step.due_on <= %(until)s
) found WHERE place <= %(shown)s ORDER BY user_id, place
"""


def day(now):
    """The day whose reminders are due at `now`: until MORNING still the one before, so that midnight sends nothing."""
    local = timezone.localtime(now)
    return local.date() - timedelta(days=local.hour < MORNING)


def week(on):
    """ISO week of the day `on`, like "2026-W53"."""
    return "{}-W{:02}".format(*on.isocalendar())


def sunday(on):
    return on + timedelta(days=6 - on.weekday())


def due(now):
    """Write the messages due at `now` into the ledger; returns a Counter of (kind, "written")."""
    duties.settle(timezone.localdate(now))
    counts: Counter = Counter()
    for kind, write in (("digest", write_digests), ("escalation", write_escalations)):
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [REMINDING])
            counts[kind, "written"] = write(now)
    return counts


def open_steps():
    """Steps anybody may be reminded of: open, in a running journey of a member who is one; in that of an exit, of who has left."""
    leaves = Q(journey__reason=Journey.Reason.EXIT)
    told = leaves & Q(journey__member__status=Status.LEFT) | ~leaves & Q(journey__member__status__in=ACTIVE)
    return JourneyStep.objects.open().filter(told, journey__state=Journey.State.RUNNING)


# --- the weekly digest -----------------------------------------------------------------------------------------------


def write_digests(now):
    """One digest per person and ISO week, from the digest weekday of the unit on, for whom a step is late or due by Sunday.

    A week in which nothing is due leaves no row: silence is the rule for most of 12,000 secretaries.
    """
    on = day(now)
    step = open_steps().filter(duty_unit=OuterRef("unit"), duty_office=OuterRef("office"), due_on__lte=sunday(on))
    key = Concat(Value("digest:"), Cast(OuterRef("user"), CharField()), Value(f":{week(on)}"))
    found = (
        Appointment.objects.told(timezone.localdate(now))
        .filter(Exists(step), ~Exists(Message.objects.filter(key=key)), right__gte=Right.CARE)
        .values_list("user", "unit")
    )
    found = [*found, *_owing_office(on), *digest_parts.waiting(on, timezone.localdate(now))]
    weekdays = settings_of(Unit.objects.filter(pk__in={unit for _, unit in found}), "digest_weekday")
    users = sorted({user for user, unit in found if weekdays[unit] <= on.weekday()})
    payload = {"week": week(on)}
    return len(
        enqueue([Message(kind="digest", key=f"digest:{user}:{week(on)}", recipient_id=user, payload=payload, due_at=now) for user in users])
    )


def _owing_office(on):
    """[(user, unit)] of those who have steps of taking office due by Sunday, and of this week no digest yet."""
    steps = takeovers.due(sunday(on), on)
    told = set(Message.objects.filter(key__in=[f"digest:{user}:{week(on)}" for user in steps]).values_list("recipient", flat=True))
    return [(user, step.takeover.appointment.unit_id) for user, found in steps.items() if user not in told for step in found]


def load_digests(messages, now):
    """{user pk: {section: [JourneyStep, ..], "late_total": n, ..}} and who they are, for a batch of digests."""
    on = day(now)
    parameters = {
        "users": [message.recipient_id for message in messages], "on": on, "sunday": sunday(on), "until": sunday(on) + COMING,
        "today": timezone.localdate(now), "care": Right.CARE, "active": list(ACTIVE), "shown": SHOWN,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(DIGEST, parameters)
        rows = cursor.fetchall()
    steps = with_names(JourneyStep.objects.filter(pk__in={step for _, _, step, _ in rows}))
    sections: dict = defaultdict(lambda: defaultdict(list))
    for user, section, step, total in rows:
        sections[user][section].append(steps[step])
        sections[user][section + "_total"] = total
    users = recipients(messages, now)
    for user, found in takeovers.due(sunday(on) + COMING, on).items():
        sections[user]["office"] = found[:SHOWN]
    for user, parts in digest_parts.load(set(users), on, timezone.localdate(now)).items():
        sections[user]["parts"] = parts
    return users, sections


def build_digest(message, loaded, now):
    users, sections = loaded
    on, user = day(now), users.get(message.recipient_id)
    found = sections[message.recipient_id]
    if not user or not user.is_active or not (user.held or found["office"]):
        return kinds.Skip(NO_OFFICE)
    if message.payload["week"] != week(on):
        return kinds.Skip(WEEK_OVER)
    if not (found["late"] or found["week"] or found["parts"] or any(step.due_on <= sunday(on) for step in found["office"])):
        return kinds.Skip(NOTHING_DUE)
    entries = {name: [entry(user, step, on) for step in found[name]] for name in ("late", "week", "coming")}
    context = {
        **entries,
        "office": [office_entry(step, on) for step in found["office"]],
        "parts": found["parts"],
        **{f"{name}_total": found[f"{name}_total"] or 0 for name in entries},
        "more": sum(found[f"{name}_total"] or 0 for name in entries) - sum(map(len, entries.values())),
    }
    return mail("digest", user, context)


# --- escalation ------------------------------------------------------------------------------------------------------


def write_escalations(now):
    """Tell the office of the highest level a late step has newly reached; the levels it missed meanwhile are skipped.

    Each level once, and all that goes to one person at once in one mail.
    """
    on, today = day(now), timezone.localdate(now)
    escalations, wanted = [], []
    for step, levels in reached(on):
        escalations += [Escalation(journey_step_id=step, level=days, told_at=now, skipped=HIGHER_LEVEL) for _, days, _, _ in levels]
        unit, highest, office, told = levels[-1]
        if not told or told < highest:
            wanted.append((escalations[-1], (unit, office)))
    in_charge = duties.in_charge({asked for _, asked in wanted}, today)
    for escalation, asked in wanted:
        escalation.office_id = in_charge.get(asked, (None, None))[1]
        escalation.skipped = "" if asked in in_charge else NOBODY
    Escalation.objects.bulk_create(escalations, batch_size=5000)

    holders = defaultdict(list)
    terms = Appointment.objects.told(today).filter(unit__in={unit for unit, _ in in_charge.values()}, right__gte=Right.CARE)
    for user, unit, office in terms.values_list("user", "unit", "office"):
        holders[unit, office].append(user)
    bundles = defaultdict(list)
    for escalation, asked in wanted:
        for user in holders[in_charge.get(asked)]:
            bundles[user].append(escalation.pk)
    # What waits for room in somebody's week takes the new ones along: one mail more would only wait behind it.
    waiting = Message.objects.select_for_update(skip_locked=True).filter(kind="escalation", state=Message.State.DUE, recipient__in=bundles)
    waiting = dict(waiting.order_by("-pk").values_list("recipient", "pk"))
    keys = {f"escalation:{user}:{min(bundle)}": (user, bundle) for user, bundle in bundles.items()}
    new = enqueue(
        [Message(kind="escalation", key=key, recipient_id=user, due_at=now) for key, (user, _) in keys.items() if user not in waiting]
    )
    carried = [(waiting[user], bundle) for user, bundle in bundles.items() if user in waiting] + [(pk, keys[key][1]) for key, pk in new.items()]
    link = Escalation.messages.through
    link.objects.bulk_create([link(message_id=pk, escalation_id=escalation) for pk, bundle in carried for escalation in bundle], batch_size=5000)
    return len(new)


def reached(on):
    """(step pk, [(unit pk, days late, office pk, highest level told before), ..]) for each step with unrecorded levels, lowest first."""
    units = Unit.objects.filter(pk__in=open_steps().filter(due_on__lt=on).values("unit"))
    offices, active = dict(Office.objects.values_list("slug", "pk")), settings_of(units, "escalation_active")
    levels = [
        (unit, days, offices[office])
        for unit, found in settings_of(units, "escalation").items()
        for days, office in found
        if active[unit] and office in offices
    ]
    columns = map(list, zip(*levels, strict=True) if levels else ((), (), ()))
    parameters = dict(zip(("units", "days", "offices"), columns, strict=True)) | {"on": on, "active": list(ACTIVE)}
    with connection.cursor() as cursor:
        cursor.execute(REACHED, parameters)
        rows = cursor.fetchall()
    for step, group in groupby(rows, key=itemgetter(0)):
        yield step, [row[1:] for row in group]


def load_escalations(messages, now):
    """Who the messages go to, and {message pk: [(JourneyStep, level, office told), ..]} of what is still late and not stopped."""
    link = Escalation.messages.through
    rows = link.objects.filter(message__in=messages).values_list(
        "message", "escalation__journey_step", "escalation__level", "escalation__office"
    )
    steps = with_names(open_steps().filter(pk__in={row[1] for row in rows}, due_on__lt=day(now), escalation_stopped_at=None))
    offices = Office.objects.in_bulk()
    late = defaultdict(list)
    for message, step, level, office in rows:
        if step in steps:
            late[message].append((steps[step], level, offices[office]))
    return recipients(messages, now), late


def build_escalation(message, loaded, now):
    users, late = loaded
    on, user = day(now), users.get(message.recipient_id)
    if not user or not user.is_active or not user.held:
        return kinds.Skip(NO_OFFICE)
    found = [row for row in late[message.pk] if any(held.covers(row[0].unit) for held in user.held)]
    if not found:
        return kinds.Skip(NO_OFFICE if late[message.pk] else NOTHING_DUE)
    found.sort(key=lambda row: (row[0].due_on, row[0].pk))
    entries = [
        entry(user, step, on) | {"level": level, "stop_url": links.address("link_escalation", user, step, on)}
        for step, level, _ in found[:SHOWN]
    ]
    context = {"entries": entries, "total": len(found), "more": len(found) - len(entries)}
    return mail("escalation", user, context)


# --- what both mails share -------------------------------------------------------------------------------------------


def recipients(messages, now):
    """{pk: User} of those the messages go to; `held` are the appointments of today that let them care for members."""
    today = timezone.localdate(now)
    terms = (
        Appointment.objects.active(today).filter(right__gte=Right.CARE).select_related("unit", "office").order_by("-right", "unit__path")
    )
    users = User.objects.prefetch_related(Prefetch("appointments", terms, to_attr="held"))
    users = users.in_bulk({message.recipient_id for message in messages})
    languages = settings_of(Unit.objects.filter(pk__in={user.held[0].unit_id for user in users.values() if user.held}), "language")
    for user in users.values():
        user.language = user.language or (languages[user.held[0].unit_id] if user.held else settings.LANGUAGE_CODE)
    return users


def with_names(steps):
    """{pk: JourneyStep} with everything a mail says about it, in one query."""
    steps = steps.select_related("step", "unit", "duty_unit", "duty_office", "journey__member")
    return {step.pk: step for step in steps}


def entry(user, step, on):
    """One step in a mail: who, what, since when, how to reach them, and the link that settles it."""
    member = step.journey.member
    return {
        "step": step, "member": member, "on": on, "days": (on - step.due_on).days, "unit": step.unit,
        "handover": step.journey.handover if step.journey.moved_on and step.journey.moved_on > on - HANDED_OVER else "",
        "phone": member.mobile or member.phone, "in_charge": step.duty_office, "url": links.address("link_step", user, step, on),
    }  # fmt: skip


def office_entry(step, on):
    """One step of taking office in a mail."""
    url = settings.BASE_URL + reverse("onboarding:takeover_detail", args=[step.takeover_id])
    return {"step": step, "term": step.takeover.appointment, "days": (on - step.due_on).days, "url": url}


def mail(template, user, context):
    place = user.held[0] if user.held else context["office"][0]["term"]
    context |= {
        "recipient_name": user.given_name,
        "place": place,
        "several": len({held.unit_id for held in user.held}) > 1 or place.below,
    }
    return kinds.render(template, context, user.language, to=user.email)
