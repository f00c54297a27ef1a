"""Rows of which a page shows many, drawn in Python: a template takes ten times as long for each. The partials of the same names use them.

Everything goes through format_html, so what comes from outside is escaped.
"""

from functools import cache, lru_cache

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from common.templatetags.ui import avatar, due_pill, icon, phone_href, pill

register = template.Library()
TOKEN = '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'


@cache
def _words(language):
    """What every row says, in the active language (which is `language`)."""
    return {
        "call": _("Call %(name)s"), "mail": _("Mail to %(name)s"), "done": _("Done"), "done_by": _("Done by %(by)s"), "skipped": _("Not needed"),
        "waiting": _("Waiting"), "undo": _("Undo"), "done_what": _("Done: %(label)s"), "undo_what": _("Undo: %(label)s"), "line": _("Where the journey stands"),
        "more": _("Not needed?"), "more_wait": _("Not needed, or waiting?"), "why": _("Why is it not needed?"), "not_needed": _("Mark as not needed"),
        "what": _("What is it waiting for?"), "wait": _("Mark as waiting"), "resume": _("Remind further offices again"),
        "stop": _("Do not remind further offices"),
        "states": {
            "done": _("done"), "late": _("late"), "now": pgettext("step", "next"), "skipped": _("not needed"), "": _("still to come"),
        },
    }  # fmt: skip


def _form(context, url, target, inside, attributes=""):
    """A form that is a POST to `url` and answers with the row `target` anew; `attributes` and `inside` are HTML."""
    return format_html(
        '<form {} method="post" action="{}" hx-post="{}" hx-target="#{}" hx-swap="outerHTML">{}{}</form>',
        mark_safe(attributes),
        url,
        url,
        target,
        format_html(TOKEN, context.get("csrf_token", "")),
        inside,
    )


@register.simple_tag
def reach(name, phone="", email=""):
    """Buttons to call and to write to somebody."""
    say, parts = _words(get_language()), ""
    button = '<a class="btn btn-icon" href="{}" aria-label="{}" title="{}">{}</a>'
    if href := phone_href(phone):
        parts += format_html(button, href, say["call"] % {"name": name}, phone, icon("phone"))
    if email:
        parts += format_html(button, f"mailto:{email}", say["mail"] % {"name": name}, email, icon("envelope"))
    return mark_safe(parts)


@register.simple_tag
def people(found):
    """Choices that lead to those found: each has an address, name, unit and perhaps a number."""
    choice = '<a class="choice" href="{}">{}<span><bdi>{}</bdi><span class="sub"><bdi>{}</bdi>{}</span></span></a>'
    tail = " · <bdi>{}</bdi>"
    return mark_safe("".join(
        format_html(choice, one.address, avatar(one.name), one.name, one.unit, format_html(tail, one.number) if one.number else "")
        for one in found
    ))  # fmt: skip


@register.simple_tag(takes_context=True)
def row(context, row=None, on=None):
    """Somebody with what is to be done (docs/design.md); `row` is a dict, without it the names of the context count."""
    get = context.get if row is None else row.get
    name, done, label = get("name"), get("done_url"), get("done_label")
    due, picture = get("due"), get("pill")
    button = done and format_html('<button class="btn btn-done" aria-label="{0}: {1}">{2}{0}</button>', label, name, icon("check"))
    return format_html(
        '<li id="{}"><div class="row-line">{}<div class="who"><a class="name" href="{}"><bdi>{}</bdi></a>{}</div>{}<div class="acts">{}{}{}</div></div></li>',
        get("id") or "",
        avatar(name),
        get("url") or "",
        name,
        format_html('<p class="what">{}</p>', get("what")) if get("what") else "",
        due_pill(due, on or get("on")) if due else pill(picture, get("tone") or "") if picture else "",
        reach(name, get("phone"), get("email")),
        _form(context, done, get("id"), button) if done else "",
        format_html('<a class="btn" href="{}">{}</a>', get("link_url"), get("link_label")) if get("link_url") else "",
    )


@register.simple_tag
def timeline(entries):
    """What happened: entries [{on, text, by, note}]."""
    return format_html('<ol class="timeline">{}</ol>', mark_safe("".join(map(_entry, entries))))  # each is escaped


@lru_cache(maxsize=4096)
def _day(on, language):
    """The day in the active language, which is `language`."""
    return formats.date_format(on, "SHORT_DATE_FORMAT")


def _entry(entry):
    by, note, on = entry.get("by"), entry.get("note"), entry["on"]
    return format_html(
        '<li><time datetime="{}">{}</time><div>{}{}</div>{}</li>',
        f"{on:%Y-%m-%d}",
        _day(on, get_language()),
        entry["text"],
        format_html(' <span class="by">· <bdi>{}</bdi></span>', by) if by else "",
        format_html('<p class="note">{}</p>', note) if note else "",
    )


@register.simple_tag
def journey_line(steps):
    """Where a journey stands: steps [{label, when, state}]."""
    say = _words(get_language())
    items = (
        format_html(
            '<li class="{}">{}<span class="label">{}</span><span class="when">{}</span><span class="visually-hidden">{}</span></li>',
            step["state"],
            icon("check", "tick") if step["state"] == "done" else "",
            step["label"],
            step["when"],
            say["states"][step["state"]],
        )
        for step in steps
    )
    return format_html('<ol class="journey" aria-label="{}">{}</ol>', say["line"], mark_safe("".join(items)))  # each is escaped


@register.simple_tag(takes_context=True)
def check_row(context, row=None, on=None):
    """A step with its tick (docs/design.md); `row` is a dict, without it the names of the context count."""
    get = context.get if row is None else row.get
    say, state, label, key = _words(get_language()), get("state") or "", get("label"), get("id")
    over, done, undo, sub = state in ("done", "skipped"), get("done_url"), get("undo_url"), get("sub")
    if done and not over:
        tick = _form(context, done, key, format_html('<button class="tick" aria-label="{}">{}</button>', say["done_what"] % {"label": label}, icon("check")))
    else:
        tick = format_html('<span class="tick" aria-hidden="true">{}</span>', icon("check" if state == "done" else "minus") if over else "")
    said = {"done": say["done_by"] % {"by": get("by")} if get("by") else say["done"], "skipped": say["skipped"], "waiting": say["waiting"]}.get(state, "")
    return format_html(
        '<li id="{}"><div class="check {}">{}<div><span class="label">{}</span><p class="sub">{}</p></div><div class="buttons">{}{}</div>{}</div></li>',
        key,
        state,
        tick,
        label,
        " · ".join(filter(None, (said, sub))),
        due_pill(get("due"), on or get("on")) if get("due") and not over else "",
        _undo(context, get, undo, key, say["undo"], say["undo_what"] % {"label": label}) if undo else "",
        _more(context, get, key) if get("skip_url") and not over else "",
    )


def _undo(context, get, url, key, word, label):
    focus = mark_safe(" autofocus") if get("just_done") else ""
    return _form(context, url, key, format_html('<button class="btn btn-link"{} aria-label="{}">{}</button>', focus, label, word))


def _more(context, get, key):
    """What else can be said of an open step: that it is not needed, waits for something, or that no further office is to be reminded."""
    say, wait, escalation, buttons = _words(get_language()), get("wait_url"), get("escalation_url"), 'class="buttons mt-2"'
    inside = '<input class="form-control" name="{}"{} maxlength="200" value="{}" aria-label="{}" placeholder="{}"><button class="btn">{}</button>'
    why = format_html(inside, "reason", mark_safe(" required"), "", say["why"], say["why"], say["not_needed"])
    parts = [_form(context, get("skip_url"), key, why, 'class="buttons"')]
    if wait:
        parts.append(_form(context, wait, key, format_html(inside, "waiting_for", "", get("waiting_for") or "", say["what"], say["what"], say["wait"]), buttons))
    if escalation:
        do, words = ("resume", say["resume"]) if get("stopped") else ("stop", say["stop"])
        parts.append(format_html(
            '<form class="buttons mt-2" method="post" action="{}">{}<button class="btn" name="do" value="{}">{}</button></form>',
            escalation, format_html(TOKEN, context.get("csrf_token", "")), do, words,
        ))  # fmt: skip
    head = say["more_wait"] if wait else say["more"]
    return format_html('<details class="more"><summary>{}</summary>{}</details>', head, mark_safe("".join(parts)))  # each is escaped
