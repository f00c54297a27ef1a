"""Letters to registered members whom no mail reaches: print them, then say that they are on their way."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.scope import Right
from common import pdf
from common.files import PDF, download
from common.toasts import say
from education import registration_letters as letters
from education.models import Event
from education.registration_rows import TONES
from membership import reading
from membership.models import Reading

MOST_PICKS = 500


def _asked(request):
    """The event that the address narrows it to, None for all. Raises Http404, PermissionDenied for who cares for nobody."""
    if not any(appointment.right >= Right.CARE for appointment in request.user.appointments_now):
        raise PermissionDenied
    pk = request.GET.get("event", "")
    return get_object_or_404(Event.objects.visible_to(request.user).select_related("unit__kind"), pk=int(pk)) if pk.isdecimal() and len(pk) < 18 else None


def _picks(texts):
    return {int(text) for text in texts[:MOST_PICKS] if text.isdecimal() and len(text) < 18}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def registration_letters(request):
    """Who is to be told by letter, of all events or of `event`. POST `pick` (numbers of messages): they are on their way."""
    event, now = _asked(request), timezone.now()
    if request.method == "POST":
        told = letters.note_told(request.user, _picks(request.POST.getlist("pick")), now)
        if told:
            undo = f"{reverse('education:registration_letters_undo')}?{urlencode([('pick', pk) for pk in told], doseq=True)}"
            say(request, ngettext("%(n)s person is noted as told.", "%(n)s people are noted as told.", len(told)) % {"n": len(told)}, undo)
        return redirect(request.get_full_path())
    rows = letters.due(letters.cared_for(request.user, now, event))
    for row in rows:
        row.tone, row.posts = TONES[row.state], letters.has_postal_address(row.member)
    posted = [row for row in rows if row.posts][: letters.MOST]
    context = {"event": event, "rows": rows, "posted": posted, "query": f"?event={event.pk}" if event else ""}
    return render(request, "education/registration_letters.html", context)


@login_required
@require_safe
def registration_letters_pdf(request):
    """The letters as one file; nothing counts as told by that."""
    event, now = _asked(request), timezone.now()
    rows = [row for row in letters.due(letters.cared_for(request.user, now, event)) if letters.has_postal_address(row.member)][: letters.MOST]
    back = reverse("education:registration_letters") + (f"?event={event.pk}" if event else "")
    if not rows:
        return redirect(back)
    try:
        content = letters.as_pdf(rows, request.user, now)
    except pdf.TooLarge:
        messages.error(request, _("These are too many letters for one file. Please print them event by event."))
        return redirect(back)
    reading.note(request.user, [row.member_id for row in rows], Reading.What.LETTER, now)
    return download(_("letters") + f"-{timezone.localdate(now)}.pdf", content, PDF)


@login_required
@require_POST
def registration_letters_undo(request):
    """The letters (`pick` in the address) did not go out: they are due again."""
    _asked(request)
    letters.take_back(request.user, _picks(request.GET.getlist("pick")), timezone.now())
    return redirect("education:registration_letters")
