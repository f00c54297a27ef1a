"""Reports of all units below a unit as one run: one accessible PDF per unit, fetched together as a ZIP.

Each unit is a Report of its own, so progress is their count, stopping is a state of those that are left, and whoever is killed loses the one
at hand. Memory holds one report, however many there are, while they are written and while they are fetched.
"""

from datetime import timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from branches.models import Unit, settings_at
from cockpit import printing
from cockpit.models import Report, ReportRun
from cockpit.reports import KEPT
from common import zips

MOST = 2000  # units in one run; a party with more orders by district
STINT = timedelta(minutes=1)  # of writing, before others have their turn
OWN = "own"  # language: that of each unit


def units(user, unit, on):
    """The units below `unit` that get a report: open on the day `on`, visible to `user` (None: all), with meetings to hold."""
    below = Unit.objects.all() if user is None else Unit.objects.visible_to(user)
    return below.below(unit).exclude(pk=unit.pk).open(on).filter(kind__meetings_per_year__gt=0)


def language_of(unit, chosen):
    """The language a report of `unit` is written in when `chosen` was asked for."""
    return unit.setting("language") if chosen == OWN else chosen


@transaction.atomic
def order(user, unit, since, until, language, key, now, kind=Report.Kind.ARRIVING, thanks=""):
    """The ReportRun of the form `key` with a report due for every unit below; that form's earlier one when it was sent twice."""
    run, new = ReportRun.objects.get_or_create(key=key, by=user, defaults={"unit": unit, "created_at": now, "expires_at": now + KEPT})
    if new:
        places = dict(units(user, unit, timezone.localdate(now)).values_list("pk", "path")[:MOST])
        spoken = settings_at(places.values(), "language")
        Report.objects.bulk_create(
            Report(
                run=run, by=user, unit_id=pk, kind=kind, thanks=thanks, since=since, until=until, created_at=now, expires_at=run.expires_at,
                language=spoken[path] if language == OWN else language,
            )
            for pk, path in places.items()
        )  # fmt: skip
    return run


def write(run, stint=STINT):
    """Write reports of `run` that are due, one after the other, for as long as `stint`; whether there is more to do at once."""
    end = monotonic() + stint.total_seconds()
    while report := run.reports.due(timezone.now()).select_related("by").order_by("pk").first():
        if monotonic() >= end:
            return True
        printing.write(report, timezone.now())
    return False


def forsaken(now):
    """Keys of the runs with reports to write that nobody is at."""
    due = Report.objects.due(now).filter(run=OuterRef("pk"))
    at_work = Report.objects.filter(run=OuterRef("pk"), state=Report.State.DUE, leased_until__gt=now)
    return ReportRun.objects.filter(Exists(due), ~Exists(at_work)).order_by("pk").values_list("pk", flat=True)


def content(run, user):
    """The ZIP of what is written of `run`, piece by piece; only units that `user` may see at this moment."""
    found = Report.objects.visible_to(user).filter(run=run, state=Report.State.READY).order_by("unit__path")
    return zips.pieces(map(_entry, list(found.values_list("pk", flat=True))), timezone.localtime(run.created_at))


def _entry(pk):
    slug, since, until, content = Report.objects.values_list("unit__slug", "since", "until", "content").get(pk=pk)
    return f"{slug}-{since}-{until}.pdf", bytes(content)
