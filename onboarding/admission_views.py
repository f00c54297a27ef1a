"""Applications: the list with its clocks, one with its history and verbs, the agenda of the board, objections."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import Right, if_seen, to_change
from common import pdf
from common.context import place_of
from common.keyset import page_of
from common.presets import as_presets, count_each
from common.toasts import say
from membership import admission, areas
from membership.admission_forms import AcceptForm, ApplicationFilter, ApplicationForm, ObjectionDecisionForm, ObjectionForm, RefuseForm
from membership.models import Application, Member, Objection
from onboarding import standing

FORM = ["GET", "HEAD", "POST"]
MOST_COUNTED = 300
MOST_ON_AGENDA = 200
State = Application.State


@login_required
@require_safe
def application_list(request):
    """By what is to be done; the most urgent first. The whole state is in the address."""
    on = timezone.localdate()
    form = ApplicationFilter(request.GET, request.user)
    found = form.by_preset()
    page = page_of(found[form.show_now].select_related("unit__kind", "member"), form.order, request.GET)
    counts = count_each({name: rows for name, rows in found.items() if name != "decided"}, MOST_COUNTED)
    unit = f"&unit={form.chosen.slug}" if form.chosen else ""
    place = place_of(request)
    agenda_unit = form.chosen or (place and place.unit)
    rows = [row(application, on) for application in page.rows]
    if form.show_now == "sorting":
        matches = areas.units_of([(found.person.postcode, found.unit) for found in page.rows])
        for shown, found in zip(rows, page.rows, strict=True):
            shown["pk"], shown["matches"] = found.pk, matches[found.person.postcode, found.unit] if request.user.right_on(found.unit) >= Right.LEAD else []
    if form.show_now == "objections":
        rows = [shown | {"pill": _("objection to decide"), "tone": "amber"} for shown in rows]
    context = {
        "presets": as_presets(form.PRESETS, form.show_now, counts, unit),
        "rows": rows,
        "page": page,
        "on": on,
        "show": form.show_now,
        "agenda_unit": agenda_unit if agenda_unit and (agenda_unit.kind.leads_members or agenda_unit.kind.is_section) else None,
        "adds": any(a.right >= Right.CARE for a in request.user.appointments_now),
    }
    return render(request, "onboarding/application_list.html", context)


def row(application, on):
    """A row of the list: name, address, what about it, and the clock in words with its tone."""
    parts = [str(application.unit), application.get_kind_display(), _("received %(day)s") % {"day": short(application.received_on)}]
    found = {"name": application.name, "url": application.get_absolute_url(), "what": " · ".join(parts)}
    if application.is_open:
        tone, left = application.clock(on)
        return found | {"pill": days_left(left), "tone": tone}
    tone = {"sorting": "amber", "refused": "", "withdrawn": "", "revoked": ""}.get(application.state, "ok")
    return found | {"pill": application.get_state_display(), "tone": tone}


def days_left(left):
    """"3 days left" of a term; 0 is its last day, below it is over."""
    if left < 0:
        return _("term over")
    if left == 0:
        return _("last day today")
    return ngettext("%(n)s day left", "%(n)s days left", left) % {"n": left}


def short(day):
    return formats.date_format(day, "SHORT_DATE_FORMAT")


def _application(request, pk):
    seen = Application.objects.visible_to(request.user).select_related("unit__kind", "member__home_unit", "decided_by", "decision_mail")
    return get_object_or_404(seen, pk=pk)


def _to_decide(request, pk):
    application = _application(request, pk)
    if request.user.right_on(application.unit) < Right.LEAD:
        raise PermissionDenied
    return application


@login_required
@require_safe
def application_detail(request, pk):
    """Who applies, the clock, what the board may do, objections and what was decided."""
    application = _application(request, pk)
    on, user = timezone.localdate(), request.user
    right = user.right_on(application.unit)
    leads = right >= Right.LEAD
    objections = list(application.objections.select_related("unit", "decided_by"))
    for objection in objections:
        objection.may_decide = not objection.outcome and user.right_on(objection.unit) >= Right.LEAD
    postcode = application.person.postcode
    member = application.member
    may_sort = leads and application.state in (State.OPEN, State.SORTING)
    context = {
        "application": application,
        "on": on,
        "cares": right >= Right.CARE,
        "leads": leads,
        "clock": (days_left(application.clock(on)[1]), application.clock(on)[0]) if application.is_open else None,
        "final": application.is_final(on),
        "agenda": agenda_line(application),
        "objections": objections,
        "may_object": leads and all(objection.outcome for objection in objections) and (application.is_admitted or application.state in Application.TURNED_DOWN),
        "appeals": application.state in Application.TURNED_DOWN,
        "known": admission.look_alikes(application, user) if right >= Right.CARE else [],
        "member_visible": if_seen(user, member),
        "matches": areas.units_for(postcode, application.unit) if may_sort and postcode else [],
        "others": places_to_go(application)[:MOST_COUNTED] if may_sort else [],
        "reopens": leads and application.state in (State.REFUSED, State.WITHDRAWN) and application.decide_until and on <= application.decide_until,
        "reason": _(application.reason) if application.reason else "",
    }
    return render(request, "onboarding/application_detail.html", context)


def places_to_go(application):
    """Units to which the application may be given: from the sorting list those below, from a branch those beside it."""
    units = Unit.objects.open(timezone.localdate()).filter(kind__leads_members=True, path__startswith=application.unit.root_path)
    near = units.filter(path__startswith=application.unit.path) if application.state == State.SORTING else units.nearby(application.unit)
    return near.exclude(pk=application.unit_id).select_related("kind")


def agenda_line(application):
    """The line for the agenda of the board, in the language of the reader."""
    words = {"name": application.name, "kind": application.get_kind_display(), "received": short(application.received_on)}
    if not application.is_open:
        return ""
    words["until"] = short(application.decide_until)
    return _("Admission: %(name)s (%(kind)s), application of %(received)s, to be decided by %(until)s at the latest") % words


@login_required
@require_http_methods(FORM)
def application_add(request):
    """Enter an application by hand, for a unit one cares for."""
    units = Unit.objects.visible_to(request.user, Right.CARE).open(timezone.localdate())
    units = units.filter(kind__leads_members=True) | units.filter(kind__is_section=True)
    if not units.exists():
        raise PermissionDenied
    place = place_of(request)
    near = units.nearby(place.unit) if place else units
    near = near if near.exists() else units
    form = ApplicationForm(request.POST or None, units=near, initial={"received_on": timezone.localdate(), "unit_chosen": place and place.unit, "kind": "full"})
    if form.is_valid():
        application = form.instance
        application.unit, application.source = form.cleaned_data["unit_chosen"], Application.Source.OFFICE
        admission.receive(application, form.cleaned_data["received_on"])
        say(request, _("The application of %(name)s is noted.") % {"name": application.name})
        return redirect(application)
    return render(request, "onboarding/application_add.html", {"form": form}, status=422 if form.errors else 200)


def _decided(request, pk):
    say(request, _("Somebody else was faster: this is decided."))
    return redirect("onboarding:application_detail", pk)


@login_required
@require_http_methods(FORM)
def application_accept(request, pk):
    """Admit: the membership and the journey begin at once."""
    application = _to_decide(request, pk)
    now = timezone.now()
    form = AcceptForm(request.POST or None, initial={"day": timezone.localdate(now)})
    if form.is_valid():
        try:
            with transaction.atomic():
                done = admission.accept(pk, request.user, form.cleaned_data["day"], now)
                standing.arrive(done.member_id, timezone.localdate(now), now)
        except admission.Decided:
            return _decided(request, pk)
        except ValidationError as error:
            form.add_error("day" if "day" in getattr(error, "error_dict", {}) else None, " ".join(error.messages))
        else:
            say(request, _("%(name)s is admitted. The journey has started.") % {"name": done.name})
            return redirect(application)
    context = {"form": form, "application": application}
    return render(request, "onboarding/application_accept.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(FORM)
def application_refuse(request, pk):
    application = _to_decide(request, pk)
    form = RefuseForm(request.POST or None, initial={"day": timezone.localdate()})
    if form.is_valid():
        try:
            admission.refuse(pk, form.cleaned_data["reason"], request.user, form.cleaned_data["day"], timezone.now())
        except admission.Decided:
            return _decided(request, pk)
        say(request, _("The application of %(name)s is refused.") % {"name": application.name}, reverse("onboarding:application_reopen", args=[pk]))
        return redirect(application)
    context = {"form": form, "application": application}
    return render(request, "onboarding/application_refuse.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def application_withdraw(request, pk):
    application = _to_decide(request, pk)
    try:
        admission.withdraw(pk, "", request.user, timezone.localdate())
    except admission.Decided:
        return _decided(request, pk)
    say(request, _("The application of %(name)s is withdrawn.") % {"name": application.name}, reverse("onboarding:application_reopen", args=[pk]))
    return redirect(application)


@login_required
@require_POST
def application_reopen(request, pk):
    """Take a refusal or withdrawal back that was a mistake."""
    application = _to_decide(request, pk)
    try:
        admission.reopen(pk, timezone.localdate())
        say(request, _("The application of %(name)s is open again.") % {"name": application.name})
    except admission.Decided:
        say(request, _("This cannot be taken back any more: the term is over, or there is an appeal."))
    return redirect(application)


@login_required
@require_POST
def application_assign(request, pk):
    """Give the application to another unit; the term of its board counts from today."""
    application = _to_decide(request, pk)
    unit = get_object_or_404(places_to_go(application), slug=request.POST.get("unit", "").replace("\0", ""))
    try:
        admission.assign(pk, unit, timezone.localdate())
    except admission.Decided:
        return _decided(request, pk)
    say(request, _("%(unit)s decides on the application of %(name)s now.") % {"unit": unit.full_name, "name": application.name})
    sorting = f"{reverse('onboarding:application_list')}?show=sorting"
    return redirect(sorting if application.state == State.SORTING else if_seen(request.user, application, sorting))


@login_required
@require_POST
def application_connect(request, pk):
    """Who applies is a member one cares for already."""
    application = _to_decide(request, pk)
    number = request.POST.get("member", "")
    member = get_object_or_404(Member.objects.cared_for_by(request.user), pk=int(number) if number.isdecimal() and len(number) < 18 else 0)
    try:
        admission.connect(pk, member)
        say(request, _("The application goes on with the record of %(name)s.") % {"name": member.name})
    except admission.Decided:
        return _decided(request, pk)
    except ValidationError as error:
        say(request, " ".join(error.messages))
    return redirect(application)


@login_required
@require_http_methods(FORM)
def application_object(request, pk):
    """Note an objection to the admission, or an appeal against the refusal; the unit above decides."""
    application = _to_decide(request, pk)
    form = ObjectionForm(request.POST or None, initial={"raised_on": timezone.localdate()})
    if form.is_valid():
        try:
            objection = admission.object_to(pk, on=timezone.localdate(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            say(request, _("Noted. %(unit)s decides.") % {"unit": objection.unit.full_name})
            return redirect(application)
    context = {"form": form, "application": application, "appeal": application.state in Application.TURNED_DOWN}
    return render(request, "onboarding/application_object.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(FORM)
def objection_decide(request, pk):
    """The unit above decides on an objection or appeal."""
    objection = to_change(request.user, Objection.objects.select_related("application__unit", "application__member", "unit"), pk=pk)
    form = ObjectionDecisionForm(request.POST or None)
    if form.is_valid():
        now = timezone.now()
        on = timezone.localdate(now)
        try:
            with transaction.atomic():
                admission.decide_objection(pk, form.cleaned_data["upheld"] == "yes", form.cleaned_data["remark"], request.user, on, now)
                application = Application.objects.filter(pk=objection.application_id).only("member").first()
                if application.member_id:
                    standing.arrive(application.member_id, on, now)
        except admission.Decided:
            return _decided(request, objection.application_id)
        except ValidationError as error:
            form.add_error(None, " ".join(error.messages))
        else:
            say(request, _("The decision is noted."))
            return redirect(objection.application)
    return render(request, "onboarding/objection_decide.html", {"form": form, "objection": objection}, status=422 if form.errors else 200)


def _agenda(request, slug):
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
    on = timezone.localdate()
    waiting = Application.objects.open().filter(unit=unit).select_related("unit__kind", "member").order_by("decide_until", "pk")
    rows = [
        {"application": found, "line": agenda_line(found), "what": row(found, on)["what"], "left": days_left(found.clock(on)[1]), "tone": found.clock(on)[0]}
        for found in waiting[:MOST_ON_AGENDA]
    ]
    return {"unit": unit, "rows": rows, "on": on, "text": "\n".join(f"{number}. {row['line']}" for number, row in enumerate(rows, 1))}


@login_required
@require_safe
def application_agenda(request, slug):
    """What the board of one unit has to decide at its next meeting: a text to copy, and the same as PDF."""
    return render(request, "onboarding/application_agenda.html", _agenda(request, slug))


@login_required
@require_safe
def application_agenda_pdf(request, slug):
    context = _agenda(request, slug)
    response = HttpResponse(paper(context), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="applications-{context["on"]:%Y-%m-%d}.pdf"'
    return response


def paper(agenda):
    """The agenda as PDF: names and boxes to tick for the meeting."""
    title = _("Admissions to decide: %(unit)s") % {"unit": agenda["unit"].full_name}
    return pdf.render("pdf/applications.html", agenda | {"title": title}, get_language())
