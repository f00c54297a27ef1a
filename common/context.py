"""What the shell of every page shows: party, places to go, the office one acts in, languages."""

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

# url name, label, short label for the bottom of a phone, icon, beginnings of other addresses that belong to the place.
PLACES = [
    ("cockpit:today", _("Today"), _("Today"), "home", ()),
    (
        "onboarding:journey_list",
        _("New members"),
        pgettext_lazy("short for New members", "New"),
        "user-plus",
        ("/journeys/",),
    ),
    ("membership:member_list", _("Members"), _("Members"), "users", ("/applications/", "/transfers/", "/guests/", "/lists/", "/units/", "/appointments/", "/kinds/")),
    ("cockpit:cockpit", _("Reports"), _("Reports"), "chart-bar", ("/reports/",)),
]


def place_of(request):
    """The appointment the signed-in person acts in now: the chosen one, else the widest; None without any."""
    held = request.user.appointments_now
    chosen = request.session.get("place")
    return next((a for a in held if a.pk == chosen), held[0] if held else None)


def _address(name):
    try:
        return reverse(name)
    except NoReverseMatch:
        return None


def navigation(path):
    """The places to go as dicts (label, short, icon, url, current), those of rooms not built yet left out."""
    return [
        {
            "label": label,
            "short": short,
            "icon": icon,
            "url": url,
            "current": path == url or path.startswith((url, *more) if url != "/" else more),
        }
        for name, label, short, icon, more in PLACES
        if (url := _address(name))
    ]


def shell(request):
    """Context of base.html. Reads the person's appointments of today (one query, kept) and nothing else."""
    party = (settings.PARTY_NAME, settings.PARTY_COLOUR, settings.PARTY_LOGO)
    context = {
        "shell": {"key": party},
        "party": {"name": settings.PARTY_NAME, "colour": settings.PARTY_COLOUR, "logo": settings.PARTY_LOGO},
        "languages": settings.LANGUAGES,
        "is_demo_inbox": settings.LOCAL_INBOX,
        "inbox_url": _address("outbox:inbox") if settings.LOCAL_INBOX else None,
        "version": settings.VERSION,
    }
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        places, place, held = navigation(request.path), place_of(request), user.appointments_now
        context |= {"places": places, "place": place, "held": held, "search_url": _address("cockpit:search")}
        offices = tuple((a.pk, a.unit.full_name, str(a.office)) for a in held)
        context["shell"] = {"key": party, "here": (user.name, user.email, offices, place and place.pk, *(p["current"] for p in places))}
    return context
