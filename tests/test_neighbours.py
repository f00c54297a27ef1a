"""Who sees one unit reads nothing of those beside, above and below it: no row, no figure, no choice in a form, whatever the address asks for."""

from contextlib import suppress
from difflib import unified_diff

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests import access
from tests import factories as make
from tests.access import PUBLIC
from tests.conftest import make_cast, make_tree
from tests.test_parties import read

pytestmark = [pytest.mark.wide, pytest.mark.django_db, pytest.mark.xdist_group("neighbours")]
ROWS = {row.name: row for row in access.rows() if row.get not in (None, PUBLIC)}
READERS = {"secretary_a": "own", "treasurer_a": "own", "alone": "parent"}  # alone: leads the district without the units below it
OWNERS = {"own": "secretary_a", "sister": "secretary_b", "parent": "officer", "section": "section_lead", "foreign": "foreign_officer"}  # who makes what there is
# What a party has in common: events that are told, places, kinds, words, fields of units above, what they offer and share. tests/test_parties.py
# holds that other parties change nothing there.
SHARED = {
    *(f"education:{name}" for name in "event_list event_month event_add event_edit place_list batch_add confirmation_terms offer_list".split()),
    *(f"education:{name}" for name in "qualification_list member_qualifications qualification_kind_list track_list development_edit".split()),
    *(f"membership:{name}" for name in "column_choice bulk_add tag_list member_tags field_list member_fields".split()),
    *(f"planning:{name}" for name in "idea_list election_add election_template_list volunteer_ask".split()),
    "onboarding:standard", "onboarding:practice_list",
}  # fmt: skip
# Of the units below, who leads the district itself reads what is written to its own officers, how many books there are, and, in charge of its money,
# plans and budgets.
OVERSEEN = {("alone", name) for name in ("onboarding:message_list", "onboarding:book_units", "planning:plan_list", "planning:budget_list")}
WITHIN_PARTY = {"education:event_list", "education:event_month", "education:calendar_list", "planning:request_add"}  # every unit of it may be asked for


def made(row, here, person):
    """The arguments of the address for `person`, with all they need; None where there is no room for another."""
    here.viewer = person
    with suppress(Exception), transaction.atomic():
        return row.of(here) if row.of else []
    return None


@pytest.fixture(scope="module")
def moment():
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture(scope="module")
def reader(request):
    return request.param


@pytest.fixture(scope="module")
def world_of_rows(reader, django_db_setup, django_db_blocker):
    """A world for each reader: where one is at home is beside the other."""
    with django_db_blocker.unblock(), transaction.atomic():
        tree = make_tree()
        cast = make_cast(tree)
        cast.alone = make.user("Dora Allein")
        make.appoint(cast.alone, "chair", tree.district, below=False)
        yield access.build_world(tree, cast)
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def client_here(reader, world_of_rows):
    client = Client()
    client.force_login(getattr(world_of_rows.cast, reader), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture(scope="module")
def pages(moment, reader, world_of_rows):
    """{name: address} of lists, and of one of everything in their unit."""
    here, person = world_of_rows.places[READERS[reader]], getattr(world_of_rows.cast, reader)
    found = {name: made(row, here, person) for name, row in ROWS.items()}
    return {name: reverse(name, args=args) for name, args in found.items() if args is not None}


@pytest.fixture(scope="module")
def alone(pages, client_here):
    """{name: what they read} before there is anything around."""
    for name, address in pages.items():
        read(client_here, address, ROWS[name].query)  # what is opened for the first time may say so
    return {name: read(client_here, address, ROWS[name].query) for name, address in pages.items()}


@pytest.fixture(scope="module")
def around(alone, reader, world_of_rows):
    """One of everything in every other unit."""
    owners = {place: getattr(world_of_rows.cast, owner) for place, owner in OWNERS.items() if place != READERS[reader]}
    there = [made(row, world_of_rows.places[place], owner) for place, owner in owners.items() for row in access.rows() if row.of]
    assert sum(args is not None for args in there) > 1000


def difference(before, after):
    return "\n".join(unified_diff(before, after, lineterm="", n=0))


def of_all(readers):
    """Every address for each of `readers`, one after the other: another reader has another world, which takes long to make."""

    def parametrized(test):
        return pytest.mark.parametrize("name", ROWS)(pytest.mark.parametrize("reader", readers, indirect=True, scope="module")(test))

    return parametrized


@of_all(READERS)
def test_what_the_units_around_have_changes_no_page(reader, name, pages, client_here, alone, around):
    if name in SHARED or (reader, name) in OVERSEEN:
        pytest.skip("units around may be read here")
    if name not in pages:
        pytest.skip("no room for it beside what the other addresses are about")
    differs = difference(alone[name], read(client_here, pages[name], ROWS[name].query))
    assert not differs, differs


@of_all(["secretary_a", "alone"])
def test_a_unit_one_does_not_see_is_asked_for_like_one_that_is_not_there(reader, name, pages, client_here, around, world_of_rows):
    if (reader, name) in OVERSEEN:
        pytest.skip("units around may be read here")
    if name not in pages:
        pytest.skip("no room for it beside what the other addresses are about")
    slug = (world_of_rows.tree.foreign_branch if name in WITHIN_PARTY else world_of_rows.tree.b).slug
    there, nowhere = (read(client_here, pages[name], ROWS[name].query | {"unit": asked}) for asked in (slug, "x" * len(slug)))
    differs = difference([line.replace("x" * len(slug), slug) for line in nowhere], there)
    assert not differs, differs
