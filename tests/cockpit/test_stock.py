"""The page of figures of any day: the same as the book, and nothing about a few people to those who may not see them."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from branches.models import Unit
from membership import movements
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


@pytest.fixture
def strangers(tree):
    """A branch of twelve people, three of them women, went to another district: its people are no longer the officer's to see, their past stays."""
    live_on(date(2026, 1, 1))
    for number in range(12):
        make.member(f"Person {number}", tree.a, joined_on=date(2020, 1, 1), gender="f" if number < 3 else "m", birth_date=date(1950, 1, 1))
        make.member(f"Andere {number}", tree.b, joined_on=date(2020, 1, 1), gender="d", birth_date=date(1990, 1, 1))
    live_on(date(2026, 4, 13))
    make.member("Neu Geheim", tree.a, joined_on=date(2026, 4, 13), gender="f", birth_date=date(2001, 1, 1))
    live_on(date(2026, 6, 1))
    Unit.objects.move(Unit.objects.get(pk=tree.a.pk), Unit.objects.get(pk=tree.foreign.pk), "last-child")


def numbers(answer):
    """All numbers on the page: {(table, row): [values]}."""
    return {(place, row["name"]): row["values"] for place, table in enumerate(answer.context["tables"]) for row in table["rows"]}


def test_stock_stands_exact_for_those_alone_who_may_see_the_people(strangers, tree, cast, sign_in):
    asked = {"since": "2026-01-01", "until": "2026-03-31"}
    own = page(sign_in(cast.secretary_b), tree.b, **asked)
    assert list(told(own).values()) == [12, 12] and own.context["open_to"]
    fives = page(sign_in(cast.officer), tree.district, **asked)
    assert not fives.context["open_to"] and fives.context["picture"] is None
    assert all(value % 5 == 0 for values in numbers(fives).values() for value in values), "neither the three women nor the nine men"
    sheet = page(sign_in(cast.officer), tree.district, **asked, **{"as": "csv"}).content.decode("utf-8-sig")
    assert all(int(line.rsplit(";", 1)[1].lstrip("'")) % 5 == 0 for line in sheet.strip().splitlines()[1:])


def test_neighbouring_days_tell_nothing_about_a_single_person(strangers, tree, cast, sign_in):
    """The attack: ask day by day and look where a number changes. Somebody joined on 13 April; nobody else did in that spring."""
    client, found = sign_in(cast.officer), {}
    for day in range(1, 31):
        found[day] = numbers(page(client, tree.district, since="2026-04-01", until=f"2026-04-{day:02}"))
    assert all(found[day] == found[1] for day in range(1, 30)), "within the month it is the month before, whatever happens in it"
    assert numbers(page(client, tree.district, since="2026-04-13", until="2026-04-13")) == found[1], "a time of one day is none either"
    assert page(client, tree.district, since="2026-04-01", until="2026-04-30").context["about"].endswith("30.04.2026")


def test_many_overlapping_times_cannot_be_averaged(strangers, tree, cast, sign_in):
    """The attack: the same end with many beginnings, and every status, to average the rounding out."""
    client = sign_in(cast.officer)
    answers = [numbers(page(client, tree.district, since=f"{year}-0{month}-01", until="2026-03-31")) for year in (2015, 2020, 2026) for month in (1, 2, 3)]
    answers += [numbers(page(client, tree.district, since="2026-01-01", until="2026-03-31", status=status)) for status in ("full", "guest")]
    assert all(answer == answers[0] for answer in answers)


def test_in_fives_hides_one_to_four_and_stays_the_same(tree):
    def shown(number, month=3):
        found = movements.Figures(date(2026, 1, 1), date(2026, month, 28), closing=number)
        return movements.in_fives(found, tree.a).closing

    for number in range(40):
        assert shown(number) == shown(number) and abs(shown(number) - number) < 5 and shown(number) % 5 == 0
    assert {shown(2, month) for month in range(1, 13)} == {0, 5}, "five may be two, and nought too"


@pytest.mark.parametrize(
    "until, since, ends",
    [
        (date(2026, 3, 31), date(2026, 1, 1), date(2026, 3, 31)), (date(2026, 3, 30), date(2026, 1, 1), date(2026, 2, 28)),
        (date(2026, 1, 15), date(2025, 1, 1), date(2025, 12, 31)), (date(2026, 11, 30), date(2026, 1, 1), date(2026, 10, 31)),
    ],
)  # fmt: skip
def test_the_figures_of_others_end_with_a_month_that_is_over(until, since, ends):
    assert movements.whole_months(until, today=date(2026, 11, 30)) == (since, ends)


def test_growth_of_others_ends_with_a_month_and_stands_in_fives(strangers, tree, cast, sign_in):
    answer = sign_in(cast.officer).get(reverse("cockpit:growth", args=[tree.district.slug]))
    assert not answer.context["open_to"]
    assert all(value % 5 == 0 for values in numbers(answer).values() for value in values)


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
