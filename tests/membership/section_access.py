"""Rows of the access table for the rules of sections: everybody who sees the section reads its rule; setting it takes the lead of both it and the unit above."""

from membership.models import SectionRule
from tests.access import LEAD, RIGHTS, SEE, row


def unit(o):
    return [o.unit.slug]


def with_rule(o):
    SectionRule.objects.get_or_create(unit=o.unit, defaults={"age_from": 14, "since": "2020-01-01"})
    return [o.unit.slug]


# Only a section has a rule.
NO_SECTION = {(person, place): 404 for person, places in RIGHTS.items() for place in places if place != "section"}

ROWS = [
    row("membership:section_rule", unit, get=SEE, post=LEAD, but=NO_SECTION),
    row("membership:section_rule_drop", with_rule, post=LEAD, but=NO_SECTION),
]
