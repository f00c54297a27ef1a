import os
import subprocess
import sys
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from outbox import kinds, relay
from outbox.models import LocalMail, Message
from tests.at_once import at_once

State = Message.State
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("note")]


def put(*names, kind="note", **payload):
    """Messages to these names at example.org, due now."""
    rows = [Message(kind=kind, key=f"{kind}:{name}", payload={"to": f"{name}@example.org"} | payload, due_at=NOW) for name in names]
    relay.enqueue(rows)
    return [Message.objects.get(key=row.key) for row in rows]


def state(message):
    message.refresh_from_db()
    return message.state


def crash_while_sending(monkeypatch, names, kind="note", sent=True):
    """Relay that ends like a killed process: once the server has the mail (or just before) and before that is recorded."""

    class Killed(BaseException):
        pass

    def die(*args, **kwargs):
        raise Killed

    messages = put(*names, kind=kind)
    with monkeypatch.context() as patch:
        patch.setattr(relay.Run, "sent" if sent else "send", die)
        with pytest.raises(Killed):
            relay.relay(NOW)
    return messages


def end_leases():
    Message.objects.filter(state=State.CLAIMED).update(lease_until=datetime(2020, 1, 1, tzinfo=UTC))


def test_a_due_message_is_sent_once_to_one_recipient_with_its_own_id(sink):
    one, two = put("aylin", "bernd")
    assert relay.relay(NOW) == {("note", "sent"): 2}
    assert relay.relay(NOW) == {}
    assert sink.recipients == ["aylin@example.org", "bernd@example.org"]
    assert sink.ids == [one.message_id, two.message_id] and one.message_id != two.message_id
    assert len(sink.sessions) == 1
    one.refresh_from_db()
    assert (one.state, one.to, one.subject, one.sent_at, one.attempts) == (
        State.SENT,
        "aylin@example.org",
        "Hallo",
        NOW,
        0,
    )


def test_the_same_key_is_never_written_twice():
    assert len(relay.enqueue([Message(kind="note", key="k", due_at=NOW), Message(kind="note", key="l", due_at=NOW)])) == 2
    new = relay.enqueue([Message(kind="note", key="k", due_at=NOW), Message(kind="note", key="m", due_at=NOW)])
    assert list(new) == ["m"] and Message.objects.get(key="m").pk == new["m"]
    assert relay.enqueue([]) == {}


def test_what_is_not_due_yet_waits(sink):
    Message.objects.create(kind="note", key="later", payload={"to": "aylin@example.org"}, due_at=NOW + timedelta(minutes=1))
    assert not relay.relay(NOW)
    assert relay.relay(NOW + timedelta(minutes=1)) == {("note", "sent"): 1}


def test_a_refused_recipient_is_given_up_and_the_others_go_on(sink):
    gone, fine = put("gone", "aylin")
    assert relay.relay(NOW) == {("note", "failed"): 1, ("note", "sent"): 1}
    assert (state(gone), gone.reason) == (State.DEAD, "550 5.1.1 no such mailbox")
    assert state(fine) == State.SENT and len(sink.sessions) == 1


def test_a_busy_mailbox_is_tried_again_later_and_given_up_after_five_times(sink):
    (busy,) = put("busy")
    now, waits = NOW, []
    for attempt in range(1, 6):
        assert relay.relay(now) == {("note", "failed"): 1}
        assert state(busy) == (State.DEAD if attempt == 5 else State.FAILED) and busy.attempts == attempt
        assert not relay.relay(now)
        waits.append(busy.due_at - now)
        now = busy.due_at
    assert waits[:4] == relay.BACKOFF
    assert busy.reason == "450 4.2.1 the mailbox is busy" and not sink.mails


def test_a_given_up_message_can_be_sent_after_all(sink):
    (gone,) = put("gone")
    relay.relay(NOW)
    Message.objects.filter(pk=gone.pk).update(payload={"to": "aylin@example.org"})
    assert gone.retry(NOW) and not gone.retry(NOW)
    assert relay.relay(NOW) == {("note", "sent"): 1}


@pytest.mark.parametrize("mode", ["421", "drop after DATA", "hang"])
def test_a_connection_that_breaks_costs_one_message_an_attempt_and_the_rest_go_out(sink, mode):
    broken, *_others = put("aylin", "bernd", "carla")
    sink.misbehave(mode, seconds=3)
    assert relay.relay(NOW) == {("note", "failed"): 1, ("note", "sent"): 2}
    assert state(broken) == State.FAILED and broken.attempts == 1
    assert relay.relay(broken.due_at) == {("note", "sent"): 1}
    assert sorted(sink.recipients) == ["aylin@example.org", "bernd@example.org", "carla@example.org"]


def test_a_server_that_breaks_three_times_is_left_alone_until_the_next_run(sink):
    messages = put(*"abcdefgh")
    sink.misbehave("421", times=99)
    assert relay.relay(NOW) == {("note", "failed"): 3}
    assert [state(message) for message in messages] == [State.FAILED] * 3 + [State.DUE] * 5
    assert messages[-1].attempts == 0 and messages[-1].reason.startswith("421")


def test_a_server_that_is_away_costs_nobody_an_attempt(sink, settings):
    messages = put("aylin", "bernd")
    settings.EMAIL_PORT = 1
    for _ in range(10):
        assert relay.relay(NOW) == {}
    assert {(state(message), message.attempts, message.reason) for message in messages} == {(State.DUE, 0, "ConnectionRefusedError")}
    settings.EMAIL_PORT = sink.port
    assert relay.relay(NOW) == {("note", "sent"): 2}
    messages[0].refresh_from_db()
    assert messages[0].reason == ""


def test_a_domain_that_takes_nothing_is_left_alone_for_a_while(sink):
    put(*[f"busy{n}" for n in range(6)], "aylin")
    Message.objects.filter(key="note:aylin").update(payload={"to": "aylin@elsewhere.example"})
    assert relay.relay(NOW) == {("note", "failed"): 6, ("note", "sent"): 1}
    assert sorted(Message.objects.filter(state=State.FAILED).values_list("attempts", flat=True)) == [0, 0, 0, 1, 1, 1]


def test_refused_content_is_given_up(sink):
    (message,) = put("aylin")
    sink.misbehave("554")
    relay.relay(NOW)
    assert state(message) == State.DEAD and message.reason.startswith("554")


def test_an_answer_that_gets_lost_leads_to_the_same_message_id_again(sink):
    (message,) = put("aylin")
    sink.misbehave("drop after dot")
    assert relay.relay(NOW) == {("note", "failed"): 1}
    assert state(message) == State.FAILED
    relay.relay(message.due_at)
    assert sink.ids == [message.message_id] * 2  # the reader's server sees one mail


def test_an_answer_that_gets_lost_is_asked_for_where_the_server_can_tell(asking):
    (message,) = put("aylin")
    asking.misbehave("drop after dot")
    relay.relay(NOW)
    message.refresh_from_db()
    assert relay.relay(message.due_at) == {("note", "sent"): 1}
    assert asking.ids == [message.message_id]


def test_a_killed_relay_leaves_its_messages_to_the_next_when_the_lease_is_over(sink, monkeypatch):
    messages = crash_while_sending(monkeypatch, ["aylin", "bernd"], sent=False)
    assert not relay.relay(NOW)
    end_leases()
    assert relay.relay(NOW) == {("note", "sent"): 2}
    assert sink.ids == [message.message_id for message in messages]


def test_a_mail_sent_by_a_killed_relay_is_not_sent_again_where_the_server_can_tell(asking, monkeypatch):
    messages = crash_while_sending(monkeypatch, ["aylin", "bernd"])
    assert len(asking.mails) == 1
    end_leases()
    assert relay.relay(NOW) == {("note", "sent"): 2}
    assert asking.ids == [message.message_id for message in messages]


def test_where_nobody_can_tell_a_letter_is_held_for_a_human_and_a_note_is_sent_again(sink, monkeypatch):
    letter, untouched = crash_while_sending(monkeypatch, ["aylin", "bernd"], kind="letter")
    (note,) = crash_while_sending(monkeypatch, ["carla"])
    end_leases()
    relay.relay(NOW)
    assert state(letter) == State.DEAD and letter.reason == relay.CUT_OFF
    assert state(untouched) == State.SENT
    assert state(note) == State.SENT
    assert sink.recipients.count("aylin@example.org") == 1 and sink.recipients.count("carla@example.org") == 2


def test_a_message_that_kills_every_relay_takes_no_other_with_it(sink, monkeypatch):
    class Killed(BaseException):
        pass

    def build(message, loaded, now):
        if "poison" in message.key:
            raise Killed
        return kinds.Mail(to=message.payload["to"], subject="Hallo", text="Text")

    monkeypatch.setitem(kinds.KINDS, "note", kinds.Kind(lambda messages, now: None, build, "resend"))
    poison, *others = put("poison", "aylin", "bernd")
    for _ in range(8):
        try:
            relay.relay(NOW)
        except Killed:
            end_leases()
    assert [state(message) for message in others] == [State.SENT] * 2
    assert state(poison) == State.DEAD and poison.reason == relay.CRASHED


def test_a_lost_database_costs_nobody_an_attempt(sink, monkeypatch):
    (message,) = put("aylin")

    def lost(*args):
        raise connection.Database.OperationalError("the server closed the connection")

    with monkeypatch.context() as patch:
        patch.setitem(kinds.KINDS, "note", kinds.Kind(lambda messages, now: lost(), None, "resend"))
        patch.setattr(relay, "OperationalError", connection.Database.OperationalError)
        with pytest.raises(connection.Database.OperationalError):
            relay.relay(NOW)
    assert state(message) == State.CLAIMED and message.attempts == 0


def test_a_slow_server_never_outlasts_the_lease(sink, monkeypatch):
    monkeypatch.setattr(relay, "LEASE", 0.05)
    sink.misbehave("hang", times=3, seconds=0.2)
    put("aylin", "bernd", "carla")
    assert relay.relay(NOW) == {("note", "sent"): 3}
    assert len(sink.mails) == 3


def test_a_relay_that_lost_its_lease_leaves_the_message_to_the_one_that_has_it(sink, monkeypatch):
    _aylin, bernd = put("aylin", "bernd")
    monkeypatch.setattr(relay, "LEASE", 0.5)
    send = relay.Run.send

    def send_slowly(self, message, letter):
        another = {"attempt_id": uuid.uuid4(), "lease_until": timezone.now() + timedelta(days=1)}
        Message.objects.filter(pk=bernd.pk).update(**another)
        time.sleep(0.2)
        send(self, message, letter)

    monkeypatch.setattr(relay.Run, "send", send_slowly)
    assert relay.relay(NOW) == {("note", "sent"): 1}
    assert sink.recipients == ["aylin@example.org"] and state(bernd) == State.CLAIMED


def test_one_broken_row_among_a_thousand_stops_nobody(sink):
    put(*[f"m{n}" for n in range(997)])
    put("raising", **{"raise": True})
    put("broken", to="no address at all")
    put("unknown", kind="forgotten")
    assert relay.relay(NOW) == {("note", "sent"): 997, ("note", "failed"): 2, ("forgotten", "failed"): 1}
    assert set(Message.objects.exclude(state=State.SENT).values_list("key", "state", "reason")) == {
        ("note:raising", State.FAILED, "RuntimeError"),
        ("note:broken", State.DEAD, relay.BAD_ADDRESS),
        ("forgotten:unknown", State.FAILED, relay.UNKNOWN_KIND),
    }


def test_what_goes_wrong_is_logged_without_names(sink, caplog):
    put("raising", **{"raise": True})
    relay.relay(NOW)
    assert "RuntimeError" in caplog.text and "Reichelt" not in caplog.text and "raising@" not in caplog.text


def test_a_batch_whose_reading_fails_stops_no_other_kind(sink, monkeypatch):
    def load(messages, now):
        raise RuntimeError

    monkeypatch.setitem(kinds.KINDS, "bad", kinds.Kind(load, None, "resend"))
    put("a", "b", kind="bad")
    put("aylin")
    assert relay.relay(NOW) == {("bad", "failed"): 2, ("note", "sent"): 1}


def test_what_is_no_longer_due_is_skipped_and_says_why(sink):
    (message,) = put("aylin", skip=True)
    assert relay.relay(NOW) == {("note", "skipped"): 1}
    assert (state(message), message.reason) == (State.SKIPPED, "Nothing is due any more.") and not sink.mails


@pytest.mark.parametrize("name", ["to", "subject"])
def test_no_name_becomes_a_header(sink, name):
    (message,) = put("aylin", **{name: "Jonas\r\nBcc: spy@example.org"})
    relay.relay(NOW)
    assert state(message) in (State.DEAD, State.FAILED) and not sink.mails


def test_every_mail_says_that_no_human_wrote_it(sink):
    put("aylin")
    relay.relay(NOW)
    _, message = sink.mails[0]
    assert message["Auto-Submitted"] == "auto-generated"


def test_a_batch_is_read_in_a_constant_number_of_queries(sink):
    def reading(n):
        Message.objects.all().delete()
        put(*[f"m{n}" for n in range(n)])
        with CaptureQueriesContext(connection) as queries:
            relay.relay(NOW)
        return len([query for query in queries if "SET state = 'sent'" not in query["sql"]])

    assert reading(1) == reading(3) == reading(300)


def test_the_local_inbox_never_holds_a_mail_twice(settings, monkeypatch):
    settings.EMAIL_BACKEND = "outbox.inbox.InboxBackend"
    crash_while_sending(monkeypatch, ["aylin"])
    end_leases()
    assert relay.relay(NOW) == {("note", "sent"): 1}
    assert LocalMail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_relays_at_once_share_the_work(sink):
    messages = put(*[f"m{n}" for n in range(200)])
    counts = at_once(*[lambda: relay.relay(NOW, limit=50)] * 4)
    assert sum(sum(count.values()) for count in counts) == 200
    assert sorted(sink.ids) == sorted(message.message_id for message in messages)


def test_a_lost_broker_is_no_trouble():
    code = "import django; django.setup(); from outbox import tasks; tasks.wake(); print('still here')"
    environment = os.environ | {"REDIS_URL": "redis://127.0.0.1:1/0", "DJANGO_SETTINGS_MODULE": "config.settings"}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=30)
    assert ran.stdout == "still here\n" and "the broker is away" in ran.stderr


def test_locmem_and_other_backends_do(mailoutbox):
    put("aylin")
    assert relay.relay(NOW) == {("note", "sent"): 1}
    assert mail.outbox[0].to == ["aylin@example.org"]
