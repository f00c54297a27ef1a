"""Doors of the queue: they wake the relay up. Losing them loses nothing, because the relay also polls."""

import logging

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis import RedisError

from outbox.relay import relay as relay_due

logger = logging.getLogger(__name__)


@shared_task
def relay():
    relay_due(timezone.now())


def wake():
    """Have the relay run soon after the current transaction; without a broker it runs at the next poll."""
    transaction.on_commit(_wake)


def _wake():
    try:
        relay.apply_async(expires=60)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("the broker is away: %s", type(error).__name__)
