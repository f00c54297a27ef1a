import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR


@pytest.fixture(scope="session")
def local():
    """The module that the commands in bin/ share."""
    spec = importlib.util.spec_from_file_location("_local", ROOT / "bin" / "_local.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def clean_environment(local):
    return {name: value for name, value in os.environ.items() if name not in (*local.ELSEWHERE, "STATIC_ROOT")}


@pytest.fixture
def folder(local):
    """A place for a data directory that the service user of root can reach too; gone after the test."""
    with temporary_folder(local) as path:
        yield path


class temporary_folder:
    def __init__(self, local):
        self.local = local

    def __enter__(self):
        self.path = Path(tempfile.mkdtemp(prefix="ankommen-"))
        self.path.chmod(0o755)
        return self.path / "data"

    def __exit__(self, *_):
        self.local.Data(self.path / "data").remove()
        shutil.rmtree(self.path)


class Up:
    """A running bin/up on any free port."""

    def __init__(self, folder, environment, *words):
        command = [sys.executable, ROOT / "bin" / "up", "--port", "0", "--demo", "none", "--data", folder, *words]
        self.folder, self.environment = folder, environment
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, env=environment, text=True, **pipes)

    def address(self):
        """Wait until it greets. Raises with what it said when it ended instead."""
        for line in self.process.stdout:
            if "Ankommen runs at" in line:
                return line.split()[3].rstrip("/")
        raise AssertionError(self.process.stderr.read())

    def manage(self, *words):
        command = [sys.executable, ROOT / "bin" / "manage", "--data", self.folder, *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True)

    def ended(self, timeout=60):
        """Wait for the end; returns exit code and what it said on standard error."""
        _, said = self.process.communicate(timeout=timeout)
        return self.process.returncode, said

    def pids(self):
        """Process ids of everything it started, grandchildren too: all that carry its lock."""
        lock, found = self.folder / "lock", []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if any(os.path.samefile(handle, lock) for handle in (process / "fd").iterdir() if handle.exists()):
                    found.append(int(process.name))
            except OSError:
                continue
        return found


@pytest.fixture
def start(clean_environment, folder):
    """start(*words) starts bin/up on this test's data directory; it is gone after the test."""
    started = []

    def start(*words):
        started.append(Up(folder, clean_environment, *words))
        return started[-1]

    yield start
    for up in started:
        up.process.terminate()
        up.ended()


@pytest.fixture(scope="session")
def up(local, clean_environment):
    """One bin/up for all tests that only look at it."""
    with temporary_folder(local) as path:
        up = Up(path, clean_environment)
        up.url = up.address()
        yield up
        up.process.terminate()
        up.ended()


def eventually(question, seconds=60):
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + seconds
    while not (answer := question()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return answer


def get(address):
    with urllib.request.urlopen(address, timeout=10) as answer:
        return json.load(answer)
