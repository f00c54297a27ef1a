"""Offers of partners: cards for every office, drafts for partners, and accepting, announcing and telling for those who lead the party."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from common import prepared
from common.keyset import page_of
from common.presets import as_presets, chosen, count_each
from common.toasts import say
from common.waking import soon
from education import fitting, offer_cards, partnering, tasks, telling
from education.models import Offer, Partner
from education.offer_forms import EventKindForm, OfferFilterForm, OfferForm, RemarkForm, dates_form
from membership.models import Member, Tag

FORM = ["GET", "HEAD", "POST"]
PRESETS = {
    "open": (gettext_lazy("Announced"), [Offer.State.OPEN]),
    "decide": (gettext_lazy("To decide"), [Offer.State.SUBMITTED]),
    "accepted": (gettext_lazy("Accepted"), [Offer.State.ACCEPTED]),
    "drafts": (gettext_lazy("With the partner"), list(Offer.WITH_PARTNER)),
    "over": (gettext_lazy("Over"), [Offer.State.CLOSED, Offer.State.WITHDRAWN]),
}
FOR_ALL = ("open", "accepted", "over")
MOST_COUNTED = 99
FEW = 5  # fewer people than this are not counted for those who may not see who they are


def decides(user, offer):
    return Offer.objects.decidable_by(user).filter(pk=offer.pk).exists()


@login_required
@require_safe
def offer_list(request):
    """Cards of offers by preset and filter."""
    on, user = timezone.localdate(), request.user

    def mine():
        return (Partner.objects.editable_by(user) | Partner.objects.acted_for_by(user)).select_related("party")

    partners = prepared.fetch(("partners of", user.pk, user.reach), mine, [])
    names = PRESETS if partners else FOR_ALL
    show = chosen(request, names, "open")
    form = OfferFilterForm(request.GET, user=user, partners=partners)
    form.is_valid()
    filtered = any(form.cleaned_data.values())

    def offers():
        return form.filtered(offer_cards.carded(Offer.objects.visible_to(user).filter(state__in=PRESETS[show][1])))

    page = page_of(offers, ("-id", "-pk"), request.GET, 24, key=None if filtered else ("offers", user.pk, user.reach, show))
    offer_cards.draw(page.rows, on)
    counts = count_each({"decide": Offer.objects.visible_to(user).filter(state=Offer.State.SUBMITTED)}, MOST_COUNTED) if partners else {}
    filters = "".join(f"&{name}={value}" for name, value in form.cleaned_data.items() if value)
    context = {
        "page": page, "form": form, "show": show, "adding": [partner for partner in partners if partner.is_offering(on)],
        "presets": as_presets({name: PRESETS[name][0] for name in names}, show, counts, more=filters), "drawn_from": (form.drawn_from, show, *counts.items(), *names),
        "filtered": filtered,
    }  # fmt: skip
    return render(request, "education/offer_list.html", context)


def _offer(request, pk):
    found = Offer.objects.visible_to(request.user).select_related("partner__party", "level__track", "event__kind", "unit__kind", "decided_by", "tell_by")
    return get_object_or_404(found.annotate(**offer_cards.MORE), pk=pk)


@login_required
@require_safe
def offer_detail(request, pk):
    """One offer with what may be done with it now, and whom it has reached."""
    offer, on = _offer(request, pk), timezone.localdate()
    leads = decides(request.user, offer)
    own = offer.partner in partnering.partners_of(request.user)
    offer_cards.draw([offer], on)
    context = {
        "offer": offer, "card": offer.card, "text": offer_cards.text(offer), "leads": leads, "own": own,
        "may_edit": Offer.objects.editable_by(request.user).filter(pk=pk).exists(), "remark_form": RemarkForm(), "kind_form": EventKindForm(),
        "event_url": _event_url(offer, own), "reach": reach_table(offer, request.user, leads) if offer.tell_at or offer.event_id else None,
    }  # fmt: skip
    return render(request, "education/offer_detail.html", context)


def _event_url(offer, own):
    """The page of its event: for the partner's people that of the participants."""
    if not offer.event:
        return ""
    if own:
        return "" if offer.event.state == "draft" else reverse("education:partner_event", args=[offer.event_id])
    try:
        return reverse("education:event_detail", args=[offer.event_id])
    except NoReverseMatch:
        return ""


def reach_table(offer, user, leads):
    """What _unit_table.html takes: told, opened, registered, attended for each unit; few people are not counted for those who may not see them."""
    rows = telling.reach(offer, offer.unit)
    units = {unit.path: unit for unit in Unit.objects.filter(path__in=[row["path"] for row in rows]).select_related("kind")}
    seen = set(units) if leads else set(Unit.objects.visible_to(user).filter(path__in=units).values_list("path", flat=True))
    columns = [("", ""), *((name, label) for name, label in zip(telling.REACHED, (_("told"), _("opened the page"), _("registered"), _("attended")), strict=True))]
    counts = {name: hidden({row["path"]: row[name] for row in rows}, seen) for name in telling.REACHED}
    table = [
        {"name": units[row["path"]].full_name, "url": "", "cells": [_cell(label, counts[name][row["path"]]) for name, label in columns[1:]]}
        for row in rows if row["path"] in units
    ]  # fmt: skip
    whole = {name: sum(row[name] for row in rows) for name in telling.REACHED}
    total = {name: n if leads or n == 0 or n >= FEW else None for name, n in whole.items()}
    figures = [{"label": label, "value": _few(total[name])} for name, label in columns[1:]]
    return {"rows": table, "columns": [{"label": label or _("Unit"), "kind": "number" if name else ""} for name, label in columns], "figures": figures}


def hidden(counts, seen):
    """{path: number, or None where it is hidden} of `counts`: one to four people of a unit outside `seen` are, and so that the sum does not
    tell a single one of them, the next smallest beside it."""
    few = [path for path, n in counts.items() if path not in seen and 0 < n < FEW]
    if len(few) == 1:
        others = sorted((n, path) for path, n in counts.items() if n and path not in seen and path != few[0])
        few += [path for _n, path in others[:1]]
    return {path: None if path in few else n for path, n in counts.items()}


def _few(n):
    return _("fewer than %(n)s") % {"n": FEW} if n is None else n


def _cell(label, n):
    return {"kind": "number", "label": label, "text": _few(n), "url": "", "sub": ""}


def _form_page(request, offer, adding):
    """The form of an offer with its dates, for adding and editing."""
    posted = request.POST if request.method == "POST" else None
    form = OfferForm(posted, instance=offer, partner=offer.partner)
    dates = dates_form(posted, offer)
    if posted is not None and form.is_valid() and dates.is_valid():
        with transaction.atomic():
            if offer.pk and not Offer.objects.editable_by(request.user).select_for_update(of=("self",)).filter(pk=offer.pk).first():
                raise PermissionDenied  # handed in or accepted since it was read
            saved = form.save()
            saved.set_dates(dates.spans)
        say(request, _("Saved: %(offer)s.") % {"offer": saved})
        return redirect("education:offer_detail", saved.pk)
    context = {"form": form, "dates": dates, "offer": offer, "adding": adding}
    wrong = posted is not None
    return render(request, "education/offer_form.html", context, status=422 if wrong else 200)


@login_required
@require_http_methods(FORM)
def offer_add(request, pk):
    """A new offer of the partner `pk`: entered by its people, or by those who lead the party."""
    on = timezone.localdate()
    partner = get_object_or_404(Partner.objects.visible_to(request.user).select_related("party"), pk=pk)
    mine = Partner.objects.editable_by(request.user) | Partner.objects.acted_for_by(request.user)
    if not partner.is_offering(on) or not mine.filter(pk=pk).exists():
        raise PermissionDenied
    return _form_page(request, Offer(partner=partner, by=request.user, language=partner.party.setting("language")), adding=True)


@login_required
@require_http_methods(FORM)
def offer_edit(request, pk):
    offer = _offer(request, pk)
    if not Offer.objects.editable_by(request.user).filter(pk=pk).exists():
        raise PermissionDenied
    return _form_page(request, offer, adding=False)


@login_required
@require_POST
def offer_change(request, pk):
    """POST do=submit or withdraw (whoever may edit it), accept, announce, close, return with `remark` (those who lead the party)."""
    offer, now, do = _offer(request, pk), timezone.now(), request.POST.get("do")
    leads = decides(request.user, offer)
    may_edit = Offer.objects.editable_by(request.user).filter(pk=pk).exists()
    verbs = {
        "submit": (may_edit, lambda: offer.submit(now)), "withdraw": (may_edit, offer.withdraw),
        "accept": (leads, lambda: offer.accept(request.user, now)), "announce": (leads, offer.announce), "close": (leads, offer.close),
    }  # fmt: skip
    if do == "return":
        form = RemarkForm(request.POST)
        if not leads:
            raise PermissionDenied
        done = form.is_valid() and offer.give_back(form.cleaned_data["remark"], request.user, now)
        say(request, _("Returned to the partner.") if done else _("Please say what should be changed."))
        return redirect("education:offer_detail", pk)
    allowed, verb = verbs.get(do, (leads or may_edit, None))
    if not allowed:
        raise PermissionDenied
    done = verb() if verb else False
    say(request, _("Now: %(state)s.") % {"state": offer.get_state_display()} if done else _("Nothing was changed: somebody else was faster."))
    return redirect("education:offer_detail", pk)


@login_required
@require_http_methods(FORM)
def offer_tell(request, pk):
    """Whom an announced offer would be told to, per unit and why; POST has them told by mail, and whoever fits later as well."""
    offer, now = _offer(request, pk), timezone.now()
    if not decides(request.user, offer):
        raise PermissionDenied
    if request.method == "POST":
        if offer.order_telling(request.user, now):
            soon(tasks.tell_offers)
            say(request, _("They are told: in one mail a week with all that is new for them."))
        return redirect("education:offer_detail", pk)
    found = fitting.preview(offer, offer.unit, now)
    units = {unit.path: unit for unit in Unit.objects.filter(path__in=found.units).select_related("kind")}
    tags = Tag.objects.in_bulk([tag for _why, tag, _n in found.reasons if tag])
    context = {
        "offer": offer, "total": found.total, "reasons": telling.reasons_in_words(found.reasons, tags),
        "units": sorted(((units[path], n) for path, n in found.units.items() if path in units), key=lambda row: -row[1]),
        "members": Member.objects.active().filter(home_unit__path__startswith=offer.unit.path).count(),
    }  # fmt: skip
    return render(request, "education/offer_tell.html", context)


@login_required
@require_POST
def offer_event(request, pk):
    """Make an event of an accepted offer, so that registration, waiting list and confirmations run there."""
    offer = _offer(request, pk)
    if not decides(request.user, offer):
        raise PermissionDenied
    form = EventKindForm(request.POST)
    event = offer_cards.make_event(offer, form.cleaned_data["kind"], request.user, timezone.now()) if form.is_valid() else None
    if event is None:
        say(request, _("An event needs an accepted offer with at least one date."))
        return redirect("education:offer_detail", pk)
    say(request, _("The event is a draft now: look at it and announce it."))
    offer.event = event
    return redirect(_event_url(offer, own=False) or reverse("education:offer_detail", args=[pk]))
