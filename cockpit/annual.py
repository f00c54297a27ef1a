"""The annual report of a unit: what a board hands to its members' meeting, from the figures of all rooms.

Members and care of new ones are told for the time of the report, meetings, plan and money for the calendar year it ends in. It names who held an
office, nobody else. Who may not see the people reads numbers of members in fives, of the year up to a month that is over.
"""

from django.db.models import Count, Q
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from branches.models import Appointment
from cockpit import reports, rows, tables
from common import pdf
from common.money import money
from education import attending
from education.models import Registration
from membership import movements
from onboarding.models import Pairing
from planning import meter, meter_words, plans, spending
from planning.models import Goal, Idea, Plan, Project

MOST_NAMES = 60  # who held office, in a large unit of the unit itself only


def as_pdf(overview, user, language, thanks=""):
    """The annual report of `overview` (reports.unit_report) for `user` (None: the console) in `language` as PDF bytes. Raises pdf.TooLarge.

    thanks: what the board wants to say at the end.
    """
    with translation.override(language):
        context = {"unit": overview.unit, "thanks": thanks, **told(overview, user)}
    return pdf.render("pdf/annual_report.html", context, language)


def told(overview, user):
    """All parts of the report in the active language; a part with nothing in it is empty."""
    unit, window = overview.unit, overview.window
    below = user is None or reports.reaches_below(user, unit)
    open_to = user is None or not below or tables.sees_all(user, unit, window.since, window.until)
    year = window.until.year
    return {
        "year": year,
        "period": rows.period(window),
        "today": window.today,
        "open_to": open_to,
        "members": members(unit, window, below, open_to),
        "care": rows.strip(overview),
        "steps": rows.step_table(overview),
        "mentoring": mentoring(unit, window, below, open_to),
        **meetings(unit, year, window.today),
        **plan(unit, year, window.today),
        **budget(unit, year),
        "trainings": trainings(unit, window, below, open_to),
        "shared": shared(unit, window),
        "offices": offices(unit, window),
    }


def members(unit, window, below, open_to):
    """Tables of members: the account of the time, and by age and gender."""
    since, until = span(window, open_to)
    found = movements.figures(unit, since, until, "", below)
    found = found if open_to else movements.in_fives(found, unit)
    chosen = [tables.account(found, None), *(part for part in tables.parts(unit, found) if part["title"] in (_("By age"), _("By gender")))]
    return [tables.filled(table) for table in chosen]


def mentoring(unit, window, below, open_to):
    """Pairs of members of the unit in the time, as figures; none where there were none."""
    path, (since, until) = "mentee__member__home_unit__path", span(window, open_to)
    inside = Pairing.objects.filter(**{f"{path}__startswith" if below else path: unit.path})
    found = inside.aggregate(
        begun=Count("pk", filter=Q(started_on__range=(since, until))),
        done=Count("pk", filter=Q(ended=Pairing.End.DONE, ended_on__range=(since, until))),
        running=Count("pk", filter=Q(started_on__lte=until) & (Q(ended_on=None) | Q(ended_on__gt=until))),
    )
    labels = {"begun": _("Pairs that began"), "running": _("Pairs at the end"), "done": _("Completed")}
    if not open_to:
        found = {name: movements.five_of(unit, number, "pairs", name, since, until) for name, number in found.items()}
    return [{"label": labels[name], "value": found[name]} for name in labels] if any(found.values()) else []


def span(window, open_to):
    """(first day, last day) of what is told about members."""
    return (window.since, window.until) if open_to else movements.whole_months(window.until, window.today)


def meetings(unit, year, today):
    """The meter, and every meeting that counted with how many were there."""
    standing = meter.standing(unit, year, timezone.now())
    events = list(meter.counted_events(unit, year).prefetch_related("dates"))
    there = attending.present([date for event in events for date in event.dates.all()])
    held = [
        {"day": timezone.localtime(event.starts_at).date(), "title": str(event), "kind": str(event.kind), "present": max((there.get(date.pk, 0) for date in event.dates.all()), default=0)}
        for event in events
        if event.ends_at <= timezone.now()
    ]
    return {"meter": meter_words.row(standing, today), "meetings": held}


def plan(unit, year, today):
    """The work plan in figures, its goals, and the meters and plans of the units right below."""
    found = Plan.objects.filter(unit=unit, year=year).first()
    if not found:
        return {"plan": None}
    counts = plans.progress_of([unit.pk], year, today).get(unit.pk, {"number": 0, "done": 0, "dropped": 0, "late": 0})
    figures = [
        {"label": _("Activities done"), "value": _("%(n)s of %(all)s") % {"n": counts["done"], "all": counts["number"] - counts["dropped"]}},
        {"label": _("Still open and late"), "value": counts["late"]},
        {"label": _("Dropped"), "value": counts["dropped"]},
    ]
    return {"plan": found, "plan_figures": figures, "goals": list(Goal.objects.filter(plan=found))}


def budget(unit, year):
    """What there was, what was planned and spent, by line; nothing where nothing was planned or spent."""
    currency = unit.setting("currency")
    lines = spending.lines_of(unit, year)
    sums = spending.sums([unit.pk], year)[unit.pk]
    if not lines and sums["share"] is None:
        return {"money": []}
    figures = [
        {"label": _("Share by the rule"), "value": money(sums["share"], currency) or "–"},
        {"label": _("Planned"), "value": money(sums["planned"], currency)},
        {"label": _("Spent"), "value": money(sums["spent"], currency)},
    ]
    told = [
        {"name": str(line["kind"]) if line["kind"] else _("everything else"), "planned": money(line["planned"], currency), "spent": money(line["spent"], currency)}
        for line in lines
    ]
    return {"money": figures, "money_lines": told}


def trainings(unit, window, below, open_to):
    """How many members of the unit took part in trainings (events whose attendance is confirmed) in the time, and how often; [] for none."""
    path, (since, until) = "member__home_unit__path", span(window, open_to)
    found = Registration.objects.filter(
        event__kind__confirms=True, event__starts_at__date__range=(since, until), state=Registration.State.ATTENDED,
        **{f"{path}__startswith" if below else path: unit.path},
    ).aggregate(people=Count("member", distinct=True), places=Count("pk"), events=Count("event", distinct=True))  # fmt: skip
    if not found["places"]:
        return []
    if not open_to:
        found |= {name: movements.five_of(unit, found[name], "trainings", name, since, until) for name in ("people", "places")}
    return [
        {"label": _("Trainings attended"), "value": found["events"]},
        {"label": _("Members who took part"), "value": found["people"]},
        {"label": _("Times members took part"), "value": found["places"]},
    ]


def shared(unit, window):
    """Sentences about ideas and projects of the unit."""
    ideas = Idea.objects.filter(unit=unit, created_at__date__range=(window.since, window.until), withdrawn_at=None).counted()
    for idea in ideas:
        words = ngettext("Idea: %(title)s, supported by %(n)s other unit", "Idea: %(title)s, supported by %(n)s other units", idea.supporters)
        yield words % {"title": idea.title, "n": idea.supporters}
    projects = Project.objects.filter(unit=unit, starts_on__lte=window.until, ends_on__gte=window.since)
    for project in projects:
        yield _("Project: %(title)s (%(fund)s), %(state)s") % {"title": project.title, "fund": project.fund, "state": project.get_state_display()}


def offices(unit, window):
    """[(office, name, since)] of who held an office of the unit itself in the time, deputies left out."""
    terms = Appointment.objects.filter(Q(ends_on=None) | Q(ends_on__gt=window.since), unit=unit, starts_on__lte=window.until, deputy_for=None)
    terms = terms.select_related("office", "user").order_by("office__position", "starts_on")[:MOST_NAMES]
    return [
        {"office": str(term.office), "name": term.user.name, "until": date_format(term.ends_on, "SHORT_DATE_FORMAT") if term.ends_on and term.ends_on <= window.until else ""}
        for term in terms
    ]
