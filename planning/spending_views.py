"""Bookings: what a unit spent, settled events taken over, counter bookings and receipts."""

import uuid

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.scope import to_change
from common.files import download
from common.toasts import say
from planning import spending
from planning.budget_forms import SpendingForm
from planning.budget_views import keeper
from planning.models import Activity, Budget, Receipt, Spending, YearClosed

FORM = ["GET", "HEAD", "POST"]


@login_required
@require_http_methods(FORM)
def spending_add(request, slug, year):
    unit, today = keeper(request, slug, year), timezone.localdate()
    activities = Activity.objects.filter(plan__unit=unit, plan__year=year).exclude(state=Activity.State.DROPPED)
    instance = Spending(budget=Budget(unit=unit, year=year))
    initial = {"on": today, "activity": request.GET.get("activity")}
    form = SpendingForm(request.POST or None, request.FILES or None, instance=instance, activities=activities, today=today, initial=initial)
    if form.is_valid():
        try:
            booked = form.book(request.user, timezone.now())
            say(request, _("Booked: %(text)s.") % {"text": booked})
            return redirect("planning:budget_detail", slug, year)
        except YearClosed as error:
            form.add_error(None, error)
    return render(request, "planning/spending_form.html", {"unit": unit, "year": year, "form": form}, status=422 if form.errors else 200)


def posted_key(request):
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()


@login_required
@require_POST
def spending_take(request, slug, year):
    """Book what a settled event (POST event) costs the unit."""
    unit = keeper(request, slug, year)
    event = request.POST.get("event", "")
    pk = int(event) if event.isascii() and event.isdigit() and len(event) < 19 else 0
    try:
        booked = spending.take(unit, year, pk, request.user, timezone.now(), timezone.localdate(), posted_key(request))
        say(request, _("Booked: %(text)s.") % {"text": booked} if booked else _("There is nothing left to book for this event."))
    except YearClosed as error:
        say(request, " ".join(error.messages))
    return redirect("planning:budget_detail", slug, year)


def booking_of(request, slug, year, pk):
    """A booking of the unit and year of the address, which the person keeps. 404, 403."""
    return to_change(request.user, Spending.objects.select_related("budget__unit"), pk=pk, budget__unit__slug=slug, budget__year=year)


@login_required
@require_POST
def spending_reverse(request, slug, year, pk):
    """Take a booking back by its opposite, with a reason."""
    booking, why = booking_of(request, slug, year, pk), request.POST.get("reason", "").strip()[:160]
    if booking.reverses_id or not why:
        say(request, _("Please say why it is taken back.") if not why else _("A counter booking stays; book anew instead."))
        return redirect("planning:budget_detail", slug, year)
    try:
        booking.take_back(_("Taken back: %(why)s") % {"why": why}, request.user, timezone.now(), timezone.localdate())
        say(request, _("Taken back by a counter booking: %(text)s.") % {"text": booking})
    except YearClosed as error:
        say(request, " ".join(error.messages))
    return redirect("planning:budget_detail", slug, year)


@login_required
@require_safe
def spending_receipt(request, slug, year, pk):
    """The file behind a booking, for those who keep the money: receipts name people."""
    booking = booking_of(request, slug, year, pk)
    receipt = get_object_or_404(Receipt, spending=booking)
    return download(receipt.name, bytes(receipt.content))
