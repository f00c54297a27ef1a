"""demo_users: who can sign in as what, for the console."""

from django.core.management.base import BaseCommand
from django.db.models import Q
from django.utils import timezone, translation

from branches.models import Appointment
from cockpit.demo.organisations import PARTIES
from education.models import PartnerAccount


class Command(BaseCommand):
    help = "Say who of the invented people can sign in as what. They sign in with a code by mail."

    def handle(self, **options):
        on = timezone.localdate()
        demo = Q(pk__in=[])
        for party in PARTIES.values():
            demo |= Q(user__email__endswith=f"@{party.domain}")
        rows = [("Name", "E-mail", "Office", "Unit", "Language")]
        with translation.override("en"):
            for appointment in (
                Appointment.objects.filter(demo)
                .select_related("user", "unit", "office")
                .order_by("user__language", "-below", "unit__path", "office__position", "starts_on")
            ):
                user, office = appointment.user, str(appointment.office)
                if appointment.starts_on > on:
                    office += f" from {appointment.starts_on}"
                elif appointment.ends_on and appointment.ends_on <= on:
                    office += f" until {appointment.ends_on}"
                rows.append((user.name, user.email, office, appointment.unit.name, user.language))
            for account in PartnerAccount.objects.running().filter(user__email__endswith=".example.org").select_related("user", "partner"):
                rows.append((account.user.name, account.user.email, "acts for a partner", account.partner.name, account.user.language))
        if len(rows) == 1:
            return self.stdout.write("Nobody is invented yet: make_demo does it.")
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
