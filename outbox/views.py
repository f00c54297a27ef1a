"""The inbox of a trial on one machine: mails that would have left the house.

Whoever uses the machine may read it, sign-in codes included: that is how one signs in to a trial.
"""

from functools import wraps

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from common.keyset import page_of
from outbox.models import LocalMail

# Links may open the real page; nothing runs, nothing loads, and the mail counts as an origin of its own.
SANDBOX = ["allow-popups", "allow-popups-to-escape-sandbox", "allow-top-navigation-by-user-activation"]
FRAMED = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "frame-ancestors": [SELF],
    "base-uri": [SELF],
    "form-action": [NONE],
    "sandbox": SANDBOX,
}


def only_here(view):
    """404 unless mails stay on this machine (EMAIL_URL=inbox://)."""

    @never_cache
    @require_safe
    @wraps(view)
    def guarded(request, *args, **kwargs):
        if not settings.LOCAL_INBOX:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@only_here
def inbox(request):
    wanted = request.GET.get("q", "").strip()[:100]
    mails = LocalMail.objects.filter(Q(to__icontains=wanted) | Q(subject__icontains=wanted))
    page = page_of(mails, ("-at", "-pk"), request.GET)
    return render(request, "outbox/inbox.html", {"page": page, "wanted": wanted})


@only_here
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def inbox_mail(request, pk):
    """One mail: the text as it goes out, and the HTML beside it in a frame of its own."""
    mail = get_object_or_404(LocalMail, pk=pk)
    return render(request, "outbox/inbox_mail.html", {"mail": mail, "lines": mail.text.splitlines(), "sandbox": " ".join(SANDBOX)})


@only_here
@xframe_options_sameorigin
@csp(FRAMED)  # type: ignore[arg-type]
def inbox_html(request, pk):
    """The HTML of a mail for the frame of inbox_mail. Its links leave the frame."""
    mail = get_object_or_404(LocalMail, pk=pk)
    return HttpResponse(mail.html.replace("<head>", '<head><base target="_top">', 1))
