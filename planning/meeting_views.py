"""Pages of a meeting: agenda, invitation, minutes written on a phone, decisions and what became of them."""

import uuid

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import Right
from common import pdf
from common.files import PDF, download
from common.keyset import page_of
from common.presets import as_presets, chosen
from common.toasts import say
from education.models import Event
from membership import reading
from membership.models import Reading
from outbox.tasks import wake
from planning import meetings
from planning.meeting_forms import AgendaForm, DecisionForm, InviteForm, MinutesForm
from planning.models import AgendaItem, Decision, Minutes
from planning.models.meetings import minutes_of
from planning.tasks import wake_invitation

FORM = ["GET", "HEAD", "POST"]
SHOWN = 12  # names on the preview of an invitation
DECISIONS = {"open": gettext_lazy("Open"), "late": gettext_lazy("Late"), "done": gettext_lazy("Done or dropped")}


def _event(request, pk):
    """A meeting, for those with an office in a unit that carries it: everybody else finds none."""
    events = Event.objects.filter(carriers__unit__in=Unit.objects.visible_to(request.user)).distinct()
    return get_object_or_404(events.select_related("kind", "unit__kind", "place"), pk=pk)


def _written(request, pk):
    """The same, for those who care for the unit in charge."""
    event = _event(request, pk)
    if request.user.right_on(event.unit) < Right.CARE:
        raise PermissionDenied
    return event


def _invites(user, event):
    """Whether `user` cares for a unit that carries `event`, so that they may invite its members."""
    return Event.objects.attended_by(user).filter(pk=event.pk).exists()


@login_required
@require_safe
def meeting(request, pk):
    """Everything about one meeting: agenda, invitations, minutes and decisions."""
    event = _event(request, pk)
    minutes = Minutes.objects.filter(event=event).select_related("approved_at_event").first()
    now = timezone.now()
    context = {
        "event": event,
        "items": meetings.items_with_decisions(event),
        "invitations": event.invitations.select_related("by"),
        "minutes": minutes,
        "writes": request.user.right_on(event.unit) >= Right.CARE,
        "invites": _invites(request.user, event) and event.state == Event.State.OPEN and not event.is_over(now),
        "begun": event.starts_at <= now,
        "others": meetings.to_approve(event)[:5],
        "share_url": request.build_absolute_uri(reverse("planning:minutes_page", args=[minutes.key])) if minutes and minutes.shared_at else "",
    }
    return render(request, "planning/meeting.html", context)


@login_required
@require_http_methods(FORM)
def agenda_edit(request, pk):
    """The items of the agenda as rows."""
    event = _written(request, pk)
    items = AgendaItem.objects.filter(event=event)
    form = AgendaForm(request.POST or None, instance=event, queryset=items)
    for n, extra in enumerate(form.extra_forms):
        extra.fields["position"].initial = items.count() + n + 1
    if request.method == "POST" and form.is_valid():
        form.save()
        say(request, _("The agenda is saved."))
        return redirect("planning:meeting", pk)
    return render(request, "planning/agenda_edit.html", {"event": event, "formset": form}, status=422 if request.method == "POST" else 200)


@login_required
@require_http_methods(FORM)
def invite(request, pk):
    """Who gets the invitation by mail, who by letter, who is left out and why; the POST sends it."""
    event = _event(request, pk)
    if not _invites(request.user, event):
        raise PermissionDenied
    now = timezone.now()
    late = event.state != Event.State.OPEN or event.is_over(now)
    form = InviteForm(request.POST or None, initial={"key": uuid.uuid4()})
    if request.method == "POST" and form.is_valid() and not late:
        invitation = meetings.invite(event, request.user, form.cleaned_data["key"], form.cleaned_data["note"], now)
        wake()
        if invitation.done_at is None:
            wake_invitation(invitation)
        say(request, _("The invitations are on their way: %(n)s mails.") % {"n": invitation.counts["mail"]})
        return redirect("planning:meeting", pk)
    found = meetings.recipients(event, request.user)
    context = {
        "event": event,
        "form": form,
        "late": late,
        "counts": found.counts(),
        "first": found.mails.order_by("sort_key", "pk")[:SHOWN],
        "papers": found.letters.order_by("sort_key", "pk")[:SHOWN],
        "items": event.agenda_items.all(),
        "most_letters": meetings.MOST_LETTERS,
    }
    return render(request, "planning/invite.html", context, status=422 if request.method == "POST" else 200)


@login_required
@require_safe
def invite_letters(request, pk):
    """The invitation on paper for those whom no mail reaches."""
    event = _event(request, pk)
    if not _invites(request.user, event):
        raise PermissionDenied
    found = meetings.recipients(event, request.user).letters.cared_for_by(request.user)
    last = event.invitations.first()
    try:
        content = meetings.letters(event, found, last.note if last else "", timezone.localdate())
    except pdf.TooLarge:
        return render(request, "planning/invite_letters.html", {"event": event}, status=422)
    reading.note(request.user, list(found.values_list("pk", flat=True)[: meetings.MOST_LETTERS]), Reading.What.LETTER, timezone.now())
    name = _("%(event)s-letters") % {"event": slugify(str(event), allow_unicode=True) or event.pk}
    return download(f"{name}.pdf", content, PDF)


@login_required
@require_http_methods(FORM)
@transaction.atomic
def minutes_edit(request, pk):
    """Write the minutes: who was there, and each item in a field that saves by itself."""
    event = _written(request, pk)
    if request.method == "POST":
        minutes = _open(event)
        form = MinutesForm(request.POST, instance=minutes)
        if form.is_valid() and form.store():
            if not event.agenda_items.exists():
                AgendaItem.objects.create(event=event, title=_("What we talked about"))
            say(request, _("Saved."))
            return redirect("planning:minutes_edit", pk)
    else:
        minutes = Minutes.objects.filter(event=event).first() or Minutes(event=event)
        form = MinutesForm(instance=minutes)
    context = {
        "event": event,
        "minutes": minutes,
        "form": form,
        "items": meetings.items_with_decisions(event),
        "decision": DecisionForm(event=event),
        "open": minutes.state == Minutes.State.OPEN,
    }
    return render(request, "planning/minutes_edit.html", context, status=422 if form.errors else 200)


def _open(event):
    """The minutes of `event`, locked; 403 once they are finished."""
    minutes = minutes_of(event)
    if minutes is None:
        raise PermissionDenied
    return minutes


def _item(request, pk):
    """An item whose minutes `request.user` may write."""
    item = get_object_or_404(AgendaItem.objects.visible_to(request.user).select_related("event__unit"), pk=pk)
    if request.user.right_on(item.event.unit) < Right.CARE:
        raise PermissionDenied
    return item


@login_required
@require_POST
@transaction.atomic
def item_write(request, pk):
    """Save what the minutes say about an item; when somebody else saved meanwhile both texts are shown."""
    item = _item(request, pk)
    _open(item.event)
    text, version = request.POST.get("text", "").replace("\0", "").replace("\r\n", "\n")[:20_000], request.POST.get("version", "")
    saved = item.write(text, int(version) if version.isdecimal() and len(version) < 9 else 0)
    theirs = ""
    if not saved:
        item.refresh_from_db()
        saved = item.text == text  # the same words: nothing is lost
        theirs, item.text = ("" if saved else item.text), text
    if saved and not request.htmx:
        return redirect(reverse("planning:minutes_edit", args=[item.event_id]) + f"#item-{pk}")
    context = {"item": item, "event": item.event, "saved": saved, "theirs": theirs, "at": timezone.localtime(), "open": True}
    # htmx shows only what was asked for; the answer says in words that it is not saved.
    template = "planning/_item.html" if request.htmx else "planning/item_write.html"
    return render(request, template, context, status=200 if saved or request.htmx else 409)


@login_required
@require_POST
@transaction.atomic
def item_add(request, pk):
    """One more item while the meeting runs."""
    event = _written(request, pk)
    title = request.POST.get("title", "").replace("\0", "").strip()[:200]
    if not title:
        return redirect("planning:minutes_edit", pk)
    _open(event)
    last = AgendaItem.objects.filter(event=event).order_by("-position").values_list("position", flat=True).first() or 0
    item = AgendaItem.objects.create(event=event, title=title, position=min(last + 1, 32000))
    return redirect(reverse("planning:minutes_edit", args=[pk]) + f"#item-{item.pk}")


@login_required
@require_http_methods(FORM)
@transaction.atomic
def decision_add(request, pk):
    """What was decided about the item."""
    item = _item(request, pk)
    form = DecisionForm(request.POST or None, event=item.event, instance=Decision(event=item.event, item=item, created_at=timezone.now()))
    if request.method == "POST":
        _open(item.event)
    elif Minutes.objects.filter(event=item.event).exclude(state=Minutes.State.OPEN).exists():
        raise PermissionDenied
    if form.is_valid():
        form.save()
        say(request, _("Decision noted."))
        return redirect(reverse("planning:minutes_edit", args=[item.event_id]) + f"#item-{item.pk}")
    return render(request, "planning/decision_add.html", {"item": item, "event": item.event, "form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
@transaction.atomic
def decision_turn(request, pk):
    """POST do: done, dropped, reopen; remove, while the minutes are written."""
    decision = get_object_or_404(Decision.objects.visible_to(request.user).select_related("event__unit", "activity"), pk=pk)
    if not Decision.objects.doable_by(request.user).filter(pk=pk).exists():
        raise PermissionDenied
    do, now = request.POST.get("do"), timezone.now()
    back = redirect("planning:decision_list")
    if do == "remove":
        if request.user.right_on(decision.event.unit) < Right.CARE:
            raise PermissionDenied
        _open(decision.event)
        decision.delete()
        return redirect("planning:minutes_edit", decision.event_id)
    if do == "reopen":
        decision.reopen()
    elif do in (Decision.State.DONE, Decision.State.DROPPED) and decision.close(request.user, now, do):
        say(request, _("Well done.") if do == Decision.State.DONE else _("Dropped."))
    return back


@login_required
@require_safe
def decision_list(request):
    """What meetings decided and is still to be done, the most urgent first."""
    on = timezone.localdate()
    found, unit = Decision.objects.visible_to(request.user), None
    if slug := request.GET.get("unit", "").replace("\0", ""):
        unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
        found = found.filter(unit__path__startswith=unit.path)
    show = chosen(request, DECISIONS, "open")
    rows = found.open().filter(due_on__isnull=False)
    rows = rows.filter(due_on__lt=on) if show == "late" else rows
    if show == "done":
        rows = found.exclude(pk__in=found.open().values("pk"))
    rows = rows.select_related("unit__kind", "office", "event", "activity")
    page = page_of(rows, ("-id", "-pk") if show == "done" else ("due_on", "pk"), request.GET)
    doable = set(Decision.objects.doable_by(request.user).filter(pk__in=[row.pk for row in page.rows]).values_list("pk", flat=True))
    for row in page.rows:
        row.doable = row.pk in doable and row.is_open
    presets = as_presets(DECISIONS, show, more=f"&unit={unit.slug}" if unit else "")
    return render(request, "planning/decision_list.html", {"page": page, "presets": presets, "unit": unit, "on": on, "show": show})


@login_required
@require_POST
def minutes_turn(request, pk):
    """POST do: finish, reopen, share, unshare; approve, by the meeting `by`."""
    event = _written(request, pk)
    minutes, now, do = get_object_or_404(Minutes, event=event), timezone.now(), request.POST.get("do")
    if do == "finish" and meetings.finish(minutes, request.user, now):
        say(request, _("The minutes are finished. Decisions with an office and a day stand in the work plan."))
    elif do == "reopen" and minutes.reopen():
        say(request, _("Write on."))
    elif do == "share" and minutes.share(now):
        say(request, _("Whoever has the link can read them now."))
    elif do == "unshare":
        minutes.unshare()
        say(request, _("The link opens nothing any more."))
    elif do == "approve":
        by = request.POST.get("by", "")
        later = Event.objects.filter(unit=event.unit_id, starts_at__gt=event.starts_at, pk=by if by.isdecimal() and len(by) < 18 else 0).first()
        if later is None or not minutes.approve(later, min(timezone.localdate(later.starts_at), timezone.localdate(now))):
            raise Http404
        say(request, _("The minutes are approved."))
        return redirect("planning:meeting", later.pk)
    return redirect("planning:meeting", pk)


@login_required
@require_safe
def minutes_pdf(request, pk):
    """The minutes on paper, in the language of the address (lang) or the page."""
    event = _event(request, pk)
    minutes = get_object_or_404(Minutes.objects.select_related("event__unit__kind", "event__place", "event__kind", "approved_at_event"), event=event)
    wanted = request.GET.get("lang", "")
    language = wanted if wanted in ("de", "he", "en") else translation.get_language()
    name = f"{slugify(str(event), allow_unicode=True) or 'minutes'}-{timezone.localdate(event.starts_at)}.pdf"
    return download(name, meetings.minutes_pdf(minutes, language), PDF)


@never_cache
@require_safe
def minutes_page(request, key):
    """The minutes for whoever has the link, as long as the unit shares them."""
    found = Minutes.objects.filter(shared_at__isnull=False).exclude(state=Minutes.State.OPEN).select_related("event__unit__kind", "approved_at_event")
    minutes = get_object_or_404(found, key=key)
    return render(request, "planning/minutes_page.html", {"minutes": minutes, "event": minutes.event, "items": meetings.items_with_decisions(minutes.event)})
