"""Doors of the queue: each fetches and makes one call."""

from celery import shared_task
from django.utils import timezone

from onboarding import reminders
from outbox.tasks import wake


@shared_task
def remind():
    reminders.due(timezone.now())
    wake()
