"""The page of an event for everybody who has its address, in three languages; its file for calendars, its documents, its poster.

The address holds a key that cannot be guessed. Events for members open by it too, for most members have no account here: whoever was sent the
link or scans the poster reads it; search engines are told to stay away, and files for members stay with members.
"""

from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from common import pdf, prepared, qr
from common.files import download
from common.labels import localized
from common.languages import spoken
from common.money import money
from education import calendars
from education.models import Carrier, Document, Event, EventDate, Registration

SEEN = ("kind", "unit__kind", "place", "partner")


def parts_of(event):
    """{"carriers", "dates", "documents"} of an event as lists; of the documents not what is in them."""
    return {
        "carriers": prepared.fetch("carriers", lambda pk: Carrier.objects.filter(event=pk).select_related("unit__kind").order_by("unit__path"), [event.pk]),
        "dates": prepared.fetch("dates", lambda pk: EventDate.objects.filter(event=pk), [event.pk]),
        "documents": prepared.fetch("documents", lambda pk: Document.objects.filter(event=pk).defer("content"), [event.pk]),
    }


def looks_of(event, parts=None):
    """All that an event (with these parts) looks like on its pages, for templates to keep them by."""
    parts = parts or {"carriers": (), "dates": (), "documents": ()}
    place = event.place and (event.place.pk, event.place.name, event.place.address, event.place.access, event.place.transport)
    return (
        *(event.pk, event.version, event.changed_at, event.state, str(event.kind), event.kind.counts, event.unit.slug, str(event.partner), place),
        tuple(carrier.unit.full_name for carrier in parts["carriers"]),
        tuple((one.starts_at, one.ends_at, one.note) for one in parts["dates"]),
        tuple((one.pk, one.name, one.size, one.is_public) for one in parts["documents"]),
    )


def _event(request, key):
    """The event of this address; a draft only for those with an office who see it."""
    event = next(iter(prepared.fetch("event by key", lambda key: Event.objects.filter(key=key).select_related(*SEEN), [key])), None)
    if event is None:
        raise Http404
    if event.state == Event.State.DRAFT and not _sees(request.user, event):
        raise Http404
    return event


def _sees(user, event):
    return user.is_authenticated and Event.objects.visible_to(user).filter(pk=event.pk).exists()


def register_url(event, now):
    """The address of the page to register, "" while nobody can."""
    if not event.takes_registrations(now):
        return ""
    try:
        return reverse("education:register", args=[event.key])
    except NoReverseMatch:
        return ""


@require_safe
def event_page(request, key):
    """What, when, where, who; the button to register; the file for the calendar. With the key of a member's registration (`r`) also files for members."""
    event, now = _event(request, key), timezone.now()
    registered = request.GET.get("r", "")
    registered = registered if _is_registered(event, registered) else ""
    parts = parts_of(event)
    if not all(one.is_public for one in parts["documents"]) and not registered and not _sees(request.user, event):
        parts["documents"] = [one for one in parts["documents"] if one.is_public]
    with translation.override(spoken(request.GET.get("lang"))):
        context = {
            "event": event,
            **parts,
            "registered": registered,
            "register_url": "" if registered else register_url(event, now),
            "over": event.is_over(now),
            "fee": money(event.fee_cents, event.unit.setting("currency")) if event.fee_cents else "",
            "written": [(code, name) for code, name in settings.LANGUAGES],
            "language": get_language(),
        }
        context["drawn_from"] = looks_of(event, parts), registered, context["register_url"], context["over"], context["fee"]
        response = render(request, "education/event_page.html", context)
        if not event.is_public:
            response["X-Robots-Tag"] = "noindex, nofollow"
            response["Cache-Control"] = "private, no-store"
        return response


@require_safe
def event_page_ics(request, key):
    """All dates of the event as a file that calendars take in; no names, and no online link, which only those with a place are told."""
    event = _event(request, key)
    with translation.override(spoken(request.GET.get("lang"))):
        content = calendars.event_ics(event)
    return download("event.ics", content, "text/calendar; charset=utf-8")


@require_safe
def event_document(request, key, pk):
    """A file of an event as a download. Those for members: with an office, or with the key of one's own registration (`r`)."""
    event = _event(request, key)
    document = get_object_or_404(Document.objects.filter(event=event), pk=pk)
    if not document.is_public and not _sees(request.user, event) and not _is_registered(event, request.GET.get("r", "")):
        raise Http404
    answer = download(document.name, bytes(document.content))
    answer["Cache-Control"] = "private, no-store"
    return answer


def _is_registered(event, key):
    """Whether `key` is that of a member's registration for the event that was not declined or cancelled."""
    gone = (Registration.State.DECLINED, Registration.State.CANCELLED)
    try:
        return Registration.objects.filter(event=event, key=UUID(key), member__isnull=False).exclude(state__in=gone).exists()
    except (ValueError, ValidationError):
        return False


def poster(event, language):
    """The PDF of an A4 poster in `language`, or in that of the unit when it is none of ours: what, when, where, and the code of the page."""
    language = spoken(language, event.unit.setting("language"))
    address = event.get_public_url(language)
    with translation.override(language):
        fee = money(event.fee_cents, event.unit.setting("currency")) if event.fee_cents else ""
    context = {
        "event": event,
        "title": localized(event.titles, language),
        "text": localized(event.texts, language),
        "dates": list(event.dates.all()),
        "carriers": list(event.carriers.select_related("unit__kind").order_by("unit__path")),
        "address": address,
        "shown_address": address.partition("://")[2].partition("?")[0],
        "code": qr.svg(address),
        "colour": settings.PARTY_COLOUR,
        "fee": fee,
    }
    return pdf.render("pdf/event_poster.html", context, language)
