"""What the workers of the kill campaign run: the real application and its real tasks, woken up much more often.

`celery -A tests.outbox.campaign worker` is the worker of the house. `python -m tests.outbox.campaign relay` runs the same relay in
processes that are forked anew at once when one is killed; with `before` or `after`, senders that mark a message before or after they
send it, and do nothing else: the control arm.
"""

import os
import sys
import time
from functools import partial
from pathlib import Path

import django
from django.conf import settings
from django.core.mail import send_mail
from django.core.mail.backends.smtp import EmailBackend
from django.utils import timezone

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
settings.EMAIL_BACKEND = "tests.outbox.campaign.AskingBackend"
django.setup()

from config.celery import app  # noqa: E402
from outbox import kinds, relay  # noqa: E402
from outbox.models import Message  # noqa: E402

relay.LEASE = 2
relay.BATCH = 8


def build_note(message, loaded, now):
    """Everybody gets as many notes as the cap allows in a week: one note counted twice after a kill would be held back, and seen."""
    person = int(message.key.partition(":")[2]) // settings.MAILS_PER_WEEK
    return kinds.Mail(to=f"person{person}@example.org", subject=message.key, text="Text")


kinds.register("note", build_note)
app.conf.beat_schedule = {
    "relay": {"task": "outbox.tasks.relay", "schedule": 0.2, "options": {"expires": 5}},
    "remind": {"task": "onboarding.tasks.remind", "schedule": 2.0, "options": {"expires": 5}},
}
app.conf.beat_max_loop_interval = 0.2
app.conf.broker_transport_options = {"visibility_timeout": 5, "socket_timeout": 2, "socket_connect_timeout": 2}


class AskingBackend(EmailBackend):
    """The sink's journal plays the part of a mail server's log."""

    def accepted(self, message_ids):
        return set(message_ids) & set(Path(os.environ["JOURNAL"]).read_text().split())


def send_with_relay():
    relay.relay(timezone.now())


def send_and_mark(mark):
    """Send what is due, marked as sent before or after it: what most systems do."""
    sent = Message.State.SENT
    for message in Message.objects.filter(state=Message.State.DUE).order_by("pk")[:20]:
        if mark == "before":
            Message.objects.filter(pk=message.pk).update(state=sent)
        send_mail(message.key, "Text", None, ["aylin@example.org"])
        if mark == "after":
            Message.objects.filter(pk=message.pk).update(state=sent)


WORK = {"relay": send_with_relay, "before": partial(send_and_mark, "before"), "after": partial(send_and_mark, "after")}


def fork_for_ever(work, number):
    """Keep `number` processes that do `work` over and over; whatever ends one, another follows."""
    while True:
        for _ in range(number):
            if not os.fork():
                while True:
                    work()
                    time.sleep(0.02)
        os.wait()
        number = 1


if __name__ == "__main__":
    fork_for_ever(WORK[sys.argv[1]], int(sys.argv[2]))
