"""Standards, journeys, contacts: how a new member arrives."""

import uuid
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Office, Unit
from common.labels import Labelled
from membership.models import ListImport, Member


class Standard(models.Model):
    """The checklist template of a unit. What a new member goes through is its steps and those of every unit above."""

    unit = models.OneToOneField(Unit, models.CASCADE, related_name="standard")

    def __str__(self):
        return str(self.unit)


class StepQuerySet(models.QuerySet):
    def current(self):
        return self.filter(retired_at=None)

    def of_unit(self, unit):
        """Current steps that apply in `unit`: inherited ones from above and its own."""
        return self.current().filter(standard__unit__path__in=unit.ancestor_paths())


def default_reasons():
    return ["joined"]


class Step(Labelled):
    """A step of a standard. Steps belong to offices, not persons; locked ones cannot be changed or left out below."""

    class Due(models.TextChoices):
        DAYS = "days", _("days after joining")
        MONTH_END = "month_end", _("end of the month, counted from the month of joining")

    class DoneBy(models.TextChoices):
        TICK = "tick", _("somebody ticks it")
        CONTACT = "contact", _("a contact that reached the member")

    standard = models.ForeignKey(Standard, models.CASCADE, related_name="steps")
    slug = models.SlugField()
    due = models.CharField(_("due"), max_length=10, choices=Due.choices, default=Due.DAYS)
    count = models.PositiveSmallIntegerField(_("number of days or months"))
    office = models.ForeignKey(Office, models.PROTECT, verbose_name=_("office in charge"))
    done_by = models.CharField(_("counts as done when"), max_length=10, choices=DoneBy.choices, default=DoneBy.TICK)
    reasons = ArrayField(models.CharField(max_length=10), default=default_reasons)  # Journey.Reason values it is part of
    locked = models.BooleanField(_("locked"), default=False)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = StepQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["standard", "slug"], name="step_slug_once")]

    def due_on(self, started_on):
        """The day this step is due for a journey that starts on `started_on`.

        "End of month N" is the last day of the Nth month after the month of joining: whoever joins on the 30th
        still leaves the branch a whole month. Source: federal 1-3-6 standard (contact by the end of month 1 after joining).
        """
        if self.due == self.Due.DAYS:
            return started_on + timedelta(days=self.count)
        return started_on + relativedelta(months=self.count, day=31)


class JourneyQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(member__in=Member.objects.visible_to(user))

    def editable_by(self, user):
        return self.filter(member__in=Member.objects.editable_by(user))

    def running(self):
        return self.filter(state=Journey.State.RUNNING)


class Journey(models.Model):
    """One new member's running checklist."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("completed")
        ENDED = "ended", _("ended early")

    class Reason(models.TextChoices):
        JOINED = "joined", _("joined")
        RETURNED = "returned", _("returned")
        MOVED_IN = "moved_in", _("moved in")

    member = models.ForeignKey(Member, models.CASCADE, related_name="journeys")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="journeys")
    reason = models.CharField(max_length=10, choices=Reason.choices, default=Reason.JOINED)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    started_on = models.DateField(help_text=_("Day the due dates count from."))
    ended_on = models.DateField(null=True, blank=True)
    first_contact_on = models.DateField(null=True, blank=True)
    list_import = models.ForeignKey(ListImport, models.SET_NULL, null=True, related_name="journeys")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JourneyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member"], condition=Q(state="running"), name="journey_one_running"),
            models.UniqueConstraint(fields=["member", "started_on"], name="journey_once_per_start"),
        ]
        indexes = [models.Index("unit", "started_on", name="journey_of_unit")]


class JourneyStepQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(journey__member__in=Member.objects.visible_to(user))

    def editable_by(self, user):
        return self.filter(journey__member__in=Member.objects.editable_by(user))

    def open(self):
        return self.filter(state__in=JourneyStep.OPEN)

    def due(self, on):
        """Open steps due on or before the day `on`."""
        return self.open().filter(due_on__lte=on)

    def in_charge(self, user):
        """Steps that fall to the offices `user` holds today (see onboarding.duties)."""
        condition = Q(pk__in=[])
        for appointment in user.appointments_now:
            if appointment.right >= scope.Right.CARE:
                condition |= Q(duty_unit=appointment.unit_id, duty_office=appointment.office_id)
        return self.filter(condition)


class JourneyStep(models.Model):
    """A step of one journey. `unit` and `office` say whose it is by the standard, `duty_unit` and `duty_office` who is in charge today."""

    class State(models.TextChoices):
        OPEN = "open", _("not started")
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        NOT_NEEDED = "not_needed", _("not needed")
        BEFORE = "before", _("before Ankommen")  # due before the first list was loaded: nobody's fault, never late

    OPEN = (State.OPEN, State.WAITING)

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="steps")
    step = models.ForeignKey(Step, models.PROTECT, related_name="journey_steps")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    duty_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    duty_office = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    done_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    escalation_stopped_at = models.DateTimeField(null=True, blank=True)
    escalation_stopped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = JourneyStepQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["journey", "step"], name="journey_step_once"),
            models.CheckConstraint(condition=~Q(state="done") | Q(done_on__isnull=False), name="journey_step_done_has_day"),
            models.CheckConstraint(condition=~Q(state="not_needed") | ~Q(reason=""), name="journey_step_not_needed_has_reason"),
        ]
        indexes = [
            models.Index("unit", "due_on", condition=Q(state__in=["open", "waiting"]), name="journey_step_open_unit"),
            models.Index("duty_unit", "duty_office", "due_on", condition=Q(state__in=["open", "waiting"]), name="journey_step_open_duty"),
            models.Index("due_on", condition=Q(state__in=["open", "waiting"]), name="journey_step_open_due"),
        ]


class Escalation(models.Model):
    """A late step was told to an office once at this level (days late); the unique key is what makes it once."""

    journey_step = models.ForeignKey(JourneyStep, models.CASCADE, related_name="escalations")
    level = models.PositiveSmallIntegerField()
    told_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey_step", "level"], name="escalation_once_per_level")]


class ContactQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What was said stays with those who care for the member."""
        return self.filter(member__in=Member.objects.editable_by(user))


class Contact(models.Model):
    """One entry of the contact log: who, kind, result, next date."""

    class Kind(models.TextChoices):
        CALL = "call", _("call")
        VISIT = "visit", _("visit")
        MEETING = "meeting", _("met")
        MESSAGE = "message", _("message")
        MAIL = "mail", _("mail")
        LETTER = "letter", _("letter")

    class Result(models.TextChoices):
        REACHED = "reached", _("reached")
        NOT_REACHED = "not_reached", _("not reached")
        LATER = "later", _("asked to call later")
        WRONG = "wrong", _("contact data wrong")

    member = models.ForeignKey(Member, models.CASCADE, related_name="contacts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    on = models.DateField(_("on"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.CALL)
    result = models.CharField(_("result"), max_length=12, choices=Result.choices, default=Result.REACHED)
    next_on = models.DateField(_("next on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=2000)
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # one per form shown: a double click logs once
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "-pk"]
