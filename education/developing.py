"""Writing the development card: by the officers in charge, or by the member through a signed link. Whoever reads it is noted."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from common.links import Link
from education.models import DevelopmentCard, Track, TrackMember
from membership import tagging
from membership.models import ACTIVE, Member, MemberTag
from membership.own_data import NO_ADDRESS, NO_MEMBER, language_of
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

KIND = "development"
LABEL = gettext_lazy("Link to the own development card")
DAYS = timedelta(days=60)  # a link to one's own card is good
CHANGED = gettext_noop("The card does not exist any more.")
LINK = Link("education:link_development", DAYS)


class Outdated(Exception):
    """Somebody changed the card since the form was drawn."""


def address(card, on):
    """The full address of the page on which the member keeps their card, good until DAYS after the day `on`."""
    return LINK.address(card.pk, on=on)


def card_of(member, by, now):
    """The card of `member`; an empty one where there is none."""
    return DevelopmentCard.objects.get_or_create(member=member, defaults={"changed_at": now, "changed_by": by})[0]


@transaction.atomic
def write(card, fields, tags, shown, tracks, by, now, version):
    """Write `fields` of the card, the interests ticked among those `shown` (sets of tag pks), and the tracks (a set of pks).

    by: the officer, None for the member. version: the one the form showed. Raises Outdated when it is not the current one.
    """
    changed = DevelopmentCard.objects.filter(pk=card.pk, version=version)
    if not changed.update(version=F("version") + 1, changed_at=now, changed_by=by, **fields):
        raise Outdated
    source = MemberTag.Source.OFFICER if by else MemberTag.Source.MEMBER
    tagging.set_tags(card.member, tags, shown, by, now, source)
    on = timezone.localdate(now)
    walks = TrackMember.objects.filter(member=card.member_id)
    walks.exclude(track__in=tracks).delete()
    TrackMember.objects.bulk_create(
        [TrackMember(track_id=pk, member_id=card.member_id, since=on, by=by) for pk in Track.objects.filter(pk__in=tracks).values_list("pk", flat=True)],
        ignore_conflicts=True,
    )


def send(card, by, now):
    """Write the mail with the link to the member's own card; at most one a day. Returns whether a new one was written."""
    on = timezone.localdate(now)
    key = f"{KIND}:{card.pk}:{on}"
    return bool(enqueue([Message(kind=KIND, key=key, payload={"member": card.member_id}, due_at=now)]))


def load(messages, now):
    members = Member.objects.filter(pk__in=[message.payload["member"] for message in messages])
    return {member.pk: member for member in members.select_related("home_unit", "development")}


def build(message, members, now):
    member = members.get(message.payload["member"])
    if member is None or member.status not in ACTIVE:
        return kinds.Skip(NO_MEMBER)
    if not member.email:
        return kinds.Skip(NO_ADDRESS)
    if not hasattr(member, "development"):
        return kinds.Skip(CHANGED)
    language = language_of(member)
    with translation.override(language):
        why = _("You get this mail because somebody who is in charge of you in your party sent you the link.")
    context = {"recipient_name": member.given_name, "url": address(member.development, timezone.localdate(now)), "why": why}
    return kinds.render(KIND, context, language, to=member.email)
