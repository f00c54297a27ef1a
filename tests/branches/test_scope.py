"""Statements that are the same for all people find what each of them may see, and nothing else."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from branches import scope
from branches.models import Unit, User
from membership.models import Application, Member, Transfer
from onboarding.models import Contact, Journey, JourneyStep
from tests import factories as make

FOUND = {
    "members": lambda user, least: Member.objects.visible_to(user).filter(pk__gte=least).order_by("pk"),
    "cared for": lambda user, least: Member.objects.editable_by(user).filter(pk__gte=least).order_by("pk"),
    "journeys": lambda user, least: Journey.objects.visible_to(user).filter(pk__gte=least).order_by("pk"),
    "steps": lambda user, least: JourneyStep.objects.editable_by(user).filter(pk__gte=least).order_by("pk"),
    "contacts": lambda user, least: Contact.objects.visible_to(user).filter(pk__gte=least).order_by("pk"),
    "applications": lambda user, least: Application.objects.visible_to(user).filter(pk__gte=least).order_by("pk"),
    "transfers": lambda user, least: Transfer.objects.visible_to(user).filter(pk__gte=least).order_by("pk"),
    "units": lambda user, least: Unit.objects.visible_to(user).filter(pk__gte=least).order_by("pk"),
}


def signed_in():
    """Everybody, without what they hold kept from before."""
    return list(User.objects.order_by("pk"))


@pytest.mark.parametrize("name", FOUND)
def test_a_statement_for_all_finds_what_each_person_may_see(world_kept, name):
    cast, tree = world_kept.cast, world_kept.tree
    make.appoint(cast.section_lead, "treasurer", tree.b)  # sees a branch and cares for a section
    make.appoint(cast.treasurer_a, "membership_officer", tree.district)  # a wide right around a narrow one
    make.appoint(cast.secretary_b, "secretary", tree.foreign_branch)  # in two parties
    found = {user.email: scope.fetch(user, f"test {name}", FOUND[name], [1]) for user in signed_in()}
    assert found == {user.email: list(FOUND[name](user, 1)) for user in signed_in()}
    assert len({tuple(rows) for rows in found.values()}) > 3 or name in ("applications", "transfers")


def test_it_is_one_statement_for_all_who_hold_offices_of_the_same_kind(world_kept):
    cast = world_kept.cast
    for user in (cast.secretary_a, cast.secretary_b, cast.chair_a):
        with CaptureQueriesContext(connection) as asked:
            scope.fetch(user, "test of the same kind", FOUND["members"], [1])
        assert asked[-1]["sql"].startswith('EXECUTE "test of the same kind 3"')


def test_nothing_but_what_the_filters_ask_is_known_of_the_person(world_kept):
    with pytest.raises(AttributeError):
        scope.fetch(world_kept.cast.secretary_a, "test of a name", lambda user: Member.objects.filter(user__email=user.email))
