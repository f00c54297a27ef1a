"""An invented foundation with offers, tracks and development cards, for the hand-made part of a demo party."""

from datetime import UTC, datetime, time, timedelta

from branches import appointing
from branches.models import Appointment, Office
from cockpit.demo.mentoring import TOPICS
from education.models import (
    DevelopmentCard,
    DevelopmentStep,
    EventKind,
    LevelDone,
    Offer,
    OfferDate,
    Partner,
    PartnerAccount,
    Track,
    TrackLevel,
    TrackMember,
    TrackNeed,
)
from membership.models import Member, MemberTag, Tag

LANGUAGES = ("de", "he", "en")
PARTNERS = {  # name, given and family name of who acts for it
    "de": ("Bildungswerk Sieben Brücken e. V.", "Paula", "Sommerfeld"),
    "he": ("קרן שבעה גשרים", "פאולה", "זומר"),
}
SKILLS = [("Reden", "נאום", "Speaking"), ("Texte schreiben", "כתיבה", "Writing"), ("Veranstaltungen", "ארגון אירועים", "Organising events")]
# titles, text, topics or skills (numbers in TOPICS + SKILLS), depth, days ahead, hours, online, seats, cost in cents, state, level of the track
OFFERS = [
    (
        ("Frei reden in fünf Minuten", "לדבר בביטחון בחמש דקות", "Speak freely in five minutes"),
        (
            "Ein Tag mit vielen kurzen Übungen: Anfang, Kernsatz, Schluss. Vorkenntnisse braucht niemand.",
            "יום עם הרבה תרגולים קצרים: פתיחה, משפט מרכזי, סיום. אין צורך בניסיון קודם.",
            "A day with many short exercises: beginning, core sentence, end. No experience needed.",
        ),
        (7,), "basic", 34, 7, False, 16, 0, "open", 1,
    ),
    (
        ("Kommunalhaushalt verstehen", "להבין את תקציב העיר", "Understand the budget of a town"),
        (
            "Wo kommt das Geld her, wer entscheidet, wo steht was? Mit dem echten Haushalt deiner Stadt.",
            "מאיפה הכסף, מי מחליטים ואיפה זה כתוב? עם התקציב האמיתי של העיר.",
            "Where does the money come from, who decides, what stands where? With the real budget of your town.",
        ),
        (2, 3), "advanced", 48, 6, True, 30, 1500, "open", 2,
    ),
    (
        ("Wohnen bezahlbar halten", "דיור בהישג יד", "Keep housing affordable"),
        (
            "Was eine Gemeinde tun kann: Vorkaufsrecht, Konzeptvergabe, eigene Wohnungen. Mit zwei Exkursionen.",
            "מה רשות מקומית יכולה לעשות: זכות קדימה, מכרזים, דירות משלה. עם שני סיורים.",
            "What a town can do: right of first refusal, tenders by concept, own flats. With two excursions.",
        ),
        (0,), "advanced", 21, 4, False, 24, 0, "open", None,
    ),
    (
        ("Klimaschutz im Quartier", "הגנת האקלים בשכונה", "Climate action in the neighbourhood"),
        (
            "Wärme, Wege, Bäume: Beispiele, die sich abgucken lassen.",
            "חום, דרכים, עצים: דוגמאות שאפשר לאמץ.",
            "Heat, paths, trees: examples worth copying.",
        ),
        (1, 4), "basic", 40, 3, True, None, 0, "open", None,
    ),
    (
        ("Sitzungen leiten, die alle mögen", "לנהל ישיבות שכולם אוהבים", "Chair meetings that everybody likes"),
        (
            "Tagesordnung, Redezeit, Beschluss: für alle, die eine Versammlung leiten oder leiten wollen.",
            "סדר יום, זמן דיבור, החלטה: לכל מי שמנהלים אסיפה או רוצים לנהל.",
            "Agenda, time to speak, decision: for all who chair a meeting or want to.",
        ),
        (9,), "advanced", 60, 6, False, 12, 2000, "accepted", 2,
    ),
    (
        ("Pressemitteilung an einem Abend", "הודעה לעיתונות בערב אחד", "A press release in one evening"),
        (
            "Nachricht, Zitat, Bild: am Ende hat jede Gruppe eine fertige Mitteilung.",
            "ידיעה, ציטוט, תמונה: בסוף לכל קבוצה הודעה מוכנה.",
            "News, quote, picture: at the end each group has a finished release.",
        ),
        (8,), "basic", 55, 3, True, 20, 0, "submitted", None,
    ),
    (
        ("Ausbildung zur Trainer*in", "הכשרת מנחים ומנחות", "Train the trainer"),
        (
            "Zwei Wochenenden für alle, die selbst Workshops geben wollen.",
            "שני סופי שבוע לכל מי שרוצים להעביר סדנאות בעצמם.",
            "Two weekends for all who want to give workshops themselves.",
        ),
        (7, 9), "expert", 75, 9, False, 10, 4500, "returned", 3,
    ),
    (
        ("Europa vor Ort", "אירופה כאן", "Europe on the spot"),
        (
            "Welche Förderung gibt es, und wer hilft beim Antrag?",
            "אילו מענקים יש, ומי עוזרים בבקשה?",
            "Which funds are there, and who helps with the application?",
        ),
        (6,), "basic", -20, 3, True, 40, 0, "closed", None,
    ),
]  # fmt: skip
TRACKS = [
    (
        ("Vom Eintritt in den Rat", "מההצטרפות אל מועצת העיר", "From joining to the council"),
        (
            "Für alle, die einmal kandidieren wollen: sicher auftreten, Politik vor Ort verstehen, andere mitnehmen.",
            "לכל מי שרוצים להתמודד ביום מן הימים: להופיע בביטחון, להבין פוליטיקה מקומית, לסחוף אחרים.",
            "For all who want to stand for election one day: speak with confidence, understand local politics, take others along.",
        ),
        [
            ("Auftreten", "הופעה", "Speaking"), ("Politik vor Ort", "פוליטיקה מקומית", "Local politics"), ("Andere anleiten", "להנחות אחרים", "Guiding others"),
        ],
    ),
    (
        ("Den Vorstand stärken", "לחזק את ההנהלה", "Strengthen the board"),
        (
            "Für alle, die im Vorstand mitarbeiten oder es vorhaben.",
            "לכל מי שפועלים בהנהלה או מתכוונים לכך.",
            "For all who work on a board or plan to.",
        ),
        [("Grundlagen", "יסודות", "Basics"), ("Leiten", "ניהול", "Leading")],
    ),
]  # fmt: skip
GOALS = {
    "de": [
        ("Will im Ortsbeirat mitreden und sucht Sicherheit beim Reden.", "Rhetorik-Tag besuchen"),
        ("Möchte in zwei Jahren für den Stadtrat kandidieren.", "Mit der Fraktion einen Sitzungstag verbringen"),
        ("Kann gut organisieren und würde gern das Sommerfest leiten.", "Plan für das Sommerfest mitbringen"),
        ("Interesse am Kassenamt, kennt sich mit Zahlen aus.", "Bei der Kassenprüfung mitgehen"),
    ],
    "he": [
        ("רצון להשפיע בוועד השכונה ולדבר בביטחון.", "להשתתף ביום הנאום"),
        ("שאיפה להתמודד למועצת העיר בעוד שנתיים.", "יום ישיבות עם הסיעה"),
        ("כישרון ארגוני, עניין להוביל את אירוע הקיץ.", "להביא תוכנית לאירוע הקיץ"),
        ("עניין בגזברות וניסיון עם מספרים.", "להצטרף לביקורת הכספים"),
    ],
}
EVERY_NTH = 4  # member has a noted interest


def named(texts):
    return dict(zip(LANGUAGES, texts, strict=True))


def furnish(root, language, rng, on):
    """Offers of one invented foundation, tracks, noted interests and development cards in `root` as of the day `on`. Writes no message."""
    now = datetime.combine(on, time(9), UTC)
    officer = Appointment.objects.active(on).filter(unit=root, office__slug="membership_officer").select_related("user").first().user
    name, given, family = PARTNERS[language]
    partner = Partner.objects.create(
        party=root, name=name, url="https://sieben-bruecken.example.org/", email="kurse@sieben-bruecken.example.org", phone="+49 30 5550147"
    )
    user = appointing.account(f"paula@sieben-bruecken-{root.slug}.example.org", given, family, root)
    PartnerAccount.objects.create(partner=partner, user=user, by=officer, created_at=now - timedelta(days=200))
    words = [_tag(root, Tag.Kind.INTEREST, one) for one in TOPICS] + [_tag(root, Tag.Kind.SKILL, one) for one in SKILLS]
    _interests(root, words, rng, now)
    levels = _tracks(root)
    for row in OFFERS:
        _offer(partner, user, officer, language, words, levels, row, on, now)
    _cards(root, language, levels, rng, on, now)


def _tag(root, kind, labels):
    return Tag.objects.get_or_create(party=root, kind=kind, labels=named(labels))[0]


def _interests(root, words, rng, now):
    members = Member.objects.filter(party=root, status="full").order_by("pk").values_list("pk", flat=True)[::EVERY_NTH]
    MemberTag.objects.bulk_create(
        [MemberTag(member_id=pk, tag=tag, set_at=now) for pk in members for tag in rng.sample(words, rng.randrange(1, 4))], ignore_conflicts=True
    )


def _tracks(root):
    """The levels of the first track."""
    kind = EventKind.objects.filter(slug="study_day").first()
    for labels, texts, names in TRACKS:
        track = Track.objects.create(party=root, labels=named(labels), texts=named(texts))
        levels = [TrackLevel.objects.create(track=track, position=n, labels=named(one)) for n, one in enumerate(names, 1)]
        TrackNeed.objects.bulk_create([TrackNeed(level=levels[0], count=1), TrackNeed(level=levels[1], kind=kind, count=2)])
    return list(TrackLevel.objects.filter(track__party=root).order_by("track", "position")[:3])


def _offer(partner, user, officer, language, words, levels, row, on, now):
    titles, texts, topics, depth, ahead, hours, online, seats, cost, state, level = row
    start = datetime.combine(on + timedelta(days=ahead), time(9), UTC)
    offer = Offer.objects.create(
        partner=partner, state=state, titles=named(titles), texts=named(texts), depth=depth, unit=partner.party, language=language, online=online,
        place="" if online else {"de": "Haus am Markt, großer Saal", "he": "בית הכיכר, אולם גדול"}[language], seats=seats, cost_cents=cost,
        deadline=on + timedelta(days=ahead - 7), url="https://sieben-bruecken.example.org/kurse/", level=level and levels[level - 1], by=user,
        access_note="" if online else {"de": "stufenlos, Kinderbetreuung auf Anfrage", "he": "נגיש, שמרטפות לפי בקשה"}[language],
        submitted_at=now - timedelta(days=14), decided_at=now - timedelta(days=10), decided_by=officer,
        remark={"de": "Bitte Termine und Kosten genauer angeben.", "he": "נא לפרט מועדים ועלות."}[language] if state == "returned" else "",
    )  # fmt: skip
    offer.tags.set(words[n] for n in topics)
    dates = [start, start + timedelta(days=7)] if depth == "expert" else [start]
    OfferDate.objects.bulk_create(OfferDate(offer=offer, starts_at=one, ends_at=one + timedelta(hours=hours)) for one in dates)


def _cards(root, language, levels, rng, on, now):
    """Forty members on the track, some levels done, and a card each for the first sixteen."""
    members = list(Member.objects.filter(party=root, status="full").exclude(email="").order_by("pk")[3:203:5])
    TrackMember.objects.bulk_create(TrackMember(track=levels[0].track, member=member, since=on - timedelta(days=rng.randrange(20, 400))) for member in members)
    LevelDone.objects.bulk_create(
        LevelDone(level=level, member=member, on=on - timedelta(days=rng.randrange(5, 200)))
        for n, member in enumerate(members) for level in levels[: (0, 1, 1, 2)[n % 4]]
    )  # fmt: skip
    offices = list(Office.objects.filter(slug__in=("chair", "secretary", "treasurer", "board")))
    for n, member in enumerate(members[:16]):
        goal, step = GOALS[language][n % 4]
        card = DevelopmentCard.objects.create(
            member=member, goal=goal, wants=offices[n % 4] if n % 3 else None, consented_on=on - timedelta(days=30) if n % 3 == 1 else None, changed_at=now
        )
        DevelopmentStep.objects.create(card=card, text=step, due_on=on + timedelta(days=7 * (n % 5) - 14), agreed_on=on - timedelta(days=40))
