"""What is missing or wrong in the records of a unit, and asking the members themselves."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from membership import own_data, quality
from membership.models import Ask, Member
from outbox.models import Message
from tests import factories as make

TODAY = make.TODAY
GOOD = {"phone": "0351 123456", "email": "a@example.org", "birth_date": date(1980, 5, 5), "postcode": "01127"}


@pytest.fixture(autouse=True)
def sunday():
    with time_machine.travel("2026-11-22 19:30+01:00", tick=False):
        yield


def kinds_of(cast, unit):
    members = quality.checked(cast.secretary_a, unit)
    return {kind for kind, _words, _n in quality.told(quality.counts(members, TODAY))}


@pytest.mark.parametrize(
    "kinds, fields",
    [
        (set(), {}),
        ({"no_phone"}, {"phone": ""}),
        (set(), {"phone": "", "mobile": "0170 123456"}),
        ({"no_mail"}, {"email": ""}),
        ({"no_birth"}, {"birth_date": None}),
        ({"age"}, {"birth_date": date(1916, 11, 22)}),
        (set(), {"birth_date": date(1916, 11, 23)}),
        ({"age"}, {"birth_date": date(2012, 11, 23), "joined_on": date(2026, 11, 1)}),
        (set(), {"birth_date": date(2012, 11, 22), "joined_on": date(2026, 11, 22)}),
        ({"joined"}, {"birth_date": date(2000, 1, 2), "joined_on": date(2000, 1, 1)}),
        ({"future"}, {"joined_on": date(2026, 11, 23)}),
        ({"future", "age", "joined"}, {"birth_date": date(2026, 11, 23)}),
        ({"postcode"}, {"postcode": "112"}),
        ({"postcode"}, {"postcode": "D-01127"}),
        (set(), {"postcode": "6813419"}),
        (set(), {"postcode": "SW1A 1AA", "country": "Großbritannien"}),
        ({"phone"}, {"phone": "0351 1"}),
        ({"phone"}, {"mobile": "12-34-5"}),
        ({"estimated"}, {"joined_estimated": True}),
        (set(), {"phone": "", "status": "left"}),
    ],
)
def test_each_kind_of_trouble_is_found_and_nothing_else(kinds, fields, tree, cast):
    make.member("Anna Arndt", tree.a, **GOOD | fields)
    assert kinds_of(cast, tree.a) == kinds


def test_mail_that_came_back_is_found_for_those_asked_and_for_accounts(tree, cast):
    asked = make.member("Anna Arndt", tree.a, **GOOD)
    own_data.ask([asked.pk], cast.secretary_a, timezone.now())
    held = make.member("Aylin Kaya", tree.a, **GOOD, user=cast.secretary_a)
    Message.objects.create(kind="digest", key="d", recipient=cast.secretary_a, due_at=timezone.now())
    assert kinds_of(cast, tree.a) == set()
    Message.objects.update(state="dead")
    found = quality.checked(cast.secretary_a, tree.a).filter(quality.trouble(TODAY)["refused"])
    assert set(found) == {asked, held}
    named = make.member("Bela Brandt", tree.a, **GOOD)
    Message.objects.create(kind="other", key="o", payload={"member": named.pk}, due_at=timezone.now(), state="dead")
    assert set(found.all()) == {asked, held, named}


def test_data_quality_leads_to_the_people_of_each_kind(tree, cast, sign_in):
    make.member("Ohne Telefon", tree.a, **GOOD | {"phone": ""})
    make.member("Ganz Richtig", tree.a, **GOOD)
    make.member("Andere Filiale", tree.b, **GOOD | {"phone": ""})
    page = sign_in(cast.secretary_a).get("/quality/")
    assert [(t["count"], t["url"]) for t in page.context["troubles"]] == [(1, "?unit=altdorf&kind=no_phone")]
    text = sign_in(cast.secretary_a).get("/quality/?unit=altdorf&kind=no_phone").text
    assert "Ohne Telefon" in text and "Ganz Richtig" not in text and "Andere" not in text
    assert sign_in(cast.secretary_a).get("/quality/?unit=bergheim").status_code == 404
    assert "Andere" in sign_in(cast.officer).get("/quality/?unit=musterstadt&kind=no_phone").text


@pytest.mark.parametrize("who, status", [("treasurer_a", 403), ("stranger", 403), ("section_lead", 200)])
def test_data_quality_is_for_those_who_care(who, status, tree, cast, sign_in):
    member = make.member("Ohne Telefon", tree.a)
    member.memberships.create(unit=tree.youth, home=False, starts_on=member.joined_on)
    page = sign_in(getattr(cast, who)).get("/quality/")
    assert page.status_code == status and "Ohne Telefon" not in page.text
    assert status == 403 or page.context["troubles"] == []  # care through a section shows no birth date and no address


def test_data_quality_costs_the_same_with_many_people(tree, cast, sign_in):
    client, asked = sign_in(cast.secretary_a), []
    for n in (2, 30):
        for number in range(Member.objects.count(), n):
            make.member(f"Person {number}", tree.a)
        with CaptureQueriesContext(connection) as queries:
            client.get("/quality/?unit=altdorf&kind=no_phone")
        asked.append(len(queries))
    assert len(set(asked)) == 1 and asked[0] <= 10


def test_data_quality_ask_tells_who_is_left_out_before_it_sends(tree, cast, sign_in):
    asked = make.member("Mit Mail", tree.a, **GOOD | {"phone": ""})
    make.member("Ohne Mail", tree.a, **GOOD | {"phone": "", "email": ""})
    lately = make.member("Schon Gefragt", tree.a, **GOOD | {"phone": ""})
    own_data.ask([lately.pk], cast.officer, timezone.now())
    client = sign_in(cast.secretary_a)
    page = client.get("/quality/ask/?unit=altdorf&kind=no_phone")
    assert page.context["asked"] == 1 and [n for _words, n in page.context["left_out"]] == [1, 1]
    assert Ask.objects.count() == 1
    for _double in range(2):
        assert client.post("/quality/ask/", {"unit": "altdorf", "kind": "no_phone"}).status_code == 302
    assert set(Ask.objects.values_list("member", flat=True)) == {asked.pk, lately.pk} and Ask.objects.count() == 2


def test_data_quality_ask_sends_no_more_than_the_cap_at_once(tree, cast, sign_in, monkeypatch):
    monkeypatch.setattr(own_data, "MOST_ASKED", 2)
    for n in range(5):
        make.member(f"Person {n}", tree.a, email=f"p{n}@example.org")
    client = sign_in(cast.secretary_a)
    assert client.get("/quality/ask/?kind=no_phone").context["later"] == 3
    for sent in (2, 4, 5):
        client.post("/quality/ask/", {"kind": "no_phone"})
        assert Ask.objects.count() == sent


def test_data_quality_ask_of_no_kind_does_not_exist(cast, sign_in):
    assert sign_in(cast.secretary_a).get("/quality/ask/?kind=nonsense").status_code == 404
