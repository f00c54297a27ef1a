"""Which fields of a member each right may see and change. Lists, pages, searches and forms ask here.

SEE: who somebody is and where they stand. CARE: also how to reach them. LEAD: also correct number and join date. Care that comes
from a section alone reaches contact data, but not the address or the birth date.
"""

from branches import scope
from branches.scope import Right
from common import prepared
from membership.models import Membership

BASIC = frozenset({"given_name", "family_name", "title", "number", "joined_on", "status", "home_unit", "age"})
CONTACT = frozenset({"email", "phone", "mobile", "language"})
PERSONAL = frozenset({"gender", "birth_date", "street", "postcode", "city", "country"})
NAMES = frozenset({"given_name", "family_name", "title"})
SENIORITY = frozenset({"number", "joined_on"})


def rights(user, homes):
    """{member pk: (right through the home unit, right through a section)} of `user` today; homes: {member pk: path of the home unit}.

    One query, and that only for those who hold an office of a section.
    """
    at = {path: user.right_at(path) for path in set(homes.values())}
    found = {pk: [at[path], 0] for pk, path in homes.items()}
    held = [a for a in user.appointments_now if a.unit.kind.is_section]
    if held and found:
        def periods(user, members):
            seen = Membership.objects.filter(scope.covers(user, Right.SEE, "unit__path"), member__in=prepared.each(members), home=False, ends_on=None)
            return seen.values_list("member", "unit__path")

        for pk, path in scope.fetch(user, "sections of members", periods, [prepared.keys(found)]):
            right = max((a.right for a in held if a.reaches(path)), default=0)
            found[pk][1] = max(found[pk][1], right)
    return {pk: tuple(pair) for pk, pair in found.items()}


def rights_on(user, member):
    """The two rights on one member."""
    return rights(user, {member.pk: member.home_unit.path})[member.pk]


def seen(right, by_section=0):
    """The fields one may see with `right` on the home unit and `by_section` on a section of the member."""
    fields = BASIC if right or by_section else frozenset()
    if max(right, by_section) >= Right.CARE:
        fields |= CONTACT
    if right >= Right.CARE:
        fields |= PERSONAL
    return fields


def changed_by(right, by_section=0):
    """The fields one may change; the home unit and the status change by their own verbs."""
    fields = CONTACT if max(right, by_section) >= Right.CARE else frozenset()
    if right >= Right.CARE:
        fields |= NAMES | PERSONAL
    if right >= Right.LEAD:
        fields |= SENIORITY
    return fields


def seen_by(user, member):
    return seen(*rights_on(user, member))


def editable_by(user, member):
    return changed_by(*rights_on(user, member))
