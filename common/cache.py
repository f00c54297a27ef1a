"""The cache is a convenience: pages keep working while Redis is away."""

import logging

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def _tolerant(name, fallback):
    def method(self, *args, **kwargs):
        try:
            return getattr(RedisCache, name)(self, *args, **kwargs)
        except RedisError as error:
            logger.warning("cache unavailable: %s", type(error).__name__)
            return fallback(*args, **kwargs)

    return method


class TolerantRedisCache(RedisCache):
    """Redis cache whose reads miss and whose writes are dropped while Redis is away."""

    get = _tolerant("get", lambda key, default=None, **kw: default)
    get_many = _tolerant("get_many", lambda keys, **kw: {})
    set = _tolerant("set", lambda *a, **kw: None)
    add = _tolerant("add", lambda *a, **kw: True)
    incr = _tolerant("incr", lambda key, delta=1, **kw: delta)
    touch = _tolerant("touch", lambda *a, **kw: False)
    delete = _tolerant("delete", lambda *a, **kw: False)
    has_key = _tolerant("has_key", lambda *a, **kw: False)
