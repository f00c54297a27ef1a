"""Figures per unit, kept ready for the cockpit, and reports on their way to a file."""

import uuid
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.models import Unit


class Share(NamedTuple):
    """`part` of `whole` cases; the names behind both are listed by cockpit.figures.people()."""

    part: int
    whole: int

    @property
    def missed(self):
        return self.whole - self.part

    @property
    def percent(self):
        """Whole per cent, rounded half up; None without a case."""
        return (200 * self.part + self.whole) // (2 * self.whole) if self.whole else None


class UnitFigures(models.Model):
    """The figures of a unit with everything below it on `day`, kept so that a page reads rows instead of counting people.

    Never the source of anything: cockpit.figures rebuilds a row from members and journeys whenever it is stale. Its
    docstring says what the keys of `counts` and `series` count.
    """

    unit = models.OneToOneField(Unit, models.CASCADE, primary_key=True, related_name="figures")
    day = models.DateField()
    counts = models.JSONField(default=dict)  # the figures of a table row, see cockpit.figures
    series = models.JSONField(default=dict)  # the longer ones: by month, by quarter, by days
    waiting_since = models.DateField(null=True)

    def __str__(self):
        return f"{self.unit} {self.day}"

    def count(self, key):
        """How many of `key`, of the row ("open") or of a series ("joins:2026-03")."""
        return (self.series if ":" in key else self.counts).get(key, 0)

    def share(self, name):
        """Share of what fell due that was done in time; name: "contact", "step:SLUG" or "quarter:YYYY-Q"."""
        counts = self.series if name.startswith("quarter:") else self.counts
        return Share(counts.get(f"{name}:in_time", 0), counts.get(f"{name}:all", 0))

    @property
    def waiting_days(self):
        """Days the person waits who waits longest for a first contact; None when nobody does."""
        return self.waiting_since and (self.day - self.waiting_since).days

    @property
    def median_days(self):
        """Median days from the beginning of a journey to the first contact, of those reached; None without any."""
        return median({int(key.removeprefix("days:")): n for key, n in self.series.items() if key.startswith("days:")})

    @property
    def tone(self):
        """late when somebody waits past the date of the first contact, amber when that comes within a week, else ok."""
        return "late" if self.count("overdue") else "amber" if self.count("soon") else "ok"


def median(counts):
    """Median of {value: how often}: the middle value, or the mean of the two middle ones; None when empty."""
    total = sum(counts.values())
    if not total:
        return None

    def at(position):
        for value in sorted(counts):
            position -= counts[value]
            if position < 0:
                return value

    low, high = at((total - 1) // 2), at(total // 2)
    return low if low == high else (low + high) / 2


class QualityMonth(models.Model):
    """What cockpit.quality counted for `unit` with everything below it in the twelve months that end with `month` (its first day).

    Written once when the month is over and never changed: a past month's figure stands.
    """

    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    month = models.DateField()
    counts = models.JSONField(default=dict)  # see cockpit.quality

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "month"], name="quality_month_once")]

    def __str__(self):
        return f"{self.unit} {self.month}"

    def share(self, name, part="in_time"):
        return Share(self.counts.get(f"{name}:{part}", 0), self.counts.get(f"{name}:all", 0))


class StaleUnit(models.Model):
    """A unit whose figures may have changed since they were counted. Triggers add rows here (see the migrations), reading removes them."""

    unit = models.ForeignKey(Unit, models.DO_NOTHING, db_constraint=False, related_name="+")

    def __str__(self):
        return str(self.unit)


class ReportRunQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A run belongs to who ordered it, as long as that person may see its unit."""
        return self.filter(by=user, unit__in=Unit.objects.visible_to(user))

    editable_by = visible_to

    def expired(self, now):
        return self.filter(expires_at__lte=now)


class ReportRun(models.Model):
    """Reports of all units below `unit`, ordered in one go and fetched as one ZIP. Each is a Report of its own, so a lost worker loses one."""

    key = models.UUIDField(default=uuid.uuid4, editable=False)  # one per form shown: a double click orders once
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = ReportRunQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["by", "key"], name="report_run_once_per_form")]

    def __str__(self):
        return f"{self.unit} {self.created_at:%Y-%m-%d}"

    def counts(self):
        """{state: how many of its reports are in it}, every state named."""
        found = dict(self.reports.order_by().values_list("state").annotate(n=models.Count("pk")))
        return {state: found.get(state, 0) for state in Report.State.values}

    def stop(self):
        """Write no more for now; what is written stays. The report a worker is at is written again when it goes on."""
        self.reports.filter(state=Report.State.DUE).update(state=Report.State.STOPPED)

    def go_on(self):
        """Write those that are left."""
        self.reports.filter(state=Report.State.STOPPED).update(state=Report.State.DUE, attempts=0, leased_until=None, progress=0)


class ReportQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A report belongs to who ordered it, as long as that person may see its unit."""
        return self.filter(by=user, unit__in=Unit.objects.visible_to(user))

    editable_by = visible_to

    def due(self, now):
        """Ordered and not written, nor being written: also those that a lost worker left half done."""
        return self.filter(models.Q(leased_until=None) | models.Q(leased_until__lte=now), state=Report.State.DUE)

    def expired(self, now):
        return self.filter(expires_at__lte=now)


class Report(models.Model):
    """A PDF report: ordered, written by a worker, kept for a few days for the person who ordered it."""

    class State(models.TextChoices):
        DUE = "due", _("being written")
        READY = "ready", _("ready")
        REFUSED = "refused", _("not allowed any more")
        FAILED = "failed", _("could not be written")
        STOPPED = "stopped", _("stopped")

    class Kind(models.TextChoices):
        ARRIVING = "arriving", _("New-member work")
        ANNUAL = "annual", _("Annual report: members, meetings, plan, money")

    key = models.UUIDField(default=uuid.uuid4, editable=False)  # one per form shown: a double click orders once
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ARRIVING)
    thanks = models.TextField(blank=True)  # what an annual report says at its end
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reports")
    run = models.ForeignKey(ReportRun, models.CASCADE, null=True, related_name="reports")
    unit = models.ForeignKey(Unit, models.CASCADE, related_name="+")
    since = models.DateField(_("from"))
    until = models.DateField(pgettext_lazy("date", "to"))
    language = models.CharField(_("language"), max_length=5)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    leased_until = models.DateTimeField(null=True)  # a worker is at it until then
    attempts = models.PositiveSmallIntegerField(default=0)
    content = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["by", "key"], name="report_once_per_form"),
            models.UniqueConstraint(fields=["run", "unit"], name="report_once_per_run_and_unit"),
            models.CheckConstraint(condition=models.Q(until__gte=models.F("since")), name="report_until_after_since"),
            models.CheckConstraint(condition=~models.Q(state="ready") | models.Q(content__isnull=False), name="report_ready_has_content"),
        ]

    LEASE = timedelta(minutes=5)
    ATTEMPTS = 3

    def __str__(self):
        return f"{self.unit} {self.since} {self.until}"

    def claim(self, now):
        """Take the writing over at `now`, for as long as a lease; False when somebody else is at it or it is no longer due.

        After three attempts that ended without a word (a worker killed for want of memory) it is given up.
        """
        due = Report.objects.due(now).filter(pk=self.pk)
        due.filter(attempts__gte=self.ATTEMPTS).update(state=self.State.FAILED)
        return bool(due.update(leased_until=now + self.LEASE, attempts=models.F("attempts") + 1, progress=10))

    def advance(self, progress):
        Report.objects.filter(pk=self.pk).update(progress=progress)

    def finish(self, content):
        self._end(state=self.State.READY, content=content, progress=100)

    def refuse(self):
        """Who ordered it may not see the unit any more."""
        self._end(state=self.State.REFUSED)

    def fail(self):
        self._end(state=self.State.FAILED)

    def _end(self, **fields):
        Report.objects.filter(pk=self.pk, state=self.State.DUE).update(**fields)
        self.refresh_from_db()
