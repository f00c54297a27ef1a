"""Who comes to which shift: volunteers, putting them somewhere by hand, and the proposal that fills what is open."""

from collections import Counter, defaultdict

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.scope import Right
from common.keyset import page_of
from common.presets import as_presets, chosen
from common.toasts import say
from planning import cover, filling, posting, volunteer_swaps
from planning.cover_views import days_of, show_duties
from planning.election_forms import FillingForm, PartForm, cared_units
from planning.election_pages import FORM, at_election, form_page, shown_unit, visible_election
from planning.models import Availability, Duty, Election, Filling, Shift, Volunteer
from planning.post_views import kept, own_shift
from planning.tasks import wake_filling

FOUND = 40  # volunteers offered for a shift
State = Volunteer.State
VOLUNTEERS = {
    "": pgettext_lazy("volunteers", "All"), "yes": pgettext_lazy("volunteers", "Help"), "idle": pgettext_lazy("volunteers", "Help, no shift yet"),
    "asked": pgettext_lazy("volunteers", "Asked"), "no": pgettext_lazy("volunteers", "Do not help"),
}  # fmt: skip


def hide_notes(volunteers, user):
    """What volunteers wrote about themselves is for those who care for them; the others' notes are emptied. One query."""
    cared = set(Volunteer.objects.editable_by(user).filter(pk__in=[one.pk for one in volunteers]).values_list("pk", flat=True))
    for one in volunteers:
        one.note = one.note if one.pk in cared else ""


@login_required
@require_http_methods(FORM)
def shift_fill(request, pk):
    """Who has a shift, who could take it and why others cannot; POST volunteer plans somebody. starts and ends (HH:MM): only for that part of the shift."""
    shift, user = own_shift(request, pk), request.user
    volunteers = Volunteer.objects.visible_to(user).filter(election=shift.post.election_id).select_related("member", "unit")
    form = PartForm(request.POST if request.method == "POST" else request.GET, shift=shift)
    part = form.part() if form.is_valid() else {}
    if request.method == "POST" and form.is_valid():
        number = request.POST.get("volunteer", "")
        volunteer = get_object_or_404(volunteers, pk=number if number.isdecimal() and len(number) < 18 else 0)
        try:
            posting.assign(shift, volunteer, timezone.now(), user, **part)
            say(request, _("%(name)s is planned.") % {"name": volunteer.member.name})
        except posting.Refused as refused:
            say(request, f"{volunteer.member.name}: {refused.messages[0]}")
        return redirect("planning:shift_fill", pk)
    text = form.cleaned_data.get("q", "")
    duties = show_duties(list(shift.duties.live().select_related("volunteer__member", "volunteer__unit")), user)
    found = volunteers.ready() if part else volunteers.ready().exclude(pk__in=[duty.volunteer_id for duty in duties])
    if text:
        found = found.filter(Q(member__given_name__icontains=text) | Q(member__family_name__icontains=text) | Q(unit__name__icontains=text))
    # Who has least comes first.
    crowd = list(found.annotate(load=Count("duties", filter=Q(duties__state__in=Duty.LIVE))).order_by("load", "member__sort_key", "pk")[: FOUND * 5])
    reasons = posting.why_not(shift, crowd, **part)
    able = [one for one in crowd if one.pk not in reasons][:FOUND]
    unable = [one for one in crowd if one.pk in reasons][: FOUND - len(able)]
    hide_notes(able, user)
    for one in unable:
        one.reason = posting.WORDS[reasons[one.pk]]
    context = {
        "shift": shift, "post": shift.post, "duties": duties, "able": able, "unable": unable, "form": form, "part": part,
        "open": len(cover.places((shift.starts_at, shift.ends_at, shift.needed), [(duty.starts_at, duty.ends_at) for duty in duties])),
    }  # fmt: skip
    return render(request, "planning/shift_fill.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def duty_remove(request, pk):
    """Take somebody out of a shift that is not over."""
    duty = get_object_or_404(Duty.objects.select_related("shift__post__unit", "volunteer__member").filter(shift__in=Shift.objects.visible_to(request.user)), pk=pk)
    kept(request, duty.shift.post.unit)
    if not volunteer_swaps.take_out(duty, request.user, timezone.now()):
        say(request, _("This shift is settled already."))
    return redirect("planning:shift_fill", duty.shift_id)


@login_required
@require_safe
def volunteer_list(request, pk):
    """The volunteers among the members one sees, with what they said and how many shifts they have."""
    election, user = visible_election(request, pk), request.user
    unit, show = shown_unit(request, election), chosen(request, VOLUNTEERS, "")
    found = Volunteer.objects.visible_to(user).filter(election=election, **({"unit__path__startswith": unit.path} if unit else {}))
    by_state = dict(found.order_by().values_list("state").annotate(n=Count("pk")))
    found = found.annotate(load=Count("duties", filter=Q(duties__state__in=Duty.LIVE)))
    if show == "idle":
        found = found.filter(state=State.YES, load=0)
    elif show == "no":
        found = found.filter(state__in=(State.NO, State.WITHDRAWN))
    elif show:
        found = found.filter(state=show)
    counts = {"": sum(by_state.values()), "yes": by_state.get("yes", 0), "asked": by_state.get("asked", 0), "no": by_state.get("no", 0) + by_state.get("withdrawn", 0)}
    found = found.select_related("member", "unit").annotate(sort_key=F("member__sort_key"))
    page = page_of(found, ("sort_key", "pk"), request.GET)
    times = defaultdict(list)
    for row in Availability.objects.filter(volunteer__in=[row.pk for row in page.rows]):
        times[row.volunteer_id].append(row)
    for row in page.rows:
        row.can = times[row.pk][:4]
    hide_notes(page.rows, user)
    presets = as_presets(VOLUNTEERS, show, counts, f"&unit={unit.slug}" if unit else "")
    context = {"election": election, "unit": unit, "page": page, "presets": presets, "cares": any(a.right >= Right.CARE for a in user.appointments_now)}
    return render(request, "planning/volunteer_list.html", context)


# --- the proposal ---------------------------------------------------------------------------------------------------

@login_required
@require_http_methods(FORM)
def filling_add(request, pk):
    """Ask for the best way to fill what is open in the posts one keeps; the worker finds it."""
    election, now = visible_election(request, pk), timezone.now()
    units = cared_units(request.user, election)
    if not units:
        raise PermissionDenied
    unit = units.filter(slug=request.GET.get("unit", "").replace("\0", "")).first() or election.unit
    row = Filling(election=election, unit=unit, by=request.user, asked_at=now)
    days = [(day.isoformat(), date_format(day, "l, j. F")) for day in days_of(filling.open_shifts(row, now))]
    form = FillingForm(request.POST or None, days=days, initial={"on": request.GET.get("day", "")})
    if form.is_valid():
        row.on = form.cleaned_data["on"] or None
        row.save()
        wake_filling(row)
        return redirect("planning:filling_detail", row.pk)
    ready = filling.volunteers_of(row).ready().count()
    note = ngettext("%(n)s person has said that they help.", "%(n)s people have said that they help.", ready) % {"n": ready}
    return form_page(request, form, _("Fill the open places"), unit.full_name, at_election(election), submit=_("Show a proposal"), lead=note)


def own_filling(request, pk):
    """A proposal is for whoever asked for it, as long as they see the election."""
    elections = Election.objects.visible_to(request.user)
    return get_object_or_404(Filling.objects.filter(by=request.user, election__in=elections).select_related("election__unit", "unit"), pk=pk)


@login_required
@require_safe
def filling_detail(request, pk):
    """The proposal, by post and time; polled until the worker has it."""
    row = own_filling(request, pk)
    poll_url = reverse("planning:filling_detail", args=[pk])
    if row.done_at is None:
        template = "planning/_filling_waits.html" if request.htmx else "planning/filling_detail.html"
        return render(request, template, {"filling": row, "election": row.election, "poll_url": poll_url})
    volunteers = filling.volunteers_of(row).in_bulk({line[0] for line in row.lines})
    shifts = filling.shifts_of(row).in_bulk({line[1] for line in row.lines})
    by_shift = defaultdict(list)
    for volunteer, shift, *_times in row.lines:
        if volunteer in volunteers and shift in shifts:
            by_shift[shift].append(volunteers[volunteer])
    lines = [{"shift": shifts[pk], "who": who} for pk, who in by_shift.items()]
    lines.sort(key=lambda line: (line["shift"].starts_at, line["shift"].post.name))
    loads = Counter(line[0] for line in row.lines).values()
    left = row.places - len(row.lines)
    figures = [
        {"label": _("Places that can be filled"), "value": len(row.lines)},
        {"label": _("Places that stay open"), "value": left, "tone": "late" if left else "quiet"},
        {"label": _("People who get shifts"), "value": len(loads)},
        {"label": _("Most new shifts of one person"), "value": max(loads, default=0)},
    ]
    context = {"filling": row, "election": row.election, "lines": lines, "figures": figures}
    return render(request, "planning/filling_detail.html", context)


@login_required
@require_POST
def filling_take(request, pk):
    """Plan everybody as proposed; whoever cannot any more is named."""
    row = own_filling(request, pk)
    planned, left = filling.take(row, timezone.now())
    say(request, ngettext("%(n)s place is filled.", "%(n)s places are filled.", planned) % {"n": planned})
    if left:
        say(request, ngettext("%(n)s changed meanwhile and was left open.", "%(n)s changed meanwhile and were left open.", len(left)) % {"n": len(left)})
    return redirect(reverse("planning:election_cover", args=[row.election_id]) + (f"?day={row.on}" if row.on else ""))
