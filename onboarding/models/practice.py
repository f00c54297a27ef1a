"""Practice cards: what works in one unit, with the step that goes with it, for all units of the party."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Office, Unit
from onboarding.models.arriving import Standard, Step

COPIED = ("labels", "texts", "due", "count", "done_by", "reasons", "member_texts", "goes_with")  # of a Step.rule(); whether it is locked is for each unit to say


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

    @property
    def attached(self):
        """The step that goes with it, not saved; None without one."""
        rule = self.template and {name: self.template[name] for name in COPIED if name in self.template}
        return rule and Step(**rule)

    @transaction.atomic
    def adopt(self, unit, by, now):
        """Make the step of this card an own step of `unit`, as the last one. Returns the Adoption and whether it is new.

        Raises ValueError for a card without a step. A unit that retired it in the meantime gets it back as it left it.
        """
        if self.template is None:
            raise ValueError("this card has no step")
        own, _created = Standard.objects.get_or_create(unit=unit)
        Standard.objects.select_for_update().get(pk=own.pk)
        adoption = Adoption.objects.filter(practice=self, unit=unit).select_related("step").first()
        new = adoption is None
        if new:
            step = self.attached
            step.standard, step.office = own, Office.objects.get(slug=self.template["office"])
            step.slug = own.free_slug(self.template["slug"])
            step.position = own.next_position()
            step.save()
            adoption = Adoption.objects.create(practice=self, unit=unit, step=step, by=by, at=now)
        elif adoption.step.retired_at:
            new = True
            adoption.step.restore()
        own.record(by, now)
        return adoption, new


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
