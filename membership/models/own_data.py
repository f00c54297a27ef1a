"""Members asked to look at their own data, and what they want changed that waits for an office."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from branches import scope
from membership.models.member import Change, Member
from outbox.models import Message


class Ask(models.Model):
    """`by` asked `member` to look at their data; the link in the mail is good until the day `until`, and for one answer.

    change: what the member corrected with it at once; what waits is in Proposal; an answer without either says that all is right.
    """

    member = models.ForeignKey(Member, models.CASCADE, related_name="asks")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    until = models.DateField()
    message = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    change = models.OneToOneField(Change, models.SET_NULL, null=True, related_name="answer")

    class Meta:
        indexes = [models.Index("member", models.F("at").desc(), name="ask_of_member")]

    def __str__(self):
        return str(self.member)


class ProposalQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Names, birth date and the like are for those who care through the home unit (see membership.fields)."""
        return self.filter(scope.covers(user, scope.Right.CARE, "member__home_unit__path"))

    editable_by = visible_to

    def waiting(self):
        return self.filter(state=Proposal.State.WAITING)


class Proposal(models.Model):
    """A member wants `field` changed to `after` (text as in Change); an office accepts or refuses it."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for an office")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        REPLACED = "replaced", _("replaced by a newer one")

    ask = models.ForeignKey(Ask, models.CASCADE, related_name="proposals")
    member = models.ForeignKey(Member, models.CASCADE, related_name="proposals")
    field = models.CharField(max_length=20)
    before = models.CharField(max_length=254, blank=True)
    after = models.CharField(max_length=254, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")

    objects = ProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("member", "field", condition=models.Q(state="waiting"), name="proposal_one_waiting"),
        ]
        indexes = [models.Index("at", "id", condition=models.Q(state="waiting"), name="proposal_waiting")]

    def __str__(self):
        return f"{self.field}: {self.after}"

    @property
    def label(self):
        return Member._meta.get_field(self.field).verbose_name
