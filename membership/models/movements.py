"""The book of movements: what the figures of any day are counted from."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from membership.models.member import Gender, Membership


class Movement(models.Model):
    """A line of the book: so many members came to `unit` (number > 0) or went (< 0) on the day `effective_on`, known since `booked_on`.

    Written by triggers whenever periods of membership, a gender or a birth date change, by whatever writer; never changed or deleted. What
    turns out to be wrong is taken back by a line of the opposite sign with the day of the correction. A line names nobody.
    """

    class What(models.TextChoices):
        JOINED = "joined", _("joined")
        RETURNED = "returned", _("returned")
        MOVED_IN = "moved_in", _("moved in")
        MOVED_OUT = "moved_out", _("moved out")
        REORGANISED = "unit", _("unit reorganised")
        STATUS = "status", _("status changed")
        LEFT = "left", _("left")
        DECEASED = "deceased", _("deceased")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    home = models.BooleanField()
    status = models.CharField(max_length=10, choices=Membership.Kind.choices)
    gender = models.CharField(max_length=1, choices=Gender.choices, blank=True)
    birth_date = models.DateField(null=True)
    what = models.CharField(max_length=10, choices=What.choices)
    number = models.IntegerField()
    effective_on = models.DateField()
    booked_on = models.DateField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(number=0), name="movement_counts")]
        indexes = [models.Index("unit", "booked_on", name="movement_of_unit")]

    def __str__(self):
        return f"{self.unit} {self.effective_on} {self.number:+}"
