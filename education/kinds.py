"""The usual kinds of events, as rows: a party adds and renames them, and says which count for the meetings a unit is to hold."""

from education.models import EventKind

KINDS = [
    # slug, labels (German, Hebrew, English), counts as a meeting, gives confirmations
    ("meeting", ("Mitgliederversammlung", "אסיפת חברים", "Members' meeting"), True, False),
    ("board", ("Vorstandssitzung", "ישיבת הנהלה", "Board meeting"), False, False),
    ("evening", ("Themenabend", "ערב נושא", "Topic evening"), True, False),
    ("social", ("Geselliges", "מפגש חברתי", "Social gathering"), True, False),
    ("canvass", ("Infostand und Aktion", "דוכן ופעילות שטח", "Stall and street action"), False, False),
    ("study_day", ("Studientag", "יום עיון", "Study day"), True, True),
    ("workshop", ("Workshop", "סדנה", "Workshop"), False, True),
    ("conference", ("Konferenz", "כנס", "Conference"), True, True),
    ("course", ("Kurs", "קורס", "Course"), False, True),
]


def install(model=EventKind):
    """Create the usual kinds that are missing; what a party changed stays."""
    usual = [
        model(slug=slug, labels=dict(zip(("de", "he", "en"), labels, strict=True)), counts=counts, confirms=confirms, position=position)
        for position, (slug, labels, counts, confirms) in enumerate(KINDS)
    ]
    model.objects.bulk_create(usual, ignore_conflicts=True)
