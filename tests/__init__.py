"""All tests of the product. They begin in the morning of one Monday, so that no result hangs on the day or the hour of a run.

That clock is the clock of the pytest process alone. Tests marked `services` start processes that have none; tests/conftest.py gives
them the real time back.
"""

from datetime import UTC, datetime

import time_machine

MONDAY = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
time_machine.travel(MONDAY).start()  # before any test module takes the time
