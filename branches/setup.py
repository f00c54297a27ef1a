"""The usual kinds of unit and offices, as rows: a party adds, renames or drops them without a developer."""

from branches.models import Office, UnitKind
from branches.scope import Right

KINDS = [
    # slug, labels, plurals, leads members, section
    ("party", ("Partei", "מפלגה", "Party"), ("Parteien", "מפלגות", "Parties"), False, False),
    ("state", ("Landesverband", "מרחב", "State branch"), ("Landesverbände", "מרחבים", "State branches"), False, False),
    ("district", ("Unterbezirk", "מחוז", "District"), ("Unterbezirke", "מחוזות", "Districts"), False, False),
    ("branch", ("Ortsverein", "סניף", "Branch"), ("Ortsvereine", "סניפים", "Branches"), True, False),
    ("sector", ("Fachbezirk", "מחוז מגזרי", "Sector district"), ("Fachbezirke", "מחוזות מגזריים", "Sector districts"), True, False),
    ("section", ("Arbeitsgemeinschaft", "תא", "Section"), ("Arbeitsgemeinschaften", "תאים", "Sections"), False, True),
    ("circle", ("Kreis", "חוג", "Circle"), ("Kreise", "חוגים", "Circles"), False, True),
]
OFFICES = [
    # slug, labels, right, with the units below, stands in while vacant
    ("administrator", ("Verwaltung", "ניהול המערכת", "Administrator"), Right.LEAD, True, None),
    ("chair", ("Vorsitz", "יו״ר", "Chair"), Right.LEAD, False, None),
    ("membership_officer", ("Mitgliederbeauftragung", "אחראי/ת חברים", "Membership officer"), Right.LEAD, True, "chair"),
    ("secretary", ("Schriftführung", "מזכירות הסניף", "Secretary"), Right.LEAD, False, "membership_officer"),
    ("section_lead", ("AG-Leitung", "ריכוז", "Section lead"), Right.CARE, False, "chair"),
    ("treasurer", ("Kasse", "גזברות", "Treasurer"), Right.SEE, False, "chair"),
    ("board", ("Vorstand", "חברות בהנהלה", "Board member"), Right.SEE, False, None),
]
KEEP_MONEY = {"treasurer"}


def _labels(texts):
    return dict(zip(("de", "he", "en"), texts, strict=True))


def install():
    """Create the usual kinds and offices that are missing; what a party changed stays."""
    UnitKind.objects.bulk_create(
        [
            UnitKind(slug=slug, labels=_labels(labels), plural_labels=_labels(plurals), leads_members=leads, is_section=section)
            for slug, labels, plurals, leads, section in KINDS
        ],
        ignore_conflicts=True,
    )
    offices = {office.slug: office for office in Office.objects.all()}
    for position, (slug, labels, right, below, stands_in) in enumerate(OFFICES):
        if slug not in offices:
            fields = {"right": right, "below": below, "position": position, "keeps_money": slug in KEEP_MONEY}
            offices[slug] = Office.objects.create(slug=slug, labels=_labels(labels), falls_to=offices.get(stands_in), **fields)
