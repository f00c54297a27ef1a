"""The nightly run of the rules of sections, beside the bare SQL that finds the changes."""

import time
from datetime import date, timedelta

from django.db import connection, transaction
from django.utils import timezone

from bench import figure
from branches.models import Unit
from membership import sections
from membership.models import SectionRule

RULES = [{"age_from": 14, "age_to": 35}, {"age_from": 60}, {"genders": ["f"]}]


def seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@figure("membership.section_run", unit="ratio", bar=3)
def nightly_run(run):
    """A night after which birthdays move people, over all members: finding and writing, in times of finding. Nothing stays."""
    today = timezone.localdate()
    with transaction.atomic():
        found = Unit.objects.filter(kind__is_section=True)
        for place, unit in enumerate(found):
            SectionRule.objects.get_or_create(unit=unit, defaults={"since": date(2020, 1, 1)} | RULES[place % len(RULES)])
        sections.run(today, timezone.now())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE membership_membership")
        ratios = []
        for night in (1, 2, 3):
            on = today + timedelta(days=night)
            parameters = sections.parameters(SectionRule.objects.select_related("unit"), on)
            with connection.cursor() as cursor:
                bare = seconds(lambda: cursor.execute(sections.FOUND, parameters))  # noqa: B023
            ratios.append(seconds(lambda: sections.run(on, timezone.now())) / bare)  # noqa: B023
        transaction.set_rollback(True)
    return sorted(ratios)[1]
