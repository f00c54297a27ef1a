"""The book of movements: every writer is booked, nothing in it changes, and a past day is told as it was known at its end."""

from datetime import date

import pytest
from django.db import Error, IntegrityError, connection, transaction
from django.utils import timezone

from branches.models import Unit
from common.sheets import read
from membership import importing, movements
from membership.models import ListImport, Member, Membership, Movement
from membership.movements import What, figures, stock
from tests import factories as make
from tests.membership.days import live_on

JANUARY, JUNE = date(2026, 1, 1), date(2026, 6, 30)
BALANCE = """
    SELECT {columns}, sum(number) FROM {table} GROUP BY {columns} HAVING sum(number) <> 0
"""


def unbalanced():
    """Lines in which the book and what the periods amount to today differ."""
    columns = "unit_id, home, status, gender, birth_date, what, effective_on"
    book, lines = (BALANCE.format(columns=columns, table=table) for table in ("membership_movement", "membership_line"))
    with connection.cursor() as cursor:
        cursor.execute(f"({book} EXCEPT {lines}) UNION ALL ({lines} EXCEPT {book})")
        return cursor.fetchall()


def end(member, on, reason="left"):
    period = member.memberships.get(home=True, ends_on=None)
    period.ends_on, period.end_reason = on, reason
    period.save()


def test_who_joins_and_leaves_is_counted_from_the_day_on_and_until_the_day_before(tree):
    live_on(date(2026, 3, 1))
    ada = make.member("Ada Neu", tree.a, joined_on=date(2026, 3, 1))
    live_on(date(2026, 5, 1))
    end(ada, date(2026, 5, 1))
    assert [stock(tree.a, day) for day in (date(2026, 2, 28), date(2026, 3, 1), date(2026, 4, 30), date(2026, 5, 1))] == [0, 1, 1, 0]
    found = figures(tree.a, JANUARY, JUNE)
    assert (found.joined, found.left, found.closing) == (1, 1, 0)


def test_what_becomes_known_later_leaves_the_figure_of_the_day_as_it_was(tree):
    live_on(date(2026, 3, 1))
    ada = make.member("Ada Neu", tree.a, joined_on=date(2026, 3, 1))
    live_on(date(2026, 8, 15))
    end(ada, date(2026, 4, 1))
    make.member("Ben Spät", tree.a, joined_on=date(2026, 2, 1))
    make.member("Cem Spät", tree.a, joined_on=date(2026, 2, 2))
    assert stock(tree.a, JUNE) == 1
    assert figures(tree.a, JANUARY, JUNE, as_known_today=True).closing == 2
    later = figures(tree.a, date(2026, 7, 1), date(2026, 8, 31))
    assert (later.opening, later.late, later.flows.total(), later.closing) == (1, 1, 0, 2)


def test_days_before_the_first_line_are_told_from_the_join_dates_of_those_known_on_its_day(tree):
    live_on(date(2026, 3, 1))
    make.member("Ada Alt", tree.a, joined_on=date(1990, 5, 5))
    live_on(date(2026, 3, 2))
    make.member("Ben Alt", tree.a, joined_on=date(1990, 5, 5))
    assert stock(tree.a, date(2000, 1, 1)) == stock(tree.a, date(2026, 3, 1)) == 1
    assert stock(tree.a, date(2026, 3, 2)) == 2
    assert figures(tree.a, date(1990, 1, 1), date(1990, 12, 31)).joined == 1
    assert figures(tree.a, JANUARY, JUNE).begun_on == date(2026, 3, 1)


def test_a_branch_that_comes_later_does_not_change_the_past_of_its_district(tree):
    live_on(date(2026, 3, 1))
    make.member("Ada Alt", tree.a, joined_on=date(1990, 5, 5))
    live_on(date(2026, 9, 1))
    make.member("Ben Alt", tree.b, joined_on=date(1990, 5, 5))
    assert stock(tree.district, JUNE) == 1
    assert stock(tree.b, JUNE) == 1
    assert stock(tree.district, date(2026, 9, 1)) == 2


def test_gender_and_birth_date_are_counted_as_they_were_known(tree):
    live_on(date(2026, 3, 1))
    ada = make.member("Ada Neu", tree.a, joined_on=date(2026, 3, 1), gender="m", birth_date=date(1999, 1, 1))
    live_on(date(2026, 8, 1))
    Member.objects.filter(pk=ada.pk).update(gender="f", birth_date=date(1950, 1, 1))
    assert set(figures(tree.a, JANUARY, JUNE).parts["gender"]) == {"m"}
    known = figures(tree.a, JANUARY, JUNE, as_known_today=True).parts
    assert {key: counts["stock"] for key, counts in known["gender"].items() if counts["stock"]} == {"f": 1}
    assert {key: counts["stock"] for key, counts in known["band"].items() if counts["stock"]} == {5: 1}
    assert not unbalanced()


@pytest.mark.parametrize(
    "born, on, band",
    [
        (date(2000, 6, 30), date(2026, 6, 29), 0),
        (date(2000, 6, 30), date(2026, 6, 30), 1),
        (date(2004, 2, 29), date(2030, 2, 28), 0),
        (date(2004, 2, 29), date(2030, 3, 1), 1),
        (date(1956, 6, 30), date(2026, 6, 30), 5),
    ],
)
def test_an_age_band_begins_on_the_birthday(tree, born, on, band):
    live_on(date(2026, 1, 1))
    make.member("Ada Neu", tree.a, joined_on=date(2025, 1, 1), birth_date=born)
    assert list(figures(tree.a, on, on).parts["band"]) == [band]


def test_moves_returns_and_changes_of_status_are_told_apart(tree):
    live_on(date(2026, 1, 1))
    ada = make.member("Ada Neu", tree.a, joined_on=date(2026, 1, 1), status="guest")
    live_on(date(2026, 2, 1))
    for day, reason, unit, kind in (
        (date(2026, 2, 1), "status", tree.a, "full"),
        (date(2026, 3, 1), "moved", tree.b, "full"),
        (date(2026, 4, 1), "unit", tree.a, "full"),
    ):
        end(ada, day, reason)
        Membership.objects.create(member=ada, unit=unit, kind=kind, starts_on=day)
    end(ada, date(2026, 5, 1), "deceased")
    Membership.objects.create(member=ada, unit=tree.a, starts_on=date(2026, 6, 1))
    flows = figures(tree.district, JANUARY, JUNE).flows
    assert flows == {What.JOINED: 1, What.DECEASED: -1, What.RETURNED: 1, What.STATUS: 0, What.MOVED_IN: 1, What.MOVED_OUT: -1, What.REORGANISED: 0}
    assert figures(tree.a, JANUARY, JUNE, "full").flows == {
        What.STATUS: 1, What.MOVED_OUT: -1, What.REORGANISED: 1, What.DECEASED: -1, What.RETURNED: 1,
    }  # fmt: skip
    assert not unbalanced()


def test_a_section_counts_its_own_and_adds_nothing_to_the_district(tree):
    live_on(date(2026, 3, 1))
    ada = make.member("Ada Neu", tree.a, joined_on=date(2026, 3, 1))
    Membership.objects.join_section(ada, tree.youth, date(2026, 4, 1), None, timezone.now())
    assert (stock(tree.youth, date(2026, 3, 31)), stock(tree.youth, JUNE), stock(tree.district, JUNE)) == (0, 1, 1)


def test_a_unit_counts_where_it_lay_on_the_day(tree):
    live_on(date(2026, 3, 1))
    east = make.unit("Ost", "district", Unit.objects.get(pk=tree.district.pk))
    make.member("Ada Neu", tree.a, joined_on=date(2026, 1, 1))
    live_on(date(2026, 7, 1))
    Unit.objects.move(Unit.objects.get(pk=tree.a.pk), Unit.objects.get(pk=east.pk), "last-child")
    east, district = Unit.objects.get(pk=east.pk), Unit.objects.get(pk=tree.district.pk)
    assert (stock(east, JUNE), stock(east, date(2026, 7, 1)), stock(district, date(2026, 7, 1))) == (0, 1, 1)
    assert set(figures(district, JANUARY, JUNE).parts["unit"]) == {tree.a.pk}
    assert set(figures(district, date(2026, 7, 1), date(2026, 7, 31)).parts["unit"]) == {east.pk}
    moved = figures(east, date(2026, 6, 1), date(2026, 7, 31))
    assert (moved.opening, moved.elsewhere, moved.closing) == (0, 1, 1)
    assert movements.paths_elsewhere(district, JANUARY, JUNE) == []


def test_an_address_in_the_tree_that_is_used_again_brings_no_strangers_into_the_past(tree):
    live_on(date(2026, 3, 1))
    west = make.unit("West", "district", Unit.objects.get(pk=tree.district.pk))
    branch = make.unit("Alt", "branch", Unit.objects.get(pk=west.pk))
    make.member("Ada Neu", branch, joined_on=date(2026, 1, 1))
    live_on(date(2026, 7, 1))
    Unit.objects.move(Unit.objects.get(pk=west.pk), Unit.objects.get(pk=tree.foreign.pk), "last-child")
    again = make.unit("Neu", "district", Unit.objects.get(pk=tree.district.pk))
    assert again.path == west.path
    assert stock(again, JUNE) == 0


def list_of(unit, rows):
    content = "\n".join(["Mitgliedsnr.;Vorname;Name;Eintritt;Geschlecht", *rows]).encode()
    found = ListImport.objects.create(
        unit=unit, file_name="l.csv", content=content, list_date=timezone.localdate(), header=read(content).header
    )
    found.mapping = importing.guess(found.header)
    importing.stage(found)
    found.figures = importing.compare(found)
    found.save()
    with transaction.atomic():
        importing.apply(found, None, timezone.now())
    return found


def test_an_import_taken_back_is_booked_twice_and_the_days_between_keep_their_figures(tree):
    live_on(date(2026, 3, 1))
    make.member("Ada Alt", tree.a, joined_on=date(2000, 1, 1), number="1")
    live_on(date(2026, 4, 1))
    taken = list_of(tree.a, ["1;Ada;Alt;;w", "2;Ben;Neu;01.02.2026;m", "3;Cem;Neu;01.02.2026;m"])
    live_on(date(2026, 5, 1))
    with transaction.atomic():
        importing.undo(taken, timezone.now())
    assert [stock(tree.a, day) for day in (date(2026, 3, 31), date(2026, 4, 30), JUNE)] == [1, 3, 1]
    assert figures(tree.a, JANUARY, JUNE, as_known_today=True).joined == 0
    assert not unbalanced()


def test_a_past_day_keeps_its_figure_when_the_member_is_deleted(tree):
    live_on(date(2026, 3, 1))
    ada = make.member("Ada Neu", tree.a, joined_on=date(2026, 3, 1))
    live_on(date(2026, 5, 1))
    ada.delete()
    assert (stock(tree.a, date(2026, 4, 30)), stock(tree.a, date(2026, 5, 1))) == (1, 0)
    assert not unbalanced()


def test_lines_of_the_book_stay(tree):
    make.member("Ada Neu", tree.a)
    for change in (lambda: Movement.objects.update(number=7), lambda: Movement.objects.all().delete()):
        with pytest.raises(Error), transaction.atomic():
            change()
    assert stock(tree.a, timezone.localdate()) == 1


def test_a_book_opened_in_one_go_says_the_same(tree):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE membership_membership DISABLE TRIGGER USER")
    ada = make.member("Ada Neu", tree.a, joined_on=date(2020, 1, 1), birth_date=date(1990, 1, 1))
    end(ada, date(2021, 1, 1), "moved")
    Membership.objects.create(member=ada, unit=tree.b, starts_on=date(2021, 1, 1))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE membership_membership ENABLE TRIGGER USER")
    assert unbalanced()
    movements.open_book(tree.district)
    assert not unbalanced()


def test_a_closed_unit_takes_no_members(tree):
    Unit.objects.filter(pk=tree.a.pk).update(closed_on=date(2026, 1, 1))
    for day in (date(2026, 1, 1), date(2025, 12, 31)):  # that would last on
        with pytest.raises(IntegrityError), transaction.atomic():
            make.member("Ada Neu", tree.a, joined_on=day)
    ben = make.member("Ben Alt", tree.b, joined_on=date(2026, 1, 1))
    Membership.objects.create(member=ben, unit=tree.a, starts_on=date(2025, 1, 1), ends_on=date(2026, 1, 1), end_reason="unit")
