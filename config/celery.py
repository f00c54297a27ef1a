"""All periodic work on one screen. Celery only wakes work up; what is due is derived from the database."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("ankommen")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "send what is due": {"task": "outbox.tasks.relay", "schedule": 30.0, "options": {"expires": 60}},
    "write reminders": {"task": "onboarding.tasks.remind", "schedule": crontab(minute="*/10")},
    "start journeys": {"task": "onboarding.tasks.start_journeys", "schedule": crontab(minute="*/10")},
    "refresh figures": {"task": "cockpit.tasks.refresh_figures", "schedule": crontab(minute="5", hour="*")},
    "tidy up": {"task": "onboarding.tasks.tidy", "schedule": crontab(minute="30", hour="3")},
}
app.conf.beat_schedule_filename = os.environ.get("BEAT_SCHEDULE", "celerybeat-schedule")
