"""The best way to give all waiting members a mentor at once: every pair is scored, then one assignment has the highest sum of all.

Only for the worker: numpy and scipy are imported inside.
"""

from operator import attrgetter

from branches.models import Unit
from onboarding.matching import (
    AREA_LENGTH,
    BASE,
    LANGUAGE_POINTS,
    LOAD_POINTS,
    MOST_TIMES,
    MOST_TOPICS,
    MOST_WEEKS,
    NEARNESS,
    TIME_POINTS,
    TOPIC_POINTS,
    Mentor,
    broken,
)  # fmt: skip

MOST_CELLS = 25_000_000  # waiting x places of one pool; 200 MB
BLOCK = 64  # mentors scored at once: what that takes stays in the cache of the processor


class TooLarge(ValueError):
    """The pool has more waiting and places than one assignment takes; pools further down share it."""


def assign(field):
    """({mentee pk: mentor pk}, {mentee pk: key of WHY_NOT}) for a matching.Field: the highest sum of scores under all rules.

    Pins come first where they break no rule. Of several best ways the one that keeps most of `field.kept`: so one person more changes
    as little as the best sum allows. Raises TooLarge.
    """
    pinned, mentees, places = _pin(field)
    if not mentees or not any(places.values()):
        return pinned, {one.pk: "places" for one in mentees}
    if len(mentees) * sum(one.free for one in field.mentors) > MOST_CELLS:
        raise TooLarge
    scores = Scores(field.mentors, mentees, field.barred)
    rows, cost, fits = costs(field, mentees, places, scores)
    rows = rows.tolist()
    chosen = {mentees[column].pk: field.mentors[rows[row]].pk for row, column in solve(cost)}
    alone = [column for column, fits_somebody in enumerate(fits.tolist()) if not fits_somebody]
    why = {one.pk: "places" for one in mentees if one.pk not in chosen} | scores.why(alone)
    return pinned | chosen, why


def _pin(field):
    """The pins that hold, who is left to assign, and {mentor pk: places left}."""
    mentors = {one.pk: one for one in field.mentors}
    places = {one.pk: one.free for one in field.mentors}
    pinned = {}
    for one in field.mentees:
        mentor = mentors.get(field.pins.get(one.pk))
        if mentor and places[mentor.pk] and not broken(one, mentor, field.barred):
            pinned[one.pk] = mentor.pk
            places[mentor.pk] -= 1
    return pinned, [one for one in field.mentees if one.pk not in pinned], places


class Scores:
    """People as small numbers, to judge all pairs of some mentors and all mentees at once; as matching.judge and broken say."""

    def __init__(self, mentors, mentees, barred):
        import numpy as np

        self.mentors, self.mentees = mentors, mentees
        self.unit, self.beside = _numbered(mentors, mentees, "unit", lambda path: path[: -Unit.steplen])
        self.postcode, self.area = _numbered(mentors, mentees, "postcode", lambda code: code[:AREA_LENGTH])
        self.household, _same = _numbered(mentors, mentees, "household", str)
        self.language = self._shared("languages", lambda count: count > 0)
        self.topics = self._shared("topics", lambda count: TOPIC_POINTS * np.minimum(count, MOST_TOPICS))
        self.times = self._shared("times", lambda count: TIME_POINTS * np.minimum(count, MOST_TIMES))
        self.preferred = self._preferred()
        least = {Mentor.Reach.ANYWHERE: 0, Mentor.Reach.NEAR: NEARNESS["area"], Mentor.Reach.UNIT: NEARNESS["unit"]}
        self.least = np.array([least[one.reach] for one in mentors], np.int8)
        self.minors, self.adult = np.array([one.minors for one in mentors]), np.array([not one.minor for one in mentees])
        self.base = np.array([BASE + min(one.weeks, MOST_WEEKS) for one in mentees], np.int16)
        row_of, column_of = ({one.pk: n for n, one in enumerate(rows)} for rows in (mentors, mentees))
        self.barred = [(row_of[mentor], column_of[mentee]) for mentee, mentor in barred if mentee in column_of and mentor in row_of]

    def _shared(self, name, worth):
        """(kind of each mentor, what `worth` says to how many things each kind and each mentee have both); equal collections are one kind."""
        import numpy as np

        names: dict = {}
        sides = []
        for people in (self.mentors, self.mentees):
            kinds: dict = {}
            kind_of = [kinds.setdefault(own, len(kinds)) for own in map(attrgetter(name), people)]
            sides.append((np.array(kind_of), [sum(1 << names.setdefault(thing, len(names)) for thing in own) for own in kinds]))
        (of_mentor, first), (of_mentee, second) = sides
        count = np.zeros((len(first), len(second)), np.int16)
        for word in range(0, len(names), 64):
            one, other = (np.array([bits >> word & 2**64 - 1 for bits in kinds], np.uint64) for kinds in (first, second))
            count += np.bitwise_count(one[:, None] & other[None, :])
        return of_mentor, worth(count).take(of_mentee, axis=1)

    def _preferred(self):
        """(kind of each mentor, points for each mentee whose first language they speak)."""
        import numpy as np

        kinds: dict = {}
        of_mentor = [kinds.setdefault(one.languages, len(kinds)) for one in self.mentors]
        first = [one.languages[0] for one in self.mentees]
        codes = {code: n for n, code in enumerate(dict.fromkeys(first))}
        spoken = np.array([[code in own for code in codes] for own in kinds], np.int16)
        return np.array(of_mentor), (LANGUAGE_POINTS * spoken).take([codes[code] for code in first], axis=1)

    def of(self, part):
        """(score of each mentor of the slice `part` x mentee, {rule: where it is kept}); a pair is allowed where all rules are kept."""
        import numpy as np

        def meet(sides, alike=np.equal):
            return alike(sides[0][part, None], sides[1][None, :])

        def expanded(shared):
            return shared[1][shared[0][part]]

        near = (meet(self.beside) | meet(self.area)).view(np.int8) * np.int8(NEARNESS["area"])
        for key in ("unit", "postcode"):
            np.maximum(near, meet(getattr(self, key)).view(np.int8) * np.int8(NEARNESS[key]), out=near)
        points = near.astype(np.int16)
        points += self.base
        for shared in (self.topics, self.times, self.preferred):
            points += expanded(shared)
        return points, {
            "language": expanded(self.language), "minor": self.minors[part, None] | self.adult, "distance": near >= self.least[part, None],
            "household": meet(self.household, np.not_equal), "superior": self._not_led(part), "barred": self._not_barred(part),
        }  # fmt: skip

    def _not_led(self, part):
        """Where the mentor does not lead the unit of the mentee."""
        import numpy as np

        free = np.ones((part.stop - part.start, len(self.mentees)), bool)
        for row, mentor in enumerate(self.mentors[part]):
            if mentor.leads:
                free[row] = [not any(one.unit.startswith(path) if below else one.unit == path for path, below in mentor.leads) for one in self.mentees]
        return free

    def _not_barred(self, part):
        import numpy as np

        free = np.ones((part.stop - part.start, len(self.mentees)), bool)
        for row, column in self.barred:
            if part.start <= row < part.stop:
                free[row - part.start, column] = False
        return free

    def why(self, columns):
        """{mentee pk: the rule after which nobody was left} for the mentees at `columns`, whom no mentor fits."""
        if not columns:
            return {}
        _points, masks = self.of(slice(0, len(self.mentors)))
        return {self.mentees[column].pk: _last(masks, column) for column in columns}


def _last(masks, column):
    left = True
    for rule, kept in masks.items():
        left = left & kept[:, column]
        if not left.any():
            return rule
    raise ValueError(column)


def _numbered(mentors, mentees, name, part):
    """The texts `name` of both sides as numbers, equal ones alike and an empty one like no other; and the same of what `part` makes of each text."""
    import numpy as np

    texts = [list(map(attrgetter(name), people)) for people in (mentors, mentees)]
    numbers = {text: n for n, text in enumerate(dict.fromkeys((*texts[0], *texts[1])))}
    parts: dict = {}
    of_part = np.array([parts.setdefault(part(text), len(parts)) for text in numbers], np.int32)
    whole, cut = [], []
    for side, own in enumerate(texts):
        ids = np.array([numbers[text] for text in own], np.int32)
        cuts = of_part[ids]
        for empty, found in ((numbers.get(""), ids), (parts.get(""), cuts)):
            if empty is not None:
                found[found == empty] = -1 - side
        whole.append(ids)
        cut.append(cuts)
    return whole, cut


def costs(field, mentees, places, scores):
    """(mentor of each row, cost of each place x mentee, whether anybody fits each mentee).

    Each further place of one mentor counts less, so nobody gets three before others get one. What is not allowed costs nothing and saves
    nothing (an allowed pair is worth BASE and more, far above any load); a place given for nothing is none. Scores are whole numbers: multiplied as here, all that is kept together never outweighs one point.
    """
    import numpy as np

    mentors = field.mentors
    left = np.array([places[one.pk] for one in mentors])
    rows, ends = np.repeat(np.arange(len(mentors)), left), left.cumsum()
    load = np.arange(len(rows)) + np.repeat([one.taken + one.free for one in mentors] - ends, left)  # a mentor's places begin at ends - left
    load = (LOAD_POINTS * load).astype(np.int16)
    cost, fits = np.empty((len(rows), len(mentees))), np.zeros(len(mentees), bool)
    first = np.searchsorted(rows, range(0, len(mentors) + BLOCK, BLOCK))
    for block, start in enumerate(range(0, len(mentors), BLOCK)):
        points, masks = scores.of(slice(start, min(start + BLOCK, len(mentors))))
        allowed = masks.pop("language")
        for kept in masks.values():
            allowed &= kept
        fits |= allowed.any(axis=0)
        here = slice(first[block], first[block + 1])
        of_place = rows[here] - start
        worth = points[of_place]
        worth -= load[here, None]
        worth &= -allowed.view(np.int8).astype(np.int16)[of_place]  # all bits or none: what is not allowed becomes nought
        np.multiply(worth, -(len(mentees) + 1.0), out=cost[here])
    if field.kept:
        row_of, column_of = {one.pk: n for n, one in enumerate(mentors)}, {one.pk: n for n, one in enumerate(mentees)}
        for mentee, mentor in field.kept.items():
            if mentee in column_of and mentor in row_of:
                end, column = ends[row_of[mentor]], column_of[mentee]
                kept = slice(end - left[row_of[mentor]], end)
                cost[kept, column] -= cost[kept, column] < 0
    return rows, cost, fits


def solve(cost):
    """[(row, column)] with the least sum of `cost` (nought: not allowed). Costs and no scores: those the solver would turn around in a copy."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(cost)
    good = cost[rows, columns] < 0
    return list(zip(rows[good].tolist(), columns[good].tolist(), strict=True))
