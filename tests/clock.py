"""Tests begin in the morning of one Monday, so that no result hangs on the day or the hour of a run.

This is the clock of the pytest process alone, which imports it first of all. Tests marked `services` start processes that have
none; `real_time` gives it back to them.
"""

from datetime import UTC, datetime

import time_machine

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
time_machine.travel(MONDAY).start()


def real_time():
    """Seconds since 1970."""
    return time_machine.escape_hatch.time.time()
