"""Actions on many members of a list: look first, then do, and take back; and the errands they give."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.scope import Right, to_change
from common.keyset import page_of
from common.toasts import say
from membership import bulk
from membership.bulk_forms import BulkForm
from membership.choosing import picks_of, said
from membership.models import BulkRun, Errand
from membership.rows import errand_row
from membership.tasks import wake_bulk

FIRST = 20  # names shown of those an action is about


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bulk_add(request):
    """What a list's bar asks for (`do`): first the choice and who would be left out; the POST of the same page does it."""
    if not any(a.right >= Right.CARE for a in request.user.appointments_now):
        raise PermissionDenied
    params, kind = request.GET, request.GET.get("do", "tag")
    address, picks = picks_of(params)
    chosen = {"of": address, "all": 1} if picks is None else {"of": address, "pick": picks}
    if kind in bulk.PAGES:
        url_name, more, _label, _icon = bulk.PAGES[kind]
        return redirect(f"{reverse(url_name)}?{urlencode(chosen | more, doseq=True)}")
    if kind not in BulkRun.Kind.values:
        raise Http404
    today, asked = timezone.localdate(), "key" in params
    given = request.POST if request.method == "POST" else params if asked else None
    form = BulkForm(given, kind=kind, user=request.user, today=today)
    settled = form.is_valid()
    try:
        wanted = form.cleaned_data if settled else {}
        choice = bulk.whom(request.user, kind, address, picks, today, wanted.get("tag"), wanted.get("to"))
    except ValidationError as error:
        return render(request, "membership/bulk_add.html", {"trouble": error.messages[0]}, status=422)
    count = choice.members.count()
    if request.method == "POST" and settled and count:
        key = wanted["key"] or form.initial["key"]
        run = bulk.order(request.user, key, timezone.now(), kind=kind, filter=address, picks=picks, **form.wanted)
        if count <= bulk.SOON:
            bulk.do(run, timezone.now())
            run.refresh_from_db()
            say(request, done_words(run), undo=reverse("membership:bulk_undo", args=[run.pk]))
        else:
            wake_bulk(run)
        return redirect("membership:bulk_detail", run.pk)
    context = {
        "form": form,
        "kind": kind,
        "title": str(BulkRun.Kind(kind).label),
        "settled": settled,
        "count": count,
        "left_out": choice.told,
        "names": [
            f"{given} {family}".strip()
            for given, family in choice.members.order_by("sort_key").values_list("given_name", "family_name")[:FIRST]
        ],
        "hidden": [("do", kind), ("of", address), *([("all", 1)] if picks is None else [("pick", pk) for pk in picks])],
        "list_url": f"{reverse('membership:member_list')}?{address}",
    }
    return render(request, "membership/bulk_add.html", context, status=422 if form.errors else 200)


def done_words(run):
    return ngettext("Done for %(n)s member.", "Done for %(n)s members.", run.count) % {"n": run.count}


@login_required
@require_safe
def bulk_detail(request, pk):
    """What an action did, whom it left out and why, and the button that takes it back."""
    run = get_object_or_404(BulkRun.objects.visible_to(request.user).select_related("tag", "to"), pk=pk)
    context = {"run": run, "left_out": said(run.left_out), "list_url": f"{reverse('membership:member_list')}?{run.filter}"}
    return render(request, "membership/bulk_detail.html", context)


@login_required
@require_POST
def bulk_undo(request, pk):
    """Take an action back."""
    run = get_object_or_404(BulkRun.objects.editable_by(request.user), pk=pk)
    bulk.undo(run, request.user)
    return redirect("membership:bulk_detail", pk)


@login_required
@require_safe
def errand_list(request):
    """Whom one is asked to get in touch with, the next day first."""
    found = Errand.objects.visible_to(request.user).filter(to=request.user).open().select_related("member__home_unit", "by")
    page = page_of(found, ("due_on", "pk"), request.GET)
    return render(request, "membership/errand_list.html", {"page": page, "on": timezone.localdate()})


def _errand(request, pk):
    return to_change(request.user, Errand.objects.select_related("member"), pk=pk)


@login_required
@require_POST
def errand_undo(request, pk):
    """It was not done after all."""
    errand = _errand(request, pk)
    errand.reopen()
    if request.htmx:
        return render(request, "partials/_row.html", errand_row(errand) | {"on": timezone.localdate()})
    return redirect("membership:errand_list")


@login_required
@require_POST
def errand_done(request, pk):
    """An errand is done: said by whom it was given to, or who gave it."""
    errand = _errand(request, pk)
    errand.settle(request.user, timezone.now())
    undo = reverse("membership:errand_undo", args=[pk])
    if request.htmx:
        row = errand_row(errand) | {"text": _("Done"), "undo_url": undo}
        return render(request, "partials/_row_done.html", row)
    say(request, _("Done: %(name)s.") % {"name": errand.member.name}, undo=undo)
    return redirect("membership:errand_list")
