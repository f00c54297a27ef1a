"""The list of members, far down too, and search as you type: for the officer of the root, of a state, for a secretary and a section's lead."""

from urllib.parse import urlencode

from django.utils import timezone

from bench import figure
from branches.models import Appointment
from common.keyset import key_of
from membership.models import Member

LIST, SEARCH = "/members/", "/search/"
AS_YOU_TYPE = {"HX-Request": "true"}
PRESETS = ["new", "no_contact", "no_mentor", "stalled", "unreachable", "moved", "moved_out", "returned", "quiet", "guests", "left"]


def somebody(run, office, **unit):
    """A user who holds `office` below the root today; of the root where there is nobody."""
    held = Appointment.objects.active(timezone.localdate()).filter(office__slug=office, **unit).select_related("user").first()
    return held.user if held else run.officer()


def state(run):
    return somebody(run, "membership_officer", unit__depth=2)


def secretary(run):
    return somebody(run, "secretary", unit__kind__slug="branch")


def section_lead(run):
    return somebody(run, "section_lead")


def middle_page(run):
    """The address of a page in the middle of the list."""
    middle = Member.objects.active().order_by("sort_key", "pk")[run.members // 2 : run.members // 2 + 1].get()
    return f"{LIST}?{urlencode({'after': key_of(middle, ('sort_key', 'pk'))})}"


@figure("membership.list", unit="F", bar=3)
def list_of_root(run):
    return run.floors(LIST)


@figure("membership.list_of_state", unit="F", bar=3)
def list_of_state(run):
    return run.floors(LIST, state(run))


@figure("membership.list_of_secretary", unit="F", bar=3)
def list_of_secretary(run):
    return run.floors(LIST, secretary(run))


@figure("membership.list_of_section", unit="F", bar=3)
def list_of_section(run):
    return run.floors(LIST, section_lead(run))


@figure("membership.list_presets", unit="F", bar=3)
def presets(run):
    """The slowest preset of the root."""
    return max(run.floors(f"{LIST}?show={name}", rounds=15) for name in PRESETS)


@figure("membership.list_far_down", unit="ratio", bar=1.3)
def far_down(run):
    """A page in the middle of the list, in first pages."""
    return run.floors(middle_page(run)) / run.floors(LIST)


@figure("membership.list_queries", unit="count", bar=10)
def queries(run):
    return run.queries(LIST)


def typed(run, user):
    """The slowest of what one types on the way to a name, a number, a phone."""
    return max(run.floors(f"{SEARCH}?q={text}", user, rounds=15, headers=AS_YOU_TYPE) for text in ("m", "mu", "mul", "xqz", "anna+m", "4711", "0170123"))


@figure("membership.search", unit="F", bar=2)
def search(run):
    return typed(run, run.officer())


@figure("membership.search_of_secretary", unit="F", bar=2)
def search_of_secretary(run):
    return typed(run, secretary(run))


@figure("membership.search_of_section", unit="F", bar=2)
def search_of_section(run):
    return typed(run, section_lead(run))
