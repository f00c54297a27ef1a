"""Registrations in every state for the events to come of a demo party, and a workshop whose places are given by rules. Writes no message."""

from datetime import UTC, datetime, time, timedelta

from django.db.models import Count

from education.models import Carrier, Event, EventDate, EventKind, Registration, RegistrationChange
from membership.models import Member

TITLES = {"de": "Werkstatt: Gut moderieren", "he": "סדנה: להנחות דיון", "en": "Workshop: chairing well"}
TEXTS = {
    "de": "Ein Samstag zum Üben: Reden verteilen, Streit aushalten, zum Ende kommen.",
    "he": "שבת של תרגול: לחלק את זכות הדיבור, להכיל מחלוקת, להגיע לסיכום.",
    "en": "A Saturday to practise: sharing the floor, bearing conflict, coming to an end.",
}
GUESTS = ("Kim Unbekannt", "Robin Neugier")
SEATS = 14
FOOD = {"de": "vegetarisch", "he": "צמחוני"}
EVENTS = 6  # announced ones that get registrations


def furnish(root, rng, on):
    """Let members of `root` register for what is announced, as of the day `on`."""
    now = datetime.combine(on, time(9), UTC)
    pool = Member.objects.active().filter(party=root).select_related("home_unit").order_by("pk")
    members = rng.sample(list(pool[:600]), min(140, pool.count()))
    fair = _workshop(root, on, now)
    fill(fair, members[:28], rng, now, asks=True)
    empty = Event.objects.announced().filter(unit__path__startswith=root.path, starts_at__gt=now).exclude(kind__slug="board").annotate(n=Count("registrations")).filter(n=0)
    for number, event in enumerate(empty.order_by("starts_at")[:EVENTS]):
        fill(event, members[28 + number * 18 : 28 + (number + 1) * 18], rng, now)


def _workshop(root, on, now):
    given = on + timedelta(days=11)
    event = Event.objects.create(
        unit=root, kind=EventKind.objects.get(slug="workshop"), titles=TITLES, texts=TEXTS, state=Event.State.OPEN, published_at=now - timedelta(days=20),
        starts_at=now + timedelta(days=20), ends_at=now + timedelta(days=20, hours=6), seats=SEATS, guests=True, asks_approval=True, fee_cents=1000,
        cancels_until=now + timedelta(days=13),
        fairness=[
            {"rule": "first_time", "months": 24, "percent": 30}, {"rule": "women", "percent": 50}, {"rule": "given", "on": str(given)},
        ],
    )  # fmt: skip
    EventDate.objects.create(event=event, starts_at=event.starts_at, ends_at=event.ends_at)
    Carrier.objects.create(event=event, unit=root)
    return event


def fill(event, members, rng, now, asks=False):
    """Registrations of `members` in the order of arrival: as many as there are seats have one, the others stand in all other states."""
    seats, seated, rows = event.seats or len(members), 0, []
    for number, member in enumerate(members):
        at = now - timedelta(days=14) + timedelta(hours=9 * number, minutes=rng.randrange(50))
        if at > now:
            break
        state, why = _state(number, seats - seated, member, asks)
        seated += state in Registration.SEATED
        row = Registration(event=event, member=member, state=state, why=why, asked_at=at, note=FOOD.get(event.unit.setting("language"), "vegetarian") if number % 9 == 4 else "")
        if state == Registration.State.ASKED:
            row.approve_until = (now + timedelta(days=3 + number % 4)).date()
            row.approval_told_at = at
        if state == Registration.State.OFFERED:
            row.offered_until = now + timedelta(hours=31)
        rows.append(row)
    if event.guests:
        rows += [
            Registration(event=event, name=name, email=f"gast{n}@example.org", state="waiting", why={"rule": "full"}, asked_at=now - timedelta(hours=5 - n))
            for n, name in enumerate(GUESTS)
        ]
    Registration.objects.bulk_create(rows)
    RegistrationChange.objects.bulk_create(
        RegistrationChange(registration=row, state=row.state, at=row.asked_at, why=row.why) for row in rows
    )


def _state(number, free, member, asks):
    states = Registration.State
    if number % 11 == 7:
        return states.CANCELLED, {"rule": "self"}
    if asks and number % 10 == 6:
        return states.ASKED, {}
    if asks and number % 13 == 9:
        return states.DECLINED, {"rule": "refused"}
    if free > 1 or (free and not asks):
        return states.CONFIRMED, {"rule": "women" if asks and member.gender == "f" and number % 2 else "first_time" if asks and number % 3 == 1 else "order"}
    if free:
        return states.OFFERED, {"rule": "order"}
    return states.WAITING, {"rule": "full"}
