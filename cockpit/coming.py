"""The next announced event for new members, from the room of events (onboarding.coming)."""

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse

from education.models import Carrier, Event
from onboarding.coming import Coming


def next_events(units, now):
    """{unit pk: Coming} of the next announced event carried by each of `units` or a unit above it; one query.

    Of kinds that count as a meeting or are for learning: nobody is invited to a sitting of the board as their first date.
    """
    above = {unit.pk: unit.ancestor_paths() for unit in units}
    paths = {path for paths in above.values() for path in paths}
    rows = Carrier.objects.filter(event__state=Event.State.OPEN, event__starts_at__gt=now, unit__path__in=paths)
    rows = rows.filter(Q(event__kind__counts=True) | Q(event__kind__confirms=True))
    rows = rows.annotate(path=F("unit__path")).select_related("event__place").order_by("path", "event__starts_at", "pk").distinct("path")
    of_path = {row.path: row.event for row in rows}
    found = {}
    for pk, ups in above.items():
        events = [of_path[path] for path in ups if path in of_path]
        if events:
            found[pk] = coming(min(events, key=lambda event: (event.starts_at, event.pk)))
    return found


def coming(event):
    place = event.place
    where = place and ", ".join(filter(None, (place.name, place.street, f"{place.postcode} {place.city}".strip())))
    calendar = settings.BASE_URL + reverse("education:event_page_ics", args=[event.key])
    return Coming(event.titles, event.starts_at, where or event.place_text, event.get_public_url(), calendar)
