"""The welcome of a new member: the letter of a unit, who got it by mail or on paper, and print runs."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from onboarding.models.arriving import Journey
from outbox.models import Message


class LetterText(models.Model):
    """The welcome letter of `unit` and those below that have none: {language: text}, a language it leaves out comes from above."""

    unit = models.OneToOneField(Unit, models.CASCADE, related_name="letter_text")
    subjects = models.JSONField(default=dict, blank=True)
    bodies = models.JSONField(default=dict, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    def __str__(self):
        return str(self.unit)


class PrintRunQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A run holds addresses: it belongs to who ordered it, as long as that person cares for the unit."""
        return self.filter(scope.covers(user, scope.Right.CARE, "unit__path"), by=user)

    editable_by = visible_to

    def due(self, now):
        """Ordered and not written, nor being written: also those that a lost worker left half done."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lte=now), state=PrintRun.State.DUE)


class PrintRun(models.Model):
    """Welcome letters of a unit with those below as one PDF: ordered, written by a worker, fetched, perhaps taken back.

    Whose letters it holds are the Welcome rows that point here; they are taken when it is ordered, so that no two runs hold the same one.
    """

    class State(models.TextChoices):
        DUE = "due", _("being written")
        READY = "ready", _("ready")
        REFUSED = "refused", _("not allowed any more")
        FAILED = "failed", _("could not be written")
        TAKEN_BACK = "taken_back", _("taken back")

    key = models.UUIDField(default=uuid.uuid4, editable=False)  # one per form shown: a double click orders once
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    count = models.PositiveIntegerField(default=0)  # letters
    done = models.PositiveIntegerField(default=0)  # of them laid out
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    written_at = models.DateTimeField(null=True)  # for the first time: the moment its letters count as printed

    objects = PrintRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["by", "key"], name="print_run_once_per_form")]

    LEASE = timedelta(minutes=5)
    ATTEMPTS = 3
    KEPT = timedelta(days=7)

    def __str__(self):
        return f"{self.unit} {self.created_at:%Y-%m-%d}"

    @property
    def percent(self):
        return round(100 * self.done / self.count) if self.count else 0

    @property
    def file_name(self):
        return f"{self.unit.slug}-{timezone.localdate(self.created_at)}-{self.pk}.pdf"

    def kept(self, now):
        """Whether the file is there to be fetched at `now`; afterwards it can be written again."""
        return self.state == self.State.READY and now < self.created_at + self.KEPT

    def claim(self, now):
        """Take the writing over at `now`; False when somebody else is at it or it is not due. After three lost attempts it is given up."""
        due = PrintRun.objects.due(now).filter(pk=self.pk)
        if due.filter(attempts__gte=self.ATTEMPTS).exists():
            self.fail()
        return bool(due.filter(attempts__lt=self.ATTEMPTS).update(leased_until=now + self.LEASE, attempts=F("attempts") + 1, done=0))

    def advance(self, done, now):
        """`done` letters are laid out; the lease is renewed."""
        PrintRun.objects.filter(pk=self.pk).update(done=done, leased_until=now + self.LEASE)

    def refuse(self):
        """Who ordered it may not care for the unit any more; nobody counts as printed."""
        self._give_up(self.State.REFUSED)

    def fail(self):
        self._give_up(self.State.FAILED)

    def _give_up(self, state):
        if PrintRun.objects.filter(pk=self.pk, state=self.State.DUE).update(state=state) and self.written_at is None:
            self.welcomes.update(run=None)
        self.refresh_from_db()


class PrintPart(models.Model):
    """A piece of the file of a run, so that no process ever holds it whole."""

    run = models.ForeignKey(PrintRun, models.CASCADE, related_name="parts")
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["run", "position"], name="print_part_once")]

    def __str__(self):
        return f"{self.run_id} {self.position}"


class WelcomeQuerySet(models.QuerySet):
    def on_paper(self):
        """Printed, or in a run that is being written."""
        return self.filter(Q(printed_at__isnull=False) | Q(run__isnull=False))


class Welcome(models.Model):
    """How the member of `journey` was welcomed: by mail, on paper, or both. One row, so that nobody is welcomed twice."""

    journey = models.OneToOneField(Journey, models.CASCADE, related_name="welcome")
    message = models.OneToOneField(Message, models.SET_NULL, null=True, related_name="welcome")
    run = models.ForeignKey(PrintRun, models.SET_NULL, null=True, related_name="welcomes")
    printed_at = models.DateTimeField(null=True)
    printed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = WelcomeQuerySet.as_manager()

    def __str__(self):
        return str(self.journey_id)
