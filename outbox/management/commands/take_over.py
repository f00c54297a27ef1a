"""After data were restored here from another installation: this one is the real one now."""

from datetime import datetime

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from outbox import installation


class Command(BaseCommand):
    help = "Let mails leave this installation, whose data were restored from another one."

    def add_arguments(self, parser):
        parser.add_argument("--until", help="until when the other one may have sent mails, like 2026-11-22T18:00; default: now")

    @transaction.atomic
    def handle(self, until, **options):
        try:
            moment = datetime.fromisoformat(until) if until else timezone.now()
        except ValueError:
            raise CommandError(f"not a moment like 2026-11-22T18:00: {until}", returncode=2) from None
        held = installation.take_over(moment if timezone.is_aware(moment) else timezone.make_aware(moment))
        self.stdout.write(f"Mails leave from here now. {held} that may have gone out already are given up; they stand under Messages.")
