"""The house holds: imports go downwards, one name leads from address to view to template, and there is one way to reach a row."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import URLPattern, get_resolver

from tests import access

ROOT = settings.BASE_DIR
ROOMS = ["cockpit", "planning", "education", "onboarding", "membership", "branches", "outbox", "common"]
TEMPLATES = sorted((ROOT / "templates").rglob("*.*"))
PAGES = [path for path in TEMPLATES if path.suffix == ".html" and path.parent.name != "mail" and path.parent.parent.name != "mail"]


def sources(*folders):
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")) if "migrations" not in path.parts]


def views(resolver=None, prefix=""):
    """{url name: view without its decorators} of our own addresses."""
    found = {}
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLPattern):
            name = f"{prefix}{pattern.name}"
            if name in access.addresses():
                found[name] = inspect.unwrap(pattern.callback)
        else:
            found |= views(pattern, f"{pattern.namespace}:" if pattern.namespace else prefix)
    return found


VIEWS = views()


def test_a_room_imports_only_from_rooms_below_it():
    done = subprocess.run([Path(sys.executable).with_name("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", [name for name in VIEWS if ":" in name])
def test_address_and_view_share_one_name(name):
    room, _colon, short = name.partition(":")
    view = VIEWS[name]
    assert view.__name__ == short and view.__module__.split(".")[0] == room
    assert inspect.isfunction(view), "function views only"


def rendered():
    """{(room, view function): [template, ..]} that functions of our rooms name."""
    found = {}
    for path in sources(*ROOMS):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef):
                names = [n.value for n in ast.walk(function) if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value.endswith(".html")]
                found.setdefault((path.relative_to(ROOT).parts[0], function.name), []).extend(names)
    return found


def test_a_view_renders_the_template_of_its_name():
    """Own page, a fragment (_), one form for adding and editing (*_form), the page of a link that is over (*_closed), or paper."""
    wrong = []
    for (room, function), names in rendered().items():
        if f"{room}:{function}" in VIEWS:
            for name in names:
                folder, _slash, file = name.rpartition("/")
                stem = file.removesuffix(".html")
                shared = stem.startswith("_") or stem.endswith(("_form", "_closed")) or folder in ("partials", "pages", "pdf")
                if not shared and (folder, stem) != (room, function):
                    wrong.append(f"{room}:{function} renders {name}")
    assert not wrong, "\n".join(wrong)


def test_every_template_is_used():
    said = " ".join(path.read_text("utf-8") for path in [*sources(*ROOMS, "config", "tests"), *TEMPLATES])
    library = ("account", "allauth", "mfa", "usersessions", "socialaccount")
    django = {"400.html", "403.html", "404.html", "500.html", "403_csrf.html"}
    ours = [path for path in TEMPLATES if path.relative_to(ROOT / "templates").parts[0] not in library and path.name not in django]
    stems = {path: path.name.removesuffix("_subject.txt").removesuffix(".html").removesuffix(".txt") for path in ours}
    assert not [str(path) for path in ours if path.name not in said and stems[path] not in said]


def test_no_view_reaches_a_row_past_its_scope():
    """In a module with views every row is fetched with get_object_or_404 from what is visible to the person."""
    modules = {inspect.getsourcefile(view) for name, view in VIEWS.items() if ":" in name}
    past = [f"{Path(path).relative_to(ROOT)}: {line.strip()}" for path in modules for line in Path(path).read_text("utf-8").splitlines() if ".objects.get(" in line]
    assert not past


def test_no_signals_no_work_in_save_no_hole_in_csrf():
    for path in sources(*ROOMS):
        text = path.read_text("utf-8")
        assert not re.search(r"@receiver|from django\.db\.models\.signals", text), path
        assert "csrf_exempt" not in text or path.name == "unsubscribing.py", path  # RFC 8058: the signed address is all the right there is
        assert path.name != "models.py" or "def save(" not in text, path
        assert path.name not in ("services.py", "utils.py", "helpers.py", "managers.py", "signals.py"), path


def test_no_template_styles_or_scripts_inline_or_loads_from_elsewhere():
    for path in PAGES:
        text = path.read_text("utf-8")
        if "pdf" not in path.parts:
            assert not re.search(r"\sstyle=|<style|\son\w+=\"|<script(?![^>]*\bsrc=)|javascript:", text), path
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", text), path
        assert "|safe" not in text and "autoescape off" not in text, path


def test_forms_that_post_carry_the_token():
    for path in PAGES:
        for form in re.findall(r"<form\b[^>]*method=\"post\".*?</form>", path.read_text("utf-8"), re.S):
            assert "{% csrf_token %}" in form, f"{path}: {form[:80]}"


def test_styles_name_no_left_and_no_right():
    """Pages mirror by themselves: margin-inline-start, never margin-left."""
    for path in (ROOT / "static" / "css").glob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
        physical = re.findall(r"(?:^|[;{\s])((?:margin|padding|border)-(?:left|right)[\w-]*|left|right)\s*:|(?:float|text-align):\s*(?:left|right)\b", text)
        assert not physical, f"{path.name}: {physical}"


def test_nothing_in_the_repository_names_the_machine_it_was_made_on():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no git here")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.suffix in {".py", ".md", ".html", ".txt", ".toml", ".yml", ".css", ".js", ".po", ".lock", ""} and path.is_file() and path != Path(__file__):
            assert not re.search(r"/(?:root|home)/[a-z]", path.read_text("utf-8", errors="replace")), name


@pytest.mark.xdist_group("together")
def test_tests_of_a_group_stay_with_one_worker(request):
    """Their packages agree by a mark in the name of a test; where they do not, worlds are made again for every test."""
    if request.config.getoption("loadgroup", False):
        assert request.node.nodeid.endswith("@together")
