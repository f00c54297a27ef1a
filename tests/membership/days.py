"""Living through days: what triggers write has the day of today, which a test may choose."""

from django.db import connection


def live_on(day):
    """From here on the database takes `day` for today, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('ankommen.today', %s, true)", [day.isoformat()])
