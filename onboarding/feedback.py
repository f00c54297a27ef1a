"""Three questions at month 6: asked once by a link without account, kept without a name, shown only in sums of five and more."""

from collections import defaultdict
from datetime import date, timedelta
from typing import NamedTuple

from dateutil.relativedelta import relativedelta
from django.db import transaction
from django.db.models import CharField, Count, Exists, OuterRef, Sum, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext_noop

from branches.models import Unit
from common.links import Link
from membership.models import ACTIVE
from membership.own_data import language_of
from onboarding.models import Answer, Journey
from outbox.kinds import Skip, render
from outbox.models import Message
from outbox.relay import enqueue

ASKED_AFTER = relativedelta(months=6)
ASKED_WITHIN = timedelta(days=31)  # who could not be asked in that month is not asked any more
OPEN_FOR = timedelta(days=45)
LINK = Link("onboarding:link_feedback", OPEN_FOR)
FEW = 5  # people; sums of fewer are shown to nobody
BATCH = 500
GONE = gettext_noop("The member has left, has no mail address or has answered already.")


def asked(on):
    """Journeys of members who are asked on the day `on`: joined six months ago, still here, reachable by mail, not asked yet."""
    key = Concat(Value("feedback:"), Cast(OuterRef("pk"), CharField()))
    since = on - ASKED_AFTER
    return Journey.objects.filter(
        ~Exists(Message.objects.filter(key=key)), reason=Journey.Reason.JOINED, gave_feedback=False, started_on__gt=since - ASKED_WITHIN,
        started_on__lte=since, member__status__in=ACTIVE,
    ).exclude(state=Journey.State.ENDED).exclude(member__email="")  # fmt: skip


def ask_due(now):
    """Write the mails that ask, each once per journey. Returns how many."""
    pks = asked(timezone.localdate(now)).order_by("pk").values_list("pk", flat=True)[:BATCH]
    return len(enqueue([Message(kind="feedback", key=f"feedback:{pk}", payload={"journey": pk}, due_at=now) for pk in pks]))


def load(messages, now):
    pks = [message.payload["journey"] for message in messages]
    found = Journey.objects.filter(pk__in=pks, gave_feedback=False, member__status__in=ACTIVE).exclude(member__email="")
    return found.select_related("member__home_unit__kind").in_bulk()


def build(message, journeys, now):
    journey = journeys.get(message.payload["journey"])
    if journey is None:
        return Skip(GONE)
    member = journey.member
    context = {"recipient_name": member.given_name, "unit": member.home_unit, "url": address(journey, timezone.localdate(now))}
    return render("feedback", context, language_of(member), to=member.email)


def address(journey, on):
    """The full address of the page with the questions, good until OPEN_FOR after the day `on`."""
    return LINK.address(journey.pk, on=on)


@transaction.atomic
def answer(journey, on, **answers):
    """Keep the answers of the member of `journey`, given on the day `on`; False when they have answered before."""
    if not Journey.objects.filter(pk=journey.pk, gave_feedback=False).update(gave_feedback=True):
        return False
    Answer.objects.create(unit_id=journey.member.home_unit_id, half=half_of(on), **answers)
    return True


def half_of(on):
    """First day of the half-year of the day `on`."""
    return date(on.year, 1 if on.month <= 6 else 7, 1)


def halves(on, count=4):
    """First days of the last half-years that are over on the day `on`, the newest first."""
    return [half_of(on) - relativedelta(months=6 * n) for n in range(1, count + 1)]


class Sums(NamedTuple):
    """How many answered, and the sum of each answer."""

    people: int = 0
    sums: tuple = (0,) * len(Answer.QUESTIONS)

    def plus(self, other):
        return Sums(self.people + other.people, tuple(a + b for a, b in zip(self.sums, other.sums, strict=True)))

    @property
    def means(self):
        """[(short head, mean)] of the questions."""
        return [(head, round(each / self.people, 1)) for head, each in zip(Answer.HEADS.values(), self.sums, strict=True)]


def shown(root, half):
    """{path: Sums} of the units in the party `root` whose answers of a half-year may be shown, each with everything below.

    A unit is shown with five answers and more, if the one above it is shown, and only as long as what is left of the one above (its own
    answers and those of units not shown) is nobody or five and more: so no subtraction tells the answers of fewer. A half-year is
    shown when it is over, so that comparing it with yesterday tells nothing.
    """
    own: dict = defaultdict(Sums)
    found = Answer.objects.filter(half=half, unit__path__startswith=root.path).values_list("unit__path")
    for path, count, *sums in found.annotate(Count("pk"), *(Sum(name) for name in Answer.QUESTIONS)):
        own[path] = Sums(count, tuple(sums))
    totals: dict = defaultdict(Sums)
    children = defaultdict(set)
    for path, sums in own.items():
        for end in range(len(root.path), len(path) + 1, Unit.steplen):
            totals[path[:end]] = totals[path[:end]].plus(sums)
            if end > len(root.path):
                children[path[: end - Unit.steplen]].add(path[:end])
    visible: dict = {}
    waiting = [root.path] if totals[root.path].people >= FEW else []
    while waiting:
        path = waiting.pop()
        visible[path] = totals[path]
        chosen = sorted(
            (child for child in children[path] if totals[child].people >= FEW), key=lambda child: (-totals[child].people, child)
        )
        while chosen and 0 < totals[path].people - sum(totals[child].people for child in chosen) < FEW:
            chosen.pop()
        waiting += chosen
    return visible
