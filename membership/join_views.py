"""Doors without an account: the join form of a unit, the link that confirms it, a guest's way to full membership; and postcodes, guests' ends."""

import io
from contextlib import suppress
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import Right, to_change, with_right
from common.keyset import page_of
from common.links import Found
from common.toasts import say
from membership import admission, areas, guests, joining, own_data
from membership.admission_forms import AreaForm, JoinForm
from membership.models import Application, GuestTerm, Membership, Status
from membership.models.admission import clock

FORM = ["GET", "HEAD", "POST"]


def _open_unit(slug):
    return get_object_or_404(joining.open_units(timezone.localdate()), slug=slug)


@never_cache
@require_http_methods(FORM)
def join(request, slug):
    """The join form of a unit. What a machine sends is thanked for and forgotten; nobody learns here who is a member."""
    if heir := joining.heir_of(slug):
        return redirect("membership:join", heir.slug)
    unit = _open_unit(slug)
    now = timezone.now()
    if not joining.takes_applications(unit):
        context = {"off": True, "unit": unit, "instead": joining.where_instead(unit, timezone.localdate(now)), "hours": unit.setting("office_hours")}
        return render(request, "membership/join.html", context, status=409 if request.method == "POST" else 200)
    form = JoinForm(request.POST or None, unit=unit, now=now, initial={"kind": "supporter" if unit.kind.is_section else "full"})
    too_many = False
    if request.method == "POST" and form.by_machine:
        return redirect("membership:join_sent", slug)
    if form.is_valid():
        if joining.may_send(request, form.cleaned_data["email"]):
            joining.send(form.application(), now)
            return redirect("membership:join_sent", slug)
        too_many = True
    context = {"unit": unit, "form": form, "too_many": too_many, "least": admission.minimum_age(unit)}
    return render(request, "membership/join.html", context, status=429 if too_many else 422 if form.errors else 200)


@require_safe
def join_sent(request, slug):
    return render(request, "membership/join_sent.html", {"unit": _open_unit(slug)})


@require_safe
def join_code(request, slug):
    """The address of the join form as a QR code, to print and to show."""
    import qrcode
    from qrcode.image.svg import SvgPathFillImage

    unit = _open_unit(slug)
    picture = io.BytesIO()
    address = settings.BASE_URL + reverse("membership:join", args=[unit.slug])
    qrcode.make(address, image_factory=SvgPathFillImage, border=2).save(picture)
    return HttpResponse(picture.getvalue(), content_type="image/svg+xml")


def _application(now, pk):
    application = Application.objects.select_related("unit__kind").filter(pk=pk).first()
    return Found((application,), application.language if application else "", application is not None)


@joining.LINK.opens(_application, "membership/join_confirm.html")
def join_confirm(request, application, now):
    """The link from the mail: its button hands the application in. Opening it changes nothing."""
    if request.method == "POST":
        joining.confirm(application.pk, timezone.localdate(now))
        return redirect(request.path)
    waiting = application.state == Application.State.UNCONFIRMED
    return render(request, "membership/join_confirm.html", {"application": application, "waiting": waiting})


def _term(now, pk):
    term = get_object_or_404(GuestTerm.objects.select_related("member__home_unit__kind"), pk=pk)
    runs = not term.ended and timezone.localdate(now) < term.ends_on and term.member.status == Status.GUEST
    return Found((term,), own_data.language_of(term.member), runs)


@guests.LINK.opens(_term, "membership/guest_invitation.html")
def guest_invitation(request, term, now):
    """A guest asks to become a full member with one button."""
    member = term.member
    applied = member.applications.filter(state__in=(Application.State.OPEN, Application.State.SORTING)).exists()
    if request.method == "POST":
        if not applied:
            application = Application(unit=member.home_unit, member=member, kind=Membership.Kind.FULL, source=Application.Source.GUEST)
            with suppress(ValidationError):  # the second of two clicks
                admission.receive(application, timezone.localdate(now))
        return redirect(request.path)
    return render(request, "membership/guest_invitation.html", {"term": term, "member": member, "applied": applied})


@login_required
@require_safe
def guest_list(request):
    """Guests by the day their time ends; what can be done about it."""
    on = timezone.localdate()
    terms = GuestTerm.objects.running().visible_to(request.user)
    page = page_of(terms.select_related("member__home_unit"), ("ends_on", "pk"), request.GET)
    applied = set(Application.objects.open().filter(member__in=[term.member_id for term in page.rows]).values_list("member", flat=True))
    for term in page.rows:
        term.left = (term.ends_on - on).days
        term.tone = clock(term.ends_on - timedelta(days=1), on)[0]
        term.leads = request.user.right_on(term.member.home_unit) >= Right.LEAD
        term.applied = term.member_id in applied
    return render(request, "membership/guest_list.html", {"page": page, "on": on})


@login_required
@require_POST
def guest_renew(request, pk):
    """Once, for another year."""
    term = to_change(request.user, GuestTerm.objects.select_related("member__home_unit"), pk=pk)
    if term.renew(timezone.localdate()):
        say(request, _("%(name)s is a guest for another year.") % {"name": term.member.name})
    else:
        say(request, _("A guest membership can be renewed once only."))
    return redirect("membership:guest_list")


@login_required
@require_http_methods(FORM)
def area_edit(request, slug):
    """The postcodes of a unit, or of all units with members below it, one line each."""
    unit = with_right(request.user, Unit.objects.select_related("kind"), Right.LEAD, "", slug=slug)
    single = unit.kind.leads_members
    below = Unit.objects.visible_to(request.user, Right.LEAD).below(unit).open(timezone.localdate()).filter(kind__leads_members=True)
    units = [unit] if single else list(below.select_related("kind").order_by("name"))
    text = ", ".join(str(area).upper() for area in unit.areas.all()) if single else areas.as_lines(units)
    form = AreaForm(request.POST or None, units=units, single=single, initial={"text": text})
    if form.is_valid():
        areas.replace(form.cleaned_data["text"])
        say(request, _("The postcodes are saved."))
        return redirect("branches:unit_detail", unit.slug)
    return render(request, "membership/area_edit.html", {"unit": unit, "form": form, "single": single}, status=422 if form.errors else 200)
