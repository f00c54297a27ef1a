"""Small parts of the screen: icons, initials, pills with a day; bars and columns of boxes for page, PDF and mail."""

import re
from functools import cache, lru_cache
from html import escape

import heroicons
from django import template
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

register = template.Library()
NUMBER = ' class="number"'
NO_HEADS = [("", "")] * 100

# Icons that point somewhere are mirrored from right to left.
TURNING = re.compile(r"(arrow|chevron)-.*(left|right)|arrow-u?turn|paper-airplane|queue-list|list-bullet")


@register.simple_tag
def icon(name, css=""):
    """The outline icon `name`, silent for screen readers: the words stand beside it or in its button's aria-label."""
    return _drawn(name + "", css + "")


@cache
def _drawn(name, css):
    css = " ".join(filter(None, ["icon", "turns" if TURNING.match(name) else "", css]))
    return mark_safe(heroicons._render_icon("outline", name, 20, {"class": css, "aria-hidden": "true"}))


@register.filter
def initials(name):
    """First letters of the first and the last word: "Mirjam Teichert-Vogel" gives "MT"."""
    words = [letters for word in str(name or "").split() if (letters := re.sub(r"[\W\d_]", "", word))]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"


@register.simple_tag
def avatar(name, css=""):
    """A round with the initials of `name`; the name itself stands beside it."""
    return format_html('<span class="avatar {}" aria-hidden="true"><bdi>{}</bdi></span>', css, initials(name))


@register.filter
def phone_href(number):
    """tel: address of a phone number as people write it, "" when there is none: "0351 / 12 34" gives "tel:03511234"."""
    number = str(number or "").replace("(0)", "")
    digits = re.sub(r"\D", "", number)
    return ("tel:" + ("+" if number.lstrip().startswith("+") else "") + digits) if digits else ""


def relative_day(day, on):
    """`day` as seen on the day `on`: "in 3 days", "22 days late", "today"."""
    return _relative((day - on).days, get_language())


@lru_cache(maxsize=4096)
def _relative(days, language):
    """The words in the active language, which is `language`."""
    if days < -1:
        return ngettext("%(days)s day late", "%(days)s days late", -days) % {"days": -days}
    if days > 1:
        return ngettext("in %(days)s day", "in %(days)s days", days) % {"days": days}
    return {-1: _("since yesterday"), 0: _("today"), 1: _("tomorrow")}[days]


def tone_of_day(day, on, amber_days=7):
    """late for the past, amber from `amber_days` before, calm until then."""
    days = (day - on).days
    return "late" if days < 0 else "amber" if days <= amber_days else "calm"


@register.simple_tag
def due_pill(day, on=None, amber_days=7):
    """Pill of a due date: words and tone. `on`: the day it is seen from (default: today)."""
    if day is None:
        return ""
    on = on or timezone.localdate()
    return pill(relative_day(day, on), tone_of_day(day, on, amber_days))


@register.simple_tag
def pill(text, tone=""):
    """`text` in a pill; tone: late, amber, ok, calm or none."""
    return mark_safe(f'<span class="pill {escape(str(tone))}">{escape(str(text))}</span>') if text else ""


def percent(part, whole):
    """`part` of `whole` as a whole number 0..100: more than nothing is at least 1, less than all at most 99."""
    if not whole or part <= 0:
        return 0
    if part >= whole:
        return 100
    return min(99, max(1, round(100 * part / whole)))


@register.simple_tag
def bar(value, whole, tone="", css=""):
    """One bar, `value` of `whole` wide. Without words: write the number beside it. tone and css are names of classes."""
    return _bar([(tone, percent(value or 0, whole))], css)


@register.simple_tag
def stacked(parts, css=""):
    """Bar of several parts: [(count, tone), ..]. Without words: write the numbers beside it."""
    whole = sum(count for count, _tone in parts)
    edges, done = [0], 0
    for count, _tone in parts:
        done += count
        edges.append(round(100 * done / whole) if whole else 0)
    widths = ((tone, end - start) for (_count, tone), start, end in zip(parts, edges, edges[1:], strict=False))
    return _bar([(tone, width) for tone, width in widths if width > 0], css)


def _bar(parts, css):
    # Not format_html: a cockpit has hundreds of bars, and the parts are names of classes and whole numbers.
    inner = "".join(f'<span class="part {tone} w{width:d}"></span>' for tone, width in parts)
    return mark_safe(f'<span class="bar {css}" aria-hidden="true">{inner}</span>')


@register.simple_tag
def meter(held, planned=0, of=6, css=""):
    """Meter of `of` fields: held, planned, open, with the words for those who cannot see it."""
    return _meter(held, planned, of, css, get_language())


@lru_cache(maxsize=4096)
def _meter(held, planned, of, css, language):
    """The same in the active language, which is `language`."""
    held, planned = min(held, of), min(planned, max(of - held, 0))
    kinds = ["held"] * held + ["planned"] * planned + [""] * (of - held - planned)
    if planned:
        words = ngettext("%(held)s of %(of)s, one planned", "%(held)s of %(of)s, %(planned)s planned", planned)
    else:
        words = _("%(held)s of %(of)s")
    boxes = format_html_join("", '<i class="{}"></i>', ((kind,) for kind in kinds))
    return format_html(
        '<span class="meter {}" role="img" aria-label="{}">{}</span>',
        css,
        words % {"held": held, "of": of, "planned": planned},
        boxes,
    )


@register.simple_tag
def columns(rows, tones=("ok", "late"), css=""):
    """Column chart from plain lists: rows [(label, value, ..)]; one column per value, coloured by `tones` in turn.

    Drawn as a list of boxes with the numbers as text, so page, PDF and screen reader show the same.
    """
    highest = max((value for _label, *values in rows for value in values), default=0)
    items = []
    for label, *values in rows:
        heights = zip(tones * len(values), values, strict=False)
        boxes = "".join(f'<i class="{tone} up{percent(value, highest):d}"></i>' for tone, value in heights)
        numbers = "<br>".join(escape(str(value)) for value in values)
        items.append(
            f'<li><span class="value">{numbers}</span><span class="stand" aria-hidden="true">{boxes}</span>'
            f'<span class="label">{escape(str(label))}</span></li>'
        )
    return mark_safe(f'<ul class="columns {css}" tabindex="0">{"".join(items)}</ul>')


BRIEF = 16  # letters that stand beside a picture without a break


def _cell(cell, paper):
    """What stands in one field of a table of units: a picture, if its kind has one, and the words or number beside it."""
    kind, picture = cell.get("kind"), ""
    if kind == "bar" and cell["whole"]:
        picture = bar(cell["part"], cell["whole"], cell["tone"])
    elif kind == "share" and cell["parts"]:
        picture = stacked(cell["parts"])
    elif kind == "meter":
        picture = meter(cell["held"], cell["planned"], cell["of"])
    css = f' class="{cell["css"]}"' if cell.get("css") else ""
    text = f"<bdi{css}>{escape(str(cell['text']))}</bdi>" if cell.get("text") not in (None, "") else ""
    if cell.get("url") and not paper:
        text = f'<a class="count-link" href="{escape(cell["url"])}">{text}</a>'
    brief = " brief" if len(str(cell.get("sub") or "")) < BRIEF else ""
    sub = f' <span class="muted small{brief}">{escape(str(cell["sub"]))}</span>' if cell.get("sub") else ""
    if cell.get("pill"):
        sub += pill(*cell["pill"])
    if picture:
        return f'<span class="barcell">{picture}{text}{sub}</span>'
    return f"<span>{text}{sub}</span>" if text or sub else ""  # an empty field is left out on a phone


@register.simple_tag
def unit_rows(rows, columns=(), paper=False):
    """The rows of a table of units (docs/design.md). Written here, not in a template: a cockpit has hundreds of fields."""
    heads = [(escape(str(column["label"])), column.get("kind")) for column in columns[1:]]
    return mark_safe("".join(_row(row, heads, paper) for row in rows))


def _row(row, heads, paper):
    name = f"<bdi>{escape(str(row['name']))}</bdi>"
    if row.get("url") and not paper:
        name = f'<a href="{escape(row["url"])}">{name}</a>'
    if row.get("sub"):
        name = f'<div>{name}<br><span class="muted small fw-normal"><bdi>{escape(row["sub"])}</bdi></span></div>'
    cells = "".join(
        f'<td data-label="{escape(str(cell["label"])) if "label" in cell else head}"{NUMBER if cell.get("kind", kind) == "number" else ""}>{_cell(cell, paper)}</td>'
        for cell, (head, kind) in zip(row["cells"], heads or NO_HEADS, strict=False)
    )
    return f'<tr><th scope="row">{name}</th>{cells}</tr>'


@register.filter
def folds(form):
    """Whether a filter form is long enough to be folded away on a phone, so that the first row stands on the first screen."""
    return len(form.visible_fields()) > 1


@register.filter
def how_many_chosen(form):
    """How many fields of a filter form say something."""
    return sum(1 for field in form.visible_fields() if form.data.get(field.html_name))


@register.filter
def is_undo(tags):
    """Whether a message's extra tag is the address of its undo (see common.toasts)."""
    return bool(tags) and tags.startswith("/")
