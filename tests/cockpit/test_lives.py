"""Random lives in which units are merged, split, moved and taken back as well: nobody is lost, periods never overlap, no past day changes."""

import random

import pytest
from django.db import transaction

from branches.models import Reorganisation, Unit
from cockpit import reorganising
from cockpit.reorganising import Kind
from membership import search, transfers
from membership.models import Member
from membership.movements import stock
from tests import factories as make
from tests.membership import test_life
from tests.membership.life import day
from tests.membership.test_life import Life

ORGANISING = ["merge_units", "split_unit", "move_unit", "take_back", "appoint"]


class UnitLife(Life):
    """As Life, in two districts with two branches each; `last`: what can be taken back, and the model before."""

    def __init__(self, chance, tree, cast):
        super().__init__(chance, tree, cast)
        self.districts = [make.unit(name, "district", self.fresh(tree.district)) for name in ("Ost", "West")]
        self.units = [make.unit(f"Ort {n}", "branch", self.fresh(self.districts[n % 2])) for n in range(4)]
        self.all_units, self.last, self.names = [*self.units], None, 0

    @staticmethod
    def fresh(unit):
        return Unit.objects.select_related("kind").get(pk=unit.pk)

    def figures(self, number):
        known = len(self.told.get(number, ())) if number != self.number else None  # units that came later were none of that day's
        units = [self.tree.district, *self.districts, *self.all_units][:known]
        found = [stock(unit, day(number)) for unit in units]
        if number == self.number:
            assert found == self.counted()
        return found

    def counted(self):
        """The same by looking at each member of the model and walking up the tree."""
        homes = [record.homes[self.number] for record in self.model.records.values() if record.homes[self.number]]
        above = {unit.pk: self.fresh(unit).path[:8] for unit in self.all_units}
        districts = [sum(above[home] == self.fresh(district).path for home in homes) for district in self.districts]
        return [len(homes), *districts, *(homes.count(unit.pk) for unit in self.all_units)]

    def order(self, kind, unit, target=None, **fields):
        plan = Reorganisation(kind=kind, unit=self.fresh(unit), target=target and self.fresh(target), on=day(self.number), by=self.by, **fields)
        before = {pk: [*record.homes] for pk, record in self.model.records.items()}
        done = reorganising.order(plan, self.now)
        self.last = (done, before, self.number)
        return done

    def move(self):
        if pk := self.somebody(active=True):
            member = Member.objects.select_related("home_unit").get(pk=pk)
            unit = self.chance.choice([unit for unit in self.units if unit != member.home_unit] or [None])
            if unit:
                transfers.move(member, unit, day(self.number), self.by, self.now)
                self.model.records[pk].be(unit.pk, self.number)
                return pk
        return None

    def at_home(self, unit):
        return [record for record in self.model.records.values() if record.active and record.homes[-1] == unit.pk]

    def merge_units(self):
        if len(self.units) < 2:
            return False
        unit, target = self.chance.sample(self.units, 2)
        self.order(Kind.MERGE, unit, target)
        for record in self.at_home(unit):
            record.be(target.pk, self.number)
        self.units.remove(unit)
        return True

    def split_unit(self):
        unit = self.chance.choice(self.units)
        people = [pk for pk, record in self.model.records.items() if record in self.at_home(unit)]
        if len(people) < 2:
            return False
        going = self.chance.sample(people, self.chance.randrange(1, len(people)))
        numbers = [f"n{pk}" for pk in going]
        for pk in going:
            Member.objects.filter(pk=pk).update(number=f"n{pk}")
        search.refresh(Member.objects.filter(pk__in=going))
        self.names += 1
        new = self.order(Kind.SPLIT, unit, name=f"Neu {self.names}", chosen={"numbers": numbers}).target
        for pk in going:
            self.model.records[pk].be(new.pk, self.number)
        self.units.append(new)
        self.all_units.append(new)
        return True

    def move_unit(self):
        unit = self.chance.choice(self.units)
        target = self.districts[self.fresh(unit).path.startswith(self.fresh(self.districts[0]).path)]
        self.order(Kind.MOVE, unit, target)
        return True

    def take_back(self):
        if not self.last or self.last[0].state != "done":
            return False
        done, before, number = self.last
        stays = reorganising.why_it_stays(done, self.now)
        assert bool(stays) or number == self.number, "yesterday stands"
        if stays:
            return False
        reorganising.take_back(done, self.by, self.now)
        self.last = None
        for pk in done.effects.get("members", ()):
            self.model.records[int(pk)].homes = before[int(pk)]
        if done.kind == Kind.MERGE:
            self.units.append(done.unit)
        if done.kind == Kind.SPLIT:
            self.units.remove(done.target)
        return True

    def appoint(self):
        make.appoint(make.user(f"Wer {self.chance.random()}"), "secretary", self.chance.choice(self.units), starts_on=day(self.number))
        return True


@pytest.mark.parametrize("lives", test_life.LIVES)
def test_whatever_becomes_of_units_nobody_is_lost_and_no_past_day_changes(lives, tree, cast, monkeypatch):
    monkeypatch.setattr(test_life, "DOING", ["join", "join", "move", "leave", "return", "correct", "merge", "unmerge", *ORGANISING])
    monkeypatch.setattr(test_life, "STEPS", 18)
    for seed in lives:
        with transaction.atomic():
            try:
                UnitLife(random.Random(seed), tree, cast).run()
            except Exception as error:
                error.add_note(f"in the life of seed {seed}")
                raise
            transaction.set_rollback(True)
