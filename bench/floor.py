"""F: a signed-in page with two queries (session and user), the measure of all other pages."""

from statistics import median

from bench import figure
from bench.run import FLOOR


@figure("floor.page", unit="s")
def floor_page(run):
    run.floors(FLOOR, rounds=5)
    return median(run.seconds(FLOOR, run.officer()) for _ in range(40))


@figure("floor.queries", unit="count", bar=2)
def floor_queries(run):
    return run.queries(FLOOR)


@figure("floor.noise", unit="F", bar=1.2)
def floor_noise(run):
    """The floor measured against itself: how far any other figure of this run can be trusted."""
    return run.floors(FLOOR)
