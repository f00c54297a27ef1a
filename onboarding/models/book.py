"""Membership books (or cards): ordered, arrived, handed over by whom and when, lost; and how many lie in which unit."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from membership.models import Member, reached_by
from onboarding.models.arriving import JourneyStep


class BookQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(reached_by(user, scope.Right.SEE, "member__"))

    def editable_by(self, user):
        return self.filter(reached_by(user, scope.Right.CARE, "member__"))

    def in_unit(self, unit):
        """Of members who belong to `unit` or a unit below it; of a section: who belongs to it today."""
        if unit.kind.is_section:
            return self.filter(member__memberships__unit=unit, member__memberships__home=False, member__memberships__ends_on=None)
        return self.filter(member__home_unit__path__startswith=unit.path)

    def pending(self):
        """Still to be handed over. A step somebody closed a moment ago counts at once; its book follows with the next run (onboarding.books)."""
        return self.filter(Q(step=None) | Q(step__state__in=JourneyStep.OPEN), state__in=Book.PENDING)

    def wanted(self):
        return self.pending().filter(state=Book.State.WANTED)

    def ordered(self):
        return self.pending().filter(state=Book.State.ORDERED)

    def here(self):
        return self.pending().filter(state=Book.State.HERE)

    def overdue(self, on):
        """Should have been handed over before the day `on`."""
        return self.pending().filter(due_on__lt=on)


class Book(models.Model):
    """The membership book of one member. `step`: the step of the journey that asks for it; None for one that replaces a lost book."""

    class State(models.TextChoices):
        WANTED = "wanted", _("to order")
        ORDERED = "ordered", _("ordered")
        HERE = "here", _("here")
        HANDED = "handed", _("handed over")
        LOST = "lost", _("lost")
        DROPPED = "dropped", _("no longer needed")

    PENDING = (State.WANTED, State.ORDERED, State.HERE)

    member = models.ForeignKey(Member, models.CASCADE, related_name="books")
    step = models.OneToOneField(JourneyStep, models.SET_NULL, null=True, related_name="book")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WANTED)
    due_on = models.DateField()
    ordered_on = models.DateField(null=True)
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    arrived_on = models.DateField(null=True)
    arrived_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    handed_on = models.DateField(null=True)
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    lost_on = models.DateField(null=True)

    objects = BookQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("member", condition=Q(state__in=["wanted", "ordered", "here"]), name="book_one_pending"),
            models.CheckConstraint(condition=~Q(state="handed") | Q(handed_on__isnull=False), name="book_handed_has_day"),
        ]
        indexes = [
            models.Index("due_on", "id", condition=Q(state__in=["wanted", "ordered", "here"]), name="book_pending"),
            models.Index("handed_on", "id", condition=Q(state="handed"), name="book_handed"),
        ]

    def __str__(self):
        return f"{self.member_id} {self.state}"


class BookActQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Who did it may take it back."""
        return self.filter(by=user)

    editable_by = visible_to


class BookAct(models.Model):
    """What somebody did to some books at once, kept for taking it back. before: the rows as they were, [{field: value}]."""

    class Verb(models.TextChoices):
        ORDER = "order", _("ordered")
        ARRIVE = "arrive", _("arrived")
        HAND_OVER = "hand_over", _("handed over")
        LOSE = "lose", _("lost")

    key = models.UUIDField(default=uuid.uuid4, editable=False)  # one per form shown: a double click does it once
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    verb = models.CharField(max_length=10, choices=Verb.choices)
    at = models.DateTimeField()
    books = ArrayField(models.BigIntegerField(), default=list)
    before = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)

    objects = BookActQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by", "key"], name="book_act_once_per_form")]

    def __str__(self):
        return f"{self.verb} {len(self.books)}"


class BookCount(models.Model):
    """Books counted into (+) or out of (-) the cupboard of a unit. Its stock is the sum; a correction is a line of its own."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="book_counts")
    number = models.IntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)
    act = models.ForeignKey(BookAct, models.SET_NULL, null=True, related_name="counts")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(number=0), name="book_count_not_zero")]
        indexes = [models.Index("unit", models.F("id").desc(), name="book_count_of_unit")]

    def __str__(self):
        return f"{self.unit_id} {self.number:+}"
