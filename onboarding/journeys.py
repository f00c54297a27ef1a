"""Starting, moving and ending journeys. What is due is derived from the members, so a missed run loses nothing and a second one adds nothing."""

from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import StrIndex

from branches.models import Unit
from membership.models import ACTIVE, Change, Member, Status
from onboarding import duties, standards
from onboarding.models import Journey, JourneyStep, Step

BATCH = 5000
JUST_NOW = timedelta(hours=1)
STARTING = 7311  # advisory lock: one run starts journeys at a time


@transaction.atomic
def start(members, on, reason=Journey.Reason.JOINED, list_import=None, first=False):
    """Start a journey for each of `members` (a Member queryset) that should have one and has none; returns how many.

    on: the day of the load. Counts from the join date (JOINED) or from `on` (other reasons). Only who joined within the
    length of the unit's standard gets one. A step due before `on` counts from `on` (Step.due_from); when the members come by the first
    list of their unit (`first`) it is marked as before Ankommen, and nobody does it. Who returned gets the steps meant for returning
    members only: no second welcome, no second book. Who left (EXIT) gets the steps of an exit, counted from the day they left; the caller
    leaves out whom nobody shall contact.
    """
    joined = reason == Journey.Reason.JOINED
    steps = [step for step in Step.objects.current() if reason in step.reasons]
    horizon = on - timedelta(days=standards.length_days(steps))
    had = Journey.objects.filter(member=OuterRef("pk"))
    if joined:
        candidates = members.active().filter(~Exists(had), joined_on__gte=horizon, joined_on__lte=on)
    elif reason == Journey.Reason.EXIT:
        taken = had.filter(Q(state=Journey.State.RUNNING) | Q(started_on=OuterRef("left_on")))
        candidates = members.filter(~Exists(taken), status=Status.LEFT)
    else:
        candidates = members.active().filter(~Exists(had.filter(Q(state=Journey.State.RUNNING) | Q(started_on=on))))
    counts_from = {Journey.Reason.JOINED: "joined_on", Journey.Reason.EXIT: "left_on"}
    rows = list(candidates.values_list("pk", "home_unit_id", counts_from.get(reason, "joined_on"))) if steps else []
    steps_of = standards.steps_by_unit(Unit.objects.filter(pk__in={unit_id for _pk, unit_id, _day in rows}), reason)
    started = 0
    for place in range(0, len(rows), BATCH):
        journeys, journey_steps = [], []
        for member_id, unit_id, began_on in rows[place : place + BATCH]:
            start_on = began_on if reason in counts_from else on
            due = [(step, step.due_on(start_on)) for step in steps_of[unit_id]]
            if not due or max(day for _step, day in due) < on:
                continue
            journey = Journey(member_id=member_id, unit_id=unit_id, reason=reason, started_on=start_on, list_import=list_import)
            journeys.append(journey)
            journey_steps += [
                JourneyStep(
                    journey=journey, step=step, version_id=step.standard.version_id, unit_id=unit_id, office_id=step.office_id,
                    due_on=day if first else step.due_from(start_on, on),
                    state=JourneyStep.State.BEFORE if first and day < on else JourneyStep.State.OPEN,
                )
                for step, day in due
            ]  # fmt: skip
        Journey.objects.bulk_create(journeys)
        JourneyStep.objects.bulk_create(journey_steps)
        Journey.objects.filter(pk__in=[journey.pk for journey in journeys]).recount(on)
        started += len(journeys)
    if started:
        duties.settle(on)
    return started


@transaction.atomic
def start_due(on):
    """Start the journeys of all who joined within their standard's length and have none: entry by hand, admission, a missed run.

    Who came by a list without join dates starts with that list or not at all: the first one brings old members too.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [STARTING])
        if not cursor.fetchone()[0]:
            return 0
    return start(Member.objects.filter(joined_estimated=False), on)


@transaction.atomic
def follow(on, now, members=None):
    """Bring running journeys in line with where their members are on the day `on`; returns (ended, moved).

    Who left ends the journey; an exit's runs on while they are gone and is completed when they are back. Who moved takes it along: done steps stay done, open ones belong to the new unit, those that are no step
    there are dropped, and come back when the move is undone; own steps of the new unit that are still to come are added. members: a
    Member queryset, default all.
    """
    running = Journey.objects.running()
    if members is not None:
        running = running.filter(member__in=members)
    leaves, is_member = Q(reason=Journey.Reason.EXIT), Q(member__status__in=ACTIVE)
    back = list(running.filter(leaves & is_member).values_list("pk", flat=True))
    left = list(running.exclude(leaves & Q(member__status=Status.LEFT) | is_member).values_list("pk", flat=True))
    moved = list(running.exclude(unit=F("member__home_unit")).exclude(pk__in=[*left, *back]).values_list("pk", flat=True))
    _end(left, on, now)
    _end(back, on, now, Journey.State.DONE)
    _move(moved, on, now)
    return len(left), len(moved)


def _end(journeys, on, now, state=Journey.State.ENDED):
    Journey.objects.filter(pk__in=journeys).update(state=state, ended_on=on)
    JourneyStep.objects.open().filter(journey__in=journeys).update(state=JourneyStep.State.DROPPED, closed_at=now)
    Journey.objects.filter(pk__in=journeys).recount(on)


def _move(journeys, on, now):
    if not journeys:
        return
    left = dict(Journey.objects.filter(pk__in=journeys).values_list("pk", "unit__path"))
    home = Member.objects.filter(journeys=OuterRef("pk")).values("home_unit")[:1]
    Journey.objects.filter(pk__in=journeys).update(unit=Subquery(home))
    # What the unit before wrote about this very move; a list or a reorganisation moves without a word.
    moves = Change.objects.filter(member=OuterRef("member"), kind=Change.Kind.MOVED, at__gt=now - JUST_NOW, after__has_key="note")
    told = Journey.objects.filter(Exists(moves), pk__in=journeys)
    told.update(moved_on=on, handover=Subquery(moves.order_by("-at").annotate(note=KT("after__note")).values("note")[:1]))
    # A step applies where its standard's unit is the journey's unit or above it: the one path begins with the other.
    steps = JourneyStep.objects.filter(journey__in=journeys).alias(place=StrIndex("journey__unit__path", "step__standard__unit__path"))
    steps.open().exclude(place=1).update(state=JourneyStep.State.DROPPED, closed_at=now)
    steps.filter(state=JourneyStep.State.DROPPED, place=1).reopen()
    target = Journey.objects.filter(pk=OuterRef("journey")).values("unit")[:1]
    JourneyStep.objects.open().filter(journey__in=journeys).update(unit=Subquery(target))
    _add_steps(left, on)
    Journey.objects.filter(pk__in=journeys).recount(on)
    duties.settle(on)


def _add_steps(left, on):
    """Give moved journeys the own steps of the unit they came to that are due on `on` or later. left: {journey pk: path of the unit before}."""
    moved = list(Journey.objects.filter(pk__in=left).select_related("unit"))
    steps_of = {reason: standards.steps_by_unit({journey.unit for journey in moved}, reason) for reason in {j.reason for j in moved}}
    steps = [
        JourneyStep(
            journey=journey, step=step, version_id=step.standard.version_id, unit=journey.unit, office_id=step.office_id,
            due_on=step.due_on(journey.started_on),
        )
        for journey in moved
        for step in steps_of[journey.reason][journey.unit_id]
        if not left[journey.pk].startswith(step.standard.unit.path) and step.due_on(journey.started_on) >= on
    ]  # fmt: skip
    # Those it had there before are there still.
    JourneyStep.objects.bulk_create(steps, BATCH, ignore_conflicts=True)


def run(on, now):
    """All that is due on the day `on`: ends and moves, starts, and who is in charge. Returns {"ended", "moved", "started", "settled"}."""
    ended, moved = follow(on, now)
    return {"ended": ended, "moved": moved, "started": start_due(on), "settled": duties.settle(on)}
