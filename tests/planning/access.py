from tests.access import Row
from tests.planning import election_access, idea_access, life_access, plan_access, volunteer_access

ROWS: list[Row] = [
    *plan_access.ROWS,
    *idea_access.ROWS,
    *life_access.ROWS,
    *election_access.ROWS,
    *volunteer_access.ROWS,
]
