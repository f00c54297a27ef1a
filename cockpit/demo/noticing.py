"""Mails of the membership system that wait to be taken over, and a pattern of one's own, for the hand-made part of a demo party."""

from datetime import datetime, time, timedelta
from email.message import EmailMessage

from django.utils import timezone

from branches.models import Appointment, Unit
from membership import notices
from membership.models import Member, NoticePattern
from membership.models.notices import Kind

PATTERN = {
    "de": (
        "Neue Anschrift", "Meldung der Landesgeschäftsstelle",
        {"number": "Mitglieds-Nr.", "full_name": "Name", "street": "Neue Anschrift", "postcode": "PLZ", "city": "Ort"},
    ),
    "he": (
        "כתובת חדשה", "הודעה מהמזכירות הארצית",
        {"number": "מס׳ חבר", "full_name": "שם", "street": "כתובת חדשה", "postcode": "מיקוד", "city": "יישוב"},
    ),
}  # fmt: skip
MAILS = {
    # what it tells: (subject, text)
    "de": {
        "address": (
            "Neue Anschrift eines Mitglieds",
            "Meldung der Landesgeschäftsstelle\n\nMitglieds-Nr.: {number}\nName: {given} {family}\nNeue Anschrift: {street}\nPLZ: {postcode}\nOrt: {city}\n\nBitte nicht auf diese Mail antworten.",
        ),
        "moved": (
            "Wechsel der Gliederung",
            "Guten Tag,\n\nein Mitglied wechselt die Gliederung.\n\nMitgliedsnummer: {number}\nVorname: {given}\nNachname: {family}\nOrtsverein neu: {unit}\nGültig ab: {day}\n\nIhre Mitgliederverwaltung",
        ),
        "left": (
            "Austritt eines Mitglieds",
            "Guten Tag,\n\nwir melden einen Austritt.\n\nMitgliedsnummer: {number}\nVorname: {given}\nNachname: {family}\nAustritt zum: {day}\n\nIhre Mitgliederverwaltung",
        ),
        "joined": (
            "Neues Mitglied in Ihrer Gliederung",
            "Guten Tag,\n\nNeues Mitglied:\n\nMitgliedsnummer: 399000001\nVorname: Rosalie\nNachname: Winkelmann\nGeburtsdatum: 14.02.1994\nGeschlecht: w\nEintritt: {day}\nOrtsverein: {unit}\nE-Mail: rosalie.winkelmann@example.org\nMobil: 0171 0471147\n\nIhre Mitgliederverwaltung",
        ),
        "unknown": ("Wartung am Wochenende", "Guten Tag,\n\ndas Mitgliederportal ist am Samstag von 8 bis 12 Uhr nicht erreichbar.\n\nIhre Mitgliederverwaltung"),
    },
    "he": {
        "address": (
            "כתובת חדשה של חבר/ה",
            "הודעה מהמזכירות הארצית\n\nמס׳ חבר: {number}\nשם: {given} {family}\nכתובת חדשה: {street}\nמיקוד: {postcode}\nיישוב: {city}\n\nנא לא להשיב להודעה זו.",
        ),
        "moved": (
            "מעבר בין סניפים",
            "שלום רב,\n\nמעבר של חבר/ה לסניף אחר.\n\nמספר חבר: {number}\nשם פרטי: {given}\nשם משפחה: {family}\nסניף חדש: {unit}\nהחל מ: {day}\n\nמחלקת החברים",
        ),
        "left": (
            "הודעה על עזיבה",
            "שלום רב,\n\nהודעה על עזיבה.\n\nמספר חבר: {number}\nשם פרטי: {given}\nשם משפחה: {family}\nתאריך עזיבה: {day}\n\nמחלקת החברים",
        ),
        "joined": (
            "הודעה על הצטרפות",
            "שלום רב,\n\nהודעה על הצטרפות לסניף.\n\nמספר חבר: 399000001\nשם פרטי: רוני\nשם משפחה: ורדי\nתאריך לידה: 14.02.1994\nתאריך הצטרפות: {day}\nסניף: {unit}\nדוא״ל: roni.vardi@example.org\nנייד: 050 0471147\n\nמחלקת החברים",
        ),
        "unknown": ("תחזוקה בסוף השבוע", "שלום רב,\n\nאתר החברים לא יהיה זמין ביום שישי בין 8 ל־12.\n\nמחלקת החברים"),
    },
}  # fmt: skip


def furnish(root, party, on):
    """A pattern of `root` and five mails to decide: an address, a move, an exit, somebody new, and one no pattern knows. Writes no message."""
    branches = list(Unit.objects.below(root).open(on).filter(kind__leads_members=True)[:3])
    by = Appointment.objects.active(on).filter(unit=root, office__slug="membership_officer").select_related("user").order_by("pk").first()
    # Whom nothing else of the demo is about, each at home in a branch of their own.
    members = Member.objects.filter(party=root, status="full", joined_on__lt=on - timedelta(days=900), exits=None, transfers=None).order_by("-number")
    about = [members.filter(home_unit=unit).first() for unit in branches]
    if not by or len(about) < 3 or None in about:
        return
    name, contains, labels = PATTERN[party.language]
    mails = MAILS[party.language]
    street, city = f"{party.words.streets[0]} 12", party.city
    address = _text(mails["address"], about[0], street=street, postcode=about[0].postcode, city=city)
    NoticePattern.objects.create(unit=root, name=name, kind=Kind.CHANGED, contains=contains, labels=labels, example=address)
    texts = {
        "unknown": mails["unknown"][1],
        "joined": _text(mails["joined"], about[2], unit=branches[2].name, day=_day(on - timedelta(days=4))),
        "left": _text(mails["left"], about[1], day=_day(on - timedelta(days=2))),
        "moved": _text(mails["moved"], about[2], unit=branches[1].name, day=_day(on - timedelta(days=3))),
        "address": address,
    }
    for place, (kind, text) in enumerate(texts.items()):
        sent = timezone.make_aware(datetime.combine(on - timedelta(days=1), time(8 + place)))
        notices.take_in(root, _mail(party, by.user, mails[kind][0], text, sent, f"{kind}.{root.slug}"), by.user)


def _text(mail, member, **values):
    return mail[1].format(number=member.number, given=member.given_name, family=member.family_name, **values)


def _day(day):
    return f"{day:%d.%m.%Y}"


def _mail(party, to, subject, text, sent, key):
    """The bytes of a mail as a mail program saves it."""
    mail = EmailMessage()
    mail["From"], mail["To"] = f"members@{party.domain}", to.email
    mail["Subject"], mail["Date"], mail["Message-ID"] = subject, sent, f"<{key}@{party.domain}>"
    mail.set_content(text)
    return mail.as_bytes()
