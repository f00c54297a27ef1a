"""What arriving adds to the presets of the member list."""

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from membership import presets
from onboarding.models import Journey, Pairing

STALLED = timedelta(days=14)


def no_contact(members, on, unit):
    """Members on their way whose first contact is still owed."""
    return members.filter(Exists(Journey.objects.arriving().without_contact().filter(member=OuterRef("pk"))))


def no_mentor(members, on, unit):
    """Members on their way who have no mentor; whom somebody is only asked for has none yet."""
    runs = Pairing.objects.filter(mentee__member=OuterRef("pk"), state__in=(Pairing.State.RUNNING, Pairing.State.PAUSED))
    return members.filter(Exists(Journey.objects.arriving().running().filter(member=OuterRef("pk"))), ~Exists(runs))


def stalled(members, on, unit):
    """Members on their way whose next step has been due for more than two weeks."""
    return members.filter(Exists(Journey.objects.arriving().running().filter(member=OuterRef("pk"), next_due_on__lt=on - STALLED)))


def register():
    presets.register("no_contact", _("No contact yet"), no_contact, 20)
    presets.register("no_mentor", _("No mentor"), no_mentor, 25)
    presets.register("stalled", _("Stalled"), stalled, 30)
