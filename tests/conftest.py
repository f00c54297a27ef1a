"""The cast: two parties, one district with branches A and B and a section, and the people every test about rights uses."""

import tests.clock  # isort: skip (before any test module takes the time)

import gc
import os
from copy import deepcopy
from types import SimpleNamespace

import pytest
import time_machine
from django.conf import settings as project
from django.db import transaction
from django.test import TransactionTestCase
from django.utils import timezone, translation
from hypothesis import settings

from branches import setup
from common.templatetags import kept
from education import kinds
from education.models import Partner, PartnerAccount
from membership import purposes
from onboarding import standards
from tests import access, tables
from tests import factories as make

settings.register_profile("house", deadline=None)  # how long an example takes says more of the machine than of the code
settings.load_profile("house")
FAST_UNTIL = float(os.environ.get("FAST_UNTIL", "inf"))  # seconds since 1970
FAST_FIRST = [room for room in os.environ.get("FAST_FIRST", "").split(",") if room]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The fast part begins with what changed, and tests that commit stay behind; otherwise groups begin: one at the end keeps one worker alone."""
    if FAST_FIRST:
        items.sort(key=lambda item: (_commits(item), item.path.parent.name not in FAST_FIRST))
    else:
        items.sort(key=lambda item: not item.get_closest_marker("xdist_group"))


def _commits(item):
    mark = item.get_closest_marker("django_db")
    return "transactional_db" in item.fixturenames or bool(mark and mark.kwargs.get("transaction"))


def pytest_runtest_setup():
    if tests.clock.real_time() > FAST_UNTIL:
        pytest.skip("no time left in the fast part")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """Whoever starts processes of their own lives in their time."""
    if not item.get_closest_marker("services"):
        return (yield)
    with time_machine.travel(tests.clock.real_time()):
        return (yield)


def pytest_collection_finish():
    """All that is imported by now stays: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)  # most requests leave less behind, and looking took a sixth of their time


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """A test finds the tables empty, whether or not another has committed before it: what migrations write goes at once."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        tables.empty()
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: tables.empty())
        yield


@pytest.fixture(autouse=True)
def nothing_kept():
    """Pieces of pages are kept for a process with one configuration; tests change it. A page leaves its language active behind it."""
    kept._pieces.clear()
    translation.activate(project.LANGUAGE_CODE)


def make_tree():
    """Two roots; in the first a district with branches A and B and the section of young members."""
    setup.install()
    kinds.install()
    district = make.unit("Unterbezirk Musterstadt", "district", slug="musterstadt")
    foreign = make.unit("Unterbezirk Fremdstadt", "district", slug="fremdstadt")
    standards.install(district)
    standards.install(foreign)
    purposes.install(district)
    purposes.install(foreign)
    return SimpleNamespace(
        district=district,
        a=make.unit("Altdorf", "branch", district),
        b=make.unit("Bergheim", "branch", district),
        youth=make.unit("Jusos", "section", district),
        foreign=foreign,
        foreign_branch=make.unit("Fremdorf", "branch", foreign),
    )


def make_cast(tree):
    """Everybody who may knock at a door. Appointments run since 2020; a test that needs other days makes its own."""
    people = make.users(
        secretary_a="Aylin Kaya",
        secretary_b="Bernd Lohse",
        chair_a="Carla Winter",
        treasurer_a="Theo Kasimir",
        section_lead="Selma Jung",
        officer="Oskar Blume",
        admin="Ada Reiter",
        partner="Paula Bildung",
        mentor="Moritz Tandem",
        stranger="Stella Fremd",
        foreign_officer="Frida Anders",
    )
    make.appoint_all(
        (people.secretary_a, "secretary", tree.a),
        (people.secretary_b, "secretary", tree.b),
        (people.chair_a, "chair", tree.a),
        (people.treasurer_a, "treasurer", tree.a),
        (people.section_lead, "section_lead", tree.youth),
        (people.officer, "membership_officer", tree.district),
        (people.admin, "administrator", tree.district),
        (people.foreign_officer, "membership_officer", tree.foreign),
    )
    foundation = Partner.objects.create(party=tree.district, name="Stiftung Musterbildung")
    PartnerAccount.objects.create(partner=foundation, user=people.partner, by=people.admin, created_at=timezone.now())
    return people


@pytest.fixture
def tree(db):
    return tables.once("tree", make_tree)


@pytest.fixture
def cast(tree):
    return make_cast(tree)


@pytest.fixture(scope="module")
def world_of_rows(django_db_setup, django_db_blocker):
    """The world of the access table, made once for a module; no test of it may commit."""
    with django_db_blocker.unblock(), transaction.atomic():
        tree = make_tree()
        yield access.build_world(tree, make_cast(tree))
        transaction.set_rollback(True)


@pytest.fixture
def world_kept(world_of_rows, db):
    """That world for one test, which changes copies of its objects and leaves the database as it was."""
    return deepcopy(world_of_rows)


@pytest.fixture
def sign_in(client):
    """sign_in(user) gives a client with that person signed in."""

    def enter(user):
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter
