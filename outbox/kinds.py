"""What kinds of message there are. Each room registers its own in AppConfig.ready; the relay knows only these functions."""

from collections.abc import Callable
from dataclasses import dataclass, field

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)


@dataclass(frozen=True)
class Mail:
    """A mail ready to go to one address. headers: further headers; those of the relay win. attachments: (file name, content, MIME type).

    pictures: (file name, content) of PNGs that the HTML shows as cid:<file name>.
    """

    to: str
    subject: str
    text: str
    html: str = ""
    reply_to: str = ""
    headers: dict = field(default_factory=dict)
    attachments: tuple = ()
    pictures: tuple = ()


@dataclass(frozen=True)
class Skip:
    """Do not send, because `reason`: an English msgid marked with gettext_noop, shown translated in the ledger."""

    reason: str


@dataclass(frozen=True)
class Kind:
    load: Callable
    build: Callable
    after_crash: str


KINDS: dict[str, Kind] = {}


def register(name, build, load=lambda messages, now: None, after_crash="resend"):
    """Make `name` a kind of message.

    load(messages, now): called once per batch, reads all that `build` needs in a constant number of queries.
    build(message, loaded, now): checks again that the message is still due and its recipient still entitled, and returns a
    Mail or a Skip. What it raises fails this message only.
    after_crash: what happens to a message whose sending was cut off and of which nobody can tell whether it went out:
    "resend" (under the same Message-ID), or "hold" for a human.
    """
    if after_crash not in ("resend", "hold"):
        raise ValueError(after_crash)
    KINDS[name] = Kind(load, build, after_crash)


def render(template, context, language, **fields):
    """A Mail from mail/<template>_subject.txt, mail/<template>.txt and mail/<template>.html in `language`; fields as of Mail."""
    context = {"party_name": settings.PARTY_NAME, "base_url": settings.BASE_URL, **context}
    with translation.override(language):
        # A name with a line break in it must not become a header.
        subject = " ".join(render_to_string(f"mail/{template}_subject.txt", context).split())
        context["subject"] = subject
        text = render_to_string(f"mail/{template}.txt", context)
        html = INLINER.inline(render_to_string(f"mail/{template}.html", context))
    return Mail(subject=subject, text=text, html=html, **fields)
