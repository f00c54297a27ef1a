"""The page of one member, and what whom it shows."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from membership.models import Change, Membership
from onboarding import duties, journeys
from onboarding.models import Contact
from tests import factories as make

TODAY = make.TODAY
SECRET = ["jonas-secret@example.org", "0170 1234567", "Geheimgasse 5", "01.04.2002", "1.4.2002", "April 1, 2002", "Nur unter uns"]


@pytest.fixture(autouse=True)
def sunday():
    with time_machine.travel("2026-11-22 19:30+01:00", tick=False):
        yield


@pytest.fixture
def jonas(tree, cast):
    member = make.member(
        "Jonas Reichelt", tree.a, joined_on=date(2026, 10, 3), birth_date=date(2002, 4, 1), email=SECRET[0], mobile=SECRET[1],
        street=SECRET[2], city="Altdorf",
    )  # fmt: skip
    journeys.start_due(date(2026, 10, 5))
    duties.settle(TODAY)
    Contact.objects.log(member, cast.secretary_a, date(2026, 11, 2), kind="call", result="not_reached", note=SECRET[-1])
    Change.objects.create(
        member=member, kind="changed", at="2026-11-10T10:00Z", by=cast.secretary_a, before={"email": "alt@example.org"}, after={"email": SECRET[0]}
    )
    return member


def page(client, member):
    return client.get(f"/members/{member.pk}/")


def test_member_detail_shows_who_cares_everything_in_one_place(jonas, cast, sign_in):
    response = page(sign_in(cast.secretary_a), jonas)
    html = response.content.decode()
    for token in ["tel:01701234567", f"mailto:{SECRET[0]}", "Geheimgasse 5", "Nur unter uns", "alt@example.org", "24"]:
        assert token in html
    assert [row["state"] for row in response.context["checks"]] == ["", "", ""]
    assert response.context["clock"]["tone"] == "calm"
    assert (response.context["closed"], response.context["total"]) == (0, 3)
    texts = [entry["text"] for entry in response.context["entries"]]
    assert len(texts) == 4
    assert [entry["on"] for entry in response.context["entries"]] == [date(2026, 11, 10), date(2026, 11, 2), date(2026, 10, 3), date(2026, 10, 3)]


def test_member_detail_hides_contact_data_birth_date_and_notes_from_readers(jonas, cast, sign_in):
    response = page(sign_in(cast.treasurer_a), jonas)
    html = response.content.decode()
    assert response.status_code == 200
    assert "Jonas Reichelt" in html
    assert "24" in response.context["sub"]
    for token in [*SECRET, "alt@example.org", "tel:", "mailto:jonas", "/tick/", "/contact/"]:
        assert token not in html


@pytest.mark.parametrize(
    ("who", "status"),
    [("secretary_a", 200), ("chair_a", 200), ("officer", 200), ("admin", 200), ("treasurer_a", 200), ("secretary_b", 404),
     ("section_lead", 404), ("foreign_officer", 404), ("stranger", 404), ("mentor", 404)],
)  # fmt: skip
def test_member_detail_opens_inside_ones_units_only(jonas, cast, sign_in, who, status):
    assert page(sign_in(getattr(cast, who)), jonas).status_code == status


def test_member_detail_of_a_member_of_old_has_no_journey(tree, cast, sign_in):
    response = page(sign_in(cast.secretary_a), make.member("Alt Gedient", tree.a))
    assert response.status_code == 200
    assert "journey" not in response.context


def test_member_detail_shows_escaped_names_and_notes(tree, cast, sign_in):
    member = make.member("<script>alert(1)</script> <img src=x>", tree.a)
    Contact.objects.log(member, cast.secretary_a, TODAY, note="<b>bold</b>")
    html = page(sign_in(cast.secretary_a), member).content.decode()
    for token in ("<script>alert", "<img src=x", "<b>bold"):
        assert token not in html


def test_member_detail_costs_the_same_with_much_history(tree, jonas, cast, sign_in):
    client = sign_in(cast.secretary_a)
    page(client, jonas)  # what is prepared once for each connection
    asked = []
    for n in (1, 3, 30):
        for number in range(Contact.objects.count(), n):
            Contact.objects.log(jonas, cast.secretary_a, TODAY, result="not_reached", note=f"{number}")
        start = date(1990, 1, 1) + timedelta(days=n * 400)
        Membership.objects.bulk_create(
            Membership(member=jonas, unit=tree.youth, home=False, starts_on=start + timedelta(days=day), ends_on=start + timedelta(days=day + 1))
            for day in range(n)
        )
        Change.objects.bulk_create(Change(member=jonas, kind="changed", at="2026-11-10T10:00Z", by=cast.chair_a) for _ in range(n))
        with CaptureQueriesContext(connection) as queries:
            page(client, jonas)
        asked.append(len(queries))
    assert len(set(asked)) == 1
    assert asked[0] <= 12


def test_member_detail_of_a_member_who_left_still_opens_without_a_clock(jonas, cast, sign_in):
    jonas.status = "left"
    jonas.save()
    journeys.run(TODAY, "2026-11-22T10:00Z")
    response = page(sign_in(cast.secretary_a), jonas)
    assert response.context["clock"]["text"] == ""
    assert "/tick/" not in response.content.decode()


def test_search_finds_no_unit_one_does_not_see(tree, cast, sign_in):
    for person, found in ((cast.secretary_a, False), (cast.officer, True)):
        assert ("/units/bergheim/" in sign_in(person).get("/search/", {"q": "Bergheim"}).text) is found
