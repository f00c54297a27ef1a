"""Pages of units, offices and one's own account."""

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from branches import appointing, scope, signing_in
from branches.forms import AppointmentForm, DeputyForm, KindForm, ProfileForm, SettingsForm, UnitForm
from branches.models import Appointment, Office, Unit, UnitKind
from branches.scope import Right, scopes
from common.toasts import say

READ = ["GET", "HEAD"]
FORM = [*READ, "POST"]
MANY = 300  # units on one page; nobody reads more


def _posted(request):
    return request.POST if request.method == "POST" else None


def _unit(request, slug):
    return get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)


def _led_unit(request, slug):
    return scope.with_right(request.user, Unit.objects.select_related("kind"), Right.LEAD, "", slug=slug)


def _form_page(request, form, template, context, **head):
    return render(request, template, {"form": form, **context, **head}, status=422 if form.errors else 200)


@login_required
@require_http_methods(READ)
def unit_list(request):
    """The tree as far as one may see it: what one holds an office on, and what lies directly below."""
    tops = Q(pk__in=[])
    for path, below in scopes(request.user):
        tops |= Q(path__startswith=path, depth__lte=len(path) // Unit.steplen + 1) if below else Q(path=path)
    units = list(Unit.objects.filter(tops).select_related("kind")[: MANY + 1])
    highest = min((unit.depth for unit in units), default=1)
    for unit in units:
        unit.indent = min(unit.depth - highest, 4)
    return render(
        request,
        "branches/unit_list.html",
        {"units": units[:MANY], "more": len(units) > MANY, "administrator": appointing.keeps_kinds(request.user)},
    )


@login_required
@require_http_methods(READ)
def unit_detail(request, slug):
    """Place in the tree, who holds which office and for how long, what lies below, settings."""
    unit = _unit(request, slug)
    today = timezone.localdate()
    terms = unit.appointments.select_related("user", "office", "deputy_for__user").order_by("office__position", "starts_on")
    held = [term for term in terms if term.starts_on <= today and (term.ends_on is None or term.ends_on > today)]
    offices = {term.office for term in terms if term.ends_on and term.ends_on <= today} - {term.office for term in held}
    leads = request.user.right_on(unit) >= Right.LEAD
    above = list(Unit.objects.filter(path__in=unit.ancestor_paths()[1:]).order_by("depth"))
    context = {
        "unit": unit,
        "above": above,
        "visible_above": set(Unit.objects.visible_to(request.user).filter(path__in=unit.ancestor_paths()).values_list("pk", flat=True)),
        "below": Unit.objects.visible_to(request.user)
        .filter(path__startswith=unit.path, depth=unit.depth + 1)
        .select_related("kind")[:MANY],
        "held": held,
        "coming": [term for term in terms if term.starts_on > today],
        "past": [term for term in terms if term.ends_on and term.ends_on <= today][-20:],
        "vacant": sorted(offices, key=lambda office: office.position),
        "leads": leads,
        "join_form": unit.setting("join_form") == "on",
        "leads_below": appointing.leads_below(request.user, unit),
        "reorganises": bool(above) and appointing.leads_below(request.user, above[-1]),
        "reorganisations": unit.reorganisations.exclude(state__in=["cancelled", "undone"])[:20],
    }
    return render(request, "branches/unit_detail.html", context)


@login_required
@require_http_methods(FORM)
def unit_add(request, slug):
    parent = _led_unit(request, slug)
    if not appointing.leads_below(request.user, parent):
        raise PermissionDenied
    form = UnitForm(_posted(request))
    if form.is_valid():
        unit = form.save_below(parent)
        say(request, _("Added: %(unit)s.") % {"unit": unit.full_name})
        return redirect("branches:unit_detail", unit.slug)
    return _form_page(request, form, "branches/unit_form.html", {"unit": parent, "adding": True})


@login_required
@require_http_methods(FORM)
def unit_edit(request, slug):
    unit = _led_unit(request, slug)
    form = UnitForm(_posted(request), instance=unit)
    if form.is_valid():
        form.save()
        say(request, _("Saved: %(unit)s.") % {"unit": unit.full_name})
        return redirect("branches:unit_detail", unit.slug)
    return _form_page(request, form, "branches/unit_form.html", {"unit": unit})


@login_required
@require_http_methods(FORM)
def unit_settings(request, slug):
    unit = _led_unit(request, slug)
    form = SettingsForm(_posted(request), instance=unit)
    if form.is_valid():
        form.save()
        say(request, _("The settings of %(unit)s are saved.") % {"unit": unit.full_name})
        return redirect("branches:unit_detail", unit.slug)
    return _form_page(request, form, "branches/unit_settings.html", {"unit": unit})


@login_required
@require_http_methods(READ)
def kind_list(request):
    if not appointing.keeps_kinds(request.user):
        raise PermissionDenied
    return render(request, "branches/kind_list.html", {"kinds": UnitKind.objects.order_by("pk")})


@login_required
@require_http_methods(FORM)
def kind_add(request):
    return _kind_form(request, None)


@login_required
@require_http_methods(FORM)
def kind_edit(request, slug):
    return _kind_form(request, slug)


def _kind_form(request, slug):
    if not appointing.keeps_kinds(request.user):
        raise PermissionDenied
    kind = get_object_or_404(UnitKind, slug=slug) if slug else None
    form = KindForm(_posted(request), instance=kind)
    if form.is_valid():
        say(request, _("Saved: %(kind)s.") % {"kind": form.save()})
        return redirect("branches:kind_list")
    return _form_page(request, form, "branches/kind_form.html", {"kind": kind})


@login_required
@require_http_methods(FORM)
def appointment_add(request, slug):
    """Give an office of this unit to somebody, who is told by mail how to sign in."""
    unit = _led_unit(request, slug)
    office = Office.objects.filter(slug=request.GET.get("office", "secretary")).first()
    initial = {"office": office, "right": office and min(office.right, Right.LEAD), "starts_on": timezone.localdate()}
    form = AppointmentForm(_posted(request), instance=Appointment(unit=unit), initial=initial, giver=request.user)
    if form.is_valid():
        with transaction.atomic():
            appointment = form.save()
            appointing.invite(appointment, timezone.now())
        say(request, _("%(person)s holds the office now. A mail with how to sign in is on its way.") % {"person": appointment.user})
        return redirect("branches:unit_detail", unit.slug)
    return _form_page(request, form, "branches/appointment_form.html", {"unit": unit})


def _led_appointment(request, pk):
    appointment = get_object_or_404(Appointment.objects.visible_to(request.user).select_related("unit__kind", "user", "office"), pk=pk)
    if not appointing.leads_itself(request.user, appointment.unit) or (
        appointment.below and not appointing.leads_below(request.user, appointment.unit)
    ):
        raise PermissionDenied
    return appointment


@login_required
@require_http_methods(FORM)
def appointment_edit(request, pk):
    """Correct right, reach or term; the person and the unit of an appointment stay, another one is a new appointment."""
    appointment = _led_appointment(request, pk)
    form = AppointmentForm(_posted(request), instance=appointment, giver=request.user)
    if form.is_valid():
        form.save()
        say(request, _("Saved: %(appointment)s.") % {"appointment": appointment})
        return redirect("branches:unit_detail", appointment.unit.slug)
    return _form_page(request, form, "branches/appointment_form.html", {"unit": appointment.unit, "appointment": appointment})


@login_required
@require_http_methods(FORM)
def appointment_deputy(request, pk):
    """Let somebody stand in for a time: the work comes to them too, and it ends by itself."""
    terms = Appointment.objects.filter(Q(user=request.user) | scope.covers(request.user, Right.SEE, "unit__path"))
    term = get_object_or_404(terms.select_related("unit__kind", "user", "office"), pk=pk)
    today = timezone.localdate()
    if not appointing.may_let_stand_in(request.user, term, today):
        raise PermissionDenied
    deputy = Appointment(unit=term.unit, office=term.office, below=term.below, deputy_for=term)
    initial = {"right": min(term.right, Right.CARE), "starts_on": max(today, term.starts_on)}
    form = DeputyForm(_posted(request), instance=deputy, initial=initial, giver=request.user)
    if form.is_valid():
        with transaction.atomic():
            appointing.invite(form.save(), timezone.now())
        say(request, _("%(person)s stands in. A mail with how to sign in is on its way.") % {"person": deputy.user})
        return redirect("branches:unit_detail", term.unit.slug)
    return _form_page(request, form, "branches/appointment_deputy.html", {"unit": term.unit, "term": term})


@login_required
@require_POST
def appointment_end(request, pk):
    """End a term today: the right is gone with the next request. Who is back ends the term of who stood in for them."""
    deputy = Appointment.objects.filter(deputy_for__user=request.user, pk=pk).select_related("unit", "user", "office").first()
    appointment = deputy or _led_appointment(request, pk)
    try:
        appointing.end(appointment, timezone.localdate())
        say(request, _("%(person)s does not hold the office any more.") % {"person": appointment.user})
    except ValidationError as error:
        say(request, " ".join(error.messages))
    return redirect("branches:profile") if deputy else redirect("branches:unit_detail", appointment.unit.slug)


@login_required
@require_http_methods(FORM)
def profile(request):
    """Own name, phone and language, own offices, the ways to sign in."""
    form = ProfileForm(_posted(request), instance=request.user)
    if form.is_valid():
        form.save()
        translation.activate(request.user.language)
        say(request, _("Your profile is saved."))
        response = redirect("branches:profile")
        # A language chosen in the foot of a page counts before the profile's: from now on it is this one.
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, request.user.language, settings.LANGUAGE_COOKIE_AGE, samesite="Lax", secure=settings.SECURE
        )
        return response
    today = timezone.localdate()
    terms = request.user.appointments.select_related("unit__kind", "office", "deputy_for__user").order_by("-starts_on")
    for term in terms:
        term.lends = appointing.may_let_stand_in(request.user, term, today)
    deputies = Appointment.objects.filter(deputy_for__user=request.user, ends_on__gt=today).select_related("unit__kind", "office", "user")
    context = {"terms": terms, "deputies": deputies, "today": today}
    return _form_page(request, form, "branches/profile.html", context)


@login_required
@require_http_methods(FORM)
def prove_again(request):
    """Before a new way to sign in is added to an account of mailed codes: sign out and in again with a fresh code (see branches.middleware)."""
    if request.method == "POST":
        logout(request)
        # The form's own fields, address and where to go on, are those of the page that mails a code.
        return redirect("account_request_login_code", preserve_request=True)
    return render(request, "branches/prove_again.html", {"next": request.GET.get("next", "")})


@never_cache
@require_http_methods(FORM)
def sign_in_by_link(request, token):
    """The one-time address made at the console: opening it changes nothing, its button signs in, past a second factor if there is one."""
    user = signing_in.user_of(token)
    if user is None:
        raise Http404
    if request.method == "POST":
        if not signing_in.use(user, timezone.now()):
            raise Http404
        return perform_login(request, user, email_verification="none")
    return render(request, "branches/sign_in_by_link.html", {"person": user})
