"""The list of members, adding and correcting one, sections."""

from functools import partial

from celery import current_app
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from branches import scope
from branches.models import Unit
from branches.scope import Right, if_seen, to_change
from common.context import place_of
from common.keyset import page_of
from common.presets import COUNTS, count_each, presets_of
from common.toasts import say
from common.waking import soon
from membership import admission, bulk, correcting, duplicates, fields, listing, reading, saved_views, status
from membership.choosing import address_of
from membership.forms import MemberFilter, MemberForm, NewMemberForm, SectionEndForm, SectionForm
from membership.models import Member, Membership, Reading, Status
from membership.presets import PRESETS
from membership.rows import COLUMNS, column_labels, member_rows

MOST_COUNTED = 999


@login_required
@require_safe
def member_list(request):
    """All one may see, by preset and filter; the whole state is in the address."""
    on = timezone.localdate()
    form = MemberFilter(request.GET, request.user, place_of(request))
    if COUNTS in request.GET:
        counts = count_each({name: form.preset(name, on) for name in form.presets}, MOST_COUNTED)
        presets = presets_of(request, form, counts) + saved_views.as_presets(request)
        return render(request, "partials/_presets.html", {"presets": presets})
    # An order by something computed needs it in the row, to go on behind it.
    ordered = [name for name in (form.order[0].removeprefix("-"),) if name not in COLUMNS]
    found = lambda user: form.found(on, user).values_list(*COLUMNS, *ordered, named=True)  # noqa: E731
    if form.narrowed or form.chosen:
        key, find, values = None if form.narrowed else ("members", on, *form.place), partial(found, request.user), ()
    else:
        beyond = form.here and PRESETS[form.show_now].outside and form.here.path
        key, find, values = scope.listed(request.user, f"members {form.show_now} {on} {beyond}", found)
    page = page_of(find, form.order, request.GET, key=key, values=values)
    shown = listing.shown(request.user, request.GET.get("cols", ""), page.rows)
    context = {
        "form": form,
        "presets": lambda: presets_of(request, form),
        "counts_url": form.address(form.show_now, **{COUNTS: 1}),
        "page": page,
        "columns": column_labels(shown),
        "rows": member_rows(page.rows, request.user, on, shown),
        "found": len(page.rows) if form.narrowed and not page.previous_url and not page.next_url else None,
        "adds": form.cares,
        "pages": [(name, label, icon) for name, (_url, _more, label, icon) in bulk.PAGES.items()],
        "leads": any(a.right >= Right.LEAD for a in request.user.appointments_now),
        "of": address_of(request.GET),
        "nobody": PRESETS[form.show_now].nobody,
    }
    return render(request, "membership/member_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_add(request):
    """Add a member by hand, in a unit one cares for; an applicant becomes an application. The journey starts by itself."""
    here = Unit.objects.visible_to(request.user).filter(slug=request.GET.get("unit", "").replace("\0", "")).first()
    place = place_of(request)
    units = Unit.objects.visible_to(request.user, Right.CARE).filter(closed_on=None).filter(Q(kind__leads_members=True) | Q(kind__is_section=True)).select_related("kind")
    if not units.exists():
        raise PermissionDenied
    near = units.nearby(here or place.unit) if here or place else units
    if not near.exists():
        near = units
    today = timezone.localdate()
    initial = {"joined_on": today, "home_unit": here or (place and place.unit)}
    form = NewMemberForm(request.POST or None, instance=Member(), units=near, initial=initial)
    known = []
    if form.is_valid():
        member = Member(home_unit=form.cleaned_data["home_unit"], **{k: v for k, v in form.values.items() if k != "home_unit"})
        if member.status == Status.APPLICANT:
            application = admission.receive(admission.from_member(member), member.joined_on)
            say(request, _("The application of %(name)s is noted.") % {"name": application.name})
            return redirect(application)
        another = form.cleaned_data["another"]
        known = [] if another else duplicates.look_alikes(request.user, member.home_unit, member, [member.phone, member.mobile], number=member.number)
        try:
            if not known:
                correcting.add(member, request.user, timezone.now(), another)
        except correcting.Known as namesake:  # the second of two clicks at once
            known = [(namesake.member, "")]
        if not known:
            start_journeys()
            say(request, _("%(name)s is added.") % {"name": member.name})
            return redirect(member)
    context = {"form": form, "known": known}
    return render(request, "membership/member_add.html", context, status=422 if form.errors or known else 200)


def start_journeys():
    """Wake the run that starts journeys (onboarding, a room above) after this transaction; without a broker it comes with the next turn."""
    soon(current_app.signature("onboarding.tasks.start_journeys"), expires=600)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def member_edit(request, pk):
    """Correct a member. What others changed meanwhile in other fields stays; in the same field both values are shown (409)."""
    member = get_object_or_404(Member.objects.visible_to(request.user).select_related("home_unit"), pk=pk)
    allowed = fields.editable_by(request.user, member)
    if not allowed:
        raise PermissionDenied
    form = MemberForm(request.POST or None, instance=member, allowed=allowed)
    names = [name for name in form.fields if name != "picture"]
    clashes = []
    if request.method == "GET":
        form.initial["picture"] = correcting.picture(member, names)
    elif form.is_valid():
        try:
            change = correcting.correct(pk, form.values, form.cleaned_data["picture"], request.user, timezone.now())
        except correcting.Clash as clash:
            clashes = [{"label": form.fields[name].label, "theirs": told(clash.member, name), "yours": form[name].value()} for name in clash.fields]
            form.data = form.data.copy()
            form.data["picture"] = form.fields["picture"].prepare_value(correcting.picture(clash.member, names))
        else:
            say(request, _("Saved.") if change else _("Nothing changed."))
            return redirect(member)
    if request.method == "GET" or clashes:
        reading.note(request.user, member, Reading.What.EDIT, timezone.now())
    last = member.changes.select_related("by").order_by("-at").first() if clashes else None
    context = {"form": form, "member": member, "clashes": clashes, "last": last}
    return render(request, "membership/member_edit.html", context, status=409 if clashes else 422 if form.errors else 200)


def told(member, name):
    display = getattr(member, f"get_{name}_display", None)
    return display() if display else getattr(member, name)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def section_add(request, pk):
    """Let a member belong to a section from a day on. Takes care of both: whoever leads a section may come to read its members' contact data."""
    member = get_object_or_404(Member.objects.visible_to(request.user), pk=pk)
    sections = Unit.objects.visible_to(request.user, Right.CARE).filter(closed_on=None, kind__is_section=True, path__startswith=member.party.path)
    sections = sections.open(timezone.localdate())
    if not sections.exists() or not Member.objects.editable_by(request.user).filter(pk=pk).exists():
        raise PermissionDenied
    form = SectionForm(request.POST or None, sections=sections, initial={"starts_on": timezone.localdate()})
    if form.is_valid():
        try:
            period = Membership.objects.join_section(member, **form.cleaned_data, by=request.user, now=timezone.now())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            say(request, _("%(name)s belongs to %(unit)s.") % {"name": member.name, "unit": period.unit})
            return redirect(member)
    return render(request, "membership/section_add.html", {"form": form, "member": member}, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def section_end(request, pk):
    """End belonging to a section; care for the section is needed. A supporter of the section alone has left with it."""
    period = to_change(request.user, Membership.objects.filter(home=False, ends_on=None).select_related("member", "unit"), pk=pk)
    form = SectionEndForm(request.POST or None, initial={"ends_on": timezone.localdate()})
    if form.is_valid():
        try:
            if period.kind == Membership.Kind.SUPPORTER:
                status.leave(period.member_id, form.cleaned_data["ends_on"], request.user, timezone.now())
            else:
                period.end(form.cleaned_data["ends_on"], request.user, timezone.now())
        except ValidationError as error:
            form.add_error("ends_on", " ".join(error.messages))
        else:
            say(request, _("%(name)s no longer belongs to %(unit)s.") % {"name": period.member.name, "unit": period.unit})
            return redirect(if_seen(request.user, period.member, "membership:member_list"))
    return render(request, "membership/section_end.html", {"form": form, "period": period}, status=422 if form.errors else 200)
