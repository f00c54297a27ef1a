"""How many mails one person gets in seven days, over all kinds and rooms. The relay asks here right before it sends.

A person is a mail address. What is over the cap waits in the ledger until there is room, and says so; nothing is lost. The number is
settings.MAILS_PER_WEEK.
"""

from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_noop

WEEK = timedelta(days=7)
RESERVING = 7303  # advisory lock: two relays at once would both find room in somebody's week
OVER = gettext_noop("This person has had as many mails this week as they should get; it goes out as soon as there is room.")

# Kinds that never wait and take no room: {kind: why}. Everything else counts.
BEYOND = {
    "invitation": "how to sign in, awaited by somebody who was given an office a moment ago",
    "join_confirm": "asked for by the person themselves a moment ago, with a link that ends after three days",
    "applications": "the days of the board run: after the last one the application counts as accepted",
    "decision": "the answer to one's own application, with the right to appeal",
    "guest_invitation": "the year as a guest ends on a day; later there is nothing to decide any more",
    "export": "the day on which a file with personal data has to be deleted",
    "registration": "the answer to one's own registration; a place that became free is kept for a time only",
    "registration_moved": "a date or place that has changed, for people who would stand before a closed door",
    "registration_link": "asked for by the person themselves a moment ago",
    "meeting_invitation": "statutes say how many days before a meeting its invitation has arrived",
    "request_answer": "the answer to what the person has asked",
    "partner_invitation": "how to sign in, awaited by a partner who was given access a moment ago",
    "mentoring_complaint": "a complaint in confidence, which must not wait behind news",
}

RECENT = """
SELECT lower("to"), state = 'sent', sent_at FROM outbox_message
WHERE lower("to") = ANY(%(to)s) AND kind <> ALL(%(beyond)s) AND id <> ALL(%(ids)s)
  AND (state = 'claimed' OR state = 'sent' AND sent_at > %(since)s)
"""
TAKE = """
UPDATE outbox_message message SET "to" = taken.address FROM unnest(%s::bigint[], %s::text[]) AS taken(id, address)
WHERE message.id = taken.id AND attempt_id = %s AND state = 'claimed'
"""
WAIT = """
UPDATE outbox_message message SET state = 'due', due_at = put.off, reason = %s, lease_until = NULL
FROM unnest(%s::bigint[], %s::timestamptz[]) AS put(id, off)
WHERE message.id = put.id AND attempt_id = %s AND state = 'claimed'
"""


@transaction.atomic
def reserve(addressed, attempt, lease, now):
    """Take room in the week of each person for the messages in `addressed`, [(Message, address)], leased by `attempt` for `lease` seconds.

    What finds none is given back with the moment at which there will be some. Returns the pks of these. The older message comes first.
    """
    if not addressed:
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RESERVING])
        addresses = sorted({address.lower() for _message, address in addressed})
        ids = [message.pk for message, _address in addressed]
        cursor.execute(RECENT, {"to": addresses, "beyond": list(BEYOND), "ids": ids, "since": now - WEEK})
        times = defaultdict(list)
        for address, sent, at in cursor.fetchall():
            # What another relay is sending right now counts until its lease ends; then it is sent or takes no room.
            times[address].append(at if sent else now + timedelta(seconds=lease) - WEEK)
        taken, waiting = {}, {}
        for message, address in sorted(addressed, key=lambda pair: (pair[0].due_at, pair[0].pk)):
            when = times[address.lower()]
            at = room_at(when, now)
            when.append(at)
            if at <= now:
                taken[message.pk] = address
            else:
                waiting[message.pk] = at
        cursor.execute(TAKE, [list(taken), list(taken.values()), attempt])
        if waiting:
            cursor.execute(WAIT, [OVER, list(waiting), list(waiting.values()), attempt])
    return set(waiting)


def room_at(times, now):
    """The first moment from `now` on at which one mail more, beside those sent at `times`, is within the cap."""
    most = settings.MAILS_PER_WEEK
    return max(now, sorted(times)[-most] + WEEK) if len(times) >= most else now
