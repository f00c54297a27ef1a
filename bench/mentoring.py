"""Assigning 2,000 waiting members to 1,000 places, beside the solver alone on the same scores, and what it costs to read a pool."""

import time
from random import Random

from bench import figure
from branches.models import Unit
from onboarding import assigning
from onboarding.matching import Field, One
from onboarding.models import Mentor

WAITING, PLACES = 2000, 1000


def pool():
    """A large city: forty branches, thirteen topics, one in ten a minor, mentors with one to three places."""
    rng = Random(4)

    def one(pk, **own):
        return One(
            pk, f"0001{rng.randrange(1, 41):0{Unit.steplen}}", postcode=f"0{rng.randrange(1060, 1330)}", household=f"street {rng.randrange(5000)}",
            languages=("de", *rng.sample(["en", "ar", "tr"], rng.randrange(2))), topics=frozenset(rng.sample(range(13), 3)),
            times=frozenset(rng.sample(range(20, 25), 2)), **own,
        )  # fmt: skip

    mentees = [one(n, minor=rng.random() < 0.1, weeks=rng.randrange(20)) for n in range(WAITING)]
    mentors, left = [], PLACES
    while left:
        free = min(left, rng.randrange(1, 4))
        mentors.append(one(100_000 + len(mentors), minors=rng.random() < 0.5, reach=rng.choice(Mentor.Reach.values), free=free))
        left -= free
    return Field(mentees, mentors)


def seconds(work):
    """The least time of this thread, so that what else runs on the machine does not count."""
    spent = []
    for _round in range(9):
        started = time.thread_time()
        work()
        spent.append(time.thread_time() - started)
    return min(spent)


@figure("mentoring.assign", unit="ratio", bar=1.5)
def assign(run):
    """The whole assignment, reading the scores off the people included, in the time of the solver alone on the finished scores of waiting x places."""
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    field = pool()
    places = {one.pk: one.free for one in field.mentors}
    _rows, cost, _fits = assigning.costs(field, field.mentees, places, assigning.Scores(field.mentors, field.mentees, field.barred))
    scores = np.ascontiguousarray(-cost.T)
    whole = seconds(lambda: assigning.assign(field))
    return whole / seconds(lambda: linear_sum_assignment(scores, maximize=True))


@figure("mentoring.assign_seconds", unit="s")
def assign_seconds(run):
    field = pool()
    return seconds(lambda: assigning.assign(field))
