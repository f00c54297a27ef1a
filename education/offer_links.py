"""The page of an offer by signed link from a mail, and the one click that ends these mails. No account, and nothing about anybody else."""

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from education import offer_cards, tracks
from education.models import OfferNotice
from membership.models import ACTIVE
from membership.own_data import language_of

DAYS = timedelta(days=200)  # a link is good: longer than an offer runs
UNSUBSCRIBE = Signer(salt="education.link_unsubscribe", sep=".")
OFFER = Signer(salt="education.link_offer", sep=".")


def address(notice, on):
    """The full address of the page of an offer for whom `notice` is about, good until DAYS after the day `on`."""
    return settings.BASE_URL + reverse("education:link_offer", args=[OFFER.sign_object([notice.pk, (on + DAYS).toordinal()])])


def unsubscribe_address(member):
    """The full address behind "No more of these mails" for `member`. It never ends: whoever finds an old mail may still say no."""
    return settings.BASE_URL + reverse("education:link_unsubscribe", args=[UNSUBSCRIBE.sign(str(member.pk))])


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def link_offer(request, token):
    """The offer, what it asks for and where to register. Opening it changes nothing: mail scanners do.

    POST do=opened comes from the page itself once somebody looks at it and notes that; do=register does so too and goes on to the registration.
    """
    on = timezone.localdate()
    try:
        pk, until = OFFER.unsign_object(token)
    except (BadSignature, ValueError):
        raise Http404 from None
    found = OfferNotice.objects.select_related("member__home_unit", "offer__partner__party", "offer__event__kind", "offer__level__track", "tag")
    notice = get_object_or_404(found, pk=pk)
    member, offer = notice.member, notice.offer
    chosen = settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    with translation.override(request.LANGUAGE_CODE if chosen else language_of(member)):
        if on.toordinal() > until or member.status not in ACTIVE or not offer.is_open(on):
            return render(request, "education/_offer_closed.html", {"offer": offer}, status=410)
        target = offer_cards.registration(offer)
        if request.method == "POST":
            OfferNotice.objects.filter(pk=pk, opened_at=None).update(opened_at=timezone.now())
            return redirect(target) if request.POST.get("do") == "register" and target else HttpResponse(status=204)
        offer_cards.draw([offer], on)
        context = {
            "offer": offer, "card": offer.card, "text": offer_cards.text(offer), "target": target,
            "missing": tracks.missing_before(member, offer.level) if offer.level else [], "unsubscribe_url": unsubscribe_address(member),
        }  # fmt: skip
        return render(request, "education/link_offer.html", context)
