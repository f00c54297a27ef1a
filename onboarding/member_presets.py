"""What arriving adds to the presets of the member list."""

from datetime import timedelta

from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext_lazy as _

from membership import presets
from onboarding.models import Journey, Pairing

STALLED = timedelta(days=14)


# Why somebody is on the way into the party; the only other journeys are those out of it.
ARRIVING = [reason for reason in Journey.Reason.values if reason != Journey.Reason.EXIT]


def no_contact(members, on, unit):
    """Members on their way whose first contact is still owed, the longest first."""
    owed = {"journeys__first_contact_on": None, "journeys__contact_due_on__isnull": False}
    return _on_the_way(members, **owed).annotate(contact_due=F("journeys__contact_due_on"))


def no_mentor(members, on, unit):
    """Members on their way who have no mentor; whom somebody is only asked for has none yet."""
    runs = Pairing.objects.filter(mentee__member=OuterRef("pk"), state__in=(Pairing.State.RUNNING, Pairing.State.PAUSED))
    return members.filter(Exists(Journey.objects.arriving().running().filter(member=OuterRef("pk"))), ~Exists(runs))


def stalled(members, on, unit):
    """Members on their way whose next step has been due for more than two weeks, the longest first."""
    return _on_the_way(members, journeys__next_due_on__lt=on - STALLED).annotate(step_due=F("journeys__next_due_on"))


def _on_the_way(members, **journey):
    """Those of `members` with a running journey, of which there is one at most, that is as `journey` says; joined, so that it can be their order."""
    return members.filter(journeys__state=Journey.State.RUNNING, journeys__reason__in=ARRIVING, **journey)


def register():
    presets.register("no_contact", _("No contact yet"), no_contact, 20, order=("contact_due", "pk"))
    presets.register("no_mentor", _("No mentor"), no_mentor, 25, order=("-joined_on", "-pk"))
    presets.register("stalled", _("Stalled"), stalled, 30, order=("step_due", "pk"))
