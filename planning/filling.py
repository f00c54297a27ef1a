"""The best way to fill the open places of an election: asked for by a row, found by the worker, taken over by hand."""

from collections import defaultdict
from datetime import datetime, time, timedelta

from django.db import transaction

from planning import cover, posting
from planning.election_plans import moment
from planning.models import Availability, Duty, Filling, Shift, Volunteer

KEPT = timedelta(days=30)  # a proposal


def shifts_of(filling):
    """The shifts of the election at the posts the author of `filling` keeps."""
    return Shift.objects.editable_by(filling.by).filter(post__election=filling.election_id).select_related("post__unit", "post__election")


def volunteers_of(filling):
    """The volunteers of the election among the members the author of `filling` sees."""
    return Volunteer.objects.visible_to(filling.by).filter(election=filling.election_id).select_related("member", "unit")


def open_shifts(filling, now):
    """The shifts `filling` is about that have not begun at `now`, those in its unit and below."""
    found = shifts_of(filling).filter(post__unit__path__startswith=filling.unit.path, starts_at__gt=now)
    if filling.on:
        low = moment(filling.on, time())
        found = found.filter(starts_at__gte=low, starts_at__lt=moment(filling.on + timedelta(days=1), time()))
    return found.order_by("starts_at", "pk")


def work(filling, now):
    """Find the best filling and keep it on the row. Only volunteers whom its author may see are asked for."""
    shifts = list(open_shifts(filling, now))
    duties = defaultdict(list)
    for duty in Duty.objects.live().filter(shift__in=shifts):
        duties[duty.shift_id].append((duty.starts_at, duty.ends_at))
    places = [
        cover.Place(shift.pk, cover.span(shift.post_id, *piece), shift.post.unit_id)
        for shift in shifts
        for piece in cover.places((shift.starts_at, shift.ends_at, shift.needed), duties[shift.pk])
    ]
    found, exact = cover.fill(people(filling), places)
    filling.lines = [[volunteer, place.key, place.span.starts.isoformat(), place.span.ends.isoformat()] for volunteer, place in found]
    filling.places, filling.exact, filling.done_at = len(places), exact, now
    filling.save(update_fields=["lines", "places", "exact", "done_at"])


def forget(now):
    """Drop proposals nobody looks at any more."""
    Filling.objects.filter(asked_at__lt=now - KEPT).delete()


def people(filling):
    """The cover.Persons that may be put somewhere, with all they have already, in whichever election."""
    volunteers = list(volunteers_of(filling).ready())
    own, times = defaultdict(list), defaultdict(list)
    rules = defaultdict(lambda: [posting.rules_of(filling.election)])
    for duty in Duty.objects.live().filter(member__in=[one.member_id for one in volunteers]).select_related("shift__post__election"):
        own[duty.member_id].append(posting.span_of(duty, duty.shift.post_id))
        rules[duty.member_id].append(posting.rules_of(duty.shift.post.election))
    for row in Availability.objects.filter(volunteer__in=volunteers):
        times[row.volunteer_id].append((row.starts_at, row.ends_at))
    return [
        cover.Person(one.pk, tuple(own[one.member_id]), tuple(times[one.pk]), cover.strictest(rules[one.member_id]), one.unit_id)
        for one in volunteers
    ]  # fmt: skip


def take(filling, now):
    """Plan what was found, in the name of its author. Returns (duties planned, [(volunteer pk, shift pk, why it is not possible any more), ..]); nothing when it was taken before.

    Each is asked again under its locks, one by one: what changed since is left out, the rest stands.
    """
    if not Filling.objects.filter(pk=filling.pk, taken_at=None).exclude(done_at=None).update(taken_at=now):
        return 0, []
    keys = {line[0] for line in filling.lines}, {line[1] for line in filling.lines}
    volunteers, shifts = volunteers_of(filling).in_bulk(keys[0]), shifts_of(filling).in_bulk(keys[1])
    planned, left = 0, []
    for volunteer, shift, starts, ends in filling.lines:
        try:
            if volunteer not in volunteers or shift not in shifts:
                raise posting.Refused("gone")
            with transaction.atomic():
                posting.assign(shifts[shift], volunteers[volunteer], now, filling.by, datetime.fromisoformat(starts), datetime.fromisoformat(ends))
            planned += 1
        except (posting.Refused, ValueError) as refused:
            left.append((volunteer, shift, getattr(refused, "code", "gone")))
    return planned, left
