"""Every address x every person x own, sister, parent, section and foreign object x GET and POST. The table is described in tests/access.py."""

import io
import zipfile
from itertools import product

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests import access
from tests.access import LET_IN, MEMBER_TEXTS, PEOPLE, canary

ROWS = access.rows()


@pytest.fixture
def world(tree, cast):
    return access.build_world(tree, cast)


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


def ask(client, row, method, world, person, place):
    """The answer; whatever the request or its preparation wrote is rolled back."""
    with transaction.atomic():
        here = world.places[place or "own"]
        here.viewer = person and getattr(world.cast, person)
        address = reverse(row.name, args=row.of(here) if row.of else [])
        data = row.query if method == "GET" else row.data(here) if callable(row.data) else row.data
        response = client.get(address, data) if method == "GET" else client.post(address, data)
        response.whole = b"".join(response.streaming_content) if response.streaming else response.content
        transaction.set_rollback(True)
    return response


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


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_everybody_gets_what_the_table_says(row, world, client_of):
    wrong = []
    for person, place, method in product(PEOPLE, row.places, ("GET", "POST")):
        if place not in (None, "own") and not (row.get if method == "GET" else row.post):
            continue  # a method that is not allowed is not allowed anywhere
        response = ask(client_of(person), row, method, world, person, place)
        expected = row.expected(method, person, place)
        if not fits(expected, response, row):
            wrong.append(f"{method} {person or 'anonymous'} at {place}: expected {expected}, got {response.status_code}")
    assert not wrong, f"{row.name}\n" + "\n".join(wrong)


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


def seen_by(person, world, client_of):
    """{row name: text} of everything this person can GET, joined over all places."""
    return {
        row.name: " ".join(readable(ask(client_of(person), row, "GET", world, person, place)) for place in row.places)
        for row in ROWS
        if not row.grants
    }


def leaks(texts, tokens):
    return [f"{name}: {token}" for name, text in texts.items() for token in tokens if token.lower() in text]


CONTACT_TEXTS = ["email", "phone", "mobile", "street", "postcode", "city"]


@pytest.mark.parametrize(
    "person, hidden",
    [
        ("secretary_a", [(name, place) for place in ("sister", "parent", "section", "foreign") for name in (*MEMBER_TEXTS, "note")]),
        ("treasurer_a", [(name, "own") for name in (*CONTACT_TEXTS, "note")]),
        ("section_lead", [("street", "section"), *((name, "own") for name in MEMBER_TEXTS)]),
        ("former", [(name, place) for place in access.PLACES for name in (*MEMBER_TEXTS, "note")]),
        (None, [(name, place) for place in access.PLACES for name in (*MEMBER_TEXTS, "note")]),
    ],
)
def test_what_one_may_not_see_is_in_no_answer(person, hidden, world, client_of):
    public = {row.name for row in ROWS if row.get == access.PUBLIC and row.of}  # by a link that carries its own right
    texts = {name: text for name, text in seen_by(person, world, client_of).items() if name not in public}
    assert not leaks(texts, [canary(*field) for field in hidden])


def test_the_canaries_sing_for_those_who_may_hear_them(world, client_of):
    texts = seen_by("secretary_b", world, client_of)
    heard = {name for name in MEMBER_TEXTS if leaks(texts, [canary(name, "sister")])}
    assert heard >= {"given_name", "family_name", "email", "mobile", "street"}
