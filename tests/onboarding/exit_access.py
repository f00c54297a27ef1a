"""Addresses of exits: entered by who leads the home, read by who cares for it; figures for who sees the unit."""

from django.utils import timezone

from onboarding import exits
from onboarding.models import Exit, ExitReason
from tests.access import CARE, LEAD, SEE, SIGNED_IN, row

# A section is nobody's home: its lead sees neither the entry nor the door of somebody's exit.
NOT_BY_SECTION = {("section_lead", "section"): 404}
WHOLE_PARTY = {("secretary_a", "own"): 403, ("chair_a", "own"): 403, ("secretary_b", "sister"): 403}  # the reasons are one list for all


def unit(o):
    return [o.unit.slug]


def entered(state):
    def of(o):
        exits.install_reasons(o.world.tree.foreign if o.name == "foreign" else o.world.tree.district)
        day = timezone.localdate()
        row = Exit.objects.create(member=o.member, unit=o.member.home_unit, on=day, at=timezone.now(), state=state, reason=ExitReason.objects.first())
        return [row.pk]

    return of


ROWS = [
    row("onboarding:exit_add", lambda o: [o.member.pk], get=LEAD, post=LEAD),
    row("onboarding:exit_list", get=SIGNED_IN),
    row("onboarding:exit_detail", entered("planned"), get=CARE, post=LEAD, exists=CARE, but=NOT_BY_SECTION),
    row("onboarding:exit_take_back", entered("planned"), post=LEAD, exists=CARE, but=NOT_BY_SECTION),
    row("onboarding:exit_figures", unit, get=SEE),
    row("onboarding:exit_reasons", unit, get=LEAD, post=LEAD, but=WHOLE_PARTY),
    row("onboarding:exit_checklist", unit, post=LEAD),
]
