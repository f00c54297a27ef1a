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
# Whoever reads mails is found before they are multiplied by offers, and who was told is one more reason, a lower one: so a million pairs are put together
# once and joined with nothing. CASE: PostgreSQL takes it for one half of the rows, and what stands there without it for none, and would sort them.
FITTING = """
WITH offer AS MATERIALIZED (
    SELECT offer.id, offer.level_id, offer.event_id, offer.language, unit.path AS first, unit.path || '~' AS last, partner.party_id,
           offer.language = coalesce(party.settings->>'language', %(default)s) AS common
    FROM education_offer offer JOIN education_partner partner ON partner.id = offer.partner_id
    JOIN branches_unit party ON party.id = partner.party_id JOIN branches_unit unit ON unit.id = offer.unit_id
    WHERE offer.id = ANY(%(offers)s)
), word AS MATERIALIZED (
    SELECT offer.*, tag.id AS tag_id, CASE tag.kind WHEN 'skill' THEN 3::bigint ELSE 2 END << 40 | tag.id AS why
    FROM offer JOIN education_offer_tags word ON word.offer_id = offer.id JOIN membership_tag tag ON tag.id = word.tag_id
), reader AS NOT MATERIALIZED (
    SELECT member.id AS member_id, member.user_id, member.home_unit_id AS unit_id, member.party_id AS home_party, member.language AS reads, home.path
    FROM membership_member member JOIN branches_unit home ON home.id = member.home_unit_id
    WHERE member.status = ANY(%(active)s) AND member.email <> ''
      AND NOT EXISTS (SELECT 1 FROM education_unsubscribed quiet WHERE quiet.member_id = member.id AND quiet.purpose = %(purpose)s)
), reason AS (
    SELECT word.id AS offer_id, first, last, party_id, common, language, why, knows.member_id, knows.unit_id, home_party, reads, path
    FROM word JOIN (
        SELECT used.tag_id, reader.* FROM membership_membertag used JOIN reader ON reader.member_id = used.member_id
        WHERE used.tag_id IN (SELECT tag_id FROM word) OFFSET 0
    ) AS knows ON knows.tag_id = word.tag_id
    UNION ALL
    SELECT offer.id, first, last, party_id, common, language, 1::bigint << 40, holder.member_id, holder.unit_id, home_party, reads, path
    FROM offer JOIN education_offer_offices wanted ON wanted.offer_id = offer.id
    JOIN branches_appointment term ON term.office_id = wanted.office_id AND term.starts_on <= %(on)s AND (term.ends_on IS NULL OR term.ends_on > %(on)s)
    CROSS JOIN LATERAL (SELECT * FROM reader WHERE reader.user_id = term.user_id OFFSET 0) AS holder
    UNION ALL
    SELECT offer.id, first, last, party_id, common, language, 0, walks.member_id, walks.unit_id, home_party, reads, path
    FROM offer JOIN education_tracklevel level ON level.id = offer.level_id JOIN (
        SELECT walker.track_id, reader.* FROM education_trackmember walker JOIN reader ON reader.member_id = walker.member_id OFFSET 0
    ) AS walks ON walks.track_id = level.track_id
    WHERE NOT EXISTS (SELECT 1 FROM education_leveldone done WHERE done.level_id = level.id AND done.member_id = walks.member_id)
    OFFSET 0 -- otherwise every offer of a party would be joined with every member of it first
), fitting AS (
    SELECT offer_id, member_id, min(unit_id) AS unit_id, min(why) AS why FROM (
        SELECT offer_id, member_id, unit_id, why FROM reason
        WHERE CASE WHEN home_party = party_id AND path >= first AND path < last THEN common OR reads = language END
        UNION ALL
        SELECT told.offer_id, told.member_id, told.unit_id, -1 FROM education_offernotice told WHERE told.offer_id = ANY(%(offers)s)
        UNION ALL
        SELECT offer.id, place.member_id, NULL, -1 FROM offer JOIN education_registration place ON place.event_id = offer.event_id WHERE place.member_id IS NOT NULL
    ) AS pair GROUP BY offer_id, member_id HAVING min(why) >= 0
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
SELECT left(home.path, %(width)s) AS part, (%(ranks)s::text[])[(why >> 40)::int + 1], nullif(why & ((1::bigint << 40) - 1), 0), count(*)
FROM fitting JOIN branches_unit home ON home.id = fitting.unit_id GROUP BY GROUPING SETS ((left(home.path, %(width)s)), (why), ())
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
