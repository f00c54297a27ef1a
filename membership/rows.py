"""How members look in a list: finished table rows, in the reader's language.

Drawn here and not in the template: fifty rows of eight fields each cost a template as much as all the rest of the page.
"""

from functools import cache, lru_cache
from html import escape

from django.urls import reverse
from django.utils import formats
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from common.templatetags.ui import icon, phone_href
from membership import fields
from membership.models import Status, age_on

TONES = {Status.APPLICANT: "amber", Status.GUEST: "calm", Status.SUPPORTER: "calm"}

# What a row is drawn from: values, not objects, for making fifty of those takes as long as the database does.
COLUMNS = [
    "pk", "number", "given_name", "family_name", "birth_date", "joined_on", "joined_estimated", "left_on", "status", "email", "phone",
    "mobile", "sort_key", "home_unit__name", "home_unit__path",
]  # fmt: skip
NUMBER = ' class="number"'


@cache
def words(language):
    """What every row says, in the active language (which is `language`)."""
    texts = {
        "unit": _("Unit"), "status": _("Status"), "joined": _("Joined on"), "age": _("Age"), "reach": pgettext("noun", "Reach"),
        "about": pgettext("day", "about"), "call": _("Call %(name)s"), "mail": _("Mail to %(name)s"), "letter": _("letter only"),
    }  # fmt: skip
    return {key: escape(text) for key, text in texts.items()} | {
        "statuses": {status.value: escape(str(status.label)) for status in Status},
        "date": formats.get_format("SHORT_DATE_FORMAT"),
    }


def member_rows(members, user, on):
    """A <tr> for each of `members` (rows of COLUMNS) as `user` may see them on the day `on`; columns as in member_list.html."""
    rights, say = fields.rights(user, {member.pk: member.home_unit__path for member in members}), words(get_language())
    base = reverse("membership:member_list")
    return [_row(member, fields.seen(*rights[member.pk]), say, base, on) for member in members]


@lru_cache(maxsize=10_000)
def _day(day, style):
    return formats.date_format(day, style, use_l10n=False)


def _row(member, seen, say, base, on):
    name, number = escape(f"{member.given_name} {member.family_name}".strip()), escape(member.number)
    age = age_on(member.birth_date, on)
    status, tone = say["statuses"][member.status], TONES.get(member.status)
    about = say["about"] + " " if member.joined_estimated else ""
    below = f'<div class="muted small fw-normal"><bdi>{number}</bdi></div>' if number else ""
    cells = [
        ("unit", f"<bdi>{escape(member.home_unit__name)}</bdi>"),
        ("status", f'<span class="pill {tone}">{status}</span>' if tone else status),
        ("joined", about + _day(member.joined_on, say["date"])),
        ("age", "–" if age is None else age),
        ("reach", _reach(member, name, say) if "phone" in seen else ""),
    ]
    head = f'<th scope="row"><a href="{base}{member.pk}/"><bdi>{name}</bdi></a>{below}</th>'
    tail = "".join(f'<td data-label="{say[key]}"{NUMBER if key == "age" else ""}>{cell}</td>' for key, cell in cells)
    return mark_safe(f"<tr>{head}{tail}</tr>")  # every value is escaped above


def _reach(member, name, say):
    """Buttons to call and to write; `name` is escaped."""
    phone, parts = member.mobile or member.phone, ""
    if href := phone_href(phone):
        parts += _button(href, say["call"] % {"name": name}, escape(phone), "phone")
    if member.email:
        email = escape(member.email)
        parts += _button(f"mailto:{email}", say["mail"] % {"name": name}, email, "envelope")
    return f'<span class="buttons">{parts}</span>' if parts else f'<span class="muted small">{say["letter"]}</span>'


def _button(href, label, title, picture):
    return f'<a class="btn btn-icon" href="{href}" aria-label="{label}" title="{title}">{icon(picture, "")}</a>'
