import pytest

from outbox import kinds
from tests.outbox.sink import AskingBackend, Sink


@pytest.fixture
def sink(settings):
    """A mail server on this machine that all mail goes to."""
    server = Sink()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 1
    yield server
    server.stop()


@pytest.fixture
def asking(sink, settings, monkeypatch):
    """The same server, asked before anything is sent again."""
    settings.EMAIL_BACKEND = "tests.outbox.sink.AskingBackend"
    monkeypatch.setattr(AskingBackend, "sink", sink)
    return sink


@pytest.fixture
def note(monkeypatch):
    """The kind "note": to payload["to"], with what else the payload asks for."""

    def build(message, loaded, now):
        if message.payload.get("skip"):
            return kinds.Skip("Nothing is due any more.")
        if message.payload.get("raise"):
            raise RuntimeError("a template that fails on Jonas Reichelt")
        return kinds.Mail(to=message.payload["to"], subject=message.payload.get("subject", "Hallo"), text="Text")

    monkeypatch.setitem(kinds.KINDS, "note", kinds.Kind(lambda messages, now: None, build, "resend"))
    monkeypatch.setitem(kinds.KINDS, "letter", kinds.Kind(lambda messages, now: None, build, "hold"))
