"""How events look in a list: finished rows in the reader's language, drawn from values, as membership.rows does."""

from functools import lru_cache
from html import escape

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from branches.models import full_name
from common.labels import localized
from common.templatetags.ui import pill
from education.models import Carrier, Event

State = Event.State
COLUMNS = ["pk", "state", "audience", "titles", "starts_at", "kind_id", "place__name", "place_text", "online_url"]
CARRIED = ArraySubquery(
    Carrier.objects.filter(event=OuterRef("pk")).order_by("pk").values_list(JSONObject(name=F("unit__name"), kind=F("unit__kind__labels")))
)


def values_of(events):
    """The queryset `events` as event_rows takes it."""
    return events.values_list(*COLUMNS, CARRIED, named=True)


def event_rows(events, kinds):
    """An <li> for each of `events` (values_of); kinds: all EventKind there are."""
    base, counts = reverse("education:event_list"), f' <span title="{escape(_("counts as a meeting of the unit"))}">✓</span>'
    kinds, language = {kind.pk: escape(str(kind)) + (counts if kind.counts else "") for kind in kinds}, get_language()
    return mark_safe("".join(_row(event, base, kinds, language) for event in events))  # every value is escaped


def _row(event, base, kinds, language):
    tile, when = _when(event.starts_at, language)
    *_columns, carried = event
    units = ", ".join(f"<bdi>{escape(full_name(unit['name'], localized(unit['kind'], language)))}</bdi>" for unit in carried)
    place = event.place__name or event.place_text
    where = f" · <bdi>{escape(place)}</bdi>" if place else " · " + escape(_("online")) if event.online_url else ""
    return (
        f'<li><div class="row-line">{tile}<div class="who"><a class="name" href="{base}{event.pk}/"><bdi>{escape(localized(event.titles, language))}</bdi></a>'
        f'<p class="what">{when} · {kinds[event.kind_id]}<br>{units}{where}</p></div>{_mark(event)}</div></li>'
    )


def _mark(event):
    if event.state in (State.CANCELLED, State.DRAFT):
        return pill(State(event.state).label, Event.TONES[event.state])
    return pill(_("public"), "calm") if event.audience == Event.Audience.PUBLIC else ""


@lru_cache(maxsize=10_000)
def _when(starts_at, language):
    """(tile of a calendar, "Mon, 3.8.2026, 19:00") in the active language, which is `language`."""
    start = timezone.localtime(starts_at)
    tile = f'<span class="date-tile" aria-hidden="true"><b>{date_format(start, "j")}</b>{date_format(start, "N")}</span>'
    return tile, ", ".join(date_format(start, style) for style in ("D", "SHORT_DATE_FORMAT", "TIME_FORMAT"))
