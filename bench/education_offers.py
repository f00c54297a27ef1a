"""Whom 200 offers fit among all members, beside the bare SQL that joins words to members and nothing else."""

import resource
import time
from contextlib import contextmanager

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bench import figure
from branches.models import Appointment
from education import fitting, telling
from education.models import Offer, Partner, Track, TrackLevel
from membership.models import Tag

OFFERS, TOPICS = 200, 60
# One member in ten has words, three each; one in a hundred is on the track.
WORDS = """
INSERT INTO membership_membertag (member_id, tag_id, source, set_at)
SELECT member.id, tag.id, 'member', now() FROM membership_member member
CROSS JOIN LATERAL (SELECT id FROM membership_tag WHERE id = ANY(%s) ORDER BY hashint8(member.id * 1000 + id) LIMIT 3) AS tag WHERE member.party_id = %s AND member.id %% 10 = 0
ON CONFLICT DO NOTHING
"""
WALKS = """
INSERT INTO education_trackmember (track_id, member_id, since) SELECT %s, id, current_date FROM membership_member WHERE party_id = %s AND id %% 100 = 7 ON CONFLICT DO NOTHING
"""
OURS = fitting.FITTING + "SELECT count(*), sum(why) FROM fitting"
# What nobody could do with less: every pair of an offer and a member by word or track, once, of those who can get a mail.
BARE = """
SELECT count(*) FROM (
    SELECT word.offer_id, used.member_id FROM education_offer_tags word JOIN membership_membertag used ON used.tag_id = word.tag_id
    WHERE word.offer_id = ANY(%(offers)s)
    UNION
    SELECT offer.id, walker.member_id FROM education_offer offer JOIN education_tracklevel level ON level.id = offer.level_id
    JOIN education_trackmember walker ON walker.track_id = level.track_id WHERE offer.id = ANY(%(offers)s)
) AS pair JOIN membership_member member ON member.id = pair.member_id
WHERE member.status = ANY(%(active)s) AND member.email <> ''
"""


def furnish(root):
    """200 announced offers of the party `root` with two topics each, every tenth a level of a track. Returns their primary keys."""
    tags = Tag.objects.bulk_create(Tag(party=root, kind="interest" if n % 4 else "skill", labels={"de": f"Thema {n}"}) for n in range(TOPICS))
    level = TrackLevel.objects.create(track=Track.objects.create(party=root, labels={"de": "Weg"}), position=1, labels={"de": "Eins"})
    partner = Partner.objects.create(party=root, name="Bench")
    by = Appointment.objects.filter(unit=root).select_related("user").first().user
    offers = Offer.objects.bulk_create(
        Offer(
            partner=partner, titles={"de": f"Kurs {n}"}, unit=root, language=root.setting("language"), by=by, state="open",
            level=None if n % 10 else level, deadline=timezone.localdate(),
        )
        for n in range(OFFERS)
    )  # fmt: skip
    through = Offer.tags.through
    through.objects.bulk_create(through(offer=offer, tag=tags[(n * 2 + more) % TOPICS]) for n, offer in enumerate(offers) for more in (0, 1))
    with connection.cursor() as cursor:
        cursor.execute(WORDS, [[tag.pk for tag in tags], root.pk])
        cursor.execute(WALKS, [level.track_id, root.pk])
        for table in ("membership_membertag", "education_trackmember", "education_offer_tags", "education_offer"):
            cursor.execute(f"ANALYZE {table}")
    return [offer.pk for offer in offers]


def seconds(statement, values):
    with connection.cursor() as cursor:
        started = time.perf_counter()
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return time.perf_counter() - started, row[0]


def compare(root, rounds=3):
    """(our seconds, those of the bare statement, pairs found), the best of `rounds` taken in turns. Leaves nothing behind."""
    with transaction.atomic():
        values = fitting.parameters(furnish(root), timezone.now())
        with connection.cursor() as cursor:
            fitting.with_room(cursor)  # for both of them
        pairs = [(seconds(OURS, values), seconds(BARE, values)) for _round in range(rounds)]
        transaction.set_rollback(True)
    (_time, ours), (_bare, bare) = pairs[0]
    if ours != bare:
        raise RuntimeError(f"{ours} pairs are not the {bare} of the bare statement")
    return min(one[0] for one, _two in pairs), min(two[0] for _one, two in pairs), ours


@figure("education_offers.match", unit="ratio", bar=2)
def match(run):
    ours, bare, _pairs = compare(run.root)
    return ours / bare


@figure("education_offers.match_seconds", unit="s")
def match_seconds(run):
    return compare(run.root, rounds=1)[0]


@contextmanager
def ordered(run):
    """200 offers whose telling is ordered, for now; leaves nothing behind."""
    now = timezone.now()
    with transaction.atomic():
        Offer.objects.filter(pk__in=furnish(run.root)).update(tell_at=now)
        yield now
        transaction.set_rollback(True)


@figure("education_offers.tell_seconds", unit="s")
def tell_seconds(run):
    """Finding everybody the offers fit and writing the mails of the week: once a day, and when an offer is new."""
    with ordered(run) as now:
        started = time.perf_counter()
        telling.write(now)
        return time.perf_counter() - started


@figure("education_offers.tell_memory", unit="MB", bar=20)
def tell_memory(run):
    """How much the peak memory of the process grows by that."""
    with ordered(run) as now:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        telling.write(now)
        return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


@figure("education_offers.idle_queries", unit="count", bar=1)
def idle_queries(run):
    """Statements of a run that finds nothing new, every ten minutes."""
    with ordered(run) as now:
        Offer.objects.filter(tell_at=now).update(matched_on=timezone.localdate(now))
        with CaptureQueriesContext(connection) as sent:
            telling.write(now)
        return len(sent)
