"""Offices ahead: what ends, who would like to, and the meeting that elects."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from branches.models import Office
from education.models import DevelopmentCard, Event
from tests import factories as make

NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def evening():
    with time_machine.travel(NOW, tick=False):
        yield


def chair():
    return Office.objects.filter(slug="chair").first()


def test_it_names_what_ends_within_six_months_and_what_outlasts_a_usual_term(tree, cast, sign_in):
    make.appoint(make.user("Hanna Kurz"), "board", tree.a, ends_on=date(2027, 5, 20))
    make.appoint(make.user("Hugo Lang"), "board", tree.a, ends_on=date(2027, 6, 20))
    make.appoint(make.user("Nora Neu"), "board", tree.a, starts_on=date(2026, 9, 1))
    context = sign_in(cast.secretary_a).get(reverse("planning:office_outlook")).context
    assert [term.user.name for term in context["page"].rows] == ["Hanna Kurz"]
    assert {term.user.name for term in context["long"]} == {"Aylin Kaya", "Carla Winter", "Theo Kasimir"}


def test_candidates_are_those_who_agreed_and_only_for_those_who_care(tree, cast, sign_in):
    yes, no = (make.member(name, tree.a) for name in ("Eva Sommer", "Uwe Winter"))
    DevelopmentCard.objects.create(member=yes, wants=chair(), consented_on=date(2026, 10, 1), changed_at=NOW)
    DevelopmentCard.objects.create(member=no, wants=chair(), changed_at=NOW)
    address = reverse("planning:office_fill", args=[tree.a.slug, chair().pk])
    page = sign_in(cast.secretary_a).get(address).content.decode()
    assert "Eva Sommer" in page and "Uwe Winter" not in page
    assert "Eva Sommer" not in sign_in(cast.treasurer_a).get(address).content.decode()


def test_whoever_appoints_goes_on_from_there_to_give_the_office(tree, cast, sign_in):
    address, give = reverse("planning:office_fill", args=[tree.a.slug, chair().pk]), f"{reverse('branches:appointment_add', args=[tree.a.slug])}?office=chair"
    assert give in sign_in(cast.chair_a).get(address).text and sign_in(cast.chair_a).get(give).status_code == 200
    assert give not in sign_in(cast.treasurer_a).get(address).text


def test_an_office_that_passes_to_somebody_names_them_and_asks_for_no_election(tree, cast, sign_in):
    make.appoint(make.user("Hanna Kurz"), "board", tree.a, ends_on=date(2027, 3, 1))
    make.appoint(make.user("Nora Neu"), "board", tree.a, starts_on=date(2027, 3, 1))
    page = sign_in(cast.chair_a).get(reverse("planning:office_fill", args=[tree.a.slug, Office.objects.filter(slug="board").first().pk]))
    assert page.context["follows"].user.name == "Nora Neu" and "Nora Neu" in page.text and "btn-primary" not in page.text


def test_one_click_makes_the_draft_of_the_meeting_that_elects(tree, cast, sign_in):
    make.appoint(make.user("Hanna Kurz"), "board", tree.a, ends_on=date(2027, 3, 1))
    board = Office.objects.filter(slug="board").first()
    answer = sign_in(cast.secretary_a).post(reverse("planning:office_fill", args=[tree.a.slug, board.pk]))
    assert sign_in(cast.secretary_a).post(reverse("planning:office_fill", args=[tree.a.slug, board.pk])).url == answer.url  # a double click
    event = Event.objects.select_related("kind").first()
    assert answer.url == reverse("education:event_edit", args=[event.pk])
    assert (event.state, event.kind.counts, timezone.localtime(event.starts_at).date()) == ("draft", True, date(2027, 2, 1))
    assert event.titles["de"] == "Wahl: Vorstand" and [carrier.unit for carrier in event.carriers.all()] == [tree.a]


def test_a_vacant_office_is_elected_as_soon_as_one_can_invite(tree, cast, sign_in):
    assert sign_in(cast.secretary_b).post(reverse("planning:office_fill", args=[tree.b.slug, chair().pk])).status_code == 302
    assert timezone.localtime(Event.objects.first().starts_at).date() == date(2026, 12, 13)
