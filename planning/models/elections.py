"""The election plan: what is done when before an election, posts and shifts, and the volunteers who take them."""

import uuid

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches import scope
from branches.models import Office, Unit
from branches.scope import Right
from common.labels import Labelled, localized
from education.models import Place
from membership.models import ACTIVE, Member, reached_by

FIRST_DAY, LAST_DAY = 180, -7  # a plan runs from so many days before the election until a week after it


class Span(Func):
    """tstzrange [starts_at, ends_at) of a row."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


class PostKind(models.TextChoices):
    STAND = "stand", _("information stand")
    CANVASS = "canvass", _("door to door")
    LEAFLETS = "leaflets", _("leaflets and posters")
    POLLING = "polling", _("polling district")
    PHONES = "phones", _("phone bank")
    DRIVING = "driving", _("driving service")
    OFFICE = "office", _("election office")
    PARTY = "party", _("evening of the election")
    OTHER = "other", pgettext_lazy("post", "other")


class Texts(Labelled):
    """A row with a title in each language and perhaps, likewise, how it is done."""

    texts = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True

    @property
    def text(self):
        return localized(self.texts)


# --- templates --------------------------------------------------------------------------------------------------------


class ElectionTemplateQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Templates are shared within a party and name nobody."""
        return self.filter(scope.same_party(user, "unit__path"))

    def for_unit(self, unit):
        """Those of `unit` and of the units above it, the nearest first."""
        return self.filter(unit__path__in=unit.ancestor_paths()).order_by("-unit__path", "pk")


class ElectionTemplate(Labelled):
    """How elections are prepared, as data of `unit`, for it and every unit below. usual: the one that comes with the party (planning.templates)."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="election_templates")
    usual = models.BooleanField(default=False, editable=False)

    objects = ElectionTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["unit__path", "pk"]
        constraints = [models.UniqueConstraint("unit", condition=Q(usual=True), name="election_template_usual_once")]

    def get_absolute_url(self):
        return reverse("planning:election_template", args=[self.pk])


class TemplateLine(Texts):
    """days_before: days before election day; 0 is the day itself, below 0 after it."""

    template = models.ForeignKey(ElectionTemplate, models.CASCADE)
    days_before = models.SmallIntegerField(
        _("days before the election"), validators=[MaxValueValidator(FIRST_DAY), MinValueValidator(LAST_DAY)], help_text=_("0 is the day itself, -1 the day after it.")
    )
    each = models.BooleanField(_("each unit that takes part does it"), default=False)

    class Meta:
        abstract = True
        ordering = ["-days_before", "pk"]


class TemplateMilestone(TemplateLine):
    """What is to be done so many days before, by an office."""

    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("in charge"))

    class Meta(TemplateLine.Meta):
        default_related_name = "milestones"
        constraints = [models.CheckConstraint(condition=Q(days_before__range=(LAST_DAY, FIRST_DAY)), name="template_milestone_days")]


class TemplatePost(TemplateLine):
    """A post with its shifts on a day: from, until (not after `from`: on the next day), the length of a shift in minutes (None: one shift)."""

    kind = models.CharField(_("kind"), max_length=10, choices=PostKind.choices)
    starts = models.TimeField(_("from"))
    ends = models.TimeField(_("until"))
    minutes = models.PositiveSmallIntegerField(_("length of a shift in minutes"), null=True, blank=True, validators=[MinValueValidator(15)])
    needed = models.PositiveSmallIntegerField(_("people needed"), default=2, validators=[MinValueValidator(1), MaxValueValidator(200)])

    class Meta(TemplateLine.Meta):
        default_related_name = "posts"
        constraints = [models.CheckConstraint(condition=Q(days_before__range=(LAST_DAY, FIRST_DAY)), name="template_post_days")]


# --- an election and its milestones -----------------------------------------------------------------------------------


class ElectionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """For those who see the unit that runs it or one that takes part."""
        taking_part = Election.units.through.objects.filter(scope.covers(user, Right.SEE, "unit__path"))
        return self.filter(scope.covers(user, Right.SEE, "unit__path") | Q(pk__in=taking_part.values("election")))

    def editable_by(self, user):
        return self.filter(scope.covers(user, Right.CARE, "unit__path"))


class Election(models.Model):
    """An election that `unit` plans for, with the `units` that take part (itself among them).

    minutes_between: between two shifts at different posts. night_rest_hours: between the shifts of two days; eleven hours as Section 5 of the German
    Working Hours Act (ArbZG) asks for employees, taken here as good practice for volunteers. most_hours: of shifts on one day. version: as for a project.
    """

    class State(models.TextChoices):
        PREPARED = "prepared", _("being prepared")
        RUNNING = "running", pgettext_lazy("election", "under way")
        DONE = "done", pgettext_lazy("election", "over")

    NEXT = {State.PREPARED: (State.RUNNING,), State.RUNNING: (State.DONE, State.PREPARED), State.DONE: (State.RUNNING,)}

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="elections")
    units = models.ManyToManyField(Unit, related_name="elections_shared")  # type: ignore[var-annotated]
    title = models.CharField(_("title"), max_length=120)
    day = models.DateField(_("election day"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARED)
    minutes_between = models.PositiveSmallIntegerField(
        _("minutes between two posts"), default=30, validators=[MaxValueValidator(600)], help_text=_("To get from one post to another.")
    )
    night_rest_hours = models.PositiveSmallIntegerField(
        _("hours of rest between two days"), default=11, validators=[MaxValueValidator(16)], help_text=_("Eleven hours are good practice (as in Section 5 of the German Working Hours Act).")
    )
    most_hours = models.PositiveSmallIntegerField(
        _("most hours on one day"), default=10, validators=[MinValueValidator(1), MaxValueValidator(24)]
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True)  # one per form shown: a double click plans once
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = ElectionQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "-pk"]
        indexes = [models.Index("unit", "day", name="election_of_unit"), models.Index("day", "id", name="election_order")]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("planning:election_detail", args=[self.pk])

    @property
    def tone(self):
        return {self.State.RUNNING: "amber", self.State.DONE: "ok"}.get(self.state, "calm")

    def turn(self, state):
        """Say how far it is; False when that does not follow from where it stands, also because somebody was faster."""
        if state not in self.NEXT[self.state]:
            return False
        turned = Election.objects.filter(pk=self.pk, state=self.state).update(state=state)
        if turned:
            self.state = state
        return bool(turned)


class ElectionMilestoneQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope.covers(user, Right.SEE, "unit__path"))

    def open(self):
        return self.filter(done_on=None)

    def late(self, on):
        """Not done on the day `on` though their day is over, of elections that are under way."""
        return self.open().filter(due_on__lt=on, election__state=Election.State.RUNNING)


class ElectionMilestone(Texts):
    """What `office` of `unit` is to do for an election until the day `due_on`. group: the same for all units that do the same."""

    election = models.ForeignKey(Election, models.CASCADE, related_name="milestones")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="election_milestones")
    group = models.UUIDField(default=uuid.uuid4)
    due_on = models.DateField(_("until"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("in charge"))
    done_on = models.DateField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = ElectionMilestoneQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        constraints = [models.UniqueConstraint("election", "group", "unit", name="election_milestone_once")]
        indexes = [models.Index("due_on", condition=Q(done_on=None), name="election_milestone_open")]

    def is_late(self, on):
        return self.done_on is None and self.due_on < on

    def finish(self, on, by):
        """Done on the day `on`; False when it was before."""
        return bool(ElectionMilestone.objects.filter(pk=self.pk, done_on=None).update(done_on=on, done_by=by))

    def reopen(self):
        ElectionMilestone.objects.filter(pk=self.pk).update(done_on=None, done_by=None)


# --- posts, shifts, volunteers ----------------------------------------------------------------------------------------


class PostQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope.covers(user, Right.SEE, "unit__path"))

    def editable_by(self, user):
        return self.filter(scope.covers(user, Right.CARE, "unit__path"))


class Post(models.Model):
    """Where people are needed, kept by `unit`. contact: who answers there, for those with an office and those who have a shift."""

    election = models.ForeignKey(Election, models.CASCADE, related_name="posts")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="election_posts", verbose_name=_("unit"))
    kind = models.CharField(_("kind"), max_length=10, choices=PostKind.choices, default=PostKind.STAND)
    name = models.CharField(_("name"), max_length=120)
    address = models.CharField(_("address"), max_length=200, blank=True)
    what = models.TextField(_("what is to be done"), max_length=1000, blank=True)
    contact = models.CharField(_("who answers there"), max_length=120, blank=True)
    contact_phone = models.CharField(_("their phone"), max_length=60, blank=True)
    access = models.CharField(_("access"), max_length=10, choices=Place.Access.choices, blank=True, default=Place.Access.UNKNOWN)

    objects = PostQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("planning:post_detail", args=[self.pk])

    @transaction.atomic
    def remove(self):
        """Take it out with its shifts. False while somebody is or was there; who is just taking a shift is waited for."""
        list(self.shifts.order_by("pk").select_for_update(of=("self",)))
        if Duty.objects.live().filter(shift__post=self).exists():
            return False
        self.delete()
        return True


class ShiftQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope.covers(user, Right.SEE, "post__unit__path"))

    def editable_by(self, user):
        return self.filter(scope.covers(user, Right.CARE, "post__unit__path"))

    def between(self, starts_at, ends_at):
        """Those that begin in [starts_at, ends_at)."""
        return self.filter(starts_at__gte=starts_at, starts_at__lt=ends_at)


class Shift(models.Model):
    """`needed` people at a post during [starts_at, ends_at)."""

    post = models.ForeignKey(Post, models.CASCADE, related_name="shifts")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    needed = models.PositiveSmallIntegerField(_("people needed"), default=2, validators=[MinValueValidator(1), MaxValueValidator(200)])

    objects = ShiftQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_start"),
            models.UniqueConstraint("post", "starts_at", "ends_at", name="shift_once"),
        ]
        indexes = [models.Index("starts_at", "post", name="shift_order")]

    def __str__(self):
        return f"{self.post} {self.starts_at:%Y-%m-%d %H:%M}"


class VolunteerQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Volunteers are members: for those who may see the member."""
        return self.filter(reached_by(user, member="member__"))

    def editable_by(self, user):
        return self.filter(reached_by(user, Right.CARE, "member__"))

    def ready(self):
        """Who said yes and is still a member."""
        return self.filter(state=Volunteer.State.YES, member__status__in=ACTIVE)


class Volunteer(models.Model):
    """A member asked to help in an election, or who said so. unit: their home when they were asked. by: who asked or noted it (None: they themselves)."""

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("volunteer", "asked")
        YES = "yes", pgettext_lazy("volunteer", "helps")
        NO = "no", pgettext_lazy("volunteer", "does not help")
        WITHDRAWN = "withdrawn", pgettext_lazy("volunteer", "no longer helps")

    election = models.ForeignKey(Election, models.CASCADE, related_name="volunteers")
    member = models.ForeignKey(Member, models.CASCADE, related_name="volunteering")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    note = models.CharField(_("what we should know"), max_length=300, blank=True)
    leave_alone = models.BooleanField(default=False)  # they want to be asked in no later election either

    objects = VolunteerQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint("election", "member", name="volunteer_once")]
        indexes = [models.Index("election", "state", name="volunteer_of_election")]

    def __str__(self):
        return self.member.name

    @property
    def tone(self):
        return {self.State.ASKED: "amber", self.State.YES: "ok"}.get(self.state, "")

    def agree(self, now, by=None):
        """They help."""
        self._answer(self.State.YES, now, by, leave_alone=False)

    def refuse(self, now, by=None, leave_alone=False):
        """They do not help, or no longer; what becomes of their shifts is for planning.volunteer_swaps."""
        helped = self.state in (self.State.YES, self.State.WITHDRAWN)
        self._answer(self.State.WITHDRAWN if helped else self.State.NO, now, by, leave_alone=leave_alone or self.leave_alone)

    def _answer(self, state, now, by, **fields):
        fields |= {"state": state, "answered_at": now, "by": by}
        Volunteer.objects.filter(pk=self.pk).update(**fields)
        for name, value in fields.items():
            setattr(self, name, value)


class Availability(models.Model):
    """A volunteer can come during [starts_at, ends_at). Who named no time at all is taken to come whenever they are needed."""

    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="times")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="availability_ends_after_start")]

    def __str__(self):
        return f"{self.volunteer_id} {self.starts_at:%Y-%m-%d %H:%M}"


class DutyQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Who stands where, for those who may see the member."""
        return self.filter(reached_by(user, member="member__"))

    def naming(self, user):
        """Those whose volunteer `user` knows by name: of members they see, and at posts they keep; volunteers read so before they say yes.

        Everybody else only learns the volunteer's unit. Every page, sheet and mail that names who has a shift asks here.
        """
        keeps = self.editable_by(user).values("pk")
        return self.filter(Q(pk__in=self.visible_to(user).order_by().values("pk")) | Q(pk__in=keeps.order_by()))

    def editable_by(self, user):
        """Those who keep the post."""
        return self.filter(scope.covers(user, Right.CARE, "shift__post__unit__path"))

    def live(self):
        return self.filter(state__in=Duty.LIVE)


class Duty(models.Model):
    """A volunteer takes a shift, or the part [starts_at, ends_at) of it.

    member is that of the volunteer: nobody is in two places at once, in whichever elections, and the database holds that.
    by: who planned it (None: they took it themselves); state_at and state_by: of its state now. came_at, left_at: as noted on the day.
    """

    class State(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("duty", "planned")
        CONFIRMED = "confirmed", pgettext_lazy("duty", "confirmed")
        DECLINED = "declined", pgettext_lazy("duty", "does not come")
        DONE = "done", pgettext_lazy("duty", "was there")
        MISSED = "missed", pgettext_lazy("duty", "did not come")

    LIVE = (State.PLANNED, State.CONFIRMED, State.DONE)
    OPEN = (State.PLANNED, State.CONFIRMED)

    shift = models.ForeignKey(Shift, models.CASCADE, related_name="duties")
    volunteer = models.ForeignKey(Volunteer, models.CASCADE, related_name="duties")
    member = models.ForeignKey(Member, models.CASCADE, related_name="duties", editable=False)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    state_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    state_at = models.DateTimeField()
    came_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    objects = DutyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "duties"
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="duty_ends_after_start"),
            models.CheckConstraint(condition=Q(left_at=None) | Q(left_at__gte=F("came_at")), name="duty_left_after_came"),
            ExclusionConstraint(
                name="duty_one_place_at_a_time",
                expressions=[("member", RangeOperators.EQUAL), (Span("starts_at", "ends_at", RangeBoundary()), RangeOperators.OVERLAPS)],
                condition=Q(state__in=["planned", "confirmed", "done"]),
            ),
        ]
        indexes = [models.Index("member", "starts_at", name="duty_of_member")]

    def __str__(self):
        return f"{self.shift} {self.volunteer_id}"

    @property
    def tone(self):
        return {self.State.CONFIRMED: "ok", self.State.DONE: "ok", self.State.PLANNED: "amber", self.State.MISSED: "late"}.get(self.state, "")

    # The verbs. None of them makes somebody come who did not: a new duty is planned by planning.posting.

    def confirm(self, now, by=None):
        """They say they come. False unless it is planned."""
        return self._turn((self.State.PLANNED,), self.State.CONFIRMED, now, by)

    def decline(self, now, by=None):
        """They do not come, or are taken out. False when it is over or was declined before."""
        return self._turn(self.OPEN, self.State.DECLINED, now, by)

    def attend(self, now, by=None, came_at=None, left_at=None):
        """They were there; times as noted, else those planned. False for one declined or noted as missed."""
        return self._turn(self.LIVE, self.State.DONE, now, by, came_at=came_at or self.came_at or self.starts_at, left_at=left_at or self.left_at)

    def miss(self, now, by=None):
        """They did not come."""
        return self._turn(self.LIVE, self.State.MISSED, now, by, came_at=None, left_at=None)

    def _turn(self, states, state, now, by, **fields):
        fields |= {"state": state, "state_at": now, "state_by": by}
        turned = Duty.objects.filter(pk=self.pk, state__in=states).update(**fields)
        if turned:
            for name, value in fields.items():
                setattr(self, name, value)
        return bool(turned)


class SwapQuerySet(models.QuerySet):
    def open(self):
        return self.filter(state=Swap.State.OPEN)


class Swap(models.Model):
    """Somebody wants to give a duty away: to one volunteer they name, or to whoever takes it (`to` empty). taken_by: who did."""

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("swap", "waits for an answer")
        TAKEN = "taken", pgettext_lazy("swap", "taken over")
        REFUSED = "refused", pgettext_lazy("swap", "refused")
        WITHDRAWN = "withdrawn", pgettext_lazy("swap", "withdrawn")

    duty = models.ForeignKey(Duty, models.CASCADE, related_name="swaps")
    to = models.ForeignKey(Volunteer, models.CASCADE, null=True, blank=True, related_name="swaps_asked")
    note = models.CharField(_("a word to them"), max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(Volunteer, models.SET_NULL, null=True, related_name="+")

    objects = SwapQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [models.UniqueConstraint("duty", condition=Q(state="open"), name="swap_one_open")]

    def __str__(self):
        return f"{self.duty_id} {self.state}"

    def take(self, volunteer, now):
        """`volunteer` takes it over. False when it is settled."""
        return self._settle(self.State.TAKEN, now, taken_by=volunteer)

    def refuse(self, now):
        """The one who was asked does not."""
        return self._settle(self.State.REFUSED, now)

    def withdraw(self, now):
        """Whoever wanted to give it away keeps it, or has it no more."""
        return self._settle(self.State.WITHDRAWN, now)

    def _settle(self, state, now, **fields):
        return bool(Swap.objects.open().filter(pk=self.pk).update(state=state, answered_at=now, **fields))


class Filling(models.Model):
    """Somebody asked for the best way to fill the open places of an election, on the day `on` (None: all days) in `unit` and below; the worker answers.

    lines: [[volunteer pk, shift pk, from, until], ..] with times in ISO format. exact: False when time ran out and a good filling was taken instead of
    the best. places: how many were open.
    """

    election = models.ForeignKey(Election, models.CASCADE, related_name="fillings")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    on = models.DateField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    places = models.PositiveIntegerField(default=0)
    exact = models.BooleanField(default=True)
    lines = models.JSONField(default=list)

    class Meta:
        ordering = ["-asked_at", "-pk"]
        indexes = [models.Index("asked_at", condition=Q(done_at=None), name="filling_waiting")]

    def __str__(self):
        return f"{self.election} {self.asked_at:%Y-%m-%d %H:%M}"
