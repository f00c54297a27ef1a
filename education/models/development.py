"""The development card: what a member would like to become, and what was agreed on the way there."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Office, Unit
from membership.models import ACTIVE, Member, reached_by


class DevelopmentCardQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The officers in charge of the member: those who care for them. Nobody else, however wide their view."""
        return self.filter(reached_by(user, scope.Right.CARE, "member__"))

    editable_by = visible_to

    def candidates_for(self, office, unit, on):
        """Cards of active members who said on or before the day `on` that they would like `office` and may be named.

        Of `unit` and the units below, of a section who belongs to it. Who wants it in another unit only is left out. Those with the longest consent first; `member` and the home unit are read along.
        """
        here = Q(wants_unit=None) | Q(wants_unit__path__startswith=unit.path)
        found = self.filter(here, wants=office, consented_on__lte=on, member__in=Member.objects.active().in_unit(unit))
        return found.select_related("member__home_unit").order_by("consented_on", "pk")


class DevelopmentCard(models.Model):
    """Private to the member and the officers in charge. Interests are the member's words, trainings done their registrations.

    wants: the office they would like next, in `wants_unit` or anywhere. consented_on: since when they may be named as a candidate; None: not,
    or no longer (`withdrawn_on`).
    """

    member = models.OneToOneField(Member, models.CASCADE, related_name="development")
    goal = models.CharField(_("goal"), max_length=1000, blank=True)
    wants = models.ForeignKey(Office, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("next office"))
    wants_unit = models.ForeignKey(Unit, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("in the unit"))
    consented_on = models.DateField(_("may be named as a candidate since"), null=True)
    withdrawn_on = models.DateField(_("withdrawn on"), null=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")  # None: the member
    version = models.PositiveIntegerField(default=1, editable=False)

    objects = DevelopmentCardQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("wants", "consented_on", condition=Q(consented_on__isnull=False), name="development_candidates")]

    def __str__(self):
        return str(self.member)

    def consent(self, on):
        """The member agrees to be named as a candidate from the day `on`."""
        DevelopmentCard.objects.filter(pk=self.pk, consented_on=None).update(consented_on=on, withdrawn_on=None)
        self.refresh_from_db()

    def withdraw(self, on):
        """The member takes that back on the day `on`: no list names them any more."""
        DevelopmentCard.objects.filter(pk=self.pk, consented_on__isnull=False).update(consented_on=None, withdrawn_on=on)
        self.refresh_from_db()


class DevelopmentStepQuerySet(models.QuerySet):
    def visible_to(self, user):
        return self.filter(reached_by(user, scope.Right.CARE, "card__member__"))

    editable_by = visible_to

    def open(self):
        return self.filter(done_on=None)

    def due(self, on):
        """Open ones of active members whose day is `on` or earlier."""
        return self.open().filter(due_on__lte=on, card__member__status__in=ACTIVE)


class DevelopmentStep(models.Model):
    """The next step that was agreed, with its day."""

    card = models.ForeignKey(DevelopmentCard, models.CASCADE, related_name="steps")
    text = models.CharField(_("agreed next step"), max_length=300)
    due_on = models.DateField(_("until"))
    agreed_on = models.DateField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    done_on = models.DateField(null=True)

    objects = DevelopmentStepQuerySet.as_manager()

    class Meta:
        ordering = [F("done_on").desc(nulls_first=True), "due_on", "pk"]
        indexes = [models.Index("due_on", "id", condition=Q(done_on=None), name="development_step_due")]

    def __str__(self):
        return self.text

    def tick(self, on):
        """Done on the day `on`. False when it was before."""
        return bool(DevelopmentStep.objects.filter(pk=self.pk, done_on=None).update(done_on=on))
