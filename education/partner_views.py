"""Partners for those who lead the party, and the pages of a partner's own people: their offers and who takes part in what they give."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.scope import to_change
from common.keyset import page_of
from common.toasts import say
from education import offer_cards, partnering
from education.models import Event, Offer, Partner, PartnerAccount, Registration
from education.models.parties import led_parties
from education.offer_forms import AccountForm, PartnerForm
from education.registration_rows import TONES
from outbox.tasks import wake

FORM = ["GET", "HEAD", "POST"]


def _led_partner(request, pk):
    return to_change(request.user, Partner.objects.select_related("party"), pk=pk)


@login_required
@require_safe
def partner_list(request):
    """The partners of the party, for those who lead it."""
    if not led_parties(request.user).exists():
        raise PermissionDenied
    open_offers = Count("offers", filter=Q(offers__state=Offer.State.OPEN), distinct=True)
    people = Count("accounts", filter=Q(accounts__ended_at=None), distinct=True)
    found = Partner.objects.editable_by(request.user).annotate(open_offers=open_offers, people=people)
    return render(request, "education/partner_list.html", {"page": page_of(found, ("name", "pk"), request.GET)})


@login_required
@require_http_methods(FORM)
def partner_add(request):
    party = led_parties(request.user).first()
    if party is None:
        raise PermissionDenied
    return _form(request, Partner(party=party), _("Added: %(partner)s. Invite somebody who enters the offers."))


@login_required
@require_http_methods(FORM)
def partner_edit(request, pk):
    return _form(request, _led_partner(request, pk), _("Saved: %(partner)s."))


def _form(request, partner, said):
    form = PartnerForm(request.POST if request.method == "POST" else None, instance=partner)
    if form.is_valid():
        say(request, said % {"partner": form.save()})
        return redirect("education:partner_detail", partner.pk)
    return render(request, "education/partner_form.html", {"form": form, "partner": partner}, status=422 if form.errors else 200)


@login_required
@require_http_methods(FORM)
def partner_detail(request, pk):
    """Who acts for a partner, and its latest offers. POST invites somebody, who is told by mail how to sign in."""
    partner = _led_partner(request, pk)
    form = AccountForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        account = partnering.invite(partner, by=request.user, now=timezone.now(), **form.cleaned_data)
        wake()
        say(request, _("%(person)s acts for %(partner)s now. A mail with how to sign in is on its way.") % {"person": account.user, "partner": partner})
        return redirect("education:partner_detail", pk)
    context = {
        "partner": partner, "form": form, "offers": partner.offers.order_by("-pk")[:10],
        "accounts": partner.accounts.filter(ended_at=None).select_related("user").order_by("created_at"),
    }  # fmt: skip
    return render(request, "education/partner_detail.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def partner_account_end(request, pk):
    """From the next request on this person sees nothing of the partner any more."""
    account = get_object_or_404(PartnerAccount.objects.select_related("user"), pk=pk, partner__in=Partner.objects.visible_to(request.user))
    partner = _led_partner(request, account.partner_id)
    if account.end(timezone.now()):
        say(request, _("%(person)s does not act for %(partner)s any more.") % {"person": account.user, "partner": partner})
    return redirect("education:partner_detail", partner.pk)


@login_required
@require_safe
def partner_home(request):
    """The start page of a partner's people: their offers with what comes next, and the events with their participants."""
    on = timezone.localdate()
    partners = partnering.partners_of(request.user)
    page = page_of(offer_cards.carded(Offer.objects.acted_for_by(request.user)), ("-id", "-pk"), request.GET, 20)
    offer_cards.draw(page.rows, on)
    taking = Count("registrations", filter=Q(registrations__state__in=Registration.SEATED))
    events = Event.objects.filter(partner__in=partners).exclude(state=Event.State.DRAFT).annotate(taking=taking)
    context = {
        "partners": partners, "page": page, "events": events.order_by("-starts_at")[:20],
        "adding": [partner for partner in partners if partner.is_offering(on)],
    }  # fmt: skip
    return render(request, "education/partner_home.html", context)


@login_required
@require_safe
def partner_event(request, pk):
    """Who takes part in an event of one's own: names, and of the contact only what was typed into the registration itself.

    The record of a member stays with the party: that somebody is a member is told to the partner by their name on this list alone, which
    is what it needs to welcome them; phone and mail of the record are for the party (Art. 5 (1) c, 9 (2) d GDPR).
    """
    own = Event.objects.filter(partner__in=Partner.objects.acted_for_by(request.user)).exclude(state=Event.State.DRAFT)
    event = get_object_or_404(own.select_related("kind", "partner"), pk=pk)
    found = event.registrations.filter(state__in=(*Registration.SEATED, Registration.State.WAITING)).select_related("member")
    page = page_of(found, ("asked_at", "pk"), request.GET, 200)
    for row in page.rows:
        row.tone = TONES[row.state]
    return render(request, "education/partner_event.html", {"event": event, "page": page})
