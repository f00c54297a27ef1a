"""How far a long job is, kept in Redis for a while for the people who watch it. Nothing depends on it, and losing it loses nothing.

Not in the database: the job's transaction would show it only at its end, and a COPY on its way allows no other statement.
"""

import contextlib

import redis
from django.conf import settings

KEPT_SECONDS = 600


def _redis():
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1, decode_responses=True)


def note(job, done, of=0):
    """Say that `done` (a number of rows, pages ..) of the job named `job` is done, of about `of` in all (0: not known)."""
    with contextlib.suppress(redis.RedisError):
        _redis().set(f"ankommen:progress:{job}", f"{int(done)} {int(of)}", ex=KEPT_SECONDS)


def read(job):
    """(done, per cent) as last noted for `job`; either is None when not known."""
    try:
        noted = _redis().get(f"ankommen:progress:{job}")
    except redis.RedisError:
        noted = None
    if not noted:
        return None, None
    done, of = map(int, noted.split())
    return done, round(100 * done / of) if of > done else None
