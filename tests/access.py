"""The access table: every named address of ours, who may GET it, who may POST to it, and what everybody else is told.

Rows stand in `tests/<room>/access.py` as `ROWS = [row(..), ..]` and are collected from there:

    row("membership:member_list", get=SIGNED_IN)                           an address without an object
    row("cockpit:member_detail", lambda o: [o.member.pk], get=SEE)         with one: tried for every place of the world
    row("membership:member_edit", lambda o: [o.member.pk], get=CARE, post=CARE)
    row("onboarding:link_step", lambda o: [token(o)], get=PUBLIC, post=PUBLIC)

get, post: the least right on the object's place that is let in (SEE, CARE, LEAD), SIGNED_IN, PUBLIC, or None: the method is not
allowed (405). Without an object SEE, CARE and LEAD mean: held anywhere today. "Let in" is any answer that is not 403, 404, 405, a
server error or the sign-in page: a POST of nonsense may well be told so (422).
exists: the least right for which the object exists at all (default SEE): who has less is told 404, who has it but not enough 403.
outside: what an address without an object tells those who lack the right (default 403).
data: what is posted (a function of the place, or a dict). query: what is asked for with GET.
everywhere: the object belongs to no place; the rights count as without an object.
grants: the preparation itself lets people see the object, so the canaries leave it out.
fine: further statuses that count as let in. but: {(person, place): status} for the exceptions; status may be LET_IN.

The function gets the place `o`: o.unit, o.member (with a contact o.contact), o.journey, o.step (open), o.appointment, o.name (own, sister,
parent, section, foreign), o.viewer (the person who asks, None for a stranger to the house) and may create what it needs. It is called once for
everybody, unless it looks at o.viewer: then once for each of them. Every request runs in a savepoint that is rolled back.
"""

import importlib
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

from django.urls import URLPattern, get_resolver
from django.utils import timezone

from onboarding import journeys
from onboarding.models import Contact
from tests import factories as make

SEE, CARE, LEAD = 1, 2, 3
SIGNED_IN, PUBLIC, LET_IN = "signed in", "public", "let in"

# Written down by hand, on purpose not read from branches.scope: person -> place -> right held today.
RIGHTS = {
    "secretary_a": {"own": LEAD},
    "chair_a": {"own": LEAD},
    "treasurer_a": {"own": SEE},
    "secretary_b": {"sister": LEAD},
    "section_lead": {"section": CARE},
    "officer": {"own": LEAD, "sister": LEAD, "parent": LEAD, "section": LEAD},
    "admin": {"own": LEAD, "sister": LEAD, "parent": LEAD, "section": LEAD},
    "foreign_officer": {"foreign": LEAD},
    "partner": {},
    "mentor": {},
    "stranger": {},
    "former": {},  # was secretary of A until today
    "coming": {},  # will be from tomorrow
}
PEOPLE = [*RIGHTS, None]  # None: nobody signed in
PLACES = ["own", "sister", "parent", "section", "foreign"]
# Where the short form asks them; the long one asks everybody everywhere. Of those who hold the same rights one goes to all places, and the others
# come to the own one: a view that looks at the person or the office instead of the right would tell them something else.
ASKED = {
    "secretary_a": PLACES,
    "chair_a": ["own", "parent"],
    "treasurer_a": ["own", "sister", "parent"],
    "secretary_b": ["own", "sister"],
    "section_lead": ["own", "parent", "section"],
    "officer": PLACES,
    "admin": ["own", "foreign"],
    "foreign_officer": ["own", "parent", "foreign"],
    "stranger": ["own", "foreign"],
}

# Addresses of the sign-in library, all below /accounts/: a new one in a new version has to be looked at before it is let in here.
LIBRARY = """
account_change_password account_confirm_login_code account_email account_email_verification_sent account_confirm_email
account_inactive account_login account_logout account_reauthenticate account_request_login_code account_reset_password
account_reset_password_done account_reset_password_from_key account_reset_password_from_key_done account_set_password account_signup
account_signup_by_passkey
mfa_activate_totp mfa_add_webauthn mfa_authenticate mfa_deactivate_totp mfa_download_recovery_codes mfa_edit_webauthn
mfa_generate_recovery_codes mfa_index mfa_list_webauthn mfa_login_webauthn mfa_reauthenticate mfa_reauthenticate_webauthn
mfa_remove_webauthn mfa_signup_webauthn mfa_trust mfa_view_recovery_codes
socialaccount_connections socialaccount_login_cancelled socialaccount_login_error socialaccount_signup usersessions_list
""".split()

MEMBER_TEXTS = "title given_name family_name number email phone mobile street postcode city country".split()


class Place(SimpleNamespace):
    """`looked_at` says whether anybody has read `viewer` since it was set."""

    @property
    def viewer(self):
        self.looked_at = True
        return self.asking

    @viewer.setter
    def viewer(self, person):
        self.asking, self.looked_at = person, False


@dataclass
class Row:
    name: str
    of: object = None
    get: object = None
    post: object = None
    exists: int = SEE
    outside: int = 403
    data: object = field(default_factory=dict)
    query: dict = field(default_factory=dict)
    everywhere: bool = False
    fine: tuple = ()
    grants: bool = False
    but: dict = field(default_factory=dict)

    @property
    def places(self):
        return PLACES if self.of and not self.everywhere else [None]

    def expected(self, method, person, place):
        """LET_IN, "login" or the status for this person at this place."""
        needed = self.get if method == "GET" else self.post
        if needed and (person, place) in self.but:
            return self.but[person, place]
        if needed == PUBLIC:
            return LET_IN
        if person is None:
            return "login" if needed else "login or 405"
        if needed is None:
            return 405
        if needed == SIGNED_IN:
            return LET_IN
        placed = self.of and not self.everywhere
        held = RIGHTS[person].get(place, 0) if placed else max(RIGHTS[person].values(), default=0)
        if held >= needed:
            return LET_IN
        return 403 if placed and held >= self.exists else 404 if placed else self.outside


def asked(row, person, place):
    return place is None or place in ASKED.get(person, ["own"]) or (person, place) in row.but


def everybody(row, person, place):
    return True


def row(name, of=None, **fields):
    return Row(name, of, **fields)


def rows():
    """All rows of all rooms."""
    found = []
    for path in sorted(Path(__file__).parent.glob("*/access.py")):
        found += importlib.import_module(f"tests.{path.parent.name}.access").ROWS
    return found


def addresses(resolver=None, prefix="", route=""):
    """{name: route} of every named address, those of the sign-in library left out."""
    found = {}
    for pattern in (resolver or get_resolver()).url_patterns:
        here = route + re.sub(r"^\^\(\?=.*\)$", "", str(pattern.pattern))  # a room looks first whether the word is one of its own
        if isinstance(pattern, URLPattern):
            if pattern.name and pattern.name not in LIBRARY:
                found[prefix + pattern.name] = here
        else:
            found |= addresses(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix, here)
    return found


def canary(name, place):
    """A text that stands in one field of one place's member only."""
    text = f"{name}Qx{place}"
    return f"{text}@example.org" if name == "email" else text


def build_world(tree, cast):
    """The tree and the cast, and in each place a member with a canary in every text field, a contact and a running journey."""
    today = timezone.localdate()
    cast.former, cast.coming = make.user("Fritz Vorher"), make.user("Karla Nachher")
    make.appoint(cast.former, "secretary", tree.a, ends_on=today)
    make.appoint(cast.coming, "secretary", tree.a, starts_on=today + timedelta(days=1))
    third = make.unit("Cronheim", "branch", tree.district)  # nobody holds an office here
    units = {"own": tree.a, "sister": tree.b, "parent": tree.district, "section": tree.youth, "foreign": tree.foreign_branch}
    world = SimpleNamespace(tree=tree, cast=cast, third=third, places={})
    for place, unit in units.items():
        texts = {name: canary(name, place) for name in MEMBER_TEXTS}
        name = f"{texts.pop('given_name')} {texts.pop('family_name')}"
        home = third if place == "section" else unit
        member = make.member(name, home, joined_on=today - timedelta(days=20), **texts)
        if place == "section":
            member.memberships.create(unit=unit, home=False, starts_on=member.joined_on)
        contact = Contact.objects.create(member=member, by=cast.admin, on=today, note=canary("note", place))
        world.places[place] = Place(name=place, world=world, unit=unit, member=member, contact=contact, viewer=None)
    journeys.start_due(today)
    for place in world.places.values():
        place.journey = place.member.journeys.get()
        place.step = place.journey.steps.filter(state="open").first()
        place.appointment = place.unit.appointments.first()
    holder = make.user("Frank Fremdorf")
    foreign = world.places["foreign"]
    foreign.appointment = make.appoint(holder, "secretary", foreign.unit)
    return world
