"""Money is integer cents everywhere; here it becomes words and words become cents. Nothing is converted: a unit's currency is a matter of display."""

import re
from decimal import Decimal
from functools import lru_cache

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

# Of the setting "currency". ILS is the code of the new shekel (NIS).
CURRENCIES = {"EUR": _("Euro (€)"), "ILS": _("New shekel (₪)"), "none": _("none, bare numbers")}
MOST = 10**11  # cents: a thousand million, more than any budget here
_NUMBER = re.compile(r"([+-]?)(\d{1,12}|\d{1,3}(?:([.,'\s])\d{3})(?:\3\d{3})*)(?:([.,])(\d{1,2}))?")


def money(cents, currency="EUR"):
    """`cents` with the sign of `currency` as the active language writes it: "1.234,50 €", "₪1,234.50"; None gives ""."""
    return "" if cents is None else _written(cents, currency, (get_language() or "de")[:2])


@lru_cache(maxsize=10_000)
def _written(cents, currency, language):
    from babel.numbers import format_currency, format_decimal  # with what it knows of languages: only where money is shown

    amount = Decimal(cents) / 100
    plain = currency == "none"
    text = format_decimal(amount, "#,##0.00", locale=language) if plain else format_currency(amount, currency, locale=language)
    # In a line from right to left a minus would stand behind its number.
    return text.replace("-", "\N{LEFT-TO-RIGHT MARK}-") if language == "he" else text


def parse_money(text):
    """Cents of an amount as people write it: "1.234,50", "1,234.5", "12", "1 200 €". Raises ValueError for what is none.

    A point or comma before three digits parts thousands, before one or two it begins the cents.
    """
    text = re.sub(r"[€₪\u200e\u200f\u2066-\u2069]|EUR|ILS|NIS", "", text).replace("\u2212", "-").strip()
    found = _NUMBER.fullmatch(text)
    if not found or (found[3] and found[3] == found[4]):
        raise ValueError(text)
    sign, whole, _thousands, _point, cents = found.groups()
    amount = int(re.sub(r"\D", "", whole)) * 100 + int((cents or "0").ljust(2, "0"))
    if amount > MOST:
        raise ValueError(text)
    return -amount if sign == "-" else amount


def split(cents, parts, step=1):
    """`cents` by the key `parts` ([int]) in multiples of `step` that add up exactly: what is left goes in steps to the largest remainders, of
    equal ones to the first. What is no multiple of `step` itself goes to the next one.

    With no parts at all the first one bears all. What is less than zero is shared like its opposite.
    """
    if cents < 0:
        return [-share for share in split(-cents, parts, step)]
    whole = sum(parts)
    if not whole:
        return [cents, *[0] * len(parts)][: len(parts)]
    shares = [cents * part // whole // step * step for part in parts]
    order = sorted(range(len(parts)), key=lambda n: (shares[n] * whole - cents * parts[n], n))
    steps, odd = divmod(cents - sum(shares), step)
    for n in order[:steps]:
        shares[n] += step
    if odd:
        shares[order[steps]] += odd
    return shares


class MoneyField(forms.CharField):
    """An amount as people write it; its value is cents. positive: nothing below zero. None where it may be empty and is."""

    def __init__(self, *, positive=True, **kwargs):
        super().__init__(max_length=30, **kwargs)
        self.positive = positive
        self.widget.attrs.update({"inputmode": "decimal", "autocomplete": "off", "dir": "ltr"})

    def prepare_value(self, value):
        return number_format(Decimal(value) / 100, 2, force_grouping=False) if isinstance(value, int) else value

    def clean(self, value):
        text = super().clean(value)
        if not text:
            return None
        try:
            cents = parse_money(text)
        except ValueError:
            raise ValidationError(_("Please write an amount such as 250 or 1250.50.")) from None
        if self.positive and cents < 0:
            raise ValidationError(_("Please write an amount of zero or more."))
        return cents
