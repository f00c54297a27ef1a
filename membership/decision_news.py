"""Who applied hears by mail what was decided: admitted, admitted by lapse of time, refused, and how an objection or an appeal ended.

It goes out an hour later and not before eight in the morning, so that a mistake can be taken back before anybody is told; an application
points at the message of its latest decision, and only that one is sent.
"""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from branches.models import Unit, settings_of
from common.templatetags.mails import isolate
from membership.models import Application, Membership, Objection
from membership.own_data import NO_ADDRESS
from outbox import kinds
from outbox.models import Message
from outbox.relay import enqueue

KIND = "decision"
PAUSE = timedelta(hours=1)
MORNING = time(8)
CHANGED = gettext_noop("It was decided otherwise meanwhile.")
State = Application.State


@transaction.atomic
def order(application, now, objection=None):
    """Have `application` (saved, its row locked) told what was decided on it now; `objection`: by deciding on that one."""
    key = f"{KIND}:{application.pk}:{application.decision_mail_id or 0}"  # one for each decision
    morning = timezone.make_aware(datetime.combine(timezone.localdate(now), MORNING))
    payload = {"application": application.pk} | ({"objection": objection.pk} if objection else {})
    payload |= {"member": application.member_id} if application.member_id else {}
    message = Message(kind=KIND, key=key, payload=payload, due_at=max(now + PAUSE, morning))
    application.decision_mail_id = enqueue([message])[key]
    application.save(update_fields=["decision_mail"])


def load(messages, now):
    """({message pk: Application}, {pk: Objection}, {unit pk: language}, {path: Unit above}) of a batch."""
    told = Application.objects.filter(decision_mail__in=[message.pk for message in messages]).select_related("unit__kind", "member__home_unit")
    by_message = {application.decision_mail_id: application for application in told}
    raised = [message.payload["objection"] for message in messages if "objection" in message.payload]
    objections = Objection.objects.select_related("unit__kind").in_bulk(raised)
    units = [application.unit for application in by_message.values()]
    decided = {unit.path for unit in (*units, *(objection.unit for objection in objections.values()))}
    above = Unit.objects.filter(path__in={path[: -Unit.steplen] for path in decided}).select_related("kind")
    return by_message, objections, settings_of(set(units), "language"), {unit.path: unit for unit in above}


def build(message, loaded, now):
    by_message, objections, languages, above = loaded
    application = by_message.get(message.pk)
    if application is None or application.state in (State.OPEN, State.SORTING, State.WITHDRAWN):
        return kinds.Skip(CHANGED)
    person = application.person
    if not person.email:
        return kinds.Skip(NO_ADDRESS)
    objection = objections.get(message.payload.get("objection"))
    decider = objection.unit if objection else application.unit
    spoken = [code for code, _name in settings.LANGUAGES]
    language = next((code for code in (person.language, languages[application.unit_id]) if code in spoken), settings.LANGUAGE_CODE)
    with translation.override(language):
        title, lines = _said(application, objection, isolate(decider.full_name))
        if application.state in Application.TURNED_DOWN:
            lines += _appeal(above.get(decider.path[: -Unit.steplen]), isolate(application.unit.full_name))
        context = {
            "recipient_name": person.given_name, "title": title, "lines": lines,
            "why": _("You get this mail because you have applied to us."),
        }  # fmt: skip
    return kinds.render(KIND, context, language, to=person.email)


def _said(application, objection, decider):
    """(subject, [what was decided, in sentences]); decider: name of the unit that did."""
    words = {"unit": decider}
    if application.is_admitted:
        day = date_format(application.admitted_on, "DATE_FORMAT")
        words |= {"day": day, "until": date_format(application.objection_until, "DATE_FORMAT")}
        if application.state == State.LAPSED:
            said = _("the board of %(unit)s has not decided within its term. By our statutes your application counts as accepted for that.")
        elif objection:
            said = _("%(unit)s has agreed with your appeal: you are admitted.")
        else:
            said = _("the board of %(unit)s has decided on your application: you are admitted.")
        begins = {
            Membership.Kind.GUEST: _("Your time as a guest begins on %(day)s."),
            Membership.Kind.SUPPORTER: _("You are a supporter from %(day)s on."),
        }.get(application.kind, _("Your membership begins on %(day)s."))
        final = _("Until %(until)s any member may still object to the admission and has to give reasons; then it is final.")
        return _("You are admitted"), [said % words, begins % words, final % words]
    if application.state == State.REVOKED:
        return _("Your admission was taken back"), [_("a member has objected to your admission. %(unit)s has agreed, so your membership has ended.") % words]
    if objection:
        return _("Decision on your appeal"), [_("%(unit)s has decided on your appeal: the refusal stays.") % words]
    said = _("the board of %(unit)s has decided not to accept your application. It need not give reasons, and its decision says nothing about you as a person.")
    return _("Decision on your application"), [said % words]


def _appeal(higher, unit):
    """What can be done about a refusal: the unit above decides, as long as there is one. Source: organisation statute § 3."""
    if higher is None:
        return [_("This was the highest level that decides; there is none above it.")]
    words = {"higher": isolate(higher.full_name), "unit": unit}
    return [_("You may appeal: then %(higher)s decides. A letter or mail to the board of %(unit)s is enough; it passes your appeal on.") % words]
