"""A guard taken away turns a test red: otherwise nobody would notice that it is missing. What a guard is stands in tests/guards.py.

tests/guards.txt says of each who notices: an address of the access table with how it is asked for, by whom and where; a test; or "nobody", which
is a gap: by how the code reads those narrow what a page offers or counts, say which office it is, or are asked again against a race.
The short form asks the addresses and looks whether the tests are there. The long one runs these tests without their guards, and looks in the
whole access table for those that have no line or nobody.
"""

import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests import guards
from tests.guards import lines
from tests.test_access import ROWS, asking, client_of, cookies_of, world, wrong

__all__ = ["client_of", "cookies_of", "world"]  # fixtures

ADDRESSES = defaultdict(list)  # name: its rows
for row in ROWS:
    ADDRESSES[row.name].append(row)
# Whom guards keep out: who only sees, only cares, leads beside, and is of another party.
LOOKING = {
    "treasurer_a": ["own"],
    "section_lead": ["own", "section"],
    "secretary_a": ["own", "sister", "parent"],
    "foreign_officer": ["own"],
}

TRIES = 60  # what runs with every page would be asked for as often


@pytest.fixture(scope="module")
def found():
    return {guard.name: guard for guard in guards.guards()}


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
    for row, person, those in ((row, person, those) for (address, person), those in sorted(asked.items()) for row in ADDRESSES[address]):
        places = {who[3] for _name, who in those}
        for method, _person, place, ask in asking(
            client_of, row, world, lambda _row, who, at, here=(person, places): who == here[0] and str(at) in here[1]
        ):
            for name, who in those:
                if name not in noticed and who[1] == method and who[3] == str(place) and is_noticed(found[name], row, method, person, place, ask):
                    noticed.add(name)
    return noticed


def by_looking(left, world, client_of):
    """{guard: [address, method, person, place]} of the guards in `left` that some row of the table notices, each looked for in its first TRIES."""
    noticed, tried = {}, Counter()
    for row in ROWS:
        for method, person, place, ask in asking(
            client_of, row, world, lambda _row, who, place: who in LOOKING and place in [*LOOKING[who], None]
        ):
            with guards.run(left) as ran:
                assert not [*wrong(row, method, person, place, ask())]
            for name in (one for one in ran - set(noticed) if tried[one] < TRIES):
                tried[name] += 1
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


def named():
    return sorted({who[0] for who in lines().values() if "::" in who[0]})


def test_the_tests_that_notice_are_there():
    for test in named():
        path, _colons, name = test.partition("::")
        text = (guards.TABLE.parent.parent / path).read_text()
        assert re.search(rf"^def {name.partition('[')[0]}\(", text, re.MULTILINE), f"{test} of tests/guards.txt is not there"


@pytest.mark.slow
def test_each_of_them_is_red_without_its_guard():
    """In a process with a database of its own: some of these tests commit."""
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{settings.DATABASES['default']['NAME']}_guards").geturl()
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.without_guards", "-p", "no:cacheprovider", "-q", "-n", "0", *named()],
        cwd=settings.BASE_DIR, env=os.environ | {"DATABASE_URL": address}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout[-5000:]


@pytest.mark.slow
def test_the_table_of_guards_is_whole(found, world, client_of):
    told = lines()
    left = {name: guard for name, guard in found.items() if told.get(name, ["nobody"]) == ["nobody"]}
    looked = by_looking(left, world, client_of)
    print("\n".join(f"{name} = {' '.join(who)}" for name, who in sorted(looked.items())))
    new = set(left) - set(looked) - set(told)
    assert not new, "Nobody notices when these are gone:\n" + "\n".join(sorted(new))
    assert set(told) <= set(found), "No longer there:\n" + "\n".join(sorted(set(told) - set(found)))
