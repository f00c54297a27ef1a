"""Every address x every person x own, sister, parent, section and foreign object x GET and POST. The table is described in tests/access.py."""

import io
import zipfile
from contextlib import contextmanager
from itertools import product

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests import access
from tests.access import LET_IN, MEMBER_TEXTS, PEOPLE, canary

ROWS = access.rows()


@pytest.fixture
def world(world_kept):
    return world_kept


@pytest.fixture
def client_of(world):
    """client_of(name) gives a client with that person of the cast signed in, None nobody."""
    clients = {}

    def enter(person):
        if person not in clients:
            clients[person] = Client()
            if person:
                clients[person].force_login(getattr(world.cast, person), backend="django.contrib.auth.backends.ModelBackend")
        return clients[person]

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


def ask(client, row, method, world, person, place):
    """The answer; whatever the request or its preparation wrote is rolled back."""
    with undone():
        here = world.places[place or "own"]
        here.viewer = person and getattr(world.cast, person)
        return answer(client, row, method, here, reverse(row.name, args=row.of(here) if row.of else []))


def ask_all(client_of, row, world):
    """(method, person, place, answer) of everybody at every place; what is prepared alike for all of them is prepared once."""
    clients = {person: client_of(person) for person in PEOPLE}  # who signs in within what is undone is signed out again
    for place in row.places:
        here, left = world.places[place or "own"], list(PEOPLE)
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
                    yield method, person, place, answer(clients[person], row, method, here, address)


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


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_everybody_gets_what_the_table_says_and_reads_nothing_that_is_hidden(row, world, client_of):
    wrong = []
    sings = not row.grants and not (row.of and row.get == access.PUBLIC)
    for method, person, place, response in ask_all(client_of, row, world):
        who, expected = f"{method} {person or 'anonymous'} at {place}", row.expected(method, person, place)
        if not fits(expected, response, row):
            wrong.append(f"{who}: expected {expected}, got {response.status_code}")
        if sings and method == "GET" and person in HIDDEN:
            wrong += [f"{who} reads {token}" for token in leaks(readable(response), HIDDEN[person])]
    assert not wrong, f"{row.name}\n" + "\n".join(wrong)


def test_the_canaries_sing_for_those_who_may_hear_them(world, client_of):
    shown = [row for row in ROWS if row.name in ("membership:member_list", "membership:member_edit", "cockpit:member_detail")]
    text = " ".join(readable(ask(client_of("secretary_b"), row, "GET", world, "secretary_b", place)) for row in shown for place in row.places)
    heard = {name for name in MEMBER_TEXTS if leaks(text, [canary(name, "sister")])}
    assert heard >= {"given_name", "family_name", "email", "mobile", "street"}
