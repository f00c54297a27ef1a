"""Doors of the queue. Losing them loses nothing: figures are counted when somebody looks, due reports are found again."""

import logging

from celery import shared_task
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis import RedisError

from branches.models import Unit
from cockpit import figures, reorganising, reports
from cockpit.models import Report

logger = logging.getLogger(__name__)


@shared_task
def refresh_figures():
    """Have the figures of all parties ready before anybody asks."""
    for root in Unit.objects.filter(depth=1):
        figures.refresh(root, timezone.localdate())


@shared_task
def write_report(pk):
    report = Report.objects.select_related("by").filter(pk=pk).first()
    if report:
        reports.write(report, timezone.now())


@shared_task
def write_due_reports():
    """Reports whose order was lost with the broker, or whose worker died."""
    for pk in Report.objects.due(timezone.now()).values_list("pk", flat=True):
        write_report(pk)


@shared_task
def drop_old_reports():
    Report.objects.expired(timezone.now()).delete()


@shared_task
def reorganise():
    """Merge, split, move and close the units whose day has come."""
    reorganising.carry_out_due(timezone.now())


def wake(report):
    """Have `report` written soon after the current transaction; without a broker it is found at the next round."""
    transaction.on_commit(lambda: _wake(report.pk))


def _wake(pk):
    try:
        write_report.delay(pk)
    except (OperationalError, RedisError, OSError) as error:
        logger.warning("the broker is away: %s", type(error).__name__)
