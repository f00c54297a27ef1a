"""Who leaves, why, and whether they came back: reasons as data of each party, and one Exit for each time somebody goes."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches import scope
from branches.models import Unit
from common.labels import Labelled
from membership.models import Change, Member
from onboarding.models.arriving import Journey

WIN_BACK = timedelta(weeks=4)


class ExitReason(Labelled):
    """Why people leave, in the words of a party; `party` is the root of its tree."""

    party = models.ForeignKey(Unit, models.CASCADE, related_name="exit_reasons")
    slug = models.SlugField()
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["party", "slug"], name="exit_reason_once")]


class ExitQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Why somebody leaves stays with those who care for their unit."""
        return self.filter(scope.covers(user, scope.Right.CARE, "member__home_unit__path"))

    def editable_by(self, user):
        return self.filter(scope.covers(user, scope.Right.LEAD, "member__home_unit__path"))

    def planned(self):
        return self.filter(state=Exit.State.PLANNED)

    def took_effect(self):
        """Of whoever has left, also those who came back."""
        return self.filter(state__in=(Exit.State.GONE, Exit.State.WON_BACK, Exit.State.RETURNED))

    def winning_back(self):
        """Gone, and the short journey to win them back still runs."""
        running = Journey.objects.running().filter(member=OuterRef("member"), reason=Journey.Reason.EXIT)
        return self.filter(Exists(running), state=Exit.State.GONE)


class Exit(models.Model):
    """`member` leaves on the day `on`, the first without membership; entered in `unit`, their home then.

    no_contact: they asked to be left alone; no checklist and no win-back begins. change: what it wrote to the history, for taking it back.
    """

    class State(models.TextChoices):
        PLANNED = "planned", pgettext_lazy("exit", "coming")
        GONE = "gone", pgettext_lazy("exit", "gone")
        WON_BACK = "won_back", pgettext_lazy("exit", "won back")
        RETURNED = "returned", pgettext_lazy("exit", "returned later")
        TAKEN_BACK = "taken_back", pgettext_lazy("exit", "taken back")

    member = models.ForeignKey(Member, models.CASCADE, related_name="exits")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    on = models.DateField(_("leaves on"))
    reason = models.ForeignKey(ExitReason, models.PROTECT, null=True, blank=True, related_name="exits", verbose_name=_("reason"))
    note = models.CharField(_("in their own words"), max_length=300, blank=True)
    no_contact = models.BooleanField(_("asked not to be contacted any more"), default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    returned_on = models.DateField(null=True)
    change = models.ForeignKey(Change, models.SET_NULL, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    objects = ExitQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member"], condition=Q(state="planned"), name="exit_one_planned")]
        indexes = [models.Index("member", "on", name="exit_of_member"), models.Index("on", "unit", name="exit_of_unit")]

    def __str__(self):
        return f"{self.member}, {self.on}"

    def call_off(self):
        """Forget one that has not taken effect. False when it has."""
        return bool(Exit.objects.planned().filter(pk=self.pk).update(state=self.State.TAKEN_BACK))
