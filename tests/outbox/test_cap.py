from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from outbox import cap, kinds, relay
from outbox.models import Message

pytestmark = pytest.mark.django_db
State = Message.State
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def sending(settings, monkeypatch):
    """Kinds that go to payload["to"]; "urgent" is beyond the cap."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.MAILS_PER_WEEK = 3
    monkeypatch.setitem(cap.BEYOND, "urgent", "it says so")

    def build(message, loaded, now):
        return kinds.Mail(to=message.payload["to"], subject=message.key, text="Text")

    for name in ("news", "digest of a test", "urgent"):
        monkeypatch.setitem(kinds.KINDS, name, kinds.Kind(lambda messages, now: None, build, "resend"))


def put(number, to="aylin@example.org", kind="news", due_at=NOW, start=0):
    relay.enqueue([Message(kind=kind, key=f"{kind}:{to}:{n}", payload={"to": to}, due_at=due_at) for n in range(start, start + number)])


def in_state(state):
    return list(Message.objects.filter(state=state).order_by("pk").values_list("key", flat=True))


def test_what_is_over_the_cap_waits_says_why_and_goes_out_when_there_is_room():
    put(2)
    relay.relay(NOW)
    put(3, start=2)
    assert relay.relay(NOW + timedelta(days=1)) == {("news", "sent"): 1, ("news", "waiting"): 2}
    waiting = Message.objects.filter(state=State.DUE)
    assert {row.reason for row in waiting} == {cap.OVER} and {row.due_at for row in waiting} == {NOW + WEEK}
    assert relay.relay(NOW + WEEK - timedelta(seconds=1)) == {}
    assert relay.relay(NOW + WEEK) == {("news", "sent"): 2}
    assert len(mail.outbox) == 5 and not Message.objects.exclude(state=State.SENT).exists()


def test_kinds_beyond_the_cap_neither_wait_nor_take_room():
    put(9, kind="urgent")
    put(3)
    assert relay.relay(NOW) == {("urgent", "sent"): 9, ("news", "sent"): 3}
    put(1, start=3)
    put(1, kind="urgent", start=9)
    assert relay.relay(NOW) == {("urgent", "sent"): 1, ("news", "waiting"): 1}


def test_the_cap_counts_a_person_however_the_address_is_written_and_nobody_else():
    put(3, to="Aylin@Example.org")
    put(2, to="aylin@example.org")
    put(2, to="bernd@example.org")
    assert relay.relay(NOW) == {("news", "sent"): 5, ("news", "waiting"): 2}


def test_what_another_relay_is_sending_counts_until_its_lease_ends():
    put(4)
    Message.objects.filter(key__endswith=(":0")).update(state=State.CLAIMED, to="aylin@example.org", lease_until=datetime(2100, 1, 1, tzinfo=UTC))
    assert relay.relay(NOW) == {("news", "sent"): 2, ("news", "waiting"): 1}
    assert Message.objects.filter(state=State.DUE, due_at=NOW + timedelta(seconds=relay.LEASE)).exists()


def test_a_message_that_failed_takes_no_room():
    put(3)
    Message.objects.update(state=State.FAILED, to="aylin@example.org", due_at=NOW + timedelta(days=1))
    put(3, start=3)
    assert relay.relay(NOW) == {("news", "sent"): 3}


def test_a_batch_asks_for_room_in_a_constant_number_of_queries():
    def asked(number, start):
        for n in range(start, start + number):
            put(1, to=f"person{n}@example.org")
        with CaptureQueriesContext(connection, ) as queries:
            relay.relay(NOW)
        return len([query for query in queries if "lower" in query["sql"] or "unnest" in query["sql"]])

    assert asked(3, 0) == asked(40, 3)


def test_every_kind_beyond_the_cap_exists_and_says_why(monkeypatch):
    monkeypatch.delitem(cap.BEYOND, "urgent")
    assert not set(cap.BEYOND) - set(kinds.KINDS) and all(cap.BEYOND.values())


HOURS = 24 * 40
CALENDAR = st.lists(
    st.tuples(st.integers(0, HOURS), st.sampled_from(["news", "digest of a test", "urgent"]), st.sampled_from("abc"), st.integers(1, 4)),
    min_size=1, max_size=25,
)  # fmt: skip


@pytest.mark.wide
@budget(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CALENDAR, st.lists(st.integers(0, HOURS), max_size=40), st.integers(1, 4))
def test_no_week_of_any_calendar_has_more_than_the_cap_and_nothing_is_lost(settings, calendar, runs, most):
    """calendar: (hour, kind, person, how many) is written; runs: hours at which a relay comes by; then one comes every six hours."""
    Message.objects.all().delete()
    settings.MAILS_PER_WEEK = most
    written = 0
    for hour, kind, person, number in sorted(calendar):
        put(number, to=f"{person}@example.org", kind=kind, due_at=NOW + timedelta(hours=hour), start=written)
        written += number
    counted = sum(number for _hour, kind, _person, number in calendar if kind != "urgent")
    end = HOURS + (counted // most + 2) * 7 * 24
    for hour in sorted([*runs, *range(HOURS, end, 6)]):
        relay.relay(NOW + timedelta(hours=hour))
        if hour >= HOURS and not Message.objects.exclude(state=State.SENT).exists():
            break
    assert Message.objects.filter(state=State.SENT).count() == written, "nothing is lost"
    sent = defaultdict(list)
    for to, kind, at in Message.objects.values_list("to", "kind", "sent_at").order_by("sent_at"):
        if kind != "urgent":
            sent[to].append(at)
    for times in sent.values():
        for first, later in zip(times, times[most:], strict=False):
            assert later - first >= WEEK
