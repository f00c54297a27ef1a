"""Election plans: the list, a new one from a template, the timeline back from the day, and its milestones."""

import uuid
from collections import defaultdict

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import Right
from common.keyset import page_of
from common.presets import as_presets, chosen
from common.toasts import say
from planning import election_plans
from planning.election_forms import ElectionEditForm, ElectionForm, MilestoneForm
from planning.election_pages import FORM, at_election, form_page, own_election, shown_unit, visible_election
from planning.idea_views import cared_unit, own_unit
from planning.models import Election, ElectionMilestone, ElectionTemplate, Shift, Volunteer
from planning.once import once

State = Election.State
PRESETS = {"open": pgettext_lazy("elections", "Coming"), "done": pgettext_lazy("elections", "Over")}
VERBS = {
    State.PREPARED: gettext_lazy("Back to preparing"),
    State.RUNNING: gettext_lazy("Begin: remind the offices"),
    State.DONE: pgettext_lazy("election", "It is over"),
}
SHOWN = 12  # units named below a milestone that each does
UNITS_SHOWN = 60


@login_required
@require_safe
def election_list(request):
    """Elections that units one sees plan or take part in, the next day first."""
    today, show = timezone.localdate(), chosen(request, PRESETS, "open")
    found = Election.objects.visible_to(request.user).select_related("unit__kind")
    found = found.filter(state=State.DONE) if show == "done" else found.exclude(state=State.DONE)
    page = page_of(found, ("-day", "-pk") if show == "done" else ("day", "pk"), request.GET)
    seen = ElectionMilestone.objects.visible_to(request.user).filter(election__in=[row.pk for row in page.rows]).order_by()
    counts = {"all": Count("pk"), "done": Count("pk", filter=~Q(done_on=None)), "late": Count("pk", filter=Q(done_on=None, due_on__lt=today))}
    progress = {row.pop("election"): row for row in seen.values("election").annotate(**counts)}
    for row in page.rows:
        row.progress, row.days = progress.get(row.pk), (row.day - today).days
    context = {"page": page, "presets": as_presets(PRESETS, show), "unit": own_unit(request), "today": today}
    return render(request, "planning/election_list.html", context)


@login_required
@require_http_methods(FORM)
def election_add(request, slug):
    """A new election of the unit; `look` shows the dates its template leads to, the POST keeps them."""
    unit, today = cared_unit(request, slug), timezone.localdate()
    election = Election(unit=unit, by=request.user, created_at=timezone.now())
    look = request.method == "GET" and "look" in request.GET
    posted = request.POST if request.method == "POST" else request.GET if look else None
    form = ElectionForm(posted, instance=election, templates=ElectionTemplate.objects.for_unit(unit).select_related("unit"))
    preview = None
    if form.is_valid():
        template = form.cleaned_data["template"]
        if not look:
            units = form.cleaned_data.get("units") or []
            done = once(Election.objects.editable_by(request.user), election.key, lambda: election_plans.begin(election, template, units))
            return redirect("planning:election_detail", done.pk)
        preview = election_plans.preview(template, election.day, today) if template else []
    context = {"form": form, "unit": unit, "preview": preview, "today": today, "units": len(form.cleaned_data.get("units") or []) if preview else 0}
    return render(request, "planning/election_add.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def election_detail(request, pk):
    """The plan back from the day: what is late, what comes next, how far each unit is, and who helps."""
    election, user, today = visible_election(request, pk), request.user, timezone.localdate()
    unit = shown_unit(request, election)
    below = {"unit__path__startswith": unit.path} if unit else {}
    milestones = election.milestones.visible_to(user).filter(**below)
    groups = _groups(milestones.select_related("unit__kind", "office"), user, election, today)
    shifts = Shift.objects.visible_to(user).filter(post__election=election, **({"post__unit__path__startswith": unit.path} if unit else {}))
    done, places = election_plans.progress(milestones, today), election_plans.places(shifts)
    units = Unit.objects.visible_to(user).filter(elections_shared=election).select_related("kind").order_by("path")
    rows = [] if unit else [{"unit": one, "done": done.get(one.pk), "places": places.get(one.pk)} for one in units[:UNITS_SHOWN]]
    volunteers = Volunteer.objects.visible_to(user).filter(election=election)
    by_state = dict(volunteers.order_by().values_list("state").annotate(n=Count("pk")))
    needed, filled = (sum(count[name] for count in places.values()) for name in ("needed", "filled"))
    days = (election.day - today).days
    figures = [
        {"label": _("Days to go"), "value": max(days, 0), "sub": countdown(days)},
        {"label": _("Milestones done"), "value": _("%(n)s of %(all)s") % {"n": sum(c["done"] for c in done.values()), "all": sum(c["all"] for c in done.values())}},
        {"label": _("Late"), "value": (late := sum(c["late"] for c in done.values())), "tone": "late" if late else "quiet"},
        {"label": _("Places filled"), "value": _("%(n)s of %(all)s") % {"n": filled, "all": needed}},
        {"label": _("People who help"), "value": by_state.get(Volunteer.State.YES, 0)},
    ]
    context = {
        "election": election, "unit": unit, "today": today, "rows": rows, "figures": figures, "days": days,
        "open": [group for group in groups if not group["done_on"]], "done": [group for group in groups if group["done_on"]],
        "runs": user.right_on(election.unit) >= Right.CARE, "verbs": [(state.value, VERBS[state]) for state in election.NEXT[election.state]],
        "cares": any(a.right >= Right.CARE for a in user.appointments_now),
    }  # fmt: skip
    return render(request, "planning/election_detail.html", context)


def countdown(days):
    """How far before election day: "T−90", "T" for the day itself, "T+3" after it."""
    return f"T−{days}" if days > 0 else f"T+{-days}" if days else "T"


def _groups(milestones, user, election, today):
    """Milestones in order of their day; those that several units do are one line. done_on: when the last of them was done."""
    by_group = defaultdict(list)
    for line in milestones:
        line.late, line.editable = line.is_late(today), user.right_at(line.unit.path) >= Right.CARE
        by_group[line.group].append(line)
    found = []
    for lines in by_group.values():
        open_ones = [line for line in lines if not line.done_on]
        found.append({
            "line": lines[0], "lines": lines, "single": len(lines) == 1, "due_on": min(line.due_on for line in open_ones or lines),
            "done_on": None if open_ones else max(line.done_on for line in lines), "done": len(lines) - len(open_ones), "late": sum(line.late for line in lines),
            "open": open_ones[:SHOWN], "more": len(open_ones[SHOWN:]), "count": countdown((election.day - min(line.due_on for line in lines)).days),
        })  # fmt: skip
    return sorted(found, key=lambda group: group["due_on"])


@login_required
@require_http_methods(FORM)
def election_edit(request, pk):
    """Title, day and rules of rest. A new day first shows what moves with it; POST sure=1 moves it."""
    election = own_election(request, pk)
    before, back = election.day, at_election(election)
    form = ElectionEditForm(request.POST or None, instance=election)
    moves = None
    if form.is_valid():
        day, election.day = election.day, before
        if day != before and not request.POST.get("sure"):
            names = ("open", "done", "free", "taken")
            moves = {"days": (day - before).days, "day": day, **{name: found.count() for name, found in zip(names, election_plans.movable(election), strict=True)}}
        elif _stored(election, form, day):
            say(request, _("Saved: %(line)s.") % {"line": election})
            return redirect(election)
        else:
            form.add_error(None, form.changed)
    return form_page(
        request, form, _("Change the election"), election.unit.full_name, back,
        submit=_("Yes, move it") if moves else None, moves=moves,
    )  # fmt: skip


@transaction.atomic
def _stored(election, form, day):
    """Keep what the form says, unless somebody was faster; False then."""
    if not election_plans.move(election, day):
        return False
    names = [name for name in ElectionEditForm.Meta.fields if name != "day"]
    for name in names:
        setattr(election, name, form.cleaned_data[name])
    election.save(update_fields=names)
    return True


@login_required
@require_POST
def election_turn(request, pk):
    """How far it is (POST do=state)."""
    election = own_election(request, pk)
    if election.turn(request.POST.get("do")):
        say(request, f"{election}: {election.get_state_display()}")
    else:
        say(request, _("Somebody changed this meanwhile; please look at it again."))
    return redirect(election)


# --- milestones -----------------------------------------------------------------------------------------------------

@login_required
@require_http_methods(FORM)
def election_milestone_add(request, pk):
    """One more milestone, of the unit that runs the election or of every unit that takes part."""
    election = own_election(request, pk)
    form = MilestoneForm(request.POST or None, instance=ElectionMilestone(election=election, unit=election.unit))
    if form.is_valid():
        units = election.units.all() if form.cleaned_data["everybody"] else [election.unit]
        new, group = form.instance, uuid.uuid4()
        ElectionMilestone.objects.bulk_create(
            ElectionMilestone(election=election, unit=unit, group=group, labels=new.labels, texts=new.texts, due_on=new.due_on, office=new.office)
            for unit in units
        )
        return redirect(election)
    return form_page(request, form, _("New milestone"), election.unit.full_name, at_election(election))


def own_milestone(request, pk):
    found = ElectionMilestone.objects.visible_to(request.user).select_related("election__unit", "unit__kind")
    milestone = get_object_or_404(found, pk=pk)
    if request.user.right_on(milestone.unit) < Right.CARE:
        raise PermissionDenied
    return milestone


@login_required
@require_http_methods(FORM)
def election_milestone_edit(request, pk):
    """Change the milestone of one unit; POST remove=1 takes it out."""
    milestone = own_milestone(request, pk)
    if request.method == "POST" and request.POST.get("remove"):
        milestone.delete()
        say(request, _("Removed: %(line)s.") % {"line": milestone})
        return redirect(milestone.election)
    form = MilestoneForm(request.POST or None, instance=milestone)
    if form.is_valid():
        form.save()
        return redirect(milestone.election)
    return form_page(request, form, str(milestone), milestone.unit.full_name, at_election(milestone.election), removable=True)


@login_required
@require_POST
def election_milestone_turn(request, pk):
    """Done today (back=1: not yet)."""
    milestone = own_milestone(request, pk)
    if request.POST.get("back"):
        milestone.reopen()
    else:
        milestone.finish(timezone.localdate(), request.user)
    return redirect(milestone.election)
