"""Education partners: who offers courses to the members of a party, such as a political education foundation."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from education.models.parties import OfParty


class PartnerQuerySet(OfParty):
    def visible_to(self, user):
        """Everybody with an office in the party may see who offers trainings; a partner's own people see their partner."""
        return self.filter(scope.same_party(user, "party__path") | Q(pk__in=Partner.objects.acted_for_by(user).values("pk")))

    def acted_for_by(self, user):
        """Partners `user` has an account for."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(Exists(PartnerAccount.objects.running().filter(partner=OuterRef("pk"), user=user)))


class Partner(models.Model):
    """An organisation outside the party. Its people have accounts without an office: they see its own offers and participants, nothing else."""

    party = models.ForeignKey(Unit, models.PROTECT, related_name="+")  # root of the tree
    name = models.CharField(_("name"), max_length=120)
    url = models.URLField(_("website"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    ended_on = models.DateField(_("no new offers from"), null=True, blank=True)

    objects = PartnerQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    def is_offering(self, on):
        """Whether it may make new offers on the day `on`."""
        return self.ended_on is None or self.ended_on > on


class PartnerAccountQuerySet(models.QuerySet):
    def running(self):
        return self.filter(ended_at=None, user__is_active=True)


class PartnerAccount(models.Model):
    """Somebody who acts for a partner, until `ended_at`."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="accounts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="partner_accounts")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = PartnerAccountQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("partner", "user", condition=Q(ended_at=None), name="partner_account_once")]

    def __str__(self):
        return f"{self.partner}: {self.user}"

    def end(self, now):
        """End it at `now`: the next request sees nothing any more. False when it has ended before."""
        return bool(PartnerAccount.objects.filter(pk=self.pk, ended_at=None).update(ended_at=now))
