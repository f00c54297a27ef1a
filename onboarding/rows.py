"""How steps, journeys and contacts look in lists: plain dicts for the partials, in the reader's language."""

from functools import cache, lru_cache
from html import escape

from django.urls import reverse
from django.utils import dateformat, formats
from django.utils.safestring import mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _

from common.labels import localized
from common.templatetags.ui import bar, due_pill, pill
from onboarding.models import Clock, Contact, Journey, JourneyStep
from onboarding.models import clock as contact_clock

State = JourneyStep.State


def day(date, on):
    """A date in words, with the year only when it is another one than that of `on`."""
    return _formatted(date, _day_format(date, on.year), get_language())


def _day_format(date, year):
    return "MONTH_DAY_FORMAT" if date.year == year else "DATE_FORMAT"


@lru_cache(maxsize=4096)
def _formatted(date, name, language):
    return dateformat.format(date, formats.get_format(name, language))


BEGINNINGS = {
    Journey.Reason.JOINED: gettext_lazy("joined %(day)s"),
    Journey.Reason.RETURNED: gettext_lazy("returned %(day)s"),
    Journey.Reason.MOVED_IN: gettext_lazy("moved in %(day)s"),
    Journey.Reason.EXIT: gettext_lazy("left %(day)s"),
}


def beginning(journey, on):
    """What began the journey and when: "joined 3 October"."""
    return _began(journey.reason, journey.started_on, on.year, get_language())


@lru_cache(maxsize=4096)
def _began(reason, date, year, language):
    return str(BEGINNINGS[reason]) % {"day": _formatted(date, _day_format(date, year), language)}


def result(kind, outcome):
    """The result of a contact in the words that fit its kind: a letter is answered, not reached."""
    written = kind in (Contact.Kind.MESSAGE, Contact.Kind.MAIL, Contact.Kind.LETTER)
    texts = {
        Contact.Result.REACHED: pgettext("contact", "answered") if written else pgettext("contact", "reached"),
        Contact.Result.NOT_REACHED: pgettext("contact", "sent, no answer yet") if written else pgettext("contact", "not reached"),
        Contact.Result.LATER: pgettext("contact", "asked for another time"),
        Contact.Result.WRONG: pgettext("contact", "address or number wrong"),
    }
    return texts[outcome]


def contact_text(contact):
    """Kind and result: "Call, not reached"."""
    return capfirst(f"{contact.get_kind_display()}, {result(contact.kind, contact.result)}")


def clock(journey, on, amber_days):
    """{text, tone} of the contact clock (see Journey.clock)."""
    state, days = contact_clock(journey, on, amber_days)
    return {"text": _clock_text(state, days, get_language()), "tone": state.value}


@lru_cache(maxsize=4096)
def _clock_text(state, days, language):
    if state == Clock.NONE:
        return ""
    if state == Clock.REACHED:
        text = ngettext("reached after %(days)s day", "reached after %(days)s days", days)
    else:
        text = ngettext("waiting for %(days)s day", "waiting for %(days)s days", days)
    return text % {"days": days}


def today(step, on, contact=None):
    """A step on Today, for partials/_row.html; contact: the last one with the member."""
    member, back = step.journey.member, "?back=today"
    parts = [str(step.step), step.waiting_for or beginning(step.journey, on)]
    if contact:
        parts.append(_("%(day)s: %(contact)s") % {"day": day(contact.on, on), "contact": contact_text(contact)})
    if not (member.mobile or member.phone or member.email):
        parts.append(_("no phone, no mail: a letter or a visit"))
    return {
        "id": f"today-{step.pk}",
        "name": member.name,
        "url": member.get_absolute_url(),
        "what": " · ".join(parts),
        "due": step.due_on,
        "phone": member.mobile or member.phone,
        "email": member.email,
        "done_url": reverse("onboarding:step_tick", args=[step.pk]) + back,
        "done_label": _("Done"),
    }


def today_closed(step):
    """A step just closed on Today, for partials/_row_done.html."""
    member = step.journey.member
    return {
        "id": f"today-{step.pk}",
        "name": member.name,
        "url": member.get_absolute_url(),
        "text": f"{step.step} · {closed_text(step)}",
        "undo_url": reverse("onboarding:step_undo", args=[step.pk]) + "?back=today",
    }


def follow_up(contact, on):
    """A promised contact on Today, for partials/_row.html."""
    member = contact.member
    return {
        "id": f"contact-{contact.pk}",
        "name": member.name,
        "url": member.get_absolute_url(),
        "what": _("Get in touch again · %(day)s: %(contact)s") % {"day": day(contact.on, on), "contact": contact_text(contact)},
        "due": contact.next_on,
        "phone": member.mobile or member.phone,
        "email": member.email,
        "link_url": reverse("onboarding:contact_log", args=[member.pk]) + f"?kind={contact.kind}",
        "link_label": _("Note"),
    }


def closed_text(step):
    """How a step was closed: "Done by Eva"."""
    if step.state == State.DONE:
        return _("Done by %(name)s") % {"name": step.closed_by} if step.closed_by else _("Done")
    return {State.NOT_NEEDED: _("Not needed"), State.BEFORE: _("Before Ankommen"), State.DROPPED: _("No longer due")}[step.state]


def check(step, on, editable):
    """A step in the checklist of a person, for partials/_check_row.html."""
    row = {"id": f"check-{step.pk}", "label": str(step.step)}
    if step.state == State.DONE:
        undo = reverse("onboarding:step_undo", args=[step.pk]) if editable else ""
        return row | {"state": "done", "by": step.closed_by, "sub": day(step.done_on, on), "undo_url": undo}
    if step.state == State.NOT_NEEDED:
        undo = reverse("onboarding:step_undo", args=[step.pk]) if editable else ""
        return row | {"state": "skipped", "sub": step.reason, "undo_url": undo}
    if not step.is_open:
        return row | {"state": "skipped gone", "sub": closed_text(step)}
    state = "waiting" if step.state == State.WAITING else "late" if step.due_on < on else ""
    stopped = step.escalation_stopped_at is not None
    parts = [step.waiting_for, _("by %(day)s") % {"day": day(step.due_on, on)}, in_charge(step), _("no further office is reminded") if stopped else ""]
    row |= {"state": state, "due": step.due_on, "sub": " · ".join(filter(None, parts)), "waiting_for": step.waiting_for}
    if editable:
        row |= {
            "done_url": reverse("onboarding:step_tick", args=[step.pk]),
            "skip_url": reverse("onboarding:step_not_needed", args=[step.pk]),
            "wait_url": reverse("onboarding:step_wait", args=[step.pk]),
            "escalation_url": reverse("onboarding:step_escalation", args=[step.pk]),
            "stopped": stopped,
        }
    return row


def in_charge(step):
    """Office and unit in charge of an open step, as far as it is not the one of the standard also the unit."""
    if step.duty_office is None:
        return _("nobody holds this office")
    if step.duty_unit_id == step.unit_id:
        return str(step.duty_office)
    return f"{step.duty_office} {step.duty_unit}"


def line(steps, on):
    """Steps of a journey for partials/_journey_line.html."""
    current = next((step for step in steps if step.is_open), None)

    def state(step):
        if step.state == State.DONE:
            return "done"
        if not step.is_open:
            return "skipped"
        return "late" if step.due_on < on else "now" if step == current else ""

    return [
        {
            "label": str(step.step),
            "when": _formatted(step.done_on or step.due_on, "SHORT_DATE_FORMAT", get_language()),
            "state": state(step),
        }
        for step in steps
        if step.state != State.DROPPED
    ]


@cache
def _words(language):
    """What every row of the list says, in the active language (which is `language`)."""
    texts = {"unit": _("Unit"), "contact": _("First contact"), "steps": _("Steps"), "done": _("Completed"), "next": pgettext("step", "Next")}
    texts["of"] = _("%(closed)s of %(total)s")
    return {key: escape(text) for key, text in texts.items()}


def journeys(found, amber, on):
    """A <tr> for each journey of JourneyQuerySet.for_list(), columns as in journey_list.html; amber: {path of the home: days}.

    Drawn here and not in the template: fifty rows cost a template as much as all the rest of the page.
    """
    words, base = _words(get_language()), reverse("membership:member_list")
    return [_journey(journey, amber[journey.member__home_unit__path], on, words, base) for journey in found]


def _journey(journey, amber_days, on, words, base):
    name, told = f"{journey.member__given_name} {journey.member__family_name}".strip(), clock(journey, on, amber_days)
    steps = words["of"] % {"closed": journey.closed, "total": journey.total}
    if journey.state == Journey.State.DONE:
        key, last = "done", _formatted(journey.ended_on, "SHORT_DATE_FORMAT", get_language())
    else:
        key, last = "next", f"<span>{escape(localized(journey.next_labels or {}))} {due_pill(journey.next_due_on, on)}</span>"
    return mark_safe(  # every value is escaped
        f'<tr><th scope="row" class="name-and"><a href="{base}{journey.member_id}/"><bdi>{escape(name)}</bdi></a>'
        f'<div class="muted small fw-normal">{escape(beginning(journey, on))}</div></th>'
        f'<td data-label="{words["unit"]}"><bdi>{escape(journey.member__home_unit__name)}</bdi></td>'
        f'<td data-label="{words["contact"]}">{pill(told["text"], told["tone"])}</td>'
        f'<td data-label="{words["steps"]}"><span class="barcell">{bar(journey.closed, journey.total, "ok")}<span>{steps}</span></span></td>'
        f'<td data-label="{words[key]}">{last}</td></tr>'
    )
