"""The next date a new member is invited to. Events live in a neighbour room, so a room above says where they are found (`found_by`)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from common.labels import localized


@dataclass(frozen=True)
class Coming:
    """One announced event. titles: {language: text}; url: its page for everybody, calendar_url: the file for calendars; full addresses."""

    titles: dict
    starts_at: datetime
    place: str
    url: str = ""
    calendar_url: str = ""

    @property
    def title(self):
        return localized(self.titles)


_finders: list[Callable] = []


def found_by(finder):
    """finder(units, now) gives {unit pk: Coming} of the next event of each unit or one above it. Rooms above register in AppConfig.ready."""
    _finders.append(finder)


def find(units, now):
    """{unit pk: Coming} of the next event at `now` for each of `units`; who has none coming is left out."""
    found: dict = {}
    for finder in _finders:
        for pk, event in finder(units, now).items():
            found[pk] = min(found.get(pk, event), event, key=lambda one: one.starts_at)
    return found
