"""Transfers between units: asking, answering, deciding. What is granted is carried out on its day, with the journey."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import Right, if_seen, with_right
from common.folding import fold
from common.keyset import page_of
from common.presets import as_presets, chosen, count_each
from common.toasts import say
from membership import transfers
from membership.admission_forms import IncomingForm, RemarkForm, TransferForm
from membership.models import Member, Transfer
from membership.models.admission import clock
from onboarding import standing
from onboarding.admission_views import days_left, short

FORM = ["GET", "HEAD", "POST"]
PRESETS = {"mine": gettext_lazy("Waits for you"), "open": gettext_lazy("Under way"), "done": gettext_lazy("Done")}
MOST_COUNTED = 300


@login_required
@require_safe
def transfer_list(request):
    on = timezone.localdate()
    seen = Transfer.objects.visible_to(request.user)
    found = {
        "mine": Transfer.objects.waiting_for(request.user, on),
        "open": seen.filter(state__in=(Transfer.State.OPEN, Transfer.State.GRANTED)),
        "done": seen.exclude(state__in=(Transfer.State.OPEN, Transfer.State.GRANTED)),
    }
    show = chosen(request, PRESETS, "mine")
    order = ("-requested_on", "-pk") if show == "done" else ("answer_until", "pk")
    page = page_of(found[show].select_related("member", "from_unit", "to_unit"), order, request.GET)
    counts = count_each({name: rows for name, rows in found.items() if name != "done"}, MOST_COUNTED)
    context = {
        "presets": as_presets(PRESETS, show, counts),
        "page": page,
        "rows": [row(transfer, on) for transfer in page.rows],
        "show": show,
        "leads": any(a.right >= Right.LEAD for a in request.user.appointments_now),
    }
    return render(request, "onboarding/transfer_list.html", context)


def row(transfer, on):
    what = _("%(old)s → %(new)s · on %(day)s") % {"old": transfer.from_unit, "new": transfer.to_unit, "day": short(transfer.moves_on)}
    pill, tone = transfer.get_state_display(), {"done": "ok", "granted": "ok"}.get(transfer.state, "")
    if transfer.answers_missing(on):
        tone, left = clock(transfer.answer_until, on)
        pill = days_left(left)
    elif transfer.is_open:
        pill, tone = _("waits for the decision"), "amber"
    return {"name": transfer.member.name, "url": transfer.get_absolute_url(), "what": what, "pill": pill, "tone": tone}


def _transfer(request, pk):
    seen = Transfer.objects.visible_to(request.user)
    related = ("member", "from_unit__kind", "to_unit__kind", "decider__kind", "from_by", "to_by", "decided_by", "requested_by")
    return get_object_or_404(seen.select_related(*related), pk=pk)


@login_required
@require_safe
def transfer_detail(request, pk):
    """Who asked and why, what both units say, who has the word now."""
    transfer = _transfer(request, pk)
    on, user = timezone.localdate(), request.user
    missing = transfer.answers_missing(on)
    leads = {side: user.right_on(getattr(transfer, f"{side}_unit")) >= Right.LEAD for side in ("from", "to")}
    sides = [
        {
            "side": side, "unit": getattr(transfer, f"{side}_unit"), "answer": getattr(transfer, f"{side}_answer"),
            "words": getattr(transfer, f"get_{side}_answer_display")(), "remark": getattr(transfer, f"{side}_remark"),
            "by": getattr(transfer, f"{side}_by"), "may_answer": side in missing and leads[side], "hands_over": side == "from",
        }
        for side in ("from", "to")
    ]  # fmt: skip
    tone, left = clock(transfer.answer_until, on)
    context = {
        "transfer": transfer,
        "on": on,
        "sides": sides,
        "clock": (days_left(left), tone) if missing else None,
        "may_decide": transfer.waits_for_decision(on) and user.right_on(transfer.decider) >= Right.LEAD,
        "waits": transfer.waits_for_decision(on),
        "may_withdraw": transfer.state in (Transfer.State.OPEN, Transfer.State.GRANTED) and (any(leads.values()) or user.pk == transfer.requested_by_id),
        "member_visible": if_seen(user, transfer.member),
    }
    return render(request, "onboarding/transfer_detail.html", context)


def _units(request):
    """Units with members in the trees of one's offices: where somebody may move to."""
    roots = {a.unit.root_path for a in request.user.appointments_now}
    units = Unit.objects.open(timezone.localdate()).filter(kind__leads_members=True).select_related("kind")
    found = units.none()
    for root in roots:
        found |= units.filter(path__startswith=root)
    return found


@login_required
@require_http_methods(FORM)
def transfer_add(request, pk):
    """Ask that a member one leads moves to another unit."""
    member = with_right(request.user, Member.objects.select_related("home_unit"), Right.LEAD, "home_unit", pk=pk)
    units = _units(request).filter(path__startswith=member.home_unit.root_path).exclude(pk=member.home_unit_id)
    form = TransferForm(request.POST or None, instance=Transfer(member=member), units=units, initial={"moves_on": timezone.localdate()})
    return _ask(request, form, "onboarding/transfer_add.html", {"member": member})


@login_required
@require_http_methods(FORM)
def transfer_ask(request):
    """Ask for somebody of another unit: number and family name have to fit, so that nobody finds members by trying names."""
    units = Unit.objects.editable_by(request.user).open(timezone.localdate()).filter(kind__leads_members=True).select_related("kind")
    if not units.exists():
        raise PermissionDenied
    form = IncomingForm(request.POST or None, units=units, initial={"moves_on": timezone.localdate()})
    if form.is_valid():
        root = form.cleaned_data["to_unit"].root_path
        known = Member.objects.active().filter(party__path=root, number=form.cleaned_data["number"].strip())
        member = next((found for found in known.select_related("home_unit") if fold(found.family_name) == fold(form.cleaned_data["family_name"])), None)
        if member is None:
            form.add_error("number", _("There is no member with this number and family name."))
        form.instance.member = member
    return _ask(request, form, "onboarding/transfer_ask.html", {})


def _ask(request, form, template, context):
    if form.is_valid():
        now = timezone.now()
        on = timezone.localdate(now)
        try:
            with transaction.atomic():
                transfer = transfers.ask(form.instance, request.user, on)
                _carry_out(transfer, on, now)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            say(request, _("The transfer of %(name)s is asked for.") % {"name": transfer.member.name})
            return redirect(transfer)
    return render(request, template, context | {"form": form}, status=422 if form.errors else 200)


def _carry_out(transfer, on, now):
    """What is granted and whose day has come is done at once; the journey travels with it."""
    if transfer.state == Transfer.State.GRANTED and transfer.moves_on <= on:
        standing.arrive(transfers.carry_out(transfer.pk, on, now).member_id, on, now)


@login_required
@require_POST
def transfer_answer(request, pk, side):
    """POST do=accept or do=decline for the old ("from") or new ("to") unit, with remark and hand-over note."""
    transfer = _transfer(request, pk)
    if side not in ("from", "to") or request.user.right_on(getattr(transfer, f"{side}_unit")) < Right.LEAD:
        raise PermissionDenied
    form = RemarkForm(request.POST)
    form.is_valid()
    remark, handover = (form.cleaned_data.get(name, "") for name in ("remark", "handover"))
    accepts = request.POST.get("do") == "accept"
    return _said(request, transfer, lambda on: transfers.answer(pk, side, accepts, remark, request.user, on, handover if side == "from" else ""))


@login_required
@require_POST
def transfer_decide(request, pk):
    """POST do=accept or do=decline for the unit above both."""
    transfer = _transfer(request, pk)
    if request.user.right_on(transfer.decider) < Right.LEAD:
        raise PermissionDenied
    form = RemarkForm(request.POST)
    form.is_valid()
    return _said(request, transfer, lambda on: transfers.decide(pk, request.POST.get("do") == "accept", form.cleaned_data.get("remark", ""), request.user, on))


@login_required
@require_POST
def transfer_withdraw(request, pk):
    transfer = _transfer(request, pk)
    leads = any(request.user.right_on(unit) >= Right.LEAD for unit in (transfer.from_unit, transfer.to_unit))
    if not leads and transfer.requested_by_id != request.user.pk:
        raise PermissionDenied
    return _said(request, transfer, lambda on: transfers.withdraw(pk, on))


def _said(request, transfer, verb):
    now = timezone.now()
    on = timezone.localdate(now)
    try:
        with transaction.atomic():
            _carry_out(verb(on), on, now)
        say(request, _("Noted."))
    except transfers.Closed:
        say(request, _("Somebody else was faster: this is decided."))
    return redirect(if_seen(request.user, transfer, "onboarding:transfer_list"))
