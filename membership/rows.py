"""How members look in a list: finished table rows, in the reader's language.

Drawn here and not in the template: fifty rows of eight fields each cost a template as much as all the rest of the page.
"""

from functools import cache, lru_cache
from html import escape
from typing import NamedTuple

from django.urls import reverse
from django.utils import formats
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from branches.scope import Right
from common.templatetags.ui import icon, phone_href
from membership import fields
from membership.models import Status, age_on

TONES = {Status.APPLICANT: "amber", Status.GUEST: "calm", Status.SUPPORTER: "calm"}

# What a row is drawn from: values, not objects, for making fifty of those takes as long as the database does.
COLUMNS = [
    "pk", "number", "given_name", "family_name", "birth_date", "joined_on", "joined_estimated", "left_on", "status", "email", "phone",
    "mobile", "sort_key", "home_unit__name", "home_unit__path", "city", "last_contact_on",
]  # fmt: skip
NUMBER = ' class="number"'
DEFAULT = ("unit", "status", "joined", "age", "reach")  # what the list shows unless the address names columns


class Shown(NamedTuple):
    """The columns of a list: names in order; of those that are not in COLUMNS, {name: {member pk: text}}; labels of own fields."""

    names: tuple = DEFAULT
    more: dict = {}
    labels: dict = {}


@cache
def words(language):
    """What every row says, in the active language (which is `language`)."""
    texts = {
        "unit": _("Unit"), "status": _("Status"), "joined": _("Joined on"), "age": _("Age"), "reach": pgettext("noun", "Reach"),
        "left": _("Left on"), "city": _("City"), "since": _("Last reached on"), "words": _("Interests, skills, time"),
        "about": pgettext("day", "about"), "call": _("Call %(name)s"), "mail": _("Mail to %(name)s"), "letter": _("letter only"),
    }  # fmt: skip
    return {key: escape(text) for key, text in texts.items()} | {
        "statuses": {status.value: escape(str(status.label)) for status in Status},
        "date": formats.get_format("SHORT_DATE_FORMAT"),
    }


def member_rows(members, user, on, shown=None):
    """A <tr> for each of `members` (rows of COLUMNS) as `user` may see them on the day `on`, with the columns of `shown` (a Shown).

    With a box to choose members where `user` cares for somebody.
    """
    rights, say = fields.rights(user, {member.pk: member.home_unit__path for member in members}), words(get_language())
    base, shown = reverse("membership:member_list"), shown or Shown()
    picks = any(a.right >= Right.CARE for a in user.appointments_now)
    return [_row(member, rights[member.pk], say, base, on, shown, picks) for member in members]


def column_labels(shown):
    """((name, label), ..) of the columns of `shown`, escaped, in the active language."""
    say = words(get_language())
    return tuple((name, mark_safe(say.get(name) or escape(shown.labels[name]))) for name in shown.names)


@lru_cache(maxsize=10_000)
def _day(day, style):
    return formats.date_format(day, style, use_l10n=False)


def _row(member, rights, say, base, on, shown, picks):
    seen = fields.seen(*rights)
    name, number = escape(f"{member.given_name} {member.family_name}".strip()), escape(member.number)
    below = f'<div class="muted small fw-normal"><bdi>{number}</bdi></div>' if number else ""
    head = f'<th scope="row"><a href="{base}{member.pk}/"><bdi>{name}</bdi></a>{below}</th>'
    if picks:
        box = f'<input class="form-check-input" type="checkbox" name="pick" value="{member.pk}" form="bulk" aria-label="{name}">'
        head = f'<td class="pick">{box}</td>{head}'
    tail = "".join(
        f'<td data-label="{say.get(key) or escape(shown.labels[key])}"{NUMBER if key == "age" else ""}>{_cell(key, member, name, seen, max(rights), say, on, shown)}</td>'
        for key in shown.names
    )
    return mark_safe(f"<tr>{head}{tail}</tr>")  # every value is escaped


def _cell(key, member, name, seen, right, say, on, shown):
    """The HTML of one cell; what is not in `seen` stays empty."""
    match key:
        case "unit":
            return f"<bdi>{escape(member.home_unit__name)}</bdi>"
        case "status":
            status, tone = say["statuses"][member.status], TONES.get(member.status)
            return f'<span class="pill {tone}">{status}</span>' if tone else status
        case "joined":
            return (say["about"] + " " if member.joined_estimated else "") + _day(member.joined_on, say["date"])
        case "age":
            age = age_on(member.birth_date, on)
            return "–" if age is None else age
        case "reach":
            return _reach(member, name, say) if "phone" in seen else ""
        case "left":
            return _day(member.left_on, say["date"]) if member.left_on else ""
        case "city":
            return f"<bdi>{escape(member.city)}</bdi>" if "city" in seen else ""
        case "since":
            return _day(member.last_contact_on, say["date"]) if member.last_contact_on and right >= Right.CARE else ""
    text = shown.more[key].get(member.pk, "") if right >= Right.CARE else ""
    return f"<bdi>{escape(text)}</bdi>" if text else ""


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


def errand_row(errand):
    """The row of an errand, for partials/_row.html."""
    return {
        "id": f"errand-{errand.pk}", "name": errand.member.name, "url": errand.member.get_absolute_url(), "what": errand.text, "due": errand.due_on,
        "done_url": reverse("membership:errand_done", args=[errand.pk]), "done_label": _("Done"),
    }  # fmt: skip
