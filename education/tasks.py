"""Doors of the queue: each fetches and makes one call. `now` is given by run_reminders only."""

from celery import shared_task
from django.utils import timezone

from education import qualifying, registering, registration_letters, telling, tracks
from outbox.tasks import wake


@shared_task
def tell_offers(now=None):
    """Whom announced offers fit, and the mails of this week; found again by the next round when a run was lost."""
    now = now or timezone.now()
    tracks.settle(now)
    telling.write(now)
    wake()


@shared_task
def run_registrations(now=None):
    """Offers and days that are over, units that did not answer, who moves up."""
    registering.run(now or timezone.now())
    wake()


@shared_task
def remind_of_qualifications(now=None):
    """Who has a qualification that runs out within three months, and letters to print; each is told of once, so a day that was missed is caught up."""
    now = now or timezone.now()
    qualifying.remind(now)
    registration_letters.remind(now)
    wake()
