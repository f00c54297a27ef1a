"""One action on many members, with what is needed to take it back; and the errands such an action gives to somebody."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from membership.models.member import Member, reached_by
from membership.models.tags import Tag


class BulkRunQuerySet(models.QuerySet):
    def visible_to(self, user):
        """An action belongs to who did it."""
        return self.filter(by=user)

    editable_by = visible_to


class BulkRun(models.Model):
    """One action on the members of a list: wanted, done as a whole, perhaps taken back row by row."""

    class Kind(models.TextChoices):
        TAG = "tag", _("note an interest, a skill or time")
        UNTAG = "untag", _("take an interest, a skill or time away")
        ASSIGN = "assign", _("ask somebody to get in touch")

    class State(models.TextChoices):
        DUE = "due", _("being done")
        DONE = "done", _("done")
        UNDONE = "undone", _("taken back")

    key = models.UUIDField(default=uuid.uuid4, editable=False)  # one per form shown: a double click acts once
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    filter = models.CharField(max_length=2000, blank=True)  # the address of the list without "?"
    picks = models.JSONField(null=True)  # pks of the members chosen one by one; null: the whole filter
    tag = models.ForeignKey(Tag, models.PROTECT, null=True, related_name="+")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    text = models.CharField(max_length=200, blank=True)
    due_on = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    count = models.PositiveIntegerField(default=0)
    left_out = models.JSONField(default=dict)  # why -> how many
    stayed = models.PositiveIntegerField(default=0)  # rows that undo left alone: somebody had worked on since
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    objects = BulkRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["by", "key"], name="bulk_once_per_form")]

    def __str__(self):
        return f"{self.kind} {self.pk}"


class BulkRow(models.Model):
    """A member an action changed, and the row it took away, for undo."""

    run = models.ForeignKey(BulkRun, models.CASCADE, related_name="rows")
    member = models.ForeignKey(Member, models.CASCADE, related_name="+")
    before = models.JSONField(null=True)
    made = models.BigIntegerField(null=True)  # pk of the row it wrote

    def __str__(self):
        return f"{self.run_id} {self.member_id}"


class ErrandQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Errands about members one may see."""
        return self.filter(reached_by(user, member="member__"))

    def editable_by(self, user):
        """One's own, and those one gave, about members one may see."""
        return self.visible_to(user).filter(Q(to=user) | Q(by=user))

    def open(self):
        return self.filter(done_at=None)


class Errand(models.Model):
    """Somebody is asked to get in touch with a member."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="errands")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="errands")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.CharField(max_length=200)
    due_on = models.DateField()
    created_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = ErrandQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [
            models.Index("to", "due_on", "id", condition=Q(done_at=None), name="errand_open"),
            models.Index("member", F("created_at").desc(), name="errand_of_member"),
        ]

    def __str__(self):
        return self.text

    def settle(self, user, now):
        """Done, by `user`. A second click changes nothing."""
        Errand.objects.filter(pk=self.pk, done_at=None).update(done_at=now, done_by=user)

    def reopen(self):
        """Take `settle` back."""
        Errand.objects.filter(pk=self.pk).update(done_at=None, done_by=None)
