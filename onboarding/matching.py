"""Who fits whom: the rules no pair may break, the score of one that breaks none, and both in words.

judge() is the plain form for one pair; onboarding.assigning computes the same for all pairs at once.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from branches.models import Appointment, Unit
from branches.scope import Right
from common.folding import fold
from membership.models import MemberTag, Tag
from onboarding.models.mentoring import ADULT, TIME, TOPIC, Mentee, Mentor, Pairing, PairRule

# What a pair counts. The base is far above all the rest, so that nearly always as many as can get a mentor.
BASE, TOPIC_POINTS, TIME_POINTS, LANGUAGE_POINTS = 100, 8, 6, 5
MOST_TOPICS, MOST_TIMES, MOST_WEEKS = 3, 2, 10
NEARNESS = {"postcode": 12, "unit": 9, "area": 4, "far": 0}
LOAD_POINTS = 5  # taken off for each mentee the mentor has already
AREA_LENGTH = 2  # leading characters of a postcode that make an area

# Why somebody has no suggestion: the first rule after which nobody is left.
WHY_NOT = {
    "language": gettext_lazy("no mentor speaks one of their languages"),
    "minor": gettext_lazy("a minor, or no birth date: no mentor cleared for minors has room"),
    "distance": gettext_lazy("all mentors who would fit are too far away"),
    "household": gettext_lazy("the mentor who would fit lives in the same household"),
    "superior": gettext_lazy("the mentors who would fit lead their unit"),
    "barred": gettext_lazy("those who would fit were asked before or are ruled out"),
    "places": gettext_lazy("all places that would fit are taken"),
}


# The same about one pair.
BROKEN = {
    "language": gettext_lazy("no language in common"),
    "minor": gettext_lazy("a minor, or no birth date, and a mentor not cleared for minors"),
    "distance": gettext_lazy("too far away for this mentor"),
    "household": gettext_lazy("both live in the same household"),
    "superior": gettext_lazy("the mentor leads the unit of the new member"),
    "barred": gettext_lazy("asked before, or ruled out"),
}


@dataclass(frozen=True)
class One:
    """A mentor or a mentee as far as matching is concerned. weeks: waiting; free, taken: places of a mentor; leads: [(path, below)]."""

    pk: int
    unit: str  # path of the home unit
    postcode: str = ""
    household: str = ""
    languages: tuple = ("de",)  # the preferred one first
    topics: frozenset = frozenset()
    times: frozenset = frozenset()
    minor: bool = False
    weeks: int = 0
    minors: bool = False
    reach: str = Mentor.Reach.ANYWHERE
    free: int = 1
    taken: int = 0
    leads: tuple = ()

    @property
    def area(self):
        return self.postcode[:AREA_LENGTH]

    @property
    def beside(self):
        return self.unit[: -Unit.steplen]


@dataclass
class Field:
    """All that is to be matched. barred: {(mentee pk, mentor pk)}; pins: {mentee pk: mentor pk}; kept: {mentee pk: mentor pk} suggested now."""

    mentees: list
    mentors: list
    barred: set = field(default_factory=set)
    pins: dict = field(default_factory=dict)
    kept: dict = field(default_factory=dict)


def nearness(mentee, mentor):
    """The key of NEARNESS: postcodes alike, home units alike, same area (units beside each other or postcodes that begin alike), or far."""
    if mentee.postcode and mentee.postcode == mentor.postcode:
        return "postcode"
    if mentee.unit == mentor.unit:
        return "unit"
    return "area" if mentee.beside == mentor.beside or (mentee.area and mentee.area == mentor.area) else "far"


def broken(mentee, mentor, barred=()):
    """The first rule a pair of One would break (a key of WHY_NOT), "" for none."""
    near = nearness(mentee, mentor)
    checks = {
        "language": not set(mentee.languages) & set(mentor.languages),
        "minor": mentee.minor and not mentor.minors,
        "distance": (near == "far" and mentor.reach != Mentor.Reach.ANYWHERE) or (near == "area" and mentor.reach == Mentor.Reach.UNIT),
        "household": mentee.household != "" and mentee.household == mentor.household,
        "superior": any(mentee.unit.startswith(path) if below else mentee.unit == path for path, below in mentor.leads),
        "barred": (mentee.pk, mentor.pk) in barred,
    }
    return next((rule for rule, is_broken in checks.items() if is_broken), "")


def judge(mentee, mentor):
    """(score, facts) of a pair that breaks no rule, before the load of the mentor is taken off. facts: what words() tells."""
    near = nearness(mentee, mentor)
    topics, times = sorted(mentee.topics & mentor.topics), sorted(mentee.times & mentor.times)
    preferred = mentee.languages[0] in mentor.languages
    score = BASE + NEARNESS[near] + LANGUAGE_POINTS * preferred + min(mentee.weeks, MOST_WEEKS)
    score += TOPIC_POINTS * min(len(topics), MOST_TOPICS) + TIME_POINTS * min(len(times), MOST_TIMES)
    shared = next(code for code in mentee.languages if code in mentor.languages)
    return score, {"near": near, "topics": topics, "times": times, "language": shared, "taken": mentor.taken}


def words(facts, tags):
    """The facts of a pair as short texts in the reader's language. tags: {pk: Tag} of all that occur."""
    told = [_("same times: %(words)s") % {"words": ", ".join(str(tags[pk]) for pk in facts["times"] if pk in tags)}] if facts["times"] else []
    if facts["topics"]:
        shared = ", ".join(str(tags[pk]) for pk in facts["topics"] if pk in tags)
        told.append(ngettext("same topic: %(words)s", "same topics: %(words)s", len(facts["topics"])) % {"words": shared})
    near = {"postcode": _("same postcode"), "unit": _("same unit"), "area": _("same area"), "far": _("far apart")}
    told.append(near[facts["near"]])
    if facts["taken"]:
        told.append(ngettext("accompanies %(n)s person already", "accompanies %(n)s people already", facts["taken"]) % {"n": facts["taken"]})
    return told


def tags_of(rows):
    """{pk: Tag} of all words in the facts of `rows` (suggestions or pairings), in one query."""
    pks = {pk for row in rows for pk in (*row.facts.get("topics", ()), *row.facts.get("times", ()))}
    return Tag.objects.in_bulk(pks)


# --- reading -----------------------------------------------------------------------------------------------------------


def load(pool, on):
    """The Field of `pool` on the day `on`, in a constant number of queries."""
    mentees = Mentee.objects.waiting().filter(pool=pool).select_related("member__home_unit").order_by("pk")
    mentors = Mentor.objects.with_free_places(on).filter(pool=pool).select_related("member__home_unit", "member__user").order_by("pk")
    mentees, mentors = list(mentees), list(mentors)
    return read(mentees, mentors, on)


def read(mentees, mentors, on):
    """The Field of these rows (mentors with `taken`), with all that was said about their pairs."""
    topics = _tags([*mentees, *mentors], TOPIC)
    times = _tags([*mentees, *mentors], TIME)
    leads = _led(mentors, on)
    past = Pairing.objects.filter(mentee__in=mentees).values_list("mentee", "mentor")
    rules = list(PairRule.objects.filter(mentee__in=mentees).values_list("mentee", "mentor", "kind"))

    def one(row, **own):
        member = row.member
        return One(
            row.pk, member.home_unit.path, postcode=fold(member.postcode).replace(" ", ""), household=household(member),
            languages=tuple(row.languages), topics=topics[row.member_id], times=times[row.member_id], **own,
        )  # fmt: skip

    return Field(
        [one(row, minor=is_minor(row.member, on), weeks=max(0, (on - row.since).days // 7)) for row in mentees],
        [
            one(row, minors=row.minors, reach=row.reach, free=row.places - row.taken, taken=row.taken, leads=tuple(leads[row.pk]))
            for row in mentors
        ],
        set(past) | {(mentee, mentor) for mentee, mentor, kind in rules if kind == PairRule.Kind.FORBID},
        {mentee: mentor for mentee, mentor, kind in rules if kind == PairRule.Kind.PIN},
    )


def household(member):
    """What two members of one household have alike; "" where street or place is not known."""
    place = fold(member.postcode or member.city).replace(" ", "")
    street = "".join(fold(member.street).replace("strasse", "str").split()).replace(".", "")
    return f"{place} {street}" if place and street else ""


def is_minor(member, on):
    """Whether `member` is under age on the day `on`. Who has no birth date on record is taken for one: the safe side."""
    age = member.age(on)
    return age is None or age < ADULT


def _tags(rows, kind):
    found = defaultdict(set)
    for member, tag in MemberTag.objects.filter(member__in=[row.member_id for row in rows], tag__kind=kind).values_list("member", "tag"):
        found[member].add(tag)
    return defaultdict(frozenset, {member: frozenset(tags) for member, tags in found.items()})


def _led(mentors, on):
    """{mentor pk: [(path, below)]} of the units each leads; an account belongs to a member by link or by mail address."""
    owners = defaultdict(list)
    for mentor in mentors:
        for address in {mentor.member.email.lower(), mentor.member.user.email if mentor.member.user else ""} - {""}:
            owners[address].append(mentor.pk)
    found = defaultdict(list)
    held = Appointment.objects.active(on).filter(user__email__in=owners, right__gte=Right.LEAD)
    for address, path, below in held.values_list("user__email", "unit__path", "below"):
        for pk in owners[address]:
            found[pk].append((path, below))
    return found
