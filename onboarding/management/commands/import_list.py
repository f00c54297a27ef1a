"""The member list from the command line: the difference, and with --apply the import."""

import json
from datetime import date
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation

from branches.models import Unit, User
from branches.scope import Right
from common.sheets import SheetError, read
from membership import importing
from membership.models import ListImport, StagedRow
from onboarding import intake

Outcome = StagedRow.Outcome


class Command(BaseCommand):
    help = "Show what a member list would change; with --apply import it and start the journeys of those who joined."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path)
        parser.add_argument("--unit", required=True, help="slug of the unit whose members the list has")
        parser.add_argument("--mapping", type=Path, help="JSON file: our field names to the column names of the list; without it the guess")
        parser.add_argument("--list-date", type=date.fromisoformat, help="day the list is of (YYYY-MM-DD); without it today")
        parser.add_argument("--create-units", action="store_true", help="create unknown units below the unit")
        parser.add_argument("--by", help="e-mail of the person who imports")
        parser.add_argument("--gone", choices=["keep", "left"], default="keep", help="what to do with members who are not on the list")
        parser.add_argument("--apply", action="store_true", help="import; without it nothing is saved")
        parser.add_argument("--json", action="store_true")

    def handle(self, file, unit, mapping, list_date, create_units, by, gone, apply, **options):
        now, on = timezone.now(), timezone.localdate()
        try:
            content = file.read_bytes()
            names = json.loads(mapping.read_text("utf-8")) if mapping else {}
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}", returncode=2) from None
        except ValueError:
            names = None
        if not isinstance(names, dict):
            raise CommandError(f"{mapping} is not a JSON object of field and column names.", returncode=2)
        try:
            home = Unit.objects.get(slug=unit)
            user = User.objects.get(email=by.lower()) if by else None
        except (Unit.DoesNotExist, User.DoesNotExist) as error:
            who = f"a unit “{unit}”" if isinstance(error, Unit.DoesNotExist) else f"a person “{by}”"
            raise CommandError(f"There is not {who}.", returncode=2) from None
        if user and not user.right_on(home) >= Right.LEAD:
            raise CommandError(f"{by} does not lead {home}.", returncode=2)
        with translation.override("en"):
            try:
                header = read(content).header
                chosen = importing.named_mapping(header, names) if mapping else importing.mapping_for(home, header)
                row = ListImport.objects.create(
                    unit=home, by=user, file_name=file.name, content=content, list_date=list_date or on, header=header, mapping=chosen,
                    decisions={"all_gone": gone},
                )  # fmt: skip
                self.show(self.run(row, user, now, on, create_units, apply), options["json"])
            except SheetError as error:
                raise CommandError(f"{f'line {error.line}: ' if error.line else ''}{error.message}", returncode=2) from None
            except ValidationError as error:
                raise CommandError(" ".join(error.messages), returncode=2) from None

    def run(self, row, user, now, on, create_units, apply):
        """Compare and, if wished, apply; what was only looked at or could not be applied is not kept."""
        applied = False
        try:
            unknown = importing.stage(row)
            if unknown and create_units:
                row.decisions["units"] = dict.fromkeys(unknown, "create")
                row.save(update_fields=["decisions"])
                importing.stage(row)
            row.figures, row.state = importing.compare(row), ListImport.State.COMPARED
            row.save(update_fields=["figures", "state"])
            report = self.report(row)
            started = intake.apply_list(row, user, now, on) if apply else 0
            applied = apply
            return report | {"applied": applied, "journeys_started": started}
        finally:
            if not applied:
                row.delete()

    def report(self, row):
        def numbers(outcome):
            return list(row.rows.filter(outcome=outcome).order_by("number").values_list("number", flat=True))

        look = row.rows.filter(outcome=Outcome.LOOK).select_related("candidate")
        problems = [
            {"line": staged.line, "column": problem["column"], "message": importing.message(problem), "refused": problem["refused"]}
            for staged in row.rows.exclude(problems=[], remark="").order_by("line")
            for problem in importing.problems_of(staged, row)
        ]
        gone = sorted({*numbers(Outcome.GONE), *importing.gone(row).values_list("number", flat=True)})
        return {
            "rows": row.rows.count(),
            "same": row.rows.filter(outcome=Outcome.SAME).count(),
            "joined": numbers(Outcome.JOINED),
            "returned": numbers(Outcome.RETURNED),
            "moved": numbers(Outcome.MOVED),
            "changed": numbers(Outcome.CHANGED),
            "gone": gone,
            "look": [{"number": one.number, "reason": importing.likeness(one), "candidate": one.candidate.number} for one in look],
            "refused": [{key: problem[key] for key in ("line", "column", "message")} for problem in problems if problem["refused"]],
            "warnings": [{key: problem[key] for key in ("line", "column", "message")} for problem in problems if not problem["refused"]],
        }

    def show(self, report, as_json):
        if as_json:
            return self.stdout.write(json.dumps(report, ensure_ascii=False, indent=1, default=str))
        for name, value in report.items():
            if isinstance(value, list):
                self.stdout.write(f"{name}: {len(value)}")
                for problem in value[:50] if name in ("refused", "warnings") else ():
                    self.stdout.write(f"  line {problem['line']}, {problem['column']}: {problem['message']}")
            else:
                self.stdout.write(f"{name}: {value}")
