"""Who can see a member: which offices, of which units, which groups of fields. Told from the same functions that give the rights."""

from django.utils.translation import gettext_lazy as _

from branches.models import Appointment
from membership import fields
from membership.models import Membership

# Groups of fields in the words of a member, from what most offices see to what few do.
GROUPS = {
    "basic": (fields.BASIC, _("name, unit, status, age and join date")),
    "contact": (fields.CONTACT, _("phone, mail and language, and notes about contacts")),
    "personal": (fields.PERSONAL, _("address, birth date and gender")),
}


def watchers(member, on):
    """Who can see `member` (with home unit) on the day `on`: [{"office", "unit", "fields", "groups"}], the nearest units first.

    An office stands there once, however many hold it. groups: names of GROUPS that are seen as a whole. Two queries.
    """
    sections = Membership.objects.filter(member=member, home=False, ends_on=None).values_list("unit__path", flat=True)
    sections = list(sections)
    above = {path[:end] for path in sections for end in range(len(path), 0, -member.home_unit.steplen)}
    held = Appointment.objects.active(on).filter(unit__path__in=above | set(member.home_unit.ancestor_paths()))
    found: dict = {}
    for term in held.select_related("unit__kind", "office").order_by("-unit__path", "office__position", "pk"):
        at_home = term.right if term.covers(member.home_unit) else 0
        in_section = term.right if term.unit.kind.is_section and any(_reaches(term, path) for path in sections) else 0
        if seen := fields.seen(at_home, in_section):
            found[term.unit, term.office] = found.get((term.unit, term.office), frozenset()) | seen
    return [
        {"unit": unit, "office": office, "fields": seen, "groups": [name for name, (group, _words) in GROUPS.items() if group <= seen]}
        for (unit, office), seen in found.items()
    ]


def _reaches(term, path):
    return path == term.unit.path or (term.below and path.startswith(term.unit.path))


def told(member, on):
    """The same in the words of the active language: [{"who", "what"}] for pages and paper."""
    return [
        {"who": f"{row['office']}, {row['unit'].full_name}", "what": [str(GROUPS[name][1]) for name in row["groups"]]}
        for row in watchers(member, on)
    ]
