"""Clocks of membership and the journeys that follow: admissions, guests, transfers, and what becomes of the journey of whom they move.

What is due is derived from the rows, so a missed run loses nothing and a second one adds nothing.
"""

from collections import defaultdict
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_noop

from branches.models import Appointment, Office
from branches.scope import Right
from membership import admission, guests, status, transfers
from membership.models import Application, Change, Member
from onboarding import duties, exits, journeys, reminders
from onboarding.models import Journey, JourneyStep
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

RUNNING = 7302  # advisory lock: one run at a time
REMINDED_BEFORE = timedelta(days=7)
DECIDED = gettext_noop("All of these applications are decided by now.")


def arrive(pk, on, now):
    """Let the journey of member `pk` follow what they are now: it ends, moves or starts. Belongs into the transaction of the cause."""
    members = Member.objects.filter(pk=pk)
    exits.note_returns(members, on, now)
    journeys.follow(on, now, members)
    exits.begin_due(on, now, members)
    last = Change.objects.filter(member=pk).order_by("-at", "-pk").values_list("kind", flat=True).first()
    returned = last == Change.Kind.RETURNED
    journeys.start(members, on, Journey.Reason.RETURNED if returned else Journey.Reason.JOINED)


@transaction.atomic
def take_back(change, by, on, now):
    """Undo a change of status with what it did to the journey. False when something else has happened since."""
    if not status.take_back(change, by, now):
        return False
    member = Member.objects.filter(pk=change.member_id)
    exits.forget(member.active(), on, now)
    exits.lose_again(change.member_id, change)
    begun = Journey.objects.filter(member=change.member_id, reason=Journey.Reason.RETURNED, created_at__gte=change.at)
    begun.exclude(steps__state__in=(JourneyStep.State.DONE, JourneyStep.State.NOT_NEEDED)).delete()
    dropped = JourneyStep.objects.filter(state=JourneyStep.State.DROPPED, closed_at=change.at, journey__member=change.member_id)
    for journey in Journey.objects.filter(state=Journey.State.ENDED, pk__in=dropped.values("journey")):
        journey.resume()
    journeys.follow(on, now, member)
    return True


@transaction.atomic
def run(now):
    """All that is due at `now`. Returns {what: how many}; nothing when another run is at it."""
    on = timezone.localdate(now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [RUNNING])
        if not cursor.fetchone()[0]:
            return {}
    admission.take_up(on)
    guests.take_up(on)
    admitted = admission.lapse_due(on, now)
    ended = guests.end_due(on, now)
    moved = transfers.carry_out_due(on, now)
    left = exits.take_effect_due(on, now)
    exits.note_returns(Member.objects.all(), on, now)
    exits.begin_due(on, now)
    for pk in {*(application.member_id for application in admitted), *ended, *left, *(transfer.member_id for transfer in moved)}:
        arrive(pk, on, now)
    admission.forget(now)
    return {
        "admitted": len(admitted), "ended": len(ended), "moved": len(moved), "left": len(left),
        "invited": guests.invite_due(on, now), "reminded": remind(now),
    }  # fmt: skip


# --- who has to decide is told once ----------------------------------------------------------------------------------


def remind(now):
    """One mail to each person in charge of applications whose term ends within a week, or that nobody has sorted; each application once."""
    on, today = reminders.day(now), timezone.localdate(now)
    due = Q(state=Application.State.OPEN, decide_until__lte=on + REMINDED_BEFORE) | Q(state=Application.State.SORTING, received_on__lt=on)
    offices = dict(Office.objects.filter(slug__in=("secretary", "membership_officer")).values_list("slug", "pk"))
    asked = {}
    for pk, unit, state in Application.objects.filter(due, reminded_on=None).values_list("pk", "unit", "state"):
        slug = "membership_officer" if state == Application.State.SORTING else "secretary"
        if slug in offices:
            asked[pk] = (unit, offices[slug])
    in_charge = duties.in_charge(set(asked.values()), today)
    holders = defaultdict(list)
    terms = Appointment.objects.active(today).filter(unit__in={unit for unit, _office in in_charge.values()}, right__gte=Right.CARE)
    for user, unit, office in terms.values_list("user", "unit", "office"):
        holders[unit, office].append(user)
    bundles = defaultdict(list)
    for pk, pair in asked.items():
        for user in holders[in_charge.get(pair)]:
            bundles[user].append(pk)
    told = {pk for bundle in bundles.values() for pk in bundle}
    Application.objects.filter(pk__in=told).update(reminded_on=on)
    return len(
        enqueue(
            [
                Message(kind="applications", key=f"applications:{user}:{min(bundle)}:{on}", recipient_id=user, payload={"applications": bundle}, due_at=now)
                for user, bundle in bundles.items()
            ]
        )
    )


def load_reminders(messages, now):
    found = {pk for message in messages for pk in message.payload["applications"]}
    open_ones = Application.objects.filter(pk__in=found, state__in=(Application.State.OPEN, Application.State.SORTING))
    return reminders.recipients(messages, now), {row.pk: row for row in open_ones.select_related("unit", "member")}


def build_reminder(message, loaded, now):
    users, applications = loaded
    user, on = users.get(message.recipient_id), reminders.day(now)
    if not user or not user.is_active or not user.held:
        return kinds.Skip(reminders.NO_OFFICE)
    found = [applications[pk] for pk in message.payload["applications"] if pk in applications]
    found = [row for row in found if any(held.covers(row.unit) for held in user.held)]
    if not found:
        return kinds.Skip(DECIDED)
    found.sort(key=lambda row: (row.decide_until or on, row.pk))
    shown = found[: reminders.SHOWN]
    return reminders.mail("applications", user, {"entries": shown, "total": len(found), "more": len(found) - len(shown)})
