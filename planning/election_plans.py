"""An election plan across its lines: begun from a template, moved with its day, counted, late milestones told in the digest."""

import uuid
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, IntegerField, Q
from django.db.models.functions import Least
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from common.labels import localized
from planning.late_lines import LateLines
from planning.models import Duty, Election, ElectionMilestone, Post, Shift

LIVE = Q(duties__state__in=Duty.LIVE)


def moment(day, at):
    """The local time `at` on `day`, in UTC, where an hour is an hour also in the night the clocks are changed."""
    return timezone.make_aware(datetime.combine(day, at)).astimezone(UTC)


def series(day, starts, ends, minutes=None):
    """[(starts_at, ends_at), ..] of shifts from the time `starts` until `ends` on `day`, one after the other; each `minutes` long, the last perhaps shorter.

    An end that is not after the beginning is on the next day.
    """
    begin, until = moment(day, starts), moment(day if ends > starts else day + timedelta(days=1), ends)
    found = []
    while begin < until:
        end = min(until, begin + timedelta(minutes=minutes)) if minutes else until
        found.append((begin, end))
        begin = end
    return found


def preview(template, day, today):
    """What a plan from `template` for an election on `day` begins with: [{"on", "days", "line", "over"}], milestones and posts by date."""
    lines = [*template.milestones.select_related("office"), *template.posts.all()]
    found = [{"on": day - timedelta(days=line.days_before), "days": line.days_before, "line": line} for line in lines]
    return [row | {"over": row["on"] < today} for row in sorted(found, key=lambda row: row["on"])]


@transaction.atomic
def begin(election, template, units):
    """Store the new Election with its `units` and all that `template` (None: nothing) asks of them, dated back from its day."""
    election.save()
    units = sorted({election.unit, *units}, key=lambda unit: unit.path)
    election.units.set(units)
    if template is None:
        return election
    language = election.unit.setting("language")
    milestones, posts, shifts = [], {}, []
    for line in template.milestones.all():
        group = uuid.uuid4()
        milestones += [
            ElectionMilestone(
                election=election, unit=unit, group=group, labels=line.labels, texts=line.texts, office_id=line.office_id,
                due_on=election.day - timedelta(days=line.days_before),
            )
            for unit in (units if line.each else [election.unit])
        ]  # fmt: skip
    ElectionMilestone.objects.bulk_create(milestones)
    lines = list(template.posts.all())
    for line in lines:
        for unit in units if line.each else [election.unit]:
            name = localized(line.labels, language)[:120]
            posts.setdefault((unit.pk, line.kind, name), Post(election=election, unit=unit, kind=line.kind, name=name, what=localized(line.texts, language)[:1000]))
    Post.objects.bulk_create(posts.values())
    for line in lines:
        for unit in units if line.each else [election.unit]:
            post = posts[unit.pk, line.kind, localized(line.labels, language)[:120]]
            times = series(election.day - timedelta(days=line.days_before), line.starts, line.ends, line.minutes)
            shifts += [Shift(post=post, starts_at=low, ends_at=high, needed=line.needed) for low, high in times]
    Shift.objects.bulk_create(shifts, ignore_conflicts=True)
    return election


def movable(election):
    """(open milestones, done ones, shifts nobody has taken yet, the others) of an election whose day moves: querysets."""
    milestones, shifts = election.milestones.all(), Shift.objects.filter(post__election=election).annotate(n=Count("duties", filter=LIVE))
    return milestones.filter(done_on=None), milestones.exclude(done_on=None), shifts.filter(n=0), shifts.filter(n__gt=0)


@transaction.atomic
def move(election, day):
    """The election is on `day` instead: open milestones and shifts nobody has taken move by as many days, what is done or taken stays.

    Whoever takes a shift meanwhile waits until it has moved: planning.posting locks it too.

    Returns False, and nothing has moved, when somebody else changed the election since it was read.
    """
    current = Election.objects.filter(pk=election.pk, version=election.version)
    if not current.update(day=day, version=F("version") + 1):
        return False
    days = day - election.day
    list(Shift.objects.filter(post__election=election).order_by("pk").select_for_update(of=("self",)))
    open_ones, _done, free, taken = movable(election)
    open_ones.update(due_on=F("due_on") + days)
    there = {(shift.post_id, shift.starts_at, shift.ends_at) for shift in taken}
    # In this order no shift comes to lie on one that has yet to move.
    for shift in free.order_by("-starts_at" if days > timedelta() else "starts_at"):
        low, high = moved(shift, days)
        if (shift.post_id, low, high) not in there:
            Shift.objects.filter(pk=shift.pk).update(starts_at=low, ends_at=high)
    election.refresh_from_db()
    return True


def moved(shift, days):
    """(from, until) of a shift at the same times of the clock, `days` (a timedelta) later."""
    local = timezone.localtime(shift.starts_at), timezone.localtime(shift.ends_at)
    return tuple(moment(at.date() + days, at.time()) for at in local)


# --- figures ----------------------------------------------------------------------------------------------------------


def progress(milestones, on):
    """{unit pk: Counter(all, done, late)} of the queryset `milestones`, in one query."""
    counts = {"n": Count("pk"), "done": Count("pk", filter=~Q(done_on=None)), "late": Count("pk", filter=Q(done_on=None, due_on__lt=on))}
    rows = milestones.order_by().values_list("unit").annotate(**counts)
    return {unit: Counter(all=n, done=done, late=late) for unit, n, done, late in rows}


def places(shifts):
    """{unit pk: Counter(needed, filled)} of the queryset `shifts`, in one query."""
    rows = shifts.order_by().annotate(there=Least(Count("duties", filter=LIVE), F("needed"), output_field=IntegerField())).values_list("post__unit", "needed", "there")
    found: dict = defaultdict(Counter)
    for unit, needed, there in rows:
        found[unit].update(needed=needed, filled=there)
    return found


# --- what the weekly digest tells -------------------------------------------------------------------------------------


def _late(on):
    """Late milestones of open units."""
    return ElectionMilestone.objects.late(on).filter(unit__closed_on=None).select_related("unit", "election").order_by("due_on", "pk")


def _told(line):
    address = settings.BASE_URL + reverse("planning:election_detail", args=[line.election_id])
    return {"text": line, "day": line.due_on, "unit": line.unit.name, "url": address}


LATE = LateLines(gettext_lazy("Late in the election plan"), _late, lambda line: (line.unit_id, line.office_id), _told)
