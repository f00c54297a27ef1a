"""What the rest of the house has to know of attendance, confirmations, qualifications and letters: mails, pages of an event, what becomes of them in a merge."""

from django.utils.translation import gettext_lazy, ngettext_lazy

from education import confirming, event_panels, qualifying, registration_letters
from education.event_panels import Needs
from education.models import Confirmation, Event, Qualification, Tick
from membership import merging
from outbox import kinds

LABELS = {confirming.KIND: confirming.LABEL, registration_letters.KIND: registration_letters.LABEL, **qualifying.LABELS}


def follow(drop, keep, now):
    """Let what hangs on the registration `drop` follow the one that stays. Of two valid confirmations that of `drop` is withdrawn."""
    Tick.objects.filter(registration=drop).update(registration=keep)
    if keep.confirmations.valid().exists():
        drop.confirmations.valid().update(withdrawn_at=now)
    Confirmation.objects.filter(registration=drop).update(registration=keep)


def is_held(event):
    return event.state in (Event.State.OPEN, Event.State.CLOSED)


def register():
    kinds.register(confirming.KIND, confirming.build, confirming.load)
    kinds.register(registration_letters.KIND, registration_letters.build, registration_letters.load)
    qualifying.register()
    merging.treat(Tick, "registration__member", quiet=True)
    merging.treat(Confirmation, "registration__member", quiet=True)
    merging.treat(Qualification, words=ngettext_lazy("%(n)s qualification", "%(n)s qualifications", "n"))
    event_panels.add("education:attendance_dates", gettext_lazy("Who is here"), "clipboard-document-check", Needs.KEEP, order=20, shown=is_held)
    event_panels.add("education:confirmation_list", gettext_lazy("Confirmations"), "document-check", Needs.KEEP, order=30, shown=is_held)
    event_panels.add("education:cost_list", gettext_lazy("Costs"), "banknotes", Needs.CARRY, order=40)
