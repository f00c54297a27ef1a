"""Somebody else's row and one that is not there are the same to a stranger, at every address that is about an object."""

import re
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from tests import access
from tests.test_access import client_of, cookies_of, undone

__all__ = ["client_of", "cookies_of"]  # fixtures

WITH_OBJECT = [row for row in access.rows() if row.of and access.PUBLIC not in (row.get, row.post) and not row.grants]


def told(client, method, address):
    """(status, text without what differs by itself, number of queries) of an answer."""
    with undone(), CaptureQueriesContext(connection) as queries:
        answer = getattr(client, method)(address)
    text = re.sub(r"[A-Za-z0-9]{64}", "", answer.text.replace(quote(address), "").replace(address, ""))  # tokens of forms
    return answer.status_code, text, len(queries)


@pytest.mark.parametrize("row", WITH_OBJECT, ids=lambda row: row.name)
def test_what_belongs_to_others_is_answered_like_what_is_not_there(row, world_kept, client_of):
    """What belongs to no place is of the party or of one person in it: there the stranger is somebody of another party."""
    place = world_kept.places["own" if row.everywhere else "foreign"]
    place.viewer = world_kept.cast.secretary_a
    client = client_of("foreign_officer" if row.everywhere else "secretary_a")
    client.get(reverse("cockpit:today"))
    with undone():
        real = row.of(place)
        names = resolve(reverse(row.name, args=real)).kwargs  # a year is there for everybody
        nothing = [
            part if name == "year" else "nirgends" if isinstance(part, str) else 987654321 for name, part in zip(names, real, strict=True)
        ]
        for method in ("get", "post"):
            if getattr(row, method):
                foreign = told(client, method, reverse(row.name, args=real))
                assert foreign == told(client, method, reverse(row.name, args=nothing))
                assert foreign[0] in (403, 404)
