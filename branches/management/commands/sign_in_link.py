"""A one-time sign-in address, for an administrator at the console."""

from django.core.management.base import BaseCommand, CommandError

from branches import signing_in
from branches.models import User


class Command(BaseCommand):
    help = "Print an address that signs EMAIL in once within 15 minutes."

    def add_arguments(self, parser):
        parser.add_argument("email")

    def handle(self, email, **options):
        user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody with the e-mail {email} may sign in.", returncode=2)
        self.stdout.write(signing_in.address(user))
