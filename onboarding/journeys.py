"""Starting journeys. What is due to start is derived from the members, so a missed run loses nothing and a second one adds nothing."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from branches.models import Unit
from membership.models import Member
from onboarding import duties, standards
from onboarding.models import Journey, JourneyStep

BATCH = 5000


@transaction.atomic
def start(members, on, reason=Journey.Reason.JOINED, list_import=None):
    """Start a journey for each of `members` (a Member queryset) that should have one and has none; returns how many.

    on: the day of the load. Counts from the join date (JOINED) or from `on` (other reasons). Only who joined within the
    length of the unit's standard gets one; steps due before `on` are marked as before Ankommen, never late.
    """
    joined = reason == Journey.Reason.JOINED
    unit_ids = set(members.values_list("home_unit_id", flat=True).distinct())
    steps_of = standards.steps_by_unit(Unit.objects.filter(pk__in=unit_ids))
    steps_of = {unit: [s for s in steps if reason in s.reasons] for unit, steps in steps_of.items()}
    horizon = max((standards.length_days(steps) for steps in steps_of.values()), default=0)
    candidates = members.active().filter(~Exists(Journey.objects.running().filter(member=OuterRef("pk"))))
    if joined:
        candidates = candidates.filter(~Exists(Journey.objects.filter(member=OuterRef("pk"))), joined_on__gte=on - timedelta(days=horizon))
    started = 0
    rows = list(candidates.values_list("pk", "home_unit_id", "joined_on"))
    for first in range(0, len(rows), BATCH):
        journeys, journey_steps = [], []
        for member_id, unit_id, joined_on in rows[first : first + BATCH]:
            start_on = joined_on if joined else on
            due = [(step, step.due_on(start_on)) for step in steps_of[unit_id]]
            if not due or max(day for _step, day in due) < on:
                continue
            journey = Journey(member_id=member_id, unit_id=unit_id, reason=reason, started_on=start_on, list_import=list_import)
            journeys.append(journey)
            journey_steps += [
                JourneyStep(
                    journey=journey, step=step, unit_id=unit_id, office_id=step.office_id, due_on=day,
                    state=JourneyStep.State.BEFORE if day < on else JourneyStep.State.OPEN,
                )
                for step, day in due
            ]  # fmt: skip
        Journey.objects.bulk_create(journeys)
        JourneyStep.objects.bulk_create(journey_steps)
        started += len(journeys)
    if started:
        duties.settle(on)
    return started


def start_due(on):
    """Start the journeys of all who joined within their standard's length and have none: entry by hand, admission, a missed run."""
    return start(Member.objects.all(), on)
