"""Writing rows by COPY, and putting heavy indexes aside while very many come."""

from contextlib import contextmanager

from django.db import connection

INDEXES = """
SELECT relation.relname, pg_get_indexdef(index.indexrelid)
FROM pg_index index JOIN pg_class relation ON relation.oid = index.indexrelid
WHERE index.indrelid = %s::regclass AND NOT index.indisprimary
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = index.indexrelid AND conrelid = index.indrelid)
"""
# Foreign keys are checked once as a join instead of row by row.
CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('f', 'x', 'u') ORDER BY contype DESC
"""


def copy(model, names, rows):
    """Append `rows`, tuples of the fields `names` (foreign keys as pks), to the table of `model`; others: defaults, those of the database where it has one."""
    given = [model._meta.get_field(name) for name in names]
    rest = [f for f in model._meta.concrete_fields if f not in given and not f.primary_key and not f.has_db_default()]
    tail = tuple(field.get_db_prep_save(field.get_default(), connection) for field in rest)
    columns = ", ".join(f'"{field.column}"' for field in [*given, *rest])
    with connection.cursor() as cursor, cursor.copy(f'COPY "{model._meta.db_table}" ({columns}) FROM STDIN') as copying:
        for row in rows:
            copying.write_row(row + tail)


def reserve(model, count):
    """The first of `count` primary keys of `model` that nobody else will get."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [model._meta.db_table])
        sequence = cursor.fetchone()[0]
        cursor.execute("SELECT nextval(%s::regclass)", [sequence])
        first = cursor.fetchone()[0]
        if count > 1:
            cursor.execute("SELECT setval(%s::regclass, %s)", [sequence, first + count - 1])
    return first


@contextmanager
def indexes_aside(models):
    """Drop indexes and constraints that cost time per row, and build them again at the end; no trigger runs meanwhile.

    Locks the tables until the commit.
    """
    rebuild = []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in [model._meta.db_table for model in models]:
            cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
            cursor.execute(CONSTRAINTS, [table])
            for name, definition in cursor.fetchall():
                cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
                rebuild.append(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')
            cursor.execute(INDEXES, [table])
            for name, definition in cursor.fetchall():
                cursor.execute(f'DROP INDEX "{name}"')
                rebuild.append(definition)
            rebuild.append(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        yield
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for statement in rebuild:
            cursor.execute(statement)
        cursor.execute("SET LOCAL maintenance_work_mem TO DEFAULT")
