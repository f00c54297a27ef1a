"""Lists that leave the house: for which purpose, with which columns, whose they are, until when, and whether they are deleted again."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from common.labels import Labelled


class ExportPurpose(Labelled):
    """What a party exports lists for. `columns` are the fewest the purpose needs (see membership.columns), `days` how long a list may be kept."""

    party = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    columns = models.JSONField(default=list)
    days = models.PositiveSmallIntegerField(_("days to keep"), default=30)
    position = models.PositiveSmallIntegerField(default=0)
    retired = models.BooleanField(_("no longer offered"), default=False)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.CheckConstraint(condition=Q(days__gte=1), name="purpose_keeps_a_day")]


class ExportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """That a list was taken out is seen by who took it and by those who lead its unit."""
        return self.filter(Q(by=user) | scope.covers(user, scope.Right.LEAD, "unit__path"))

    def editable_by(self, user):
        """The list itself is that person's alone, as long as they care for the unit it is of."""
        return self.filter(scope.covers(user, scope.Right.CARE, "unit__path"), by=user)

    def due(self, now):
        """Ordered and not written, nor being written: also those that a lost worker left half done."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lte=now), state=Export.State.DUE)

    def outside(self):
        """Lists somebody has fetched and not reported as deleted."""
        return self.filter(fetched_at__isnull=False, deleted_at=None)

    def overdue(self, on):
        """Those outside that should be deleted by the day `on`."""
        return self.outside().filter(expires_on__lte=on)


class Export(models.Model):
    """One list for one purpose: ordered, written (by a worker when large), fetched by its owner, deleted again by the owner's word.

    The file is kept for a week; the row stays, so that those who lead the unit see who took out what.
    """

    class State(models.TextChoices):
        DUE = "due", _("being written")
        READY = "ready", _("ready")
        REFUSED = "refused", _("not allowed any more")
        FAILED = "failed", _("could not be written")

    class Format(models.TextChoices):
        XLSX = "xlsx", _("Excel (XLSX)")
        CSV = "csv", _("text table (CSV)")
        PDF = "pdf", _("list to print (PDF)")
        LABELS = "labels", _("address labels (PDF)")
        LETTERS = "letters", _("letters (PDF)")

    key = models.UUIDField(default=uuid.uuid4, editable=False)  # one per form shown: a double click orders once
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    purpose = models.ForeignKey(ExportPurpose, models.PROTECT, related_name="+", verbose_name=_("purpose"))
    words = models.CharField(_("what exactly for"), max_length=200)
    filter = models.CharField(max_length=2000, blank=True)  # the address of the list without "?"
    picks = models.JSONField(null=True)  # pks of the members chosen one by one; null: the whole filter
    columns = models.JSONField(default=list)
    format = models.CharField(_("format"), max_length=10, choices=Format.choices, default=Format.XLSX)
    text = models.JSONField(default=dict)  # subject and body of letters
    language = models.CharField(max_length=5)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    leased_until = models.DateTimeField(null=True)  # a worker is at it until then
    attempts = models.PositiveSmallIntegerField(default=0)
    rights = models.JSONField(default=list)  # what its owner cared for when it was written
    count = models.PositiveIntegerField(null=True)  # members on it
    created_at = models.DateTimeField()
    expires_on = models.DateField(_("to be deleted by"))
    fetched_at = models.DateTimeField(null=True)  # for the first time
    deleted_at = models.DateTimeField(null=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["by", "key"], name="export_once_per_form")]
        indexes = [
            models.Index("unit", F("id").desc(), name="export_of_unit"),
            models.Index("expires_on", condition=Q(deleted_at=None, fetched_at__isnull=False), name="export_outside"),
        ]

    LEASE = timedelta(minutes=10)
    ATTEMPTS = 3
    KEPT = timedelta(days=7)

    def __str__(self):
        return f"{self.purpose} {self.unit}"

    @property
    def file_name(self):
        suffix = self.format if self.format in ("csv", "xlsx") else "pdf"
        return f"{self.unit.slug}-{timezone.localdate(self.created_at)}-{self.pk}.{suffix}"

    def kept(self, now):
        """Whether the file is there to be fetched at `now`."""
        return self.state == self.State.READY and self.deleted_at is None and now < self.created_at + self.KEPT

    def is_overdue(self, on):
        return self.fetched_at is not None and self.deleted_at is None and self.expires_on <= on

    def claim(self, now):
        """Take the writing over at `now`, for as long as a lease; False when somebody else is at it or it is no longer due.

        After three attempts that ended without a word it is given up.
        """
        due = Export.objects.due(now).filter(pk=self.pk)
        due.filter(attempts__gte=self.ATTEMPTS).update(state=self.State.FAILED)
        return bool(due.update(leased_until=now + self.LEASE, attempts=F("attempts") + 1, progress=10))

    def advance(self, progress):
        Export.objects.filter(pk=self.pk).update(progress=progress)

    def finish(self, count, rights):
        self._end(state=self.State.READY, count=count, rights=rights, progress=100)

    def refuse(self):
        """Who ordered it may not care for the unit any more."""
        self._end(state=self.State.REFUSED)

    def fail(self):
        self._end(state=self.State.FAILED)

    def _end(self, **fields):
        Export.objects.filter(pk=self.pk, state=self.State.DUE).update(**fields)
        self.refresh_from_db()

    def hand_out(self, now):
        """Note that its owner fetched the file."""
        Export.objects.filter(pk=self.pk, fetched_at=None).update(fetched_at=now)

    def confirm_deleted(self, now):
        """The owner says that no copy is left; ours goes too. A second word changes nothing."""
        Export.objects.filter(pk=self.pk, deleted_at=None).update(deleted_at=now)
        self.parts.all().delete()
        self.refresh_from_db()


class ExportPart(models.Model):
    """A piece of the file, so that no process ever holds it whole."""

    export = models.ForeignKey(Export, models.CASCADE, related_name="parts")
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["export", "position"], name="export_part_once")]

    def __str__(self):
        return f"{self.export_id} {self.position}"
