"""Registering: who gets a place, who waits, who moves up. All that gives or frees a place happens under one lock per event.

A place that becomes free is offered to the next by the rules (education.registration_rules) for a time; who does not take it gives it on. Offers whose
time is over count for nothing: every step begins by settling them, and a periodic run does where nobody comes by.
"""

from contextlib import contextmanager
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from education import registration_approvals as approvals
from education import registration_mails
from education.models import Event, Registration, RegistrationAsk
from education.models.registrations import step
from education.registration_rules import HELD, Person, Room, Rules, plan, reason
from membership.models import ACTIVE, Gender

State = Registration.State
ASKED_FOR = timedelta(days=3)  # a link somebody asked for is good


class Refused(ValidationError):
    """It cannot be done; the message says why."""


@contextmanager
def locked(event_pk):
    """The Event, nobody else deciding about its places until the end of the transaction."""
    with transaction.atomic():
        yield Event.objects.select_for_update(of=("self",), no_key=True).select_related("kind", "unit__kind").get(pk=event_pk)


# --- what the rules look at --------------------------------------------------------------------------------------------


def rules_of(event, fairness=None):
    """The Rules of `event`, or those it would have with `fairness`."""
    fairness = event.fairness if fairness is None else fairness
    return Rules.of(fairness, event, [unit.pk for unit in carriers_of(event)])


def carriers_of(event):
    """The units that carry `event`, the nearest to the members first. Kept on the row."""
    if not hasattr(event, "_carriers"):
        event._carriers = sorted((row.unit for row in event.carriers.select_related("unit")), key=lambda unit: -unit.depth)
    return event._carriers


def persons(event, rows, rules):
    """[Person] for `rows` of registrations, two queries however many. Who is no member has no unit and no gender on record."""
    since = event.starts_at - relativedelta(months=rules.months)
    been = Registration.objects.filter(state=State.ATTENDED, event__kind=event.kind_id, event__starts_at__gte=since).exclude(event=event.pk)
    members = set(been.filter(member__in=[row.member_id for row in rows if row.member_id]).values_list("member", flat=True))
    mails = {row.email.lower() for row in rows if not row.member_id and row.email}
    guests = set(been.filter(member=None).annotate(mail=Lower("email")).filter(mail__in=mails).values_list("mail", flat=True)) if mails else set()
    return [_person(event, row, members, guests) for row in rows]


def _person(event, row, members, guests):
    if not row.member_id:
        return Person(first=row.email.lower() not in guests)
    home = row.member.home_unit
    carrier = next((unit.pk for unit in carriers_of(event) if home.path.startswith(unit.path)), None)
    return Person(first=row.member_id not in members, woman=row.member.gender == Gender.FEMALE, home=home.pk, carrier=carrier)


def outlook(event, rows, now):
    """[(whether they get a place, why)] if `rows` (registrations) came one after the other at `now`. Changes nothing."""
    if event.seats is None:
        return [(True, {"rule": "order"}) for _row in rows]
    rules, taking = rules_of(event), event.registrations.taking_seats(now)
    if rules.any:
        seated = list(taking.select_related("member__home_unit"))
        found = persons(event, [*seated, *rows], rules)
        taken, people = found[: len(seated)], found[len(seated) :]
    else:
        taken, people = [Person()] * taking.count(), [Person()] * len(rows)
    room, told = Room(rules, event.seats, taken, now), []
    for person in people:
        fits, why = room.judge(person, limit=now < rules.given_at)
        told.append((fits, why))
        if fits:
            room.take(person)
    return told


def judged(event, row, now):
    """(state, why) for `row`, which comes new to the places of `event`, settled before."""
    ((fits, why),) = outlook(event, [row], now)
    return (State.CONFIRMED if fits else State.WAITING), why


# --- registering -------------------------------------------------------------------------------------------------------


def refuse(event, now, member=None, runs=False):
    """Raise Refused when nobody (or this member) can register for `event` at `now`. runs: by who runs it, who may be late."""
    if event.state == Event.State.CANCELLED:
        raise Refused(_("This event is called off."))
    if event.state != Event.State.OPEN or now >= event.starts_at:
        raise Refused(_("This event takes no registrations any more."))
    if not runs and not event.takes_registrations(now):
        raise Refused(_("Registration is closed."))
    if member and (member.status not in ACTIVE or not event.unit.path.startswith(member.home_unit.root_path)):
        raise Refused(_("Only members can register here."))


def preview(event, members, now):
    """[(member, state they would come to, why in words)] for registering `members` in this order. Changes nothing.

    The state is "known" for who is registered already, "" for who cannot be.
    """
    known = set(event.registrations.filter(member__in=members).exclude(state__in=Registration.OVER).values_list("member", flat=True))
    told, fresh = [], []
    for member in members:
        try:
            refuse(event, now, member)
        except Refused as refused:
            told.append((member, "", refused.messages[0]))
        else:
            if member.pk in known:
                told.append((member, "known", _("registered already")))
            else:
                fresh.append(member)
    found = outlook(event, [Registration(event=event, member=member) for member in fresh], now)
    told += [(member, State.CONFIRMED if fits else State.WAITING, reason(why)) for member, (fits, why) in zip(fresh, found, strict=True)]
    return told


def register(event_pk, now, *, member=None, guest=None, by=None, note="", approved=False, runs=False):
    """The Registration of `member`, or of `guest` ({"name", "email", "phone", "language"}) for the event; who is registered already stays as they are.

    by: an officer who does it for them (None: by their own link); approved: their unit has said yes by that; runs: `by` runs the event.
    Raises Refused.
    """
    with locked(event_pk) as event:
        refuse(event, now, member, runs)
        if guest and not (event.guests or runs):
            raise Refused(_("Only members can register here."))
        who = {"member": member} if member else {"member": None, **guest}
        known = event.registrations.filter(Q(member=member) if member else Q(member=None, email__iexact=guest["email"]) & ~Q(email=""))
        row = known.select_related("member__home_unit").first()
        if row and row.state not in Registration.OVER:
            return row
        _settle(event, now)
        # Arrival is the order in which the lock let people in, which clocks of several servers do not know.
        last = event.registrations.aggregate(last=Max("asked_at"))["last"]
        asked_at = max(now, last + timedelta(microseconds=1)) if last else now
        row = row or Registration(event=event, **who)
        if event.asks_approval and not approved:
            state, why = State.ASKED, {}
        else:
            state, why = judged(event, row, now)
        fields = {
            "asked_at": asked_at, "note": note, "approve_until": approvals.until(event, now) if state == State.ASKED else None,
            "approved_at": now if approved else None, "approved_by": by if approved else None, "approval_told_at": None,
            "approval_reminded_at": None, "offered_until": None,
        }  # fmt: skip
        row.begin(state, now, by, why, **fields)
        if state == State.ASKED:
            approvals.tell(now, event)
        return row


@contextmanager
def _held(registration):
    """(event, the row as it is now) under the lock; whatever was given up or came free is settled before and after."""
    with locked(registration.event_id) as event:
        yield event, Registration.objects.select_related("member__home_unit").get(pk=registration.pk)


def approve(registration, now, by=None):
    """The unit says yes: they get a place or wait. False when it was decided before. by: None when no answer came in time, which counts as a yes."""
    with _held(registration) as (event, row):
        if row.state != State.ASKED or event.state != Event.State.OPEN:
            return False
        _settle(event, now)
        Registration.objects.filter(pk=row.pk).update(approved_by=by, approved_at=now)
        state, found = judged(event, row, now)
        (row.confirm if state == State.CONFIRMED else row.wait)(now, by, found if by else found | {"approved": "no_answer"})
        return True


def refuse_approval(registration, now, by):
    """The unit says no. False when it was decided before."""
    with _held(registration) as (_event, row):
        return row.state == State.ASKED and bool(row.decline(now, by, {"rule": "refused"}))


def take(registration, now, by=None):
    """They take the place that was offered. False when it is no longer theirs to take."""
    with _held(registration) as (event, row):
        _settle(event, now)
        row.refresh_from_db(fields=["state", "why", "offered_until"])
        return row.state == State.OFFERED and bool(row.confirm(now, by, row.why | {"taken": True}))


def cancel(registration, now, by=None, why=None):
    """Give up the place or the wish for one; the next moves up. False when it was over before."""
    with _held(registration) as (event, row):
        late = event.cancels_until is not None and now >= event.cancels_until and row.state == State.CONFIRMED
        done = row.cancel(now, by, why or {"rule": "hand" if by else "late" if late else "self"})
        _settle(event, now)
        return bool(done)


def decline(registration, now, by):
    """Those who run the event say no to somebody who waits or asks. False when it is too late for that."""
    with _held(registration) as (_event, row):
        return bool(row.decline(now, by, {"rule": "hand"}))


def offer(registration, now, by):
    """Offer a free seat to somebody who waits, out of turn. False when none is free or they wait no more."""
    with _held(registration) as (event, row):
        _settle(event, now)
        row.refresh_from_db(fields=["state", "why"])
        if row.state != State.WAITING or now >= event.starts_at or free_seats(event, now) <= 0:
            return False
        return bool(row.offer(offered_until(event, now), now, by, {"rule": "hand"}))


# --- moving up ---------------------------------------------------------------------------------------------------------


def offered_until(event, now):
    """Until when a place offered at `now` is held: the hours of the event, but at most half the time left before it begins."""
    return now + min(timedelta(hours=event.offer_hours), (event.starts_at - now) / 2)


def free_seats(event, now):
    """Seats nobody has and nobody is offered at `now`; infinity without a limit. Offers whose time is over hold nothing."""
    return float("inf") if event.seats is None else event.seats - event.registrations.taking_seats(now).count()


def settle(event_pk, now):
    """Give up what was not taken in time and let the next move up. Safe to run at any moment. Returns how many steps were made."""
    with locked(event_pk) as event:
        return _settle(event, now)


def _settle(event, now):
    if event.state != Event.State.OPEN:
        return 0
    steps = 0
    for row in event.registrations.filter(state=State.OFFERED, offered_until__lte=now).waiting_order():
        steps += len(row.cancel(now, None, {"rule": "not_taken"}))
    waiting = event.registrations.filter(state=State.WAITING)
    if now >= event.starts_at:
        return steps
    if free_seats(event, now) <= 0:
        waiting.exclude(why={"rule": "full"}).update(why={"rule": "full"})
        return steps
    for row, fits, why in decisions(event, list(waiting.select_related("member__home_unit").waiting_order()), now):
        if not fits:
            if row.why != why:
                Registration.objects.filter(pk=row.pk).update(why=why)
        elif row.why.get("rule") in HELD or not row.has_mail:
            # They waited for the day on which places are given, not for somebody to step back; or no letter is answered within the hours of an offer.
            steps += len(row.confirm(now, None, why))
        else:
            steps += len(row.offer(offered_until(event, now), now, None, why))
    return steps


def decisions(event, rows, now, fairness=None):
    """[(row, whether they get a seat now, why)] for `rows` that wait, by the rules of `event` or by `fairness`. Changes nothing."""
    if not rows:
        return []
    rules = rules_of(event, fairness)
    seated = list(event.registrations.taking_seats(now).select_related("member__home_unit"))
    people = persons(event, [*seated, *rows], rules) if rules.any else [Person()] * (len(seated) + len(rows))
    taken, waiting = people[: len(seated)], people[len(seated) :]
    found = {row.pk: row for row in rows}
    return [(found[pk], fits, why) for pk, fits, why in plan(rules, event.seats, taken, list(zip(found, waiting, strict=True)), now)]


def change_rules(event, fairness, now):
    """Give places by `fairness` from now on. Nobody loses a place by it; who gets one now is confirmed or offered it."""
    with locked(event.pk) as event:
        Event.objects.filter(pk=event.pk).update(fairness=fairness, version=F("version") + 1, changed_at=now)
        event.fairness = fairness
        return _settle(event, now)


def event_changed(event, was, now):
    """The event was written anew: who is registered is told of a new date or place, and places are given by what holds now."""
    if registration_mails.fingerprint(event) != registration_mails.fingerprint(was):
        event.refresh_from_db(fields=["version"])
        registration_mails.tell_moved(event, now)
    settle(event.pk, now)


def call_off(event, by, now):
    """The event is called off: everybody still registered is told by the mail of a cancelled registration."""
    with locked(event.pk) as event:
        rows = list(event.registrations.filter(state__in=Registration.OPEN))
        step(rows, State.CANCELLED, now, by, {"rule": "called_off"}, offered_until=None)


def run(now):
    """All that time brings: offers and days that are over, units that did not answer, people who left, events called off behind our back."""
    RegistrationAsk.objects.filter(at__lt=now - ASKED_FOR).delete()
    for registration in Registration.objects.filter(state=State.ASKED, approve_until__lt=timezone.localdate(now), event__state=Event.State.OPEN):
        approve(registration, now)
    approvals.tell(now)
    approvals.remind(now)
    gone = Registration.objects.filter(state__in=Registration.OPEN, event__starts_at__gt=now, member__isnull=False).exclude(member__status__in=ACTIVE)
    for registration in gone:
        cancel(registration, now, None, {"rule": "left"})
    for event in Event.objects.filter(state=Event.State.CANCELLED, registrations__state__in=Registration.OPEN).distinct():
        call_off(event, None, now)
    waits = Q(registrations__state=State.WAITING) | Q(registrations__state=State.OFFERED, registrations__offered_until__lte=now)
    for pk in Event.objects.announced().filter(waits, starts_at__gt=now).distinct().values_list("pk", flat=True):
        settle(pk, now)
