"""Welcome letters and packs on paper: the text of a unit, the letters that are due, and print runs as one PDF.

A pack is the letter, a sheet with the first six months and the people of the unit, and the code of the member's own page. A run is laid
out a few packs at a time and put together as it goes (common.pdf.Stack), so that memory stays flat however many there are.
"""

import logging
import re
import tempfile
from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.template.loader import render_to_string
from django.utils import timezone, translation

from branches import scope
from branches.models import Office, Unit, User, ancestor_paths, settings_at
from branches.scope import Right
from common import pdf, qr
from common.labels import FALLBACK
from common.templatetags.mails import isolate
from membership import reading
from membership.models import ACTIVE, Reading
from onboarding import coming, duties, standards, welcome
from onboarding.models import Journey, JourneyStep, LetterText, PrintPart, PrintRun, Step, Welcome
from onboarding.welcome import Sheet, with_step

logger = logging.getLogger(__name__)
State = PrintRun.State

MOST = 2000  # letters in one run; what is over that waits for the next one
CHUNK = 25  # packs laid out at once
PIECE = 2**20
ADDRESSED = ~Q(member__street="") & ~Q(member__city="")

# What stands in braces in a letter, in each language; every name is known in every text.
PLACEHOLDERS = {
    "given_name": {"de": "Vorname", "he": "שם פרטי", "en": "first name"},
    "name": {"de": "Name", "he": "שם מלא", "en": "full name"},
    "unit": {"de": "Gliederung", "he": "יחידה", "en": "unit"},
    "contact": {"de": "Ansprechperson", "he": "קשר", "en": "contact"},
    "party": {"de": "Partei", "he": "מפלגה", "en": "party"},
}
NAMES = {name.casefold(): key for key, names in PLACEHOLDERS.items() for name in names.values()}
BRACED = re.compile(r"\{([^{}\n]*)\}")

# The letter of a party that has written none.
USUAL = {
    "de": (
        "Herzlich willkommen!",
        "Hallo {Vorname},\n\nschön, dass du da bist! Ab jetzt ist {Gliederung} dein Zuhause in der Partei.\n\n"
        "In den nächsten Monaten lernen wir uns kennen. Auf dem zweiten Blatt steht, was auf dich zukommt, wann wir uns das nächste Mal treffen "
        "und wen du alles fragen kannst. Über den Code kommst du auf deine eigene Seite, ganz ohne Anmeldung.\n\n"
        "Du musst nichts vorbereiten. Komm einfach vorbei, ruf an oder schreib uns.\n\nHerzliche Grüße\n{Ansprechperson}",
    ),
    "he": (
        "ברוכים הבאים!",
        "שלום {שם פרטי},\n\nטוב שבאת! מעכשיו מקומך הוא ב{יחידה}.\n\n"
        "בחודשים הקרובים נכיר. בדף השני כתוב מה צפוי, מתי המפגש הבא ואל מי אפשר לפנות. הקוד מוביל לדף אישי, בלי הרשמה ובלי סיסמה.\n\n"
        "אין צורך להכין דבר. אפשר פשוט להגיע, להתקשר או לכתוב.\n\nבברכה\n{קשר}",
    ),
    "en": (
        "Welcome!",
        "Hello {first name},\n\nit is good to have you with us! From now on you belong to {unit}.\n\n"
        "In the coming months we get to know each other. The second sheet says what comes next, when we meet and whom you can ask. The code "
        "leads to a page of your own, without any account.\n\n"
        "There is nothing to prepare. Just come by, call or write.\n\nWith kind regards\n{contact}",
    ),
}


# --- the text ----------------------------------------------------------------------------------------------------------


def unknown(text):
    """What stands in braces in `text` and is no placeholder, as written; a brace without its other one too."""
    wrong = [found[0] for found in BRACED.finditer(text) if found[1].strip().casefold() not in NAMES]
    return wrong + re.findall("[{}]", BRACED.sub("", text))


def filled(text, sheet):
    """`text` with its placeholders replaced by what `sheet` says."""
    values = {
        "given_name": sheet.given_name, "name": sheet.name, "unit": sheet.unit.full_name,
        "contact": sheet.contact.name if sheet.contact else sheet.unit.full_name, "party": settings.PARTY_NAME,
    }  # fmt: skip
    return BRACED.sub(lambda found: isolate(values[NAMES[found[1].strip().casefold()]]), text)


def texts_at(paths):
    """{path: {language: (subject, body)}} of the letter of the unit at each of `paths`: its own, else that of the nearest unit above."""
    above = {path: ancestor_paths(path) for path in set(paths)}
    own = {row.unit.path: row for row in LetterText.objects.filter(unit__path__in={up for ups in above.values() for up in ups}).select_related("unit")}
    found = {}
    for path, ups in above.items():
        rows = [own[up] for up in ups if up in own]
        found[path] = {
            code: next(((row.subjects.get(code, ""), row.bodies[code]) for row in rows if row.bodies.get(code)), USUAL[code]) for code in FALLBACK
        }
    return found


# --- what is due -------------------------------------------------------------------------------------------------------


def due(user, unit, on):
    """Journeys of members `user` cares for in `unit` and below who are to be welcomed on paper on the day `on` and were not yet.

    Those without an e-mail address who joined within the half year, whoever else the standard has a letter for, and of those who returned
    or moved in only the latter.
    """
    instead = with_step(Step.GoesWith.MAIL)
    wanted = with_step(Step.GoesWith.LETTER) | Q(instead | Q(reason=Journey.Reason.JOINED), member__email="")
    printed = Welcome.objects.on_paper().filter(journey=OuterRef("pk"))
    return Journey.objects.running().arriving().in_unit(unit).filter(
        wanted, ~Exists(printed), scope.covers(user, Right.CARE, "member__home_unit__path"), member__status__in=ACTIVE,
        started_on__gt=on - timedelta(days=183),
    )  # fmt: skip


def printable(user, unit, on):
    """Those of `due` with a postal address, in the order of units and names."""
    return due(user, unit, on).filter(ADDRESSED).order_by("member__home_unit__path", "member__sort_key", "pk")


def counts(user, unit, on):
    """Before a run is ordered: {"total", "most", "languages": Counter, "units": [(name, number)], "homeless": journeys without an address}."""
    rows = list(printable(user, unit, on).values_list("member__language", "member__home_unit__name", "member__home_unit__path")[: MOST + 1])
    over, rows = len(rows) > MOST, rows[:MOST]
    spoken = settings_at((path for _own, _name, path in rows), "language")
    languages = Counter(own if own in welcome.SPOKEN else spoken[path] for own, _name, path in rows)
    names = [(code, str(name)) for code, name in settings.LANGUAGES if languages[code]]
    return {
        "total": len(rows), "over": over, "languages": [(name, languages[code]) for code, name in names],
        "units": list(Counter(name for _own, name, _path in rows).items()),
        "homeless": due(user, unit, on).exclude(ADDRESSED).select_related("member").order_by("member__sort_key", "pk")[:50],
    }  # fmt: skip


# --- runs --------------------------------------------------------------------------------------------------------------


@transaction.atomic
def order(user, unit, key, on, now):
    """The PrintRun of this form, with the letters that are due taken for it; None when there are none."""
    run, new = PrintRun.objects.get_or_create(key=key, by=user, defaults={"unit": unit, "created_at": now})
    if not new:
        return run
    pks = list(printable(user, unit, on).values_list("pk", flat=True)[:MOST])
    Welcome.objects.bulk_create([Welcome(journey_id=pk) for pk in pks], ignore_conflicts=True)
    run.count = Welcome.objects.filter(journey__in=pks, run=None, printed_at=None).update(run=run)
    if not run.count:
        run.delete()
        return None
    run.save(update_fields=["count"])
    return run


def write(run, now):
    """Write an ordered run with the rights its owner has at this moment. Safe to call at any time and twice."""
    if not run.claim(now):
        return
    user = User.objects.filter(pk=run.by_id, is_active=True).first()
    if user is None or not Unit.objects.visible_to(user, Right.CARE).filter(pk=run.unit_id).exists():
        run.refuse()
        return
    journeys = Journey.objects.filter(ADDRESSED, scope.covers(user, Right.CARE, "member__home_unit__path"), welcome__run=run)
    pks = list(journeys.order_by("member__home_unit__path", "member__sort_key", "pk").values_list("pk", flat=True))
    try:
        with tempfile.TemporaryFile() as file:
            stack = pdf.Stack(file)
            for place in range(0, len(pks), CHUNK):
                stack.add(markup(pks[place : place + CHUNK], now))
                run.advance(place + len(pks[place : place + CHUNK]), timezone.now())
            stack.close()
            file.seek(0)
            finish(run, pks, iter(lambda: file.read(PIECE), b""), user, now)
    except pdf.TooLarge:
        logger.warning("print run %s is too large", run.pk)
        run.fail()


@transaction.atomic
def finish(run, pks, pieces, user, now):
    """Keep the file, note who was printed, close the steps that are done by it. What could not be printed is due again."""
    if not PrintRun.objects.filter(pk=run.pk, state=State.DUE).update(state=State.READY, done=len(pks), count=len(pks)):
        return
    run.parts.all().delete()
    for position, content in enumerate(pieces):
        PrintPart.objects.create(run=run, position=position, content=content)
    PrintRun.objects.filter(pk=run.pk, written_at=None).update(written_at=now)
    run.welcomes.exclude(journey__in=pks).update(run=None, printed_at=None, printed_by=None)
    note_printed(run.welcomes.filter(printed_at=None), pks, user, now)
    run.refresh_from_db()


def note_printed(welcomes, pks, user, now):
    """The letters of the journeys `pks` are on paper: noted at their Welcome, as read, and at the steps they belong to."""
    welcomes.update(printed_at=now, printed_by=user)
    members = Journey.objects.filter(pk__in=pks).values_list("member", flat=True)
    reading.note(user, list(members), Reading.What.LETTER, now)
    steps = JourneyStep.objects.open().filter(journey__in=pks, step__goes_with__in=(Step.GoesWith.LETTER, Step.GoesWith.MAIL))
    welcome.close_sent(steps, user, timezone.localdate(now), now)


@transaction.atomic
def take_back(run, on):
    """The letters of `run` did not go out: they are due again, and the steps it closed are open. False when there is nothing to take back."""
    if not PrintRun.objects.filter(pk=run.pk, state=State.READY).update(state=State.TAKEN_BACK):
        return False
    pks = list(run.welcomes.values_list("journey", flat=True))
    journeys = Journey.objects.filter(pk__in=pks).exclude(state=Journey.State.ENDED)
    steps = JourneyStep.objects.filter(journey__in=journeys, state=JourneyStep.State.DONE, closed_by=run.by_id, closed_at=run.written_at)
    steps.filter(step__done_by=Step.DoneBy.SENT).reopen()
    journeys.recount(on)
    run.welcomes.update(run=None, printed_at=None, printed_by=None)
    run.parts.all().delete()
    return True


def again(run):
    """Have the same letters written once more, as the file is gone or the first write failed to please. False when that cannot be."""
    ready = PrintRun.objects.filter(pk=run.pk, state=State.READY)
    return bool(ready.update(state=State.DUE, attempts=0, leased_until=None, done=0))


def pieces(run):
    """The file of `run`, piece by piece."""
    for pk in list(run.parts.values_list("pk", flat=True)):
        yield bytes(PrintPart.objects.values_list("content", flat=True).get(pk=pk))


def tidy(now):
    """Drop the files whose week is over; who was printed stays known."""
    PrintPart.objects.filter(run__created_at__lte=now - PrintRun.KEPT).delete()


# --- on paper ----------------------------------------------------------------------------------------------------------


def markup(pks, now):
    """HTML of the packs of the journeys `pks`, in this order."""
    journeys = Journey.objects.select_related("member__home_unit__kind").in_bulk(pks)
    sheets = welcome.told(journeys.values(), now)
    return packs([sheets[pk] for pk in pks if pk in sheets], now)


def packs(sheets, now):
    """HTML of the packs of `sheets`, each in the language of its reader."""
    texts = texts_at(sheet.unit.path for sheet in sheets)
    parts = []
    for sheet in sheets:
        with translation.override(sheet.language):
            parts.append(pack(sheet, *texts[sheet.unit.path][sheet.language], timezone.localdate(now)))
    return render_to_string("pdf/welcome_packs.html", {"party_name": settings.PARTY_NAME, "packs": parts})


def pack(sheet, subject, body, on):
    """HTML of one pack in the active language."""
    context = {
        "party_name": settings.PARTY_NAME, "sheet": sheet, "on": on, "subject": filled(subject, sheet), "body": filled(body, sheet),
        "code": qr.svg(sheet.url, quick=True),
    }  # fmt: skip
    return render_to_string("pdf/_welcome_pack.html", context)


def single(journey, user, now):
    """PDF of the pack of one journey, which counts as printed by that."""
    content = pdf.write(markup([journey.pk], now))
    with transaction.atomic():
        Welcome.objects.get_or_create(journey=journey)
        note_printed(Welcome.objects.filter(journey=journey), [journey.pk], user, now)
    return content


INVENTED = {"de": ("Mika", "Mika Beispiel", "Musterweg 1"), "he": ("נועם", "נועם לדוגמה", "רחוב הדוגמה 1"), "en": ("Sam", "Sam Sample", "1 Sample Lane")}


def sample(unit, language, now):
    """The Sheet of an invented member of `unit` who joins today."""
    on = timezone.localdate(now)
    given, name, street = INVENTED[language]
    steps = standards.steps_by_unit([unit], Journey.Reason.JOINED)[unit.pk]
    office = steps[0].office_id if steps else Office.objects.order_by("position").values_list("pk", flat=True).first()
    charge = duties.in_charge({(unit.pk, office)}, on).get((unit.pk, office), (None, None))
    held = welcome.holders({unit.pk, charge[0]} - {None}, on)
    people = [person for (place, _office), persons in held.items() if place == unit.pk for person in persons]
    texts = [welcome.Milestone(step.member_texts, step.due_on(on), False) for step in steps if step.member_texts]
    return Sheet(
        given, name, unit, language, next(iter(held.get(charge, people)), None), people[: welcome.PEOPLE],
        sorted(texts, key=lambda step: step.due_on), "", coming.find([unit], now).get(unit.pk), settings.BASE_URL, [street, "12345"],
    )  # fmt: skip
