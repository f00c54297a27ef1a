from datetime import timedelta

from django.utils import timezone

from planning import volunteer_mails
from planning.models import Duty
from tests.access import CARE, PUBLIC, SEE, row
from tests.planning import elections


def election(o):
    """An election of this unit today."""
    return elections.election(o.unit, o.contact.by, day=timezone.localdate())


def duty(o):
    """The member of this place at a post of it, now."""
    now, found = timezone.now(), election(o)
    shift = elections.post(found).shifts.create(starts_at=now - timedelta(minutes=5), ends_at=now + timedelta(hours=1))
    volunteer = elections.volunteer(found, o.member)
    return Duty.objects.create(
        shift=shift, volunteer=volunteer, member=o.member, starts_at=shift.starts_at, ends_at=shift.ends_at, at=now, state_at=now, state="confirmed"
    )  # fmt: skip


def of_duty(o):
    return [duty(o).shift.post.election_id]


def done(o):
    row = duty(o)
    row.attend(timezone.now())
    return [row.shift.post.election_id]


def token(o):
    return [volunteer_mails.LINK.token(duty(o).volunteer_id)]


ROWS = [
    row("planning:volunteer_ask", lambda o: [election(o).pk], get=CARE, post=CARE),
    row("planning:volunteer_note", lambda o: [election(o).pk], post=CARE, data=lambda o: {"member": o.member.pk, "answer": "yes"}),
    row("planning:election_hours", done, get=SEE),
    row("planning:election_hours_sheet", done, get=SEE),
    row("planning:duty_sheets_all", of_duty, get=CARE),
    row("planning:duty_sheet", lambda o: [duty(o).shift.post_id], get=CARE),
    row("planning:election_day", of_duty, get=CARE, post=CARE),
    row("planning:election_day_send", of_duty, post=CARE),
    row("planning:election_day_change", of_duty, post=CARE, data={"do": "finish"}),
    row("planning:election_day_worker", get=PUBLIC),
    row("planning:election_day_offline", get=PUBLIC),
    row("planning:link_volunteer", token, get=PUBLIC, post=PUBLIC, data={"do": "yes"}),
    row("planning:link_volunteer_calendar", token, get=PUBLIC),
]
