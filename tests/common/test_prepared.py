"""Kept statements answer what the queryset itself would, for any values and in any thread."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import DataError, connection, transaction
from django.test.utils import CaptureQueriesContext

from branches.models import Unit
from common import prepared
from membership.models import Member
from tests import factories as make


def born_by(name, day, pk):
    return Member.objects.filter(family_name__contains=name, birth_date__lte=day, pk__gte=pk).select_related("home_unit").order_by("pk")


@pytest.mark.parametrize("name", ["a", "100%", "a_c", "back\\slash", "O'Hara", "%s", "{}", ""])
def test_a_kept_statement_finds_what_the_queryset_finds(tree, name):
    for family in ("Abc", "a_c", "axc", "100%", "1000", "back\\slash", "O'Hara", "%s {}"):
        make.member(f"Kim {family}", tree.a, birth_date=date(1990, 1, 1))
    for _again in range(2):
        values = [name, date(1990, 1, 1), 1]
        assert prepared.fetch("test born by", born_by, values) == list(born_by(*values))
    assert prepared.fetch("test born by", born_by, [name, date(1989, 12, 31), 1]) == []


def test_objects_come_whole_and_without_further_questions(tree):
    make.member("Anna Arndt", tree.a)
    build = lambda pk: Member.objects.filter(party=pk).select_related("home_unit")  # noqa: E731
    prepared.fetch("test whole", build, [tree.district.pk])
    with CaptureQueriesContext(connection) as asked:
        [found] = prepared.fetch("test whole", build, [tree.district.pk])
        assert (found.name, found.home_unit) == ("Anna Arndt", tree.a)
    assert len(asked) == 1


def test_a_statement_that_can_find_nothing_asks_nothing(tree):
    with CaptureQueriesContext(connection) as asked:
        assert prepared.fetch("test nothing", lambda pk: Unit.objects.filter(pk__in=[]), [1]) == []
    assert not asked


@pytest.mark.django_db(transaction=True)
def test_threads_may_use_one_statement_at_the_same_time(tree):
    def ask(unit):
        try:
            return [found.pk for _ in range(20) for found in prepared.fetch("test threads", lambda pk: Unit.objects.filter(pk=pk), [unit.pk])]
        finally:
            connection.close()

    units = [tree.a, tree.b, tree.district, tree.youth]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, units)) == [[unit.pk] * 20 for unit in units]


def prepared_here():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements")
        return {name for (name,) in cursor.fetchall()}


def test_a_statement_that_is_the_same_for_all_is_prepared_and_one_with_a_pattern_or_of_somebody_is_not(tree):
    anna = make.member("Anna Arndt", tree.a, birth_date=date(1990, 1, 1))

    def born(day, pk, status):
        return Member.objects.filter(birth_date__lte=day, pk=pk, status__in=("full", status, "100%")).values_list("pk", "family_name")

    for day, expected in ((date(1990, 1, 1), [(anna.pk, "Arndt")]), (date(1989, 1, 1), [])) * 4:
        for key in ("test same for all", ("test of somebody", 1)):
            assert prepared.fetch(key, born, [day, anna.pk, "left"]) == expected
    prepared.fetch("test pattern", born_by, ["Arn", date(1990, 1, 1), 1])
    assert "test same for all" in prepared_here()
    assert not {"test pattern", "test of somebody"} & prepared_here()


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_prepares_anew(tree):
    def fetch():
        return [unit.pk for unit in prepared.fetch("test reconnect", lambda pk: Unit.objects.filter(pk=pk), [tree.a.pk])]

    assert fetch() == [tree.a.pk]
    connection.close()
    assert fetch() == [tree.a.pk]


def test_several_statements_go_together_and_each_answer_comes_to_its_question(tree):
    make.member("Anna Arndt", tree.a)
    units = prepared.question("test units of a kind", lambda kind: Unit.objects.filter(kind=kind).order_by("path"), [tree.a.kind_id])
    people = prepared.question(("test people", 1), lambda pk: Member.objects.filter(home_unit=pk).values_list("family_name"), [tree.a.pk])
    sums = prepared.written("test sums", "SELECT %(one)s + %(two)s, %(one)s", {"one": 3, "two": 4}, {"one": "int", "two": "int"})
    with CaptureQueriesContext(connection) as asked:
        found = prepared.together(units, prepared.NOTHING, people, prepared.Question("UPDATE branches_unit SET name = name"), sums)
    assert found == [list(Unit.objects.filter(kind=tree.a.kind).order_by("path")), [], [("Arndt",)], [], [(7, 3)]]
    assert len(asked) == 1


def test_one_of_several_statements_that_fails_is_told_as_always_and_the_next_ones_work(tree):
    broken = prepared.Question("SELECT 1 / 0")
    with pytest.raises(DataError), transaction.atomic():
        prepared.together(prepared.Question("SELECT 1"), broken, prepared.Question("SELECT 2"))
    assert prepared.together(prepared.Question("SELECT 1"), prepared.Question("SELECT 2")) == [[(1,)], [(2,)]]


def test_long_names_that_begin_alike_are_two_statements(tree):
    name = "test of a name that is much longer than PostgreSQL keeps, so that it cuts it"
    for end in ("one", "two"):
        assert prepared.together(prepared.written(f"{name} {end}", f"SELECT '{end}', %(n)s", {"n": 1}, {"n": "int"}))[0] == [(end, 1)]
