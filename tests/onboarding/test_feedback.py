import random
from datetime import date, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.utils import timezone

from branches.models import Unit
from membership.models import Member
from onboarding import feedback
from onboarding.models import Answer, Journey
from outbox.models import Message
from tests import factories as make

HALF = date(2026, 1, 1)
GOOD = {"welcome": 5, "informed": 4, "belonging": 3}


@pytest.fixture
def journey(tree):
    """Somebody who joined six months ago today."""
    on = timezone.localdate() - relativedelta(months=6)
    member = make.member("Nora Neu", tree.a, on, email="nora@example.org", language="de")
    return Journey.objects.create(member=member, unit=tree.a, started_on=on)


def answers(unit, count, half=HALF):
    Answer.objects.bulk_create(Answer(unit=unit, half=half, **GOOD) for _ in range(count))


def test_everybody_is_asked_once_six_months_after_joining(journey):
    now = timezone.now()
    assert feedback.ask_due(now - timedelta(days=1)) == 0
    assert feedback.ask_due(now) == 1
    assert feedback.ask_due(now + timedelta(days=1)) == 0
    message = Message.objects.get(kind="feedback")
    built = feedback.build(message, feedback.load([message], now), now)
    assert built.to == "nora@example.org" and "/link/feedback/" in built.text


@pytest.mark.parametrize("change", [{"email": ""}, {"status": "left"}, {"status": "deceased"}])
def test_who_left_or_has_no_mail_address_is_not_asked(journey, change):
    Member.objects.filter(pk=journey.member_id).update(**change)
    assert feedback.ask_due(timezone.now()) == 0


def test_who_could_not_be_asked_for_a_month_is_not_asked_any_more(journey):
    assert feedback.ask_due(timezone.now() + timedelta(days=40)) == 0


def test_link_feedback_keeps_answers_once_and_without_a_trace_of_whose_they_are(journey, client):
    path = feedback.address(journey, timezone.localdate()).split("/", 3)[3]
    assert client.get(f"/{path}").status_code == 200
    assert client.post(f"/{path}", {"welcome": 5}).status_code == 422
    assert client.post(f"/{path}", {**GOOD, "welcome": 6}).status_code == 422
    assert not Answer.objects.exists()
    client.post(f"/{path}", GOOD)
    client.post(f"/{path}", GOOD | {"welcome": 1})
    kept = Answer.objects.values().get()
    assert (kept["welcome"], kept["unit_id"], kept["half"]) == (5, journey.unit_id, feedback.half_of(timezone.localdate()))
    assert kept.keys() == {"id", "unit_id", "half", *GOOD}
    assert "Nora" not in client.get(f"/{path}").text


def test_link_feedback_asks_in_the_language_of_its_mail_whatever_the_browser_speaks(journey, client):
    Member.objects.filter(pk=journey.member_id).update(language="")
    path = feedback.address(journey, timezone.localdate()).split("/", 3)[3]
    assert "Drei Fragen" in client.get(f"/{path}", headers={"accept-language": "en"}).text


def test_link_feedback_ends_and_takes_no_foreign_signature(journey, client):
    old = feedback.address(journey, timezone.localdate() - feedback.OPEN_FOR - timedelta(days=1)).split("/", 3)[3]
    assert client.get(f"/{old}").status_code == 410
    assert client.get("/link/feedback/W10.x/").status_code == 404


def test_four_answers_are_shown_to_nobody_five_are(tree):
    answers(tree.a, 4)
    assert feedback.shown(tree.district, HALF) == {}
    answers(tree.a, 1)
    assert feedback.shown(tree.district, HALF)[tree.a.path].sums == (25, 20, 15)


def test_a_unit_is_hidden_where_the_district_less_the_unit_would_tell_the_answers_of_few(tree):
    answers(tree.a, 9)
    answers(tree.b, 2)
    assert set(feedback.shown(tree.district, HALF)) == {tree.district.path}
    answers(tree.b, 3)
    assert set(feedback.shown(tree.district, HALF)) == {tree.district.path, tree.a.path, tree.b.path}


@pytest.mark.parametrize("seed", range(6))
def test_no_subtraction_tells_the_answers_of_fewer_than_five(tree, seed):
    dice = random.Random(seed)
    units = [tree.district, tree.a, tree.b]
    for number in range(12):
        units.append(make.unit(f"Ort {number}", "branch", Unit.objects.get(pk=dice.choice(units).pk)))
    for unit in units:
        answers(unit, dice.choice([0, 0, 1, 2, 3, 5, 6, 9]))
    visible = feedback.shown(tree.district, HALF)
    for path, sums in visible.items():
        assert sums.people == Answer.objects.filter(unit__path__startswith=path).count() >= 5
        # Whatever is added and taken away, it is made of these: what is left of a unit without the shown ones below it.
        below = [other for other in visible if other.startswith(path) and other != path]
        nearest = [other for other in below if not any(other.startswith(one) and other != one for one in below)]
        rest = sums.people - sum(visible[other].people for other in nearest)
        assert rest == 0 or rest >= 5


def test_feedback_sums_shows_only_half_years_that_are_over(tree, cast, sign_in):
    this = feedback.half_of(timezone.localdate())
    answers(tree.a, 6, this)
    client = sign_in(cast.secretary_a)
    assert not any(half["rows"] for half in client.get(f"/units/{tree.a.slug}/feedback/").context["halves"])
    answers(tree.a, 6, feedback.halves(timezone.localdate())[0])
    assert client.get(f"/units/{tree.a.slug}/feedback/").context["halves"][0]["rows"][0]["sums"].people == 6


def test_halves_begin_in_january_and_july():
    assert feedback.half_of(date(2026, 6, 30)) == HALF
    assert feedback.halves(date(2026, 7, 1), 2) == [HALF, date(2025, 7, 1)]
