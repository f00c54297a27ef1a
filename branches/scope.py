"""The only place where the tree and the offices become a filter.

A right is one of three words (see, care, lead) and counts for a unit, or also for those below it, while a term of office runs.
Every list and object goes through `visible_to` / `editable_by`, and these through `covers`.
"""

from functools import partial
from operator import attrgetter
from types import SimpleNamespace

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node

from common import prepared


class Right(models.IntegerChoices):
    SEE = 1, _("see")  # names, units, states and figures
    CARE = 2, _("care")  # also contact data; log contacts, tick steps, correct data
    LEAD = 3, _("lead")  # also appoint, import lists, set the standard


def scopes(user, right=Right.SEE, sections=False):
    """[(path, below)] of the units on which `user` holds at least `right` today, those inside a wider one left out.

    sections: only the appointments to a section itself (its members have their home elsewhere).
    """
    return [(path, below) for path, below, _pk in _places(user, right, sections)]


def _places(user, right, sections=False):
    """The same with the key of the unit."""
    if not user.is_authenticated:
        return []
    found = {(a.unit.path, a.below, a.unit_id) for a in user.appointments_now if a.right >= right and (a.unit.kind.is_section or not sections)}
    wide = [path for path, below, _pk in found if below]
    return sorted(
        place for place in found if not any(place[0].startswith(other) and (place[0] != other or not place[1]) for other in wide)
    )


def covers(user, right, field, sections=False, party=""):
    """Q: the unit path in `field` (such as "path" or "unit__path") lies where `user` holds at least `right`; sections: as for `scopes`.

    party: the field with the key of the row's root, for questions in which it is found sooner than the path.
    """
    condition = Q(pk__in=[])
    key = field.removesuffix("path").removesuffix("__") or "pk"  # a unit alone is found by its key, which the row itself has
    for path, below, pk in _places(user, right, sections):
        if not below:
            condition |= Q(**{key: pk})
        elif party and len(path) == MP_Node.steplen:
            condition |= Q(**{party: pk})
        else:
            condition |= Q(**{f"{field}__startswith": path})
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


def oversees(user, field):
    """Q: the unit path in `field` lies directly below a unit that `user` leads, or whose money they keep, without holding a right below it.

    What units plan and spend waits for those who lead the unit above, and is shared out and accounted for by whoever keeps its money.
    """
    condition = Q(pk__in=[])
    for path in {a.unit.path for a in user.appointments_now if books(a) and not a.below} if user.is_authenticated else ():
        # The second condition is what an index answers.
        condition |= Q(**{f"{field}__regex": f"^{path}.{{{MP_Node.steplen}}}$", f"{field}__startswith": path})
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


def with_right(user, rows, right, unit="unit", **wanted):
    """The one of `rows` (of a model with visible_to) on whose unit `user` holds at least `right`. unit: the way to it, "" where the row is a unit.

    Raises Http404 where they do not see it, PermissionDenied where they hold less.
    """
    row = get_object_or_404(rows.visible_to(user), **wanted)
    if user.right_on(attrgetter(unit)(row) if unit else row) < right:
        raise PermissionDenied
    return row


def if_seen(user, row, otherwise=None):
    """`row` (of a model with visible_to, or None) as long as `user` sees it, asked anew: what they just did may have taken it away. Else `otherwise`."""
    return row if row and type(row).objects.visible_to(user).filter(pk=row.pk).exists() else otherwise


def question(user, name, build, values=()):
    """prepared.question of the queryset `build(user, *values)`, for all users with offices of the same kind one statement that PostgreSQL plans once.

    Only for what is found by `values`, such as keys of rows or the office in charge: where one may see is looked at row by row then. `build` gets
    somebody with the same rights on other places instead of `user`; there is nothing to know of them but what this module makes filters from.
    """
    return prepared.question(*_shared(user, name, build, values))


def _shared(user, name, build, values):
    """What `question` is asked by: key, function and values for common.prepared."""
    held = sorted(user.reach)
    places = [prepared.Filter(path) if below else pk for path, below, pk, *_kind in held]
    roots = [prepared.Filter(path[: MP_Node.steplen]) for path, *_kind in held]

    def anybody(*blanks):
        offices = [_office(n, *place, *others) for n, (*place, (_path, *others)) in enumerate(zip(blanks, blanks[len(held) :], held, strict=False))]
        return build(SimpleNamespace(is_authenticated=True, appointments_now=offices), *blanks[2 * len(held) :])

    shape = " ".join(f"{right}{'b' * below}{'s' * is_section}{'m' * keeps_money}" for _path, below, _pk, right, is_section, keeps_money in held)
    return f"{name} {shape}", anybody, [*places, *roots, *values]


def _office(n, blank, root, below, _pk, right, is_section, keeps_money):
    """What this module asks an appointment: with others below it stands for a path, alone for the key of its unit. root: the path of its party."""
    unit = SimpleNamespace(path=blank if below else f"({n})", root_path=root, kind=SimpleNamespace(is_section=is_section))
    office = SimpleNamespace(keeps_money=keeps_money)
    return SimpleNamespace(right=right, below=below, unit=unit, office=office, unit_id=None if below else blank)


def sees_below(user):
    """Whether `user` holds an office for a unit with all below it today: what they may see can be a whole party."""
    return any(below for _path, below, *_kind in user.reach)


def listed(user, name, build, values=()):
    """Key, function and values for common.prepared of a list, whose rows are found by where `user` may see them: of `build(user, *values)` as for `question`.

    Units are like each other, so who holds offices of single ones shares a statement. Everything below one may be a whole party: it is planned for
    itself, once for all who see the same.
    """
    if sees_below(user):
        return f"{name} {sorted(user.reach)}", partial(build, user), values
    return _shared(user, name, build, values)


def fetch(user, name, build, values=()):
    """The rows of `question`."""
    return prepared.together(question(user, name, build, values))[0]
