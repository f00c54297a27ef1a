"""Standards, journeys, contacts: how a new member arrives."""

import uuid
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Case, Count, F, Min, OuterRef, Q, Subquery, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Least
from django.utils import formats
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Office, Unit
from common import prepared
from common.labels import Labelled, localized
from membership.models import ListImport, Member, reached_by
from outbox.models import Message

CONTACTS_APART = timedelta(days=30)
PROMISES_KEPT = timedelta(days=60)
REACHED = ["given_name", "family_name", "mobile", "phone", "email"]  # what a row with call and mail needs of a member
LISTED = [
    "pk", "reason", "state", "started_on", "ended_on", "first_contact_on", "contact_due_on", "next_due_on", "member_id", "member__given_name",
    "member__family_name", "member__home_unit__name", "member__home_unit__path", "closed", "total", "next_labels",
]  # fmt: skip


class Standard(models.Model):
    """The checklist template of a unit. What a new member goes through is its steps and those of every unit above."""

    unit = models.OneToOneField(Unit, models.CASCADE, related_name="standard")
    left_out = models.ManyToManyField("Step", related_name="left_out_by")  # type: ignore[var-annotated]  # never locked ones
    version = models.ForeignKey("StandardVersion", models.SET_NULL, null=True, related_name="+", db_index=False)  # the one in force

    def __str__(self):
        return str(self.unit)

    def free_slug(self, name):
        """A slug like `name` that no step of this standard has."""
        taken = set(self.steps.values_list("slug", flat=True))
        return next(slug for n in range(1, len(taken) + 2) if (slug := f"{name}-{n}" if n > 1 else name) not in taken)

    def next_position(self):
        return max(self.steps.values_list("position", flat=True), default=-1) + 1

    @transaction.atomic
    def record(self, by, now):
        """Keep what this standard asks for as its next version, of `by` at `now`. Returns the version, None when nothing has changed.

        Whoever changes steps or `left_out` calls this in the same transaction. content: {"steps": [..] in their order, "left_out": [..]}.
        """
        Standard.objects.select_for_update().get(pk=self.pk)
        steps = [step.rule() for step in self.steps.current().select_related("office")]
        left_out = [{"step": step.pk, "labels": step.labels} for step in self.left_out.order_by("pk")]
        content = {"steps": steps, "left_out": left_out}
        last = self.versions.first()
        if last and last.content == content:
            return None
        version = self.versions.create(number=last.number + 1 if last else 1, at=now, by=by, content=content)
        self.version = version
        self.save(update_fields=["version"])
        return version


class StepQuerySet(models.QuerySet):
    def current(self):
        return self.filter(retired_at=None)

    def of_unit(self, unit):
        """Current steps of `unit` and those above, also the ones left out: `left_out_at` is the path of the unit that did so."""
        above = Standard.objects.filter(left_out=OuterRef("pk"), unit__path__in=unit.ancestor_paths())
        return (
            self.current()
            .filter(standard__unit__path__in=unit.ancestor_paths())
            .annotate(left_out_at=Subquery(above.order_by("-unit__path").values("unit__path")[:1]))
            .select_related("standard__unit", "office")
            .order_by("standard__unit__path", "position", "pk")
        )


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
        SENT = "sent", _("what goes with it has gone out")

    class GoesWith(models.TextChoices):
        """What goes to the member with the step: see onboarding.welcome, letters and books."""

        NOTHING = "", _("nothing")
        MAIL = "mail", _("the welcome mail; a letter for those without e-mail")
        LETTER = "letter", _("the welcome letter, on paper for everybody")
        BOOK = "book", _("the membership book or card")

    standard = models.ForeignKey(Standard, models.CASCADE, related_name="steps")
    slug = models.SlugField()
    texts = models.JSONField(default=dict, blank=True)  # {language: how it is done}, for the office in charge
    member_texts = models.JSONField(default=dict, blank=True)  # {language: what it means to the member}, on their own page; none: not shown there
    goes_with = models.CharField(
        _("what goes with it"), max_length=10, choices=GoesWith.choices, blank=True, default=GoesWith.NOTHING, db_default=""
    )
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

    def due_from(self, started_on, on):
        """The day this step is due when the journey that counts from `started_on` begins only on the day `on`.

        What was due before somebody could know gets its own number of days or months once more, from `on`: nobody is late at once.
        """
        due = self.due_on(started_on)
        return due if due >= on else self.due_on(on)

    @property
    def leaving(self):
        """Whether it is for those alone who leave; its days count from that day then."""
        return self.reasons == [Journey.Reason.EXIT]

    def due_text(self):
        """The rule of `due_on` in words, in the reader's language."""
        if self.due == self.Due.DAYS:
            if not self.count:
                return gettext("on the day of leaving") if self.leaving else gettext("on the day of joining")
            if self.leaving:
                return ngettext("%(n)s day after leaving", "%(n)s days after leaving", self.count) % {"n": self.count}
            return ngettext("%(n)s day after joining", "%(n)s days after joining", self.count) % {"n": self.count}
        if not self.count:
            return gettext("by the end of the month of leaving") if self.leaving else gettext("by the end of the month of joining")
        return gettext("by the end of month %(n)s") % {"n": self.count}

    def example(self, on):
        """The same by an example: who joins (or leaves) on the day `on` has until then."""
        days = {"day": formats.date_format(on, "SHORT_DATE_FORMAT"), "due": formats.date_format(self.due_on(on), "SHORT_DATE_FORMAT")}
        return (gettext("who leaves on %(day)s: by %(due)s") if self.leaving else gettext("who joins on %(day)s: by %(due)s")) % days

    @property
    def text(self):
        """How it is done, in the reader's language; "" without a text."""
        return localized(self.texts)

    def rule(self):
        """All that this step asks for, as a version keeps it."""
        rule = {
            "step": self.pk, "slug": self.slug, "labels": self.labels, "texts": self.texts, "due": self.due, "count": self.count,
            "office": self.office.slug, "done_by": self.done_by, "reasons": self.reasons, "locked": self.locked,
        }  # fmt: skip
        more = {"member_texts": self.member_texts, "goes_with": self.goes_with}
        return rule | {name: value for name, value in more.items() if value}

    def retire(self, now):
        """No part of journeys that start from now on; running ones keep it."""
        self.retired_at = now
        self.save(update_fields=["retired_at"])

    def restore(self):
        """Take `retire` back."""
        self.retired_at = None
        self.save(update_fields=["retired_at"])

    def move(self, places):
        """Move by `places` (negative: up) among the current steps of the standard, as far as there are any."""
        with transaction.atomic():
            steps = list(Step.objects.current().filter(standard=self.standard_id).select_for_update().order_by("position", "pk"))
            steps.insert(max(0, steps.index(self) + places), steps.pop(steps.index(self)))
            for position, step in enumerate(steps):
                step.position = position
            Step.objects.bulk_update(steps, ["position"])


class JourneyQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(reached_by(user, scope.Right.SEE, "member__"))

    def editable_by(self, user):
        return self.filter(reached_by(user, scope.Right.CARE, "member__"))

    def running(self):
        return self.filter(state=Journey.State.RUNNING)

    def arriving(self):
        """Without those of members who leave."""
        return self.exclude(reason=Journey.Reason.EXIT)

    def without_contact(self):
        """Running journeys whose first contact is still owed; the clock runs (see Journey.contact_due_on)."""
        return self.running().filter(first_contact_on=None, contact_due_on__isnull=False)

    def in_unit(self, unit):
        """Of members who belong to `unit` or a unit below it; of a section: who belongs to it today."""
        if unit.kind.is_section:
            return self.filter(member__memberships__unit=unit, member__memberships__home=False, member__memberships__ends_on=None)
        return self.filter(member__home_unit__path__startswith=unit.path)

    def for_list(self):
        """Rows of LISTED: with member, home, `closed` of `total` steps and the labels of the next one, for onboarding.rows.journeys.

        Values, not objects: making fifty of those takes longer than finding them.
        """
        steps = JourneyStep.objects.filter(journey=OuterRef("pk"))

        def count(found):
            return Coalesce(Subquery(found.order_by().values("journey").annotate(n=Count("pk")).values("n")), 0)

        counted = self.annotate(
            closed=count(steps.exclude(state__in=(*JourneyStep.OPEN, JourneyStep.State.DROPPED))),
            total=count(steps.exclude(state=JourneyStep.State.DROPPED)),
        )
        return counted.with_next_step().values_list(*LISTED, named=True)

    def with_next_step(self):
        """With `next_labels`, what the open step that comes next is called in each language."""
        steps = JourneyStep.objects.filter(journey=OuterRef("pk")).open().order_by("due_on", "pk")
        return self.annotate(next_labels=Subquery(steps.values("step__labels")[:1]))

    def recount(self, on):
        """Bring what journeys keep about their steps and contacts up to date; who has no open step left is done on the day `on`.

        Whoever writes journeys, steps or contacts of many members by other means than the verbs calls this.
        """
        steps = JourneyStep.objects.filter(journey=OuterRef("pk")).order_by("due_on", "pk")
        first = steps.filter(step__done_by=Step.DoneBy.CONTACT)
        counted = When(state__in=(*JourneyStep.OPEN, JourneyStep.State.DONE), then="due_on")
        reached = Contact.objects.filter(member=OuterRef("member"), on__gte=OuterRef("started_on"), result=Contact.Result.REACHED)
        self.update(
            next_due_on=Subquery(steps.open().values("due_on")[:1]),
            contact_due_on=Subquery(first.annotate(counted=Case(counted)).values("counted")[:1]),
            first_contact_on=Least(
                Subquery(reached.order_by().values("member").annotate(first=Min("on")).values("first")),
                Subquery(first.filter(state=JourneyStep.State.DONE).order_by("done_on").values("done_on")[:1]),
            ),
        )
        self.filter(state=Journey.State.RUNNING, next_due_on=None).update(state=Journey.State.DONE, ended_on=on)
        self.filter(state=Journey.State.DONE, next_due_on__isnull=False).update(state=Journey.State.RUNNING, ended_on=None)


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
        EXIT = "exit", pgettext_lazy("journey", "left")

    member = models.ForeignKey(Member, models.CASCADE, related_name="journeys")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="journeys")
    reason = models.CharField(max_length=10, choices=Reason.choices, default=Reason.JOINED)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    started_on = models.DateField(help_text=_("Day the due dates count from."))
    ended_on = models.DateField(null=True, blank=True)
    first_contact_on = models.DateField(null=True, blank=True)
    contact_due_on = models.DateField(null=True, editable=False, help_text=_("Day until which the first contact counts as in time."))
    next_due_on = models.DateField(null=True, editable=False, help_text=_("Earliest day an open step is due."))
    list_import = models.ForeignKey(ListImport, models.SET_NULL, null=True, related_name="journeys")
    moved_on = models.DateField(null=True, editable=False)  # the last day it went to another unit with a note
    handover = models.TextField(blank=True, db_default="", editable=False)  # what that unit was told about it
    gave_feedback = models.BooleanField(default=False, db_default=False, editable=False)  # whether, never what: see onboarding.feedback
    created_at = models.DateTimeField(auto_now_add=True)

    objects = JourneyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member"], condition=Q(state="running"), name="journey_one_running"),
            models.UniqueConstraint(fields=["member", "started_on"], name="journey_once_per_start"),
        ]
        indexes = [
            models.Index("unit", "started_on", name="journey_of_unit"),
            models.Index("next_due_on", "id", condition=Q(state="running"), name="journey_running"),
            models.Index(
                "contact_due_on",
                "id",
                condition=Q(state="running", first_contact_on=None, contact_due_on__isnull=False),
                name="journey_waiting",
            ),
            models.Index(F("ended_on").desc(), F("id").desc(), condition=Q(state="done"), name="journey_completed"),
        ]

    def __str__(self):
        return str(self.member)

    def end(self, on, now, by=None):
        """Stop early on the day `on`: the member left, or those who care decided so. What is open is dropped. False when it did not run."""
        with transaction.atomic():
            ended = Journey.objects.running().filter(pk=self.pk).update(state=self.State.ENDED, ended_on=on)
            if ended:
                self.steps.open().update(state=JourneyStep.State.DROPPED, closed_at=now, closed_by=by)
                Journey.objects.filter(pk=self.pk).recount(on)
        self.refresh_from_db()
        return bool(ended)

    def resume(self):
        """Take `end` back: dropped steps are open again. False when it was not ended or the member has another journey running."""
        with transaction.atomic():
            resumed = self._lock() and (
                Journey.objects.filter(pk=self.pk, state=self.State.ENDED).update(state=self.State.RUNNING, ended_on=None)
            )
            if resumed:
                self.steps.filter(state=JourneyStep.State.DROPPED).reopen()
                Journey.objects.filter(pk=self.pk).recount(self.started_on)
        self.refresh_from_db()
        return bool(resumed)

    def _lock(self):
        """Hold the member's journeys until the transaction ends; whether this one runs or may run again."""
        journeys = Journey.objects.select_for_update().filter(member=self.member_id).order_by("pk")
        return not any(journey.state == self.State.RUNNING and journey != self for journey in journeys)

    @property
    def waits(self):
        return waits(self)

    def clock(self, on, amber_days):
        return clock(self, on, amber_days)


def waits(journey):
    """Whether the first contact is still owed; then the clock runs. journey: a Journey or a row of JourneyQuerySet.for_list()."""
    return journey.state == Journey.State.RUNNING and not journey.first_contact_on and bool(journey.contact_due_on)


def clock(journey, on, amber_days):
    """The contact clock on the day `on`: (Clock, days waited). Amber from `amber_days` before the contact is due, late after the day."""
    if journey.first_contact_on:
        return Clock.REACHED, (journey.first_contact_on - journey.started_on).days
    if not waits(journey):
        return Clock.NONE, None
    left = (journey.contact_due_on - on).days
    return Clock.LATE if left < 0 else Clock.AMBER if left <= amber_days else Clock.CALM, (on - journey.started_on).days


class Clock(models.TextChoices):
    """State of the contact clock; values are the tones of the screen."""

    REACHED = "ok", _("reached")
    CALM = "calm", _("waiting")
    AMBER = "amber", _("waiting, due soon")
    LATE = "late", _("waiting too long")
    NONE = "", _("no contact asked for")


class JourneyStepQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(reached_by(user, scope.Right.SEE, "journey__member__"))

    def editable_by(self, user):
        return self.filter(reached_by(user, scope.Right.CARE, "journey__member__"))

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

    def for_today(self):
        """With what a row on Today shows (onboarding.rows.today)."""
        return self.select_related("step", "journey__member").only(
            "state", "due_on", "waiting_for", "step__labels", "journey__reason", "journey__started_on",
            *(f"journey__member__{name}" for name in REACHED),
        )  # fmt: skip

    def for_checklist(self):
        """With what a checklist shows (onboarding.rows.check)."""
        return self.select_related("step", "duty_office", "duty_unit", "closed_by").only(
            "journey", "unit", "state", "due_on", "done_on", "closed_at", "reason", "waiting_for", "escalation_stopped_at", "step__labels",
            "duty_office__labels", "duty_unit__name", "closed_by__given_name", "closed_by__family_name", "closed_by__email",
        )  # fmt: skip

    def reopen(self):
        """Open again, as they were: waiting when they waited for something. Returns how many."""
        state = Case(When(waiting_for="", then=models.Value(JourneyStep.State.OPEN)), default=models.Value(JourneyStep.State.WAITING))
        return self.update(state=state, done_on=None, closed_at=None, closed_by=None, contact=None, reason="")


class JourneyStep(models.Model):
    """A step of one journey. `unit` and `office` say whose it is by the standard, `duty_unit` and `duty_office` who is in charge today."""

    class State(models.TextChoices):
        OPEN = "open", _("not started")
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        NOT_NEEDED = "not_needed", _("not needed")
        BEFORE = "before", _("before Ankommen")  # due before the first list was loaded: nobody's fault, never late
        DROPPED = "dropped", _("no longer due")  # the journey ended early, or the member moved where it is no step

    OPEN = (State.OPEN, State.WAITING)

    journey = models.ForeignKey(Journey, models.CASCADE, related_name="steps")
    step = models.ForeignKey(Step, models.PROTECT, related_name="journey_steps")
    # The version of its standard it was copied from; None: from before versions were kept, which is the first one.
    version = models.ForeignKey("StandardVersion", models.PROTECT, null=True, related_name="+", db_index=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    duty_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    duty_office = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    due_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    done_on = models.DateField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    waiting_for = models.CharField(_("waiting for"), max_length=200, blank=True, db_default="")
    contact = models.ForeignKey("Contact", models.SET_NULL, null=True, related_name="closed_steps")
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

    def __str__(self):
        return str(self.step)

    @property
    def is_open(self):
        return self.state in self.OPEN

    def tick(self, by, on, now):
        """Done on the day `on` by the user `by`. False when somebody closed it before (a double click, two people)."""
        return self._close(on, state=self.State.DONE, done_on=on, closed_at=now, closed_by=by)

    def not_needed(self, by, reason, on, now):
        """Not needed for this member. Raises ValueError without a reason."""
        if not reason.strip():
            raise ValueError("a reason is needed")
        return self._close(on, state=self.State.NOT_NEEDED, reason=reason.strip(), closed_at=now, closed_by=by)

    def wait(self, text):
        """Waiting for others; `text` says for what, "" takes it back. False when the step is closed."""
        state = self.State.WAITING if text.strip() else self.State.OPEN
        waits = JourneyStep.objects.open().filter(pk=self.pk).update(state=state, waiting_for=text.strip())
        self.refresh_from_db()
        return bool(waits)

    def stop_escalation(self, by, now):
        """Nobody is reminded of this step by escalation any more, until `resume_escalation`. False when it was stopped before."""
        step = JourneyStep.objects.filter(pk=self.pk, escalation_stopped_at=None)
        stopped = step.update(escalation_stopped_at=now, escalation_stopped_by=by)
        self.refresh_from_db()
        return bool(stopped)

    def resume_escalation(self):
        """Take `stop_escalation` back. False when it was not stopped."""
        step = JourneyStep.objects.filter(pk=self.pk, escalation_stopped_at__isnull=False)
        resumed = step.update(escalation_stopped_at=None, escalation_stopped_by=None)
        self.refresh_from_db()
        return bool(resumed)

    def undo(self):
        """Take `tick` or `not_needed` back. False when there is nothing to take back or the journey cannot run again."""
        closed = (self.State.DONE, self.State.NOT_NEEDED)
        with transaction.atomic():
            undone = self.journey._lock() and (
                JourneyStep.objects.filter(pk=self.pk, state__in=closed).exclude(journey__state=Journey.State.ENDED).reopen()
            )
            if undone:
                Journey.objects.filter(pk=self.journey_id).recount(self.due_on)
        self.refresh_from_db()
        return bool(undone)

    def _close(self, on, **fields):
        with transaction.atomic():
            self.journey._lock()
            closed = JourneyStep.objects.open().filter(pk=self.pk).update(**fields)
            if closed:
                Journey.objects.filter(pk=self.journey_id).recount(on)
        self.refresh_from_db()
        return bool(closed)


class Escalation(models.Model):
    """A late step was told to an office once at this level (days late); the unique key is what makes it once.

    office: the one that is told, perhaps standing in; None when it was skipped, `skipped` saying why (an English msgid).
    messages: the mails it went out with, one per holder of the office, each with other steps of the same day.
    """

    journey_step = models.ForeignKey(JourneyStep, models.CASCADE, related_name="escalations")
    level = models.PositiveSmallIntegerField()
    office = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    skipped = models.CharField(max_length=200, blank=True, db_default="")
    told_at = models.DateTimeField()
    messages = models.ManyToManyField(Message, related_name="escalations")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["journey_step", "level"], name="escalation_once_per_level")]


# Members named, and those with whom somebody promised to be in touch again in some days.
ASKED = """
SELECT unnest(%s::bigint[]) UNION
(SELECT member_id FROM onboarding_contact WHERE by_id = %s AND next_on BETWEEN %s AND %s ORDER BY next_on LIMIT 100)
"""


class ContactQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What was said stays with those who care for the member."""
        return self.filter(reached_by(user, scope.Right.CARE, "member__"))

    def log(self, member, by, on, key=None, **fields):
        """Log a contact of `by` with `member` on the day `on`; `key` names the form, so that a double click logs once.

        One that reached the member closes the contact step it counts for. Returns (Contact, whether it is new).
        """
        # The form says its key itself: with that of another form it must not find an entry about somebody else.
        key = uuid.uuid5(key, f"{by.pk} {member.pk}") if key else uuid.uuid4()
        with transaction.atomic():
            journey = Journey.objects.running().filter(member=member).select_for_update().first()
            contact, new = self.get_or_create(key=key, defaults={"member": member, "by": by, "on": on, **fields})
            if new and journey:
                contact._count_for(journey)
        return contact, new

    def latest(self, user, on, until, members):
        """{member pk: the last Contact} with each of `members`, and with whom `user` promised to be in touch again up to the day `until`.

        A promise counts until two months after its day; somebody else who got in touch since has kept it.
        """

        def last(user, members, by, since, until):
            asked = RawSQL(ASKED, [members, by, since, until])
            found = self.visible_to(user).filter(member__in=asked).select_related("member")
            found = found.only("by", "on", "kind", "result", "next_on", *(f"member__{name}" for name in REACHED))
            return found.order_by("member", "-pk").distinct("member")

        values = [prepared.keys(members), user.pk, on - PROMISES_KEPT, until]
        return {contact.member_id: contact for contact in scope.fetch(user, "last contacts", last, values)}


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
        indexes = [models.Index("by", "next_on", condition=Q(next_on__isnull=False), name="contact_to_follow_up")]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.get_result_display()}"

    def _count_for(self, journey):
        if step := self.counts_for(journey):
            step.contact = self
            step.state, step.done_on, step.closed_at, step.closed_by = JourneyStep.State.DONE, self.on, self.created_at, self.by
            step.save(update_fields=["contact", "state", "done_on", "closed_at", "closed_by"])
        Journey.objects.filter(pk=journey.pk).recount(self.on)

    def counts_for(self, journey):
        """The open step of `journey` this contact closes, None without one.

        It is the earliest open contact step, and for every one but the first only once the step before was due and, if done, done
        at least CONTACTS_APART earlier: two calls in one week are one contact of the 1-3-6, not two.
        """
        if self.result != self.Result.REACHED or self.on < journey.started_on:
            return None
        before = None
        for step in journey.steps.filter(step__done_by=Step.DoneBy.CONTACT).exclude(state=JourneyStep.State.DROPPED):
            if step.is_open:
                early = before and (self.on <= before.due_on or (before.done_on and self.on < before.done_on + CONTACTS_APART))
                return None if early else step
            before = step
        return None

    def undo(self):
        """Delete an entry logged by mistake; the steps it closed are open again, where their journey still runs or can run again."""
        with transaction.atomic():
            for step in self.closed_steps.select_related("journey"):
                step.undo()
            journeys = Journey.objects.running().filter(member=self.member_id)
            self.delete()
            journeys.recount(self.on)
