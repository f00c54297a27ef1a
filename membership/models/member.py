"""Members, their periods of membership and what changed."""

from datetime import datetime, time

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches import scope
from branches.models import Unit, period


class Gender(models.TextChoices):
    FEMALE = "f", _("female")
    MALE = "m", _("male")
    DIVERSE = "d", _("diverse")
    UNKNOWN = "", _("not stated")


class Status(models.TextChoices):
    APPLICANT = "applicant", _("applicant")
    FULL = "full", _("full member")
    GUEST = "guest", _("guest member")
    SUPPORTER = "supporter", _("supporter")
    LEFT = "left", _("left")
    DECEASED = "deceased", _("deceased")


ACTIVE = (Status.FULL, Status.GUEST, Status.SUPPORTER)
GONE = (Status.LEFT, Status.DECEASED)
UNREACHABLE = Q(email="", phone="", mobile="")
PENDING = 256  # kB
QUIET_SINCE = Coalesce("last_contact_on", "joined_on")  # whom nobody reached yet counts from joining


def reached_by(user, right=scope.Right.SEE, member="", by_party=False):
    """Q: members whose home is where `user` holds at least `right`, or who belong to a section the user holds it on.

    member: the way from the row in question to its member, such as "journey__member__".
    by_party: who sees a whole party is asked for by its key: sooner planned, but the indexes of the lists do not hold it.
    """
    if not scope.scopes(user, right, sections=True):
        return scope.covers(user, right, f"{member}home_unit__path", party=f"{member}party" if by_party else "")
    members = Membership.objects.filter(scope.covers(user, right, "unit__path", sections=True), home=False, ends_on=None).values("member")
    if any(not a.unit.kind.is_section for a in user.appointments_now if a.right >= right):
        # Two ways to belong, each answered by its index; joined by OR neither would be.
        members = members.union(Member.objects.filter(scope.covers(user, right, "home_unit__path")).values("pk"))
    return Q(**{f"{member}pk__in": members})


def age_on(born, on):
    """Full years on the day `on`; None without a birth date. Someone born on 29 February turns older on 1 March."""
    return born and on.year - born.year - ((on.month, on.day) < (born.month, born.day))


class MemberQuerySet(models.QuerySet):
    def visible_to(self, user, right=scope.Right.SEE, by_party=False):
        return self.filter(reached_by(user, right, by_party=by_party))

    def editable_by(self, user):
        return self.visible_to(user, scope.Right.CARE)

    def active(self):
        return self.filter(status__in=ACTIVE)

    def in_unit(self, unit):
        """Who belongs to `unit` or a unit below it; of a section: who belongs to it today."""
        if unit.kind.is_section:
            return self.filter(Exists(Membership.objects.filter(unit=unit, member=OuterRef("pk"), home=False, ends_on=None)))
        return self.filter(home_unit__path__startswith=unit.path)

    def cared_for_by(self, user):
        """Members whose address and birth date `user` may see: care through the home unit."""
        return self.filter(scope.covers(user, scope.Right.CARE, "home_unit__path"))

    def unreachable(self):
        """Active members without mail or phone: only a letter reaches them."""
        return self.active().filter(UNREACHABLE)

    def moved_in(self, since):
        """Active members who left a home for another on or after the day `since`, with `moved_on`, the day of the last time."""
        moves = {"home": True, "end_reason": Membership.End.MOVED}
        moved = self.active().filter(memberships__ends_on__gte=since, **{f"memberships__{name}": value for name, value in moves.items()})
        again = Membership.objects.filter(member=OuterRef("pk"), ends_on__gt=OuterRef("moved_on"), **moves)
        return moved.annotate(moved_on=F("memberships__ends_on")).filter(~Exists(again))

    def returned(self, since):
        """Active members who came back on or after the day `since`."""
        returns = Change.objects.filter(kind=Change.Kind.RETURNED, at__gte=timezone.make_aware(datetime.combine(since, time.min)))
        return self.active().filter(pk__in=returns.values("member"))

    def moved_out(self, unit, since):
        """Active members who left `unit` (with those below) for a home elsewhere on or after the day `since`."""
        moves = Membership.objects.filter(home=True, end_reason=Membership.End.MOVED, ends_on__gte=since, unit__path__startswith=unit.path)
        return self.active().filter(pk__in=moves.values("member")).exclude(home_unit__path__startswith=unit.path)


class Member(models.Model):
    """A person of the party. `joined_on` is sacred: seniority counts; periods live in Membership."""

    party = models.ForeignKey(Unit, models.PROTECT, related_name="+", help_text=_("Root of the tree; numbers are unique within it."))
    number = models.CharField(_("number"), max_length=40, blank=True)
    given_name = models.CharField(_("given name"), max_length=120, blank=True)
    family_name = models.CharField(_("family name"), max_length=120)
    title = models.CharField(pgettext_lazy("of a person", "title"), max_length=60, blank=True)
    gender = models.CharField(_("gender"), max_length=1, choices=Gender.choices, blank=True, default="")
    birth_date = models.DateField(_("birth date"), null=True, blank=True)
    joined_on = models.DateField(_("joined on"))
    joined_estimated = models.BooleanField(_("join date estimated"), default=False, help_text=_("The list had none: first seen on this day."))
    left_on = models.DateField(_("left on"), null=True, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.FULL)
    home_unit = models.ForeignKey(Unit, models.PROTECT, related_name="members", verbose_name=_("home unit"))
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=60, blank=True)
    mobile = models.CharField(_("mobile"), max_length=60, blank=True)
    street = models.CharField(_("street"), max_length=160, blank=True)
    postcode = models.CharField(_("postcode"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    country = models.CharField(_("country"), max_length=80, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True)
    # The last day somebody reached them; kept by triggers of the rooms that note contacts.
    last_contact_on = models.DateField(null=True, editable=False)

    # Computed by `membership.search.keys()` wherever names or contacts are written; never shown.
    sort_key = models.CharField(max_length=260, db_collation="C", editable=False)
    given_key = models.CharField(max_length=130, db_collation="C", editable=False)
    search_name = models.TextField(editable=False)
    search_contact = models.TextField(editable=False, blank=True)

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="member")
    first_list = models.ForeignKey("membership.ListImport", models.SET_NULL, null=True, blank=True, related_name="first_members", editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = MemberQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("party", "number", condition=~Q(number=""), name="member_number_once"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="member_status"),
            models.CheckConstraint(condition=Q(left_on=None) | Q(left_on__gte=F("joined_on")), name="member_left_after_joined"),
        ]
        indexes = [
            models.Index("sort_key", "id", include=["home_unit", "status"], name="member_order"),
            models.Index("home_unit", "sort_key", "id", include=["status"], name="member_unit_order"),
            models.Index("given_key", name="member_given"),
            # Each preset of the list reads one of these, and counts without touching the rows.
            models.Index("joined_on", "id", include=["home_unit", "status"], name="member_joined"),
            models.Index("status", "sort_key", "id", include=["home_unit"], name="member_status_order"),
            models.Index("sort_key", "id", include=["home_unit"], condition=UNREACHABLE & Q(status__in=ACTIVE), name="member_unreachable"),
            models.Index("left_on", "id", include=["home_unit"], condition=Q(left_on__isnull=False, status__in=GONE), name="member_left"),
            models.Index("sort_key", "id", include=["home_unit"], condition=Q(status__in=[Status.GUEST, Status.SUPPORTER]), name="member_guests"),
            models.Index(QUIET_SINCE, "id", include=["home_unit"], condition=Q(status__in=ACTIVE), name="member_quiet"),
            # What is not yet sorted in is read by every search, so it is never much.
            GinIndex(fields=["search_name"], opclasses=["gin_trgm_ops"], gin_pending_list_limit=PENDING, name="member_search_name"),
            GinIndex(fields=["search_contact"], opclasses=["gin_trgm_ops"], gin_pending_list_limit=PENDING, name="member_search_contact"),
        ]

    def __str__(self):
        return self.name

    @property
    def name(self):
        return f"{self.given_name} {self.family_name}".strip()

    def get_absolute_url(self):
        return reverse("cockpit:member_detail", args=[self.pk])

    def age(self, on):
        return age_on(self.birth_date, on)


class MembershipQuerySet(models.QuerySet):
    def active(self, on):
        return self.filter(Q(ends_on=None) | Q(ends_on__gt=on), starts_on__lte=on)

    def visible_to(self, user):
        return self.filter(member__in=Member.objects.visible_to(user))

    def editable_by(self, user):
        """Sections one cares for; the home changes by other verbs."""
        return self.filter(scope.covers(user, scope.Right.CARE, "unit__path"), home=False)

    def join_section(self, member, unit, starts_on, by, now):
        """Let `member` belong to the section `unit` from the day `starts_on`; writes the Change. Raises ValidationError when they do already."""
        try:
            with transaction.atomic():
                period = self.create(member=member, unit=unit, home=False, starts_on=starts_on)
                member.changes.create(kind=Change.Kind.SECTION_IN, at=now, by=by, after={"section": unit.slug, "on": str(starts_on)})
        except IntegrityError:
            raise ValidationError({"unit": _("Already belongs to this section at that time.")}) from None
        return period


class Membership(models.Model):
    """A period [starts_on, ends_on) of belonging: one home at a time (held by the database), any number of sections beside it."""

    class Kind(models.TextChoices):
        FULL = "full", _("full member")
        GUEST = "guest", _("guest member")
        SUPPORTER = "supporter", _("supporter")

    class End(models.TextChoices):
        MOVED = "moved", _("moved to another unit")
        STATUS = "status", _("status changed")
        LEFT = "left", _("left")
        DECEASED = "deceased", _("deceased")
        GONE = "gone", _("no longer on the list")
        REORGANISED = "unit", _("unit reorganised")
        RULE = "rule", _("no longer by its rule")
        OUT = "out", _("ended by hand")  # the rule of the section brings nobody back who wanted to leave

    member = models.ForeignKey(Member, models.CASCADE, related_name="memberships")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="memberships")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.FULL)
    home = models.BooleanField(default=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    end_reason = models.CharField(max_length=10, choices=End.choices, blank=True)
    list_import = models.ForeignKey("membership.ListImport", models.SET_NULL, null=True, blank=True, related_name="+")
    rule = models.ForeignKey("membership.SectionRule", models.SET_NULL, null=True, blank=True, related_name="periods")  # none: by hand

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_on=None) | Q(ends_on__gt=F("starts_on")), name="membership_ends_after_start"),
            ExclusionConstraint(
                name="membership_one_home",
                expressions=[("member", RangeOperators.EQUAL), (period(), RangeOperators.OVERLAPS)],
                condition=Q(home=True),
            ),
            ExclusionConstraint(
                name="membership_section_once",
                expressions=[("member", RangeOperators.EQUAL), ("unit", RangeOperators.EQUAL), (period(), RangeOperators.OVERLAPS)],
                condition=Q(home=False),
            ),
        ]
        indexes = [
            models.Index("unit", "member", condition=Q(home=False, ends_on=None), name="membership_section_now"),
            models.Index("ends_on", "member", condition=Q(home=True, end_reason="moved"), name="membership_moved"),
        ]

    def __str__(self):
        return f"{self.unit} {self.starts_on}"

    @transaction.atomic
    def end(self, on, by, now):
        """End a section on the day `on` (the first day without it); writes the Change.

        Raises ValidationError when that is not after its beginning, or somebody else has ended it meanwhile.
        """
        if on <= self.starts_on:
            raise ValidationError(_("The end must be after the beginning."))
        if not Membership.objects.filter(pk=self.pk, ends_on=None).update(ends_on=on, end_reason=self.End.OUT):
            raise ValidationError(_("Somebody has ended this already."))
        self.refresh_from_db(fields=["ends_on", "end_reason"])
        self.member.changes.create(kind=Change.Kind.SECTION_OUT, at=now, by=by, before={"section": self.unit.slug}, after={"on": str(on)})


class Change(models.Model):
    """What happened to a member, when, by whom or by which list: before and after of the fields that changed. Source of timeline and undo."""

    class Kind(models.TextChoices):
        JOINED = "joined", _("joined")
        RETURNED = "returned", _("returned")
        MOVED = "moved", _("moved")
        CHANGED = "changed", _("changed")
        GONE = "gone", _("left")
        NUMBER = "number", _("number changed")
        STATUS = "status", _("status changed")
        SECTION_IN = "section_in", _("came to a section")
        SECTION_OUT = "section_out", _("left a section")
        REORGANISED = "reorganised", _("unit reorganised")
        MERGED = "merged", _("merged with another record")
        UNMERGED = "unmerged", _("merge undone")

    member = models.ForeignKey(Member, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    list_import = models.ForeignKey("membership.ListImport", models.SET_NULL, null=True, related_name="changes")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    restore = models.JSONField(null=True)  # the whole row and its open periods as they were, for undo

    class Meta:
        indexes = [
            models.Index("member", F("at").desc(), name="change_of_member"),
            models.Index("list_import", condition=Q(list_import__isnull=False), name="change_of_list"),
            models.Index("at", "member", condition=Q(kind="returned"), name="change_returned"),
        ]
