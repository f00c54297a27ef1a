"""The list of events, the page everybody may open, and a calendar feed, beside the floor; the page of a full event: bench.registrations."""

from datetime import timedelta

from django.utils import timezone

from bench import figure
from bench.registrations import full_event
from education import calendars
from education.models import CalendarFeed, Event

LIST = "/events/"


@figure("education.events", unit="F", bar=3)
def event_list(run):
    return run.floors(LIST)


@figure("education.events_of_a_kind", unit="F", bar=3)
def event_list_of_a_kind(run):
    return run.floors(f"{LIST}?show=past&kind=study_day&unit={run.root.slug}")


@figure("education.events_queries", unit="count", bar=10)
def event_list_queries(run):
    return run.queries(LIST)


@figure("education.event_queries", unit="count", bar=12)
def event_queries(run):
    with full_event(run) as event:
        return run.queries(f"/events/{event.pk}/")


@figure("education.public_page", unit="F", bar=3)
def public_page(run):
    with full_event(run) as event:
        return run.floors(f"/e/{event.key}/")


@figure("education.places", unit="F", bar=3)
def place_list(run):
    day = timezone.localdate() + timedelta(days=3)
    return run.floors(f"/places/?day={day}")


@figure("education.offers", unit="F", bar=3)
def offer_list(run):
    return run.floors("/offers/")


@figure("education.feed_queries", unit="count", bar=10)
def feed_queries(run):
    """Statements for a feed of the whole party, with as many entries as it may hold."""
    now = timezone.now()
    feed = CalendarFeed.objects.create(user=run.officer(), unit=run.root, below=True, language="de", created_at=now)
    try:
        return run.queries(f"/link/calendar/{calendars.FEED.token(feed.pk)}/events.ics")
    finally:
        feed.delete()


@figure("education.feed_entry", unit="s")
def feed_entry(run):
    """Seconds to write one entry of a calendar, which only a reader who has not got it yet waits for."""
    events = list(Event.objects.told().select_related("kind", "place", "unit").prefetch_related("dates")[:500])
    started = timezone.now()
    calendars.write(events, "bench")
    return (timezone.now() - started).total_seconds() / max(1, len(events))
