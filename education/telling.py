"""Telling members of offers that fit them: each offer once, at most one mail a week for all of them, and none to those who said no.

What is to be told are the rows of OfferNotice; that it was told is a Message under a unique key. So a run that was missed or killed loses
nothing, and a second one adds nothing.
"""

from collections import Counter, defaultdict
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from branches.models import settings_of
from common.templatetags.mails import isolate
from education import fitting, offer_links
from education.models import Offer, OfferMail, OfferNotice, Unsubscribed
from membership.models import ACTIVE
from membership.own_data import NO_ADDRESS, NO_MEMBER
from outbox import kinds

KIND = "offers"
LABEL = gettext_lazy("Offers of education partners")
MOST = 6  # offers in one mail; the others wait for the next
BATCH = 5000  # mails written in one transaction
TELLING = 7421  # advisory lock: two runs at once take turns
OVER = gettext_noop("The offers in it are over; nothing is left to tell.")
NOT_WANTED = gettext_noop("The member wants no mails about offers any more.")

WAITING = """
SELECT waits.member_id FROM education_offernotice waits JOIN education_offer open ON open.id = waits.offer_id
WHERE waits.mail_id IS NULL AND open.state = 'open' AND (open.deadline IS NULL OR open.deadline >= %(on)s)
  AND NOT EXISTS (SELECT 1 FROM education_offermail told WHERE told.member_id = waits.member_id AND told.week = %(week)s::date)
GROUP BY waits.member_id LIMIT %(batch)s
"""
MAILS = """
WITH message AS (
    INSERT INTO outbox_message (kind, key, payload, due_at, state, reason, attempts, "to", subject, created_at)
    SELECT %(kind)s, %(kind)s || ':' || member || ':' || %(week)s, jsonb_build_object('member', member), %(now)s, 'due', '', 0, '', '', clock_timestamp()
    FROM unnest(%(members)s::bigint[]) AS member ON CONFLICT (key) DO NOTHING RETURNING id, (payload->>'member')::bigint AS member_id
)
INSERT INTO education_offermail (member_id, week, message_id) SELECT member_id, %(week)s::date, id FROM message RETURNING member_id
"""
# Looked up one by one, by their indexes, and never joined: how many notices wait is what the database knows least on the day an offer is told.
FIRST = """
SELECT first.id FROM unnest(%(members)s::bigint[]) AS member CROSS JOIN LATERAL (
    SELECT waits.id FROM education_offernotice waits JOIN education_offer offer ON offer.id = waits.offer_id
    WHERE waits.member_id = member AND waits.mail_id IS NULL AND offer.state = 'open' AND (offer.deadline IS NULL OR offer.deadline >= %(on)s)
    ORDER BY array_position(%(ranks)s::text[], waits.why::text), offer.deadline, offer.id LIMIT %(most)s
) AS first
"""
FILL = """
UPDATE education_offernotice notice
SET mail_id = (SELECT mail.id FROM education_offermail mail WHERE mail.member_id = notice.member_id AND mail.week = %(week)s::date)
WHERE notice.id = ANY(%(first)s::bigint[])
"""


def week_of(on):
    """The Monday of the week of the day `on`."""
    return on - timedelta(days=on.weekday())


def write(now):
    """Find whom the announced offers fit and write the mails of this week. Returns a Counter; empty when nothing is to be done or another run is at it.

    All members are looked through once a day, and whenever an offer is new or changed. The day is noted at the end: a run that was killed begins anew,
    and an offer that somebody changed in between is matched by the next one.
    """
    counts: Counter = Counter()
    offers = Offer.objects.to_match(now).read_at()
    if not offers:
        return counts
    while True:
        with transaction.atomic():
            if not _alone():
                return counts
            found = 0 if counts else fitting.keep(offers, now)
            written = _write_batch(now)
        counts.update({"found": found, "told": written})
        if not written:
            Offer.objects.unchanged_since(offers).update(matched_on=timezone.localdate(now))
            return counts


def _alone():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [TELLING])
        return cursor.fetchone()[0]


def _write_batch(now):
    """Mails for up to BATCH members; returns how many notices they hold."""
    on = timezone.localdate(now)
    values = {"now": now, "on": on, "week": str(week_of(on)), "kind": KIND, "batch": BATCH, "most": MOST, "ranks": list(fitting.RANKS)}
    with connection.cursor() as cursor:
        for statement, found in ((WAITING, "members"), (MAILS, "members"), (FIRST, "first")):
            cursor.execute(statement, values)
            values[found] = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(FILL, values)
        return cursor.rowcount


def load(messages, now):
    """({message pk: OfferMail}, {mail pk: [OfferNotice, ..]}, members who want none, {unit pk: language}) of a batch."""
    mails = OfferMail.objects.filter(message__in=[message.pk for message in messages]).select_related("member__home_unit")
    by_message = {mail.message_id: mail for mail in mails}
    notices = defaultdict(list)
    found = OfferNotice.objects.filter(mail__in=by_message.values()).select_related("offer__partner", "offer__event", "tag")
    for notice in found.prefetch_related("offer__dates", "offer__offices").order_by("offer__deadline", "pk"):
        notices[notice.mail_id].append(notice)
    members = [mail.member for mail in by_message.values()]
    quiet = set(Unsubscribed.objects.filter(member__in=members, purpose=Unsubscribed.Purpose.OFFERS).values_list("member_id", flat=True))
    return by_message, notices, quiet, settings_of({member.home_unit for member in members}, "language")


def build(message, loaded, now):
    by_message, notices, quiet, languages = loaded
    mail = by_message.get(message.pk)
    if mail is None or mail.member.status not in ACTIVE:
        return kinds.Skip(NO_MEMBER)
    member, on = mail.member, timezone.localdate(now)
    if not member.email:
        return kinds.Skip(NO_ADDRESS)
    if member.pk in quiet:
        return kinds.Skip(NOT_WANTED)
    told = [notice for notice in notices[mail.pk] if notice.offer.is_open(on)]
    if not told:
        return kinds.Skip(OVER)
    spoken = [code for code, _name in settings.LANGUAGES]
    language = next((code for code in (member.language, languages[member.home_unit_id]) if code in spoken), settings.LANGUAGE_CODE)
    unsubscribe = offer_links.unsubscribe_address(member)
    with translation.override(language):
        context = {
            "recipient_name": member.given_name, "offers": [_told(notice, on) for notice in told], "unsubscribe_url": unsubscribe,
            "why": _("You get this mail because these offers fit what your party knows you are interested in or do. At most one such mail a week."),
        }  # fmt: skip
    headers = {"List-Unsubscribe": f"<{unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return kinds.render(KIND, context, language, to=member.email, headers=headers)


def _told(notice, on):
    offer = notice.offer
    start = offer.starts_at
    when = date_format(timezone.localtime(start), "DATE_FORMAT") if start else ""
    where = _("online") if offer.online else offer.place
    line = " · ".join(filter(None, [offer.partner.name, when, where]))
    return {"title": str(offer), "line": line, "why": reason(notice), "url": offer_links.address(notice, on)}


def reason(notice):
    """Why this offer fits, said to the member."""
    match notice.why:
        case OfferNotice.Why.TRACK:
            return _("It belongs to the track you are on.")
        case OfferNotice.Why.OFFICE:
            return _("It is meant for the office you hold.")
    if notice.tag is None:
        return ""
    words = {"word": isolate(str(notice.tag))}
    if notice.why == OfferNotice.Why.INTEREST:
        return _("It fits your interest: %(word)s.") % words
    return _("It fits your skill: %(word)s.") % words


def reasons_in_words(rows, tags):
    """["interest: housing, 41 members", ..] of a preview, for the officer. tags: {pk: Tag}."""
    found = []
    for why, tag, n in rows:
        label = OfferNotice.Why(why).label
        found.append({"label": f"{label}: {tags[tag]}" if tag in tags else str(label), "n": n})
    return found


def reach(offer, unit):
    """[{"path", "told", "opened", "registered", "attended"}] of `offer` for `unit` itself and the units right below it."""
    with connection.cursor() as cursor:
        cursor.execute(REACH, {"offer": offer.pk, "event": offer.event_id, "path": unit.path, "last": unit.path + "~", "width": len(unit.path) + unit.steplen})
        return [dict(zip(("path", *REACHED), row, strict=True)) for row in cursor.fetchall()]


REACHED = ("told", "opened", "registered", "attended")
REACH = """
SELECT left(path, %(width)s), sum(told)::int, sum(opened)::int, sum(registered)::int, sum(attended)::int FROM (
    SELECT home.path, coalesce((message.state = 'sent')::int, 0) AS told, (notice.opened_at IS NOT NULL)::int AS opened, 0 AS registered, 0 AS attended
    FROM education_offernotice notice JOIN branches_unit home ON home.id = notice.unit_id
    LEFT JOIN education_offermail mail ON mail.id = notice.mail_id LEFT JOIN outbox_message message ON message.id = mail.message_id
    WHERE notice.offer_id = %(offer)s
    UNION ALL
    SELECT home.path, 0, 0, 1, (place.state = 'attended')::int
    FROM education_registration place JOIN membership_member member ON member.id = place.member_id JOIN branches_unit home ON home.id = member.home_unit_id
    WHERE place.event_id = %(event)s AND place.state NOT IN ('declined', 'cancelled')
) AS one WHERE path >= %(path)s AND path < %(last)s GROUP BY 1 ORDER BY 1
"""
