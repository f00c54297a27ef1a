"""What else there is about an event. Each job adds its page here, so that the page of the event knows none of them.

    add("education:registration_list", _("Registrations"), "users")          in AppConfig.ready; the address gets the event's pk
"""

from dataclasses import dataclass
from enum import IntEnum

from django.urls import reverse


class Needs(IntEnum):
    SEE = 1  # whoever sees the event
    CARRY = 2  # whoever sees a unit that carries it
    KEEP = 3  # whoever cares for a unit that carries it
    RUN = 4  # whoever cares for the unit in charge


@dataclass(frozen=True)
class Panel:
    name: str
    label: object
    icon: str
    needs: Needs
    order: int
    shown: object


_panels: dict[str, Panel] = {}


def add(name, label, icon, needs=Needs.KEEP, order=50, shown=None):
    """Link the page with the url `name` from the page of an event, for those with at least `needs`. shown: function of the event, None for all."""
    _panels[name] = Panel(name, label, icon, needs, order, shown)


def of(event, held):
    """What _panels.html takes for `event`: the pages that somebody who holds `held` (Needs) may open."""
    found = (one for one in sorted(_panels.values(), key=lambda one: one.order) if held >= one.needs)
    return [
        {"label": one.label, "icon": one.icon, "url": reverse(one.name, args=[event.pk])} for one in found if one.shown is None or one.shown(event)
    ]
