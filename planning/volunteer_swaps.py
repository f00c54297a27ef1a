"""What volunteers do with their shifts themselves: cancel, give away, take over. A place that becomes free is told to the office at once."""

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from branches.models import Appointment, Office
from common.folding import fold
from onboarding import duties
from outbox.models import Message
from outbox.relay import enqueue
from planning import posting
from planning.models import Duty, Shift, Swap, Volunteer

ASK = "duty_swap"
NEWS = "volunteer_news"
MOST_ASKED = 60
QUIET = timedelta(minutes=30)  # after the last change of somebody's shifts one mail tells all of them (planning.volunteer_mails)


def able(duty):
    """Volunteers who could take `duty` over by the rules, those with the fewest shifts first."""
    crowd = Volunteer.objects.ready().filter(election=duty.volunteer.election_id).exclude(member=duty.member_id)
    crowd = list(crowd.select_related("member", "unit").order_by("pk"))
    shift = Shift.objects.select_related("post__election").get(pk=duty.shift_id)
    reasons = posting.why_not(shift, crowd, duty.starts_at, duty.ends_at, instead_of=duty)
    return [one for one in crowd if one.pk not in reasons]


def named(duty, name):
    """The volunteer called `name` who could take `duty` over by the rules; None where there is none, or more than one."""
    words = sorted(fold(name).split())
    found = [one for one in able(duty) if sorted(fold(one.member.name).split()) == words]
    return found[0] if len(found) == 1 else None


@transaction.atomic
def ask(duty, note, now, to=None):
    """Ask `to`, or all who could, to take `duty` over; until somebody does it stays theirs. None when it was asked before, is over, or nobody could."""
    asked = [one for one in able(duty) if to is None or one.pk == to.pk][:MOST_ASKED]
    if not asked or duty.state not in Duty.OPEN or duty.starts_at <= now:
        return None
    try:
        with transaction.atomic():
            swap = Swap.objects.create(duty=duty, to=to, note=note, asked_at=now)
    except IntegrityError:
        return None
    rows = [(f"{ASK}:{swap.pk}:{one.pk}", {"swap": swap.pk, "volunteer": one.pk, "member": one.member_id}) for one in asked]
    enqueue([Message(kind=ASK, key=key, payload=payload, due_at=now) for key, payload in rows])
    return swap


@transaction.atomic
def take(swap, volunteer, now):
    """`volunteer` takes over what `swap` offers; both and the office are told. Returns the new Duty.

    Who comes second finds it settled. Raises posting.Refused with the reason, and then nothing has changed.
    """
    # Two who take it at once wait for each other here.
    swap = Swap.objects.select_for_update(of=("self",)).select_related("duty").get(pk=swap.pk)
    if swap.state != Swap.State.OPEN or swap.to_id not in (None, volunteer.pk) or swap.duty.starts_at <= now:
        raise posting.Refused("gone")
    duty = posting.hand_over(swap.duty, volunteer, now)
    duty.confirm(now)
    swap.take(volunteer, now)
    for one in (swap.duty, duty):
        _tell_member(one, "swapped", one.pk, now)
    tell_office(duty, "swapped", now)
    return duty


@transaction.atomic
def refuse(swap, now):
    """The one who was asked by name does not take it; whoever asked hears that the shift stays theirs. False when it is settled."""
    if not swap.refuse(now):
        return False
    _tell_member(swap.duty, "refused", swap.pk, now)
    return True


def _free(duty, now, by=None):
    """Nobody has the place any more, and nobody is asked to take it over. False when that was settled before."""
    list(Swap.objects.open().filter(duty=duty).select_for_update())  # first the swap, then the duty: as take does
    if not duty.decline(now, by):
        return False
    Swap.objects.open().filter(duty=duty).update(state=Swap.State.WITHDRAWN, answered_at=now)
    return True


@transaction.atomic
def cancel(duty, now):
    """The volunteer cannot come: the place is free and the office hears of it. False once the shift has begun or was settled."""
    if duty.starts_at <= now or not _free(duty, now):
        return False
    tell_office(duty, "cancelled", now)
    return True


@transaction.atomic
def take_out(duty, by, now):
    """The office takes somebody out. Whoever may know of the shift by now is told not to come. False once it is settled."""
    known = duty.state == Duty.State.CONFIRMED or duty.at <= now - QUIET
    if not _free(duty, now, by):
        return False
    if known and duty.starts_at > now:
        _tell_member(duty, "removed", duty.pk, now)
    return True


@transaction.atomic
def withdraw(volunteer, now, by=None, leave_alone=False):
    """The volunteer does not help, or no longer: their shifts to come are free, and the office hears of each."""
    volunteer.refuse(now, by, leave_alone)
    for swap in volunteer.swaps_asked.open().select_related("duty"):
        refuse(swap, now)
    for duty in volunteer.duties.filter(state__in=Duty.OPEN, starts_at__gt=now).select_related("shift__post"):
        cancel(duty, now)


def keepers(unit, today):
    """Keys of the users who look after the posts of `unit` on the day `today`: its secretary, or who stands in for them."""
    office = Office.objects.filter(slug="secretary").values_list("pk", flat=True).first()
    charge = duties.in_charge({(unit.pk, office)}, today).get((unit.pk, office))
    held = Appointment.objects.told(today).filter(unit=charge[0], office=charge[1]) if charge else Appointment.objects.none()
    return set(held.values_list("user", flat=True))


def tell_office(duty, what, now):
    """Write the mail about `duty` ("cancelled", "swapped") to those who keep its post."""
    users = keepers(duty.shift.post.unit, timezone.localdate(now))
    payload = {"duty": duty.pk, "what": what}
    enqueue([Message(kind=NEWS, key=f"{NEWS}:{what}:{duty.pk}:{user}", payload=payload, recipient_id=user, due_at=now) for user in sorted(users)])


def _tell_member(duty, what, number, now):
    """Write the mail to whoever has or had `duty`; number: of what happened, so that it is told once."""
    payload = {"duty": duty.pk, "what": what, "member": duty.member_id}
    enqueue([Message(kind="duty_news", key=f"duty_news:{what}:{number}", payload=payload, due_at=now)])
