"""Sections by rule: who comes in and who leaves on a day, found and written by SQL for all rules at once.

A period knows the rule it came by; one without was begun by hand. The rule neither ends those nor brings back anybody whose belonging
was ended by hand. Whoever a missed run would have moved is moved later, as of their day.
"""

from collections import Counter

from django.db import connection, transaction
from django.db.models import Count, Q

from branches.models import Unit
from membership.models import Change, Membership, SectionRule, Status

RUNNING = 7321  # advisory lock: one run at a time
FITTING = (Status.FULL, Status.GUEST)
LAST = "~"  # behind everything a path is made of

_RULES = """
rule AS (
    SELECT * FROM unnest(%(rule)s::bigint[], %(unit)s::bigint[], %(place)s::text[], %(first)s::date[], %(last)s::date[], %(genders)s::text[],
                         %(entering)s::int[], %(leaving)s::int[], %(since)s::date[])
        AS rule(id, unit_id, place, first, last, genders, entering, leaving, since)
)
"""
# Whom each rule asks for beside who is in: what is only on one side is a change. period_id: who leaves; without: who comes in.
FOUND = f"""
WITH {_RULES}, wanted AS (
    SELECT rule.id AS rule_id, rule.unit_id, member.id AS member_id
    FROM rule
    JOIN branches_unit home ON home.path >= rule.place AND home.path < rule.place || '{LAST}'
    JOIN membership_member member ON member.home_unit_id = home.id
    WHERE member.status = ANY(%(fitting)s) AND member.joined_on <= %(on)s
      AND (rule.genders = '' OR (member.gender <> '' AND strpos(rule.genders, member.gender) > 0))
      AND (rule.first IS NULL OR member.birth_date >= rule.first) AND (rule.last IS NULL OR member.birth_date <= rule.last)
), present AS (
    SELECT period.id AS period_id, period.unit_id, period.member_id, period.rule_id AS came_by
    FROM membership_membership period
    WHERE period.unit_id = ANY(%(unit)s) AND NOT period.home AND period.ends_on IS NULL
      AND (%(within)s = '' OR EXISTS (
          SELECT FROM membership_member member JOIN branches_unit home ON home.id = member.home_unit_id
          WHERE member.id = period.member_id AND starts_with(home.path, %(within)s)))
)
SELECT unit_id, member_id, rule_id, period_id
FROM wanted FULL JOIN present USING (unit_id, member_id)
WHERE (rule_id IS NULL AND came_by IS NOT NULL)
   OR (period_id IS NULL AND NOT EXISTS (
        SELECT FROM membership_membership before
        WHERE before.member_id = wanted.member_id AND before.unit_id = wanted.unit_id AND NOT before.home AND before.end_reason = 'out'))
"""


def _birthday(years):
    """SQL for the day on which `member` turns `years`: born on 29 February, that is 1 March where there is none."""
    day = f"(member.birth_date + make_interval(years => {years}))::date"
    return f"({day} + (to_char(member.birth_date, 'MMDD') = '0229' AND to_char({day}, 'MMDD') = '0228')::int)"


_ENTER = f"""
WITH {_RULES}, entered AS (
    INSERT INTO membership_membership (member_id, unit_id, kind, home, starts_on, end_reason, rule_id, list_import_id)
    SELECT member.id, rule.unit_id, member.status, false, least(%(on)s, greatest(rule.since, {_birthday("rule.entering")},
            (SELECT max(starts_on) FROM membership_membership home WHERE home.member_id = member.id AND home.home AND home.ends_on IS NULL),
            (SELECT max(ends_on) FROM membership_membership before
             WHERE before.member_id = member.id AND before.unit_id = rule.unit_id AND NOT before.home))), '', rule.id, %(list)s
    FROM section_found found JOIN rule ON rule.id = found.rule_id JOIN membership_member member ON member.id = found.member_id
    WHERE found.period_id IS NULL
    ON CONFLICT DO NOTHING
    RETURNING member_id, unit_id, starts_on
)
INSERT INTO membership_change (member_id, kind, at, before, after)
SELECT member_id, '{Change.Kind.SECTION_IN}', %(now)s, '{{}}', jsonb_build_object('section', slug, 'on', starts_on::text, 'rule', true)
FROM entered JOIN branches_unit unit ON unit.id = unit_id
"""
# A birthday that came before the period (a corrected birth date) rewrites nothing: then it ends on the day of the run.
_LEAVE = f"""
WITH {_RULES}, left_now AS (
    UPDATE membership_membership period
    SET end_reason = '{Membership.End.RULE}',
        ends_on = CASE WHEN {_birthday("rule.leaving")} > period.starts_on AND {_birthday("rule.leaving")} <= %(on)s THEN {_birthday("rule.leaving")}
                       ELSE greatest(%(on)s, period.starts_on + 1) END
    FROM section_found found JOIN rule ON rule.unit_id = found.unit_id JOIN membership_member member ON member.id = found.member_id
    WHERE period.id = found.period_id
    RETURNING period.member_id, period.unit_id, period.ends_on
)
INSERT INTO membership_change (member_id, kind, at, before, after)
SELECT member_id, '{Change.Kind.SECTION_OUT}', %(now)s, jsonb_build_object('section', slug), jsonb_build_object('on', ends_on::text, 'rule', true)
FROM left_now JOIN branches_unit unit ON unit.id = unit_id
"""


def parameters(rules, on, within=""):
    """The rules as columns; each asks about its place, or about the part of it that lies in `within`."""
    columns: dict = {name: [] for name in ("rule", "unit", "place", "first", "last", "genders", "entering", "leaving", "since")}
    for rule in rules:
        row = (rule.pk or 0, rule.unit_id, max(rule.place, within), *rule.born(on), "".join(rule.genders), rule.entering_age, rule.leaving_age, rule.since)
        for values, value in zip(columns.values(), row, strict=True):
            values.append(value)
    return columns | {"on": on, "within": within, "fitting": list(FITTING)}


@transaction.atomic
def run(on, now, unit=None, list_import=None):
    """Bring all sections with a rule in line with the day `on`; returns a Counter of "entered" and "left". A second run changes nothing.

    unit: only members at home in this unit and below. list_import: the list this belongs to, which takes it back when it is undone.
    """
    rules = SectionRule.objects.filter(since__lte=on, unit__in=Unit.objects.open(on)).select_related("unit")
    within = unit.path if unit else ""
    rules = [rule for rule in rules if rule.place.startswith(within) or within.startswith(rule.place)]
    if not rules:
        return Counter()
    values = parameters(rules, on, within) | {"now": now, "list": list_import and list_import.pk}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RUNNING])
        cursor.execute(f"CREATE TEMP TABLE section_found ON COMMIT DROP AS {FOUND}", values)
        cursor.execute(_ENTER, values)
        entered = cursor.rowcount
        cursor.execute(_LEAVE, values)
        left = cursor.rowcount
        cursor.execute("DROP TABLE section_found")
    return Counter(entered=entered, left=left)


# Who came to a section in the week before, and who will leave it by a birthday in the weeks to come: the first few and how many.
_NEWS = f"""
SELECT unit_id, part, member_id, day, total FROM (
    SELECT *, count(*) OVER (PARTITION BY unit_id, part) AS total, row_number() OVER (PARTITION BY unit_id, part ORDER BY day, member_id) AS place
    FROM (
        SELECT period.unit_id, 'came' AS part, period.member_id, period.starts_on AS day
        FROM membership_membership period
        WHERE period.unit_id = ANY(%(units)s) AND NOT period.home AND period.ends_on IS NULL
          AND period.starts_on >= %(monday)s - 7 AND period.starts_on < %(monday)s
        UNION ALL
        SELECT period.unit_id, 'left', period.member_id, period.ends_on
        FROM membership_membership period
        WHERE period.unit_id = ANY(%(units)s) AND NOT period.home AND period.ends_on >= %(monday)s - 7 AND period.ends_on < %(monday)s
        UNION ALL
        SELECT period.unit_id, 'leaving', period.member_id, {_birthday("rule.leaving")}
        FROM membership_sectionrule row
        JOIN unnest(%(units)s::bigint[], %(leaving)s::int[]) AS rule(unit_id, leaving) ON rule.unit_id = row.unit_id
        JOIN membership_membership period ON period.rule_id = row.id AND period.ends_on IS NULL
        JOIN membership_member member ON member.id = period.member_id
        WHERE {_birthday("rule.leaving")} >= %(monday)s AND {_birthday("rule.leaving")} < %(monday)s + 28
    ) moved
) counted WHERE place <= %(most)s ORDER BY unit_id, part, place
"""


def news(rules, monday, most):
    """{unit pk: {"came" | "left" | "leaving": (how many, [(member pk, day)], at most `most` of them)}} of sections in which something moves.

    came, left: in the week before the day `monday`; leaving: by a birthday in the four weeks from it on.
    """
    values = {"units": [rule.unit_id for rule in rules], "leaving": [rule.leaving_age for rule in rules], "monday": monday, "most": most}
    found: dict = {}
    with connection.cursor() as cursor:
        cursor.execute(_NEWS, values)
        for unit, part, member, day, total in cursor.fetchall():
            found.setdefault(unit, {}).setdefault(part, (total, []))[1].append((member, day))
    return found


def preview(rule, on):
    """What `rule` (saved or not) would do on the day `on`: Counter of "enter", "leave" and "stay" (who belongs by hand)."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FILTER (WHERE period_id IS NULL), count(period_id) FROM ({FOUND}) found", parameters([rule], on))
        enter, leave = cursor.fetchone()
    return Counter(enter=enter, leave=leave, stay=belonging(rule.unit)["by_hand"])


def belonging(unit):
    """How many belong to the section `unit` today: {"by_rule": .., "by_hand": ..}."""
    return Membership.objects.filter(unit=unit, home=False, ends_on=None).aggregate(by_rule=Count("rule"), by_hand=Count("pk", filter=Q(rule=None)))
