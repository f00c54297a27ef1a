"""The welcome step of the standard, how far it is, the letter of the party, and membership books on their way, for the hand-made part of a demo."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta

from branches.models import Office, User
from onboarding import books, letters
from onboarding.models import Book, BookCount, Journey, JourneyStep, LetterText, Standard, Step

LABELS = {"de": "Willkommen heißen", "he": "ברכת קבלת פנים", "en": "Welcome"}
TEXTS = {
    "de": "Du bekommst Post von uns: wer dich begleitet und wann wir uns das nächste Mal treffen.",
    "he": "נשלח אליך מכתב: מי בקשר איתך ומתי המפגש הבא.",
    "en": "You hear from us: who looks after you and when we meet next.",
}
DAYS = 7
CLOSING = {
    "de": "\n\nPS: Bring gern jemanden mit: Für Kaffee und Fragen ist immer Platz.",
    "he": "\n\nנ״ב: אפשר להביא גם חבר או חברה: תמיד יש מקום לקפה ולשאלות.",
    "en": "\n\nPS: Bring somebody along: there is always room for coffee and questions.",
}


def furnish(root, rng, on):
    """Welcome the new members of `root` as of the day `on`: by mail who has one, from the day after on; on paper lately only some. Writes no message."""
    now = datetime.combine(on, time(9), UTC)
    step = _step(root, now)
    running = Journey.objects.running().filter(unit__path__startswith=root.path, reason=Journey.Reason.JOINED)
    rows = []
    for journey in running.select_related("member"):
        due = step.due_on(journey.started_on)
        done = journey.started_on < (on if journey.member.email else on - timedelta(days=45))
        closed = {"state": JourneyStep.State.DONE, "done_on": min(due, on), "closed_at": now} if done else {}
        rows.append(JourneyStep(journey=journey, step=step, version=step.standard.version, unit_id=journey.unit_id, office=step.office, due_on=max(due, on), **closed))
    JourneyStep.objects.bulk_create(rows, ignore_conflicts=True)
    bodies = {code: body + CLOSING[code] for code, (_subject, body) in letters.USUAL.items()}
    LetterText.objects.get_or_create(unit=root, defaults={"subjects": {code: subject for code, (subject, _body) in letters.USUAL.items()}, "bodies": bodies, "at": now})
    User.objects.filter(appointments__unit__path__startswith=root.path).update(shows_email=True, shows_phone=True)
    _books(root, rng, on, now)


def _step(root, now):
    standard = Standard.objects.get(unit=root)
    fields = {"labels": LABELS, "member_texts": TEXTS, "count": DAYS, "office": Office.objects.get(slug="secretary"), "goes_with": Step.GoesWith.MAIL, "done_by": Step.DoneBy.SENT, "position": 9}
    step, _new = Step.objects.get_or_create(standard=standard, slug="welcome", defaults=fields)
    standard.record(None, now)
    step.standard.refresh_from_db()
    return step


def _books(root, rng, on, now):
    """Handed over where the step is done; of the others those who wait longest have theirs here or ordered. The cupboard holds a few more."""
    here = {"step__goes_with": Step.GoesWith.BOOK, "journey__unit__path__startswith": root.path, "state": JourneyStep.State.DONE}
    Book.objects.bulk_create(
        Book(member_id=row.journey.member_id, step=row, state=Book.State.HANDED, due_on=row.due_on, handed_on=row.done_on, handed_by_id=row.closed_by_id)
        for row in JourneyStep.objects.filter(book=None, **here).select_related("journey")
    )
    books.follow()
    waiting = list(Book.objects.wanted().filter(member__home_unit__path__startswith=root.path).select_related("member").order_by("due_on", "pk"))
    lying: Counter = Counter()
    for place, book in enumerate(waiting):
        share = place / len(waiting)
        if share < 0.25:
            book.state, book.ordered_on, book.arrived_on = Book.State.HERE, on - timedelta(days=30), on - timedelta(days=rng.randrange(1, 14))
            lying[book.member.home_unit_id] += 1
        elif share < 0.55:
            book.state, book.ordered_on = Book.State.ORDERED, on - timedelta(days=rng.randrange(1, 25))
    Book.objects.bulk_update(waiting, ["state", "ordered_on", "arrived_on"], batch_size=1000)
    BookCount.objects.bulk_create(BookCount(unit_id=unit, number=n + rng.randrange(0, 6), at=now) for unit, n in lying.items())
