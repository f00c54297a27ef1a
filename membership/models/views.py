"""Views of the member list that people keep: their own, or for everybody with an office in a unit."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit


class SavedViewQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and those of the units one holds an office in. A view widens nobody's rights: it is an address."""
        units = {a.unit_id for a in user.appointments_now}
        return self.filter(Q(by=user) | Q(unit__in=units))

    def editable_by(self, user):
        return self.filter(Q(by=user) | scope.covers(user, scope.Right.LEAD, "unit__path"))


class SavedView(models.Model):
    """A name for an address of the member list: filter, order and columns."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    unit = models.ForeignKey(
        Unit, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("for everybody with an office in")
    )
    name = models.CharField(_("name"), max_length=80)
    address = models.CharField(max_length=2000)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["by", "name"], name="saved_view_name_once")]

    def __str__(self):
        return self.name
