"""Calendar feeds: an address that calendars read by themselves, of a unit or of a person, until it is revoked."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from education.models.events import EventKind
from membership.models import Member


class CalendarFeedQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own alone: a feed shows what its owner may see."""
        return self.filter(user=user)

    editable_by = visible_to

    def open(self):
        return self.filter(revoked_at=None)


class CalendarFeed(models.Model):
    """A feed of `user`, or of a member without an account. unit: its events, with `below` also those of the units below it; None: one's own
    events (education.calendars.own). kinds: only these; none: all. It follows: what it shows is asked anew each time it is read.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="calendar_feeds")
    member = models.ForeignKey(Member, models.CASCADE, null=True, related_name="calendar_feeds")
    unit = models.ForeignKey(Unit, models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("unit"))
    below = models.BooleanField(_("with the units below"), default=False)
    kinds = models.ManyToManyField(EventKind, blank=True, related_name="+", verbose_name=_("kinds"))
    language = models.CharField(max_length=5)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(user__isnull=True) ^ Q(member__isnull=True), name="calendar_feed_one_owner"),
            models.CheckConstraint(condition=Q(member=None) | Q(unit=None), name="calendar_feed_of_member_is_own"),
        ]

    def __str__(self):
        return str(self.unit or _("My events"))

    def revoke(self, now):
        """Whoever has the address gets nothing from it any more."""
        CalendarFeed.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now)
