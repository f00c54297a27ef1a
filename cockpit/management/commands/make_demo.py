"""make_demo --party dresden|sharon --members N --seed S: an invented party to try everything out."""

import time
from datetime import date

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from cockpit.demo import making
from cockpit.demo.organisations import PARTIES


class Command(BaseCommand):
    help = "Invent a party: units, offices, members and how they arrived. Sends nothing."

    def add_arguments(self, parser):
        parser.add_argument("--party", choices=PARTIES, required=True)
        parser.add_argument("--members", type=int, default=1000, help="0: units and offices only")
        parser.add_argument("--seed", default="1", help="the same seed and day give the same people")
        parser.add_argument("--on", type=date.fromisoformat, help="the day that counts as today")

    def handle(self, *, party, members, seed, on, **options):
        if members < 0:
            raise CommandError("--members must be 0 or more.", returncode=2)
        begun = time.monotonic()
        try:
            made = making.make(PARTIES[party], members, seed, on or timezone.localdate())
        except making.HasMembers:
            raise CommandError(f"The party {party} already has members; nothing was changed.", returncode=2) from None
        rows = ", ".join(f"{count:,} {name}" for name, count in made.items())
        self.stdout.write(f"{party}: {rows or 'units and offices'} in {time.monotonic() - begun:.1f} s")
