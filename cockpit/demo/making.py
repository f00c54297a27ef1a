"""The whole job: units and offices, then members and how they arrived, in one transaction."""

from collections import Counter
from contextlib import nullcontext
from datetime import UTC, datetime, time
from itertools import islice
from random import Random
from uuid import UUID

from django.db import connection, transaction

from branches.models import Appointment, Unit, User
from cockpit import figures
from cockpit.demo import (
    answering,
    applying,
    asking,
    attending,
    doubling,
    elections,
    events,
    leaving,
    loading,
    meetings,
    mentoring,
    noticing,
    offering,
    organisations,
    partnering,
    plans,
    practising,
    registrations,
    ruling,
    sharing,
    succeeding,
    welcoming,
)
from cockpit.demo.arrivals import Chronicler
from cockpit.demo.people import Inventor
from cockpit.models import StaleUnit
from membership import movements
from membership.models import Change, Member, Membership
from membership.search import keys
from onboarding import duties, standards
from onboarding.models import Contact, Journey, JourneyStep

CHUNK = 20_000  # members held in memory at once

COLUMNS = {
    Member: (
        *("id", "party", "number", "given_name", "family_name", "title", "gender", "birth_date", "joined_on"),
        *("left_on", "status", "home_unit", "email", "phone", "mobile", "street", "postcode", "city", "language"),
        "created_at",
        *("sort_key", "given_key", "search_name", "search_contact"),
    ),
    Membership: ("member", "unit", "kind", "home", "starts_on", "ends_on", "end_reason"),
    Change: ("member", "kind", "at", "before", "after"),
    Journey: ("id", "member", "unit", "reason", "state", "started_on", "ended_on", "created_at"),
    Contact: ("id", "member", "by", "on", "kind", "result", "next_on", "note", "key", "created_at"),
    JourneyStep: (
        *("journey", "step", "version", "unit", "office", "due_on", "state"),
        *("done_on", "closed_at", "closed_by", "reason", "waiting_for", "contact"),
    ),
}


class HasMembers(Exception):
    """The party is there already, with members."""


@transaction.atomic
def make(party, members, seed, on):
    """Make `party` (organisations.Party) with so many `members` as of the day `on`; returns a Counter of rows.

    The same seed and day give the same people. Raises HasMembers where the party has members. Writes no message.
    """
    root = Unit.objects.filter(slug=party.slug).first()
    if root and Member.objects.filter(party=root).exists():
        raise HasMembers(party.slug)
    root = organisations.found(party, on)
    organisations.grow(party, root, members, Random(f"{party.slug} {seed} units"), on)
    made: Counter = Counter()
    if members:
        huge = members >= organisations.GROWS_FROM
        with loading.indexes_aside(COLUMNS) if huge else nullcontext():
            invent(party, root, members, seed, on, made)
        if huge:  # the triggers that write the book stood aside too
            movements.open_book(root)
    if members:
        made["Event"] = events.furnish(root, party.language, Random(f"{party.slug} {seed} events"), on)
        attending.furnish(root, on)
    if 0 < members < organisations.GROWS_FROM:
        mentoring.furnish(root, party.language, Random(f"{party.slug} {seed} mentoring"), on)
        offering.furnish(root, party.language, Random(f"{party.slug} {seed} offering"), on)
        partnering.furnish(root, party.language, Random(f"{party.slug} {seed} partnering"), on)
        registrations.furnish(root, Random(f"{party.slug} {seed} registrations"), on)
        attending.furnish_by_hand(root, party.language, Random(f"{party.slug} {seed} attending"), on)
        welcoming.furnish(root, Random(f"{party.slug} {seed} welcoming"), on)
        applying.furnish(root, party, Random(f"{party.slug} {seed} applying"), on)
        leaving.furnish(root, party.language, Random(f"{party.slug} {seed} leaving"), on)
        doubling.furnish(root, on, at(on, 1))
        ruling.furnish(root, organisations.belonging(party), on, at(on, 1))
        plans.furnish(root, party, Random(f"{party.slug} {seed} plans"), on, at(on, 1))
        meetings.furnish(root, party.language, Random(f"{party.slug} {seed} meetings"), on)
        sharing.furnish(root, party.language, on, at(on, 1))
        succeeding.furnish(root, party.language, on, at(on, 1))
        answering.furnish(root, Random(f"{party.slug} {seed} answering"), on)
        practising.furnish(root, party.language, on, at(on, 1))
        asking.furnish(root, party.language, Random(f"{party.slug} {seed} asking"), on, at(on, 1))
        elections.furnish(root, party.language, Random(f"{party.slug} {seed} elections"), on, at(on, 1))
        noticing.furnish(root, party, on)
    with connection.cursor() as cursor:
        for model in [*COLUMNS, *events.MODELS, Unit, User, Appointment]:
            cursor.execute(f'ANALYZE "{model._meta.db_table}"')
    Journey.objects.filter(unit__path__startswith=root.path).recount(on)
    duties.settle(on, root)
    StaleUnit.objects.bulk_create(StaleUnit(unit=unit) for unit in Unit.objects.below(root))
    figures.refresh(root, on)
    return made


def invent(party, root, members, seed, on, made):
    homes = organisations.homes(party, root, Random(f"{party.slug} {seed} homes"), on)
    units = Unit.objects.below(root)
    steps_of = {reason: standards.steps_by_unit(units, reason) for reason in Journey.Reason.values}
    # A city party may grow by a seventh a year (80 to 190 joiners among 1,000), a whole party by three in a hundred.
    recent = 0.15 if members < organisations.GROWS_FROM else 0.03
    inventor = Inventor(party, homes, recent, Random(f"{party.slug} {seed} people"), on)
    chronicler = Chronicler(party.words, steps_of, Random(f"{party.slug} {seed} arrivals"), on)
    numbered = enumerate(inventor.people(members), loading.reserve(Member, members))
    while chunk := list(islice(numbered, CHUNK)):
        for model, rows in rows_of(chunk, root, chronicler).items():
            loading.copy(model, COLUMNS[model], rows)
            made[model.__name__] += len(rows)


def rows_of(chunk, root, chronicler):
    """{model: [row, ..]} of the people in `chunk`, [(pk, Person)], and of how they arrived."""
    arrived = [(pk, person, chronicler.arrival(person)) for pk, person in chunk if person.arrived]
    arrived = [(pk, person, arrival) for pk, person, arrival in arrived if arrival]
    journey_id = loading.reserve(Journey, len(arrived))
    contact_id = loading.reserve(Contact, sum(len(arrival.contacts) for *_, arrival in arrived))
    rows: dict = {model: [] for model in COLUMNS}
    for pk, person in chunk:
        rows[Member].append(member_row(root, pk, person, chronicler.live_since))
        rows[Membership] += [(pk, *period) for period in person.periods]
        rows[Change] += change_rows(pk, person, chronicler.live_since)
    for n, (pk, person, arrival) in enumerate(arrived, journey_id):
        unit, by, start = person.home.unit_id, person.home.holder, arrival.started_on
        rows[Journey].append((n, pk, unit, arrival.reason, arrival.state, start, arrival.ended_on, at(start, 9)))
        rows[JourneyStep] += [
            (
                *(n, taken.step.pk, taken.step.standard.version_id, unit, taken.step.office_id, taken.due_on, taken.state, taken.done_on),
                *(taken.closed_on and at(taken.closed_on), taken.closed_on and by, taken.reason, taken.waiting_for),
                None if taken.contact is None else contact_id + taken.contact,
            )
            for taken in arrival.steps
        ]
        for position, contact in enumerate(arrival.contacts):
            key = UUID(int=chronicler.rng.getrandbits(128), version=4)
            rows[Contact].append((contact_id + position, pk, by, *contact, key, at(contact[0])))
        contact_id += len(arrival.contacts)
    return rows


def member_row(root, pk, person, live_since):
    family, given, number, phones = person.family_name, person.given_name, person.number, (person.phone, person.mobile)
    computed = keys(family, given, number, person.email, phones)
    return (
        *(pk, root.pk, number, given, family, person.title, person.gender, person.birth_date),
        *(person.joined_on, person.left_on, person.status, person.home.unit_id, person.email, *phones),
        *(person.street, person.postcode, person.city, person.language, at(max(person.joined_on, live_since), 8)),
        *(computed[field] for field in COLUMNS[Member][-4:]),
    )


def change_rows(pk, person, live_since):
    """What the lists told since the party works with Ankommen."""
    for kind, day in filter(None, (person.arrived, person.left_on and (Change.Kind.GONE, person.left_on))):
        if day >= live_since:
            yield pk, Change.Kind.MOVED if kind == Journey.Reason.MOVED_IN else kind, at(day, 10), "{}", "{}"


def at(day, hour=18):
    return datetime.combine(day, time(hour), UTC)
