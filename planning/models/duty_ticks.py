"""Who came to a shift, as people tick it on the day."""

import uuid

from django.conf import settings
from django.db import models

from planning.models.elections import Duty


class DutyTick(models.Model):
    """Somebody said at the moment `at` whether a volunteer is at their shift; as education.Tick. by: None for the volunteer themselves."""

    duty = models.ForeignKey(Duty, models.CASCADE, related_name="ticks")
    present = models.BooleanField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    received_at = models.DateTimeField()
    seen = models.BigIntegerField(default=0)
    key = models.UUIDField(default=uuid.uuid4, unique=True)

    class Meta:
        ordering = ["duty", "at", "pk"]

    def __str__(self):
        return f"{self.duty_id} {self.at:%Y-%m-%d %H:%M} {self.present}"
