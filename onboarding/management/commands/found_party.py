"""The beginning of an installation: the root of a party's tree, its standard, and the first person who may appoint others."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from branches import appointing, founding, pledging, setup, signing_in
from branches.models import Appointment, Office, Unit, UnitKind
from membership import purposes
from onboarding import exits, standards, takeovers


class Command(BaseCommand):
    help = "Found a party: its root unit with the usual standards and an administrator, who signs in by the printed address."

    def add_arguments(self, parser):
        parser.add_argument("name", help="name of the root unit, such as Dresden")
        parser.add_argument("--slug", required=True, help="its short name in addresses")
        parser.add_argument("--kind", default="district", help="slug of its kind: party, state, district ..")
        parser.add_argument("--language", choices=["de", "he", "en"], default="de")
        parser.add_argument("--admin", required=True, help="e-mail of the first administrator")
        parser.add_argument("--admin-name", required=True, help="given and family name of the first administrator")

    @transaction.atomic
    def handle(self, name, slug, kind, language, admin, admin_name, **options):
        setup.install()
        try:
            validate_email(admin)
            root = Unit(name=name, slug=slug, kind=UnitKind.objects.get(slug=kind), settings={"language": language})
            root.full_clean(exclude=["path", "depth"])
        except UnitKind.DoesNotExist:
            raise CommandError(f"There is no kind of unit “{kind}”.", returncode=2) from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=2) from None
        Unit.objects.add_root(instance=root)
        standards.install(root)
        purposes.install(root)
        exits.install_reasons(root)
        exits.install_checklist(root, None, timezone.now())
        takeovers.install(root)
        founding.install(root)
        pledging.write(root, pledging.USUAL, None, timezone.now())
        given, _, family = admin_name.strip().partition(" ")
        user, office = appointing.account(admin, given, family, root), Office.objects.get(slug="administrator")
        Appointment.objects.create(user=user, unit=root, office=office, right=office.right, below=True, starts_on=timezone.localdate())
        self.stdout.write(f"{root} stands. {user} signs in once within 15 minutes at {signing_in.address(user)}")
