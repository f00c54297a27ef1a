"""Who read which member's record, when, and through which office."""

from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Office, Unit


class ReadingQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What was read through the offices of units that `user` leads."""
        return self.filter(scope.covers(user, scope.Right.LEAD, "unit__path"))

    def of(self, member):
        """Readings of the record of `member`, and of those merged into it, the newest first."""
        merged = member.merges.standing().values_list("gone", flat=True)
        return self.filter(members__overlap=[member.pk, *merged]).order_by("-pk")


class Reading(models.Model):
    """One view or export of records of others. Written by membership.reading alone; a trigger refuses changes, and deletion before KEPT is over.

    at: in whole minutes, so that a page asked for twice within one is one view (held by the database).
    members: primary keys, one for a page, all of an export. No foreign key: an entry outlives the record and a merge, and says nothing by itself.
    office, unit: the office that opened the record, of the widest right where several did.
    """

    KEPT = timedelta(days=365)

    class What(models.TextChoices):
        PAGE = "page", _("page of the person")
        EDIT = "edit", _("form to correct the data")
        EXPORT = "export", _("export")
        LETTER = "letter", _("letter or certificate")
        INFORMATION = "information", _("information about all data")

    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    what = models.CharField(max_length=12, choices=What.choices)
    office = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    members = ArrayField(models.BigIntegerField())

    objects = ReadingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("by", "what", "at", "members", condition=Q(what__in=["page", "edit"]), name="reading_once_a_minute"),
        ]
        indexes = [
            BrinIndex("at", name="reading_at"),
            GinIndex(fields=["members"], name="reading_members"),
        ]

    def __str__(self):
        return f"{self.get_what_display()} {self.at:%Y-%m-%d %H:%M}"
