"""The own page of a new member by link, and what the secretary sees of it."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches.scope import to_change
from common import qr
from common.files import PDF, download
from common.links import Found
from common.toasts import say
from membership import own_data
from membership.models import ACTIVE, Member
from onboarding import books, letters, welcome
from onboarding.book_views import acts
from onboarding.models import Book, Journey, Welcome
from outbox.tasks import wake


def _found(now, pk):
    journey = get_object_or_404(Journey.objects.arriving().select_related("member__home_unit__kind"), pk=pk)
    return Found((journey,), own_data.language_of(journey.member), welcome.is_open(journey, timezone.localdate(now)))


@welcome.LINK.opens(_found, "onboarding/link_welcome.html")
def link_welcome(request, journey, now):
    """Contact person, next date, what comes next. POST sends the link to the own data by mail: nobody who finds a letter reads or changes them."""
    member = journey.member
    if request.method == "POST":
        asked = own_data.ask([member.pk], None, now)
        wake()
        return redirect(f"{request.path}?data={'sent' if asked else 'not'}#data")
    context = {"sheet": welcome.told([journey], now)[journey.pk], "data": request.GET.get("data"), "has_mail": bool(member.email)}
    return render(request, "onboarding/link_welcome.html", context)


def _cared_member(request, pk):
    """The member as one who cares for them: 404 when not to be seen, 403 when only to be seen."""
    return to_change(request.user, Member.objects.select_related("home_unit__kind"), pk=pk)


def last_journey(member):
    return Journey.objects.arriving().filter(member=member).order_by("-started_on", "-pk").first()


@login_required
@require_safe
def member_welcome(request, pk):
    """How somebody was welcomed, the link to their own page as text and as a code, the letter, and the membership book."""
    member, on = _cared_member(request, pk), timezone.localdate()
    journey = last_journey(member)
    is_open = journey and welcome.is_open(journey, on)
    url = welcome.address(journey) if is_open else ""
    me = next((a for a in request.user.appointments_now if a.covers(member.home_unit)), None)
    book = Book.objects.filter(member=member).select_related("handed_by", "member").order_by("-pk").first()
    context = {
        "member": member, "journey": journey, "url": url, "code": url and qr.svg(url),
        "welcome": journey and Welcome.objects.filter(journey=journey).select_related("message").first(),
        "addressed": bool(member.street and member.city), "sees_address": Member.objects.cared_for_by(request.user).filter(pk=pk).exists(),
        "book": book, "acts": acts(book) if book else [], "active": member.status in ACTIVE,
        "unreachable": me is not None and not (request.user.shows_phone or request.user.shows_email),
    }  # fmt: skip
    return render(request, "onboarding/member_welcome.html", context)


@login_required
@require_POST
def member_welcome_letter(request, pk):
    """The pack of one member as a file, in their language; it counts as printed."""
    member, now = _cared_member(request, pk), timezone.now()
    journey = last_journey(member)
    if not Member.objects.cared_for_by(request.user).filter(pk=pk).exists():
        raise PermissionDenied
    if journey is None or not welcome.is_open(journey, timezone.localdate(now)):
        raise Http404
    return download(f"{member.home_unit.slug}-{journey.pk}.pdf", letters.single(journey, request.user, now), PDF)


@login_required
@require_POST
def member_book(request, pk):
    """A book for somebody whose journey asks for none: who never got one, or lost it."""
    member = _cared_member(request, pk)
    if member.status not in ACTIVE:
        raise Http404
    _book, new = books.want(member, timezone.localdate())
    if new:
        say(request, _("A book for %(name)s is on the list of those to order.") % {"name": member.name})
    return redirect("onboarding:member_welcome", pk)
