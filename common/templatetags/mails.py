"""What mails need in plain text, where no markup keeps a name of the other direction in its place."""

import unicodedata

from django import template
from django.utils.translation import get_language_bidi

register = template.Library()
START, END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


@register.filter
def isolate(text):
    """`text` without line breaks and other control characters; set apart when it is not written in the direction of the mail."""
    text = " ".join("".join(char if unicodedata.category(char) not in ("Cc", "Cf") else " " for char in str(text)).split())
    kinds = {unicodedata.bidirectional(char) for char in text}
    other = kinds & ({"L", "EN", "AN"} if get_language_bidi() else {"R", "AL"})
    return f"{START}{text}{END}" if other else text


@register.simple_tag
def line_start():
    """What makes a line of text run in the direction of the mail although a foreign name stands first."""
    return "\N{RIGHT-TO-LEFT MARK}" if get_language_bidi() else ""
