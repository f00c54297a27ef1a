"""Rows of the access table for the rules of sections: they take the lead of the section and of the unit above it."""

from membership.models import SectionRule
from tests.access import LEAD, row


def unit(o):
    return [o.unit.slug]


def with_rule(o):
    SectionRule.objects.get_or_create(unit=o.unit, defaults={"age_from": 14, "since": "2020-01-01"})
    return [o.unit.slug]


# Only a section has a rule. A branch below a district belongs to it, so those who lead the branch alone are told 403 before.
NO_SECTION = {("officer", place): 404 for place in ("own", "sister", "parent")} | {("admin", place): 404 for place in ("own", "sister", "parent")}
NO_SECTION |= {(person, place): 403 for person, place in [("secretary_a", "own"), ("chair_a", "own"), ("secretary_b", "sister")]}
NO_SECTION |= {("foreign_officer", "foreign"): 404}

ROWS = [
    row("membership:section_rule", unit, get=LEAD, post=LEAD, but=NO_SECTION),
    row("membership:section_rule_drop", with_rule, post=LEAD, but=NO_SECTION),
]
