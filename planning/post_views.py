"""Posts and shifts of an election: where people are needed, who comes, holes first; putting somebody there by hand or as proposed."""

from collections import defaultdict
from datetime import time, timedelta
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import Right
from common.keyset import page_of
from common.presets import as_presets, chosen
from common.toasts import say
from membership.models import Member
from planning import cover, election_plans, filling, posting
from planning.election_forms import CopyForm, FillingForm, PartForm, PostForm, ShiftForm, ShiftsForm, cared_units
from planning.election_views import at_election, form_page, shown_unit, visible_election
from planning.models import Availability, Duty, Election, Filling, Post, PostKind, Shift, Volunteer
from planning.tasks import wake_filling

FORM = ["GET", "HEAD", "POST"]
MOST_POSTS = 150  # on the page of a day; more are narrowed by unit
FOUND = 40  # volunteers offered for a shift
State = Volunteer.State
VOLUNTEERS = {
    "": pgettext_lazy("volunteers", "All"), "yes": pgettext_lazy("volunteers", "Help"), "idle": pgettext_lazy("volunteers", "Help, no shift yet"),
    "asked": pgettext_lazy("volunteers", "Asked"), "no": pgettext_lazy("volunteers", "Do not help"),
}  # fmt: skip


def visible_post(request, pk):
    return get_object_or_404(Post.objects.visible_to(request.user).select_related("unit__kind", "election__unit"), pk=pk)


def _kept(request, unit):
    if request.user.right_on(unit) < Right.CARE:
        raise PermissionDenied


def own_post(request, pk):
    post = visible_post(request, pk)
    _kept(request, post.unit)
    return post


def own_shift(request, pk):
    shift = get_object_or_404(Shift.objects.visible_to(request.user).select_related("post__unit__kind", "post__election"), pk=pk)
    _kept(request, shift.post.unit)
    return shift


def at_post(post):
    return post.get_absolute_url(), post.name


def show_duties(duties, user):
    """Give each of `duties` the `name` its reader may know: of a member one does not see only the unit is told. One query."""
    seen = set(Member.objects.visible_to(user).filter(pk__in={duty.member_id for duty in duties}).values_list("pk", flat=True))
    for duty in duties:
        duty.seen = duty.member_id in seen
        duty.name = duty.volunteer.member.name if duty.seen else _("somebody of %(unit)s") % {"unit": duty.volunteer.unit}
    return duties


def hide_notes(volunteers, user):
    """What volunteers wrote about themselves is for those who care for them; the others' notes are emptied. One query."""
    cared = set(Volunteer.objects.editable_by(user).filter(pk__in=[one.pk for one in volunteers]).values_list("pk", flat=True))
    for one in volunteers:
        one.note = one.note if one.pk in cared else ""


def _days(shifts):
    """The days of `shifts` (a queryset), in order."""
    return list(shifts.order_by().annotate(day=TruncDate("starts_at")).values_list("day", flat=True).distinct().order_by("day"))


def _the_day(request, days, today):
    """The one of `days` the address asks for, else the next one, else the last."""
    asked = {day.isoformat(): day for day in days}.get(request.GET.get("day", ""))
    return asked or next((day for day in days if day >= today), days[-1] if days else None)


@login_required
@require_safe
def election_cover(request, pk):
    """The posts of a day: those with holes first, then those that are full."""
    election, user, today = visible_election(request, pk), request.user, timezone.localdate()
    unit = shown_unit(request, election)
    shifts = Shift.objects.visible_to(user).filter(post__election=election, **({"post__unit__path__startswith": unit.path} if unit else {}))
    days = _days(shifts)
    day = _the_day(request, days, today)
    posts, more = [], False
    if day:
        low, high = (election_plans.moment(one, time()) for one in (day, day + timedelta(days=1)))
        posts, more = _posts(shifts.between(low, high), user)
    cares = cared_units(user, election).exists()
    narrowed = {"unit": unit.slug} if unit else {}
    holes, full = [post for post in posts if post.missing], [post for post in posts if not post.missing]
    context = {
        "election": election, "unit": unit, "day": day, "holes": holes, "full": full, "more": more, "cares": cares, "today": today,
        "days": [{"label": date_format(one, "D j. b"), "url": "?" + urlencode(narrowed | {"day": one.isoformat()}), "current": one == day} for one in days],
        "units": Unit.objects.visible_to(user).filter(elections_shared=election).order_by("path").values_list("slug", "name"),
        "figures": _figures(posts) if posts else [],
    }  # fmt: skip
    return render(request, "planning/election_cover.html", context)


def _figures(posts):
    needed, filled, missing = (sum(getattr(post, name) for post in posts) for name in ("needed", "filled", "missing"))
    return [
        {"label": _("Places filled"), "value": _("%(n)s of %(all)s") % {"n": filled, "all": needed}},
        {"label": _("Still missing"), "value": missing, "tone": "late" if missing else "quiet"},
        {"label": _("Posts with holes"), "value": sum(bool(post.missing) for post in posts)},
    ]


def _posts(shifts, user):
    """([Post with its shifts of the day, duties, holes and sums], whether there are more than shown). Three queries."""
    shifts = list(shifts.select_related("post__unit__kind").order_by("starts_at", "pk"))
    posts = list({shift.post_id: shift.post for shift in shifts}.values())[:MOST_POSTS]
    duties = show_duties(list(Duty.objects.live().filter(shift__in=shifts).select_related("volunteer__member", "volunteer__unit")), user)
    by_shift, by_post = defaultdict(list), defaultdict(list)
    for duty in duties:
        by_shift[duty.shift_id].append(duty)
    for shift in shifts:
        shift.there = by_shift[shift.pk]
        shift.open = max(shift.needed - len(shift.there), 0)
        by_post[shift.post_id].append(shift)
    for post in posts:
        post.day_shifts = by_post[post.pk]
        post.holes = cover.holes(
            [(one.starts_at, one.ends_at, one.needed) for one in post.day_shifts],
            [(duty.starts_at, duty.ends_at) for one in post.day_shifts for duty in one.there],
        )
        post.needed = sum(one.needed for one in post.day_shifts)
        post.missing = sum(len(cover.places((one.starts_at, one.ends_at, one.needed), [(duty.starts_at, duty.ends_at) for duty in one.there])) for one in post.day_shifts)
        post.filled = max(post.needed - post.missing, 0)
        post.editable = user.right_at(post.unit.path) >= Right.CARE
    return posts, len({shift.post_id for shift in shifts}) > len(posts)


# --- posts and their shifts -------------------------------------------------------------------------------------------


@login_required
@require_http_methods(FORM)
def post_add(request, pk):
    """A new post of a unit one cares for."""
    election = visible_election(request, pk)
    units = cared_units(request.user, election)
    if not units:
        raise PermissionDenied
    own = units.filter(slug=request.GET.get("unit", "").replace("\0", "")).first() or units[0]
    form = PostForm(request.POST or None, instance=Post(election=election, unit=own, kind=PostKind.STAND), units=units)
    if form.is_valid():
        return redirect(form.save())
    return form_page(request, form, _("New post"), election.title, at_election(election))


@login_required
@require_http_methods(FORM)
def post_edit(request, pk):
    """Change a post; POST remove=1 takes it out as long as nobody is planned there."""
    post = own_post(request, pk)
    if request.method == "POST" and request.POST.get("remove"):
        if Duty.objects.live().filter(shift__post=post).exists():
            say(request, _("Somebody is planned there. Take them out first, then the post can go."))
            return redirect(post)
        post.delete()
        return redirect(post.election)
    form = PostForm(request.POST or None, instance=post)
    if form.is_valid():
        return redirect(form.save())
    return form_page(request, form, _("Change the post"), post.unit.full_name, at_post(post), removable=True)


@login_required
@require_safe
def post_detail(request, pk):
    """A post with all its shifts and who comes."""
    post, user = visible_post(request, pk), request.user
    found, _more = _posts(Shift.objects.visible_to(user).filter(post=post), user)
    by_day = defaultdict(list)
    for shift in found[0].day_shifts if found else []:
        by_day[timezone.localdate(shift.starts_at)].append(shift)
    context = {
        "post": post, "election": post.election, "days": dict(by_day), "holes": found[0].holes if found else [], "today": timezone.localdate(),
        "cares": user.right_on(post.unit) >= Right.CARE,
    }  # fmt: skip
    return render(request, "planning/post_detail.html", context)


@login_required
@require_http_methods(FORM)
def shift_add(request, pk):
    """A shift, or a series of them one after the other. What is there already stays as it is."""
    post = own_post(request, pk)
    form = ShiftsForm(request.POST or None, initial={"day": post.election.day})
    if form.is_valid():
        shifts = [Shift(post=post, starts_at=low, ends_at=high, needed=form.cleaned_data["needed"]) for low, high in form.times()]
        Shift.objects.bulk_create(shifts, ignore_conflicts=True)
        say(request, ngettext("%(n)s shift added.", "%(n)s shifts added.", len(shifts)) % {"n": len(shifts)})
        return redirect(post)
    return form_page(request, form, _("Add shifts"), post.name, at_post(post), submit=_("Add"))


@login_required
@require_http_methods(FORM)
@transaction.atomic
def shift_edit(request, pk):
    """Change a shift; POST remove=1 takes it out. While somebody has it only the number of people changes."""
    shift = own_shift(request, pk)
    shift = Shift.objects.select_for_update(of=("self",)).select_related("post__unit__kind", "post__election").filter(pk=shift.pk).first()
    if shift is None:
        raise Http404
    taken = shift.duties.live().exists()
    if request.method == "POST" and request.POST.get("remove"):
        if taken:
            say(request, _("Somebody has this shift. Take them out first, then it can go."))
            return redirect("planning:shift_fill", pk)
        shift.delete()
        return redirect(shift.post)
    form = ShiftForm(request.POST or None, instance=shift, taken=taken)
    if form.is_valid():
        form.save()
        return redirect(shift.post)
    return form_page(request, form, _("Change the shift"), shift.post.name, at_post(shift.post), removable=not taken)


@login_required
@require_http_methods(FORM)
def post_copy(request, pk):
    """Copy the shifts of a day to another day or post, without the people."""
    post = own_post(request, pk)
    days = _days(post.shifts.all())
    posts = Post.objects.editable_by(request.user).filter(election=post.election).select_related("unit").order_by("unit__path", "name")
    form = CopyForm(request.POST or None, days=[(day.isoformat(), date_format(day, "SHORT_DATE_FORMAT")) for day in days], posts=posts, initial={"post": post})
    if form.is_valid():
        data = form.cleaned_data
        source = next(day for day in days if day.isoformat() == data["source"])
        low, high = (election_plans.moment(one, time()) for one in (source, source + timedelta(days=1)))
        shifts = [
            Shift(post=data["post"], starts_at=starts, ends_at=ends, needed=shift.needed)
            for shift in post.shifts.between(low, high)
            for starts, ends in [election_plans.moved(shift, data["day"] - source)]
        ]
        Shift.objects.bulk_create(shifts, ignore_conflicts=True)
        say(request, ngettext("%(n)s shift copied.", "%(n)s shifts copied.", len(shifts)) % {"n": len(shifts)})
        return redirect(data["post"])
    return form_page(request, form, _("Copy shifts"), post.name, at_post(post), submit=_("Copy"))


# --- who comes --------------------------------------------------------------------------------------------------------


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
    _kept(request, duty.shift.post.unit)
    if not duty.decline(timezone.now(), request.user):
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


# --- the proposal -----------------------------------------------------------------------------------------------------


@login_required
@require_http_methods(FORM)
def filling_add(request, pk):
    """Ask for the best way to fill what is open in the posts one keeps; the worker finds it."""
    election, now = visible_election(request, pk), timezone.now()
    units = cared_units(request.user, election)
    if not units:
        raise PermissionDenied
    unit = units.filter(slug=request.GET.get("unit", "").replace("\0", "")).first() or election.unit
    shifts = Shift.objects.editable_by(request.user).filter(post__election=election, starts_at__gt=now)
    days = [(day.isoformat(), date_format(day, "l, j. F")) for day in _days(shifts)]
    form = FillingForm(request.POST or None, days=days, initial={"on": request.GET.get("day", "")})
    if form.is_valid():
        row = Filling.objects.create(election=election, unit=unit, on=form.cleaned_data["on"] or None, by=request.user, asked_at=now)
        wake_filling(row)
        return redirect("planning:filling_detail", row.pk)
    ready = Volunteer.objects.visible_to(request.user).ready().filter(election=election).count()
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
    volunteers = Volunteer.objects.visible_to(request.user).select_related("member", "unit").in_bulk({line[0] for line in row.lines})
    shifts = Shift.objects.visible_to(request.user).select_related("post__unit").in_bulk({line[1] for line in row.lines})
    by_shift = defaultdict(list)
    for volunteer, shift, *_times in row.lines:
        if volunteer in volunteers and shift in shifts:
            by_shift[shift].append(volunteers[volunteer])
    lines = [{"shift": shifts[pk], "who": who} for pk, who in by_shift.items()]
    lines.sort(key=lambda line: (line["shift"].starts_at, line["shift"].post.name))
    loads = [sum(line[0] == pk for line in row.lines) for pk in {line[0] for line in row.lines}]
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
    planned, left = filling.take(row, request.user, timezone.now())
    say(request, ngettext("%(n)s place is filled.", "%(n)s places are filled.", planned) % {"n": planned})
    if left:
        say(request, ngettext("%(n)s changed meanwhile and was left open.", "%(n)s changed meanwhile and were left open.", len(left)) % {"n": len(left)})
    return redirect(reverse("planning:election_cover", args=[row.election_id]) + (f"?day={row.on}" if row.on else ""))
