"""Members of a list registered for an event as a whole: who gets a place, who waits, who is left out and why; and the way back."""

from collections import Counter

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import ngettext

from branches.scope import Right
from education import registering
from education.models import Event, Registration, RegistrationBatch
from membership.choosing import choose

MOST = 200  # people at once: each is one step under the lock of the event, and gets a mail
State = Registration.State


def chosen(user, address, picks, on):
    """The Choice of those `user` cares for on the list. Raises ValidationError when it makes no sense any more, or is too long."""
    choice = choose(user, address, picks, on)
    if (count := choice.members.count()) > MOST:
        words = ngettext("%(n)s member is too many at once", "%(n)s members are too many at once: at most %(most)s. Please narrow the list, or tell them all of the event instead.", count)
        raise ValidationError(words % {"n": count, "most": MOST})
    return choice


def preview(event, choice, now):
    """(members who get a place, members who wait, [who is left out and why, in words]) if the people of `choice` were registered at `now`."""
    members = list(choice.members.select_related("home_unit").order_by("sort_key", "pk").distinct())
    placed, waiting, reasons = [], [], Counter()
    for member, state, why in registering.preview(event, members, now):
        if state == State.CONFIRMED:
            placed.append(member)
        elif state == State.WAITING:
            waiting.append(member)
        else:
            reasons[why] += 1
    return placed, waiting, [*choice.words, *(f"{count}: {why}" for why, count in reasons.items())]


@transaction.atomic
def do(user, key, event_pk, address, picks, on, now):
    """Register them all; returns the RegistrationBatch, or the one that the same form (`key`) made before. Raises ValidationError."""
    event = Event.objects.select_for_update(of=("self",), no_key=True).select_related("kind", "unit__kind").get(pk=event_pk)
    if done := RegistrationBatch.objects.filter(by=user, key=key).first():
        return done
    choice = chosen(user, address, picks, on)
    placed, waiting, left_out = preview(event, choice, now)
    runs = Event.objects.editable_by(user).filter(pk=event.pk).exists()
    made, wanted, refused = [], {member.pk: member for member in (*placed, *waiting)}, Counter()
    for member in wanted.values():
        try:
            made.append(registering.register(event.pk, now, member=member, by=user, approved=True, runs=runs))
        except registering.Refused as error:
            refused[error.messages[0]] += 1
    left_out += [f"{count}: {why}" for why, count in refused.items()]
    states = Counter(row.state for row in made)
    return RegistrationBatch.objects.create(
        key=key, event=event, by=user, filter=address, made=[row.pk for row in made], placed=states[State.CONFIRMED], left_out=left_out, at=now
    )


@transaction.atomic
def undo(batch, user, now):
    """Cancel what `batch` registered and is still open, for members `user` still cares for. A second call does nothing."""
    batch = RegistrationBatch.objects.select_for_update().get(pk=batch.pk)
    if batch.undone_at:
        return
    rows = Registration.objects.filter(pk__in=batch.made).select_related("member__home_unit").order_by("-asked_at", "-pk")
    back = sum(user.right_on(row.member.home_unit) >= Right.CARE and registering.cancel(row, now, user) for row in rows if row.is_open)
    batch.undone_at, batch.stayed = now, len(batch.made) - back
    batch.save(update_fields=["undone_at", "stayed"])

