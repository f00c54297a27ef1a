"""Where people are needed and who comes: the posts of a day with holes first, and one post with all its shifts."""

from collections import defaultdict
from datetime import time, timedelta
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models.functions import TruncDate
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from branches.models import Unit
from branches.scope import Right
from planning import cover, election_plans
from planning.election_forms import cared_units
from planning.election_pages import shown_unit, visible_election
from planning.models import Duty, Post, Shift

MOST_POSTS = 150  # on the page of a day; more are narrowed by unit


def show_duties(duties, user):
    """Give each of `duties` the `name` its reader may know (DutyQuerySet.naming), else the unit. One query."""
    seen = set(Duty.objects.filter(pk__in=[duty.pk for duty in duties]).naming(user).values_list("pk", flat=True))
    for duty in duties:
        duty.seen = duty.pk in seen
        duty.name = duty.volunteer.member.name if duty.seen else _("somebody of %(unit)s") % {"unit": duty.volunteer.unit}
    return duties


def days_of(shifts):
    """The days of `shifts` (a queryset), in order."""
    return list(shifts.order_by().annotate(day=TruncDate("starts_at")).values_list("day", flat=True).distinct().order_by("day"))


def _the_day(request, days, today):
    """The one of `days` the address asks for, else the next one, else the last."""
    asked = {day.isoformat(): day for day in days}.get(request.GET.get("day", ""))
    return asked or next((day for day in days if day >= today), days[-1] if days else None)


@login_required
@require_safe
def election_cover(request, pk):
    """The posts of a day: those with holes first, then those that are full."""
    election, user, today = visible_election(request, pk), request.user, timezone.localdate()
    unit = shown_unit(request, election)
    shifts = Shift.objects.visible_to(user).filter(post__election=election, **({"post__unit__path__startswith": unit.path} if unit else {}))
    days = days_of(shifts)
    day = _the_day(request, days, today)
    posts, more = [], False
    if day:
        low, high = (election_plans.moment(one, time()) for one in (day, day + timedelta(days=1)))
        posts, more = _posts(shifts.between(low, high), user)
    cares = cared_units(user, election).exists()
    narrowed = {"unit": unit.slug} if unit else {}
    holes, full = [post for post in posts if post.missing], [post for post in posts if not post.missing]
    context = {
        "election": election, "unit": unit, "day": day, "holes": holes, "full": full, "more": more, "cares": cares, "today": today,
        "days": [{"label": f"{date_format(one, 'D')}, {date_format(one, 'MONTH_DAY_FORMAT')}", "url": "?" + urlencode(narrowed | {"day": one.isoformat()}), "current": one == day} for one in days],
        "units": Unit.objects.visible_to(user).filter(elections_shared=election).order_by("path").values_list("slug", "name"),
        "figures": _figures(posts) if posts else [],
    }  # fmt: skip
    return render(request, "planning/election_cover.html", context)


def _figures(posts):
    needed, filled, missing = (sum(getattr(post, name) for post in posts) for name in ("needed", "filled", "missing"))
    return [
        {"label": _("Places filled"), "value": _("%(n)s of %(all)s") % {"n": filled, "all": needed}},
        {"label": _("Still missing"), "value": missing, "tone": "late" if missing else "quiet"},
        {"label": _("Posts with holes"), "value": sum(bool(post.missing) for post in posts)},
    ]


def _posts(shifts, user):
    """([Post with its shifts of the day, duties, holes and sums], whether there are more than shown). Three queries."""
    shifts = list(shifts.select_related("post__unit__kind").order_by("starts_at", "pk"))
    posts = list({shift.post_id: shift.post for shift in shifts}.values())[:MOST_POSTS]
    duties = show_duties(list(Duty.objects.live().filter(shift__in=shifts).select_related("volunteer__member", "volunteer__unit")), user)
    by_shift, by_post = defaultdict(list), defaultdict(list)
    for duty in duties:
        by_shift[duty.shift_id].append(duty)
    for shift in shifts:
        shift.there = by_shift[shift.pk]
        shift.open = max(shift.needed - len(shift.there), 0)
        by_post[shift.post_id].append(shift)
    for post in posts:
        post.day_shifts = by_post[post.pk]
        post.holes = cover.holes(
            [(one.starts_at, one.ends_at, one.needed) for one in post.day_shifts],
            [(duty.starts_at, duty.ends_at) for one in post.day_shifts for duty in one.there],
        )
        post.needed = sum(one.needed for one in post.day_shifts)
        post.missing = sum(len(cover.places((one.starts_at, one.ends_at, one.needed), [(duty.starts_at, duty.ends_at) for duty in one.there])) for one in post.day_shifts)
        post.filled = max(post.needed - post.missing, 0)
        post.editable = user.right_at(post.unit.path) >= Right.CARE
    return posts, len({shift.post_id for shift in shifts}) > len(posts)


def visible_post(request, pk):
    return get_object_or_404(Post.objects.visible_to(request.user).select_related("unit__kind", "election__unit"), pk=pk)


@login_required
@require_safe
def post_detail(request, pk):
    """A post with all its shifts and who comes."""
    post, user = visible_post(request, pk), request.user
    found, _more = _posts(post.shifts, user)
    by_day = defaultdict(list)
    for shift in found[0].day_shifts if found else []:
        by_day[timezone.localdate(shift.starts_at)].append(shift)
    context = {
        "post": post, "election": post.election, "days": dict(by_day), "holes": found[0].holes if found else [], "today": timezone.localdate(),
        "cares": user.right_on(post.unit) >= Right.CARE,
    }  # fmt: skip
    return render(request, "planning/post_detail.html", context)
