"""Who left and why, exits to come, and officers who have just taken office, for the hand-made part of a demo party."""

from datetime import UTC, datetime, time, timedelta

from branches import pledging
from branches.models import Appointment, Unit
from membership.models import ACTIVE, Member
from onboarding import exits, takeovers
from onboarding.models import Exit, ExitReason, Journey, JourneyStep, Takeover, TakeoverStep

STATED = 0.7  # of those who left, as far as somebody asked
WEIGHTS = [5, 8, 6, 9, 4, 8, 2, 6, 3]  # of exits.REASONS
WORDS = {
    "de": ["zieht nach Leipzig", "keine Zeit mehr neben der Schicht", "fühlte sich nicht angesprochen", "Beitrag zu hoch"],
    "he": ["עוברת לחיפה", "אין זמן ליד העבודה", "לא הרגיש חלק", "דמי החבר גבוהים"],
}
NOTES = {
    "de": "Der Raumschlüssel liegt bei der Kasse. Die Einladung geht immer zwei Wochen vorher hinaus. Für den Sommer ist ein Stand versprochen.",
    "he": "מפתח החדר נמצא אצל הגזברות. ההזמנה יוצאת תמיד שבועיים מראש. לקיץ הובטח דוכן.",
}


def furnish(root, language, rng, on):
    """Reasons, steps and form of `root`, exits of two years and two to come, three journeys into an office. Writes no message."""
    now = datetime.combine(on, time(9), UTC)
    exits.install_reasons(root)
    exits.install_checklist(root, None, now)
    takeovers.install(root)
    form = pledging.write(root, pledging.USUAL, None, now - timedelta(days=400))
    _exits(root, language, rng, on, now)
    _takeovers(root, language, on, now, form)


def _exits(root, language, rng, on, now):
    reasons = list(ExitReason.objects.filter(party=root))
    words = WORDS.get(language, WORDS["de"])
    left = Member.objects.filter(party=root, status="left", left_on__gt=on - timedelta(days=730)).order_by("pk")
    rows = []
    for pk, unit, day in left.values_list("pk", "home_unit", "left_on"):
        known = rng.random() < STATED
        reason = rng.choices(reasons, WEIGHTS)[0] if known else None
        note = rng.choice(words) if known and rng.random() < 0.3 else ""
        rows.append(Exit(member_id=pk, unit_id=unit, on=day, reason=reason, note=note, state=Exit.State.GONE, at=now))
    for member in Member.objects.filter(party=root, status__in=ACTIVE, joined_on__lt=on - timedelta(days=900)).order_by("-pk")[:2]:
        day = on + timedelta(days=rng.randint(20, 40))
        rows.append(Exit(member=member, unit_id=member.home_unit_id, on=day, reason=rng.choice(reasons), at=now))
    Exit.objects.bulk_create(rows)
    exits.begin_due(on, now)
    mailing = JourneyStep.objects.open().filter(journey__reason=Journey.Reason.EXIT, journey__member__party=root, step__slug="exit-mailing")
    mailing.filter(pk__in=list(mailing.order_by("journey__member__number").values_list("pk", flat=True))[::2]).update(state=JourneyStep.State.DONE, done_on=on, closed_at=now)


def _takeovers(root, language, on, now, form):
    units = Unit.objects.below(root).filter(kind__leads_members=True)
    terms = Appointment.objects.active(on).filter(unit__in=units, office__slug__in=("secretary", "chair"), deputy_for=None)
    for place, term in enumerate(terms.select_related("unit", "office", "user").order_by("pk")[:3]):
        takeover, _new = Takeover.objects.get_or_create(appointment=term, defaults={"started_on": on - timedelta(days=10), "asked_on": on - timedelta(days=9)})
        takeover.note(NOTES.get(language, NOTES["de"]) if place == 0 else "", now)
        wanted = [TakeoverStep(takeover=takeover, kind=kind, due_on=on + timedelta(days=days)) for kind, days in (("pledge", -3), ("access", 4))]
        asked = takeovers.steps_for(term.unit, term.office)
        wanted += [TakeoverStep(takeover=takeover, kind="introduction", asked=step, due_on=on - timedelta(days=10 - step.days)) for step in asked]
        TakeoverStep.objects.bulk_create(wanted)
        if place:
            takeover.steps.get(kind="pledge").tick(term.user, on - timedelta(days=5))
            term.user.pledges.get_or_create(
                form=form, defaults={"at": now, "name": term.user.name, "language": language, "text": form.texts.get(language, str(form))}
            )
