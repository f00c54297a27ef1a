"""How registrations look in a list: finished table rows in the reader's language, drawn from values, as education.event_rows does for events."""

from functools import cache, lru_cache
from html import escape

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common.labels import localized
from common.templatetags.ui import pill
from education import registration_rules as rules
from education.models import Registration
from membership.models import Member

State = Registration.State
TONES = {
    State.ASKED: "amber", State.WAITING: "amber", State.OFFERED: "calm", State.CONFIRMED: "ok", State.DECLINED: "late", State.CANCELLED: "",
    State.ATTENDED: "ok", State.MISSED: "late",
}  # fmt: skip
COLUMNS = ["pk", "state", "why", "note", "asked_at", "offered_until", "approve_until", "name"]
EVENT = ["event__titles", "event__starts_at"]
# A question of its own for each row that is shown: joined, the members of all registrations would be read before the first fifty are known.
PERSON = Subquery(
    Member.objects.filter(pk=OuterRef("member")).values_list(
        JSONObject(given=F("given_name"), family=F("family_name"), home=F("home_unit__name"))
    )
)


def values_of(registrations, event=False):
    """The queryset `registrations` as registration_rows takes it; event: with the event of each."""
    return registrations.annotate(person=PERSON).values_list(*COLUMNS, "person", *(EVENT if event else ()), named=True)


def registration_rows(registrations, names="who", unit=False, event=False, notes=False, picks=False):
    """A <tr> for each of `registrations` (values_of).

    names: what stands first, "who" registered or the "event"; unit, event: columns of their own; notes: with what was written; picks: with a box to choose it.
    """
    base, say = reverse("education:registration_mine"), _words(get_language())
    return mark_safe("".join(_row(row, base, say, names, unit, event, notes, picks) for row in registrations))  # every value is escaped


@cache
def _words(language):
    """What every row says, in the active language (which is `language`)."""
    texts = {"unit": _("Unit"), "event": _("Event"), "state": _("State"), "why": _("Why"), "since": _("Since"), "guest": _("guest"), "until": _("until %(time)s")}
    return {key: escape(text) for key, text in texts.items()} | {"states": {state: pill(state.label, TONES[state]) for state in State}}


@lru_cache(maxsize=10_000)
def _moment(moment, style, language):
    """The moment in the active language, which is `language`."""
    return escape(date_format(timezone.localtime(moment), style))


@lru_cache(maxsize=2_000)
def _day(day, language):
    """The same of a day."""
    return escape(date_format(day, "SHORT_DATE_FORMAT"))


def _row(row, base, say, names, unit, event, notes, picks):
    language = get_language()
    who = escape(f"{row.person['given']} {row.person['family']}".strip() if row.person else row.name)
    title = f"<bdi>{escape(localized(row.event__titles, language))}</bdi>" if event or names == "event" else ""
    box = f'<td class="pick"><input type="checkbox" name="pick" value="{row.pk}" form="bulk" aria-label="{who}"></td>' if picks else ""
    head = f'<th scope="row"><a class="name" href="{base}{row.pk}/">{title if names == "event" else f"<bdi>{who}</bdi>"}</a></th>'
    home = f"<bdi>{escape(row.person['home'])}</bdi>" if row.person else say["guest"]
    about = f'<td data-label="{say["unit"]}">{home}</td>' if unit else ""
    if event:
        about += f'<td data-label="{say["event"]}"><span>{title}, {_moment(row.event__starts_at, "SHORT_DATE_FORMAT", language)}</span></td>'
    note = f'<br><span class="muted small"><bdi>{escape(row.note)}</bdi></span>' if notes and row.note else ""
    return (
        f'<tr>{box}{head}{about}<td data-label="{say["state"]}">{say["states"][row.state]}</td>'
        f'<td data-label="{say["why"]}"><span>{_why(row, say, language)}{note}</span></td>'
        f'<td data-label="{say["since"]}">{_moment(row.asked_at, "SHORT_DATETIME_FORMAT", language)}</td></tr>'
    )


def _why(row, say, language):
    """Why somebody has a place or waits, and until when that holds."""
    until = ""
    if row.state == State.OFFERED:
        until = say["until"] % {"time": _moment(row.offered_until, "SHORT_DATETIME_FORMAT", language)}
    elif row.state == State.ASKED:
        until = say["until"] % {"time": _day(row.approve_until, language)}
    return " · ".join(filter(None, (escape(rules.reason(row.why)), until)))
