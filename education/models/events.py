"""Events: meetings, study days, workshops, conferences and courses, carried by one unit or several; and the places they are held in."""

import uuid

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from common.labels import Labelled, LabelsField, localized


class EventKind(Labelled):
    """Kind of event as data. counts: whether it counts for the meetings a unit is to hold in a year."""

    slug = models.SlugField(unique=True)
    counts = models.BooleanField(_("counts as a meeting of the unit"), default=False)
    confirms = models.BooleanField(_("who attended gets a confirmation"), default=False)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "slug"]


def address(street, postcode, city):
    """ "Hauptstr. 3, 01067 Dresden" as far as it is known."""
    return ", ".join(filter(None, (street, f"{postcode} {city}".strip())))


class PlaceQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The place book is shared by all units of a party; it names no members."""
        return self.filter(scope.same_party(user, "unit__path"))

    def offered(self):
        return self.filter(retired_on=None)

    def of_party(self, unit):
        """The book of the party that `unit` belongs to."""
        return self.filter(unit__path__startswith=unit.root_path)


class Place(models.Model):
    """A room to meet in, kept by `unit` and usable by every unit of the party."""

    class Access(models.TextChoices):
        UNKNOWN = "", _("not known")
        FREE = "free", _("step-free")
        HELP = "help", _("with help")
        STEPS = "steps", _("only by steps")

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="event_places")
    name = models.CharField(_("name"), max_length=120)
    street = models.CharField(_("street"), max_length=160, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    seats = models.PositiveSmallIntegerField(_("seats"), null=True, blank=True)
    cost_cents = models.PositiveIntegerField(_("cost a day"), default=0)
    access = models.CharField(_("access"), max_length=10, choices=Access.choices, blank=True, default=Access.UNKNOWN)
    transport = models.CharField(_("how to get there"), max_length=300, blank=True)
    key_holder = models.CharField(_("who has the key"), max_length=200, blank=True)  # for those with an office, never shown in public
    note = models.TextField(_("note"), max_length=2000, blank=True)
    retired_on = models.DateField(null=True, editable=False)

    objects = PlaceQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index("name", "id", name="place_order")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("education:place_detail", args=[self.pk])

    @property
    def address(self):
        return address(self.street, self.postcode, self.city)

    def booked(self, starts_at, ends_at):
        """Dates of events here that overlap [starts_at, ends_at), drafts among them, those called off not."""
        dates = EventDate.objects.filter(event__place=self, starts_at__lt=ends_at, ends_at__gt=starts_at)
        return dates.exclude(event__state=Event.State.CANCELLED)

    def retire(self, on):
        """Offer it for new events no longer; those planned here stay."""
        self.retired_on = on
        self.save(update_fields=["retired_on"])

    def restore(self):
        self.retired_on = None
        self.save(update_fields=["retired_on"])


class EventQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Announced events of one's party, which name no members, and drafts of units one sees."""
        carried = Carrier.objects.filter(scope.covers(user, scope.Right.SEE, "unit__path"), event=OuterRef("pk"))
        return self.filter(Exists(carried) | Q(scope.same_party(user, "unit__path"), ~Q(state=Event.State.DRAFT)))

    def editable_by(self, user):
        """Events are run by those who care for the unit in charge of them."""
        return self.filter(scope.covers(user, scope.Right.CARE, "unit__path"))

    def attended_by(self, user):
        """Events whose registrations `user` may read and keep: who cares for a unit that carries them."""
        carried = Carrier.objects.filter(scope.covers(user, scope.Right.CARE, "unit__path"), event=OuterRef("pk"))
        return self.filter(Exists(carried))

    def announced(self):
        return self.filter(state=Event.State.OPEN)

    def told_to(self, user):
        """Of visible_to all but the drafts: units that carry an event are of its party, so this needs to ask no more, which long lists feel."""
        return self.told().filter(scope.same_party(user, "unit__path"))

    def drafts_of(self, user):
        """Of visible_to the drafts."""
        carried = Carrier.objects.filter(scope.covers(user, scope.Right.SEE, "unit__path"), event=OuterRef("pk"))
        return self.filter(Exists(carried), state=Event.State.DRAFT)

    def told(self):
        """Those the world was told of once: everything but drafts."""
        return self.exclude(state=Event.State.DRAFT)

    def public(self):
        """Those whose page everybody may find."""
        return self.told().filter(audience=Event.Audience.PUBLIC)

    def carried_by(self, unit):
        """Events `unit` itself carries, alone or with others."""
        return self.filter(carriers__unit=unit)

    def carried_below(self, unit):
        """Events that `unit` or a unit below it carries."""
        return self.filter(pk__in=Carrier.objects.filter(unit__path__startswith=unit.path).values("event"))

    def counting(self):
        """Events of kinds that count for the meeting meter and were not called off."""
        return self.filter(kind__counts=True).exclude(state__in=(Event.State.DRAFT, Event.State.CANCELLED))


class Event(models.Model):
    """One event; a course has several dates. `starts_at` and `ends_at` are those of its first and last date.

    titles, texts, agendas: {language: text}. fairness: rules of places, see education.registration_rules. fee in cents. `unit` is in charge; those that carry
    it, `unit` among them, are its Carrier rows. key names its public address, so that events cannot be counted. version counts what people changed;
    changed_at moves with it and also when something shown with the event changed, such as the name of its place.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        OPEN = "open", _("announced")
        CANCELLED = "cancelled", _("called off")
        CLOSED = "closed", _("held and settled")

    class Audience(models.TextChoices):
        PUBLIC = "public", _("everybody")
        MEMBERS = "members", _("members of the party")

    TONES = {State.DRAFT: "amber", State.OPEN: "ok", State.CANCELLED: "late"}
    SPOKEN = {
        "de": "Deutsch", "he": "עברית", "en": "English", "ar": "العربية", "ru": "Русский", "uk": "Українська", "tr": "Türkçe",
    }  # fmt: skip

    kind = models.ForeignKey(EventKind, models.PROTECT, related_name="events", verbose_name=_("kind"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="events", verbose_name=_("unit in charge"))
    partner = models.ForeignKey(
        "education.Partner", models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("partner")
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True)
    series = models.UUIDField(null=True, blank=True)  # the same for the events of a series
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    audience = models.CharField(_("for whom"), max_length=10, choices=Audience.choices, default=Audience.MEMBERS)
    titles = LabelsField(_("title"))
    texts = models.JSONField(_("what it is about"), default=dict, blank=True)
    agendas = models.JSONField(_("agenda"), default=dict, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)  # spoken there
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    place = models.ForeignKey(Place, models.SET_NULL, null=True, blank=True, related_name="events", verbose_name=_("place"))
    place_text = models.CharField(_("place, in words"), max_length=300, blank=True)
    online_url = models.URLField(_("online link"), max_length=500, blank=True)  # told only to those who have a place

    seats = models.PositiveIntegerField(_("seats"), null=True, blank=True)  # None: without limit
    fairness = models.JSONField(default=list, blank=True)
    asks_approval = models.BooleanField(_("the unit of the member approves first"), default=False)
    approval_days = models.PositiveSmallIntegerField(_("days to approve"), default=7)
    guests = models.BooleanField(_("guests may register"), default=False)
    registers_until = models.DateTimeField(_("registration until"), null=True, blank=True)
    cancels_until = models.DateTimeField(_("free cancellation until"), null=True, blank=True)
    offer_hours = models.PositiveSmallIntegerField(_("hours to take a place that became free"), default=48)
    fee_cents = models.PositiveIntegerField(_("fee"), default=0)

    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(default=timezone.now)
    published_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(_("why it is called off"), max_length=300, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="event_ends_after_start")]
        indexes = [
            # With the end in it, lists of what is to come pass over what is gone without reading the rows.
            models.Index("starts_at", "id", "ends_at", name="event_order_end"),
            models.Index("starts_at", "id", condition=Q(state="draft"), name="event_drafts"),
            models.Index("unit", "starts_at", name="event_of_unit"),
            models.Index("series", condition=Q(series__isnull=False), name="event_of_series"),
        ]

    def __str__(self):
        return localized(self.titles)

    def get_absolute_url(self):
        return reverse("education:event_detail", args=[self.pk])

    def get_public_url(self, language=""):
        """The full address of the page for everybody (or for members), in `language` where one is given."""
        return settings.BASE_URL + reverse("education:event_page", args=[self.key]) + (f"?lang={language}" if language else "")

    @property
    def text(self):
        return localized(self.texts)

    @property
    def agenda(self):
        return localized(self.agendas)

    @property
    def spoken(self):
        return self.SPOKEN.get(self.language, "")

    @property
    def is_public(self):
        return self.audience == self.Audience.PUBLIC and self.state != self.State.DRAFT

    @property
    def tone(self):
        return self.TONES.get(self.state, "calm")

    @property
    def several_days(self):
        """Whether it ends on another day than it begins, where people live."""
        return timezone.localdate(self.starts_at) != timezone.localdate(self.ends_at)

    def is_over(self, now):
        return self.ends_at <= now

    def takes_registrations(self, now):
        """Whether somebody may register at `now`: announced, before the deadline, else before it begins."""
        return self.state == self.State.OPEN and now < (self.registers_until or self.starts_at)

    def publish(self, now):
        """Announce a draft. False when it is none any more."""
        return self._turn((self.State.DRAFT,), self.State.OPEN, now, published_at=now)

    @transaction.atomic
    def take_back(self, now):
        """Make an announced event a draft again, as long as nobody registered. False when that is too late."""
        self._lock()
        return not self.registrations.exists() and self._turn((self.State.OPEN,), self.State.DRAFT, now, published_at=None)

    @transaction.atomic
    def drop(self):
        """Throw a draft away. False when it is none any more, or somebody registered before it became one again."""
        locked = self._lock()
        if locked is None or locked.state != self.State.DRAFT or locked.registrations.exists():
            return False
        locked.delete()
        return True

    def _lock(self):
        """The row as it is now, nobody registering until the end of the transaction; None when it is gone."""
        return Event.objects.select_for_update().filter(pk=self.pk).first()

    def cancel(self, reason, now):
        """Call off an announced event. False when it is none any more. Who tells those registered: education.announcing."""
        return self._turn((self.State.OPEN,), self.State.CANCELLED, now, cancelled_at=now, cancel_reason=reason)

    def close(self, now):
        """Held, attendance and costs are settled. False unless it was announced and is over."""
        return self.is_over(now) and self._turn((self.State.OPEN,), self.State.CLOSED, now)

    def reopen(self, now):
        """Something is left to settle. False unless it was closed."""
        return self._turn((self.State.CLOSED,), self.State.OPEN, now)

    def _turn(self, states, state, now, **fields):
        fields |= {"state": state, "changed_at": now}
        turned = Event.objects.filter(pk=self.pk, state__in=states).update(version=F("version") + 1, **fields)
        if turned:
            self.version += 1
            for name, value in fields.items():
                setattr(self, name, value)
        return bool(turned)


class EventDate(models.Model):
    """One date of an event, [starts_at, ends_at)."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="dates")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="event_date_ends_after_start"),
            models.UniqueConstraint("event", "starts_at", name="event_date_once"),
        ]

    def __str__(self):
        return f"{self.event} {self.starts_at:%Y-%m-%d}"


class Carrier(models.Model):
    """A unit that carries an event, with its share of the costs: `share` parts of the sum of all parts."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="carriers")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="carried")
    share = models.PositiveSmallIntegerField(_("parts of the costs"), default=1)

    class Meta:
        constraints = [models.UniqueConstraint("event", "unit", name="carrier_once")]
        indexes = [models.Index("unit", "event", name="carrier_of_unit")]

    def __str__(self):
        return f"{self.event}: {self.unit}"


class Document(models.Model):
    """A file of an event, kept in the database. Served as a download, never shown on our origin."""

    event = models.ForeignKey(Event, models.CASCADE, related_name="documents")
    name = models.CharField(_("name"), max_length=200)
    content = models.BinaryField()
    size = models.PositiveIntegerField()
    is_public = models.BooleanField(_("also for those who are no members"), default=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint("event", "name", name="event_document_once")]

    def __str__(self):
        return self.name
