"""Taking office: what the holder of a new term goes through, with the hand-over of whoever held the office before."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Appointment, Office, Unit
from common.labels import Labelled


class OfficeStep(Labelled):
    """A step of the introduction to an office (`office` None: to every office), asked for by `unit` in itself and below."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="office_steps")
    slug = models.SlugField()
    office = models.ForeignKey(Office, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("office"))
    days = models.PositiveSmallIntegerField(_("days after taking office"), default=14)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["unit", "slug"], name="office_step_once")]


class TakeoverQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and those in units one leads."""
        return self.filter(Q(appointment__user=user.pk) | scope.covers(user, scope.Right.LEAD, "appointment__unit__path"))

    def open(self):
        return self.filter(done_on=None)


class Takeover(models.Model):
    """The journey of one term of office. predecessor: the term before, whose holder is asked for `notes` on the day `asked_on`."""

    appointment = models.OneToOneField(Appointment, models.CASCADE, related_name="takeover")
    predecessor = models.ForeignKey(Appointment, models.SET_NULL, null=True, related_name="+")
    started_on = models.DateField()
    done_on = models.DateField(null=True)
    asked_on = models.DateField(null=True)
    notes = models.TextField(blank=True, max_length=8000)
    noted_at = models.DateTimeField(null=True)

    objects = TakeoverQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("started_on", condition=Q(done_on=None), name="takeover_open")]

    def __str__(self):
        return str(self.appointment)

    def note(self, text, now):
        """Keep what the predecessor writes; later words replace earlier ones."""
        self.notes, self.noted_at = text.strip(), now
        self.save(update_fields=["notes", "noted_at"])

    def settle(self, on):
        """Done on the day `on` when no step is open any more, running again when one is."""
        is_open = self.steps.filter(done_on=None).exists()
        Takeover.objects.filter(pk=self.pk).update(done_on=None if is_open else on)


class TakeoverStep(models.Model):
    """A step of a takeover. Access is checked by who leads; all others are for the holder of the office."""

    class Kind(models.TextChoices):
        PLEDGE = "pledge", _("Accept the confidentiality form")
        HANDOVER = "handover", _("Read the hand-over and talk to whoever held the office before")
        INTRODUCTION = "introduction", _("Introduction")
        ACCESS = "access", _("Check that the rights fit the office")

    takeover = models.ForeignKey(Takeover, models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    asked = models.ForeignKey(OfficeStep, models.PROTECT, null=True, related_name="+")
    due_on = models.DateField()
    done_on = models.DateField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["takeover", "kind"], condition=~Q(kind="introduction"), name="takeover_step_of_kind_once"),
            models.UniqueConstraint(fields=["takeover", "asked"], name="takeover_step_once"),
        ]
        indexes = [models.Index("due_on", condition=Q(done_on=None), name="takeover_step_open")]

    def __str__(self):
        return str(self.asked) if self.asked else self.get_kind_display()

    def tick(self, by, on):
        """False when it was done before."""
        done = TakeoverStep.objects.filter(pk=self.pk, done_on=None).update(done_on=on, done_by=by)
        if done:
            self.takeover.settle(on)
        return bool(done)

    def undo(self):
        """Take `tick` back. False when it was not done; what somebody has signed stays signed."""
        undone = TakeoverStep.objects.filter(pk=self.pk, done_on__isnull=False).exclude(kind=self.Kind.PLEDGE).update(done_on=None, done_by=None)
        if undone:
            self.takeover.settle(None)
        return bool(undone)
