"""Who belongs to a section by itself: a rule of age and gender."""

from datetime import date, timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from membership.models.member import Gender

MOST_YEARS = 120


class SectionRule(models.Model):
    """Full members and guests of the district of a section belong to it while age and gender fit.

    Sources differ on boundaries ("up to 35", "under 35", "from 60"), so each boundary says whether that age itself is in. Supporters belong
    to the one section they chose, by hand. An empty boundary or no gender asks for nothing.
    """

    unit = models.OneToOneField(Unit, models.CASCADE, related_name="section_rule")
    age_from = models.PositiveSmallIntegerField(_("from age"), null=True, blank=True)
    from_inclusive = models.BooleanField(_("this age is in"), default=True)
    age_to = models.PositiveSmallIntegerField(_("to age"), null=True, blank=True)
    to_inclusive = models.BooleanField(_("this age is in"), default=True)
    genders = ArrayField(models.CharField(max_length=1), default=list, blank=True)
    since = models.DateField()  # nobody belongs by this rule before

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(age_from__isnull=False) | Q(age_to__isnull=False) | ~Q(genders=[]), name="section_rule_asks_for_something"
            )
        ]

    def __str__(self):
        return str(self.unit)

    def clean(self):
        if self.age_from is None and self.age_to is None and not self.genders:
            raise ValidationError(_("Please say an age or a gender."))
        if self.age_from is not None and self.age_to is not None and self.leaving_age <= self.entering_age:
            raise ValidationError({"age_to": _("Nobody has an age between these.")})

    @property
    def entering_age(self):
        """The age on whose birthday somebody comes in; None when there is none."""
        return self.age_from if self.age_from is None or self.from_inclusive else self.age_from + 1

    @property
    def leaving_age(self):
        """The age on whose birthday somebody no longer belongs; None when there is none."""
        return self.age_to + 1 if self.age_to is not None and self.to_inclusive else self.age_to

    @property
    def told(self):
        """What the rule asks for, in sentences of the reader's language."""
        if self.entering_age is not None:
            yield _("from the day somebody turns %(age)s") % {"age": self.entering_age}
        if self.leaving_age is not None:
            yield _("until the day before somebody turns %(age)s") % {"age": self.leaving_age}
        if self.genders:
            labels = dict(Gender.choices)
            yield _("gender: %(genders)s") % {"genders": ", ".join(str(labels[gender]) for gender in self.genders)}

    def born(self, on):
        """(first, last) birth date of those who fit on the day `on`; None where nothing is asked for."""
        old = self.leaving_age is not None and born_by(on, self.leaving_age) + timedelta(days=1)
        return old or None, born_by(on, self.entering_age) if self.entering_age else None

    @property
    def place(self):
        """Path of the unit with everything below it whose members the rule asks about: the one above the section."""
        return self.unit.path[: -Unit.steplen] or self.unit.path


def born_by(on, years):
    """The last birth date of those who are at least `years` old on the day `on`; who was born on 29 February turns older on 1 March."""
    try:
        return on.replace(year=on.year - years)
    except ValueError:
        return date(on.year - years, 2, 28)
