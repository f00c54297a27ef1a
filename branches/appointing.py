"""Who may give which office to whom, and telling those who got one."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from branches.models import Appointment, Unit, User
from branches.scope import Right
from common import prepared
from outbox.kinds import Skip, render
from outbox.models import Message
from outbox.relay import enqueue
from outbox.tasks import wake

ENDED = gettext_noop("The term is over.")


def leads_below(user, unit):
    """Whether `user` leads `unit` together with the units below it: what it takes to give that away, or to add units."""
    return any(a.right == Right.LEAD and a.below and a.covers(unit) for a in user.appointments_now)


def is_administrator(user):
    """Whether `user` leads a whole party."""
    return bool(_parties_led(user))


def keeps_kinds(user):
    """Whether `user` leads every party of the installation: kinds of units and of events are words of all of them, so nobody changes another's."""
    led = _parties_led(user)
    return bool(led) and led.issuperset(pk for (pk,) in prepared.fetch("open parties", lambda: Unit.objects.filter(depth=1, closed_on=None).values_list("pk"), []))


def _parties_led(user):
    return {a.unit_id for a in user.appointments_now if a.right == Right.LEAD and a.below and a.unit.depth == 1}


def check_may_give(giver, unit, right, below):
    """Raise ValidationError unless `giver` holds on `unit` what is given: nobody gives more right or reach than they have."""
    if unit.closed_on:
        raise ValidationError(_("This unit is closed: it has no offices any more."))
    if not leads_itself(giver, unit):
        raise ValidationError(_("Whoever stands in for somebody gives no offices."))
    if giver.right_on(unit) < max(right, Right.LEAD):
        raise ValidationError(_("You cannot give a right that you do not hold here."))
    if below and not leads_below(giver, unit):
        raise ValidationError({"below": _("You cannot give a right for the units below: yours counts for this unit only.")})


def check_somebody_leads(appointment, from_day):
    """Raise ValidationError when nobody would lead the whole tree any more once `appointment` ends on `from_day`."""
    if appointment.unit.depth > 1 or appointment.right < Right.LEAD or not appointment.below:
        return
    lasting = Appointment.objects.filter(deputy_for=None).filter(Q(ends_on=None) | Q(ends_on__gt=from_day), unit=appointment.unit, right=Right.LEAD, below=True)
    if not lasting.filter(starts_on__lte=from_day, user__is_active=True).exclude(pk=appointment.pk).exists():
        raise ValidationError(_("Nobody would be left who leads the whole organisation. Appoint somebody else first."))


def leads_itself(user, unit):
    """Whether `user` leads `unit` by an office of their own, not only for somebody else: what it takes to give and end offices."""
    return any(a.right == Right.LEAD and a.deputy_for_id is None and a.covers(unit) for a in user.appointments_now)


def may_let_stand_in(user, appointment, on):
    """Whether `user` may find a deputy for the term `appointment`: its holder, or who leads the unit. Deputies have none."""
    over = appointment.ends_on is not None and appointment.ends_on <= on
    if over or appointment.deputy_for_id:
        return False
    return appointment.user_id == user.pk or (
        leads_itself(user, appointment.unit)
        and user.right_on(appointment.unit) >= appointment.right
        and (not appointment.below or leads_below(user, appointment.unit))
    )


def check_deputy(deputy):
    """Raise ValidationError unless `deputy` lends no more right, reach or time than the term they stand in for has."""
    term = deputy.deputy_for
    if deputy.right > term.right or (deputy.below and not term.below):
        raise ValidationError(_("A deputy has no more right than the office itself."))
    if deputy.ends_on is None:
        raise ValidationError({"ends_on": _("A deputy stands in for a time: please give its end.")})
    if term.ends_on and deputy.ends_on > term.ends_on:
        raise ValidationError({"ends_on": _("The term itself ends on %(day)s.") % {"day": formats.date_format(term.ends_on, "SHORT_DATE_FORMAT")}})
    if deputy.starts_on < term.starts_on:
        raise ValidationError({"starts_on": _("The term itself begins later.")})


def hold_deputies(appointment):
    """After a change of `appointment`: its deputies have no more right, reach or time than it has."""
    deputies = appointment.deputies.all()
    if appointment.ends_on:
        deputies.filter(starts_on__gte=appointment.ends_on).delete()
        deputies.filter(ends_on__gt=appointment.ends_on).update(ends_on=appointment.ends_on)
    deputies.filter(right__gt=appointment.right).update(right=appointment.right)
    if not appointment.below:
        deputies.filter(below=True).update(below=False)


def account(email, given_name, family_name, unit):
    """The account with this e-mail; a new one, without password and in the language of `unit`, where there is none."""
    email = email.strip().lower()
    user, _created = User.objects.get_or_create(
        email=email,
        defaults={"given_name": given_name, "family_name": family_name, "language": unit.setting("language"), "password": "!"},
    )
    return user


@transaction.atomic
def end(appointment, on):
    """End `appointment` on the day `on` (the right stops at its first minute); one that has not begun is taken back altogether.

    Raises ValidationError when nobody would lead the whole tree any more.
    """
    check_somebody_leads(appointment, on)
    if appointment.starts_on >= on:
        appointment.delete()
    else:
        appointment.ends_on = on
        appointment.save(update_fields=["ends_on"])
        hold_deputies(appointment)


def invite(appointment, now):
    """Write the mail that tells somebody about a new office and how to sign in."""
    enqueue(
        [
            Message(
                kind="invitation", key=f"invitation:{appointment.pk}", payload={"appointment": appointment.pk},
                recipient_id=appointment.user_id, due_at=now,
            )
        ]
    )  # fmt: skip
    wake()


def load_invitations(messages, now):
    found = Appointment.objects.filter(pk__in=[message.payload["appointment"] for message in messages])
    return {appointment.pk: appointment for appointment in found.select_related("user", "unit__kind", "office", "deputy_for__user")}


def build_invitation(message, appointments, now):
    appointment = appointments.get(message.payload["appointment"])
    if appointment is None or not appointment.user.is_active or (appointment.ends_on and appointment.ends_on <= timezone.localdate(now)):
        return Skip(ENDED)
    user = appointment.user
    context = {"appointment": appointment, "recipient_name": user.given_name, "sign_in_url": f"{settings.BASE_URL}/accounts/login/"}
    return render("invitation", context, user.language or appointment.unit.setting("language"), to=user.email)
