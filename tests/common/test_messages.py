"""The catalogues follow the sources."""

import pytest
from babel.messages.catalog import Catalog

from common.management.commands import messages

ONE, MANY = "%(n)s member", "%(n)s members"


@pytest.fixture
def catalogue(tmp_path, monkeypatch):
    """catalogue(before, wanted) gives the catalogue that had the messages `before` and was updated to `wanted`."""
    path = tmp_path / "de" / "django.po"
    monkeypatch.setattr(messages, "catalogue_path", lambda room, language: path)

    def updated(before, wanted):
        old = Catalog(locale="de")
        for ids, text in before.items():
            old.add(ids, text)
        path.parent.mkdir(exist_ok=True)
        with path.open("wb") as file:
            messages.write_po(file, old)
        missing = messages.update("", "de", {(ids, None): ["a.py"] for ids in wanted})
        return missing, messages.load(path, "de")

    return updated


@pytest.mark.parametrize(
    ("before", "after", "text", "missing"),
    [
        ({ONE: "%(n)s Mitglied"}, ONE, "%(n)s Mitglied", 0),
        ({(ONE, MANY): ("%(n)s Mitglied", "%(n)s Mitglieder")}, (ONE, MANY), ("%(n)s Mitglied", "%(n)s Mitglieder"), 0),
        ({(ONE, MANY): ("%(n)s Mitglied", "%(n)s Mitglieder")}, ONE, "%(n)s Mitglied", 0),
        ({ONE: "%(n)s Mitglied"}, (ONE, MANY), ("", ""), 1),
        ({}, ONE, "", 1),
    ],
    ids=["as it was", "plural as it was", "no plural any more", "a plural now", "new"],
)
def test_a_message_keeps_its_translation_as_far_as_it_fits(catalogue, before, after, text, missing):
    found, new = catalogue(before, [after])
    assert (found, new.get(after).string) == (missing, text)
