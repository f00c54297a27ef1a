"""What standards asked for when, and changes taken over into journeys that run."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from branches import scope
from onboarding.models.arriving import JourneyStep, Standard


class StandardVersion(models.Model):
    """What a standard asked for from `at` until its next version; never changed. content: see Standard.record."""

    standard = models.ForeignKey(Standard, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    content = models.JSONField()

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["standard", "number"], name="standard_version_once")]

    def __str__(self):
        return str(self.number)


class RolloutQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope.covers(user, scope.Right.LEAD, "standard__unit__path"))

    editable_by = visible_to


class Rollout(models.Model):
    """A changed standard taken over into journeys that run, as a whole; perhaps taken back row by row."""

    key = models.UUIDField(default=uuid.uuid4, unique=True)  # one per form shown: a double click does it once
    standard = models.ForeignKey(Standard, models.CASCADE, related_name="rollouts")
    version = models.ForeignKey(StandardVersion, models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    counts = models.JSONField(default=list)  # [[step pk, RolloutRow.What, how many], ..]: what it did, also once it is taken back
    stayed = models.PositiveIntegerField(default=0)  # rows that undo left alone: somebody had worked on since

    objects = RolloutQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.standard} {self.version}"


class RolloutRow(models.Model):
    """A step of a journey that a rollout changed. before: None when the rollout put it there."""

    class What(models.TextChoices):
        ADDED = "added", _("new")
        CHANGED = "changed", _("changed")
        DROPPED = "dropped", _("no longer due")

    rollout = models.ForeignKey(Rollout, models.CASCADE, related_name="rows")
    journey_step = models.ForeignKey(JourneyStep, models.CASCADE, related_name="+")
    what = models.CharField(max_length=10, choices=What.choices)
    before = models.JSONField(null=True)
    after = models.JSONField()

    def __str__(self):
        return f"{self.rollout_id} {self.journey_step_id}"
