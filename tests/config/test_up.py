"""bin/up, bin/manage and what they share, for real: processes, ports and files of their own."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.conftest import ROOT, Up, eventually, get

pytestmark = [pytest.mark.services, pytest.mark.xdist_group("up")]


def test_a_bare_start_brings_up_every_part(up):
    assert eventually(lambda: all(get(f"{up.url}/healthz/").values())), get(f"{up.url}/healthz/")


def test_a_second_start_on_the_same_data_says_who_uses_it(up, start):
    second = start("--data", str(up.folder))
    code, said = second.ended()
    assert code == 1
    assert said == f"up: {up.folder} is in use by process {up.process.pid}; stop it or choose --data.\n"
    assert get(f"{up.url}/healthz/")["database"]


def test_a_taken_port_is_one_clear_line(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, said = start("--port", str(port)).ended()
    assert code == 1
    assert said == f"up: port {port} cannot be used (Address already in use); choose another with --port.\n"


def test_a_port_that_cannot_be_is_one_clear_line(start):
    assert start("--port", "99999").ended() == (1, "up: there is no port 99999; choose one up to 65535 with --port.\n")


def test_a_database_from_elsewhere_that_does_not_answer_is_one_clear_line(folder, clean_environment):
    code, said = Up(folder, clean_environment | {"DATABASE_URL": "postgres://x@127.0.0.1:1/x"}).ended()
    _preparing, line, end = said.split("\n")
    assert code == 1 and end == ""
    assert line.startswith("up: manage.py migrate failed: ") and "Connection refused" in line
    log = re.search(r"\(all of it: (.*)\)$", line)[1]
    assert "Traceback" in Path(log).read_text()


def test_a_command_uses_the_running_services_and_leaves_them_alone(up):
    before = sorted(up.pids())
    ran = up.manage("shell", "-v", "0", "-c", "from django.conf import settings; print(settings.BASE_URL)")
    assert (ran.returncode, ran.stdout.strip()) == (0, up.url), ran.stderr
    assert sorted(up.pids()) == before


def test_the_exit_code_of_a_command_is_passed_on(up):
    assert up.manage("no_such_command").returncode == 1


def test_nobody_gets_into_the_database_without_its_password(up):
    port = re.search(r"@127.0.0.1:(\d+)/ankommen", (up.folder / "running.json").read_text())[1]
    psycopg = pytest.importorskip("psycopg")
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(f"postgres://ankommen@127.0.0.1:{port}/ankommen", passfile="/nonexistent")


def test_secrets_are_closed_to_others_and_not_on_a_command_line(up, local):
    data = local.Data(up.folder)
    for name in ("local.json", "running.json"):
        assert (up.folder / name).stat().st_mode & 0o077 == 0
    for pid in up.pids():
        assert data.remembered()["password"] not in Path(f"/proc/{pid}/cmdline").read_text()


def test_stopping_stops_everything_and_a_second_start_finds_the_data(start, folder):
    first = start()
    address = first.address()
    users = "from branches.models import User; print(User.objects.{})"
    made = first.manage("shell", "-c", users.format("create_user('a@example.org', given_name='A')"))
    assert made.returncode == 0, made.stderr
    everything = first.pids()
    first.process.send_signal(signal.SIGINT)
    assert first.ended() == (0, "Preparing the database ...\nStopped.\n")
    assert [pid for pid in everything if os.path.exists(f"/proc/{pid}")] == []
    with pytest.raises(OSError):
        get(f"{address}/healthz/")

    asked = first.manage("shell", "-v", "0", "-c", users.format("count()"))
    assert asked.stdout.strip() == "1", asked.stderr
    assert first.pids() == []  # what bin/manage started for itself is gone again


def test_a_killed_start_leaves_nothing_behind_and_can_be_started_again(start):
    first = start()
    first.address()
    everything = first.pids()
    assert len(everything) > 5
    first.process.kill()
    first.ended()
    second = start()
    assert get(f"{second.address()}/healthz/")["database"]
    assert [pid for pid in everything if os.path.exists(f"/proc/{pid}")] == []


def test_a_part_that_dies_is_named_and_the_rest_stops(start):
    up = start()
    up.address()
    beat = next(pid for pid in up.pids() if "\0beat\0" in Path(f"/proc/{pid}/cmdline").read_text())
    os.kill(beat, signal.SIGKILL)
    code, said = up.ended()
    assert code == 1
    assert "up: beat was killed" in said.splitlines()[-1]
    assert up.pids() == []


def test_services_from_elsewhere_replace_the_embedded_ones(folder):
    script = "from django.conf import settings; print(settings.REDIS_URL)"
    command = [sys.executable, ROOT / "bin" / "manage", "--data", folder, "shell", "-v", "0", "-c", script]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout.strip()) == (0, os.environ["REDIS_URL"]), ran.stderr
    assert not (folder / "services").exists()


def test_commands_at_once_share_the_services_until_the_last_is_done(folder, clean_environment):
    command = [sys.executable, ROOT / "bin" / "manage", "--data", folder, "shell", "-v", "0", "-c"]
    script = "import time; from django.db import connection; time.sleep({}); connection.ensure_connection(); print('there')"
    ran = [
        subprocess.Popen([*command, script.format(seconds)], env=clean_environment, stdout=subprocess.PIPE, text=True)
        for seconds in (1, 4, 2)
    ]
    assert [one.communicate(timeout=60)[0].strip() for one in ran] == ["there"] * 3
    assert [one.returncode for one in ran] == [0, 0, 0]
