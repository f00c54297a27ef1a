"""Transfers: ask, answer, decide, carry out. Open steps of a journey travel in the room above."""

import logging

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from branches.models import Unit
from branches.scope import Right
from membership import areas
from membership.correcting import as_text
from membership.models import ACTIVE, Change, Member, Membership, Transfer
from membership.models.transfers import ANSWER

logger = logging.getLogger(__name__)
State, Answer = Transfer.State, Transfer.Answer


class Closed(Exception):
    """It was answered, decided or withdrawn before."""


def nearest_above(one, other):
    """The nearest unit above both, or one of them when it is above the other."""
    both = set(one.ancestor_paths()) & set(other.ancestor_paths())
    return Unit.objects.filter(path=max(both, key=len, default="")).first()


@transaction.atomic
def ask(transfer, by, on):
    """Save the new `transfer` (member, to_unit, moves_on, reason, by_member, handover) asked for on the day `on`.

    Whoever leads one of the two units has said yes for it by asking. Raises ValidationError when it cannot be.
    """
    member = Member.objects.select_for_update(of=("self",)).select_related("home_unit").get(pk=transfer.member.pk)
    transfer.from_unit = member.home_unit
    if member.status not in ACTIVE:
        raise ValidationError(_("%(name)s is no member.") % {"name": member.name})
    if not member.memberships.filter(home=True, ends_on=None).exists():
        raise ValidationError(_("%(name)s belongs to a section alone and has no home to move from.") % {"name": member.name})
    if transfer.from_unit == transfer.to_unit:
        raise ValidationError({"to_unit": _("%(name)s belongs to this unit already.") % {"name": member.name}})
    transfer.decider = nearest_above(transfer.from_unit, transfer.to_unit)
    if transfer.decider is None:
        raise ValidationError({"to_unit": _("This unit belongs to another organisation.")})
    transfer.exception = areas.is_outside(member.postcode, transfer.to_unit)
    transfer.requested_by, transfer.requested_on, transfer.answer_until = by, on, on + ANSWER
    for side in ("from", "to"):
        if by.right_on(getattr(transfer, f"{side}_unit")) >= Right.LEAD:
            setattr(transfer, f"{side}_answer", Answer.ACCEPT)
            setattr(transfer, f"{side}_by", by)
    try:
        with transaction.atomic():
            transfer.save()
    except IntegrityError:
        raise ValidationError(_("A transfer of %(name)s is under way already.") % {"name": member.name}) from None
    _settle(transfer, on)
    return transfer


@transaction.atomic
def answer(pk, side, accepts, remark, by, on, handover=""):
    """Say for one of the units ("from", "to") whether it accepts. handover: what the next unit should know. Raises Closed."""
    transfer = _open(pk)
    if side not in transfer.answers_missing(on):
        raise Closed
    setattr(transfer, f"{side}_answer", Answer.ACCEPT if accepts else Answer.DECLINE)
    setattr(transfer, f"{side}_remark", remark)
    setattr(transfer, f"{side}_by", by)
    transfer.handover = handover or transfer.handover
    transfer.save()
    _settle(transfer, on)
    return transfer


@transaction.atomic
def decide(pk, grants, remark, by, on):
    """The unit above both decides, once they have spoken or their time is over. Raises Closed."""
    transfer = _open(pk)
    if not transfer.waits_for_decision(on):
        raise Closed
    transfer.decision, transfer.decision_remark, transfer.decided_by = Answer.ACCEPT if grants else Answer.DECLINE, remark, by
    transfer.state = State.GRANTED if grants else State.REFUSED
    transfer.closed_on = None if grants else on
    transfer.save()
    return transfer


def _settle(transfer, on):
    """Both accept and nobody else has to be asked: granted. Both decline: refused."""
    said = {transfer.from_answer, transfer.to_answer}
    if said == {Answer.ACCEPT} and not transfer.exception:
        transfer.state = State.GRANTED
    elif said == {Answer.DECLINE}:
        transfer.state, transfer.closed_on = State.REFUSED, on
    transfer.save()


@transaction.atomic
def withdraw(pk, on):
    """Take the request back, also a granted one before its day. Raises Closed."""
    transfer = _open(pk, State.OPEN, State.GRANTED)
    transfer.state, transfer.closed_on = State.WITHDRAWN, on
    transfer.save()
    return transfer


@transaction.atomic
def carry_out(pk, on, now):
    """Move the member, as granted, on its day: home ends and begins, sections stay. Raises Closed when it was done or there is nothing to move."""
    transfer = _open(pk, State.GRANTED)
    if transfer.moves_on > on:
        raise Closed
    member = Member.objects.select_for_update(of=("self",)).get(pk=transfer.member_id)
    transfer.closed_on = on
    if member.home_unit_id != transfer.from_unit_id or member.status not in ACTIVE:
        # A list or somebody else was faster, or they left: the paper is closed, the member stays as they are.
        transfer.state = State.DONE if member.home_unit_id == transfer.to_unit_id else State.WITHDRAWN
        transfer.save()
        return transfer
    move(member, transfer.to_unit, transfer.moves_on, transfer.decided_by or transfer.to_by or transfer.requested_by, now, transfer.handover)
    transfer.state = State.DONE
    transfer.save()
    return transfer


def move(member, unit, day, by, now, note=""):
    """Let the home of `member` (locked) be `unit` from the day `day` on, never before the present home began. Writes the Change."""
    home = member.memberships.filter(home=True, ends_on=None).first()
    before = {"home_unit": member.home_unit.slug}
    if home and home.starts_on >= day:
        day = home.starts_on
        Membership.objects.filter(pk=home.pk).update(unit=unit)
    else:
        member.memberships.filter(home=True, ends_on=None).update(ends_on=day, end_reason=Membership.End.MOVED)
        member.memberships.create(unit=unit, kind=member.status, starts_on=day)
    member.home_unit = unit
    member.version += 1
    member.save(update_fields=["home_unit", "version"])
    after = {"home_unit": unit.slug, "moved_on": as_text(day)}
    return Change.objects.create(member=member, kind=Change.Kind.MOVED, at=now, by=by, before=before, after=after | ({"note": note} if note else {}))


def carry_out_due(on, now):
    """Carry out what is granted and whose day has come. Returns the Transfers done."""
    done = []
    for pk in Transfer.objects.due(on).values_list("pk", flat=True):
        try:
            done.append(carry_out(pk, on, now))
        except (Closed, IntegrityError) as error:
            logger.warning("transfer %s is not carried out: %s", pk, type(error).__name__)
    return done


def _open(pk, *states):
    transfer = Transfer.objects.select_for_update(of=("self",)).select_related("member", "from_unit", "to_unit", "decider").get(pk=pk)
    if transfer.state not in (states or (State.OPEN,)):
        raise Closed
    return transfer
