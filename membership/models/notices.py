"""Mails of the membership system on their way into the register: how they are read, and what each proposes."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from membership.models.member import Member


class Kind(models.TextChoices):
    JOINED = "joined", _("joined")
    LEFT = "left", _("left")
    MOVED = "moved", _("moved to another unit")
    CHANGED = "changed", _("data changed")


class PatternQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A pattern belongs to those who lead its unit with all below it, as lists do."""
        return self.filter(scope.covers_whole(user, scope.Right.LEAD, "unit__"))

    editable_by = visible_to


class NoticePattern(models.Model):
    """How mails of one kind are read: a text they contain, and the label before each value ("Mitgliedsnummer" for a line "Mitgliedsnummer: 123")."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="notice_patterns")
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("what the mail tells"), max_length=10, choices=Kind.choices)
    contains = models.CharField(_("text the mail contains"), max_length=200)
    labels = models.JSONField(default=dict)  # our field -> label in the mail
    example = models.TextField(_("example"), blank=True, max_length=5000)

    objects = PatternQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope.covers_whole(user, scope.Right.LEAD, "unit__"))

    editable_by = visible_to

    def open(self):
        return self.filter(state=Notice.State.OPEN)


class Notice(models.Model):
    """One mail handed in: its plain text, what was read from it, and what became of it. The same mail twice is one notice."""

    class State(models.TextChoices):
        OPEN = "open", _("to be decided")
        DONE = "done", _("taken over")
        DROPPED = "dropped", _("set aside")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="notices")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    digest = models.CharField(max_length=64)
    sender = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)
    text = models.TextField()
    kind = models.CharField(max_length=10, choices=Kind.choices, blank=True)  # "" : no pattern knows it, please read
    values = models.JSONField(default=dict)  # our field -> text as it stands in the mail
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    member = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="notices")
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "digest"], name="notice_once")]
        indexes = [models.Index("unit", "state", models.F("id").desc(), name="notice_of_unit")]

    def __str__(self):
        return self.subject

    def settle(self, state, by, now, member=None):
        """Taken over or set aside. Raises ValidationError when somebody decided before: a double click counts once."""
        turned = Notice.objects.filter(pk=self.pk, state=self.State.OPEN).update(state=state, decided_by=by, decided_at=now, member=member)
        if not turned:
            raise ValidationError(_("Somebody has decided about this mail already."))
        self.refresh_from_db(fields=["state", "decided_by", "decided_at", "member"])
