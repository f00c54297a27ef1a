"""Applications with their clock, objections and appeals, terms of guests, and which postcodes belong to which unit."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from membership.models.member import Member, Membership, Status
from outbox.models import Message

FINAL_AFTER = relativedelta(years=1)
INVITED_BEFORE = timedelta(days=60)
AMBER, RED = timedelta(days=7), timedelta(days=2)


def anniversary(day, years=1):
    """The first day of the year after `years` years that began on `day`: those from 29 February end with 28 February, not a day before."""
    later = day + relativedelta(years=years)
    return later + timedelta(days=1) if later.day < day.day else later


def clock(last_day, on):
    """(tone, days left) of a term whose last day is `last_day`, on the day `on`: amber in its last week, red in the last two days and after."""
    left = last_day - on
    return "late" if left <= RED else "amber" if left <= AMBER else "calm", left.days


class ApplicationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Of one's units, and those of others on which one's unit decides an objection. Before the mail address is confirmed: nobody's."""
        raised = Objection.objects.filter(scope.covers(user, scope.Right.LEAD, "unit__path"), application=OuterRef("pk"))
        seen = scope.covers(user, scope.Right.SEE, "unit__path") | Q(Exists(raised))
        return self.filter(seen).exclude(state=Application.State.UNCONFIRMED)

    def open(self):
        return self.filter(state=Application.State.OPEN)

    def sorting(self):
        """Those of whom nobody knows yet which unit decides."""
        return self.filter(state=Application.State.SORTING)

    def overdue(self, on):
        """Open ones whose term was over before the day `on`."""
        return self.open().filter(decide_until__lt=on)


class Application(models.Model):
    """Somebody wants to become a member, guest or supporter; the board of `unit` decides until the day `decide_until`, else they are admitted.

    The person's own data stand here until they are admitted, then in their member record alone. `member` is there from the
    beginning when they are in the register already: a guest, somebody who returns, an applicant of the member list.
    Source: organisation statute § 3 (1): the board decides within a month; without refusal the application is accepted.
    """

    class State(models.TextChoices):
        UNCONFIRMED = "unconfirmed", _("mail address not confirmed")
        SORTING = "sorting", _("to be sorted")
        OPEN = "open", _("to be decided")
        ACCEPTED = "accepted", _("accepted")
        LAPSED = "lapsed", _("accepted by lapse of time")
        REFUSED = "refused", _("refused")
        REVOKED = "revoked", _("admission taken back after an objection")
        WITHDRAWN = "withdrawn", _("withdrawn")

    ADMITTED = (State.ACCEPTED, State.LAPSED)
    TURNED_DOWN = (State.REFUSED, State.REVOKED)
    OWN_DATA = ("given_name", "family_name", "birth_date", "email", "phone", "street", "postcode", "city", "language", "message")

    class Source(models.TextChoices):
        FORM = "form", _("join form")
        OFFICE = "office", _("entered by hand")
        GUEST = "guest", _("invitation to a guest")
        LIST = "list", _("member list")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="applications", verbose_name=_("unit"))
    member = models.ForeignKey(Member, models.CASCADE, null=True, related_name="applications")
    kind = models.CharField(_("wants to be"), max_length=10, choices=Membership.Kind.choices, default=Membership.Kind.FULL)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OPEN)
    source = models.CharField(max_length=10, choices=Source.choices)

    given_name = models.CharField(_("given name"), max_length=120, blank=True)
    family_name = models.CharField(_("family name"), max_length=120, blank=True)
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    street = models.CharField(_("street"), max_length=160, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    message = models.CharField(_("message"), max_length=1000, blank=True)
    search_name = models.CharField(max_length=600, blank=True, default="", db_default="", help_text="As of Member, until there is one.")

    received_on = models.DateField(_("received on"))
    decide_until = models.DateField(null=True, help_text="Last day to decide; counts from the day the unit in charge has it.")
    decided_on = models.DateField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    admitted_on = models.DateField(null=True, help_text="First day of the membership.")
    reminded_on = models.DateField(null=True)
    decision_mail = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+", help_text="What tells the latest decision.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ["decide_until", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(state="open") | Q(decide_until__isnull=False), name="application_open_has_term"),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "lapsed"]) | Q(member__isnull=False, admitted_on__isnull=False),
                name="application_admitted_is_member",
            ),
            models.UniqueConstraint("member", condition=Q(state="open"), name="application_one_open"),
        ]
        indexes = [
            models.Index("unit", "state", "decide_until", name="application_of_unit"),
            models.Index("decide_until", condition=Q(state="open"), name="application_clock"),
            GinIndex(OpClass("search_name", "gin_trgm_ops"), condition=~Q(search_name=""), name="application_names"),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("onboarding:application_detail", args=[self.pk])

    @property
    def person(self):
        """Who it is: the member where there is one, else what stands here."""
        return self.member or self

    @property
    def name(self):
        found = self.person
        return f"{found.given_name} {found.family_name}".strip()

    @property
    def is_open(self):
        return self.state == self.State.OPEN

    @property
    def is_admitted(self):
        return self.state in self.ADMITTED

    def clock(self, on):
        """(tone, days left) of the term to decide; None when nothing is to be decided."""
        return clock(self.decide_until, on) if self.is_open else None

    @property
    def objection_until(self):
        """Last day any member may object to the admission: one year after it. Source: organisation statute § 3."""
        return self.admitted_on + FINAL_AFTER if self.is_admitted else None

    def is_final(self, on):
        """Whether the admission cannot be objected to any more on the day `on`."""
        return self.is_admitted and on > self.objection_until and not self.objections.undecided().exists()


class ObjectionQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(application__in=Application.objects.visible_to(user))

    def editable_by(self, user):
        return self.filter(scope.covers(user, scope.Right.LEAD, "unit__path"))

    def undecided(self):
        return self.filter(outcome="")


class Objection(models.Model):
    """A member objects to an admission, or the applicant appeals against a refusal; `unit` decides, each further one a level higher."""

    class Outcome(models.TextChoices):
        OPEN = "", _("to be decided")
        DISMISSED = "dismissed", _("dismissed")
        UPHELD = "upheld", _("upheld")

    application = models.ForeignKey(Application, models.CASCADE, related_name="objections")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    appeal = models.BooleanField(help_text="Against a refusal, by the applicant; else against an admission.")
    raised_by = models.CharField(_("by whom"), max_length=200)
    raised_on = models.DateField(_("received on"))
    reason = models.CharField(_("reason"), max_length=1000)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True, default=Outcome.OPEN)
    remark = models.CharField(_("reason"), max_length=1000, blank=True)
    decided_on = models.DateField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint("application", condition=Q(outcome=""), name="objection_one_open")]

    def __str__(self):
        return f"{self.raised_by} {self.raised_on}"


class GuestTermQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope.covers(user, scope.Right.SEE, "member__home_unit__path"))

    def editable_by(self, user):
        return self.filter(scope.covers(user, scope.Right.LEAD, "member__home_unit__path"))

    def running(self):
        return self.filter(ended=False, member__status=Status.GUEST)

    def over(self, on):
        """Running ones whose last day lies before the day `on`."""
        return self.running().filter(ends_on__lte=on)

    def to_invite(self, on):
        """Running ones that end within 60 days and whose guest has not been invited to full membership, with a mail address."""
        return self.running().filter(ends_on__lte=on + INVITED_BEFORE, ends_on__gt=on, invited_on=None).exclude(member__email="")


class GuestTerm(models.Model):
    """How long somebody is a guest: [starts_on, ends_on), a year, once renewed for another. It goes along when they move."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="guest_terms")
    starts_on = models.DateField()
    ends_on = models.DateField()
    renewed_on = models.DateField(null=True)
    invited_on = models.DateField(null=True)
    ended = models.BooleanField(default=False)

    objects = GuestTermQuerySet.as_manager()

    class Meta:
        ordering = ["ends_on", "pk"]
        constraints = [models.CheckConstraint(condition=Q(ends_on__gt=models.F("starts_on")), name="guest_term_period")]
        indexes = [models.Index("ends_on", "id", condition=Q(ended=False), name="guest_term_running")]

    def __str__(self):
        return f"{self.member} {self.ends_on}"

    @property
    def last_day(self):
        return self.ends_on - timedelta(days=1)

    @property
    def may_renew(self):
        return not self.ended and self.renewed_on is None

    def renew(self, on):
        """Once, for another year that follows the first without a gap. False when it was renewed or has ended before."""
        ends = anniversary(self.starts_on, 2)
        renewed = GuestTerm.objects.filter(pk=self.pk, ended=False, renewed_on=None, ends_on__gt=on)
        done = renewed.update(renewed_on=on, ends_on=ends, invited_on=None)
        self.refresh_from_db()
        return bool(done)


class Area(models.Model):
    """The postcodes from `first` to `last` (both included, of the same length) belong to `unit`."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="areas")
    first = models.CharField(max_length=20, db_collation="C")
    last = models.CharField(max_length=20, db_collation="C")
    length = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["first", "last"]
        constraints = [models.CheckConstraint(condition=Q(last__gte=models.F("first")), name="area_range")]
        indexes = [models.Index("length", "first", "last", name="area_codes")]

    def __str__(self):
        return self.first if self.first == self.last else f"{self.first}-{self.last}"
