from tests.access import Row
from tests.planning import idea_access, life_access, plan_access

ROWS: list[Row] = [
    *plan_access.ROWS,
    *idea_access.ROWS,
    *life_access.ROWS,
]
