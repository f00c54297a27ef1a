"""What a card of an offer shows, the same on every page; and turning an offer into an event."""

from datetime import datetime, time
from functools import lru_cache
from html import escape

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from branches.models import settings_at
from common.labels import localized
from common.money import money
from common.templatetags.ui import icon, pill
from education import announcing
from education.models import Offer, OfferDate
from membership.models import Tag

# What a card shows beside the fields of the offer, read with it: relations of twenty offers would be a hundred objects more.
MORE = {
    "partner_name": F("partner__name"), "party_path": F("partner__party__path"), "track_labels": F("level__track__labels"),
    "level_labels": F("level__labels"), "level_position": F("level__position"),
    "spans": ArraySubquery(OfferDate.objects.filter(offer=OuterRef("pk")).values_list(JSONObject(starts_at="starts_at", ends_at="ends_at"))),
    "words": ArraySubquery(Tag.objects.filter(offers=OuterRef("pk")).values_list("labels")),
    "functions": ArraySubquery(
        Offer.offices.through.objects.filter(offer=OuterRef("pk")).order_by("office__position", "office__slug").values_list("office__labels")
    ),
}  # fmt: skip


def carded(offers):
    """The queryset `offers` with what `draw` needs."""
    return offers.defer("texts").annotate(**MORE)


def text(offer):
    return localized(offer.texts)


def draw(offers, on):
    """Give each of `offers` (read by `carded`) its `card` as of the day `on`, and `drawn`, the same as HTML. One query for the currencies of all."""
    currencies, base = settings_at([offer.party_path for offer in offers], "currency"), reverse("education:offer_list")
    for offer in offers:
        offer.card = _card(offer, on, currencies[offer.party_path] or "EUR")
        offer.drawn = _drawn(offer.card, f"{base}{offer.pk}/")


def _drawn(card, url):
    """The card as it stands in lists, leading to `url`."""
    lines = "".join(f"<li>{icon(name)}<bdi>{escape(words)}</bdi></li>" for name, words in card["lines"])
    tags = "".join(pill(word) for word in card["words"]) + (pill(card["level"], "calm") if card["level"] else "")
    return mark_safe(
        f'<h2><a href="{url}"><bdi>{escape(card["title"])}</bdi></a></h2><p class="muted"><bdi>{escape(card["partner"])}</bdi> · {escape(str(card["depth"]))}</p>'
        f'<ul class="facts-list">{lines}</ul>' + (f'<p class="tags">{tags}</p>' if tags else "")
    )  # every value is escaped


def _card(offer, on, currency):
    """Lines of a card: [(icon, words)] of when, where, cost, seats, deadline, language and access, as far as they are known."""
    lines, number = [], len(offer.spans)
    if number:
        more = ngettext("%(n)s date", "%(n)s dates", number) % {"n": number} if number > 1 else ""
        lines.append(("calendar", " · ".join(filter(None, [_when(offer.spans[0]["starts_at"], offer.spans[0]["ends_at"], get_language()), more]))))
    where = " · ".join(filter(None, [offer.place, _("online") if offer.online else ""]))
    if where:
        lines.append(("map-pin", where))
    cost = money(offer.cost_cents, currency) if offer.cost_cents else _("free of charge")
    lines.append(("banknotes", cost))
    if offer.seats:
        lines.append(("user-group", ngettext("%(n)s seat", "%(n)s seats", offer.seats) % {"n": offer.seats}))
    if offer.deadline:
        lines.append(("clock", _("register until %(day)s") % {"day": _short(offer.deadline, get_language())}))
    if offer.language:
        lines.append(("language", dict(settings.LANGUAGES).get(offer.language, offer.language)))
    if offer.access_note:
        lines.append(("information-circle", offer.access_note))
    return {
        "title": str(offer), "partner": offer.partner_name, "depth": offer.get_depth_display(), "lines": lines, "over": not offer.is_open(on),
        "words": [localized(labels) for labels in [*offer.words, *offer.functions]],
        "level": _("%(track)s, level %(n)s: %(level)s") % _level(offer) if offer.level_id else "",
    }  # fmt: skip


def _level(offer):
    return {"track": localized(offer.track_labels), "n": offer.level_position, "level": localized(offer.level_labels)}


@lru_cache(maxsize=2_000)
def _short(day, language):
    """The date in digits in the active language, which is `language`."""
    return date_format(day, "SHORT_DATE_FORMAT")


@lru_cache(maxsize=2_000)
def _when(starts_at, ends_at, language):
    """From ISO to ISO, in the active language, which is `language`."""
    start, end = (timezone.localtime(datetime.fromisoformat(moment)) for moment in (starts_at, ends_at))
    if start.date() == end.date():
        return f"{_short(start, language)}, {date_format(start, 'H:i')}–{date_format(end, 'H:i')}"
    return f"{_short(start, language)} – {_short(end, language)}"


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
        "language": locked.language, "place_text": " · ".join(filter(None, (locked.place, locked.access_note))), "seats": locked.seats, "fee_cents": locked.cost_cents,
        "registers_until": locked.deadline and _end_of(locked.deadline),
    }  # fmt: skip
    locked.event = announcing.add(fields, dates, [], by, now)
    locked.save(update_fields=["event"])
    return locked.event


def _end_of(day):
    return timezone.make_aware(datetime.combine(day, time(23, 59)))
