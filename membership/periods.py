"""How belonging begins: at home in a unit, or in a section alone."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from branches.models import Unit
from membership.models import GuestTerm, Status, anniversary


def home_of(unit):
    """Where those are at home who belong to `unit`: there; of a section alone, the unit above it."""
    return Unit.objects.get_parent(unit) if unit.kind.is_section else unit


def begin(member, unit, on):
    """Open the first period of `member` in `unit` and, for a guest, the year. Returns the periods opened.

    A section is nobody's home: who supports it alone has a period there and none at home, so that no branch counts or sees them.
    Raises ValidationError when others than supporters are to belong to a section alone.
    """
    section = unit.kind.is_section
    if section and member.status != Status.SUPPORTER:
        raise ValidationError(_("Only supporters belong to a section alone."))
    if member.status == Status.GUEST:
        GuestTerm.objects.create(member=member, starts_on=on, ends_on=anniversary(on))
    return [member.memberships.create(unit=unit, home=not section, kind=member.status, starts_on=on)]
