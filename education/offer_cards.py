"""What a card of an offer shows, the same on every page; and turning an offer into an event."""

from datetime import datetime, time

from django.conf import settings
from django.db import transaction
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branches.models import settings_at
from common.labels import localized
from common.money import money
from education import announcing
from education.models import Offer

CARD = ("partner__party", "level__track", "event")
WITH = ("dates", "tags", "offices")


def text(offer):
    return localized(offer.texts)


def draw(offers, on):
    """Give each of `offers` (read with CARD and WITH) its `card` as of the day `on`. One query for the currencies of all."""
    currencies = settings_at([offer.partner.party.path for offer in offers], "currency")
    for offer in offers:
        offer.card = _card(offer, on, currencies[offer.partner.party.path] or "EUR")


def _card(offer, on, currency):
    """Lines of a card: [(icon, words)] of when, where, cost, seats, deadline, language and access, as far as they are known."""
    dates = list(offer.dates.all())
    lines = []
    if dates:
        more = ngettext("%(n)s date", "%(n)s dates", len(dates)) % {"n": len(dates)} if len(dates) > 1 else ""
        lines.append(("calendar", " · ".join(filter(None, [_when(dates[0]), more]))))
    where = " · ".join(filter(None, [offer.place, _("online") if offer.online else ""]))
    if where:
        lines.append(("map-pin", where))
    cost = money(offer.cost_cents, currency) if offer.cost_cents else _("free of charge")
    lines.append(("banknotes", cost))
    if offer.seats:
        lines.append(("user-group", ngettext("%(n)s seat", "%(n)s seats", offer.seats) % {"n": offer.seats}))
    if offer.deadline:
        lines.append(("clock", _("register until %(day)s") % {"day": date_format(offer.deadline, "SHORT_DATE_FORMAT")}))
    if offer.language:
        lines.append(("language", dict(settings.LANGUAGES).get(offer.language, offer.language)))
    if offer.access_note:
        lines.append(("information-circle", offer.access_note))
    return {
        "title": str(offer), "partner": offer.partner.name, "depth": offer.get_depth_display(), "lines": lines, "over": not offer.is_open(on),
        "words": [str(tag) for tag in offer.tags.all()] + [str(office) for office in offer.offices.all()],
        "level": _("%(track)s, level %(n)s: %(level)s") % {"track": offer.level.track, "n": offer.level.position, "level": offer.level} if offer.level else "",
    }  # fmt: skip


def _when(date):
    start, end = timezone.localtime(date.starts_at), timezone.localtime(date.ends_at)
    if start.date() == end.date():
        return f"{date_format(start, 'SHORT_DATE_FORMAT')}, {date_format(start, 'H:i')}–{date_format(end, 'H:i')}"
    return f"{date_format(start, 'SHORT_DATE_FORMAT')} – {date_format(end, 'SHORT_DATE_FORMAT')}"


def registration(offer):
    """Where one registers: the page of its event, else that of the partner; "" for neither."""
    if offer.event and offer.event.state == offer.event.State.OPEN:
        try:
            return reverse("education:event_page", args=[offer.event.key])
        except NoReverseMatch:
            pass
    return offer.url


@transaction.atomic
def make_event(offer, kind, by, now):
    """The Event in which registration for an accepted `offer` runs, as a draft in the hands of the party. Where there is one, that.

    Returns None while the offer has no dates, or is not accepted.
    """
    locked = Offer.objects.select_for_update().get(pk=offer.pk)
    if locked.event_id:
        return locked.event
    dates = [{"starts_at": one.starts_at, "ends_at": one.ends_at, "note": ""} for one in locked.dates.all()]
    if not dates or locked.state not in (Offer.State.ACCEPTED, Offer.State.OPEN):
        return None
    fields = {
        "kind": kind, "unit": locked.partner.party, "partner": locked.partner, "titles": locked.titles, "texts": locked.texts,
        "language": locked.language, "place_text": locked.place, "seats": locked.seats, "fee_cents": locked.cost_cents,
        "registers_until": locked.deadline and _end_of(locked.deadline),
    }  # fmt: skip
    locked.event = announcing.add(fields, dates, [], by, now)
    locked.save(update_fields=["event"])
    return locked.event


def _end_of(day):
    return timezone.make_aware(datetime.combine(day, time(23, 59)))
