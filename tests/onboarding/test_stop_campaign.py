"""The database goes away at random moments of a list: afterwards all of it is there or nothing, and the list can be worked on again."""

import random
import threading
import time

import psycopg
import pytest
from django.db import connection, connections
from django.db.utils import InterfaceError, OperationalError
from django.utils import timezone

from membership.models import Change, ListImport, Member, Membership, StagedRow
from onboarding import intake
from onboarding.models import Journey, JourneyStep

PEOPLE = 400
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
STOPS = [10, pytest.param(100, marks=pytest.mark.slow)]


def content():
    day = TODAY.strftime("%d.%m.%Y")
    rows = (f"{n:05};Vor{n};Nach{n};01.02.1960;{day};{('Altdorf', 'Bergheim')[n % 2]}" for n in range(PEOPLE))
    return "\n".join(["Mitgliedsnr.;Vorname;Name;Geb.-Datum;Eintritt;OV", *rows]).encode()


def counts():
    return {model.__name__: model.objects.count() for model in (Member, Membership, Journey, JourneyStep, StagedRow, Change)}


def worked(pk):
    """Have the worker at the list `pk`; returns (seconds, whether it came to its end)."""
    begun = time.monotonic()
    try:
        intake.work(pk, NOW, TODAY)
        return time.monotonic() - begun, True
    except (OperationalError, InterfaceError):
        return time.monotonic() - begun, False


def worked_until(pk, seconds):
    """The same in a thread whose connection to the database is cut after so many seconds. Returns whether it came to its end."""
    process, ended, connected = [], [], threading.Event()

    def work():
        connection.ensure_connection()
        process.append(connection.connection.info.backend_pid)
        connected.set()
        ended.append(worked(pk)[1])
        connections.close_all()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert connected.wait(60), "no connection"
    time.sleep(seconds)
    address = connection.get_connection_params()
    keys = ("host", "port", "user", "password")
    with psycopg.connect(dbname=address["dbname"], autocommit=True, **{key: address[key] for key in keys if address.get(key)}) as other:
        other.execute("SELECT pg_terminate_backend(%s)", process)
    thread.join(60)
    assert ended, "the worker hangs"
    return ended[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("stops", STOPS)
def test_wherever_the_database_stops_a_list_is_whole_or_not_there(tree, cast, stops):
    row = ListImport.objects.create(unit=tree.district, by=cast.admin, file_name="l.csv", content=content(), list_date=TODAY)
    worked(row.pk)
    row.refresh_from_db()
    row.read_with(row.mapping or intake.importing.guess(row.header), {})
    read = worked(row.pk)[0]
    empty = counts()
    assert empty["StagedRow"] == PEOPLE and not empty["Member"]
    ListImport.objects.filter(pk=row.pk).update(state="applying", by=cast.admin)
    saved = worked(row.pk)[0]
    full = counts()
    assert full["Member"] == full["Membership"] == full["Journey"] == PEOPLE
    ListImport.objects.filter(pk=row.pk).update(state="undoing")
    undone = worked(row.pk)[0]
    assert counts() == empty

    chance, cut = random.Random(1), 0
    steps = {"reading": ("compared", read, empty), "applying": ("applied", saved, full), "undoing": ("undone", undone, empty)}
    before = empty
    while cut < stops:
        for state, (after, seconds, whole) in steps.items():
            ListImport.objects.filter(pk=row.pk).update(state=state)
            ended = worked_until(row.pk, chance.uniform(0, seconds * 1.1))
            cut += not ended
            row.refresh_from_db()
            assert row.state in (state, after)
            assert counts() == (whole if row.state == after else before), (state, row.state)
            while row.state == state:
                worked(row.pk)
                row.refresh_from_db()
            assert (row.state, counts()) == (after, whole)
            before = whole
