"""A thousand generated lists (ten thousand with --long): read or refused in words, never a crash, never half of it written."""

import json
import resource
import time
from datetime import date
from types import SimpleNamespace

import pytest
from django.utils import timezone

from common.sheets import SheetError, read
from membership import importing
from membership.models import ListImport, Member, Membership
from onboarding import intake
from onboarding.models import Journey
from tests.onboarding import hostile

TODAY = timezone.localdate()
TOGETHER = 100
SECONDS, MEGABYTES = 10, 300  # for one file, for all of a hundred
HUNDREDS = [*range(10), *(pytest.param(n, marks=pytest.mark.slow) for n in range(10, 100))]
pytestmark = pytest.mark.django_db


def check_values(values, header):
    text = json.dumps(values)
    assert "\\u0000" not in text and len(text) < 20_000
    for field in importing.DATES:
        if field in values:
            assert date(1880, 1, 1) <= date.fromisoformat(values[field])
    for field, most in importing.LIMITS.items():
        assert len(values.get(field, "")) <= most


def read_through(content, unit):
    """How many rows a list has, each read and checked as before staging. Raises SheetError for what is no list."""
    sheet = read(content)
    mapping = importing.guess(sheet.header)
    reader = importing._Reader(SimpleNamespace(mapping=mapping, header=sheet.header, list_date=TODAY, unit=unit, decisions={}))
    count, last = 0, sheet.header_line
    for line, cells in sheet.rows:
        assert line > last, "lines count upwards"
        last, count = line, count + 1
        number, values, problems = reader.read(line, cells)
        check_values(values, sheet.header)
        assert "\0" not in number and len(number) <= importing.LIMITS["number"]
        for problem in problems:
            assert problem["code"] in importing.PROBLEMS and (problem["column"] in sheet.header or not problem["column"])
            assert importing.message(problem)
    return count


@pytest.mark.parametrize("hundred", HUNDREDS)
def test_no_file_whatever_breaks_the_reading(hundred, tree):
    before, rows, refused = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0, 0
    for seed in range(hundred * TOGETHER, (hundred + 1) * TOGETHER):
        begun = time.monotonic()
        try:
            rows += read_through(hostile.file(seed), tree.district)
        except SheetError as error:
            assert str(error.message), seed
            refused += 1
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error
        assert time.monotonic() - begun < SECONDS, seed
    assert rows and refused, "both kinds are among them"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1024


def written():
    return Member.objects.count(), Membership.objects.count(), Journey.objects.count()


@pytest.mark.parametrize("hundred", HUNDREDS)
def test_what_is_written_is_a_whole_list_or_nothing(hundred, tree, cast):
    """From the upload to the members, for some files of each hundred."""
    for seed in range(hundred * TOGETHER, (hundred + 1) * TOGETHER, 50):
        before = written()
        row = ListImport.objects.create(unit=tree.district, by=cast.admin, file_name="l.csv", content=hostile.file(seed), list_date=TODAY)
        work(row, seed)
        if row.state == "columns":
            row.read_with(importing.guess(row.header), {"part": True})
            work(row, seed)
        assert row.state in ("compared", "failed"), (seed, row.state)
        assert written() == before, seed
        assert row.state == "compared" or row.trouble, seed
        if row.state == "compared":
            row.save_for(cast.admin)
            work(row, seed)
            assert row.state == "applied", (seed, row.trouble)
            assert written()[0] - before[0] == row.figures["joined"], seed


def work(row, seed):
    """What the worker does; an error it did not foresee is one too many."""
    intake.work(row.pk, timezone.now(), TODAY)
    row.refresh_from_db()
    assert "This did not work" not in row.trouble and "hat nicht geklappt" not in row.trouble, seed
