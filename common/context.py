"""What the shell of every page shows: party, places to go, the office one acts in, languages."""

from functools import cache
from urllib.parse import urlencode

from django.conf import settings
from django.urls import NoReverseMatch, get_urlconf, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

SEE, CARE, LEAD = 1, 2, 3  # branches.scope.Right, which this room may not know
PARTY = 4  # LEAD of a party as a whole

# url name, label, short label for the bottom of a phone, icon, beginnings of other addresses that belong to the place,
# and the pages within it: url name, label, the least right held anywhere.
PLACES = [
    ("cockpit:today", _("Today"), _("Today"), "home", (), []),
    (
        "onboarding:journey_list", _("New members"), pgettext_lazy("short for New members", "New"), "user-plus", ("/journeys/", "/letters/", "/books/", "/exits/"),
        [
            ("onboarding:journey_list", pgettext_lazy("page", "All new members"), SEE),
            ("onboarding:letter_list", _("Welcome letters"), CARE),
            ("onboarding:book_list", _("Membership books"), SEE),
            ("onboarding:exit_list", _("Exits and winning back"), SEE),
        ],
    ),
    (
        "membership:member_list", _("Members"), _("Members"), "users", ("/lists/", "/appointments/", "/kinds/", "/proposals/", "/merges/", "/questions/", "/taking-office/", "/confidentiality/", "/rollouts/", "/practice/"),
        [
            ("membership:member_list", pgettext_lazy("page", "All members"), SEE),
            ("onboarding:application_list", _("Applications"), SEE),
            ("membership:guest_list", _("Guests"), SEE),
            ("onboarding:transfer_list", _("Transfers"), SEE),
            ("membership:data_quality", _("Data quality"), CARE),
            ("membership:pair_list", _("Perhaps the same person"), LEAD),
            ("membership:jubilee_list", _("Jubilees"), SEE),
            ("onboarding:list_list", _("Member lists"), LEAD),
            ("membership:notice_list", _("Mails of the register"), LEAD),
            ("membership:export_list", _("Lists taken out"), CARE),
            ("membership:tag_list", _("Interests, skills, time"), CARE),
            ("membership:field_list", _("Own fields"), CARE),
            ("branches:unit_list", _("Units and offices"), SEE),
            ("onboarding:takeover_list", _("Taking office"), SEE),
        ],
    ),
    ("onboarding:mentoring_home", _("Mentoring"), _("Mentoring"), "heart", ("/mentoring/",), []),
    (
        "education:event_list", _("Events"), pgettext_lazy("short for Events", "Events"), "calendar-days", ("/events/", "/offers/", "/partners/", "/tracks/", "/places/", "/registrations/", "/attendance/", "/qualifications/", "/confirmations/", "/check-in/"),
        [
            ("education:event_list", pgettext_lazy("page", "All events"), SEE),
            ("education:registration_mine", _("Registrations"), SEE),
            ("education:offer_list", _("Offers of partners"), SEE),
            ("education:track_list", _("Tracks and qualifications"), SEE),
            ("education:place_list", _("Places to meet"), SEE),
            ("education:partner_list", _("Partners"), PARTY),
        ],
    ),
    (
        "planning:meter", _("Life of the units"), pgettext_lazy("short for Life of the units", "Units"), "clipboard-document-list", ("/plans/", "/budgets/", "/elections/", "/ideas/", "/projects/", "/requests/", "/minutes/"),
        [
            ("planning:meter", _("Meetings of six"), SEE),
            ("planning:plan_list", _("Work plans"), SEE),
            ("planning:budget_list", _("Budgets"), SEE),
            ("planning:election_list", _("Election plans"), SEE),
            ("planning:idea_list", _("Ideas"), SEE),
            ("planning:project_list", _("Projects"), SEE),
            ("planning:request_list", _("Requests"), SEE),
            ("planning:office_outlook", _("Offices ahead"), SEE),
        ],
    ),
    (
        "cockpit:cockpit", _("Reports"), _("Reports"), "chart-bar", (),
        [("cockpit:cockpit", _("Cockpit"), SEE), ("cockpit:report_list", _("PDF reports"), SEE)],
    ),
]  # fmt: skip

# Those who hold no office but have other work here, such as the people of a partner: functions of a user that give what they see instead of
# PLACES, [(url name, label, short label, icon)], or nothing. Rooms above add theirs with `without_office`.
OTHERS: list = []

# Lists that begin in the unit one acts in, where one acts in several; the address says so, and the list lets one widen it.
OF_A_UNIT = {"onboarding:journey_list", "membership:member_list"}


def without_office(places):
    """Have places(user) say what the navigation of somebody without an office holds. [] means: nothing to do with them."""
    OTHERS.append(places)


def home_of(user):
    """The url name of the start page of somebody without an office; "" where there is none but Today."""
    return next((found[0][0] for places in OTHERS if (found := places(user))), "")


def place_of(request):
    """The appointment the signed-in person acts in now: the chosen one, else the widest; None without any."""
    held = request.user.appointments_now
    chosen = request.session.get("place")
    return next((a for a in held if a.pk == chosen), held[0] if held else None)


@cache
def _reversed(name, urlconf):
    try:
        return reverse(name, urlconf)
    except NoReverseMatch:
        return None


def _address(name):
    return _reversed(name, get_urlconf())


def navigation(path, right=PARTY, unit=""):
    """The places to go as dicts (label, short, icon, url, current, within), those of rooms not built yet left out.

    right: the highest right held anywhere, or PARTY; pages within that ask for more are left out. `within` is filled for the current place only.
    unit: slug of the unit the lists begin in; "" for all one may see.
    """

    def link(name, url):
        return f"{url}?{urlencode({'unit': unit})}" if unit and name in OF_A_UNIT else url

    places = []
    for name, label, short, icon, more, pages in PLACES:
        if not (url := _address(name)):
            continue
        inside = [(page, label, address) for page, label, needed in pages if right >= needed and (address := _address(page))]
        nearest = max((address for _page, _label, address in inside if path.startswith(address)), key=len, default="")
        current = path == url or bool(nearest) or path.startswith((url, *more) if url != "/" else more)
        within = [{"label": text, "url": link(page, address), "current": address == nearest} for page, text, address in inside if current]
        places.append({"label": label, "short": short, "icon": icon, "url": link(name, url), "current": current, "within": within})
    return places


def _others(user, path):
    """The navigation of somebody without an office; None where nobody says anything about them."""
    found = next((found for places in OTHERS if (found := places(user))), None)
    if found is None:
        return None
    urls = [(_address(name), label, short, icon) for name, label, short, icon in found]
    return [{"label": label, "short": short, "icon": icon, "url": url, "current": path == url, "within": []} for url, label, short, icon in urls if url]


def _right(appointment):
    whole = appointment.unit.is_root() and (appointment.below or appointment.unit.is_leaf())
    return PARTY if appointment.right == LEAD and whole else appointment.right


def shell(request):
    """Context of base.html. Reads the person's appointments of today (one query, kept) and nothing else.

    What base.html draws and keeps for other pages stands in `shell`: a page may well have a place or a version of its own.
    """
    party = (settings.PARTY_NAME, settings.PARTY_COLOUR, settings.PARTY_LOGO)
    context = {
        "shell": {"key": party, "version": settings.VERSION},
        "party": {"name": settings.PARTY_NAME, "colour": settings.PARTY_COLOUR, "logo": settings.PARTY_LOGO},
        "languages": settings.LANGUAGES,
        "is_demo_inbox": settings.LOCAL_INBOX,
        "inbox_url": _address("outbox:inbox") if settings.LOCAL_INBOX else None,
    }
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        held, place = user.appointments_now, place_of(request)
        several = len({a.unit_id for a in held}) > 1
        places = None if held else _others(user, request.path)
        if places is None:
            places = navigation(request.path, max(map(_right, held), default=0), place.unit.slug if several else "")
        context |= {"places": places, "place": place, "held": held, "search_url": _address("cockpit:search") if held else None}
        offices = tuple((a.pk, a.unit.full_name, str(a.office)) for a in held)
        here = tuple((p["current"], *((page["url"], page["current"]) for page in p["within"])) for p in places)
        context["shell"] |= {"here": (user.name, user.email, offices, place and place.pk, here), "held": held, "place": place, "places": places}
    return context
