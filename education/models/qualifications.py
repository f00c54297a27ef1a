"""What somebody can show for a training: confirmations with a number anybody may check, and qualifications that run out."""

import secrets

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Office, Unit
from common.labels import Labelled
from education.models.events import Event, EventKind
from education.models.parties import OfParty
from education.models.registrations import Registration
from membership.models import Member, reached_by

# 32 signs without those that look alike; 20 of them are 100 bits, which nobody finds by guessing.
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
NUMBER_LENGTH = 20
EXPIRES_SOON = relativedelta(months=3)


def new_number():
    return "".join(secrets.choice(ALPHABET) for _n in range(NUMBER_LENGTH))


def clean_number(text):
    """A number as people copy it (small letters, spaces, hyphens) as it is kept; "" for what cannot be one."""
    number = "".join(letter for letter in text.upper() if letter.isalnum())
    return number if len(number) == NUMBER_LENGTH and set(number) <= set(ALPHABET) else ""


class ConfirmationTerms(models.Model):
    """What the confirmations of an event say beside its dates. minutes: as stated; empty: the dates attended are added up."""

    event = models.OneToOneField(Event, models.CASCADE, related_name="confirmation_terms")
    minutes = models.PositiveIntegerField(_("length as stated"), null=True, blank=True)
    office = models.ForeignKey(Office, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("office that signs"))
    gives = models.ManyToManyField("education.QualificationKind", blank=True, related_name="+", verbose_name=_("qualifications it gives"))

    def __str__(self):
        return str(self.event)


class ConfirmationQuerySet(models.QuerySet):
    def kept_by(self, user):
        """Those of events `user` runs or carries with care."""
        return self.filter(registration__event__in=Event.objects.attended_by(user))

    def valid(self):
        return self.filter(withdrawn_at=None)


class Confirmation(models.Model):
    """That somebody attended an event. What it says stays as it was given; a wrong one is withdrawn and given anew."""

    registration = models.ForeignKey(Registration, models.CASCADE, related_name="confirmations")
    number = models.CharField(max_length=NUMBER_LENGTH, unique=True, default=new_number)
    name = models.CharField(max_length=200)
    minutes = models.PositiveIntegerField()
    signer = models.CharField(max_length=200, blank=True)  # the name of who signs; empty: a line to sign on
    office = models.ForeignKey(Office, models.SET_NULL, null=True, related_name="+")
    issued_at = models.DateTimeField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = ConfirmationQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint("registration", condition=Q(withdrawn_at=None), name="confirmation_one_valid")]

    def __str__(self):
        return self.spaced_number

    @property
    def spaced_number(self):
        return " ".join(self.number[start : start + 5] for start in range(0, NUMBER_LENGTH, 5))

    @transaction.atomic
    def withdraw(self, by, now):
        """From now on its number says that it is not valid, and what the event gave with it is taken back. False when it was withdrawn before."""
        fields = {"withdrawn_at": now, "withdrawn_by": by}
        gone = Confirmation.objects.filter(pk=self.pk, withdrawn_at=None).update(**fields)
        if gone and self.registration.member_id:
            given = Qualification.objects.filter(event=self.registration.event_id, member=self.registration.member_id, revoked_at=None)
            given.update(revoked_at=now, revoked_by=by)
        return bool(gone)


class QualificationKindQuerySet(OfParty):
    def running(self):
        return self.filter(retired_on=None)

    def given_by(self, event):
        """Those an attended `event` gives: by its kind, by the offer it was made from, or chosen for it."""
        ways = Q(event_kinds=event.kind_id) | Q(offers__event=event.pk) | Q(pk__in=ConfirmationTerms.gives.through.objects.filter(confirmationterms__event=event.pk).values("qualificationkind"))
        return self.running().filter(ways, party__path=event.unit.root_path).distinct()


class QualificationKind(Labelled):
    """A kind of qualification as data: how long it is valid, which events give it, and which office is told before it runs out."""

    party = models.ForeignKey(Unit, models.PROTECT, related_name="+")  # root of the tree
    months = models.PositiveSmallIntegerField(_("months valid"), null=True, blank=True, help_text=_("Empty: for good."))
    event_kinds = models.ManyToManyField(EventKind, blank=True, related_name="+", verbose_name=_("kinds of events that give it"))
    offers = models.ManyToManyField("education.Offer", blank=True, related_name="+", verbose_name=_("offers of partners that give it"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="+", verbose_name=_("office that is told before it runs out"))
    retired_on = models.DateField(null=True)

    objects = QualificationKindQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def expiry(self, got_on):
        """The first day on which it is not valid any more; None when it stays. Got on 29 February, it ends on the 28th."""
        return got_on + relativedelta(months=self.months) if self.months else None

    def retire(self, on):
        """Give it to nobody new from the day `on`; what was given stays."""
        QualificationKind.objects.filter(pk=self.pk, retired_on=None).update(retired_on=on)

    def restore(self):
        QualificationKind.objects.filter(pk=self.pk).update(retired_on=None)


class QualificationQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(reached_by(user, member="member__"))

    def editable_by(self, user):
        return self.filter(reached_by(user, scope.Right.CARE, "member__"))

    def standing(self):
        """Neither taken back nor followed by a later one of the same kind."""
        later = Qualification.objects.filter(
            kind=models.OuterRef("kind"), member=models.OuterRef("member"), revoked_at=None, got_on__gt=models.OuterRef("got_on")
        )
        return self.filter(~models.Exists(later), revoked_at=None)

    def valid(self, on):
        """Valid on the day `on`."""
        return self.filter(Q(until=None) | Q(until__gt=on), revoked_at=None, got_on__lte=on)

    def expiring(self, on):
        """Valid on the day `on`, but not in three months, and not renewed."""
        return self.standing().filter(until__gt=on, until__lte=on + EXPIRES_SOON)

    def expired(self, on):
        """Run out by the day `on`, and not renewed."""
        return self.standing().filter(until__lte=on)


class Qualification(models.Model):
    """`member` got a qualification on the day `got_on`, valid until before the day `until` (None: for good), from an event or noted by somebody."""

    kind = models.ForeignKey(QualificationKind, models.PROTECT, related_name="given", verbose_name=_("qualification"))
    member = models.ForeignKey(Member, models.CASCADE, related_name="qualifications")
    got_on = models.DateField(_("got on"))
    until = models.DateField(_("valid until before"), null=True, blank=True)
    event = models.ForeignKey(Event, models.SET_NULL, null=True, related_name="qualifications")
    note = models.CharField(_("note"), max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # when mails about its end were written
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = QualificationQuerySet.as_manager()

    class Meta:
        ordering = ["-got_on", "-pk"]
        constraints = [
            models.UniqueConstraint("member", "kind", "got_on", condition=Q(revoked_at=None), name="qualification_once_a_day"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("got_on")), name="qualification_ends_after_start"),
        ]
        indexes = [
            models.Index("until", "id", condition=Q(revoked_at=None, until__isnull=False), name="qualification_end"),
            models.Index("member", "kind", "got_on", name="qualification_of_member"),
            models.Index(F("got_on").desc(), F("id").desc(), name="qualification_order"),
        ]

    def __str__(self):
        return f"{self.kind}: {self.member}"

    def is_valid(self, on):
        return self.revoked_at is None and self.got_on <= on and (self.until is None or self.until > on)

    def revoke(self, by, now):
        """Take back what was noted by mistake. False when it was before."""
        return bool(Qualification.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now, revoked_by=by))
