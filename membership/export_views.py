"""Lists that leave the house: taking one out, fetching it, saying it is deleted, and who took out what."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.appointing import is_administrator
from branches.models import Unit
from branches.scope import Right
from common.context import place_of
from common.files import PDF, download
from common.keyset import page_of
from common.links import Found
from common.presets import as_presets, chosen, count_each
from common.toasts import say
from membership import columns, exporting
from membership.choosing import picks_of
from membership.export_forms import ExportForm, PurposeForm
from membership.models import Export, ExportPurpose
from membership.tasks import wake_export

READ = ["GET", "HEAD"]
MOST_COUNTED = 999
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
PRESETS = {
    "all": gettext_lazy("All"),
    "outside": gettext_lazy("Not deleted yet"),
    "overdue": gettext_lazy("Should be deleted by now"),
    "mine": gettext_lazy("My own"),
}


def _purposes(party):
    return ExportPurpose.objects.filter(party=party)


def _unit(request, address):
    """The unit a list is taken out of: the one its filter names, else the one the person acts in."""
    slug = QueryDict(address).get("unit", "")
    cared = Unit.objects.visible_to(request.user, Right.CARE).select_related("kind")
    if slug:
        return get_object_or_404(cared, slug=slug)
    place = place_of(request)
    unit = cared.filter(pk=place.unit_id).first() if place else None
    unit = unit or cared.first()
    if unit is None:
        raise PermissionDenied
    return unit


@login_required
@require_http_methods([*READ, "POST"])
def export_add(request):
    """Take a list out: first what for, then columns, format and until when. `of`, `pick`, `all`: see choosing.picks_of."""
    address, picks = picks_of(request.GET)
    unit = _unit(request, address)
    party = get_object_or_404(Unit, path=unit.root_path)
    letters = request.GET.get("format") == Export.Format.LETTERS
    purposes = _purposes(party).filter(retired=False)
    now, today = timezone.now(), timezone.localdate()
    chosen = request.GET.get("purpose", "")
    purpose = get_object_or_404(purposes, pk=chosen) if chosen.isdecimal() and len(chosen) < 10 else None
    try:
        choice = exporting.whom(request.user, unit, address, picks, Export.Format.LETTERS if letters else "", today)
    except ValidationError as error:
        return render(request, "membership/export_add.html", {"trouble": error.messages[0], "unit": unit}, status=422)
    context = {"unit": unit, "count": choice.members.count(), "left_out": choice.told, "letters": letters}
    if purpose is None:
        rest = request.GET.copy()
        context["purposes"] = [{"label": str(row), "url": f"?{_with(rest, purpose=row.pk)}", "days": row.days} for row in purposes]
        return render(request, "membership/export_add.html", context)
    offered = columns.offered(request.user, today, unit)
    form = ExportForm(request.POST if request.method == "POST" else None, purpose=purpose, offered=offered, today=today, letters=letters)
    if form.is_valid():
        count = context["count"]
        if form.chosen_format == Export.Format.LABELS:
            choice = exporting.whom(request.user, unit, address, picks, form.chosen_format, today)
            context["left_out"], count = choice.told, choice.members.count()
        form.check(count)
        if not form.errors:
            language = translation.get_language()
            export = exporting.order(
                request.user, unit, now=now, purpose=purpose, filter=address, picks=picks, language=language, **form.order
            )
            if count <= exporting.SOON and form.chosen_format in TYPES:
                exporting.write(export, now)
            else:
                wake_export(export)
            return redirect("membership:export_detail", export.pk)
    context |= {"form": form, "purpose": purpose}
    return render(request, "membership/export_add.html", context, status=422 if form.errors else 200)


def _with(params, **more):
    for name, value in more.items():
        params[name] = value
    return params.urlencode()


@login_required
@require_safe
def export_list(request):
    """Who took out what, for what, when and how many: one's own and those of the units one leads, the newest first."""
    if not any(a.right >= Right.CARE for a in request.user.appointments_now):
        raise PermissionDenied
    on, found = timezone.localdate(), Export.objects.visible_to(request.user)
    by_preset = {"all": found, "outside": found.outside(), "overdue": found.overdue(on), "mine": found.filter(by=request.user)}
    shown = chosen(request, PRESETS, "all")
    counts = count_each(by_preset, MOST_COUNTED)
    page = page_of(by_preset[shown].select_related("by", "unit", "purpose"), ("-id", "-pk"), request.GET)
    for row in page.rows:
        row.label, row.tone = _state(row, on)
    context = {"presets": as_presets(PRESETS, shown, counts), "page": page, "administrator": is_administrator(request.user)}
    return render(request, "membership/export_list.html", context)


def _state(export, on):
    """(words, tone) of where the list is."""
    if export.deleted_at:
        return _("deleted"), "ok"
    if export.is_overdue(on):
        return _("should be deleted"), "late"
    if export.state == Export.State.READY:
        return (_("outside"), "amber") if export.fetched_at else (_("not fetched"), "")
    return export.get_state_display(), ""


@login_required
@require_safe
def export_detail(request, pk):
    """One list: what it was for, whose it is, where it stands; for its owner also the file. The page asks again until it is written."""
    export = get_object_or_404(Export.objects.visible_to(request.user).select_related("by", "unit", "purpose"), pk=pk)
    now = timezone.now()
    label, tone = _state(export, timezone.localdate())
    context = {
        "export": export,
        "own": Export.objects.editable_by(request.user).filter(pk=pk).exists(),
        "kept": export.kept(now),
        "label": label,
        "tone": tone,
        "poll_url": reverse("membership:export_detail", args=[pk]),
        "names": columns.names(export.columns),
        "list_url": f"{reverse('membership:member_list')}?{export.filter}" if export.by == request.user else "",
    }
    return render(request, "membership/_export.html" if request.htmx else "membership/export_detail.html", context)


@login_required
@require_safe
def export_download(request, pk):
    """The file, for its owner, as long as they care for exactly what they cared for when it was written."""
    export = get_object_or_404(Export.objects.editable_by(request.user).select_related("unit"), pk=pk)
    if export.rights != exporting.rights(request.user):
        raise PermissionDenied
    now = timezone.now()
    if not export.kept(now):
        raise Http404
    # Fetching is what makes the reminder due: noted with the first byte, whatever the program that asked.
    export.hand_out(now)
    return download(export.file_name, exporting.pieces(export), TYPES.get(export.format, PDF))


@login_required
@require_POST
def export_delete(request, pk):
    """The owner says that no copy is left."""
    export = get_object_or_404(Export.objects.visible_to(request.user), pk=pk)
    if export.by != request.user:
        raise PermissionDenied
    export.confirm_deleted(timezone.now())
    say(request, _("Thank you. The list is noted as deleted."))
    return redirect("membership:export_detail", pk)


def _found(now, pk):
    export = get_object_or_404(Export.objects.select_related("by", "unit", "purpose"), pk=pk)
    return Found((export,), export.by.language)


@exporting.LINK.opens(_found, "membership/export_deleted.html")
def export_deleted(request, export, now):
    """By the link of the reminder, without sign-in: a page with one button. It shows no names of members."""
    if request.method == "POST":
        export.confirm_deleted(now)
        return redirect(request.path)
    return render(request, "membership/export_deleted.html", {"export": export})


# The purposes a party keeps


def _administered(request):
    """The root unit whose purposes this person keeps. 403 for whoever does not lead a whole party."""
    held = next((a for a in request.user.appointments_now if a.right == Right.LEAD and a.below and a.unit.depth == 1), None)
    if held is None:
        raise PermissionDenied
    return held.unit


@login_required
@require_safe
def purpose_list(request):
    """The purposes of the party."""
    rows = _purposes(_administered(request))
    return render(request, "membership/purpose_list.html", {"rows": rows})


@login_required
@require_http_methods([*READ, "POST"])
def purpose_add(request):
    party = _administered(request)
    return _purpose_form(request, ExportPurpose(party=party, position=_purposes(party).count()))


@login_required
@require_http_methods([*READ, "POST"])
def purpose_edit(request, pk):
    return _purpose_form(request, get_object_or_404(_purposes(_administered(request)), pk=pk))


def _purpose_form(request, purpose):
    form = PurposeForm(request.POST if request.method == "POST" else None, instance=purpose)
    if form.is_valid():
        form.save()
        say(request, _("Saved."))
        return redirect("membership:purpose_list")
    return render(request, "membership/purpose_form.html", {"form": form, "purpose": purpose}, status=422 if form.errors else 200)
