"""Who would like an office that is to be filled, and who has the key to a room. Writes no message."""

from datetime import timedelta

from branches.models import Unit
from branches.terms import ending
from education.models import DevelopmentCard, Place
from membership.models import Member

GOAL = {"de": "Mehr Verantwortung im eigenen Ort", "he": "לקיחת אחריות ביחידה שלי", "en": "More responsibility where I live"}
KEYS = {
    "de": ("die Hausverwaltung, werktags bis 18 Uhr", "wer die Schriftführung hat", ""),
    "he": ("הנהלת הבניין, בימי חול עד 18:00", "מזכירות היחידה", ""),
    "en": ("the caretaker, on weekdays until six", "the secretary", ""),
}
MOST = 20  # terms with candidates


def furnish(root, language, on, now):
    """Two candidates for each term of `root` and the units below that ends within six months, and keys to the rooms."""
    free = Member.objects.filter(status="full", development=None).exclude(email="").order_by("pk")
    for term in ending(Unit.objects.below(root).open(on), on).select_related("unit", "office")[:MOST]:
        for n, member in enumerate(free.filter(home_unit__path__startswith=term.unit.path)[:2]):
            DevelopmentCard.objects.create(
                member=member, goal=GOAL[language], wants=term.office, wants_unit=term.unit, consented_on=on - timedelta(days=20 + 30 * n), changed_at=now
            )
    places = list(Place.objects.filter(unit__path__startswith=root.path).order_by("pk"))
    for n, place in enumerate(places):
        place.key_holder = KEYS[language][n % 3]
    Place.objects.bulk_update(places, ["key_holder"], batch_size=2000)
