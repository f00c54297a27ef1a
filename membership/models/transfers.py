"""Transfers between units: who asked, what both say, who decides where the member does not live in the new one."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches import scope
from branches.models import Unit
from membership.models.member import Member

ANSWER = timedelta(days=14)


class TransferQuerySet(models.QuerySet):
    def visible_to(self, user):
        """For those who care for one of the two units, or for the one above both."""
        old, new, above = (scope.covers(user, scope.Right.CARE, f"{way}__path") for way in ("from_unit", "to_unit", "decider"))
        return self.filter(old | new | above)

    def open(self):
        return self.filter(state=Transfer.State.OPEN)

    def waiting_for(self, user, on):
        """Open ones on which a unit that `user` leads has yet to say something on the day `on`."""
        leads = {way: scope.covers(user, scope.Right.LEAD, f"{way}__path") for way in ("from_unit", "to_unit", "decider")}
        answers = Q(from_answer="") & leads["from_unit"] | Q(to_answer="") & leads["to_unit"]
        return self.open().filter(answers & Q(answer_until__gte=on) | self.undecided(on) & leads["decider"])

    @staticmethod
    def undecided(on):
        """Q: what the units had to say is said, or their time is over, and the unit above has the word."""
        said = ~Q(from_answer="") & ~Q(to_answer="")
        return said | Q(answer_until__lt=on)

    def due(self, on):
        """Granted ones whose day has come."""
        return self.filter(state=Transfer.State.GRANTED, moves_on__lte=on)


class Transfer(models.Model):
    """`member` is to move from one unit to another on the day `moves_on`.

    Both units say accept or decline until `answer_until`. Where both accept and the member lives in the new unit's area, that
    is it; else `decider`, the nearest unit above both, decides: a residence exception, or about a unit that declines or is silent.
    """

    class State(models.TextChoices):
        OPEN = "open", _("asked")
        GRANTED = "granted", _("granted")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Answer(models.TextChoices):
        NONE = "", _("no answer yet")
        ACCEPT = "accept", _("accepts")
        DECLINE = "decline", _("declines")

    member = models.ForeignKey(Member, models.CASCADE, related_name="transfers")
    from_unit = models.ForeignKey(Unit, models.PROTECT, related_name="transfers_out", verbose_name=pgettext_lazy("unit", "from"))
    to_unit = models.ForeignKey(Unit, models.PROTECT, related_name="transfers_in", verbose_name=pgettext_lazy("unit", "to"))
    decider = models.ForeignKey(Unit, models.PROTECT, related_name="transfers_to_decide")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    moves_on = models.DateField(_("moves on"))
    by_member = models.BooleanField(_("The member has asked for it"), default=False)
    reason = models.CharField(_("reason"), max_length=500)
    handover = models.TextField(_("hand-over note"), max_length=2000, blank=True)
    exception = models.BooleanField(help_text="The member lives in the area of another unit.")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    requested_on = models.DateField()
    answer_until = models.DateField()
    from_answer = models.CharField(max_length=10, choices=Answer.choices, blank=True, default="")
    from_remark = models.CharField(max_length=500, blank=True)
    from_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    to_answer = models.CharField(max_length=10, choices=Answer.choices, blank=True, default="")
    to_remark = models.CharField(max_length=500, blank=True)
    to_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    decision = models.CharField(max_length=10, choices=Answer.choices, blank=True, default="")
    decision_remark = models.CharField(max_length=500, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    closed_on = models.DateField(null=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ["answer_until", "pk"]
        constraints = [
            models.UniqueConstraint("member", condition=Q(state__in=["open", "granted"]), name="transfer_one_running"),
            models.CheckConstraint(condition=~Q(from_unit=F("to_unit")), name="transfer_to_another_unit"),
        ]
        indexes = [
            models.Index("answer_until", condition=Q(state="open"), name="transfer_open"),
            models.Index("moves_on", condition=Q(state="granted"), name="transfer_granted"),
        ]

    def __str__(self):
        return f"{self.member}: {self.from_unit} → {self.to_unit}"

    def get_absolute_url(self):
        return reverse("onboarding:transfer_detail", args=[self.pk])

    @property
    def is_open(self):
        return self.state == self.State.OPEN

    def answers_missing(self, on):
        """The units ("from", "to") that may still answer on the day `on`."""
        return [side for side in ("from", "to") if self.is_open and not getattr(self, f"{side}_answer") and on <= self.answer_until]

    def waits_for_decision(self, on):
        return self.is_open and not self.answers_missing(on)
