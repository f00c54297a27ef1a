"""Units, users, offices and appointments. Words: docs of the product; rights: see, care, lead."""

import json
import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from treebeard.mp_tree import MP_Node, MP_NodeManager, MP_NodeQuerySet

from branches import scope
from common import prepared
from common.labels import Labelled, localized

# What a unit may set; a unit without its own value takes its parent's, the root these.
DEFAULT_SETTINGS = {
    "language": "de",
    # days late -> office that is told, each once
    "escalation": [[7, "secretary"], [14, "chair"], [21, "membership_officer"]],
    "escalation_active": True,
    "digest_weekday": 0,  # Monday
    "amber_days": 7,  # the contact clock turns amber so many days before the date
    "jubilees": [10, 25, 40, 50, 60, 70],  # years of membership that are honoured
    "birthdays": [],  # round birthdays that are listed; [] for none
    "admission_days": None,  # days the board has to decide on an application; None: as the kind of the unit says
    "joined_from": "decision",  # or "application": the day a membership begins
    "minimum_age": 14,  # of those who join
    "join_form": "on",  # or "off": whether the public can apply by a form of the unit
    "pledge_first": False,  # whether an office sees no contact data before the confidentiality form is accepted
    "currency": "EUR",  # that sums of money are shown in: a code of common.money.CURRENCIES; "none" for bare numbers
    "meetings_per_year": None,  # meetings a unit is to hold; None: as its kind says
    "invitation_days": 14,  # so many days before a meeting the members have their invitation
    "request_days": 14,  # to answer what somebody asks the unit
    "office_hours": "",  # when and how the unit can be reached, in its own words
    "emergency": "112",  # whom to call in an emergency, as duty sheets say it; 112 answers in all of Europe and on most mobile phones elsewhere
}


class Period(Func):
    """daterange [starts_on, ends_on) of a row, for exclusion constraints and overlap queries."""

    function = "daterange"
    output_field = DateRangeField()


def period(start="starts_on", end="ends_on"):
    return Period(start, end, RangeBoundary())


class UnitKind(Labelled):  # type: ignore[django-manager-missing]
    """Kind of unit: district, branch, section .. as data, so that no party needs a developer."""

    slug = models.SlugField(unique=True)
    plural_labels = models.JSONField(default=dict)
    leads_members = models.BooleanField(_("leads members"), default=True, help_text=_("Members have their home here."))
    is_section = models.BooleanField(_("section"), default=False, help_text=_("Members belong beside their home unit."))
    meetings_per_year = models.PositiveSmallIntegerField(_("meetings a year"), default=6)
    admission_days = models.PositiveSmallIntegerField(_("days to decide on an application"), default=30)
    office_days = models.PositiveSmallIntegerField(_("term of office in days"), default=730)


def full_name(name, kind):
    """Kind and name of a unit: "Ortsverein Pieschen"; a name that says its kind already stands alone."""
    return name if name.split()[:1] == kind.split()[:1] else f"{kind} {name}"


def ancestor_paths(path):
    """`path` and those of all units above it, nearest first."""
    return [path[:end] for end in range(len(path), 0, -MP_Node.steplen)]


class UnitQuerySet(MP_NodeQuerySet):
    def visible_to(self, user, right=scope.Right.SEE):
        return self.filter(scope.covers(user, right, "path"))

    def editable_by(self, user):
        return self.visible_to(user, scope.Right.LEAD)

    def below(self, unit):
        """`unit` and everything below it."""
        return self.filter(path__startswith=unit.path)

    def nearby(self, unit):
        """Where one goes from `unit`: itself, the unit above, those beside it and those directly below. Beside a root lie other parties."""
        aside = Q(path__startswith=unit.path[: -Unit.steplen] or unit.path, depth__in=(unit.depth - 1, unit.depth))
        return self.filter(aside | Q(path__startswith=unit.path, depth=unit.depth + 1))

    def open(self, on):
        return self.filter(Q(closed_on=None) | Q(closed_on__gt=on))


class UnitManager(MP_NodeManager.from_queryset(UnitQuerySet)):  # type: ignore[misc]
    def get_queryset(self):
        return UnitQuerySet(self.model, using=self._db).order_by("path")


class Unit(MP_Node):
    """Node of the organisation tree. `path` is the materialised path; scope.py alone turns it into filters."""

    path = models.CharField(max_length=255, unique=True, db_collation="C")
    slug = models.SlugField(unique=True, allow_unicode=True, max_length=80)
    name = models.CharField(_("name"), max_length=120)
    kind = models.ForeignKey(UnitKind, models.PROTECT, verbose_name=_("kind"))
    settings = models.JSONField(default=dict, blank=True)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    objects = UnitManager()

    class Meta:
        indexes = [
            models.Index(Lower("name"), name="unit_name_lower"),
            GinIndex(OpClass(Lower("name"), "gin_trgm_ops"), name="unit_name_parts"),
            models.Index("depth", "path", name="unit_level"),
        ]

    def __str__(self):
        return self.name

    @property
    def full_name(self):
        return full_name(self.name, str(self.kind))

    @cached_property
    def root_path(self):
        return self.path[: self.steplen]

    def ancestor_paths(self):
        """Paths of this unit and all above it, nearest first."""
        return ancestor_paths(self.path)

    def setting(self, name):
        """The value of a setting here, else of the nearest unit above that has one, else the default."""
        return self._settings.get(name, DEFAULT_SETTINGS.get(name))

    @cached_property
    def _settings(self):
        rows = Unit.objects.filter(path__in=self.ancestor_paths()).order_by("depth").values_list("settings", flat=True)
        return {key: value for row in rows for key, value in row.items()}


class UnitPlace(models.Model):
    """`unit` lay right below `parent` from `starts_on` until before `ends_on`; an empty beginning reaches back as far as anybody asks.

    A trigger writes these rows whenever the tree changes, and keeps them: what counted to a district on a past day is read here.
    """

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="places")
    parent = models.ForeignKey(Unit, models.CASCADE, null=True, related_name="+")
    starts_on = models.DateField(null=True)
    ends_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("unit", condition=Q(ends_on=None), name="unit_place_one_now"),
            models.CheckConstraint(condition=Q(starts_on=None) | Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="unit_place_period"),
        ]

    def __str__(self):
        return f"{self.unit} {self.starts_on or ''}"


class ReorganisationQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(scope.covers(user, scope.Right.SEE, "unit__path"))

    def due(self, on):
        """Planned for the day `on` or earlier, in the order of their days."""
        return self.filter(state=Reorganisation.State.PLANNED, on__lte=on).order_by("on", "pk")

    def heirs(self, unit):
        """{pk of a closed unit: the open Unit it became part of}, of the party of `unit`."""
        merged = self.filter(kind=Reorganisation.Kind.MERGE, state=Reorganisation.State.DONE, unit__path__startswith=unit.root_path)
        found = {plan.unit_id: plan.target for plan in merged.select_related("target").order_by("done_at")}
        for pk in found:
            while found[pk].closed_on and found[pk].pk in found:  # no unit becomes part of itself, so this ends
                found[pk] = found[found[pk].pk]
        return {pk: heir for pk, heir in found.items() if not heir.closed_on}


class Reorganisation(models.Model):
    """A unit is merged into another, split, moved or closed from the first minute of the day `on`.

    target: the unit it becomes part of (merge), the unit above it will stand below (move), the unit that came out of it (split).
    chosen: who goes with a split, {"postcodes": [..], "streets": [..], "numbers": [..]}. effects: what was done, kept for taking it back the same day.
    """

    class Kind(models.TextChoices):
        MERGE = "merge", _("merge")
        SPLIT = "split", _("split")
        MOVE = "move", _("move")
        CLOSE = "close", _("close")

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("called off")
        UNDONE = "undone", _("taken back")
        REFUSED = "refused", _("could not be done")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="reorganisations")
    target = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    name = models.CharField(_("name"), max_length=120, blank=True)
    chosen = models.JSONField(default=dict)
    on = models.DateField(_("on"))
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    remark = models.CharField(max_length=300, blank=True)  # why it could not be done
    effects = models.JSONField(default=dict)
    key = models.UUIDField(default=uuid.uuid4, unique=True)  # one per form shown: a double click does it once
    by = models.ForeignKey("branches.User", models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    objects = ReorganisationQuerySet.as_manager()

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            models.UniqueConstraint("unit", condition=Q(state="planned"), name="reorganisation_one_planned"),
            models.CheckConstraint(condition=Q(kind__in=["close", "split"]) | Q(target__isnull=False), name="reorganisation_target"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()}: {self.unit} {self.on}"

    @property
    def tone(self):
        return {self.State.PLANNED: "amber", self.State.DONE: "ok", self.State.REFUSED: "late"}.get(self.state, "calm")

    def call_off(self):
        """Forget a plan before its day. False when it is no longer one."""
        planned = Reorganisation.objects.filter(pk=self.pk, state=self.State.PLANNED)
        return bool(planned.update(state=self.State.CANCELLED))


SETTING = "SELECT path, settings->%(name)s FROM branches_unit WHERE jsonb_exists(settings, %(name)s) AND path = ANY(%(paths)s)"


def settings_at(paths, name):
    """{path: value} of a setting for the unit at each of `paths`: as Unit.setting, in one query for all."""
    return prepared.together(setting_question(paths, name))[0]


def setting_question(paths, name):
    """What `settings_at` asks, for those who ask more at the same time: see prepared.together."""
    above = {path: ancestor_paths(path) for path in set(paths)}
    asked = sorted({up for ups in above.values() for up in ups})
    default = DEFAULT_SETTINGS.get(name)

    def read(rows):
        own = {path: json.loads(value) for path, value in rows}
        return {path: next((own[up] for up in ups if up in own), default) for path, ups in above.items()}

    return prepared.written("setting of units", SETTING, {"name": name, "paths": prepared.keys(asked)}, {"name": "text", "paths": "text[]"}, read)


def settings_of(units, name):
    """{unit pk: value} of a setting for each of `units` (rows or a queryset)."""
    paths = {unit.pk: unit.path for unit in units}
    found = settings_at(paths.values(), name)
    return {pk: found[path] for pk, path in paths.items()}


class UserManager(BaseUserManager):
    def create_user(self, email, password=None, **fields):
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, email):
        return self.get(email=email.strip().lower())


class User(AbstractBaseUser):
    """A person who signs in. Rights come from appointments alone; there is no superuser."""

    email = models.EmailField(_("e-mail"), unique=True)
    given_name = models.CharField(_("given name"), max_length=80)
    family_name = models.CharField(_("family name"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    # What new members one looks after may have of it, on their own page and in their welcome letter.
    shows_phone = models.BooleanField(_("new members may have my phone number"), default=False, db_default=False)
    shows_email = models.BooleanField(_("new members may have my mail address"), default=False, db_default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["given_name"]

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_lower")]

    def __str__(self):
        return self.name or self.email

    @property
    def name(self):
        return f"{self.given_name} {self.family_name}".strip()

    def get_full_name(self):
        return self.name

    @cached_property
    def appointments_now(self):
        """The appointments held today with unit, kind and office, widest right first. Kept for the life of this object: one request."""
        return Appointment.held_by(self, timezone.localdate())

    @cached_property
    def reach(self):
        """All that scope.py makes filters from today: what somebody may see is the same wherever this is equal."""
        return frozenset((a.unit.path, a.below, a.unit_id, a.right, a.unit.kind.is_section, a.office.keeps_money) for a in self.appointments_now)

    def right_on(self, unit):
        """Highest Right this user holds on `unit` today, 0 for none."""
        return self.right_at(unit.path)

    def right_at(self, path):
        """The same for the unit at `path`."""
        return max((a.right for a in self.appointments_now if a.reaches(path)), default=0)

    def keeps_money_at(self, path):
        """Whether this user books what the unit at `path` spends today: as in scope.keeps_money."""
        return any(a.reaches(path) and scope.books(a) for a in self.appointments_now)


class Office(Labelled):
    """Kind of office: secretary, chair .. Its rights are the defaults of an appointment to it."""

    slug = models.SlugField(unique=True)
    right = models.PositiveSmallIntegerField(_("right"), choices=scope.Right.choices, default=scope.Right.SEE)
    below = models.BooleanField(_("with the units below"), default=False)
    falls_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, help_text=_("Office of the same unit that stands in while this one is vacant.")
    )
    position = models.PositiveSmallIntegerField(default=0)
    keeps_money = models.BooleanField(_("keeps the money"), default=False, help_text=_("Books what the unit spends."))

    class Meta:
        ordering = ["position", "slug"]


class AppointmentQuerySet(models.QuerySet):
    def active(self, on):
        """Terms [starts_on, ends_on) that include the day `on`, of people who may sign in."""
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=on), starts_on__lte=on, user__is_active=True)

    def visible_to(self, user):
        return self.filter(scope.covers(user, scope.Right.SEE, "unit__path"))

    def editable_by(self, user):
        return self.filter(scope.covers(user, scope.Right.LEAD, "unit__path"))

    def told(self, on):
        """Active ones whose holder gets the mails of the office: not who lets a deputy have them alone."""
        alone = Appointment.objects.active(on).filter(deputy_for=OuterRef("pk"), deputy_alone=True, right__gte=scope.Right.CARE)
        return self.active(on).filter(~Exists(alone))

    def ending(self, on, until):
        """Terms that end after the day `on`, up to and including `until`, and are not those of deputies."""
        return self.active(on).filter(ends_on__lte=until, deputy_for=None)


class Appointment(models.Model):
    """`user` holds `office` of `unit` from `starts_on` until before `ends_on` (both midnight); the right counts for the unit or also below."""

    user = models.ForeignKey(User, models.PROTECT, related_name="appointments", verbose_name=_("person"))
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="appointments", verbose_name=_("unit"))
    office = models.ForeignKey(Office, models.PROTECT, related_name="appointments", verbose_name=_("office"))
    right = models.PositiveSmallIntegerField(_("right"), choices=scope.Right.choices)
    below = models.BooleanField(_("with the units below"), default=False)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    deputy_for = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="deputies")
    deputy_alone = models.BooleanField(_("the mails of the office go to the deputy alone"), default=False)
    # The right that begins once the confidentiality form is accepted; until then `right` is to see (branches.pledging).
    held_back = models.PositiveSmallIntegerField(choices=scope.Right.choices, null=True, editable=False)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="appointment_ends_after_start"),
            models.CheckConstraint(condition=Q(deputy_for=None) | Q(ends_on__isnull=False), name="appointment_deputy_ends"),
            models.CheckConstraint(condition=Q(held_back=None) | Q(right=scope.Right.SEE), name="appointment_held_back_sees"),
            ExclusionConstraint(
                name="appointment_no_overlap",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    ("office", RangeOperators.EQUAL),
                    (period(), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("This person already holds this office in this time."),
            ),
        ]

    def __str__(self):
        return f"{self.user}: {self.office} {self.unit}"

    def clean(self):
        if self.ends_on and self.starts_on and self.ends_on <= self.starts_on:
            raise ValidationError({"ends_on": _("The end must be after the beginning.")})

    @classmethod
    def held_by(cls, user, on):
        """What `user` holds on the day `on` as a list, with unit, kind and office, widest right first."""

        def held(user, on):
            return cls.objects.active(on).filter(user=user).select_related("unit__kind", "office").order_by("-right", "unit__path")

        found = prepared.fetch("appointments held", held, [user.pk, on])
        for appointment in found:
            appointment.user = user
        return found

    def covers(self, unit):
        return self.reaches(unit.path)

    def reaches(self, path):
        return path == self.unit.path or (self.below and path.startswith(self.unit.path))


class PledgeText(models.Model):
    """The confidentiality form of `unit` and everything below it, as data with versions; the nearest unit's newest one counts."""

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="pledge_texts")
    version = models.PositiveSmallIntegerField()
    texts = models.JSONField()  # language: text
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["unit", "version"], name="pledge_text_once")]

    def __str__(self):
        return localized(self.texts)


class Pledge(models.Model):
    """`user` has accepted a confidentiality form. text: what they read, word for word; name: how they signed. Never changed."""

    user = models.ForeignKey(User, models.PROTECT, related_name="pledges")
    form = models.ForeignKey(PledgeText, models.PROTECT, related_name="pledges")
    at = models.DateTimeField()
    name = models.CharField(max_length=160)
    language = models.CharField(max_length=5)
    text = models.TextField()

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["user", "form"], name="pledge_once")]

    def __str__(self):
        return f"{self.name}, {self.at:%Y-%m-%d}"
