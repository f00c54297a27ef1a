"""One run of everything that writes messages, as beat does it, and the mails that follow from it."""

import json
from argparse import ArgumentTypeError
from collections import Counter
from datetime import UTC, datetime, time

from django.core.management.base import BaseCommand
from django.db.models import Max
from django.utils import timezone
from django.utils.module_loading import import_string

from config.celery import WRITING, app
from outbox.kinds import KINDS
from outbox.models import Message
from outbox.relay import relay

OUTCOMES = ["written", "sent", "skipped", "failed"]


def moment(text):
    """The moment `text` (ISO) names; local time unless it says otherwise, noon where it names only a day. Raises ArgumentTypeError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a moment like 2026-11-23T07:00") from None
    if len(text) <= 10:
        found = datetime.combine(found, time(12))
    return (found if timezone.is_aware(found) else timezone.make_aware(found)).astimezone(UTC)


class Command(BaseCommand):
    help = "Write and send every message that is due now, or is at --now; what happens to members by then happens too."

    def add_arguments(self, parser):
        parser.add_argument("--now", type=moment, help="another moment (ISO), such as 2026-11-23T07:00")
        parser.add_argument("--json", action="store_true", help="counts by kind as JSON")

    def handle(self, now, **options):
        now = now or timezone.now()
        before = Message.objects.aggregate(last=Max("pk"))["last"] or 0
        for name in WRITING:
            import_string(app.conf.beat_schedule[name]["task"])(now)
        counts = Counter((kind, "written") for kind in Message.objects.filter(pk__gt=before).values_list("kind", flat=True).iterator())
        counts += relay(now)
        figures = {kind: {outcome: counts[kind, outcome] for outcome in OUTCOMES} for kind in sorted({*KINDS, *(k for k, _ in counts)})}
        if options["json"]:
            self.stdout.write(json.dumps(figures))
        for kind, found in {} if options["json"] else figures.items():
            self.stdout.write(f"{kind}: " + ", ".join(f"{found[outcome]} {outcome}" for outcome in OUTCOMES))
