"""Qualifications: the list of a unit, those of one member, and the kinds a party knows."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Office, Unit
from branches.scope import Right, to_change
from common.context import place_of
from common.keyset import page_of
from common.presets import as_presets, chosen, count_each
from common.toasts import say
from education.models import Qualification, QualificationKind
from education.models.parties import led_parties
from education.qualification_forms import KindForm, QualificationForm
from membership.models import Member, reached_by

FORM = ["GET", "HEAD", "POST"]
MOST_COUNTED = 999
PRESETS = {
    "valid": pgettext_lazy("qualifications", "Valid"),
    "expiring": gettext_lazy("Running out in three months"),
    "expired": pgettext_lazy("qualifications", "Run out"),
}
ORDERS = {"valid": ("-got_on", "-pk"), "expiring": ("until", "pk"), "expired": ("-until", "-pk")}


@login_required
@require_safe
def qualification_list(request):
    """Who has which qualification in the units one sees; `unit` and `kind` narrow it."""
    on, shown = timezone.localdate(), chosen(request, PRESETS, "valid")
    found, narrowed = Qualification.objects.visible_to(request.user), {}
    unit = kind = None
    if slug := request.GET.get("unit", "").replace("\0", ""):
        unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
        found, narrowed = found.filter(member__in=Member.objects.in_unit(unit)), {"unit": slug}
    if (pk := request.GET.get("kind", "")) and pk.isdecimal() and len(pk) < 18:
        kind = get_object_or_404(QualificationKind.objects.visible_to(request.user), pk=pk)
        found, narrowed = found.filter(kind=kind), narrowed | {"kind": pk}
    by_preset = {"valid": found.standing().valid(on), "expiring": found.expiring(on), "expired": found.expired(on)}
    counts = count_each(by_preset, MOST_COUNTED)
    page = page_of(by_preset[shown].select_related("kind", "member__home_unit"), ORDERS[shown], request.GET)
    place = place_of(request)
    context = {
        "presets": as_presets(PRESETS, shown, counts, f"&{urlencode(narrowed)}" if narrowed else ""), "page": page, "on": on, "unit": unit, "kind": kind,
        "here": place.unit if place and not unit else None, "kinds": list(QualificationKind.objects.visible_to(request.user).running()), "shown": shown,
    }  # fmt: skip
    return render(request, "education/qualification_list.html", context)


def _member(request, pk):
    return get_object_or_404(Member.objects.visible_to(request.user).select_related("home_unit__kind"), pk=pk)


def _cares(request, member):
    return Member.objects.filter(reached_by(request.user, Right.CARE), pk=member.pk).exists()


@login_required
@require_http_methods(FORM)
def member_qualifications(request, pk):
    """The qualifications of a member; who cares for them notes one by hand."""
    member, now = _member(request, pk), timezone.now()
    on, cares = timezone.localdate(now), _cares(request, member)
    if request.method == "POST" and not cares:
        raise PermissionDenied
    row = Qualification(member=member, by=request.user, at=now)
    form = QualificationForm(request.POST if request.method == "POST" else None, instance=row, today=on, initial={"got_on": on}) if cares else None
    if form and form.is_valid():
        try:
            with transaction.atomic():
                form.save()
            say(request, _("Noted: %(kind)s.") % {"kind": row.kind})
        except IntegrityError:  # a double click: it is there
            pass
        return redirect(request.path)
    rows = list(member.qualifications.filter(revoked_at=None).select_related("kind", "event", "by"))
    for one in rows:
        one.valid = one.is_valid(on)
    context = {"member": member, "rows": rows, "form": form, "on": on, "cares": cares, "kinds": bool(form and form.fields["kind"].queryset)}
    return render(request, "education/member_qualifications.html", context, status=422 if form and form.errors else 200)


@login_required
@require_POST
def qualification_revoke(request, pk):
    """Take back what was noted by mistake."""
    row = to_change(request.user, Qualification.objects.select_related("kind"), pk=pk)
    if row.revoke(request.user, timezone.now()):
        say(request, _("Taken back: %(kind)s.") % {"kind": row.kind})
    return redirect("education:member_qualifications", row.member_id)


# --- kinds -------------------------------------------------------------------------------------------------------------


@login_required
@require_safe
def qualification_kind_list(request):
    """The kinds of qualifications of one's party."""
    rows = QualificationKind.objects.visible_to(request.user).select_related("office").prefetch_related("event_kinds", "offers")
    context = {"kinds": list(rows.order_by(F("retired_on").asc(nulls_first=True), "pk")), "leads": led_parties(request.user).exists()}
    return render(request, "education/qualification_kind_list.html", context)


@login_required
@require_http_methods(FORM)
def qualification_kind_add(request):
    party = led_parties(request.user).first()
    if party is None:
        raise PermissionDenied
    return _kind_form(request, QualificationKind(party=party, office=Office.objects.filter(slug="secretary").first()))


@login_required
@require_http_methods(FORM)
def qualification_kind_edit(request, pk):
    return _kind_form(request, _kind(request, pk))


def _kind(request, pk):
    return to_change(request.user, QualificationKind.objects, pk=pk)


def _kind_form(request, kind):
    form = KindForm(request.POST if request.method == "POST" else None, instance=kind)
    if form.is_valid():
        say(request, _("Saved: %(kind)s.") % {"kind": form.save()})
        return redirect("education:qualification_kind_list")
    return render(request, "education/qualification_kind_form.html", {"form": form, "kind": kind}, status=422 if form.errors else 200)


@login_required
@require_POST
def qualification_kind_retire(request, pk):
    """POST do=restore gives it again."""
    kind = _kind(request, pk)
    if request.POST.get("do") == "restore":
        kind.restore()
    else:
        kind.retire(timezone.localdate())
    say(request, _("Saved: %(kind)s.") % {"kind": kind})
    return redirect("education:qualification_kind_list")
