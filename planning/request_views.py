"""Pages of the request box: the form anybody finds, the page of whoever asked, the list and the page of those who answer."""

from html import escape

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit, full_name
from common import prepared
from common.context import place_of
from common.keyset import page_of
from common.labels import localized
from common.presets import COUNTS, as_presets, chosen, count_each
from common.templatetags.ui import avatar, due_pill, pill
from common.toasts import say
from outbox.tasks import wake
from planning import requests
from planning.models import Request, RequestEntry
from planning.request_forms import AnswerForm, AskForm, FollowForm, ForwardForm, OfficerForm

FORM = ["GET", "HEAD", "POST"]
State, Kind = Request.State, RequestEntry.Kind
MOST_COUNTED, MOST_UNITS = 999, 60
COLUMNS = ["id", "pk", "subject", "state", "due_on", "name", "by_id", "by__given_name", "by__family_name", "unit__name", "unit__kind__labels", "office__labels"]
PRESETS = {
    "open": gettext_lazy("To be answered"),
    "answered": gettext_lazy("Answered"),
    "closed": pgettext_lazy("requests", "Closed"),
    "asked": gettext_lazy("Asked by me"),
}


def _open_unit(slug):
    return get_object_or_404(Unit.objects.open(timezone.localdate()).select_related("kind"), slug=slug)


@never_cache
@require_http_methods(FORM)
def request_ask(request, slug):
    """The form anybody may use. What a machine sends is thanked for and forgotten; nobody learns here who is a member."""
    unit, now = _open_unit(slug), timezone.now()
    form, too_many = AskForm(request.POST or None, unit=unit, now=now), False
    if request.method == "POST" and form.by_machine:
        return redirect("planning:request_sent", slug)
    if form.is_valid():
        if requests.may_send(request, form.cleaned_data["email"]):
            requests.send(form.instance, form.cleaned_data["text"], now)
            wake()
            return redirect("planning:request_sent", slug)
        too_many = True
    found = requests.figures([unit.pk], timezone.localdate(now)).get(unit.pk)
    context = {"unit": unit, "form": form, "too_many": too_many, "hours": unit.setting("office_hours"), "days": unit.setting("request_days"), "figures": found}
    return render(request, "planning/request_ask.html", context, status=429 if too_many else 422 if form.errors else 200)


@require_safe
def request_sent(request, slug):
    return render(request, "planning/request_sent.html", {"unit": _open_unit(slug)})


@never_cache
@require_http_methods(FORM)
def request_own(request, key):
    """The page of whoever asked: send it, read the answer, ask again, say that it is settled. Opening it changes nothing."""
    row = get_object_or_404(Request.objects.filter(by=None).select_related("unit__kind"), key=key)
    now = timezone.now()
    form = FollowForm(request.POST if request.POST.get("do") == "again" else None)
    if request.method == "POST":
        do = request.POST.get("do")
        if do == "confirm":
            requests.confirm(row, now)
        elif do == "close":
            requests.close(row, now)
        elif form.is_valid():
            requests.ask_again(row, form.cleaned_data["text"], now)
        if not form.errors:
            wake()
            return redirect(request.path)
    spoken = request.LANGUAGE_CODE if "django_language" in request.COOKIES or not row.language else row.language
    with translation.override(spoken):
        entries = row.entries.filter(kind__in=(Kind.QUESTION, Kind.ANSWER))
        context = {"row": row, "entries": entries, "form": form, "waiting": row.state == State.UNCONFIRMED, "closed": row.state == State.CLOSED, "on": timezone.localdate(now)}
        return render(request, "planning/request_own.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def request_list(request):
    """What waits for an answer of one's offices and of the units below, and how units answer."""
    on, user = timezone.localdate(), request.user

    def preset(name):
        if name == "asked":
            return Request.objects.asked_by(user)
        found = Request.objects.visible_to(user).filter(state=State(name))
        return found if name == "open" else found.exclude(by=user)

    if COUNTS in request.GET:
        counts = count_each({name: preset(name) for name in PRESETS}, MOST_COUNTED)
        return render(request, "partials/_presets.html", {"presets": as_presets(PRESETS, chosen(request, PRESETS, "open"), counts)})
    show = chosen(request, PRESETS, "open")
    order = ("due_on", "pk") if show == "open" else ("-id", "-pk")
    key = ("requests", show, on, user.pk, user.reach, frozenset((a.unit_id, a.office_id) for a in user.appointments_now))
    page, place = page_of(lambda: preset(show).values_list(*COLUMNS, named=True), order, request.GET, key=key), place_of(request)
    context = {
        "page": page,
        "rows": _rows(page.rows, on),
        "presets": as_presets(PRESETS, show),
        "counts_url": f"?show={show}&{COUNTS}=1",
        "show": show,
        "figures": _figures(user, place.unit, on) if place else [],
        "columns": [{"label": _("Unit")}, {"label": _("Asked"), "kind": "number"}, {"label": _("Answered")}, {"label": _("Days until the answer"), "kind": "number"}],
        "place": place,
    }
    return render(request, "planning/request_list.html", context)


def _rows(requests, on):
    """An <li> for each of `requests` (values of COLUMNS) as on the day `on`."""
    base, language, states = reverse("planning:request_list"), get_language(), {state.value: str(state.label) for state in State}
    rows = []
    for row in requests:
        who = f"{row.by__given_name} {row.by__family_name}".strip() if row.by_id else row.name
        unit = escape(full_name(row.unit__name, localized(row.unit__kind__labels, language)))
        office = f", {escape(localized(row.office__labels, language))}" if row.office__labels else ""
        rows.append(
            f'<li><div class="row-line">{avatar(who)}<div class="who"><a class="name" href="{base}{row.pk}/"><bdi>{escape(row.subject)}</bdi></a>'
            f'<p class="what"><bdi>{escape(who)}</bdi> · <bdi>{unit}</bdi>{office}</p></div>'
            f"{due_pill(row.due_on, on) if row.state == State.OPEN else pill(states[row.state], 'ok')}</div></li>"
        )
    return mark_safe("".join(rows))  # every value is escaped


def _figures(user, unit, on):
    """Rows of a table of units (docs/design.md): how those near `unit` answer."""

    def near():
        return Unit.objects.visible_to(user).nearby(unit).values_list("pk", "name", "kind__labels")[:MOST_UNITS]

    units = {pk: full_name(name, localized(labels)) for pk, name, labels in prepared.fetch(("units that answer", user.reach, unit.path), near, [])}
    figures, rows = requests.figures(units, on), []
    for pk, name in units.items():
        if one := figures.get(pk):
            answered = {"kind": "bar", "part": one["answered"], "whole": one["asked"], "tone": "ok", "text": f"{one['share']}%"}
            days = "–" if one["days"] is None else number_format(one["days"], 0 if one["days"] % 1 == 0 else 1)
            rows.append({"name": name, "cells": [{"text": one["asked"]}, answered, {"text": days}]})
    return rows


@login_required
@require_http_methods(FORM)
def request_add(request):
    """An officer asks: a unit near one's own, or the one of the address."""
    place = place_of(request)
    if place is None:
        raise PermissionDenied
    on, slug = timezone.localdate(), request.GET.get("unit", "").replace("\0", "")
    units = Unit.objects.nearby(place.unit).open(on).select_related("kind")
    if slug:
        units = Unit.objects.filter(path__startswith=place.unit.root_path, slug=slug).open(on).select_related("kind")
        get_object_or_404(units)
    form = OfficerForm(request.POST or None, units=units)
    if form.is_valid():
        form.instance.language = translation.get_language()
        requests.ask(form.instance, form.cleaned_data["text"], request.user, timezone.now())
        wake()
        say(request, _("Your question is on its way."))
        return redirect("planning:request_detail", form.instance.pk)
    return render(request, "planning/request_add.html", {"form": form}, status=422 if form.errors else 200)


def _request(request, pk):
    """A request one has to answer or leads above."""
    return get_object_or_404(Request.objects.visible_to(request.user).select_related("unit__kind", "office", "by", "member"), pk=pk)


@login_required
@require_safe
def request_detail(request, pk):
    """All that was said. Whoever asked as an officer reads it here too, without the notes of the office."""
    row = Request.objects.visible_to(request.user).filter(pk=pk).select_related("unit__kind", "office", "by", "member").first()
    answers = row is not None
    row = row or get_object_or_404(Request.objects.asked_by(request.user).select_related("unit__kind", "office", "by"), pk=pk)
    return render(request, "planning/request_detail.html", _told(request, row, answers))


def _told(request, row, answers, **more):
    """The context of the page of a request; answers: whether one has to answer it, and not only asked."""
    entries = row.entries.select_related("by", "unit__kind", "office")
    closed = row.state == State.CLOSED
    return {
        "row": row,
        "entries": entries if answers else entries.filter(kind__in=(Kind.QUESTION, Kind.ANSWER)),
        "answers": answers and not closed,
        "reopens": answers and closed,
        "form": AnswerForm(initial={"version": row.version}),
        "follow": None if closed or row.by_id != request.user.pk else FollowForm(),
        "on": timezone.localdate(),
        "sees_member": row.member is not None and request.user.right_on(row.member.home_unit) > 0,
        "back": reverse("planning:request_list"),
    } | more


@login_required
@require_POST
def request_again(request, pk):
    """An officer who asked asks again."""
    row, form = get_object_or_404(Request.objects.asked_by(request.user).select_related("unit"), pk=pk), FollowForm(request.POST)
    if not form.is_valid():
        say(request, _("Please write what you would like to know."))
    elif requests.ask_again(row, form.cleaned_data["text"], timezone.now(), request.user):
        wake()
    return redirect("planning:request_detail", pk)


def _changed(request, pk):
    say(request, _("Somebody else was faster: please look at what was said meanwhile."))
    return redirect("planning:request_detail", pk)


@login_required
@require_POST
def request_answer(request, pk):
    """Answer by mail (do=answer), or keep a note for the office alone (do=note)."""
    row, form, now = _request(request, pk), AnswerForm(request.POST), timezone.now()
    if not form.is_valid():
        return render(request, "planning/request_detail_form.html", _told(request, row, True, form=form), status=422)
    if request.POST.get("do") == "note":
        RequestEntry.objects.create(request=row, kind=Kind.NOTE, text=form.cleaned_data["text"], by=request.user, at=now)
    elif requests.answer(row, form.cleaned_data["text"], request.user, form.cleaned_data["version"], now):
        wake()
        say(request, _("The answer is on its way."))
    else:
        return _changed(request, pk)
    return redirect("planning:request_detail", pk)


@login_required
@require_http_methods(FORM)
def request_forward(request, pk):
    """Pass it on, with a note."""
    row = _request(request, pk)
    form = ForwardForm(request.POST or None, row=row)
    if form.is_valid():
        data = form.cleaned_data
        if not requests.forward(row, data["unit"], data["office"], data["note"], request.user, data["version"], timezone.now()):
            return _changed(request, pk)
        wake()
        say(request, _("Passed on to %(unit)s.") % {"unit": data["unit"].full_name})
        return redirect("planning:request_list")
    return render(request, "planning/request_forward.html", {"form": form, "row": row}, status=422 if form.errors else 200)


@login_required
@require_POST
def request_close(request, pk):
    """Nothing is left to say; whoever asked meanwhile is not closed away."""
    row, version = _request(request, pk), request.POST.get("version", "")
    if not requests.close(row, timezone.now(), int(version) if version.isdecimal() and len(version) < 9 else 0):
        return _changed(request, pk)
    say(request, _("Closed."), undo=reverse("planning:request_reopen", args=[pk]))
    return redirect("planning:request_list")


@login_required
@require_POST
def request_reopen(request, pk):
    if requests.reopen(_request(request, pk)):
        say(request, _("It is open again."))
    return redirect("planning:request_detail", pk)
