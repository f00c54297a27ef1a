"""Member lists on their way into the register: the file, its rows beside the members, the mapping a unit used last."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from membership.models.member import Member


class ListImportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A list belongs to those who lead its unit with all below it: it shows and changes the members of all of them."""
        return self.filter(scope.covers_whole(user, scope.Right.LEAD, "unit__"))

    editable_by = visible_to

    def working(self):
        """Lists that wait for a worker or have one at them."""
        return self.filter(state__in=ListImport.WORKING)


class ListImport(models.Model):
    """One member list on its way: uploaded, staged, compared, applied, perhaps undone. Nothing reaches members before it is applied."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("uploaded")
        COLUMNS = "columns", _("columns to be chosen")
        READING = "reading", _("being read")
        COMPARED = "compared", _("compared, nothing saved yet")
        APPLYING = "applying", _("being saved")
        APPLIED = "applied", _("saved")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")
        FAILED = "failed", _("failed")

    WORKING = (State.UPLOADED, State.READING, State.APPLYING, State.UNDOING)

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="list_imports")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(max_length=200)
    content = models.BinaryField(null=True)
    list_date = models.DateField(_("date of the list"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    header = models.JSONField(default=list)
    sample = models.JSONField(default=list)  # the first rows, to choose columns by
    mapping = models.JSONField(default=dict)  # our field -> index of the column
    decisions = models.JSONField(default=dict)  # see membership.importing
    figures = models.JSONField(default=dict)  # outcome -> number, as last shown
    trouble = models.TextField(blank=True, db_default="")  # why reading or saving failed, in the words of who started it
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    objects = ListImportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self):
        return self.file_name

    @property
    def is_working(self):
        return self.state in self.WORKING

    def read_with(self, mapping, decisions):
        """Have the file read with this mapping and these answers. False when it is being saved, was saved or is gone by now."""
        open_states = (self.State.COLUMNS, self.State.COMPARED, self.State.FAILED)
        return self._turn(open_states, self.State.READING, mapping=mapping, decisions=decisions, trouble="")

    def save_for(self, user):
        """Have the difference saved in the name of `user`. False when that was asked for before: a double click saves once."""
        return self._turn((self.State.COMPARED,), self.State.APPLYING, by=user, trouble="")

    def take_back_for(self, user):
        """Have a saved list undone in the name of `user`. False when that was asked for before."""
        return self._turn((self.State.APPLIED,), self.State.UNDOING, by=user)

    def _turn(self, before, state, **fields):
        turned = ListImport.objects.filter(pk=self.pk, state__in=before, content__isnull=False).update(state=state, **fields)
        self.refresh_from_db(fields=["state", *fields])
        return bool(turned)


class ColumnMapping(models.Model):
    """The mapping a unit used last for a header, so that next month nobody maps again. header: the column names in order."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    header = models.JSONField()
    mapping = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "header"], name="mapping_once_per_header")]


class StagedRow(models.Model):
    """One row of a list, checked and normalised, beside the members until the list is applied or dropped."""

    class Outcome(models.TextChoices):
        SAME = "same", _("unchanged")
        JOINED = "joined", _("joined")
        RETURNED = "returned", _("returned")
        MOVED = "moved", _("moved")
        CHANGED = "changed", _("changed")
        LOOK = "look", _("please look")
        GONE = "gone", _("no longer there")  # by the list's own word: a status or a date of leaving
        REFUSED = "refused", _("refused")

    list_import = models.ForeignKey(ListImport, models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    member = models.ForeignKey(Member, models.SET_NULL, null=True, db_constraint=False, related_name="+")
    candidate = models.ForeignKey(Member, models.SET_NULL, null=True, db_constraint=False, related_name="+")
    number = models.CharField(max_length=40, blank=True)
    remark = models.CharField(max_length=20, blank=True, db_default="")  # a problem found by comparing: a code of importing.PROBLEMS
    values = models.JSONField(default=dict)
    problems = models.JSONField(default=list)

    class Meta:
        ordering = ["line"]
        constraints = [models.UniqueConstraint(fields=["list_import", "line"], name="staged_line_once")]
        indexes = [models.Index("list_import", "outcome", "line", name="staged_outcome"), models.Index("list_import", "number", name="staged_number")]
