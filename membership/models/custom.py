"""Fields a unit adds for itself: with a purpose, who may see them, and how long a value is kept."""

from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches import scope
from branches.models import Unit
from common.labels import Labelled
from common.values import clean_text
from membership.models.member import Member


class CustomFieldQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Fields of one's units and of those above and below them, as far as one's right somewhere reaches what the field asks for."""
        condition = Q(pk__in=[])
        for right in scope.Right:
            above = {path for a in user.appointments_now if a.right >= right for path in a.unit.ancestor_paths()}
            condition |= Q(right=right) & (Q(unit__path__in=above) | scope.covers(user, right, "unit__path"))
        return self.filter(condition)

    def editable_by(self, user):
        return self.filter(scope.covers(user, scope.Right.LEAD, "unit__path"))

    def offered(self):
        return self.filter(retired_on=None)

    def of(self, member):
        """Fields that `member` has through the home unit or a section of today."""
        sections = Unit.objects.filter(memberships__member=member, memberships__home=False, memberships__ends_on=None)
        return self.filter(Q(unit__path__in=member.home_unit.ancestor_paths()) | Q(unit__in=sections))


class CustomField(Labelled):
    """One field, of everybody in `unit` and below. Without purpose, right and time to keep there is none."""

    class Type(models.TextChoices):
        TEXT = "text", pgettext_lazy("type", "text")
        NUMBER = "number", pgettext_lazy("type", "number")
        DATE = "date", pgettext_lazy("type", "date")
        CHOICE = "choice", _("one of several")
        YES_NO = "yes_no", _("yes or no")

    class Keep(models.TextChoices):
        EXIT = "exit", _("days after the member has left")
        FIXED = "fixed", _("days after it was entered")

    YES_NO = {"yes": _("yes"), "no": _("no")}

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="custom_fields", verbose_name=_("unit"))
    type = models.CharField(_("type"), max_length=10, choices=Type.choices)
    choices = models.JSONField(_("choices"), default=list, blank=True)
    purpose = models.CharField(_("purpose"), max_length=300)
    right = models.PositiveSmallIntegerField(_("who may see it"), choices=scope.Right.choices, default=scope.Right.CARE)
    keep = models.CharField(_("kept for"), max_length=10, choices=Keep.choices, default=Keep.EXIT)
    days = models.PositiveIntegerField(_("days"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField()
    retired_on = models.DateField(null=True)

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        ordering = ["unit__path", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(purpose=""), name="custom_field_has_purpose"),
            models.CheckConstraint(condition=~Q(type="choice") | ~Q(choices=[]), name="custom_field_has_choices"),
        ]

    def clean_value(self, text):
        """`text` as it is kept: "" for nothing, numbers with a point, dates as yyyy-mm-dd, "yes" or "no". Raises ValidationError."""
        text = clean_text(str(text or ""))[:500]
        if not text or self.type == self.Type.TEXT:
            return text
        if self.type == self.Type.NUMBER:
            try:
                number = float(text.replace(",", "."))
            except ValueError:
                raise ValidationError(_("This is not a number.")) from None
            if not abs(number) < 1e15:
                raise ValidationError(_("This is not a number."))
            return f"{number:.10f}".rstrip("0").rstrip(".")
        if self.type == self.Type.DATE:
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                raise ValidationError(_("This is not a date.")) from None
        if text not in (self.YES_NO if self.type == self.Type.YES_NO else self.choices):
            raise ValidationError(_("Please choose one of the list."))
        return text

    def told(self, value):
        """`value` as people read it, in the language of now."""
        if self.type == self.Type.YES_NO:
            return str(self.YES_NO[value])
        return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT") if self.type == self.Type.DATE else value

    def retire(self, on):
        self.retired_on = on
        self.save(update_fields=["retired_on"])

    def restore(self):
        self.retired_on = None
        self.save(update_fields=["retired_on"])


class FieldValue(models.Model):
    """What a field says about a member."""

    field = models.ForeignKey(CustomField, models.CASCADE, related_name="values")
    member = models.ForeignKey(Member, models.CASCADE, related_name="custom_values")
    value = models.CharField(max_length=500)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["field", "member"], name="custom_value_once"),
            models.CheckConstraint(condition=~Q(value=""), name="custom_value_not_empty"),
        ]
        indexes = [models.Index("field", "value", "member", name="custom_value_members")]

    def __str__(self):
        return self.value


class Emptied(models.Model):
    """The nightly run emptied `count` values of a field because their time was over."""

    field = models.ForeignKey(CustomField, models.CASCADE, related_name="emptied")
    on = models.DateField()
    count = models.PositiveIntegerField()

    class Meta:
        ordering = ["-on", "-pk"]

    def __str__(self):
        return f"{self.field} {self.on}"
