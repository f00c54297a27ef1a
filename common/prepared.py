"""Statements that are asked on every page: their SQL is put together once, later only the values are put in.

For a short statement Django takes longer to make the SQL out of a queryset than PostgreSQL to answer it.
"""

from datetime import date, timedelta
from functools import lru_cache

from django.core.exceptions import EmptyResultSet
from django.db import connection

MOST = 5_000
_statements: dict = {}


def fetch(key, build, values):
    """The rows (tuples) of the values_list queryset that `build(*values)` makes.

    key: everything besides `values` that the queryset depends on; it is built once for each key, with blanks in place of the values, which
    are texts, days or whole numbers. `build` may put them anywhere into filters, but not look at them.
    """
    statement = _statements.get(key)
    if statement is None:
        if len(_statements) >= MOST:
            _statements.clear()
        statement = _statements[key] = _put_together(build(*(_blank(type(value), place) for place, value in enumerate(values))))
    sql, params = statement
    blanks = {_blank(type(value), place): value for place, value in enumerate(values)}
    with connection.cursor() as cursor:
        cursor.execute(sql, [_filled(param, blanks) for param in params])
        return cursor.fetchall()


def _put_together(queryset):
    try:
        return queryset.query.sql_with_params()
    except EmptyResultSet:
        return "SELECT WHERE false", ()


@lru_cache
def _blank(kind, place):
    if issubclass(kind, str):
        return chr(0xE000 + place)  # of a plane that no name uses
    return date.min + timedelta(place) if kind is date else -(10**12) - place


def _filled(param, blanks):
    if isinstance(param, (str, int, date)) and param in blanks:
        return blanks[param]
    if isinstance(param, str):  # a pattern of LIKE around the value
        for blank, value in blanks.items():
            if isinstance(blank, str) and blank in param:
                param = param.replace(blank, connection.ops.prep_for_like_query(value))
    return param
