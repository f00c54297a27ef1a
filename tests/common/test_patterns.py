"""The page of all patterns: complete, light enough, without serious findings in any language, size and scheme."""

import itertools
import re
import shutil
from contextlib import contextmanager
from pathlib import Path

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
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


@pytest.fixture(autouse=True)
def plain_names(settings):
    """Static files under their own names, no manifest needed."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture
def served(transactional_db):
    """A running server that finds the static files where they are made."""
    server = LiveServerThread("localhost", static_handler=StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    if server.error:
        raise server.error
    server.url = f"http://localhost:{server.port}"
    yield server
    server.terminate()


@pytest.fixture
def tabs(served, cast, client):
    """tabs(browser, language, **context) opens a browser tab with the secretary of A signed in."""
    client.force_login(cast.secretary_a, backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies["sessionid"].value

    def open_tab(browser, language, **context):
        window = browser.new_context(**context)
        cookies = {"sessionid": session, "django_language": language}
        window.add_cookies([{"name": name, "value": value, "url": served.url} for name, value in cookies.items()])
        return window.new_page()

    return open_tab


@contextmanager
def chromium():
    path = shutil.which("chromium")
    if not path:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.mark.browser
@pytest.mark.parametrize("language", ["de", "he", "en"])
def test_no_serious_finding_and_nothing_cut_off(served, tabs, language):
    from axe_playwright_python.sync_playwright import Axe

    complaints, hosts = [], set()
    with chromium() as browser:
        for width, scheme in itertools.product((360, 1280), ("light", "dark")):
            tab = tabs(browser, language, viewport={"width": width, "height": 800}, color_scheme=scheme)
            tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            tab.on("request", lambda request: hosts.add(request.url.split("/")[2]))
            others = ("/patterns/confirm/", "/accounts/2fa/") if (width == 360) == (scheme == "light") else ()
            for path in ("/patterns/?error=1", *others):
                tab.goto(served.url + path)
                if tab.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
                    complaints.append(f"{path} is wider than {width}")
                for finding in Axe().run(tab).response["violations"]:
                    if finding["impact"] in ("serious", "critical"):
                        complaints.append((path, width, scheme, finding["id"], [n["target"] for n in finding["nodes"]]))
            tab.context.close()
    assert complaints == []
    assert len(hosts) == 1


@pytest.mark.browser
def test_keys_menus_bulk_bar_and_toasts_work(served, tabs):
    with chromium() as browser:
        tab = tabs(browser, "de", viewport={"width": 1280, "height": 900})
        tab.goto(served.url + "/help/")
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.className") == "skip"

        tab.goto(served.url + "/patterns/")
        tab.evaluate("document.activeElement.blur()")
        tab.keyboard.press("/")
        assert tab.evaluate("document.activeElement.id") == "seek" and tab.input_value("#seek") == ""
        tab.evaluate("document.activeElement.blur()")
        tab.click(".menu.end > summary")
        assert tab.is_visible("text=Abmelden")
        tab.keyboard.press("Escape")
        assert not tab.is_visible("text=Abmelden")

        tab.check("input[name=pick][value=r1]")
        assert tab.inner_text("[data-count]") == "1"
        tab.check("[data-pick-all]")
        assert tab.inner_text("[data-count]") == "3"

        tab.route("**/gone/", lambda route: route.abort())
        tab.evaluate("htmx.ajax('GET', '/gone/', '#live').catch(() => 0)")
        tab.wait_for_selector(".say.error")
        assert "Das hat nicht geklappt" in tab.inner_text("#toasts")
        tab.click("[data-shut]")
        assert tab.inner_text("#toasts") == ""


@pytest.mark.browser
def test_without_javascript_nothing_is_offered_that_needs_it(served, tabs):
    with chromium() as browser:
        tab = tabs(browser, "de", java_script_enabled=False)
        tab.goto(served.url + "/patterns/")
        assert tab.is_visible("text=Rückgängig") and not tab.is_visible("[data-shut]")
        tab.click(".menu.end > summary")
        assert tab.is_visible("text=Abmelden")
        tab.click("text=Abmelden")
        tab.goto(served.url + "/accounts/login/")
        assert tab.is_visible("text=Code per Mail schicken") and not tab.is_visible("#passkey_login")
