"""Leaving: entering it, what is under way, why people go, and the reasons a party chooses from."""

from datetime import date

from dateutil.relativedelta import relativedelta
from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import Right, to_change, with_right
from common.keyset import page_of
from common.presets import as_presets, chosen
from common.toasts import say
from membership.forms import day_input
from membership.models import ACTIVE, Member
from onboarding import exits, feedback, standing
from onboarding.models import Exit, ExitReason, Journey, Step
from onboarding.models.exits import WIN_BACK

FORM = ["GET", "HEAD", "POST"]
PRESETS = {
    "winning": gettext_lazy("Winning back"), "planned": pgettext_lazy("exits", "Coming"), "back": pgettext_lazy("exits", "Came back"),
    "all": pgettext_lazy("exits", "All"),
}  # fmt: skip
TONES = {Exit.State.PLANNED: "amber", Exit.State.WON_BACK: "ok", Exit.State.RETURNED: "ok"}
HALVES = 5


class ReasonForm(forms.Form):
    """Why somebody leaves: a reason of the party, and their own words."""

    reason = forms.ModelChoiceField(ExitReason.objects.none(), label=gettext_lazy("Reason"), required=False, empty_label=gettext_lazy("not stated"))
    note = forms.CharField(
        label=gettext_lazy("In their own words"), max_length=300, required=False, help_text=gettext_lazy("Only those who care for the unit can read it.")
    )
    no_contact = forms.BooleanField(
        label=gettext_lazy("They asked not to be contacted any more"), required=False,
        help_text=gettext_lazy("Then no checklist and no win-back begins, and nobody is reminded."),
    )  # fmt: skip

    def __init__(self, *args, root, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].queryset = ExitReason.objects.filter(party__path=root, retired_at=None)


class ExitForm(ReasonForm):
    on = forms.DateField(
        label=gettext_lazy("First day without membership"), widget=day_input(),
        help_text=gettext_lazy("A day to come takes effect on that day; until then everything stays as it is, and it can be taken back."),
    )  # fmt: skip
    field_order = ["on", "reason", "note", "no_contact"]


class NewReasonForm(forms.Form):
    label_de = forms.CharField(label=gettext_lazy("In German"), max_length=60, required=False)
    label_he = forms.CharField(label=gettext_lazy("In Hebrew"), max_length=60, required=False)
    label_en = forms.CharField(label=gettext_lazy("In English"), max_length=60, required=False)

    def clean(self):
        data = super().clean()
        self.labels = {code: data[f"label_{code}"] for code in ("de", "he", "en") if data.get(f"label_{code}")}
        if not self.labels:
            self.add_error("label_de", _("Please give the name in at least one language."))
        return data


@login_required
@require_http_methods(FORM)
def exit_add(request, pk):
    """Enter that somebody leaves, today or on a day to come, with the reason."""
    member = with_right(request.user, Member.objects.select_related("home_unit__kind"), Right.LEAD, "home_unit", pk=pk)
    if member.status not in ACTIVE:
        return redirect("onboarding:member_status", pk)
    now = timezone.now()
    on = timezone.localdate(now)
    form = ExitForm(request.POST or None, root=member.home_unit.root_path, initial={"on": on})
    if form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():
                row = exits.enter(member, data["on"], request.user, now, data["reason"], data["note"], data["no_contact"])
                standing.arrive(pk, on, now)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            say(request, _("Noted for %(name)s.") % {"name": member.name})
            return redirect("onboarding:exit_detail", row.pk)
    has_checklist = Step.objects.of_unit(member.home_unit).filter(left_out_at=None, reasons__contains=[Journey.Reason.EXIT]).exists()
    context = {"form": form, "member": member, "has_checklist": has_checklist, "weeks": WIN_BACK.days // 7}
    return render(request, "onboarding/exit_add.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def exit_list(request):
    """Who leaves, whom one tries to win back, who came back."""
    show = chosen(request, PRESETS, "winning")
    found = Exit.objects.visible_to(request.user)
    found = {
        "winning": found.winning_back(), "planned": found.planned(), "all": found.took_effect(),
        "back": found.filter(state__in=(Exit.State.WON_BACK, Exit.State.RETURNED)),
    }[show]  # fmt: skip
    page = page_of(found.select_related("member", "unit", "reason"), ("on", "pk") if show == "planned" else ("-on", "-pk"), request.GET)
    rows = [
        {
            "name": row.member.name, "url": reverse("onboarding:exit_detail", args=[row.pk]), "pill": row.get_state_display(),
            "tone": TONES.get(row.state, ""),
            "what": " · ".join([str(row.unit), date_format(row.on, "SHORT_DATE_FORMAT"), str(row.reason) if row.reason else _("reason not stated")]),
        }
        for row in page.rows
    ]  # fmt: skip
    place = next((a for a in request.user.appointments_now if a.right >= Right.CARE), None)
    context = {"presets": as_presets(PRESETS, show), "page": page, "rows": rows, "show": show, "place": place}
    return render(request, "onboarding/exit_list.html", context)


@login_required
@require_http_methods(FORM)
def exit_detail(request, pk):
    """One exit: when, why, how far the checklist is. POST: reason, words, and that they want to be left alone."""
    row = get_object_or_404(Exit.objects.visible_to(request.user).select_related("member", "unit__kind", "reason", "by"), pk=pk)
    leads = Exit.objects.editable_by(request.user).filter(pk=pk).exists()
    now = timezone.now()
    on = timezone.localdate(now)
    if request.method == "POST" and not leads:
        raise PermissionDenied
    initial = {"reason": row.reason, "note": row.note, "no_contact": row.no_contact}
    form = ReasonForm(request.POST if request.method == "POST" else None, root=row.unit.root_path, initial=initial)
    if form.is_valid():
        with transaction.atomic():
            Exit.objects.filter(pk=pk).update(**form.cleaned_data)
            if form.cleaned_data["no_contact"]:
                exits.leave_alone(row, on, now)
            elif row.no_contact:
                exits.begin_due(on, now, Member.objects.filter(pk=row.member_id))
        say(request, _("Saved."))
        return redirect("onboarding:exit_detail", pk)
    journey = Journey.objects.filter(member=row.member_id, reason=Journey.Reason.EXIT, started_on=row.on).first()
    context = {
        "row": row, "form": form, "leads": leads, "tone": TONES.get(row.state, ""), "journey": journey,
        "steps": list(journey.steps.select_related("step")) if journey else [], "on": on, "until": row.on + WIN_BACK,
        "may_take_back": leads and row.state in (Exit.State.PLANNED, Exit.State.GONE),
    }  # fmt: skip
    return render(request, "onboarding/exit_detail.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def exit_take_back(request, pk):
    """Call off what is still to come; or undo an exit that was a mistake, as long as nothing else has happened since."""
    row = to_change(request.user, Exit.objects.select_related("member", "change"), pk=pk)
    now = timezone.now()
    done = row.call_off() or (row.change is not None and standing.take_back(row.change, request.user, timezone.localdate(now), now))
    say(request, _("Taken back. %(name)s is as before.") % {"name": row.member.name} if done else _("Something else has happened since; please correct it by hand."))
    return redirect("onboarding:exit_detail", pk)


# --- why people go -----------------------------------------------------------------------------------------------------


def half_years(on):
    """[(first day, first day after it)] of the running half-year and those before, the newest first."""
    first = [feedback.half_of(on) - relativedelta(months=6 * back) for back in range(HALVES)]
    return [(day, day + relativedelta(months=6)) for day in first]


@login_required
@require_safe
def exit_figures(request, slug):
    """Exits by reason in a unit and below, per half-year, with the share won back. Beside it the whole party, where that tells of five and more
    whose names one may not see, and only of half-years that are over."""
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
    on = timezone.localdate()
    halves = half_years(on)
    labels = {f"{since.isoformat()}": _("Half-year %(n)s, %(year)s") % {"n": 1 if since.month == 1 else 2, "year": since.year} for since, _until in halves}
    shown = chosen(request, labels, next(iter(labels)))
    since, until = next(pair for pair in halves if pair[0] == date.fromisoformat(shown))
    is_over, cares = until <= on, request.user.right_on(unit) >= Right.CARE
    found = exits.by_reason(Unit.objects.visible_to(request.user, Right.CARE if cares else Right.SEE).below(unit), since, until)
    if not cares:  # they see who has left, but not why
        found = {reason: [n, 0] for reason, (n, _back) in found.items() if is_over and n >= feedback.FEW}
    others = exits.elsewhere(unit.root_path, Unit.objects.visible_to(request.user, Right.CARE), since, until) if is_over else {}
    reasons = {reason.pk: reason for reason in ExitReason.objects.filter(party__path=unit.root_path)}
    most = max((n for n, _back in found.values()), default=0)
    rows = [
        {
            "label": reasons.get(pk) or _("reason not stated"), "gone": found.get(pk, [0, 0])[0], "back": found.get(pk, [0, 0])[1],
            "party": others[pk][0] if pk in others else None,
        }
        for pk in sorted({*found, *others}, key=lambda pk: (-found.get(pk, [0])[0], pk is None, pk and reasons[pk].position))
    ]  # fmt: skip
    gone, back = (sum(pair[place] for pair in found.values()) for place in (0, 1))
    context = {
        "unit": unit, "presets": as_presets(labels, shown), "rows": rows, "gone": gone, "back": back, "share": gone and round(100 * back / gone),
        "most": most, "is_over": is_over, "cares": cares, "leads_party": _leads_party(request.user, unit), "leads": request.user.right_on(unit) >= Right.LEAD,
    }  # fmt: skip
    return render(request, "onboarding/exit_figures.html", context)


def _leads_party(user, unit):
    """Whether `user` leads the whole party `unit` belongs to: the reasons are one list for all."""
    return any(a.right == Right.LEAD and a.below and a.unit.path == unit.root_path for a in user.appointments_now)


@login_required
@require_http_methods(FORM)
def exit_reasons(request, slug):
    """The reasons a party chooses from. POST: add one; do=retire or do=restore with `reason`; do=usual takes the usual ones."""
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
    if not _leads_party(request.user, unit):
        raise PermissionDenied
    root = get_object_or_404(Unit, path=unit.root_path)
    do, pick = request.POST.get("do"), request.POST.get("reason", "")
    form = NewReasonForm(request.POST if request.method == "POST" and not do else None)
    if do == "usual":
        exits.install_reasons(root)
    elif do in ("retire", "restore") and pick.isdecimal() and len(pick) < 18:
        ExitReason.objects.filter(party=root, pk=pick).update(retired_at=timezone.now() if do == "retire" else None)
    elif form.is_valid():
        _add_reason(root, form.labels)
    if do or (request.method == "POST" and not form.errors):
        say(request, _("Saved."))
        return redirect("onboarding:exit_reasons", unit.slug)
    reasons = ExitReason.objects.filter(party=root).annotate(used=Count("exits"))
    context = {"unit": unit, "form": form, "reasons": reasons}
    return render(request, "onboarding/exit_reasons.html", context, status=422 if form.errors else 200)


def _add_reason(root, labels):
    base = slugify(next(iter(labels.values())))[:40] or "reason"
    taken = set(ExitReason.objects.filter(party=root).values_list("slug", flat=True))
    slug = next(slug for n in range(1, len(taken) + 2) if (slug := f"{base}-{n}" if n > 1 else base) not in taken)
    ExitReason.objects.create(party=root, slug=slug, labels=labels, position=len(taken))


@login_required
@require_POST
def exit_checklist(request, slug):
    """Add the usual steps after an exit to the standard of a unit; there they are changed like any others."""
    unit = with_right(request.user, Unit.objects, Right.LEAD, "", slug=slug)
    exits.install_checklist(unit, request.user, timezone.now())
    say(request, _("The steps after an exit stand in the standard now."))
    return redirect("onboarding:standard", unit.slug)
