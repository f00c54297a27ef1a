"""What the units of the hand-made part plan and spend: plans in all states, a rule for last, this and next year, bookings."""

from datetime import date, timedelta

from branches.models import Appointment, Office, Unit, UnitKind
from branches.scope import Right
from common.labels import localized
from education.models import EventKind
from planning import budgets, plans
from planning.models import Activity, Budget, BudgetRule, Goal, Spending

GOALS = [
    {"de": "Jedes neue Mitglied in vier Wochen persönlich treffen", "he": "פגישה אישית עם כל חבר או חברה חדשים בתוך ארבעה שבועות", "en": "Meet every new member in person within four weeks"},
    {"de": "Mehr junge Leute in Verantwortung", "he": "יותר צעירות וצעירים בתפקידים", "en": "More young people in charge"},
    {"de": "Im Stadtteil ansprechbar sein", "he": "נוכחות וזמינות בשכונה", "en": "Be approachable in the neighbourhood"},
]  # fmt: skip
# kind of event, month, people, euros, number of the goal, what it is called
LINES = [
    ("meeting", 2, 25, 60, None, {"de": "Jahresauftakt mit Ehrungen", "he": "פתיחת השנה והוקרת ותיקים", "en": "Start of the year with honours"}),
    ("evening", 3, 30, 120, 2, {"de": "Themenabend Wohnen und Miete", "he": "ערב נושא: דיור ושכירות", "en": "Topic evening on housing and rent"}),
    ("canvass", 4, 12, 90, 2, {"de": "Infostand am Wochenmarkt", "he": "דוכן בשוק השכונתי", "en": "Stall at the weekly market"}),
    ("social", 5, 45, 180, 0, {"de": "Frühlingskaffee für neue Mitglieder", "he": "קפה של אביב לחברות ולחברים חדשים", "en": "Spring coffee for new members"}),
    ("study_day", 6, 15, 240, 1, {"de": "Studientag Kommunalpolitik", "he": "יום עיון: השלטון המקומי", "en": "Study day on local politics"}),
    ("social", 7, 60, 350, 2, {"de": "Sommerfest im Park", "he": "מסיבת קיץ בפארק", "en": "Summer party in the park"}),
    ("meeting", 9, 25, 40, None, {"de": "Mitgliederversammlung mit Wahl der Delegierten", "he": "אסיפת חברים ובחירת צירים", "en": "Members' meeting with election of delegates"}),
    ("workshop", 10, 10, 150, 1, {"de": "Workshop: Sitzungen gut leiten", "he": "סדנה: הנחיית ישיבות", "en": "Workshop: chairing meetings well"}),
    ("evening", 11, 20, 80, 0, {"de": "Abend der neuen Mitglieder mit dem Vorstand", "he": "ערב היכרות של חברים חדשים עם ההנהלה", "en": "Evening of new members with the board"}),
]  # fmt: skip
REMARK = {
    "de": "Schöner Plan. Bitte noch ein Treffen im Herbst, damit es sechs werden, und für den Studientag eine Zahl der Plätze.",
    "he": "תוכנית יפה. נא להוסיף מפגש בסתיו כדי להגיע לשישה, ומספר מקומות ליום העיון.",
    "en": "A fine plan. Please add one meeting in autumn to make six, and the number of seats for the study day.",
}
DROPPED = {"de": "Es fand sich kein Raum.", "he": "לא נמצא מקום מתאים.", "en": "No room was to be found."}
BOUGHT = {"de": "Getränke und Kuchen", "he": "שתייה וכיבוד", "en": "Drinks and cake"}
RENT = {"de": "Saalmiete", "he": "שכירת אולם", "en": "Rent of the hall"}
RULE = {"de": "Haushalt {}", "he": "תקציב {}", "en": "Budget {}"}
LATER = {"de": "Haushalt {}: mehr je Mitglied", "he": "תקציב {}: יותר לכל חבר", "en": "Budget {}: more for each member"}
NOW = "approved approved returned approved submitted approved approved draft approved none".split()
NEXT = "submitted draft draft none none none".split()


def furnish(root, party, rng, on, now):
    """Plans, rules and bookings of `root` and the units below as of the day `on`. Writes no message."""
    if party.language == "he":
        root.settings = {**root.settings, "currency": "ILS", "emergency": "משטרה 100, מד״א 101, כבאות 102"}
        root.save(update_fields=["settings"])
    kinds = {kind.slug: kind for kind in EventKind.objects.all()}
    office = Office.objects.get(slug="secretary")
    terms = Appointment.objects.active(on).filter(unit__path__startswith=root.path).select_related("user")
    leads = {term.unit_id: term.user for term in terms.filter(right=Right.LEAD).order_by("pk")}
    top = leads[root.pk]
    units = list(Unit.objects.below(root).open(on).filter(depth__gt=root.depth).select_related("kind"))
    for year in (on.year - 1, on.year, on.year + 1):
        for number, unit in enumerate(units):
            state = "approved" if year < on.year else NOW[number % len(NOW)]
            state = NEXT[number % len(NEXT)] if year > on.year else state
            if state != "none":
                _plan(unit, year, state, party.language, rng, on, now, kinds, office, leads.get(unit.pk, top), top)
        _rule(root, units, year, party.language, on, now, kinds, top)
        for unit in units:
            _spend(unit, year, party.language, rng, on, now, leads.get(unit.pk, top))


def _plan(unit, year, state, language, rng, on, now, kinds, office, by, top):
    plan = plans.plan_of(unit, year)
    goals = [Goal.objects.create(plan=plan, title=localized(text, language)) for text in GOALS[: rng.randrange(2, 4)]]
    for slug, month, people, euros, goal, title in rng.sample(LINES, rng.randrange(6, len(LINES) + 1)):
        due = plans.month_end(year, month)
        line = Activity(
            plan=plan, title=localized(title, language), kind=kinds.get(slug), office=office, due_on=due, people=people + rng.randrange(-5, 20),
            cost_cents=(euros + 10 * rng.randrange(0, 8)) * 100, goal=goals[goal] if goal is not None and goal < len(goals) else None,
        )  # fmt: skip
        if due < on:
            chance = rng.random()
            line.state = "dropped" if chance < 0.06 else "planned" if chance < 0.14 else "done"
            line.reason = DROPPED[language] if line.state == "dropped" else ""
            line.done_on = due - timedelta(days=rng.randrange(20)) if line.state == "done" else None
        elif due <= on + timedelta(days=31):
            line.state = "under_way"
        line.save()
    if year < on.year and rng.random() < 0.7:
        Goal.objects.filter(pk=goals[0].pk).update(reached_on=date(year, 12, 10))
    if state == "draft":
        return
    begun = now - timedelta(days=30 if year > on.year else (on - date(year - 1, 12, 1)).days)
    plan.submit(by, begun)
    if state == "returned":
        plan.send_back(REMARK[language], top, begun + timedelta(days=6))
    elif state == "approved":
        plan.approve(top, begun + timedelta(days=6))
        if year == on.year and rng.random() < 0.3:  # something came up since
            line = plan.activities.exclude(state=Activity.State.DROPPED).last()
            Activity.objects.filter(pk=line.pk).update(cost_cents=line.cost_cents + 12_000)


def _rule(root, units, year, language, on, now, kinds, top):
    """Approved for last and this year, calculated for the next one, with a variant beside it."""
    share_kinds = [kind.pk for kind in UnitKind.objects.filter(leads_members=True, unit__path__startswith=root.path).distinct()]
    amounts = [
        {"kind": kinds[slug].pk, "each": each, "most": most, "person": person}
        for slug, each, most, person in (("meeting", 4_000, 6, None), ("evening", 5_000, 4, None), ("study_day", 15_000, 2, 200), ("social", None, None, 150))
        if slug in kinds
    ]
    rule = BudgetRule.objects.create(
        unit=root, year=year, name=RULE[language].format(year), base_cents=25_000, member_cents=250, statuses=["full"], step_cents=1000,
        counting_on=min(date(year, 1, 1), on - timedelta(days=1)), amounts=amounts, kinds=share_kinds, floor_cents=30_000, by=top, created_at=now,
        total_cents=None if year < on.year else 100_000 * len(units),
    )  # fmt: skip
    budgets.calculate(rule, now)
    rule.refresh_from_db()
    if year <= on.year:
        rule.approve(top, now, on)
    else:
        other = budgets.variant(rule, year, LATER[language].format(year), top, now)
        BudgetRule.objects.filter(pk=other.pk).update(member_cents=400, base_cents=10_000)
        other.refresh_from_db()
        budgets.calculate(other, now)


def _spend(unit, year, language, rng, on, now, by):
    budget, _new = Budget.objects.get_or_create(unit=unit, year=year)
    for line in Activity.objects.filter(plan__unit=unit, plan__year=year, state=Activity.State.DONE):
        total = int(line.cost_cents * rng.uniform(0.5, 1.25))
        parts = [(BOUGHT, total)] if total < 15_000 else [(RENT, total * 3 // 5), (BOUGHT, total - total * 3 // 5)]
        for text, cents in parts:
            Spending.objects.create(
                budget=budget, on=line.done_on, cents=cents, text=text[language], kind=line.kind, activity=line, by=by, at=now
            )
    if year < on.year:
        Budget.close(unit, year, by, now)
