"""From the application to the final member: receive, sort, decide, lapse of time, objections. Journeys are the room above's.

Every decision locks the application first: of two people who decide at once, the second is told that it is decided.
"""

import logging
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from branches.models import Unit
from membership import areas, correcting, decision_news, duplicates, search, status
from membership.models import GONE, Application, Member, Membership, Objection, Status

State = Application.State
KEPT = timedelta(days=365)  # data of those who were not admitted: as long as an appeal is likely
UNCONFIRMED_KEPT = timedelta(days=3)
BATCH = 500  # applicants of a list taken up in one run
logger = logging.getLogger(__name__)

BY_LAPSE = gettext_noop("Accepted by lapse of time: the term of the board ended without a decision.")
BY_LIST = gettext_noop("By the member list.")
BY_APPEAL = gettext_noop("Accepted after an appeal.")
AFTER_OBJECTION = gettext_noop("Admission taken back after an objection.")


class Decided(Exception):
    """Somebody else was faster: the application (or objection) is not open any more."""


def term(unit):
    """Days the board of `unit` has to decide: its own setting, else one from above, else that of its kind."""
    return unit.setting("admission_days") or unit.kind.admission_days


def minimum_age(unit):
    return unit.setting("minimum_age")


def from_member(member):
    """An application of somebody entered as a member who is an applicant yet, not saved; the day of joining is that of the application."""
    names = ("given_name", "family_name", "birth_date", "email", "street", "postcode", "city", "language")
    values = {name: getattr(member, name) for name in names} | {"phone": member.mobile or member.phone}
    return Application(unit=member.home_unit, source=Application.Source.OFFICE, **values)


def place(application, on):
    """Give `application` to its unit on the day `on`, from which the term of the board counts, or to the sorting list. Not saved.

    A unit without members of its own sends it on by postcode; what is not clear waits there for somebody to sort it.
    """
    unit, section = application.unit, application.unit.kind.is_section
    if section and application.kind != Membership.Kind.SUPPORTER:
        unit, section = Unit.objects.get_parent(unit), False
    if not section and not unit.kind.leads_members:
        found = [near for near in areas.units_for(application.person.postcode, unit) if near.path.startswith(unit.path)]
        if len(found) != 1:
            application.unit, application.state, application.decide_until = unit, State.SORTING, None
            return
        unit = found[0]
    application.unit, application.state = unit, State.OPEN
    application.decide_until = on + timedelta(days=term(unit))


def receive(application, on):
    """Save a new `application` that came in on the day `on`. Raises ValidationError when the member has one open already."""
    application.received_on = on
    if application.member is None:
        application.search_name = search.keys(application.family_name, application.given_name)["search_name"]
    place(application, on)
    try:
        with transaction.atomic():
            application.save()
    except IntegrityError:
        raise ValidationError(_("There is an application of %(name)s already.") % {"name": application.name}) from None
    return application


@transaction.atomic
def assign(pk, unit, on):
    """Give the application `pk` to `unit`, from the sorting list or from another unit; the term counts from the day `on` anew."""
    application = _open(pk, State.OPEN, State.SORTING)
    application.unit, application.state, application.reminded_on = unit, State.OPEN, None
    application.decide_until = on + timedelta(days=term(unit))
    application.save()
    return application


@transaction.atomic
def accept(pk, by, on, now, state=State.ACCEPTED, day=None, note=""):
    """Admit who applied; `on` is the day of the decision, `day` the first day of the membership. Returns the application.

    The membership begins with the decision, or with the application where the unit's setting says so. Raises Decided,
    ValidationError for a day that cannot be.
    """
    application = _open(pk, State.OPEN)
    if state == State.LAPSED and application.decide_until >= day:  # given to another unit meanwhile: its board has its own time
        raise Decided
    if day is None:
        day = application.received_on if application.unit.setting("joined_from") == "application" else on
    _admit(application, by, on, now, state, day, note)
    decision_news.order(application, now)
    return application


def _admit(application, by, on, now, state, day, note):
    if application.member is None:
        application.member = _new_member(application, by, day, now, note)
    elif application.member.status != application.kind:
        latest = application.member.memberships.order_by("-starts_on").values_list("starts_on", flat=True).first()
        day = max(filter(None, (day, latest, application.member.left_on)))
        status.become(application.member_id, application.kind, day, by, now, unit=application.unit, note=note)
    for name in Application.OWN_DATA:
        setattr(application, name, None if name == "birth_date" else "")
    application.search_name = ""
    application.state, application.decided_on, application.decided_by, application.admitted_on = state, on, by, day
    application.save()


def _new_member(application, by, day, now, note):
    names = ("given_name", "family_name", "birth_date", "email", "phone", "street", "postcode", "city", "language")
    values = {name: getattr(application, name) for name in names}
    member = Member(home_unit=application.unit, status=application.kind, joined_on=day, **values)
    return correcting.add(member, by, now, another=True, note=note)


@transaction.atomic
def refuse(pk, reason, by, on, now):
    """The board refuses; it need not say why. Source: Parties Act § 10 (1). Raises Decided."""
    application = _close(_open(pk, State.OPEN), State.REFUSED, reason, by, on)
    decision_news.order(application, now)
    return application


@transaction.atomic
def withdraw(pk, reason, by, on):
    """Who applied does not want to any more. Raises Decided."""
    return _close(_open(pk, State.OPEN, State.SORTING), State.WITHDRAWN, reason, by, on)


def _close(application, state, reason, by, on):
    application.state, application.reason, application.decided_by, application.decided_on = state, reason, by, on
    application.save()
    return application


@transaction.atomic
def reopen(pk, on):
    """Take a refusal or withdrawal back that was a mistake: within the term, before an appeal. Raises Decided otherwise."""
    application = _open(pk, State.REFUSED, State.WITHDRAWN)
    if application.decide_until is None or on > application.decide_until or application.objections.exists():
        raise Decided
    return _close(application, State.OPEN, "", None, None)


def lapse_due(on, now):
    """Admit everybody whose term was over before the day `on`, from the day after it. Returns the applications.

    What a missed run left behind is caught up with the right day. Who cannot be admitted alone stops nobody else.
    """
    admitted = []
    for pk, last_day in Application.objects.overdue(on).values_list("pk", "decide_until"):
        day = last_day + timedelta(days=1)
        try:
            admitted.append(accept(pk, None, day, now, State.LAPSED, day=day, note=BY_LAPSE))
        except (Decided, ValidationError, IntegrityError) as error:
            logger.warning("application %s does not lapse: %s", pk, type(error).__name__)
    return admitted


@transaction.atomic
def connect(pk, member):
    """Who applied is `member`, known already: the application goes on with their record. Raises Decided, ValidationError."""
    application = _open(pk, State.OPEN, State.SORTING)
    if application.member_id or member.status == application.kind:
        raise ValidationError(_("%(name)s is that already.") % {"name": member.name})
    if Application.objects.open().filter(member=member).exists():
        raise ValidationError(_("There is an application of %(name)s already.") % {"name": member.name})
    application.member, application.search_name = member, ""
    for name in Application.OWN_DATA:
        if name != "message":
            setattr(application, name, None if name == "birth_date" else "")
    application.save()
    return application


def look_alikes(application, user):
    """[(member, reasons)] of those `user` may see who may be the one who applies, the likeliest first. Of others nothing is told."""
    if application.member_id or application.state not in (State.OPEN, State.SORTING):
        return []
    return duplicates.look_alikes(user, application.unit, application, [application.phone])


# --- objections and appeals ------------------------------------------------------------------------------------------


@transaction.atomic
def object_to(pk, raised_by, reason, on, raised_on):
    """Write down that somebody objects to an admission (within a year), or that the applicant appeals against a refusal.

    It goes to the unit above the one that decided last. Raises ValidationError saying why it cannot.
    """
    application = Application.objects.select_for_update(of=("self",)).select_related("unit__kind").get(pk=pk)
    appeal = application.state in Application.TURNED_DOWN
    if not appeal and not application.is_admitted:
        raise ValidationError(_("There is no decision yet that one could object to."))
    if not application.decided_on <= raised_on <= on:
        raise ValidationError({"raised_on": _("Please give a day between the decision and today.")})
    if not appeal and raised_on > application.objection_until:
        raise ValidationError(_("The admission is final: the year to object is over."))
    last = application.objections.order_by("-pk").first()
    if last and not last.outcome:
        raise ValidationError(_("An objection is still to be decided."))
    level = Unit.objects.get_parent(last.unit if last else application.unit)
    if level is None:
        raise ValidationError(_("The highest level has decided; there is none above it."))
    return Objection.objects.create(
        application=application, unit=level, appeal=appeal, raised_by=raised_by, raised_on=raised_on, reason=reason
    )


@transaction.atomic
def decide_objection(pk, upheld, remark, by, on, now):
    """Decide on an objection or appeal: upheld turns the decision around, dismissed leaves it. Raises Decided."""
    objection = Objection.objects.select_for_update(of=("self",)).get(pk=pk)
    if objection.outcome:
        raise Decided
    objection.outcome = Objection.Outcome.UPHELD if upheld else Objection.Outcome.DISMISSED
    objection.remark, objection.decided_by, objection.decided_on = remark, by, on
    objection.save()
    application = _open(objection.application_id, *Application.ADMITTED, *Application.TURNED_DOWN)
    if upheld:
        if objection.appeal:
            _admit(application, by, on, now, State.ACCEPTED, on, BY_APPEAL)
        else:
            if application.member.status not in GONE:
                status.leave(application.member_id, on, by, now, AFTER_OBJECTION)
            application.state = State.REVOKED
            application.save(update_fields=["state"])
    if upheld or objection.appeal:
        decision_news.order(application, now, objection)
    return objection


# --- what happens by itself ------------------------------------------------------------------------------------------


@transaction.atomic
def take_up(on):
    """Applicants of the member list get an application, so that their clock runs too; whom the list has admitted, is. Returns how many."""
    missing = Member.objects.filter(status=Status.APPLICANT).exclude(applications__state__in=(State.OPEN, State.SORTING, State.REFUSED, State.WITHDRAWN))
    missing = list(missing.select_related("home_unit__kind")[:BATCH])
    rows = [
        Application(
            unit=member.home_unit, member=member, source=Application.Source.LIST, received_on=on,
            decide_until=on + timedelta(days=term(member.home_unit)),
        )
        for member in missing
    ]  # fmt: skip
    Application.objects.bulk_create(rows, ignore_conflicts=True)  # an office may enter one in the same moment
    settled = Application.objects.filter(state__in=(State.OPEN, State.SORTING), member__status=F("kind"))
    for application in settled.select_for_update(of=("self",), skip_locked=True):
        application.state, application.reason = State.ACCEPTED, BY_LIST
        application.decided_on = application.admitted_on = max(on, application.received_on)
        application.save()
    return len(missing)


def forget(now):
    """Delete applications nobody confirmed, and those of people who were not admitted, a year after the last decision."""
    on = timezone.localdate(now)
    Application.objects.filter(state=State.UNCONFIRMED, created_at__lt=now - UNCONFIRMED_KEPT).delete()
    gone = Application.objects.filter(state__in=(State.REFUSED, State.WITHDRAWN), decided_on__lt=on - KEPT, member=None)
    gone.exclude(objections__outcome="").exclude(objections__decided_on__gte=on - KEPT).delete()


def _open(pk, *states):
    application = Application.objects.select_for_update(of=("self",)).select_related("unit__kind", "member").get(pk=pk)
    if application.state not in states:
        raise Decided
    return application
