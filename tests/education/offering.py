"""Plain factories of partners, offers, events and tracks."""

from datetime import timedelta

from django.utils import timezone

from education.models import Event, EventKind, Offer, OfferDate, Registration, Track, TrackLevel
from membership.models import MemberTag, Tag

NOW = timezone.now()


def offer(partner, by, state="open", tags=(), title="Frei reden", **fields):
    """An offer of `partner` for the whole party with one date in thirty days."""
    row = Offer.objects.create(
        partner=partner, by=by, state=state, titles={"de": title, "he": "לדבר", "en": "Speak"}, unit=fields.pop("unit", partner.party),
        language=fields.pop("language", "de"), deadline=fields.pop("deadline", timezone.localdate() + timedelta(days=20)), **fields,
    )  # fmt: skip
    row.tags.set(tags)
    start = timezone.now() + timedelta(days=30)
    OfferDate.objects.create(offer=row, starts_at=start, ends_at=start + timedelta(hours=3))
    return row


def tag(party, name="Wohnen", kind=Tag.Kind.INTEREST):
    return Tag.objects.get_or_create(party=party, kind=kind, labels={"de": name})[0]


def note(member, *tags):
    """`member` is interested in `tags`."""
    MemberTag.objects.bulk_create(MemberTag(member=member, tag=one, set_at=NOW) for one in tags)


def event(partner, by, kind="workshop", state="open"):
    start = timezone.now() - timedelta(days=3)
    return Event.objects.create(
        kind=EventKind.objects.filter(slug=kind).get(), unit=partner.party, partner=partner, titles={"de": "Workshop"}, by=by, state=state,
        starts_at=start, ends_at=start + timedelta(hours=2),
    )  # fmt: skip


def attend(event, member, state="attended", **fields):
    return Registration.objects.create(event=event, member=member, state=state, asked_at=timezone.now(), **fields)


def track(party, name, levels=("Auftreten", "Politik vor Ort")):
    row = Track.objects.create(party=party, labels={"de": name})
    TrackLevel.objects.bulk_create(TrackLevel(track=row, position=n, labels={"de": level}) for n, level in enumerate(levels, 1))
    return row
