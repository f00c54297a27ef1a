"""Mentoring: who offers it, who waits for it, which pairs there are, and what they say. Everything belongs to a pool."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Appointment, Office, Unit
from common.labels import localized
from membership.models import ACTIVE, Member, MemberTag, Tag
from outbox.models import Message

MOST_PLACES = 3
ANSWER_DAYS = timedelta(days=7)  # time to answer when asked
MONTHS = (1, 3, 6)  # check-ins
SILENCE = timedelta(days=45)
OFFICER_AFTER = timedelta(days=14)  # days after both were asked in vain
REST = timedelta(days=30)  # of a mentor who did not answer
ADULT = 18
LANGUAGES = {  # in their own words, which need no translation
    "de": "Deutsch", "he": "עברית", "en": "English", "ar": "العربية", "am": "አማርኛ", "es": "Español", "fa": "فارسی", "fr": "Français",
    "pl": "Polski", "ru": "Русский", "tr": "Türkçe", "uk": "Українська", "vi": "Tiếng Việt",
}  # fmt: skip


class ByPool(models.QuerySet):
    """Rows of pools: for those who lead the whole of a pool, nobody else."""

    way = "pool__unit__"

    def visible_to(self, user):
        return self.filter(scope.covers_whole(user, scope.Right.LEAD, self.way))

    editable_by = visible_to


class PoolQuerySet(ByPool):
    way = "unit__"


class Pool(models.Model):
    """Mentors and new members of `unit` and everything below it find each other here; of nested pools the nearest counts.

    complaint_office: who gets complaints, in the nearest unit above both members' units where somebody holds it.
    ordered_at, made_at: suggestions are made anew where the order is younger. figures: what the last run said.
    """

    unit = models.OneToOneField(Unit, models.CASCADE, related_name="mentoring")
    complaint_office = models.ForeignKey(Office, models.PROTECT, verbose_name=_("complaints go to"), related_name="+")
    ordered_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(null=True)
    figures = models.JSONField(default=dict)

    objects = PoolQuerySet.as_manager()

    def __str__(self):
        return str(self.unit)

    def order(self, now):
        """Have the suggestions made anew by the worker."""
        Pool.objects.filter(pk=self.pk).update(ordered_at=now)

    @property
    def is_working(self):
        return bool(self.ordered_at and (self.made_at is None or self.made_at < self.ordered_at))


class Conduct(models.Model):
    """The code of conduct of a pool, as data, with a version: whoever is in a pair has accepted one."""

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="conducts")
    version = models.PositiveSmallIntegerField()
    texts = models.JSONField()  # language: text
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    objects = ByPool.as_manager()

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["pool", "version"], name="conduct_version_once")]

    def __str__(self):
        return localized(self.texts)


def some_language():
    return ["de"]


class Side(models.TextChoices):
    MENTOR = "mentor", _("mentor")
    MENTEE = "mentee", _("mentee")


class Person(models.Model):
    """What mentors and mentees have in common. Topics and times are the member's own words (MemberTag)."""

    member = models.OneToOneField(Member, models.CASCADE, related_name="%(class)s")
    languages = ArrayField(models.CharField(max_length=5), default=some_language)
    conduct = models.ForeignKey(Conduct, models.PROTECT, null=True, related_name="+")
    conduct_at = models.DateTimeField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self):
        return str(self.member)

    def accept(self, conduct, now):
        """Note that they accept the code of conduct."""
        if conduct and self.conduct_id != conduct.pk:
            self.conduct, self.conduct_at = conduct, now
            self.save(update_fields=["conduct", "conduct_at"])


class MentorQuerySet(ByPool):
    def with_free_places(self, on):
        """Confirmed ones who take somebody on the day `on`: `taken` of their `places` are."""
        taken = Count("pairings", filter=Q(pairings__state__in=Pairing.OPEN))
        active = self.filter(Q(paused_until=None) | Q(paused_until__lte=on), state=Mentor.State.CONFIRMED, member__status__in=ACTIVE)
        return active.annotate(taken=taken).filter(taken__lt=F("places"))


class Mentor(Person):
    """A member who accompanies others: told by themselves, confirmed by the officer."""

    class State(models.TextChoices):
        INVITED = "invited", _("invited")
        DECLARED = "declared", _("to be confirmed")
        CONFIRMED = "confirmed", _("confirmed")
        RETIRED = "retired", _("no longer a mentor")

    class Reach(models.TextChoices):
        UNIT = "unit", _("my unit or my postcode")
        NEAR = "near", _("my area: units beside mine, postcodes that begin alike")
        ANYWHERE = "anywhere", _("anywhere")

    PROFILE = ("places", "languages", "reach", "paused_until")  # what mentors tell about themselves

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="mentors")
    state = models.CharField(max_length=10, choices=State.choices, default=State.INVITED)
    places = models.PositiveSmallIntegerField(_("places"), default=1, validators=[MaxValueValidator(MOST_PLACES)])
    reach = models.CharField(_("how far"), max_length=10, choices=Reach.choices, default=Reach.NEAR)
    paused_until = models.DateField(_("pause until before"), null=True, blank=True)
    minors = models.BooleanField(_("may accompany minors"), default=False)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    objects = MentorQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(places__lte=MOST_PLACES), name="mentor_most_places")]

    def declare(self, now):
        """Told by the mentor, with the profile they gave: what is new waits for the officer; a confirmed one stays so."""
        self.at = now
        self.save(update_fields=[*self.PROFILE, "at"])
        Mentor.objects.filter(pk=self.pk).exclude(state=self.State.CONFIRMED).update(state=self.State.DECLARED)
        self.refresh_from_db(fields=["state"])

    def confirm(self, by, now):
        """False when there is nothing to confirm."""
        waiting = Mentor.objects.filter(pk=self.pk, state=self.State.DECLARED)
        return bool(waiting.update(state=self.State.CONFIRMED, confirmed_by=by, confirmed_at=now))

    def retire(self):
        """Takes nobody new; pairs go on."""
        Mentor.objects.filter(pk=self.pk).update(state=self.State.RETIRED)


class MenteeQuerySet(ByPool):
    def waiting(self):
        """Who wants a mentor, is a member and is in no pair."""
        paired = Pairing.objects.filter(mentee=OuterRef("pk"), state__in=Pairing.OPEN)
        return self.filter(~Exists(paired), state=Mentee.State.WAITING, member__status__in=ACTIVE)


class Mentee(Person):
    """A member who was asked whether they want a mentor, wants one, or has had one."""

    class State(models.TextChoices):
        OFFERED = "offered", _("asked whether they want a mentor")
        WAITING = "waiting", _("waits for a mentor")
        SERVED = "served", _("has or had a mentor")
        DECLINED = "declined", _("wants none")

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="mentees")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFFERED)
    since = models.DateField(_("waiting since"))
    shares_email = models.BooleanField(_("my mentor may have my mail address"), default=True)
    shares_phone = models.BooleanField(_("my mentor may have my phone number"), default=False)
    why_not = models.CharField(max_length=20, blank=True)  # key of matching.WHY_NOT

    objects = MenteeQuerySet.as_manager()


class PairRule(models.Model):
    """The officer's word on a pair: it shall be suggested, or never."""

    class Kind(models.TextChoices):
        PIN = "pin", _("pinned")
        FORBID = "forbid", _("never")

    mentor = models.ForeignKey(Mentor, models.CASCADE, related_name="rules")
    mentee = models.ForeignKey(Mentee, models.CASCADE, related_name="rules")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["mentor", "mentee"], name="pair_rule_once"),
            models.UniqueConstraint(fields=["mentee"], condition=Q(kind="pin"), name="pair_rule_one_pin"),
        ]

    def __str__(self):
        return f"{self.mentor}, {self.mentee}: {self.get_kind_display()}"


class Suggestion(models.Model):
    """What the last run proposes. facts: why, for matching.words. was: whom the run before proposed, `changed` when that differs."""

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="suggestions")
    mentee = models.OneToOneField(Mentee, models.CASCADE, related_name="suggestion")
    mentor = models.ForeignKey(Mentor, models.CASCADE, related_name="suggestions")
    was = models.ForeignKey(Mentor, models.SET_NULL, null=True, related_name="+")
    changed = models.BooleanField(default=True)
    pinned = models.BooleanField(default=False)
    score = models.SmallIntegerField()
    facts = models.JSONField()

    objects = ByPool.as_manager()

    class Meta:
        indexes = [models.Index("pool", F("score").desc(), "id", name="suggestion_of_pool")]

    def __str__(self):
        return f"{self.mentee}: {self.mentor}"


class PairingQuerySet(ByPool):
    def open(self):
        return self.filter(state__in=Pairing.OPEN)

    def unanswered(self, on):
        """Asked too long ago on the day `on`."""
        return self.filter(state__in=(Pairing.State.ASKED, Pairing.State.AGREED), answer_until__lt=on)

    def unreachable(self):
        """Whoever is asked has no mail address: somebody has to call them."""
        asked, agreed = Pairing.State.ASKED, Pairing.State.AGREED
        return self.filter(Q(state=asked, mentor__member__email="") | Q(state=agreed, mentee__member__email=""))

    def silent(self, on):
        """Running, and nobody has said anything for 45 days on the day `on`."""
        return self.filter(state=Pairing.State.RUNNING, last_sign_on__lte=on - SILENCE)


class Pairing(models.Model):
    """A mentor and a mentee: asked (the mentor), agreed (the mentor; the mentee is asked), running, paused, ended.

    Verbs return False when somebody was faster; the row is then as it was left by them.
    """

    class State(models.TextChoices):
        ASKED = "asked", _("mentor asked")
        AGREED = "agreed", _("mentor agreed, mentee asked")
        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        ENDED = "ended", _("ended")

    class End(models.TextChoices):
        DONE = "done", _("completed")
        MENTOR_NO = "mentor_no", _("the mentor has no room now")
        MENTEE_NO = "mentee_no", _("the mentee would rather have somebody else")
        NO_ANSWER = "no_answer", _("no answer")
        REMATCH = "rematch", _("did not fit, without blame")
        BADLY = "badly", _("ended badly")
        LEFT = "left", _("somebody left the party")

    OPEN = (State.ASKED, State.AGREED, State.RUNNING, State.PAUSED)

    pool = models.ForeignKey(Pool, models.CASCADE, related_name="pairings")
    mentor = models.ForeignKey(Mentor, models.CASCADE, related_name="pairings")
    mentee = models.ForeignKey(Mentee, models.CASCADE, related_name="pairings")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED)
    facts = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    asked_on = models.DateField()
    answer_until = models.DateField()
    agreed_on = models.DateField(null=True)
    started_on = models.DateField(null=True)
    last_sign_on = models.DateField(null=True)
    silence_asked_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    ended = models.CharField(max_length=10, choices=End.choices, blank=True)

    objects = PairingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mentee"], condition=Q(state__in=["asked", "agreed", "running", "paused"]), name="pairing_one_open"
            ),
            models.CheckConstraint(condition=Q(state="ended") ^ Q(ended=""), name="pairing_says_why_it_ended"),
        ]
        indexes = [models.Index("pool", "state", F("asked_on").desc(), name="pairing_of_pool")]

    def __str__(self):
        return f"{self.mentor}, {self.mentee}"

    @property
    def waits_for(self):
        """The Side that is asked now; None when nobody is."""
        return {self.State.ASKED: Side.MENTOR, self.State.AGREED: Side.MENTEE}.get(self.state)

    def _go(self, states, state, **fields):
        """From one of `states` to `state`; False when it is in another by now."""
        gone = Pairing.objects.filter(pk=self.pk, state__in=states).update(state=state, **fields)
        self.refresh_from_db()
        return bool(gone)

    def agree(self, on):
        """The mentor says yes; now the mentee is asked."""
        return self._go([self.State.ASKED], self.State.AGREED, agreed_on=on, answer_until=on + ANSWER_DAYS)

    @transaction.atomic
    def start(self, on):
        """The mentee says yes too: it runs."""
        started = self._go([self.State.AGREED], self.State.RUNNING, started_on=on, last_sign_on=on)
        if started:
            Mentee.objects.filter(pk=self.mentee_id).update(state=Mentee.State.SERVED)
        return started

    def pause(self):
        return self._go([self.State.RUNNING], self.State.PAUSED)

    def resume(self, on):
        return self._go([self.State.PAUSED], self.State.RUNNING, last_sign_on=on, silence_asked_on=None)

    def sign_of_life(self, on):
        """Somebody has said something: the clock of silence begins anew."""
        Pairing.objects.filter(pk=self.pk).update(last_sign_on=on, silence_asked_on=None)

    @transaction.atomic
    def end(self, why, on, waits_again=False):
        """End it because of `why` (Pairing.End). waits_again: the mentee gets the next suggestion, in the old place of the queue."""
        ended = self._go(self.OPEN, self.State.ENDED, ended=why, ended_on=on)
        if ended and waits_again:
            Mentee.objects.filter(pk=self.mentee_id).update(state=Mentee.State.WAITING)
        return ended

    def months(self):
        """{month: day} of the check-ins."""
        return {month: self.started_on + relativedelta(months=month) for month in MONTHS} if self.started_on else {}


class CheckIn(models.Model):
    """One side is asked on an occasion: "month:1", "silence:2026-11-22" or "closing"; the answer is one tap."""

    class Answer(models.TextChoices):
        GOOD = "good", _("We are in touch and it goes well")
        SLOW = "slow", _("We are in touch, it could be better")
        NOT_YET = "not_yet", _("We have not met yet")
        HELP = "help", _("Please get in touch with me")
        END = "end", _("It does not fit, please look for somebody else")

    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="check_ins")
    side = models.CharField(max_length=6, choices=Side.choices)
    occasion = models.CharField(max_length=20)
    asked_on = models.DateField()
    answer = models.CharField(max_length=10, choices=Answer.choices, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    answered_on = models.DateField(null=True)

    class Meta:
        ordering = ["asked_on", "pk"]
        constraints = [models.UniqueConstraint(fields=["pairing", "side", "occasion"], name="check_in_once")]

    def __str__(self):
        return f"{self.pairing} {self.occasion}"


class ComplaintQuerySet(models.QuerySet):
    def visible_to(self, user):
        """For who holds the named office of the named unit today, and for nobody else; never about oneself."""
        held, own = Q(pk__in=[]), Q()
        for appointment in user.appointments_now:
            held |= Q(unit=appointment.unit_id, office=appointment.office_id)
        for side in Side.values:  # an account belongs to a member by link or by mail address
            own |= Q(**{f"pairing__{side}__member__user": user}) | Q(**{f"pairing__{side}__member__email__iexact": user.email})
        return self.filter(held).exclude(own)

    editable_by = visible_to


class Complaint(models.Model):
    """What one side has to say about a pair in confidence. Goes past the units of both."""

    pairing = models.ForeignKey(Pairing, models.CASCADE, related_name="complaints")
    side = models.CharField(max_length=6, choices=Side.choices)
    text = models.TextField(max_length=4000)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    office = models.ForeignKey(Office, models.PROTECT, related_name="+")
    key = models.UUIDField(unique=True)
    at = models.DateTimeField()
    note = models.TextField(blank=True, max_length=4000)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]

    def __str__(self):
        return str(self.pairing)

    @property
    def writer(self):
        """The member who wrote it."""
        return getattr(self.pairing, self.side).member

    def close(self, note, by, now):
        """Note what was done. False when somebody has closed it already."""
        rows = Complaint.objects.filter(pk=self.pk, closed_at=None)
        return bool(rows.update(note=note, closed_by=by, closed_at=now))


def responsible_for_complaints(pairing, on):
    """(Unit, Office) a complaint about `pairing` goes to: the pool's office in the nearest unit above the homes of both where somebody
    holds it on the day `on`, else the administrators, else who leads there. Never the home of one of the two, unless that is the top of the
    tree, and never one of the two themselves. Raises ValidationError when there is nobody."""
    both = [pairing.mentor.member, pairing.mentee.member]
    homes = [member.home_unit for member in both]
    shared = set(homes[0].ancestor_paths()) & set(homes[1].ancestor_paths())
    above = [path for path in shared if path not in {home.path for home in homes}] or [homes[0].root_path]
    own = Q(user__member__in=both) | Q(user__email__in=[member.email.lower() for member in both if member.email])
    held = Appointment.objects.active(on).filter(unit__path__in=above, user__is_active=True).exclude(own).select_related("unit", "office")
    for wanted in (Q(office=pairing.pool.complaint_office), Q(office__slug="administrator"), Q(right=scope.Right.LEAD)):
        if found := held.filter(wanted).order_by("-unit__path").first():
            return found.unit, found.office
    raise ValidationError(_("Nobody holds the office that complaints go to. Please call somebody you trust above your unit."))


class MentoringMail(models.Model):
    """Which mail of mentoring went to which member: for the cap, and for what is told about them."""

    message = models.OneToOneField(Message, models.CASCADE, related_name="mentoring")
    member = models.ForeignKey(Member, models.CASCADE, related_name="mentoring_mails")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index("member", "at", name="mentoring_mail_of_member")]

    def __str__(self):
        return str(self.message)


def words_of(member, kind):
    """The member's words of a kind (Tag.Kind), in the reader's language."""
    return [str(tag.tag) for tag in member.tags.all() if tag.tag.kind == kind]


def with_words(way):
    """Prefetch of the words of the members at `way`, for words_of."""
    return models.Prefetch(f"{way}__tags", MemberTag.objects.select_related("tag"))


TOPIC, TIME = Tag.Kind.INTEREST, Tag.Kind.TIME
