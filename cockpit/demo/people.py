"""Inventing one member after the other: age, name, how to reach them, and their periods of membership."""

import unicodedata
from bisect import bisect
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import accumulate

from membership.models import Gender, Membership, Status

LIVE_DAYS = 730  # so long has the party been working with Ankommen
# Joins of the last twelve months, this month first: quiet months and one wave.
LAST_YEAR = [10, 13, 12, 8, 7, 6, 9, 13, 32, 17, 7, 5]
WAVES = {5: 2.2, 9: 3.0, 14: 1.4, 24: 1.8, 28: 2.4, 36: 3.2, 54: 2.6}  # years ago: how many times the usual number
GENDERS = [(None, Gender.FEMALE), (0.985, Gender.MALE), (0.994, Gender.DIVERSE), (1, Gender.UNKNOWN)]
SECTION_AGES = {"youth": (14, 36), "senior": (60, 200), "women": (14, 200), "chosen": (14, 200)}
LATIN = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ı": "i", "ש": "sh"}
LATIN |= dict(zip("אבגדהוזחטיכךלמםנןספףצץקרת", "abgdhvzhtykklmmnnsppzzkrt", strict=True))


@dataclass(slots=True)
class Person:
    home: object
    number: str
    gender: str
    given_name: str
    family_name: str
    title: str
    birth_date: date
    joined_on: date
    status: str = Status.FULL
    left_on: date | None = None
    email: str = ""
    phone: str = ""
    mobile: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    language: str = ""
    periods: list = field(default_factory=list)  # (unit pk, kind, home, starts_on, ends_on, end_reason), oldest first
    arrived: tuple = ()  # (Journey.Reason, day) if they came or came back while the party works with Ankommen


class Inventor:
    """Invents members of `party`; the same `rng` state gives the same people.

    recent: joins of the last twelve months as a share of all members. Ages: about 60 on average, 13 % under 36.
    """

    def __init__(self, party, homes, recent, rng, on):
        self.party, self.homes, self.rng, self.on = party, homes, rng, on
        self.words = party.words
        self.weights = list(accumulate(home.weight for home in homes))
        self.shares = list(accumulate(community.share for community in self.words.communities))
        self.recent, self.before = recent, recent * 1.85  # the year before had a few less
        self.young = max(0.04, (0.13 - 0.30 * self.before) / (1 - self.before))
        self.old_mean = ((60 - 45 * self.before) / (1 - self.before) - 28 * self.young) / (1 - self.young)
        self.live_since = on - timedelta(days=LIVE_DAYS)
        self.months = list(accumulate(LAST_YEAR))
        self.years = list(accumulate(WAVES.get(ago, 1.0) * 0.955**ago for ago in range(2, 72)))

    def people(self, count):
        for n in range(count):
            yield self.person(n)

    def person(self, n):
        rng, on = self.rng, self.on
        joined, birth = self.joined_and_born()
        age = (on - birth).days // 365.25
        roll, female = rng.random(), 0.45 if age < 36 else 0.35
        gender = next(gender for share, gender in GENDERS if roll < (share or female))
        names = self.words.communities[bisect(self.shares, rng.random() * self.shares[-1])]
        female_name = gender == Gender.FEMALE or (gender != Gender.MALE and rng.random() < 0.5)
        given = self.pick((names.women if female_name else names.men)[age < 50])
        family = self.pick(names.families)
        if rng.random() < names.double_families:
            family = f"{family}-{self.pick(names.families)}"
        person = Person(
            home=self.homes[bisect(self.weights, rng.random() * self.weights[-1])],
            number=f"{300000000 + n * 7}",
            gender=gender,
            given_name=given,
            family_name=family,
            title=self.pick(self.words.titles) if age > 29 and rng.random() < 0.065 else "",
            birth_date=birth,
            joined_on=joined,
        )
        self.reach(person, age)
        self.belong(person)
        return person

    def pick(self, words):
        return words[int(self.rng.random() * len(words))]

    def joined_and_born(self):
        """Join date and birth date that fit each other: who comes is younger than who stays."""
        rng, on = self.rng, self.on
        roll = rng.random()
        if roll < self.before:
            young, youngest, mean, spread = 0.30, 16, 53, 12
        else:
            young, youngest, mean, spread = self.young, 19, self.old_mean, 11
        older = rng.random() >= young
        age = min(max(rng.gauss(mean, spread), 36), 99) if older else youngest + (36 - youngest) * rng.random() ** 0.8
        birth = on - timedelta(days=int(age * 365.25) + 1)
        if roll < self.before:
            month = bisect(self.months, rng.random() * self.months[-1])
            days = int((month + rng.random()) * 365 / 12) + (365 if roll >= self.recent else 0)
            return on - timedelta(days=days), birth
        longest = (age - 16) * 365.25
        for _attempt in range(8):
            days = (2 + bisect(self.years, rng.random() * self.years[-1]) + rng.random()) * 365.25
            if days < longest:
                return on - timedelta(days=int(days)), birth
        return on - timedelta(days=int(730 + (longest - 730) * rng.random())), birth

    def reach(self, person, age):
        """How to reach them: the older, the more often by telephone and letter only."""
        rng = self.rng
        if rng.random() < (0.95 if age < 50 else 0.82 if age < 70 else 0.52):
            person.email = f"{latin(person.given_name)}.{latin(person.family_name)}{person.number[3:]}@example.org"
        if rng.random() < (0.25 if age < 45 else 0.72):
            person.phone = f"{self.words.landline} 0{int(rng.random() * 1_000_000):06}"
        if rng.random() < (0.93 if age < 50 else 0.7 if age < 70 else 0.35):
            person.mobile = f"{self.pick(self.words.mobiles)} 0{int(rng.random() * 1_000_000):06}"
        person.street = f"{self.pick(self.words.streets)} {1 + int(rng.random() * 120)}"
        person.postcode, person.city = person.home.postcode, person.home.city
        if rng.random() < 0.012:
            person.language = "en"

    def belong(self, person):
        """Periods: came as a guest, moved here from elsewhere, left and came back, left for good; sections beside."""
        rng, on, kind = self.rng, self.on, Membership.Kind
        unit, starts, ends, reason = person.home.unit_id, person.joined_on, None, ""
        tenure = (on - starts).days
        roll = rng.random()
        if tenure > 150 and roll < (0.06 if tenure < 400 else 0.025):
            deceased = (on - person.birth_date).days > 24000 and roll < 0.008
            ends = on - timedelta(days=int(rng.random() ** 2 * min(tenure - 100, 1400)))
            reason = Membership.End.DECEASED if deceased else Membership.End.LEFT
            person.status, person.left_on = (Status.DECEASED if deceased else Status.LEFT), ends
        elif tenure > 1200 and roll < 0.055:
            back = on - timedelta(days=int(rng.random() * min(tenure - 900, 3000)))
            gone = person.joined_on + (back - person.joined_on) * (0.3 + 0.5 * rng.random())
            person.periods.append((unit, kind.FULL, True, starts, gone, Membership.End.LEFT))
            starts = back
            if back >= self.live_since:
                person.arrived = ("returned", back)
        elif tenure > 400 and roll < 0.2:
            moved = on - timedelta(days=int(rng.random() * min(tenure - 120, 9000)))
            earlier = self.homes[int(rng.random() * len(self.homes))]
            if earlier is not person.home:
                person.periods.append((earlier.unit_id, kind.FULL, True, starts, moved, Membership.End.MOVED))
                starts = moved
                if moved >= self.live_since:
                    person.arrived = ("moved_in", moved)
        elif roll > 0.988:
            person.status = Status.SUPPORTER
        elif tenure < 700 and roll > 0.88:
            person.status = Status.GUEST
        elif 400 < tenure < 3000 and roll > 0.8:
            person.periods.append((unit, kind.GUEST, True, starts, starts + timedelta(days=365), Membership.End.STATUS))
            starts += timedelta(days=365)
        current = kind(person.status) if person.status in kind.values else kind.FULL
        person.periods.append((unit, current, True, starts, ends, reason))
        if not person.arrived and (on - person.joined_on).days < LIVE_DAYS + 210:
            person.arrived = ("joined", person.joined_on)
        for belongs, section in person.home.sections.items():
            self.section(person, belongs, section, ends)

    def section(self, person, belongs, section, left):
        """A section by age, gender or choice; one that was outgrown long ago is not remembered."""
        if belongs == "women" and person.gender != Gender.FEMALE:
            return
        if belongs == "chosen" and self.rng.random() > 0.08:
            return
        youngest, oldest = SECTION_AGES[belongs]
        starts = max(person.joined_on, birthday(person.birth_date, youngest))
        outgrown = birthday(person.birth_date, oldest) if oldest < 150 else None
        ends = min(filter(None, (left, outgrown)), default=None)
        reason = Membership.End.RULE if ends and ends == outgrown else Membership.End.LEFT
        if ends and ends > self.on:
            ends = None
        if starts <= self.on and (ends is None or max(starts, self.live_since) < ends):
            person.periods.append((section, Membership.Kind.FULL, False, starts, ends, reason if ends else ""))


def birthday(born, age):
    """The day someone turns `age`; who was born on 29 February turns older on 1 March."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


@cache
def latin(name):
    """`name` as it stands in an address: lower case ASCII."""
    letters = "".join(LATIN.get(letter, letter) for letter in name.lower().replace("־", "-"))
    return unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
