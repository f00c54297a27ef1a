"""docker-compose.yml, Dockerfile and .env.example agree with each other and with the code. No engine runs here."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.conf import settings as project
from django.core.management import get_commands

from tests.config.conftest import eventually

ROOT = project.BASE_DIR
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
APP = ["migrate", "web", "worker", "beat"]
TOOLS = Path(sys.executable).parent


def words(name):
    """What a service runs: its command, else the image's."""
    return SERVICES[name].get("command") or eval(re.search(r"^CMD (.*)$", (ROOT / "Dockerfile").read_text(), re.M)[1])


def run(command, **environment):
    command = [str(TOOLS / command[0]), *command[1:]]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True)


def test_every_part_is_there():
    assert set(SERVICES) == {"db", "redis", "mail", *APP}
    assert SERVICES["mail"]["profiles"] == ["tryout"]


def test_the_app_is_one_image_closed_and_without_root():
    assert len({SERVICES[name]["image"] for name in APP}) == 1
    assert all(SERVICES[name]["read_only"] and SERVICES[name]["cap_drop"] == ["ALL"] for name in APP)
    assert re.search(r"^USER ankommen$", (ROOT / "Dockerfile").read_text(), re.M)


def test_every_variable_is_in_the_example_and_none_is_there_for_nothing():
    used = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    example = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.M))
    assert used == example


def test_secrets_have_no_default():
    text = (ROOT / "docker-compose.yml").read_text()
    for secret in ("SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"):
        assert re.findall(rf"\$\{{{secret}(?!_)(..)", text) and set(re.findall(rf"\$\{{{secret}(?!_)(..)", text)) == {":?"}
        assert re.search(rf"^{secret}=$", (ROOT / ".env.example").read_text(), re.M)


def test_every_setting_handed_over_is_read_and_every_needed_one_is_handed_over():
    code = (ROOT / "config" / "settings.py").read_text() + (ROOT / "config" / "gunicorn.py").read_text()
    given = set(SERVICES["web"]["environment"])
    read = set(re.findall(r"""(?:env(?:\.\w+)?|environ\.get)\(\s*"([A-Z_]+)\"""", code))
    needed = set(re.findall(r"""env(?:\.\w+)?\("([A-Z_]+)"\)""", code))
    assert given <= read
    assert needed <= given | {"EMAIL_URL"}


def test_every_variable_that_the_manual_tells_of_can_be_set_on_a_server():
    table = (ROOT / "docs" / "operations.md").read_text().partition("| variable | meaning |")[2].partition("\n\n")[0]
    told = {name for line in table.splitlines() for name in re.findall(r"`([A-Z_]+)`", line.split("|")[1] if "|" in line else "")}
    the_image_says = {"CONN_MAX_AGE", "STATIC_ROOT", "BEAT_SCHEDULE", "DEBUG"}
    assert len(told) > 15 and told - the_image_says <= set(SERVICES["web"]["environment"])


def test_several_web_and_worker_containers_can_run():
    for name in ("web", "worker"):
        assert "container_name" not in SERVICES[name] and "hostname" not in SERVICES[name]
    first, last = re.search(r"(\d+)-(\d+)}:8000", "".join(SERVICES["web"]["ports"])).groups()
    assert int(last) - int(first) >= 3


def test_whoever_needs_tables_waits_for_the_migrations():
    for name in ("web", "worker", "beat"):
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert SERVICES["migrate"]["depends_on"]["db"] == {"condition": "service_healthy"}
    assert SERVICES["migrate"]["restart"] == "no"


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "beat"])
def test_the_command_of_each_container_exists(name):
    command = words(name)
    if command[:2] == ["python", "manage.py"]:
        assert command[2] in get_commands()
    elif command[0] == "gunicorn":
        checked = run([*command[:1], "--check-config", *command[1:]])
        assert checked.returncode == 0, checked.stderr
    else:
        helped = run([*command[:4], "--help"])
        assert helped.returncode == 0, helped.stderr
        assert all(word in helped.stdout for word in command[4:] if word.startswith("--") and "=" not in word)


def test_the_image_compiles_messages_and_static_files_without_database(tmp_path):
    line = re.search(r"^RUN export (.*?) \\$", (ROOT / "Dockerfile").read_text(), re.M)[1]
    environment = dict(pair.split("=", 1) for pair in line.split())
    ran = run(["python", "manage.py", "collectstatic", "--no-input"], **environment, STATIC_ROOT=str(tmp_path), DEBUG="0")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "staticfiles.json").exists()


def test_the_image_installs_what_pdf_files_need(local):
    assert all(package in (ROOT / "Dockerfile").read_text() for package in local.PDF_LIBRARIES.values())
    assert all(package in (ROOT / ".ci" / "run").read_text() for package in local.PDF_LIBRARIES.values())


@pytest.mark.services
@pytest.mark.xdist_group("up")
@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_the_health_command_of_each_container_tells_the_truth(up, name):
    kind, python, script, *command = SERVICES[name]["healthcheck"]["test"]
    assert (kind, python, script) == ("CMD", "python", "manage.py")
    port = ["--port", up.url.rpartition(":")[2]] if name == "web" else []
    assert eventually(lambda: up.manage(*command, *port).returncode == 0)
    if name == "web":
        assert up.manage(*command, "--port", "1").returncode == 1


@pytest.mark.services
@pytest.mark.xdist_group("up")
def test_the_health_command_of_the_database_tells_the_truth(up, local):
    kind, tool, *options = SERVICES["db"]["healthcheck"]["test"]
    assert kind == "CMD"
    tool = local.postgres_tools(local.find_binaries()) / tool
    port = re.search(r"@127.0.0.1:(\d+)/ankommen", (up.folder / "running.json").read_text())[1]
    assert subprocess.run([tool, *options, "-p", port]).returncode == 0
    assert subprocess.run([tool, *options, "-p", "1"]).returncode != 0


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"PARTY_COLOUR": "red"}, "PARTY_COLOUR: not a colour like #c4122f: 'red'"), ({"PARTY_LOGO": "party/none.svg"}, "PARTY_LOGO: there is no file party/none.svg")],
    ids=["colour", "logo"],
)
@pytest.mark.parametrize("command", [["python", "manage.py", "check"], ["gunicorn", "--check-config", "-c", "python:config.gunicorn", "config.wsgi"]])
def test_a_wrong_look_stops_the_start_with_one_clear_line(command, wrong, told):
    ran = run(command, **wrong)
    assert ran.returncode and ran.stderr.strip() == told


def test_what_the_web_server_has_loaded_is_no_garbage_to_look_for():
    code = "import gc; from config import gunicorn; gunicorn.when_ready(None); print(gc.get_freeze_count() > 5_000, gc.get_threshold()[0])"
    assert run(["python", "-c", code]).stdout.split() == ["True", "20000"]
