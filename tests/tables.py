"""The contents of all tables: taken away after a test that commits, and put back where they took long to make.

Both leave the triggers out, so only a superuser of the database can do it, and sequences as they stand: a number is given once in a run.
"""

from contextlib import contextmanager
from copy import deepcopy

from django.db import connection
from django.utils import timezone

from cockpit.demo import making

_made: dict = {}
# Written by migrations, and by Django anew after each flush of its own, which takes longer than most tests.
MIGRATED = {"django_content_type", "auth_permission"}


def names():
    return [name for name in connection.introspection.django_table_names(only_existing=True, include_views=False) if name not in MIGRATED]


@contextmanager
def _without_triggers():
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield cursor
        cursor.execute("SET session_replication_role = DEFAULT")


def empty():
    """Delete every row; truncating some two hundred tables takes many times longer."""
    with _without_triggers() as cursor:
        cursor.execute("; ".join(f'DELETE FROM "{name}"' for name in names()))


def read():
    """{table: its rows as PostgreSQL copies them} of all that hold any."""
    with connection.cursor() as cursor:
        return {name: rows for name in names() if (rows := b"".join(_copied(cursor, name)))}


def _copied(cursor, name):
    with cursor.copy(f'COPY "{name}" TO STDOUT') as rows:
        yield from rows


def write(contents):
    """Put back what `read` gave into empty tables."""
    with _without_triggers() as cursor:
        for name, rows in contents.items():
            with cursor.copy(f'COPY "{name}" FROM STDIN') as copy:
                copy.write(rows)


def once(key, make):
    """What `make()` gives and all rows it writes: made once on a day and then put back, as copies. For tables that are empty."""
    now, key = timezone.now(), (key, timezone.localdate())
    if key not in _made or _made[key][0] > now:  # tests with processes of their own have the real time, the others another one
        given = make()
        _made[key] = now, read(), deepcopy(given)
        return given
    _, contents, given = _made[key]
    write(contents)
    return deepcopy(given)


def invent(party, members, on):
    """The demo of `party` with so many members as of the day `on`."""
    once((party.slug, members, on), lambda: making.make(party, members, "1", on))
