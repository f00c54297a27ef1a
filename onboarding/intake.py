"""A member list and the journeys it starts, as one step: the job above membership.importing."""

from django.db import transaction
from django.db.models import Q

from membership import importing
from membership.models import Member
from onboarding import journeys
from onboarding.models import Contact, Journey, JourneyStep


def is_first_load(list_import):
    """Whether the list brings the first members of its unit: then those without a join date are old members, not new ones."""
    known = Member.objects.filter(home_unit__path__startswith=list_import.unit.path)
    return not known.exclude(first_list=list_import).exists()


@transaction.atomic
def apply_list(list_import, by, now, on):
    """Apply `list_import` and start its journeys in one transaction; `on` is the local day of `now`.

    Who left ends the journey, who moved takes it along. Raises importing.ChangedMeanwhile. Returns how many journeys started; 0 also
    for a list that was applied before.
    """
    if not importing.apply(list_import, by, now):
        return 0
    touched = Member.objects.filter(changes__list_import=list_import)
    journeys.follow(on, now, touched)
    joined = Member.objects.filter(first_list=list_import)
    if is_first_load(list_import):
        joined = joined.filter(joined_estimated=False)
    returned = touched.filter(changes__list_import=list_import, changes__kind="returned")
    return journeys.start(joined, on, list_import=list_import) + journeys.start(
        returned, on, reason=Journey.Reason.RETURNED, list_import=list_import
    )


@transaction.atomic
def undo_list(list_import, now, on):
    """Undo `list_import` with the journeys it started; returns the members that stay because somebody has worked on them since."""
    applied_at = list_import.applied_at
    changed = set(Member.objects.filter(changes__list_import=list_import).values_list("pk", flat=True))
    touched = Member.objects.filter(Q(first_list=list_import) | Q(pk__in=changed))
    contacts = Contact.objects.filter(created_at__gte=applied_at)
    steps = JourneyStep.objects.filter(closed_at__gt=applied_at, closed_by__isnull=False)
    worked_on = touched.filter(Q(pk__in=contacts.values("member")) | Q(pk__in=steps.values("journey__member")))
    stay = importing.undo(list_import, now, keep=worked_on.values_list("pk", flat=True))
    Journey.objects.filter(list_import=list_import).exclude(member__in=stay).delete()
    restored = Member.objects.filter(pk__in=changed.difference(stay))
    dropped = JourneyStep.objects.filter(state=JourneyStep.State.DROPPED, closed_at=applied_at, journey__member__in=restored)
    for journey in Journey.objects.filter(state=Journey.State.ENDED, pk__in=dropped.values("journey")):
        journey.resume()
    journeys.follow(on, now, restored)
    return Member.objects.filter(pk__in=stay).order_by("sort_key", "pk")
