"""The usual plan of an election, as rows a party changes: what is done when, and where people are needed."""

from datetime import time

from django.db import transaction

from branches.models import Office
from planning.models import ElectionTemplate, PostKind, TemplateMilestone, TemplatePost

NAME = {"de": "Der übliche Wahlkampf", "he": "תוכנית הבחירות הרגילה", "en": "The usual campaign"}
# days before, office, whether each unit does it, title and text in German, Hebrew and English
MILESTONES = [
    (180, "chair", False,
     ("Wahlkampfteam benennen", "מינוי צוות הבחירות", "Name the campaign team"),
     ("Wer leitet, wer kümmert sich um Material, Presse, Freiwillige und Geld?",
      "מי בראש הצוות, ומי מטפל בחומרים, בתקשורת, במתנדבים ובכסף?",
      "Who leads, who sees to material, press, volunteers and money?")),
    (165, "chair", True,
     ("Ansprechperson für den Wahlkampf nennen", "מינוי איש או אשת קשר לבחירות", "Name a contact for the campaign"),
     ("Eine Person je Gliederung, die erreichbar ist und Zusagen machen kann.",
      "אדם אחד בכל סניף, שזמין ומוסמך לתת תשובות.",
      "One person in each unit who can be reached and can say yes.")),
    (150, "chair", False,
     ("Ziele und Themen beschließen", "החלטה על יעדים ועל נושאים", "Decide on aims and topics"),
     ("Drei Themen genügen. Was wollen wir am Abend der Wahl erreicht haben?",
      "די בשלושה נושאים. מה נרצה שיושג עד ערב הבחירות?",
      "Three topics are enough. What do we want to have reached on the evening of the election?")),
    (140, "chair", False,
     ("Wahlkampfkasse planen", "תכנון תקציב הבחירות", "Plan the campaign budget"),
     ("Einnahmen und Ausgaben je Monat, mit der Kasse abgestimmt.",
      "הכנסות והוצאות לפי חודשים, בתיאום עם הגזברות.",
      "Income and spending by month, agreed with the treasurer.")),
    (120, "secretary", False,
     ("Material bestellen", "הזמנת חומרי הסברה", "Order material"),
     ("Plakate, Flyer, Schirme, Tische. Wer lagert was?",
      "כרזות, עלונים, שמשיות, שולחנות. מה מאוחסן אצל מי?",
      "Posters, leaflets, umbrellas, tables. Who stores what?")),
    (100, "secretary", True,
     ("Genehmigungen beantragen", "הגשת בקשות לאישורים", "Apply for permits"),
     ("Infostände und Plakate brauchen oft eine Erlaubnis der Gemeinde.",
      "לדוכנים ולכרזות נדרש לעיתים קרובות אישור של הרשות המקומית.",
      "Stands and posters often need a permit of the town.")),
    (90, "secretary", True,
     ("Mitglieder um Mithilfe bitten", "פנייה לחברות ולחברים בבקשה לעזור", "Ask members to help"),
     ("Persönlich fragen wirkt am besten; die Bitte per Mail erreicht alle anderen.",
      "פנייה אישית עובדת הכי טוב; בקשה בדואר תגיע לכל השאר.",
      "Asking in person works best; the mail reaches everybody else.")),
    (75, "secretary", True,
     ("Orte für Stände und Wege festlegen", "קביעת מקומות לדוכנים ומסלולים", "Choose places for stands and routes"),
     ("Wo kommen viele vorbei? Bitte auch an Orte ohne Stufen denken.",
      "היכן עוברים הרבה אנשים? נא לחשוב גם על מקומות נגישים.",
      "Where do many pass by? Please think of step-free places too.")),
    (60, "secretary", True,
     ("Posten und Schichten anlegen", "הגדרת עמדות ומשמרות", "Set up posts and shifts"),
     ("Kurze Schichten finden leichter jemanden.", "למשמרות קצרות קל יותר למצוא מתנדבים.", "Short shifts find somebody more easily.")),
    (45, "secretary", False,
     ("Mitglieder für die Wahlvorstände melden", "רישום חברים לוועדות הקלפי", "Put members forward for the polling boards"),
     ("Die Gemeinde sucht Beisitzerinnen und Beisitzer; die Frist steht in ihrer Bekanntmachung.",
      "הרשות מחפשת חברים לוועדות; המועד האחרון מופיע בהודעה שלה.",
      "The town looks for people; its notice names the deadline.")),
    (42, "secretary", True,
     ("Plakate hängen", "תליית כרזות", "Put up posters"),
     ("Erst ab dem erlaubten Tag, und notieren, wo sie hängen.",
      "רק מהיום המותר, ועם רישום של המקומות.",
      "Not before the permitted day, and note where they hang.")),
    (35, "membership_officer", False,
     ("Kurze Schulung für Haustür und Stand", "הכשרה קצרה לשיחות בדוכן ומדלת לדלת", "Short training for doors and stands"),
     ("Ein Abend: zuhören, nachfragen, freundlich bleiben.", "ערב אחד: להקשיב, לשאול, להישאר אדיבים.", "One evening: listen, ask, stay friendly.")),
    (28, "secretary", True,
     ("Lücken in den Schichten schließen", "סגירת חוסרים במשמרות", "Close the holes in the shifts"),
     ("Die Besetzung zeigt, wo noch jemand fehlt.", "תצוגת האיוש מראה היכן עוד חסרים אנשים.", "The cover shows where somebody is still missing.")),
    (21, "chair", False,
     ("An die Briefwahl erinnern", "תזכורת על דרכי ההצבעה", "Remind of postal voting"),
     ("Brief, Anruf und Aushang: So wählt, wer am Wahltag nicht kann.",
      "מכתב, שיחה ומודעה: כיצד מצביעים ומי זכאי להסעה.",
      "Letter, call and notice: how those vote who cannot come on the day.")),
    (14, "secretary", True,
     ("Fahrdienst und Telefonliste vorbereiten", "הכנת שירות הסעות ורשימת טלפונים", "Prepare driving service and phone list"),
     ("Wer braucht eine Fahrt zum Wahllokal, und wer kann fahren?",
      "מי צריך הסעה לקלפי, ומי יכול להסיע?",
      "Who needs a lift to the polling station, and who can drive?")),
    (7, "secretary", True,
     ("Einsatzpläne drucken und verteilen", "הדפסה וחלוקה של לוחות המשמרות", "Print and hand out the duty sheets"),
     ("Ein Blatt je Posten, mit Ansprechperson und Telefon.", "דף לכל עמדה, עם שם וטלפון לפניות.", "One sheet for each post, with name and phone.")),
    (3, "secretary", False,
     ("Alle mit einer Schicht erinnern", "תזכורת לכל מי שרשומים למשמרת", "Remind everybody who has a shift"),
     ("Ein kurzer Anruf ist besser als eine Lücke am Morgen.", "שיחה קצרה עדיפה על חוסר בבוקר.", "A short call is better than a hole in the morning.")),
    (0, "chair", True,
     ("Wahltag: morgens alle Posten anrufen", "יום הבחירות: שיחת בוקר לכל העמדות", "Election day: call every post in the morning"),
     ("Sind alle da, fehlt etwas, wer springt ein?", "כולם הגיעו? חסר משהו? מי נכנס במקום?", "Is everybody there, is anything missing, who steps in?")),
    (-1, "chair", True,
     ("Danke sagen", "להגיד תודה", "Say thank you"),
     ("Allen, die geholfen haben, am besten persönlich.", "לכל מי שעזרו, ורצוי באופן אישי.", "To everybody who helped, best in person.")),
    (-3, "secretary", True,
     ("Plakate abnehmen", "הסרת הכרזות", "Take down the posters"),
     ("Innerhalb der Frist der Gemeinde.", "בתוך המועד שקבעה הרשות.", "Within the time the town has set.")),
    (-7, "chair", False,
     ("Auswerten und aufschreiben", "סיכום והפקת לקחים", "Look back and write it down"),
     ("Was war gut, was machen wir anders? Stunden und Zahlen stehen hier.",
      "מה היה טוב ומה נעשה אחרת? השעות והמספרים נמצאים כאן.",
      "What was good, what will we do differently? Hours and figures stand here.")),
]  # fmt: skip
# days before, kind, each unit, from, until, minutes of a shift, people, name and what is to be done
POSTS = [
    (42, PostKind.LEAFLETS, True, time(17), time(20), None, 4,
     ("Plakate hängen", "תליית כרזות", "Put up posters"),
     ("Zu zweit mit Leiter, Kabelbindern und Liste der Orte.", "בזוגות, עם סולם, אזיקונים ורשימת המקומות.", "In pairs, with ladder, cable ties and the list of places.")),
    *[
        (days, PostKind.STAND, True, time(10), time(14), 120, 3,
         ("Infostand", "דוכן הסברה", "Information stand"),
         ("Aufbauen, ansprechen, zuhören, am Ende abbauen.", "להקים, לפנות לאנשים, להקשיב, ובסוף לפרק.", "Set up, talk to people, listen, and take down at the end."))
        for days in (22, 15, 8, 1)
    ],
    *[
        (days, PostKind.CANVASS, True, time(17), time(19, 30), None, 4,
         ("Haustürgespräche", "מדלת לדלת", "Door to door"),
         ("Immer zu zweit; wer nicht reden mag, bekommt einen Flyer.", "תמיד בזוגות; מי שלא רוצה לדבר מקבל עלון.", "Always in pairs; who does not want to talk gets a leaflet."))
        for days in (11, 4)
    ],
    *[
        (days, PostKind.PHONES, False, time(18), time(20), None, 4,
         ("Telefonabend", "ערב טלפונים", "Phone evening"),
         ("Wir rufen eigene Mitglieder an und erinnern an die Wahl.", "מתקשרים לחברות ולחברים ומזכירים להצביע.", "We call our own members and remind them to vote."))
        for days in (10, 3)
    ],
    (0, PostKind.OFFICE, False, time(7, 30), time(19, 30), 240, 2,
     ("Wahlkampfbüro", "מטה הבחירות", "Election office"),
     ("Telefon, Springerliste, Material.", "טלפון, רשימת מחליפים, חומרים.", "Phone, list of stand-ins, material.")),
    (0, PostKind.POLLING, True, time(8), time(18), 120, 2,
     ("Wahllokal", "קלפי", "Polling station"),
     ("Freundlich begrüßen, Fragen beantworten, Abstand zum Eingang halten.", "לקבל פנים בחיוך, לענות על שאלות, לשמור מרחק מהכניסה.", "Greet people, answer questions, keep the distance to the entrance.")),
    (0, PostKind.DRIVING, False, time(9), time(18), 180, 2,
     ("Fahrdienst", "שירות הסעות", "Driving service"),
     ("Menschen zur Wahl und wieder nach Hause bringen.", "להסיע אנשים לקלפי ובחזרה הביתה.", "Bring people to vote and home again.")),
    (0, PostKind.PARTY, False, time(17, 30), time(23), None, 4,
     ("Wahlabend", "ערב הבחירות", "Evening of the election"),
     ("Aufbauen, Getränke, Technik, aufräumen.", "הקמה, שתייה, ציוד וסידור בסוף.", "Set up, drinks, technology, tidy up.")),
]  # fmt: skip


def _labels(texts):
    return dict(zip(("de", "he", "en"), texts, strict=True))


@transaction.atomic
def install(unit):
    """Give `unit`, and so all below it, the usual plan unless it has one; what a party changed stays. Returns it."""
    template, created = ElectionTemplate.objects.get_or_create(unit=unit, usual=True, defaults={"labels": NAME})
    if created:
        offices = {office.slug: office for office in Office.objects.all()}
        TemplateMilestone.objects.bulk_create(
            TemplateMilestone(template=template, days_before=days, office=offices[slug], each=each, labels=_labels(title), texts=_labels(text))
            for days, slug, each, title, text in MILESTONES
        )
        TemplatePost.objects.bulk_create(
            TemplatePost(
                template=template, days_before=days, kind=kind, each=each, starts=starts, ends=ends, minutes=minutes, needed=needed,
                labels=_labels(name), texts=_labels(what),
            )
            for days, kind, each, starts, ends, minutes, needed, name, what in POSTS
        )  # fmt: skip
    return template


@transaction.atomic
def copy(template, unit):
    """A template of `unit` with the lines of `template`, to be changed for it and the units below. Returns it."""
    own = ElectionTemplate.objects.create(unit=unit, labels=template.labels)
    for model in (TemplateMilestone, TemplatePost):
        lines = list(model.objects.filter(template=template))
        for line in lines:
            line.pk, line.template = None, own
        model.objects.bulk_create(lines)
    return own
