"""What is missing or cannot be right in the records of a unit: kinds of trouble, how many of each, and whose."""

from dateutil.relativedelta import relativedelta
from django.db.models import CharField, Count, F, Func, Q, Value
from django.db.models.functions import Length
from django.utils.translation import gettext_lazy as _

from membership import own_data
from membership.models import Member

OLDEST, YOUNGEST = 110, 14  # years; nobody joins before 14
SHORTEST = 6  # digits of a phone number
# Five digits in Germany and, until 2013, in Israel, seven in Israel since; members abroad say their country and are not checked.
POSTCODE = r"^\d{5}(\d{2})?$"

KINDS = {
    "no_phone": _("No phone number"),
    "no_mail": _("No mail address"),
    "refused": _("Mail comes back"),
    "no_birth": _("No birth date"),
    "age": _("Age cannot be right"),
    "joined": _("Joined before birth"),
    "future": _("Day still to come"),
    "postcode": _("Postcode cannot be right"),
    "phone": _("Phone number too short"),
    "estimated": _("Join date estimated"),
}


def digits(field):
    return Length(Func(F(field), Value(r"\D"), Value(""), Value("g"), function="regexp_replace", output_field=CharField()))


def trouble(on):
    """{kind: Q} for members annotated by `checked`, on the day `on`."""
    short = Q(phone_digits__lt=SHORTEST) & ~Q(phone="") | Q(mobile_digits__lt=SHORTEST) & ~Q(mobile="")
    return {
        "no_phone": Q(phone="", mobile=""),
        "no_mail": Q(email=""),
        "refused": own_data.refused_mail(),
        "no_birth": Q(birth_date=None),
        "age": Q(birth_date__lte=on - relativedelta(years=OLDEST)) | Q(birth_date__gt=on - relativedelta(years=YOUNGEST)),
        "joined": Q(birth_date__gt=F("joined_on")),
        "future": Q(birth_date__gt=on) | Q(joined_on__gt=on),
        "postcode": ~Q(postcode="") & Q(country="") & ~Q(postcode__regex=POSTCODE),
        "phone": short,
        "estimated": Q(joined_estimated=True),
    }


def checked(user, unit):
    """Active members in `unit` whose address and birth date `user` may see: only these are checked for them."""
    members = Member.objects.cared_for_by(user).active()
    members = members.in_unit(unit) if unit else members
    return members.annotate(phone_digits=digits("phone"), mobile_digits=digits("mobile"))


def counts(members, on):
    """{kind: how many} of checked `members`, in one pass."""
    return members.order_by().aggregate(**{f"n_{kind}": Count("pk", filter=found) for kind, found in trouble(on).items()})


def told(counted):
    """[(kind, words, how many)] of what there is, as KINDS are ordered."""
    return [(kind, words, counted[f"n_{kind}"]) for kind, words in KINDS.items() if counted[f"n_{kind}"]]
