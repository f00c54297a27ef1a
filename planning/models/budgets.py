"""Money of units: the rule a district shares it out by, the shares, and what was spent."""

import uuid

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from education.models import Event, EventKind
from planning.models.plans import Activity, read_by

MOST = 10**11  # cents


class BudgetRuleQuerySet(models.QuerySet):
    def visible_to(self, user):
        """An approved rule can be read in the whole party; until then by those who see its unit."""
        return self.filter(
            scope.covers(user, scope.Right.SEE, "unit__path") | Q(scope.same_party(user, "unit__path"), state=BudgetRule.State.APPROVED)
        )

    def approved(self):
        return self.filter(state=BudgetRule.State.APPROVED)


class BudgetRule(models.Model):
    """How `unit` shares its money out among the units below it in a year. Money is cents.

    kinds: pks of the kinds of unit that get a share. statuses: who counts as registered on the day `counting_on`. amounts: [{"kind": pk of an
    EventKind, "each": cents for each approved activity, "person": cents for each person expected, "most": activities counted at most or None}].
    Floor, cap and total are multiples of `step_cents`, to which shares are rounded. total_cents None: open, every unit gets what the rule says.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SIMULATED = "simulated", _("calculated")
        APPROVED = "approved", _("approved")

    TONES = {State.DRAFT: "calm", State.SIMULATED: "amber", State.APPROVED: "ok"}
    STEPS = [(1, "0.01"), (100, "1"), (500, "5"), (1000, "10"), (5000, "50"), (10000, "100")]

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="budget_rules")
    year = models.PositiveSmallIntegerField(_("year"))
    name = models.CharField(_("name"), max_length=80)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    base_cents = models.BigIntegerField(_("base for every unit"), default=0)
    member_cents = models.BigIntegerField(_("for each registered member"), default=0)
    statuses = models.JSONField(_("who counts as registered"), default=list)
    counting_on = models.DateField(_("counted on"))
    amounts = models.JSONField(default=list)
    kinds = models.JSONField(_("units that get a share"), default=list)
    floor_cents = models.BigIntegerField(_("at least"), null=True, blank=True)
    cap_cents = models.BigIntegerField(_("at most"), null=True, blank=True)
    step_cents = models.PositiveIntegerField(_("rounded to"), choices=STEPS, default=100)
    total_cents = models.BigIntegerField(_("total"), null=True, blank=True)
    raw_cents = models.BigIntegerField(default=0)  # what the shares would be together, were they not scaled or rounded
    simulated_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = BudgetRuleQuerySet.as_manager()

    class Meta:
        ordering = ["-year", "-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint("unit", "year", condition=Q(state="approved"), name="budget_rule_one_approved"),
            models.CheckConstraint(
                condition=Q(base_cents__range=(0, MOST), member_cents__range=(0, MOST), step_cents__gte=1), name="budget_rule_amounts"
            ),
            models.CheckConstraint(
                condition=Q(floor_cents=None) | Q(cap_cents=None) | Q(cap_cents__gte=F("floor_cents")), name="budget_rule_bounds"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def tone(self):
        return self.TONES[self.state]

    @property
    def is_open(self):
        return self.state != self.State.APPROVED

    def why_not_approved(self, on):
        """What stands in the way of approving it on the day `on`, in words; "" for nothing."""
        if self.state != self.State.SIMULATED:
            return _("Calculate the shares first.")
        if self.counting_on >= on:
            return _("The counting day is not over yet; until then the number of members may change.")
        if BudgetRule.objects.approved().filter(unit=self.unit_id, year=self.year).exists():
            return _("Another rule is approved for this year already.")
        return ""

    def approve(self, by, now, on):
        """Freeze the shares as calculated. Raises ValidationError where why_not_approved has an answer; False when it changed meanwhile."""
        if reason := self.why_not_approved(on):
            raise ValidationError(reason)
        waiting = BudgetRule.objects.filter(pk=self.pk, version=self.version, state=self.State.SIMULATED)
        try:
            with transaction.atomic():
                return bool(waiting.update(state=self.State.APPROVED, approved_by=by, approved_at=now, version=F("version") + 1))
        except IntegrityError:  # another one of the same year at the same moment
            return False

    @transaction.atomic
    def remove(self):
        """Throw it away. False once it is approved."""
        held = BudgetRule.objects.select_for_update().filter(pk=self.pk).first()
        if held is None or not held.is_open:
            return False
        held.delete()
        return True


class BudgetShareQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Shares of units one sees, and all of a rule of a unit one sees: they name no members."""
        of_rule = scope.covers(user, scope.Right.SEE, "rule__unit__path")
        own = Q(read_by(user, "unit__path"), rule__state=BudgetRule.State.APPROVED)
        return self.filter(of_rule | own)


class BudgetShare(models.Model):
    """What a unit gets by a rule. lines: [[what, number, cents each, cents, ..], ..], which add up to `cents`; words: planning.budgets.say."""

    rule = models.ForeignKey(BudgetRule, models.CASCADE, related_name="shares")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="budget_shares")
    members = models.PositiveIntegerField()
    cents = models.BigIntegerField()
    lines = models.JSONField()

    objects = BudgetShareQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("rule", "unit", name="budget_share_once")]

    def __str__(self):
        return f"{self.unit}: {self.cents}"


class Budget(models.Model):
    """The money of a unit in a year; its row is what bookings wait for each other at. closed_at: nothing is booked any more; who closed it: YearTurn."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="budgets")
    year = models.PositiveSmallIntegerField(_("year"))
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("unit", "year", name="budget_once")]

    def __str__(self):
        return f"{self.unit} {self.year}"

    @classmethod
    def held(cls, unit, year):
        """The row, locked until the end of the transaction."""
        cls.objects.get_or_create(unit=unit, year=year)
        return cls.objects.select_for_update().get(unit=unit, year=year)

    @classmethod
    def close(cls, unit, year, by, now):
        """Nothing is booked any more. False when the year was closed before."""
        return cls._turn(unit, year, by, now, now)

    @classmethod
    def reopen(cls, unit, year, by, now):
        """The year is open again. False when it was open."""
        return cls._turn(unit, year, by, now, None)

    @classmethod
    @transaction.atomic
    def _turn(cls, unit, year, by, now, closed_at):
        budget = cls.held(unit, year)
        if bool(budget.closed_at) == bool(closed_at):
            return False
        budget.closed_at = closed_at
        budget.save(update_fields=["closed_at"])
        budget.turns.create(opens=closed_at is None, by=by, at=now)
        return True


class YearTurn(models.Model):
    """The year of a unit was closed, or opened again (`opens`): by whom and when. Kept for whoever reads the books later."""

    budget = models.ForeignKey(Budget, models.PROTECT, related_name="turns")
    opens = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.budget} {self.at:%Y-%m-%d}"


class YearClosed(ValidationError):
    """Nothing is booked in a year that is closed."""

    def __init__(self):
        super().__init__(_("This year is closed; nothing is booked any more."))


class SpendingQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(read_by(user, "budget__unit__path"))

    def editable_by(self, user):
        return self.filter(scope.keeps_money(user, "budget__unit__path"))

    def with_counter(self):
        """`is_reversed`: whether a counter booking takes it back."""
        return self.annotate(is_reversed=Exists(Spending.objects.filter(reverses=OuterRef("pk"))))

    def total(self):
        return self.aggregate(sum=Sum("cents", default=0))["sum"]


class Spending(models.Model):
    """One booking: never changed, never deleted (a trigger holds it). A mistake is taken back by its opposite (`reverses`) and booked anew.

    kind: the line of the budget; None is everything else. event: the settled event whose costs it books. key: one per form shown.
    """

    budget = models.ForeignKey(Budget, models.PROTECT, related_name="spendings")
    on = models.DateField(_("day"))
    cents = models.BigIntegerField(_("amount"))
    text = models.CharField(_("what for"), max_length=200)
    kind = models.ForeignKey(EventKind, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("line"))
    activity = models.ForeignKey(Activity, models.PROTECT, null=True, blank=True, related_name="spendings", verbose_name=_("activity"))
    event = models.ForeignKey(Event, models.PROTECT, null=True, related_name="spendings")
    reverses = models.OneToOneField("self", models.PROTECT, null=True, related_name="counter")
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    objects = SpendingQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(cents=0), name="spending_is_something")]
        indexes = [models.Index("budget", "on", name="spending_of_budget")]

    def __str__(self):
        return self.text

    @transaction.atomic
    def book(self):
        """Write it; the row that the same form wrote before, if there is one. Raises YearClosed."""
        budget = Budget.held(self.budget.unit, self.budget.year)
        if done := Spending.objects.filter(key=self.key).first():
            return done
        if budget.closed_at:
            raise YearClosed
        self.budget = budget
        self.save(force_insert=True)
        return self

    def take_back(self, why, by, now, on):
        """The counter booking of this one, on the day `on`; the one there is already. Raises YearClosed, ValueError for a counter booking."""
        if self.reverses_id:
            raise ValueError("a counter booking is not taken back")
        with transaction.atomic():
            Budget.held(self.budget.unit, self.budget.year)
            if done := Spending.objects.filter(reverses=self).first():
                return done
            same = {"kind": self.kind, "activity": self.activity, "event": self.event}
            return Spending(budget=self.budget, on=on, cents=-self.cents, text=why, reverses=self, by=by, at=now, **same).book()


class Receipt(models.Model):
    """The file behind a booking, kept in the database: rights guard a row, and a backup has everything."""

    spending = models.OneToOneField(Spending, models.PROTECT, related_name="receipt")
    name = models.CharField(max_length=120)
    content = models.BinaryField()

    def __str__(self):
        return self.name
