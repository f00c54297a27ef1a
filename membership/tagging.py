"""Which words fit a member: noted, taken away, merged."""

from django.db import transaction
from django.db.models import Q

from membership.models import MemberTag, Tag


def offered(member):
    """The words to choose from for `member`: those of the party, and retired ones the member still has."""
    own = MemberTag.objects.filter(member=member).values("tag")
    return Tag.objects.filter(Q(retired_on=None) | Q(pk__in=own), party=member.party_id)


@transaction.atomic
def set_tags(member, chosen, shown, by, now, source=MemberTag.Source.OFFICER):
    """Note what was ticked and take away what was unticked, compared with what the form showed; what others did meanwhile stays.

    chosen, shown: sets of pks of Tag. Returns whether something changed.
    """
    offers = set(offered(member).values_list("pk", flat=True))
    new = [
        MemberTag(member=member, tag_id=pk, source=source, set_by=by, set_at=now)
        for pk in (chosen - shown) & offers
        if not MemberTag.objects.filter(member=member, tag=pk).exists()
    ]
    MemberTag.objects.bulk_create(new, ignore_conflicts=True)
    gone, _by_model = MemberTag.objects.filter(member=member, tag__in=shown - chosen).delete()
    return bool(new or gone)


@transaction.atomic
def merge(tag, into, on):
    """Let `into` stand wherever `tag` stood, with who noted it and when; `tag` is offered no longer from the day `on`.

    Raises ValueError for words of different kinds or parties, or one with itself.
    """
    tag, into = (Tag.objects.select_for_update().get(pk=pk) for pk in (tag.pk, into.pk))
    if tag == into or (tag.party_id, tag.kind) != (into.party_id, into.kind) or into.retired_on:
        raise ValueError(f"{tag.pk} into {into.pk}")
    uses = MemberTag.objects.filter(tag=tag)
    uses.filter(member__in=MemberTag.objects.filter(tag=into).values("member")).delete()
    uses.update(tag=into)
    Tag.objects.filter(pk=tag.pk).update(retired_on=on, merged_into=into)
