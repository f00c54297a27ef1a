"""Registrations for events: one state machine, one row per person and event, and a line for every step it took."""

import uuid

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches import scope
from branches.scope import Right
from common import prepared
from education.models.events import Event
from membership.models import Member, reached_by
from outbox.models import Message
from outbox.relay import enqueue


class RegistrationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All of events one runs or carries with care, and those of members one may see."""
        return self.filter(Q(event__in=Event.objects.attended_by(user)) | reached_by(user, member="member__"))

    def editable_by(self, user):
        """Who runs the event keeps its registrations."""
        return self.filter(event__in=Event.objects.attended_by(user))

    def approvable_by(self, user):
        """Those that wait for the word of the member's unit: whoever cares for the member may give it; for guests, for the unit in charge."""
        guests = scope.covers(user, Right.CARE, "event__unit__path") & Q(member=None)
        return self.filter(reached_by(user, Right.CARE, "member__") | guests, state=Registration.State.ASKED)

    def taking_seats(self, now=None):
        """Those a seat is taken or held for; with `now` without offers whose time is over."""
        taking = self.filter(state__in=Registration.SEATED)
        return taking.exclude(state=Registration.State.OFFERED, offered_until__lte=now) if now else taking

    def by_state(self, event):
        """{state: number} of the event with this primary key."""
        counts = prepared.fetch("registrations by state", lambda pk: Registration.objects.filter(event=pk).order_by().values_list("state").annotate(n=Count("pk")), [event])
        return dict(counts)

    def waiting_order(self):
        """In the order of arrival."""
        return self.order_by("asked_at", "pk")


class Registration(models.Model):
    """A member's or a guest's place at an event, or their wish for one.

    `asked_at` with the number of the row is the order of arrival; who registers again after cancelling begins anew. why: the rule that gave the place
    ({"rule": "first_time"}), shown in words in the list. offered_until: until when a place that became free is held.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("asked, waits for approval")
        WAITING = "waiting", _("on the waiting list")
        OFFERED = "offered", _("a place is offered")
        CONFIRMED = "confirmed", pgettext_lazy("registration", "confirmed")
        DECLINED = "declined", _("declined")
        CANCELLED = "cancelled", _("cancelled")
        ATTENDED = "attended", _("attended")
        MISSED = "missed", _("missed")

    SEATED = (State.OFFERED, State.CONFIRMED, State.ATTENDED, State.MISSED)
    OPEN = (State.ASKED, State.WAITING, State.OFFERED, State.CONFIRMED)
    OVER = (State.DECLINED, State.CANCELLED)
    TOLD = (*OPEN, *OVER)  # by one mail each; whether somebody came is noted and not told
    # {state: the states it is reached from}. Who was there was there, whatever the list says; taken back, they are where they were.
    REACHED_FROM = {
        State.ASKED: OVER,
        State.WAITING: (State.ASKED, *OVER),
        State.OFFERED: (State.WAITING,),
        State.CONFIRMED: (State.ASKED, State.WAITING, State.OFFERED, *OVER),
        State.DECLINED: (State.ASKED, State.WAITING),
        State.CANCELLED: OPEN,
        State.ATTENDED: (*OPEN, *OVER, State.MISSED),
        State.MISSED: (State.CONFIRMED, State.OFFERED, State.ATTENDED),
    }

    event = models.ForeignKey(Event, models.CASCADE, related_name="registrations")
    member = models.ForeignKey(Member, models.CASCADE, null=True, related_name="registrations")
    name = models.CharField(_("name"), max_length=160, blank=True)  # of a guest; members are named by their record
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    language = models.CharField(max_length=5, blank=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    state = models.CharField(max_length=10, choices=State.choices)
    asked_at = models.DateTimeField()
    approve_until = models.DateField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approval_told_at = models.DateTimeField(null=True)  # when the unit was asked
    approval_reminded_at = models.DateTimeField(null=True)
    offered_until = models.DateTimeField(null=True)
    why = models.JSONField(default=dict)
    note = models.CharField(_("what we should know"), max_length=300, blank=True)  # food, access; for those who run the event

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("event", "member", condition=Q(member__isnull=False), name="registration_of_member_once"),
            models.UniqueConstraint("event", Lower("email"), condition=Q(member=None) & ~Q(email=""), name="registration_of_guest_once"),
            models.CheckConstraint(condition=Q(member__isnull=False) | ~Q(name=""), name="registration_names_somebody"),
            models.CheckConstraint(condition=~Q(state="offered") | Q(offered_until__isnull=False), name="registration_offer_ends"),
        ]
        indexes = [
            models.Index("event", "state", "asked_at", "id", name="registration_order"),
            models.Index("member", F("asked_at").desc(), name="registration_of_member"),
            models.Index("offered_until", condition=Q(state="offered"), name="registration_offers"),
            models.Index("event", condition=Q(state="waiting"), name="registration_waits"),
            models.Index("approve_until", condition=Q(state="asked"), name="registration_asked"),
        ]

    def __str__(self):
        return self.who

    @property
    def who(self):
        return self.member.name if self.member else self.name

    @property
    def is_open(self):
        return self.state in self.OPEN

    @property
    def has_mail(self):
        return bool(self.member.email if self.member else self.email)

    def begin(self, state, now, by=None, why=None, **fields):
        """Write a new registration, or one that is over and begins anew."""
        for name, value in (fields | {"state": state, "why": why or {}}).items():
            setattr(self, name, value)
        self.save()
        return note([self], now, by)

    # The verbs. Those that give or free a place belong under the lock of the event: see education.registering.

    def confirm(self, now, by=None, why=None):
        return step([self], self.State.CONFIRMED, now, by, why, offered_until=None)

    def wait(self, now, by=None, why=None):
        return step([self], self.State.WAITING, now, by, why)

    def offer(self, until, now, by=None, why=None):
        return step([self], self.State.OFFERED, now, by, why, offered_until=until)

    def decline(self, now, by=None, why=None):
        return step([self], self.State.DECLINED, now, by, why)

    def cancel(self, now, by=None, why=None):
        return step([self], self.State.CANCELLED, now, by, why, offered_until=None)

    def attend(self, now, by=None):
        """They were there. Nobody is told."""
        return come([self], self.State.ATTENDED, now, by)

    def miss(self, now, by=None):
        """They had a place and did not come. Nobody is told."""
        return come([self], self.State.MISSED, now, by)

    @transaction.atomic
    def undo_attendance(self, now, by=None):
        """Back to the state before it was noted whether they came, off the list for who came without one; nobody is told. [] when it was not noted."""
        row = Registration.objects.select_for_update(of=("self",)).get(pk=self.pk)
        noted = (self.State.ATTENDED, self.State.MISSED)
        last = row.changes.exclude(state__in=noted).order_by("-at", "-pk").first()
        if row.state not in noted:
            return []
        self.state = last.state if last else self.State.CANCELLED
        Registration.objects.filter(pk=self.pk).update(state=self.state)
        return note([self], now, by, {"rule": "undo"}, tell=False)


@transaction.atomic
def step(rows, state, now, by=None, why=None, **fields):
    """Bring `rows` to `state` because of `why`, with the other `fields` they get; returns those that took the step.

    A row that is in no state this one is reached from by now stays as it is. Each step is a RegistrationChange and, by it, one mail.
    """
    rows = _turn(rows, state, why=why or {}, **fields)
    return note(rows, now, by, why or {})


@transaction.atomic
def come(rows, state, now, by=None):
    """Note of `rows` that they attended or missed (`state`); why they had their place stays with them. Returns those it is new of; nobody is told."""
    return note(_turn(rows, state), now, by, tell=False)


def _turn(rows, state, **fields):
    """Those of `rows` that could be brought to `state`, with `fields` as they are now."""
    found = Registration.objects.select_for_update().filter(pk__in=[row.pk for row in rows], state__in=Registration.REACHED_FROM[state])
    current = set(found.order_by("pk").values_list("pk", flat=True))
    rows = [row for row in rows if row.pk in current]
    fields["state"] = state
    Registration.objects.filter(pk__in=current).update(**fields)
    for row in rows:
        for name, value in fields.items():
            setattr(row, name, value)
    return rows


def note(rows, now, by, why=None, tell=True):
    """Write down that `rows` came to the state they are in because of `why` (None: what each of them says), and tell each of them by one mail."""
    changes = RegistrationChange.objects.bulk_create(
        RegistrationChange(registration=row, state=row.state, at=now, by=by, why=row.why if why is None else why) for row in rows
    )
    if tell:
        enqueue([
            Message(
                kind="registration", key=f"registration:{change.pk}", due_at=now,
                payload={"change": change.pk} | ({"member": change.registration.member_id} if change.registration.member_id else {}),
            )
            for change in changes
        ])  # fmt: skip
    return rows


class RegistrationChange(models.Model):
    """A step of a registration: the state it came to, when, by whom (None: by a rule or by the person's own link) and why."""

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="changes")
    state = models.CharField(max_length=10, choices=Registration.State.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    why = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.registration_id} {self.state}"


class RegistrationAsk(models.Model):
    """Somebody wrote their address into the form of an event. What becomes of it is found out when the mail is made, so the page tells nothing.

    Deleted after a few days; the registration it leads to stands for itself.
    """

    event = models.ForeignKey(Event, models.CASCADE, related_name="asks")
    email = models.EmailField(_("e-mail"))
    name = models.CharField(_("name"), max_length=160, blank=True)
    language = models.CharField(max_length=5)
    at = models.DateTimeField(db_index=True)

    def __str__(self):
        return f"{self.event} {self.at:%Y-%m-%d %H:%M}"
