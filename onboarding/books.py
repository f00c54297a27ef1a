"""Membership books at work: which are wanted follows from the journeys, what happens to them is done here, as a whole and with a way back.

A journey asks for a book where a step goes with one (Step.goes_with); that step is done when the book is handed over, and the other way
round. Whoever ticks the step on the checklist hands the book over: `follow` brings both together.
"""

from collections import Counter, defaultdict
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, Q, Sum
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from branches.models import Unit
from membership.models import ACTIVE
from onboarding.models import Book, BookAct, BookCount, JourneyStep

Verb, State = BookAct.Verb, Book.State
FOLLOWING = 7316  # advisory lock: one run at a time
REPLACED_WITHIN = timedelta(days=30)

# The states a verb finds, and the state and fields it leaves.
FROM = {
    Verb.ORDER: (State.WANTED,),
    Verb.ARRIVE: (State.WANTED, State.ORDERED),
    Verb.HAND_OVER: Book.PENDING,
    Verb.LOSE: (State.HANDED,),
}
TO = {
    Verb.ORDER: (State.ORDERED, "ordered"),
    Verb.ARRIVE: (State.HERE, "arrived"),
    Verb.HAND_OVER: (State.HANDED, "handed"),
    Verb.LOSE: (State.LOST, "lost"),
}
STOCK = {Verb.ARRIVE: 1, Verb.HAND_OVER: -1}  # into or out of the cupboard of the home unit, for each book
KEPT = ("state", "ordered_on", "ordered_by_id", "arrived_on", "arrived_by_id", "handed_on", "handed_by_id", "lost_on")

# Steps that go with a book and have none.
WANTED = """
INSERT INTO onboarding_book (member_id, step_id, state, due_on)
SELECT DISTINCT ON (journey.member_id) journey.member_id, own.id, 'wanted', own.due_on
FROM onboarding_journeystep own
JOIN onboarding_step step ON step.id = own.step_id AND step.goes_with = 'book'
JOIN onboarding_journey journey ON journey.id = own.journey_id AND journey.state = 'running'
JOIN membership_member member ON member.id = journey.member_id AND member.status = ANY(%(active)s)
WHERE own.state IN ('open', 'waiting') AND NOT EXISTS (SELECT FROM onboarding_book book WHERE book.step_id = own.id)
ORDER BY journey.member_id, own.due_on, own.id
ON CONFLICT DO NOTHING
"""
# A step closed elsewhere: done is handed over, anything else is no longer needed; open again is where it was before.
FOLLOW = """
UPDATE onboarding_book book SET
    state = CASE WHEN own.state = 'done' THEN 'handed' WHEN own.state IN ('open', 'waiting') THEN
        CASE WHEN book.arrived_on IS NOT NULL THEN 'here' WHEN book.ordered_on IS NOT NULL THEN 'ordered' ELSE 'wanted' END ELSE 'dropped' END,
    handed_on = CASE WHEN own.state = 'done' THEN own.done_on END,
    handed_by_id = CASE WHEN own.state = 'done' THEN own.closed_by_id END,
    due_on = own.due_on
FROM onboarding_journeystep own
WHERE own.id = book.step_id AND book.state <> 'lost'
  AND (book.state IN ('wanted', 'ordered', 'here')) IS DISTINCT FROM (own.state IN ('open', 'waiting'))
  AND NOT (book.state = 'handed' AND own.state = 'done') AND NOT (book.state = 'dropped' AND own.state NOT IN ('open', 'waiting', 'done'))
  AND NOT (own.state IN ('open', 'waiting') AND EXISTS (
      SELECT FROM onboarding_book other WHERE other.member_id = book.member_id AND other.id <> book.id AND other.state IN ('wanted', 'ordered', 'here')))
"""


@transaction.atomic
def follow():
    """Bring books in line with the steps of journeys: wanted where one is asked for, handed over or dropped where the step says so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FOLLOWING])
        if cursor.fetchone()[0]:
            cursor.execute(FOLLOW)
            cursor.execute(WANTED, {"active": list(ACTIVE)})


@transaction.atomic
def do(verb, pks, user, key, on, now):
    """Do `verb` on those of the books `pks` that `user` cares for and that it fits; the rest is left alone. Returns the BookAct.

    Its `books` are those it changed. The same form (`key`) does it once.
    """
    act, new = BookAct.objects.get_or_create(key=key, by=user, defaults={"verb": verb, "at": now})
    if not new:
        return act
    mine = Book.objects.editable_by(user).filter(pk__in=pks).values("pk")
    found = Book.objects.filter(pk__in=mine, state__in=FROM[verb]).select_for_update(of=("self",)).select_related("step__journey", "member")
    books = list(found.order_by("pk"))
    state, name = TO[verb]
    for book in books:
        act.books.append(book.pk)
        act.before.append({"pk": book.pk} | {field: as_text(getattr(book, field)) for field in KEPT})
        book.state = state
        setattr(book, f"{name}_on", on)
        if verb != Verb.LOSE:
            setattr(book, f"{name}_by", user)
    Book.objects.bulk_update(books, ["state", f"{name}_on", *([f"{name}_by"] if verb != Verb.LOSE else [])])
    act.save(update_fields=["books", "before"])
    if verb in STOCK:
        homes = Counter(book.member.home_unit_id for book in books)
        BookCount.objects.bulk_create(
            BookCount(unit_id=unit, number=STOCK[verb] * n, at=now, by=user, act=act) for unit, n in sorted(homes.items())
        )
    if verb == Verb.HAND_OVER:
        for book in books:
            if book.step:
                book.step.tick(user, on, now)
    if verb == Verb.LOSE:
        for book in books:
            want(book.member, on)
    return act


def as_text(value):
    return value.isoformat() if hasattr(value, "isoformat") else value


def want(member, on):
    """A book for `member` beside the journey: to replace a lost one, or for somebody who never got one. Returns (Book, whether it is new)."""
    defaults = {"due_on": on + REPLACED_WITHIN}
    return Book.objects.get_or_create(member=member, state__in=Book.PENDING, defaults=defaults)


@transaction.atomic
def undo(act, now):
    """Take `act` back for the books nobody has worked on since; returns how many, None when it was taken back before."""
    if not BookAct.objects.filter(pk=act.pk, undone_at=None).update(undone_at=now):
        return None
    state, _name = TO[Verb(act.verb)]
    before = {row["pk"]: row for row in act.before}
    books = list(Book.objects.filter(pk__in=act.books, state=state).select_for_update(of=("self",)).select_related("step__journey", "member"))
    if act.verb == Verb.LOSE:
        Book.objects.filter(member__in=[book.member_id for book in books], step=None, state=State.WANTED).delete()
    for book in books:
        for field in KEPT:
            value = before[book.pk][field]
            setattr(book, field, parse_date(value) if value and field.endswith("_on") else value)
        if act.verb == Verb.HAND_OVER and book.step and book.step.state == JourneyStep.State.DONE:
            book.step.undo()
    Book.objects.bulk_update(books, [field.removesuffix("_id") for field in KEPT])
    back = Counter(book.member.home_unit_id for book in books)
    if act.verb in STOCK:
        act.counts.all().delete()
        stayed = Counter(Book.objects.filter(pk__in=act.books).exclude(pk__in=[book.pk for book in books]).values_list("member__home_unit", flat=True))
        BookCount.objects.bulk_create(
            BookCount(unit_id=unit, number=STOCK[Verb(act.verb)] * n, at=act.at, by=act.by, act=act) for unit, n in sorted(stayed.items())
        )
    return back.total()


# --- the cupboard ------------------------------------------------------------------------------------------------------


def stock(unit):
    """How many books lie in `unit` itself, by what was counted in and out."""
    return BookCount.objects.filter(unit=unit).aggregate(n=Sum("number"))["n"] or 0


@transaction.atomic
def count(unit, number, note, user, now):
    """`number` books lie in the cupboard of `unit`: the difference is noted. Returns the difference. Raises ValidationError below nought."""
    if number < 0:
        raise ValidationError(_("There cannot be fewer than none."))
    Unit.objects.select_for_update().get(pk=unit.pk)
    difference = number - stock(unit)
    if difference:
        BookCount.objects.create(unit=unit, number=difference, at=now, by=user, note=note)
    return difference


def figures(units, on):
    """[{"unit", "wanted", "ordered", "here", "overdue", "handed", "stock"}] for each of `units` with everything below it; two queries.

    handed: within the last twelve months up to the day `on`.
    """
    below = Q(pk__in=[])
    for unit in units:
        below |= Q(member__home_unit__path__startswith=unit.path)
    pending = Q(state__in=Book.PENDING) & (Q(step=None) | Q(step__state__in=JourneyStep.OPEN))
    rows = (
        Book.objects.filter(below).order_by().values_list("member__home_unit__path").annotate(
            wanted=Count("pk", filter=pending & Q(state=State.WANTED)), ordered=Count("pk", filter=pending & Q(state=State.ORDERED)),
            here=Count("pk", filter=pending & Q(state=State.HERE)), overdue=Count("pk", filter=pending & Q(due_on__lt=on)),
            handed=Count("pk", filter=Q(state=State.HANDED, handed_on__gt=on - timedelta(days=365))),
        )
    )  # fmt: skip
    names = ("wanted", "ordered", "here", "overdue", "handed", "stock")
    sums = defaultdict(Counter)
    for path, *numbers in rows:
        sums[path].update(dict(zip(names, numbers, strict=False)))
    lying = Q(pk__in=[])
    for unit in units:
        lying |= Q(unit__path__startswith=unit.path)
    for path, number in BookCount.objects.filter(lying).order_by().values_list("unit__path").annotate(n=Sum("number")):
        sums[path]["stock"] += number
    return [
        {"unit": unit} | {name: sum(found[name] for path, found in sums.items() if path.startswith(unit.path)) for name in names} for unit in units
    ]
