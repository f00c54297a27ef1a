"""The page of all patterns: complete, light enough, without serious findings in any language, size and scheme."""

import itertools
import re
import shutil
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.urls import reverse

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.common.pattern_urls")]


@pytest.fixture
def page(cast, sign_in):
    def show(language):
        client = sign_in(cast.secretary_a)
        client.cookies["django_language"] = language
        return client.get(reverse("patterns")).text

    return show


def test_the_first_load_is_under_100_kb_compressed(page):
    for language in ("de", "he"):
        html = page(language)
        files = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js|svg))"', html)
        assert any("bootstrap" in name for name in files) and any("htmx" in name for name in files)
        parts = [html.encode(), *(Path(finders.find(name)).read_bytes() for name in files)]
        assert sum(len(brotli.compress(part)) for part in parts) < 100_000


def test_every_number_and_name_of_a_row_is_isolated_and_every_button_named(page):
    html = page("he")
    assert "<bdi>יונתן רגב</bdi>" in html
    for button in re.findall(r"<(?:button|a) [^>]*>(?:\s*<svg.*?</svg>)?\s*</(?:button|a)>", html, flags=re.S):
        assert "aria-label=" in button


def test_own_styles_use_logical_properties_only():
    css = Path(finders.find("css/app.css")).read_text(encoding="utf-8")
    assert not re.search(r"(?<![-\w])(margin|padding|border|inset)?-?(left|right)\s*:", css)
    assert not re.search(r"text-align:\s*(left|right)|float:\s*(left|right)", css)


@pytest.mark.browser
@pytest.mark.parametrize("language", ["de", "he", "en"])
def test_no_serious_finding_and_nothing_cut_off(live_server, cast, client, language):
    chromium = shutil.which("chromium")
    if not chromium:
        pytest.skip("no chromium on this machine")
    from axe_playwright_python.sync_playwright import Axe
    from playwright.sync_api import sync_playwright

    client.force_login(cast.secretary_a, backend="django.contrib.auth.backends.ModelBackend")
    cookies = {"sessionid": client.cookies["sessionid"].value, "django_language": language}
    complaints, hosts = [], set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium)
        for width, scheme in itertools.product((360, 1280), ("light", "dark")):
            context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
            context.add_cookies([{"name": n, "value": value, "url": live_server.url} for n, value in cookies.items()])
            tab = context.new_page()
            tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            tab.on("request", lambda request: hosts.add(request.url.split("/")[2]))
            for path in ("/patterns/?error=1", "/patterns/confirm/", "/accounts/2fa/"):
                tab.goto(live_server.url + path)
                if tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    complaints.append(f"{path} is wider than {width}")
                for finding in Axe().run(tab).response["violations"]:
                    if finding["impact"] in ("serious", "critical"):
                        complaints.append((path, width, scheme, finding["id"], [n["target"] for n in finding["nodes"]]))
            context.close()
        browser.close()
    assert complaints == []
    assert len(hosts) == 1
