"""Members and their own data: the pages by link, asking for a look, what waits for an office, and who can see somebody."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.scope import Right, with_right
from common.keyset import page_of
from common.links import Found
from common.toasts import say
from membership import correcting, own_data, telling, visibility
from membership.forms import OwnDataForm
from membership.models import ACTIVE, Ask, Member, Proposal
from outbox.tasks import wake


def _found(now, pk):
    ask = get_object_or_404(Ask.objects.select_related("member__home_unit__kind", "change"), pk=pk)
    is_open = timezone.localdate(now) <= ask.until and ask.member.status in ACTIVE
    return Found((ask,), own_data.language_of(ask.member), is_open, {"unit": ask.member.home_unit})


by_link = own_data.LINK.opens(_found, "membership/_own_closed.html")


@by_link
def own_record(request, ask, now):
    """See and correct one's own data, or say with one button that all is right. After that the link shows what becomes of it."""
    member, clashes = ask.member, []
    if ask.answered_at:
        if request.method == "POST":
            return redirect(request.path)
        changed = [telling.label(name) for name in ask.change.after] if ask.change else []
        context = {"ask": ask, "member": member, "changed": changed, "proposals": ask.proposals.all()}
        return render(request, "membership/own_record.html", context)
    if request.POST.get("do") == "confirm":
        own_data.answer(ask, {}, {}, now)
        return redirect(request.path)
    form = OwnDataForm(request.POST or None, instance=member)
    names = [name for name in form.fields if name != "picture"]
    if request.method != "POST":
        form.initial["picture"] = correcting.picture(member, names)
    elif form.is_valid():
        try:
            own_data.answer(ask, form.values, form.cleaned_data["picture"], now)
        except correcting.Clash as clash:
            clashes = [
                {
                    "label": form.fields[name].label,
                    "theirs": telling.told(name, correcting.as_text(getattr(clash.member, name))),
                    "yours": telling.told(name, form[name].value()),
                }
                for name in clash.fields
            ]
            form.data = form.data.copy()
            form.data["picture"] = form.fields["picture"].prepare_value(correcting.picture(clash.member, names))
        else:
            return redirect(request.path)
    context = {"ask": ask, "member": member, "form": form, "clashes": clashes}
    return render(request, "membership/own_record.html", context, status=409 if clashes else 422 if form.errors else 200)


@by_link
def own_seen_by(request, ask, now):
    """Which offices can see the member; for the member."""
    context = {"rows": visibility.told(ask.member, timezone.localdate(now)), "member": ask.member}
    return render(request, "membership/own_seen_by.html", context)


@login_required
@require_safe
def member_seen_by(request, pk):
    """Which offices can see the member; for those who can."""
    member = get_object_or_404(Member.objects.visible_to(request.user).select_related("home_unit"), pk=pk)
    return render(request, "membership/member_seen_by.html", {"member": member, "rows": visibility.told(member, timezone.localdate())})


@login_required
@require_POST
def own_data_ask(request, pk):
    """Send one member the link to their own data. Who was asked within a month, has no mail or one that comes back is told, not asked."""
    member = with_right(request.user, Member.objects.select_related("home_unit"), Right.CARE, "home_unit", pk=pk)
    if own_data.ask([pk], request.user, timezone.now()):
        wake()
        say(request, _("%(name)s gets a mail with a link.") % {"name": member.name})
    else:
        why = own_data.with_reasons(Member.objects.filter(pk=pk), timezone.now()).values_list("why", flat=True).first()
        messages.error(request, _("No mail goes out: %(why)s.") % {"why": own_data.WHY_NOT[why]})
    return redirect(member)


@login_required
@require_safe
def proposal_list(request):
    """What members want changed and what waits for an office, the oldest first; both texts side by side."""
    found = Proposal.objects.visible_to(request.user).waiting().select_related("member__home_unit")
    page = page_of(found, ("at", "pk"), request.GET)
    rows = [
        {
            "proposal": row,
            "shown": correcting.as_text(getattr(row.member, row.field)),
            "now": telling.told(row.field, correcting.as_text(getattr(row.member, row.field))),
            "wanted": telling.told(row.field, row.after),
        }
        for row in page.rows
    ]
    cares = any(a.right >= Right.CARE for a in request.user.appointments_now)
    if not cares:
        raise PermissionDenied
    return render(request, "membership/proposal_list.html", {"rows": rows, "page": page})


@login_required
@require_POST
def proposal_decide(request, pk):
    """Accept what a member wants (POST do=accept, `shown`: the value that stood beside it) or refuse it (do=refuse)."""
    proposal = get_object_or_404(Proposal.objects.visible_to(request.user).select_related("member"), pk=pk)
    if request.POST.get("do") == "accept":
        try:
            if own_data.accept(proposal, request.POST.get("shown", ""), request.user, timezone.now()):
                say(request, _("%(name)s: %(field)s is changed.") % {"name": proposal.member.name, "field": proposal.label})
        except correcting.Clash:
            messages.error(request, _("%(field)s was changed by somebody meanwhile. Please look at both texts again.") % {"field": proposal.label})
    elif own_data.refuse(proposal, request.user, timezone.now()):
        say(request, _("%(name)s: %(field)s stays as it is.") % {"name": proposal.member.name, "field": proposal.label})
    return redirect("membership:proposal_list")
