"""The only place where the tree and the offices become a filter.

A right is one of three words (see, care, lead) and counts for a unit, or also for those below it, while a term of office runs.
Every list and object goes through `visible_to` / `editable_by`, and these through `covers`.
"""

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _


class Right(models.IntegerChoices):
    SEE = 1, _("see")  # names, units, states and figures
    CARE = 2, _("care")  # also contact data; log contacts, tick steps, correct data
    LEAD = 3, _("lead")  # also appoint, import lists, set the standard


def scopes(user, right=Right.SEE, sections=False):
    """[(path, below)] of the units on which `user` holds at least `right` today, those inside a wider one left out.

    sections: only the appointments to a section itself (its members have their home elsewhere).
    """
    if not user.is_authenticated:
        return []
    found = {(a.unit.path, a.below) for a in user.appointments_now if a.right >= right and (a.unit.kind.is_section or not sections)}
    wide = [path for path, below in found if below]
    return sorted(
        (path, below) for path, below in found if not any(path.startswith(other) and (path != other or not below) for other in wide)
    )


def covers(user, right, field):
    """Q: the unit path in `field` (such as "path" or "unit__path") lies where `user` holds at least `right`."""
    condition = Q(pk__in=[])
    for path, below in scopes(user, right):
        condition |= Q(**{f"{field}__startswith" if below else field: path})
    return condition


def books(appointment):
    """Whether an appointment lets its holder book what the unit spends: who leads it, or holds an office that keeps its money."""
    return appointment.right >= Right.LEAD or appointment.office.keeps_money


def keeps_money(user, field):
    """Q: the unit path in `field` lies where `user` books what is spent."""
    condition = Q(pk__in=[])
    for a in user.appointments_now if user.is_authenticated else ():
        if books(a):
            condition |= Q(**{f"{field}__startswith" if a.below else field: a.unit.path})
    return condition


def leads_above(user, field):
    """Q: the unit path in `field` lies below a unit that `user` leads together with those below it, not that unit itself."""
    condition = Q(pk__in=[])
    for path, below in scopes(user, Right.LEAD):
        if below:
            condition |= Q(**{f"{field}__startswith": path}) & ~Q(**{field: path})
    return condition


def same_party(user, field):
    """Q: the unit path in `field` lies in a party in which `user` holds an office today."""
    condition = Q(pk__in=[])
    for path in {a.unit.root_path for a in user.appointments_now} if user.is_authenticated else ():
        condition |= Q(**{f"{field}__startswith": path})
    return condition


def covers_whole(user, right, unit=""):
    """Q: the unit (`unit`: the way to it, such as "unit__") with everything below it lies where `user` holds at least `right`."""
    condition = Q(pk__in=[])
    for path, below in scopes(user, right):
        condition |= Q(**{f"{unit}path__startswith": path}) if below else Q(**{f"{unit}path": path, f"{unit}numchild": 0})
    return condition


def to_change(user, rows, **wanted):
    """The one of `rows` (of a model with visible_to and editable_by) that `user` may change.

    Raises Http404 where they do not see it, PermissionDenied where they only see it.
    """
    row = get_object_or_404(rows.visible_to(user), **wanted)
    if not type(row).objects.editable_by(user).filter(pk=row.pk).exists():
        raise PermissionDenied
    return row
