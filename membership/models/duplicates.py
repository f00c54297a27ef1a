"""Two records that may be one person: what they are found by, the pairs found, and what was decided about them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from membership.models.member import Member


class Trace(models.Model):
    """What a member can be found by as a second record (membership.duplicates.traces), and the print of the values it was made from.

    Derived, may be thrown away at any time: the nightly search makes it anew and then compares that member again.
    """

    member = models.OneToOneField(Member, models.CASCADE, primary_key=True, related_name="+")
    print = models.BigIntegerField()
    keys = ArrayField(models.BigIntegerField())
    fresh = models.BooleanField(db_default=True)  # not yet compared with the others

    class Meta:
        # Without a list of pending entries: the next question would read through it.
        indexes = [GinIndex(fields=["keys"], fastupdate=False, name="trace_of_keys")]


class PairQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Pairs of which one leads both homes, and those of which one leads one home and the other home has asked.

        Nobody learns from a pair alone that a record exists outside their units: it stays out of sight until they lead both, or until
        those who lead the other record ask, and so show it.
        """
        low, high = (scope.covers(user, scope.Right.LEAD, f"{side}__home_unit__path") for side in ("low", "high"))
        if any(len(path) == Unit.steplen and below for path, below in scope.scopes(user, scope.Right.LEAD)):
            return self.filter(low, high)  # a whole party: nothing to ask, and the likeliest are read in order
        # Three ways to see a pair, each answered by its index; joined by OR none would be.
        asking, pairs = Question.objects.open().values("member"), Pair.objects.values("pk")
        return self.filter(pk__in=pairs.filter(low, high).union(pairs.filter(low, high__in=asking), pairs.filter(high, low__in=asking)))

    editable_by = visible_to

    def open(self, on):
        """Undecided, or put off until a day that has come."""
        return self.filter(Q(state=Pair.State.OPEN) | Q(state=Pair.State.LATER, later_until__lte=on))


class Pair(models.Model):
    """Two members who may be one person. `low` is the one with the smaller id, so that each pair exists once."""

    class State(models.TextChoices):
        OPEN = "open", _("to be decided")
        LATER = "later", _("later")
        NOT_SAME = "not_same", _("not the same person")

    low = models.ForeignKey(Member, models.CASCADE, related_name="+")
    high = models.ForeignKey(Member, models.CASCADE, related_name="+")
    score = models.PositiveSmallIntegerField()
    reasons = ArrayField(models.CharField(max_length=20))  # codes of membership.duplicates.REASONS
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    later_until = models.DateField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField()

    objects = PairQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["low", "high"], name="pair_once"),
            models.CheckConstraint(condition=Q(low__lt=F("high")), name="pair_in_order"),
        ]
        indexes = [models.Index(F("score").desc(), F("id").desc(), condition=~Q(state="not_same"), name="pair_to_decide")]

    def not_same(self, by, now):
        """Two people. Kept for good: the search does not ask again."""
        self._decide(self.State.NOT_SAME, by, now)

    def put_off(self, until, by, now):
        """Ask again from the day `until`."""
        self._decide(self.State.LATER, by, now, until)

    def reopen(self):
        """Take a decision back."""
        self._decide(self.State.OPEN, None, None)

    def _decide(self, state, by, now, until=None):
        self.state, self.later_until, self.decided_by, self.decided_at = state, until, by, now
        self.save(update_fields=["state", "later_until", "decided_by", "decided_at"])


class QuestionQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope.covers(user, scope.Right.LEAD, "member__home_unit__path"))

    editable_by = visible_to

    def open(self):
        return self.filter(closed_at=None)


class Question(models.Model):
    """Those who lead `member` ask whether other units have the same person.

    With it they let whoever leads a record that resembles it see name, birth date and unit of theirs. They themselves learn nothing
    by asking, and nothing from silence: only a merge tells.
    """

    member = models.ForeignKey(Member, models.CASCADE, related_name="questions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = QuestionQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member"], condition=Q(closed_at=None), name="question_once")]

    def close(self, now):
        """Ask no longer. What others see of the record ends with it."""
        self.closed_at = now
        self.save(update_fields=["closed_at"])
