"""The page of figures of any day: the same as the book, and nothing about a few people to those who may not see them."""

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from branches.models import Unit
from cockpit.tables import hide_few, table
from tests import factories as make
from tests.membership.days import live_on

TODAY = timezone.localdate()


def page(client, unit, **asked):
    return client.get(reverse("cockpit:stock", args=[unit.slug]), asked)


def told(response):
    """{row of the account: what was known then}."""
    return {row["name"]: row["values"][0] for row in response.context["tables"][0]["rows"]}


def test_stock_shows_who_was_there_came_and_went(tree, cast, sign_in):
    live_on(date(2026, 1, 1))
    for number in range(7):
        make.member(f"Person {number}", tree.a, joined_on=date(2020, 1, 1), gender="f" if number else "m")
    make.member("Ada Neu", tree.b, joined_on=date(2026, 1, 1))
    live_on(date(2026, 2, 1))
    make.member("Ben Neu", tree.a, joined_on=date(2026, 2, 1), status="guest")
    answer = page(sign_in(cast.officer), tree.district, since="2026-01-01", until="2026-06-30", status="")
    assert list(told(answer).values()) == [7, 2, 9]
    answer = page(sign_in(cast.officer), tree.district, since="2026-01-01", until="2026-06-30", status="full")
    assert list(told(answer).values()) == [7, 1, 8]
    assert page(sign_in(cast.secretary_a), tree.a).status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        {"since": "2026-02-30", "until": "2026-06-30"},
        {"since": "2026-06-30", "until": "2026-01-01"},
        {"since": "1492-01-01", "until": "2026-01-01"},
        {"since": "2026-01-01", "until": str(TODAY + timedelta(days=1))},
        {"since": "2026-01-01", "until": "2026-02-01", "status": "left"},
        {"since": "\0"},
    ],
)
def test_stock_of_an_odd_time_says_what_is_wrong(tree, cast, sign_in, asked):
    answer = page(sign_in(cast.officer), tree.district, **asked)
    assert answer.status_code == 422
    assert "invalid-feedback" in answer.content.decode() or "alert" in answer.content.decode()


def test_stock_of_a_section_counts_who_belonged_to_it(tree, cast, sign_in):
    live_on(date(2026, 1, 1))
    ada = make.member("Ada Neu", tree.a, joined_on=date(2026, 1, 1))
    ada.memberships.create(unit=tree.youth, home=False, starts_on=date(2026, 1, 1))
    assert list(told(page(sign_in(cast.section_lead), tree.youth, since="2026-01-01", until="2026-01-31")).values()) == [0, 1, 1]


def test_stock_names_numbers_below_five_only_to_those_who_may_see_the_people(tree, cast, sign_in):
    """A branch with three women went to another district: its people are no longer ours to see, the figure of the past stays."""
    live_on(date(2026, 1, 1))
    for number in range(12):
        make.member(f"Person {number}", tree.a, joined_on=date(2020, 1, 1), gender="f" if number < 3 else "m", birth_date=date(1950, 1, 1))
        make.member(f"Andere {number}", tree.b, joined_on=date(2020, 1, 1), gender="d", birth_date=date(1990, 1, 1))
    asked = {"since": "2026-01-01", "until": "2026-03-31"}
    before = page(sign_in(cast.officer), tree.district, **asked)
    genders = lambda answer: [row["values"][0] for row in answer.context["tables"][3]["rows"]]  # noqa: E731
    assert genders(before) == [3, 9, 12]
    live_on(date(2026, 6, 1))
    Unit.objects.move(Unit.objects.get(pk=tree.a.pk), Unit.objects.get(pk=tree.foreign.pk), "last-child")
    after = page(sign_in(cast.officer), tree.district, **asked)
    assert list(told(after).values()) == list(told(before).values()) == [24, 24]
    assert genders(after) == [None, None, 12]
    assert page(sign_in(cast.officer), tree.district, **asked, status="guest").context["figures"].closing == 24
    assert not re.search(r"\b3\b", page(sign_in(cast.officer), tree.district, **asked, **{"as": "csv"}).content.decode())


@pytest.mark.parametrize(
    "values, shown",
    [
        ([3, 9, 12], [None, None, 12]),
        ([3, 2, 12], [None, None, 12]),
        ([0, 5, 12], [0, 5, 12]),
        ([4, 0, 0], [None, 0, 0]),
        ([-1, 7, 0], [None, None, 0]),
    ],
)
def test_a_hidden_number_cannot_be_told_from_the_sum(values, shown):
    found = table("", ["", ""], [(str(value), [value]) for value in values])
    hide_few(found)
    assert [row["values"][0] for row in found["rows"]] == shown


def test_stock_comes_as_a_sheet(tree, cast, sign_in):
    make.member("Ada Neu", tree.a, joined_on=TODAY)
    answer = page(sign_in(cast.officer), tree.district, since=str(TODAY), until=str(TODAY), **{"as": "csv"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "Altdorf;" in answer.content.decode("utf-8-sig")


def test_stock_takes_few_queries_however_many_units(tree, cast, sign_in, django_assert_max_num_queries):
    for number in range(12):
        branch = make.unit(f"Ort {number}", "branch", Unit.objects.get(pk=tree.district.pk))
        make.member(f"Person {number}", branch, joined_on=date(2020, 1, 1))
    client = sign_in(cast.officer)
    with django_assert_max_num_queries(10):
        page(client, tree.district)
