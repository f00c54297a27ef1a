"""Pages by key: nobody twice, nobody left out, no name in an address."""

from itertools import product
from urllib.parse import parse_qs

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.keyset import key_of, page_of
from common.sealing import seal, unseal
from membership.models import Member
from tests import factories as make

ORDER = ("sort_key", "pk")
NAMES = ["Ahrens", "Brandt", "Czerny", "Dietz", "Ernst", "Fuchs"]


@pytest.fixture
def six(tree):
    return [make.member(f"Kim {name}", tree.a) for name in NAMES]


def page(address="", queryset=None):
    params = {key: values[0] for key, values in parse_qs(address.removeprefix("?")).items()}
    found = page_of(Member.objects.all() if queryset is None else queryset, ORDER, params, size=2)
    return [row.family_name for row in found.rows], found


def test_the_address_of_a_page_says_no_name_and_costs_no_further_query(six):
    with CaptureQueriesContext(connection) as queries:
        shown, first = page()
        second = page(first.next_url)[1]
    assert shown == NAMES[:2] and len(queries) == 2
    for address in (first.next_url, second.next_url, second.previous_url):
        key = parse_qs(address[1:]).popitem()[1][0]
        assert not any(name.lower() in key.lower() for name in NAMES) and "~" not in key
        assert key.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize("gone", ["deleted", "renamed", "moved out of sight"])
def test_a_row_that_is_gone_meanwhile_leaves_nobody_out(six, tree, gone):
    first = page()[1]
    seen = Member.objects.filter(home_unit=tree.a)
    if gone == "deleted":
        Member.objects.filter(pk=six[1].pk).delete()
    else:
        change = {"sort_key": "zz"} if gone == "renamed" else {"home_unit": tree.b}
        Member.objects.filter(pk=six[1].pk).update(**change)
    shown, second = page(first.next_url, seen)
    assert shown == ["Czerny", "Dietz"]
    assert page(second.previous_url, seen)[0] == (["Ahrens"])


def test_a_key_that_was_not_made_here_gives_the_first_page(six):
    of_lists = [seal(text, "place in a list") for text in ("~", "text~ahrens kim~x", "day~2026-02-30~1", "odd~ahrens~1", "ahrens kim~1")]
    keys = ["", "x", "text~ahrens kim~1", seal("text~ahrens kim~1", "something else"), *of_lists, "ä" * 9999]
    for way, key in product(("after", "before"), keys):
        assert [row.family_name for row in page_of(Member.objects.all(), ORDER, {way: key}, size=2).rows] == NAMES[:2]


def test_what_is_sealed_opens_with_its_key_and_purpose_only(settings):
    sealed = seal("Jürgen", "a")
    assert unseal(sealed, "a") == "Jürgen"
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert unseal(sealed, "a") == "Jürgen"
    settings.SECRET_KEY_FALLBACKS = []
    for purpose in "ab":
        with pytest.raises(ValueError):
            unseal(sealed, purpose)


def test_a_key_of_another_list_gives_the_first_page_or_one_of_this_list(six):
    joined = key_of(six[2], ("joined_on", "pk"))
    for kept in (None, "test of another list"):
        by_day = page_of(lambda: Member.objects.all(), ("joined_on", "pk"), {"after": key_of(six[2], ORDER)}, key=kept)
        assert [row.pk for row in by_day.rows] == [member.pk for member in six]
        assert len(page_of(lambda: Member.objects.all(), ORDER, {"after": joined}, key=kept).rows) in (0, 6)


@pytest.mark.parametrize("order", [("sort_key", "pk"), ("-sort_key", "-pk"), ("joined_on", "pk"), ("-joined_on", "-pk"), ("home_unit_id", "pk")])
def test_pages_are_the_same_with_and_without_a_kept_statement(order, six):
    def walk(key):
        shown, way = [], {}
        for turn in ("next_url", "next_url", "previous_url"):
            found = page_of(lambda: Member.objects.all(), order, way, size=2, key=key)
            shown.append([row.pk for row in found.rows])
            way = {name: values[0] for name, values in parse_qs(getattr(found, turn)[1:]).items()}
        return shown

    for _again in range(2):
        assert walk("test of the same pages") == walk(None)
    assert len({tuple(rows) for rows in walk(None)}) == 3
