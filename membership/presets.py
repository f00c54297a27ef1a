"""The presets of the member list. A room above that knows more about members adds its own in AppConfig.ready."""

from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from membership.models import GONE, QUIET_SINCE, Status

LATELY = timedelta(days=30)
QUIET = relativedelta(months=12)
BY_NAME = ("sort_key", "pk")


class Preset(NamedTuple):
    """`narrow(members, on, unit)` are those of `members` (visible ones, of `unit` if one is chosen) it shows on the day `on`.

    outside: `members` are not limited to `unit`. order: as for keyset.page_of. cares: only for those one cares for, since it tells how to reach people. position: where it stands.
    nobody: what the list says where there is nobody, instead of the usual words.
    """

    label: str
    narrow: Callable
    position: int
    order: tuple = BY_NAME
    cares: bool = False
    outside: bool = False
    nobody: str = ""


PRESETS: dict[str, Preset] = {}


def register(name, label, narrow, position, **more):
    """Add a preset to the member list; see Preset."""
    PRESETS[name] = Preset(label, narrow, position, **more)
    for key in sorted(PRESETS, key=lambda key: PRESETS[key].position):
        PRESETS[key] = PRESETS.pop(key)


def moved_out(members, on, unit):
    """Who left the unit for another, as far as one may still see them."""
    return members.moved_out(unit, on - LATELY) if unit else members.none()


def quiet(members, on, unit):
    """Whom nobody has reached for twelve months, the longest first."""
    return members.active().annotate(quiet_since=QUIET_SINCE).filter(quiet_since__lt=on - QUIET)


register("all", _("All"), lambda members, on, unit: members.active(), 0)
register(
    "new",
    _("New in the last 30 days"),
    lambda members, on, unit: members.active().filter(joined_on__gt=on - LATELY),
    10,
    order=("-joined_on", "-pk"),
)
register("unreachable", _("Letter only"), lambda members, on, unit: members.unreachable(), 40, cares=True)
register("moved", _("Moved in"), lambda members, on, unit: members.moved_in(on - LATELY), 50, order=("-moved_on", "-pk"))
register(
    "moved_out",
    _("Moved out"),
    moved_out,
    55,
    outside=True,
    nobody=_("Here stands who moved from the chosen unit to another one you see. Whoever moved further away is no longer yours to see: only the transfers keep the names."),
)
register("returned", _("Returned"), lambda members, on, unit: members.returned(on - LATELY), 60)
register("quiet", _("Quiet for a year"), quiet, 70, order=("quiet_since", "pk"), cares=True)
register("guests", _("Guests and supporters"), lambda members, on, unit: members.filter(status__in=(Status.GUEST, Status.SUPPORTER)), 80)
register(
    "left",
    pgettext_lazy("members", "Left"),
    lambda members, on, unit: members.filter(status__in=GONE, left_on__isnull=False),
    90,
    order=("-left_on", "-pk"),
)
