"""Each guard taken away turns a test red: otherwise nobody would notice that one is missing. What a guard is stands in tests/guards.py.

tests/guards.txt says of each who notices: an address of the access table with how it is asked for, by whom and where; or "nobody": what such a
one does is done a second time by another guard, or it narrows what a page offers, which the tests of that page hold. The short form asks what
stands there and looks for a new one where that has become wrong; the long one looks for those that have no line or nobody.
"""

from collections import defaultdict
from pathlib import Path

import pytest

from tests import guards
from tests.test_access import ROWS, asking, client_of, cookies_of, world, wrong

__all__ = ["client_of", "cookies_of", "world"]  # fixtures

TABLE = Path(__file__).with_name("guards.txt")
ADDRESSES = {row.name: row for row in ROWS}
# Whom guards keep out: who only sees, only cares, leads beside, and is of another party.
LOOKING = {
    "treasurer_a": ["own"],
    "section_lead": ["own", "section"],
    "secretary_a": ["own", "sister", "parent"],
    "foreign_officer": ["own"],
}


@pytest.fixture(scope="module")
def found():
    return {guard.name: guard for guard in guards.guards()}


def lines():
    """{guard: who notices}: [address, method, person, place] or ["nobody"]."""
    return {name: who.split() for name, who in (line.split(" = ") for line in TABLE.read_text().splitlines())}


def is_noticed(guard, row, method, person, place, ask):
    try:
        with guard.taken_away():
            return any(wrong(row, method, person, place, ask()))
    except Exception:
        return True  # what was let through fails later


def by_their_lines(found, world, client_of):
    """The guards whose line of the table is true: what is prepared for several of them is prepared once."""
    asked = defaultdict(list)
    for name, who in lines().items():
        if name in found and len(who) == 4 and who[0] in ADDRESSES:
            asked[who[0], who[2]].append((name, who))
    noticed = set()
    for (address, person), those in sorted(asked.items()):
        row, places = ADDRESSES[address], {who[3] for _name, who in those}
        for method, _person, place, ask in asking(
            client_of, row, world, lambda _row, who, at, here=(person, places): who == here[0] and str(at) in here[1]
        ):
            for name, who in those:
                if who[1] == method and who[3] == str(place) and is_noticed(found[name], row, method, person, place, ask):
                    noticed.add(name)
    return noticed


def by_looking(left, world, client_of):
    """{guard: [address, method, person, place]} of the guards in `left` that some row of the table notices."""
    noticed = {}
    for row in ROWS:
        for method, person, place, ask in asking(
            client_of, row, world, lambda _row, who, place: who in LOOKING and place in [*LOOKING[who], None]
        ):
            with guards.run(left) as ran:
                assert not [*wrong(row, method, person, place, ask())]
            for name in ran - set(noticed):
                if is_noticed(left[name], row, method, person, place, ask):
                    noticed[name] = [row.name, method, person, str(place)]
    return noticed


@pytest.mark.wide
def test_without_a_guard_an_address_is_red(found, world, client_of):
    """A guard whose line has become wrong by another change gets a new one by the long form."""
    known = {name for name, who in lines().items() if len(who) == 4 and who[0] in ADDRESSES} & set(found)
    assert len(known) > 250
    left = known - by_their_lines(found, world, client_of)
    assert not left, "Nobody notices any more when these are gone:\n" + "\n".join(sorted(left))


@pytest.mark.slow
def test_the_table_of_guards_is_whole(found, world, client_of):
    told = lines()
    left = {name: guard for name, guard in found.items() if told.get(name, ["nobody"]) == ["nobody"]}
    looked = by_looking(left, world, client_of)
    print("\n".join(f"{name} = {' '.join(who)}" for name, who in sorted(looked.items())))
    new = set(left) - set(looked) - set(told)
    assert not new, "Nobody notices when these are gone:\n" + "\n".join(sorted(new))
    assert set(told) <= set(found), "No longer there:\n" + "\n".join(sorted(set(told) - set(found)))
