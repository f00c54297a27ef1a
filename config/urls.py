import re
from importlib import import_module

from django.conf import settings
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from config import health


def room(name):
    """The addresses of a room, looked at only where the first word of an address is one of theirs: hundreds that are tried in vain take a tenth of a page."""
    routes = {str(one.pattern).partition("/")[:2] for one in import_module(f"{name}.urls").urlpatterns}
    words = "|".join(sorted(re.escape(word) + (slash or "$") for word, slash in routes))
    return re_path(f"^(?={words})", include(f"{name}.urls"))


urlpatterns = [
    # What is asked for most comes first.
    room("cockpit"),
    room("membership"),
    room("onboarding"),
    path("healthz/", health.healthz, name="healthz"),
    path("language/", set_language, name="set_language"),
    # An office is given to an address; whoever could change it to another's would get that person's next office.
    re_path(r"^accounts/(?:email|confirm-email)/", RedirectView.as_view(pattern_name="branches:profile")),
    path("accounts/", include("allauth.urls")),
    room("common"),
    room("branches"),
    room("education"),
    room("planning"),
]
if settings.LOCAL_INBOX:
    urlpatterns.append(path("inbox/", include("outbox.urls")))
