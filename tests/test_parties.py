"""Nothing in one party depends on what another one has: no row, no figure, no choice in a form."""

import re
from contextlib import suppress
from difflib import unified_diff

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cockpit.demo import making
from cockpit.demo.organisations import DRESDEN
from membership import duplicates
from onboarding import books
from planning import posting
from tests import access
from tests.access import PUBLIC
from tests.test_access import readable, undone

pytestmark = [pytest.mark.wide, pytest.mark.django_db, pytest.mark.xdist_group("parties")]
ROWS = [row for row in access.rows() if row.get not in (None, PUBLIC)]
# Tokens of forms, keys against double clicks, signed addresses: new in every answer.
NEW = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[\w=-]{20,}(?::[\w-]+)*|nonce-\S+")


@pytest.fixture(scope="module")
def moment():
    with time_machine.travel(timezone.now(), tick=False):
        yield


@pytest.fixture(scope="module")
def pages(moment, world_of_rows):
    """{name: address} of what the officer opens: lists, and one of everything in their party."""
    return {row.name: (address, row.query) for row in ROWS if (address := address_of(row, world_of_rows))}


def address_of(row, world):
    """Where there is one of a kind for a member or unit already, the next place has room for another."""
    for place in ("own", "sister", "parent", "section"):
        here = world.places[place]
        here.viewer = world.cast.officer
        with suppress(IntegrityError, posting.Refused), transaction.atomic():
            return reverse(row.name, args=row.of(here) if row.of else [])
    return None


@pytest.fixture(scope="module")
def officer(world_of_rows):
    client = Client()
    client.force_login(world_of_rows.cast.officer, backend="django.contrib.auth.backends.ModelBackend")
    return client


def read(client, address, query):
    with undone():
        answer = client.get(address, query)
        answer.whole = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return [str(answer.status_code), *NEW.sub("", readable(answer)).splitlines()]


@pytest.fixture(scope="module")
def alone(pages, officer):
    """{name: what the officer reads} before there is another party with anything in it."""
    duplicates.search(timezone.now())  # nightly jobs are for all parties, and a demo runs them
    books.follow()
    for address, query in pages.values():
        read(officer, address, query)  # what is opened for the first time may say so
    return {name: read(officer, *page) for name, page in pages.items()}


@pytest.fixture(scope="module")
def beside(alone):
    making.make(DRESDEN, 300, "1", timezone.localdate())


@pytest.mark.parametrize("name", [row.name for row in ROWS])
def test_what_another_party_has_changes_no_page(name, pages, officer, alone, beside):
    if name not in pages:
        pytest.skip("no room for it beside what the other addresses are about")
    differs = "\n".join(unified_diff(alone[name], read(officer, *pages[name]), lineterm="", n=0))
    assert not differs, differs
