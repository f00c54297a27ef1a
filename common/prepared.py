"""Statements that are asked on every page: their SQL is put together once, later only the values are put in.

For a short statement Django takes longer to make the SQL out of a queryset than PostgreSQL to answer it, and PostgreSQL longer to plan it than
to run it. So a statement that is the same for everybody is also prepared once on each connection; after a few times PostgreSQL keeps its plan.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from uuid import UUID
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections

MOST = 5_000
_statements: dict = {}
_names: WeakKeyDictionary = WeakKeyDictionary()  # connection to the database: names of what is prepared on it


def fetch(key, build, values):
    """What the queryset `build(*values)` holds, as a list of objects or, after values_list, of rows.

    key: everything besides `values` that the queryset depends on; it is built once for each key, with blanks in place of the values, which
    are texts, days, moments or keys of rows. `build` may put them anywhere into filters, but not look at them. Where the key is a mere text, the
    statement is the same for all people and units: such a one is prepared, if no value is part of a pattern, which needs a plan of its own.
    """
    statement = _statements.get(key)
    if statement is None:
        if len(_statements) >= MOST:
            _statements.clear()
        blanks = tuple(_blank(type(value), place) for place, value in enumerate(values))
        statement = _statements[key] = _put_together(key, build(*blanks), blanks)
    queryset, compiler, sql, params, name = statement
    if sql is None:
        return []
    if name:
        sql, params = execute(name, sql, values)
    else:
        sql, params = _with(values, sql, params)
    # The queryset reads its rows as always; only its compiler has the SQL already. Copies: other threads use the same statement.
    compiler = _copy(compiler, connection=connections[DEFAULT_DB_ALIAS], as_sql=lambda *_args, **_options: (sql, params))
    return list(_copy(queryset, _query=_copy(queryset.query, get_compiler=lambda *_args, **_options: compiler)))


def _copy(thing, **others):
    """A shallow copy with some attributes of its own: QuerySet.all() takes apart and puts together what is not changed here."""
    same = object.__new__(type(thing))
    same.__dict__.update(thing.__dict__, **others)
    return same


def filled(key, build, values):
    """(SQL, parameters) with `values` of what `build(*values)` gives as SQL and parameters, which is put together once as for `fetch`."""
    kept = _statements.get(key)
    if kept is None:
        if len(_statements) >= MOST:
            _statements.clear()
        kept = _statements[key] = build(*(_blank(type(value), place) for place, value in enumerate(values)))
    return _with(values, *kept)


def execute(name, sql, values, types=""):
    """What to send, text and parameters, for the statement `sql` with $1, $2 .. and `values`; it is prepared as `name` on this connection.

    types: those of the values, as "(bigint, date)", where PostgreSQL cannot tell them from the statement.
    """
    here = connections[DEFAULT_DB_ALIAS]
    here.close_if_health_check_failed()
    here.ensure_connection()
    names = _names.setdefault(here.connection, set())
    if name not in names:
        here.connection.execute(f'PREPARE "{name}"{types} AS {sql}')
        names.add(name)
    return f'EXECUTE "{name}"' + (f" ({', '.join(['%s'] * len(values))})" if values else ""), tuple(values)


def _with(values, sql, params):
    blanks = {_blank(type(value), place): value for place, value in enumerate(values)}
    return sql, tuple(_filled(param, blanks) for param in params)


def _put_together(key, queryset, blanks):
    compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return queryset, compiler, None, (), None
    if not isinstance(key, str) or any(_is_pattern(param, blanks) for param in params):
        return queryset, compiler, sql, params, None
    with connection.cursor() as cursor:
        words = [f"${blanks.index(param) + 1}" if _is_one_of(param, blanks) else cursor.mogrify("%s", [param]) for param in params]
    return queryset, compiler, sql % tuple(words), (), key


def _is_one_of(param, blanks):
    return isinstance(param, (str, int, date, UUID)) and param in blanks


def _is_pattern(param, blanks):
    return isinstance(param, str) and any(isinstance(blank, str) and blank in param and blank != param for blank in blanks)


@lru_cache
def _blank(kind, place):
    if issubclass(kind, str):
        return chr(0xE000 + place)  # of a plane that no name uses
    if issubclass(kind, date):
        return (date.min if kind is date else datetime.min.replace(tzinfo=UTC)) + timedelta(place)
    return UUID(int=place) if kind is UUID else -(10**12) - place


def _filled(param, blanks):
    if isinstance(param, (str, int, date, UUID)) and param in blanks:
        return blanks[param]
    if isinstance(param, str):  # a pattern of LIKE around the value
        for blank, value in blanks.items():
            if isinstance(blank, str) and blank in param:
                param = param.replace(blank, connection.ops.prep_for_like_query(value))
    return param
