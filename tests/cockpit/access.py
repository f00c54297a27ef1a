from datetime import timedelta

from django.utils import timezone

from branches.models import Reorganisation
from cockpit.models import Report, ReportRun
from tests.access import LEAD, LET_IN, SEE, SIGNED_IN, row


def unit(o):
    return [o.unit.slug]


def reorganisation(o):
    """A plan for this unit, by somebody else."""
    return [Reorganisation.objects.create(kind="close", unit=o.unit, on=timezone.localdate() + timedelta(days=9), by=o.contact.by).pk]


# Who leads the unit above, with the units below, reorganises; the highest unit stays.
BRANCH_ONLY = {(person, place): 403 for person, place in [("secretary_a", "own"), ("chair_a", "own"), ("secretary_b", "sister")]}
BRANCH_ONLY |= {(person, "parent"): 403 for person in ("officer", "admin")}


def report(o):
    """A report of this unit ordered by the person who asks."""
    now, day = timezone.now(), timezone.localdate()
    ordered = Report.objects.create(
        by=o.viewer or o.contact.by, unit=o.unit, since=day - timedelta(days=30), until=day, language="de",
        state=Report.State.READY, content=b"report", created_at=now, expires_at=now + timedelta(days=1),
    )  # fmt: skip
    return [ordered.pk]


def run(o):
    """A run of reports of what is below this unit and of itself, ordered by the person who asks."""
    [pk] = report(o)
    ordered = Report.objects.get(pk=pk)
    found = ReportRun.objects.create(by=ordered.by, unit=o.unit, created_at=ordered.created_at, expires_at=ordered.expires_at)
    found.reports.add(ordered)
    return [found.pk]


ROWS = [
    row("cockpit:today", get=SIGNED_IN),
    row("cockpit:search", get=SIGNED_IN, query={"q": "nameQx"}),
    row("cockpit:member_detail", lambda o: [o.member.pk], get=SEE),
    row("cockpit:member_information", lambda o: [o.member.pk], get=LEAD, post=LEAD, data={"format": "json"}),
    row("cockpit:cockpit", unit, get=SEE),
    row("cockpit:cases", unit, get=SEE, query={"figure": "open"}),
    row("cockpit:stock", unit, get=SEE),
    row("cockpit:quality_page", unit, get=SEE),
    row("cockpit:quality_cases", unit, get=SEE, query={"figure": "quiet:all"}),
    row("cockpit:growth", unit, get=SEE),
    row("cockpit:unit_reorganise", lambda o: [o.unit.slug, "close"], get=LEAD, post=LEAD, but=BRANCH_ONLY),
    row("cockpit:reorganisation_detail", reorganisation, get=SEE),
    row("cockpit:reorganisation_call_off", reorganisation, post=LEAD, but=BRANCH_ONLY),
    row("cockpit:reorganisation_undo", reorganisation, post=LEAD, but=BRANCH_ONLY),
    row("cockpit:handover", lambda o: [o.appointment.pk], get=LEAD, but={("section_lead", "section"): LET_IN}),  # their own term
    row("cockpit:report_order", unit, get=SEE, post=SEE),
    row("cockpit:report_list", get=SIGNED_IN),
    row("cockpit:report_detail", report, get=SEE),
    row("cockpit:report_download", report, get=SEE),
    row("cockpit:report_run", run, get=SEE),
    row("cockpit:report_run_change", run, post=SEE, data={"do": "stop"}),
    row("cockpit:report_run_download", run, get=SEE),
]
