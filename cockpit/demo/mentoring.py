"""Mentors, who waits for one, a few pairs and the suggestions of today, for the hand-made part of a demo party."""

from datetime import UTC, datetime, time, timedelta

from membership.models import Member, MemberTag, Tag
from onboarding import mentoring
from onboarding.models import CheckIn, Conduct, Journey, Mentee, Mentor, Pairing
from onboarding.models.mentoring import MONTHS

TOPICS = [
    ("Wohnen", "דיור", "Housing"), ("Klima und Energie", "אקלים ואנרגיה", "Climate and energy"), ("Schule und Kita", "חינוך", "Schools"),
    ("Arbeit", "עבודה", "Work"), ("Verkehr", "תחבורה", "Transport"), ("Gesundheit", "בריאות", "Health"), ("Europa", "אירופה", "Europe"),
]  # fmt: skip
TIMES = [
    ("abends", "בשעות הערב", "evenings"), ("vormittags", "בשעות הבוקר", "mornings"), ("am Wochenende", "בסופי שבוע", "weekends"),
]  # fmt: skip
CONDUCT = {
    "de": (
        "Wir begegnen uns auf Augenhöhe und sagen ehrlich, was geht und was nicht.\n\nWas wir einander erzählen, bleibt unter uns.\n\n"
        "Niemand drängt: nicht zu Ämtern, nicht zu Meinungen, nicht zu Treffen.\n\nMit Minderjährigen treffen wir uns nur an öffentlichen Orten.\n\n"
        "Wenn es nicht passt, hören wir ohne Vorwurf auf."
    ),
    "he": (
        "נפגשים בגובה העיניים ואומרים ביושר מה אפשרי ומה לא.\n\nמה שנאמר בינינו נשאר בינינו.\n\n"
        "לא לוחצים: לא על תפקידים, לא על דעות, לא על מפגשים.\n\nעם קטינים וקטינות נפגשים רק במקומות ציבוריים.\n\nאם זה לא מתאים, מסיימים בלי האשמות."
    ),
    "en": (
        "We meet as equals and say honestly what we can do and what not.\n\nWhat we tell each other stays between us.\n\n"
        "Nobody is pushed: not into offices, opinions or meetings.\n\nWe meet minors in public places only.\n\nIf it does not fit, we stop without blame."
    ),
}
EVERY_NTH_WAITS = 2


def furnish(root, language, rng, on):
    """Begin mentoring in `root` with mentors, waiting members, running pairs and suggestions as of the day `on`. Writes no message."""
    now = datetime.combine(on, time(), UTC) - timedelta(hours=12)  # what one orders on that day is later
    pool = mentoring.begin(root, now)
    conduct, _new = Conduct.objects.get_or_create(pool=pool, version=1, defaults={"texts": CONDUCT, "at": now - timedelta(days=200)})
    tags = {
        kind: [Tag.objects.get_or_create(party=root, kind=kind, labels=dict(zip(("de", "he", "en"), labels, strict=True)))[0] for labels in words]
        for kind, words in ((Tag.Kind.INTEREST, TOPICS), (Tag.Kind.TIME, TIMES))
    }
    old = Member.objects.filter(party=root, status="full", joined_on__lt=on - timedelta(days=900)).exclude(email="").order_by("pk")
    offering = rng.sample(list(old[:400]), min(22, old.count()))
    running = Journey.objects.running().filter(member__party=root).exclude(member__email="").order_by("-started_on", "-pk")
    seeking = [journey.member for journey in running.select_related("member")[: 36 * EVERY_NTH_WAITS : EVERY_NTH_WAITS]]
    _words([*offering, *seeking], tags, rng, now)
    accepted = {"conduct": conduct, "conduct_at": now - timedelta(days=120), "at": now - timedelta(days=130)}
    mentors = [
        Mentor(
            member=member, pool=pool, languages=_languages(language, rng), state="declared" if n % 8 == 7 else "confirmed",
            places=rng.choice((1, 1, 2, 2, 3)), reach=rng.choice(("near", "anywhere", "anywhere")), minors=n % 3 == 0, **accepted,
        )
        for n, member in enumerate(offering)
    ]  # fmt: skip
    mentees = [
        Mentee(member=member, pool=pool, languages=_languages(language, rng), state="waiting", since=on - timedelta(days=rng.randrange(3, 60)), at=now)
        for member in seeking
    ]
    Mentor.objects.bulk_create(mentors)
    Mentee.objects.bulk_create(mentees)
    mentoring.suggest(pool.pk, now)
    _begin(pool, conduct, on, now)
    mentoring.suggest(pool.pk, now)


def _languages(language, rng):
    return [language, *(code for code in ("en", "ar", "ru") if code != language and rng.random() < 0.25)]


def _words(members, tags, rng, now):
    rows = [
        MemberTag(member=member, tag=tag, source=MemberTag.Source.MEMBER, set_at=now)
        for member in members
        for kind, most in ((Tag.Kind.INTEREST, 3), (Tag.Kind.TIME, 2))
        for tag in rng.sample(tags[kind], rng.randrange(1, most + 1))
    ]
    MemberTag.objects.bulk_create(rows)


def _begin(pool, conduct, on, now):
    """Let the first suggestions be pairs that began one after the other since; the last asks for help."""
    chosen = list(pool.suggestions.select_related("mentee__member", "mentor").order_by("-score", "pk")[:9])
    chosen.sort(key=lambda row: row.mentee.member.joined_on, reverse=True)
    for n, row in enumerate(chosen):
        begun = max(on - timedelta(days=22 + 19 * n), row.mentee.member.joined_on + timedelta(days=7))
        pairing = Pairing.objects.create(
            pool=pool, mentor=row.mentor, mentee=row.mentee, facts=row.facts, state="running", asked_on=begun - timedelta(days=6),
            answer_until=begun + timedelta(days=1), agreed_on=begun - timedelta(days=4), started_on=begun, last_sign_on=on - timedelta(days=n),
        )  # fmt: skip
        Mentee.objects.filter(pk=row.mentee_id).update(state="served", conduct=conduct, conduct_at=now)
        for month, day in pairing.months().items():
            if day <= on:
                last = n == len(chosen) - 1 and month == max(m for m in MONTHS if pairing.months()[m] <= on)
                answer = "help" if last else "good"
                CheckIn.objects.bulk_create(
                    CheckIn(pairing=pairing, side=side, occasion=f"month:{month}", asked_on=day, answer=answer if side == "mentee" else "good", answered_on=day)
                    for side in ("mentor", "mentee")
                )
    pool.suggestions.all().delete()
