"""What becomes of registrations when two records of one person are merged (membership.merging)."""

from django.utils.translation import ngettext_lazy

from education import proving
from education.models import Registration, RegistrationChange
from membership import merging

State = Registration.State
# Of two registrations for one event the one that stays: what happened, then what is sure.
BEST = (State.ATTENDED, State.CONFIRMED, State.OFFERED, State.MISSED, State.WAITING, State.ASKED, State.DECLINED, State.CANCELLED)


def registrations(survivor, gone, now):
    """Of two registrations for one event the better one stays, with the steps of both. A seat that becomes free is given on by the next run."""
    mine = {row.event_id: row for row in survivor.registrations.all()}
    for theirs in gone.registrations.filter(event__in=mine):
        keep, drop = sorted((mine[theirs.event_id], theirs), key=lambda row: BEST.index(row.state))
        RegistrationChange.objects.filter(registration=drop).update(registration=keep)
        proving.follow(drop, keep, now)
        drop.delete()


def register():
    merging.treat(Registration, words=ngettext_lazy("%(n)s registration for an event", "%(n)s registrations for events", "n"), unite=registrations)
    merging.treat(RegistrationChange, "registration__member", quiet=True)
