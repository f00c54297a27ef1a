"""No page leads where its reader is refused: what it links to opens, and what it lets them send is taken."""

from datetime import timedelta
from html.parser import HTMLParser
from urllib.parse import urljoin

import pytest
from django.http import HttpResponseForbidden, HttpResponseNotFound
from django.test import Client
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from branches.models import Appointment
from config import urls
from tests import access
from tests.test_access import undone
from tests.test_neighbours import OWNERS, ROWS, made

pytestmark = [pytest.mark.wide, pytest.mark.django_db, pytest.mark.xdist_group("doors")]
READERS = {"secretary_a": "own", "treasurer_a": "own", "section_lead": "section"}


class Doors(HTMLParser):
    """links: where the page leads; forms: [(where it sends to, {name: what it would send})]."""

    def __init__(self, page):
        super().__init__()
        self.links, self.forms, self.fields = {}, [], None
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        said = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.links[said.get("href", "").partition("#")[0]] = True
        elif tag == "form":
            self.fields = {}
            if said.get("method", "").lower() == "post":
                self.forms.append((said.get("action", ""), self.fields))
        elif tag in ("input", "button") and self.fields is not None and said.get("type") not in ("checkbox", "radio", "file"):
            self.fields.setdefault(said.get("name", ""), said.get("value", ""))

    def handle_endtag(self, tag):
        if tag == "form":
            self.fields = None


def is_ours(address):
    try:
        return not address.startswith("/accounts/") and bool(resolve(address.partition("?")[0]))
    except Resolver404:
        return False


@pytest.fixture(scope="module")
def people(world_of_rows):
    return world_of_rows.cast


@pytest.fixture(scope="module")
def filled(world_of_rows, people):
    """One of everything in every unit, made by who leads it; whatever offices come with it, nobody holds them."""
    held = set(Appointment.objects.values_list("pk", flat=True))
    for place, owner in ({"own": "secretary_a"} | OWNERS).items():
        for row in access.rows():
            made(row, world_of_rows.places[place], getattr(people, owner))
    Appointment.objects.exclude(pk__in=held).update(ends_on=timezone.localdate() - timedelta(days=1), starts_on=timezone.localdate() - timedelta(days=9))


@pytest.fixture(scope="module")
def clients(people):
    found = {reader: Client() for reader in READERS}
    for reader, client in found.items():
        client.force_login(getattr(people, reader), backend="django.contrib.auth.backends.ModelBackend")
    return found


@pytest.fixture(scope="module")
def opened():
    """(reader, address) of what opened once."""
    return set()


def status_of(ask, *what):
    with undone():
        return ask(*what).status_code


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("reader", READERS)
def test_a_page_leads_nowhere_its_reader_is_refused(reader, name, world_of_rows, people, clients, filled, opened, monkeypatch):
    monkeypatch.setattr(urls, "handler404", lambda request, exception: HttpResponseNotFound(), raising=False)
    monkeypatch.setattr(urls, "handler403", lambda request, exception: HttpResponseForbidden(), raising=False)
    client, row, refused = clients[reader], ROWS[name], []
    with undone():
        args = made(row, world_of_rows.places[READERS[reader]], getattr(people, reader))
        if args is None:
            pytest.skip("no room for it beside what the other addresses are about")
        with undone():
            page = client.get(address := reverse(name, args=args), row.query)
        if page.status_code != 200 or not page["Content-Type"].startswith("text/html"):
            return
        doors = Doors(page.text)
        for there in {urljoin(address, link) for link in doors.links if link} - {known for who, known in opened if who == reader}:
            if is_ours(there) and status_of(client.get, there) in (403, 404):
                refused.append(f"GET {there}")
            else:
                opened.add((reader, there))
        refused += [
            f"POST {there} {fields}"
            for there, fields in ((urljoin(address, action), fields) for action, fields in doors.forms)
            if is_ours(there) and status_of(client.post, there, fields) in (403, 404)
        ]
    assert not refused, "\n".join(refused)
