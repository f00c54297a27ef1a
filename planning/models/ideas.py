"""Ideas of units for all units of the party: supported by others, taken up into a work plan."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from planning.models.plans import Activity


def _number(model):
    """How many rows of `model` an idea has, counted for the ideas of the page alone: joined, all ideas would be."""
    return Coalesce(Subquery(model.objects.filter(idea=OuterRef("pk")).order_by().values("idea").annotate(n=Count("pk")).values("n")), 0)


class IdeaQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Everybody with an office in the party may read an idea: it names no members."""
        return self.filter(scope.same_party(user, "unit__path"))

    def editable_by(self, user):
        return self.filter(scope.covers(user, scope.Right.CARE, "unit__path"))

    def shared(self):
        return self.filter(withdrawn_at=None)

    def counted(self):
        """`supporters` and `adopters`: how many other units support it and how many took it up."""
        return self.annotate(supporters=_number(IdeaSupport), adopters=_number(IdeaAdoption))


class Idea(models.Model):
    """What a unit would like to see done, or tried out with others. cost_cents: what it takes, as far as anybody knows. key: one per form shown."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="ideas")
    title = models.CharField(_("in one line"), max_length=100)
    text = models.TextField(_("what it is about"), max_length=3000)
    wanted = models.CharField(_("what we are still looking for"), max_length=300, blank=True)
    people = models.PositiveIntegerField(_("people it takes"), default=0)
    cost_cents = models.BigIntegerField(_("cost"), default=0)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    objects = IdeaQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self):
        return self.title

    def support(self, unit, by, now):
        """`unit` supports it; False when it does already, or it is its own idea."""
        if unit.pk == self.unit_id:
            return False
        return self.supports.get_or_create(unit=unit, defaults={"by": by, "at": now})[1]

    def leave(self, unit):
        """`unit` supports it no longer."""
        self.supports.filter(unit=unit).delete()


class IdeaSupport(models.Model):
    """A unit that finds an idea of another one good."""

    idea = models.ForeignKey(Idea, models.CASCADE, related_name="supports")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("idea", "unit", name="idea_supported_once")]

    def __str__(self):
        return f"{self.idea}: {self.unit}"


class IdeaAdoption(models.Model):
    """A unit took an idea up into its work plan."""

    idea = models.ForeignKey(Idea, models.CASCADE, related_name="adoptions")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    activity = models.ForeignKey(Activity, models.CASCADE, related_name="idea_adoptions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("idea", "unit", name="idea_adopted_once")]

    def __str__(self):
        return f"{self.idea}: {self.unit}"
