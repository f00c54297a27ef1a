"""Newcomers who are known already, under another spelling or in another branch, as pairs to decide: for the hand-made part of a demo party."""

from datetime import timedelta

from branches.models import Appointment, Unit
from branches.scope import Right
from cockpit.demo.people import latin
from membership import duplicates
from membership.models import Member, Question
from membership.search import keys

AGES = (timedelta(days=37 * 365), timedelta(days=59 * 365))  # between the sections by age, to which a second record shall not belong
LATELY = timedelta(days=540)
UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}


def _spelled(hebrew, letters):
    return dict(zip(hebrew.split(), letters.split(), strict=True))


SPELLED = {
    **_spelled("שרה רחל מרים אסתר שושנה חנה רבקה דבורה נעמי אורנה דליה תמר אילנה נורית", "Sara Rachel Miriam Ester Shoshana Hana Rivka Dvora Naomi Orna Dalia Tamar Ilana Nurit"),
    **_spelled("נועה מאיה יעל שירה טליה דנה אביגיל רוני עדי ליאור מיכל הדס נטע הילה קרן", "Noa Maya Yael Shira Talia Dana Avigail Roni Adi Lior Michal Hadas Neta Hila Keren"),
    **_spelled("יעקב משה דוד אברהם יוסף חיים שלמה יצחק מאיר צבי אריה עמוס ראובן שמעון גדעון", "Yaakov Moshe David Avraham Yosef Haim Shlomo Yitzhak Meir Zvi Arie Amos Reuven Shimon Gideon"),
    **_spelled("יונתן איתן עומר נדב אורי איתי תומר אלון רועי יובל עמית גיא אסף דניאל יואב", "Yonatan Eitan Omer Nadav Uri Itay Tomer Alon Roi Yuval Amit Guy Asaf Daniel Yoav"),
    **_spelled("רגב דגן ארבל סגיא שחם דרורי ניר תבור שקדי אלמוג ברקאי הדר", "Regev Dagan Arbel Sagi Shaham Drori Nir Tavor Shkedi Almog Barkai Hadar"),
    **_spelled("יערי כרמלי לביא מור נוימן ששון עברון קדם רימון שגב תמיר ביטון", "Yaari Carmeli Lavi Mor Neumann Sasson Evron Kedem Rimon Segev Tamir Biton"),
    **_spelled("עמר רביב אדלר ברגמן גולדשטיין הופמן זילבר נוסבאום פרידמן קליין רוטמן שטרן", "Amar Raviv Adler Bergman Goldstein Hoffman Silber Nussbaum Friedman Klein Rotman Stern"),
}  # fmt: skip


def furnish(root, on, now):
    """Three pairs: spelled otherwise in one branch, known in another one that is asked, and mistyped; found as every night. Writes no message."""
    branches = list(Unit.objects.below(root).open(on).filter(kind__leads_members=True)[:4])
    if len(branches) == 4:
        _double(branches[0], branches[0], on, spell)
        asking = _double(branches[0], branches[1], on, lambda *names: None if spell(*names) else names)
        _double(branches[2], branches[3], on, mistype)
        by = Appointment.objects.active(on).filter(unit=branches[1], right=Right.LEAD).order_by("-office__position", "pk").first()
        if asking and by:
            Question.objects.create(member=asking, by=by.user, at=now)
    duplicates.search(now)


def spell(given, family):
    """The name as another office would write it: umlauts in two letters, Hebrew in Latin ones. None where it stays as it is."""
    if given in SPELLED and family in SPELLED:
        return SPELLED[given], SPELLED[family]
    other = tuple("".join(UMLAUTS.get(letter, letter) for letter in name) for name in (given, family))
    return other if other != (given, family) else None


def mistype(given, family):
    """The family name with two letters behind the middle in the wrong order. None where that changes nothing."""
    place = next((place for place in range(len(family) // 2 + 1, len(family)) if family[place] != family[place - 1]), None)
    return place and (given, family[: place - 1] + family[place] + family[place - 1] + family[place + 1 :])


def _double(old, new, on, rename):
    """Make the last newcomer of the unit `new` who suits a second record of a member of `old`; returns it, None where nobody suits.

    rename: given and family name -> those of the second record; None: of this one there is none.
    """
    of_age = Member.objects.active().filter(birth_date__range=(on - AGES[1], on - AGES[0])).order_by("-joined_on", "number")
    newcomers = of_age.filter(home_unit=new, joined_on__gt=on - LATELY)
    for member in of_age.filter(home_unit=old, joined_on__lt=on - LATELY).exclude(mobile=""):
        names, newcomer = rename(member.given_name, member.family_name), newcomers.filter(gender=member.gender).first()
        if names and newcomer:
            newcomer.given_name, newcomer.family_name = names
            newcomer.birth_date, newcomer.mobile = member.birth_date, member.mobile
            newcomer.email = newcomer.email and f"{latin(names[0])}.{latin(names[1])}{newcomer.number[3:]}@example.org"
            phones = (newcomer.phone, newcomer.mobile)
            for column, value in keys(*reversed(names), newcomer.number, newcomer.email, phones).items():
                setattr(newcomer, column, value)
            newcomer.save()
            return newcomer
    return None
