"""Who was at the events of a demo party: numbers for past meetings, a study day with confirmations and costs, a list to keep today, qualifications."""

from datetime import datetime, time, timedelta
from uuid import UUID

from django.db import connection
from django.utils import timezone

from branches.models import Appointment, Office, Unit
from branches.scope import Right
from education import confirming, costs, qualifying
from education.models import (
    Carrier,
    Confirmation,
    ConfirmationTerms,
    CostLine,
    Event,
    EventDate,
    EventKind,
    Qualification,
    QualificationKind,
    Registration,
    RegistrationChange,
    Tick,
)
from membership.models import Member

HEADCOUNTS = """
INSERT INTO education_headcount (date_id, present, at, by_id)
SELECT date.id, 6 + date.id * 7 %% 19, date.ends_at, %s
FROM education_eventdate date JOIN education_event event ON event.id = date.event_id JOIN branches_unit unit ON unit.id = event.unit_id
WHERE unit.path LIKE %s AND date.ends_at < %s AND event.state IN ('open', 'closed')
  AND NOT EXISTS (SELECT 1 FROM education_registration registration WHERE registration.event_id = event.id)
ON CONFLICT DO NOTHING
"""
STUDY_DAY = {"de": "Studientag: Kommunaler Haushalt", "he": "יום עיון: התקציב המקומי", "en": "Study day: the local budget"}
EVENING = {"de": "Neumitgliederabend", "he": "ערב חברים חדשים", "en": "Newcomers' evening"}
KINDS = [
    (("Erste Hilfe", "עזרה ראשונה", "First aid"), 24),
    (("Jugendleitung", "הדרכת נוער", "Youth leadership"), 36),
    (("Sitzungsleitung", "ניהול ישיבות", "Chairing meetings"), None),
]
LINES = {
    "de": [("room", "Saalmiete", 18000, 18000), ("food", "Mittagessen", 26000, 27450), ("speakers", "Honorar", 30000, 30000), ("partner", "Zuschuss", -20000, -20000)],
    "he": [("room", "שכירת אולם", 90000, 90000), ("food", "ארוחת צהריים", 120000, 131050), ("speakers", "הרצאה", 150000, 150000), ("partner", "השתתפות", -90000, -90000)],
}  # fmt: skip
SETTLED = 8  # past events whose costs are settled


def furnish(root, on):
    """As of the day `on`, for the units below `root`. Writes no message."""
    by = Appointment.objects.active(on).filter(unit=root, right__gte=Right.LEAD).select_related("user").order_by("pk").first()
    if by is None:
        return
    by, now = by.user, timezone.make_aware(datetime.combine(on, time(9)))
    with connection.cursor() as cursor:
        cursor.execute(HEADCOUNTS, [by.pk, root.path + "%", now])


def furnish_by_hand(root, language, rng, on):
    """The part with names, for a party of a few thousand."""
    leaders = list(Appointment.objects.active(on).filter(unit__path__startswith=root.path, right__gte=Right.CARE).select_related("user").order_by("unit__path", "pk")[:2])
    if len(leaders) < 2:
        return
    by, other = (term.user for term in leaders)
    pool = list(Member.objects.active().filter(party=root).select_related("home_unit").order_by("pk")[:500])
    branches = list(Unit.objects.below(root).filter(kind__leads_members=True, depth__gt=root.depth).open(on).order_by("path")[:2])
    kinds = _qualifications(root, rng.sample(pool, min(60, len(pool))), by, rng, on)
    day = timezone.make_aware(datetime.combine(on - timedelta(days=12), time(10)))
    held = _event(root, branches, "study_day", STUDY_DAY, day, 6, by)
    ConfirmationTerms.objects.create(event=held, office=Office.objects.get(slug="chair")).gives.add(kinds[2])
    people = registered(held, rng.sample(pool, min(24, len(pool))), day - timedelta(days=20))
    attended(held, people[:19], by, day)
    confirmed(held, people[:15], by, now=day + timedelta(days=1))
    for row in people[19:]:
        row.miss(day + timedelta(days=1), by)
    _lines(held, language, by, day)
    today = timezone.make_aware(datetime.combine(on, time(18)))
    evening = _event(root, branches[:1], "evening", EVENING, today, 3, by)
    people = registered(evening, rng.sample(pool, min(26, len(pool))), today - timedelta(days=9))
    Registration.objects.filter(pk__in=[row.pk for row in people[-2:]]).update(state="waiting", why={"rule": "full"})
    attended(evening, people[:6], by, today)
    _ticked(evening, people[5], other, False, today + timedelta(minutes=7))
    past = Event.objects.filter(unit__path__startswith=root.path, kind__confirms=True, state__in=("open", "closed"), ends_at__lt=day).exclude(pk=held.pk)
    for event in past.order_by("-starts_at")[:SETTLED]:
        _lines(event, language, by, event.ends_at)
        costs.settle(event, by, event.ends_at + timedelta(days=5))


def _event(root, branches, kind, titles, starts_at, hours, by):
    span = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=hours)}
    event = Event.objects.create(
        unit=root, kind=EventKind.objects.get(slug=kind), titles=titles, state="open", published_at=starts_at - timedelta(days=40), seats=24, fee_cents=500,
        by=by, guests=True, **span,
    )  # fmt: skip
    EventDate.objects.create(event=event, **span)
    Carrier.objects.bulk_create(Carrier(event=event, unit=unit, share=2 if unit == root else 1) for unit in (root, *branches))
    return event


def registered(event, members, since):
    """Registrations of `members`, who all have a place."""
    rows = Registration.objects.bulk_create(
        Registration(event=event, member=member, state="confirmed", asked_at=since + timedelta(hours=n), why={"rule": "order"}) for n, member in enumerate(members)
    )
    RegistrationChange.objects.bulk_create(RegistrationChange(registration=row, state=row.state, at=row.asked_at, why=row.why) for row in rows)
    return rows


def attended(event, rows, by, at):
    """They were at the one date of `event`, ticked one after the other."""
    for n, row in enumerate(rows):
        _ticked(event, row, by, True, at + timedelta(minutes=n // 3))
        row.attend(at, by)


def _ticked(event, row, by, present, at):
    date = event.dates.get()
    Tick.objects.create(registration=row, date=date, present=present, by=by, at=at, received_at=at, key=UUID(int=(row.pk << 1) + present))


def confirmed(event, rows, by, now, minutes=360):
    """As education.confirming does, without its mails."""
    terms = confirming.terms_of(event)
    signed = {"signer": confirming.signer_of(event, terms, timezone.localdate(now)), "office": terms.office}
    Confirmation.objects.bulk_create(
        Confirmation(registration=row, name=row.who, minutes=minutes, issued_at=now, issued_by=by, **signed) for row in rows
    )
    qualifying.give(event, [row.member for row in rows], by, now)


def _qualifications(root, members, by, rng, on):
    office = Office.objects.get(slug="secretary")
    kinds = [
        QualificationKind.objects.create(party=root, labels=dict(zip(("de", "he", "en"), labels, strict=True)), months=months, office=office)
        for labels, months in KINDS
    ]
    now = timezone.make_aware(datetime.combine(on, time(9)))
    rows = []
    for n, member in enumerate(members):
        kind, got_on = kinds[n % 3], on - timedelta(days=rng.randrange(20, 900))
        until = kind.expiry(got_on)
        told_at = now if until and until < on + timedelta(days=95) else None  # a demo sends nothing
        rows.append(Qualification(kind=kind, member=member, got_on=got_on, until=until, by=by, at=now, told_at=told_at))
    Qualification.objects.bulk_create(rows)
    return kinds


def _lines(event, language, by, at):
    CostLine.objects.bulk_create(
        CostLine(event=event, stage=stage, kind=kind, text=text, cents=cents, by=by, at=at)
        for kind, text, planned, real in LINES.get(language, LINES["de"])
        for stage, cents in (("planned", planned), ("real", real))
    )
