"""Random walks over the states of registrations beside a plain model of the rules; and five hundred people at once."""

from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from education import registering
from education.models import Event, Registration, RegistrationChange
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make
from tests.education.test_registering import NOW, START

State = Registration.State
RULES = [
    [],
    [{"rule": "women", "percent": 50}, {"rule": "given", "on": "2026-12-01"}],
    [{"rule": "first_time", "percent": 40, "months": 24}, {"rule": "given", "on": "2026-12-05"}],
    [{"rule": "unit_most", "most": 2}, {"rule": "given", "on": "2026-11-30"}],
    [
        {"rule": "women", "percent": 30}, {"rule": "first_time", "percent": 30, "months": 24}, {"rule": "unit", "least": 1},
        {"rule": "unit_most", "most": 3}, {"rule": "given", "on": "2026-12-03"},
    ],
]  # fmt: skip
PREFERRING = {"first_time", "women", "unit", "unit_free", "hand"}
HOLDING = {"held", "unit_most"}


class Model:
    """What the rules mean, said plainly: people are dicts, every decision is made by looking at everybody again."""

    def __init__(self, event, people, past):
        self.event, self.people, self.past = event, people, past  # {pk: {"woman", "home", "carrier", "first"}}
        self.rows, self.seats, self.fairness = {}, event.seats, []

    def rule(self, name, field):
        return next((rule[field] for rule in self.fairness if rule["rule"] == name), 0)

    def given(self, now):
        day = self.rule("given", "on") or str(self.event.starts_at.date())
        return str(now.date()) > day or (str(now.date()) == day and now.hour >= 6)  # seven o'clock in winter

    def seated(self):
        return [pk for pk, row in self.rows.items() if row["state"] in ("offered", "confirmed")]

    def held(self, seated):
        """How many seats are still held for groups when `seated` have one."""
        held = 0
        for kind in ("women", "first_time"):
            wanted = -(-self.seats * self.rule(kind, "percent") // 100)
            has = sum(self.people[pk]["woman" if kind == "women" else "first"] for pk in seated)
            held += max(0, wanted - has)
        for carrier in {person["carrier"] for person in self.people.values()} if self.rule("unit", "least") else ():
            held += max(0, self.rule("unit", "least") - sum(self.people[pk]["carrier"] == carrier for pk in seated))
        return held

    def fits(self, pk, now, cap):
        seated = self.seated()
        if len(seated) >= self.seats:
            return False
        most = self.rule("unit_most", "most")
        if cap and most and sum(self.people[one]["home"] == self.people[pk]["home"] for one in seated) >= most:
            return False
        return self.given(now) or self.seats - len(seated) - 1 >= self.held([*seated, pk])

    def arrive(self, pk, now):
        self.settle(now)
        state = "confirmed" if self.fits(pk, now, cap=not self.given(now)) else "waiting"
        self.rows.pop(pk, None)  # who comes again stands at the end
        self.rows[pk] = {"state": state, "until": None, "held": state == "waiting" and len(self.seated()) < self.seats}

    def settle(self, now):
        for row in self.rows.values():
            if row["state"] == "offered" and row["until"] <= now:
                row["state"] = "cancelled"
        if len(self.seated()) >= self.seats:
            for row in self.rows.values():
                row["held"] = False
            return
        waiting = [pk for pk, row in self.rows.items() if row["state"] == "waiting"]
        if self.rule("first_time", "percent"):
            waiting.sort(key=lambda pk: not self.people[pk]["first"])
        for cap in (True, False) if self.given(now) else (True,):
            for pk in waiting:
                row = self.rows[pk]
                if row["state"] == "waiting" and self.fits(pk, now, cap):
                    row["state"] = "confirmed" if row["held"] else "offered"
                    row["until"] = now + min(timedelta(hours=self.event.offer_hours), (self.event.starts_at - now) / 2)
        free = len(self.seated()) < self.seats
        for row in self.rows.values():
            if row["state"] == "waiting":
                row["held"] = free

    def change(self, pk, state):
        self.rows[pk]["state"] = state


def check(event, model, past):
    rows = list(event.registrations.all())
    assert {row.member_id: row.state for row in rows} == {pk: row["state"] for pk, row in model.rows.items()}
    seated = sum(row.state in ("offered", "confirmed") for row in rows)
    # Lowered seats take nobody's place away; but nothing is ever given beyond them.
    assert seated <= max(event.seats, past), "beyond the seats"
    by_arrival = sorted((row for row in rows if row.state in ("waiting", "offered", "confirmed")), key=lambda row: (row.asked_at, row.pk))
    for place, row in enumerate(by_arrival):
        if row.state == "waiting":
            passed = [later for later in by_arrival[place + 1 :] if later.state != "waiting" and not later.why.get("undo")]
            for later in passed:
                named = later.why["rule"] in PREFERRING or row.why["rule"] in HOLDING or later.pk in model.passed_by_rule
                assert named, f"{row.member} was passed by {later.member} without a rule: {row.why} {later.why}"
    return seated


def walk(tree, seed, steps):
    random = Random(seed)
    fairness = RULES[-1 - seed % len(RULES)]
    event = make.event(
        tree.a, starts_at=START, seats=random.randrange(3, 9), carriers=[tree.b], offer_hours=random.choice((6, 24, 48)), fairness=fairness,
    )  # fmt: skip
    before = make.event(tree.a, starts_at=NOW - timedelta(days=60))
    people = {}
    for number in range(14):
        home = random.choice((tree.a, tree.b))
        member = make.member(f"W{seed} P{number}", home, gender=random.choice("fm"), email=f"w{seed}.{number}@example.org")
        if been := random.random() < 0.4:
            Registration.objects.create(event=before, member=member, state="attended", asked_at=NOW)
        people[member.pk] = {"woman": member.gender == "f", "home": home.pk, "carrier": home.pk, "first": not been, "member": member}
    model = Model(event, people, past=0)
    model.fairness, model.passed_by_rule = fairness, set()
    now, seated, used = NOW, 0, Counter()
    for _step in range(steps):
        now += timedelta(minutes=random.randrange(1, 700))
        if now >= START - timedelta(hours=3):
            break
        pk = random.choice(list(people))
        row = event.registrations.filter(member=pk).first()
        act = random.choice(("arrive", "arrive", "arrive", "cancel", "cancel", "take", "run", "rules", "seats"))
        if act == "arrive":
            registering.register(event.pk, now, member=people[pk]["member"])
            if pk not in model.rows or model.rows[pk]["state"] == "cancelled":
                model.arrive(pk, now)
        elif act == "cancel" and row:
            registering.cancel(row, now)
            if model.rows[pk]["state"] in ("waiting", "offered", "confirmed"):
                model.change(pk, "cancelled")
            model.settle(now)
        elif act == "take" and row:
            registering.take(row, now)
            model.settle(now)
            if model.rows[pk]["state"] == "offered":
                model.change(pk, "confirmed")
        elif act == "run":
            registering.run(now)
            model.settle(now)
        elif act == "rules":
            model.fairness = random.choice(RULES)
            event.refresh_from_db()
            registering.change_rules(event, model.fairness, now)
            model.settle(now)
            # What an earlier rule gave keeps its reason; under other rules nobody was passed since.
            model.passed_by_rule = set(event.registrations.exclude(state="waiting").values_list("pk", flat=True))
        elif act == "seats":
            model.seats = random.randrange(2, 9)
            Event.objects.filter(pk=event.pk).update(seats=model.seats)
            registering.settle(event.pk, now)
            model.settle(now)
        else:
            continue
        used[act] += 1
        event.refresh_from_db()
        seated = check(event, model, seated)
        if random.random() < 0.3:
            relay(now)
    relay(now)
    changes = RegistrationChange.objects.filter(registration__event=event)
    keys = [f"registration:{pk}" for pk in changes.values_list("pk", flat=True)]
    messages = dict(Message.objects.filter(kind="registration").values_list("key", "state"))
    assert sorted(key for key in messages if key in set(keys)) == sorted(keys), "one mail per step, none without one"
    assert set(messages.values()) <= {"sent", "skipped"}
    last = {row.registration_id: row for row in changes.order_by("pk")}
    assert all(messages[f"registration:{row.pk}"] == "sent" for row in last.values()), "the state that holds was told"
    return used


@pytest.mark.parametrize("seed", [0, 2, 4, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(5, 105))])
def test_a_random_walk_agrees_with_the_plain_rules(seed, tree, cast):
    used = walk(tree, seed, steps=70)
    assert used["arrive"] > 5
