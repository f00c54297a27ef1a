"""`python -m tests.outbox.all_kinds N`: a party in which N messages of every kind of the lower rooms are due, each to somebody else.

Every message stands for something real that still is so when it is sent: that is what the kinds check again.
"""

import os
import sys
from datetime import date, timedelta

import django

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

from django.utils import timezone

from branches import setup
from branches.models import Unit
from membership import purposes
from membership.models import Application, Ask, Export, ExportPurpose, GuestTerm, Membership, SectionRule
from onboarding import duties, journeys, mentoring, reminders, standards, takeovers
from onboarding.models import CheckIn, Complaint, Conduct, Escalation, Journey, JourneyStep, Mentee, Mentor, Pairing, Standard, Step
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue
from tests import factories as make

ROOMS = ("branches", "membership", "onboarding")  # whose kinds are sent here; rooms above have tests of their own


def covered():
    """Names of all kinds the lower rooms register."""
    return {name for name, kind in kinds.KINDS.items() if kind.build.__module__.split(".")[0] in ROOMS}


def found_party():
    setup.install()
    root = make.unit("Unterbezirk Musterstadt", "district", slug="musterstadt")
    standards.install(root)
    purposes.install(root)
    standard = Standard.objects.get(unit=root)
    secretary = standard.steps.first().office
    standard.steps.create(slug="welcome", labels={"de": "Begrüßt"}, due="days", count=3, office=secretary, done_by=Step.DoneBy.SENT, goes_with="mail")
    pool = mentoring.begin(root, timezone.now())
    Conduct.objects.create(pool=pool, version=1, texts={"de": "Auf Augenhöhe."}, at=timezone.now())
    return root, pool


def fill(number):
    """Write the messages. Returns {kind: [key, ..]}."""
    now = timezone.now()
    on = timezone.localdate(now)
    root, pool = found_party()
    youth = make.unit("Jusos", "section", root)
    youth.rule = SectionRule.objects.create(unit=youth, age_from=14, age_to=35, since=date(2020, 1, 1))
    messages = []
    for n in range(number):
        messages += _branch(root, youth, pool, n, on, now)
    duties.settle(on)
    Message.objects.all().delete()  # what the jobs above wrote by themselves
    enqueue(messages)
    _link_escalations(now)
    for row in Message.objects.filter(kind="decision"):
        Application.objects.filter(pk=row.payload["application"]).update(decision_mail=row)
    return {message.kind: message.key for message in messages}


def _person(unit, name, n, joined_on, **fields):
    return make.member(f"{name} Probe", unit, joined_on=joined_on, email=f"{name.lower()}{n}@example.org", **fields)


def _branch(root, youth, pool, n, on, now):
    """A branch with people for whom one message of each kind is due."""
    branch = make.unit(f"Ort {n}", "branch", root, slug=f"ort-{n}")
    month = reminders.day(now)

    def officer(name, office="secretary", unit=branch, **fields):
        person = make.user(name, email=f"{name.lower()}.{n}@example.org")
        make.appoint(person, office, unit, **fields)
        return person

    def message(kind, to=None, **payload):
        return Message(kind=kind, key=f"{kind}:{n}", recipient=to, payload=payload, due_at=now)

    new = _person(branch, "Neu", n, on - timedelta(days=20), birth_date=date(on.year - 20, 1, 1))
    journeys.start_due(on)
    journey = new.journeys.get()
    late = journey.steps.exclude(step__slug="welcome").first()
    JourneyStep.objects.filter(pk=late.pk).update(due_on=on - timedelta(days=8))
    secretary = officer("Schrift")
    found = [message("digest", secretary, week=reminders.week(month)), message("welcome", journey=journey.pk, member=new.pk)]
    found.append(Message(kind="escalation", key=f"escalation:step:{late.pk}", recipient=officer("Zweite"), due_at=now))
    Membership.objects.create(member=new, unit=youth, home=False, starts_on=month - timedelta(days=month.weekday() + 3), rule=youth.rule)
    found.append(message("sections", officer("Leitung", "section_lead", youth), week=reminders.week(month)))
    application = Application.objects.create(
        unit=branch, kind="full", source="form", given_name="An", family_name="Trag", email=f"antrag{n}@example.org", received_on=on, state="open",
        decide_until=on + timedelta(days=5),
    )  # fmt: skip
    found.append(message("applications", officer("Dritte"), applications=[application.pk]))
    waiting = Application.objects.create(
        unit=branch, kind="full", source="form", given_name="Be", family_name="Werbung", email=f"bewerbung{n}@example.org", received_on=on, state="unconfirmed"
    )
    found.append(message("join_confirm", application=waiting.pk))
    told = Application.objects.create(
        unit=branch, kind="full", source="form", given_name="Ab", family_name="Sage", email=f"absage{n}@example.org", received_on=on, state="refused",
        decided_on=on,
    )  # fmt: skip
    found.append(message("decision", application=told.pk))
    half = _person(branch, "Halbjahr", n, on - timedelta(days=190))
    asked = Journey.objects.create(member=half, unit=branch, started_on=on - timedelta(days=185), state="done", ended_on=on)
    found.append(message("feedback", journey=asked.pk))
    ask = Ask.objects.create(member=_person(branch, "Daten", n, date(2010, 1, 1)), by=secretary, at=now, until=on + timedelta(days=30))
    found.append(message("own_data", ask=ask.pk))
    following = (on.replace(day=1) + timedelta(days=32)).replace(day=1)
    _person(branch, "Jubel", n, following.replace(year=following.year - 10))
    found.append(message("jubilees", officer("Vierte"), month=following.isoformat()))
    guest = _person(branch, "Gast", n, on - timedelta(days=340), status="guest")
    term = GuestTerm.objects.create(member=guest, starts_on=guest.joined_on, ends_on=on + timedelta(days=20))
    found.append(message("guest_invitation", term=term.pk))
    export = Export.objects.create(
        by=officer("Liste"), unit=branch, purpose=ExportPurpose.objects.first(), words="Fest", language="de", created_at=now, expires_on=on, state="ready"
    )
    found.append(message("export", export.by, export=export.pk))
    fresh = officer("Frisch", "chair", starts_on=on)
    former = officer("Ehemals", "chair", starts_on=on - timedelta(days=700), ends_on=on)
    begun = fresh.appointments.get()
    found.append(message("invitation", fresh, appointment=begun.pk))
    takeover = takeovers.begin(begun, on, now)
    found.append(message("office_handover", former, takeover=takeover.pk))
    return found + _mentoring(branch, pool, n, on, now, officer, message)


def _mentoring(branch, pool, n, on, now, officer, message):
    facts = {"near": "unit", "topics": [], "times": [], "taken": 0}

    def pair(name, **fields):
        guide = Mentor.objects.create(member=_person(branch, f"{name}m", n, date(2010, 1, 1)), pool=pool, at=now, state="confirmed")
        one = Mentee.objects.create(member=_person(branch, f"{name}n", n, on - timedelta(days=40)), pool=pool, at=now, since=on, state="waiting")
        dates = {"asked_on": on, "answer_until": on + timedelta(days=7)}
        return Pairing.objects.create(pool=pool, mentor=guide, mentee=one, facts=facts, **dates | fields)

    asked, runs = pair("Frage"), pair("Lauf", state="running", started_on=on, last_sign_on=on)
    begins = pair("Beginn", state="running", started_on=on, last_sign_on=on)
    row = CheckIn.objects.create(pairing=runs, side="mentor", occasion="month:1", asked_on=on)
    invited = Mentor.objects.create(member=_person(branch, "Lade", n, date(2010, 1, 1)), pool=pool, at=now)
    offered = Mentee.objects.create(member=_person(branch, "Biete", n, on - timedelta(days=30)), pool=pool, at=now, since=on)
    root = Unit.objects.get(pk=pool.unit_id)
    guide = officer("Beauftragt", "membership_officer", root)
    CheckIn.objects.create(pairing=runs, side="mentee", occasion="month:1", asked_on=on, answer="help", answered_on=on)
    complaint = Complaint.objects.create(
        pairing=runs, side="mentee", text="in confidence", unit=root, office=guide.appointments.get().office, key=f"{n + 1:032x}", at=now
    )
    return [
        message("mentoring_ask", pairing=asked.pk, side="mentor", member=asked.mentor.member_id),
        message("mentoring_start", pairing=begins.pk, side="mentee", member=begins.mentee.member_id),
        message("mentoring_check_in", check_in=row.pk, member=runs.mentor.member_id),
        message("mentoring_invite", mentor=invited.pk, member=invited.member_id),
        message("mentoring_offer", mentee=offered.pk, member=offered.member_id),
        message("mentoring_news", guide, pools=[pool.pk]),
        Message(kind="mentoring_complaint", key=f"mentoring_complaint:{complaint.pk}:{guide.pk}", recipient=guide, due_at=now),
    ]


def _link_escalations(now):
    for message in Message.objects.filter(kind="escalation"):
        step = int(message.key.split(":")[2])
        told = Escalation.objects.create(journey_step_id=step, level=7, office=JourneyStep.objects.get(pk=step).office, told_at=now)
        told.messages.add(message)


if __name__ == "__main__":
    missing = covered() - set(fill(int(sys.argv[1])))
    if missing:
        sys.exit(f"no message of the kinds {', '.join(sorted(missing))}: please add them to tests/outbox/all_kinds.py")
