"""Statements that are asked on every page: their SQL is put together once, later only the values are put in.

For a short statement Django takes longer to make the SQL out of a queryset than PostgreSQL to answer it, and PostgreSQL longer to plan it than
to run it. So a statement that is the same for everybody is also prepared once on each connection; after a few times PostgreSQL keeps its plan.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models.expressions import RawSQL

MOST = 5_000
LONGEST_NAME = 63  # bytes; PostgreSQL cuts off what is longer
_statements: dict = {}
_names: WeakKeyDictionary = WeakKeyDictionary()  # connection to the database: names of what is prepared on it


class Filter(str):
    """A text by which rows are looked at, not found, such as the path of a unit whose rows one may see: in a pattern it needs no plan of its own."""


class Question(NamedTuple):
    """A statement on its way: `read` makes of its rows what is to be known. Without `sql` nothing is asked, there are no rows."""

    sql: str | None
    params: tuple | dict = ()
    read: Callable = list


NOTHING = Question(None)


def keys(pks):
    """Keys of rows as one value, so that their number makes no statement of its own; in SQL they are `%s::bigint[]`."""
    return f"{{{','.join(map(str, pks))}}}"


def each(keys):
    """For filter(member__in=each(value)), where `value` comes from `keys`."""
    return RawSQL("SELECT unnest(%s::bigint[])", [keys])


def fetch(key, build, values):
    """What the queryset `build(*values)` holds, as a list of objects or, after values_list, of rows; it may also give (SQL, parameters).

    key: everything besides `values` that the queryset depends on; it is built once for each key, with blanks in place of the values, which
    are texts, days, moments or keys of rows. `build` may put them anywhere into filters, but not look at them. Where the key is a mere text, the
    statement is the same for all people and units: such a one is prepared, if no value is part of a pattern, which needs a plan of its own.
    """
    return together(question(key, build, values))[0]


def question(key, build, values):
    """What `fetch` would ask, to be sent with others: see `together`."""
    statement = _statements.get(key)
    if statement is None:
        if len(_statements) >= MOST:
            _statements.clear()
        blanks = tuple(_blank(type(value), place) for place, value in enumerate(values))
        statement = _statements[key] = _put_together(key, build(*blanks), blanks)
    queryset, compiler, converters, sql, params, name = statement
    if sql is None:
        return NOTHING
    if name:
        sql, params = _execute(name, sql, _with(values, sql, params)[1])
    else:
        sql, params = _with(values, sql, params)

    if queryset is None:
        return Question(sql, params)

    def read(rows):
        # The queryset makes of its rows what it always does; only its compiler has them already. Copies: other threads use the same statement.
        own = _copy(
            compiler,
            connection=connections[DEFAULT_DB_ALIAS],
            execute_sql=lambda *_args, **_options: [rows],
            get_converters=lambda _expressions: converters,
        )
        return list(_copy(queryset, _query=_copy(queryset.query, get_compiler=lambda *_args, **_options: own)))

    return Question(sql, params, read)


def together(*questions):
    """The answers to `questions` in their order. They go to the database as one text and come back at once: the way there takes longer than a short one."""
    asked = [question for question in questions if question.sql is not None]
    rows = iter(_all_at_once(asked) if asked else ())
    return [question.read(next(rows)) if question.sql is not None else [] for question in questions]


def _all_at_once(questions):
    with connection.cursor() as cursor:
        sql, params = questions[0][:2]
        if len(questions) > 1:
            sql, params = ";\n".join(cursor.mogrify(question.sql, question.params) for question in questions), None
        cursor.execute(sql, params)
        found = [_rows(cursor)]
        while cursor.nextset():
            found.append(_rows(cursor))
        return found


def _rows(cursor):
    return [] if cursor.rownumber is None else cursor.fetchall()  # the description would be made first


def _copy(thing, **others):
    """A shallow copy with some attributes of its own: QuerySet.all() takes apart and puts together what is not changed here."""
    same = object.__new__(type(thing))
    same.__dict__.update(thing.__dict__, **others)
    return same


def written(name, sql, values, types=None, read=list):
    """The Question of a statement written by hand, with %(name)s in it for each of `values` {name: value}; it is prepared as `name`.

    types: {name: type} of all values, where PostgreSQL cannot tell them from the statement.
    """
    if (name, sql) not in _statements:
        _statements[name, sql] = sql % {part: f"${n}" for n, part in enumerate(values, 1)}
    declared = f"({', '.join(types[part] for part in values)})" if types else ""
    return Question(*_execute(name, _statements[name, sql], tuple(values.values()), declared), read)


def _execute(name, sql, values, types=""):
    """What to send, text and parameters, for the statement `sql` with $1, $2 .. and `values`; it is prepared as `name` on this connection."""
    here = connections[DEFAULT_DB_ALIAS]
    here.close_if_health_check_failed()
    here.ensure_connection()
    if len(name.encode()) > LONGEST_NAME:
        name = blake2b(name.encode(), digest_size=LONGEST_NAME // 2).hexdigest()
    names = _names.setdefault(here.connection, set())
    if name not in names:
        here.connection.execute(f'PREPARE "{name}"{types} AS {sql}')
        names.add(name)
    return f'EXECUTE "{name}"' + (f" ({', '.join(['%s'] * len(values))})" if values else ""), values


def _with(values, sql, params):
    blanks = {_blank(type(value), place): value for place, value in enumerate(values)}
    return sql, tuple(_filled(param, blanks) for param in params)


def _put_together(key, queryset, blanks):
    """(queryset, compiler and its converters, or None three times; SQL, parameters, name to prepare it as or None), with `blanks` among the parameters."""
    made = None, None, None
    if isinstance(queryset, tuple):
        sql, params = queryset
    else:
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            sql, params = compiler.as_sql()
        except EmptyResultSet:
            return *made, None, (), None
        made = queryset, compiler, compiler.get_converters([column for column, *_more in compiler.select[: compiler.col_count]])
    if not isinstance(key, str) or any(_is_pattern(param, blanks) for param in params):
        return *made, sql, params, None
    told = list(dict.fromkeys(param for param in params if _is_of(param, blanks)))
    with connection.cursor() as cursor:
        words = [f"${told.index(param) + 1}" if _is_of(param, blanks) else cursor.mogrify("%s", [param]) for param in params]
    return *made, sql % tuple(words), tuple(told), key


def _is_one_of(param, blanks):
    return isinstance(param, (str, int, date, UUID)) and param in blanks


def _is_of(param, blanks):
    """Whether the value of a blank, or a pattern with it, comes here."""
    return _is_one_of(param, blanks) or (isinstance(param, str) and any(isinstance(blank, str) and blank in param for blank in blanks))


def _is_pattern(param, blanks):
    """Whether the plan depends on what comes here: a pattern around a text that rows are found by."""
    texts = (blank for blank in blanks if isinstance(blank, str) and not isinstance(blank, Filter))
    return isinstance(param, str) and any(blank in param and blank != param for blank in texts)


@lru_cache
def _blank(kind, place):
    if issubclass(kind, str):
        return kind(chr(0xE000 + place))  # of a plane that no name uses
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
