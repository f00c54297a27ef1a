"""The list of who is here, on a phone: without a line, with two people at it, without JavaScript; and what is left on the device afterwards."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from education.models import Tick
from tests import factories as make
from tests.browser.conftest import PHONE
from tests.education.test_attendance import registered

NAMES = ["Jona Licht", "Edda Wolf", "Ilka Sand"]


@pytest.fixture
def listed(house, tree, cast):
    """The address of today's list, with three members on it."""
    event = make.event(tree.a, starts_at=timezone.now() - timedelta(hours=1))
    rows = [registered(event, make.member(name, tree.a)) for name in NAMES]
    address = reverse("education:attendance_list", args=[event.dates.get().pk])
    return address, rows


def ready(page):
    """The worker is there and has kept the page for when there is no line."""
    page.wait_for_function(
        "async () => (await navigator.serviceWorker.getRegistration('/attendance/'))?.active"
        " && (await (await caches.open('attendance')).keys()).some((kept) => kept.url.includes('offline'))"
    )


def forgive(one):
    """Being without a line is what these tests are about."""
    one.problems[:] = [problem for problem in one.problems if "ERR_INTERNET_DISCONNECTED" not in problem and "ERR_FAILED" not in problem]


def tick(page, row):
    page.click(f"#r{row.pk} .tick")


def test_ticks_without_a_line_are_kept_over_a_reload_and_sent_when_it_is_back(browse, listed, cast):
    address, (jona, edda, ilka) = listed
    one = browse("de", PHONE).as_user(cast.secretary_a.email)
    page = one.open(address)
    tick(page, jona)
    page.wait_for_selector("#line.ok")
    assert Tick.objects.count() == 1
    ready(page)
    page.reload()  # from here on the page stands under the worker
    ready(page)
    one.context.set_offline(True)
    tick(page, edda)
    tick(page, ilka)
    page.wait_for_selector("#line.amber")
    assert one.say("Ticks that wait to be sent:") + " 2." in page.inner_text("#line")
    assert page.inner_text("#there") == "3" and Tick.objects.count() == 1
    page.reload()
    page.wait_for_selector("#line.amber")
    assert page.inner_text(f"#r{edda.pk} .name") == "Edda Wolf" and page.get_attribute(f"#r{edda.pk} .tick", "aria-pressed") == "true"
    assert not one.scrolls_sideways()
    one.context.set_offline(False)
    page.wait_for_selector("#line.ok")
    forgive(one)
    late = Tick.objects.get(registration=edda)
    assert Tick.objects.filter(present=True).count() == 3 and late.at < late.received_at
    page.goto(address)
    assert page.inner_text("#there") == "3"


def test_who_is_ticked_while_an_answer_is_on_its_way_is_counted(browse, listed, cast):
    address, (jona, edda, _ilka) = listed
    one, held = browse("de", PHONE, workers=False).as_user(cast.secretary_a.email), []  # what goes through a worker cannot be held
    page = one.open(address)
    page.wait_for_selector("#line.ok")
    page.route(one.house + page.get_attribute("#attendance", "data-send"), lambda route: held.append(route))
    tick(page, jona)
    page.wait_for_function("document.querySelector('#there').textContent === '1'")
    tick(page, edda)
    assert page.inner_text("#there") == "2"
    for number in (1, 2):  # the second tick goes out once the answer to the first is there
        for _moment in range(500):
            if len(held) < number:
                page.wait_for_timeout(20)
        assert page.inner_text("#there") == "2", f"before answer {number}"
        held[number - 1].continue_()
    page.wait_for_selector("#line.ok")
    assert page.inner_text("#there") == "2" and Tick.objects.filter(present=True).count() == 2


def test_who_is_ticked_before_the_page_has_its_first_answer_is_sent_with_the_next(browse, listed, cast):
    address, (jona, *_others) = listed
    one, held = browse("de", PHONE, workers=False).as_user(cast.secretary_a.email), []
    one.page.route(f"{one.house}{address}**", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    page = one.open(address)
    tick(page, jona)
    for number in (1, 2):
        for _moment in range(500):
            if len(held) < number:
                page.wait_for_timeout(20)
        held[number - 1].continue_()
    page.wait_for_selector("#line.ok")
    assert Tick.objects.filter(present=True).count() == 1


def test_two_who_tick_differently_see_both_names_and_one_tap_settles_it(browse, listed, cast):
    address, (jona, _edda, _ilka) = listed
    first, second = browse("de", PHONE).as_user(cast.secretary_a.email), browse("he", PHONE).as_user(cast.chair_a.email)
    here, there = first.open(address), second.open(address)
    second.context.set_offline(True)
    tick(there, jona)
    tick(there, jona)  # not here after all
    tick(here, jona)
    here.wait_for_selector("#line.ok")
    second.context.set_offline(False)
    there.wait_for_selector(f"#r{jona.pk} .against")
    text = there.inner_text(f"#r{jona.pk} .against")
    assert "Aylin Kaya" in text and "Carla Winter" in text
    there.click(f"#r{jona.pk} .against .btn-done")
    there.wait_for_selector("#line.ok")
    assert not there.query_selector(".against")
    here.reload()
    assert not here.query_selector(".against") and here.get_attribute(f"#r{jona.pk} .tick", "aria-pressed") == "true"
    forgive(second)


def test_after_signing_out_no_name_is_left_on_the_device(browse, listed, cast):
    address, (jona, *_others) = listed
    one = browse("de", PHONE).as_user(cast.secretary_a.email)
    page = one.open(address)
    ready(page)
    assert "Jona" in page.evaluate("JSON.stringify({...sessionStorage})")
    one.context.set_offline(True)
    tick(page, jona)
    one.context.set_offline(False)
    page.click(".menu.end > summary[aria-label]")
    page.click("form[action^='/accounts/logout/'] button")
    page.wait_for_url(lambda url: "attendance" not in url)
    forgive(one)
    kept = page.evaluate(
        "async () => JSON.stringify([{...sessionStorage}, {...localStorage}, await Promise.all("
        "(await (await caches.open('attendance')).matchAll()).map((answer) => answer.text()))])"
    )
    assert all(name not in kept for name in (*NAMES, "Licht", "Aylin", cast.secretary_a.email))


def test_the_worker_stands_for_the_lists_and_for_no_other_page(browse, listed, cast):
    address, _rows = listed
    page = browse("de", PHONE).as_user(cast.secretary_a.email).open(address)
    ready(page)
    page.goto("/")
    assert page.evaluate("navigator.serviceWorker.controller") is None


def test_without_javascript_each_tick_is_a_plain_form(browse, listed, cast):
    address, (jona, *_others) = listed
    page = browse("de", PHONE, javascript=False).as_user(cast.secretary_a.email).open(address)
    tick(page, jona)
    page.wait_for_url(lambda url: url.endswith(f"#r{jona.pk}"))
    assert page.get_attribute(f"#r{jona.pk} .tick", "aria-pressed") == "true" and Tick.objects.get().present


def test_a_name_is_found_while_one_types(browse, listed, cast):
    address, (jona, edda, _ilka) = listed
    page = browse("de", PHONE).as_user(cast.secretary_a.email).open(address)
    page.fill("#find", "edd")
    assert page.is_visible(f"#r{edda.pk}") and not page.is_visible(f"#r{jona.pk}")
