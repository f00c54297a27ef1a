"""Interests, skills and time: words a party keeps, and which of them fit a member."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from branches.scope import Right
from common.labels import Labelled
from membership.models.member import Member


class TagQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The words of the parties one holds an office in."""
        roots = {a.unit.root_path for a in user.appointments_now}
        return self.filter(party__path__in=roots)

    def editable_by(self, user):
        """Words are changed by those who lead the whole party."""
        roots = {a.unit.path for a in user.appointments_now if a.right == Right.LEAD and a.below and a.unit.depth == 1}
        return self.filter(party__path__in=roots)

    def offered(self):
        return self.filter(retired_on=None)


class Tag(Labelled):
    """One word: an interest, a skill, or a time somebody has. Retired ones stay on those who have them; a merged one lives on in `merged_into`."""

    class Kind(models.TextChoices):
        INTEREST = "interest", _("interest")
        SKILL = "skill", _("skill")
        TIME = "time", _("time")

    party = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    retired_on = models.DateField(null=True)
    merged_into = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "pk"]
        constraints = [models.CheckConstraint(condition=Q(merged_into=None) | Q(retired_on__isnull=False), name="tag_merged_is_retired")]

    def retire(self, on):
        """Offer it no longer from the day `on`."""
        if self.retired_on is None:
            self.retired_on = on
            self.save(update_fields=["retired_on"])

    def restore(self):
        """Offer it again; what was merged away stays where it went."""
        self.retired_on = self.merged_into = None
        self.save(update_fields=["retired_on", "merged_into"])


class MemberTag(models.Model):
    """A word that fits a member: who said so, and when."""

    class Source(models.TextChoices):
        OFFICER = "officer", _("noted by an officer")
        MEMBER = "member", _("said by the member")

    member = models.ForeignKey(Member, models.CASCADE, related_name="tags")
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="uses")
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.OFFICER)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "tag"], name="member_tag_once")]
        indexes = [models.Index("tag", "member", name="tag_members")]

    def __str__(self):
        return str(self.tag)


def tagged(tag):
    """Condition on members: `tag` fits them."""
    return Exists(MemberTag.objects.filter(tag=tag, member=OuterRef("pk")))
