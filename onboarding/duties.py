"""Who answers for an office of a unit today: its holder, there or above with reach; else who stands in, nearest unit first."""

from django.db import connection, transaction

SETTLING = 7312  # advisory lock: two runs at once would wait for each other's rows

# chain: which offices stand in for which. duty: for each (unit_id, office_id, path, depth) of `wanted`, the unit and office in charge.
CHAIN = """
chain(office_id, candidate_id, position) AS (
    SELECT id, id, 0 FROM branches_office
    UNION ALL
    SELECT chain.office_id, office.falls_to_id, chain.position + 1
    FROM chain JOIN branches_office office ON office.id = chain.candidate_id
    WHERE office.falls_to_id IS NOT NULL AND chain.position < 10
)
"""
DUTY = """
duty AS (
    SELECT wanted.unit_id, wanted.office_id, holder.unit_id AS duty_unit_id, holder.office_id AS duty_office_id
    FROM wanted LEFT JOIN LATERAL (
        SELECT appointment.unit_id, appointment.office_id
        FROM generate_series(1, wanted.depth) AS level
        JOIN branches_unit above ON above.path = left(wanted.path, level * 4)
        JOIN branches_appointment appointment ON appointment.unit_id = above.id
        JOIN branches_user person ON person.id = appointment.user_id AND person.is_active
        JOIN chain ON chain.office_id = wanted.office_id AND chain.candidate_id = appointment.office_id
        WHERE appointment.starts_on <= %(on)s AND (appointment.ends_on IS NULL OR appointment.ends_on > %(on)s)
          AND appointment.right >= 2 AND (appointment.below OR above.id = wanted.unit_id)
        ORDER BY chain.position = 0 DESC, level DESC, chain.position LIMIT 1
    ) holder ON true
)
"""
SETTLE = f"""
WITH RECURSIVE {CHAIN}, wanted AS (
    SELECT DISTINCT step.unit_id, step.office_id, unit.path, unit.depth
    FROM onboarding_journeystep step JOIN branches_unit unit ON unit.id = step.unit_id
    WHERE step.state IN ('open', 'waiting') AND unit.path LIKE %(below)s
), {DUTY}
UPDATE onboarding_journeystep step
SET duty_unit_id = duty.duty_unit_id, duty_office_id = duty.duty_office_id
FROM duty
WHERE step.unit_id = duty.unit_id AND step.office_id = duty.office_id AND step.state IN ('open', 'waiting')
  AND (step.duty_unit_id, step.duty_office_id) IS DISTINCT FROM (duty.duty_unit_id, duty.duty_office_id)
"""
IN_CHARGE = f"""
WITH RECURSIVE {CHAIN}, wanted AS (
    SELECT DISTINCT asked.unit_id, asked.office_id, unit.path, unit.depth
    FROM unnest(%(units)s::bigint[], %(offices)s::bigint[]) AS asked(unit_id, office_id) JOIN branches_unit unit ON unit.id = asked.unit_id
), {DUTY}
SELECT unit_id, office_id, duty_unit_id, duty_office_id FROM duty WHERE duty_unit_id IS NOT NULL
"""


def settle(on, unit=None):
    """Write who is in charge on the day `on` onto every open step in `unit` and below (default: everywhere); returns how many changed.

    Safe to run at any time and twice. A term that begins or ends changes nothing else: open work follows the office.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SETTLING])
        cursor.execute(SETTLE, {"on": on, "below": f"{unit.path if unit else ''}%"})
        return cursor.rowcount


def in_charge(pairs, on):
    """{(unit id, office id): (unit id, office id) in charge on the day `on`} for `pairs`; where nobody is, it has no entry."""
    units, offices = zip(*pairs, strict=True) if pairs else ((), ())
    with connection.cursor() as cursor:
        cursor.execute(IN_CHARGE, {"on": on, "units": list(units), "offices": list(offices)})
        return {(unit, office): (duty_unit, duty_office) for unit, office, duty_unit, duty_office in cursor.fetchall()}
