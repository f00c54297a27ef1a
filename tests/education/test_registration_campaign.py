"""Five hundred people register at once over real HTTP; and mails of registrations while senders are killed. Each with a control arm that does harm."""

import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings

from tests.outbox.test_kill_campaign import Installation

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("registration campaign")]
CSRF = "a" * 32
SEATS = 20


class Doors(Installation):
    """A whole installation of its own, with a web server of several processes."""

    def run(self, *words):
        command = [sys.executable, "-m", "tests.education.registration_campaign", *map(str, words)]
        done = subprocess.run(command, env=self.environment, cwd=settings.BASE_DIR, capture_output=True, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1])

    def serve(self, application):
        self.port = self.local.free_port()
        command = (sys.executable, "-m", "gunicorn", "-c", "python:config.gunicorn", "--workers", 4, "--bind", f"127.0.0.1:{self.port}", application)
        self.start("web", *command)
        for _try in range(300):
            try:
                return self.post("/healthz/")
            except OSError:
                time.sleep(0.1)
        raise AssertionError(self.data.log("web"))

    def post(self, path):
        """The status of a POST that registers, as a browser sends it."""
        server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Cookie": f"csrftoken={CSRF}", "Content-Type": "application/x-www-form-urlencoded"}
        server.request("POST", path, f"csrfmiddlewaretoken={CSRF}&do=register", headers)
        status = server.getresponse().status
        server.close()
        return status


@pytest.fixture(scope="module")
def doors():
    folder = Path(tempfile.mkdtemp(prefix="ankommen-"))
    folder.chmod(0o755)
    ours = Doors(folder)
    yield ours
    ours.close()
    shutil.rmtree(folder)


def states_of(ours, event):
    """The states in the order of arrival."""
    return [state for (state,) in ours.ask("SELECT state FROM education_registration WHERE event_id = %s ORDER BY asked_at, id", event)]


def rush(ours, made):
    """The states, in the order of arrival, after everybody registered at once."""
    random.shuffle(made["paths"])
    with ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(ours.post, made["paths"]))
    assert set(statuses) == {302}, set(statuses)
    return states_of(ours, made["event"])


@pytest.mark.parametrize("people", [150, *(pytest.param(500, marks=pytest.mark.slow, id=f"500, run {run}") for run in range(1, 21))])
def test_of_all_who_register_at_once_exactly_twenty_have_a_place_and_the_rest_waits_in_order(doors, people):
    doors.serve("config.wsgi")
    (made,) = doors.run("prepare", people, SEATS, 1)
    states = rush(doors, made)
    doors.kill("web")
    assert states == ["confirmed"] * SEATS + ["waiting"] * (people - SEATS)
    print(f"{people} registrations for {SEATS} places over 4 processes: {SEATS} confirmed")


def test_without_the_lock_the_same_rush_overbooks(doors):
    doors.serve("tests.education.unlocked")
    for made in doors.run("prepare", 120, SEATS, 8):
        confirmed = rush(doors, made).count("confirmed")
        if confirmed > SEATS:
            break
    doors.kill("web")
    assert confirmed > SEATS, "the control arm has to overbook"
    print(f"without the lock: {confirmed} confirmed for {SEATS} places")


@pytest.mark.parametrize("kills", [8, pytest.param(200, marks=pytest.mark.slow)])
def test_no_mail_of_a_registration_is_lost_or_doubled_while_senders_are_killed(doors, kills):
    (made,) = doors.run("prepare", 60, SEATS, 1)
    doors.empty()
    doors.sink.ids.clear()
    doors.start_senders("relay", 2)
    doors.start("people", sys.executable, "-m", "tests.education.registration_campaign", "live", made["event"], 1)
    done = 0
    end = time.monotonic() + 60 + 20 * kills
    while done < kills:
        assert time.monotonic() < end, doors.data.log("senders") + doors.data.log("people")
        assert doors.wait_for_mails(3, seconds=60), doors.data.log("senders") + doors.data.log("people")
        time.sleep(random.uniform(0, 0.05))
        done += doors.kill_one_forked("senders")
    os.killpg(doors.child("people").pid, signal.SIGKILL)
    doors.child("people").wait()
    end = time.monotonic() + 120
    while doors.ask("SELECT 1 FROM outbox_message WHERE state NOT IN ('sent', 'skipped') LIMIT 1"):
        assert time.monotonic() < end, doors.data.log("senders")
        time.sleep(0.2)
    doors.kill("senders")
    sent = doors.ask("SELECT id, key FROM outbox_message WHERE state = 'sent'")
    steps = doors.ask("SELECT 'registration:' || id FROM education_registrationchange WHERE at > (SELECT min(created_at) FROM outbox_message) ")
    written = {key for (key,) in doors.ask("SELECT key FROM outbox_message")}
    cut_off = doors.ask("SELECT count(*) FROM outbox_message WHERE attempts > 0")[0][0]
    seated = states_of(doors, made["event"])
    print(f"{kills} kills: {len(sent)} mails sent, {len(written)} steps, {cut_off} recovered from a cut-off sending")
    assert {key for (key,) in steps} <= written, "a step without its mail"
    assert len(doors.sink.ids) == len(set(doors.sink.ids)) == len(sent), "lost or doubled"
    assert cut_off, "no kill hit anything: the campaign proves nothing"
    assert sum(state in ("confirmed", "offered") for state in seated) <= SEATS
