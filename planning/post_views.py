"""Posts and their shifts, as those write them who keep the post."""

from datetime import time, timedelta

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from branches.scope import Right
from common.toasts import say
from planning import election_plans
from planning.cover_views import days_of, visible_post
from planning.election_forms import CopyForm, PostForm, ShiftForm, ShiftsForm, cared_units
from planning.election_pages import FORM, at_election, form_page, visible_election
from planning.models import Post, PostKind, Shift


def kept(request, unit):
    if request.user.right_on(unit) < Right.CARE:
        raise PermissionDenied


def own_post(request, pk):
    post = visible_post(request, pk)
    kept(request, post.unit)
    return post


def own_shift(request, pk):
    shift = get_object_or_404(Shift.objects.visible_to(request.user).select_related("post__unit__kind", "post__election"), pk=pk)
    kept(request, shift.post.unit)
    return shift


def at_post(post):
    return post.get_absolute_url(), post.name


@login_required
@require_http_methods(FORM)
def post_add(request, pk):
    """A new post of a unit one cares for."""
    election = visible_election(request, pk)
    units = cared_units(request.user, election)
    if not units:
        raise PermissionDenied
    own = units.filter(slug=request.GET.get("unit", "").replace("\0", "")).first() or units[0]
    form = PostForm(request.POST or None, instance=Post(election=election, unit=own, kind=PostKind.STAND), units=units)
    if form.is_valid():
        return redirect(form.save())
    return form_page(request, form, _("New post"), election.title, at_election(election))


@login_required
@require_http_methods(FORM)
def post_edit(request, pk):
    """Change a post; POST remove=1 takes it out as long as nobody is planned there."""
    post = own_post(request, pk)
    if request.method == "POST" and request.POST.get("remove"):
        if post.remove():
            return redirect(post.election)
        say(request, _("Somebody is planned there. Take them out first, then the post can go."))
        return redirect(post)
    form = PostForm(request.POST or None, instance=post)
    if form.is_valid():
        return redirect(form.save())
    return form_page(request, form, _("Change the post"), post.unit.full_name, at_post(post), removable=True)


@login_required
@require_http_methods(FORM)
def shift_add(request, pk):
    """A shift, or a series of them one after the other. What is there already stays as it is."""
    post = own_post(request, pk)
    form = ShiftsForm(request.POST or None, initial={"day": post.election.day})
    if form.is_valid():
        shifts = [Shift(post=post, starts_at=low, ends_at=high, needed=form.cleaned_data["needed"]) for low, high in form.times()]
        Shift.objects.bulk_create(shifts, ignore_conflicts=True)
        say(request, ngettext("%(n)s shift added.", "%(n)s shifts added.", len(shifts)) % {"n": len(shifts)})
        return redirect(post)
    return form_page(request, form, _("Add shifts"), post.name, at_post(post), submit=_("Add"))


@login_required
@require_http_methods(FORM)
@transaction.atomic
def shift_edit(request, pk):
    """Change a shift; POST remove=1 takes it out. While somebody has it only the number of people changes."""
    shift = own_shift(request, pk)
    shift = Shift.objects.select_for_update(of=("self",)).select_related("post__unit__kind", "post__election").filter(pk=shift.pk).first()
    if shift is None:
        raise Http404
    taken = shift.duties.live().exists()
    if request.method == "POST" and request.POST.get("remove"):
        if taken:
            say(request, _("Somebody has this shift. Take them out first, then it can go."))
            return redirect("planning:shift_fill", pk)
        shift.delete()
        return redirect(shift.post)
    form = ShiftForm(request.POST or None, instance=shift, taken=taken)
    if form.is_valid():
        form.save()
        return redirect(shift.post)
    return form_page(request, form, _("Change the shift"), shift.post.name, at_post(shift.post), removable=not taken)


@login_required
@require_http_methods(FORM)
def post_copy(request, pk):
    """Copy the shifts of a day to another day or post, without the people."""
    post = own_post(request, pk)
    days = days_of(post.shifts.all())
    posts = Post.objects.editable_by(request.user).filter(election=post.election).select_related("unit").order_by("unit__path", "name")
    form = CopyForm(request.POST or None, days=[(day.isoformat(), date_format(day, "SHORT_DATE_FORMAT")) for day in days], posts=posts, initial={"post": post})
    if form.is_valid():
        data = form.cleaned_data
        source = next(day for day in days if day.isoformat() == data["source"])
        low, high = (election_plans.moment(one, time()) for one in (source, source + timedelta(days=1)))
        shifts = [
            Shift(post=data["post"], starts_at=starts, ends_at=ends, needed=shift.needed)
            for shift in post.shifts.between(low, high)
            for starts, ends in [election_plans.moved(shift, data["day"] - source)]
        ]
        Shift.objects.bulk_create(shifts, ignore_conflicts=True)
        say(request, ngettext("%(n)s shift copied.", "%(n)s shifts copied.", len(shifts)) % {"n": len(shifts)})
        return redirect(data["post"])
    return form_page(request, form, _("Copy shifts"), post.name, at_post(post), submit=_("Copy"))
