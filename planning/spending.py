"""The money of one unit in one year: what it gets, what it plans, what it spent, and what waits to be booked."""

from collections import Counter

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from common import prepared
from education import costs
from education.models import Event, EventKind
from planning.models import Activity, Budget, Spending

NEAR = 90  # percent of what is there: from here on it is amber


def lines_of(unit, year):
    """[{"kind": EventKind or None, "planned", "spent"}] in cents by line of the budget, as the kinds stand; only lines with something in them."""
    planned = _by_kind(Activity.objects.filter(plan__unit=unit, plan__year=year).exclude(state=Activity.State.DROPPED), "cost_cents")
    spent = _by_kind(Spending.objects.filter(budget__unit=unit, budget__year=year), "cents")
    kinds = {kind.pk: kind for kind in EventKind.objects.all()}
    return [
        {"kind": kinds.get(pk), "planned": planned.get(pk, 0), "spent": spent.get(pk, 0)}
        for pk in [*kinds, None]
        if planned.get(pk) or spent.get(pk) or pk in spent
    ]


def _by_kind(rows, field):
    return dict(rows.order_by().values_list("kind").annotate(sum=Sum(field)))


def proposals(unit, year):
    """[(Event, cents)] of settled events of the year that `unit` carries and has not booked in full: what is still to be booked of each."""
    owed: Counter = Counter()
    for event, cents, _kind in costs.settled(unit, year):
        owed[event.pk] += cents
    booked = dict(Spending.objects.filter(budget__unit=unit, event__in=owed).order_by().values_list("event").annotate(sum=Sum("cents")))
    open_ = {pk: cents - booked.get(pk, 0) for pk, cents in owed.items() if cents != booked.get(pk, 0)}
    events = Event.objects.filter(pk__in=open_).select_related("kind").order_by("starts_at", "pk")
    return [(event, open_[event.pk]) for event in events]


@transaction.atomic
def take(unit, year, event_pk, by, now, on, key):
    """Book what is still to be booked of a settled event; None where nothing is. Raises YearClosed. A double click books once."""
    budget = Budget.held(unit, year)
    found = next(((event, cents) for event, cents in proposals(unit, year) if event.pk == event_pk), None)
    if not found:
        return None
    event, cents = found
    text = _("Settled: %(event)s") % {"event": event}
    activity = Activity.objects.filter(plan__unit=unit, plan__year=year, event=event).first()
    return Spending(
        budget=budget, on=on, cents=cents, text=text[:200], kind=event.kind, activity=activity, event=event, by=by, at=now, key=key
    ).book()


SUMS = """
SELECT share.unit_id, 'share', sum(cents) FROM planning_budgetshare share JOIN planning_budgetrule rule ON rule.id = share.rule_id
WHERE rule.year = %(year)s AND rule.state = 'approved' AND share.unit_id = ANY(%(units)s) GROUP BY share.unit_id
UNION ALL
SELECT unit_id, 'planned', sum(cost_cents) FROM planning_activity activity JOIN planning_plan plan ON plan.id = activity.plan_id
WHERE plan.year = %(year)s AND activity.state <> 'dropped' AND unit_id = ANY(%(units)s) GROUP BY unit_id
UNION ALL
SELECT unit_id, 'spent', sum(cents) FROM planning_spending spending JOIN planning_budget budget ON budget.id = spending.budget_id
WHERE budget.year = %(year)s AND unit_id = ANY(%(units)s) GROUP BY unit_id
"""


def sums(units, year):
    """{unit pk: {"share", "planned", "spent"}} in cents for the year, in one query; None for no share. units: their pks."""
    return prepared.together(sums_question(units, year))[0]


def sums_question(units, year):
    """What `sums` asks, for those who ask more at the same time: see prepared.together."""

    def read(rows):
        found = {unit: {"share": None, "planned": 0, "spent": 0} for unit in units}
        for unit, name, cents in rows:
            found[unit][name] = int(cents)
        return found

    return prepared.written("sums of budgets", SUMS, {"year": year, "units": prepared.keys(units)}, {"year": "int", "units": "bigint[]"}, read)


def tone(spent, whole):
    """Colour of what is spent of `whole`: over it, near it, within."""
    return "late" if spent > whole else "amber" if 100 * spent >= NEAR * whole and spent else "ok"
