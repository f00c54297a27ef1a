"""The best way to give all waiting members a mentor at once: every pair is scored, then one assignment has the highest sum of all.

Only for the worker: numpy and scipy are imported inside.
"""

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
    import numpy as np

    pairs, allowed, masks = scores(field, mentees)
    columns, points = slots(field.mentors, places, np.where(allowed, pairs, np.int16(0)))
    found = solve(points, columns, mentees, field)
    chosen = {mentees[row].pk: field.mentors[columns[column]].pk for row, column in found}
    fits_somebody = allowed.any(axis=1).tolist()
    why = {
        one.pk: "places" if fits_somebody[row] else _why(row, masks) for row, one in enumerate(mentees) if one.pk not in chosen
    }
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


def scores(field, mentees):
    """(score of each mentee x mentor, whether the pair is allowed, {rule: where it is kept}) as arrays; as judge and broken say."""
    import numpy as np

    mentors = field.mentors
    if len(mentees) * sum(one.free for one in mentors) > MOST_CELLS:
        raise TooLarge

    def shared(left, right, worth):
        """What `worth` says to how many of the things in `left` (one collection for each mentee) and `right` both have; equal collections once."""
        names: dict = {}
        sides = []
        for rows in (left, right):
            kinds: dict = {}
            of_row = [kinds.setdefault(own, len(kinds)) for own in rows]
            found = [(n, names.setdefault(name, len(names))) for own, n in kinds.items() for name in own]
            sides.append((len(kinds), of_row, np.array(found, np.int32).reshape(-1, 2).T))
        (many, of_left, first), (more, of_right, second) = sides
        tables = np.zeros((many, len(names)), np.float32), np.zeros((more, len(names)), np.float32)
        tables[0][first[0], first[1]] = tables[1][second[0], second[1]] = 1
        return worth((tables[0] @ tables[1].T).astype(np.int16))[of_left].take(of_right, axis=1)

    def same(left, right):
        """Where both have the same text; an empty one is like no other."""
        names: dict = {}
        ids = [np.array([names.setdefault(text, len(names)) if text else empty for text in rows], np.int32) for rows, empty in ((left, -1), (right, -2))]
        return ids[0][:, None] == ids[1][None, :]

    def both(name):
        return [getattr(one, name) for one in mentees], [getattr(one, name) for one in mentors]

    near = np.zeros((len(mentees), len(mentors)), np.int16)
    units, codes = both("unit"), both("postcode")
    beside, area = ([[text[cut] for text in side] for side in sides] for sides, cut in ((units, slice(-Unit.steplen)), (codes, slice(AREA_LENGTH))))
    for key, found in (("area", same(*beside) | same(*area)), ("unit", same(*units)), ("postcode", same(*codes))):
        np.copyto(near, NEARNESS[key], where=found)
    least = {Mentor.Reach.ANYWHERE: 0, Mentor.Reach.NEAR: NEARNESS["area"], Mentor.Reach.UNIT: NEARNESS["unit"]}
    barred = np.zeros(near.shape, bool)
    row_of, column_of = ({one.pk: n for n, one in enumerate(rows)} for rows in (mentees, mentors))
    for mentee, mentor in field.barred:
        if mentee in row_of and mentor in column_of:
            barred[row_of[mentee], column_of[mentor]] = True
    masks = {
        "language": shared(*both("languages"), lambda count: count > 0),
        "minor": ~np.array([one.minor for one in mentees])[:, None] | np.array([one.minors for one in mentors])[None, :],
        "distance": near >= np.array([least[one.reach] for one in mentors], np.int16)[None, :],
        "household": ~same(*both("household")),
        "superior": ~_led(mentees, mentors),
        "barred": ~barred,
    }
    allowed = np.ones(near.shape, bool)
    for kept in masks.values():
        allowed &= kept
    waited = np.array([min(one.weeks, MOST_WEEKS) for one in mentees], np.int16)[:, None]
    points = near + (BASE + waited)
    points += shared(*both("topics"), lambda count: TOPIC_POINTS * np.minimum(count, MOST_TOPICS))
    points += shared(*both("times"), lambda count: TIME_POINTS * np.minimum(count, MOST_TIMES))
    points += LANGUAGE_POINTS * _preferred(mentees, mentors)
    return points, allowed, masks


def _preferred(mentees, mentors):
    """Where the mentor speaks the mentee's first language, as 0 and 1."""
    import numpy as np

    codes = sorted({one.languages[0] for one in mentees})
    spoken = np.array([[code in one.languages for one in mentors] for code in codes], np.int16)
    return spoken[[codes.index(one.languages[0]) for one in mentees]]


def _led(mentees, mentors):
    """Where the mentor leads the unit of the mentee."""
    import numpy as np

    paths = sorted({one.unit for one in mentees})
    above = {path: {path[:end] for end in range(Unit.steplen, len(path) + 1, Unit.steplen)} for path in paths}
    led = np.zeros((len(paths), len(mentors)), bool)
    for column, one in enumerate(mentors):
        for path, below in one.leads:
            led[:, column] |= [path in above[own] if below else path == own for own in paths]
    place = {path: n for n, path in enumerate(paths)}
    return led[[place[one.unit] for one in mentees]]


def slots(mentors, places, pairs):
    """(mentor of each column, score of each mentee x place): each further place of one mentor counts less, so nobody gets three before
    others get one. What is not allowed is worth nothing; a place given for nothing is none."""
    import numpy as np

    columns = np.array([n for n, one in enumerate(mentors) for _place in range(places[one.pk])], int)
    load = np.array([one.free - places[one.pk] + one.taken + k for one in mentors for k in range(places[one.pk])], np.int16)
    return columns, pairs.take(columns, axis=1) - LOAD_POINTS * load


def solve(points, columns, mentees, field):
    """[(row, column)] with the highest sum of `points` (at most 0: not allowed)."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    # Scores are whole numbers: multiplied like this, all that is kept together never outweighs one point.
    worth = np.maximum(points, 0).astype(float)
    worth *= len(mentees) + 1
    column_of = {one.pk: n for n, one in enumerate(field.mentors)}
    for row, one in enumerate(mentees):
        kept = column_of.get(field.kept.get(one.pk))
        if kept is not None:
            worth[row, (columns == kept) & (points[row] > 0)] += 1
    rows, chosen = linear_sum_assignment(worth, maximize=True)
    good = worth[rows, chosen] > 0
    return list(zip(rows[good].tolist(), chosen[good].tolist(), strict=True))


def _why(row, masks):
    """The rule after which nobody was left for `row`."""
    left = True
    for rule, kept in masks.items():
        left = left & kept[row]
        if not left.any():
            return rule
    raise ValueError(row)
