"""Doors of the queue: each fetches and makes one call. `now` is given by run_reminders only."""

from celery import shared_task
from django.utils import timezone

from common.waking import soon
from membership import accounts, bulk, duplicates, exporting, jubilee_news, merging, own_fields, reading, sections
from membership.models import BulkRun, Export
from outbox.tasks import wake


@shared_task
def recognise_accounts():
    accounts.recognise()


@shared_task
def forget_readings():
    reading.forget(timezone.now())


@shared_task
def tell_jubilees(now=None):
    if jubilee_news.write(now or timezone.now()):
        wake()


@shared_task
def search_duplicates():
    now = timezone.now()
    merging.forget(now)
    duplicates.search(now)


@shared_task
def write_export(pk):
    export = Export.objects.select_related("by", "unit", "purpose").filter(pk=pk).first()
    if export:
        exporting.write(export, timezone.now())


@shared_task
def write_due_exports():
    """Lists whose order was lost with the broker, or whose worker died."""
    for pk in Export.objects.due(timezone.now()).values_list("pk", flat=True):
        write_export(pk)


@shared_task
def do_bulk(pk):
    run = BulkRun.objects.filter(pk=pk).first()
    if run:
        bulk.do(run, timezone.now())


@shared_task
def do_due_bulks():
    """Actions whose order was lost with the broker."""
    for pk in BulkRun.objects.filter(state=BulkRun.State.DUE).values_list("pk", flat=True):
        do_bulk(pk)


@shared_task
def remind_of_exports(now=None):
    if exporting.remind(now or timezone.now()):
        wake()


@shared_task
def empty_own_fields():
    own_fields.empty_due(timezone.localdate())


@shared_task
def run_sections():
    sections.run(timezone.localdate(), timezone.now())


@shared_task
def drop_old_files():
    exporting.tidy(timezone.now())


def wake_export(export):
    """Have `export` written soon after the current transaction; without a broker it is found at the next round."""
    soon(write_export, export.pk)


def wake_bulk(run):
    """Have `run` done soon after the current transaction; without a broker it is found at the next round."""
    soon(do_bulk, run.pk)


def wake_sections():
    """Have the rules of sections run soon after the current transaction; without a broker they run at night."""
    soon(run_sections)
