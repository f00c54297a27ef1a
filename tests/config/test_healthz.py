import os
import socket
import subprocess
import sys
import time

import pytest
from django.conf import settings as project

from config import health

NOW = time.time()


@pytest.fixture(autouse=True)
def own_key(monkeypatch, worker_id):
    monkeypatch.setattr(health, "SEEN_KEY", f"test:seen:{worker_id}:{time.time_ns()}")


def test_healthz_is_open_and_names_every_part(client, db):
    health.mark_seen("worker", time.time())
    health.mark_seen("beat", time.time())
    answer = client.get("/healthz/")
    assert answer.status_code == 200
    assert answer.json() == dict.fromkeys(["web", "database", "broker", "worker", "beat", "mail"], True)


def test_a_worker_that_fell_silent_is_not_seen(settings):
    health.mark_seen("worker", NOW - health.SEEN_SECONDS - 1)
    health.mark_seen("beat", NOW - health.SEEN_SECONDS + 5)
    assert health.background(NOW) == {"broker": True, "worker": False, "beat": True}


def test_pages_go_on_without_a_broker_and_healthz_says_so(client, db, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    answer = client.get("/healthz/")
    assert answer.status_code == 200
    assert answer.json() | {"mail": True} == {
        "web": True, "database": True, "broker": False, "worker": False, "beat": False, "mail": True,
    }  # fmt: skip


@pytest.mark.django_db
def test_a_mail_server_is_asked_whether_it_takes_connections(settings):
    settings.LOCAL_INBOX, settings.EMAIL_HOST = False, "127.0.0.1"
    settings.CACHES = {"process": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.EMAIL_PORT = server.getsockname()[1]
        assert health.mail_answers()
    assert not health.mail_answers()


def test_without_a_database_healthz_is_503():
    script = "from django.test import Client; a = Client(headers={'host': 'localhost'}).get('/healthz/')"
    script += "; print(a.status_code, a.json()['database'])"
    environment = {**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "BASE_URL": "http://localhost"}
    ran = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", script],
        cwd=project.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.stdout.strip() == "503 False", ran.stderr
