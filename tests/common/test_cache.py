from common.cache import TolerantRedisCache


def test_pages_work_on_while_redis_is_away():
    away = TolerantRedisCache("redis://127.0.0.1:1/0", {})
    assert away.get("figures", "recount") == "recount"
    assert away.get_many(["a", "b"]) == {}
    away.set("figures", 1)
    assert away.add("once", 1) is True
    assert away.incr("tries") == 1
    assert away.delete("figures") is False
    assert "figures" not in away
