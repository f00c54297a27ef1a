"""Today: what is due for the one who looks."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cockpit import figures
from membership.models import Errand
from onboarding import duties, journeys
from onboarding.models import Contact, Journey, JourneyStep
from tests import factories as make

DAY = timedelta(days=1)
TODAY = make.TODAY


@pytest.fixture(autouse=True)
def sunday():
    with time_machine.travel("2026-11-22 19:30+01:00", tick=False):
        yield


def arrive(name, unit, joined_on, **fields):
    member = make.member(name, unit, joined_on=joined_on, **fields)
    journeys.start_due(joined_on)
    duties.settle(TODAY)
    return member


def text(response):
    return " ".join(response.content.decode().split())


def test_today_sends_strangers_to_sign_in(client, db):
    response = client.get("/")
    assert response.status_code == 302
    assert response["location"].startswith("/accounts/login/")


def test_today_tells_people_without_an_office_what_to_do(cast, sign_in):
    response = sign_in(cast.stranger).get("/")
    assert response.status_code == 200
    assert "empty" in text(response)


def test_today_sorts_into_overdue_this_week_waiting_and_coming(tree, cast, sign_in):
    arrive("Jonas Reichelt", tree.a, date(2026, 9, 20))  # contact was due on 31 October
    make.step(tree.a, "Anrufen", count=60)
    arrive("Mirjam Vogel", tree.a, date(2026, 9, 26))  # call due on 25 November, contact late too
    waiting = JourneyStep.objects.filter(step__slug="membership-book").first()
    waiting.wait("Liegt in der Geschäftsstelle")
    response = sign_in(cast.secretary_a).get("/")
    sections = response.context["sections"]
    assert [row["name"] for row in sections["late"]] == ["Jonas Reichelt", "Mirjam Vogel"]
    assert [row["what"].split(" · ")[0] for row in sections["week"]] == ["Anrufen"]
    assert [row["name"] for row in sections["waiting"]] == ["Jonas Reichelt"]
    assert "Liegt in der Geschäftsstelle" in text(response)
    assert len(sections["later"]) == 3


def test_today_shows_nothing_of_a_sister_branch(tree, cast, sign_in):
    arrive("Jonas Reichelt", tree.a, date(2026, 9, 20))
    response = sign_in(cast.secretary_b).get("/")
    assert "Reichelt" not in text(response)
    assert response.context["new"]["total"] == 0


def test_today_says_what_comes_next_when_nothing_is_due(tree, cast, sign_in):
    arrive("Jonas Reichelt", tree.a, date(2026, 11, 15))
    response = sign_in(cast.secretary_a).get("/")
    assert response.context["next_on"] == date(2026, 12, 31)
    assert "31. Dezember" in text(response) or "December 31" in text(response)


def test_today_of_a_reader_has_no_steps(tree, cast, sign_in):
    arrive("Jonas Reichelt", tree.a, date(2026, 9, 20))
    response = sign_in(cast.treasurer_a).get("/")
    assert "sections" not in response.context
    assert response.context["new"] == {"months": 6, "total": 1, "in_time": 0, "due": 1, "parts": [(0, "ok"), (0, "amber"), (1, "late")]}


def test_today_leads_to_the_other_offices_one_holds(tree, cast, sign_in):
    make.appoint(cast.secretary_a, "secretary", tree.b)
    arrive("Jonas Reichelt", tree.b, date(2026, 9, 20))
    client = sign_in(cast.secretary_a)
    response = client.get("/")
    assert not response.context["sections"]["late"]
    [office] = response.context["elsewhere"]
    assert (office["appointment"].unit, office["count"]) == (tree.b, "1")
    client.post("/place/", {"appointment": office["appointment"].pk})
    assert [row["name"] for row in client.get("/").context["sections"]["late"]] == ["Jonas Reichelt"]


def test_today_ends_with_the_term(tree, cast, sign_in):
    new = make.user("Nora Neu")
    make.appoint(new, "secretary", tree.a, TODAY - 10 * DAY, TODAY)
    arrive("Jonas Reichelt", tree.a, date(2026, 9, 20))
    assert "Reichelt" not in text(sign_in(new).get("/"))


def test_a_promised_call_is_due_on_its_day(tree, cast, sign_in):
    member = make.member("Alt Gedient", tree.a)
    Contact.objects.log(member, cast.secretary_a, TODAY, kind="call", result="later", next_on=TODAY + 2 * DAY)
    [row] = sign_in(cast.secretary_a).get("/").context["sections"]["week"]
    assert (row["name"], row["due"]) == ("Alt Gedient", TODAY + 2 * DAY)


def test_new_members_are_counted_in_time_waiting_and_late(tree, cast, sign_in):
    reached = arrive("Erna Erreicht", tree.a, date(2026, 10, 1))
    Contact.objects.log(reached, cast.secretary_a, date(2026, 10, 20), kind="call", result="reached")
    too_late = arrive("Lea Spät", tree.a, date(2026, 8, 1))
    Contact.objects.log(too_late, cast.secretary_a, date(2026, 10, 20), kind="call", result="reached")
    arrive("Wim Wartet", tree.a, date(2026, 11, 1))
    arrive("Ute Überfällig", tree.a, date(2026, 9, 1))
    arrive("Alma Alt", tree.a, date(2026, 5, 20))
    new = sign_in(cast.secretary_a).get("/").context["new"]
    assert (new["months"], new["total"], new["in_time"]) == (6, 4, 1)
    assert new["parts"] == [(1, "ok"), (1, "amber"), (2, "late")]


def test_the_officer_reads_the_figures_of_the_cockpit(tree, cast, sign_in):
    arrive("Lea Spät", tree.a, date(2026, 8, 1))
    assert sign_in(cast.officer).get("/").context["new"] is None
    figures.refresh(tree.district, TODAY)
    new = sign_in(cast.officer).get("/").context["new"]
    assert (new["months"], new["total"], new["in_time"], new["due"], new["late"]) == (12, 1, 0, 1, 1)
    assert new["parts"] == [(0, "ok"), (1, "late")]


def test_the_share_reached_in_time_is_told_of_those_whose_date_has_come(tree, cast, sign_in):
    arrive("Lea Spät", tree.a, date(2026, 8, 1))
    arrive("Nora Neu", tree.a, date(2026, 11, 15))
    figures.refresh(tree.district, TODAY)
    client = sign_in(cast.officer)
    client.cookies["django_language"] = "en"
    assert "0 of 1 reached in time" in text(client.get("/"))


@pytest.mark.parametrize("user", ["secretary_a", "officer", "treasurer_a"])
def test_today_asks_the_database_as_often_for_300_rows_as_for_one(tree, cast, sign_in, user):
    client = sign_in(getattr(cast, user))
    counts = []
    for n in (1, 3, 300):
        for number in range(Journey.objects.count(), n):
            make.member(f"Neu {number}", tree.a, joined_on=date(2026, 9, 20))
        journeys.start_due(date(2026, 9, 21))
        duties.settle(TODAY)
        with CaptureQueriesContext(connection) as queries:
            client.get("/")
        counts.append(len(queries))
    assert len(set(counts)) == 1
    assert counts[0] <= 10


def test_what_somebody_asks_of_one_stands_on_today_until_it_is_done(tree, cast, sign_in):
    anna = make.member("Anna Arndt", tree.a)
    fields = {"member": anna, "by": cast.officer, "created_at": timezone.now()}
    mine = Errand.objects.create(to=cast.secretary_a, text="Ruf sie an", due_on=TODAY, **fields)
    Errand.objects.create(to=cast.chair_a, text="Besuch sie", due_on=TODAY, **fields)
    client = sign_in(cast.secretary_a)
    page = client.get("/").text
    assert "Ruf sie an" in page and "Besuch sie" not in page
    answer = client.post(f"/errands/{mine.pk}/done/", headers={"HX-Request": "true"})
    assert "Anna Arndt" in answer.text and "<html" not in answer.text
    assert "Ruf sie an" not in client.get("/").text
    again = client.post(f"/errands/{mine.pk}/undo/", headers={"HX-Request": "true"}).text
    assert f'id="errand-{mine.pk}"' in again and "Ruf sie an" in client.get("/").text


def test_an_office_of_a_unit_without_those_below_reads_nothing_of_members_there(tree, cast, sign_in):
    """Nobody holds an office in the branch, so its steps go up; who holds the office there for the district itself learns nothing of them."""
    for person in (cast.secretary_a, cast.chair_a):
        person.appointments.update(ends_on=TODAY)
    alone = [make.appoint(cast.secretary_a, office, unit, below=False) for office, unit in (("membership_officer", tree.district), ("secretary", tree.b))]
    arrive("Jonas Reichelt", tree.a, date(2026, 9, 20))
    assert JourneyStep.objects.filter(duty_unit=tree.district, duty_office=alone[0].office).exists()
    client = sign_in(cast.secretary_a)
    for place in alone:
        client.post("/place/", {"appointment": place.pk})
        page = client.get("/")
        assert "Reichelt" not in page.text and not page.context["elsewhere"] and page.context["new"]["total"] == 0
