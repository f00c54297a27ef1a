"""Taking out a list of everybody: the file with its rules, beside the bare COPY of the same columns into a buffer; and what it holds in memory."""

import resource
import tempfile
from statistics import median
from time import perf_counter

from django.db import connection, transaction
from django.utils import timezone, translation

from bench import figure
from membership import exporting
from membership.models import Export, ExportPurpose

NAMES = ["number", "given_name", "family_name", "birth_date", "joined_on", "unit", "status", "email", "phone", "mobile", "street", "postcode", "city"]
BARE = """
COPY (SELECT number, given_name, family_name, birth_date, joined_on, unit.name, status, email, phone, mobile, street, postcode, city
      FROM membership_member member JOIN branches_unit unit ON unit.id = member.home_unit_id
      WHERE status IN ('full', 'guest', 'supporter') ORDER BY sort_key, member.id) TO STDOUT WITH (FORMAT csv)
"""


def bare():
    with tempfile.TemporaryFile() as file, connection.cursor() as cursor:
        with cursor.copy(BARE) as copy:
            for data in copy:
                file.write(data)
        return file.tell()


def written(run, user):
    """Write the file as exporting.write does, and roll it back."""
    now = timezone.now()
    purpose = ExportPurpose.objects.filter(party=run.root).first()
    row = Export(
        by=user, unit=run.root, purpose=purpose, format="csv", columns=NAMES, language="de", words="-", created_at=now, expires_on=timezone.localdate()
    )
    with translation.override("de"), tempfile.TemporaryFile() as file, transaction.atomic():
        exporting._write(row, user, run.root, file, now)
        transaction.set_rollback(True)
        return file.tell()


def seconds(job, *given):
    begun = perf_counter()
    job(*given)
    return perf_counter() - begun


@figure("membership.export", unit="ratio", bar=2)
def export(run):
    """A CSV of everybody with rights, cleaned cells, read log and notice, in bare buffered COPYs of the same columns."""
    user = run.officer()
    written(run, user), bare()
    pairs = [(seconds(written, run, user), seconds(bare)) for _ in range(5)]
    return median(whole for whole, _ in pairs) / median(plain for _, plain in pairs)


@figure("membership.export_memory", unit="MB", bar=60)
def memory(run):
    """How much the peak memory of the process grows with a list of everybody; the keys of those on it, for the read log, are part of it."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    written(run, run.officer())
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
