"""PDF from our own templates: accessible (PDF/UA-1), in any of our languages, and never reading anything from anywhere."""

import atexit
import gc
import logging
import re
import threading
from functools import cache

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

STYLES = ("css/bars.css", "css/pdf.css")
# A page of a report has some 800 tags in 25 kB and takes 0.1 s; far beyond that somebody tries to keep a worker busy.
MAX_TAGS, MAX_CHARACTERS = 60_000, 2_000_000

# They tell every step, and repeat the addresses refused, which may hold anything.
for name in ("weasyprint", "weasyprint.progress"):
    logging.getLogger(name).disabled = True

# The fonts kept between reports are not made for several threads at once.
_one_at_a_time = threading.Lock()


class TooLarge(Exception):
    """The document would take too long to lay out."""


class Refused(ValueError):
    """A document wanted to read something."""


def render(template, context, language):
    """The PDF of `template` with `context` in `language` as bytes. Raises TooLarge."""
    with translation.override(language):
        return write(render_to_string(template, {"party_name": settings.PARTY_NAME, **context}))


def write(html):
    """PDF/UA-1 of an HTML text as bytes; styles are ours alone, links to files, pictures or other hosts stay empty. Raises TooLarge."""
    if html.count("<") > MAX_TAGS or len(html) > MAX_CHARACTERS:
        raise TooLarge
    from weasyprint import HTML

    with _one_at_a_time:
        collecting = gc.isenabled()
        gc.disable()  # boxes of a page refer to each other: collecting in between takes a third of the time and frees nothing
        try:
            fonts, styles, fetcher = tools()
            document = HTML(string=isolated(html), base_url=None, url_fetcher=fetcher)
            return document.write_pdf(stylesheets=styles, font_config=fonts, pdf_variant="pdf/ua-1")
        finally:
            if collecting:
                gc.enable()


def isolated(html):
    """`html` with every <bdi> as the characters that mean the same: the renderer knows those, but not the element."""
    return re.sub(r"<bdi\b[^>]*>", "\N{FIRST STRONG ISOLATE}", html).replace("</bdi>", "\N{POP DIRECTIONAL ISOLATE}")


@cache
def tools():
    """(fonts, our styles, the fetcher that refuses), made once per process."""
    from weasyprint import CSS
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    class Nothing(URLFetcher):
        def fetch(self, url, headers=None):
            raise Refused(url)

    fonts, fetcher = FontConfiguration(), Nothing()
    texts = [(settings.BASE_DIR / "static" / name).read_text("utf-8") for name in STYLES]
    atexit.register(tools.cache_clear)  # the fonts need their library to go
    return fonts, [CSS(string=text, font_config=fonts, url_fetcher=fetcher) for text in texts], fetcher
