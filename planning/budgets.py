"""Sharing money out by a rule: plain arithmetic on integer cents, explained line by line, and the figures it starts from.

What a unit gets is base + members + activities. Open total: raised to the floor, held at the cap, rounded to the step (half up). Fixed total: the same
sums are scaled so that they add up to it, no share below the floor or above the cap; each is rounded down to the step, and the steps that are left
go to the largest remainders, of equal ones to the unit that comes first. So the same rule gives the same shares, and they always add up to the total.
"""

from dataclasses import dataclass, field

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, F, Sum
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branches.models import Unit
from common.money import money, split
from membership import movements
from membership.models import Status
from planning.models import BudgetRule, BudgetShare

# Approved activities that were not dropped since, by unit and kind, as they were approved.
VOLUME = """
SELECT plan.unit_id, (activity.approved->>'kind_id')::bigint, count(*), sum((activity.approved->>'people')::bigint)::bigint
FROM planning_plan plan
JOIN branches_unit unit ON unit.id = plan.unit_id
JOIN planning_activity activity ON activity.plan_id = plan.id AND activity.state <> 'dropped'
WHERE plan.year = %(year)s AND starts_with(unit.path, %(path)s) AND activity.approved->>'kind_id' IS NOT NULL
GROUP BY 1, 2
"""


COPIED = ("base_cents", "member_cents", "statuses", "amounts", "kinds", "floor_cents", "cap_cents", "step_cents", "total_cents")


@dataclass
class Basis:
    """What counts of a unit: registered members on the counting day, and {kind pk: (activities, people expected)} of its approved plan."""

    unit: int
    members: int = 0
    volume: dict = field(default_factory=dict)


class Impossible(ValueError):
    """No shares between floor and cap add up to the total."""


def claims(rule, basis):
    """[[what, number, cents each, cents, ..], ..]: what `basis` gives a unit before floor, cap, scaling and rounding."""
    lines = [["base", 1, rule.base_cents, rule.base_cents]] if rule.base_cents else []
    if rule.member_cents:
        lines.append(["members", basis.members, rule.member_cents, basis.members * rule.member_cents])
    for amount in rule.amounts:
        planned, people = basis.volume.get(amount["kind"], (0, 0))
        counted = planned if amount.get("most") is None else min(planned, amount["most"])
        if amount.get("each") and planned:
            lines.append(["each", counted, amount["each"], counted * amount["each"], amount["kind"], planned])
        if amount.get("person") and people:
            lines.append(["person", people, amount["person"], people * amount["person"], amount["kind"]])
    return lines


def simulate(rule, bases):
    """[(Basis, cents, lines)] in the order of `bases`: what each gets by `rule`, and the lines that add up to it. Raises Impossible."""
    found = [(basis, claims(rule, basis)) for basis in bases]
    raws = [sum(line[3] for line in lines) for _basis, lines in found]
    shares = _open(rule, raws) if rule.total_cents is None else _fixed(rule, raws)
    results = []
    for (basis, lines), raw, (cents, bound) in zip(found, raws, shares, strict=True):
        within = cents if bound else raw
        if bound:
            lines.append([bound, None, cents, cents - raw])
        if rule.total_cents is not None and not bound:
            within = cents
            lines.append(["scaled", None, rule.total_cents, cents - raw])
        if cents != within:
            lines.append(["rounded", None, rule.step_cents, cents - within])
        results.append((basis, cents, [line for line in lines if line[3] or line[0] in ("base", "members")]))
    return results


def _open(rule, raws):
    """[(cents, "floor" | "cap" | "")] where every unit gets what the rule says."""
    step = rule.step_cents
    for raw in raws:
        if rule.floor_cents is not None and raw < rule.floor_cents:
            yield rule.floor_cents, "floor"
        elif rule.cap_cents is not None and raw > rule.cap_cents:
            yield rule.cap_cents, "cap"
        else:
            yield (raw + step // 2) // step * step, ""


def _fixed(rule, raws):
    """The same where all shares add up to rule.total_cents."""
    if not raws:
        if rule.total_cents:
            raise Impossible
        return []
    raws = raws if any(raws) else [1] * len(raws)  # nobody claims anything: equal parts
    floor, cap = rule.floor_cents or 0, rule.cap_cents
    if floor * len(raws) > rule.total_cents or (cap is not None and cap * len(raws) < rule.total_cents):
        raise Impossible
    bound: dict = {}
    free, left = list(range(len(raws))), rule.total_cents
    while free:
        weight = sum(raws[n] for n in free)
        if not weight:  # only units without a claim are left: equal parts of the rest
            raws, weight = [1] * len(raws), len(free)
        # Exact: raw * left / weight compared with a bound, without dividing.
        low = [n for n in free if raws[n] * left < floor * weight]
        high = [n for n in free if cap is not None and raws[n] * left > cap * weight]
        if not low and not high:
            break
        lack = sum(floor * weight - raws[n] * left for n in low)
        excess = sum(raws[n] * left - (cap or 0) * weight for n in high)
        # What the bounds together take too much or leave too much says which of them hold for good.
        if lack >= excess:
            bound |= dict.fromkeys(low, (floor, "floor"))
        if excess >= lack:
            bound |= dict.fromkeys(high, (cap, "cap"))
        free = [n for n in free if n not in bound]
        left = rule.total_cents - sum(cents for cents, _name in bound.values())
    bound |= {n: (cents, "") for n, cents in zip(free, split(left, [raws[n] for n in free], rule.step_cents), strict=True)}
    return [bound[n] for n in range(len(raws))]


# --- with the database ----------------------------------------------------------------------------------------------


def bases(rule):
    """[Basis] of the units that get a share, in the order of the tree: open ones of the kinds of `rule` below its unit, as of today."""
    units = Unit.objects.below(rule.unit).exclude(pk=rule.unit_id).filter(kind__in=rule.kinds, closed_on=None)
    members = movements.stock_by_unit(rule.unit, rule.counting_on, rule.statuses)
    volume: dict = {}
    with connection.cursor() as cursor:
        cursor.execute(VOLUME, {"year": rule.year, "path": rule.unit.path})
        for unit, kind, number, people in cursor.fetchall():
            volume.setdefault(unit, {})[kind] = (number, people)
    return [Basis(pk, int(members.get(pk, 0)), volume.get(pk, {})) for pk in units.values_list("pk", flat=True)]


@transaction.atomic
def calculate(rule, now):
    """Write the shares of an open `rule` anew. Raises Impossible, ValidationError when it was approved or changed meanwhile."""
    held = BudgetRule.objects.select_for_update().filter(pk=rule.pk, version=rule.version).select_related("unit").first()
    if held is None or not held.is_open:
        raise ValidationError(_("Somebody changed this rule meanwhile; please look again."))
    results = simulate(held, bases(held))
    held.shares.all().delete()
    BudgetShare.objects.bulk_create(
        (BudgetShare(rule=held, unit_id=basis.unit, members=basis.members, cents=cents, lines=lines) for basis, cents, lines in results),
        batch_size=2000,
    )
    held.state, held.simulated_at, held.version = BudgetRule.State.SIMULATED, now, F("version") + 1
    held.raw_cents = sum(line[3] for *_rest, lines in results for line in lines if line[0] in ("base", "members", "each", "person"))
    held.save(update_fields=["state", "simulated_at", "version", "raw_cents"])


def totals(rule):
    """{"units", "members", "cents"} of the shares of `rule`."""
    return rule.shares.aggregate(units=Count("pk"), members=Sum("members", default=0), cents=Sum("cents", default=0))


def approved_shares(year):
    """What all units get by the rules approved for `year`."""
    return BudgetShare.objects.filter(rule__year=year, rule__state=BudgetRule.State.APPROVED)


def allocated(unit, year):
    """The shares of `unit` by the rules approved for `year`, the highest unit's first."""
    return list(approved_shares(year).filter(unit=unit).select_related("rule__unit__kind").order_by("rule__unit__path"))


@transaction.atomic
def variant(rule, year, name, by, now):
    """A new draft with what `rule` says, to be changed and compared: of the same year, or a later one with its counting day moved along."""
    copied = {name: getattr(rule, name) for name in COPIED}
    counting_on = rule.counting_on + relativedelta(years=year - rule.year)
    return BudgetRule.objects.create(unit=rule.unit, year=year, name=name[:80], counting_on=counting_on, by=by, created_at=now, **copied)


# --- in words ---------------------------------------------------------------------------------------------------------


def say(line, rule, kinds, currency):
    """A line of a share as a sentence; kinds: {pk: name of an EventKind}; currency: a code of common.money.CURRENCIES."""
    what, number, each, cents, *more = line
    values = {"n": number, "each": money(each, currency), "sum": money(cents, currency)}
    if what == "base":
        return _("Base for every unit: %(sum)s") % values
    if what == "members":
        values |= {"day": date_format(rule.counting_on, "DATE_FORMAT")}
        return ngettext(
            "%(n)s registered member on %(day)s × %(each)s = %(sum)s", "%(n)s registered members on %(day)s × %(each)s = %(sum)s", number
        ) % values
    if what in ("each", "person"):
        values["kind"] = kinds.get(more[0], "?")
        if what == "person":
            return ngettext(
                "%(n)s person expected at %(kind)s × %(each)s = %(sum)s", "%(n)s people expected at %(kind)s × %(each)s = %(sum)s", number
            ) % values
        if more[1] > number:
            values["planned"] = more[1]
            return _("%(kind)s: %(n)s counted of %(planned)s approved × %(each)s = %(sum)s") % values
        return _("%(kind)s: %(n)s approved × %(each)s = %(sum)s") % values
    return _bounds()[what] % (values | {"sum": signed(cents, currency)})


def signed(cents, currency):
    """A difference in words: with its sign, also when it is more."""
    return f"+{money(cents, currency)}" if cents > 0 else money(cents, currency)


def _bounds():
    return {
        "floor": _("Raised to the least share of %(each)s: %(sum)s"),
        "cap": _("Held at the highest share of %(each)s: %(sum)s"),
        "scaled": _("Scaled and rounded, so that all shares together are %(each)s: %(sum)s"),
        "rounded": _("Rounded to whole %(each)s: %(sum)s"),
    }


def counted(rule):
    """Who counts as registered, in words: "full, guest"."""
    return ", ".join(str(Status(status).label) for status in rule.statuses)


def in_words(rule, kinds, unit_kinds, currency):
    """The sentences of a rule, for everybody to read. kinds: {pk: EventKind}, unit_kinds: {pk: UnitKind}."""

    def amount(cents):
        return money(cents, currency)

    yield _("Shares go to: %(kinds)s.") % {"kinds": ", ".join(str(unit_kinds[pk]) for pk in rule.kinds if pk in unit_kinds)}
    if rule.base_cents:
        yield _("Every unit gets %(sum)s as a base.") % {"sum": amount(rule.base_cents)}
    if rule.member_cents:
        values = {"sum": amount(rule.member_cents), "day": date_format(rule.counting_on, "DATE_FORMAT"), "who": counted(rule)}
        yield _("For each registered member (%(who)s) at the end of %(day)s it gets %(sum)s, as was known on that day.") % values
    for one in rule.amounts:
        values = {"kind": kinds.get(one["kind"], "?"), "each": amount(one.get("each") or 0), "person": amount(one.get("person") or 0), "most": one.get("most")}
        if one.get("each"):
            yield _("For each approved activity of the kind %(kind)s it gets %(each)s.") % values
            if one.get("most") is not None:
                yield _("Of the kind %(kind)s at most %(most)s are counted.") % values
        if one.get("person"):
            yield _("For each person expected at %(kind)s it gets %(person)s.") % values
    if rule.floor_cents is not None:
        yield _("No unit gets less than %(sum)s.") % {"sum": amount(rule.floor_cents)}
    if rule.cap_cents is not None:
        yield _("No unit gets more than %(sum)s.") % {"sum": amount(rule.cap_cents)}
    values = {"step": amount(rule.step_cents), "total": amount(rule.total_cents)}
    if rule.total_cents is None:
        yield _("The total is open. Each share is rounded to whole %(step)s, a half upwards.") % values
    else:
        yield _("All shares are scaled alike so that they add up to %(total)s.") % values
        yield _(
            "Each is rounded down to whole %(step)s; what is left goes in steps of %(step)s to the largest remainders, of equal ones to the "
            "unit that comes first in the tree."
        ) % values
