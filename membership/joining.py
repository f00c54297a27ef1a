"""The public join form: what keeps machines out, the mail that confirms the address, and how it becomes an application.

Nobody else is asked for that: common.open_forms, limits counted in PostgreSQL, and a link sent to the address.
"""

from allauth.core.internal import ratelimit
from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext_noop

from branches.models import Reorganisation, Unit
from common.links import Link
from membership import admission
from membership.models import Application
from outbox.kinds import Skip, render
from outbox.models import Message
from outbox.relay import enqueue
from outbox.tasks import wake

LIMITS = {"join": "20/h/ip,60/d/ip", "join_address": "3/d/key"}
NOT_WAITING = gettext_noop("It was confirmed before, or is too old.")
LINK = Link("membership:join_confirm")


def open_units(on):
    """Units with a join form: those with members, those above that pass on by postcode, and sections."""
    return Unit.objects.open(on).select_related("kind")


def heir_of(slug):
    """The unit that the merged unit at this address became part of: codes and leaflets of the old one lead there. None for all others."""
    unit = Unit.objects.filter(slug=slug).exclude(closed_on=None).first()
    return unit and Reorganisation.objects.heirs(unit).get(unit.pk)


def takes_applications(unit):
    """Whether the public may apply by the form of `unit`: a setting, inherited."""
    return unit.setting("join_form") == "on"


def where_instead(unit, on):
    """The nearest unit above `unit` whose join form is switched on, None when there is none."""
    above = open_units(on).filter(path__in=unit.ancestor_paths()[1:]).order_by("-depth")
    return next((other for other in above if takes_applications(other)), None)


def may_send(request, email):
    """Whether one may send the form from here and to this address now; counts the try."""
    by_place = ratelimit.consume(request, app="membership", action="join", config=LIMITS)
    return bool(by_place) and bool(ratelimit.consume(request, app="membership", action="join_address", config=LIMITS, key=email.lower()))


@transaction.atomic
def send(application, now):
    """Keep `application` unconfirmed and send the link to its address."""
    application.state, application.source = Application.State.UNCONFIRMED, Application.Source.FORM
    application.save()
    enqueue([Message(kind="join_confirm", key=f"join_confirm:{application.pk}", payload={"application": application.pk}, due_at=now)])
    wake()


def address(application):
    return LINK.address(application.pk)


@transaction.atomic
def confirm(pk, on):
    """The link was used: the application is received on the day `on`. A second one of the same person is dropped. False when it was before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('join'))")
    waiting = Application.objects.select_for_update(of=("self",)).select_related("unit__kind")
    application = waiting.filter(pk=pk, state=Application.State.UNCONFIRMED).first()
    if application is None:
        return False
    same = Application.objects.filter(
        state__in=(Application.State.OPEN, Application.State.SORTING), email__iexact=application.email, unit__path__startswith=application.unit.root_path,
        given_name__iexact=application.given_name, family_name__iexact=application.family_name,
    )  # fmt: skip
    if same.exists():
        application.delete()
    else:
        admission.receive(application, on)
    return True


def load_confirmations(messages, now):
    waiting = Application.objects.filter(state=Application.State.UNCONFIRMED).select_related("unit__kind")
    return waiting.in_bulk([message.payload["application"] for message in messages])


def build_confirmation(message, waiting, now):
    application = waiting.get(message.payload["application"])
    if application is None:
        return Skip(NOT_WAITING)
    context = {"unit": application.unit, "recipient_name": application.given_name, "url": address(application)}
    return render("join_confirm", context, application.language or settings.LANGUAGE_CODE, to=application.email)
