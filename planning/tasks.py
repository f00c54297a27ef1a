"""Doors of the queue: each fetches and makes one call. `now` is given by run_reminders only."""

from celery import shared_task
from django.utils import timezone

from common.waking import soon
from outbox.tasks import wake
from planning import decision_reminders, filling, meetings, meter_reminders, requests, volunteer_mails
from planning.models import Filling, Invitation


@shared_task
def remind_of_life(now=None):
    """Meetings to invite to, decisions to carry out, requests to answer."""
    now = now or timezone.now()
    meter_reminders.write(now)
    decision_reminders.write(now)
    requests.remind(now)
    requests.drop_unconfirmed(now)
    wake()


@shared_task
def write_invitation(pk):
    invitation = Invitation.objects.select_related("event", "by").filter(pk=pk, done_at=None).first()
    if invitation:
        meetings.write(invitation, timezone.now())
        wake()


@shared_task
def write_due_invitations():
    """Invitations whose order was lost with the broker."""
    for pk in Invitation.objects.filter(done_at=None).values_list("pk", flat=True):
        write_invitation(pk)


def wake_invitation(invitation):
    """Have its mails written soon after the current transaction."""
    soon(write_invitation, invitation.pk)


@shared_task
def tell_volunteers(now=None):
    """Shifts that were planned, and reminders three days and one day before."""
    if volunteer_mails.write(now or timezone.now()):
        wake()


@shared_task
def propose_filling(pk):
    """Find the best filling of the open places that was asked for."""
    row = Filling.objects.select_related("election", "unit", "by").filter(pk=pk, done_at=None).first()
    if row:
        filling.work(row, timezone.now())


@shared_task
def propose_due_fillings():
    """Those whose order was lost with the broker; old ones go."""
    filling.forget(timezone.now())
    for pk in Filling.objects.filter(done_at=None).values_list("pk", flat=True):
        propose_filling(pk)


def wake_filling(row):
    """Have it worked on soon after the current transaction."""
    soon(propose_filling, row.pk)
