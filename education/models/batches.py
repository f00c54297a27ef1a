"""Many members registered for an event by one click, with what is needed to take it back."""

import uuid

from django.conf import settings
from django.db import models

from education.models.events import Event


class RegistrationBatchQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A batch belongs to who did it."""
        return self.filter(by=user)

    editable_by = visible_to


class RegistrationBatch(models.Model):
    """made: pks of the registrations it wrote. left_out: {why in words: how many}. stayed: of those made, how many undo found settled otherwise."""

    key = models.UUIDField(default=uuid.uuid4, editable=False)  # one per form shown: a double click acts once
    event = models.ForeignKey(Event, models.CASCADE, related_name="batches")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    filter = models.CharField(max_length=2000, blank=True)  # the address of the list without "?"
    made = models.JSONField(default=list)
    placed = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=list)
    stayed = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    objects = RegistrationBatchQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by", "key"], name="registration_batch_once_per_form")]

    def __str__(self):
        return f"{self.event} {self.at}"

    @property
    def waiting(self):
        return len(self.made) - self.placed
