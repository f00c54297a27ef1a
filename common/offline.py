"""Pages that a phone opens without a line: their service worker, and the page without a single name that it keeps.

A worker stands in the folder it answers for (its scope), with its page beside it at offline/. What else is shown then lies in the memory of the open
tab (static/js/attendance.js).
"""

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from common.languages import spoken


def kept(view):
    """Decorates a view that answers everybody alike: phones keep the answer and ask whether it still holds."""
    return require_safe(cache_control(public=True, max_age=0)(view))


def worker():
    """The service worker, the same for all folders."""
    return HttpResponse(render_to_string("offline_worker.js"), content_type="text/javascript; charset=utf-8")


def page(request, template):
    """The page for when there is no line. Phones fetch it without cookies, so its address says the `language`."""
    with translation.override(spoken(request.GET.get("language"))):
        return render(request, template)
