"""The rules by which the invented sections fill themselves."""

from dateutil.relativedelta import relativedelta

from branches.models import Unit
from membership import sections
from membership.models import Membership, SectionRule

RULES = {"youth": {"age_from": 14, "age_to": 35}, "senior": {"age_from": 60}, "women": {"age_from": 14, "genders": ["f"]}}


def furnish(root, belongs, on, now):
    """Give the sections below `root` their rules, as of which their members belong. belongs: {name of a section: how one comes to it}."""
    for unit in Unit.objects.below(root).filter(kind__is_section=True):
        if rule := RULES.get(belongs[unit.name]):
            made, _new = SectionRule.objects.get_or_create(unit=unit, defaults={"since": on - relativedelta(years=5), **rule})
            Membership.objects.filter(unit=unit, home=False).update(rule=made)
    sections.run(on, now, root)
