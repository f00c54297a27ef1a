"""unit_report SLUG --from D --to D --language de|he|en --out FILE.pdf: the report of a unit as a file.

With --below --out FOLDER one file for each unit below; units whose file is there already are passed over, so a run that was stopped goes on.
"""

from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from branches.models import Unit
from cockpit import printing, report_runs, reports
from cockpit.forms import ReportForm
from cockpit.models import Report
from common import pdf


class Command(BaseCommand):
    help = "Write the report of a unit and everything below it as PDF."

    def add_arguments(self, parser):
        parser.add_argument("slug", help="the unit's slug")
        parser.add_argument("--from", dest="since", required=True, metavar="D", help="first day, like 2026-01-31")
        parser.add_argument("--to", dest="until", required=True, metavar="D", help="last day")
        parser.add_argument("--language", choices=[*(code for code, _name in settings.LANGUAGES), report_runs.OWN], default=settings.LANGUAGE_CODE)
        parser.add_argument("--kind", choices=Report.Kind.values, default=Report.Kind.ARRIVING)
        parser.add_argument("--below", action="store_true", help="one file for each unit below, in the folder --out")
        parser.add_argument("--out", required=True, metavar="FILE.pdf", type=Path)

    def handle(self, *, slug, since, until, language, kind, below, out, **options):
        unit = Unit.objects.filter(slug=slug).select_related("kind").first()
        if unit is None:
            raise CommandError(f"There is no unit with the slug {slug}.", returncode=2)
        today = timezone.localdate()
        since, until = as_day(since), as_day(until)
        with translation.override("en"):
            errors = ReportForm({"since": since, "until": until, "language": settings.LANGUAGE_CODE}, today=today).errors
            if problems := errors.get("since") or errors.get("until"):
                raise CommandError(str(problems[0]), returncode=2)
        for number, one in enumerate(report_runs.units(None, unit, today).select_related("kind") if below else [unit], 1):
            file = out / f"{one.slug}-{since}-{until}.pdf" if below else out
            if not (below and file.exists()):
                self.write(one, since, until, today, language, kind, file, f"{number}. " if below else "")

    def write(self, unit, since, until, today, language, kind, file, number):
        """One report into `file`, which is there as a whole or not at all."""
        try:
            content = printing.as_pdf(reports.unit_report(unit, since, until, today), None, report_runs.language_of(unit, language), kind)
        except pdf.TooLarge:
            raise CommandError("The report would be too large: choose a smaller unit.", returncode=2) from None
        half = file.with_name(file.name + ".part")
        try:
            half.write_bytes(content)
            half.replace(file)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.", returncode=2) from None
        self.stdout.write(f"{number}{file}: {len(content):,} bytes")


def as_day(text):
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text} is not a day like 2026-01-31.", returncode=2) from None
