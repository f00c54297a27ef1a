"""{{ cents|money:currency }}: an amount that keeps its place in text of either direction."""

from django import template
from django.utils.html import format_html

from common.money import money as written

register = template.Library()


@register.filter
def money(cents, currency="EUR"):
    """`cents` as the reader's language writes it, set apart; "" for None."""
    return format_html('<bdi class="money">{}</bdi>', written(cents, currency)) if cents is not None else ""
