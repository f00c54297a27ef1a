"""What the units of a demo party hold: meetings of the past 14 months and those planned, some together, in rooms of a place book."""

import json
from datetime import datetime, time, timedelta
from uuid import UUID

from django.utils import timezone

from branches.models import Unit
from cockpit.demo import loading
from education.models import Carrier, Event, EventDate, EventKind, Place

MODELS = (Event, EventDate, Carrier, Place)
BACK, AHEAD = 430, 150  # days
TITLES = {
    "meeting": [
        ("Mitgliederversammlung", "אסיפת חברים", "Members' meeting"),
        ("Mitgliederversammlung mit Berichten", "אסיפת חברים ודיווחים", "Members' meeting with reports"),
        ("Offene Versammlung im Stadtteil", "אסיפה פתוחה בשכונה", "Open meeting in the neighbourhood"),
    ],
    "evening": [
        ("Bezahlbar wohnen: was können wir tun?", "דיור בר השגה: מה אפשר לעשות?", "Affordable homes: what can we do?"),
        ("Gute Arbeit, guter Lohn", "עבודה הוגנת, שכר הוגן", "Good work, good pay"),
        ("Kita, Schule, Ganztag", "גנים, בתי ספר ויום לימודים ארוך", "Nurseries, schools, full days"),
        ("Bus und Bahn vor Ort", "תחבורה ציבורית ביישוב", "Buses and trains around here"),
        ("Europa für Anfänger*innen", "אירופה למתחילים", "Europe for beginners"),
    ],
    "social": [
        ("Sommerfest", "מסיבת קיץ", "Summer fair"),
        ("Neumitgliederabend", "ערב חברים חדשים", "Newcomers' evening"),
        ("Stammtisch", "שולחן עגול", "Regulars' table"),
    ],
    "board": [("Vorstandssitzung", "ישיבת הנהלה", "Board meeting")],
    "canvass": [("Infostand am Markt", "דוכן בשוק", "Stall at the market"), ("Haustüraktion", "מבצע מדלת לדלת", "Door to door")],
    "study_day": [
        ("Studientag Sozialstaat", "יום עיון: מדינת הרווחה", "Study day: the welfare state"),
        ("Studientag Kommunalpolitik", "יום עיון: פוליטיקה מקומית", "Study day: local politics"),
    ],
    "workshop": [("Gut moderieren", "הנחיה טובה", "Chairing well"), ("Reden vor Leuten", "דיבור מול קהל", "Speaking in public")],
    "conference": [("Bildungskonferenz", "כנס חינוך", "Conference on education")],
    "course": [("Grundlagenkurs in vier Abenden", "קורס יסוד בארבעה ערבים", "Basics in four evenings")],
}
ROOMS = {
    "de": ["Volkshaus", "Bürgertreff", "Stadtteilbüro", "Gaststätte Zur Linde", "Kulturhaus"],
    "he": ["בית העם", "מרכז קהילתי", "המועדון", "מתנ״ס", "אולם הספרייה"],
}
ACCESS = [Place.Access.FREE, Place.Access.FREE, Place.Access.HELP, Place.Access.STEPS, Place.Access.UNKNOWN]
TRAM = {"de": "Straßenbahn bis zur Haltestelle davor", "he": "תחנת אוטובוס ליד הכניסה"}
HOURS = {"meeting": (19, 2), "evening": (19, 2), "social": (18, 4), "board": (18, 2), "canvass": (10, 3), "study_day": (10, 6), "workshop": (10, 5), "conference": (9, 9), "course": (18, 2)}  # fmt: skip
EVENTS = (
    *("id", "kind", "unit", "key", "state", "audience", "titles", "language", "starts_at", "ends_at", "place", "seats", "guests"),
    *("created_at", "changed_at", "published_at", "cancelled_at", "cancel_reason", "fee_cents", "asks_approval"),
)
OFF = {"de": "Der Raum war nicht zu haben.", "he": "האולם לא היה פנוי.", "en": "The room was not to be had."}


def furnish(root, language, rng, on):
    """Give the open units below `root` events as of the day `on`; returns how many. Writes no message."""
    units = list(Unit.objects.below(root).open(on).select_related("kind"))
    rooms = _rooms(units, language, rng)
    kinds = dict(EventKind.objects.values_list("slug", "pk"))
    plans = [plan for unit in units for plan in _plans(unit, rng, on)]
    beside = {}
    for unit in units:
        beside.setdefault(unit.path[: -Unit.steplen], []).append(unit)
    event_id = loading.reserve(Event, len(plans))
    rows: dict = {Event: [], EventDate: [], Carrier: []}
    for pk, (unit, kind, day, dates) in enumerate(plans, event_id):
        hour, length = HOURS[kind]
        spans = [_span(day + timedelta(weeks=n), hour, length) for n in range(dates)]
        rows[Event].append(_event(pk, unit, kind, kinds, spans, rooms, language, rng, on))
        rows[EventDate] += [(pk, *span) for span in spans]
        rows[Carrier] += [(pk, one.pk) for one in _carriers(unit, kind, beside, rng)]
    loading.copy(Event, EVENTS, rows[Event])
    loading.copy(EventDate, ("event", "starts_at", "ends_at"), rows[EventDate])
    loading.copy(Carrier, ("event", "unit"), rows[Carrier])
    return len(plans)


def _plans(unit, rng, on):
    """(unit, kind, day, number of dates) of what a unit holds: some five meetings a year, here more and there fewer; training where it leads others."""
    days = range(-BACK, AHEAD)
    if unit.kind.leads_members or unit.kind.is_section:
        yearly = min(10, max(1, round(rng.gauss(5.5, 2))))
        for n in range(round(yearly * (BACK + AHEAD) / 365)):
            day = round(-BACK + (n + rng.random()) * 365 / yearly)
            if day in days and (day < 45 or rng.random() < 0.6):
                yield unit, rng.choices(("meeting", "evening", "social"), (5, 3, 2))[0], _evening(on, day, rng), 1
        for day in range(-BACK, 40, 61):
            if rng.random() < 0.7:
                yield unit, "board", _evening(on, day, rng), 1
        if rng.random() < 0.6:
            yield unit, "canvass", _saturday(on, rng.choice(days)), 1
    else:
        for kind, times, dates in (("study_day", 3, 1), ("workshop", 3, 1), ("conference", 1, 1), ("course", 2, 4)):
            for n in range(times):
                day = -BACK + round((n + 0.3 + 0.6 * rng.random()) * (BACK + AHEAD) / times)
                yield unit, kind, _evening(on, day, rng) if kind == "course" else _saturday(on, day), dates


def _evening(on, day, rng):
    found = on + timedelta(days=day)
    return found + timedelta(days=(rng.choice((0, 1, 2, 3)) - found.weekday()) % 7)


def _saturday(on, day):
    found = on + timedelta(days=day)
    return found + timedelta(days=(5 - found.weekday()) % 7)


def _span(day, hour, length):
    start = timezone.make_aware(datetime.combine(day, time(hour)))
    return start, start + timedelta(hours=length)


def _event(pk, unit, kind, kinds, spans, rooms, language, rng, on):
    now, start = timezone.make_aware(datetime.combine(on, time(8))), spans[0][0]
    told = min(now, start) - timedelta(days=rng.randrange(3, 25))
    days = (start - now).days
    state = Event.State.CLOSED if days < -60 else Event.State.OPEN
    if days > 60 and rng.random() < 0.3:
        state = Event.State.DRAFT
    elif rng.random() < 0.04:
        state = Event.State.CANCELLED
    off = state == Event.State.CANCELLED
    trains = kind in ("study_day", "workshop", "course", "conference")
    titles = dict(zip(("de", "he", "en"), rng.choice(TITLES[kind]), strict=True))
    public = kind in ("evening", "social", "canvass", "conference") and rng.random() < 0.7
    return (
        *(pk, kinds[kind], unit.pk, UUID(int=rng.getrandbits(128), version=4), state, Event.Audience.PUBLIC if public else Event.Audience.MEMBERS),
        *(json.dumps(titles), language, start, spans[-1][1], rooms[rng.choice((unit.path, unit.path[: -Unit.steplen]))] if unit.depth > 1 else rooms[unit.path]),
        *(rng.choice((16, 20, 30)) if trains else None, public, told, told, None if state == Event.State.DRAFT else told),
        *(told + timedelta(days=2) if off else None, OFF[language] if off else "", 500 if kind == "conference" else 0, kind == "course"),
    )


def _carriers(unit, kind, beside, rng):
    """The unit, and sometimes those beside it; a study day of a district together with some of its units."""
    others = [one for one in beside.get(unit.path if kind in ("study_day", "conference") else unit.path[: -Unit.steplen], ()) if one.pk != unit.pk]
    if others and (kind in ("study_day", "conference") or (kind in ("evening", "social") and rng.random() < 0.15)):
        return [unit, *rng.sample(others, min(len(others), rng.choice((1, 1, 2, 3))))]
    return [unit]


def _rooms(units, language, rng):
    """{path of a unit: pk of its room}; each unit keeps one."""
    first = loading.reserve(Place, len(units))
    words = ROOMS.get(language, ROOMS["de"])
    rows = [
        (
            *(pk, unit.pk, f"{rng.choice(words)} {unit.name}"[:120], unit.name[:120], rng.choice((None, 15, 25, 40, 60)) if unit.kind.leads_members else 120),
            *(rng.choice((0, 0, 2500, 6000)), rng.choice(ACCESS), TRAM.get(language, "") if rng.random() < 0.6 else ""),
        )
        for pk, unit in enumerate(units, first)
    ]
    loading.copy(Place, ("id", "unit", "name", "city", "seats", "cost_cents", "access", "transport"), rows)
    return {unit.path: pk for pk, unit in enumerate(units, first)}
