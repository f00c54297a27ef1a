from tests.access import Row
from tests.education import attendance_access, event_access, registration_access

ROWS: list[Row] = [
    *event_access.ROWS,
    *registration_access.ROWS,
    *attendance_access.ROWS,
]
