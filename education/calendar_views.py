"""Calendar feeds: the list of one's own, a new one that follows the filter of the list of events, revoking, and what clients read."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.context import place_of
from common.links import Found
from common.toasts import say
from education import calendars
from education.calendar_forms import FeedForm
from education.models import CalendarFeed
from membership.models import ACTIVE, Member
from membership.own_data import language_of

NOTED = timedelta(hours=1)  # how exactly it is kept when a feed was last read
MOST_OWN = 5  # open feeds of a member without an account


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_list(request):
    """One's own calendar addresses, and a form for another; `unit` and `kind` in the address are those of the list of events."""
    posted = request.POST if request.method == "POST" else None
    form = FeedForm(posted, user=request.user, place=place_of(request), asked=request.GET)
    if posted is not None and form.is_valid():
        feed = form.save(request.user, get_language(), timezone.now())
        say(request, _("The address of your calendar is ready: %(name)s.") % {"name": feed})
        return redirect("education:calendar_list")
    feeds = CalendarFeed.objects.visible_to(request.user).open().select_related("unit__kind").prefetch_related("kinds")
    rows = [{"feed": feed, "address": calendars.feed_address(feed), "webcal": webcal(feed)} for feed in feeds]
    return render(request, "education/calendar_list.html", {"rows": rows, "form": form}, status=422 if form.errors else 200)


def webcal(feed):
    """The address as phones and programs take it up at a tap."""
    return "webcal" + calendars.feed_address(feed).removeprefix("https").removeprefix("http")


@login_required
@require_POST
def calendar_revoke(request, pk):
    """From now on the address gives nothing."""
    feed = get_object_or_404(CalendarFeed.objects.visible_to(request.user), pk=pk)
    feed.revoke(timezone.now())
    say(request, _("The address gives nothing any more. Calendars that read it become empty or say that it is gone."))
    return redirect("education:calendar_list")


@require_safe
def link_calendar_feed(request, token):
    """What calendar programs read. Unknown: 404, revoked or its owner gone: 410, unchanged since: 304."""
    (pk,), _until = calendars.FEED.read(token)
    found = CalendarFeed.objects.select_related("user", "member__party", "member__home_unit", "unit__kind")
    feed, now = get_object_or_404(found, pk=pk), timezone.now()
    if not calendars.is_alive(feed):
        return HttpResponse(_("This calendar is gone."), "text/plain; charset=utf-8", 410)
    CalendarFeed.objects.filter(Q(read_at=None) | Q(read_at__lt=now - NOTED), pk=pk).update(read_at=now)
    events, told = calendars.events_of(feed, now), calendars.places_of(feed)
    etag, changed = calendars.fingerprint(feed, events, told)
    response = get_conditional_response(request, etag, changed)
    if response is None:
        response = HttpResponse(calendars.feed_ics(feed, events, told), content_type="text/calendar; charset=utf-8")
    response["ETag"], response["Last-Modified"] = etag, http_date(changed)
    response["Cache-Control"] = "private, max-age=900"
    response["X-Robots-Tag"] = "noindex"
    return response


def _found(now, pk):
    member = get_object_or_404(Member.objects.select_related("home_unit__kind", "party"), pk=pk)
    return Found((member,), language_of(member), member.status in ACTIVE)


@calendars.PAGE.opens(_found, "education/link_calendar.html")
def link_calendar(request, member, now):
    """A member without an account: one's own calendar address, made and revoked by a button."""
    if request.method == "POST":
        open_ones = member.calendar_feeds.open()
        if (revoked := request.POST.get("revoke", "")).isdecimal():
            open_ones.filter(pk=revoked[:18]).update(revoked_at=now)
        elif open_ones.count() < MOST_OWN:
            CalendarFeed.objects.create(member=member, language=get_language(), created_at=now)
        return redirect(request.path)
    rows = [{"feed": feed, "address": calendars.feed_address(feed), "webcal": webcal(feed)} for feed in member.calendar_feeds.open()]
    return render(request, "education/link_calendar.html", {"member": member, "rows": rows})
