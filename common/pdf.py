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


def write(html, **options):
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
            return document.write_pdf(stylesheets=styles, font_config=fonts, **{"pdf_variant": "pdf/ua-1", **options})
        finally:
            if collecting:
                gc.enable()


REFERENCE = re.compile(rb"(?<![\d.])(\d+) 0 R\b")


class Stack:
    """One PDF out of many documents, each laid out alone and written to `file` at once: memory holds one of them, however many there are.

    For paper: without the tags of PDF/UA, which would have to be kept until the end. Needs add(html) any number of times, then close().
    """

    PAGES, CATALOG = 1, 2  # the numbers that the library gives them in every document, and we in the whole

    def __init__(self, file):
        self.file, self.kids, self.offsets = file, [], {}
        self.file.write(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

    @property
    def pages(self):
        return len(self.kids)

    def add(self, html):
        """Lay out `html` and append its pages. Raises TooLarge."""
        write(html, pdf_variant=None, finisher=lambda document, pdf: self._take(pdf))

    def _take(self, pdf):
        """Write what the library made of one document, numbered behind what is there."""
        shift = len(self.offsets)
        for element in pdf.objects[self.CATALOG + 1 :]:
            head, stream, body = element.data.partition(b"stream\n")
            self._write(element.number + shift, REFERENCE.sub(lambda found: self._moved(found, shift), head) + stream + body)
        self.kids += [number + shift for number in pdf.pages["Kids"][::3]]
        del pdf.objects[self.CATALOG + 1 :]  # the library need not write it once more

    def _moved(self, found, shift):
        number = int(found[1])
        return b"%d 0 R" % (number if number <= self.CATALOG else number + shift)

    def _write(self, number, data):
        self.offsets[number] = self.file.tell()
        self.file.write(b"%d 0 obj\n%b\nendobj\n" % (number, data))

    def close(self):
        """Write what holds the pages together; the file is a PDF now."""
        kids = b" ".join(b"%d 0 R" % number for number in self.kids)
        self._write(self.PAGES, b"<</Type /Pages /Count %d /Kids [%b]>>" % (self.pages, kids))
        self._write(self.CATALOG, b"<</Type /Catalog /Pages %d 0 R>>" % self.PAGES)
        start, size = self.file.tell(), len(self.offsets) + 1
        self.file.write(b"xref\n0 %d\n0000000000 65535 f \n" % size)
        self.file.writelines(b"%010d 00000 n \n" % self.offsets[number] for number in range(1, size))
        self.file.write(b"trailer\n<</Size %d /Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, self.CATALOG, start))


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
