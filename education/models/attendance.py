"""Who was there: ticks of a list as a log that is only added to, and the number of people present at a date."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from education.models.events import EventDate
from education.models.registrations import Registration


class Tick(models.Model):
    """Somebody said at the moment `at` whether a person was there on a date. The last moment counts, whenever it arrived.

    key: made where it was ticked, so that sending twice counts once. seen: the highest number of a tick that whoever ticked knew of; it
    contradicts a tick of somebody else it did not know of. received_at: when it came to us, later than `at` after a bad connection.
    """

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="ticks")
    date = models.ForeignKey(EventDate, models.CASCADE, related_name="ticks")
    present = models.BooleanField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    received_at = models.DateTimeField()
    seen = models.BigIntegerField(default=0)
    key = models.UUIDField(default=uuid.uuid4, unique=True)

    class Meta:
        ordering = ["registration", "at", "pk"]
        indexes = [models.Index("date", "registration", "at", "id", name="tick_order")]

    def __str__(self):
        return f"{self.registration_id} {self.at:%Y-%m-%d %H:%M} {self.present}"


class Headcount(models.Model):
    """How many people were at a date, counted without names: for meetings nobody registers for."""

    date = models.OneToOneField(EventDate, models.CASCADE, related_name="headcount")
    present = models.PositiveIntegerField(_("number of people present"))
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(present__lte=100_000), name="headcount_possible")]

    def __str__(self):
        return f"{self.date_id}: {self.present}"
