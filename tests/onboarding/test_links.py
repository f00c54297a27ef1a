from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core.signing import Signer
from django.test import Client
from django.utils import timezone

from branches.models import Office
from onboarding import links
from onboarding.models import Contact, Journey, JourneyStep, Standard, Step
from tests import factories as make

DAY = timedelta(days=1)


@pytest.fixture
def steps(cast, tree):
    """A step to tick and one for a contact, of Jonas in branch A."""
    on = timezone.localdate()
    member = make.member("Jonas Reichelt", tree.a, joined_on=on - 20 * DAY, phone="0351 123", birth_date=on - 9000 * DAY)
    journey = Journey.objects.create(member=member, unit=tree.a, started_on=on - 20 * DAY)
    standard, office = Standard.objects.get(unit=tree.district), Office.objects.get(slug="secretary")
    welcome = Step.objects.create(standard=standard, slug="welcome", labels={"de": "Begrüßung", "he": "ברכה"}, office=office, count=10)
    return [
        JourneyStep.objects.create(journey=journey, step=step, unit=tree.a, office=office, due_on=on - DAY)
        for step in (welcome, standard.steps.get(slug="first-contact"))
    ]


def path(name, user, step, on=None):
    return urlsplit(links.address(name, user, step, on or timezone.localdate())).path


def now_of(step):
    step.refresh_from_db()
    return step.state, step.done_on, step.closed_by, step.escalation_stopped_at


@pytest.mark.parametrize("name", ["link_step", "link_escalation"])
def test_opening_a_link_changes_nothing(client, cast, steps, name):
    for step in steps:
        before = now_of(step)
        for method in (client.get, client.head, client.get):
            assert method(path(name, cast.secretary_a, step)).status_code == 200
        assert client.options(path(name, cast.secretary_a, step)).status_code == 405
        assert now_of(step) == before
    assert not Contact.objects.exists()


def test_the_page_has_one_button_and_runs_no_script_of_its_own(client, cast, steps):
    page = client.get(path("link_step", cast.secretary_a, steps[0]))
    text = page.content.decode()
    form = text[text.index("<main") : text.index("</main")]
    assert form.count("<button") == 1 and "Ja, erledigt" in form and "hx-" not in form and "<script" not in form
    assert "no-store" in page["Cache-Control"] and page["Referrer-Policy"] == "same-origin"
    assert "0351" not in text  # whoever holds the link learns no more than the mail's line


def test_the_button_settles_the_step_once_in_the_name_of_the_person(client, cast, steps):
    address = path("link_step", cast.secretary_a, steps[0])
    assert client.post(address).url == address
    assert now_of(steps[0])[:3] == ("done", timezone.localdate(), cast.secretary_a)
    closed_at = steps[0].closed_at
    assert client.post(address).status_code == 302
    steps[0].refresh_from_db()
    assert steps[0].closed_at == closed_at
    assert "Schon erledigt von <bdi>Aylin Kaya</bdi>" in client.get(address).content.decode()


def test_the_second_person_learns_that_it_is_done(client, cast, steps):
    steps[0].tick(cast.chair_a, timezone.localdate(), timezone.now())
    text = client.get(path("link_step", cast.secretary_a, steps[0])).content.decode()
    assert "Schon erledigt von <bdi>Carla Winter</bdi>" in text and "Ja, erledigt" not in text


def test_a_contact_step_asks_how_it_went(client, cast, steps):
    address = path("link_step", cast.secretary_a, steps[1])
    text = client.get(address).content.decode()
    assert "Erreicht" in text and "Nicht erreicht" in text
    client.post(address, {"result": "not_reached", "last": ""})
    client.post(address, {"result": "not_reached", "last": ""})
    assert list(Contact.objects.values_list("result", "by")) == [("not_reached", cast.secretary_a.pk)]
    assert now_of(steps[1])[0] == "open"
    text = client.get(address).content.decode()
    assert "Heute vermerkt" in text
    client.post(address, {"result": "reached", "last": str(Contact.objects.get().pk)})
    assert now_of(steps[1])[:3] == ("done", timezone.localdate(), cast.secretary_a)
    assert Contact.objects.filter(result="reached").count() == 1
    assert steps[1].journey.member.journeys.get().first_contact_on == timezone.localdate()


@pytest.mark.parametrize("result", ["", "wrong", "nonsense"])
def test_a_contact_step_takes_only_what_it_offers(client, cast, steps, result):
    assert client.post(path("link_step", cast.secretary_a, steps[1]), {"result": result}).status_code == 404
    assert now_of(steps[1])[0] == "open" and not Contact.objects.exists()


def test_a_tampered_link_does_not_exist(client, cast, steps):
    address = path("link_step", cast.secretary_a, steps[0])
    *_, token, _end = address.split("/")
    value, signature = token.split(".")
    other = Signer(salt="onboarding.link_step", sep=".", key="another key").sign_object([cast.officer.pk, steps[0].pk, 999999])
    strange = links.LINKS["link_step"].signer.sign("not an object")
    for bad in (f"{value}x.{signature}", f"{value}.{signature[:-1]}", value, "..", other, strange, "a" * 3000):
        assert client.post(f"/link/step/{bad}/").status_code == 404
    assert now_of(steps[0])[0] == "open"


def test_a_link_works_for_its_own_purpose_only(client, cast, steps):
    token = path("link_escalation", cast.secretary_a, steps[0]).split("/")[-2]
    assert client.post(f"/link/step/{token}/").status_code == 404
    assert now_of(steps[0])[0] == "open"


@pytest.mark.parametrize("name", ["link_step", "link_escalation"])
def test_an_old_link_says_so_and_does_nothing(client, cast, steps, name):
    today = timezone.localdate()
    assert client.get(path(name, cast.secretary_a, steps[0], today - links.DAYS)).status_code == 200
    old = path(name, cast.secretary_a, steps[0], today - links.DAYS - DAY)
    before = now_of(steps[0])
    assert client.get(old).status_code == client.post(old).status_code == 410
    assert "abgelaufen" in client.get(old).content.decode() and now_of(steps[0]) == before


@pytest.mark.parametrize("name", ["link_step", "link_escalation"])
@pytest.mark.parametrize("loss", ["term", "right", "account", "move"])
def test_without_the_office_the_link_is_dead_at_once(client, cast, tree, steps, name, loss):
    address = path(name, cast.secretary_a, steps[0])
    if loss == "term":
        cast.secretary_a.appointments.update(ends_on=timezone.localdate())
    elif loss == "right":
        cast.secretary_a.appointments.update(right=1)
    elif loss == "account":
        cast.secretary_a.is_active = False
        cast.secretary_a.save()
    else:
        member = steps[0].journey.member
        member.home_unit = tree.b
        member.save()
    before = now_of(steps[0])
    page = client.post(address)
    assert page.status_code == client.get(address).status_code == 410
    assert "Reichelt" not in page.content.decode() and "gilt nicht mehr" in page.content.decode()
    assert now_of(steps[0]) == before


def test_a_link_to_a_step_the_person_never_cared_for_shows_nothing(client, cast, steps):
    page = client.get(path("link_step", cast.secretary_b, steps[0]))
    assert page.status_code == 410 and "Reichelt" not in page.content.decode()


def test_a_link_acts_for_its_person_whoever_is_signed_in(sign_in, cast, steps):
    sign_in(cast.secretary_b).post(path("link_step", cast.secretary_a, steps[0]))
    assert now_of(steps[0])[2] == cast.secretary_a


def test_without_the_pages_own_form_nothing_is_taken(cast, steps):
    strict = Client(enforce_csrf_checks=True)
    address = path("link_step", cast.secretary_a, steps[0])
    assert strict.post(address).status_code == 403 and now_of(steps[0])[0] == "open"
    page = strict.get(address).content.decode()
    token = page.split('csrfmiddlewaretoken" value="')[1].split('"')[0]
    assert strict.post(address, {"csrfmiddlewaretoken": token}).status_code == 302
    assert now_of(steps[0])[0] == "done"


def test_the_address_says_nothing_about_anybody(cast, steps):
    address = links.address("link_step", cast.secretary_a, steps[0], timezone.localdate())
    read = links.LINKS["link_step"].signer.unsign_object(address.split("/")[-2])
    assert all(isinstance(part, int) for part in read)
    assert len(address) < 150


def test_the_page_speaks_the_persons_language(client, cast, steps):
    cast.secretary_a.language = "he"
    cast.secretary_a.save()
    text = client.get(path("link_step", cast.secretary_a, steps[0])).content.decode()
    assert 'dir="rtl"' in text and "כן, בוצע" in text
    client.cookies["django_language"] = "en"
    assert "Yes, done" in client.get(path("link_step", cast.secretary_a, steps[0])).content.decode()


def test_the_stop_link_stops_and_resumes(client, cast, steps):
    address = path("link_escalation", cast.chair_a, steps[0])
    client.post(address, {"do": "stop"})
    steps[0].refresh_from_db()
    assert steps[0].escalation_stopped_by == cast.chair_a
    assert "Beendet von <bdi>Carla Winter</bdi>" in client.get(address).content.decode()
    client.post(address, {"do": "resume"})
    steps[0].refresh_from_db()
    assert steps[0].escalation_stopped_at is None


@pytest.mark.parametrize("state", ["done", "not_needed", "before", "dropped"])
def test_a_closed_step_says_what_became_of_it(client, cast, steps, state):
    JourneyStep.objects.update(state=state, done_on=timezone.localdate(), reason="zieht weg")
    for name in ("link_step", "link_escalation"):
        page = client.get(path(name, cast.secretary_a, steps[0]))
        assert page.status_code == 200 and '<form method="post">' not in page.content.decode()
    client.post(path("link_step", cast.secretary_a, steps[0]))
    assert now_of(steps[0])[0] == state
