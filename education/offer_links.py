"""The page of an offer by signed link from a mail, and the one click that ends these mails. No account, and nothing about anybody else."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from common.links import Found, Link
from education import offer_cards, registration_mails, tracks
from education.models import Offer, OfferNotice
from membership.models import ACTIVE
from membership.own_data import language_of

DAYS = timedelta(days=200)  # a link is good: longer than an offer runs
UNSUBSCRIBE = Link("education:link_unsubscribe")
OFFER = Link("education:link_offer", DAYS)


def address(notice, on):
    """The full address of the page of an offer for whom `notice` is about, good until DAYS after the day `on`."""
    return OFFER.address(notice.pk, on=on)


def unsubscribe_address(member):
    """The full address behind "No more of these mails" for `member`. It never ends: whoever finds an old mail may still say no."""
    return UNSUBSCRIBE.address(member.pk)


def registration(offer, member):
    """Where `member` registers: their own page of its event, else the page of the partner; "" for neither."""
    if offer.event and offer.event.state == offer.event.State.OPEN:
        return registration_mails.LINK.path("e", offer.event_id, member.pk)
    return offer.url


def _found(now, pk):
    found = OfferNotice.objects.select_related("member__home_unit", "offer__partner__party", "offer__event__kind", "offer__level__track", "tag")
    notice = get_object_or_404(found, pk=pk)
    is_open = notice.member.status in ACTIVE and notice.offer.is_open(timezone.localdate(now))
    return Found((notice,), language_of(notice.member), is_open, {"offer": notice.offer})


@OFFER.opens(_found, "education/_offer_closed.html")
def link_offer(request, notice, now):
    """The offer, what it asks for and where to register. Opening it changes nothing: mail scanners do.

    POST do=opened comes from the page itself once somebody looks at it and notes that; do=register does so too and goes on to the registration.
    """
    member, offer = notice.member, notice.offer
    target = registration(offer, member)
    if request.method == "POST":
        OfferNotice.objects.filter(pk=notice.pk, opened_at=None).update(opened_at=now)
        return redirect(target) if request.POST.get("do") == "register" and target else HttpResponse(status=204)
    shown = list(offer_cards.carded(Offer.objects.filter(pk=offer.pk)))
    offer_cards.draw(shown, timezone.localdate(now))
    context = {
        "offer": offer, "card": shown[0].card, "text": offer_cards.text(offer), "target": target,
        "missing": tracks.missing_before([member], offer.level)[member.pk] if offer.level else [], "unsubscribe_url": unsubscribe_address(member),
    }  # fmt: skip
    return render(request, "education/link_offer.html", context)
