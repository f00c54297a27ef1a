"""The usual purposes of exports, as rows: a party adds, renames or retires them without a developer."""

from membership.models import ExportPurpose

USUAL = [
    # labels (de, he, en), the fewest columns (see membership.columns), days to keep
    (("Einladung", "הזמנה", "Invitation"), ["given_name", "family_name", "email", "street", "postcode", "city"], 30),
    (("Telefonaktion", "סבב טלפונים", "Round of calls"), ["given_name", "family_name", "phone", "mobile"], 14),
    (("Versammlung und Wahl", "אספה ובחירות", "Assembly and election"), ["number", "given_name", "family_name", "unit", "status"], 60),
    (("Ehrung und Geburtstag", "הוקרה וימי הולדת", "Honours and birthdays"), ["given_name", "family_name", "joined_on", "birth_date"], 30),
    (
        ("Abgleich mit der Mitgliederverwaltung", "התאמה עם מערכת החברים", "Comparison with the membership system"),
        [
            "number",
            "given_name",
            "family_name",
            "birth_date",
            "joined_on",
            "unit",
            "status",
            "email",
            "phone",
            "mobile",
            "street",
            "postcode",
            "city",
        ],
        30,
    ),
    (("Auswertung ohne Namen", "ניתוח ללא שמות", "Evaluation without names"), ["unit", "status", "joined_on", "age", "gender"], 60),
    (("Anderes", "אחר", "Something else"), ["given_name", "family_name"], 14),
]


def install(party, purposes=ExportPurpose):
    """Give the party whose root unit is `party` the usual purposes, once; what it changed stays."""
    if purposes.objects.filter(party=party).exists():
        return
    purposes.objects.bulk_create(
        purposes(party=party, labels=dict(zip(("de", "he", "en"), texts, strict=True)), columns=columns, days=days, position=position)
        for position, (texts, columns, days) in enumerate(USUAL)
    )
