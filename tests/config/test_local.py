"""What the starters say when the machine lacks something."""

import signal
import sys

import pytest


@pytest.fixture
def bare_machine(monkeypatch):
    """A machine where nothing can be installed by itself."""
    monkeypatch.setenv("PATH", "/nonexistent")


def test_a_full_disk_is_one_clear_line(local, tmp_path, monkeypatch):
    monkeypatch.setattr(local, "NEEDED_BYTES", 1 << 60)
    with pytest.raises(local.Fault, match=r"^the disk is full: \d+ MB free for .*data, \d+ MB needed\.$"):
        local.Data(tmp_path / "data").open()


def test_a_disk_that_fills_up_later_is_named_too(local):
    log = "LOG: x\nFATAL: could not write to file: No space left on device\n"
    assert local.explain("postgresql did not start", log) == "postgresql did not start: the disk is full."


def test_a_disk_too_full_for_one_more_page_is_named_too(local):
    log = "FATAL: could not extend file: wrote only 4096 of 8192 bytes\nHINT: Check free disk space.\nPANIC: cannot abort transaction 1\n"
    assert local.explain("the database could not be made", log) == "the database could not be made: the disk is full."


def test_a_folder_that_cannot_be_used_is_one_clear_line(local, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "argv", ["bin/up"])
    with pytest.raises(SystemExit) as ended:
        local.main(lambda _words: local.Data(tmp_path / "file" / "data").open())
    assert ended.value.code == f"up: {tmp_path}/file/data cannot be used (Not a directory)."


def test_who_comes_while_everything_is_stopped_is_not_sent_to_services_that_end(local, tmp_path):
    data = local.Data(tmp_path)
    assert data.take()
    data.start({"DATABASE_URL": "postgres://elsewhere/x", "REDIS_URL": "redis://elsewhere/0"})
    look = "import pathlib, signal, sys; ask = lambda *_: sys.exit(print(pathlib.Path(sys.argv[1]).exists()))"
    child = data.start_child("worker", [sys.executable, "-c", f"{look}; signal.signal(15, ask); print('ready', flush=True); signal.pause()", tmp_path / "running.json"])
    while "ready" not in data.log("worker"):
        assert child.poll() is None
    assert "environment" in data.running()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        data.stop()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert data.log("worker").split() == ["ready", "False"]


def test_python_without_venv_is_told_the_package(local, tmp_path, monkeypatch, bare_machine):
    monkeypatch.setattr(local, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(local, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(local.Fault, match=r"Run: sudo apt install python3\.\d+-venv$"):
        local.make_venv()


def test_a_missing_library_is_told_with_the_line_that_mends_it(local, monkeypatch, bare_machine, capsys):
    monkeypatch.setattr(local, "PDF_LIBRARIES", {"libnowhere.so.0": "libnowhere0"})
    local.check_libraries()
    assert capsys.readouterr().err == ("PDF files cannot be made before: sudo apt install libnowhere0 fonts-dejavu-core\n")


def test_an_installation_of_another_lock_is_done_again(local, tmp_path, monkeypatch):
    monkeypatch.setattr(local, "VENV", tmp_path)
    monkeypatch.setattr(local, "PYTHON", tmp_path / "python")
    monkeypatch.setattr(local, "make_venv", lambda: (_ for _ in ()).throw(local.Fault("made anew")))
    (tmp_path / "python").touch()
    local.write(tmp_path / "installed.json", {"requirements-dev.lock": local.digest("requirements-dev.lock")})
    local.install("requirements-local.lock")
    local.write(tmp_path / "installed.json", {"requirements-dev.lock": "yesterday's"})
    with pytest.raises(local.Fault, match="made anew"):
        local.install("requirements-local.lock")


def test_the_last_error_of_a_log_explains_it(local):
    log = "LOG: starting\nFATAL:  lock file exists\nLOG: database system is shut down\n"
    assert local.explain("postgresql did not start", log) == "postgresql did not start: FATAL:  lock file exists"
    trace = 'Traceback:\n  raise\ndjango.db.utils.OperationalError: connection failed: Connection refused\n\tIs the server running on that host?\n'
    assert local.last_line(trace) == "django.db.utils.OperationalError: connection failed: Connection refused"


def test_values_are_written_whole_and_read_as_none_before(local, tmp_path):
    assert local.read(tmp_path / "local.json") == {}
    local.write(tmp_path / "local.json", {"demo": []})
    assert local.read(tmp_path / "local.json") == {"demo": []}
