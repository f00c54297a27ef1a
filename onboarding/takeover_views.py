"""Taking office: who has not finished, one's own journey, the confidentiality form, the notes of whoever held the office before."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Min, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches import pledging
from branches.models import Appointment, Office, PledgeText, Unit
from branches.scope import Right, with_right
from common.keyset import page_of
from common.links import Found
from common.presets import as_presets, chosen
from common.toasts import say
from onboarding import duties, takeovers
from onboarding.models import OfficeStep, Takeover, TakeoverStep

FORM = ["GET", "HEAD", "POST"]
PRESETS = {"open": gettext_lazy("Not finished"), "done": gettext_lazy("Finished")}
RELATED = ("appointment__user", "appointment__unit__kind", "appointment__office", "predecessor__user")


class TextsForm(forms.Form):
    """The confidentiality form in three languages, and whether it comes before contact data."""

    text_de = forms.CharField(label=gettext_lazy("In German"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}))
    text_he = forms.CharField(label=gettext_lazy("In Hebrew"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}))
    text_en = forms.CharField(label=gettext_lazy("In English"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}))
    first = forms.BooleanField(
        label=gettext_lazy("Contact data of members only after the form is accepted"), required=False,
        help_text=gettext_lazy("For everybody in office here and below, from now on: until they accept they see names and figures only."),
    )  # fmt: skip

    def __init__(self, *args, unit, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.unit, self.user = unit, user
        form = pledging.text_for(unit)
        for code in ("de", "he", "en"):
            self.fields[f"text_{code}"].initial = (form.texts if form else pledging.USUAL).get(code, "")
        self.fields["first"].initial = unit.setting("pledge_first")

    def clean(self):
        data = super().clean()
        self.texts = {code: data[f"text_{code}"].strip() for code in ("de", "he", "en") if data.get(f"text_{code}", "").strip()}
        if not self.texts:
            self.add_error("text_de", _("Please write the text in at least one language."))
        own = self.unit.pledge_texts.first()
        if data.get("first") and not self.unit.setting("pledge_first") and not (own and pledging.has_accepted(self.user, own)):
            self.add_error("first", _("Please save the text and accept the form yourself first; otherwise you would lock yourself out."))
        return data


class OfficeStepForm(forms.Form):
    label_de = forms.CharField(label=gettext_lazy("In German"), max_length=80, required=False)
    label_he = forms.CharField(label=gettext_lazy("In Hebrew"), max_length=80, required=False)
    label_en = forms.CharField(label=gettext_lazy("In English"), max_length=80, required=False)
    office = forms.ModelChoiceField(Office.objects.all(), label=gettext_lazy("For which office"), required=False, empty_label=gettext_lazy("every office"))
    days = forms.IntegerField(label=gettext_lazy("Days after taking office"), min_value=1, max_value=365, initial=14)

    def clean(self):
        data = super().clean()
        self.labels = {code: data[f"label_{code}"] for code in ("de", "he", "en") if data.get(f"label_{code}")}
        if not self.labels:
            self.add_error("label_de", _("Please give the name in at least one language."))
        return data


def _unit(request, slug):
    return with_right(request.user, Unit.objects.select_related("kind"), Right.LEAD, "", slug=slug)


@login_required
@require_safe
def takeover_list(request):
    """Officers who have not finished: oneself, and those in the units one leads."""
    show, on = chosen(request, PRESETS, "open"), timezone.localdate()
    found = Takeover.objects.visible_to(request.user).filter(done_on__isnull=show == "open").select_related(*RELATED)
    is_open = Q(steps__done_on=None)
    page = page_of(found.annotate(left=Count("steps", filter=is_open), next_on=Min("steps__due_on", filter=is_open)), ("-started_on", "-pk"), request.GET)
    rows = [
        {
            "name": str(row.appointment.user), "url": reverse("onboarding:takeover_detail", args=[row.pk]), "due": row.next_on,
            "what": f"{row.appointment.office}, {row.appointment.unit.full_name} · "
            + (ngettext("%(n)s step left", "%(n)s steps left", row.left) % {"n": row.left} if row.left else _("finished")),
        }
        for row in page.rows
    ]  # fmt: skip
    place = next((a for a in request.user.appointments_now if a.right >= Right.LEAD), None)
    context = {"presets": as_presets(PRESETS, show), "page": page, "rows": rows, "on": on, "place": place, "show": show}
    return render(request, "onboarding/takeover_list.html", context)


@login_required
@require_safe
def takeover_detail(request, pk):
    """The journey of one office: steps, what the predecessor wrote, whom to ask."""
    takeover = get_object_or_404(Takeover.objects.visible_to(request.user).select_related(*RELATED), pk=pk)
    term, on = takeover.appointment, timezone.localdate()
    steps = list(takeover.steps.select_related("asked", "done_by"))
    for step in steps:
        step.takeover = takeover
        step.mine = takeovers.in_charge(step, request.user)
    units = [path for path in term.unit.ancestor_paths()[:2]]
    ask = Appointment.objects.active(on).filter(unit__path__in=units, deputy_for=None).exclude(user=term.user_id)
    context = {
        "takeover": takeover, "term": term, "steps": steps, "on": on, "own": term.user_id == request.user.pk,
        "ask": ask.select_related("user", "office", "unit__kind").order_by("-unit__path", "office__position")[:20],
    }  # fmt: skip
    return render(request, "onboarding/takeover_detail.html", context)


@login_required
@require_POST
def takeover_step(request, pk):
    """POST do=undo takes it back, anything else closes it; each by whom it waits for."""
    seen = TakeoverStep.objects.filter(takeover__in=Takeover.objects.visible_to(request.user))
    step = get_object_or_404(seen.select_related("asked", "takeover__appointment__unit"), pk=pk)
    if not takeovers.in_charge(step, request.user) or step.kind == TakeoverStep.Kind.PLEDGE:
        raise PermissionDenied
    with transaction.atomic():
        if request.POST.get("do") == "undo":
            step.undo()
        else:
            step.tick(request.user, timezone.localdate())
    return redirect("onboarding:takeover_detail", step.takeover_id)


@login_required
@require_http_methods(FORM)
def pledge(request):
    """The confidentiality forms of one's offices: read and accept them, read again what one has signed. POST `form`, `name`, `agreed`."""
    now = timezone.now()
    on = timezone.localdate(now)
    forms_of = pledging.to_accept(request.user, on)
    missing = {form.pk: form for form, accepted in forms_of if not accepted}
    wanted, name = request.POST.get("form", ""), request.POST.get("name", "").strip()[:160]
    unsigned = False
    if request.method == "POST":
        form = missing.get(int(wanted)) if wanted.isdecimal() and len(wanted) < 18 else None
        unsigned = form is not None and not (name and request.POST.get("agreed"))
        if form is None or not unsigned:
            if form:
                with transaction.atomic():
                    pledging.accept(request.user, form, name, now)
                    takeovers.note_pledge(request.user, on)
                    duties.settle(on, form.unit)
                say(request, _("Accepted. Thank you."))
                own = Takeover.objects.open().filter(appointment__user=request.user).order_by("-pk").first()
                if own and len(missing) == 1:
                    return redirect("onboarding:takeover_detail", own.pk)
            return redirect("onboarding:pledge")
    context = {
        "missing": missing.values(), "signed": request.user.pledges.select_related("form__unit__kind"), "unsigned": unsigned,
        "name": name or request.user.name,
    }  # fmt: skip
    return render(request, "onboarding/pledge.html", context, status=422 if unsigned else 200)


@login_required
@require_http_methods(FORM)
def pledge_text(request, slug):
    """Write the confidentiality form of a unit, and say whether it comes before contact data."""
    unit, now = _unit(request, slug), timezone.now()
    form = TextsForm(request.POST if request.method == "POST" else None, unit=unit, user=request.user)
    if form.is_valid():
        with transaction.atomic():
            pledging.write(unit, form.texts, request.user, now)
            if form.cleaned_data["first"] != unit.setting("pledge_first"):
                pledging.ask_first(unit, form.cleaned_data["first"])
                duties.settle(timezone.localdate(now), unit)
        say(request, _("Saved."))
        return redirect("onboarding:pledge_text", slug)
    signed = PledgeText.objects.filter(unit=unit).aggregate(n=Count("pledges__user", distinct=True))["n"]
    context = {"unit": unit, "form": form, "current": unit.pledge_texts.first(), "signed": signed}
    return render(request, "onboarding/pledge_text.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(FORM)
def office_steps(request, slug):
    """The introduction to an office in a unit and below. POST: add a step; do=retire or do=restore with `step`; do=usual takes the usual ones."""
    unit = _unit(request, slug)
    do, pick = request.POST.get("do"), request.POST.get("step", "")
    form = OfficeStepForm(request.POST if request.method == "POST" and not do else None)
    if do == "usual":
        takeovers.install(unit)
    elif do in ("retire", "restore") and pick.isdecimal() and len(pick) < 18:
        unit.office_steps.filter(pk=pick).update(retired_at=timezone.now() if do == "retire" else None)
    elif form.is_valid():
        slug_of = slugify(next(iter(form.labels.values())))[:40] or "step"
        taken = set(unit.office_steps.values_list("slug", flat=True))
        free = next(name for n in range(1, len(taken) + 2) if (name := f"{slug_of}-{n}" if n > 1 else slug_of) not in taken)
        data = form.cleaned_data
        unit.office_steps.create(slug=free, labels=form.labels, office=data["office"], days=data["days"], position=len(taken))
    if do or (request.method == "POST" and not form.errors):
        say(request, _("Saved."))
        return redirect("onboarding:office_steps", slug)
    above = OfficeStep.objects.filter(unit__path__in=unit.ancestor_paths()[1:], retired_at=None).select_related("unit__kind", "office")
    context = {"unit": unit, "form": form, "steps": unit.office_steps.select_related("office"), "above": above}
    return render(request, "onboarding/office_steps.html", context, status=422 if form.errors else 200)


def _found(now, pk):
    takeover = get_object_or_404(Takeover.objects.select_related(*RELATED), pk=pk)
    person, ends_on = takeover.predecessor and takeover.predecessor.user, takeover.appointment.ends_on
    is_open = person is not None and person.is_active and (ends_on is None or timezone.localdate(now) < ends_on)
    return Found((takeover, person), person.language if person else "", is_open)


@takeovers.LINK.opens(_found, "onboarding/link_handover.html")
def link_handover(request, takeover, person, now):
    """Whoever held the office before writes what the next one should know, without signing in. Opening the link changes nothing."""
    text = request.POST.get("notes", "").strip()[:8000]
    if text:
        takeover.note(text, now)
        return redirect(request.path)
    empty = request.method == "POST"
    context = {"takeover": takeover, "term": takeover.appointment, "person": person, "empty": empty}
    return render(request, "onboarding/link_handover.html", context, status=422 if empty else 200)
