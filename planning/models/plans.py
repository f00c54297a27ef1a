"""The work plan of a unit for a year: goals, activities and trainings; and what became of it."""

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches import scope
from branches.models import Office, Unit
from education.models import Event, EventKind


def read_by(user, field):
    """Q: `user` may read what the unit plans and spends whose path is in `field`: they see it, or lead the unit above or keep its money."""
    return scope.covers(user, scope.Right.SEE, field) | scope.oversees(user, field)


class Plan(models.Model):
    """What a unit wants to do in a year. version counts the steps it took, so that nobody answers to one that changed meanwhile.

    approved_at: when it was last approved; what was approved stays on each line beside what the line says now.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("submitted")
        RETURNED = "returned", pgettext_lazy("plan", "returned")
        APPROVED = "approved", _("approved")

    TONES = {State.DRAFT: "calm", State.SUBMITTED: "amber", State.RETURNED: "late", State.APPROVED: "ok"}

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="plans")
    year = models.PositiveSmallIntegerField(_("year"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    approved_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint("unit", "year", name="plan_once")]
        indexes = [models.Index("year", "state", name="plan_state")]

    def __str__(self):
        return f"{self.unit} {self.year}"

    @property
    def tone(self):
        return self.TONES[self.state]

    @property
    def is_open(self):
        """Whether its lines may change: not while somebody above reads it."""
        return self.state != self.State.SUBMITTED

    def submit(self, by, now):
        """Hand it to the unit above; also what changed since it was approved. False when it is handed in already."""
        return self._step([self.State.DRAFT, self.State.RETURNED, self.State.APPROVED], self.State.SUBMITTED, by, now)

    def take_back(self, by, now):
        """Before an answer, go on writing. False when it was answered meanwhile."""
        state = self.State.APPROVED if self.approved_at else self.State.DRAFT
        return self._step([self.State.SUBMITTED], state, by, now)

    def send_back(self, remark, by, now):
        """Return it with a remark. False when it is not handed in as `version` says."""
        return self._step([self.State.SUBMITTED], self.State.RETURNED, by, now, remark)

    @transaction.atomic
    def approve(self, by, now, remark=""):
        """Approve it as handed in: every line keeps what was approved. False when it is not handed in as `version` says."""
        if not self._step([self.State.SUBMITTED], self.State.APPROVED, by, now, remark, approved_at=now):
            return False
        for model in (Goal, Activity):
            lines = list(model.objects.filter(plan=self))
            for line in lines:
                line.approved = line.facts()
            model.objects.bulk_update(lines, ["approved"])
        return True

    @transaction.atomic
    def _step(self, states, state, by, now, remark="", **fields):
        waiting = Plan.objects.filter(pk=self.pk, version=self.version, state__in=states)
        if not waiting.update(state=state, version=F("version") + 1, **fields):
            return False
        self.steps.create(state=state, by=by, at=now, remark=remark)
        self.refresh_from_db()
        return True


class PlanStep(models.Model):
    """A plan was handed in, taken back, returned (remark) or approved."""

    plan = models.ForeignKey(Plan, models.CASCADE, related_name="steps")
    state = models.CharField(max_length=10, choices=Plan.State.choices)
    remark = models.TextField(_("remark"), max_length=2000, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.plan} {self.state}"


class LineQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(read_by(user, "plan__unit__path"))

    def editable_by(self, user):
        return self.filter(scope.covers(user, scope.Right.CARE, "plan__unit__path"))


class Line(models.Model):
    """A line of a plan. approved: its facts() when the plan was last approved, None for a line that came later."""

    FACTS: tuple[str, ...] = ()
    WRITTEN: tuple[str, ...] = ()  # what its form writes

    plan = models.ForeignKey(Plan, models.CASCADE)
    title = models.CharField(_("title"), max_length=160)
    text = models.TextField(_("more about it"), max_length=2000, blank=True)
    approved = models.JSONField(null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        abstract = True

    def __str__(self):
        return self.title

    def facts(self):
        """What is approved of a line, as plain values."""
        values = {name: getattr(self, name) for name in self.FACTS}
        return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in values.items()}

    @property
    def changed(self):
        """{field: value approved} of what is no longer as it was approved."""
        now = self.facts()
        return {name: value for name, value in (self.approved or {}).items() if name in now and now[name] != value}

    @transaction.atomic
    def store(self):
        """Save a changed line unless somebody else changed it since it was read, or its plan was handed in; False then."""
        plan = Plan.objects.select_for_update().get(pk=self.plan_id)
        if not plan.is_open:
            return False
        if self.pk:
            if not type(self).objects.filter(pk=self.pk, version=self.version).update(version=F("version") + 1):
                return False
            self.version += 1
        # How far it is and what was approved are others' words, said meanwhile perhaps.
        self.save(update_fields=self.WRITTEN if self.pk else None)
        return True

    @transaction.atomic
    def remove(self):
        """Take out a line that was never approved. False when it was, or its plan is handed in. Raises ProtectedError where money is booked on it."""
        plan = Plan.objects.select_for_update().get(pk=self.plan_id)
        line = type(self).objects.filter(pk=self.pk, approved=None).first()
        if line is None or not plan.is_open:
            return False
        line.delete()
        return True


class Goal(Line):
    """What a unit wants to reach; whether it did is said by those who run the plan, not by the number of activities."""

    FACTS = ("title", "text")
    WRITTEN = ("title", "text")

    reached_on = models.DateField(null=True)

    objects = LineQuerySet.as_manager()

    class Meta:
        default_related_name = "goals"
        ordering = ["pk"]


class ActivityQuerySet(LineQuerySet):
    def open(self):
        return self.filter(state__in=Activity.OPEN)

    def late(self, on):
        """Neither done nor dropped on the day `on`, though the last day of its month (or of a decision) is over."""
        return self.open().filter(due_on__lt=on)

    @staticmethod
    def counts(on):
        """Sums to annotate groups with: how many there are, are done, dropped, late on the day `on`, and what those not dropped cost."""
        return {
            "number": Count("pk"),
            "done": Count("pk", filter=Q(state=Activity.State.DONE)),
            "dropped": Count("pk", filter=Q(state=Activity.State.DROPPED)),
            "late": Count("pk", filter=Q(state__in=Activity.OPEN, due_on__lt=on)),
            "cost_cents": models.Sum("cost_cents", filter=~Q(state=Activity.State.DROPPED), default=0),
        }


class Activity(Line):
    """Something a unit wants to do. due_on: the last day of its month, or the day a decision named; office: whose it is.

    kind: the kinds of events are those of activities too, so that plan, event and budget speak of the same; trainings are those whose attendance is
    confirmed. event: the one that fulfils it. people: expected, cost_cents: planned.
    """

    FACTS = ("title", "kind_id", "goal_id", "office_id", "due_on", "people", "cost_cents")
    WRITTEN = ("title", "text", "kind", "goal", "office", "due_on", "people", "cost_cents", "event")

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        UNDER_WAY = "under_way", _("under way")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    class Origin(models.TextChoices):
        OWN = "", ""
        LAST_YEAR = "last_year", _("as last year")
        DECISION = "decision", _("by decision of a meeting")
        IDEA = "idea", _("from an idea")

    OPEN = (State.PLANNED, State.UNDER_WAY)

    kind = models.ForeignKey(EventKind, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("kind"))
    goal = models.ForeignKey(Goal, models.SET_NULL, null=True, blank=True, related_name="activities", verbose_name=_("for the goal"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("in charge"))
    due_on = models.DateField(_("month"))
    people = models.PositiveIntegerField(_("expected people"), default=0)
    cost_cents = models.BigIntegerField(_("planned cost"), default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    reason = models.CharField(_("reason"), max_length=200, blank=True)  # why it was dropped
    done_on = models.DateField(null=True)
    event = models.ForeignKey(Event, models.SET_NULL, null=True, blank=True, related_name="activities", verbose_name=_("event"))
    origin = models.CharField(max_length=10, choices=Origin.choices, blank=True, default=Origin.OWN)

    objects = ActivityQuerySet.as_manager()

    class Meta:
        default_related_name = "activities"
        ordering = ["due_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(cost_cents__gte=0), name="activity_cost"),
            models.CheckConstraint(condition=~Q(state="dropped") | ~Q(reason=""), name="activity_dropped_why"),
        ]
        indexes = [models.Index("due_on", "plan", condition=Q(state__in=["planned", "under_way"]), name="activity_open")]

    @property
    def is_open(self):
        return self.state in self.OPEN

    def is_late(self, on):
        return self.is_open and self.due_on < on

    @property
    def tone(self):
        return {self.State.DONE: "ok", self.State.UNDER_WAY: "amber", self.State.DROPPED: ""}.get(self.state, "calm")

    def turn(self, state, on, reason=""):
        """Say on the day `on` how far it is; whoever drops it says why. Raises ValueError for dropping without a reason."""
        if state == self.State.DROPPED and not reason:
            raise ValueError("dropped without a reason")
        self.state, self.reason = state, reason if state == self.State.DROPPED else ""
        self.done_on = on if state == self.State.DONE else None
        self.save(update_fields=["state", "reason", "done_on"])
