"""Every address x every person x own, sister, parent, section and foreign object x GET and POST. The table is described in tests/access.py."""

import io
import zipfile
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from itertools import product

import pytest
from django.db import transaction
from django.http import HttpResponseForbidden, HttpResponseNotFound
from django.test import Client
from django.urls import reverse

from config import urls
from tests import access
from tests.access import LET_IN, MEMBER_TEXTS, PEOPLE, canary

ROWS = access.rows()


@pytest.fixture
def world(world_kept, monkeypatch):
    """Most answers are refusals, and their page is the same for everybody (tests/test_others.py draws it): here it stays empty."""
    monkeypatch.setattr(urls, "handler404", lambda request, exception: HttpResponseNotFound(), raising=False)
    monkeypatch.setattr(urls, "handler403", lambda request, exception: HttpResponseForbidden(), raising=False)
    return world_kept


@pytest.fixture(scope="module")
def cookies_of(world_of_rows):
    """{person: cookies} of those signed in; signing in takes longer than most answers."""
    cookies = {}
    for person in filter(None, PEOPLE):
        client = Client()
        client.force_login(getattr(world_of_rows.cast, person), backend="django.contrib.auth.backends.ModelBackend")
        cookies[person] = client.cookies
    return cookies


@pytest.fixture
def client_of(cookies_of):
    """client_of(name) gives a new client with that person of the cast signed in, None nobody."""

    handler = Client().handler  # loading the middleware anew takes longer than most answers

    def enter(person):
        client = Client()
        client.handler, client.cookies = handler, deepcopy(cookies_of.get(person, client.cookies))
        return client

    return enter


@contextmanager
def undone():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def answer(client, row, method, here, address):
    """The answer; whatever the request wrote is rolled back."""
    with undone():
        data = row.query if method == "GET" else row.data(here) if callable(row.data) else row.data
        response = client.get(address, data) if method == "GET" else client.post(address, data)
        response.whole = b"".join(response.streaming_content) if response.streaming else response.content
    return response


def asking(client_of, row, world, asked=access.asked):
    """(method, person, place, how to ask) of everybody who is `asked` at each place; what is prepared alike for all of them is prepared once."""
    clients = {person: client_of(person) for person in PEOPLE}  # who signs in within what is undone is signed out again
    for place in row.places:
        here, left = world.places[place or "own"], [person for person in PEOPLE if asked(row, person, place)]
        while left:
            with undone():
                here.viewer = left[0] and getattr(world.cast, left[0])
                address = reverse(row.name, args=row.of(here) if row.of else [])
                alike = left[:1] if here.looked_at else left
                left = left[len(alike) :]
                for person, method in product(alike, ("GET", "POST")):
                    if place not in (None, "own") and not (row.get if method == "GET" else row.post):
                        continue  # a method that is not allowed is not allowed anywhere
                    here.viewer = person and getattr(world.cast, person)
                    yield method, person, place, partial(answer, clients[person], row, method, here, address)


def fits(expected, response, row):
    status = response.status_code
    if status == 302 and response["Location"].startswith(reverse("account_login")):
        return expected.startswith("login") if isinstance(expected, str) else False
    if expected == LET_IN:
        return status in (200, 204, 302, 303, 400, 409, 422, *row.fine)
    return status == (405 if expected == "login or 405" else expected)


def test_every_address_has_a_row():
    missing = set(access.addresses()) - {row.name for row in ROWS}
    assert not missing, f"No row in tests/<room>/access.py for: {', '.join(sorted(missing))}"


def test_every_row_has_an_address():
    gone = {row.name for row in ROWS} - set(access.addresses())
    assert not gone, f"Rows for addresses that do not exist: {', '.join(sorted(gone))}"


def readable(response):
    """The text of a page, sheet or PDF, in lower case."""
    whole = response.whole
    if whole.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(whole)) as sheet:
            return b" ".join(sheet.read(name) for name in sheet.namelist()).decode(errors="replace").lower()
    if whole.startswith(b"%PDF"):
        from pypdf import PdfReader

        return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(whole)).pages).lower()
    return (whole.decode(errors="replace") + str(response.headers)).lower()


def leaks(text, tokens):
    return [token for token in tokens if token.lower() in text]


CONTACT_TEXTS = ["email", "phone", "mobile", "street", "postcode", "city"]
TEXTS = (*MEMBER_TEXTS, "note")
# person: what may stand in no answer to them, but for what is public by a link that carries its own right.
HIDDEN = {
    person: [canary(*field) for field in fields]
    for person, fields in {
        "secretary_a": [*product(TEXTS, ("sister", "parent", "section", "foreign"))],
        "treasurer_a": [*product((*CONTACT_TEXTS, "note"), ("own",))],
        "section_lead": [("street", "section"), *product(MEMBER_TEXTS, ("own",))],
        "former": [*product(TEXTS, access.PLACES)],
        None: [*product(TEXTS, access.PLACES)],
    }.items()
}


def wrong(row, method, person, place, response):
    """What the table does not allow in this answer."""
    expected = row.expected(method, person, place)
    if not fits(expected, response, row):
        yield f"expected {expected}, got {response.status_code}"
    if method == "GET" and person in HIDDEN and not row.grants and not (row.of and row.get == access.PUBLIC):
        yield from (f"reads {token}" for token in leaks(readable(response), HIDDEN[person]))


@pytest.mark.parametrize("asked", [access.asked, pytest.param(access.everybody, marks=pytest.mark.slow)], ids=["differ", "all"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_everybody_gets_what_the_table_says_and_reads_nothing_that_is_hidden(row, asked, world, client_of):
    found = [
        f"{method} {person or 'anonymous'} at {place}: {told}"
        for method, person, place, ask in asking(client_of, row, world, asked)
        for told in wrong(row, method, person, place, ask())
    ]
    assert not found, f"{row.name}\n" + "\n".join(found)


def test_the_canaries_sing_for_those_who_may_hear_them(world, client_of):
    """Who cares for the sister reads them in pages, sheets and PDFs: otherwise nobody else reading them would prove nothing."""
    heard, kinds = set(), set()
    for row in (row for row in ROWS if row.get not in (None, access.PUBLIC)):
        place = "sister" if row.places != [None] else None
        for method, _person, _place, ask in asking(client_of, row, world, lambda _row, who, where, place=place: (who, where) == ("secretary_b", place)):
            if method == "GET" and (found := leaks(readable(response := ask()), [canary(name, "sister") for name in MEMBER_TEXTS])):
                heard.update(found)
                kinds.add(response["Content-Type"].partition(";")[0])
    assert heard >= {canary(name, "sister") for name in ("given_name", "family_name", "email", "mobile", "street")}
    assert kinds >= {"text/html", "application/pdf"}, kinds
