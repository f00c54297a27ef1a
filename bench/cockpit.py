"""The cockpit: its page beside the floor, its figures beside a recount, its report beside bare WeasyPrint."""

import time
from datetime import timedelta
from statistics import median

from django.db import connection, reset_queries
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from bench import figure
from cockpit import figures, reports
from common import pdf

ROOT = "/cockpit/"


def units(run):
    """The root and, if it has them, a state, a district and a branch below it."""
    found, unit = [], run.root
    while unit:
        found.append(unit)
        unit = unit.get_children().exclude(kind__is_section=True).order_by("-numchild", "path").first()
    return found


@figure("cockpit.root", unit="F", bar=5)
def root(run):
    return run.floors(ROOT)


@figure("cockpit.branch", unit="F", bar=5)
def branch(run):
    return run.floors(f"/cockpit/{units(run)[-1].slug}/")


@figure("cockpit.queries", unit="count", bar=10)
def queries(run):
    return run.queries(ROOT)


@figure("cockpit.sql", unit="s", bar=0.010)
def sql(run):
    """The statements of the figures themselves, when nothing changed."""
    on = timezone.localdate()

    def once():
        reset_queries()
        with CaptureQueriesContext(connection) as sent:
            figures.read(run.root, on)
            list(figures.rows_below(run.root))
        return sum(float(query["time"]) for query in sent)

    once()
    return median(once() for _ in range(20))


@figure("cockpit.wrong", unit="count", bar=0)
def wrong(run):
    """Rows of any unit that differ from a count of everybody, in Python, after people changed at random: must be none."""
    from tests.cockpit.world import recount_all

    on = timezone.localdate()
    figures.read(run.root, on)
    kept = figures.UnitFigures.objects.filter(unit__path__startswith=run.root.path).select_related("unit")
    counted = recount_all(run.root, on)
    return sum(
        {key: n for key, n in {**row.counts, **row.series}.items() if n} != {key: n for key, n in counted[row.unit.path].items() if n}
        for row in kept
    )


@figure("cockpit.new_day", unit="s")
def new_day(run):
    """Counting everything again after midnight, once a day and by the worker."""
    on = timezone.localdate()
    figures.refresh(run.root, on + timedelta(days=1))
    started = time.perf_counter()
    figures.refresh(run.root, on)
    return time.perf_counter() - started


def beside_bare(html, rounds):
    """Seconds of pdf.write over those of WeasyPrint as it comes, in turns, warm."""
    from weasyprint import CSS, HTML

    styles = [(pdf.settings.BASE_DIR / "static" / name).read_text("utf-8") for name in pdf.STYLES]

    def timed(work):
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    def bare():
        HTML(string=html).write_pdf(stylesheets=[CSS(string=text) for text in styles], pdf_variant="pdf/ua-1")

    timed(bare), timed(lambda: pdf.write(html))
    pairs = [(timed(bare), timed(lambda: pdf.write(html))) for _ in range(rounds)]
    return median(ours for _, ours in pairs) / median(theirs for theirs, _ in pairs)


def report_html(run):
    unit = next(unit for unit in reversed(units(run)) if not unit.is_leaf())
    window = figures.Window.year(timezone.localdate())
    found = reports.unit_report(unit, *window)
    with translation.override("de"):
        return render_to_string("pdf/unit_report.html", {"unit": unit, "overview": found, **reports.page(found)})


@figure("cockpit.report", unit="ratio", bar=1.2)
def report(run):
    """A report of two to three pages beside bare WeasyPrint of the same HTML."""
    return beside_bare(report_html(run), 5)


@figure("cockpit.report_long", unit="ratio", bar=0.8)
def report_long(run):
    """Forty pages beside WeasyPrint's default."""
    head, _, rest = report_html(run).partition("<body>")
    return beside_bare(f"{head}<body>{rest.partition('</body>')[0] * 16}</body></html>", 1)
