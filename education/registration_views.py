"""Registrations for those with an office: who comes to an event and why, registering one's own members, the rules of fair places, approving."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.scope import Right
from common.keyset import page_of
from common.presets import as_presets, chosen, count_each
from common.toasts import say
from education import registering, registration_letters, tracks
from education import registration_rules as rules
from education.event_pages import looks_of
from education.event_views import seen_event
from education.models import Event, Registration
from education.registration_forms import FairnessForm
from education.registration_links import decide
from education.registration_rows import TONES, registration_rows, values_of
from membership import search
from membership.models import Member, reached_by
from outbox.tasks import wake

FORM = ["GET", "HEAD", "POST"]
State = Registration.State
STATES = {
    "": gettext_lazy("All"), "confirmed": pgettext_lazy("registrations", "Confirmed"), "waiting": pgettext_lazy("registrations", "Waiting list"),
    "offered": pgettext_lazy("registrations", "Offered"), "asked": pgettext_lazy("registrations", "To be approved"),
    "over": pgettext_lazy("registrations", "Cancelled or declined"), "came": pgettext_lazy("registrations", "Attended or missed"),
}  # fmt: skip
PARTS = {"over": Registration.OVER, "came": (State.ATTENDED, State.MISSED)}
MINE = {
    "approve": gettext_lazy("To answer"), "coming": pgettext_lazy("registrations", "Coming"), "past": pgettext_lazy("registrations", "Past"),
}  # fmt: skip
MOST_PICKS, FOUND, PREVIEWED, MOST_COUNTED = 500, 20, 12, 99


def _event(request, pk):
    return get_object_or_404(Event.objects.visible_to(request.user).select_related("unit__kind", "kind", "partner"), pk=pk)


def _keeps(request, event):
    """Whether the person keeps all registrations of `event`, not only those of their own members."""
    return Event.objects.attended_by(request.user).filter(pk=event.pk).exists()


def _runs(request, event):
    if request.user.right_on(event.unit) < Right.CARE:
        raise PermissionDenied


@login_required
@require_safe
def registration_list(request, pk):
    """Who registered for an event, in the order of arrival, and why they have a place or wait: all for a unit that carries it, else one's own members."""
    event, now, show = seen_event(request, pk), timezone.now(), chosen(request, STATES, "")
    runs = request.user.right_on(event.unit) >= Right.CARE
    keeps = runs or _keeps(request, event)

    def listed(pk):
        found = Registration.objects.filter(event=pk, **({"state__in": PARTS.get(show, [show])} if show else {}))
        return values_of(found if keeps else found.filter(reached_by(request.user, member="member__")))

    by_state = Registration.objects.by_state(pk) if keeps else _own_by_state(request.user, event)
    counts = {name: sum(by_state.get(state, 0) for state in PARTS.get(name, [name] if name else State.values)) for name in STATES}
    page = page_of(listed, ("asked_at", "pk"), request.GET, key=f"registrations {show}" if keeps else None, values=[pk])
    context = {
        "event": event, "keeps": keeps, "page": page, "rows": registration_rows(page.rows, unit=True, notes=keeps, picks=keeps), "runs": runs,
        "presets": as_presets(STATES, show, counts), "taken": sum(by_state.get(state, 0) for state in Registration.SEATED),
        "takes": event.state == Event.State.OPEN and now < event.starts_at, "rules": rules.told(event.fairness, event),
        "cares": any(a.right >= Right.CARE for a in request.user.appointments_now),
        "buttons": [
            {"value": "offer", "label": _("Offer a place"), "icon": "envelope"}, {"value": "cancel", "label": _("Cancel them"), "icon": "x-circle"},
        ],
    }  # fmt: skip
    context["drawn_from"] = (*looks_of(event), keeps, runs, context["takes"], context["cares"], show, tuple(counts.values()), tuple(context["rules"]))
    return render(request, "education/registration_list.html", context)


def _own_by_state(user, event):
    """{state: number} of the members one may see."""
    found = event.registrations.filter(reached_by(user, member="member__"))
    return dict(found.order_by().values_list("state").annotate(n=Count("pk")))


@login_required
@require_POST
def registration_bulk(request, pk):
    """POST `pick` (several) and do=offer or cancel, by those who carry the event. Each is told by the mail of their new state."""
    event, now = _event(request, pk), timezone.now()
    if not _keeps(request, event):
        raise PermissionDenied
    picks = [pick for pick in request.POST.getlist("pick") if pick.isdecimal() and len(pick) < 18][:MOST_PICKS]
    rows = list(event.registrations.filter(pk__in=picks).waiting_order())
    act = {"offer": registering.offer, "cancel": registering.cancel}.get(request.POST.get("do"))
    if act is None:
        raise Http404
    done = sum(bool(act(row, now, request.user)) for row in rows)
    wake()
    say(request, ngettext("Done for %(n)s person, who gets a mail.", "Done for %(n)s people; each gets a mail.", done) % {"n": done})
    if done < len(rows):
        left = len(rows) - done
        messages.warning(request, ngettext("%(n)s stays as it is: no seat is free, or it was settled before.", "%(n)s stay as they are: no seat is free, or they were settled before.", left) % {"n": left})
    return redirect("education:registration_list", event.pk)


@login_required
@require_http_methods(FORM)
def registration_add(request, pk):
    """Register members one cares for: search (`q`), pick several, look who fits (`look`), then do it with a POST."""
    event, now = _event(request, pk), timezone.now()
    cared = Member.objects.editable_by(request.user).active()
    if not any(a.right >= Right.CARE for a in request.user.appointments_now):
        raise PermissionDenied
    asked = request.POST if request.method == "POST" else request.GET
    picks = [int(pick) for pick in asked.getlist("pick") if pick.isdecimal() and len(pick) < 18][:50]
    picked = list(cared.filter(pk__in=picks).select_related("home_unit").order_by("sort_key", "pk"))
    if request.method == "POST" and picked:
        runs, told, unreached = request.user.right_on(event.unit) >= Right.CARE, [], 0
        for member in picked:
            try:
                told.append(registering.register(event.pk, now, member=member, by=request.user, approved=True, runs=runs).state)
                unreached += not member.email
            except registering.Refused as refused:
                messages.error(request, f"{member.name}: {refused.messages[0]}")
        wake()
        if told:
            places = told.count(State.CONFIRMED)
            say(request, ngettext("%(n)s has a place.", "%(n)s have a place.", places) % {"n": places} + " " + ngettext("%(n)s waits.", "%(n)s wait.", len(told) - places) % {"n": len(told) - places})
        if unreached:
            messages.warning(request, ngettext("%(n)s of them has no mail address: please print the letter.", "%(n)s of them have no mail address: please print the letters.", unreached) % {"n": unreached})
        return redirect("education:registration_list", event.pk)
    text = request.GET.get("q", "").replace("\0", "")[:100]
    found = search.matching(cared, request.user, text).select_related("home_unit").order_by("sort_key", "pk")[:FOUND] if text.strip() else []
    level = tracks.level_of(event) if picked else None
    missing = tracks.missing_before(picked, level) if level else {}
    context = {
        "event": event, "q": text, "found": [member for member in found if member.pk not in picks], "picked": picked, "trouble": _trouble(event, now),
        "preview": [(*row, missing.get(row[0].pk, [])) for row in registering.preview(event, picked, now)] if picked else [],
    }  # fmt: skip
    return render(request, "education/registration_add.html", context)


def _trouble(event, now):
    """Why nobody can be registered, "" when one can."""
    try:
        registering.refuse(event, now, runs=True)
    except registering.Refused as refused:
        return refused.messages[0]
    return ""


@login_required
@require_http_methods(FORM)
def registration_rules(request, pk):
    """How places are given: what holds, what somebody gets under other rules (`look`), and the change itself by POST. For who runs the event."""
    event, now = _event(request, pk), timezone.now()
    _runs(request, event)
    posted = request.POST if request.method == "POST" else request.GET if "look" in request.GET else None
    form = FairnessForm(posted, event=event, now=now)
    preview, lines = None, rules.told(event.fairness, event)
    if form.is_valid():
        if request.method == "POST":
            steps = registering.change_rules(event, form.fairness, now)
            wake()
            say(request, ngettext("The rules are changed; %(n)s person gets a place by it.", "The rules are changed; %(n)s people get a place by it.", steps) % {"n": steps})
            return redirect("education:registration_list", event.pk)
        waiting = list(event.registrations.filter(state=State.WAITING).select_related("member__home_unit").waiting_order())
        found = [(row, fits, rules.reason(why)) for row, fits, why in registering.decisions(event, waiting, now, form.fairness)]
        fits = [(row, why) for row, gets, why in found if gets]
        preview = {"fits": fits[:PREVIEWED], "count": len(fits), "waits": [(row, why) for row, gets, why in found if not gets][:PREVIEWED], "waiting": len(found) - len(fits)}
        lines = rules.told(form.fairness, event)
    context = {"event": event, "form": form, "preview": preview, "lines": lines, "fields": list(form.cleaned_data.items()) if preview else []}
    return render(request, "education/registration_rules.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def registration_detail(request, pk):
    """One registration: every step it took, when, by whom and why; and what can be done."""
    row = get_object_or_404(Registration.objects.visible_to(request.user).select_related("event__unit__kind", "member__home_unit__kind"), pk=pk)
    keeps = Registration.objects.editable_by(request.user).filter(pk=pk).exists()
    cares = row.member_id and request.user.right_on(row.member.home_unit) >= Right.CARE
    entries = [
        {
            "on": timezone.localtime(step.at), "text": step.get_state_display(), "note": rules.reason(step.why),
            "by": step.by.name if step.by else "",
        }
        for step in row.changes.select_related("by").order_by("-at", "-pk")
    ]  # fmt: skip
    context = {
        "row": row, "tone": TONES[row.state], "reason": rules.reason(row.why), "event": row.event, "entries": entries, "keeps": keeps, "cares": cares,
        "approves": row.state == State.ASKED and Registration.objects.approvable_by(request.user).filter(pk=pk).exists(),
        "may_offer": keeps and row.state == State.WAITING, "may_cancel": (keeps or cares) and row.is_open,
        "email": row.member.email if row.member_id else row.email, "phone": (row.member.mobile or row.member.phone) if row.member_id else row.phone,
    }  # fmt: skip
    return render(request, "education/registration_detail.html", context)


@login_required
@require_POST
def registration_decide(request, pk):
    """POST do=approve or refuse (the unit of the member), offer or decline (who runs the event), cancel (either)."""
    row = get_object_or_404(Registration.objects.visible_to(request.user).select_related("event", "member__home_unit"), pk=pk)
    do, now = request.POST.get("do"), timezone.now()
    keeps = Registration.objects.editable_by(request.user).filter(pk=pk).exists()
    cares = row.member_id and request.user.right_on(row.member.home_unit) >= Right.CARE
    if do in ("approve", "refuse"):
        if row.state == State.ASKED and not Registration.objects.approvable_by(request.user).filter(pk=pk).exists():
            raise PermissionDenied
        done = decide(row, do, request.user, now)
    elif do == "cancel" and (keeps or cares):
        done = registering.cancel(row, now, request.user)
    elif do in ("offer", "decline") and keeps:
        done = (registering.offer if do == "offer" else registering.decline)(row, now, request.user)
    else:
        raise PermissionDenied
    wake()
    if done:
        row.refresh_from_db(fields=["state"])
        say(request, _("%(name)s: %(state)s.") % {"name": row.who, "state": row.get_state_display()})
    else:
        messages.warning(request, _("Nothing changed: it was settled before, or no seat is free."))
    back = request.POST.get("back")
    return redirect("education:registration_mine" if back == "mine" else reverse("education:registration_detail", args=[pk]))


@login_required
@require_safe
def registration_mine(request):
    """Registrations of one's own members: those that wait for the unit's answer, who goes where, who went."""
    user, now = request.user, timezone.now()
    approvable = Registration.objects.approvable_by(user).filter(event__state=Event.State.OPEN)
    mine = Registration.objects.filter(reached_by(user, member="member__"))
    parts = {
        "approve": approvable, "coming": mine.filter(event__ends_at__gt=now, state__in=Registration.OPEN), "past": mine.filter(event__ends_at__lte=now),
    }  # fmt: skip
    show = chosen(request, MINE, "approve")
    order = ("-asked_at", "-pk") if show == "past" else ("asked_at", "pk")
    found = parts[show].select_related("member__home_unit", "event__unit") if show == "approve" else values_of(parts[show], event=True)
    page = page_of(found, order, request.GET)
    counts = count_each({"approve": approvable}, MOST_COUNTED)
    rows = page.rows if show == "approve" else registration_rows(page.rows, event=True)
    cares = any(a.right >= Right.CARE for a in user.appointments_now)
    context = {
        "page": page, "rows": rows, "presets": as_presets(MINE, show, counts), "show": show,
        "letters": len(registration_letters.due(registration_letters.cared_for(user, now))) if cares else 0,
    }  # fmt: skip
    return render(request, "education/registration_mine.html", context)


@login_required
@require_safe
def member_registrations(request, pk):
    """All registrations of one member, the newest first."""
    member = get_object_or_404(Member.objects.visible_to(request.user).select_related("home_unit"), pk=pk)
    page = page_of(values_of(member.registrations.all(), event=True), ("-asked_at", "-pk"), request.GET)
    rows = registration_rows(page.rows, names="event")
    return render(request, "education/member_registrations.html", {"member": member, "page": page, "rows": rows})
