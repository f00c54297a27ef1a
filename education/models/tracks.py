"""Tracks of training: levels one after the other, and what each of them asks for."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from common.labels import Labelled
from education.models.events import EventKind
from education.models.parties import OfParty
from education.models.qualifications import QualificationKind
from membership.models import Member


class TrackQuerySet(OfParty):
    def running(self):
        return self.filter(retired_on=None)


class Track(Labelled):
    """A way of training, such as from joining to running for the council. texts: {language: what it is for}."""

    party = models.ForeignKey(Unit, models.PROTECT, related_name="+")  # root of the tree
    texts = models.JSONField(_("what it is for"), default=dict, blank=True)
    retired_on = models.DateField(null=True)

    objects = TrackQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def retire(self, on):
        """Offer it to nobody new from the day `on`."""
        Track.objects.filter(pk=self.pk, retired_on=None).update(retired_on=on)

    def restore(self):
        Track.objects.filter(pk=self.pk).update(retired_on=None)


class TrackLevelQuerySet(OfParty):
    party = "track__party"


class TrackLevel(Labelled):
    """One level of a track. It is done when each of its needs is; without needs, when an event of one of its offers was attended.

    The levels before it are its preconditions: they warn and say why, and never forbid.
    """

    track = models.ForeignKey(Track, models.CASCADE, related_name="levels")
    position = models.PositiveSmallIntegerField(_("place in the order"))

    objects = TrackLevelQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["track", "position"], name="track_level_position_once", deferrable=models.Deferrable.DEFERRED)]


class TrackNeed(models.Model):
    """What a level asks for: a valid qualification, so many attended events of a kind, or (neither) attended trainings of this level's own offers."""

    level = models.ForeignKey(TrackLevel, models.CASCADE, related_name="needs")
    kind = models.ForeignKey(EventKind, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("kind of event"))
    qualification = models.ForeignKey(
        QualificationKind, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("qualification")
    )
    count = models.PositiveSmallIntegerField(_("how many"), default=1)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint("level", "kind", condition=Q(kind__isnull=False), name="track_need_kind_once"),
            models.UniqueConstraint("level", "qualification", condition=Q(qualification__isnull=False), name="track_need_qualification_once"),
            models.UniqueConstraint("level", condition=Q(kind=None, qualification=None), name="track_need_offers_once"),
            models.CheckConstraint(condition=Q(kind=None) | Q(qualification=None), name="track_need_is_one"),
            models.CheckConstraint(condition=Q(count__gte=1), name="track_need_counts"),
        ]

    def __str__(self):
        return f"{self.level}: {self.count}"


class TrackMember(models.Model):
    """`member` goes along `track`: their own wish, or agreed with whoever is in charge of them."""

    track = models.ForeignKey(Track, models.CASCADE, related_name="members")
    member = models.ForeignKey(Member, models.CASCADE, related_name="tracks")
    since = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("member", "track", name="track_member_once")]
        indexes = [models.Index("track", "member", name="track_members")]

    def __str__(self):
        return f"{self.track}: {self.member}"


class LevelDone(models.Model):
    """`member` has done `level` since the day `on`. Written by education.tracks; what was done once stays done when the needs change."""

    level = models.ForeignKey(TrackLevel, models.CASCADE, related_name="done")
    member = models.ForeignKey(Member, models.CASCADE, related_name="levels_done")
    on = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint("member", "level", name="level_done_once")]
        indexes = [models.Index("level", "member", name="level_done_members")]

    def __str__(self):
        return f"{self.level}: {self.member}"
