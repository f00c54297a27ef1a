"""Which parts of the installation are there: /healthz/ for all of it, `manage.py health PART` for one container."""

import contextlib
import socket
import time

import redis
from django.conf import settings
from django.core.cache import caches
from django.db import Error, connection
from django.http import JsonResponse

from outbox.installation import is_copy

# Worker and beat write at least every 30 seconds; after two missed turns they count as gone.
SEEN_KEY, SEEN_SECONDS = "ankommen:seen", 75


def healthz(request):
    """JSON with true or false per part. The status is 503 only without database: everything else the pages survive."""
    parts = {"web": True, "database": database_answers(), **background(time.time()), "mail": mail_answers()}
    return JsonResponse(parts, status=200 if parts["database"] else 503)


def background(now):
    """Whether the broker answers, and whether any worker and any beat were seen shortly before `now`."""
    try:
        names = seen(now)
    except redis.RedisError:
        return {"broker": False, "worker": False, "beat": False}
    parts = {name.partition("@")[0] for name in names}
    return {"broker": True, "worker": "worker" in parts, "beat": "beat" in parts}


def database_answers():
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def mail_answers():
    """Whether mails may leave from here and the mail server accepts connections, asked at most twice a minute and process because anybody may call /healthz/."""
    if settings.LOCAL_INBOX:
        return True
    kept = caches["process"]
    answer = kept.get("mail-answers")
    if answer is None:
        try:
            answer = not is_copy()
            socket.create_connection((settings.EMAIL_HOST, settings.EMAIL_PORT), timeout=2).close()
        except (Error, OSError):
            answer = False
        kept.set("mail-answers", answer, 30)
    return answer


def broker():
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, decode_responses=True)


def this(part):
    return f"{part}@{socket.gethostname()}"


def mark_seen(part, now):
    """Note that `part` ("worker" or "beat") runs on this host at `now` (seconds since 1970)."""
    with contextlib.suppress(redis.RedisError), broker() as connected:
        connected.zadd(SEEN_KEY, {this(part): now})
        connected.zremrangebyscore(SEEN_KEY, "-inf", now - SEEN_SECONDS)


def seen(now):
    """Names like worker@host that were seen shortly before `now`. Raises redis.RedisError when the broker is away."""
    with broker() as connected:
        return connected.zrangebyscore(SEEN_KEY, now - SEEN_SECONDS, "+inf")
