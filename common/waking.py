"""Handing work to a worker. The broker only hurries it: what is to be done stands in the database, and a periodic run finds it there."""

import logging

from django.db import transaction
from kombu.exceptions import OperationalError
from redis import RedisError

logger = logging.getLogger(__name__)


def soon(task, *ids, **options):
    """Have `task` run with `ids` soon after the current transaction; without a broker it comes with its next round.

    options: as for apply_async, such as expires in seconds. Never raises because the broker is away.
    """
    transaction.on_commit(lambda: _send(task, ids, options))


def _send(task, ids, options):
    try:
        task.apply_async(ids, **options)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("the broker is away: %s", type(error).__name__)
