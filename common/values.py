"""Single values as people write them, made regular: text, dates, names, the usual words for gender and status."""

import re
import unicodedata
from datetime import date, timedelta
from functools import lru_cache

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

_INVISIBLE = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_PARTICLES = {"von", "van", "vom", "zu", "zur", "zum", "de", "del", "della", "den", "der", "di", "da", "dos", "el", "al", "le", "la", "bar", "ben", "bat", "ter", "ten", "בן", "בר", "בת", "אבו", "אל"}  # fmt: skip
_MONTHS = {
    name: number
    for names in (
        "januar februar märz april mai juni juli august september oktober november dezember",
        "january february march april may june july august september october november december",
        "jan feb mär apr mai jun jul aug sep okt nov dez",
        "jan feb mar apr may jun jul aug sep oct nov dec",
        "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
    )
    for number, name in enumerate(names.split(), 1)
} | {"maerz": 3, "jänner": 1, "sept": 9}
_EMAIL = EmailValidator()
_PLAIN_EMAIL = re.compile(r"[a-z0-9_+-]+(\.[a-z0-9_+-]+)*@([a-z0-9]+\.)+[a-z]{2,12}", re.I)


def clean_text(text):
    """`text` in composed form without invisible characters (also those that turn writing around), on one line, single spaces."""
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFC", text)).split())


@lru_cache(maxsize=100_000)
def parse_date(text, today):
    """The date written in `text`, day before month as in Germany and Israel; None when it is empty.

    Two-digit years up to that of `today` are of this century. Raises ValueError for what is no date or impossible.
    """
    text = clean_text(text)
    text = re.sub(r"[T ]\d{1,2}:\d\d(:\d\d)?([.+Z].*)?$", "", text).strip(" .")
    if not text:
        return None
    if match := re.fullmatch(r"(\d{4})\s?[-./]\s?(\d{1,2})\s?[-./]\s?(\d{1,2})|(\d{4})(\d\d)(\d\d)", text):
        year, month, day = (int(part) for part in match.groups() if part)
    elif match := re.fullmatch(r"(\d{1,2})\s?[-./]\s?(\d{1,2})\s?[-./]\s?(\d{4}|\d\d)", text):
        day, month, year = (int(part) for part in match.groups())
        if len(match[3]) == 2:
            year += 2000 if year <= today.year % 100 else 1900
    elif match := re.fullmatch(r"(\d{1,2})\.?\s*ב?([^\W\d]+)\.?,?\s*(\d{4})", text):
        day, month, year = int(match[1]), _MONTHS.get(match[2].lower(), 0), int(match[3])
    elif re.fullmatch(r"[1-6]\d{4}", text):
        return date(1899, 12, 30) + timedelta(days=int(text))  # the day number of a spreadsheet
    else:
        raise ValueError(text)
    return date(year, month, day)


def valid_email(text):
    if _PLAIN_EMAIL.fullmatch(text):  # what nearly all look like, ten times faster
        return True
    try:
        _EMAIL(text)
    except ValidationError:
        return False
    return True


def split_name(text):
    """(given name, family name) of a whole name, "Agnes Alpers" or "Alpers, Agnes"; particles stay with the family name."""
    text = clean_text(text)
    family, comma, given = text.partition(",")
    if comma:
        return given.strip(" !,;"), family.strip(" !,;")
    words = text.split()
    place = len(words) - 1
    while place > 1 and words[place - 1].lower() in _PARTICLES:
        place -= 1
    return " ".join(words[:place]), " ".join(words[place:])


GENDERS = {
    **dict.fromkeys(("f", "w", "weiblich", "frau", "female", "woman", "נ", "נקבה", "אישה", "אשה"), "f"),
    **dict.fromkeys(("m", "männlich", "maennlich", "mann", "herr", "herrn", "male", "man", "ז", "זכר", "גבר"), "m"),
    **dict.fromkeys(("d", "x", "divers", "diverse", "nichtbinär", "nicht-binär", "non-binary", "other", "אחר"), "d"),
    **dict.fromkeys(("", "-", "o", "ohne angabe", "k.a.", "unbekannt", "unknown", "offen", "לא ידוע"), ""),
}
STATUSES = {
    **dict.fromkeys(("mitglied", "vollmitglied", "ordentliches mitglied", "aktiv", "member", "full", "full member", "active", "חבר", "חברה", "חבר/ה", "פעיל"), "full"),
    **dict.fromkeys(("gast", "gastmitglied", "gastmitgliedschaft", "guest", "guest member", "אורח", "אורחת", "אורח/ת"), "guest"),
    **dict.fromkeys(("unterstützer", "unterstützerin", "unterstützer*in", "unterstützer:in", "unterstuetzer", "förderer", "fördermitglied", "supporter", "תומך", "תומכת", "תומך/ת"), "supporter"),
    **dict.fromkeys(("antrag", "antragsteller", "antragstellerin", "bewerber", "anwärter", "applicant", "pending", "מועמד", "מועמדת", "מועמד/ת"), "applicant"),
    **dict.fromkeys(("ausgetreten", "austritt", "ehemalig", "ehemaliges mitglied", "gelöscht", "inaktiv", "left", "former", "inactive", "עזב", "עזבה", "לשעבר"), "left"),
    **dict.fromkeys(("verstorben", "tot", "deceased", "dead", "נפטר", "נפטרה", "ז״ל", "ז\"ל"), "deceased"),
}  # fmt: skip
