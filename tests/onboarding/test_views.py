"""The pages of arriving: list of new members, ticking, contact log, standard."""

import re
import uuid
from datetime import date, timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from membership.models import ListImport
from onboarding import intake, journeys, standards
from onboarding.models import Contact, Journey, JourneyStep, Standard, Step
from tests import factories as make

DAY = timedelta(days=1)
TODAY = make.TODAY


@pytest.fixture(autouse=True)
def sunday():
    with time_machine.travel("2026-11-22 19:30+01:00", tick=False):
        yield


def names(response):
    return re.findall(r'<th scope="row"[^>]*><a[^>]*><bdi>(.*?)</bdi>', response.text)


def counts(client, address="/new-members/?"):
    """What stands beside the presets: asked for by the page after it is shown."""
    names, response = ["waiting", "late", "week", "running", "done"], client.get(f"{address}&counts=1")
    assert "<h1" not in response.text
    return {name: preset["count"] for name, preset in zip(names, response.context["presets"], strict=True)}


def step(journey, slug="first-contact"):
    return journey.steps.get(step__slug=slug)


# --- the list ---


@pytest.fixture
def five(tree, cast):
    """Somebody in each view, on 22 November."""
    for name, joined_on in [("Lea Spät", date(2026, 9, 1)), ("Wim Wartet", date(2026, 11, 20)), ("Rita Ruft", date(2026, 10, 26))]:
        make.member(name, tree.a, joined_on=joined_on)
        journeys.start_due(joined_on)
    make.step(tree.b, "Anruf", count=30)
    make.member("Bea Bergheim", tree.b, joined_on=date(2026, 10, 25))
    done = make.member("Dora Fertig", tree.b, joined_on=date(2026, 7, 1))
    journeys.start_due(date(2026, 10, 25))
    for open_step in JourneyStep.objects.filter(journey__member=done).open():
        open_step.tick(cast.secretary_b, TODAY - DAY, "2026-11-21T10:00Z")
    rita = Journey.objects.get(member__family_name="Ruft").member
    Contact.objects.log(rita, cast.secretary_a, TODAY, kind="call", result="reached")


def test_journey_list_counts_and_shows_its_presets(five, cast, sign_in):
    client = sign_in(cast.officer)
    assert 'hx-get="?show=running&amp;counts=1"' in client.get("/new-members/").text
    assert counts(client) == {"waiting": "3", "late": "1", "week": "1", "running": "4", "done": None}
    for show, expected in {
        "waiting": ["Lea Spät", "Bea Bergheim", "Wim Wartet"],
        "late": ["Lea Spät"],
        "week": ["Bea Bergheim"],
        "done": ["Dora Fertig"],
        "nonsense": ["Lea Spät", "Bea Bergheim", "Wim Wartet", "Rita Ruft"],
    }.items():
        assert names(client.get(f"/new-members/?show={show}")) == expected


def test_journey_list_filters_by_a_unit_below(five, cast, tree, sign_in):
    client = sign_in(cast.officer)
    response = client.get("/new-members/?unit=bergheim")
    assert names(response) == ["Bea Bergheim"]
    assert counts(client, "/new-members/?unit=bergheim")["running"] == "1"
    assert [slug for slug, _name in response.context["form"].fields["unit"].choices] == ["", "musterstadt", "altdorf", "bergheim", "jusos"]


def test_journey_list_ignores_units_one_may_not_see(five, cast, sign_in):
    response = sign_in(cast.secretary_a).get("/new-members/?unit=bergheim")
    assert names(response) == ["Lea Spät", "Wim Wartet", "Rita Ruft"]
    assert "Bergheim" not in response.content.decode()


def test_journey_list_shows_a_section_lead_the_members_of_the_section(five, cast, tree, sign_in):
    member = Journey.objects.get(member__family_name="Wartet").member
    member.memberships.create(unit=tree.youth, home=False, starts_on=TODAY)
    client = sign_in(cast.section_lead)
    assert names(client.get("/new-members/")) == names(client.get("/new-members/?unit=jusos")) == ["Wim Wartet"]


def test_journey_list_pages_by_key_there_and_back(tree, cast, sign_in):
    for number in range(120):
        make.member(f"Neu {number:03}", tree.a, joined_on=TODAY)
    journeys.start_due(TODAY)
    client = sign_in(cast.secretary_a)
    seen, url, backs = [], "/new-members/?show=running", []
    while url:
        response = client.get(url)
        seen.append(names(response))
        page = response.context["page"]
        backs.append(page.previous_url)
        url = page.next_url and "/new-members/" + page.next_url
    assert [len(rows) for rows in seen] == [50, 50, 20]
    assert len({name for rows in seen for name in rows}) == 120
    assert not backs[0]
    response = client.get("/new-members/" + backs[2])
    assert names(response) == seen[1]
    assert names(client.get("/new-members/" + response.context["page"].previous_url)) == seen[0]


@pytest.mark.parametrize("key", ["x", "~", "2026-13-01~1", "2026-11-30~x", "2026-11-30~99999999999999999999999", "\x00~1"])
def test_journey_list_takes_nonsense_for_the_first_page(five, cast, sign_in, key):
    client = sign_in(cast.officer)
    for name in ("after", "before"):
        assert client.get("/new-members/", {name: key}).status_code == 200


@pytest.mark.parametrize("show", ["running", "waiting", "done"])
def test_journey_list_asks_the_database_as_often_for_300_rows_as_for_one(tree, cast, sign_in, show):
    client = sign_in(cast.officer)
    asked = []
    for n in (1, 3, 300):
        for number in range(Journey.objects.count(), n):
            make.member(f"Neu {number}", [tree.a, tree.b][number % 2], joined_on=TODAY)
        journeys.start_due(TODAY)
        if show == "done":
            Journey.objects.update(state="done", ended_on=TODAY)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(f"/new-members/?show={show}")
        assert len(names(response)) == min(n, 50)
        asked.append(len(queries))
    assert len(set(asked)) == 1
    assert asked[0] <= 10


# --- ticking ---


def test_step_tick_works_without_javascript_and_can_be_undone(journey, cast, sign_in):
    client = sign_in(cast.secretary_a)
    first = step(journey)
    response = client.post(f"/steps/{first.pk}/tick/?back=today", follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert f'action="/steps/{first.pk}/undo/?back=today"' in response.content.decode()
    first.refresh_from_db()
    assert (first.state, first.done_on, first.closed_by) == ("done", TODAY, cast.secretary_a)
    response = client.post(f"/steps/{first.pk}/undo/")
    assert response["location"] == f"/members/{journey.member_id}/"
    first.refresh_from_db()
    assert first.state == "open"


def test_step_tick_swaps_the_row_on_today(journey, cast, sign_in):
    client = sign_in(cast.secretary_a)
    first = step(journey)
    htmx = {"HX-Request": "true", "HX-Target": f"today-{first.pk}"}
    done = client.post(f"/steps/{first.pk}/tick/?back=today", headers=htmx).content.decode()
    assert "Aylin Kaya" in done
    assert 'data-vanish="10"' in done
    assert "<html" not in done
    undone = client.post(f"/steps/{first.pk}/undo/?back=today", headers=htmx).content.decode()
    assert f"/steps/{first.pk}/tick/" in undone
    assert "Jonas Reichelt" in undone


def test_step_tick_swaps_the_row_of_the_checklist_and_where_the_journey_stands(journey, cast, sign_in):
    client = sign_in(cast.secretary_a)
    first = step(journey)
    headers = {"HX-Request": "true", "HX-Target": f"check-{first.pk}"}
    html = client.post(f"/steps/{first.pk}/tick/", headers=headers).content.decode()
    assert f'id="check-{first.pk}"' in html
    assert 'id="stand" hx-swap-oob="true"' in html


def test_step_tick_by_the_second_of_two_says_who_was_first(journey, cast, sign_in):
    first = step(journey)
    first.tick(cast.chair_a, TODAY - DAY, "2026-11-21T10:00Z")
    html = sign_in(cast.secretary_a).post(f"/steps/{first.pk}/tick/", follow=True).content.decode()
    assert "Carla Winter" in html
    first.refresh_from_db()
    assert (first.closed_by, first.done_on) == (cast.chair_a, TODAY - DAY)


def test_step_not_needed_keeps_the_reason(journey, cast, sign_in):
    client = sign_in(cast.secretary_a)
    book = step(journey, "membership-book")
    client.post(f"/steps/{book.pk}/not-needed/", {"reason": "  "})
    book.refresh_from_db()
    assert book.state == "open"
    response = client.post(f"/steps/{book.pk}/not-needed/", {"reason": "hat <b>schon</b> eins"}, follow=True)
    assert "hat &lt;b&gt;schon&lt;/b&gt; eins" in response.content.decode()


def test_step_wait_says_for_what(journey, cast, sign_in):
    book = step(journey, "membership-book")
    response = sign_in(cast.secretary_a).post(f"/steps/{book.pk}/wait/", {"waiting_for": "Lieferung"}, follow=True)
    assert "Lieferung" in response.content.decode()


def test_journey_end_can_be_taken_back(journey, cast, sign_in):
    client = sign_in(cast.secretary_a)
    response = client.post(f"/journeys/{journey.pk}/end/", follow=True)
    assert f'action="/journeys/{journey.pk}/resume/"' in response.content.decode()
    client.post(f"/journeys/{journey.pk}/resume/")
    journey.refresh_from_db()
    assert journey.state == "running"


STEP_VERBS = ["tick", "undo", "not-needed", "wait"]


@pytest.mark.parametrize("verb", STEP_VERBS)
@pytest.mark.parametrize(
    ("who", "status"),
    [("secretary_a", 302), ("chair_a", 302), ("officer", 302), ("treasurer_a", 403), ("secretary_b", 404), ("stranger", 404)],
)
def test_steps_open_for_who_cares_only(journey, cast, sign_in, verb, who, status):
    response = sign_in(getattr(cast, who)).post(f"/steps/{step(journey).pk}/{verb}/", {"reason": "x"})
    assert response.status_code == status


@pytest.mark.parametrize("verb", STEP_VERBS)
def test_looking_at_an_address_of_a_step_changes_nothing(journey, cast, sign_in, verb):
    assert sign_in(cast.secretary_a).get(f"/steps/{step(journey).pk}/{verb}/").status_code == 405


# --- the contact log ---


def test_contact_log_takes_two_taps(journey, jonas, cast, sign_in):
    client = sign_in(cast.secretary_a)
    page = client.get(f"/members/{jonas.pk}/contact/?kind=visit")
    form = {name: page.context["form"][name].value() for name in ("kind", "key", "on")}
    response = client.post(f"/members/{jonas.pk}/contact/", form | {"result": "reached"}, follow=True)
    contact = jonas.contacts.get()
    assert (contact.kind, contact.result, contact.on, contact.by) == ("visit", "reached", TODAY, cast.secretary_a)
    assert step(journey).state == "done"
    assert f'action="/contacts/{contact.pk}/undo/"' in response.content.decode()
    client.post(f"/contacts/{contact.pk}/undo/")
    assert step(journey).state == "open"


def test_contact_log_sent_twice_logs_once(jonas, cast, sign_in):
    client = sign_in(cast.secretary_a)
    form = {"kind": "call", "result": "reached", "on": "2026-11-22", "key": uuid.uuid4()}
    for _ in range(2):
        assert client.post(f"/members/{jonas.pk}/contact/", form).status_code == 302
    assert jonas.contacts.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "pigeon"}, {"result": ""}, {"on": "2026-11-23"}, {"on": "0"}, {"next_on": "2026-11-21"}, {"note": "x" * 2001}, {"key": "1"}],
)
def test_contact_log_refuses_what_makes_no_sense_beside_the_field(jonas, cast, sign_in, wrong):
    form = {"kind": "call", "result": "reached", "on": "2026-11-22", "key": uuid.uuid4()} | wrong
    response = sign_in(cast.secretary_a).post(f"/members/{jonas.pk}/contact/", form)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == set(wrong)
    assert not jonas.contacts.exists()


@pytest.mark.parametrize(("who", "status"), [("officer", 200), ("treasurer_a", 403), ("secretary_b", 404), ("stranger", 404)])
def test_contact_log_opens_for_who_cares_only(jonas, cast, sign_in, who, status):
    client = sign_in(getattr(cast, who))
    assert client.get(f"/members/{jonas.pk}/contact/").status_code == status


def test_contact_undo_is_for_who_logged_it(jonas, cast, sign_in):
    contact, _new = Contact.objects.log(jonas, cast.chair_a, TODAY)
    client = sign_in(cast.secretary_a)
    assert client.post(f"/contacts/{contact.pk}/undo/").status_code == 403
    client.force_login(cast.secretary_b)
    assert client.post(f"/contacts/{contact.pk}/undo/").status_code == 404
    assert jonas.contacts.exists()


# --- the standard ---

FORM = {"label_de": "Kennenlernen", "due": "days", "count": "14", "done_by": "tick", "reasons": ["joined"]}


@pytest.fixture
def form(tree):
    return FORM | {"office": Step.objects.first().office_id}


def test_standard_tells_what_is_inherited_from_where_and_what_is_locked(tree, cast, sign_in):
    make.step(tree.a, "Kaffee", count=10)
    response = sign_in(cast.treasurer_a).get("/units/altdorf/standard/")
    assert [step.locked for step in response.context["inherited"]] == [True] * 3
    assert [str(step) for step in response.context["own"]] == ["Kaffee"]
    assert "Unterbezirk Musterstadt" in response.content.decode()
    assert "<form method=\"post\" action=\"/units/" not in response.content.decode()


def test_step_add_counts_for_journeys_from_now_on(tree, cast, jonas, journey, sign_in, form):
    response = sign_in(cast.secretary_a).post("/units/altdorf/standard/steps/add/", form)
    assert response.status_code == 302
    own = Step.objects.get(standard__unit=tree.a)
    assert (own.labels, own.slug, own.count, own.locked) == ({"de": "Kennenlernen"}, "kennenlernen", 14, False)
    assert not journey.steps.filter(step=own).exists()
    assert own in standards.steps_by_unit([tree.a], "joined")[tree.a.pk]


def test_steps_of_the_same_name_do_not_meet(tree, cast, sign_in, form):
    client = sign_in(cast.secretary_a)
    for label in ({"label_de": "Anruf"}, {"label_de": "Anruf"}, {"label_de": "", "label_he": "שיחה"}, {"label_de": "", "label_he": "ביקור"}):
        assert client.post("/units/altdorf/standard/steps/add/", form | label).status_code == 302
    own = Step.objects.filter(standard__unit=tree.a)
    assert list(own.values_list("slug", "position")) == [("anruf", 0), ("anruf-2", 1), ("step", 2), ("step-2", 3)]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"label_de": " "}, "label_de"),
        ({"count": "-1"}, "count"),
        ({"count": "731"}, "count"),
        ({"due": "month_end", "count": "25"}, "count"),
        ({"due": "moon"}, "due"),
        ({"office": "0"}, "office"),
        ({"reasons": []}, "reasons"),
        ({"reasons": ["married"]}, "reasons"),
    ],
)
def test_step_add_refuses_what_makes_no_sense_beside_the_field(tree, cast, sign_in, form, wrong, field):
    response = sign_in(cast.secretary_a).post("/units/altdorf/standard/steps/add/", form | wrong)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Standard.objects.filter(unit=tree.a).exists()


def test_step_edit_and_retire_and_restore(tree, cast, sign_in, form):
    own = make.step(tree.a, "kaffee", count=10)
    client = sign_in(cast.secretary_a)
    assert "kaffee" in client.get(f"/units/altdorf/standard/steps/{own.pk}/").content.decode()
    client.post(f"/units/altdorf/standard/steps/{own.pk}/", form | {"label_he": "קפה"})
    own.refresh_from_db()
    assert (own.labels, own.slug) == ({"de": "Kennenlernen", "he": "קפה"}, "kaffee")
    response = client.post(f"/units/altdorf/standard/steps/{own.pk}/retire/", follow=True)
    assert not response.context["own"]
    client.post(f"/units/altdorf/standard/steps/{own.pk}/restore/")
    assert own in Step.objects.of_unit(tree.a)


def test_step_move_changes_the_order(tree, cast, sign_in):
    one, two, three = (make.step(tree.a, slug) for slug in ("one", "two", "three"))
    client = sign_in(cast.secretary_a)

    def order():
        return [step.slug for step in client.get("/units/altdorf/standard/").context["own"]]

    client.post(f"/units/altdorf/standard/steps/{three.pk}/move/", {"up": "1"})
    assert order() == ["one", "three", "two"]
    client.post(f"/units/altdorf/standard/steps/{one.pk}/move/")
    assert order() == ["three", "one", "two"]
    client.post(f"/units/altdorf/standard/steps/{two.pk}/move/")
    client.post(f"/units/altdorf/standard/steps/{three.pk}/move/", {"up": "1"})
    assert order() == ["three", "one", "two"]


def test_step_leave_out_here_and_take_in_again(tree, cast, sign_in):
    card = make.step(tree.district, "card")
    client = sign_in(cast.secretary_a)
    client.post(f"/units/altdorf/standard/steps/{card.pk}/leave-out/")
    assert card not in standards.steps_by_unit([tree.a])[tree.a.pk]
    client.post(f"/units/altdorf/standard/steps/{card.pk}/leave-out/", {"back": "1"})
    assert card in standards.steps_by_unit([tree.a])[tree.a.pk]


def test_locked_and_inherited_steps_cannot_be_touched_from_below(tree, cast, sign_in, form):
    client = sign_in(cast.secretary_a)
    before = list(Step.objects.values())
    for step in Step.objects.filter(standard__unit=tree.district):
        for verb in ("", "retire/", "restore/", "move/", "leave-out/"):
            for unit in ("altdorf", "musterstadt"):
                assert client.post(f"/units/{unit}/standard/steps/{step.pk}/{verb}", form).status_code == 404
    assert list(Step.objects.values()) == before


@pytest.mark.parametrize(
    ("who", "read", "write"),
    [("secretary_a", 200, 200), ("officer", 200, 200), ("treasurer_a", 200, 403), ("secretary_b", 404, 404), ("stranger", 404, 404)],
)
def test_a_standard_is_read_by_who_sees_the_unit_and_set_by_who_leads_it(tree, cast, sign_in, who, read, write):
    client = sign_in(getattr(cast, who))
    assert client.get("/units/altdorf/standard/").status_code == read
    assert client.get("/units/altdorf/standard/steps/add/").status_code == write


def test_a_file_that_holds_no_table_stays_at_the_first_step_of_the_wizard(tree, cast, sign_in):
    client = sign_in(cast.officer)
    with SimpleUploadedFile("foto.png", b"\x89PNG\r\n\x1a\n" + b"0" * 400) as file:
        answer = client.post(reverse("onboarding:list_add"), {"unit": tree.district.pk, "file": file, "list_date": timezone.localdate()})
    row = ListImport.objects.get()
    if row.is_working:
        intake.work(row.pk, timezone.now(), timezone.localdate())
    page = client.get(answer.url)
    assert page.context["row"].state == "failed" and page.context["wizard"]["current"] == 1
