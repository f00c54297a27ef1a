"""One run of everything that writes messages, as beat does it."""

import inspect
import json
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from django.utils.module_loading import import_string

from config.celery import WRITING, app
from tests import factories as make


def scheduled(name):
    return import_string(app.conf.beat_schedule[name]["task"])


def test_whatever_beat_runs_that_writes_messages_belongs_to_the_run():
    wakes = {name for name in app.conf.beat_schedule if "wake()" in inspect.getsource(scheduled(name).run)}
    assert wakes and wakes <= set(WRITING)


def test_every_room_writes_what_is_due_at_that_moment_and_the_next_run_nothing(tree, cast, capsys):
    def counts(now):
        call_command("run_reminders", f"--now={now.isoformat()}", "--json")
        return {kind: (found["written"], found["sent"]) for kind, found in json.loads(capsys.readouterr().out).items() if any(found.values())}

    november = timezone.now().replace(month=11, day=20) + timedelta(days=365)
    make.member("Jula Jubel", tree.a, joined_on=date(november.year - 25, 12, 15))
    found = counts(november)
    assert {"jubilees", "meter"} <= found.keys()
    assert all(written == sent > 0 for written, sent in found.values())
    assert counts(november) == {}


@pytest.mark.parametrize("now", ["gestern", "2026-13-45", ""])
def test_what_is_no_moment_is_said_beside_the_option(now):
    with pytest.raises(CommandError, match=f"argument --now: '{now}' is not a moment like 2026-11-23T07:00"):
        call_command("run_reminders", f"--now={now}")
