"""Addresses: each is looked for only in the rooms that know its first word."""

from django.urls import URLResolver, resolve, reverse

from config.urls import urlpatterns


def rooms():
    return [one for one in urlpatterns if isinstance(one, URLResolver) and "(?=" in str(one.pattern)]


def test_a_room_is_asked_for_all_of_its_own_addresses():
    assert {"cockpit", "membership", "planning"} <= {one.namespace for one in rooms()}
    for room in rooms():
        for one in room.url_patterns:
            route = str(one.pattern)
            assert "<" not in route.partition("/")[0], "the first word of an address is fixed"
            assert room.pattern.match(route), route


def test_a_room_is_not_asked_for_the_addresses_of_others():
    asked = [one.namespace for one in rooms() if one.pattern.match("plans/altdorf/2026/")]
    assert asked == ["planning"]
    assert resolve(reverse("planning:plan_detail", args=["altdorf", 2026])).view_name == "planning:plan_detail"
