"""Offers of partners, who is told of them and why, and who does not want to be told."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches import scope
from branches.models import Office, Unit
from common.labels import LabelsField, localized
from education.models.events import Event
from education.models.partners import Partner
from education.models.tracks import TrackLevel
from membership.models import Member, Tag
from outbox.models import Message

WRITTEN_BY = RawSQL("education_offer.xmin::text", [])  # PostgreSQL: the transaction that wrote this version of the row


class OfferQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A partner's people: all of their own. Those who lead the party: all. Every office of the party: what was accepted."""
        return self.filter(
            Q(partner__in=Partner.objects.acted_for_by(user))
            | scope.covers_whole(user, scope.Right.LEAD, "partner__party__")
            | Q(scope.same_party(user, "partner__party__path"), state__in=Offer.SHOWN)
        )

    def editable_by(self, user):
        """The partner while it is not handed in, those who lead the party until it is over."""
        own = Q(partner__in=Partner.objects.acted_for_by(user), state__in=Offer.WITH_PARTNER)
        return self.filter(own | Q(scope.covers_whole(user, scope.Right.LEAD, "partner__party__"), state__in=Offer.CHANGEABLE))

    def decidable_by(self, user):
        """Those who lead the whole party accept, return, announce and tell."""
        return self.filter(scope.covers_whole(user, scope.Right.LEAD, "partner__party__"))

    def acted_for_by(self, user):
        return self.filter(partner__in=Partner.objects.acted_for_by(user))

    def open(self, on):
        """Those one can still register for on the day `on`."""
        return self.filter(Q(deadline=None) | Q(deadline__gte=on), state=Offer.State.OPEN)

    def to_match(self, now):
        """Those to be told whose members were not looked for on the day of `now` yet, or not since somebody changed what they fit."""
        on = timezone.localdate(now)
        return self.open(on).filter(Q(matched_on=None) | Q(matched_on__lt=on), tell_at__lte=now)

    def read_at(self):
        """{primary key: the transaction that wrote the row last}, for unchanged_since."""
        return dict(self.annotate(written_by=WRITTEN_BY).values_list("pk", "written_by"))

    def unchanged_since(self, read):
        """Those of `read` (of read_at) that nobody has written since."""
        return self.annotate(written_by=WRITTEN_BY).filter(pk__in=read, written_by__in=read.values())


class Offer(models.Model):
    """A course a partner offers: drafted and handed in by the partner, accepted and announced by the party.

    titles, texts: {language: text}. tags, offices, level: whom it fits; unit and language narrow that down. event: where registration runs, once
    it was made into one. remark: why it was returned. tell_at: when somebody ordered that fitting members are told; who fits later is told too,
    from the next day on: matched_on is the day all members were looked through last, None when what it fits was changed since.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SUBMITTED = "submitted", _("handed in")
        RETURNED = "returned", pgettext_lazy("plan", "returned")
        ACCEPTED = "accepted", _("accepted")
        OPEN = "open", _("announced")
        CLOSED = "closed", _("over")
        WITHDRAWN = "withdrawn", _("withdrawn")

    WITH_PARTNER = (State.DRAFT, State.RETURNED)
    SHOWN = (State.ACCEPTED, State.OPEN, State.CLOSED)
    CHANGEABLE = (State.DRAFT, State.SUBMITTED, State.RETURNED, State.ACCEPTED, State.OPEN)

    class Level(models.TextChoices):
        BASIC = "basic", _("for beginners")
        ADVANCED = "advanced", _("with some experience")
        EXPERT = "expert", _("for those who train others")

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="offers", verbose_name=_("partner"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    titles = LabelsField(_("title"))
    texts = models.JSONField(_("what it is about"), default=dict, blank=True)
    depth = models.CharField(_("level"), max_length=10, choices=Level.choices, default=Level.BASIC)
    tags = models.ManyToManyField(Tag, related_name="offers", blank=True, verbose_name=_("interests and skills it fits"))
    offices = models.ManyToManyField(Office, related_name="+", blank=True, verbose_name=_("offices it fits"))
    level = models.ForeignKey(
        TrackLevel, models.SET_NULL, null=True, blank=True, related_name="offers", verbose_name=_("level of a track")
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", verbose_name=_("for members of"))
    language = models.CharField(_("language"), max_length=5)
    place = models.CharField(_("place"), max_length=300, blank=True)
    online = models.BooleanField(_("online"), default=False)
    seats = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    cost_cents = models.PositiveIntegerField(_("cost"), default=0)
    deadline = models.DateField(_("register until"), null=True, blank=True)
    url = models.URLField(_("page of the partner"), max_length=500, blank=True)
    access_note = models.CharField(_("access"), max_length=300, blank=True)
    remark = models.CharField(_("remark"), max_length=500, blank=True)
    event = models.OneToOneField(Event, models.SET_NULL, null=True, blank=True, related_name="offer")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    submitted_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    tell_at = models.DateTimeField(null=True)
    matched_on = models.DateField(null=True, editable=False)
    tell_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = OfferQuerySet.as_manager()

    class Meta:
        ordering = ["deadline", "pk"]
        indexes = [
            models.Index("partner", "state", name="offer_of_partner"),
            models.Index("state", "deadline", "id", name="offer_order"),
            models.Index("tell_at", condition=Q(state="open", tell_at__isnull=False), name="offer_to_tell"),
        ]

    def __str__(self):
        return localized(self.titles)

    @property
    def starts_at(self):
        dates = self.dates.all()
        return dates[0].starts_at if dates else None

    @property
    def tone(self):
        tones = {self.State.OPEN: "ok", self.State.SUBMITTED: "amber", self.State.RETURNED: "late"}
        return tones.get(self.State(self.state), "calm")

    def set_dates(self, spans):
        """Let its dates be `spans`, {beginning: end}, and no others."""
        self.dates.exclude(starts_at__in=spans).delete()
        rows = [OfferDate(offer=self, starts_at=start, ends_at=end) for start, end in spans.items()]
        OfferDate.objects.bulk_create(rows, update_conflicts=True, unique_fields=["offer", "starts_at"], update_fields=["ends_at"])

    def is_open(self, on):
        return self.state == self.State.OPEN and (self.deadline is None or self.deadline >= on)

    def _go(self, states, state, **fields):
        """From one of `states` to `state`; False when it is in another by now."""
        gone = Offer.objects.filter(pk=self.pk, state__in=states).update(state=state, **fields)
        self.refresh_from_db()
        return bool(gone)

    def submit(self, now):
        """The partner hands it in."""
        return self._go(self.WITH_PARTNER, self.State.SUBMITTED, submitted_at=now, remark="")

    def accept(self, by, now):
        return self._go((*self.WITH_PARTNER, self.State.SUBMITTED), self.State.ACCEPTED, decided_by=by, decided_at=now, remark="")

    def give_back(self, remark, by, now):
        """Back to the partner, saying in `remark` what is to be changed."""
        return self._go([self.State.SUBMITTED, self.State.ACCEPTED], self.State.RETURNED, decided_by=by, decided_at=now, remark=remark)

    def announce(self):
        """Open it to members."""
        return self._go([self.State.ACCEPTED], self.State.OPEN)

    def close(self):
        return self._go([self.State.OPEN], self.State.CLOSED)

    def withdraw(self):
        """It does not take place. Nobody is told of it any more."""
        return self._go(self.CHANGEABLE, self.State.WITHDRAWN)

    def order_telling(self, by, now):
        """Have those it fits told by mail. False unless it is announced."""
        told = Offer.objects.filter(pk=self.pk, state=self.State.OPEN, tell_at=None).update(tell_at=now, tell_by=by)
        self.refresh_from_db()
        return bool(told)


class OfferDate(models.Model):
    """One date of an offer, [starts_at, ends_at)."""

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="dates")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="offer_date_ends_after_start"),
            models.UniqueConstraint("offer", "starts_at", name="offer_date_once"),
        ]

    def __str__(self):
        return f"{self.offer_id} {self.starts_at:%Y-%m-%d}"


class OfferMail(models.Model):
    """The one mail about offers a member gets in the week that begins on `week`; it holds all that is new."""

    member = models.ForeignKey(Member, models.CASCADE, related_name="offer_mails")
    week = models.DateField()
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("member", "week", name="offer_mail_once_a_week")]

    def __str__(self):
        return f"{self.member_id} {self.week}"


class OfferNotice(models.Model):
    """`member` fits `offer` because of `why` and is told once: in `mail`, waiting for the next one while that is empty.

    unit: their home when they were found. opened_at: when they looked at the page behind their link.
    """

    class Why(models.TextChoices):
        TRACK = "track", _("track")
        OFFICE = "office", _("office")
        INTEREST = "interest", _("interest")
        SKILL = "skill", _("skill")

    offer = models.ForeignKey(Offer, models.CASCADE, related_name="notices")
    member = models.ForeignKey(Member, models.CASCADE, related_name="offer_notices")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    why = models.CharField(max_length=10, choices=Why.choices)
    tag = models.ForeignKey(Tag, models.SET_NULL, null=True, related_name="+")
    found_at = models.DateTimeField()
    mail = models.ForeignKey(OfferMail, models.SET_NULL, null=True, related_name="notices")
    opened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("offer", "member", name="offer_notice_once")]
        indexes = [
            models.Index("member", condition=Q(mail=None), name="offer_notice_waiting"),
            models.Index("offer", "unit", name="offer_notice_units"),
        ]

    def __str__(self):
        return f"{self.offer_id} {self.member_id}"


class Unsubscribed(models.Model):
    """`member` wants no mails for this purpose any more (Art. 7 (3), 21 GDPR; RFC 8058 one click)."""

    class Purpose(models.TextChoices):
        OFFERS = "offers", _("offers of education partners")

    member = models.ForeignKey(Member, models.CASCADE, related_name="unsubscribed")
    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("member", "purpose", name="unsubscribed_once")]

    def __str__(self):
        return f"{self.member_id} {self.purpose}"
