"""What the pages of a list show: figures, and sections of rows as dicts for the partials."""

import hashlib
import json
from datetime import date

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from branches.models import Appointment, Unit
from membership import importing
from membership.models import Change, Gender, ListImport, StagedRow, Status
from onboarding import intake
from onboarding.list_forms import LABELS

Outcome, State = StagedRow.Outcome, ListImport.State
MOST_UNITS = 500  # offered for an unknown name
TITLES = {
    "look": gettext_lazy("Please look"),
    "joined": gettext_lazy("Joined"),
    "returned": gettext_lazy("Returned"),
    "moved": gettext_lazy("Moved"),
    "changed": gettext_lazy("Changed"),
    "left": gettext_lazy("Left, says the list"),
    "gone": gettext_lazy("No longer on the list"),
    "refused": gettext_lazy("Refused"),
    "warnings": gettext_lazy("Taken over with a remark"),
    "same": gettext_lazy("Unchanged"),
}
STATES = {
    State.COLUMNS: ("amber", gettext_lazy("choose the columns")),
    State.COMPARED: ("amber", gettext_lazy("nothing saved yet")),
    State.APPLIED: ("ok", gettext_lazy("saved")),
    State.UNDONE: ("calm", pgettext_lazy("list", "taken back")),
    State.FAILED: ("late", gettext_lazy("could not be read")),
}
GONE = {
    "keep": gettext_lazy("Keep, ask again next time"),
    "left": gettext_lazy("Has left"),
    "moved": gettext_lazy("Has moved away"),
    "deceased": gettext_lazy("Has died"),
}


def line(row):
    """A list in the list of lists."""
    tone, state = STATES.get(row.state, ("calm", _("being worked on")))
    return {"row": row, "url": reverse("onboarding:list_detail", args=[row.pk]), "tone": tone, "state": state}


def count(row, name):
    """How many rows or members the section `name` has."""
    if name == "left":
        return row.rows.filter(outcome=Outcome.GONE).count()
    if name == "gone":
        return importing.gone(row).count()
    if name == "warnings":
        return _rows(row, name).count()
    return row.figures.get(name, 0)


def figures(row, links=True):
    """The strip on top: what the list means, as last compared."""
    tones = {"look": "amber", "refused": "late", "same": "muted"}
    shown = []
    for name in ("joined", "returned", "moved", "changed", "gone", "look", "refused", "same"):
        n = row.figures.get(name, 0)
        if n or name not in ("returned", "look", "refused"):
            url = f"#{name}" if links and n and name != "same" else ""
            shown.append({"label": TITLES[name], "value": n, "tone": tones.get(name, "") if n else "muted", "url": url})
            if name == "gone" and row.state == State.APPLIED and (kept := n - row.changes.filter(kind=Change.Kind.GONE).count()):
                shown[-1]["sub"] = ngettext("%(n)s is kept and asked about again", "%(n)s are kept and asked about again", kept) % {"n": kept}
    return shown


def found(row, name):
    """(queryset, order) of all rows of a section."""
    if name == "gone":
        return importing.gone(row).select_related("home_unit"), ("sort_key", "pk")
    return _rows(row, name).select_related("list_import", "member", "candidate__home_unit"), ("line", "pk")


def _rows(row, name):
    if name == "warnings":
        return row.rows.exclude(problems=[], remark="").exclude(outcome=Outcome.REFUSED)
    return row.rows.filter(outcome=Outcome.GONE if name == "left" else name)


def sections(row, first, on, user, journeys):
    """The sections of the difference that hold anything, each with its first rows."""
    shown = []
    for name in TITLES:
        if name != "same" and (n := count(row, name)):
            queryset, order = found(row, name)
            part = section(row, name, list(queryset.order_by(*order)[:first]), on, user)
            part |= {"count": n, "more_url": reverse("onboarding:list_rows", args=[row.pk, name]) if n > first else ""}
            if name == "joined":
                part["note"] = ngettext("%(n)s journey begins", "%(n)s journeys begin", journeys) % {"n": journeys}
            shown.append(part)
    return shown


def section(row, name, rows, on, user):
    """One section with these `rows` of it (Members when they are gone, else StagedRows)."""
    return {"name": name, "title": TITLES[name], "rows": _SHOW[name](row, rows, on, user)}


def _name(row):
    values = row.values
    return f"{values.get('given_name', '')} {values.get('family_name', '')}".strip() or row.number or _("without a name")


def _day(day):
    return date_format(day, "SHORT_DATE_FORMAT")


def _units(rows):
    """{pk: name} of the units the rows name."""
    wanted = {row.values.get("unit") or row.values.get("default_unit") for row in rows}
    wanted |= {row.member.home_unit_id for row in rows if row.member}
    return dict(Unit.objects.filter(pk__in=wanted - {None}).values_list("pk", "name"))


def _unit(row, names):
    return row.values.get("new_unit") or names.get(row.values.get("unit") or row.values.get("default_unit"), "")


def _joined(row, rows, on, user):
    names, steps = _units(rows), intake.first_steps(rows, on)
    holders = _holders({charge for _step, _day, charge in steps.values() if charge}, on)
    shown = []
    for staged in rows:
        step = steps.get(staged.pk)
        values = staged.values
        reach = [label for field, label in (("email", _("mail")), ("mobile", _("mobile")), ("phone", _("phone"))) if values.get(field)]
        text = ""
        if step:
            who = holders.get(step[2]) if step[2] else _("nobody in charge yet")
            text = _("%(step)s by %(day)s") % {"step": step[0], "day": date_format(step[1], "MONTH_DAY_FORMAT")}
        shown.append({
            "name": _name(staged), "number": staged.number, "unit": _unit(staged, names), "step": text, "who": who if step else "",
            "joined_on": _day(importing.joined_on(staged)), "estimated": "joined_on" not in values, "reach": ", ".join(reach),
        })  # fmt: skip
    return shown


def _holders(pairs, on):
    """{(unit id, office id): names of who holds that office} on the day `on`."""
    held = Appointment.objects.active(on).filter(unit__in={unit for unit, _office in pairs}, office__in={office for _unit, office in pairs})
    names = {}
    for appointment in held.select_related("user").order_by("pk"):
        names.setdefault((appointment.unit_id, appointment.office_id), []).append(appointment.user.name)
    return {pair: ", ".join(people) for pair, people in names.items()}


def _value(field, value):
    if not value:
        return ""
    if field in importing.DATES:
        return _day(date.fromisoformat(value))
    choices = {"gender": Gender, "status": Status}.get(field)
    return choices(value).label if choices else value


def _changed(row, rows, on, user):
    names, changes = _units(rows), importing.differences(rows)
    shown = []
    for staged in rows:
        lines = [
            {"label": LABELS[field], "old": _value(field, old), "new": _value(field, new)}
            for field, (old, new) in changes.get(staged.pk, {}).items()
        ]
        if staged.outcome == Outcome.MOVED:
            lines.insert(0, {"label": LABELS["unit"], "old": names.get(staged.member.home_unit_id), "new": _unit(staged, names)})
        if staged.outcome in (Outcome.RETURNED, Outcome.GONE):
            status = staged.values.get("status", Status.FULL if staged.outcome == Outcome.RETURNED else Status.LEFT)
            status = {"label": LABELS["status"], "old": staged.member.get_status_display(), "new": Status(status).label}
            lines = [status, *(line for line in lines if line["label"] != LABELS["status"])]
        url = staged.member.get_absolute_url() if staged.member else ""
        shown.append({"name": _name(staged), "url": url, "sub": staged.number, "changes": lines})
    return shown


def _look(row, rows, on, user):
    choices = row.decisions.get("look", {})
    return [
        {
            "name": _name(staged), "number": staged.number, "choice": choices.get(staged.number, ""),
            "candidate": staged.candidate and staged.candidate.number, "unit": staged.candidate and staged.candidate.home_unit,
            "why": staged.candidate and importing.likeness(staged),
        }
        for staged in rows
    ]  # fmt: skip


def _gone(row, members, on, user):
    choices = row.decisions.get("gone", {})
    return [
        {
            "name": member.name, "number": member.number, "unit": member.home_unit, "joined_on": _day(member.joined_on),
            "url": member.get_absolute_url(), "choice": choices.get(member.number, ""),
        }
        for member in members
    ]  # fmt: skip


def _problems(row, rows, on, user):
    return [
        {
            "line": staged.line, "name": _name(staged),
            "problems": [
                {"column": problem["column"], "text": importing.message(problem)}
                for problem in importing.problems_of(staged, row)
                if problem["refused"] or staged.outcome != Outcome.REFUSED
            ],
        }
        for staged in rows
    ]  # fmt: skip


def _same(row, rows, on, user):
    return [{"name": _name(staged), "number": staged.number, "line": staged.line} for staged in rows]


_SHOW = {
    "joined": _joined, "returned": _changed, "moved": _changed, "changed": _changed, "left": _changed, "look": _look, "gone": _gone,
    "refused": _problems, "warnings": _problems, "same": _same,
}  # fmt: skip


def unit_questions(row):
    """Names of units the list has and we do not: [{name, count, choice}], and the units to choose from."""
    decided, unknown = row.decisions.get("units", {}), importing.unknown_units(row)
    questions = [{"name": name, "count": unknown.get(name, 0), "choice": decided.get(name, "")} for name in {**unknown, **decided}]
    units = Unit.objects.below(row.unit).filter(closed_on=None, kind__leads_members=True).order_by("name")[:MOST_UNITS] if questions else []
    return {"questions": questions, "units": list(units)}


def gone_choices():
    return [{"value": value, "label": label} for value, label in GONE.items()]


def writes(row):
    """How many members saving the list would write, with the answers given so far."""
    counted = sum(row.figures.get(name, 0) for name in ("joined", "returned", "moved", "changed"))
    answered = row.rows.filter(outcome=Outcome.LOOK, number__in=row.decisions.get("look", {})).count()
    return counted + answered + count(row, "left") + len(importing.leaving(row))


def submit_label(n, journeys):
    """What the one button says it does."""
    if not n:
        return _("Nothing changes: done")
    changes = ngettext("Take over %(n)s change", "Take over %(n)s changes", n) % {"n": n}
    if not journeys:
        return changes
    begins = ngettext("start %(n)s journey", "start %(n)s journeys", journeys) % {"n": journeys}
    return _("%(changes)s, %(journeys)s") % {"changes": changes, "journeys": begins}


def stamp(row):
    """Names the difference and answers as they are now, so that a button pressed on an old page saves nothing else."""
    return hashlib.sha256(json.dumps([row.figures, row.decisions], sort_keys=True).encode()).hexdigest()[:16]
