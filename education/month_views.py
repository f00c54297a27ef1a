"""The events of a month: a grid of its days, and below it the list by day, which is what phones and screen readers go through."""

import calendar
from collections import defaultdict
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode

from dateutil.relativedelta import relativedelta
from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.views.decorators.http import require_safe

from common.context import place_of
from education.event_forms import EventFilter
from education.models import Event, EventDate

MOST = 300  # dates of one month; who sees more narrows them down
YEARS = range(2000, 2100)
LONGEST = timedelta(days=31)  # a date is marked on so many of its days at most


def month_of(text, on):
    """The first day of the month "2026-12"; of the one of the day `on` for anything else."""
    year, _dash, month = text.partition("-")
    given = year.isdecimal() and month.isdecimal() and len(text) <= 7
    return date(int(year), int(month), 1) if given and int(year) in YEARS and 1 <= int(month) <= 12 else on.replace(day=1)


def weeks_of(first):
    """The weeks of the month of `first` as lists of days; they begin as the active language has it."""
    begins = (formats.get_format("FIRST_DAY_OF_WEEK") - 1) % 7  # Django counts from Sunday, Python from Monday
    return calendar.Calendar(begins).monthdatescalendar(first.year, first.month)


@login_required
@require_safe
def event_month(request):
    """Announced events of the party in a month (`month`), of a unit and those below (`unit`) or of a kind (`kind`)."""
    on = timezone.localdate()
    first = month_of(request.GET.get("month", ""), on)
    after = first + relativedelta(months=1)
    form = EventFilter({name: request.GET.get(name, "") for name in ("unit", "kind")}, request.user, place_of(request), on)
    events = Event.objects.told_to(request.user)
    if form.chosen:
        events = events.carried_below(form.chosen)
    if slug := form.cleaned_data.get("kind"):
        events = events.filter(kind__slug=slug)
    found = EventDate.objects.filter(event__in=events, starts_at__lt=_begin(after), ends_at__gt=_begin(first))
    rows = list(found.select_related("event__kind", "event__unit__kind", "event__place").order_by("starts_at", "pk")[: MOST + 1])
    days, marks = defaultdict(list), defaultdict(list)
    for row in rows[:MOST]:
        start, end = timezone.localdate(row.starts_at), timezone.localdate(row.ends_at - timedelta(microseconds=1))
        days[max(start, first)].append(row)
        day = max(start, first)
        while day <= min(end, start + LONGEST) and day < after:
            marks[day].append(row)
            day += timedelta(days=1)
    weeks = [[{"day": day, "inside": day.month == first.month, "rows": marks.get(day, [])} for day in week] for week in weeks_of(first)]
    context = {
        "first": first, "weeks": weeks, "days": sorted(days.items()), "form": form, "on": on, "too_many": len(rows) > MOST, "most": MOST,
        "before_url": _url(form, first - relativedelta(months=1)), "after_url": _url(form, after), "now_url": _url(form, on.replace(day=1)),
        "list_url": reverse("education:event_list") + form.address("coming"),
    }  # fmt: skip
    return render(request, "education/event_month.html", context)


def _begin(day):
    """Midnight of `day` where people live."""
    return timezone.make_aware(datetime.combine(day, time()))


def _url(form, first):
    """The address of the month of `first`, as narrowed as this one; "" beyond the years there are."""
    return "?" + urlencode({"month": f"{first:%Y-%m}", **form.narrowed}) if first.year in YEARS else ""
