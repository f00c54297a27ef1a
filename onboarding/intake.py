"""A member list and the journeys it starts, as one step: the job above membership.importing.

The pages only note what somebody wants (ListImport.state); `work` does it in a worker, in one transaction with the new state. Whoever
dies in between leaves the list as it was, and `work` takes it up again.
"""

import logging
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from branches import appointing
from branches.models import Unit
from common import progress
from common.sheets import SheetError, read
from membership import importing, sections
from membership.models import Change, ColumnMapping, ListImport, Member
from onboarding import duties, exits, journeys, standards
from onboarding.models import Contact, Journey, JourneyStep, Step

logger = logging.getLogger(__name__)
State = ListImport.State
SAMPLE = 3  # rows shown to choose columns by
KEPT = timedelta(days=30)  # the file and its rows, for refused rows and undo


def is_first_load(list_import):
    """Whether the list brings the first members of its unit: then those without a join date are old members, not new ones."""
    known = Member.objects.filter(home_unit__path__startswith=list_import.unit.path)
    return not known.exclude(first_list=list_import).exists()


@transaction.atomic
def apply_list(list_import, by, now, on):
    """Apply `list_import` and start its journeys in one transaction; `on` is the local day of `now`.

    Who left ends the journey, who moved takes it along. Raises importing.ChangedMeanwhile. Returns how many journeys started; 0 also
    for a list that was applied before.
    """
    if not importing.apply(list_import, by, now):
        return 0
    touched = Member.objects.filter(changes__list_import=list_import)
    sections.run(on, now, list_import.unit, list_import)
    exits.note_returns(touched, on, now)
    journeys.follow(on, now, touched)
    exits.begin_due(on, now, touched)
    joined = Member.objects.filter(first_list=list_import)
    first = is_first_load(list_import)
    if first:
        joined = joined.filter(joined_estimated=False)
    returned = touched.filter(changes__list_import=list_import, changes__kind="returned")
    return journeys.start(joined, on, list_import=list_import, first=first) + journeys.start(
        returned, on, reason=Journey.Reason.RETURNED, list_import=list_import
    )


@transaction.atomic
def undo_list(list_import, now, on):
    """Undo `list_import` with the journeys it started; returns the members that stay because somebody has worked on them since."""
    applied_at = list_import.applied_at
    changed = set(Member.objects.filter(changes__list_import=list_import).values_list("pk", flat=True))
    touched = Member.objects.filter(Q(first_list=list_import) | Q(pk__in=changed))
    contacts = Contact.objects.filter(created_at__gte=applied_at)
    steps = JourneyStep.objects.filter(closed_at__gt=applied_at, closed_by__isnull=False)
    worked_on = touched.filter(Q(pk__in=contacts.values("member")) | Q(pk__in=steps.values("journey__member")))
    stay = importing.undo(list_import, now, keep=worked_on.values_list("pk", flat=True))
    Journey.objects.filter(list_import=list_import).exclude(member__in=stay).delete()
    restored = Member.objects.filter(pk__in=changed.difference(stay))
    dropped = JourneyStep.objects.filter(state=JourneyStep.State.DROPPED, closed_at=applied_at, journey__member__in=restored)
    for journey in Journey.objects.filter(state=Journey.State.ENDED, pk__in=dropped.values("journey")):
        journey.resume()
    Change.objects.filter(kind__in=[Change.Kind.SECTION_IN, Change.Kind.SECTION_OUT], at=applied_at, by=None, member__in=restored).delete()
    sections.run(on, now, list_import.unit)
    exits.forget(restored.active(), on, now)
    journeys.follow(on, now, restored)
    # What the place they only seemed to move to had added goes with the move.
    JourneyStep.objects.filter(state=JourneyStep.State.DROPPED, closed_at=now, journey__member__in=restored).delete()
    return Member.objects.filter(pk__in=stay).order_by("sort_key", "pk")


def work(pk, now, on):
    """Do what the list `pk` waits for: read its columns, read and compare it, save it or undo it. Returns whether there was anything to do.

    One worker at a time (the row is locked). A list that cannot be read, or whose person no longer leads the unit, is failed in words.
    """
    with transaction.atomic():
        lists = ListImport.objects.working().select_for_update(skip_locked=True, of=("self",)).filter(pk=pk)
        row = lists.select_related("unit", "by").first()
        if row is None:
            return False
        with translation.override(row.by.language or settings.LANGUAGE_CODE):
            try:
                with transaction.atomic():
                    _do(row, now, on)
            except importing.ChangedMeanwhile:
                # What was compared for saving went back with the savepoint.
                row.figures = importing.compare(row)
                row.state, row.trouble = State.COMPARED, _("The members have changed since you looked. This is the difference now.")
            except SheetError as error:
                text = _("Line %(line)s: %(message)s") % {"line": error.line, "message": error.message} if error.line else error.message
                row.state, row.trouble = State.FAILED, str(text)
            except ValidationError as error:
                row.state, row.trouble = State.FAILED, " ".join(error.messages)
            except OperationalError:
                raise  # the database went away: nothing was written, and the list is taken up again
            except Exception as error:
                # Its message may hold personal data: only the kind is logged.
                logger.error("list %s in state %s: %s", pk, row.state, type(error).__name__)
                row.state = State.APPLIED if row.state == State.UNDOING else State.FAILED
                row.trouble = _("This did not work, and nothing was changed. Please try again, or ask the administration.")
        row.save(update_fields=["state", "trouble", "header", "sample", "mapping", "figures"])
    return True


def _do(row, now, on):
    if not ListImport.objects.editable_by(row.by).filter(pk=row.pk).exists():
        raise ValidationError(_("You no longer lead this unit."))
    if row.state == State.APPLYING:
        if row.rows.filter(values__has_key="new_unit").exists() and not appointing.leads_below(row.by, row.unit):
            raise ValidationError(_("You cannot add units here. Please ask the district."))
        row.figures["journeys"] = apply_list(row, row.by, now, on)
        row.state = State.APPLIED
    elif row.state == State.UNDOING:
        row.figures["stay"] = [member.pk for member in undo_list(row, now, on)]
        row.state = State.UNDONE
    else:
        if row.state == State.UPLOADED and not _read_header(row):
            row.state = State.COLUMNS
            return
        lines = bytes(row.content).count(b"\n")
        importing.stage(row, lambda done: progress.note(f"list {row.pk}", done, lines))
        row.figures, row.state = importing.compare(row), State.COMPARED


def _read_header(row):
    """Keep the column names and first rows of the list. True when its columns were chosen for a list like it before."""
    sheet = read(bytes(row.content))
    row.header = sheet.header
    row.sample = [[cell.replace("\0", "") for cell in cells[: len(row.header)]] for (_line, cells), _nth in zip(sheet.rows, range(SAMPLE), strict=False)]
    row.mapping = importing.mapping_for(row.unit, row.header)
    return ColumnMapping.objects.filter(unit__path__in=row.unit.ancestor_paths(), header=row.header).exists()


def tidy(now):
    """Forget files and rows of lists after 30 days, and lists nobody saved at all; what they changed stays known."""
    old = ListImport.objects.filter(created_at__lt=now - KEPT)
    saved = old.filter(applied_at__isnull=False, content__isnull=False)
    for row in saved.only("pk"):
        row.rows.all().delete()
    saved.update(content=None, sample=[])
    old.filter(applied_at=None).delete()


def journeys_to_start(list_import, on):
    """How many journeys saving `list_import` on the day `on` would start."""
    horizon = on - timedelta(days=standards.length_days(Step.objects.current()))
    with connection.cursor() as cursor:
        day = {"from": horizon, "on": on, "list_date": list_import.list_date}
        cursor.execute(_STARTING, {"list": list_import.pk, "first": is_first_load(list_import), **day})
        rows = cursor.fetchall()
    units = Unit.objects.filter(pk__in={unit for _reason, unit, _day, _n in rows})
    steps_of = {reason: standards.steps_by_unit(units, reason) for reason in ("joined", "returned")}
    # A unit yet to be created has the steps of the list's own.
    own = {reason: standards.steps_by_unit([list_import.unit], reason)[list_import.unit_id] for reason in steps_of}
    started = 0
    for reason, unit, day, count in rows:
        steps = steps_of[reason].get(unit, own[reason])
        if any(step.due_on(day) >= on for step in steps):
            started += count
    return started


_STARTING = """
SELECT CASE outcome WHEN 'returned' THEN 'returned' ELSE 'joined' END AS reason,
    coalesce(values ->> 'unit', values ->> 'default_unit')::bigint AS unit,
    CASE outcome WHEN 'returned' THEN %(on)s::date ELSE coalesce((values ->> 'joined_on')::date, %(list_date)s::date) END AS day, count(*)
FROM membership_stagedrow
WHERE list_import_id = %(list)s AND outcome IN ('joined', 'returned')
  AND coalesce(values ->> 'status', 'full') IN ('full', 'guest', 'supporter')
  AND (outcome = 'returned' OR (values ->> 'joined_on' IS NOT NULL OR NOT %(first)s)
       AND coalesce((values ->> 'joined_on')::date, %(list_date)s::date) BETWEEN %(from)s AND %(on)s)
GROUP BY 1, 2, 3
"""


def first_steps(rows, on):
    """{row pk: (Step, day, unit id and office id in charge or None)} of the first open step of each joined StagedRow in `rows`, if any."""
    unit_of = {row.pk: row.values.get("unit") or row.values.get("default_unit") for row in rows}
    units = {unit.pk: unit for unit in Unit.objects.filter(pk__in=set(unit_of.values()))}
    steps_of = standards.steps_by_unit(units.values(), Journey.Reason.JOINED)
    found = {}
    first_load = bool(rows) and is_first_load(rows[0].list_import)
    for row in rows:
        day, steps = importing.joined_on(row), steps_of.get(unit_of[row.pk], ())
        if max((step.due_on(day) for step in steps), default=on) < on:
            continue
        due_on = Step.due_on if first_load else partial(Step.due_from, on=on)
        steps = sorted((due_on(step, day), place, step) for place, step in enumerate(steps))
        if first := next(((due, step) for due, _place, step in steps if due >= on), None):
            found[row.pk] = first
    pairs = {(unit_of[pk], step.office_id) for pk, (_due, step) in found.items()}
    charge = duties.in_charge(pairs, on)
    return {pk: (step, due, charge.get((unit_of[pk], step.office_id))) for pk, (due, step) in found.items()}
