"""Doors of the queue: each fetches and makes one call."""

import logging

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis import RedisError

from membership.models import ListImport
from onboarding import feedback, intake, journeys, mentoring, reminders, section_news, standing
from outbox.tasks import wake

logger = logging.getLogger(__name__)


@shared_task
def remind():
    now = timezone.now()
    reminders.due(now)
    section_news.write(now)
    wake()


@shared_task
def run_mentoring():
    mentoring.due(timezone.now())
    wake()


@shared_task
def suggest_pairs():
    """Pools whose suggestions were ordered; also those whose order was lost with the broker."""
    mentoring.work_pools(timezone.now())


@shared_task
def start_journeys():
    journeys.run(timezone.localdate(), timezone.now())


@shared_task
def run_clocks():
    """Terms that are over, transfers whose day has come, invitations and reminders."""
    standing.run(timezone.now())
    feedback.ask_due(timezone.now())
    wake()


@shared_task
def work_list(pk):
    intake.work(pk, timezone.now(), timezone.localdate())


@shared_task
def work_lists():
    """Lists whose order was lost with the broker, or whose worker died."""
    for pk in ListImport.objects.working().values_list("pk", flat=True):
        work_list(pk)


@shared_task
def tidy():
    intake.tidy(timezone.now())


def wake_list(list_import):
    """Have the worker take up `list_import` after the current transaction; without a broker it is found at the next round."""
    transaction.on_commit(lambda: _wake_list(list_import.pk))


def _wake_list(pk):
    try:
        work_list.delay(pk)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("the broker is away: %s", type(error).__name__)


def wake_pools():
    """Have the worker make ordered suggestions soon; without a broker they are found within a minute."""
    transaction.on_commit(_wake_pools)


def _wake_pools():
    try:
        suggest_pairs.apply_async(expires=60)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("the broker is away: %s", type(error).__name__)
