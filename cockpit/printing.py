"""Reports on their way to a file: which kind, for whom, written at once or by a worker."""

import logging

from django.utils import timezone

from branches.models import Unit
from cockpit import annual, reports
from cockpit.models import Report
from common import pdf

logger = logging.getLogger(__name__)


def as_pdf(found, user, language, kind=Report.Kind.ARRIVING, thanks=""):
    """The report of this kind on `found` (reports.unit_report) for `user` in `language` as PDF bytes. Raises pdf.TooLarge."""
    if kind == Report.Kind.ANNUAL:
        return annual.as_pdf(found, user, language, thanks)
    return reports.as_pdf(found, language)


def write(report, now):
    """Write an ordered report with the rights its reader has at this moment, not those of the moment it was ordered.

    Safe to call at any time and twice: one at a time writes, and a written one stays as it is.
    """
    if not report.claim(now):
        return
    unit = Unit.objects.visible_to(report.by).filter(pk=report.unit_id).select_related("kind").first()
    if unit is None:
        report.refuse()
        return
    found = reports.unit_report(unit, report.since, report.until, timezone.localdate(now), report.by)
    report.advance(40)
    try:
        report.finish(as_pdf(found, report.by, report.language, report.kind, report.thanks))
    except pdf.TooLarge:
        logger.warning("report %s is too large", report.pk)
        report.fail()
