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
from tests.access import PUBLIC
from tests.test_parties import read

pytestmark = [pytest.mark.wide, pytest.mark.django_db, pytest.mark.xdist_group("neighbours")]
ROWS = {row.name: row for row in access.rows() if row.get not in (None, PUBLIC)}
READERS = ["secretary_a", "treasurer_a"]
OWNERS = {"sister": "secretary_b", "parent": "officer", "section": "section_lead", "foreign": "foreign_officer"}  # who makes what there is beside
# What a party has in common: events that are told, places, kinds, words, fields of units above, what they offer and share. tests/test_parties.py
# holds that other parties change nothing there.
SHARED = {
    *(f"education:{name}" for name in "event_list event_month event_add event_edit place_list batch_add confirmation_terms offer_list".split()),
    *(f"education:{name}" for name in "qualification_list member_qualifications qualification_kind_list track_list development_edit".split()),
    *(f"membership:{name}" for name in "column_choice bulk_add tag_list member_tags field_list member_fields".split()),
    *(f"planning:{name}" for name in "idea_list election_add election_template_list volunteer_ask".split()),
    "onboarding:standard", "onboarding:practice_list",
}  # fmt: skip
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
def clients(world_of_rows):
    found = {reader: Client() for reader in READERS}
    for reader, client in found.items():
        client.force_login(getattr(world_of_rows.cast, reader), backend="django.contrib.auth.backends.ModelBackend")
    return found


@pytest.fixture(scope="module")
def pages(moment, world_of_rows):
    """{(reader, name): address} of lists, and of one of everything in their unit."""
    people, own = world_of_rows.cast, world_of_rows.places["own"]
    found = {(reader, name): made(row, own, getattr(people, reader)) for reader in READERS for name, row in ROWS.items()}
    return {(reader, name): reverse(name, args=args) for (reader, name), args in found.items() if args is not None}


@pytest.fixture(scope="module")
def alone(pages, clients):
    """{(reader, name): what they read} before there is anything beside."""
    for (reader, name), address in pages.items():
        read(clients[reader], address, ROWS[name].query)  # what is opened for the first time may say so
    return {(reader, name): read(clients[reader], address, ROWS[name].query) for (reader, name), address in pages.items()}


@pytest.fixture(scope="module")
def beside(alone, world_of_rows):
    made_there = [
        made(row, world_of_rows.places[place], getattr(world_of_rows.cast, owner)) for place, owner in OWNERS.items() for row in access.rows() if row.of
    ]
    assert sum(args is not None for args in made_there) > 1000


def difference(before, after):
    return "\n".join(unified_diff(before, after, lineterm="", n=0))


@pytest.mark.parametrize("name", [name for name in ROWS if name not in SHARED])
@pytest.mark.parametrize("reader", READERS)
def test_what_the_units_around_have_changes_no_page(reader, name, pages, clients, alone, beside):
    if (reader, name) not in pages:
        pytest.skip("no room for it beside what the other addresses are about")
    differs = difference(alone[reader, name], read(clients[reader], pages[reader, name], ROWS[name].query))
    assert not differs, differs


@pytest.mark.parametrize("name", ROWS)
def test_a_unit_one_does_not_see_is_asked_for_like_one_that_is_not_there(name, pages, clients, beside, world_of_rows):
    slug = (world_of_rows.tree.foreign_branch if name in WITHIN_PARTY else world_of_rows.tree.b).slug
    if ("secretary_a", name) not in pages:
        pytest.skip("no room for it beside what the other addresses are about")
    there, nowhere = (
        read(clients["secretary_a"], pages["secretary_a", name], ROWS[name].query | {"unit": asked}) for asked in (slug, "x" * len(slug))
    )
    differs = difference([line.replace("x" * len(slug), slug) for line in nowhere], there)
    assert not differs, differs
