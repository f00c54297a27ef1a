from django.conf import settings
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from config import health

urlpatterns = [
    # What is asked for most comes first: a page deep in this list waits for every address before it to be tried.
    path("", include("cockpit.urls")),
    path("", include("membership.urls")),
    path("", include("onboarding.urls")),
    path("healthz/", health.healthz, name="healthz"),
    path("language/", set_language, name="set_language"),
    # An office is given to an address; whoever could change it to another's would get that person's next office.
    re_path(r"^accounts/(?:email|confirm-email)/", RedirectView.as_view(pattern_name="branches:profile")),
    path("accounts/", include("allauth.urls")),
    path("", include("common.urls")),
    path("", include("branches.urls")),
    path("", include("education.urls")),
    path("", include("planning.urls")),
]
if settings.LOCAL_INBOX:
    urlpatterns.append(path("inbox/", include("outbox.urls")))
