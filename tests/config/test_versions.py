"""Versions with known holes stay out, locks agree with each other, and what browsers get is what was looked at."""

import hashlib
import re
from importlib.metadata import version

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from packaging.version import Version

# Package, the first version that may be used, and why.
LEAST = {
    "django": ("5.2.19", "CVE-2026-87975, formsets"),
    "weasyprint": ("70.0", "CVE-2026-55073"),
    "django-allauth": ("65.21.1", "sign-in"),
    "celery": ("5.7.0", "CVE-2021-23727 is below 5.2.2"),
    "openpyxl": ("3.1.5", "hostile sheets"),
    "defusedxml": ("0.7.1", "hostile XML"),
}
SERVED = {
    "bootstrap/bootstrap.min.css": "d85327d99c7a3ee1f9b5d0500d1370acea3ad2db39c163c2f51f232baedbdede",
    "bootstrap/bootstrap.rtl.min.css": "b9048c83571ab73da54395b6b307219f9eb9c5447f4f8edb17a069eb0f19465a",
    "django_htmx/htmx-2.min.js": "71ea67185bfa8c98c39d31717c6fce5d852370fcdfd129db4543774d3145c0de",
    "account/js/onload.js": "1af670ed1218c4efbd25bd354323ccddc144dc64414fc93760b5c2cec6d89580",
    "mfa/js/webauthn-json.js": "d7088f0d91b85ad37c2d8c1f34710f0f495fa17732e686cea6abdd5599ddf56d",
    "mfa/js/webauthn.js": "c7be11a4703019afc6cfcbfb864b4f467966e920d02573a947f740a4ddb39730",
}
LOCKS = ["requirements.lock", "requirements-local.lock", "requirements-dev.lock"]


def pins(lock):
    return dict(re.findall(r"^([\w.\[\], -]+)==([^\s;]+)", (settings.BASE_DIR / lock).read_text(), re.M))


@pytest.mark.parametrize("package", LEAST)
def test_no_version_with_a_known_hole_is_installed_or_locked(package):
    least, why = LEAST[package]
    assert Version(version(package)) >= Version(least), why
    for lock in LOCKS:
        locked = next(pin for name, pin in pins(lock).items() if name.partition("[")[0] == package)
        assert Version(locked) >= Version(least), f"{lock}: {why}"


def test_the_locks_agree_and_each_contains_the_smaller_one():
    server, one_machine, development = map(pins, LOCKS)
    assert server.items() <= one_machine.items() <= development.items()


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_held_by_a_hash_and_no_lock_names_an_index(lock):
    text = (settings.BASE_DIR / lock).read_text()
    entries = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text and "--index" not in text


@pytest.mark.parametrize("path", SERVED)
def test_files_from_packages_are_those_that_were_looked_at(path):
    with open(finders.find(path), "rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == SERVED[path]


def test_no_template_serves_a_file_from_a_package_that_nobody_looked_at():
    texts = (path.read_text() for path in settings.BASE_DIR.glob("**/templates/**/*.html") if ".venv" not in path.parts)
    used = {name for text in texts for name in re.findall(r"{% static '([^']+)'", text)}
    assert {name for name in used if not (settings.BASE_DIR / "static" / name).exists()} <= set(SERVED)
