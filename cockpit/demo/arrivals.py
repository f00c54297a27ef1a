"""How the new members of a unit arrived: which steps were done when, by whom, and what the contacts brought."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from cockpit.demo.people import LIVE_DAYS
from onboarding.models import CONTACTS_APART, Contact, Journey, JourneyStep, Step

State = JourneyStep.State
QUIET_BELOW, QUIET_DAYS = 0.5, 75  # where least is done in time, nobody has called anybody for weeks


@dataclass(slots=True)
class Taken:
    """A step as far as it went; `contact` is the position of the contact that closed it."""

    step: Step
    due_on: date
    state: str
    done_on: date | None = None
    closed_on: date | None = None
    reason: str = ""
    waiting_for: str = ""
    contact: int | None = None


@dataclass(slots=True)
class Arrival:
    reason: str
    started_on: date
    state: str = Journey.State.RUNNING
    ended_on: date | None = None
    steps: list[Taken] = field(default_factory=list)
    contacts: list[tuple] = field(default_factory=list)  # (on, kind, result, next_on, note)
    contact_from: date | None = None  # earliest day of the next contact; None while one is still owed


class Chronicler:
    """Tells how one person after the other arrived, by `steps_of`: {Journey.Reason: {unit pk: [Step, ..]}}."""

    def __init__(self, words, steps_of, rng, on):
        self.words, self.steps_of, self.rng, self.on = words, steps_of, rng, on
        self.live_since = on - timedelta(days=LIVE_DAYS)
        self.due_days = {}

    def arrival(self, person):
        """The Arrival of `person`; None where no step applies or all were due before the party worked with Ankommen."""
        reason, start = person.arrived
        steps = [(self.due_on(step, start), step) for step in self.steps_of[reason][person.home.unit_id]]
        if not steps or max(due for due, _step in steps) < self.live_since:
            return None
        arrival = Arrival(reason, start, contact_from=start)
        last = min(self.on, person.left_on or self.on)
        for due, step in sorted(steps, key=lambda pair: pair[0]):
            if due < self.live_since:
                arrival.steps.append(Taken(step, due, State.BEFORE))
            elif step.done_by == Step.DoneBy.CONTACT:
                self.contact(arrival, step, due, last, person.home.diligence)
            else:
                self.tick(arrival, step, due, last, person.home.diligence)
        still = [taken for taken in arrival.steps if taken.state in JourneyStep.OPEN]
        if not still:
            arrival.state = Journey.State.DONE
            arrival.ended_on = max(taken.closed_on for taken in arrival.steps if taken.closed_on)
        elif person.left_on:
            arrival.state, arrival.ended_on = Journey.State.ENDED, person.left_on
            for taken in still:
                taken.state, taken.closed_on = State.DROPPED, person.left_on
        return arrival

    def due_on(self, step, start):
        key = step.pk, start
        if key not in self.due_days:
            self.due_days[key] = step.due_on(start)
        return self.due_days[key]

    def day(self, begins, due, diligence, early):
        """When it is done: a share of `diligence` in time, soon after `begins` (`early`) or towards `due`; or late."""
        rng, window = self.rng, (due - begins).days
        if window > 0 and rng.random() < diligence:
            return begins + timedelta(days=1 + int(window * rng.random() ** (1.7 if early else 0.6)))
        return max(due, begins) + timedelta(days=1 + min(32, int(rng.expovariate(1 / (8 + 60 * (1 - diligence))))))

    def tick(self, arrival, step, due, last, diligence):
        rng, begins = self.rng, arrival.started_on
        done = self.day(begins, due, diligence, early=False)
        if rng.random() < 0.05 and done <= last:
            reason = rng.choice(self.words.not_needed)
            arrival.steps.append(Taken(step, due, State.NOT_NEEDED, closed_on=done, reason=reason))
        elif done <= last:
            arrival.steps.append(Taken(step, due, State.DONE, done, done))
        elif begins + timedelta(days=20) < last and rng.random() < 0.35:
            arrival.steps.append(Taken(step, due, State.WAITING, waiting_for=rng.choice(self.words.waiting_for)))
        else:
            arrival.steps.append(Taken(step, due, State.OPEN))

    def contact(self, arrival, step, due, last, diligence):
        """A step that a contact closes, and the contacts before it that reached nobody."""
        rng, begins = self.rng, arrival.contact_from
        if begins is None:
            arrival.steps.append(Taken(step, due, State.OPEN))
            return
        first = begins == arrival.started_on
        if not first:
            begins = max(begins, due - timedelta(days=70))
        if not first and rng.random() < 0.04 and due <= last:
            reason = rng.choice(self.words.not_needed)
            arrival.steps.append(Taken(step, due, State.NOT_NEEDED, closed_on=due, reason=reason))
            return
        done = self.day(begins, due, diligence, early=first)
        if diligence < QUIET_BELOW and done > self.on - timedelta(days=QUIET_DAYS):
            done = self.on + timedelta(days=1)
        self.tries(arrival, begins if done <= last else max(begins, last - timedelta(days=12)), min(done, last))
        if done > last:
            arrival.contact_from = None
            arrival.steps.append(Taken(step, due, State.OPEN))
            return
        kind = rng.choice((Contact.Kind.CALL, Contact.Kind.CALL, Contact.Kind.MEETING, Contact.Kind.VISIT))
        note = rng.choice(self.words.reached) if rng.random() < 0.7 else ""
        arrival.steps.append(Taken(step, due, State.DONE, done, done, contact=len(arrival.contacts)))
        arrival.contacts.append((done, kind, Contact.Result.REACHED, None, note))
        arrival.contact_from = done + CONTACTS_APART

    def tries(self, arrival, begins, until):
        """Perhaps a contact before the day `until` that reached nobody; its next date may lie ahead."""
        rng, result = self.rng, Contact.Result
        days = (until - begins).days - 1
        if days < 3 or rng.random() > 0.3:
            return
        day = begins + timedelta(days=1 + int(rng.random() * days))
        outcome = rng.choices((result.NOT_REACHED, result.LATER, result.WRONG), (6, 3, 1))[0]
        next_on = None if outcome == result.WRONG else day + timedelta(days=3 + int(rng.random() * 11))
        kind = rng.choice((Contact.Kind.CALL, Contact.Kind.MAIL))
        arrival.contacts.append((day, kind, outcome, next_on, rng.choice(self.words.not_reached)))
