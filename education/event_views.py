"""Events for those with an office: the list, the page of one, writing, repeating, announcing, calling off, files, kinds."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches import appointing, scope
from branches.models import Unit
from branches.scope import Right
from common.context import place_of
from common.files import PDF, download
from common.keyset import page_of
from common.money import money
from common.presets import COUNTS, count_each, presets_of
from common.toasts import say
from education import announcing, event_panels
from education.event_forms import CancelForm, DocumentForm, EventFilter, EventForm, EventKindForm, RepeatForm, dates_form
from education.event_pages import looks_of, parts_of, poster
from education.event_rows import event_rows, values_of
from education.models import Document, Event, EventKind, Registration

FORM = ["GET", "HEAD", "POST"]
MOST_COUNTED = 999
NEAREST = 10  # events of a series shown beside one of them
State = Event.State


@login_required
@require_safe
def event_list(request):
    """All announced events of the party, and the drafts of one's own units."""
    now = timezone.now()
    form = EventFilter(request.GET, request.user, place_of(request), timezone.localdate(now))
    if COUNTS in request.GET:
        counts = count_each({name: form.preset(name, now) for name in form.presets}, MOST_COUNTED)
        return render(request, "partials/_presets.html", {"presets": presets_of(request, form, counts)})
    page = page_of(lambda now: values_of(form.found(now)), form.order, request.GET, key=form.key, values=[now])
    context = {
        "form": form,
        "presets": presets_of(request, form),
        "counts_url": form.address(form.show_now, **{COUNTS: 1}),
        "page": page,
        "rows": event_rows(page.rows, form.kinds),
        "adds": form.cares,
        "calendar": f"{reverse('education:calendar_list')}?{urlencode(form.narrowed)}",
        "administers": appointing.keeps_kinds(request.user),
    }
    return render(request, "education/event_list.html", context)


def _events(user):
    return Event.objects.visible_to(user).select_related("kind", "unit__kind", "place", "partner")


def _event(request, pk):
    return get_object_or_404(_events(request.user), pk=pk)


def seen_event(request, pk):
    """The same for pages that are to be fast: by a statement that is planned once. Raises Http404."""
    found = scope.fetch(request.user, "event", lambda user, pk: _events(user).filter(pk=pk), [pk])
    if not found:
        raise Http404
    return found[0]


def _run(request, pk):
    """The event, for those who run it."""
    event = _event(request, pk)
    if request.user.right_on(event.unit) < Right.CARE:
        raise PermissionDenied
    return event


def _held(user, event, carriers):
    """What `user` may open of the event, as event_panels.Needs."""
    if user.right_on(event.unit) >= Right.CARE:
        return event_panels.Needs.RUN
    right = max((user.right_on(carrier.unit) for carrier in carriers), default=0)
    return event_panels.Needs.KEEP if right >= Right.CARE else event_panels.Needs.CARRY if right else event_panels.Needs.SEE


@login_required
@require_safe
def event_detail(request, pk):
    """The hub of an event: what it is, how many come, and the pages of each job about it (event_panels)."""
    event, now = seen_event(request, pk), timezone.now()
    parts = parts_of(event)
    held = _held(request.user, event, parts["carriers"])
    runs = held >= event_panels.Needs.RUN
    counts = Registration.objects.by_state(pk) if held >= event_panels.Needs.KEEP else {}
    context = {
        "event": event,
        **parts,
        "panels": event_panels.of(event, held),
        "runs": runs,
        "over": event.is_over(now),
        "takes": event.takes_registrations(now),
        "fee": money(event.fee_cents, event.unit.setting("currency")) if event.fee_cents else "",
        "taken": sum(counts.get(state, 0) for state in Registration.SEATED),
        "waiting": counts.get(Registration.State.WAITING, 0),
        "asked": counts.get(Registration.State.ASKED, 0),
        "keeps": held >= event_panels.Needs.KEEP,
        "copies": any(a.right >= Right.CARE for a in request.user.appointments_now),
        "clashes": list(announcing.double_booked(event)[:5]) if runs and event.place_id and not event.is_over(now) else [],
        "series": _series(request.user, event),
    }
    context["drawn_from"] = looks_of(event, parts), _drawn_from(context)
    return render(request, "education/event_detail.html", context)


def _drawn_from(context):
    """What the page of an event looks like besides the event, for the template to keep it by."""
    unkept = ("event", "carriers", "dates", "documents", "panels", "clashes", "series")
    return (
        tuple(value for name, value in context.items() if name not in unkept),
        tuple((panel["url"], str(panel["label"])) for panel in context["panels"]),
        tuple((one.starts_at, one.ends_at, one.event.unit.full_name) for one in context["clashes"]),
        tuple((one.pk, one.state, one.starts_at, str(one)) for one in context["series"]),
    )


def _series(user, event):
    """The events of the series from this one on, as far as `user` sees them."""
    if event.series is None:
        return []
    return list(Event.objects.visible_to(user).filter(series=event.series, starts_at__gt=event.starts_at).order_by("starts_at")[:NEAREST])


def cared_unit(request):
    """The unit something new is for: that of the address, else where one is; whoever cares for nothing may not."""
    cared = Unit.objects.visible_to(request.user, Right.CARE).open(timezone.localdate()).select_related("kind")
    slug, place = request.GET.get("unit", "").replace("\0", ""), place_of(request)
    here = (slug and cared.filter(slug=slug).first()) or (place and cared.filter(pk=place.unit.pk).first()) or cared.first()
    if here is None:
        raise PermissionDenied
    return here


@login_required
@require_http_methods(FORM)
def event_add(request):
    """A new draft; `copy` in the address names an event one sees whose texts and settings it begins with."""
    here = cared_unit(request)
    copied = request.GET.get("copy", "")
    source = Event.objects.visible_to(request.user).filter(pk=copied).prefetch_related("dates").first() if copied.isdecimal() and len(copied) < 18 else None
    event = Event(unit=here)
    if source:
        secret = request.user.right_on(source.unit) < Right.CARE
        for name in announcing.COPIED:
            if name not in ("unit", "partner") and not (secret and name == "online_url"):
                setattr(event, name, getattr(source, name))
    posted = request.POST if request.method == "POST" else None
    form, dates = EventForm(posted, instance=event, user=request.user, here=here), dates_form(posted, copied=source)
    if posted is not None and form.is_valid() & dates.is_valid():
        made = announcing.add(form.values, dates.dates, form.units, request.user, timezone.now())
        _warn_of_bookings(request, made)
        say(request, _("Kept as a draft. Nobody is told before you announce it."))
        return redirect(made)
    context = {"form": form, "dates": dates, "event": None, "source": source}
    return render(request, "education/event_form.html", context, status=422 if posted is not None else 200)


def _warn_of_bookings(request, event):
    for one in announcing.double_booked(event)[:3]:
        start, unit = timezone.localtime(one.starts_at), one.event.unit.full_name
        said = {"place": event.place, "day": f"{start:%d.%m.%Y}", "time": f"{start:%H:%M}", "unit": unit}
        messages.warning(request, _("%(place)s is taken on %(day)s from %(time)s by %(unit)s. Please agree with them.") % said)


@login_required
@require_http_methods(FORM)
def event_edit(request, pk):
    """Change an event. Whoever saves second sees what the other changed (409) and decides; nothing is lost silently."""
    event = _run(request, pk)
    if event.state in (State.CANCELLED, State.CLOSED):
        messages.error(request, _("This event is over or called off; it is not changed any more."))
        return redirect(event)
    posted = request.POST if request.method == "POST" else None
    form, dates = EventForm(posted, instance=event, user=request.user, here=event.unit), dates_form(posted, event)
    status, clashes = 200, []
    if posted is not None and form.is_valid() & dates.is_valid():
        try:
            following = bool(form.cleaned_data.get("following"))
            written = announcing.change(event, form.values, dates.dates, form.units, form.cleaned_data["version"], timezone.now(), following)
        except announcing.Outdated as outdated:
            clashes = _clashes(form, outdated.event)
            form.data = form.data.copy()
            form.data["version"] = outdated.event.version
            status = 409
        else:
            _warn_of_bookings(request, event)
            say(request, ngettext("Saved.", "Saved, %(n)s events.", written) % {"n": written})
            return redirect(event)
    elif posted is not None:
        status = 422
    context = {"form": form, "dates": dates, "event": event, "clashes": clashes}
    return render(request, "education/event_form.html", context, status=status)


def _clashes(form, theirs):
    """[{"label", "theirs"}] of what stands otherwise in the event by now than in the form."""
    found = []
    for name, value in form.values.items():
        now = getattr(theirs, name)
        if now != value:
            label = Event._meta.get_field(name).verbose_name
            shown = " / ".join(now.values()) if isinstance(now, dict) else getattr(theirs, f"get_{name}_display", lambda now=now: now)()
            found.append({"label": label, "theirs": shown})
    return found


@login_required
@require_http_methods(FORM)
def event_repeat(request, pk):
    """Make a series of an event: look at the days first (GET), then make them (POST)."""
    event = _run(request, pk)
    if event.state not in (State.DRAFT, State.OPEN) or event.dates.count() != 1:
        messages.error(request, _("Only an event of one date can be repeated."))
        return redirect(event)
    asked = request.POST if request.method == "POST" else request.GET if "every" in request.GET else None
    form = RepeatForm(asked, event=event)
    valid = form.is_valid()
    if request.method == "POST" and valid:
        made = announcing.repeat(event, form.days, request.user, timezone.now())
        say(request, ngettext("%(n)s event more.", "%(n)s events more.", len(made)) % {"n": len(made)})
        return redirect(event)
    context = {"event": event, "form": form, "days": form.days if valid else [], "asked": [(name, form[name].value() or "") for name in form.fields]}
    return render(request, "education/event_repeat.html", context, status=422 if asked is not None and not valid else 200)


@login_required
@require_POST
def event_publish(request, pk):
    """Announce a draft (POST following=1: with the drafts of its series that come later)."""
    event = _run(request, pk)
    if done := announcing.publish(event, timezone.now(), following=bool(request.POST.get("following"))):
        say(request, ngettext("Announced: %(event)s.", "Announced: %(event)s, %(n)s events.", done) % {"event": event, "n": done}, _undo(event))
    return redirect(event)


def _undo(event):
    return reverse("education:event_take_back", args=[event.pk])


@login_required
@require_POST
def event_take_back(request, pk):
    """Make it a draft again, as long as nobody has registered."""
    event = _run(request, pk)
    if not event.take_back(timezone.now()):
        messages.error(request, _("Somebody has registered, or it is no longer announced. You can call it off."))
    return redirect(event)


@login_required
@require_http_methods(FORM)
def event_cancel(request, pk):
    """Call it off with a reason; who registered is told."""
    event = _run(request, pk)
    form = CancelForm(request.POST if request.method == "POST" else None)
    later = announcing.later_ones(event).filter(state=State.OPEN)
    if event.series is None or not later.exists():
        del form.fields["following"]
    if request.method == "POST" and form.is_valid():
        reason, following = form.cleaned_data["reason"], form.cleaned_data.get("following", False)
        if done := announcing.call_off(event, reason, request.user, timezone.now(), following):
            say(request, ngettext("The event is called off.", "%(n)s events are called off.", done) % {"n": done})
        else:
            messages.error(request, _("Only an announced event can be called off."))
        return redirect(event)
    context = {"event": event, "form": form, "registered": event.registrations.filter(state__in=Registration.OPEN).count()}
    return render(request, "education/event_cancel.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def event_drop(request, pk):
    """Throw a draft away."""
    event = _run(request, pk)
    if not event.drop():
        messages.error(request, _("Only a draft can be thrown away."))
        return redirect(event)
    say(request, _("The draft is gone."))
    return redirect("education:event_list")


@login_required
@require_safe
def event_poster(request, pk):
    """An A4 poster with the code of the page, in the language `lang`."""
    event = _event(request, pk)
    language = request.GET.get("lang", "")
    return download(f"poster-{event.pk}.pdf", poster(event, language), PDF)


@login_required
@require_http_methods(FORM)
def document_add(request, pk):
    """Put a file beside an event; one of the same name is replaced."""
    event = _run(request, pk)
    posted = request.method == "POST"
    form = DocumentForm(request.POST if posted else None, request.FILES if posted else None, event=event)
    if posted and form.is_valid():
        say(request, _("Added: %(name)s.") % {"name": form.save(request.user, timezone.now())})
        return redirect(event)
    return render(request, "education/document_add.html", {"event": event, "form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def document_drop(request, pk):
    """Take a file away from its event."""
    documents = Document.objects.filter(event__in=Event.objects.visible_to(request.user)).select_related("event__unit")
    document = get_object_or_404(documents.defer("content"), pk=pk)
    if request.user.right_on(document.event.unit) < Right.CARE:
        raise PermissionDenied
    document.delete()
    say(request, _("The file is gone."))
    return redirect(document.event)


# --- kinds of events ---------------------------------------------------------------------------------------------------


@login_required
@require_safe
def event_kind_list(request):
    if not appointing.keeps_kinds(request.user):
        raise PermissionDenied
    return render(request, "education/event_kind_list.html", {"kinds": EventKind.objects.annotate(uses=Count("events"))})


@login_required
@require_http_methods(FORM)
def event_kind_add(request):
    return _kind_form(request)


@login_required
@require_http_methods(FORM)
def event_kind_edit(request, pk):
    return _kind_form(request, pk)


def _kind_form(request, pk=None):
    if not appointing.keeps_kinds(request.user):
        raise PermissionDenied
    kind = get_object_or_404(EventKind, pk=pk) if pk else EventKind(position=EventKind.objects.count())
    form = EventKindForm(request.POST if request.method == "POST" else None, instance=kind)
    if form.is_valid():
        say(request, _("Saved: %(kind)s.") % {"kind": announcing.save_kind(form.instance, timezone.now())})
        return redirect("education:event_kind_list")
    return render(request, "education/event_kind_form.html", {"form": form, "kind": kind}, status=422 if form.errors else 200)
