"""What the other rooms are told about partners, offers, tracks and development cards: kinds of mail, merges, navigation."""

from django.utils.translation import ngettext_lazy

from common import context
from education import developing, partnering, telling
from education.models import (
    DevelopmentCard,
    DevelopmentStep,
    LevelDone,
    OfferMail,
    OfferNotice,
    TrackMember,
    Unsubscribed,
)
from membership import merging
from outbox import kinds

# Labels of the kinds for the ledger's page.
LABELS = {telling.KIND: telling.LABEL, partnering.KIND: partnering.LABEL, developing.KIND: developing.LABEL}


def cards(survivor, gone, now):
    """Of two cards the survivor's stays, and gets the agreed steps of the other."""
    keep, other = (DevelopmentCard.objects.filter(member=member).first() for member in (survivor, gone))
    if keep and other:
        other.steps.update(card=keep)


def mails(survivor, gone, now):
    """Of two mails of one week one stays; the offers in both were told."""
    for mail in OfferMail.objects.filter(member=gone):
        if keep := OfferMail.objects.filter(member=survivor, week=mail.week).first():
            mail.notices.update(mail=keep)


def register():
    kinds.register(telling.KIND, telling.build, telling.load)
    kinds.register(partnering.KIND, partnering.build, partnering.load)
    kinds.register(developing.KIND, developing.build, developing.load)
    merging.treat(DevelopmentCard, words=ngettext_lazy("%(n)s development card", "%(n)s development cards", "n"), unite=cards)
    merging.treat(DevelopmentStep, "card__member", quiet=True)
    merging.treat(OfferMail, words=ngettext_lazy("%(n)s mail about offers", "%(n)s mails about offers", "n"), unite=mails)
    merging.treat(OfferNotice, words=ngettext_lazy("%(n)s offer that fits", "%(n)s offers that fit", "n"), quiet=True)
    merging.treat(TrackMember, words=ngettext_lazy("%(n)s track", "%(n)s tracks", "n"))
    merging.treat(LevelDone, words=ngettext_lazy("%(n)s level done", "%(n)s levels done", "n"), quiet=True)
    merging.treat(Unsubscribed, words=ngettext_lazy("%(n)s refusal of mails", "%(n)s refusals of mails", "n"))
    context.without_office(partnering.places)
