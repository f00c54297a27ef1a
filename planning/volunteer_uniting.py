"""What becomes of volunteers and their shifts when two records of one person are merged (membership.merging)."""

from django.db.models import Exists, OuterRef
from django.utils.translation import ngettext_lazy

from membership import merging
from planning.models import Availability, Duty, DutyTick, Swap, Volunteer

State = Volunteer.State
# Of two answers for one election the one that stays.
BEST = (State.YES, State.WITHDRAWN, State.NO, State.ASKED)


def volunteers(survivor, gone, now):
    """Of two entries for one election the better one stays, with its times and the shifts of both."""
    mine = {row.election_id: row for row in Volunteer.objects.filter(member=survivor)}
    for theirs in Volunteer.objects.filter(member=gone, election__in=mine):
        keep, drop = sorted((mine[theirs.election_id], theirs), key=lambda row: BEST.index(row.state))
        Duty.objects.filter(volunteer=drop).update(volunteer=keep)
        Swap.objects.filter(to=drop).update(to=keep)
        Swap.objects.filter(taken_by=drop).update(taken_by=keep)
        drop.delete()


def duties(survivor, gone, now):
    """Where both records have a shift at the same time, that of the survivor stays."""
    same = Duty.objects.live().filter(member=survivor, starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at"))
    for duty in Duty.objects.filter(Exists(same), member=gone):
        duty.decline(now)


def register():
    merging.treat(Volunteer, words=ngettext_lazy("%(n)s entry as a volunteer", "%(n)s entries as a volunteer", "n"), unite=volunteers)
    merging.treat(Duty, words=ngettext_lazy("%(n)s shift", "%(n)s shifts", "n"), unite=duties)
    for model, path in ((Availability, "volunteer__member"), (DutyTick, "duty__member"), (Swap, "duty__member"), (Swap, "to__member"), (Swap, "taken_by__member")):
        merging.treat(model, path, quiet=True)
