"""The two invented organisations: their units, who holds which office, and how a party grows beyond one district."""

from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from branches import setup
from branches.models import Appointment, Office, Unit, UnitKind, User
from cockpit.demo.names import GERMAN, HEBREW, Vocabulary
from education import kinds
from membership import purposes
from onboarding import standards
from onboarding.models import Standard, Step

GROWS_FROM = 20_000  # members; below, one district holds them all
MEMBERS_PER_BRANCH, BRANCHES_PER_DISTRICT, DISTRICTS_PER_STATE = 85, 28, 26
# Office holders outside the hand-made part exist so that work has somebody in charge; nobody signs in as them by name.
MANY_DOMAIN = "units.{slug}.example.org"


@dataclass(frozen=True)
class Place:
    """A unit of the hand-made part. diligence: share of first contacts in time; weight: share of the members."""

    slug: str
    name: str
    kind: str = "branch"
    diligence: float = 0.8
    weight: float = 1.0
    below: tuple["Place", ...] = ()
    belongs: str = ""  # how members come to a section, see people.SECTIONS


@dataclass(frozen=True)
class Holder:
    """A demo user with offices: (office, unit slug, first day, last day but one) as days from today, None for open."""

    name: str
    address: str
    offices: tuple[tuple, ...]


@dataclass(frozen=True)
class Party:
    slug: str
    language: str
    root: Place
    holders: tuple[Holder, ...]
    own_steps: tuple[tuple, ...]  # (unit slug, step slug, days, reasons, labels)
    words: Vocabulary
    city: str
    postcode: str
    grown: tuple[str, str]  # names of a state and a district

    @property
    def domain(self):
        return f"{self.slug}.example.org"


@dataclass(frozen=True)
class Home:
    """A unit members live in. sections: {how one belongs: pk of the section}; holder: pk of the user who cares."""

    unit_id: int
    diligence: float
    weight: float
    sections: dict
    holder: int
    city: str
    postcode: str


def _holder(name, address, *offices):
    """Without days: elected a year ago, as usual for two."""
    return Holder(name, address, tuple((*office, *(-400, None)[len(office) - 2 :]) for office in offices))


DRESDEN = Party(
    slug="dresden",
    language="de",
    root=Place(
        "dresden", "Dresden", "district", below=(
            Place("altstadt", "Altstadt", diligence=0.88, weight=1.0),
            Place("blasewitz", "Blasewitz", diligence=0.84, weight=0.9),
            Place("cotta", "Cotta", diligence=0.6, weight=1.0),
            Place("elbhang-loschwitz", "Elbhang-Loschwitz", diligence=0.87, weight=0.8),
            Place("klotzsche", "Klotzsche", diligence=0.72, weight=0.7),
            Place("leuben", "Leuben", diligence=0.8, weight=0.8),
            Place("neustadt", "Neustadt", diligence=0.79, weight=1.7),
            Place("pieschen", "Pieschen", diligence=0.35, weight=1.5),
            Place("plauen", "Plauen", diligence=0.92, weight=1.4),
            Place("prohlis", "Prohlis", diligence=0.63, weight=0.7),
            Place("jusos", "Jusos", "section", belongs="youth"),
            Place("60plus", "60plus", "section", belongs="senior"),
            Place("frauen", "Frauen", "section", belongs="women"),
        ),
    ),
    holders=(
        _holder("Clemens Brückner", "clemens.brueckner", ("membership_officer", "dresden")),
        _holder("Marlene Ostwald", "marlene.ostwald", ("administrator", "dresden")),
        _holder("Ines Hartung", "ines.hartung", ("chair", "dresden")),
        _holder("Theodor Wiesner", "theodor.wiesner", ("treasurer", "dresden", -640, 91)),
        _holder("Nadja Petrow", "nadja.petrow", ("board", "dresden")),
        _holder("Sylvia Rademann", "sylvia.rademann", ("secretary", "altstadt")),
        _holder("Henrik Zschau", "henrik.zschau", ("chair", "altstadt")),
        _holder("Dagmar Zeidler", "dagmar.zeidler", ("secretary", "blasewitz")),
        _holder("Ulrich Teuber", "ulrich.teuber", ("chair", "blasewitz")),
        # Cotta has no secretary: the chair stands in.
        _holder("Rüdiger Kunath", "ruediger.kunath", ("chair", "cotta")),
        _holder("Mareike Thümmler", "mareike.thuemmler", ("secretary", "elbhang-loschwitz")),
        _holder("Joachim Seifarth", "joachim.seifarth", ("chair", "elbhang-loschwitz", -690)),
        # A term that ended, and its successor.
        _holder("Georg Thiele", "georg.thiele", ("secretary", "klotzsche", -1200, -80)),
        _holder("Minh Anh Tran", "minhanh.tran", ("secretary", "klotzsche", -80)),
        _holder("Kerstin Noack", "kerstin.noack", ("chair", "klotzsche")),
        # A term that begins in future.
        _holder("Gisela Wünsche", "gisela.wuensche", ("secretary", "leuben", -700, 39)),
        _holder("Tariq Haddad", "tariq.haddad", ("secretary", "leuben", 39)),
        _holder("Olaf Pietzsch", "olaf.pietzsch", ("chair", "leuben")),
        _holder("Lars Hempel", "lars.hempel", ("secretary", "neustadt")),
        _holder("Yasemin Aksoy", "yasemin.aksoy", ("chair", "neustadt")),
        _holder("Aylin Kaya", "aylin.kaya", ("secretary", "pieschen")),
        _holder("Frank Lippold", "frank.lippold", ("chair", "pieschen", -660, 71)),
        # Two offices in two units.
        _holder("Lea Sommerfeld", "lea.sommerfeld", ("secretary", "plauen"), ("section_lead", "jusos")),
        _holder("Detlef Garbe", "detlef.garbe", ("chair", "plauen")),
        _holder("Zofia Nowicka", "zofia.nowicka", ("secretary", "prohlis")),
        _holder("Manfred Uhlig", "manfred.uhlig", ("chair", "prohlis")),
        _holder("Waltraud Eichler", "waltraud.eichler", ("section_lead", "60plus", -900)),
        _holder("Samira Benali", "samira.benali", ("section_lead", "frauen")),
    ),
    own_steps=(
        (
            "neustadt", "invitation", 21, ["joined", "moved_in"],
            {
                "de": "Zur Neumitgliederrunde einladen",
                "he": "הזמנה למפגש חברים חדשים",
                "en": "Invite to the newcomers' evening",
            },
        ),
        (
            "plauen", "interests", 45, ["joined"],
            {"de": "Interessen erfragen", "he": "בירור תחומי עניין", "en": "Ask about interests"},
        ),
    ),
    words=GERMAN,
    city="Dresden",
    postcode="01",
    grown=("Land {}", "{}"),
)  # fmt: skip

SHARON = Party(
    slug="sharon",
    language="he",
    root=Place(
        "sharon", "מחוז השרון", "district", below=(
            Place("netanya", "נתניה", diligence=0.45, weight=1.3),
            Place("hadera", "חדרה", diligence=0.62, weight=1.1),
            Place("pardes-hanna", "פרדס חנה", diligence=0.86),
            Place("rehovot", "רחובות", diligence=0.8, weight=1.1),
            Place("modiin", "מודיעין", diligence=0.9, weight=1.2),
            Place("tel-aviv-north", "תל אביב צפון", diligence=0.7, weight=1.4),
            Place(
                "kibbutzim", "מחוז הקיבוצים", "sector", weight=0, below=(
                    Place("ein-hashaked", "קיבוץ עין השקד", diligence=0.9, weight=0.4),
                    Place("givat-harimon", "קיבוץ גבעת הרימון", diligence=0.75, weight=0.4),
                    Place("neve-haruv", "קיבוץ נווה חרוב", diligence=0.85, weight=0.3),
                    Place("nof-hadror", "קיבוץ נוף הדרור", diligence=0.5, weight=0.3),
                ),
            ),
            Place(
                "moshavim", "מחוז המושבים", "sector", weight=0, below=(
                    Place("sde-tamar", "מושב שדה תמר", diligence=0.8, weight=0.5),
                    Place("kfar-hahita", "מושב כפר החיטה", diligence=0.66, weight=0.5),
                ),
            ),
            Place("young", "תא הצעירים", "section", belongs="youth"),
            Place("environment", "חוג סביבה ואקלים", "circle", belongs="chosen"),
        ),
    ),
    holders=(
        _holder("רונית סגיא", "ronit.sagi", ("membership_officer", "sharon")),
        _holder("אלון ברקאי", "alon.barkai", ("administrator", "sharon")),
        _holder("חיים דרורי", "haim.drori", ("chair", "sharon")),
        _holder("סמאח חלבי", "samah.halabi", ("treasurer", "sharon", -640, 91)),
        _holder("אורנה דגן", "orna.dagan", ("secretary", "netanya")),
        _holder("ויקטור קגן", "victor.kagan", ("chair", "netanya", -660, 71)),
        # Hadera has no secretary: the chair stands in.
        _holder("נביל מסארוה", "nabil.masarwa", ("chair", "hadera")),
        _holder("יעל שחם", "yael.shaham", ("secretary", "pardes-hanna")),
        _holder("David Marks", "david.marks", ("chair", "pardes-hanna")),
        # A term that ended, and its successor.
        _holder("צפורה רביב", "tzipora.raviv", ("secretary", "rehovot", -1200, -80)),
        _holder("איגור לוינסון", "igor.levinson", ("secretary", "rehovot", -80)),
        # Two offices in two units.
        _holder("נועה ארבל", "noa.arbel", ("secretary", "modiin"), ("section_lead", "young")),
        _holder("מאיר נוסבאום", "meir.nussbaum", ("chair", "modiin")),
        # A term that begins in future.
        _holder("דליה רוטמן", "dalia.rotman", ("secretary", "tel-aviv-north", -700, 39)),
        _holder("עומר חורי", "omer.khoury", ("secretary", "tel-aviv-north", 39)),
        _holder("עמוס ניר", "amos.nir", ("membership_officer", "kibbutzim")),
        _holder("תמר עברון", "tamar.evron", ("secretary", "ein-hashaked")),
        _holder("גדעון ניסן", "gideon.nissan", ("secretary", "givat-harimon", -900)),
        _holder("שולמית קדם", "shulamit.kedem", ("membership_officer", "moshavim")),
        _holder("מאיה רימון", "maya.rimon", ("section_lead", "environment")),
    ),
    own_steps=(
        (
            "netanya", "invitation", 21, ["joined", "moved_in"],
            {
                "de": "Zum Abend für neue Mitglieder einladen",
                "he": "הזמנה לערב חברים חדשים",
                "en": "Invite to the newcomers' evening",
            },
        ),
    ),
    words=HEBREW,
    city="נתניה",
    postcode="42",
    grown=("מרחב {}", "מחוז {}"),
)  # fmt: skip

PARTIES = {party.slug: party for party in (DRESDEN, SHARON)}


def found(party, on):
    """Create what is missing of units, users, offices and standards of `party`; returns the root. Safe to run twice."""
    setup.install()
    kinds.install()
    root = _plant(party, party.root, None)
    _fill_offices(party, on)
    standards.install(root)
    purposes.install(root)
    secretary = Office.objects.get(slug="secretary")
    for slug, step, days, reasons, labels in party.own_steps:
        unit = Unit.objects.get(slug=slug)
        standard, _created = Standard.objects.get_or_create(unit=unit)
        Step.objects.get_or_create(
            standard=standard, slug=step,
            defaults={"labels": labels, "count": days, "reasons": reasons, "position": 1, "office": secretary},
        )  # fmt: skip
        standard.record(None, timezone.now())
    return root


def _plant(party, place, parent):
    unit = Unit.objects.filter(slug=place.slug).first()
    if unit is None:
        fields = {"slug": place.slug, "name": place.name, "kind": UnitKind.objects.get(slug=place.kind)}
        if parent:
            unit = Unit.objects.add_child(parent, fields)
        else:
            unit = Unit.objects.add_root(fields | {"settings": {"language": party.language}})
    for below in place.below:
        _plant(party, below, unit)
    return unit


def _fill_offices(party, on):
    for holder in party.holders:
        given, _, family = holder.name.rpartition(" ")
        user, created = User.objects.get_or_create(
            email=f"{holder.address}@{party.domain}",
            defaults={
                "given_name": given,
                "family_name": family,
                "language": party.language,
                "password": make_password(None),
            },
        )
        for office, unit, first, end in holder.offices if created else ():
            _appoint(user, Office.objects.get(slug=office), Unit.objects.get(slug=unit), on, first, end).save()


def _appoint(user, office, unit, on, first, end=None):
    return Appointment(
        user=user, unit=unit, office=office, right=office.right, below=office.below,
        starts_on=on + timedelta(days=first), ends_on=end and on + timedelta(days=end),
    )  # fmt: skip


def grow(party, root, members, rng, on):
    """Add states, districts and branches with offices below `root` until a branch has some 30 to 140 of `members`."""
    if members < GROWS_FROM or Unit.objects.get_children(root).filter(slug__startswith=f"{party.slug}-").exists():
        return
    root.refresh_from_db()
    branches = members // MEMBERS_PER_BRANCH
    districts = round(branches / BRANCHES_PER_DISTRICT)
    states = max(2, round(districts / DISTRICTS_PER_STATE))
    kinds = {kind.slug: kind for kind in UnitKind.objects.all()}
    names = _place_names(party, rng)
    units = []

    def add(parent, kind, name):
        parent.numchild += 1
        path = Unit._get_path(parent.path, parent.depth + 1, parent.numchild)
        slug = f"{party.slug}-{len(units) + 1}"
        units.append(Unit(path=path, depth=parent.depth + 1, numchild=0, slug=slug, name=name, kind=kinds[kind]))
        return units[-1]

    top = [add(root, "state", party.grown[0].format(next(names))) for _ in range(states)]
    for state in top:
        for place in party.root.below:
            if place.belongs:
                add(state, place.kind, place.name)
    middle = [add(top[n % states], "district", party.grown[1].format(next(names))) for n in range(districts)]
    for n in range(branches):
        add(middle[n % districts], "branch", next(names))
    Unit.objects.bulk_create(units, batch_size=5000)
    root.save(update_fields=["numchild"])
    _fill_grown_offices(party, units, rng, on)


def _place_names(party, rng):
    """Names of places, none twice and none of the hand-made ones."""
    words = party.words
    places = [start + ("" if party.language == "de" else " ") + end for start in words.place_starts for end in words.place_ends]
    for direction in words.directions:
        rng.shuffle(places)
        yield from (place + direction for place in places)


def _fill_grown_offices(party, units, rng, on):
    wanted = {
        "branch": (("secretary", 0.9), ("chair", 0.8)),
        "district": (("membership_officer", 1),),
        "state": (("membership_officer", 1),),
    }
    offices = {office.slug: office for office in Office.objects.all()}
    users, appointments = [], []
    for unit in units:
        for office, share in wanted.get(unit.kind.slug, ()):
            if rng.random() < share:
                names = rng.choice(party.words.communities)
                user = User(
                    email=f"{office.replace('_', '.')}{len(users) + 1}@{MANY_DOMAIN.format(slug=party.slug)}",
                    given_name=rng.choice(names.women[0] + names.men[0]), family_name=rng.choice(names.families),
                    language=party.language, password=make_password(None),
                )  # fmt: skip
                users.append(user)
                appointments.append(_appoint(user, offices[office], unit, on, -rng.randrange(60, 700)))
    User.objects.bulk_create(users, batch_size=5000)
    Appointment.objects.bulk_create(appointments, batch_size=5000)


def belonging(party):
    """{name of a section: how one comes to it}."""
    return {place.name: place.belongs for place in _places(party.root) if place.belongs}


def homes(party, root, rng, on):
    """Every Home below `root`, in the order of the tree."""
    made = {place.slug: place for place in _places(party.root)}
    belongs = belonging(party)
    sections: dict = {}
    for path, pk, name in Unit.objects.below(root).filter(kind__is_section=True).values_list("path", "pk", "name"):
        sections.setdefault(path[: -Unit.steplen], {})[belongs[name]] = pk
    holders = {}
    in_charge = Appointment.objects.active(on).filter(unit__path__startswith=root.path)
    for office in ("chair", "membership_officer", "secretary"):  # the last one found is the nearest to the work
        holders.update(in_charge.filter(office__slug=office).values_list("unit__path", "user"))
    found = []
    for unit in Unit.objects.below(root).filter(kind__slug="branch"):
        place = made.get(unit.slug)
        above = unit.ancestor_paths()
        found.append(
            Home(
                unit_id=unit.pk,
                diligence=place.diligence if place else min(0.97, max(0.3, rng.gauss(0.76, 0.13))),
                weight=place.weight if place else rng.uniform(0.45, 1.3),
                sections=next((sections[path] for path in above if path in sections), {}),
                holder=next(holders[path] for path in above if path in holders),
                city=party.city if place else unit.name,
                postcode=f"{party.postcode}{rng.randrange(1000):03}"
                if party.language == "de"
                else f"{party.postcode}{rng.randrange(100000):05}",
            )
        )
    return found


def _places(place):
    yield place
    for below in place.below:
        yield from _places(below)
