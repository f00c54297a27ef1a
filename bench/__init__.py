"""Figures with bars, measured by bin/bench. Each module here is a room's; `figure` puts a function on the list."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass
class Figure:
    name: str
    measure: Callable
    unit: str
    bar: float | None
    at_least: bool

    def asked_for(self, names):
        """Whether one of `names` is this figure or its room; without names every figure is."""
        return not names or self.name in names or self.name.partition(".")[0] in names

    def holds(self, value):
        if self.bar is None:
            return True
        return value >= self.bar if self.at_least else value <= self.bar


FIGURES: list[Figure] = []


def figure(name, *, unit, bar=None, at_least=False):
    """Put `measure(run)` on the list as `room.name`; it returns the figure in `unit` (F, ratio, count or s).

    `bar` is the most that still holds, or with `at_least` the least. `run` is a bench.run.Run.
    """

    def register(measure):
        FIGURES.append(Figure(name, measure, unit, bar, at_least))
        return measure

    return register
