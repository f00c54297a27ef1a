"""From the ledger to the mail server: claim, check again, mind the cap per person and week, send, record. Any number of relays may run at once.

A relay leases a batch (attempt_id, lease_until, committed), builds its mails, and has each recorded as sent before the next is out.
One that is killed leaves an expired lease behind. Whether the mail on its way got through is then asked where the mail backend
can tell (a method `accepted`); otherwise the kind decides. A message carries the same Message-ID at each attempt.
"""

import json
import logging
import smtplib
import time
import traceback
import uuid
from collections import Counter, defaultdict
from contextlib import contextmanager, suppress
from datetime import timedelta
from email.mime.image import MIMEImage
from itertools import groupby

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.validators import validate_email
from django.db import InterfaceError, OperationalError, connection
from django.utils.translation import gettext_noop
from psycopg.generators import fetch_many
from psycopg.pq import ExecStatus

from outbox import cap
from outbox.installation import may_send
from outbox.kinds import KINDS, Skip
from outbox.models import Message

logger = logging.getLogger(__name__)

BATCH = 500
LEASE = 120  # seconds; longer than one mail can take with EMAIL_TIMEOUT for each answer of the server
ATTEMPTS = 5
BACKOFF = [timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8)]
TROUBLES = 3  # failures in a row after which a domain, or the mail server, is left alone until the next run

CUT_OFF = gettext_noop("The sending was cut off. Please ask whether it arrived before you send it again.")
CRASHED = gettext_noop("The sending was cut off again and again.")
UNKNOWN_KIND = gettext_noop("This kind of message is not known any more.")
BAD_ADDRESS = gettext_noop("This is not a valid e-mail address.")
DOMAIN_AWAY = gettext_noop("The mail server of this address takes nothing at the moment.")

ENQUEUE = """
INSERT INTO outbox_message (kind, key, payload, recipient_id, due_at, state, reason, attempts, "to", subject, created_at)
SELECT kind, key, payload, recipient_id, due_at, 'due', '', 0, '', '', clock_timestamp()
FROM unnest(%s::text[], %s::text[], %s::jsonb[], %s::bigint[], %s::timestamptz[]) AS new(kind, key, payload, recipient_id, due_at)
ON CONFLICT (key) DO NOTHING RETURNING id, key
"""
# A crashed message is claimed alone: should it be what brings the relay down, it takes no other with it. So is every
# message of a kind that holds: then an expired lease means that its own sending had begun.
CLAIM = """
WITH picked AS (
    SELECT id, state FROM outbox_message
    WHERE due_at <= %(now)s AND state IN ('due', 'claimed', 'failed') AND CASE WHEN %(alone)s
        THEN (state = 'claimed' AND lease_until < clock_timestamp()) OR (state <> 'claimed' AND kind = ANY(%(held)s))
        ELSE state <> 'claimed' AND kind <> ALL(%(held)s) END
    ORDER BY due_at, id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE outbox_message message
SET state = 'claimed', attempt_id = %(attempt)s, lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
    attempts = attempts + (picked.state = 'claimed')::int
FROM picked WHERE message.id = picked.id
RETURNING message.*, picked.state = 'claimed' AS crashed
"""
RENEW = """
UPDATE outbox_message SET lease_until = clock_timestamp() + make_interval(secs => %s)
WHERE attempt_id = %s AND state = 'claimed' RETURNING id
"""
# Not waited for until it is on the disk: a database that crashes within that moment finds the row claimed, as after any crash.
SENT = """
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
UPDATE outbox_message SET state = 'sent', sent_at = $1::timestamptz, "to" = $2, subject = $3, reason = '', lease_until = NULL
FROM quick WHERE id = $4::bigint AND attempt_id = $5::uuid
"""


def enqueue(messages):
    """Write those of the unsaved Message rows whose keys are not there yet; returns {key: id} of these.

    Belongs into the transaction that writes the cause. Afterwards outbox.tasks.wake() spares the wait for the next poll.
    """
    rows = [(m.kind, m.key, json.dumps(m.payload), m.recipient_id, m.due_at) for m in messages]
    with connection.cursor() as cursor:
        cursor.execute(ENQUEUE, [list(column) for column in zip(*rows, strict=True)] or [[]] * 5)
        return {key: pk for pk, key in cursor.fetchall()}


def relay(now, limit=10_000):
    """Send what is due at `now`, at most `limit` messages. Returns a Counter of (kind, "sent" | "skipped" | "failed" | "waiting").

    Not inside a transaction: every step is committed by itself. Nothing is sent, nor written, from a restored copy (outbox.installation).
    """
    if not may_send():
        return Counter()
    run = Run(now)
    try:
        with connection.execute_wrapper(run.before_query):
            for alone in (False, True):
                while limit > 0 and (batch := run.claim(alone, 1 if alone else min(BATCH, limit))):
                    limit -= len(batch)
                    run.deliver(batch)
    finally:
        run.hang_up()
        run.recorded()
    return run.counts


def holds(kind):
    """Whether messages of this kind wait for a human when their sending was cut off."""
    return kind in KINDS and KINDS[kind].after_crash == "hold"


def verdict(error):
    """What an error on the way to the mail server means: (reason, whether for good, whether the connection is gone)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        return type(error).__name__, isinstance(error, smtplib.SMTPNotSupportedError), isinstance(error, OSError)
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    # A refused sender is a fault of the installation, which somebody mends; a refused recipient or content stays so.
    lasting = 500 <= code < 600 and not isinstance(error, smtplib.SMTPSenderRefused)
    return " ".join(f"{code} {text}".split()), lasting, code == 421


class Email(EmailMultiAlternatives):
    """A mail that brings the boundary of its parts along: having one found costs a tenth of the time a mail takes."""

    def message(self):
        message = super().message()
        if message.is_multipart():
            message.set_boundary(uuid.uuid4().hex)
        return message


class Run:
    """One run of the relay over one mail connection."""

    def __init__(self, now):
        self.now = now
        self.counts: Counter = Counter()
        self.backend = get_connection()
        self.server_troubles = 0
        self.domain_troubles: Counter = Counter()
        self.recording = False  # whether a record is on its way to the database
        self.stopped = ""  # why the mail server is left alone for the rest of this run

    def claim(self, alone, limit):
        """Lease up to `limit` messages; `crashed` on each tells that an earlier relay ended over it."""
        if self.stopped:
            return []
        self.attempt, self.leased_at, self.kept = uuid.uuid4(), time.time(), None
        held = [name for name in KINDS if holds(name)]
        parameters = {
            "now": self.now,
            "alone": alone,
            "held": held,
            "limit": limit,
            "attempt": self.attempt,
            "lease": LEASE,
        }
        return sorted(Message.objects.raw(CLAIM, parameters), key=lambda message: (message.due_at, message.pk))

    def deliver(self, batch):
        """Settle every message of `batch`: sent, skipped, failed, or given back: over the cap, or because the mail server is away."""
        letters = self.within_cap(self.built(self.not_yet_accepted(batch)))
        for place, (message, letter) in enumerate(letters):
            if self.stopped:
                return self.give_back([message for message, _ in letters[place:]])
            if self.still_ours(message):
                self.send(message, letter)

    def not_yet_accepted(self, batch):
        """Those of `batch` that are to be sent; what an earlier attempt brought to the mail server is recorded as sent instead."""
        can_tell = hasattr(self.backend, "accepted")
        tried = [message for message in batch if message.attempts]
        accepted = self.backend.accepted([message.message_id for message in tried]) if can_tell and tried else ()
        missing = []
        for message in batch:
            if message.message_id in accepted:
                self.sent(message, message.to, message.subject)
            elif message.crashed and message.attempts >= ATTEMPTS:
                self.failed(message, CRASHED, lasting=True)
            elif message.crashed and not can_tell and holds(message.kind):
                self.failed(message, CUT_OFF, lasting=True)
            else:
                missing.append(message)
        return missing

    def built(self, messages):
        """[(message, Mail)] of those still due. What cannot be built fails alone; what is no longer due is skipped, saying why."""
        letters, skipped = [], defaultdict(list)
        for name, group in groupby(sorted(messages, key=lambda m: m.kind), key=lambda m: m.kind):
            group = list(group)
            if name not in KINDS:
                for message in group:
                    self.failed(message, UNKNOWN_KIND)
                continue
            with self.failing(group):
                loaded = KINDS[name].load(group, self.now)
                for message in group:
                    with self.failing([message]):
                        letter = KINDS[name].build(message, loaded, self.now)
                        if isinstance(letter, Skip):
                            skipped[letter.reason].append(message)
                        else:
                            validate_email(letter.to)
                            letters.append((message, letter))
        for reason, group in skipped.items():
            self.owned(group).update(state=Message.State.SKIPPED, reason=reason, lease_until=None)
            self.counts.update((message.kind, "skipped") for message in group)
        return letters

    def within_cap(self, letters):
        """Those of `letters` for which there is room in the week of whom they go to; the others wait."""
        counted = [(message, letter.to) for message, letter in letters if message.kind not in cap.BEYOND]
        waiting = cap.reserve(counted, self.attempt, LEASE, self.now)
        self.counts.update((message.kind, "waiting") for message, _to in counted if message.pk in waiting)
        return [(message, letter) for message, letter in letters if message.pk not in waiting]

    @contextmanager
    def failing(self, messages):
        """Let what goes wrong inside fail `messages` and nothing else. Only a lost database is everybody's trouble."""
        try:
            yield
        except (OperationalError, InterfaceError):
            raise
        except ValidationError:
            for message in messages:
                self.failed(message, BAD_ADDRESS, lasting=True)
        except Exception as error:
            # Neither the error's text nor its values are logged: they may hold names.
            place = traceback.extract_tb(error.__traceback__)[-1]
            logger.warning("message %s: %s at %s:%s", messages[0].pk, type(error).__name__, place.filename, place.lineno)
            for message in messages:
                self.failed(message, type(error).__name__)

    def send(self, message, letter):
        """One message, one recipient, one transaction with the mail server, one record."""
        domain = letter.to.rpartition("@")[2].lower()
        if self.domain_troubles[domain] >= TROUBLES:
            return self.failed(message, DOMAIN_AWAY, counts=False)
        try:
            self.backend.open()
        except OSError as error:  # all errors of smtplib are OSErrors too
            self.stopped = verdict(error)[0]
            self.hang_up()
            return self.give_back([message])
        try:
            self.backend.send_messages([self.email(message, letter)])
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            reason, lasting, gone = verdict(error)
            self.failed(message, reason, lasting)
            self.domain_troubles[domain] += not lasting and not gone
            if gone:
                self.hang_up()
                self.server_troubles += 1
                self.stopped = reason if self.server_troubles >= TROUBLES else ""
        else:
            self.server_troubles = self.domain_troubles[domain] = 0
            self.sent(message, letter.to, letter.subject)

    def email(self, message, letter):
        headers = {"Auto-Submitted": "auto-generated", **letter.headers, "Message-ID": message.message_id}
        reply_to = [letter.reply_to] if letter.reply_to else None
        email = Email(letter.subject, letter.text, settings.DEFAULT_FROM_EMAIL, [letter.to], headers=headers, reply_to=reply_to)
        if letter.html:
            email.attach_alternative(letter.html, "text/html")
        for attachment in letter.attachments:
            email.attach(*attachment)
        for name, content in letter.pictures:
            picture = MIMEImage(content, "png", filename=name)
            picture.add_header("Content-ID", f"<{name}>")
            picture.add_header("Content-Disposition", "inline", filename=name)
            email.attach(picture)
        return email

    def still_ours(self, message):
        """Whether the lease on `message` holds; renewed in good time, so that a slow mail server never lets it run out."""
        if abs(time.time() - self.leased_at) > LEASE / 5:
            self.leased_at = time.time()
            with connection.cursor() as cursor:
                cursor.execute(RENEW, [LEASE, self.attempt])
                self.kept = {pk for (pk,) in cursor.fetchall()}
        return self.kept is None or message.pk in self.kept

    def owned(self, messages):
        """What is written about a message is written only by the relay that holds its lease."""
        return Message.objects.filter(pk__in=[message.pk for message in messages], attempt_id=self.attempt, state=Message.State.CLAIMED)

    def sent(self, message, to, subject):
        """Hand the record to the database at once and go on: it is written, whatever becomes of us, while the next mail is on its way."""
        self.recorded()
        with connection.wrap_database_errors:
            values = (self.now.isoformat(), to, subject[:200], str(message.pk), str(self.attempt))
            wire = connection.connection.pgconn
            wire.send_query_params(SENT.encode(), [value.encode() for value in values])
            wire.flush()
        self.recording = True
        self.counts[message.kind, "sent"] += 1

    def recorded(self):
        """Wait for the answer to the last record. Raises OperationalError when there is none or it is not good."""
        if self.recording:
            self.recording = False
            with connection.wrap_database_errors:
                for result in connection.connection.wait(fetch_many(connection.connection.pgconn)):
                    if result.status == ExecStatus.FATAL_ERROR:
                        raise OperationalError(result.error_message.decode())

    def before_query(self, execute, *arguments):
        """Whatever else asks the database waits for the last record first."""
        self.recorded()
        return execute(*arguments)

    def failed(self, message, reason, lasting=False, counts=True):
        """Try again later, or give up: when it is `lasting`, and after ATTEMPTS that count."""
        attempts = message.attempts + counts
        dead = lasting or attempts >= ATTEMPTS
        self.owned([message]).update(
            state=Message.State.DEAD if dead else Message.State.FAILED,
            due_at=message.due_at if dead else self.now + BACKOFF[max(attempts - 1, 0)],
            attempts=attempts, reason=reason[:200], lease_until=None,
        )  # fmt: skip
        self.counts[message.kind, "failed"] += 1

    def give_back(self, messages):
        self.owned(messages).update(state=Message.State.DUE, reason=self.stopped[:200], lease_until=None)

    def hang_up(self):
        with suppress(OSError):
            self.backend.close()
