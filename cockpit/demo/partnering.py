"""What came of offers of a partner: one that was held, with confirmations, and one people register for. As if their mails had gone out; none is sent."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from cockpit.demo import attending, registrations
from education import fitting, offer_cards, telling
from education.models import ConfirmationTerms, EventKind, Offer, OfferMail, OfferNotice
from membership.models import Member
from outbox.models import Message

HELD = 24  # people who registered for the one that was held
OPENED = 0.6  # of those who were told look at the page
SUBJECT = {"de": "Angebote, die zu dir passen", "he": "הצעות שמתאימות לך", "en": "Offers that fit you"}


def furnish(root, language, rng, on):
    """As of the day `on`; offers and their partner are there already."""
    offers = Offer.objects.filter(partner__party=root, online=False, state="open").order_by("seats", "pk")[:1]
    past = Offer.objects.filter(partner__party=root, state="closed").order_by("pk")[:1]
    for offer in past:
        _held(offer, language, rng, on)
    for offer in offers:
        told = _told(offer, language, rng, on - timedelta(days=12))
        event = _event(offer, on - timedelta(days=13))
        registrations.fill(event, rng.sample(told, min(len(told), 20)), rng, _at(on, 9))


def _at(day, hour):
    return timezone.make_aware(datetime.combine(day, time(hour)))


def _event(offer, on):
    """The announced event in which registration for `offer` runs; the state of the offer stays."""
    state = offer.state
    Offer.objects.filter(pk=offer.pk).update(state=Offer.State.OPEN)
    event = offer_cards.make_event(offer, EventKind.objects.get(slug="workshop"), offer.decided_by, _at(on, 9))
    event.publish(_at(on, 9))
    Offer.objects.filter(pk=offer.pk).update(state=state)
    return event


def _held(offer, language, rng, on):
    """Most who registered came, and those who came have their confirmation, with the name of the partner."""
    day = offer.dates.get().starts_at
    told = _told(offer, language, rng, timezone.localdate(day) - timedelta(days=25))
    event, by = _event(offer, timezone.localdate(day) - timedelta(days=26)), offer.decided_by
    others = Member.objects.active().filter(party=offer.partner.party).exclude(pk__in=[member.pk for member in told]).select_related("home_unit").order_by("pk")
    members = [*rng.sample(told, min(len(told), HELD * 2 // 3)), *others[: HELD // 3]]
    ConfirmationTerms.objects.create(event=event)
    people = attending.registered(event, members, day - timedelta(days=20))
    came = people[: len(people) * 5 // 6]
    attending.attended(event, came, by, day)
    for row in people[len(came) :]:
        row.miss(day + timedelta(days=1), by)
    attending.confirmed(event, came, by, now=day + timedelta(days=1), minutes=180)


def _told(offer, language, rng, on):
    """The members `offer` fits, told by a mail on the day `on`."""
    now = _at(on, 10)
    Offer.objects.filter(pk=offer.pk).update(tell_at=now, tell_by=offer.decided_by)
    fitting.keep([offer.pk], now)
    notices = list(OfferNotice.objects.filter(offer=offer).select_related("member__home_unit").order_by("member"))
    week = telling.week_of(on)
    messages = Message.objects.bulk_create(
        Message(
            kind=telling.KIND, key=f"{telling.KIND}:{notice.member_id}:{week}", payload={"member": notice.member_id}, due_at=now, state=Message.State.SENT,
            attempts=1, to=notice.member.email, subject=SUBJECT.get(language, SUBJECT["en"]), sent_at=now,
        )
        for notice in notices
    )  # fmt: skip
    mails = OfferMail.objects.bulk_create(
        OfferMail(member=notice.member, week=week, message=message) for notice, message in zip(notices, messages, strict=True)
    )
    for notice, mail in zip(notices, mails, strict=True):
        notice.mail, notice.opened_at = mail, now + timedelta(hours=rng.randrange(1, 60)) if rng.random() < OPENED else None
    OfferNotice.objects.bulk_update(notices, ["mail", "opened_at"])
    return [notice.member for notice in notices]
