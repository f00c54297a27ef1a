"""PDF is made of our own templates and styles and reads nothing else, whatever a document asks for."""

import gc
import http.server
import io
import threading

import pytest
from pypdf import PdfReader

from common import pdf


@pytest.fixture
def listener():
    """A web server that notes every request; /away leads to a file on disk."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.seen.append(self.path)
            self.send_response(302 if self.path == "/away" else 200)
            self.send_header("Location", "file:///etc/passwd")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    server.seen = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def page(body, head=""):
    return f'<!doctype html><html lang="de"><head><title>Bericht</title>{head}</head><body><p>Hallo</p>{body}</body></html>'


SVG = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'%3E%3Cimage href='{}'/%3E%3C/svg%3E"
ATTACKS = {
    "picture": ('<img src="{}">', ""),
    "svg inline": ('<svg><image href="{0}"/><use href="{0}#x"/></svg>', ""),
    "svg in data": (f'<img src="{SVG}">', ""),
    "object": ('<object data="{0}"></object><embed src="{0}">', ""),
    "attachment": ("", '<link rel="attachment" href="{}">'),
    "attachment in the text": ('<a rel="attachment" href="{}">x</a>', ""),
    "stylesheet": ("", '<link rel="stylesheet" href="{}">'),
    "import": ("", '<style>@import url("{}");</style>'),
    "background": ('<div style="background: url({0}); list-style-image: url({0}); content: url({0})">x</div>', ""),
    "font": ('<p style="font-family: Evil">x</p>', '<style>@font-face {{ font-family: Evil; src: url("{}") }}</style>'),
    "base": ('<img src="passwd">', '<base href="{}/">'),
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("scheme", ["http", "redirect", "file"])
def test_a_document_cannot_read_anything(listener, tmp_path, attack, scheme):
    secret = tmp_path / "secret.txt"
    secret.write_text("canary-4711")
    host = f"http://127.0.0.1:{listener.server_port}"
    target = {"http": f"{host}/plain", "redirect": f"{host}/away", "file": secret.as_uri()}[scheme]
    body, head = (part.format(target) for part in ATTACKS[attack])
    content = pdf.write(page(body, head))
    reader = PdfReader(io.BytesIO(content))
    assert "Hallo" in reader.pages[0].extract_text()
    assert listener.seen == []
    assert not list(reader.attachments)
    assert b"canary-4711" not in content and "canary-4711" not in reader.pages[0].extract_text()


def test_a_giant_table_is_refused_at_once():
    with pytest.raises(pdf.TooLarge):
        pdf.write(page("<table>" + "<tr><td>x</td></tr>" * 100_000 + "</table>"))
    with pytest.raises(pdf.TooLarge):
        pdf.write(page("x" * 3_000_000))


def test_the_collector_works_again_after_a_document_that_fails(monkeypatch):
    monkeypatch.setattr(pdf, "tools", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        pdf.write(page(""))
    assert gc.isenabled()


def test_fonts_and_styles_are_kept_between_documents():
    assert pdf.tools() is pdf.tools()


def test_names_and_numbers_set_apart_on_the_page_are_so_on_paper():
    assert pdf.isolated('<p>סניף <bdi class="x">Nord</bdi>, <bdi>71 %</bdi></p>') == "<p>סניף \u2068Nord\u2069, \u206871 %\u2069</p>"
