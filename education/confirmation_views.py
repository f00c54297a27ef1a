"""Confirmations of an event: giving and printing them, the page of the person they are about, and checking a number, which anybody may."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.scope import Right
from common.files import PDF, download
from common.keyset import page_of
from common.languages import spoken
from common.links import Found
from common.toasts import say
from education import confirming
from education.models import Confirmation, Event, QualificationKind
from education.qualification_forms import TermsForm
from education.registration_mails import reader_of
from membership.models import Reading
from membership.reading import note
from outbox.tasks import wake

CONFIRMED = ("office", "registration__member__home_unit", *(f"registration__event__{name}" for name in ("unit__kind", "kind", "partner", "place")))


def _event(request, pk):
    found = Event.objects.attended_by(request.user).exclude(state=Event.State.DRAFT)
    return get_object_or_404(found.select_related("kind", "unit__kind", "partner"), pk=pk)


@login_required
@require_safe
def confirmation_list(request, pk):
    """Who has a confirmation of an event, how many are still to be given, and what they say."""
    event, now = _event(request, pk), timezone.now()
    found = Confirmation.objects.filter(registration__event=event).select_related("registration__member__home_unit")
    page = page_of(found, ("name", "pk"), request.GET)
    for row in page.rows:
        row.hours = confirming.hours(row.minutes)
    valid, terms = found.valid().count(), confirming.terms_of(event)
    context = {
        "event": event, "page": page, "terms": terms, "stated": terms.minutes and confirming.hours(terms.minutes), "over": event.is_over(now),
        "missing": confirming.without(event).count(), "valid": valid, "gives": list(QualificationKind.objects.given_by(event)),
        "parts": [{"first": first + 1, "last": min(first + confirming.MOST, valid), "number": first // confirming.MOST} for first in range(0, valid, confirming.MOST)],
        "runs": request.user.right_on(event.unit) >= Right.CARE,
    }  # fmt: skip
    return render(request, "education/confirmation_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def confirmation_terms(request, pk):
    """What the confirmations of an event say: for those who care for the unit in charge."""
    event = get_object_or_404(Event.objects.editable_by(request.user).select_related("unit"), pk=pk)
    terms = confirming.terms_of(event)
    form = TermsForm(request.POST if request.method == "POST" else None, instance=terms)
    if form.is_valid():
        form.save()
        say(request, _("Saved. It counts for what is given from now on."))
        return redirect("education:confirmation_list", event.pk)
    return render(request, "education/confirmation_terms.html", {"event": event, "form": form}, status=422 if form.errors else 200)


@login_required
@require_POST
def confirmation_issue(request, pk):
    """Give everybody who attended a confirmation, and write the mails."""
    event, now = _event(request, pk), timezone.now()
    if not event.is_over(now):
        return HttpResponseBadRequest()
    count = confirming.issue(event, request.user, now)
    wake()
    text = ngettext("%(n)s confirmation is given; who has a mail address gets it by mail.", "%(n)s confirmations are given; who has a mail address gets it by mail.", count)
    say(request, text % {"n": count})
    return redirect("education:confirmation_list", event.pk)


@login_required
@require_safe
def confirmation_run(request, pk):
    """Valid confirmations of an event as one file in the reader's language, at most a hundred pages; `part` from 0."""
    event, part = _event(request, pk), request.GET.get("part", "0")
    start = int(part) * confirming.MOST if part.isdecimal() and len(part) < 5 else 0
    found = Confirmation.objects.valid().filter(registration__event=event).select_related(*CONFIRMED)
    rows = list(found.order_by("name", "pk")[start : start + confirming.MOST])
    if not rows:
        raise Http404
    note(request.user, [row.registration.member_id for row in rows if row.registration.member_id], Reading.What.LETTER, timezone.now())
    return download(_("confirmations") + ".pdf", confirming.as_pdf(rows, translation.get_language()), PDF)


@login_required
@require_safe
def confirmation_pdf(request, pk):
    """One confirmation in the language of the person it is about."""
    row = get_object_or_404(Confirmation.objects.kept_by(request.user).select_related(*CONFIRMED), pk=pk)
    if row.registration.member_id:
        note(request.user, [row.registration.member_id], Reading.What.LETTER, timezone.now())
    return download(f"{row.number}.pdf", confirming.as_pdf([row], reader_of(row.registration)[2]), PDF)


@login_required
@require_POST
def confirmation_withdraw(request, pk):
    """A confirmation that was given wrongly is valid no more; its number says so."""
    row = get_object_or_404(Confirmation.objects.kept_by(request.user).select_related("registration"), pk=pk)
    if row.withdraw(request.user, timezone.now()):
        say(request, _("The confirmation of %(name)s is withdrawn; its number says so.") % {"name": row.name})
    return redirect("education:confirmation_list", row.registration.event_id)


# --- without an account ------------------------------------------------------------------------------------------------


@never_cache
@require_safe
def confirmation_check(request, number):
    """Whether a number is valid, for which event and when it was: nothing about whose it is."""
    row = confirming.find(number)
    context = {"row": row, "number": number[:60], "event": row and row.registration.event}
    return render(request, "education/confirmation_check.html", context, status=200 if row else 404)


@never_cache
@require_safe
def confirmation_ask(request):
    """The form for a number that was printed."""
    number = "".join(request.GET.get("number", "").split()).replace("/", "")[:60]
    if number:
        return redirect("education:confirmation_check", number)
    return render(request, "education/confirmation_ask.html")


def _found(now, pk):
    row = get_object_or_404(Confirmation.objects.select_related(*CONFIRMED), pk=pk)
    return Found((row,), reader_of(row.registration)[2])


@confirming.LINK.opens(_found, "education/_link_closed.html")
@require_safe
def link_confirmation(request, row, now):
    """The confirmation of a person by the link from their mail; `pdf` in the address gives the file."""
    if "pdf" in request.GET and row.withdrawn_at is None:
        language = spoken(request.GET["pdf"], reader_of(row.registration)[2])
        return download(f"{row.number}.pdf", confirming.as_pdf([row], language), PDF)
    context = {
        "row": row, "event": row.registration.event, "hours": confirming.hours(row.minutes), "check_address": confirming.check_address(row.number),
        "languages": settings.LANGUAGES, "own": reader_of(row.registration)[2], "path": request.path,
    }  # fmt: skip
    return render(request, "education/link_confirmation.html", context)
