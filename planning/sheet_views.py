"""Duty sheets: the shifts of a post on paper."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches.scope import Right
from common.files import PDF, download
from common.toasts import say
from membership import reading
from membership.models import Reading
from planning import duty_sheets
from planning.duty_views import asked_day, narrowed_to
from planning.models import Post, Shift
from planning.volunteer_views import cared_election


@login_required
@require_safe
def duty_sheet(request, pk):
    """The sheets of one post, a page for each day (or for `day`)."""
    post = get_object_or_404(Post.objects.visible_to(request.user).select_related("unit", "election"), pk=pk)
    if request.user.right_on(post.unit) < Right.CARE:
        raise PermissionDenied
    rows = duty_sheets.sheets(Shift.objects.filter(post=post), asked_day(request))[: duty_sheets.MOST]
    if not rows:
        raise Http404
    now = timezone.now()
    reading.note(request.user, sorted(duty_sheets.members_on(rows)), Reading.What.LETTER, now)
    content = duty_sheets.one(rows, timezone.localdate(now), translation.get_language())
    return download(_("duty-sheet-%(day)s") % {"day": rows[0]["day"]} + f"-{post.pk}.pdf", content, PDF)


@login_required
@require_safe
def duty_sheets_all(request, pk):
    """The sheets of all posts one keeps in an election, of `unit` and below, for `day` or all days, as one PDF for paper."""
    election = cared_election(request, pk)
    unit, shifts = narrowed_to(request, election), duty_sheets.kept_shifts(request.user, election)
    if unit:
        shifts = shifts.filter(post__unit__path__startswith=unit.path)
    rows = duty_sheets.sheets(shifts, asked_day(request))[: duty_sheets.MOST]
    if not rows:
        say(request, _("There is no shift yet that a sheet could be printed for."))
        return redirect("planning:election_day", pk)
    now = timezone.now()
    reading.note(request.user, sorted(duty_sheets.members_on(rows)), Reading.What.LETTER, now)
    pieces = duty_sheets.pieces(rows, timezone.localdate(now), translation.get_language())
    return download(_("duty-sheets-%(day)s") % {"day": rows[0]["day"]} + f"-{election.pk}.pdf", pieces, PDF)
