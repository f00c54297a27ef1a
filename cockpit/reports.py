"""What cockpit and report show of a unit: its figures, those of the units below, and the steps they name; and the report as PDF."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.utils import timezone, translation

from branches import scope
from branches.models import Unit
from cockpit import figures, rows
from cockpit.figures import Window
from cockpit.models import Report, UnitFigures
from common import pdf, prepared
from onboarding.models import Step
from planning import meter, meter_words

KEPT = timedelta(days=7)


@dataclass
class Overview:
    """`whole` is the unit with everything below, `parts` the units right below that add up to it, `sections` those beside."""

    unit: Unit
    window: Window
    whole: UnitFigures
    parts: list
    sections: list
    steps: list  # [Step]: the locked ones that fell due, in the order of the standard
    meters: dict  # {unit pk: planning.meter.Standing} of the unit and those shown, this year


def reaches_below(user, unit):
    """Whether what `user` may see of `unit` includes the units below it."""
    scopes = scope.scopes(user)
    return unit.is_leaf() or any(below and unit.path.startswith(path) for path, below in scopes)


def overview(unit, on, user):
    """Overview of the twelve months up to the day `on`, from the figures kept ready; without a right on the units below of `unit` alone."""
    window = Window.year(on)
    if not reaches_below(user, unit):
        return _overview(unit, window, figures.own(unit, window), [])
    whole = figures.read(unit, on)
    return _overview(unit, window, whole, [] if unit.is_leaf() else figures.rows_below(unit))


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
    meters = meter.standings([unit, *(row.unit for row in shown)], window.today.year, timezone.now())
    for row in shown:
        row.meter = meters[row.unit_id]
    return Overview(unit, window, whole, parts, sections, steps_in(unit, whole), meters)


def closed(unit, on):
    return unit.closed_on is not None and unit.closed_on <= on


def step_names(unit):
    """{slug: Step} of the locked steps in the tree of `unit`; of those with the same slug the one of the highest unit."""
    def locked(path):
        steps = Step.objects.filter(locked=True, standard__unit__path__startswith=path).only("slug", "labels")
        return steps.order_by("standard__unit__path", "position", "pk")

    names: dict = {}
    for step in prepared.fetch("locked steps", locked, [unit.root_path]):
        names.setdefault(step.slug, step)
    return names


def steps_in(unit, whole):
    """The locked steps that `whole` counts, in the order of the standard."""
    slugs = {key.split(":")[1] for key in whole.counts if key.startswith("step:")}
    return [step for slug, step in step_names(unit).items() if slug in slugs] if slugs else []


def _name(row):
    return row.unit.name.casefold()


def _worst(row):
    """Who waits longest, then the smaller share in time, then more late journeys."""
    days = row.waiting_days
    return 1 if days is None else -days, *_lowest_share(row)[:1], -row.count("late"), _name(row)


def _lowest_share(row):
    percent = row.share("contact").percent
    return 101 if percent is None else percent, _name(row)


# Orders of the table by column, the one worth looking at first on top.
ORDERS = {
    "name": _name,
    "joined": lambda row: (-row.count("joined"), _name(row)),
    "open": lambda row: (-row.count("open"), _name(row)),
    "late": lambda row: (-row.count("late"), _name(row)),
    "waiting": _worst,
    "contact": _lowest_share,
    "meter": lambda row: (row.meter.held + row.meter.planned - row.meter.of, _name(row)),
}


def as_pdf(overview, language):
    """The report of `overview` in `language` as PDF bytes. Raises pdf.TooLarge."""
    with translation.override(language):
        context = {"overview": overview, "unit": overview.unit, **page(overview)}
    return pdf.render("pdf/unit_report.html", context, language)


def page(overview, order="waiting"):
    """What cockpit and report both show of `overview`, in the reader's language; order: one of ORDERS."""
    for units in (overview.parts, overview.sections):
        units.sort(key=ORDERS[order])
    return {
        "composition": rows.composition(overview),
        "period": rows.period(overview.window),
        "order_note": rows.order_note(order),
        "figures": rows.strip(overview),
        "parts": rows.unit_table(overview, overview.parts, order) if overview.parts else None,
        "sections": rows.unit_table(overview, overview.sections, order) if overview.sections else None,
        "steps": rows.step_table(overview),
        "months": rows.months(overview),
        "quarters": rows.quarters(overview),
        "notes": partial(rows.notes, overview),
        "notes_of": (overview.window, bool(overview.sections), overview.unit.kind.is_section),  # all that the notes depend on
        "meter": meter_words.row(overview.meters[overview.unit.pk], overview.window.today),
    }


def order(user, unit, since, until, language, key, now, kind=Report.Kind.ARRIVING, thanks=""):
    """The Report of this order: a new one to be written by a worker, or the one that the same form (`key`) ordered before."""
    report, _created = Report.objects.get_or_create(
        key=key,
        by=user,
        defaults={
            "unit": unit, "kind": kind, "thanks": thanks, "since": since, "until": until, "language": language, "created_at": now, "expires_at": now + KEPT,
        },
    )  # fmt: skip
    return report
