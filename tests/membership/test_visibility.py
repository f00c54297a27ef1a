"""Who can see me: what is told to a member is what the rights really give."""

from datetime import date

import pytest
from django.urls import reverse

from branches.models import User
from membership import fields, visibility
from membership.models import Member
from tests import factories as make

TODAY = make.TODAY


@pytest.fixture
def people(tree, cast):
    """Members in every corner, and offices of every shape."""
    for number, (right, below) in enumerate([(1, False), (1, True), (2, False), (2, True), (3, False), (3, True)]):
        for unit in (tree.district, tree.a, tree.b, tree.youth, tree.foreign):
            make.appoint(make.user(f"Amt {number}-{unit.slug}"), "treasurer", unit, right=right, below=below)
    make.appoint(make.user("Vor Bei"), "chair", tree.a, ends_on=TODAY)
    make.appoint(make.user("Kommt Noch"), "chair", tree.a, starts_on=date(2026, 11, 23))
    make.appoint(make.user("Nicht Aktiv", is_active=False), "chair", tree.a)
    make.appoint(cast.treasurer_a, "section_lead", tree.youth)
    found = [make.member(f"Person {unit.slug}", unit) for unit in (tree.a, tree.b, tree.district, tree.foreign_branch)]
    in_section = make.member("Person Jung", tree.a)
    in_section.memberships.create(unit=tree.youth, home=False, starts_on=in_section.joined_on)
    before = make.member("Person Damals", tree.a)
    before.memberships.create(unit=tree.youth, home=False, starts_on=before.joined_on, ends_on=date(2020, 1, 1))
    return [*found, in_section, before]


def test_what_is_told_is_what_everybody_really_sees(people):
    """For each account and each member: the fields told of its offices together are those the pages give."""
    compared = 0
    for user in User.objects.all():
        visible = set(Member.objects.visible_to(user))
        held = {(a.unit, a.office) for a in user.appointments_now}
        for member in people:
            told = [row for row in visibility.watchers(member, TODAY) if (row["unit"], row["office"]) in held]
            mine = [term for term in user.appointments_now if any((term.unit, term.office) == (row["unit"], row["office"]) for row in told)]
            together = frozenset()
            for term in mine:
                alone = User.objects.get(pk=user.pk)
                alone.appointments_now = [term]
                together |= fields.seen_by(alone, member)
            assert together == fields.seen_by(user, member), (user, member)
            assert bool(together) == (member in visible), (user, member)
            compared += bool(together)
    assert compared > 60


def test_an_office_is_told_the_widest_of_what_its_holders_see(people, tree):
    rows = {(row["unit"], row["office"].slug): row for row in visibility.watchers(people[0], TODAY)}
    assert rows[tree.a, "treasurer"]["groups"] == ["basic", "contact", "personal"]
    assert not [unit for unit, _office in rows if unit in (tree.b, tree.foreign, tree.youth)]


def test_a_section_lead_is_told_with_contact_but_without_address(tree, cast):
    member = make.member("Person Jung", tree.a)
    member.memberships.create(unit=tree.youth, home=False, starts_on=member.joined_on)
    row = next(row for row in visibility.watchers(member, TODAY) if row["unit"] == tree.youth)
    assert row["groups"] == ["basic", "contact"]


def test_offices_not_holders_are_told(tree, cast):
    member = make.member("Anna Arndt", tree.a)
    said = str(visibility.told(member, TODAY))
    assert "Altdorf" in said and not [user.name for user in User.objects.all() if user.family_name in said]


@pytest.mark.parametrize("who, status", [("secretary_a", 200), ("treasurer_a", 200), ("secretary_b", 404), ("stranger", 404)])
def test_member_seen_by_opens_for_those_who_see_the_member(who, status, tree, cast, sign_in):
    member = make.member("Anna Arndt", tree.a)
    assert sign_in(getattr(cast, who)).get(reverse("membership:member_seen_by", args=[member.pk])).status_code == status
