"""The welcome of a new member: what their own page and letter say, the link that opens it without an account, and the mail that brings it.

Whether anybody is welcomed by mail is for the standard to say: the mail goes out while the journey has an open step that it goes with
(Step.goes_with). So who returned or moved in gets none, unless the step is meant for them too.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_noop

from branches.models import Appointment, Unit, settings_at
from branches.scope import Right
from common.labels import localized
from common.links import Link
from membership.models import ACTIVE
from onboarding import coming
from onboarding.models import Journey, JourneyStep, Pairing, Step, Welcome
from outbox.kinds import Skip, render
from outbox.models import Message
from outbox.relay import enqueue

KIND = "welcome"
OPEN_FOR = timedelta(days=200)  # six months and a little
LINK = Link("onboarding:link_welcome", OPEN_FOR)
FRESH = timedelta(days=31)  # a journey older than that is not welcomed any more by mail
BATCH = 500
PEOPLE = 4  # named of one unit
OVER = gettext_noop("The welcome is over: the member has left, has no mail address or was welcomed otherwise.")
SPOKEN = [code for code, _name in settings.LANGUAGES]


@dataclass(frozen=True)
class Person:
    """Somebody in office, with as much to reach them as their account gives to members."""

    name: str
    labels: dict
    phone: str
    email: str

    @property
    def office(self):
        return localized(self.labels)


@dataclass(frozen=True)
class Milestone:
    """A step of arriving in words for the member, {language: text}."""

    texts: dict
    due_on: date
    done: bool

    @property
    def text(self):
        return localized(self.texts)


@dataclass
class Sheet:
    """What one new member reads, on their page and in their letter; steps in the order they are due."""

    given_name: str
    name: str
    unit: Unit
    language: str
    contact: Person | None
    people: list
    steps: list
    mentor: str
    coming: coming.Coming | None
    url: str
    address: list  # lines of the postal address, without the name


def told(journeys, now):
    """{journey pk: Sheet} of `journeys` (rows with member__home_unit__kind), in a constant number of queries."""
    journeys = list(journeys)
    homes = {journey.member.home_unit_id: journey.member.home_unit for journey in journeys}
    languages = settings_at((unit.path for unit in homes.values()), "language")
    dates = coming.find(homes.values(), now)
    steps = defaultdict(list)
    rows = JourneyStep.objects.filter(journey__in=journeys).exclude(state__in=NOT_TOLD).select_related("step").order_by("due_on", "pk")
    for row in rows:
        steps[row.journey_id].append(row)
    charge = {journey.pk: _in_charge(steps[journey.pk]) for journey in journeys}
    held = holders({*homes} | {unit for unit, _office in charge.values() if unit}, timezone.localdate(now))
    pairs = Pairing.objects.filter(
        state__in=(Pairing.State.RUNNING, Pairing.State.PAUSED), mentee__member__in=[journey.member_id for journey in journeys]
    )
    mentors = dict(pairs.values_list("mentee__member", "mentor__member__given_name"))
    found = {}
    for journey in journeys:
        member, unit = journey.member, journey.member.home_unit
        people = [person for (place, _office), persons in held.items() if place == unit.pk for person in persons]
        found[journey.pk] = Sheet(
            member.given_name or member.family_name, member.name, unit,
            next((code for code in (member.language, languages[unit.path]) if code in SPOKEN), settings.LANGUAGE_CODE),
            next(iter(held.get(charge[journey.pk], people)), None), people[:PEOPLE],
            [Milestone(step.step.member_texts, step.due_on, step.state == JourneyStep.State.DONE) for step in steps[journey.pk] if step.step.member_texts],
            mentors.get(member.pk, ""), dates.get(unit.pk), address(journey),
            list(filter(None, (member.street, f"{member.postcode} {member.city}".strip(), member.country))),
        )  # fmt: skip
    return found


NOT_TOLD = (JourneyStep.State.DROPPED, JourneyStep.State.BEFORE, JourneyStep.State.NOT_NEEDED)


def _in_charge(steps):
    """(unit pk, office pk) of who gets in touch next: in charge of the next contact step, else of the next step at all."""
    waiting = sorted((step for step in steps if step.is_open and step.duty_unit_id), key=lambda step: step.step.done_by != Step.DoneBy.CONTACT)
    return next(((step.duty_unit_id, step.duty_office_id) for step in waiting), (None, None))


def holders(units, on):
    """{(unit pk, office pk): [Person]} of those who care for members there on the day `on`, offices in their order."""
    terms = Appointment.objects.active(on).filter(unit__in=units, right__gte=Right.CARE).select_related("user", "office")
    found = defaultdict(list)
    for term in terms.order_by("office__position", "starts_on", "pk"):
        found[term.unit_id, term.office_id].append(person(term.user, term.office.labels))
    return found


def person(user, labels):
    return Person(user.name, labels, user.phone if user.shows_phone else "", user.email if user.shows_email else "")


# --- the link --------------------------------------------------------------------------------------------------------


def address(journey):
    """The full address of the member's own page; it holds two numbers and a signature, nothing about anybody."""
    return LINK.address(journey.pk, on=journey.started_on)


def is_open(journey, on):
    """Whether the page of `journey` may be opened on the day `on`: it closes half a year after the start, and when the member leaves."""
    return on <= journey.started_on + OPEN_FOR and journey.state != Journey.State.ENDED and journey.member.status in ACTIVE


# --- the mail --------------------------------------------------------------------------------------------------------


def with_step(goes_with):
    """Exists: the journey has an open step that goes with this."""
    return Exists(JourneyStep.objects.open().filter(journey=OuterRef("pk"), step__goes_with=goes_with))


def to_mail():
    """Running journeys whose members are welcomed by mail as long as they were not."""
    found = Journey.objects.running().arriving().filter(with_step(Step.GoesWith.MAIL), welcome__message=None, member__status__in=ACTIVE)
    return found.exclude(member__email="")


@transaction.atomic
def write_mails(now):
    """Write the welcome mails that are due, each once per journey. Returns how many."""
    due = to_mail().filter(created_at__gt=now - FRESH).order_by("pk").values_list("pk", "member")[:BATCH]
    members = {f"{KIND}:{pk}": (pk, member) for pk, member in due}
    rows = [Message(kind=KIND, key=key, payload={"journey": pk, "member": member}, due_at=now) for key, (pk, member) in members.items()]
    new = enqueue(rows)
    written = [Welcome(journey_id=members[key][0], message_id=message) for key, message in new.items()]
    Welcome.objects.bulk_create(written, update_conflicts=True, unique_fields=["journey"], update_fields=["message"])
    return len(new)


def load(messages, now):
    """{journey pk: (Journey, Sheet)} of those who are still to be welcomed by mail."""
    pks = [message.payload["journey"] for message in messages]
    due = Journey.objects.running().filter(with_step(Step.GoesWith.MAIL), pk__in=pks, member__status__in=ACTIVE).exclude(member__email="")
    journeys = list(due.select_related("member__home_unit__kind"))
    sheets = told(journeys, now)
    return {journey.pk: (journey, sheets[journey.pk]) for journey in journeys}


def build(message, loaded, now):
    if message.payload["journey"] not in loaded:
        return Skip(OVER)
    journey, sheet = loaded[message.payload["journey"]]
    return render(KIND, {"recipient_name": sheet.given_name, "sheet": sheet, "unit": sheet.unit}, sheet.language, to=journey.member.email)


# --- what has gone out -------------------------------------------------------------------------------------------------


def note_sent(now):
    """Close the steps whose mail has gone out. Returns how many."""
    sent = JourneyStep.objects.open().filter(
        step__goes_with=Step.GoesWith.MAIL, journey__welcome__message__state=Message.State.SENT, journey__state=Journey.State.RUNNING
    )
    return close_sent(sent, None, timezone.localdate(now), now)


@transaction.atomic
def close_sent(steps, by, on, now):
    """Of `steps` close those that count as done when what goes with them has gone out. Returns how many."""
    chosen = list(steps.filter(step__done_by=Step.DoneBy.SENT).order_by("pk").values_list("pk", "journey")[:BATCH])
    journeys = Journey.objects.filter(pk__in={journey for _pk, journey in chosen})
    list(journeys.select_for_update().order_by("pk").values_list("pk"))
    closed = JourneyStep.objects.open().filter(pk__in=[pk for pk, _journey in chosen])
    count = closed.update(state=JourneyStep.State.DONE, done_on=on, closed_at=now, closed_by=by)
    journeys.recount(on)
    return count


def run(now):
    """All that is due at `now`."""
    write_mails(now)
    note_sent(now)
