"""What becomes of journeys and contacts when two records of one person are merged (membership.merging)."""

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import ngettext_lazy

from membership import merging
from onboarding.models import (
    Book,
    Contact,
    Exit,
    Journey,
    JourneyStep,
    Mentee,
    Mentor,
    MentoringMail,
    Pairing,
    PairRule,
    Suggestion,
    Welcome,
)

TAKEN = ("state", "done_on", "closed_at", "closed_by", "reason", "contact")
CLOSED = (JourneyStep.State.DONE, JourneyStep.State.NOT_NEEDED)


def journeys(survivor, gone, now):
    """One journey runs on: the survivor's. A step that was closed in the other one is closed in it too; the other one ends as it stands."""
    on = timezone.localdate(now)
    contacts = Contact.objects.filter(member=gone)
    contacts.update(member=survivor)
    running = survivor.journeys.running().first()
    other = gone.journeys.running().first()
    if running and other:
        for step in other.steps.filter(state__in=CLOSED):
            running.steps.open().filter(step=step.step_id).update(**{name: getattr(step, name) for name in TAKEN})
        other.steps.open().update(state=JourneyStep.State.DROPPED, closed_at=now)
        Journey.objects.filter(pk=other.pk).update(state=Journey.State.ENDED, ended_on=on)
    started = set(survivor.journeys.values_list("started_on", flat=True))
    for journey in gone.journeys.order_by("pk"):
        day = journey.started_on
        while day in started:  # one journey of a member per day
            day -= timedelta(days=1)
        started.add(day)
        Journey.objects.filter(pk=journey.pk).update(member=survivor, started_on=day)
    if running:
        Journey.objects.filter(pk=running.pk).recount(on)


def exits(survivor, gone, now):
    """Who is entered to leave twice leaves once: by the entry of the survivor."""
    if survivor.exits.planned().exists():
        gone.exits.planned().update(state=Exit.State.TAKEN_BACK)


def books(survivor, gone, now):
    """Of two books on their way the survivor's goes on."""
    if Book.objects.filter(member=survivor, state__in=Book.PENDING).exists():
        Book.objects.filter(member=gone, state__in=Book.PENDING).update(state=Book.State.DROPPED)


def mentors(survivor, gone, now):
    """Of two entries as a mentor the survivor's stays, and gets the pairs of the other."""
    _one_entry(Mentor, "mentor", survivor, gone)


def mentees(survivor, gone, now):
    """Of two entries as a mentee the survivor's stays, and gets the pairs of the other; of two open pairs the survivor's goes on."""
    if survivor_pair := Pairing.objects.open().filter(mentee__member=survivor).first():
        for pairing in Pairing.objects.open().filter(mentee__member=gone).exclude(pk=survivor_pair.pk):
            pairing.end(Pairing.End.REMATCH, timezone.localdate(now))
    _one_entry(Mentee, "mentee", survivor, gone)


def _one_entry(model, side, survivor, gone):
    keep, other = (model.objects.filter(member=member).first() for member in (survivor, gone))
    if keep and other:
        Pairing.objects.filter(**{side: other}).update(**{side: keep})
        for one in (PairRule, Suggestion):
            one.objects.filter(**{side: other}).delete()


def register():
    merging.treat(Contact, words=ngettext_lazy("%(n)s contact", "%(n)s contacts", "n"))
    merging.treat(Journey, words=ngettext_lazy("%(n)s journey of arriving", "%(n)s journeys of arriving", "n"), unite=journeys)
    merging.treat(JourneyStep, "journey__member")
    merging.treat(Exit, words=ngettext_lazy("%(n)s exit", "%(n)s exits", "n"), unite=exits)
    merging.treat(Welcome, "journey__member", quiet=True)
    merging.treat(Book, words=ngettext_lazy("%(n)s membership book", "%(n)s membership books", "n"), unite=books)
    merging.treat(Mentor, words=ngettext_lazy("%(n)s entry as a mentor", "%(n)s entries as a mentor", "n"), unite=mentors)
    merging.treat(Mentee, words=ngettext_lazy("%(n)s entry as a mentee", "%(n)s entries as a mentee", "n"), unite=mentees)
    for model in (Pairing, PairRule, Suggestion):
        for side in ("mentor", "mentee"):
            merging.treat(model, f"{side}__member", quiet=True)
    merging.treat(MentoringMail, words=ngettext_lazy("%(n)s mail about mentoring", "%(n)s mails about mentoring", "n"))
