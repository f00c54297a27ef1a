"""The day itself: the list on a phone with a bad line."""

import json
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid5

from django.contrib.auth.decorators import login_required
from django.db.models.functions import TruncDate
from django.http import HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_POST

from branches.models import Unit
from branches.scope import Right
from common import offline
from common.folding import fold
from common.toasts import say
from planning import cover, duty_day, duty_sheets
from planning.duty_day import Told
from planning.models import Duty
from planning.volunteer_views import cared_election

PLAIN = UUID("0d8b2f0e-6f0c-4a1e-8a52-3a2fd2a4a6d7")  # names the ticks of the form that works without JavaScript
MOST_NUMBER = 2**62
AROUND = timedelta(days=400)  # of election day: further away there are no shifts
NEXT = timedelta(hours=3)  # what begins within is "next"


def narrowed_to(request, election):
    slug = request.GET.get("unit", "").replace("\0", "")
    units = Unit.objects.visible_to(request.user, Right.CARE).filter(elections_shared=election).select_related("kind")
    return get_object_or_404(units, slug=slug) if slug else None


def _day(request, election, user, today):
    """The day of the address, else that of the shift that runs or comes next at posts one keeps (also the evening before, after midnight), else election day."""
    asked = asked_day(request)
    if asked is None or abs(asked - election.day) > AROUND:
        coming = duty_sheets.kept_shifts(user, election).filter(ends_at__gte=timezone.now()).order_by("starts_at").values_list("starts_at", flat=True).first()
        return timezone.localdate(coming) if coming else election.day
    return asked


def _query(request, **more):
    return "?" + urlencode({name: request.GET[name].replace("\0", "") for name in ("unit", "day", "q") if request.GET.get(name)} | more)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def election_day(request, pk):
    """Who has to come now and next, holes first, who is there. POST tick=duty-1 or -0: there or not; the form without JavaScript."""
    election, now = cared_election(request, pk), timezone.now()
    today = timezone.localdate(now)
    unit, day = narrowed_to(request, election), _day(request, election, request.user, today)
    duties = list(duty_day.kept_by(request.user, election, day, unit).order_by("starts_at", "shift__post__name", "volunteer__member__sort_key", "pk")[: duty_day.MOST])
    pks = [duty.pk for duty in duties]
    begun = day <= today
    if request.method == "POST":
        duty, _dash, present = request.POST.get("tick", "").partition("-")
        if not begun or not duty.isdecimal() or present not in ("0", "1") or len(duty) > 18:
            return HttpResponseBadRequest()
        newest = duty_day.newest(pks)
        seen = min(_number(request.POST.get("seen")), newest)
        key = uuid5(PLAIN, f"{request.user.pk} {duty} {present} {seen}")
        duty_day.take([Told(key, int(duty), present == "1", timedelta(), seen)], pks, request.user, now)
        return redirect(f"{request.path}{_query(request)}#r{duty}")
    query = request.GET.get("q", "").replace("\0", "")[:60]
    rows = [row for row in rows_of(duties, duty_day.standings(pks), now) if fold(query) in row["folded"]]
    context = {
        "election": election, "day": day, "today": today, "unit": unit, "begun": begun, "q": query, "newest": duty_day.newest(pks),
        "groups": groups(rows), "holes": holes(request.user, election, day, unit, now), **numbers(rows), "query": _query(request), "sub": sub(election, day),
        "days": days(request, election, day), "may_finish": any(row["late"] for row in rows),
    }  # fmt: skip
    return render(request, "planning/election_day.html", context)


def _number(text):
    return int(text) if text and str(text).isdecimal() and len(str(text)) < 19 else 0


def sub(election, day):
    return f"{election} · {date_format(day, 'l')}, {date_format(day, 'DATE_FORMAT')}"


def days(request, election, day):
    """Links to the days with shifts at posts one keeps, at most a fortnight around `day`."""
    shifts = duty_sheets.kept_shifts(request.user, election).order_by().annotate(day=TruncDate("starts_at"))
    every = sorted({*shifts.values_list("day", flat=True).distinct(), day})
    place = every.index(day)
    return [{"day": one, "url": _query(request, day=one.isoformat()), "current": one == day} for one in every[max(place - 6, 0) : place + 8]]


def rows_of(duties, standings, now):
    """What _duty_rows.html takes."""
    return [_row(duty, standings.get(duty.pk), now) for duty in duties]


def _row(duty, standing, now):
    member = duty.volunteer.member
    present = duty.state == Duty.State.DONE
    low, high = timezone.localtime(duty.starts_at), timezone.localtime(duty.ends_at)
    when = "now" if duty.starts_at <= now < duty.ends_at else "next" if now < duty.starts_at <= now + NEXT else "later" if now < duty.starts_at else "over"
    return {
        "pk": duty.pk, "name": member.name, "folded": fold(f"{member.name} {duty.shift.post.name}"), "phone": member.mobile or member.phone,
        "what": f"{date_format(low, 'TIME_FORMAT')}–{date_format(high, 'TIME_FORMAT')}", "post": duty.shift.post, "when": when,
        "present": present, "gone": duty.left_at if present else None, "missed": duty.state == Duty.State.MISSED, "confirmed": duty.state == Duty.State.CONFIRMED,
        "overdue": when == "now" and duty.state in Duty.OPEN, "late": when == "over" and duty.state in Duty.OPEN,
        "against": standing.against if standing else None, "tick": standing.tick if standing else None, "leaves": present and duty.left_at is None and duty.came_at <= now,
    }  # fmt: skip


def groups(rows):
    """The rows as they matter: who should be there and is not, now, next, later today, over."""
    words = {
        "missing": _("Should be there now"), "now": _("There now"), "next": pgettext("shifts", "Next"), "later": pgettext("shifts", "Later"),
        "over": pgettext("shifts", "Over"),
    }  # fmt: skip
    found: dict = {name: [] for name in words}
    for row in rows:
        found["missing" if row["overdue"] else row["when"]].append(row)
    return [{"name": name, "title": words[name], "rows": found[name]} for name in words if found[name]]


def numbers(rows):
    """How many of those expected by now are there or were."""
    return {"there": sum(row["present"] for row in rows), "expected": len(rows)}


def holes(user, election, day, unit, now):
    """[{"post", "from", "until", "missing"}] of the day that are not over, the nearest first. Two queries."""
    low, high = (timezone.make_aware(datetime.combine(one, time())) for one in (day, day + timedelta(days=1)))
    shifts = duty_sheets.kept_shifts(user, election).between(low, high).filter(ends_at__gt=now).select_related("post__unit")
    if unit:
        shifts = shifts.filter(post__unit__path__startswith=unit.path)
    by_post: dict = {}
    for shift in shifts:
        by_post.setdefault(shift.post_id, []).append(shift)
    comes: dict = {}
    for duty in Duty.objects.live().filter(shift__in=[shift.pk for shift in shifts]).select_related("shift"):
        comes.setdefault(duty.shift.post_id, []).append((duty.starts_at, duty.ends_at))
    found = []
    for post, rows in by_post.items():
        for hole in cover.holes([(row.starts_at, row.ends_at, row.needed) for row in rows], comes.get(post, [])):
            shift = next(row for row in rows if row.starts_at < hole.ends and row.ends_at > hole.starts)
            found.append({"post": rows[0].post, "shift": shift.pk, "from": hole.starts, "until": hole.ends, "missing": hole.missing})
    return sorted(found, key=lambda hole: (hole["from"], hole["post"].name))


@login_required
@require_POST
def election_day_send(request, pk):
    """Ticks from a phone as JSON, as education.attendance_send takes them; `registration` is the duty."""
    election, now = cared_election(request, pk), timezone.now()
    unit, day = narrowed_to(request, election), _day(request, election, request.user, timezone.localdate(now))
    duties = list(duty_day.kept_by(request.user, election, day, unit).order_by("starts_at", "pk")[: duty_day.MOST])
    pks = [duty.pk for duty in duties]
    try:
        sent = json.loads(request.body)
        known, last = int(sent["seen"]), duty_day.newest(pks)
        told = [
            Told(UUID(one["key"]), int(one["registration"]), one["present"] is True, timedelta(milliseconds=int(one["ago"])), min(int(one["seen"]), last))
            for one in sent["ticks"][: duty_day.MOST]
        ]
        numbers_sent = [known, *(number for one in told for number in (one.registration, one.seen))]
        if min(numbers_sent) < 0 or max(numbers_sent) >= MOST_NUMBER:
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return HttpResponseBadRequest()
    if told and day > timezone.localdate(now):
        return JsonResponse({"refused": True}, status=409)
    duty_day.take(told, pks, request.user, now)
    changed = duty_day.changed(pks, known) | {one.registration for one in told}
    duties = list(duty_day.kept_by(request.user, election, day, unit).order_by("starts_at", "pk")[: duty_day.MOST])
    rows = rows_of(duties, duty_day.standings(pks), now)
    html = render_to_string("planning/_duty_rows.html", {"rows": [row for row in rows if row["pk"] in changed], "begun": True}, request)
    return JsonResponse({"kept": [str(one.key) for one in told], "rows": html, "seen": duty_day.newest(pks), **numbers(rows)})


@login_required
@require_POST
def election_day_change(request, pk):
    """POST gone=duty: somebody leaves; do=finish: whoever did not come to a shift that is over missed it."""
    election, now = cared_election(request, pk), timezone.now()
    unit, day = narrowed_to(request, election), _day(request, election, request.user, timezone.localdate(now))
    duties = duty_day.kept_by(request.user, election, day, unit)
    if request.POST.get("do") == "finish":
        missed = duty_day.finish(duties, request.user, now)
        say(request, ngettext("%(n)s person is noted as missing.", "%(n)s people are noted as missing.", missed) % {"n": missed})
        return redirect(f"{_at(election)}{_query(request)}")
    duty = get_object_or_404(duties, pk=_number(request.POST.get("gone")))
    duty_day.leave(duty, request.user, now)
    return redirect(f"{_at(election)}{_query(request)}#r{duty.pk}")


def _at(election):
    return reverse("planning:election_day", args=[election.pk])


@offline.kept
def election_day_worker(request):
    """The service worker of the day. It stands here because its scope is the folder it lies in: /election-day/ and nothing else."""
    return offline.worker()


@offline.kept
def election_day_offline(request):
    """The page a phone keeps for when there is no line."""
    return offline.page(request, "planning/election_day_offline.html")


def asked_day(request):
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return None
