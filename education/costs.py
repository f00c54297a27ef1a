"""Costs of events: what was planned and what it came to, shared among the units that carry the event, settled and reopened.

`settled` is what the budget of a unit reads.
"""

from itertools import groupby

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from branches import scope
from branches.scope import Right
from common.money import split
from education.models import Carrier, CostLine, Event, Registration, SettledShare, Settlement


class Refused(ValidationError):
    """It cannot be done; the message says why."""


def shown_to(user):
    """Events whose costs `user` may see: who sees a unit that carries it."""
    carried = Carrier.objects.filter(scope.covers(user, Right.SEE, "unit__path"), event=OuterRef("pk"))
    return Event.objects.filter(Exists(carried)).select_related("kind", "unit__kind", "partner")


def kept_by(user):
    """Events whose costs `user` may enter and settle: who cares for the unit in charge, or keeps its money."""
    return Event.objects.filter(scope.covers(user, Right.CARE, "unit__path") | scope.keeps_money(user, "unit__path"))


def led_by(user):
    """Events whose settled costs `user` may reopen."""
    return Event.objects.filter(scope.covers(user, Right.LEAD, "unit__path"))


# --- sharing -----------------------------------------------------------------------------------------------------------


def table(amounts, parts):
    """Each of `amounts` (cents) by the key `parts`, a list of lists: every row adds up to its amount, and every column to the share of the sum.

    A row is what the share of the running sum grew by, so rounding never piles up in one unit.
    """
    rows, total, before = [], 0, [0] * len(parts)
    for cents in amounts:
        total += cents
        now = split(total, parts)
        rows.append([new - old for new, old in zip(now, before, strict=True)])
        before = now
    return rows


def carriers_of(event):
    """The Carrier rows of `event`, the unit in charge first, the others in the order of the tree."""
    rows = event.carriers.select_related("unit__kind").order_by("unit__path")
    return sorted(rows, key=lambda row: row.unit_id != event.unit_id)


def by_kind(lines):
    """{kind: cents} of `lines`, in the order of CostLine.Kind; kinds without a line are left out."""
    order = {kind: place for place, kind in enumerate(CostLine.Kind.values)}
    ordered = sorted(lines, key=lambda line: order[line.kind])
    return {kind: sum(line.cents for line in rows) for kind, rows in groupby(ordered, key=lambda line: line.kind)}


def shares(lines, carriers):
    """{kind: [cents of each of `carriers`]} of `lines`."""
    amounts = by_kind(lines)
    return dict(zip(amounts, table(amounts.values(), [row.share for row in carriers]), strict=True))


def fees(event):
    """Cents that those who attended owe by the fee of `event`, as a proposal; 0 without a fee."""
    return event.fee_cents and event.fee_cents * event.registrations.filter(state=Registration.State.ATTENDED).count()


# --- entering ----------------------------------------------------------------------------------------------------------


def standing(event):
    """The Settlement of `event` that stands, or None."""
    return event.settlements.filter(reopened_at=None).select_related("settled_by").first()


def open_for_change(event):
    """`event` locked until the end of the transaction. Raises Refused while its costs are settled."""
    locked = Event.objects.select_for_update(of=("self",), no_key=True).get(pk=event.pk)
    if standing(locked):
        raise Refused(_("The costs of this event are settled. Whoever leads the unit can reopen them."))
    return locked


@transaction.atomic
def save(line):
    """Write a new or changed line. Raises Refused."""
    open_for_change(line.event)
    line.save()


@transaction.atomic
def remove(line):
    """Take a line away with its receipt. Raises Refused."""
    open_for_change(line.event)
    line.delete()


@transaction.atomic
def set_key(event, parts):
    """Share by `parts` {pk of the carrying unit: whole number}. Raises Refused."""
    open_for_change(event)
    for unit, share in parts.items():
        event.carriers.filter(unit=unit).update(share=share)


# --- settling ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def settle(event, by, now):
    """The real costs of `event` stand as they are, and each carrying unit bears its share; the event is closed. Returns the Settlement. Raises Refused."""
    if not event.is_over(now):
        raise Refused(_("Costs can be settled when the event is over."))
    locked = open_for_change(event)
    carriers = carriers_of(locked)
    made = Settlement.objects.create(event=locked, settled_at=now, settled_by=by)
    lines = locked.cost_lines.filter(stage=CostLine.Stage.REAL).defer("receipt")
    SettledShare.objects.bulk_create(
        SettledShare(settlement=made, unit=carrier.unit, kind=kind, cents=cents)
        for kind, row in shares(lines, carriers).items()
        for carrier, cents in zip(carriers, row, strict=True)
    )
    locked.close(now)
    return made


@transaction.atomic
def reopen(event, by, now):
    """Something is left to enter: what was settled counts no more. False when nothing was."""
    gone = Settlement.objects.filter(event=event, reopened_at=None).update(reopened_at=now, reopened_by=by)
    if gone:
        event.reopen(now)
    return bool(gone)


def settled(unit, year):
    """[(event, cents, kind)]: what `unit` itself bears of the settled events that began in `year`, income less than zero.

    kind: a value of CostLine.Kind; one entry for each kind of each event, in the order of their dates.
    """
    rows = SettledShare.objects.filter(~Q(cents=0), unit=unit, settlement__reopened_at=None, settlement__event__starts_at__year=year)
    rows = rows.select_related("settlement__event").order_by("settlement__event__starts_at", "settlement__event", "pk")
    return [(row.settlement.event, row.cents, row.kind) for row in rows]
