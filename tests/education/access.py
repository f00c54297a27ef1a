from tests.access import Row
from tests.education import attendance_access, cost_access, event_access, offer_access, qualification_access, registration_access

ROWS: list[Row] = [
    *event_access.ROWS,
    *registration_access.ROWS,
    *attendance_access.ROWS,
    *qualification_access.ROWS,
    *offer_access.ROWS,
    *cost_access.ROWS,
]
