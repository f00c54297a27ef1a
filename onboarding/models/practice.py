"""Practice cards: what works in one unit, with the step that goes with it, for all units of the party."""

from django.conf import settings
from django.db import models
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from onboarding.models.arriving import Step


class PracticeQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Everybody with an office in the party may read what works elsewhere; a card names no members."""
        return self.filter(scope.same_party(user, "unit__path"))

    def editable_by(self, user):
        return self.filter(scope.covers(user, scope.Right.LEAD, "unit__path"))

    def shared(self):
        return self.filter(withdrawn_at=None)

    def with_adopters(self):
        """`adopters`: how many units have its step in their standard now."""
        return self.annotate(adopters=Count("adoptions", filter=Q(adoptions__step__retired_at=None)))


class Practice(models.Model):
    """One card. template: the Step.rule() of the step that goes with it as it was when shared, None without one."""

    class Effort(models.TextChoices):
        SMALL = "small", _("little: minutes per new member")
        MEDIUM = "medium", _("some: an hour or two per new member")
        LARGE = "large", _("a lot: an evening, several people")

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="practices")
    title = models.CharField(_("title"), max_length=80)
    what = models.TextField(_("what we do"), max_length=2000)
    step = models.ForeignKey(Step, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("helps with which step"))
    effort = models.CharField(_("effort"), max_length=10, choices=Effort.choices, default=Effort.SMALL)
    template = models.JSONField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    objects = PracticeQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return self.title


class Adoption(models.Model):
    """`unit` took the step of a card over into its own standard."""

    practice = models.ForeignKey(Practice, models.CASCADE, related_name="adoptions")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    step = models.ForeignKey(Step, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["practice", "unit"], name="practice_adopted_once")]

    def __str__(self):
        return f"{self.practice}: {self.unit}"
