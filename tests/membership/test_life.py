"""Random lives against a simple model: join, move, leave, return, note, correct, merge, undo; nothing is lost, and no past day changes."""

import random
from datetime import datetime, time

import pytest
from django.db import transaction
from django.utils import timezone

from membership import correcting, merging, status, transfers
from membership.merging import Refused
from membership.models import Member, Merge, Status
from membership.movements import stock
from onboarding.models import Contact
from tests.membership.days import live_on
from tests.membership.life import DAYS, Model, Record, day, homes_of
from tests.membership.test_merging import LOG, everything
from tests.membership.test_movements import unbalanced

STEPS = 14
DOING = ["join", "move", "leave", "return", "note", "correct", "merge", "merge", "unmerge", "unmerge"]


class Life:
    """One sequence: does things to the database and to the model alike."""

    def __init__(self, chance, tree, cast):
        self.chance, self.tree, self.by = chance, tree, cast.officer
        self.units = [tree.a, tree.b]
        self.model, self.number, self.told = Model(), 0, {}
        self.untouched = {}  # gone: the tables just before the merge, as long as nothing else happened

    def run(self):
        for what in ["join"] * 3 + self.chance.choices(DOING, k=STEPS):
            self.number = min(DAYS - 1, self.number + self.chance.choice((0, 1, 5, 9)))
            live_on(day(self.number))
            self.now = timezone.make_aware(datetime.combine(day(self.number), time(12)))
            before = None if what in ("merge", "unmerge") else dict(self.model.records)
            done = getattr(self, what if what != "return" else "come_back")()
            if done and before is not None:
                self.untouched.clear()
            self.check()
            self.told[self.number] = self.figures(self.number)
        for number, figures in self.told.items():
            assert self.figures(number) == figures, f"the figures of day {number} have changed"
        assert unbalanced() == []

    def figures(self, number):
        return [stock(unit, day(number)) for unit in (self.tree.district, *self.units)]

    def somebody(self, active):
        return self.chance.choice([pk for pk, record in self.model.records.items() if record.active == active] or [None])

    def join(self):
        unit = self.chance.choice(self.units)
        member = Member(home_unit=unit, given_name="Anna", family_name=f"Nummer{len(self.told)}{self.chance.random()}", joined_on=day(self.number))
        correcting.add(member, self.by, self.now)
        self.model.records[member.pk] = record = Record(member.joined_on)
        record.be(unit.pk, self.number)
        return True

    def move(self):
        if pk := self.somebody(active=True):
            member = Member.objects.select_related("home_unit").get(pk=pk)
            unit = self.units[member.home_unit == self.units[0]]
            transfers.move(member, unit, day(self.number), self.by, self.now)
            self.model.records[pk].be(unit.pk, self.number)
        return pk

    def leave(self):
        if pk := self.somebody(active=True):
            status.leave(pk, day(self.number), self.by, self.now)
            self.model.records[pk].be(None, self.number)
        return pk

    def come_back(self):
        if pk := self.somebody(active=False):
            unit = self.chance.choice(self.units)
            status.become(pk, Status.FULL, day(self.number), self.by, self.now, unit)
            self.model.records[pk].be(unit.pk, self.number)
        return pk

    def note(self):
        if pk := self.chance.choice([*self.model.records] or [None]):
            text = f"note {self.chance.random()}"
            Contact.objects.create(member_id=pk, by=self.by, on=day(self.number), note=text)
            self.model.records[pk].notes.add(text)
        return pk

    def correct(self):
        if pk := self.chance.choice([*self.model.records] or [None]):
            phone = str(self.chance.randrange(10**8))
            correcting.correct(pk, {"phone": phone}, correcting.picture(Member.objects.get(pk=pk), ["phone"]), self.by, self.now)
            self.model.records[pk].phone = phone
        return pk

    def merge(self):
        if len(self.model.records) < 2:
            return False
        survivor, gone = self.chance.sample([*self.model.records], 2)
        records = self.model.records
        taken = {"membership"} if records[gone].active > records[survivor].active or self.chance.random() < 0.3 else set()
        before = everything(LOG)
        merging.merge(survivor, gone, self.by, self.now, taken)
        self.untouched[gone] = before
        self.model.merge(survivor, gone, gone if taken else survivor)
        return True

    def unmerge(self):
        standing = list(Merge.objects.standing().order_by("pk"))
        if not standing:
            return False
        record = self.chance.choice(standing)
        before = everything()
        try:
            back, _stays = merging.undo(record, self.by, self.now)
        except Refused:
            assert everything() == before, "a refusal changes nothing"
            last = record == standing[-1] and record.gone in self.untouched and record.can_be_undone(self.now)
            assert not last, "nothing stood against it"
            return False
        survivor, keep, other = self.model.merged[record.gone]
        if record == standing[-1] and record.gone in self.untouched:
            assert everything(LOG) == self.untouched[record.gone], "row by row as before"
            self.model.unmerge(record.gone)
        else:
            # Others have worked on the survivor since, and that stays; what came back is as it was.
            notes = self.model.records[survivor].notes
            self.model.merged.pop(record.gone)
            self.model.records[record.gone] = other
            now = self.model.records[survivor]
            member = Member.objects.get(pk=survivor)
            now.homes, now.notes, now.phone = homes_of(member), notes - other.notes, member.phone
            now.joined = member.joined_on
            now.left = (member.left_on - day(0)).days if member.left_on else DAYS
            assert now.joined == keep.joined
        assert back.pk == record.gone
        self.untouched = {gone: tables for gone, tables in self.untouched.items() if Merge.objects.standing().filter(gone=gone, pk__lt=record.pk).exists()}
        self.untouched.pop(record.gone, None)
        return True

    def check(self):
        """The database says what the model says."""
        assert set(Member.objects.filter(pk__gt=0).values_list("pk", flat=True)) == self.model.records.keys()
        for member in Member.objects.all():
            record = self.model.records[member.pk]
            assert homes_of(member) == record.homes
            assert member.joined_on == record.joined
            assert member.phone == record.phone
            assert set(member.contacts.values_list("note", flat=True)) == record.notes
            assert (member.status == Status.FULL) == record.active, member.status
            if record.active:
                assert member.home_unit_id == record.homes[-1]


LIVES = [range(6), *(pytest.param(range(n, n + 50), marks=pytest.mark.slow, id=f"from-{n}") for n in range(0, 2000, 50))]


@pytest.mark.parametrize("lives", LIVES)
def test_whatever_happens_nothing_is_lost_and_no_past_day_changes(lives, tree, cast):
    for seed in lives:
        with transaction.atomic():
            try:
                Life(random.Random(seed), tree, cast).run()
            except Exception as error:
                error.add_note(f"in the life of seed {seed}")
                raise
            transaction.set_rollback(True)
