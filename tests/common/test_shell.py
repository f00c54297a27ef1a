"""The frame of every page: places, the office one acts in, languages, foot, errors in words."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from common.context import navigation
from onboarding import standards
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.common.pattern_urls")]


def place(html):
    """The office the top of the page shows."""
    return re.search(r'<span class="office">([^<]*)', html)[1].strip()


def test_someone_with_one_office_sees_it_without_a_switch(cast, sign_in):
    html = sign_in(cast.secretary_a).get(reverse("common:help")).text
    assert '<bdi class="unit">Ortsverein Altdorf</bdi>' in html and place(html) == "Schriftführung"
    assert reverse("common:place_choose") not in html


def test_a_unit_whose_name_says_its_kind_does_not_say_it_twice(cast, sign_in):
    assert '<bdi class="unit">Unterbezirk Musterstadt</bdi>' in sign_in(cast.officer).get(reverse("common:help")).text


def test_place_choose_switches_between_own_offices(cast, tree, sign_in):
    second = make.appoint(cast.secretary_a, "treasurer", tree.b)
    client = sign_in(cast.secretary_a)
    assert place(client.get(reverse("common:help")).text) == "Schriftführung"
    assert client.post(reverse("common:place_choose"), {"appointment": second.pk}).url == "/"
    assert place(client.get(reverse("common:help")).text) == "Kasse"


@pytest.mark.urls("config.urls")
@pytest.mark.parametrize("name", ["branches:unit_detail", "onboarding:standard", "onboarding:takeover_list"])
def test_a_page_with_an_office_place_or_version_of_its_own_changes_nothing_of_the_frame(cast, tree, sign_in, settings, name):
    make.appoint(cast.officer, "chair", tree.a)
    standards.install(tree.district)
    client = sign_in(cast.secretary_a)
    address = reverse(name, args=[tree.a.slug] if name != "onboarding:takeover_list" else [])
    for page in (client.get(address).text, client.get(reverse("common:help")).text):
        assert place(page) == "Schriftführung" and reverse("common:place_choose") not in page, "the offices of others are none to choose from"
        assert f"Version {settings.VERSION}</span>" in page


@pytest.mark.urls("config.urls")
def test_the_lists_begin_in_the_unit_one_acts_in_and_can_be_widened(cast, tree, sign_in):
    second = make.appoint(cast.secretary_a, "secretary", tree.b)
    here, there = make.member("Anna Arndt", tree.a), make.member("Berta Bruch", tree.b)
    client = sign_in(cast.secretary_a)
    lists = [reverse("onboarding:journey_list"), reverse("membership:member_list")]
    for office, member, other in ((cast.secretary_a.appointments.exclude(pk=second.pk).get(), here, there), (second, there, here)):
        client.post(reverse("common:place_choose"), {"appointment": office.pk})
        links = [url for url in re.findall(r'href="([^"]+)"', client.get("/").text) if url.partition("?")[0] in lists]
        assert {url.partition("?")[2] for url in links if url.endswith(f"?unit={office.unit.slug}")} and len(links) >= 2
        shown = client.get(f"{lists[1]}?unit={office.unit.slug}").text
        assert member.family_name in shown and other.family_name not in shown
    everybody = client.get(f"{lists[1]}?unit=").text
    assert here.family_name in everybody and there.family_name in everybody


@pytest.mark.urls("config.urls")
def test_with_one_office_the_lists_show_all_one_may_see(cast, sign_in):
    assert "?unit=" not in "".join(re.findall(r'<nav class="places".*?</nav>', sign_in(cast.secretary_a).get("/").text, re.S))


def test_place_choose_refuses_an_office_someone_else_holds(cast, sign_in):
    foreign = cast.secretary_b.appointments.get()
    client = sign_in(cast.secretary_a)
    assert client.post(reverse("common:place_choose"), {"appointment": foreign.pk}).status_code == 404
    assert client.post(reverse("common:place_choose"), {"appointment": "x"}).status_code == 404
    assert client.post(reverse("common:place_choose")).status_code == 404
    assert client.get(reverse("common:place_choose")).status_code == 405


def test_place_choose_asks_strangers_to_sign_in(client):
    assert client.post(reverse("common:place_choose"), {"appointment": 1}).url.startswith(reverse("account_login"))


def test_an_office_that_ended_is_no_longer_the_place(cast, tree, sign_in):
    second = make.appoint(cast.secretary_a, "treasurer", tree.b)
    client = sign_in(cast.secretary_a)
    client.post(reverse("common:place_choose"), {"appointment": second.pk})
    second.delete()
    assert place(client.get(reverse("common:help")).text) == "Schriftführung"


@pytest.mark.parametrize("name", ["help", "privacy", "accessibility"])
@pytest.mark.parametrize(("language", "direction"), [("de", "ltr"), ("he", "rtl"), ("en", "ltr")])
def test_help_privacy_accessibility_are_open_to_all_in_every_language(client, name, language, direction):
    client.cookies["django_language"] = language
    html = client.get(reverse(f"common:{name}")).text
    assert f'<html lang="{language}" dir="{direction}">' in html
    assert ("bootstrap.rtl.min." in html) == (direction == "rtl")
    assert '<nav class="places"' not in html


def test_the_foot_changes_the_language_and_returns_to_the_page(client):
    page = reverse("common:privacy")
    assert client.post(reverse("set_language"), {"language": "he", "next": page}).url == page
    assert 'dir="rtl"' in client.get(page).text


def test_no_page_carries_inline_styles_or_scripts(cast, sign_in, client):
    pages = [reverse("patterns"), reverse("common:help"), reverse("mfa_index"), reverse("usersessions_list")]
    found = [sign_in(cast.secretary_a).get(page).text for page in pages]
    client.logout()
    found += [client.get(reverse(name)).text for name in ("account_login", "account_request_login_code", "patterns_confirm")]
    for html in found:
        assert not re.search(r"\sstyle=|<style|\son[a-z]+=|javascript:", html)
        assert not re.search(r"<script(?![^>]*(src=|application/json))", html)
        assert not re.search(r'(src|href|action)="(https?:)?//', html)


def test_an_unknown_address_answers_in_words_and_without_code(cast, sign_in, client):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404 and "404" not in answer.text and "Hier ist nichts für dich" in answer.text
    assert '<nav class="places"' in sign_in(cast.secretary_a).get("/nowhere/").text


def test_a_fault_of_ours_answers_in_words(client, settings):
    settings.DEBUG = False
    client.raise_request_exception = False
    answer = client.get(reverse("patterns_broken"))
    assert answer.status_code == 500 and "Bei uns ist etwas schiefgegangen" in answer.text
    assert "500" not in answer.text and "on purpose" not in answer.text


def test_a_form_from_a_stale_page_answers_in_words(cast):
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.secretary_a, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(reverse("common:place_choose"), {"appointment": 1})
    assert answer.status_code == 403 and "Bitte noch einmal abschicken" in answer.text


def test_a_message_with_an_undo_offers_it_as_a_form(cast, sign_in):
    html = sign_in(cast.secretary_a).get(reverse("patterns")).text
    assert '<form method="post" action="/patterns/">' in html.split('id="toasts"')[1].split("<main")[0]
    error = sign_in(cast.secretary_a).get(reverse("patterns") + "?error=1").text
    assert 'class="say error"><p>Das ging nicht.' in error


def test_the_shell_costs_no_query_beyond_person_and_appointments(cast, sign_in, django_assert_num_queries):
    client = sign_in(cast.secretary_a)
    client.get(reverse("common:help"))
    with django_assert_num_queries(3):  # session, person, appointments
        client.get(reverse("common:help"))


def test_what_a_party_keeps_is_offered_to_those_who_lead_it_as_a_whole(cast, tree, sign_in):
    events, partners = reverse("education:event_list"), f'href="{reverse("education:partner_list")}"'
    assert partners in sign_in(cast.officer).get(events).text
    assert partners not in sign_in(cast.secretary_a).get(events).text  # leads a branch
    alone = make.user("Dora Allein")
    make.appoint(alone, "chair", tree.district, below=False)
    assert partners not in sign_in(alone).get(events).text  # without the units below


def test_the_place_one_is_in_is_marked_also_on_the_pages_below_it():
    places = {place["icon"]: place["url"] for place in navigation("/")}
    for icon, url in places.items():
        below = "/" if url == "/" else f"{url}7/"
        assert [place["icon"] for place in navigation(below) if place["current"]] == [icon]
    assert [place["icon"] for place in navigation("/reports/3/") if place["current"]] == ["chart-bar"]
    assert not any(place["current"] for place in navigation("/help/"))
