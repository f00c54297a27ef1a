"""What cockpit and report show of a unit: its figures, those of the units below, and the steps they name. Plain data, no words."""

from dataclasses import dataclass

from branches import scope
from branches.models import Unit
from cockpit import figures
from cockpit.figures import Window
from cockpit.models import UnitFigures
from onboarding.models import Step


@dataclass
class Overview:
    """`whole` is the unit with everything below, `parts` the units right below that add up to it, `sections` those beside."""

    unit: Unit
    window: Window
    whole: UnitFigures
    parts: list
    sections: list
    steps: list  # [Step]: the locked ones that fell due, in the order of the standard


def reaches_below(user, unit):
    """Whether what `user` may see of `unit` includes the units below it."""
    scopes = scope.scopes(user)
    return unit.is_leaf() or any(below and unit.path.startswith(path) for path, below in scopes)


def overview(unit, on, user):
    """Overview of the twelve months up to the day `on`, from the figures kept ready. Without a right on the units below: of `unit` alone."""
    window = Window.year(on)
    if not reaches_below(user, unit):
        return _overview(unit, window, figures.own(unit, window), [])
    whole = figures.read(unit, on)
    return _overview(unit, window, whole, [] if unit.is_leaf() else list(figures.rows_below(unit)))


def unit_report(unit, since, until, today, user=None):
    """Overview of any time from `since` to `until` (both included), counted from the people themselves; states as on `today`.

    user: whose rights count; None is the console, which sees everything. Raises nothing: who may not see `unit` must be stopped before.
    """
    window = Window(since, until, today)
    if user and not reaches_below(user, unit):
        return _overview(unit, window, figures.own(unit, window), [])
    whole, *below = figures.tally(unit, window)
    return _overview(unit, window, whole, below)


def _overview(unit, window, whole, below):
    shown = [row for row in below if any(row.counts.values()) or not closed(row.unit, window.today)]
    sections = [row for row in shown if row.unit.kind.is_section and not unit.kind.is_section]
    parts = [row for row in shown if row not in sections]
    found = Overview(unit, window, whole, parts, sections, steps_in(unit, whole))
    sort(found, "waiting")
    return found


def closed(unit, on):
    return unit.closed_on is not None and unit.closed_on <= on


def steps_in(unit, whole):
    """The locked steps that `whole` counts, one per slug, those of the highest unit first."""
    slugs = {key.split(":")[1] for key in whole.counts if key.startswith("step:")}
    if not slugs:
        return []
    near = Step.objects.filter(slug__in=slugs, locked=True, standard__unit__path__startswith=unit.root_path)
    by_slug = {}
    for step in near.order_by("standard__unit__path", "position", "pk"):
        by_slug.setdefault(step.slug, step)
    return list(by_slug.values())


def _name(row):
    return row.unit.name.casefold()


def _worst(row):
    """Who waits longest, then the smaller share in time, then more late journeys."""
    days = row.waiting_days
    return 1 if days is None else -days, *_lowest_share(row)[:1], -row.count("late"), _name(row)


def _lowest_share(row):
    percent = row.share("contact").percent
    return 101 if percent is None else percent, _name(row)


# Orders of the table by column, the one worth looking at first on top; True: the numbers go down.
ORDERS = {
    "name": (_name, False),
    "joined": (lambda row: (-row.count("joined"), _name(row)), True),
    "open": (lambda row: (-row.count("open"), _name(row)), True),
    "late": (lambda row: (-row.count("late"), _name(row)), True),
    "waiting": (_worst, True),
    "contact": (_lowest_share, False),
}


def sort(overview, order):
    """Sort the units of `overview` by a key of ORDERS, in place."""
    for rows in (overview.parts, overview.sections):
        rows.sort(key=ORDERS[order][0])
