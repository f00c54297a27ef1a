"""A mail server that keeps what it accepts and misbehaves on demand; and a mail backend that may ask it what it has."""

import asyncio
import email
import socket
from email import policy
from types import SimpleNamespace

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, syntax
from django.core.mail.backends.smtp import EmailBackend


class Wayward(SMTP):
    @syntax("DATA")
    async def smtp_DATA(self, arg):
        if self.event_handler.misbehaves("drop after DATA"):
            self.transport.abort()
            return
        await super().smtp_DATA(arg)


class Sink(Controller):
    """`mails`: [(recipient, message)] in the order they were accepted. `mode` is how it misbehaves, for the next `times` mails."""

    def __init__(self):
        self.mails, self.mode, self.times, self.seconds, self.sessions = [], "", 0, 0, set()
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        super().__init__(self, hostname="127.0.0.1", port=port, ready_timeout=30, enable_SMTPUTF8=False)

    def factory(self):
        return Wayward(self.handler, **self.SMTP_kwargs)

    def misbehave(self, mode, times=1, seconds=0):
        self.mode, self.times, self.seconds = mode, times, seconds

    def misbehaves(self, mode):
        if self.mode != mode or not self.times:
            return False
        self.times -= 1
        return True

    async def handle_MAIL(self, server, session, envelope, address, options):
        self.sessions.add(session.peer)
        if self.misbehaves("421"):
            return "421 4.3.2 closing for the night"
        if self.misbehaves("hang"):
            await asyncio.sleep(self.seconds)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("busy"):
            return "450 4.2.1 the mailbox is busy"
        if address.startswith("gone"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.misbehaves("554"):
            return "554 5.7.1 not wanted"
        (recipient,) = envelope.rcpt_tos
        self.mails.append((recipient, email.message_from_bytes(envelope.content, policy=policy.default)))
        if self.misbehaves("drop after dot"):
            server.transport.abort()
        return "250 OK"

    @property
    def recipients(self):
        return [recipient for recipient, _ in self.mails]

    @property
    def ids(self):
        return [message["Message-ID"] for _, message in self.mails]


class AskingBackend(EmailBackend):
    """A mail server that can tell what it has accepted, as one on the same host can from its log."""

    sink = SimpleNamespace(ids=[])

    def accepted(self, message_ids):
        return set(message_ids) & set(self.sink.ids)
