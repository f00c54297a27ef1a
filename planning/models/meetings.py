"""Meetings of a unit: what is on the agenda, what was written down and decided, who was invited; and reminders of the meeting meter."""

import uuid

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Office, Unit
from education.models import Carrier, Event
from outbox.models import Message
from planning.models.plans import Activity


def carried(user, right=scope.Right.SEE):
    """Exists: a unit on which `user` holds at least `right` carries the event of the row."""
    return Exists(Carrier.objects.filter(scope.covers(user, right, "unit__path"), event=OuterRef("event")))


class OfEventQuerySet(models.QuerySet):
    def visible_to(self, user):
        """What was said in a meeting is for those with an office in a unit that carries it."""
        return self.filter(carried(user))


class Minutes(models.Model):
    """The minutes of one meeting. `key` is the address members read them at, as long as `shared_at` is set; version counts what was saved."""

    class State(models.TextChoices):
        OPEN = "open", _("being written")
        WRITTEN = "written", _("written, not approved yet")
        APPROVED = "approved", _("approved")

    HEAD = ("chair", "keeper", "present", "opened", "closed", "remark")

    event = models.OneToOneField(Event, models.CASCADE, related_name="minutes")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    chair = models.CharField(_("led by"), max_length=120, blank=True)
    keeper = models.CharField(_("minutes taken by"), max_length=120, blank=True)
    present = models.PositiveIntegerField(_("people present"), null=True, blank=True)
    opened = models.TimeField(_("began at"), null=True, blank=True)
    closed = models.TimeField(_("ended at"), null=True, blank=True)
    remark = models.TextField(_("further remarks"), max_length=4000, blank=True)
    written_at = models.DateTimeField(null=True)
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    approved_at_event = models.ForeignKey(Event, models.SET_NULL, null=True, related_name="approved_minutes")
    approved_on = models.DateField(null=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    shared_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OfEventQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "minutes"
        constraints = [
            models.CheckConstraint(condition=~Q(state="approved") | Q(approved_on__isnull=False), name="minutes_approved_on_a_day"),
            models.CheckConstraint(condition=Q(shared_at=None) | ~Q(state="open"), name="minutes_shared_when_written"),
        ]

    def __str__(self):
        return f"{self.event}"

    @property
    def tone(self):
        return {self.State.OPEN: "amber", self.State.APPROVED: "ok"}.get(self.state, "calm")

    def finish(self, by, now):
        """They are written: nothing changes any more but decisions done. False when they were before."""
        return self._turn(self.State.OPEN, state=self.State.WRITTEN, written_at=now, written_by=by)

    def reopen(self):
        """Something is missing: back to writing, and no longer shared. False once they are approved."""
        return self._turn(self.State.WRITTEN, state=self.State.OPEN, written_at=None, written_by=None, shared_at=None)

    def approve(self, event, on):
        """`event`, a later meeting, approved them on the day `on`. False unless they are written."""
        return self._turn(self.State.WRITTEN, state=self.State.APPROVED, approved_at_event=event, approved_on=on)

    def share(self, now):
        """Let whoever has the link read them. False while they are being written."""
        shared = Minutes.objects.filter(pk=self.pk).exclude(state=self.State.OPEN).update(shared_at=now)
        return bool(shared)

    def unshare(self):
        """The link that was given away opens nothing any more, now and after they are shared again."""
        Minutes.objects.filter(pk=self.pk).update(shared_at=None, key=uuid.uuid4())

    def store(self):
        """Save their head, unless somebody else did since it was read or they are finished; False then."""
        waiting = Minutes.objects.filter(pk=self.pk, version=self.version, state=self.State.OPEN)
        head = {name: getattr(self, name) for name in self.HEAD}
        return bool(waiting.update(version=F("version") + 1, **head))

    def _turn(self, was, **fields):
        turned = Minutes.objects.filter(pk=self.pk, state=was).update(version=F("version") + 1, **fields)
        if turned:
            self.refresh_from_db()
        return bool(turned)


class AgendaItem(models.Model):
    """An item of the agenda, and in `text` what the minutes say about it. minutes: how long it is meant to take."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="agenda_items")
    position = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(_("item"), max_length=200)
    minutes = models.PositiveSmallIntegerField(_("minutes"), null=True, blank=True)
    who = models.CharField(_("who"), max_length=120, blank=True)
    text = models.TextField(max_length=20_000, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = OfEventQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self):
        return self.title

    def write(self, text, version):
        """Save what the minutes say if nobody saved since `version`. False when somebody did."""
        saved = AgendaItem.objects.filter(pk=self.pk, version=version).update(text=text, version=version + 1)
        if saved:
            self.text, self.version = text, version + 1
        return bool(saved)


class DecisionQuerySet(OfEventQuerySet):
    def visible_to(self, user):
        """Also for those with an office in the unit that is to do it."""
        return self.filter(carried(user) | scope.covers(user, scope.Right.SEE, "unit__path"))

    def doable_by(self, user):
        """Those `user` may tick off: who writes the minutes, and who cares for the unit that is to do it."""
        mine = scope.covers(user, scope.Right.CARE, "unit__path") | scope.covers(user, scope.Right.CARE, "event__unit__path")
        return self.filter(mine)

    def open(self):
        """Neither done nor dropped, here or in the work plan."""
        return self.filter(Q(activity=None) | Q(activity__state__in=Activity.OPEN), state=Decision.State.OPEN)


class Decision(models.Model):
    """What a meeting decided: an office of a unit is to do it, until the day `due_on`. None as office: it only stands as decided.

    activity: its line in the work plan, from the day the minutes were finished; what is done there is done here.
    """

    class State(models.TextChoices):
        OPEN = "open", _("open")
        DONE = "done", _("done")
        DROPPED = "dropped", _("dropped")

    event = models.ForeignKey(Event, models.CASCADE, related_name="decisions")
    item = models.ForeignKey(AgendaItem, models.SET_NULL, null=True, blank=True, related_name="decisions")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="decisions")
    office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who does it"))
    text = models.CharField(_("decision"), max_length=500)
    votes = models.CharField(_("votes"), max_length=60, blank=True)
    due_on = models.DateField(_("until"), null=True, blank=True)
    activity = models.OneToOneField(Activity, models.SET_NULL, null=True, blank=True, related_name="decision")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(state="open") | Q(closed_at=None), name="decision_open_is_not_closed")]
        indexes = [models.Index("due_on", "id", condition=Q(state="open"), name="decision_due")]

    def __str__(self):
        return self.text

    @property
    def is_open(self):
        return self.state == self.State.OPEN and (self.activity is None or self.activity.is_open)

    @transaction.atomic
    def close(self, by, now, state=State.DONE):
        """Done or dropped, here and in the work plan. False when it was before."""
        closed = Decision.objects.filter(pk=self.pk, state=self.State.OPEN).update(state=state, closed_at=now, closed_by=by)
        if closed and self.activity and self.activity.is_open:
            self.activity.turn(state, timezone.localdate(now), gettext("The decision was dropped."))
        return bool(closed)

    @transaction.atomic
    def reopen(self):
        """Not done after all, here and in the work plan."""
        Decision.objects.filter(pk=self.pk).update(state=self.State.OPEN, closed_at=None, closed_by=None)
        if self.activity and not self.activity.is_open:
            self.activity.turn(Activity.State.PLANNED, None)


class Invitation(models.Model):
    """The members of the carrying units were invited to a meeting. counts: {"mail", "letter", ..: how many}, as shown before it was sent."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="invitations")
    key = models.UUIDField(unique=True)  # one per form shown: a double click sends once
    note = models.TextField(_("a word of yours"), max_length=2000, blank=True)
    counts = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)  # when the ledger had all its mails

    objects = OfEventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.event} {self.at:%Y-%m-%d}"


class MeterReminder(models.Model):
    """An office was reminded in time to invite to the `number`-th meeting of a year. stage: by the pace of the year, or at the last moment."""

    class Stage(models.TextChoices):
        PACE = "pace"
        LAST = "last"

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=4, choices=Stage.choices)
    told_at = models.DateTimeField()
    messages = models.ManyToManyField(Message, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("unit", "year", "number", "stage", name="meter_reminder_once")]

    def __str__(self):
        return f"{self.unit} {self.year} {self.number} {self.stage}"


def minutes_of(event):
    """The Minutes of `event`, begun if there are none and locked until the end of the transaction; None once they are finished.

    Whoever writes an item or a decision asks here first, so that nothing changes behind the back of who finishes them.
    """
    Minutes.objects.get_or_create(event=event)
    minutes = Minutes.objects.select_for_update().get(event=event)
    return minutes if minutes.state == Minutes.State.OPEN else None
