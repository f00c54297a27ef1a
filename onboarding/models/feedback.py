"""Answers to the three questions at month 6, without any trace of whose they are."""

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from branches.models import Unit


class Answer(models.Model):
    """One set of answers, 1 (not at all) to 5 (very much), of somebody who joined in `unit`, given in the half-year that begins with `half`.

    No member, no journey, no time, and a random key: rows do not even tell the order they came in.
    """

    QUESTIONS = {
        "welcome": _("I was made to feel welcome."),
        "informed": _("I know whom to ask and what is going on."),
        "belonging": _("I have found a place where I can join in."),
    }

    HEADS = {"welcome": _("Welcome"), "informed": _("Informed"), "belonging": _("Taking part")}

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    half = models.DateField()
    welcome = models.PositiveSmallIntegerField()
    informed = models.PositiveSmallIntegerField()
    belonging = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [models.Index("half", name="answer_of_half")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(welcome__range=(1, 5), informed__range=(1, 5), belonging__range=(1, 5)), name="answer_one_to_five"
            )
        ]

    def __str__(self):
        return f"{self.half}"
