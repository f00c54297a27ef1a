from datetime import date, timedelta

import pytest
from django.utils import timezone

from onboarding import reminders
from outbox.models import Message
from tests import factories as make

DAY = timedelta(days=1)


@pytest.fixture
def told(cast):
    """A digest for each of the people, given up for the secretary of A."""
    people = (cast.secretary_a, cast.secretary_b, cast.officer, cast.foreign_officer, cast.section_lead)
    return {
        person: Message.objects.create(
            kind="digest", key=f"digest:{person.pk}", recipient=person, due_at=timezone.now(),
            state="dead" if person == cast.secretary_a else "sent", reason="550 no such mailbox" if person == cast.secretary_a else "",
        )
        for person in people
    }  # fmt: skip


def names(page):
    return {str(message.recipient) for message in page.context["page"].rows}


def test_everybody_sees_the_messages_of_the_units_they_lead_and_their_own(sign_in, cast, told):
    seen = {
        person: names(sign_in(person).get("/messages/")) for person in (cast.officer, cast.chair_a, cast.section_lead, cast.treasurer_a)
    }
    assert seen[cast.officer] == {"Aylin Kaya", "Bernd Lohse", "Oskar Blume", "Selma Jung"}
    assert seen[cast.chair_a] == {"Aylin Kaya"}
    assert seen[cast.section_lead] == {"Selma Jung"}
    assert seen[cast.treasurer_a] == set()


def test_what_somebody_is_told_after_leaving_the_unit_is_no_longer_its_chairs_business(sign_in, cast, told):
    cast.secretary_a.appointments.update(ends_on=timezone.localdate())
    assert names(sign_in(cast.chair_a).get("/messages/")) == set()
    cast.secretary_a.appointments.update(ends_on=timezone.localdate() + DAY)
    assert names(sign_in(cast.chair_a).get("/messages/")) == {"Aylin Kaya"}


def test_presets_narrow_and_count(sign_in, cast, told):
    page = sign_in(cast.officer).get("/messages/?show=dead")
    assert names(page) == {"Aylin Kaya"} and "550 no such mailbox" in page.content.decode()
    assert [preset["count"] for preset in page.context["presets"]] == ["4", "0", "3", "0", "1"]
    assert sign_in(cast.officer).get("/messages/?show=nonsense").status_code == 200


def test_reasons_are_said_in_the_readers_language(sign_in, cast, told):
    Message.objects.filter(recipient=cast.secretary_b).update(state="skipped", reason=reminders.NOTHING_DUE)
    assert "Es steht nichts mehr an." in sign_in(cast.officer).get("/messages/?show=skipped").content.decode()


def test_a_given_up_message_is_tried_again_by_who_leads_the_unit(sign_in, cast, told):
    dead = told[cast.secretary_a]
    address = f"/messages/{dead.pk}/retry/"
    assert sign_in(cast.secretary_b).post(address).status_code == 404
    assert sign_in(cast.foreign_officer).post(address).status_code == 404
    assert sign_in(cast.officer).get(address).status_code == 405
    assert sign_in(cast.officer).post(address).url == "/messages/"
    dead.refresh_from_db()
    assert (dead.state, dead.attempts, dead.reason) == ("due", 0, "")


def test_who_leads_nothing_tries_nothing_again(sign_in, cast, told):
    mine = told[cast.section_lead]
    Message.objects.filter(pk=mine.pk).update(state="dead")
    page = sign_in(cast.section_lead).get("/messages/")
    assert "retry" not in page.content.decode()
    assert sign_in(cast.section_lead).post(f"/messages/{mine.pk}/retry/").status_code == 403


def test_the_list_costs_the_same_for_many(sign_in, cast, django_assert_max_num_queries):
    Message.objects.bulk_create(Message(kind="digest", key=f"k{n}", recipient=cast.secretary_a, due_at=timezone.now()) for n in range(300))
    client = sign_in(cast.officer)
    with django_assert_max_num_queries(7):
        page = client.get("/messages/")
    second = client.get("/messages/" + page.context["page"].next_url)
    assert len(second.context["page"].rows) == 50 and not names(second) - {"Aylin Kaya"}


def test_a_step_is_silenced_by_hand_and_by_those_who_may(sign_in, cast, tree):
    from onboarding import journeys
    from onboarding.models import JourneyStep

    make.member("Jonas Reichelt", tree.a, joined_on=date.today() - 10 * DAY)
    journeys.start_due(date.today())
    step = JourneyStep.objects.first()
    address = f"/steps/{step.pk}/escalation/"
    assert sign_in(cast.secretary_b).post(address, {"do": "stop"}).status_code == 404
    assert sign_in(cast.treasurer_a).post(address, {"do": "stop"}).status_code == 403
    assert sign_in(cast.secretary_a).post(address, {"do": "stop"}).status_code == 302
    step.refresh_from_db()
    assert step.escalation_stopped_by == cast.secretary_a
    sign_in(cast.secretary_a).post(address, {"do": "resume"})
    step.refresh_from_db()
    assert step.escalation_stopped_at is None
