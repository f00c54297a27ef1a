"""Doors of the queue: they wake the relay up. Losing them loses nothing, because the relay also polls."""

from celery import shared_task
from django.utils import timezone

from common.waking import soon
from outbox.relay import relay as relay_due


@shared_task
def relay():
    relay_due(timezone.now())


def wake():
    """Have the relay run soon after the current transaction; without a broker it runs at the next poll."""
    soon(relay, expires=60)
