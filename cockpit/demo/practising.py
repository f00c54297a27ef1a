"""Practice cards: what works in one branch, taken over by others."""

from datetime import timedelta

from branches.models import Appointment, Office, Unit
from branches.scope import Right
from onboarding.models import Journey, Practice, Standard, Step

# The slug of the locked step a card helps with, effort, the own step that goes with it (slug, days, {language: label}), how many took it over,
# {language: (title, text)}.
CARDS = [
    ("first-contact", "small", ("call-first", 3, {"de": "Anruf in den ersten drei Tagen", "he": "שיחת טלפון בשלושת הימים הראשונים", "en": "A call within three days"}), 3, {
        "de": ("Wir rufen an, bevor wir schreiben", "Wer auf der Liste steht, bekommt am selben Abend einen Anruf: zwei Fragen, keine Einladung. Wer abends nicht abnimmt, am Samstag noch einmal. Die Mail danach lesen fast alle."),
        "he": ("מתקשרים לפני שכותבים", "מי שמופיע ברשימה מקבל שיחה באותו ערב: שתי שאלות, בלי הזמנה. אין מענה? מנסים שוב ביום שישי. את המייל שאחרי השיחה כמעט כולם קוראים."),
        "en": ("We call before we write", "Whoever is on the list gets a call the same evening: two questions, no invitation. If nobody answers we try again on Saturday. Nearly everybody reads the mail after that."),
    }),
    ("", "medium", ("table-host", 21, {"de": "Gastgeber*in am Tisch benannt", "he": "נקבע מארח/ת ליד השולחן", "en": "A host at the table is named"}), 1, {
        "de": ("Beim ersten Treffen sitzt niemand allein", "Vor der Versammlung fragen wir zwei Mitglieder, ob sie Gastgeber*in sind. Sie holen die Neuen an der Tür ab, sitzen daneben und stellen sie zwei anderen vor."),
        "he": ("במפגש הראשון אף אחד לא יושב לבד", "לפני המפגש מבקשים משניים לארח. הם פוגשים את החדשים בכניסה, יושבים לידם ומכירים להם עוד שניים."),
        "en": ("Nobody sits alone at the first meeting", "Before the meeting we ask two members to be hosts. They meet newcomers at the door, sit beside them and introduce them to two others."),
    }),
    ("", "small", None, 0, {
        "de": ("Parteibuch mit Handschlag", "Wir überreichen die Bücher am Anfang der Versammlung, mit einem Satz dazu, warum wir uns freuen. Drei Minuten, und alle kennen den Namen."),
        "he": ("פנקס חבר בלחיצת יד", "את הפנקסים מוסרים בפתיחת המפגש, עם משפט אחד על הסיבה לשמחה. שלוש דקות, וכולם מכירים את השם."),
        "en": ("The book with a handshake", "We hand the books over at the beginning of the meeting, with a sentence on why we are glad. Three minutes, and everybody knows the name."),
    }),
]  # fmt: skip


def furnish(root, language, on, now):
    """Cards of the first branches below `root`, the newest first, some taken over by their neighbours."""
    terms = Appointment.objects.active(on).filter(unit__path__startswith=root.path, right=Right.LEAD).select_related("user").order_by("-pk")
    leads = {term.unit_id: term.user for term in terms}
    units = [unit for unit in Unit.objects.below(root).open(on).filter(kind__leads_members=True).select_related("kind")[:8] if unit.pk in leads]
    if len(units) < len(CARDS) + 1:
        return
    office = Office.objects.get(slug="secretary")
    for number, (helps, effort, own, adopters, texts) in enumerate(CARDS):
        unit = units[number]
        shared = now - timedelta(days=30 * (len(CARDS) - number))
        title, what = texts[language]
        card = Practice(unit=unit, title=title, what=what, effort=effort, by=leads[unit.pk], created_at=shared)
        card.step = Step.objects.of_unit(unit).filter(slug=helps).first()
        if own:
            slug, days, labels = own
            standard, _new = Standard.objects.get_or_create(unit=unit)
            fields = {"slug": slug, "labels": labels, "due": Step.Due.DAYS, "count": days, "office": office, "done_by": Step.DoneBy.TICK}
            step = standard.steps.create(**fields, reasons=[Journey.Reason.JOINED], position=standard.next_position())
            standard.record(card.by, shared)
            card.template = step.rule()
        card.save()
        for other in [other for other in units if other != unit][:adopters]:
            card.adopt(other, leads[other.pk], shared + timedelta(days=9))
