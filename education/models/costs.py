"""What an event costs: planned and real lines, and what each carrying unit bears once they are settled."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from education.models.events import Event


class CostLine(models.Model):
    """One planned or real amount of an event, in cents; income is less than zero. A receipt stays with its line, in the database."""

    class Stage(models.TextChoices):
        PLANNED = "planned", _("planned")
        REAL = "real", _("real")

    class Kind(models.TextChoices):
        ROOM = "room", _("room and equipment")
        FOOD = "food", _("food and drinks")
        SPEAKERS = "speakers", _("speakers")
        TRAVEL = "travel", _("travel and nights")
        PRINT = "print", _("print, post, advertising")
        OTHER = "other", _("other costs")
        FEES = "fees", _("fees of participants")
        PARTNER = "partner", _("contribution of a partner")
        FUND = "fund", _("contribution of a fund")

    INCOME = (Kind.FEES, Kind.PARTNER, Kind.FUND)

    event = models.ForeignKey(Event, models.CASCADE, related_name="cost_lines")
    stage = models.CharField(_("planned or real"), max_length=10, choices=Stage.choices)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    text = models.CharField(_("what for"), max_length=200)
    cents = models.IntegerField()
    receipt = models.BinaryField(null=True)
    receipt_name = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=("fees", "partner", "fund"), cents__lt=0) | Q(~Q(kind__in=("fees", "partner", "fund")), cents__gt=0),
                name="cost_line_sign",
            )
        ]
        indexes = [models.Index("event", "id", name="cost_line_of_event")]

    def __str__(self):
        return f"{self.text}: {self.cents}"


class Settlement(models.Model):
    """The costs of an event are settled: its real lines stand, and `shares` say what each unit bears. Reopened ones are kept."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="settlements")
    settled_at = models.DateTimeField()
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    reopened_at = models.DateTimeField(null=True)
    reopened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint("event", condition=Q(reopened_at=None), name="settlement_one_standing")]

    def __str__(self):
        return f"{self.event}: {self.settled_at:%Y-%m-%d}"


class SettledShare(models.Model):
    """What `unit` bears of one kind of cost; those of a settlement add up to its lines."""

    settlement = models.ForeignKey(Settlement, models.CASCADE, related_name="shares")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=CostLine.Kind.choices)
    cents = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("settlement", "unit", "kind", name="settled_share_once")]
        indexes = [models.Index("unit", "settlement", name="settled_share_of_unit")]

    def __str__(self):
        return f"{self.unit}: {self.cents}"
