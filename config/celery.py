"""All periodic work on one screen. Celery only wakes work up; what is due is derived from the database."""

import logging.config
import os
import time

from celery import Celery
from celery.schedules import crontab
from celery.signals import beat_init, before_task_publish, heartbeat_sent, setup_logging
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("ankommen")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "send what is due": {"task": "outbox.tasks.relay", "schedule": 30.0, "options": {"expires": 60}},
    "write reminders": {"task": "onboarding.tasks.remind", "schedule": crontab(minute="*/10")},
    "run mentoring": {"task": "onboarding.tasks.run_mentoring", "schedule": crontab(minute="4-59/10")},
    "suggest pairs": {"task": "onboarding.tasks.suggest_pairs", "schedule": 60.0, "options": {"expires": 120}},
    "start journeys": {"task": "onboarding.tasks.start_journeys", "schedule": crontab(minute="*/10")},
    "run the clocks of membership": {"task": "onboarding.tasks.run_clocks", "schedule": crontab(minute="2-59/10")},
    "welcome new members": {"task": "onboarding.tasks.welcome_members", "schedule": crontab(minute="6-59/10")},
    "write ordered letters": {"task": "onboarding.tasks.write_due_runs", "schedule": 60.0, "options": {"expires": 120}},
    "tell of offers": {"task": "education.tasks.tell_offers", "schedule": crontab(minute="8-59/10")},
    "tell of qualifications that run out": {"task": "education.tasks.remind_of_qualifications", "schedule": crontab(minute="25", hour="8")},
    "run registrations": {"task": "education.tasks.run_registrations", "schedule": crontab(minute="*/5")},
    "take up lists": {"task": "onboarding.tasks.work_lists", "schedule": 60.0, "options": {"expires": 120}},
    "reorganise units": {"task": "cockpit.tasks.reorganise", "schedule": crontab(minute="*/10")},
    "refresh figures": {"task": "cockpit.tasks.refresh_figures", "schedule": crontab(minute="5", hour="*")},
    "keep the quality of a month": {"task": "cockpit.tasks.keep_quality", "schedule": crontab(minute="20", hour="0,1,5")},
    "write ordered reports": {"task": "cockpit.tasks.write_due_reports", "schedule": 60.0, "options": {"expires": 120}},
    "write ordered runs of reports": {"task": "cockpit.tasks.write_due_report_runs", "schedule": 60.0, "options": {"expires": 120}},
    "drop old reports": {"task": "cockpit.tasks.drop_old_reports", "schedule": crontab(minute="45", hour="3")},
    "write ordered exports": {"task": "membership.tasks.write_due_exports", "schedule": 60.0, "options": {"expires": 120}},
    "do ordered actions": {"task": "membership.tasks.do_due_bulks", "schedule": 60.0, "options": {"expires": 120}},
    "ask for exports to be deleted": {"task": "membership.tasks.remind_of_exports", "schedule": crontab(minute="15", hour="8")},
    "empty own fields": {"task": "membership.tasks.empty_own_fields", "schedule": crontab(minute="40", hour="3")},
    "drop files of exports": {"task": "membership.tasks.drop_old_files", "schedule": crontab(minute="50", hour="3")},
    "run the rules of sections": {"task": "membership.tasks.run_sections", "schedule": crontab(minute="20", hour="*/6")},
    "recognise the accounts of members": {"task": "membership.tasks.recognise_accounts", "schedule": crontab(minute="55")},
    "search duplicates": {"task": "membership.tasks.search_duplicates", "schedule": crontab(minute="15", hour="2")},
    "tidy up": {"task": "onboarding.tasks.tidy", "schedule": crontab(minute="30", hour="3")},
    "forget who read what": {"task": "membership.tasks.forget_readings", "schedule": crontab(minute="50", hour="3")},
    "remind of meetings, decisions and requests": {"task": "planning.tasks.remind_of_life", "schedule": crontab(minute="35", hour="7-20")},
    "write ordered invitations": {"task": "planning.tasks.write_due_invitations", "schedule": 60.0, "options": {"expires": 120}},
    "propose how to fill shifts": {"task": "planning.tasks.propose_due_fillings", "schedule": 60.0, "options": {"expires": 120}},
    "tell volunteers of their shifts": {"task": "planning.tasks.tell_volunteers", "schedule": crontab(minute="7-59/15", hour="8-19")},
    "tell of jubilees": {"task": "membership.tasks.tell_jubilees", "schedule": crontab(minute="20", hour="8")},
}
# What writes messages of itself, in the order in which `manage.py run_reminders` does it: what happens to members comes first.
WRITING = [
    "run the clocks of membership",
    "start journeys",
    "write reminders",
    "run mentoring",
    "welcome new members",
    "run registrations",
    "tell of offers",
    "tell of qualifications that run out",
    "remind of meetings, decisions and requests",
    "tell volunteers of their shifts",
    "tell of jubilees",
    "ask for exports to be deleted",
]
app.conf.beat_schedule_filename = os.environ.get("BEAT_SCHEDULE", "celerybeat-schedule")


@setup_logging.connect
def log_as_the_web_does(**_):
    """Celery's own handlers would write the words of errors, which may hold personal data."""
    logging.config.dictConfig(settings.LOGGING)


# /healthz/ tells whether worker and beat were seen lately: the worker by its heartbeat, beat by the tasks it sends.
@heartbeat_sent.connect
def worker_seen(sender, **_):
    from config import health

    now = time.time()
    if now - getattr(sender, "marked", 0) > 20:
        sender.marked = now
        health.mark_seen("worker", now)


@beat_init.connect
def watch_beat(**_):
    beat_seen()
    before_task_publish.connect(beat_seen)


def beat_seen(**_):
    from config import health

    health.mark_seen("beat", time.time())
