"""Registrations on paper: whom no mail reaches gets what the mail would say as a letter, printed by whoever cares for them.

The ledger remembers it: the latest message about a registration that was not sent, because there is no address or the mail comes back, is due as a letter
until somebody says that it is on its way. A new state, date or place is a new message, and so a new letter.
"""

from django.conf import settings
from django.db.models import Case, Max, Q, Value, When
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from branches.models import User
from branches.scope import Right
from common import pdf, qr
from education import attending, registration_mails
from education import registration_approvals as approvals
from education.models import Registration, RegistrationChange
from membership.models import ACTIVE, Member, reached_by
from membership.own_data import NO_ADDRESS, language_of, refused_mail
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

MOST = 200  # letters in one file; the others come with the next
KIND = "registration_letters"
LABEL = gettext_lazy("Letters to print")
BY_LETTER = gettext_noop("It went by letter.")
NOTHING_DUE = gettext_noop("There is no letter left to print.")
UNSENT = (Message.State.DUE, Message.State.SKIPPED, Message.State.FAILED, Message.State.DEAD)


def unreached(now, event=None):
    """Registrations of active members whom no mail reaches, for events (or for `event`) that are not over at `now`; by day, then name."""
    no_mail = Q(member__email="") | Q(member__in=Member.objects.filter(refused_mail()).values("pk"))
    rows = Registration.objects.filter(no_mail, member__status__in=ACTIVE, state__in=Registration.TOLD, event__ends_at__gt=now)
    if event:
        rows = rows.filter(event=event)
    rows = rows.select_related("member__home_unit", "event__unit__kind", "event__place").prefetch_related("event__dates")
    return rows.order_by("event__starts_at", "event", "member__sort_key", "pk")


def latest_messages(rows):
    """{registration pk: the latest Message about it} of `rows`, found by their keys."""
    told = RegistrationChange.objects.filter(registration__in=[row.pk for row in rows], state__in=Registration.TOLD)
    keys = {f"registration:{change}": row for change, row in told.values_list("pk", "registration")}
    keys |= {f"registration_moved:{row.pk}:{version}": row.pk for row in rows for version in range(2, row.event.version + 1)}
    found: dict = {}
    for message in Message.objects.filter(key__in=keys).order_by("pk"):
        found[keys[message.key]] = message
    return found


def cared_for(user, now, event=None):
    """Those of `unreached` whom `user` cares for."""
    return unreached(now, event).filter(reached_by(user, Right.CARE, "member__"))


def due(rows):
    """Those of the registrations `rows` whose letter is still to be written, each with the `message` it stands for."""
    rows = list(rows)
    messages, found = latest_messages(rows), []
    for row in rows:
        row.message = messages.get(row.pk)
        if row.message and row.message.state != Message.State.SENT and row.message.reason != BY_LETTER:
            found.append(row)
    return found


def has_postal_address(member):
    return bool(member.street and member.city)


def note_told(user, picks, now):
    """The letters of the messages `picks` (pks) are on their way, or the people were told otherwise. Returns the pks of those it is new of."""
    mine = [row.message.pk for row in due(cared_for(user, now)) if row.message.pk in picks]
    told = Message.objects.filter(pk__in=mine, state__in=UNSENT).exclude(reason=BY_LETTER)
    pks = list(told.values_list("pk", flat=True))
    told.update(reason=BY_LETTER, state=Case(When(state=Message.State.DEAD, then=Value(Message.State.DEAD)), default=Value(Message.State.SKIPPED)))
    return pks


def take_back(user, picks, now):
    """They are not: the messages `picks` are due as letters again."""
    mine = [message.pk for message in latest_messages(list(cared_for(user, now))).values() if message.pk in picks]
    noted = Message.objects.filter(pk__in=mine, reason=BY_LETTER)
    noted.filter(state=Message.State.DEAD).update(reason="")
    noted.filter(state=Message.State.SKIPPED).update(reason=NO_ADDRESS)


# --- whoever is to print them is told ----------------------------------------------------------------------------------


def remind(now):
    """Write a mail to those in charge of members whose letter is due, once for what is new. Returns how many."""
    rows = due(unreached(now))
    who, newest = approvals.approvers({row.member.home_unit.path for row in rows}, timezone.localdate(now)), {}
    for row in rows:
        for user in who[row.member.home_unit.path]:
            newest[user] = max(newest.get(user, 0), row.message.pk)
    return len(enqueue([Message(kind=KIND, key=f"{KIND}:{user}:{pk}", recipient_id=user, due_at=now) for user, pk in newest.items()]))


def load(messages, now):
    return User.objects.filter(is_active=True).in_bulk([message.recipient_id for message in messages])


def build(message, users, now):
    user = users.get(message.recipient_id)
    number = len(due(cared_for(user, now))) if user else 0
    if not number:
        return kinds.Skip(NOTHING_DUE)
    language = user.language or settings.LANGUAGE_CODE
    with translation.override(language):
        intro = ngettext("%(n)s member of yours is registered for an event and has no mail address.", "%(n)s members of yours are registered for events and have no mail address.", number)
        context = {
            "recipient_name": user.given_name, "words": _("Letters to print"), "intro": intro % {"n": number},
            "lines": [_("Please print the letters that say where they stand, or call them.")], "label": _("Letters"),
            "url": settings.BASE_URL + reverse("education:registration_letters"),
            "why": _("You get this mail because of your office, only when there is a new letter to print."),
        }  # fmt: skip
    return kinds.render("qualification", context, language, to=user.email)


# --- on paper ----------------------------------------------------------------------------------------------------------


def as_pdf(rows, user, now):
    """The letters to `rows` (at most MOST), signed by `user`, each in the language of its reader, as PDF bytes. Raises pdf.TooLarge."""
    rows = [row for row in rows if has_postal_address(row.member)][:MOST]
    steps = RegistrationChange.objects.filter(registration__in=[row.pk for row in rows], state__in=Registration.TOLD)
    last = steps.filter(~Q(why__contains={"rule": "undo"})).values_list("registration").annotate(last=Max("pk"))
    changes = RegistrationChange.objects.in_bulk(dict(last).values())
    by_row = {change.registration_id: change for change in changes.values()}
    pages = [_page(row, by_row[row.pk], user) for row in rows if row.pk in by_row]
    return pdf.render("pdf/registration_letters.html", {"pages": pages, "day": timezone.localdate(now), "user": user}, translation.get_language())


def _page(row, change, user):
    language, confirmed = language_of(row.member), row.state == Registration.State.CONFIRMED
    with translation.override(language):
        if row.message.kind == "registration_moved":
            subject, lines = registration_mails.moved(row, paper=True)
        else:
            subject, lines, _button = registration_mails.texts(row, change, paper=True)
        address = attending.ticket_address(row) if confirmed else registration_mails.address(row)
        code = qr.svg(address, _("Your ticket as a code") if confirmed else _("Code of your own page"))
        rtl = translation.get_language_bidi()
    return {
        "row": row, "member": row.member, "unit": row.event.unit, "subject": subject, "lines": lines, "language": language, "rtl": rtl,
        "code": code if row.is_open else "", "letters": attending.letters(row) if confirmed else "", "phone": user.phone if user.shows_phone else "",
    }  # fmt: skip
