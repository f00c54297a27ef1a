"""The request box: what members and officers ask a unit, who is to answer and until when."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Appointment, Office, Unit
from membership.models import Member


class RequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Requests are private: for the office they are given to (while nobody holds it, who leads the unit) and those who lead above it.

        Whoever asked follows it by their own link, or on the page of what they asked.
        """
        if not user.is_authenticated:
            return self.none()
        mine = scope.leads_above(user, "unit__path")
        for term in user.appointments_now:
            mine |= Q(unit=term.unit_id, office=term.office_id)
        on = timezone.localdate()
        held = Appointment.objects.active(on).filter(unit=OuterRef("unit"), office=OuterRef("office"))
        vacant = scope.covers(user, scope.Right.LEAD, "unit__path") & (Q(office=None) | ~Exists(held))
        return self.filter(mine | vacant).exclude(state=Request.State.UNCONFIRMED)

    editable_by = visible_to

    def asked_by(self, user):
        """What `user` asked as an officer."""
        return self.filter(by=user)

    def open(self):
        return self.filter(state=Request.State.OPEN)


class Request(models.Model):
    """Something a member or an officer asks. `office` of `unit` is to answer until `due_on`; None: whoever leads the unit.

    `by` is the account of an officer who asks; everybody else gave name and mail address and follows it by a link with `key`.
    answered_on: the day of the first answer; a further question opens it again with a new day, which the figures leave out.
    """

    class State(models.TextChoices):
        UNCONFIRMED = "new", _("address not confirmed")
        OPEN = "open", _("to be answered")
        ANSWERED = "answered", _("answered")
        CLOSED = "closed", _("closed")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="requests", verbose_name=_("unit"))
    office = models.ForeignKey(Office, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("office"))
    subject = models.CharField(_("what it is about"), max_length=120)
    member = models.ForeignKey(Member, models.SET_NULL, null=True, related_name="requests")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    name = models.CharField(_("your name"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(max_length=5, blank=True)
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNCONFIRMED)
    created_at = models.DateTimeField()
    asked_on = models.DateField(null=True)  # from when the clock counts
    due_on = models.DateField(null=True)
    answered_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = RequestQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(by__isnull=False) | ~Q(email=""), name="request_can_be_answered"),
            models.CheckConstraint(condition=Q(state="new") | Q(due_on__isnull=False, asked_on__isnull=False), name="request_clock"),
        ]
        indexes = [
            models.Index("due_on", "id", condition=Q(state="open"), name="request_due"),
            models.Index("unit", "asked_on", name="request_of_unit"),
            models.Index("created_at", condition=Q(state="new"), name="request_unconfirmed"),
        ]

    def __str__(self):
        return self.subject

    @property
    def who(self):
        return self.by.name if self.by else self.name

    @property
    def is_open(self):
        return self.state == self.State.OPEN

    def turn(self, states, version=None, **fields):
        """Change `fields` while it is in one of `states` and, where given, still of this version. False when it is not."""
        rows = Request.objects.filter(pk=self.pk, state__in=states)
        if version is not None:
            rows = rows.filter(version=version)
        if rows.update(version=F("version") + 1, **fields):
            self.refresh_from_db()
            return True
        return False


class RequestEntry(models.Model):
    """A word in a request: the question, an answer, a forward with its note. by: None is whoever asked."""

    class Kind(models.TextChoices):
        QUESTION = "question", _("question")
        ANSWER = "answer", _("answer")
        FORWARD = "forward", _("passed on")
        NOTE = "note", _("note for the office")

    request = models.ForeignKey(Request, models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    text = models.TextField(max_length=4000, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")  # where it was passed on to
    office = models.ForeignKey(Office, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self):
        return f"{self.request_id} {self.kind}"
