"""Finding members however they are typed."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from common import prepared
from membership import admission, applicants
from membership.models import Application
from membership.search import LONGEST, find, keys, refresh
from tests import factories as make

SEARCH = "/search/"


@pytest.fixture
def people(tree, cast):
    make.member("Jürgen Müller", tree.a, number="0004711", email="jm@example.org", mobile="+49 170 123 45 67")
    make.member("Mirjam Teichert-Vogel", tree.a, number="A-88")
    make.member("Özlem Groß", tree.a)
    make.member("דוד כהן", tree.a, phone="03-5551234")
    make.member("Jean O'Connor", tree.a)
    make.member("Fremde Müllerin", tree.foreign_branch, number="0004711", mobile="0170 1234567")


def applicants_named(user, text, limit):
    return prepared.together(applicants.question(user, text, limit))[0]


def names(user, text):
    return [member.name for member in find(user, text)]


@pytest.mark.parametrize(
    "text, name",
    [
        ("Müller", "Jürgen Müller"), ("Mueller", "Jürgen Müller"), ("Muller", "Jürgen Müller"), ("MÜLLER", "Jürgen Müller"),
        ("mü", "Jürgen Müller"), ("ju", "Jürgen Müller"), ("ülle", "Jürgen Müller"), ("müller jürgen", "Jürgen Müller"),
        ("jürgen mül", "Jürgen Müller"), ("j mül", "Jürgen Müller"), ("4711", "Jürgen Müller"), ("0004711", "Jürgen Müller"), ("00004711", "Jürgen Müller"),
        ("0170 1234567", "Jürgen Müller"), ("+49 (0)170 12345", "Jürgen Müller"), ("34567", "Jürgen Müller"), ("jm@example.org", "Jürgen Müller"),
        ("vogel", "Mirjam Teichert-Vogel"), ("teichert vogel", "Mirjam Teichert-Vogel"), ("a-88", "Mirjam Teichert-Vogel"),
        ("gross", "Özlem Groß"), ("oezlem", "Özlem Groß"), ("כהן", "דוד כהן"), ("כֹּהֵן", "דוד כהן"), ("Cohen", "דוד כהן"), ("Kohn", "דוד כהן"),
        ("035551234", "דוד כהן"), ("oconnor", "Jean O'Connor"), ("o’connor", "Jean O'Connor"),
    ],
)  # fmt: skip
def test_a_member_is_found(text, name, people, cast):
    assert names(cast.secretary_a, text) == [name]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Cohen", ["דוד כהן"]),
        ("Noa Cohen", ["דוד כהן"]),
        ("Müller", ["Jürgen Müller"]),
        ("Taichert-Wogel", ["Mirjam Teichert-Vogel"]),
        ("Mirjam Cohen", []),
        ("4711", ["Jürgen Müller"]),
    ],
)
def test_the_list_finds_names_that_sound_alike(text, found, people, cast, sign_in):
    """Two letters of a sound tell little: Müller is no Mahler where there is a Müller, but Cohen is כהן where nobody is written so."""
    answer = sign_in(cast.secretary_a).get("/members/", {"q": text})
    assert [f"{row.given_name} {row.family_name}" for row in answer.context["page"].rows] == found


@pytest.mark.parametrize("text", ["", " ", "?", "%", "_", "x", "müllerinn", "0170 9999999", "\0", "@", "'; drop table"])
def test_nothing_is_found_for_what_nobody_is_called(text, people, cast):
    assert names(cast.secretary_a, text) == []


def test_everybody_finds_only_their_own(people, cast):
    for text in ("Müller", "4711", "01701234567"):
        assert names(cast.secretary_b, text) == names(cast.stranger, text) == []
        assert names(cast.foreign_officer, text) == ["Fremde Müllerin"]


def test_who_only_sees_does_not_find_by_phone_or_mail(people, cast):
    assert names(cast.treasurer_a, "Müller") == ["Jürgen Müller"]
    assert names(cast.treasurer_a, "01701234567") == names(cast.treasurer_a, "jm@example.org") == names(cast.treasurer_a, "@example") == []


def test_whose_name_begins_so_comes_first(tree, cast):
    for name in ("Anna Bergmann", "Berg Altmann", "Eva Steinberg"):
        make.member(name, tree.a)
    assert names(cast.secretary_a, "berg") == ["Anna Bergmann", "Berg Altmann", "Eva Steinberg"]


@pytest.mark.parametrize("person", ["secretary_a", "officer"])
@pytest.mark.parametrize("many", [1, 3, 300])
def test_a_search_takes_two_statements_at_most_however_many_are_found(person, many, tree, cast):
    for number in range(many):
        make.member(f"Anna Nummer{number}", tree.a)
    user = getattr(cast, person)
    assert user.appointments_now
    with CaptureQueriesContext(connection) as sent:
        assert len({hit.pk for hit in find(user, "anna", 8)}) == min(many, 8)
    assert len(sent) == (2 if person == "officer" and many < 8 else 1)


TYPED = "m mü mül müller jürgen teichert vogel mirjam+teichert jür+mül 4711 88 o'connor כהן cohen groß 1701234567 jm@example.org".split()


@pytest.mark.parametrize("text", TYPED)
def test_who_sees_one_unit_and_who_sees_all_find_the_same_in_it(text, people, cast):
    text = text.replace("+", " ")
    assert sorted(names(cast.officer, text)) == sorted(names(cast.secretary_a, text)) != []


def test_a_long_search_is_cut(tree, cast, sign_in):
    response = sign_in(cast.secretary_a).get(SEARCH, {"q": "a " * 50_000})
    assert response.status_code == 200 and len(response.context["text"]) <= LONGEST


def test_refresh_mends_keys_that_no_longer_fit(tree):
    member = make.member("Anna Alt", tree.a)
    type(member).objects.filter(pk=member.pk).update(family_name="Neu")
    refresh(type(member).objects.all())
    member.refresh_from_db()
    assert member.search_name == keys("Neu", "Anna")["search_name"] and member.sort_key.startswith("neu")


def test_search_page_and_choices(people, cast, tree, sign_in):
    client = sign_in(cast.secretary_a)
    page = client.get(SEARCH, {"q": "mül"}).text
    assert "<html" in page and "Jürgen Müller" in page
    choices = client.get(SEARCH, {"q": "mül"}, headers={"HX-Request": "true"}).text
    assert "<html" not in choices and 'class="choice"' in choices and "Jürgen Müller" in choices


def test_search_finds_units_and_pages_one_may_open(tree, cast, sign_in):
    client = sign_in(cast.secretary_a)
    assert [name for _url, name in client.get(SEARCH, {"q": "alt"}).context["units"]] == ["Altdorf"]
    assert not client.get(SEARCH, {"q": "berg"}).context["units"]
    assert client.get(SEARCH, {"q": "hilfe"}).context["pages"]
    assert not sign_in(cast.treasurer_a).get(SEARCH, {"q": "mitglied aufnehmen"}).context["pages"]


def test_what_is_searched_for_is_shown_as_text(cast, sign_in):
    assert "<script>x" not in sign_in(cast.secretary_a).get(SEARCH, {"q": "<script>x"}).text


def applicant(unit, name="Nele Grünwald", **fields):
    given, _blank, family = name.partition(" ")
    values = {"kind": "full", "source": "form", "email": "nele@example.org"} | fields
    return admission.receive(Application(unit=unit, given_name=given, family_name=family, **values), date(2026, 11, 22))


@pytest.mark.parametrize("text", ["grün", "Gruenwald", "nele gr", "grünwald nele", "grunwald", "נלה גרינוולד"])
def test_who_applies_is_found_and_marked_as_such(text, tree, cast, sign_in):
    row = applicant(tree.a)
    client = sign_in(cast.secretary_a)
    for headers in ({}, {"HX-Request": "true"}):
        page = client.get(SEARCH, {"q": text}, headers=headers)
        assert row.get_absolute_url() in page.text and "zu entscheiden" in page.text


def test_who_applies_is_found_by_those_alone_who_may_see_the_application(tree, cast):
    applicant(tree.a)
    assert [hit.name for hit in applicants_named(cast.officer, "nele", 8)] == ["Nele Grünwald"]
    for other in (cast.secretary_b, cast.foreign_officer, cast.stranger, cast.section_lead, cast.partner):
        assert applicants_named(other, "nele", 8) == []
    unconfirmed = Application.objects.create(unit=tree.a, kind="full", source="form", state="unconfirmed", received_on=date(2026, 11, 22), search_name=" olga ")
    assert unconfirmed and applicants_named(cast.officer, "olga", 8) == []


def test_who_is_admitted_is_found_once_as_a_member(tree, cast):
    row = applicant(tree.a)
    admission.accept(row.pk, cast.secretary_a, date(2026, 11, 22), timezone.now())
    assert applicants_named(cast.secretary_a, "nele", 8) == [] and names(cast.secretary_a, "nele") == ["Nele Grünwald"]


def test_searching_applicants_is_one_statement(tree, cast):
    for number in range(30):
        applicant(tree.a, f"Nele Nummer{number}", email=f"n{number}@example.org")
    assert cast.secretary_a.appointments_now
    with CaptureQueriesContext(connection) as sent:
        assert len(applicants_named(cast.secretary_a, "nele", 8)) == 8
    assert len(sent) == 1
