"""Confirmations that somebody attended an event: given, sent, printed, checked by their number, withdrawn."""

from collections import defaultdict
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, ngettext

from branches.models import Appointment
from common import pdf, qr
from common.labels import localized
from common.links import Link
from common.templatetags.mails import isolate
from education import qualifying
from education.models import Confirmation, Event, Registration, Tick
from education.models.qualifications import ConfirmationTerms, clean_number
from education.registration_mails import reader_of
from membership.own_data import NO_ADDRESS
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

KIND = "confirmation"
LABEL = gettext_lazy("Confirmation of attendance")
MOST = 100  # pages in one file; more are several files
KEPT = timedelta(days=730)  # a link is good: as long as somebody may be asked for it
WITHDRAWN = gettext_noop("The confirmation was withdrawn.")
LINK = Link("education:link_confirmation", KEPT, salt="education.confirmation")


def terms_of(event):
    """What the confirmations of `event` say beside its dates; an unsaved row as long as nobody said anything."""
    return ConfirmationTerms.objects.filter(event=event).select_related("office").first() or ConfirmationTerms(event=event)


def minutes_attended(event):
    """{registration pk: minutes} of those who were at dates of `event`: their lengths added up."""
    length = {date.pk: round((date.ends_at - date.starts_at).total_seconds() / 60) for date in event.dates.all()}
    latest = Tick.objects.filter(date__in=length).order_by("registration_id", "date_id", "-at", "-pk").distinct("registration_id", "date_id")
    found: dict = defaultdict(int)
    for registration, date, present in latest.values_list("registration", "date", "present"):
        found[registration] += length[date] if present else 0
    return found


def without(event):
    """Registrations that attended `event` and have no valid confirmation."""
    attended = event.registrations.filter(state=Registration.State.ATTENDED)
    return attended.exclude(confirmations__in=Confirmation.objects.valid())


def signer_of(event, terms, on):
    """The name of whoever signs, as of the day `on`; "" leaves a line."""
    held = Appointment.objects.active(on).filter(unit=event.unit_id, office=terms.office_id, deputy_for=None).select_related("user").first()
    return held.user.name if held else ""


@transaction.atomic
def issue(event, by, now):
    """Give a confirmation to everybody who attended and has none, with the qualifications the event gives, and write the mails. Returns how many.

    Two clicks at once give one each: the event is locked.
    """
    Event.objects.select_for_update(of=("self",), no_key=True).get(pk=event.pk)
    terms, on = terms_of(event), timezone.localdate(now)
    minutes, signed = minutes_attended(event), signer_of(event, terms, on)
    rows = list(without(event).select_related("member__home_unit"))
    whole = sum(round((date.ends_at - date.starts_at).total_seconds() / 60) for date in event.dates.all())
    made = Confirmation.objects.bulk_create(
        Confirmation(
            registration=row, name=row.who, minutes=terms.minutes or minutes.get(row.pk) or whole, signer=signed, office=terms.office, issued_at=now,
            issued_by=by,
        )
        for row in rows
    )  # fmt: skip
    qualifying.give(event, [row.member for row in rows if row.member], by, now)
    enqueue([
        Message(
            kind=KIND, key=f"{KIND}:{one.pk}", due_at=now,
            payload={"confirmation": one.pk} | ({"member": one.registration.member_id} if one.registration.member_id else {}),
        )
        for one in made
    ])  # fmt: skip
    return len(made)


# --- on paper ----------------------------------------------------------------------------------------------------------


def check_address(number):
    """The full address under which anybody may check the number of a confirmation."""
    return settings.BASE_URL + reverse("education:confirmation_check", args=[number])


def as_pdf(confirmations, language):
    """A page for each of `confirmations` (with registration and event), in `language`. Raises pdf.TooLarge."""
    rows = list(confirmations)
    with translation.override(language):
        for row in rows:
            row.check_address = check_address(row.number)
            row.code = qr.svg(row.check_address, _("Address to check this confirmation"))
            row.hours = hours(row.minutes)
    dates = {row.registration.event_id: list(row.registration.event.dates.all()) for row in rows[:1]}
    event = rows[0].registration.event
    return pdf.render("pdf/confirmations.html", {"rows": rows, "event": event, "dates": dates[event.pk], "colour": settings.PARTY_COLOUR}, language)


def hours(minutes):
    """ "1 hour", "3.5 hours" or "0.75 hours" as the active language writes them: quarters are told, less is rounded. Only one whole hour is one."""
    quarters = max(round(minutes / 15), 1)
    number = number_format(quarters / 4, decimal_pos=0 if quarters % 4 == 0 else 1 if quarters % 2 == 0 else 2)
    return ngettext("%(hours)s hour", "%(hours)s hours", 1 if quarters == 4 else 2) % {"hours": number}


# --- by mail -----------------------------------------------------------------------------------------------------------


def address(confirmation, now):
    """The full address of the page of `confirmation` for the person it is about."""
    return LINK.address(confirmation.pk, on=timezone.localdate(now))


def load(messages, now):
    rows = Confirmation.objects.select_related("registration__event__unit", "registration__member__home_unit")
    return rows.in_bulk([message.payload["confirmation"] for message in messages])


def build(message, rows, now):
    row = rows.get(message.payload["confirmation"])
    if row is None or row.withdrawn_at:
        return kinds.Skip(WITHDRAWN)
    name, email, language = reader_of(row.registration)
    if not email:
        return kinds.Skip(NO_ADDRESS)
    with translation.override(language):
        title = isolate(localized(row.registration.event.titles))
        lines = [
            _("thank you for taking part in “%(event)s”. Your confirmation is ready.") % {"event": title},
            _("It has a number with which anybody you show it to can check that it is valid, without learning more about you."),
        ]
        context = {
            "recipient_name": name, "words": _("Your confirmation: %(event)s") % {"event": title}, "lines": lines,
            "label": _("See and print the confirmation"), "url": address(row, now), "why": _("You get this mail because you took part."),
        }  # fmt: skip
    return kinds.render("registration", context, language, to=email)


def find(text):
    """The Confirmation with the number in `text`, valid or withdrawn; None when there is none."""
    number = clean_number(text)
    return Confirmation.objects.filter(number=number).select_related("registration__event__unit").first()
