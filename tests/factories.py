"""Plain factories: a function per thing, with the few arguments a test cares about."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from django.contrib.auth.hashers import make_password

from branches.models import Appointment, Office, Unit, UnitKind, User
from education.models import Carrier, Event, EventDate, EventKind, Place
from membership.models import Member, Membership
from membership.search import keys
from onboarding.models import Standard, Step

TODAY = date(2026, 11, 22)
IN_A_MONTH = datetime(2026, 12, 22, 17, tzinfo=UTC)


def unit(name, kind="branch", parent=None, **fields):
    fields.setdefault("slug", name.lower().replace(" ", "-"))
    fields |= {"name": name, "kind": UnitKind.objects.get(slug=kind)}
    return Unit.objects.add_child(parent, fields) if parent else Unit.objects.add_root(fields)


def _named(name, language="de", **fields):
    given, _, family = name.partition(" ")
    return {
        "email": f"{name.lower().replace(' ', '.')}@example.org",
        "given_name": given,
        "family_name": family,
        "language": language,
    } | fields


def user(name, language="de", **fields):
    return User.objects.create_user(**_named(name, language, **fields))


def users(**names):
    """Several at once, each under the word for their part."""
    unusable = make_password(None)
    people = User.objects.bulk_create(User(**_named(name), password=unusable) for name in names.values())
    return SimpleNamespace(**dict(zip(names, people, strict=True)))


def appoint(person, office, unit, starts_on=date(2020, 1, 1), ends_on=None, **fields):
    row = _appointment(Office.objects.get(slug=office), person, unit, starts_on=starts_on, ends_on=ends_on, **fields)
    row.save()
    return row


def appoint_all(*appointments):
    """(person, office, unit), each since 2020 and without end."""
    offices = {office.slug: office for office in Office.objects.all()}
    Appointment.objects.bulk_create(
        _appointment(offices[office], person, unit, starts_on=date(2020, 1, 1)) for person, office, unit in appointments
    )


def _appointment(office, person, unit, **fields):
    return Appointment(user=person, office=office, unit=unit, **{"right": office.right, "below": office.below} | fields)


def member(name, home, joined_on=date(2015, 3, 1), status="full", **fields):
    """A member with an open home period; `name` is "Given Family"."""
    given, _, family = name.rpartition(" ")
    row = Member(
        party=Unit.objects.get(path=home.root_path), home_unit=home, given_name=given, family_name=family,
        joined_on=joined_on, status=status, **fields,
    )  # fmt: skip
    for field, value in keys(family, given, row.number, row.email, (row.phone, row.mobile)).items():
        setattr(row, field, value)
    row.save()
    if status in Membership.Kind.values:
        Membership.objects.create(member=row, unit=home, kind=status, starts_on=joined_on)
    return row


def step(unit, slug, due=Step.Due.DAYS, count=14, office="secretary", **fields):
    """An own step of `unit`, called like its slug."""
    standard, _created = Standard.objects.get_or_create(unit=unit)
    fields = {"labels": {"de": slug}, "office": Office.objects.get(slug=office)} | fields
    return Step.objects.create(standard=standard, slug=slug, due=due, count=count, **fields)


def event(unit, title="Studientag", starts_at=IN_A_MONTH, kind="study_day", state="open", carriers=(), hours=3, **fields):
    """An event of one date that `unit` is in charge of and carries, with `carriers` besides."""
    dates = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=hours)}
    titles = title if isinstance(title, dict) else {"de": title}
    row = Event.objects.create(unit=unit, kind=EventKind.objects.get(slug=kind), titles=titles, state=state, **dates | fields)
    EventDate.objects.create(event=row, **dates)
    Carrier.objects.bulk_create(Carrier(event=row, unit=one) for one in (unit, *carriers))
    return row


def place(unit, name="Volkshaus", **fields):
    return Place.objects.create(unit=unit, name=name, **fields)
