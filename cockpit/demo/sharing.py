"""Ideas that units share, and projects that funds pay for."""

from datetime import timedelta

from branches.models import Appointment, Office, Unit
from branches.scope import Right
from planning import ideas, plans
from planning.models import Idea, Project

# people, euros, {language: (title, text, looking for)}
IDEAS = [
    (6, 150, {
        "de": ("Nachbarschaftsküche im Gemeindesaal", "Einmal im Monat kochen Mitglieder mit Menschen aus dem Viertel. Wer kommt, redet mit: über Mieten, Schule, Busse.", "eine Küche mit acht Plätzen"),
        "he": ("מטבח שכונתי במרכז הקהילתי", "פעם בחודש חברות וחברים מבשלים עם אנשי השכונה. מי שבא גם משוחח: על שכר דירה, בתי ספר ותחבורה.", "מטבח לשמונה אנשים"),
        "en": ("Neighbourhood kitchen", "Once a month members cook with people from the quarter. Who comes talks too: about rents, schools, buses.", "a kitchen for eight"),
    }),
    (3, 40, {
        "de": ("Lesekreis für Neue", "Vier Abende, ein kurzer Text je Abend, immer zwei Neue und zwei Erfahrene.", ""),
        "he": ("חוג קריאה לחברים חדשים", "ארבעה ערבים, טקסט קצר בכל ערב, תמיד שניים חדשים ושניים ותיקים.", ""),
        "en": ("Reading circle for newcomers", "Four evenings, one short text each, always two new and two experienced members.", ""),
    }),
    (10, 320, {
        "de": ("Tauschmarkt für Kinderkleidung", "Ein Samstag im Frühjahr und im Herbst, mit Kaffee und einem ruhigen Tisch zum Reden.", "zwei Leute für den Aufbau, einen Saal mit Rampe"),
        "he": ("שוק החלפה לבגדי ילדים", "שבת אחת באביב ואחת בסתיו, עם קפה ופינה שקטה לשיחה.", "שניים להקמה, אולם נגיש"),
        "en": ("Swap market for children's clothes", "A Saturday in spring and autumn, with coffee and a quiet table to talk.", "two people to set up, a hall with a ramp"),
    }),
    (2, 0, {
        "de": ("Anrufabend: zehn Minuten für Stille", "Zwei Abende im Quartal rufen wir die an, die lange niemand gesprochen hat. Nur fragen, nichts wollen.", ""),
        "he": ("ערב שיחות: עשר דקות לחברים שקטים", "שני ערבים ברבעון מתקשרים למי שמזמן לא שוחחו איתם. רק לשאול, בלי לבקש.", ""),
        "en": ("Evening of calls: ten minutes for the quiet", "Two evenings a quarter we call those nobody has talked to for long. Only to ask, wanting nothing.", ""),
    }),
]  # fmt: skip
PROJECT = {
    "de": ("Stadtteilforum Wohnen", "Stiftung Lebendige Nachbarschaft", "Vier Abende, an denen Mieterinnen und Mieter mit dem Stadtrat reden; danach ein Heft mit zehn Vorschlägen.", [("Räume und Referate fest", -60), ("Zwei Abende gehalten", -10), ("Vier Abende gehalten", 60), ("Heft gedruckt", 100)], [("Saalmiete", 600, 300), ("Referentinnen und Referenten", 1200, 600), ("Druck des Heftes", 900, 0)]),
    "he": ("פורום שכונתי: דיור", "קרן שכונה חיה", "ארבעה ערבים שבהם דיירות ודיירים משוחחים עם חברי המועצה; בסוף חוברת עם עשר הצעות.", [("אולמות ומרצים סוכמו", -60), ("התקיימו שני ערבים", -10), ("התקיימו ארבעה ערבים", 60), ("החוברת הודפסה", 100)], [("שכירת אולם", 600, 300), ("מרצים", 1200, 600), ("הדפסת החוברת", 900, 0)]),
    "en": ("Neighbourhood forum on housing", "Living Neighbourhood Fund", "Four evenings on which tenants talk with the council; afterwards a booklet with ten proposals.", [("Rooms and speakers fixed", -60), ("Two evenings held", -10), ("Four evenings held", 60), ("Booklet printed", 100)], [("Rent of the hall", 600, 300), ("Speakers", 1200, 600), ("Printing", 900, 0)]),
}  # fmt: skip


def furnish(root, language, on, now):
    """Ideas of the first units below `root`, supported and taken up by others, and two projects. Writes no message."""
    terms = Appointment.objects.active(on).filter(unit__path__startswith=root.path, right=Right.LEAD).select_related("user").order_by("-pk")
    leads = {term.unit_id: term.user for term in terms}
    units = [unit for unit in Unit.objects.below(root).open(on).filter(kind__leads_members=True).select_related("kind")[:8] if unit.pk in leads]
    if len(units) < 3:
        return
    office = Office.objects.get(slug="secretary")
    for number, (people, euros, texts) in enumerate(IDEAS):
        unit = units[number % len(units)]
        title, text, wanted = texts[language]
        fields = {"people": people, "cost_cents": euros * 100, "by": leads[unit.pk], "created_at": now - timedelta(days=9 * number + 2)}
        idea = Idea.objects.create(unit=unit, title=title, text=text, wanted=wanted, **fields)
        others = [other for other in units if other != unit]
        for other in others[: 4 - number]:
            idea.support(other, leads[other.pk], now - timedelta(days=number))
        if number < 2:
            ideas.adopt(idea, others[-1], office, plans.month_end(on.year + 1, 3 + number), leads[others[-1].pk], now)
    title, fund, aim, milestones, costs = PROJECT[language]
    unit = units[0]
    project = Project.objects.create(
        unit=unit, title=title, fund=fund, aim=aim, starts_on=on - timedelta(days=90), ends_on=on + timedelta(days=110), report_due_on=on + timedelta(days=140),
        asked_cents=240_000, granted_cents=220_000, own_cents=50_000, by=leads[unit.pk], created_at=now - timedelta(days=150),
    )  # fmt: skip
    project.turn(Project.State.APPLIED, leads[unit.pk], now - timedelta(days=145))
    project.turn(Project.State.GRANTED, leads[unit.pk], now - timedelta(days=100))
    for text, days in milestones:
        due = on + timedelta(days=days)
        project.milestones.create(title=text, due_on=due, office=office, done_on=due if days < -30 else None)
    for text, planned, spent in costs:
        project.costs.create(text=text, planned_cents=planned * 100, spent_cents=spent * 100)
