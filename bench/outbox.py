"""Mails through the relay beside bare Django on one reused connection, and a whole reminder run beside its SQL and rendering."""

import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from statistics import median
from unittest.mock import patch

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from bench import figure
from onboarding import reminders
from onboarding.models import Escalation
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue, relay

MAIL = kinds.Mail(to="someone@example.org", subject="Bench", text="Text\n" * 40, html="<p>Text</p>\n" * 40)
kinds.register("bench", lambda message, loaded, now: MAIL)


@contextmanager
def mail_server():
    """A mail server in a process of its own that throws everything away."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Sink"])
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        backend = "django.core.mail.backends.smtp.EmailBackend"
        with override_settings(EMAIL_BACKEND=backend, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port):
            yield
    finally:
        server.kill()
        server.wait()


def bare(number):
    post = get_connection()
    post.open()
    for _ in range(number):
        email = EmailMultiAlternatives(MAIL.subject, MAIL.text, settings.DEFAULT_FROM_EMAIL, [MAIL.to])
        email.attach_alternative(MAIL.html, "text/html")
        post.send_messages([email])
    post.close()


def put(number):
    Message.objects.filter(kind="bench").delete()
    now = timezone.now()
    enqueue([Message(kind="bench", key=f"bench:{n}", due_at=now) for n in range(number)])
    return now


def seconds(work, *arguments):
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started


@figure("outbox.mails", unit="ratio", bar=0.85, at_least=True)
def mails(run):
    """Mails per second of the relay, in those of bare Django; both in turns."""
    with mail_server():
        pairs = [(seconds(bare, 500), seconds(relay, put(500))) for _ in range(6)][1:]
    Message.objects.filter(kind="bench").delete()
    return median(one / other for one, other in pairs)


@figure("outbox.batch_queries", unit="count", bar=6)
def batch_queries(run):
    """Statements for a batch of 500, beside the one that records each mail as sent."""
    with mail_server():
        now = put(500)
        with CaptureQueriesContext(connection) as sent:
            relay(now)
    Message.objects.filter(kind="bench").delete()
    return sum("SET state = 'sent'" not in query["sql"] for query in sent)


@figure("outbox.reminder_run", unit="ratio", bar=1.3)
def reminder_run(run):
    """A run of every reminder, mails thrown away, in the time its SQL and its rendering take."""
    spent = []

    def timed(work, *arguments, **options):
        started = time.perf_counter()
        try:
            return work(*arguments, **options)
        finally:
            spent.append(time.perf_counter() - started)

    render, now, last = kinds.render, timezone.now(), Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    with (
        override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend"),
        patch.object(kinds, "render", lambda *arguments, **options: timed(render, *arguments, **options)),
        connection.execute_wrapper(lambda execute, *arguments: timed(execute, *arguments)),
    ):
        whole = seconds(lambda: (reminders.due(now), relay(now)))
    Escalation.objects.filter(told_at=now).delete()
    Message.objects.filter(pk__gt=last).delete()
    return whole / sum(spent)
