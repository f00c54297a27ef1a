"""Ideas of units: read by all of the party, supported by other units, taken up into a work plan by one button."""

from html import escape

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Office, Unit, full_name
from branches.scope import Right
from common.context import place_of
from common.keyset import page_of
from common.labels import localized
from common.money import money
from common.presets import as_presets, chosen
from common.templatetags.ui import icon
from common.toasts import say
from planning.idea_forms import AdoptForm, IdeaForm
from planning.ideas import adopt
from planning.meter_words import short_day
from planning.models import Idea
from planning.once import once
from planning.plans import month_end

FORM = ["GET", "HEAD", "POST"]
PRESETS = {
    "new": pgettext_lazy("ideas", "Newest"),
    "supported": pgettext_lazy("ideas", "Most supported"),
    "own": pgettext_lazy("ideas", "Of my units"),
    "taken": pgettext_lazy("ideas", "Taken up"),
}
SIZE = 20
COLUMNS = ["pk", "title", "wanted", "created_at", "unit__name", "unit__kind__labels", "supporters", "adopters"]


def own_unit(request, slug=""):
    """The unit one acts in, or that of the address, as far as one cares for it; None otherwise."""
    place = place_of(request)
    slug = (slug or (place.unit.slug if place else "")).replace("\0", "")
    return Unit.objects.visible_to(request.user, Right.CARE).select_related("kind").filter(slug=slug).first()


def cared_unit(request, slug):
    """404 for a unit one does not see, 403 for one that one does not care for."""
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug.replace("\0", ""))
    if request.user.right_on(unit) < Right.CARE:
        raise PermissionDenied
    return unit


@login_required
@require_safe
def idea_list(request):
    """The ideas of the party."""
    show = chosen(request, PRESETS, "new")
    order = ("-supporters", "-pk") if show == "supported" else ("-created_at", "-pk")

    def found():
        ideas = Idea.objects.visible_to(request.user).shared().counted()
        narrowed = {"supported": {"supporters__gt": 0}, "own": {"unit__in": Unit.objects.visible_to(request.user).order_by()}, "taken": {"adopters__gt": 0}}
        return ideas.filter(**narrowed.get(show, {})).values_list(*COLUMNS, named=True)

    page = page_of(found, order, request.GET, SIZE, key=("ideas", request.user.reach, show))
    context = {"page": page, "rows": _rows(page.rows), "presets": as_presets(PRESETS, show), "show": show, "unit": own_unit(request)}
    return render(request, "planning/idea_list.html", context)


def _rows(ideas):
    """An <li> for each of `ideas` (values of COLUMNS)."""
    base, language, bulb, looking = reverse("planning:idea_list"), get_language(), icon("light-bulb"), escape(_("looking for:"))
    rows = []
    for idea in ideas:
        unit, day = full_name(idea.unit__name, localized(idea.unit__kind__labels, language)), short_day(timezone.localdate(idea.created_at), language)
        wanted = f" · {looking} <bdi>{escape(idea.wanted)}</bdi>" if idea.wanted else ""
        numbers = [ngettext("%(n)s unit supports it", "%(n)s units support it", idea.supporters) % {"n": idea.supporters}] if idea.supporters else []
        numbers += [ngettext("%(n)s unit took it up", "%(n)s units took it up", idea.adopters) % {"n": idea.adopters}] if idea.adopters else []
        rows.append(
            f'<li><div class="check"><span class="muted">{bulb}</span><div><a class="label" href="{base}{idea.pk}/"><bdi>{escape(idea.title)}</bdi></a>'
            f'<p class="sub"><bdi>{escape(unit)}</bdi> · {day}{wanted}</p></div><div class="small muted">{"<br>".join(map(escape, numbers))}</div></div></li>'
        )
    return mark_safe("".join(rows))  # every value is escaped


def visible_idea(request, pk):
    return get_object_or_404(Idea.objects.visible_to(request.user).counted().select_related("unit__kind", "by"), pk=pk)


@login_required
@require_safe
def idea_detail(request, pk):
    """One idea, who supports it, who took it up, and the button to take it up."""
    idea, today = visible_idea(request, pk), timezone.localdate()
    unit = own_unit(request, request.GET.get("unit", ""))
    supports = list(idea.supports.select_related("unit__kind").order_by("at"))
    adoptions = list(idea.adoptions.select_related("unit__kind", "activity__plan", "activity__office").order_by("at"))
    soon = month_end(today.year, today.month + 1) if today.month < 12 else month_end(today.year + 1, 1)
    initial = {"office": Office.objects.filter(slug="secretary").first(), "month": soon.month, "year": soon.year}
    context = {
        "idea": idea,
        "unit": unit,
        "cost": money(idea.cost_cents, idea.unit.setting("currency")) if idea.cost_cents else "",
        "supports": supports,
        "adoptions": adoptions,
        "supported": unit and any(row.unit_id == unit.pk for row in supports),
        "taken": unit and next((row for row in adoptions if row.unit_id == unit.pk), None),
        "mine": request.user.right_on(idea.unit) >= Right.CARE,
        "form": AdoptForm(initial=initial, today=today),
    }
    return render(request, "planning/idea_detail.html", context)


@login_required
@require_http_methods(FORM)
def idea_add(request, slug):
    unit = cared_unit(request, slug)
    form = IdeaForm(request.POST or None, instance=Idea(unit=unit, by=request.user, created_at=timezone.now()))
    if form.is_valid():
        idea = once(Idea.objects.editable_by(request.user), form.instance.key, form.save)
        say(request, _("Shared with all units: %(idea)s.") % {"idea": idea})
        return redirect("planning:idea_detail", idea.pk)
    return render(request, "planning/idea_form.html", {"form": form, "unit": unit}, status=422 if form.errors else 200)


def own_idea(request, pk):
    idea = visible_idea(request, pk)
    if request.user.right_on(idea.unit) < Right.CARE:
        raise PermissionDenied
    return idea


@login_required
@require_http_methods(FORM)
def idea_edit(request, pk):
    idea = own_idea(request, pk)
    form = IdeaForm(request.POST or None, instance=idea)
    form.fields["key"].disabled = True
    if form.is_valid():
        form.save()
        return redirect("planning:idea_detail", pk)
    return render(request, "planning/idea_form.html", {"form": form, "unit": idea.unit, "idea": idea}, status=422 if form.errors else 200)


@login_required
@require_POST
def idea_support(request, pk):
    """The unit POST names supports the idea (back=1: no longer)."""
    idea, unit = visible_idea(request, pk), cared_unit(request, request.POST.get("unit", ""))
    if unit.root_path != idea.unit.root_path:
        raise Http404
    if request.POST.get("back"):
        idea.leave(unit)
    elif not idea.withdrawn_at:
        idea.support(unit, request.user, timezone.now())
    return redirect("planning:idea_detail", pk)


@login_required
@require_POST
def idea_adopt(request, pk):
    """Take the idea up into the work plan of the unit POST names."""
    idea, unit, today = visible_idea(request, pk), cared_unit(request, request.POST.get("unit", "")), timezone.localdate()
    if unit.root_path != idea.unit.root_path or idea.withdrawn_at:
        raise Http404
    form = AdoptForm(request.POST, today=today)
    if not form.is_valid():
        say(request, _("Please say who is in charge, and when."))
        return redirect("planning:idea_detail", pk)
    due_on = month_end(form.cleaned_data["year"], form.cleaned_data["month"])
    adoption, new = adopt(idea, unit, form.cleaned_data["office"], due_on, request.user, timezone.now())
    if new:
        say(request, _("Now part of the work plan of %(unit)s: %(idea)s.") % {"unit": unit, "idea": idea})
    return redirect("planning:plan_detail", unit.slug, adoption.activity.plan.year)


@login_required
@require_POST
def idea_withdraw(request, pk):
    """Show the idea to nobody else any more (back=1: again); plans that took it up keep it."""
    idea = own_idea(request, pk)
    Idea.objects.filter(pk=idea.pk).update(withdrawn_at=None if request.POST.get("back") else timezone.now())
    return redirect("planning:idea_detail", pk)
