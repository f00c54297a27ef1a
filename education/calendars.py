"""Calendar files and feeds (RFC 5545, written by icalendar): of an event, of a unit, of a person.

Every date is an entry of its own in UTC, so there is no rule to repeat and no time zone to explain: all clients show it right, also where the clocks
change. Its UID stays, its SEQUENCE is the version of the event, what was called off stays with STATUS:CANCELLED. There are no names of members
in it, and the online link only for those who have a place.
"""

import hashlib
import re
from datetime import UTC, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.labels import localized
from common.links import Link
from common.values import clean_text
from education.models import Carrier, Event, Registration
from membership.models import ACTIVE, Member

BACK = timedelta(days=180)  # what lies further back is left out
MOST = 1_000  # events in one feed, the latest first
DAYS = timedelta(days=365)  # a member's link to the page of their calendar is good
FRESH = timedelta(hours=4)  # clients are asked to look again
Status = {Event.State.CANCELLED: "CANCELLED", Event.State.DRAFT: "TENTATIVE"}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # RFC 5545 3.3.11 lets none of them into a text
MOST_KEPT = 5_000  # entries in the memory of a process
_entries: dict = {}
COMES = (*Registration.OPEN, Registration.State.ATTENDED)

FEED = Link("education:link_calendar_feed", salt="education.calendar_feed")
PAGE = Link("education:link_calendar", DAYS)


# --- addresses ---------------------------------------------------------------------------------------------------------


def feed_address(feed):
    """The secret address of a feed; the number in it is signed, so that no other can be guessed."""
    return FEED.address(feed.pk)


def page_address(member, on):
    """The address of the page on which `member` gets and revokes a calendar without an account, good until DAYS after the day `on`."""
    return PAGE.address(member.pk, on=on)


def page_path(member, on):
    """The same without the host, for pages."""
    return PAGE.path(member.pk, on=on)


# --- which events ------------------------------------------------------------------------------------------------------


def member_of(feed):
    """The member a feed is about: its owner, or the record of the user who owns it; None for officers without one."""
    if feed.member_id:
        return feed.member
    return Member.objects.filter(user=feed.user).select_related("home_unit", "party").first()


def is_alive(feed):
    """Whether the feed still answers: not revoked, its owner still a member or with an account."""
    if feed.revoked_at:
        return False
    return feed.member.status in ACTIVE if feed.member_id else feed.user.is_active


def events_of(feed, now):
    """The announced events in `feed` at `now`, with what an entry shows. Rights and filter are asked anew each time."""
    events = Event.objects.told().filter(ends_at__gt=now - BACK)
    member = None if feed.unit_id else member_of(feed)
    if feed.user_id:
        seen = events.told_to(feed.user)
        events = seen if member is None else events.filter(Q(pk__in=seen.values("pk")) | Q(unit__path__startswith=member.party.path))
    else:
        events = events.filter(unit__path__startswith=member.party.path)
    if feed.unit_id:
        carried = Carrier.objects.filter(**{"unit__path__startswith" if feed.below else "unit__path": feed.unit.path})
        events = events.filter(pk__in=carried.values("event"))
    else:
        events = events.filter(own(feed.user, member))
    if kinds := list(feed.kinds.values_list("pk", flat=True)):
        events = events.filter(kind__in=kinds)
    return events.select_related("kind", "place", "unit").order_by("-starts_at", "-pk")[:MOST]


def own(user, member):
    """Q: events of the units somebody acts in or belongs to and of those above them, and those they registered for."""
    units = [appointment.unit for appointment in user.appointments_now] if user else []
    if member:
        sections = member.memberships.filter(home=False, ends_on=None).select_related("unit")
        units += [member.home_unit, *(period.unit for period in sections)]
    paths = {path for unit in units for path in unit.ancestor_paths()}
    mine = Q(pk__in=Carrier.objects.filter(unit__path__in=paths).values("event"))
    return mine | Q(pk__in=Registration.objects.filter(member=member, state__in=COMES).values("event")) if member else mine


def places_of(feed):
    """Events the owner of the feed has a place at, who is therefore told the online link."""
    member = member_of(feed)
    held = (Registration.State.CONFIRMED, Registration.State.ATTENDED)
    return set(Registration.objects.filter(member=member, state__in=held).values_list("event", flat=True)) if member else set()


def fingerprint(feed, events, told):
    """(etag, last change in seconds) of what the feed shows: two answers with the same etag are the same."""
    rows = list(events.values_list("pk", "version", "changed_at"))
    whole = repr((settings.VERSION, settings.BASE_URL, settings.PARTY_NAME, feed.pk, feed.language, str(feed), sorted(told), rows))
    last = max([feed.created_at, *(changed for _pk, _version, changed in rows)])
    return f'"{hashlib.sha256(whole.encode()).hexdigest()[:32]}"', int(last.timestamp())


# --- what stands in them -----------------------------------------------------------------------------------------------


def feed_ics(feed, events, told):
    """The feed as bytes, in its language. told: pks of events whose online link its owner may know."""
    with translation.override(feed.language):
        return write(events.prefetch_related("dates"), f"{settings.PARTY_NAME}: {feed}", told)


def event_ics(event, with_link=False):
    """All dates of `event` as a calendar file (bytes) in the active language, for mails and the page of the event.

    with_link: also the online link, for those who have a place.
    """
    return write([event], str(event), {event.pk} if with_link else ())


def write(events, name, told=()):
    """A calendar called `name` with a VEVENT for each date of `events`."""
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Ankommen//Events//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", clean_text(name))
    calendar.add("x-wr-calname", clean_text(name))
    calendar.add("x-wr-timezone", settings.TIME_ZONE)
    calendar.add("refresh-interval", FRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT4H")
    entries = []
    for event in events:
        dates = list(event.dates.all())
        entries += [_written(event, date, number if len(dates) > 1 else 0, event.pk in told) for number, date in enumerate(dates, 1)]
    head, end, _nothing = calendar.to_ical().rpartition(b"END:VCALENDAR")
    return head + b"".join(entries) + end + b"\r\n"


def _written(event, date, number, with_link):
    """The entry as bytes, kept for a while: writing one takes as long as reading fifty, and many feeds show the same ones."""
    key = (date.pk, event.pk, event.changed_at, event.version, date.starts_at, date.ends_at, date.note, number, with_link, get_language(), settings.BASE_URL)
    if key not in _entries:
        if len(_entries) >= MOST_KEPT:
            _entries.clear()
        _entries[key] = _entry(event, date, number, with_link).to_ical()
    return _entries[key]


def _entry(event, date, number, with_link):
    from icalendar import Event as Entry

    language = get_language()
    entry = Entry()
    entry.add("uid", f"{event.key}-{date.pk}@ankommen")
    entry.add("sequence", event.version - 1)
    entry.add("dtstamp", event.changed_at.astimezone(UTC))
    entry.add("last-modified", event.changed_at.astimezone(UTC))
    entry.add("dtstart", date.starts_at.astimezone(UTC))
    entry.add("dtend", date.ends_at.astimezone(UTC))
    title = clean_text(localized(event.titles, language))
    entry.add("summary", f"{title} ({number})" if number else title)
    entry.add("status", Status.get(event.state, "CONFIRMED"))
    entry.add("categories", [str(event.kind)])
    entry.add("class", "PUBLIC" if event.is_public else "PRIVATE")
    if where := where_of(event, with_link):
        entry.add("location", clean_text(where))
    entry.add("url", event.get_public_url())
    lines = [
        date.note,
        event.cancel_reason and _("Called off: %(reason)s") % {"reason": event.cancel_reason},
        localized(event.texts, language),
        with_link and event.online_url and _("Online: %(address)s") % {"address": event.online_url},
        event.get_public_url(),
    ]
    entry.add("description", CONTROL.sub("", "\n\n".join(filter(None, lines)).replace("\r\n", "\n")))
    return entry


def where_of(event, with_link=False):
    """The place of an event in one line: from the place book, in words, online."""
    book = f"{event.place.name}, {event.place.address}".strip(", ") if event.place else ""
    online = event.online_url if with_link else _("online") if event.online_url and not (event.place or event.place_text) else ""
    return ", ".join(filter(None, (book, event.place_text, online)))
