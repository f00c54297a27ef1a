"""Own fields: one of the whole party, one of its first branch, with what some members said."""

from datetime import timedelta

from branches.models import Appointment, Unit
from branches.scope import Right
from membership.models import ACTIVE, CustomField, FieldValue, Member

SIZES = ["S", "M", "L", "XL", "XXL"]
CAR = {"de": "Fährt bei Aktionen mit dem Auto", "he": "יכול/ה להסיע ברכב בפעילויות", "en": "Can drive when we are out and about"}
SIZE = {"de": "Größe der Helferweste", "he": "מידת אפוד המתנדבים", "en": "Size of the helper's vest"}
PURPOSES = {
    "de": ("Fahrten zu Infoständen und am Wahltag planen", "Westen für den Infostand bestellen"),
    "he": ("תכנון הסעות לדוכני הסברה וליום הבחירות", "הזמנת אפודים לדוכן ההסברה"),
    "en": ("To plan rides to our stands and on election day", "To order vests for our stand"),
}


def furnish(root, language, random, on, now):
    """The two fields, kept by who leads the party, and values of every eighth member asked."""
    branch = Unit.objects.below(root).open(on).filter(kind__leads_members=True).first()
    term = Appointment.objects.active(on).filter(unit=root, right=Right.LEAD).select_related("user").first()
    if branch is None or term is None:
        return
    asked = now - timedelta(days=90)
    to_drive, to_wear = PURPOSES[language]
    kept = {"created_by": term.user, "created_at": asked}
    car = CustomField.objects.create(unit=root, type="yes_no", labels=CAR, purpose=to_drive, keep="exit", days=30, **kept)
    size = CustomField.objects.create(unit=branch, type="choice", choices=SIZES, labels=SIZE, purpose=to_wear, keep="fixed", days=730, **kept)
    values = []
    for field, most in ((car, 200), (size, 30)):
        people = Member.objects.filter(home_unit__path__startswith=field.unit.path, status__in=ACTIVE).order_by("pk")
        for pk in people.values_list("pk", flat=True)[::8][:most]:
            value = random.choice(SIZES) if field == size else random.choice(["yes", "yes", "no"])
            values.append(FieldValue(field=field, member_id=pk, value=value, set_by=term.user, set_at=asked))
    FieldValue.objects.bulk_create(values)
