from tests.access import Row
from tests.planning import plan_access

ROWS: list[Row] = [
    *plan_access.ROWS,
]
