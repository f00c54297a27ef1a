"""Statements that are asked on every page: their SQL is put together once, later only the values are put in.

For a short statement Django takes longer to make the SQL out of a queryset than PostgreSQL to answer it.
"""

from copy import copy
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection

MOST = 5_000
_statements: dict = {}


def fetch(key, build, values):
    """What the queryset `build(*values)` holds, as a list of objects or, after values_list, of rows.

    key: everything besides `values` that the queryset depends on; it is built once for each key, with blanks in place of the values, which
    are texts, days, moments or keys of rows. `build` may put them anywhere into filters, but not look at them.
    """
    statement = _statements.get(key)
    if statement is None:
        if len(_statements) >= MOST:
            _statements.clear()
        statement = _statements[key] = _put_together(build(*(_blank(type(value), place) for place, value in enumerate(values))))
    queryset, compiler, sql, params = statement
    if sql is None:
        return []
    filled = tuple(_filled(param, {_blank(type(value), place): value for place, value in enumerate(values)}) for param in params)
    # The queryset reads its rows as always; only its compiler has the SQL already. Copies: other threads use the same statement.
    compiler = copy(compiler)
    compiler.connection, compiler.as_sql = connection, lambda *_args, **_options: (sql, filled)
    queryset = queryset.all()
    queryset.query.get_compiler = lambda *_args, **_options: compiler
    return list(queryset)


def _put_together(queryset):
    compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
    try:
        return queryset, compiler, *compiler.as_sql()
    except EmptyResultSet:
        return queryset, compiler, None, ()


@lru_cache
def _blank(kind, place):
    if issubclass(kind, str):
        return chr(0xE000 + place)  # of a plane that no name uses
    if issubclass(kind, date):
        return (date.min if kind is date else datetime.min.replace(tzinfo=UTC)) + timedelta(place)
    return -(10**12) - place


def _filled(param, blanks):
    if isinstance(param, (str, int, date)) and param in blanks:
        return blanks[param]
    if isinstance(param, str):  # a pattern of LIKE around the value
        for blank, value in blanks.items():
            if isinstance(blank, str) and blank in param:
                param = param.replace(blank, connection.ops.prep_for_like_query(value))
    return param
