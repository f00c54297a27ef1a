"""The account of an office-holder and their own record: recognised by address and name, and then nobody is told of themselves."""

import pytest
from django.utils import timezone

from branches.models import User
from membership import accounts, reading
from membership.models import Reading
from tests import factories as make


@pytest.fixture
def aylin(tree, cast):
    User.objects.filter(pk=cast.secretary_a.pk).update(email="aylin@example.org")
    return make.member("Aylin Kaya", tree.b, email="aylin@Example.org")


def owner(member):
    member.refresh_from_db()
    return member.user


def test_who_holds_an_office_is_recognised_by_address_and_name(aylin, cast, tree):
    make.member("Can Kaya", tree.b, email="aylin@example.org")  # one address for a family
    make.member("Aylin Kaya", tree.foreign_branch, email="aylin@example.org")
    assert accounts.recognise() == 1 and owner(aylin) == cast.secretary_a
    assert accounts.recognise() == 0


def test_where_two_fit_neither_is_taken(aylin, tree):
    other = make.member("Aylin Kaya", tree.a, email="aylin@example.org")
    assert accounts.recognise() == 0 and owner(aylin) is owner(other) is None


@pytest.mark.parametrize("differs", [{"email": "other@example.org"}, {"given_name": "Ayla"}, {"status": "left"}])
def test_who_differs_is_somebody_else(differs, aylin):
    type(aylin).objects.filter(pk=aylin.pk).update(**differs)
    assert accounts.recognise() == 0 and owner(aylin) is None


def test_a_member_without_an_office_has_no_account_to_be_recognised_by(tree):
    member = make.member("Stella Ohneamt", tree.a, email="stella@example.org")
    User.objects.create_user("stella@example.org", given_name="Stella", family_name="Ohneamt")
    assert accounts.recognise() == 0 and owner(member) is None


def test_reading_ones_own_record_is_no_entry_from_then_on(aylin, cast):
    accounts.recognise()
    aylin.refresh_from_db()
    reading.note(cast.secretary_a, aylin, Reading.What.PAGE, timezone.now())
    assert not Reading.objects.exists()


def test_it_is_one_look_however_many_hold_an_office(aylin, tree, django_assert_num_queries):
    for number in range(20):
        make.appoint(make.user(f"Person Nummer{number}"), "chair", tree.b)
    with django_assert_num_queries(4):
        assert accounts.recognise() == 1
