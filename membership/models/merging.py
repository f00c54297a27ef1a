"""Records that were merged into another: the tombstone of each, and what it takes to undo the merge."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from branches import scope
from branches.models import Unit
from membership.models.member import Member

UNDO_FOR = timedelta(days=30)


class MergeQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope.covers(user, scope.Right.LEAD, "survivor__home_unit__path"))

    editable_by = visible_to

    def standing(self):
        """Merges that were not undone."""
        return self.filter(undone_at=None)


class Merge(models.Model):
    """The member `gone` (its id; the row exists no more) is now `survivor`. So no list, figure or search can show a merged record.

    number: the one the merged record had; a list that still has it means the survivor.
    journal: every row the merge changed, as it was and as it became (membership.merging); empty once the merge can no longer be undone.
    """

    party = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    gone = models.BigIntegerField()
    into = models.BigIntegerField()  # the record it was merged into; `survivor` follows when that is merged as well
    survivor = models.ForeignKey(Member, models.CASCADE, related_name="merges")
    number = models.CharField(max_length=40, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    journal = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = MergeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["gone"], condition=Q(undone_at=None), name="merge_once")]
        indexes = [
            models.Index("party", "number", condition=Q(undone_at=None), name="merge_number"),
            models.Index("survivor", "at", name="merge_of_survivor"),
        ]

    def undo_until(self):
        return self.at + UNDO_FOR

    def can_be_undone(self, now):
        return self.undone_at is None and bool(self.journal) and now < self.undo_until()
