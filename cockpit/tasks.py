"""Doors of the queue. Losing them loses nothing: figures are counted when somebody looks, due reports are found again."""

from datetime import date

from celery import shared_task
from django.utils import timezone

from branches.models import Unit
from cockpit import figures, printing, quality, reorganising, report_runs
from cockpit.models import Report, ReportRun
from common.waking import soon


@shared_task
def refresh_figures():
    """Have the figures of all parties ready before anybody asks."""
    for root in Unit.objects.filter(depth=1):
        figures.refresh(root, timezone.localdate())


@shared_task
def write_report(pk):
    report = Report.objects.select_related("by").filter(pk=pk).first()
    if report:
        printing.write(report, timezone.now())


@shared_task
def write_due_reports():
    """Reports whose order was lost with the broker, or whose worker died."""
    for pk in Report.objects.due(timezone.now()).filter(run=None).values_list("pk", flat=True):
        write_report(pk)


@shared_task
def write_report_run(pk):
    """Write reports of a run for a while, then stand at the end of the queue again: letters and mails of others want their turn."""
    run = ReportRun.objects.filter(pk=pk).first()
    if run and report_runs.write(run):
        wake_run(run)


@shared_task
def write_due_report_runs():
    """Runs that have reports to write and nobody at it: the order was lost with the broker, or the worker died."""
    for pk in report_runs.forsaken(timezone.now()):
        write_report_run(pk)


@shared_task
def drop_old_reports():
    Report.objects.expired(timezone.now()).delete()
    ReportRun.objects.expired(timezone.now()).delete()


@shared_task
def reorganise():
    """Merge, split, move and close the units whose day has come."""
    reorganising.carry_out_due(timezone.now())


@shared_task
def keep_quality():
    """Keep the figures of the month that is over, in every party that has not yet."""
    month = quality.last_month(timezone.localdate())
    for root in Unit.objects.filter(depth=1):
        quality.keep(root, month)


@shared_task
def keep_quality_month(root, first):
    """The figures of an earlier month (its first day as text) that somebody asked for."""
    found = Unit.objects.filter(pk=root, depth=1).first()
    if found:
        quality.keep(found, quality.Month.ending(date.fromisoformat(first)))


def wake_quality(root, month):
    """Have `month` counted for the party `root` by the worker; without a broker it is asked for again with the next look."""
    soon(keep_quality_month, root.pk, month.first.isoformat())


def wake_run(run):
    """Have `run` written soon after the current transaction; without a broker it is found at the next round."""
    soon(write_report_run, run.pk)


def wake(report):
    """Have `report` written soon after the current transaction; without a broker it is found at the next round."""
    soon(write_report, report.pk)
