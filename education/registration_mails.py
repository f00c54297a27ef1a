"""The mails of registrations: one for each state somebody comes to, checked once more when it is sent, and none that contradicts the next."""

from django.conf import settings
from django.db.models import Max, Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from common import qr
from common.labels import localized
from common.links import Link
from common.money import money
from common.templatetags.mails import isolate
from education import attending, calendars
from education import registration_approvals as approvals
from education import registration_rules as rules
from education.models import Event, Registration, RegistrationAsk, RegistrationChange
from membership.models import ACTIVE, Member
from membership.own_data import NO_ADDRESS, NO_MEMBER, language_of
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

State = Registration.State
OTHER_STATE = gettext_noop("The registration is in another state by now.")
EVENT_OVER = gettext_noop("The event is over.")
MOVED_AGAIN = gettext_noop("The event was changed again since.")
UNKNOWN_ADDRESS = gettext_noop("No member has this address.")
LABELS = {
    "registration": gettext_lazy("Registration: where it stands"),
    "registration_moved": gettext_lazy("Event: new date or place"),
    "registration_link": gettext_lazy("Registration: link"),
    "approval": gettext_lazy("Registrations to approve"),
}
MOST_MEMBERS = 6  # who share one mail address
TICKET = "ticket.png"  # as the mail shows it
LINK = Link("education:registration_own")


def register():
    kinds.register("registration", build_state, load_states)
    kinds.register("registration_moved", build_moved, load_moved)
    kinds.register("registration_link", build_link, load_asks)
    kinds.register(approvals.KIND, approvals.build, approvals.load)


# --- links -------------------------------------------------------------------------------------------------------------


def address(*what):
    """The full address of somebody's own page: of a Registration, of a RegistrationAsk (a guest), or of an Event and a Member."""
    names = {Registration: "r", RegistrationAsk: "a", Event: "e"}
    return LINK.address(names[type(what[0])], *(row.pk for row in what))


# --- where it stands ---------------------------------------------------------------------------------------------------


def reader_of(registration):
    """(given name, mail address, language) of who registered."""
    member = registration.member
    if member:
        return member.given_name, member.email, language_of(member)
    return registration.name, registration.email, registration.language or settings.LANGUAGE_CODE


def day_and_time(moment):
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT")


def place_of(event):
    return event.place_text or (", ".join(filter(None, (event.place.name, event.place.street, event.place.city))) if event.place else "")


def fee_of(event):
    return money(event.fee_cents, event.unit.setting("currency"))


def fingerprint(event):
    """What somebody who comes has to know: when, at each date, and where."""
    dates = " ".join(f"{date.starts_at.isoformat()} {date.ends_at.isoformat()}" for date in event.dates.all())
    return f"{dates} {event.place_id or ''} {event.place_text}"


def facts(event):
    """When, at each date, and where, as lines."""
    lines = [_("When: %(when)s") % {"when": day_and_time(date.starts_at)} for date in event.dates.all()]
    if where := place_of(event):
        lines.append(_("Where: %(where)s") % {"where": isolate(where)})
    return lines


def texts(registration, change, paper=False):
    """(subject, lines, label of the button) of the mail about `change`, in the active language; paper: of a letter, which has no button."""
    event, title = registration.event, isolate(localized(registration.event.titles))
    names = {"event": title, "reason": rules.reason(change.why), "until": registration.offered_until and day_and_time(registration.offered_until)}
    own = _("See your registration")
    match change.state:
        case State.ASKED:
            names["day"] = date_format(registration.approve_until, "DATE_FORMAT")
            line = _("we have your registration for “%(event)s” and asked your unit about it. It has until %(day)s; without an answer by then that counts as a yes.")
            return _("Registered, your unit is asked: %(event)s") % names, [line % names, *facts(event)], own
        case State.WAITING:
            line = _("we have your registration for “%(event)s”. At the moment you are on the waiting list: %(reason)s.")
            more = _("When there is a place for you, you hear from us. You need not do anything until then.")
            return _("On the waiting list: %(event)s") % names, [line % names, more, *rules.told(event.fairness, event), *facts(event)], own
        case State.OFFERED:
            line = _("a place at “%(event)s” is free, and you are next: %(reason)s. Please take it until %(until)s; after that it goes to the next person.")
            return _("A place for you: %(event)s") % names, [line % names, *facts(event)], _("Take the place or pass it on")
        case State.CONFIRMED:
            line = _("you have a place at “%(event)s” (%(reason)s). We look forward to seeing you.")
            lines = [line % names, *facts(event)]
            if event.online_url:
                lines.append(_("Online: %(url)s") % {"url": event.online_url})
            if event.fee_cents:
                lines.append(_("It costs %(fee)s.") % {"fee": fee_of(event)})
            lines.append(cancellation(event, paper))
            return _("You have a place: %(event)s") % names, lines, own
        case State.DECLINED:
            line = _("we are sorry: you do not get a place at “%(event)s” (%(reason)s). Please ask your unit when you have questions.")
            return _("No place this time: %(event)s") % names, [line % names], own
        case _other:
            return cancelled(event, change, names)


def cancelled(event, change, names):
    if change.why.get("rule") == "called_off":
        lines = [_("we are sorry: “%(event)s” is called off. You need not do anything.") % names]
        if event.cancel_reason:
            lines.append(_("Why: %(reason)s") % {"reason": isolate(event.cancel_reason)})
        return _("Called off: %(event)s") % names, lines, _("See the event")
    lines = [_("your registration for “%(event)s” is cancelled: %(reason)s.") % names]
    if change.why.get("rule") == "not_taken":
        lines.append(_("If you would still like to come, you can register again; you then stand at the end of the waiting list."))
    if change.why.get("rule") == "late" and event.fee_cents:
        lines.append(_("The deadline for free cancellation was over, so the fee of %(fee)s may be due.") % {"fee": fee_of(event)})
    return _("Cancelled: %(event)s") % names, lines, _("See your registration")


def cancellation(event, paper=False):
    """Until when one may cancel for free, in a sentence; paper: of a letter."""
    if event.cancels_until is None and paper:
        return _("If you cannot come, please tell us: somebody else is glad of the place.")
    if event.cancels_until is None:
        return _("If you cannot come, please cancel with the button: somebody else is glad of the place.")
    until = day_and_time(event.cancels_until)
    if event.fee_cents:
        return _("You can cancel for free until %(until)s; after that the fee of %(fee)s may be due.") % {"until": until, "fee": fee_of(event)}
    return _("Please cancel until %(until)s if you cannot come: somebody else is glad of the place.") % {"until": until}


def load_states(messages, now):
    """({pk: RegistrationChange}, {registration pk: pk of the last change that is told}, calendar files made so far) for a batch of mails."""
    changes = RegistrationChange.objects.select_related("registration__event__place", "registration__event__unit", "registration__member__home_unit")
    found = changes.prefetch_related("registration__event__dates").in_bulk([message.payload["change"] for message in messages])
    told = RegistrationChange.objects.filter(registration__in=[row.registration_id for row in found.values()], state__in=Registration.TOLD)
    last = told.filter(~Q(why__contains={"rule": "undo"})).values_list("registration").annotate(last=Max("pk"))
    return found, dict(last), {}


def build_state(message, loaded, now):
    found, last, files = loaded
    change = found.get(message.payload["change"])
    if change is None or change.registration.state != change.state or last.get(change.registration_id) != change.pk:
        return kinds.Skip(OTHER_STATE)
    registration = change.registration
    if registration.event.is_over(now):
        return kinds.Skip(EVENT_OVER)
    url = registration.event.get_public_url() if change.why.get("rule") == "called_off" else address(registration)
    if change.state != State.CONFIRMED:
        return _mail(registration, lambda: texts(registration, change), url)
    more = {"ticket": attending.ticket_address(registration), "letters": attending.letters(registration)}
    if registration.member:
        more["calendar"] = calendars.page_address(registration.member, timezone.localdate(now))
    return _mail(registration, lambda: texts(registration, change), url, files, more)


def _mail(registration, words, url, files=None, more=None):
    """The mail to who registered, or why none. words(): (subject, lines, label of the button); files: those of calendars made so far, None without one.

    more: {"ticket": the address its code holds, "letters": the same to type, "calendar": the address of the own calendar}, as far as there is any.
    """
    name, email, language = reader_of(registration)
    if registration.member and registration.member.status not in ACTIVE:
        return kinds.Skip(NO_MEMBER)
    if not email:
        return kinds.Skip(NO_ADDRESS)
    with translation.override(language):
        subject, lines, label = words()
        why = _("You get this mail because you are registered for this event: one for each change, no others.")
        attachments = () if files is None else (("event.ics", _calendar(registration, language, files), "text/calendar"),)
    context = {"recipient_name": name, "words": subject, "lines": lines, "label": label, "url": url, "why": why, **(more or {})}
    pictures = ((TICKET, qr.png(more["ticket"])),) if more else ()
    return kinds.render("registration", context, language, to=email, attachments=attachments, pictures=pictures)


def _calendar(registration, language, files):
    """The calendar file of the event, made once for a batch; with the online link for those who have a place."""
    wanted = registration.event_id, language, registration.state == State.CONFIRMED
    if wanted not in files:
        files[wanted] = calendars.event_ics(registration.event, with_link=wanted[2])
    return files[wanted]


# --- the event moves ---------------------------------------------------------------------------------------------------


def tell_moved(event, now):
    """Tell everybody registered that date or place changed; belongs into the transaction that changes it. One mail per change and person."""
    seen = fingerprint(event)
    rows = event.registrations.filter(state__in=Registration.OPEN).values_list("pk", "member")
    return enqueue([
        Message(
            kind="registration_moved", key=f"registration_moved:{pk}:{event.version}", due_at=now,
            payload={"registration": pk, "seen": seen} | ({"member": member} if member else {}),
        )
        for pk, member in rows
    ])  # fmt: skip


def load_moved(messages, now):
    rows = Registration.objects.select_related("event__place", "event__unit", "member__home_unit").prefetch_related("event__dates")
    return rows.in_bulk([message.payload["registration"] for message in messages]), {}


def build_moved(message, loaded, now):
    rows, files = loaded
    row = rows.get(message.payload["registration"])
    if row is None or row.state not in Registration.OPEN:
        return kinds.Skip(OTHER_STATE)
    if fingerprint(row.event) != message.payload["seen"]:
        return kinds.Skip(MOVED_AGAIN)

    return _mail(row, lambda: (*moved(row), _("See your registration")), address(row), files)


def moved(row, paper=False):
    """(subject, lines) about a new date or place, in the active language; paper: of a letter."""
    names = {"event": isolate(localized(row.event.titles))}
    line = _("date or place of “%(event)s” have changed. Now it is:") % names
    more = _("Your registration stays as it is. If you cannot come any more, please cancel with the button.")
    if paper:
        more = _("Your registration stays as it is. If you cannot come any more, please tell us.")
    return _("New date or place: %(event)s") % names, [line, *facts(row.event), more]


# --- the link somebody asked for ---------------------------------------------------------------------------------------


def ask(event, email, name, language, now):
    """Somebody wrote `email` into the form of `event`: always one row and one order for a mail, whoever that is."""
    row = RegistrationAsk.objects.create(event=event, email=email, name=name, language=language, at=now)
    enqueue([Message(kind="registration_link", key=f"registration_link:{row.pk}", payload={"ask": row.pk}, due_at=now)])
    return row


def load_asks(messages, now):
    """({pk: RegistrationAsk}, {mail in lower case: [Member, ..]}) for a batch of mails."""
    asks = RegistrationAsk.objects.select_related("event__unit__kind", "event__place").in_bulk([message.payload["ask"] for message in messages])
    mails = {row.email.lower() for row in asks.values()}
    # search_contact holds the folded mail of everybody, and has an index.
    named = Q(pk__in=[])
    for mail in mails:
        named |= Q(search_contact__contains=mail, email__iexact=mail)
    members: dict = {}
    for member in Member.objects.active().filter(named).select_related("home_unit").order_by("pk"):
        members.setdefault(member.email.lower(), []).append(member)
    return asks, members


def build_link(message, loaded, now):
    asks, members = loaded
    row = asks.get(message.payload["ask"])
    if row is None or (not row.event.takes_registrations(now) and not row.event.registrations.exists()):
        return kinds.Skip(EVENT_OVER)
    event = row.event
    found = [m for m in members.get(row.email.lower(), []) if event.unit.path.startswith(m.home_unit.root_path)][:MOST_MEMBERS]
    if found:
        with translation.override(language_of(found[0])):
            label = _("Your registration")
            links = [{"url": address(event, m), "label": _("Registration of %(name)s") % {"name": isolate(m.given_name)} if found[1:] else label} for m in found]
        name, language = found[0].given_name if not found[1:] else "", language_of(found[0])
    elif event.guests and row.name:
        with translation.override(row.language):
            links = [{"url": address(row), "label": _("Confirm the registration")}]
        name, language = row.name, row.language
    else:
        return kinds.Skip(UNKNOWN_ADDRESS)
    with translation.override(language):
        when = day_and_time(event.starts_at)
    return kinds.render("registration_link", {"event": event, "when": when, "links": links, "recipient_name": name}, language, to=row.email)
