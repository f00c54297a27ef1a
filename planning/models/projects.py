"""Projects paid by a fund: what was asked for, what it is to reach, when, and what the fund wants to be told."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Office, Unit
from planning.models.ideas import Idea


class ProjectQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope.covers(user, scope.Right.SEE, "unit__path"))

    def editable_by(self, user):
        return self.filter(scope.covers(user, scope.Right.CARE, "unit__path"))

    def running(self):
        return self.filter(state__in=Project.OPEN)


class Project(models.Model):
    """A project of a unit. Money in cents: what the fund is asked for and grants, what the unit adds itself. version: as for a line of a plan."""

    class State(models.TextChoices):
        PREPARED = "prepared", _("being prepared")
        APPLIED = "applied", _("applied for")
        GRANTED = "granted", _("granted, running")
        REFUSED = "refused", _("refused")
        REPORTED = "reported", _("reported to the fund")

    OPEN = (State.PREPARED, State.APPLIED, State.GRANTED)
    # What may come next; the way back is for what was pressed by mistake.
    NEXT = {
        State.PREPARED: (State.APPLIED,),
        State.APPLIED: (State.GRANTED, State.REFUSED, State.PREPARED),
        State.GRANTED: (State.REPORTED, State.APPLIED),
        State.REFUSED: (State.APPLIED,),
        State.REPORTED: (State.GRANTED,),
    }

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="projects")
    idea = models.ForeignKey(Idea, models.SET_NULL, null=True, blank=True, related_name="projects")
    title = models.CharField(_("title"), max_length=160)
    fund = models.CharField(_("fund"), max_length=160)
    aim = models.TextField(_("what it is to reach, and for whom"), max_length=3000)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"))
    report_due_on = models.DateField(_("report due on"), null=True, blank=True)
    asked_cents = models.BigIntegerField(_("asked for"), default=0)
    granted_cents = models.BigIntegerField(_("granted"), default=0)
    own_cents = models.BigIntegerField(_("own share"), default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARED)
    # The report, in the words of the unit.
    done = models.TextField(_("what was done"), max_length=5000, blank=True)
    reached = models.TextField(_("what it has changed"), max_length=5000, blank=True)
    learned = models.TextField(_("what we learned"), max_length=5000, blank=True)
    people = models.PositiveIntegerField(_("people reached"), default=0)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="project_period"),
            models.CheckConstraint(condition=Q(asked_cents__gte=0, granted_cents__gte=0, own_cents__gte=0), name="project_money"),
        ]
        indexes = [models.Index("unit", "starts_on", name="project_of_unit")]

    def __str__(self):
        return self.title

    @property
    def tone(self):
        return {self.State.APPLIED: "amber", self.State.GRANTED: "ok", self.State.REFUSED: "late"}.get(self.state, "calm")

    @property
    def money_cents(self):
        """What there is to spend: the grant, before it what was asked for, and the own share."""
        granted = self.state in (self.State.GRANTED, self.State.REPORTED)
        return (self.granted_cents if granted else self.asked_cents) + self.own_cents

    def turn(self, state, by, now):
        """Say how far it is; False when that does not follow from where it stands, also because somebody was faster."""
        if state not in self.NEXT[self.state]:
            return False
        if not Project.objects.filter(pk=self.pk, state=self.state).update(state=state):
            return False
        self.steps.create(state=state, by=by, at=now)
        self.state = state
        return True

    def store(self):
        """Save unless somebody else changed it since it was read; False then."""
        if self.pk:
            if not Project.objects.filter(pk=self.pk, version=self.version).update(version=F("version") + 1):
                return False
            self.version += 1
        # How far it is and who began it are no words of a form: `turn` may have come between.
        forms = [field.name for field in self._meta.concrete_fields if field.name not in ("id", "state", "unit", "by", "created_at")]
        self.save(update_fields=forms if self.pk else None)
        return True


class ProjectStep(models.Model):
    """A project came to a state."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="steps")
    state = models.CharField(max_length=10, choices=Project.State.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.project} {self.state}"


class MilestoneQuerySet(models.QuerySet):
    def open(self):
        return self.filter(done_on=None, project__state__in=Project.OPEN)

    def late(self, on):
        return self.open().filter(due_on__lt=on)


class Milestone(models.Model):
    """What is to be done in a project until a day, by an office of its unit."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="milestones")
    title = models.CharField(_("milestone"), max_length=160)
    due_on = models.DateField(_("until"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("in charge"))
    done_on = models.DateField(null=True)

    objects = MilestoneQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        indexes = [models.Index("due_on", condition=Q(done_on=None), name="milestone_open")]

    def __str__(self):
        return self.title


class ProjectCost(models.Model):
    """A line of the money of a project, in cents: planned when it was asked for, spent as known now."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="costs")
    text = models.CharField(_("what for"), max_length=200)
    planned_cents = models.BigIntegerField(_("planned"), default=0)
    spent_cents = models.BigIntegerField(_("spent"), default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(planned_cents__gte=0, spent_cents__gte=0), name="project_cost_money")]

    def __str__(self):
        return self.text
