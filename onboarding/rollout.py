"""Taking a changed standard over into journeys that run: a plan that changes nothing, carrying it out, taking it back row by row.

Only what the standard of one unit asks for is looked at: its own steps, and those from above that it leaves out or left out once. Done steps
stay done whatever happens. What is new is asked for only where its date is still to come, as when a member moves. A date moves when
the rule of the step is another one than in the version the journey got it from, and never into the past: who would be late at
once has until today, and who was late already stays late, unless the new date is still to come.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple

from django.db import connection, transaction

from branches.models import Unit
from onboarding import duties, standards
from onboarding.models import Journey, JourneyStep, Rollout, RolloutRow, Step

What = RolloutRow.What
State = JourneyStep.State
# What a rollout may change of a step, and so what taking it back restores.
FIELDS = ("state", "due_on", "office_id", "version_id", "closed_at", "closed_by_id", "duty_unit_id", "duty_office_id")
TYPES = ("text", "date", "bigint", "bigint", "timestamptz", "bigint", "bigint", "bigint")


class Change(NamedTuple):
    """A step of one journey that becomes another one; journey_step is None where it has no such step yet, due_on as it will be."""

    journey: int
    unit: int
    step: int
    what: str
    journey_step: int | None
    due_on: date | None
    office: int | None


@dataclass
class Plan:
    """changes: [Change]; per step pk: `past`, how many do not get it because its date is over, and `stays`, how many have done it."""

    steps: dict
    changes: list = field(default_factory=list)
    past: Counter = field(default_factory=Counter)
    stays: Counter = field(default_factory=Counter)
    completed: list = field(default_factory=list)  # journeys that have no open step left then
    running: int = 0

    @property
    def counts(self):
        """{(step pk, What): how many}."""
        return Counter((change.step, change.what) for change in self.changes)

    @property
    def fingerprint(self):
        """The same for two plans that change the same."""
        return hashlib.sha256(repr(sorted(self.changes, key=repr)).encode()).hexdigest()

    def journeys(self, step, what):
        """Journeys in which `what` happens to the step with this pk."""
        return [change.journey for change in self.changes if (change.step, change.what) == (step, what)]


def plan(standard, user, on):
    """Plan of what becomes another one in the running journeys `user` cares for, in the unit of `standard` and below, on the day `on`."""
    return _plan(standard, list(_running(standard, user).order_by("pk").values_list("pk", "unit_id", "started_on", "reason")), on)


def _running(standard, user):
    return Journey.objects.running().editable_by(user).filter(unit__path__startswith=standard.unit.path)


def _plan(standard, journeys, on):
    versions = dict(standard.versions.values_list("pk", "content"))
    known = {entry["step"] for content in versions.values() for entry in content["left_out"]}
    steps = {step.pk: step for step in Step.objects.filter(standard=standard) | Step.objects.filter(pk__in=known)}
    found = Plan(steps, running=len(journeys))
    rules = {pk: {rule["step"]: (rule["due"], rule["count"]) for rule in content["steps"]} for pk, content in versions.items()}
    first = rules[min(versions)] if versions else {}
    asked = standards.steps_by_unit(Unit.objects.filter(pk__in={unit for _pk, unit, _started, _reason in journeys}))
    asked = {unit: [step for step in of_unit if step.pk in steps] for unit, of_unit in asked.items()}
    pks = [journey[0] for journey in journeys]
    have: dict = {}
    open_left = Counter(JourneyStep.objects.open().filter(journey__in=pks).values_list("journey", flat=True))
    rows = JourneyStep.objects.filter(journey__in=pks, step__in=steps)
    for row in rows.only("journey", "step", "state", "due_on", "office", "version").order_by("pk"):
        have.setdefault(row.journey_id, {})[row.step_id] = row
    for journey, unit, started_on, reason in journeys:
        rows = have.get(journey, {})
        wanted = {step.pk: step for step in asked[unit] if reason in step.reasons}
        before = len(found.changes)
        for pk in steps:
            row, step = rows.get(pk), wanted.get(pk)
            # The rule of a step from above is the business of the unit above.
            before_it = rules.get(row.version_id, first) if row and steps[pk].standard_id == standard.pk else {}
            if change := _change(found, (journey, unit, started_on), row, step, pk, before_it.get(pk), on):
                found.changes.append(change)
        new = found.changes[before:]
        left = open_left[journey] + sum({What.ADDED: 1, What.DROPPED: -1}.get(change.what, 0) for change in new)
        if new and not left:
            found.completed.append(journey)
    return found


def _change(found, of, row, step, pk, rule, on):
    """What happens to one step in one journey: a Change, or None and a note in `found` why not.

    of: (journey pk, unit pk, started_on); row: its JourneyStep, if any; step: the Step as it is asked for now, if it is; rule: (due, count) of
    the version the journey has it from, None where that rule is not looked at.
    """
    journey, unit, started_on = of
    if row is None or row.state == State.DROPPED:
        if step is None:
            return None
        due_on = step.due_on(started_on)
        if due_on < on:
            found.past[pk] += 1
            return None
        return Change(journey, unit, pk, What.ADDED, row and row.pk, due_on, step.office_id)
    other_rule = step is not None and rule not in (None, (step.due, step.count))
    if not row.is_open:
        found.stays[pk] += step is None or other_rule
        return None
    if step is None:
        return Change(journey, unit, pk, What.DROPPED, row.pk, row.due_on, row.office_id)
    if rule is None:
        return None
    due_on = max(step.due_on(started_on), on) if other_rule else row.due_on
    if row.due_on < on and due_on <= on:
        due_on = row.due_on
    if (due_on, step.office_id) == (row.due_on, row.office_id):
        return None
    return Change(journey, unit, pk, What.CHANGED, row.pk, due_on, step.office_id)


def carry_out(standard, user, fingerprint, key, on, now):
    """Do what was shown as the plan with this `fingerprint`; returns the Rollout, None when the plan has become another one meanwhile.

    key: of the form shown; a second click finds what the first one did. One transaction, and one thing at a time per standard.
    """
    with transaction.atomic():
        type(standard).objects.select_for_update().get(pk=standard.pk)
        if done := Rollout.objects.filter(key=key, standard=standard, by=user).first():
            return done
        pks = list(_running(standard, user).values_list("pk", flat=True))
        # Whoever ticks a step of these journeys holds the same lock.
        locked = Journey.objects.running().filter(pk__in=pks).order_by("pk").select_for_update()
        found = _plan(standard, list(locked.values_list("pk", "unit_id", "started_on", "reason")), on)
        if not found.changes or found.fingerprint != fingerprint:
            return None
        counts = [[step, what, number] for (step, what), number in sorted(found.counts.items())]
        rollout = Rollout.objects.create(key=key, standard=standard, version_id=standard.version_id, by=user, at=now, counts=counts)
        _write(rollout, found)
        _bring_up_to_date({change.journey for change in found.changes}, standard, on)
    return rollout


def _write(rollout, found):
    of_row = {change.journey_step: change for change in found.changes if change.journey_step}
    before = {row.pk: kept(row) for row in JourneyStep.objects.filter(pk__in=of_row)}
    versions = {pk: step.standard.version_id for pk, step in Step.objects.select_related("standard").in_bulk(list(found.steps)).items()}
    changed = []
    for pk, change in of_row.items():
        row = JourneyStep(pk=pk, **_restored(before[pk]))
        row.due_on, row.office_id, row.version_id = change.due_on, change.office, versions[change.step]
        if change.what == What.ADDED:
            row.state, row.closed_at, row.closed_by_id = State.OPEN, None, None
        elif change.what == What.DROPPED:
            row.state, row.closed_at, row.closed_by_id = State.DROPPED, rollout.at, rollout.by_id
        changed.append(row)
    new = [
        JourneyStep(
            journey_id=change.journey, step_id=change.step, version_id=versions[change.step], unit_id=change.unit, office_id=change.office,
            due_on=change.due_on,
        )
        for change in found.changes
        if not change.journey_step
    ]  # fmt: skip
    JourneyStep.objects.bulk_create(new, batch_size=5000)
    update(changed)
    rows = [RolloutRow(rollout=rollout, journey_step=row, what=What.ADDED, after=kept(row)) for row in new]
    rows += [
        RolloutRow(rollout=rollout, journey_step_id=row.pk, what=of_row[row.pk].what, before=before[row.pk], after=kept(row))
        for row in changed
    ]
    RolloutRow.objects.bulk_create(rows, batch_size=5000)


def kept(row):
    """FIELDS of a step of a journey as JSON."""
    closed_at = row.closed_at and row.closed_at.astimezone(UTC).isoformat()
    return {name: getattr(row, name) for name in FIELDS} | {"due_on": row.due_on.isoformat(), "closed_at": closed_at}


def _restored(values):
    closed_at = values["closed_at"] and datetime.fromisoformat(values["closed_at"])
    return values | {"due_on": date.fromisoformat(values["due_on"]), "closed_at": closed_at}


def update(rows):
    """Write FIELDS of many steps in one statement."""
    columns = [[getattr(row, name) for row in rows] for name in ("pk", *FIELDS)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE onboarding_journeystep step SET {', '.join(f'{name} = new.{name}' for name in FIELDS)}"
            f" FROM unnest(%s::bigint[], {', '.join(f'%s::{of}[]' for of in TYPES)}) AS new(id, {', '.join(FIELDS)}) WHERE step.id = new.id",
            columns,
        )


def _bring_up_to_date(journeys, standard, on):
    Journey.objects.filter(pk__in=journeys).recount(on)
    duties.settle(on, standard.unit)


@transaction.atomic
def undo(rollout, user, on, now):
    """Take a rollout back: every step it touched is as before, what it added is gone. Returns False when that was done already.

    A step stays where somebody has worked on it since, its journey has ended or moved, or the member has another one by now; `stayed`
    counts them.
    """
    if not Rollout.objects.filter(pk=rollout.pk, undone_at=None).update(undone_at=now, undone_by=user):
        return False
    rows = list(rollout.rows.select_related("journey_step__journey"))
    journeys = {row.journey_step.journey_id for row in rows}
    members = Journey.objects.filter(pk__in=journeys).order_by().values("member")
    elsewhere = dict(Journey.objects.running().filter(member__in=members).select_for_update().values_list("member", "pk"))
    Journey.objects.filter(pk__in=journeys).order_by("pk").select_for_update().count()
    free = [row for row in rows if _untouched(row, elsewhere)]
    gone = [row.journey_step_id for row in free if row.before is None]
    told = set(JourneyStep.objects.filter(pk__in=gone, escalations__isnull=False).values_list("pk", flat=True))
    update([JourneyStep(pk=row.journey_step_id, **_restored(row.before)) for row in free if row.before is not None])
    # What was told to somebody is not forgotten: such a step is only no longer due.
    JourneyStep.objects.filter(pk__in=told).update(state=State.DROPPED, closed_at=now, closed_by=user)
    JourneyStep.objects.filter(pk__in=set(gone) - told).delete()
    Rollout.objects.filter(pk=rollout.pk).update(stayed=len(rows) - len(free))
    _bring_up_to_date(journeys, rollout.standard, on)
    rollout.refresh_from_db()
    return True


def _untouched(row, elsewhere):
    step, journey = row.journey_step, row.journey_step.journey
    other = elsewhere.get(journey.member_id, journey.pk) != journey.pk
    same = all(kept(step)[name] == row.after[name] for name in ("state", "due_on", "office_id", "closed_at"))
    return same and journey.state != Journey.State.ENDED and not other and step.unit_id == journey.unit_id
