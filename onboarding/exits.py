"""Leaving: an exit entered today or for a day to come, the short journey that follows it, and coming back.

What is due is derived from the rows. Whoever leaves by a list or by hand of others gets an Exit without a reason, which the unit may add.
"""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from branches.models import Office, Unit
from membership import status
from membership.models import ACTIVE, Member, Status
from onboarding import feedback, journeys
from onboarding.models import Exit, ExitReason, Journey, JourneyStep, Standard, Step
from onboarding.models.exits import WIN_BACK

# What people say when they leave, as most parties sort it: (slug, German, Hebrew, English).
REASONS = [
    ("policy", "Politische Gründe", "סיבות פוליטיות", "Political reasons"),
    ("unhappy", "Unzufrieden mit dem Leben vor Ort", "חוסר שביעות רצון מהפעילות בסניף", "Unhappy with the life of the unit"),
    ("no-contact", "Niemand hat sich gemeldet", "אף אחד לא יצר קשר", "Nobody got in touch"),
    ("time", "Keine Zeit", "חוסר זמן", "No time"),
    ("fee", "Beitrag", "דמי חבר", "Membership fee"),
    ("moved", "Wegzug", "מעבר מקום מגורים", "Moved away"),
    ("other-party", "Andere Partei", "מפלגה אחרת", "Another party"),
    ("health", "Alter oder Gesundheit", "גיל או בריאות", "Age or health"),
    ("other", "Anderes", "אחר", "Something else"),
]
# What an office does when somebody has left: (slug, days, counts as done by, {language: label}).
CHECKLIST = [
    ("exit-mailing", 7, Step.DoneBy.TICK, {"de": "Aus Verteilern und Gruppen genommen", "he": "הוסר/ה מרשימות תפוצה ומקבוצות", "en": "Taken off mailing lists and groups"}),
    ("exit-thanks", 7, Step.DoneBy.TICK, {"de": "Dank für die gemeinsame Zeit geschickt", "he": "נשלחה תודה על הדרך המשותפת", "en": "Thanks for the time together sent"}),
    ("exit-book", 21, Step.DoneBy.TICK, {"de": "Parteibuch und Schlüssel zurück", "he": "הוחזרו פנקס החבר והמפתחות", "en": "Membership book and keys back"}),
    ("exit-win-back", WIN_BACK.days, Step.DoneBy.CONTACT, {"de": "Gespräch: Was würde zurückholen?", "he": "שיחה: מה היה מחזיר אותך?", "en": "A talk: what would bring them back?"}),
]  # fmt: skip


def install_reasons(root):
    """Give the party of `root` the usual reasons; those it has stay as they are."""
    for position, (slug, *words) in enumerate(REASONS):
        labels = dict(zip(("de", "he", "en"), words, strict=True))
        ExitReason.objects.get_or_create(party=root, slug=slug, defaults={"labels": labels, "position": position})


@transaction.atomic
def install_checklist(unit, by, now):
    """Add the usual steps after an exit to the standard of `unit`, not locked; steps it has stay as they are. Returns how many are new."""
    standard, _created = Standard.objects.get_or_create(unit=unit)
    secretary, added = Office.objects.get(slug="secretary"), 0
    for slug, days, done_by, labels in CHECKLIST:
        if not standard.steps.filter(slug=slug).exists():
            fields = {"slug": slug, "labels": labels, "due": Step.Due.DAYS, "count": days, "office": secretary, "done_by": done_by}
            standard.steps.create(**fields, reasons=[Journey.Reason.EXIT], position=standard.next_position())
            added += 1
    standard.record(by, now)
    return added


@transaction.atomic
def enter(member, on, by, now, reason=None, note="", no_contact=False):
    """`member` leaves on the day `on`, the first without membership: at once, or when that day comes. Returns the Exit.

    Raises ValidationError for somebody who is no member, is entered to leave already, or could not leave on that day.
    """
    if member.status not in ACTIVE:
        raise ValidationError(_("%(name)s is no member.") % {"name": member.name})
    fields = {"unit_id": member.home_unit_id, "on": on, "reason": reason, "note": note, "no_contact": no_contact, "by": by, "at": now}
    try:
        with transaction.atomic():
            row = Exit.objects.create(member=member, **fields)
    except IntegrityError:
        raise ValidationError(_("%(name)s is entered to leave already. Take that back first.") % {"name": member.name}) from None
    if on <= timezone.localdate(now):
        take_effect(row, by, now)
    return row


def take_effect(row, by, now):
    """The day has come: the membership ends, the checklist begins."""
    words = " · ".join(filter(None, [row.reason and str(row.reason), row.note]))
    row.change = status.leave(row.member_id, row.on, by, now, words)
    row.state = Exit.State.GONE
    row.save(update_fields=["change", "state"])


@transaction.atomic
def take_effect_due(on, now):
    """Let everybody leave whose day has come; who has left or moved on in another way is not asked twice. Returns the members' pks."""
    left = []
    for pk in list(Exit.objects.planned().filter(on__lte=on).order_by("on", "pk").values_list("pk", flat=True)):
        # Whoever called it off in this moment has it called off.
        row = Exit.objects.planned().select_for_update(of=("self",)).select_related("reason", "by").filter(pk=pk).first()
        if row is None:
            continue
        try:
            with transaction.atomic():
                take_effect(row, row.by, now)
            left.append(row.member_id)
        except ValidationError:
            Exit.objects.filter(pk=row.pk).update(state=Exit.State.TAKEN_BACK)
    return left


@transaction.atomic
def begin_due(on, now, members=None):
    """An Exit and the short journey for each who has left within the last four weeks and has none; returns how many journeys began.

    members: a Member queryset, default all. None for the dead, nor for those who asked not to be contacted.
    """
    left = (Member.objects if members is None else members).filter(status=Status.LEFT, left_on__gt=on - WIN_BACK, left_on__lte=on)
    known = Exit.objects.filter(member=OuterRef("pk"), on=OuterRef("left_on")).exclude(state__in=(Exit.State.PLANNED, Exit.State.TAKEN_BACK))
    without = left.filter(~Exists(known)).values_list("pk", "home_unit", "left_on")
    Exit.objects.bulk_create([Exit(member_id=pk, unit_id=unit, on=day, state=Exit.State.GONE, at=now) for pk, unit, day in without], 5000)
    alone = Exit.objects.filter(member=OuterRef("pk"), on=OuterRef("left_on"), no_contact=True).exclude(state=Exit.State.TAKEN_BACK)
    return journeys.start(left.filter(~Exists(alone)), on, Journey.Reason.EXIT)


def note_returns(members, on, now):
    """Whoever of `members` (a queryset) is a member again ends the win-back as a success; later returns are noted too."""
    back = Exit.objects.filter(member__in=members, state=Exit.State.GONE, member__status__in=ACTIVE)
    tried = Journey.objects.running().filter(member=OuterRef("member"), reason=Journey.Reason.EXIT)
    in_time = Q(Exists(tried)) | Q(on__gt=on - WIN_BACK)
    back.update(state=Case(When(in_time, then=Value(Exit.State.WON_BACK)), default=Value(Exit.State.RETURNED)), returned_on=on)


def forget(members, on, now):
    """The exits of `members` (a queryset) were mistakes and are undone: what they began goes, unless somebody has worked on it."""
    begun = Journey.objects.filter(member__in=members, reason=Journey.Reason.EXIT, member__exits__state=Exit.State.GONE).distinct()
    begun = begun.filter(started_on=F("member__exits__on"))
    worked_on = (JourneyStep.State.DONE, JourneyStep.State.NOT_NEEDED)
    Journey.objects.filter(pk__in=begun.exclude(steps__state__in=worked_on).values("pk")).delete()
    for journey in Journey.objects.running().filter(pk__in=begun.values("pk")):
        journey.end(on, now)
    Exit.objects.filter(member__in=members, state=Exit.State.GONE).update(state=Exit.State.TAKEN_BACK)


def lose_again(member, change):
    """The return that `change` noted was a mistake: the exit counts again, and its journey runs on."""
    dropped = JourneyStep.objects.filter(state=JourneyStep.State.DROPPED, closed_at=change.at, journey__member=member)
    Journey.objects.filter(reason=Journey.Reason.EXIT, state=Journey.State.DONE, pk__in=dropped.values("journey")).update(state=Journey.State.ENDED)
    last = Exit.objects.filter(member=member, state__in=(Exit.State.WON_BACK, Exit.State.RETURNED)).order_by("-on", "-pk").first()
    if last and last.returned_on == timezone.localdate(change.at):
        Exit.objects.filter(pk=last.pk).update(state=Exit.State.GONE, returned_on=None)


@transaction.atomic
def leave_alone(row, on, now):
    """They asked not to be contacted any more: what still runs ends."""
    Exit.objects.filter(pk=row.pk).update(no_contact=True)
    for journey in Journey.objects.running().filter(member=row.member_id, reason=Journey.Reason.EXIT):
        journey.end(on, now)


# --- figures -----------------------------------------------------------------------------------------------------------


def by_reason(units, since, until):
    """{reason pk or None: [gone, won back]} of the exits in `units` (a Unit queryset) with their day in [since, until)."""
    found = Exit.objects.took_effect().filter(unit__in=units, on__gte=since, on__lt=until).values_list("reason")
    counted = found.annotate(Count("pk"), back=Count("pk", filter=Q(state=Exit.State.WON_BACK)))
    return {reason: [count, back] for reason, count, back in counted}


def elsewhere(root, own, since, until):
    """The same for the whole party of `root`, only where those outside `own` (a Unit queryset) are five and more, so that taking one's own
    figures away tells of nobody."""
    party = by_reason(Unit.objects.filter(path__startswith=root), since, until)
    mine = by_reason(own, since, until)
    return {reason: found for reason, found in party.items() if found[0] - mine.get(reason, [0])[0] >= feedback.FEW}
