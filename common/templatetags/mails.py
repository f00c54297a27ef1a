"""What mails need in plain text, where no markup keeps a name of the other direction in its place."""

import re
import unicodedata

from django import template
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, get_language_bidi

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


@register.filter
def opening(content):
    """The content of a mail, which follows the comma of the greeting: only English begins with a capital there."""
    if get_language() != "en":
        return content
    return mark_safe(re.sub(r"^((?:\s|<[^>]*>)*)(\w)", lambda found: found[1] + found[2].upper(), content, count=1))
