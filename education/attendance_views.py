"""Keeping the list of who was there: on a phone with a bad line, on paper, by the code of a ticket."""

import json
from datetime import timedelta
from uuid import UUID, uuid4, uuid5

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import offline, pdf
from common.files import PDF, download
from common.folding import fold
from common.links import Found
from common.toasts import say
from education import attending
from education.attending import Told
from education.models import Event, Registration
from membership import search
from membership.models import Member, Reading
from membership.reading import note

BLANK_LINES = 8
MOST_NUMBER = 2**62
PLAIN = UUID("5b0c1f6e-7a0e-4d57-9a55-6c7c31c2b1aa")  # names the ticks of the form that works without JavaScript


def _date(request, pk):
    return get_object_or_404(attending.kept_by(request.user), pk=pk)


def _event(request, pk):
    return get_object_or_404(Event.objects.attended_by(request.user).exclude(state=Event.State.DRAFT), pk=pk)


@login_required
@require_safe
def attendance_dates(request, pk):
    """The dates of an event, each with how many were there; of an event with one date its list."""
    event = _event(request, pk)
    dates = list(event.dates.all())
    if len(dates) == 1:
        return redirect("education:attendance_list", dates[0].pk)
    there = attending.present(dates)
    for date in dates:
        date.there = there.get(date.pk)
    return render(request, "education/attendance_dates.html", {"event": event, "dates": dates})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def attendance_list(request, pk):
    """The list of a date. POST tick=registration-1 or -0: somebody was there or not; the form without JavaScript."""
    date, now = _date(request, pk), timezone.now()
    begun = attending.has_begun(date, now)
    if request.method == "POST":
        registration, _dash, present = request.POST.get("tick", "").partition("-")
        if not begun or not registration.isdecimal() or present not in ("0", "1") or len(registration) > 18:
            return HttpResponseBadRequest()
        seen = _number(request.POST.get("seen"))
        key = uuid5(PLAIN, f"{request.user.pk} {date.pk} {registration} {present} {seen}")
        attending.take(date, [Told(key, int(registration), present == "1", timedelta(), _seen(date, seen))], request.user, now)
        return redirect(f"{request.path}?{urlencode(_query(request))}#r{registration}")
    query = _query(request).get("q", "")
    rows = rows_of(date, attending.listed(date), attending.standings(date))
    context = {
        "date": date, "event": date.event, "begun": begun, "over": date.event.is_over(now), "newest": attending.newest(date), "q": query,
        "rows": [row for row in rows if row["on_list"] and fold(query) in row["folded"]],
        "others": [row for row in rows if not row["on_list"] and fold(query) in row["folded"]],
        **numbers(rows), "dates": date.event.dates.count(), "counted": getattr(date, "headcount", None), "sub": sub(date),
        "may_finish": date.event.is_over(now) and any(row["waits"] for row in rows),
    }  # fmt: skip
    return render(request, "education/attendance_list.html", context)


def _query(request):
    return {"q": request.GET["q"].replace("\0", "")[:60]} if request.GET.get("q") else {}


def _number(text):
    return int(text) if text and str(text).isdecimal() and len(str(text)) < 19 else 0


def _seen(date, number):
    """The highest tick somebody says to know of: never more than there is."""
    return min(number, attending.newest(date))


def rows_of(date, registrations, standings):
    """What _attendance_rows.html takes."""
    return [_row(date, registration, standings.get(registration.pk)) for registration in registrations]


def _row(date, registration, standing):
    late = standing and attending.is_late(standing.tick, date)
    unit = registration.member.home_unit.name if registration.member else _("guest")
    state = "" if registration.on_list else registration.get_state_display()
    return {
        "pk": registration.pk, "name": registration.who, "folded": f"{fold(registration.who)} {attending.letters(registration).lower()}", "what": unit, "state": state, "on_list": registration.on_list,
        "present": bool(standing and standing.present), "noted": standing is not None, "waits": registration.state == Registration.State.CONFIRMED,
        "missed": registration.state == Registration.State.MISSED and not (standing and standing.present),
        "late": standing.tick if late else None, "against": standing.against if standing else None, "tick": standing.tick if standing else None,
    }  # fmt: skip


def numbers(rows):
    """How many are here, and how many have a place or came without one."""
    return {"there": sum(row["present"] for row in rows), "expected": sum(row["on_list"] for row in rows)}


def sub(date):
    """Which date of which event: "Study day · Friday, 4 December, 18:00"."""
    when = timezone.localtime(date.starts_at)
    return f"{date.event} · {date_format(when, 'D')}, {date_format(when, 'DATE_FORMAT')}, {date_format(when, 'TIME_FORMAT')}"


@login_required
@require_POST
def attendance_send(request, pk):
    """Ticks from a phone as JSON: {"seen": n, "ticks": [{"key", "registration", "present", "ago" (milliseconds), "seen"}]}.

    Answers with the keys that are taken up and the rows that changed since `seen`, by anybody. Nothing is taken up twice.
    """
    date, now = _date(request, pk), timezone.now()
    try:
        sent = json.loads(request.body)
        known = int(sent["seen"])
        last = attending.newest(date)
        told = [
            Told(UUID(one["key"]), int(one["registration"]), one["present"] is True, timedelta(milliseconds=int(one["ago"])), min(int(one["seen"]), last))
            for one in sent["ticks"][: attending.MOST]
        ]
        numbers_sent = [known, *(number for one in told for number in (one.registration, one.seen))]
        if min(numbers_sent) < 0 or max(numbers_sent) >= MOST_NUMBER:
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return HttpResponseBadRequest()
    if told and not attending.has_begun(date, now):
        return JsonResponse({"refused": True}, status=409)
    attending.take(date, told, request.user, now)
    standings = attending.standings(date)
    changed = set(date.ticks.filter(pk__gt=known).values_list("registration", flat=True)) | {one.registration for one in told}
    everybody = attending.listed(date)
    rows = rows_of(date, everybody, standings)
    shown = [row for row in rows if row["pk"] in changed]
    html = render_to_string("education/_attendance_rows.html", {"rows": shown}, request)
    return JsonResponse({"kept": [str(one.key) for one in told], "rows": html, "seen": attending.newest(date), **numbers(rows)})


class GuestForm(forms.Form):
    """Somebody who is no member: a name, and an address where they want one confirmation."""

    name = forms.CharField(label=gettext_lazy("Name of the guest"), max_length=160, widget=forms.TextInput(attrs={"dir": "auto"}))
    email = forms.EmailField(label=gettext_lazy("E-mail, if they want a confirmation"), required=False)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def attendance_arrive(request, pk):
    """Somebody comes without a place: a member, found by name or number within one's rights (POST member=pk), or a guest by name."""
    date, now = _date(request, pk), timezone.now()
    query = _query(request).get("q", "")
    key = _key(request.POST.get("key"))
    back = reverse("education:attendance_list", args=[date.pk])
    member = None
    if request.method == "POST":
        if not attending.has_begun(date, now):
            return HttpResponseBadRequest()
        if request.POST.get("member", "").isdecimal():
            member = get_object_or_404(Member.objects.visible_to(request.user).active(), pk=_number(request.POST["member"]))
    form = GuestForm(request.POST if request.method == "POST" and not member else None)
    if member or form.is_valid():
        guest = {} if member else form.cleaned_data
        row = attending.walk_in(date, request.user, now, key, member=member, **guest)
        say(request, _("%(name)s is on the list.") % {"name": row.who})
        return redirect(f"{back}#r{row.pk}")
    hits = search.find(request.user, query, limit=20) if query else []
    context = {"date": date, "event": date.event, "form": form, "hits": hits, "q": query, "key": key, "begun": attending.has_begun(date, now)}
    return render(request, "education/attendance_arrive.html", context, status=422 if form.errors else 200)


def _key(text):
    try:
        return UUID(text)
    except (ValueError, TypeError, AttributeError):
        return uuid4()


class HeadcountForm(forms.Form):
    present = forms.IntegerField(label=gettext_lazy("Number of people present"), min_value=0, max_value=100_000)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def attendance_count(request, pk):
    """How many people were there, counted without names."""
    date, now = _date(request, pk), timezone.now()
    counted = getattr(date, "headcount", None)
    form = HeadcountForm(request.POST if request.method == "POST" else None, initial={"present": counted.present if counted else None})
    begun = attending.has_begun(date, now)
    if begun and form.is_valid():
        attending.count_heads(date, form.cleaned_data["present"], request.user, now)
        say(request, _("Noted."))
        return redirect("education:attendance_list", date.pk)
    context = {"date": date, "event": date.event, "form": form, "counted": counted, "begun": begun}
    return render(request, "education/attendance_count.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_POST
def attendance_finish(request, pk):
    """Whoever had a place and was at no date missed the event."""
    event, now = _event(request, pk), timezone.now()
    if not event.is_over(now):
        return HttpResponseBadRequest()
    missed = attending.finish(event, request.user, now)
    text = ngettext("%(n)s person is noted as missing.", "%(n)s people are noted as missing.", missed)
    say(request, text % {"n": missed})
    return redirect("education:attendance_dates", event.pk)


@login_required
@require_safe
def attendance_paper(request, pk):
    """The list as a PDF to sign on, with blank lines, in the reader's language."""
    date, now = _date(request, pk), timezone.now()
    registrations = [row for row in attending.listed(date) if row.on_list]
    note(request.user, [row.member_id for row in registrations if row.member_id], Reading.What.LETTER, now)
    context = {"date": date, "event": date.event, "rows": registrations, "blank": range(BLANK_LINES), "on": timezone.localdate(now)}
    content = pdf.render("pdf/attendance.html", context, translation.get_language())
    return download(_("list") + f"-{timezone.localdate(date.starts_at)}.pdf", content, PDF)


# --- opening the list without a line -----------------------------------------------------------------------------------


@offline.kept
def attendance_worker(request):
    """The service worker of the lists. It stands here because its scope is the folder it lies in: /attendance/ and nothing else."""
    return offline.worker()


@offline.kept
def attendance_offline(request):
    """The page a phone keeps for when there is no line."""
    return offline.page(request, "education/attendance_offline.html")


# --- the code of a ticket ----------------------------------------------------------------------------------------------


def _found(now, pk):
    return Found((pk,))


@attending.LINK.opens(_found, "education/check_in_closed.html")
def check_in(request, pk, now):
    """What the QR code of a ticket opens: one button for those who keep the list, nothing about anybody for everybody else."""
    date = None
    if request.user.is_authenticated:
        dates = attending.kept_by(request.user).filter(event__registrations=pk).order_by("starts_at")
        date = nearest(list(dates), now)
    if date is None:
        return render(request, "education/check_in_closed.html", {"signed_in": request.user.is_authenticated})
    registration = get_object_or_404(date.event.registrations.select_related("member__home_unit"), pk=pk)
    begun = attending.has_begun(date, now)
    if request.method == "POST" and begun:
        key = uuid5(PLAIN, f"{request.user.pk} {date.pk} {pk} {request.POST.get('seen')}")
        attending.take(date, [Told(key, pk, True, timedelta(), attending.newest(date))], request.user, now)
        return redirect(request.path)
    standing = attending.standings(date, [pk]).get(pk)
    context = {
        "date": date, "event": date.event, "registration": registration, "standing": standing, "begun": begun, "newest": attending.newest(date),
        "unsure": registration.state not in attending.LISTED,
    }  # fmt: skip
    return render(request, "education/check_in.html", context)


def nearest(dates, now):
    """The date of today, else the last one that has begun, else the first."""
    begun = [date for date in dates if attending.has_begun(date, now)]
    return begun[-1] if begun else dates[0] if dates else None
