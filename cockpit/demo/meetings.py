"""Agendas, minutes, decisions and questions for the hand-made part of a demo party. Writes no message."""

from datetime import UTC, datetime, time, timedelta

from branches.models import Office, Unit
from education.models import Event
from planning.models import AgendaItem, Decision, Minutes, Request, RequestEntry

WORDS = {
    "de": {
        "items": [("Begrüßung und Protokoll", "Vorsitz", 10), ("Bericht aus dem Stadtrat", "Fraktion", 30), ("Aktion am Markt", "alle", 40), ("Verschiedenes", "", 10)],
        "texts": ["Das Protokoll lag aus, niemand hat Einwände.", "Der Haushalt kommt später als geplant. Viele Fragen zu den Schulen.", "Wir stehen am ersten Samstag mit zwei Tischen am Markt.", ""],
        "decisions": ["Zwei Tische für den Marktstand ausleihen", "Die neuen Mitglieder zum Winteressen einladen"],
        "votes": "12 ja, 1 enthalten",
        "asks": [
            ("Wann ist der nächste Stammtisch?", "Ich bin neu zugezogen und finde keinen Termin.", "Jeden zweiten Dienstag um 19 Uhr. Komm gern vorbei, wir freuen uns."),
            ("Kann ich beim Plakatieren helfen?", "Ich habe am Wochenende Zeit und ein Lastenrad.", "Sehr gern! Wir melden uns, sobald die Plakate da sind."),
            ("Mein Beitrag wurde doppelt abgebucht", "Im Oktober wurde zweimal abgebucht. An wen wende ich mich?", None),
            ("Gibt es einen Zugang ohne Stufen?", "Ich möchte zur Versammlung kommen und sitze im Rollstuhl.", None),
        ],
        "names": ["Marta Lindner", "Jonas Fiedler", "Helga Seidel", "Ali Demir"],
    },
    "he": {
        "items": [("פתיחה ואישור הפרוטוקול", "יו״ר", 10), ("דיווח ממועצת העיר", "הסיעה", 30), ("דוכן בשוק", "כולם", 40), ("שונות", "", 10)],
        "texts": ["הפרוטוקול אושר ללא הערות.", "התקציב יגיע מאוחר מהמתוכנן. שאלות רבות על בתי הספר.", "בשבת הראשונה עומדים בשוק עם שני שולחנות.", ""],
        "decisions": ["לשאול שני שולחנות לדוכן בשוק", "להזמין את החברות והחברים החדשים לערב החורף"],
        "votes": "12 בעד, 1 נמנע",
        "asks": [
            ("מתי המפגש הבא?", "עברתי לכאן לא מזמן ולא מצאתי מועד.", "כל יום שלישי שני בשעה 19:00. נשמח לראותך."),
            ("אפשר לעזור בתליית שלטים?", "יש לי זמן בסוף השבוע.", "בשמחה! ניצור קשר כשהשלטים יגיעו."),
            ("החיוב בוצע פעמיים", "באוקטובר חויבתי פעמיים. למי פונים?", None),
            ("יש כניסה נגישה?", "אשמח לבוא לאסיפה בכיסא גלגלים.", None),
        ],
        "names": ["מרתה לין", "יונתן פז", "הלה שדה", "עלי דאהר"],
    },
}
MOST = 40  # units with minutes


def furnish(root, language, rng, on):
    """Minutes of the last meeting and the agenda of the next of each unit of `root`, and questions to some, as of the day `on`."""
    words, now = WORDS[language], datetime.combine(on, time(9), UTC)
    secretary = Office.objects.get(slug="secretary")
    units = list(Unit.objects.below(root).open(on)[:MOST])
    for unit in units:
        events = Event.objects.counting().filter(unit=unit)
        for event in (events.filter(ends_at__lte=now).order_by("-ends_at").first(), events.filter(starts_at__gt=now).order_by("starts_at").first()):
            if event and not event.agenda_items.exists():
                _write(event, words, secretary, rng, on, now)
    for number, unit in enumerate(units[:12]):
        _ask(unit, number, words, secretary, rng, on, now)


def _write(event, words, secretary, rng, on, now):
    over = event.ends_at <= now
    items = [
        AgendaItem.objects.create(event=event, position=n + 1, title=title, who=who, minutes=minutes, text=words["texts"][n] if over else "")
        for n, (title, who, minutes) in enumerate(words["items"])
    ]
    if not over:
        return
    written = {"state": "written", "written_at": now, "present": rng.randrange(9, 34)} if rng.random() < 0.7 else {}
    Minutes.objects.create(event=event, **written)
    for text in words["decisions"][: rng.randrange(1, 3)]:
        due = on + timedelta(days=rng.randrange(-9, 40))
        done = {"state": "done", "closed_at": now} if rng.random() < 0.3 else {}
        Decision.objects.create(
            event=event, item=items[2], unit=event.unit, office=secretary, text=text, votes=words["votes"], due_on=due, created_at=now, **done
        )


def _ask(unit, number, words, secretary, rng, on, now):
    # Enough for a figure in the first units.
    asks = words["asks"] * 3 if number < 4 else words["asks"]
    for n, (subject, text, answer) in enumerate(asks):
        if (n + number) % 3 == 2:
            continue
        asked = on - timedelta(days=rng.randrange(2, 18))
        fields = {"state": "answered", "answered_on": asked + timedelta(days=rng.randrange(1, 6))} if answer else {"state": "open"}
        row = Request.objects.create(
            unit=unit, office=secretary, subject=subject, name=words["names"][n % 4], email=f"frage{n}@example.net", created_at=now, asked_on=asked,
            due_on=asked + timedelta(days=14), **fields,
        )  # fmt: skip
        begun = datetime.combine(asked, time(17), UTC)
        RequestEntry.objects.create(request=row, kind="question", text=text, at=begun)
        if answer:
            RequestEntry.objects.create(request=row, kind="answer", text=answer, at=begun + timedelta(days=1))
