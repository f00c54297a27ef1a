"""Registrations for events: one state machine, one row per person and event, and a line for every step it took."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from branches.scope import Right
from education.models.events import Event
from membership.models import Member, reached_by


class RegistrationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """All of events one runs or carries with care, and those of members one may see."""
        return self.filter(Q(event__in=Event.objects.attended_by(user)) | reached_by(user, member="member__"))

    def editable_by(self, user):
        """Who runs the event keeps its registrations."""
        return self.filter(event__in=Event.objects.attended_by(user))

    def approvable_by(self, user):
        """Those that wait for the word of the member's unit: whoever cares for the member may give it."""
        return self.filter(reached_by(user, Right.CARE, "member__"), state=Registration.State.ASKED)

    def taking_seats(self):
        """Those a seat is taken or held for."""
        return self.filter(state__in=Registration.SEATED)


class Registration(models.Model):
    """A member's or a guest's place at an event, or their wish for one.

    `asked_at` with the number of the row is the order of arrival; who registers again after cancelling begins anew. why: the rule that gave the place
    ({"rule": "first_time"}), shown in words in the list. offered_until: until when a place that became free is held.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("asked, waits for approval")
        WAITING = "waiting", _("on the waiting list")
        OFFERED = "offered", _("a place is offered")
        CONFIRMED = "confirmed", _("confirmed")
        DECLINED = "declined", _("declined")
        CANCELLED = "cancelled", _("cancelled")
        ATTENDED = "attended", _("attended")
        MISSED = "missed", _("missed")

    SEATED = (State.OFFERED, State.CONFIRMED, State.ATTENDED, State.MISSED)
    OPEN = (State.ASKED, State.WAITING, State.OFFERED, State.CONFIRMED)

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
    offered_until = models.DateTimeField(null=True)
    why = models.JSONField(default=dict)
    note = models.CharField(_("what we should know"), max_length=300, blank=True)  # food, access; for those who run the event

    objects = RegistrationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("event", "member", condition=Q(member__isnull=False), name="registration_of_member_once"),
            models.UniqueConstraint("event", Lower("email"), condition=Q(member=None), name="registration_of_guest_once"),
            models.CheckConstraint(condition=Q(member__isnull=False) | ~Q(name=""), name="registration_names_somebody"),
            models.CheckConstraint(condition=~Q(state="offered") | Q(offered_until__isnull=False), name="registration_offer_ends"),
        ]
        indexes = [
            models.Index("event", "state", "asked_at", "id", name="registration_order"),
            models.Index("member", F("asked_at").desc(), name="registration_of_member"),
            models.Index("offered_until", condition=Q(state="offered"), name="registration_offers"),
        ]

    def __str__(self):
        return self.who

    @property
    def who(self):
        return self.member.name if self.member else self.name


class RegistrationChange(models.Model):
    """A step of a registration: the state it came to, when, by whom (None: by a rule or by the person's own link) and why. Each is told by one mail."""

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="changes")
    state = models.CharField(max_length=10, choices=Registration.State.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    why = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.registration_id} {self.state}"
