"""What happened to a member, from all rooms in one statement: who, when, from what to what; the newest first, older ones page by page."""

import json
from collections import namedtuple
from datetime import datetime
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from common import prepared
from common.labels import localized
from common.templatetags.mails import isolate
from education import registration_rules
from education.models import Registration
from membership import telling
from membership.models import Application, Change, Proposal, Transfer
from onboarding import rows
from onboarding.ledger import KINDS
from onboarding.models import Contact, Exit, Journey, JourneyStep, Pairing
from outbox.models import Message
from planning.duty_hours import hours
from planning.models import Duty, Volunteer

SHOWN = 30

# Links above the timeline: the topics of its entries.
TOPICS = {
    "": gettext_lazy("All"),
    "membership": gettext_lazy("Membership"),
    "arriving": gettext_lazy("Arriving"),
    "contact": gettext_lazy("Contacts"),
    "data": pgettext_lazy("timeline", "Data"),
    "event": gettext_lazy("Events"),
    "mail": gettext_lazy("Mails"),
    "office": gettext_lazy("Offices"),
}
FOR_CARE = {"contact", "mail"}

# A day without a time counts as noon. `key` orders what has the same moment, and is the same at every call: number of the row, then source.
NOON = "((%s + time '12:00') AT TIME ZONE %%(zone)s)"
CHANGE = """
    SELECT change.at, change.id * 64 + 1, CASE change.kind WHEN 'changed' THEN 'data' ELSE 'membership' END, 'change',
           change.kind, change.by_id, jsonb_build_object(
               'before', change.before, 'after', change.after, 'list', list.list_date, 'own', answer.id IS NOT NULL,
               'from', (SELECT name FROM branches_unit WHERE slug = coalesce(change.before ->> 'home_unit', change.before ->> 'section')),
               'to', (SELECT name FROM branches_unit WHERE slug = coalesce(change.after ->> 'home_unit', change.after ->> 'section')),
               'from_id', (SELECT name FROM branches_unit WHERE id = (change.before ->> 'home_unit_id')::bigint),
               'to_id', (SELECT name FROM branches_unit WHERE id = (change.after ->> 'home_unit_id')::bigint))
    FROM membership_change change LEFT JOIN membership_listimport list ON list.id = change.list_import_id
    LEFT JOIN membership_ask answer ON answer.change_id = change.id
    WHERE change.member_id = %(pk)s"""
# Whoever joined long before there was a record here has no change that says so.
JOIN = f"""
    SELECT {NOON % "member.joined_on"}, member.id * 64 + 22, 'membership', 'join', CASE WHEN member.joined_estimated THEN 'estimated' ELSE '' END, NULL, '{{}}'::jsonb
    FROM membership_member member
    WHERE member.id = %(pk)s AND member.status <> 'applicant' AND NOT EXISTS (
        SELECT FROM membership_change change
        WHERE change.member_id = member.id AND change.kind IN ('joined', 'returned', 'status') AND change.at::date <= member.joined_on + 60)"""
JOURNEY = f"""
    SELECT {NOON % "moment.on"}, journey.id * 64 + moment.number, 'arriving', 'journey', moment.what, NULL,
           jsonb_build_object('reason', journey.reason, 'state', journey.state)
    FROM onboarding_journey journey, LATERAL (VALUES (2, 'began', journey.started_on), (3, 'ended', journey.ended_on)) AS moment(number, what, "on")
    WHERE journey.member_id = %(pk)s AND moment.on IS NOT NULL"""
STEP = f"""
    SELECT CASE WHEN js.state = 'done' THEN {NOON % "js.done_on"} ELSE js.closed_at END, js.id * 64 + 4, 'arriving', 'step', js.state, js.closed_by_id,
           jsonb_build_object('labels', step.labels, 'slug', step.slug, 'reason', js.reason)
    FROM onboarding_journey journey JOIN onboarding_journeystep js ON js.journey_id = journey.id JOIN onboarding_step step ON step.id = js.step_id
    WHERE journey.member_id = %(pk)s AND js.closed_at IS NOT NULL"""
ESCALATION = """
    SELECT told.told_at, told.id * 64 + 5, 'arriving', 'escalation', told.skipped, NULL,
           jsonb_build_object('labels', step.labels, 'slug', step.slug, 'office', office.labels, 'level', told.level)
    FROM onboarding_journey journey JOIN onboarding_journeystep js ON js.journey_id = journey.id JOIN onboarding_step step ON step.id = js.step_id
    JOIN onboarding_escalation told ON told.journey_step_id = js.id LEFT JOIN branches_office office ON office.id = told.office_id
    WHERE journey.member_id = %(pk)s"""
CONTACT = f"""
    SELECT {NOON % "contact.on"}, contact.id * 64 + 6, 'contact', 'contact', contact.kind, contact.by_id,
           jsonb_build_object('result', contact.result, 'note', contact.note)
    FROM onboarding_contact contact WHERE contact.member_id = %(pk)s"""
MAIL = """
    SELECT coalesce(message.sent_at, message.created_at), message.id * 64 + 7, 'mail', 'mail', message.kind, NULL,
           jsonb_build_object('state', message.state)
    FROM outbox_message message
    WHERE message.id IN (SELECT message_id FROM membership_ask WHERE member_id = %(pk)s
                         UNION SELECT message_id FROM onboarding_mentoringmail WHERE member_id = %(pk)s
                         UNION SELECT message_id FROM education_offermail WHERE member_id = %(pk)s
                         UNION SELECT message_id FROM onboarding_welcome welcome JOIN onboarding_journey journey ON journey.id = welcome.journey_id
                               WHERE journey.member_id = %(pk)s) OR message.recipient_id = %(user)s"""
ANSWER = """
    SELECT ask.answered_at, ask.id * 64 + 8, 'data', 'answer', '', NULL, '{}'::jsonb
    FROM membership_ask ask WHERE ask.member_id = %(pk)s AND ask.answered_at IS NOT NULL"""
PROPOSAL = """
    SELECT coalesce(proposal.decided_at, proposal.at), proposal.id * 64 + 9, 'data', 'proposal', proposal.state, proposal.decided_by_id,
           jsonb_build_object('field', proposal.field, 'before', proposal.before, 'after', proposal.after)
    FROM membership_proposal proposal WHERE proposal.member_id = %(pk)s AND proposal.state <> 'accepted'"""
TRANSFER = f"""
    SELECT {NOON % "moment.on"}, transfer.id * 64 + moment.number, 'membership', 'transfer', moment.what, moment.by,
           jsonb_build_object('from', old.name, 'to', new.name)
    FROM membership_transfer transfer JOIN branches_unit old ON old.id = transfer.from_unit_id JOIN branches_unit new ON new.id = transfer.to_unit_id,
    LATERAL (VALUES (10, 'open', transfer.requested_on, transfer.requested_by_id),
                    (11, transfer.state, transfer.closed_on, transfer.decided_by_id)) AS moment(number, what, "on", by)
    WHERE transfer.member_id = %(pk)s AND moment.on IS NOT NULL"""
APPLICATION = f"""
    SELECT {NOON % "moment.on"}, application.id * 64 + moment.number, 'membership', 'application', moment.what, moment.by,
           jsonb_build_object('unit', unit.name)
    FROM membership_application application JOIN branches_unit unit ON unit.id = application.unit_id,
    LATERAL (VALUES (12, 'open', application.received_on, NULL),
                    (13, application.state, application.decided_on, application.decided_by_id)) AS moment(number, what, "on", by)
    WHERE application.member_id = %(pk)s AND moment.on IS NOT NULL"""
PAIRING = f"""
    SELECT {NOON % "moment.on"}, pair.id * 64 + moment.number, 'arriving', 'pairing', moment.what, NULL,
           jsonb_build_object('side', CASE WHEN mentee.member_id = %(pk)s THEN 'mentee' ELSE 'mentor' END, 'ended', pair.ended,
               'mentor', CASE WHEN mentee.member_id = %(pk)s THEN trim(guide.given_name || ' ' || guide.family_name) END)
    FROM onboarding_pairing pair JOIN onboarding_mentor mentor ON mentor.id = pair.mentor_id JOIN onboarding_mentee mentee ON mentee.id = pair.mentee_id
    JOIN membership_member guide ON guide.id = mentor.member_id,
    LATERAL (VALUES (30, 'began', pair.started_on), (31, 'ended', pair.ended_on)) AS moment(number, what, "on")
    WHERE pair.started_on IS NOT NULL AND moment.on IS NOT NULL AND (
        pair.mentor_id = (SELECT id FROM onboarding_mentor WHERE member_id = %(pk)s)
        OR pair.mentee_id = (SELECT id FROM onboarding_mentee WHERE member_id = %(pk)s))"""
EXIT = f"""
    SELECT exit.at, exit.id * 64 + 32, 'membership', 'exit', exit.state, exit.by_id, jsonb_build_object('on', exit."on", 'reason', reason.labels, 'note', exit.note)
    FROM onboarding_exit exit LEFT JOIN onboarding_exitreason reason ON reason.id = exit.reason_id
    WHERE exit.member_id = %(pk)s AND (exit.state = 'planned' OR exit."on" > exit.at::date)
    UNION ALL
    SELECT {NOON % "exit.returned_on"}, exit.id * 64 + 33, 'membership', 'exit', 'back_' || exit.state, NULL, '{{}}'::jsonb
    FROM onboarding_exit exit WHERE exit.member_id = %(pk)s AND exit.returned_on IS NOT NULL"""
OFFICE = f"""
    SELECT {NOON % "moment.on"}, term.id * 64 + moment.number, 'office', 'office', moment.what, NULL,
           jsonb_build_object('office', office.labels, 'unit', unit.name)
    FROM branches_appointment term JOIN branches_office office ON office.id = term.office_id JOIN branches_unit unit ON unit.id = term.unit_id,
    LATERAL (VALUES (14, 'began', term.starts_on), (15, 'ended', term.ends_on)) AS moment(number, what, "on")
    WHERE term.user_id = %(user)s AND moment.on <= %(today)s"""
REGISTRATION = """
    SELECT step.at, step.id * 64 + 16, 'event', 'registration', step.state, step.by_id, jsonb_build_object('titles', event.titles, 'why', step.why)
    FROM education_registration registration JOIN education_registrationchange step ON step.registration_id = registration.id
    JOIN education_event event ON event.id = registration.event_id
    WHERE registration.member_id = %(pk)s"""
CONFIRMATION = """
    SELECT given.issued_at, given.id * 64 + 40, 'event', 'confirmation', '', given.issued_by_id, jsonb_build_object('titles', event.titles)
    FROM education_registration registration JOIN education_confirmation given ON given.registration_id = registration.id
    JOIN education_event event ON event.id = registration.event_id
    WHERE registration.member_id = %(pk)s AND given.withdrawn_at IS NULL"""
QUALIFICATION = f"""
    SELECT {NOON % "got.got_on"}, got.id * 64 + 41, 'event', 'qualification', '', got.by_id,
           jsonb_build_object('labels', kind.labels, 'note', got.note)
    FROM education_qualification got JOIN education_qualificationkind kind ON kind.id = got.kind_id
    WHERE got.member_id = %(pk)s AND got.revoked_at IS NULL"""
# Answers to the question whether one helps, and shifts as they stand; the minutes of one that was served.
VOLUNTEER = """
    SELECT volunteer.answered_at, volunteer.id * 64 + 50, 'event', 'volunteer', volunteer.state, volunteer.by_id, jsonb_build_object('election', election.title)
    FROM planning_volunteer volunteer JOIN planning_election election ON election.id = volunteer.election_id
    WHERE volunteer.member_id = %(pk)s AND volunteer.answered_at IS NOT NULL"""
DUTY = """
    SELECT duty.state_at, duty.id * 64 + 51, 'event', 'duty', duty.state, duty.state_by_id, jsonb_build_object(
        'post', post.name, 'starts_at', duty.starts_at,
        'minutes', CASE WHEN duty.state = 'done' THEN round(extract(epoch FROM coalesce(duty.left_at, duty.ends_at) - coalesce(duty.came_at, duty.starts_at)) / 60) END)
    FROM planning_duty duty JOIN planning_shift shift ON shift.id = duty.shift_id JOIN planning_post post ON post.id = shift.post_id
    WHERE duty.member_id = %(pk)s"""
LETTER = """
    SELECT welcome.printed_at, welcome.id * 64 + 17, 'arriving', 'letter', '', welcome.printed_by_id, '{}'::jsonb
    FROM onboarding_journey journey JOIN onboarding_welcome welcome ON welcome.journey_id = journey.id
    WHERE journey.member_id = %(pk)s AND welcome.printed_at IS NOT NULL"""
BOOK = f"""
    SELECT {NOON % "moment.on"}, book.id * 64 + moment.number, 'arriving', 'book', moment.what, moment.by, '{{}}'::jsonb
    FROM onboarding_book book, LATERAL (VALUES (18, 'ordered', book.ordered_on, book.ordered_by_id), (19, 'arrived', book.arrived_on, book.arrived_by_id),
        (20, 'handed', book.handed_on, book.handed_by_id), (21, 'lost', book.lost_on, NULL)) AS moment(number, what, "on", by)
    WHERE book.member_id = %(pk)s AND moment.on IS NOT NULL"""
SOURCES = {
    "membership": [JOIN, CHANGE, TRANSFER, APPLICATION, EXIT], "arriving": [JOURNEY, STEP, ESCALATION, LETTER, BOOK, PAIRING], "contact": [CONTACT],
    "data": [CHANGE, ANSWER, PROPOSAL], "mail": [MAIL], "office": [OFFICE],
    "event": [REGISTRATION, CONFIRMATION, QUALIFICATION, VOLUNTEER, DUTY],
}  # fmt: skip
WHOLE = """
SELECT entry.*, coalesce(nullif(trim(person.given_name || ' ' || person.family_name), ''), person.email) AS by
FROM (SELECT * FROM ({sources}) AS every ({columns}) WHERE {wanted} ORDER BY at DESC, key DESC LIMIT %(limit)s) AS entry
LEFT JOIN branches_user person ON person.id = entry.by_id::bigint ORDER BY entry.at DESC, entry.key DESC
"""
TYPES = {
    "pk": "bigint", "user": "bigint", "zone": "text", "today": "date", "topics": "text[]", "limit": "int", "at": "timestamptz", "key": "bigint",
}  # fmt: skip
Row = namedtuple("Row", "at key topic source what by_id data by")


class Chosen(NamedTuple):
    """What the address asks for: `topic` ("" for all) of the `topics` one may read, before a key (moment, number) or from the newest on."""

    topic: str
    topics: list
    before: tuple | None


def chosen(member, cares, params):
    """The Chosen of `params`, request.GET with `topic` and `before`, the key of the last entry shown. cares: whether contacts and mails may be read."""
    topics = [topic for topic in TOPICS if (cares or topic not in FOR_CARE) and (topic != "office" or member.user_id)]
    return Chosen(params.get("topic", "") if params.get("topic") in topics else "", topics, _key(params.get("before", "")))


def shown(found, chosen, seen, cares):
    """{"entries", "topics", "topics_shown", "older_url", "newer_url"} for partials/_timeline.html and the links around it.

    found: the rows that answer `question`. seen: the fields of the member the reader may see.
    """
    topic, topics, before = chosen
    entries = [told(row, seen, cares) for row in found[:SHOWN]]
    same = {"topic": topic} if topic else {}
    older = same | {"before": f"{found[SHOWN - 1].at.isoformat()}~{found[SHOWN - 1].key}"} if len(found) > SHOWN else None
    return {
        "entries": entries,
        "topics": [{"label": TOPICS[name], "url": f"?topic={name}#happened" if name else "?#happened", "current": name == topic} for name in topics],
        "topics_shown": (topic, *topics),  # all that the links look like
        "older_url": older and f"?{urlencode(older)}#happened",
        "newer_url": f"?{urlencode(same)}#happened" if before else None,
    }


def _key(text):
    """(moment, key) of "2026-11-22T10:00:00+00:00~161"; None when it makes no sense."""
    moment, _tilde, number = text.replace("\0", "").rpartition("~")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    return (at, int(number)) if at and timezone.is_aware(at) and number.isascii() and number.isdigit() and len(number) < 19 else None


def question(member, chosen, on):
    """The prepared.Question for the rows `chosen`, one more than is shown.

    PostgreSQL plans so many tables longer than it reads them, so the statement is prepared.
    """
    wanted = [chosen.topic] if chosen.topic else [name for name in chosen.topics if name]
    at, key = chosen.before or (None, None)
    values = {
        "pk": member.pk, "user": member.user_id, "zone": settings.TIME_ZONE, "today": on, "topics": wanted, "limit": SHOWN + 1, "at": at, "key": key,
    }  # fmt: skip
    name = f"timeline {' '.join(wanted)}{' before' if chosen.before else ''}"
    return prepared.written(name, _statement(tuple(wanted), bool(chosen.before)), values, TYPES, _read)


def _read(rows):
    return [Row(*row)._replace(data=json.loads(row[6])) for row in rows]


@cache
def _statement(topics, before):
    sources = list(dict.fromkeys(source for topic in topics for source in SOURCES[topic]))
    wanted = "topic = ANY(%(topics)s)" + (" AND (at, key) < (%(at)s, %(key)s)" if before else "")
    return WHOLE.format(columns=", ".join(Row._fields[:7]), sources=" UNION ALL ".join(sources), wanted=wanted)


def told(row, seen, cares):
    """An entry for partials/_timeline.html."""
    text, note, by = TELLERS[row.source](row, seen, cares)
    return {"at": row.at, "on": timezone.localtime(row.at).date(), "text": text, "note": note, "by": by}


CHANGES = {
    Change.Kind.JOINED: gettext_lazy("Joined"),
    Change.Kind.RETURNED: gettext_lazy("Returned"),
    Change.Kind.MOVED: gettext_lazy("Moved"),
    Change.Kind.CHANGED: gettext_lazy("Data changed"),
    Change.Kind.GONE: gettext_lazy("Left"),
    Change.Kind.NUMBER: gettext_lazy("Number changed"),
    Change.Kind.STATUS: gettext_lazy("Status changed"),
    Change.Kind.SECTION_IN: gettext_lazy("Came to a section"),
    Change.Kind.SECTION_OUT: gettext_lazy("Left a section"),
    Change.Kind.REORGANISED: gettext_lazy("Unit reorganised"),
    Change.Kind.MERGED: gettext_lazy("Merged with another record"),
    Change.Kind.UNMERGED: gettext_lazy("Merge undone"),
}


def change(row, seen, cares):
    data = row.data
    text = str(CHANGES[row.what])
    old, new = data["from"] or data["from_id"], data["to"] or data["to_id"]
    if old and new:
        text = _("%(what)s: %(old)s → %(new)s") % {"what": text, "old": isolate(old), "new": isolate(new)}
    elif old or new:
        text = _("%(what)s: %(unit)s") % {"what": text, "unit": old or new}
    if data["list"]:
        day = formats.date_format(datetime.fromisoformat(data["list"]), "SHORT_DATE_FORMAT")
        text = _("%(what)s, by the list of %(day)s") % {"what": text, "day": day}
    parts = list(difference(data["before"], data["after"], seen - {"home_unit"}))
    if data["after"].get("rule"):
        parts.append(_("by the rule of the section"))
    if cares and data["after"].get("note"):
        parts.append(_(str(data["after"]["note"])))  # the clocks of membership write msgids
    return text, " · ".join(parts), _("the member") if data["own"] else row.by


def difference(before, after, seen):
    """ "Phone: 123 → 456" for each field in `seen` that changed."""
    for name, value in after.items():
        old = before.get(name)
        if name in seen and (old or value):
            words = {"field": telling.label(name), "old": isolate(telling.told(name, old)), "new": isolate(telling.told(name, value))}
            yield _("%(field)s: %(old)s → %(new)s") % words


def journey(row, seen, cares):
    leaving = row.data["reason"] == Journey.Reason.EXIT
    if row.what == "began" and leaving:
        return _("Checklist after the exit, and winning back, began"), "", None
    if leaving:
        return _("Checklist after the exit: %(state)s") % {"state": Journey.State(row.data["state"]).label}, "", None
    if row.what == "began":
        return _("Arriving began: %(reason)s") % {"reason": Journey.Reason(row.data["reason"]).label}, "", None
    return _("Arriving: %(state)s") % {"state": Journey.State(row.data["state"]).label}, "", None


def step(row, seen, cares):
    return f"{name_of(row)}: {JourneyStep.State(row.what).label}", row.data["reason"], row.by


def name_of(row):
    return localized(row.data["labels"]) or row.data["slug"]


def escalation(row, seen, cares):
    if row.data["office"] is not None:
        return _("Reminder to %(office)s: %(step)s") % {"office": localized(row.data["office"]), "step": name_of(row)}, "", None
    return _("Reminder after %(days)s days left out: %(step)s") % {"days": row.data["level"], "step": name_of(row)}, _(row.what) if row.what else "", None


def contact(row, seen, cares):
    return rows.contact_text(Contact(kind=row.what, result=row.data["result"])), row.data["note"], row.by


def mail(row, seen, cares):
    return _("Mail: %(kind)s, %(state)s") % {"kind": KINDS.get(row.what, row.what), "state": Message.State(row.data["state"]).label}, "", None


def join(row, seen, cares):
    return _("Joined"), _("join date estimated") if row.what else "", row.by


def answer(row, seen, cares):
    return _("Looked at their own data"), "", _("the member")


def proposal(row, seen, cares):
    text = _("Proposed correction: %(state)s") % {"state": Proposal.State(row.what).label}
    return text, " · ".join(difference({row.data["field"]: row.data["before"]}, {row.data["field"]: row.data["after"]}, seen)), row.by


def transfer(row, seen, cares):
    where = {"old": row.data["from"], "new": row.data["to"], "state": Transfer.State(row.what).label}
    return _("Move from %(old)s to %(new)s: %(state)s") % where, "", row.by


def application(row, seen, cares):
    state = _("received") if row.what == "open" else Application.State(row.what).label
    return _("Application to %(unit)s: %(state)s") % {"unit": row.data["unit"], "state": state}, "", row.by


def pairing(row, seen, cares):
    if row.what == "ended":
        # Why it ended otherwise is nobody's business here: a complaint goes past the unit.
        return _("Mentoring completed") if row.data["ended"] == Pairing.End.DONE else _("Mentoring ended"), "", None
    if row.data["mentor"] and cares:
        return _("Mentoring began, with %(name)s") % {"name": isolate(row.data["mentor"])}, "", None
    return _("Mentoring began") if row.data["side"] == "mentee" else _("Mentoring began, as a mentor"), "", None


def leaving(row, seen, cares):
    if row.what.startswith("back_"):
        return _("Won back within four weeks") if row.what == "back_won_back" else _("Came back after an exit"), "", None
    day = formats.date_format(datetime.fromisoformat(row.data["on"]), "SHORT_DATE_FORMAT")
    state = Exit.State(row.what).label
    note = " · ".join(filter(None, [localized(row.data["reason"] or {}), row.data["note"]])) if cares else ""
    return _("Exit on %(day)s entered: %(state)s") % {"day": day, "state": state}, note, row.by


def office(row, seen, cares):
    where = {"office": localized(row.data["office"]), "unit": row.data["unit"]}
    return capfirst((_("%(office)s, %(unit)s: began") if row.what == "began" else _("%(office)s, %(unit)s: ended")) % where), "", None


def registration(row, seen, cares):
    words = {"event": localized(row.data["titles"]), "state": Registration.State(row.what).label}
    return _("%(event)s: %(state)s") % words, registration_rules.reason(row.data["why"]), row.by


def confirmation(row, seen, cares):
    return _("Confirmation given: %(event)s") % {"event": localized(row.data["titles"])}, "", row.by


def qualification(row, seen, cares):
    return _("Qualification: %(kind)s") % {"kind": localized(row.data["labels"])}, row.data["note"], row.by


def volunteer(row, seen, cares):
    return _("Helping in an election: %(election)s, %(state)s") % {"election": row.data["election"], "state": Volunteer.State(row.what).label}, "", row.by


def duty(row, seen, cares):
    day = formats.date_format(timezone.localtime(datetime.fromisoformat(row.data["starts_at"])), "SHORT_DATETIME_FORMAT")
    text = _("Shift: %(post)s, %(day)s: %(state)s") % {"post": row.data["post"], "day": day, "state": Duty.State(row.what).label}
    return text, hours(row.data["minutes"]) if row.data["minutes"] else "", row.by


BOOKS = {
    "ordered": gettext_lazy("Membership book: ordered"),
    "arrived": gettext_lazy("Membership book: arrived"),
    "handed": gettext_lazy("Membership book: handed over"),
    "lost": gettext_lazy("Membership book: lost"),
}


def letter(row, seen, cares):
    return _("Welcome letter printed"), "", row.by


def book(row, seen, cares):
    return str(BOOKS[row.what]), "", row.by


TELLERS = {
    "join": join, "letter": letter, "book": book,
    "change": change, "journey": journey, "step": step, "escalation": escalation, "contact": contact, "mail": mail, "answer": answer,
    "proposal": proposal, "transfer": transfer, "application": application, "office": office,
    "volunteer": volunteer, "duty": duty,
    "registration": registration, "confirmation": confirmation, "qualification": qualification, "pairing": pairing, "exit": leaving,
}  # fmt: skip
