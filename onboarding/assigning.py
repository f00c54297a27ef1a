"""The best way to give all waiting members a mentor at once: every pair is scored, then one assignment has the highest sum of all.

Only for the worker: numpy and scipy are imported inside.
"""

from branches.models import Unit
from onboarding.matching import (
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
    why: dict = {}
    if not mentees or not any(places.values()):
        return pinned, {one.pk: "places" for one in mentees}
    pairs, allowed, masks = scores(field, mentees)
    columns, points = slots(field.mentors, places, pairs * allowed)
    found = solve(points, columns, mentees, field)
    chosen = {mentees[row].pk: field.mentors[columns[column]].pk for row, column in found}
    left = [row for row, one in enumerate(mentees) if one.pk not in chosen]
    why = {mentees[row].pk: _why(row, allowed, masks) for row in left}
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

    def shared(of, as_float=np.float32):
        """How many of the things both have."""
        names = {name: n for n, name in enumerate(sorted({name for one in [*mentees, *mentors] for name in of(one)}))}
        left, right = (np.zeros((len(rows), len(names) or 1), as_float) for rows in (mentees, mentors))
        for table, rows in ((left, mentees), (right, mentors)):
            for n, one in enumerate(rows):
                table[n, [names[name] for name in of(one)]] = 1
        return (left @ right.T).astype(np.int16)

    def same(of):
        """Where both have the same text; an empty one is like no other."""
        names = {name: n for n, name in enumerate({of(one) for one in [*mentees, *mentors]})}
        left, right = (np.array([names[of(one)] if of(one) else empty for one in rows]) for rows, empty in ((mentees, -1), (mentors, -2)))
        return left[:, None] == right[None, :]

    postcode, unit = same(lambda one: one.postcode), same(lambda one: one.unit)
    area = same(lambda one: one.beside) | same(lambda one: one.area)
    near = np.where(postcode, NEARNESS["postcode"], np.where(unit, NEARNESS["unit"], np.where(area, NEARNESS["area"], 0))).astype(np.int16)
    least = {Mentor.Reach.ANYWHERE: 0, Mentor.Reach.NEAR: NEARNESS["area"], Mentor.Reach.UNIT: NEARNESS["unit"]}
    barred = np.zeros(near.shape, bool)
    row_of, column_of = ({one.pk: n for n, one in enumerate(rows)} for rows in (mentees, mentors))
    for mentee, mentor in field.barred:
        if mentee in row_of and mentor in column_of:
            barred[row_of[mentee], column_of[mentor]] = True
    masks = {
        "language": shared(lambda one: one.languages) > 0,
        "minor": ~np.array([one.minor for one in mentees])[:, None] | np.array([one.minors for one in mentors])[None, :],
        "distance": near >= np.array([least[one.reach] for one in mentors], np.int16)[None, :],
        "household": ~same(lambda one: one.household),
        "superior": ~_led(mentees, mentors),
        "barred": ~barred,
    }
    allowed = np.logical_and.reduce(list(masks.values()))
    waited = np.array([min(one.weeks, MOST_WEEKS) for one in mentees], np.int16)[:, None]
    points = near + (BASE + waited)
    points += TOPIC_POINTS * np.minimum(shared(lambda one: one.topics), MOST_TOPICS)
    points += TIME_POINTS * np.minimum(shared(lambda one: one.times), MOST_TIMES)
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
    return columns, pairs[:, columns] - LOAD_POINTS * load


def solve(points, columns, mentees, field):
    """[(row, column)] with the highest sum of `points` (at most 0: not allowed)."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    # Scores are whole numbers: multiplied like this, all that is kept together never outweighs one point.
    worth = np.where(points > 0, points, 0).astype(float) * (len(mentees) + 1)
    column_of = {one.pk: n for n, one in enumerate(field.mentors)}
    for row, one in enumerate(mentees):
        kept = column_of.get(field.kept.get(one.pk))
        if kept is not None:
            worth[row, (columns == kept) & (points[row] > 0)] += 1
    return [(row, column) for row, column in zip(*linear_sum_assignment(worth, maximize=True), strict=True) if worth[row, column] > 0]


def _why(row, allowed, masks):
    """The rule after which nobody was left for `row`, else that all places are taken."""
    import numpy as np

    if allowed[row].any():
        return "places"
    left = np.ones(allowed.shape[1], bool)
    for rule, kept in masks.items():
        left &= kept[row]
        if not left.any():
            return rule
    return "places"
