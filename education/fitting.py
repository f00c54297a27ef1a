"""Which members an offer fits, and why: by their track, their offices, their interests and skills, within the unit and language of the offer.

One statement answers for all offers at once. An offer without words, offices or level fits nobody: nothing is sent to everybody by mistake.
"""

from collections import namedtuple

from django.db import connection, transaction
from django.utils import timezone

from branches.models import DEFAULT_SETTINGS
from education.models import OfferNotice, Unsubscribed
from membership.models import ACTIVE

Why = OfferNotice.Why
RANKS = [Why.TRACK, Why.OFFICE, Why.INTEREST, Why.SKILL]  # of several reasons the first is told

# (offer, member, reason) three times, the reason as one number: rank, then word. An offer in the language of the party fits everybody, one in
# another language those whose record names it. Who is registered already, was told before or wants no such mails is left out.
FITTING = """
WITH offer AS MATERIALIZED (
    SELECT offer.id, offer.level_id, offer.event_id, offer.language, unit.path AS first, unit.path || '~' AS last, partner.party_id,
           offer.language = coalesce(party.settings->>'language', %(default)s) AS common
    FROM education_offer offer JOIN education_partner partner ON partner.id = offer.partner_id
    JOIN branches_unit party ON party.id = partner.party_id JOIN branches_unit unit ON unit.id = offer.unit_id
    WHERE offer.id = ANY(%(offers)s)
), known AS MATERIALIZED (
    SELECT told.offer_id, told.member_id FROM education_offernotice told WHERE told.offer_id = ANY(%(offers)s)
    UNION ALL
    SELECT offer.id, place.member_id FROM offer JOIN education_registration place ON place.event_id = offer.event_id WHERE place.member_id IS NOT NULL
), reason AS (
    SELECT offer.id AS offer_id, used.member_id, CASE tag.kind WHEN 'skill' THEN 3::bigint ELSE 2 END << 40 | tag.id AS why
    FROM offer JOIN education_offer_tags word ON word.offer_id = offer.id JOIN membership_tag tag ON tag.id = word.tag_id
    JOIN membership_membertag used ON used.tag_id = tag.id
    UNION ALL
    SELECT offer.id, member.id, 1::bigint << 40
    FROM offer JOIN education_offer_offices wanted ON wanted.offer_id = offer.id
    JOIN branches_appointment term ON term.office_id = wanted.office_id AND term.starts_on <= %(on)s AND (term.ends_on IS NULL OR term.ends_on > %(on)s)
    JOIN membership_member member ON member.user_id = term.user_id
    UNION ALL
    SELECT offer.id, walker.member_id, 0
    FROM offer JOIN education_tracklevel level ON level.id = offer.level_id JOIN education_trackmember walker ON walker.track_id = level.track_id
    WHERE NOT EXISTS (SELECT 1 FROM education_leveldone done WHERE done.level_id = level.id AND done.member_id = walker.member_id)
), found AS (
    SELECT pair.*, member.home_unit_id AS unit_id, member.party_id, member.language, home.path
    FROM (SELECT offer_id, member_id, min(why) AS why FROM reason GROUP BY offer_id, member_id) AS pair
    JOIN membership_member member ON member.id = pair.member_id JOIN branches_unit home ON home.id = member.home_unit_id
    WHERE member.status = ANY(%(active)s) AND member.email <> ''
      AND NOT EXISTS (SELECT 1 FROM education_unsubscribed quiet WHERE quiet.member_id = member.id AND quiet.purpose = %(purpose)s)
    OFFSET 0 -- otherwise every offer of a party would be joined with every member of it first
), fitting AS (
    SELECT found.offer_id, found.member_id, found.unit_id, found.path, found.why FROM found JOIN offer ON offer.id = found.offer_id
    WHERE found.party_id = offer.party_id AND found.path >= offer.first AND found.path < offer.last AND (offer.common OR found.language = offer.language)
      AND NOT EXISTS (SELECT 1 FROM known WHERE known.offer_id = found.offer_id AND known.member_id = found.member_id)
)
"""
KEEP = (
    FITTING
    + """
INSERT INTO education_offernotice (offer_id, member_id, unit_id, why, tag_id, found_at)
SELECT offer_id, member_id, unit_id, (%(ranks)s::text[])[(why >> 40)::int + 1], nullif(why & ((1::bigint << 40) - 1), 0), %(now)s FROM fitting
ON CONFLICT (offer_id, member_id) DO NOTHING
"""
)
COUNT = (
    FITTING
    + """
SELECT left(path, %(width)s) AS part, (%(ranks)s::text[])[(why >> 40)::int + 1], nullif(why & ((1::bigint << 40) - 1), 0), count(*)
FROM fitting GROUP BY GROUPING SETS ((left(path, %(width)s)), (why), ())
"""
)
Preview = namedtuple("Preview", "total units reasons")


def parameters(offers, now):
    """What FITTING asks for: `offers` are primary keys."""
    return {
        "offers": list(offers), "on": timezone.localdate(now), "now": now, "active": list(ACTIVE), "purpose": Unsubscribed.Purpose.OFFERS,
        "default": DEFAULT_SETTINGS["language"], "ranks": list(RANKS),
    }  # fmt: skip


def with_room(cursor):
    """Let PostgreSQL group a million reasons in memory until the end of the transaction: a third faster than through files, and only one run at once."""
    cursor.execute("SET LOCAL work_mem = '64MB'")


def keep(offers, now):
    """Write an OfferNotice for every member whom one of `offers` (primary keys) fits and who has none yet. Returns how many."""
    with transaction.atomic(), connection.cursor() as cursor:
        with_room(cursor)
        cursor.execute(KEEP, parameters(offers, now))
        return cursor.rowcount


def preview(offer, unit, now):
    """Whom `offer` would be told to at `now`, without writing anything: how many in all, {path: number} of the units right below `unit`
    (or `unit` itself), and [(why, tag pk or None, number)], the most frequent reason first."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {**parameters([offer.pk], now), "width": len(unit.path) + unit.steplen})
        rows = cursor.fetchall()
    units = {part: n for part, why, _tag, n in rows if part is not None}
    reasons = sorted(((why, tag, n) for _part, why, tag, n in rows if why is not None), key=lambda row: -row[2])
    return Preview(next((n for part, why, _tag, n in rows if part is None and why is None), 0), units, reasons)
