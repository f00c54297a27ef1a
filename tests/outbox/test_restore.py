"""The restore drill: a dump restored elsewhere equals the original row by row, and sends no mail before somebody says so."""

import os
import subprocess
import sys
from datetime import date, datetime

import psycopg
import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from onboarding import journeys, reminders
from outbox import installation, relay
from outbox.models import Installation, Message
from tests import factories as make
from tests.config.conftest import local  # noqa: F401


def address(name):
    server = connection.settings_dict
    password = f":{server['PASSWORD']}" if server["PASSWORD"] else ""
    return f"postgres://{server['USER']}{password}@{server['HOST']}:{server['PORT']}/{name}"


def rows(name):
    """{table: (rows, sum of their texts)} of a whole database."""
    with psycopg.connect(address(name)) as asked:
        tables = [name for (name,) in asked.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
        sums = "SELECT count(*), md5(coalesce(string_agg(t::text, '' ORDER BY t::text COLLATE \"C\"), '')) FROM {} t"
        return {table: asked.execute(sums.format(f'"{table}"')).fetchone() for table in tables}


@pytest.fixture
def restored(local, transactional_db):  # noqa: F811
    """restored() dumps the database of the test, restores it under a name of its own beside it and gives that name."""
    tools = local.postgres_tools(local.find_binaries())
    name = f"{connection.settings_dict['NAME']}_restored"
    with psycopg.connect(address("postgres"), autocommit=True) as server:

        def restore():
            server.execute(f"CREATE DATABASE {name}")
            dump = subprocess.run([tools / "pg_dump", "-Fc", address(connection.settings_dict["NAME"])], capture_output=True, check=True).stdout
            subprocess.run([tools / "pg_restore", "-d", address(name)], input=dump, capture_output=True, check=True)
            return name

        yield restore
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture
def late(tree, cast):
    """Somebody whose first contact is late, told to the secretary: a message waits."""
    make.member("Jonas Reichelt", tree.a, joined_on=date(2020, 1, 1))
    journeys.start_due(date(2020, 1, 2))
    reminders.due(timezone.now())
    return Message.objects.filter(state="due")


def manage(name, sink, *command):
    """A command in a process of its own on the database `name`, mails going to the sink."""
    environment = {**os.environ, "DATABASE_URL": address(name), "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}"}
    ran = subprocess.run([sys.executable, "manage.py", *command], cwd=project.BASE_DIR, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout + ran.stderr


RELAY = ("shell", "-v", "0", "-c", "from django.utils import timezone; from outbox.relay import relay; print(relay(timezone.now()))")


@pytest.mark.services
def test_a_dump_restored_elsewhere_is_the_same_and_sends_no_mail_before_it_takes_over(late, restored, sink, settings):
    settings.LOCAL_INBOX = False
    waiting = late.count()
    assert waiting and installation.may_send()  # the real one has sent before
    copy = restored()
    assert rows(copy) == rows(connection.settings_dict["NAME"])
    assert "take_over" in manage(copy, sink, *RELAY) and not sink.mails
    assert rows(copy) == rows(connection.settings_dict["NAME"]), "nothing is written either"
    assert sum(relay.relay(timezone.now()).values()) == waiting == len(sink.mails), "the real one still sends"

    sink.mails.clear()
    assert f"{waiting} that may have gone out" in manage(copy, sink, "take_over")
    manage(copy, sink, *RELAY)
    assert not sink.mails
    with psycopg.connect(address(copy)) as asked:
        assert asked.execute("SELECT count(*) FROM outbox_message WHERE state = 'dead' AND reason = %s", [installation.MAYBE_SENT]).fetchone() == (waiting,)


@pytest.mark.services
def test_what_was_due_after_the_other_one_fell_silent_is_sent(late, restored, sink, settings):
    settings.LOCAL_INBOX = False
    installation.may_send()
    copy = restored()
    manage(copy, sink, "take_over", "--until", "2020-01-01T00:00")
    manage(copy, sink, *RELAY)
    assert len(sink.mails) == late.count()


def test_another_address_is_another_installation_and_a_trial_asks_nothing(db, settings, note, sink, client):
    settings.LOCAL_INBOX = False
    assert relay.relay(timezone.now()) == {} and Installation.objects.get().place == installation.here()
    assert not installation.is_copy() and client.get("/healthz/").json()["mail"]
    settings.BASE_URL = "https://elsewhere.example.org"
    relay.enqueue([Message(kind="note", key="note:a", payload={"to": "a@example.org"}, due_at=timezone.now())])
    assert installation.is_copy() and not relay.relay(timezone.now()) and not sink.mails
    settings.LOCAL_INBOX = True
    assert not installation.is_copy()


@pytest.mark.parametrize("until", ["2026-01-01T02:00", "2026-01-01T01:00Z", "2026-01-01T02:00+01:00"])
def test_a_moment_is_local_time_unless_it_says_otherwise(db, until):
    for minute in (0, 1):
        due = timezone.make_aware(datetime(2026, 1, 1, 2, minute))
        Message.objects.create(kind="note", key=f"note:{minute}", due_at=due)
    call_command("take_over", until=until)
    assert list(Message.objects.filter(state="dead").values_list("key", flat=True)) == ["note:0"]


def test_a_moment_that_is_none_is_refused(db):
    with pytest.raises(CommandError):
        call_command("take_over", until="yesterday")
