"""From the member list to an event: look first, register as a whole, take it back."""

import uuid
from datetime import date
from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from education import batching, registering
from education.models import Registration, RegistrationBatch
from outbox.models import Message
from tests import factories as make

NOW = timezone.now()
ADD = "/members/many/event/"


@pytest.fixture
def people(tree):
    return [make.member(name, unit, email=f"{name[:2].lower()}@example.org") for name, unit in (("Anna Arndt", tree.a), ("Bert Busch", tree.a), ("Cem Can", tree.a), ("Dora Fremd", tree.b))]


@pytest.fixture
def event(tree):
    return make.event(tree.district, title="Studientag", seats=2)


def asked(event=None, picks=None, **more):
    chosen = {"pick": [one.pk for one in picks]} if picks else {"all": 1}
    return f"{ADD}?{urlencode(chosen | ({'event': event.pk} if event else {}) | more, doseq=True)}"


def states():
    return dict(Registration.objects.values_list("member__given_name", "state"))


def test_the_bar_of_the_member_list_leads_to_the_event(tree, cast, people, event, sign_in):
    client = sign_in(cast.secretary_a)
    assert 'value="event"' in client.get("/members/").text
    answer = client.get("/members/many/", {"do": "event", "of": "q=an", "pick": [people[0].pk]})
    assert answer.status_code == 302 and answer["Location"].startswith(ADD) and f"pick={people[0].pk}" in answer["Location"]
    assert "Studientag" in client.get(answer["Location"]).text


def test_the_preview_says_who_gets_a_place_who_waits_and_who_is_left_out_and_changes_nothing(tree, cast, people, event, sign_in):
    registering.register(event.pk, NOW, member=people[0])
    answer = sign_in(cast.secretary_a).get(asked(event, people))
    assert [member.given_name for member in answer.context["placed"]] == ["Bert"]
    assert [member.given_name for member in answer.context["waiting"]] == ["Cem"]
    told = " ".join(answer.context["left_out"])
    assert "nicht zu euch" in told and "1: schon angemeldet" in told and "Dora" not in answer.text
    assert states() == {"Anna": "confirmed"} and not RegistrationBatch.objects.exists()


def test_they_are_registered_as_a_whole_once_and_each_is_told(tree, cast, people, event, sign_in):
    client, key = sign_in(cast.secretary_a), uuid.uuid4()
    for _click in range(2):
        assert client.post(asked(event), {"key": key}).status_code == 302
    assert states() == {"Anna": "confirmed", "Bert": "confirmed", "Cem": "waiting"}
    batch = RegistrationBatch.objects.get()
    assert (batch.placed, batch.waiting) == (2, 1) and Message.objects.filter(kind="registration").count() == 3
    assert all(row.approved_by == cast.secretary_a for row in Registration.objects.all())


def test_undo_cancels_what_it_made_and_leaves_others_and_what_was_settled_since(tree, cast, people, event, sign_in):
    registering.register(event.pk, NOW, member=people[0])
    client = sign_in(cast.secretary_a)
    client.post(asked(event), {"key": uuid.uuid4()})
    batch = RegistrationBatch.objects.get()
    registering.cancel(Registration.objects.get(member=people[2]), NOW)
    for _click in range(2):
        assert client.post(reverse("education:batch_undo", args=[batch.pk])).status_code == 302
    assert states() == {"Anna": "confirmed", "Bert": "cancelled", "Cem": "cancelled"}
    batch.refresh_from_db()
    assert batch.undone_at and batch.stayed == 1, "Cem had cancelled before"


def test_nobody_takes_back_what_another_did(tree, cast, people, event, sign_in):
    sign_in(cast.secretary_a).post(asked(event), {"key": uuid.uuid4()})
    batch = RegistrationBatch.objects.get()
    client = sign_in(cast.officer)
    assert client.get(reverse("education:batch_detail", args=[batch.pk])).status_code == 404
    assert client.post(reverse("education:batch_undo", args=[batch.pk])).status_code == 404 and states()["Anna"] == "confirmed"


def test_an_event_of_another_party_or_a_draft_cannot_be_chosen(tree, cast, people, sign_in):
    client = sign_in(cast.secretary_a)
    for event in (make.event(tree.foreign, title="Fremd"), make.event(tree.a, title="Entwurf", state="draft")):
        assert client.get(asked(event)).status_code == client.post(asked(event), {"key": uuid.uuid4()}).status_code == 404
    assert "Fremd" not in client.get(asked()).text and not Registration.objects.exists()


def test_too_many_at_once_are_told_a_better_way(tree, cast, people, event, sign_in, monkeypatch):
    monkeypatch.setattr(batching, "MOST", 2)
    answer = sign_in(cast.secretary_a).post(asked(event), {"key": uuid.uuid4()})
    assert answer.status_code == 422 and "höchstens 2" in answer.text and not Registration.objects.exists()


def test_a_list_that_makes_no_sense_does_nothing(tree, cast, people, event, sign_in):
    client = sign_in(cast.secretary_a)
    assert client.post(asked(event, of="joined_from=gestern"), {"key": uuid.uuid4()}).status_code == 422
    assert client.post(asked(event), {"key": "x"}).status_code == 422 and not Registration.objects.exists()


def test_looking_takes_a_constant_number_of_queries(tree, cast, event, sign_in, django_assert_max_num_queries):
    for number in range(30):
        make.member(f"Person {number}", tree.a, joined_on=date(2020, 1, 1))
    client = sign_in(cast.secretary_a)
    client.get(asked(event))
    with django_assert_max_num_queries(16):
        client.get(asked(event))
