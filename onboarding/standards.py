"""The standard of a unit: the built-in one and what applies where."""

from django.utils import timezone

from branches.models import Office
from onboarding.models import Standard, Step

# Federal "1-3-6" standard of new-member work: personal contact by the end of month 1, membership book handed over by the
# end of month 3, second personal contact by the end of month 6 after joining.
ONE_THREE_SIX = [
    ("first-contact", 1, Step.DoneBy.CONTACT, ["joined", "returned"], Step.GoesWith.NOTHING,
     {"de": "Erster persönlicher Kontakt", "he": "קשר אישי ראשון", "en": "First personal contact"},
     {"de": "Wir melden uns bei dir: ein Anruf oder ein Treffen, um uns kennenzulernen. Erzähl uns, was dir wichtig ist.",
      "he": "ניצור קשר: שיחה או פגישה להיכרות. נשמח לשמוע מה חשוב לך.",
      "en": "We get in touch: a call or a meeting to get to know each other. Tell us what matters to you."}),
    ("membership-book", 3, Step.DoneBy.TICK, ["joined"], Step.GoesWith.BOOK,
     {"de": "Parteibuch übergeben", "he": "מסירת פנקס חבר", "en": "Membership book handed over"},
     {"de": "Du bekommst dein Parteibuch, am liebsten persönlich bei einem Treffen.",
      "he": "פנקס החבר יימסר לך, רצוי באופן אישי באחד המפגשים.",
      "en": "You get your membership book, best in person at a meeting."}),
    ("second-contact", 6, Step.DoneBy.CONTACT, ["joined"], Step.GoesWith.NOTHING,
     {"de": "Zweiter persönlicher Kontakt", "he": "קשר אישי שני", "en": "Second personal contact"},
     {"de": "Wir fragen nach: Wie war dein erstes halbes Jahr, und wo möchtest du mitmachen?",
      "he": "נתעניין: איך היתה חצי השנה הראשונה, ובמה מתאים לך להשתתף?",
      "en": "We ask how your first half year was, and where you would like to join in."}),
]  # fmt: skip


def install(unit):
    """Give `unit` the built-in 1-3-6 as locked steps; steps it already has stay as they are. Returns the Standard."""
    standard, _created = Standard.objects.get_or_create(unit=unit)
    secretary = Office.objects.get(slug="secretary")
    built_in = [
        Step(
            standard=standard, slug=slug, labels=labels, due=Step.Due.MONTH_END, count=months, office=secretary, done_by=done_by,
            reasons=reasons, locked=True, position=position, goes_with=goes_with, member_texts=member_texts,
        )
        for position, (slug, months, done_by, reasons, goes_with, labels, member_texts) in enumerate(ONE_THREE_SIX)
    ]  # fmt: skip
    Step.objects.bulk_create(built_in, ignore_conflicts=True)
    standard.record(None, timezone.now())
    return standard


def steps_by_unit(units, reason=None):
    """{unit pk: [Step, ..]} of the current steps that apply in each of `units`, those from above first; three queries.

    reason: only the steps for this Journey.Reason.
    """
    units = list(units)
    paths = {path for unit in units for path in unit.ancestor_paths()}
    steps = Step.objects.current().filter(standard__unit__path__in=paths).select_related("standard__unit")
    if reason:
        steps = steps.filter(reasons__contains=[reason])
    own = {}
    for step in steps:
        own.setdefault(step.standard.unit.path, []).append(step)
    left_out = set(Standard.objects.filter(unit__path__in=paths, left_out__locked=False).values_list("unit__path", "left_out"))
    return {
        unit.pk: [
            step
            for path in reversed(unit.ancestor_paths())
            for step in own.get(path, ())
            if not any((below, step.pk) in left_out for below in unit.ancestor_paths())
        ]
        for unit in units
    }


def length_days(steps):
    """Days the longest step of `steps` may take: who joined longer ago starts no journey."""
    return max((step.count if step.due == Step.Due.DAYS else (step.count + 1) * 31 for step in steps), default=0)
