"""Doors of the queue: each fetches and makes one call. `now` is given by run_reminders only."""

from celery import shared_task
from django.utils import timezone

from common.waking import soon
from membership.models import ListImport
from onboarding import books, feedback, intake, journeys, letters, mentoring, reminders, section_news, standing, takeovers, welcome
from onboarding.models import PrintRun
from outbox.tasks import wake


@shared_task
def remind(now=None):
    now = now or timezone.now()
    reminders.due(now)
    section_news.write(now)
    wake()


@shared_task
def run_mentoring(now=None):
    mentoring.due(now or timezone.now())
    wake()


@shared_task
def suggest_pairs():
    """Pools whose suggestions were ordered; also those whose order was lost with the broker."""
    mentoring.work_pools(timezone.now())


@shared_task
def start_journeys(now=None):
    now = now or timezone.now()
    journeys.run(timezone.localdate(now), now)


@shared_task
def run_clocks(now=None):
    """Terms that are over, transfers whose day has come, invitations and reminders."""
    now = now or timezone.now()
    standing.run(now)
    takeovers.run(now)
    feedback.ask_due(now)
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
    letters.tidy(timezone.now())


@shared_task
def welcome_members(now=None):
    """Welcome mails that are due, steps whose mail has gone out, and membership books in line with the journeys."""
    welcome.run(now or timezone.now())
    books.follow()
    wake()


@shared_task
def write_run(pk):
    run = PrintRun.objects.select_related("unit").filter(pk=pk).first()
    if run:
        letters.write(run, timezone.now())


@shared_task
def write_due_runs():
    """Runs whose order was lost with the broker, or whose worker died."""
    for pk in PrintRun.objects.due(timezone.now()).values_list("pk", flat=True):
        write_run(pk)


def wake_list(list_import):
    """Have the worker take up `list_import` after the current transaction; without a broker it is found at the next round."""
    soon(work_list, list_import.pk)


def wake_run(run):
    """Have the letters of `run` written soon after the current transaction; without a broker they are found at the next round."""
    soon(write_run, run.pk)


def wake_pools():
    """Have the worker make ordered suggestions soon; without a broker they are found within a minute."""
    soon(suggest_pairs, expires=60)
