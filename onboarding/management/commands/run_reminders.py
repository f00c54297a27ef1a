"""One run of every reminder due at a moment, as the scheduler does it, and the mails that follow from it."""

import json
from datetime import UTC, datetime, time

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from onboarding import reminders
from outbox.kinds import KINDS
from outbox.relay import relay

OUTCOMES = ["written", "sent", "skipped", "failed"]


def moment(text):
    """The moment `text` (ISO) names; local time unless it says otherwise, noon where it names only a day. Raises CommandError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"--now: {text!r} is not a moment like 2026-11-23T07:00") from None
    if len(text) <= 10:
        found = datetime.combine(found, time(12))
    return (found if timezone.is_aware(found) else timezone.make_aware(found)).astimezone(UTC)


class Command(BaseCommand):
    help = "Write and send every reminder that is due now, or was due at --now."

    def add_arguments(self, parser):
        parser.add_argument("--now", type=moment, help="another moment (ISO), such as 2026-11-23T07:00")
        parser.add_argument("--json", action="store_true", help="counts by kind as JSON")

    def handle(self, now, **options):
        now = now or timezone.now()
        counts = reminders.due(now)
        counts += relay(now)
        figures = {kind: {outcome: counts[kind, outcome] for outcome in OUTCOMES} for kind in sorted({*KINDS, *(k for k, _ in counts)})}
        if options["json"]:
            self.stdout.write(json.dumps(figures))
        for kind, found in {} if options["json"] else figures.items():
            self.stdout.write(f"{kind}: " + ", ".join(f"{found[outcome]} {outcome}" for outcome in OUTCOMES))
