"""What is open in a unit that ends and goes on in another one: applications, the work plan, events to come, requests, elections, rooms, own fields.

What is over stays where it was, for the reports of its time; so do budget and bookings. All of it can be brought back as exactly as it went.
"""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any, NamedTuple

from django.core import serializers
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import ngettext_lazy

from branches.models import Unit
from education.models import Carrier, Event, Place
from membership.models import Application, Area, CustomField, Notice, Objection, Transfer
from onboarding.models import Complaint
from planning.models import (
    Activity,
    Decision,
    Election,
    ElectionMilestone,
    Goal,
    Idea,
    IdeaSupport,
    Plan,
    Post,
    Project,
    Request,
    Volunteer,
)  # fmt: skip

WAITING = [Application.State.UNCONFIRMED, Application.State.SORTING, Application.State.OPEN]
PROMISED = [Transfer.State.OPEN, Transfer.State.GRANTED]
TAKING_PART = Election.units.through


class Kind(NamedTuple):
    """Rows of one kind that go on. rows: those open from a day on, of all units; field: where they name the unit.

    words: how many, in a sentence; none for what nobody counts. once: with these fields there is one row for each unit, so a second one is dropped.
    members: only where there are members, so not when an empty unit is closed.
    """

    rows: Callable[[Any], QuerySet]
    words: Any = None
    field: str = "unit"
    once: tuple[str, ...] = ()
    members: bool = False


def _to_come(on):
    return Q(ends_at__gte=timezone.make_aware(datetime.combine(on, time.min)), state__in=[Event.State.DRAFT, Event.State.OPEN])


def _elections(on):
    return Election.objects.filter(day__gte=on).exclude(state=Election.State.DONE)


KINDS = {
    "applications": Kind(
        lambda on: Application.objects.filter(state__in=WAITING), ngettext_lazy("%(n)s application", "%(n)s applications", "n"), members=True,
    ),
    "objections": Kind(lambda on: Objection.objects.undecided(), ngettext_lazy("%(n)s objection to decide", "%(n)s objections to decide", "n")),
    "areas": Kind(lambda on: Area.objects.all(), members=True),
    "transfers_in": Kind(
        lambda on: Transfer.objects.filter(state__in=PROMISED), ngettext_lazy("%(n)s transfer to here", "%(n)s transfers to here", "n"), "to_unit", members=True,
    ),
    "transfers_out": Kind(
        lambda on: Transfer.objects.filter(state__in=PROMISED), ngettext_lazy("%(n)s transfer away", "%(n)s transfers away", "n"), "from_unit", members=True,
    ),
    "transfers": Kind(
        lambda on: Transfer.objects.filter(state__in=PROMISED), ngettext_lazy("%(n)s transfer to decide", "%(n)s transfers to decide", "n"), "decider",
    ),
    "fields": Kind(lambda on: CustomField.objects.all(), ngettext_lazy("%(n)s own field", "%(n)s own fields", "n"), members=True),
    "notices": Kind(lambda on: Notice.objects.filter(state=Notice.State.OPEN), ngettext_lazy("%(n)s change mail", "%(n)s change mails", "n"), once=("digest",)),
    "complaints": Kind(lambda on: Complaint.objects.filter(closed_at=None)),
    "places": Kind(lambda on: Place.objects.all(), ngettext_lazy("%(n)s place of the place book", "%(n)s places of the place book", "n")),
    "events": Kind(lambda on: Event.objects.filter(_to_come(on)), ngettext_lazy("%(n)s event to come", "%(n)s events to come", "n")),
    "carriers": Kind(lambda on: Carrier.objects.filter(event__in=Event.objects.filter(_to_come(on))), once=("event",)),
    "decisions": Kind(lambda on: Decision.objects.open(), ngettext_lazy("%(n)s decision to carry out", "%(n)s decisions to carry out", "n")),
    "requests": Kind(
        lambda on: Request.objects.filter(state__in=[Request.State.UNCONFIRMED, Request.State.OPEN]),
        ngettext_lazy("%(n)s request to answer", "%(n)s requests to answer", "n"),
    ),
    "ideas": Kind(lambda on: Idea.objects.shared(), ngettext_lazy("%(n)s idea", "%(n)s ideas", "n")),
    "supports": Kind(lambda on: IdeaSupport.objects.all(), once=("idea",)),
    "projects": Kind(lambda on: Project.objects.filter(state__in=Project.OPEN), ngettext_lazy("%(n)s project", "%(n)s projects", "n")),
    "elections": Kind(_elections, ngettext_lazy("%(n)s election plan", "%(n)s election plans", "n")),
    "taking_part": Kind(lambda on: TAKING_PART.objects.filter(election__in=_elections(on)), once=("election",)),
    "milestones": Kind(lambda on: ElectionMilestone.objects.open().filter(election__in=_elections(on)), once=("election", "group")),
    "posts": Kind(lambda on: Post.objects.filter(election__in=_elections(on)), ngettext_lazy("%(n)s election post", "%(n)s election posts", "n")),
    "volunteers": Kind(lambda on: Volunteer.objects.filter(election__in=_elections(on))),
}  # fmt: skip
ACTIVITIES = ngettext_lazy("%(n)s activity of the work plan", "%(n)s activities of the work plan", "n")


def _kinds(with_members):
    return {name: kind for name, kind in KINDS.items() if with_members or not kind.members}


def _lines(on):
    return Activity.objects.open().filter(plan__year__gte=on.year)


def counted(unit, on, with_members=True):
    """What of `unit` goes on from the day `on`, in words: ["3 activities of the work plan", ..]. One query."""
    kinds = [kind for kind in _kinds(with_members).values() if kind.words]
    told = [(ACTIVITIES, _lines(on), "plan__unit"), *((kind.words, kind.rows(on), kind.field) for kind in kinds)]
    numbers = [
        Coalesce(Subquery(rows.order_by().filter(**{field: OuterRef("pk")}).values(field).annotate(n=Count("pk")).values("n")), 0)
        for _words, rows, field in told
    ]
    found = Unit.objects.filter(pk=unit.pk).values_list(*numbers).get()
    return [words % {"n": number} for (words, *_rest), number in zip(told, found, strict=True) if number]


def stuck(unit):
    """Applications and transfers of `unit` that only a unit with members can decide about."""
    waiting = Application.objects.filter(unit=unit, state__in=WAITING).count()
    return waiting + Transfer.objects.filter(Q(from_unit=unit) | Q(to_unit=unit), state__in=PROMISED).count()


def go_on(unit, target, on, now, with_members=True):
    """Let what is open in `unit` be that of `target` from the day `on`. Returns what `bring_back` needs, plain values."""
    done: dict[str, Any] = {"dropped": []}
    between = Transfer.objects.filter(Q(from_unit=unit, to_unit=target) | Q(from_unit=target, to_unit=unit), state__in=PROMISED)
    done["withdrawn"] = list(between.values_list("pk", "state"))
    between.update(state=Transfer.State.WITHDRAWN)
    done["shares"] = list(KINDS["carriers"].rows(on).filter(unit=unit).values_list("event", "share"))
    _add_shares(target, done["shares"], 1)
    _drop(IdeaSupport.objects.filter(Q(unit=target, idea__unit=unit) | Q(unit=unit, idea__unit=target)), done)  # nobody supports their own
    for name, kind in _kinds(with_members).items():
        rows = kind.rows(on).filter(**{kind.field: unit})
        if kind.once:
            same = rows.model._default_manager.filter(**{kind.field: target}, **{each: OuterRef(each) for each in kind.once})
            _drop(rows.filter(Exists(same)), done)
        done[name] = list(rows.values_list("pk", flat=True))
        rows.model._default_manager.filter(pk__in=done[name]).update(**{kind.field: target})
    _told(done["events"], now)
    done["lines"], done["begun"] = _move_lines(unit, target, on)
    return done


def bring_back(unit, target, done, now):
    """Undo `go_on` by what it returned; what somebody gave to a third unit since stays there."""
    for name, kind in KINDS.items():
        model = kind.rows(timezone.localdate(now)).model
        model._default_manager.filter(pk__in=done.get(name, []), **{kind.field: target}).update(**{kind.field: unit})
    for pk, plan, goal, approved in done["lines"]:
        Activity.objects.filter(pk=pk).update(plan=plan, goal=goal, approved=approved)
    Goal.objects.filter(pk__in=done["begun"]["goals"], activities=None).delete()
    Plan.objects.filter(pk__in=done["begun"]["plans"], activities=None, goals=None).delete()
    _add_shares(target, done["shares"], -1)
    for text in done["dropped"]:
        for row in serializers.deserialize("json", text):
            row.save()
    for pk, state in done["withdrawn"]:
        Transfer.objects.filter(pk=pk).update(state=state)
    _told(done["events"], now)


def _add_shares(target, shares, sign):
    """Of events that both carry, `target` bears the parts of the other as well."""
    for event, share in shares:
        Carrier.objects.filter(event=event, unit=target).update(share=F("share") + sign * share)


def _told(events, now):
    """Calendars and forms of these events learn that they changed."""
    Event.objects.filter(pk__in=events).update(version=F("version") + 1, changed_at=now)


def _drop(rows, done):
    rows = list(rows)
    if rows:
        done["dropped"].append(serializers.serialize("json", rows))
        type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows]).delete()


def _move_lines(unit, target, on):
    """Put the open activities of `unit` into the plans of `target`, with their goals. Returns ([[pk, plan, goal, approved] as before], what was begun for it)."""
    before, begun = [], {"plans": [], "goals": []}
    for old in _lines(on).filter(plan__unit=unit).select_related("plan", "goal"):
        before.append([old.pk, old.plan_id, old.goal_id, old.approved])
        plan, new = Plan.objects.get_or_create(unit=target, year=old.plan.year)
        begun["plans"] += [plan.pk] if new else []
        if old.goal:
            goal = plan.goals.filter(title=old.goal.title).first()
            if goal is None:
                goal = plan.goals.create(title=old.goal.title, text=old.goal.text, approved=old.goal.approved)
                begun["goals"].append(goal.pk)
            if old.approved and old.approved.get("goal_id") == old.goal_id:
                old.approved = old.approved | {"goal_id": goal.pk}
            old.goal = goal
        old.plan = plan
        old.save(update_fields=["plan", "goal", "approved"])
    return before, begun
