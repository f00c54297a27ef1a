"""A real browser on the real pages: headless Chromium, static files as a server delivers them, mails in the local inbox.

Tasks run at once inside the request that orders them: the tests are about pages, and a worker of their own would add a
process and waiting without showing another page. That worker and broker do their part is held by the tests of bin/up.
"""

import os
import re
import shutil
import threading
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.test import Client, override_settings
from django.test.testcases import QuietWSGIRequestHandler, ThreadedWSGIServer  # type: ignore[attr-defined]
from django.utils import timezone, translation
from django.utils.translation import trans_real

from branches.models import Unit, User
from cockpit.demo.organisations import DRESDEN, SHARON
from config.celery import app as celery
from onboarding import journeys
from outbox.models import LocalMail
from tests import factories as make
from tests import tables

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
PHONE, LAPTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 900}


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium")
    if not path:
        pytest.skip("no chromium here; on Debian: apt install chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def static_root(tmp_path_factory):
    root = tmp_path_factory.mktemp("static")
    with override_settings(STATIC_ROOT=str(root), STORAGES=STORAGES):
        call_command("collectstatic", interactive=False, verbosity=0)
    return str(root)


@pytest.fixture(scope="session")
def catalogues():
    """Compiled messages; bin/test has them, pytest alone may find old ones or none."""
    base = django_settings.BASE_DIR
    sources = [*base.glob("locale/*/LC_MESSAGES/*.po"), *base.glob("*/locale/*/LC_MESSAGES/*.po")]
    compiled = [(source, source.with_suffix(".mo")) for source in sources]
    if any(not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime for po, mo in compiled):
        call_command("messages", compile=True, verbosity=0)
        trans_real._translations.clear()
        trans_real._default = None


@pytest.fixture
def house(transactional_db, static_root, catalogues, settings, tmp_path):
    """The address of a running server. It has its own cache, so that no test uses up another's sign-in attempts."""
    settings.STATIC_ROOT, settings.STORAGES = static_root, STORAGES
    own = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": str(tmp_path)}
    settings.CACHES = {**settings.CACHES, "default": own}
    settings.EMAIL_BACKEND = "outbox.inbox.InboxBackend"
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietWSGIRequestHandler)
    server.set_app(WSGIHandler())
    settings.BASE_URL = f"http://127.0.0.1:{server.server_port}"
    settings.CSRF_TRUSTED_ORIGINS = [settings.BASE_URL]
    eager = {"task_always_eager": True, "task_eager_propagates": True}
    before = {name: celery.conf[name] for name in eager}
    celery.conf.update(eager)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield settings.BASE_URL
    server.shutdown()
    server.server_close()
    thread.join()
    celery.conf.update(before)


def invented(party, newcomer, branch):
    """The demo of `party` as of today, and somebody new in the branch, whom nobody has called yet."""
    today = timezone.localdate()
    tables.invent(party, 300, today)
    joined_on = today - timedelta(days=20)
    where, reach = Unit.objects.get(slug=branch), {"mobile": "0151 0123456", "email": "neu@example.org"}
    make.member(newcomer, where, joined_on, number="380000001", birth_date=date(1999, 5, 4), **reach)
    journeys.start_due(today)
    return Unit.objects.get(slug=party.slug)


@pytest.fixture
def dresden(house):
    return invented(DRESDEN, "Jonas Reichelt", "pieschen")


@pytest.fixture
def sharon(house):
    return invented(SHARON, "יונתן רגב", "netanya")


class Browsing:
    """One person's browser. Whatever goes wrong in it is kept in `problems` and fails the test at its end."""

    def __init__(self, browser, house, language, screen, javascript=True, workers=True):
        self.house, self.language, self.problems = house, language, []
        self.context = browser.new_context(
            base_url=house, locale={"de": "de-DE", "he": "he-IL", "en": "en-GB"}[language], viewport=screen,
            java_script_enabled=javascript, color_scheme="light", reduced_motion="reduce",
            has_touch=screen == PHONE, service_workers="allow" if workers else "block",
        )  # fmt: skip
        self.context.set_default_timeout(60_000)
        self.page = self.context.new_page()
        self.page.on("console", lambda said: said.type == "error" and self.problems.append(said.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", self.watch)

    def watch(self, request):
        if urlsplit(request.url).scheme not in ("data", "blob", "about") and not request.url.startswith(self.house):
            self.problems.append(f"asks another host: {request.url}")

    def say(self, text, **values):
        """`text` of the catalogues in this browser's language."""
        with translation.override(self.language):
            return translation.gettext(text) % values if values else translation.gettext(text)

    def as_user(self, email):
        """Sign `email` in without a mail; the sign-in by code has its own test."""
        client = Client()
        client.force_login(User.objects.get(email=email), backend="django.contrib.auth.backends.ModelBackend")
        name = django_settings.SESSION_COOKIE_NAME
        self.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.house}])
        return self

    def open(self, path):
        answer = self.page.goto(path)
        assert answer.ok, f"{path}: {answer.status}"
        return self.page

    def scrolls_sideways(self):
        return self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


@pytest.fixture
def browse(chromium, house):
    """browse(language, screen, ..) opens a browser; at the end none of them may have had a problem."""
    opened = []

    def browsing(language="de", screen=LAPTOP, **options):
        opened.append(Browsing(chromium, house, language, screen, **options))
        return opened[-1]

    yield browsing
    if os.environ.get("BROWSER_SHOTS"):
        for number, one in enumerate(opened):
            one.page.screenshot(path=f"{os.environ['BROWSER_SHOTS']}/{number}.png")
    problems = [problem for one in opened for problem in one.problems]
    for one in opened:
        one.context.close()
    assert not problems, "\n".join(problems)


@pytest.fixture
def code_for():
    """code_for(email): the sign-in code of the last mail to `email`."""

    def code(email):
        mail = LocalMail.objects.filter(to=email).first()
        return re.search(r"^\s*([A-Z0-9]{4,}(?:-[A-Z0-9]+)*)\s*$", mail.text, re.MULTILINE)[1]

    return code
