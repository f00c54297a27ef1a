"""The unit of a member says yes or no before they get a place. It is asked once a day at most and reminded once; silence counts as a yes.

The yes is that of whoever cares for the member: the secretary of the nearest unit that has one, else who else cares there.
"""

from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from branches.models import Appointment, Unit, User, ancestor_paths
from branches.scope import Right
from common.links import Link
from education.models import Event, Registration
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

KIND = "approval"
LINK_DAYS = 30
NOTHING_WAITS = gettext_noop("Nothing waits for an answer any more.")
NO_OFFICE = gettext_noop("The recipient holds no office for this any more.")
LINK = Link("education:approval_link", timedelta(days=LINK_DAYS))
State = Registration.State


def until(event, now):
    """The last day on which the unit may answer: `approval_days` from now, but no later than the day before the event."""
    on = timezone.localdate(now)
    return max(on, min(on + timedelta(days=event.approval_days), timezone.localdate(event.starts_at) - timedelta(days=1)))


def asked(event=None):
    """Registrations that wait for their unit (of one event), with the unit that answers as `unit_path`."""
    rows = Registration.objects.filter(state=State.ASKED, event__state=Event.State.OPEN)
    return (rows.filter(event=event) if event else rows).select_related("member__home_unit", "event__unit").waiting_order()


def tell(now, event=None):
    """Ask units about registrations they were not asked about yet: one mail per person, event and day; what comes later that day waits for the next."""
    _write(asked(event).filter(approval_told_at=None), now, "", "approval_told_at")


def remind(now):
    """Remind once, when half the time is over."""
    on = timezone.localdate(now)
    rows = [
        row for row in asked().filter(approval_told_at__lt=now, approval_reminded_at=None)
        if on >= timezone.localdate(row.approval_told_at) + (row.approve_until - timezone.localdate(row.approval_told_at)) / 2 and on > timezone.localdate(row.approval_told_at)
    ]  # fmt: skip
    _write(rows, now, ":again", "approval_reminded_at")


@transaction.atomic
def _write(rows, now, suffix, field):
    on = timezone.localdate(now)
    groups = defaultdict(list)
    for row in rows:
        groups[row.event_id, row.member.home_unit.path if row.member_id else row.event.unit.path].append(row)
    who = approvers({path for _event, path in groups}, on)
    for (event, path), found in groups.items():
        messages = [
            Message(
                kind=KIND, key=f"{KIND}:{event}:{path}:{user}:{on}{suffix}", recipient_id=user, due_at=now,
                payload={"event": event, "path": path, "again": bool(suffix)},
            )
            for user in who[path]
        ]  # fmt: skip
        # Where nobody holds an office there is nobody to ask: the time runs all the same.
        if not messages or enqueue(messages):
            Registration.objects.filter(pk__in=[row.pk for row in found]).update(**{field: now})


def approvers(paths, on):
    """{path: [user pk, ..]} of who is asked for the units at `paths`: the secretaries of the nearest unit at which anybody cares, else those who do."""
    above = {up for path in paths for up in ancestor_paths(path)}
    terms = list(Appointment.objects.told(on).filter(unit__path__in=above, right__gte=Right.CARE).select_related("unit", "office"))
    found = {}
    for path in paths:
        reaching = [term for term in terms if term.reaches(path)]
        nearest = max((term.unit.depth for term in reaching), default=0)
        near = [term for term in reaching if term.unit.depth == nearest]
        secretaries = [term for term in near if term.office.slug == "secretary"]
        found[path] = sorted({term.user_id for term in secretaries or near})
    return found


def waiting_for(user, event, path):
    """Registrations for `event` that `user` may answer for the unit at `path` today."""
    rows = asked(event).filter(pk__in=Registration.objects.approvable_by(user).values("pk"))
    return [row for row in rows if (row.member.home_unit.path if row.member_id else row.event.unit.path) == path]


def address(event, path, user, on):
    """The full address of the page where `user` answers, good for LINK_DAYS; it acts in their name, without sign-in."""
    return LINK.address(event, path, user, on=on)


def load(messages, now):
    """({pk: User}, {pk: Event}, {path: Unit}) for a batch of mails."""
    users = User.objects.filter(is_active=True).in_bulk([message.recipient_id for message in messages])
    events = Event.objects.select_related("unit__kind", "place").in_bulk({message.payload["event"] for message in messages})
    units = Unit.objects.filter(path__in={message.payload["path"] for message in messages}).select_related("kind")
    return users, events, {unit.path: unit for unit in units}


def build(message, loaded, now):
    users, events, units = loaded
    user, event, unit = users.get(message.recipient_id), events.get(message.payload["event"]), units.get(message.payload["path"])
    if user is None or event is None or unit is None:
        return kinds.Skip(NOTHING_WAITS if user else NO_OFFICE)
    if user.right_on(unit) < Right.CARE:
        return kinds.Skip(NO_OFFICE)
    rows = waiting_for(user, event, unit.path)
    if not rows:
        return kinds.Skip(NOTHING_WAITS)
    context = {
        "event": event, "unit": unit, "names": [row.who for row in rows], "until": min(row.approve_until for row in rows),
        "again": message.payload["again"], "url": address(event.pk, unit.path, user.pk, timezone.localdate(now)), "recipient_name": user.given_name,
    }  # fmt: skip
    return kinds.render("registration_approval", context, user.language or settings.LANGUAGE_CODE, to=user.email)
