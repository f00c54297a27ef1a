"""pytest -p tests.without_guards TESTS: each test runs as it is, and without each of the guards that tests/guards.txt says it notices.

It must be green first and red then; otherwise the guard is told at the end, and the run fails.
"""

from collections import defaultdict

import pytest
from _pytest.runner import runtestprotocol

from tests import guards

UNPROVEN: dict[str, str] = {}  # guard: its test, as long as no case of it was green with and red without


def pytest_collection_finish(session):
    found = {guard.name: guard for guard in guards.guards()}
    wanted = defaultdict(list)
    for name, who in guards.lines().items():
        wanted[who[0]].append(found[name])
    for item in session.items:
        test, _bracket, case = item.nodeid.partition("[")
        item.guards = wanted[test] + (wanted[item.nodeid] if case else [])
        UNPROVEN.update((guard.name, item.nodeid) for guard in item.guards)


def is_red(item):
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=item.parent))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    green = item.guards and not is_red(item)
    for guard in item.guards:
        with guard.taken_away():
            if green and is_red(item):
                UNPROVEN.pop(guard.name, None)
    item.session._setupstate.teardown_exact(nextitem)
    return True


def pytest_sessionfinish(session):
    session.exitstatus = bool(UNPROVEN)


def pytest_terminal_summary(terminalreporter):
    for name, test in sorted(UNPROVEN.items()):
        terminalreporter.write_line(f"not noticed: {name} = {test}")
