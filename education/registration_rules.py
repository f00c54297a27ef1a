"""Fair places: how the seats of an event are given. Pure: people and seats go in, decisions with their reasons come out.

Until the day on which places are given, rules hold seats for groups: for people who are there for the first time, for women, for each unit that
carries the event. Who registers gets a seat at once when, after that, every seat still held can be filled by those it is held for; else they wait.
On the day nothing is held any more: free seats go to who waits, first-timers first where there is such a rule, then in the order of arrival; a limit
per unit is kept as long as somebody of another unit waits. A seat that becomes free later goes the same way. Nobody loses a seat by a rule.

As data, in Event.fairness: [{"rule": "first_time", "months": 24, "percent": 50}, {"rule": "women", "percent": 40}, {"rule": "unit", "least": 2},
{"rule": "unit_most", "most": 6}, {"rule": "given", "on": "2026-12-03"}].
"""

import math
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

MORNING = time(7)  # of the day on which places are given: nobody's phone rings at midnight
HELD = ("held", "unit_most")  # why somebody waits although there are free seats
MONTHS = 24

GROUPS = {"first_time": gettext_lazy("first time"), "women": gettext_lazy("women"), "unit": gettext_lazy("units that carry the event")}


@dataclass(frozen=True)
class Person:
    """What the rules look at. home: the person's own unit; carrier: the carrying unit it belongs to; None for neither."""

    first: bool = False
    woman: bool = False
    home: int | None = None
    carrier: int | None = None

    @property
    def groups(self):
        """The groups of the rules this person belongs to, as (rule, unit or None)."""
        named = (("first_time", None), self.first), (("women", None), self.woman), (("unit", self.carrier), self.carrier is not None)
        return [group for group, belongs in named if belongs]


@dataclass(frozen=True)
class Rules:
    """The rules of an event. carriers: pks of the units that carry it. given_at: from when nothing is held any more."""

    given_at: datetime
    first_percent: int = 0
    months: int = MONTHS
    women_percent: int = 0
    unit_least: int = 0
    unit_most: int = 0
    carriers: tuple = ()

    @classmethod
    def of(cls, fairness, event, carriers):
        """Those written in `fairness`; without a day the places are given when registration ends."""
        told = {rule["rule"]: rule for rule in fairness}
        first, women, unit, most = (told.get(name, {}) for name in ("first_time", "women", "unit", "unit_most"))
        day = told.get("given", {}).get("on")
        given_at = timezone.make_aware(datetime.combine(date.fromisoformat(day), MORNING)) if day else event.registers_until or event.starts_at
        return cls(
            given_at=min(given_at, event.starts_at), first_percent=first.get("percent", 0), months=first.get("months", MONTHS),
            women_percent=women.get("percent", 0), unit_least=unit.get("least", 0), unit_most=most.get("most", 0), carriers=tuple(carriers),
        )  # fmt: skip

    @property
    def any(self):
        return bool(self.first_percent or self.women_percent or self.unit_least or self.unit_most)

    def holds(self, seats):
        """{group: seats held for it}."""
        found = {("first_time", None): self.first_percent, ("women", None): self.women_percent}
        held = {group: math.ceil(seats * percent / 100) for group, percent in found.items() if percent}
        return held | ({("unit", pk): self.unit_least for pk in self.carriers} if self.unit_least else {})


class Room:
    """The seats of an event while they are given away."""

    def __init__(self, rules, seats, taken, now):
        self.rules, self.seats, self.held_still = rules, seats, now < rules.given_at
        self.free = math.inf if seats is None else seats
        self.holds = rules.holds(seats) if seats is not None and self.held_still else {}
        self.groups: Counter = Counter()
        self.homes: Counter = Counter()
        self.full_units = 0  # units that have the most they may
        for person in taken:
            self.take(person)

    def take(self, person):
        self.free -= 1
        self.groups.update(person.groups)
        self.homes[person.home] += 1
        self.full_units += person.home is not None and self.homes[person.home] == self.rules.unit_most

    def missing(self, person=None):
        """{group: seats that are held and not filled}, when `person` had one too."""
        more = person.groups if person else ()
        left = {group: number - self.groups[group] - (group in more) for group, number in self.holds.items()}
        return {group: number for group, number in left.items() if number > 0}

    def full_unit(self, person):
        most = self.rules.unit_most
        return bool(most) and self.seats is not None and person.home is not None and self.homes[person.home] >= most

    def judge(self, person, limit=True):
        """(whether `person` gets a seat now, why). limit: whether the most per unit counts."""
        until = {"until": str(timezone.localdate(self.rules.given_at))}
        if self.free <= 0:
            return False, {"rule": "full"}
        if limit and self.full_unit(person):
            return False, {"rule": "unit_most", "most": self.rules.unit_most} | until
        after = self.missing(person)
        if self.free - 1 < sum(after.values()):
            return False, {"rule": "held", "for": sorted({rule for rule, _unit in after})} | until
        before = self.missing()
        helped = next((rule for rule, unit in person.groups if (rule, unit) in before), None)
        if helped and self.free - 1 < sum(before.values()):
            return True, {"rule": helped}
        if person.first and self.rules.first_percent and not self.held_still:
            return True, {"rule": "first_time"}
        if limit and self.full_units:
            return True, {"rule": "unit_free", "most": self.rules.unit_most}
        return True, {"rule": "order"}


def plan(rules, seats, taken, waiting, now):
    """[(key, whether they get a seat now, why)] for `waiting` [(key, Person)] in the order of arrival, `taken` being those who have one.

    In the order in which they are judged: first-timers before others where a rule says so.
    """
    room = Room(rules, seats, taken, now)
    order = sorted(waiting, key=lambda one: not (rules.first_percent and one[1].first))
    longest = next((place for place, (_key, person) in enumerate(waiting) if not person.first), len(waiting))
    ahead = {key for key, person in waiting[longest:] if rules.first_percent and person.first}  # of somebody who has waited longer
    decided, left = [], order
    # Once places are given the limit per unit yields to an empty chair.
    for limit in (True,) if room.held_still else (True, False):
        order, left = left, []
        for key, person in order:
            fits, why = room.judge(person, limit)
            if fits:
                room.take(person)
                decided.append((key, True, {"rule": "first_time"} if key in ahead else why))
            else:
                left.append((key, person))
    return decided + [(key, False, room.judge(person)[1]) for key, person in left]


# --- in words ----------------------------------------------------------------------------------------------------------


def told(fairness, event):
    """The rules as sentences, for the page of the event and whoever registers; [] without any."""
    rules = Rules.of(fairness, event, ())
    day = date_format(timezone.localdate(rules.given_at), "DATE_FORMAT")
    lines = []
    if rules.first_percent:
        text = _("%(percent)s %% of the seats are held for people who have not been to an event of this kind for %(months)s months; later they come first, too.")
        lines.append(text % {"percent": rules.first_percent, "months": rules.months})
    if rules.women_percent:
        lines.append(_("%(percent)s %% of the seats are held for women.") % {"percent": rules.women_percent})
    if rules.unit_least:
        text = ngettext("%(n)s seat is held for each unit that carries the event.", "%(n)s seats are held for each unit that carries the event.", rules.unit_least)
        lines.append(text % {"n": rules.unit_least})
    if rules.unit_most:
        text = ngettext("No unit gets more than %(n)s seat as long as others wait.", "No unit gets more than %(n)s seats as long as others wait.", rules.unit_most)
        lines.append(text % {"n": rules.unit_most})
    if lines:
        lines.append(_("All places are given on %(day)s; who waits until then hears from us. Otherwise the order of arrival counts.") % {"day": day})
    return lines


REASONS = {
    "order": gettext_lazy("in the order of arrival"),
    "first_time": gettext_lazy("first time"),
    "women": gettext_lazy("seat held for women"),
    "unit": gettext_lazy("seat held for a unit that carries the event"),
    "full": gettext_lazy("all seats are taken"),
    "hand": gettext_lazy("by hand"),
    "self": gettext_lazy("by themselves"),
    "late": gettext_lazy("by themselves, after the deadline"),
    "not_taken": gettext_lazy("the place was not taken in time"),
    "called_off": gettext_lazy("the event is called off"),
    "refused": gettext_lazy("not approved by the unit"),
    "no_answer": gettext_lazy("the unit did not answer in time, which counts as a yes"),
    "left": gettext_lazy("no member any more"),
    "walk_in": gettext_lazy("came without registration"),
    "undo": gettext_lazy("taken back"),
}


def reason(why):
    """`why` of a registration or a step in words; "" without a reason."""
    rule = why.get("rule")
    if rule == "unit_free":
        text = ngettext("in the order of arrival; units that have their %(n)s seat wait", "in the order of arrival; units that have their %(n)s seats wait", why["most"])
        return text % {"n": why["most"]}
    if rule not in HELD:
        return str(REASONS.get(rule, ""))
    day = date_format(date.fromisoformat(why["until"]), "DATE_FORMAT")
    if rule == "unit_most":
        text = ngettext("the unit has its %(n)s seat until %(day)s", "the unit has its %(n)s seats until %(day)s", why["most"])
        return text % {"n": why["most"], "day": day}
    groups = ", ".join(str(GROUPS[name]) for name in why["for"])
    return _("seats are held until %(day)s for: %(groups)s") % {"day": day, "groups": groups}
