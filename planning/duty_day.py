"""Election day on a phone: who is to come now and next, who came; ticks that arrive late, twice or against each other (as education.attending)."""

from datetime import datetime, time, timedelta
from itertools import groupby

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from education.attending import OLDEST, Told, standing
from planning import posting
from planning.models import Duty, DutyTick

__all__ = ["Told", "changed", "finish", "kept_by", "leave", "newest", "standings", "take"]
State = Duty.State
SHOWN = (*Duty.LIVE, State.MISSED)
MOST = 400  # on one page; more are narrowed by unit


def kept_by(user, election, day, unit=None):
    """Duties on the local `day` at posts `user` keeps in `election`, those of `unit` and below, with all their page shows."""
    low, high = (timezone.make_aware(datetime.combine(one, time())) for one in (day, day + timedelta(days=1)))
    found = Duty.objects.editable_by(user).filter(shift__post__election=election, state__in=SHOWN, starts_at__gte=low, starts_at__lt=high)
    if unit:
        found = found.filter(shift__post__unit__path__startswith=unit.path)
    return found.select_related("shift__post__unit", "volunteer__member", "volunteer__unit")


def standings(duties):
    """{duty pk: Standing} of those ticked. One query."""
    ticks = DutyTick.objects.filter(duty__in=duties).select_related("by").order_by("duty_id", "at", "pk")
    return {pk: standing(list(rows)) for pk, rows in groupby(ticks, key=lambda tick: tick.duty_id)}


def newest(duties):
    """The highest number of a tick of these duties, 0 without any."""
    return DutyTick.objects.filter(duty__in=duties).aggregate(last=Max("pk"))["last"] or 0


def changed(duties, since):
    """Those of the duties (pks) that somebody ticked after the tick number `since`."""
    return set(DutyTick.objects.filter(duty__in=duties, pk__gt=since).values_list("duty", flat=True))


@transaction.atomic
def take(told, allowed, by, now):
    """Take up the ticks `told` ([Told], `registration` is the duty) of `by` for the duties `allowed` (pks); what came before by its key changes nothing."""
    ticked = Duty.objects.filter(pk__in={one.registration for one in told} & set(allowed))
    posting.lock(ticked.values("member"))
    rows = {row.pk: row for row in ticked.select_for_update().order_by("pk")}
    DutyTick.objects.bulk_create(
        (
            DutyTick(
                duty=rows[one.registration], present=one.present, by=by, key=one.key, seen=one.seen, at=now - min(max(one.ago, timedelta()), OLDEST), received_at=now
            )
            for one in told if one.registration in rows
        ),
        ignore_conflicts=True,
    )  # fmt: skip
    for pk, found in standings(list(rows)).items():
        _follow(rows[pk], found.tick, now)


def _follow(duty, tick, now):
    """Let the state of a duty follow the tick that counts. Somebody noted as missing who comes after all is there, unless they are elsewhere by now."""
    fields = {"state_at": now, "state_by": tick.by}
    rows = Duty.objects.filter(pk=duty.pk)
    if tick.present and duty.state != State.DONE:
        came_at = max(tick.at, duty.starts_at)
        try:
            with transaction.atomic():
                rows.filter(state__in=SHOWN).update(state=State.DONE, came_at=came_at, left_at=None, **fields)
        except IntegrityError:
            return
    elif not tick.present:
        rows.filter(state=State.DONE).update(state=State.CONFIRMED, came_at=None, left_at=None, **fields)


def leave(duty, by, now):
    """Somebody who is there goes. False when they are not."""
    here = Duty.objects.filter(pk=duty.pk, state=State.DONE, left_at=None, came_at__lte=now)
    return bool(here.update(left_at=now, state_at=now, state_by=by))


def finish(duties, by, now):
    """Whoever did not come to a shift that is over missed it. Returns how many."""
    return sum(duty.miss(now, by) for duty in duties if duty.state in Duty.OPEN and duty.ends_at <= now)
