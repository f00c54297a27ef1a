"""Who has been a member for a round number of years, a year ahead, round birthdays where a unit wants them, and certificates.

Usual: 10, 25, 40, 50, 60 years (certificates of the party); the numbers are a setting of the unit (`jubilees`, `birthdays`).
"""

from datetime import timedelta

from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db.models import Case, DateField, DurationField, F, IntegerField, Q, Value, When
from django.db.models.functions import Cast
from django.utils import translation

from common import pdf
from membership.models import Member, Status

MOST = 100  # certificates in one file
YEAR = relativedelta(years=1)
FIELDS = {"membership": ("joined_on", "jubilees"), "birthday": ("birth_date", "birthdays")}
DAY = timedelta(days=1)


class Years(Value):
    """An interval of whole years: 29 February comes round on the 28th."""

    def as_sql(self, compiler, connection):
        return "make_interval(years => %s)", [self.value]


def quarter_of(day):
    """First day of the quarter of `day`."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def quarters(on):
    """[(since, until)] from the quarter of the day `on` to the same quarter a year later."""
    first = quarter_of(on)
    return [(first + relativedelta(months=3 * n), first + relativedelta(months=3 * n + 3)) for n in range(5)]


def coming(members, numbers, since, until, kind="membership"):
    """`members` with a jubilee from the day `since` until before `until` (at most a year): annotated with `day` and `years`.

    numbers: the years that count. kind: a key of FIELDS. Only full members: guests and supporters are not counted from their join date.
    """
    name = FIELDS[kind][0]
    members = members.filter(status=Status.FULL).annotate(
        **{f"after_{n}": Cast(F(name) + Years(n, output_field=DurationField()), DateField()) for n in numbers}
    )
    found = {
        n: Q(
            **{f"{name}__gte": since - relativedelta(years=n) - DAY, f"{name}__lte": until - relativedelta(years=n) + DAY},
            **{f"after_{n}__gte": since, f"after_{n}__lt": until},
        )
        for n in numbers
    }
    either = Q(pk__in=[])
    for condition in found.values():
        either |= condition
    return members.filter(either).annotate(
        day=Case(*[When(condition, then=F(f"after_{n}")) for n, condition in found.items()], output_field=DateField()),
        years=Case(*[When(condition, then=Value(n)) for n, condition in found.items()], output_field=IntegerField()),
    )


def seen(user, unit, kind):
    """The members of `unit` whose jubilees `user` may see: birthdays only of those whose birth date they may."""
    members = Member.objects.visible_to(user) if kind == "membership" else Member.objects.cared_for_by(user)
    return members.in_unit(unit)


def certificates(members, unit, language):
    """PDF with a page for each of `members` (from `coming`), in `language`. Raises pdf.TooLarge."""
    with translation.override(language):
        context = {"members": members, "unit": unit, "colour": settings.PARTY_COLOUR}
    return pdf.render("pdf/certificates.html", context, language)
