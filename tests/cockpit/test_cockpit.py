"""The cockpit page and the people behind its figures."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.translation import override

from branches.models import Unit
from cockpit import figures, rows
from membership.models import Member, Membership
from onboarding import duties, journeys
from onboarding.forms import JourneyFilter
from onboarding.models import Contact, Journey, JourneyStep
from tests import factories as make
from tests.cockpit import world


@pytest.fixture
def on():
    return timezone.localdate()


@pytest.fixture
def arrivals(tree, on):
    """A waits for 90 days for one of three, B for nobody; Nora of A is also in the section."""

    def arrive(name, home, days, reached=None):
        member = make.member(name, home, on - timedelta(days=days))
        Journey.objects.create(
            member=member, unit=home, started_on=member.joined_on, contact_due_on=member.joined_on + timedelta(days=40),
            first_contact_on=reached and member.joined_on + timedelta(days=reached), next_due_on=member.joined_on + timedelta(days=40),
        )  # fmt: skip
        return member

    tree.nora = arrive("Nora Neu", tree.a, 90)
    arrive("Niklas Neu", tree.a, 80, reached=10)
    arrive("Nele Neu", tree.a, 70, reached=60)
    tree.boris = arrive("Boris Berg", tree.b, 60, reached=5)
    Membership.objects.create(member=tree.nora, unit=tree.youth, home=False, starts_on=on)
    return tree


def test_cockpit_shows_a_row_per_unit_who_waits_longest_first(sign_in, cast, arrivals):
    page = sign_in(cast.officer).get("/cockpit/").content.decode()
    assert "90 Tage" in page
    assert page.index(">Altdorf<") < page.index(">Bergheim<")
    assert "Jusos" in page
    assert "50\N{NO-BREAK SPACE}%" in page and "von 4" in page


def test_cockpit_counts_what_there_is(sign_in, cast, arrivals):
    overview = sign_in(cast.officer).get("/cockpit/musterstadt/").context["overview"]
    assert overview.whole.count("joined") == 4
    assert overview.whole.share("contact") == (2, 4)
    assert overview.whole.waiting_days == 90
    assert [row.unit.name for row in overview.parts] == ["Altdorf", "Bergheim"]
    assert [row.unit.name for row in overview.sections] == ["Jusos"]
    assert overview.sections[0].count("waiting") == 1


@pytest.mark.parametrize("order, first", [("name", "Altdorf"), ("joined", "Altdorf"), ("contact", "Altdorf"), ("nonsense", "Altdorf")])
def test_cockpit_sorts_by_any_column(sign_in, cast, arrivals, order, first):
    page = sign_in(cast.officer).get(f"/cockpit/?sort={order}")
    assert page.status_code == 200
    assert page.context["overview"].parts[0].unit.name == first


def test_cockpit_opens_with_the_unit_one_acts_in(sign_in, cast, arrivals):
    assert sign_in(cast.secretary_a).get("/cockpit/").context["unit"] == arrivals.a
    assert sign_in(cast.section_lead).get("/cockpit/").context["unit"] == arrivals.youth


@pytest.mark.parametrize("slug", ["bergheim", "musterstadt", "fremdstadt", "jusos", "nowhere"])
def test_a_secretary_finds_no_cockpit_but_that_of_the_own_unit(sign_in, cast, arrivals, slug):
    client = sign_in(cast.secretary_a)
    for path in (f"/cockpit/{slug}/", f"/cockpit/{slug}/cases/?figure=joined", f"/cockpit/{slug}/report/"):
        assert client.get(path).status_code == 404
    assert client.post(f"/cockpit/{slug}/report/", {"since": "2026-01-01", "until": "2026-02-01", "language": "de"}).status_code == 404


def test_who_holds_no_office_has_no_cockpit(sign_in, cast):
    assert sign_in(cast.stranger).get("/cockpit/").status_code == 404


def test_a_right_on_the_district_alone_shows_nothing_of_the_units_below(sign_in, cast, arrivals):
    chair = make.user("Konrad Vorsitz")
    make.appoint(chair, "chair", arrivals.district)
    overview = sign_in(chair).get("/cockpit/musterstadt/").context["overview"]
    assert overview.whole.count("joined") == 0
    assert not overview.parts
    page = sign_in(chair).get("/cockpit/musterstadt/").content.decode()
    assert "Altdorf" not in page


def test_cockpit_closes_with_the_term(sign_in, arrivals, on):
    user = make.user("Eva Ende")
    make.appoint(user, "membership_officer", arrivals.district, ends_on=on + timedelta(days=1))
    assert sign_in(user).get("/cockpit/musterstadt/").status_code == 200
    user.appointments.update(ends_on=on)
    assert sign_in(user).get("/cockpit/musterstadt/").status_code == 404


@pytest.mark.parametrize("units", [1, 3, 300])
def test_cockpit_asks_as_many_questions_for_one_unit_as_for_many(sign_in, cast, tree, on, units, django_assert_num_queries):
    branches = [make.unit(f"Ort {number:03d}", "branch", Unit.objects.get(pk=tree.district.pk)) for number in range(units)]
    world.populate(1, branches[:20], [], 40, on)
    client = sign_in(cast.officer)
    client.get("/cockpit/musterstadt/")
    with django_assert_num_queries(7):
        client.get("/cockpit/musterstadt/")


def test_cases_are_the_people_of_the_figure(sign_in, cast, arrivals):
    client = sign_in(cast.officer)
    missed = client.get("/cockpit/musterstadt/cases/?figure=contact:missed").content.decode()
    assert "Nora Neu" in missed and "Nele Neu" in missed and "Niklas Neu" not in missed and "Boris Berg" not in missed
    in_section = client.get("/cockpit/jusos/cases/?figure=waiting").content.decode()
    assert "Nora Neu" in in_section and "Nele" not in in_section


def test_cases_of_open_journeys_say_which_step_comes_next_and_when(sign_in, cast, tree, on):
    make.member("Nora Neu", tree.a, on - timedelta(days=90))
    journeys.start_due(on)
    duties.settle(on)
    Contact.objects.log(Member.objects.get(family_name="Neu"), cast.secretary_a, on, kind="call", result="reached")
    client = sign_in(cast.officer)
    client.cookies["django_language"] = "en"
    page = client.get("/cockpit/musterstadt/cases/?figure=open").content.decode()
    step = JourneyStep.objects.open().order_by("due_on").first()
    with override("en"):
        assert f"{step.step} · due {rows.day(step.due_on)}" in page


@pytest.mark.parametrize("figure", ["", "secret", "step", "joins:2026-13", "contact:every", "step:%00:all"])
def test_cases_of_no_figure_are_not_found(sign_in, cast, arrivals, figure):
    assert sign_in(cast.officer).get(f"/cockpit/musterstadt/cases/?figure={figure}").status_code == 404


@pytest.mark.parametrize("figure", ["joined", "open", "late", "waiting", "reached", "contact:all", "step:first-contact:all"])
def test_cases_never_name_members_of_a_sister_branch(sign_in, cast, arrivals, figure):
    page = sign_in(cast.secretary_a).get(f"/cockpit/altdorf/cases/?figure={figure}").content.decode()
    assert "Boris" not in page


def test_cases_come_in_pages(sign_in, cast, tree, on, django_assert_num_queries):
    for number in range(51):
        make.member(f"Nr {number:02d}", tree.a, on - timedelta(days=number))
    client = sign_in(cast.secretary_a)
    first = client.get("/cockpit/altdorf/cases/?figure=joined")
    assert "Nr 50" in first.content.decode() and "Nr 00" not in first.content.decode()
    second = client.get("/cockpit/altdorf/cases/" + first.context["page"].next_url).content.decode()
    assert "Nr 00" in second and "Nr 50" not in second
    with django_assert_num_queries(6):
        client.get("/cockpit/altdorf/cases/?figure=joined")


def test_the_list_of_new_members_shows_the_people_of_open_late_and_waiting(cast, tree, on):
    sections = [tree.youth]
    world.populate(5, [tree.a, tree.b], sections, 80, on)
    for unit in (tree.district, tree.a, tree.b):
        row = figures.read(Unit.objects.select_related("kind").get(pk=unit.pk), on)
        form = JourneyFilter({"unit": unit.slug}, cast.officer, None)
        for key, preset in (("open", "running"), ("late", "late"), ("waiting", "waiting")):
            assert form.found(preset, on, on).count() == row.count(key)


def test_cockpit_reads_from_right_to_left_in_hebrew(sign_in, cast, arrivals):
    client = sign_in(cast.officer)
    client.cookies["django_language"] = "he"
    page = client.get("/cockpit/").content.decode()
    assert 'dir="rtl"' in page
    assert "קליטת חברים חדשים" in page
    assert "<bdi>Altdorf</bdi>" in page


def test_names_of_units_are_shown_as_written(sign_in, cast, tree):
    make.unit("<img src=x onerror=alert(1)>", "branch", Unit.objects.get(pk=tree.district.pk), slug="evil")
    page = sign_in(cast.officer).get("/cockpit/").content.decode()
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_cases_name_nobody_below_to_a_right_on_the_district_alone(sign_in, arrivals):
    chair = make.user("Konrad Vorsitz")
    make.appoint(chair, "chair", arrivals.district)
    page = sign_in(chair).get("/cockpit/musterstadt/cases/?figure=joined").content.decode()
    assert "Neu" not in page.partition("<h1")[2].partition("</main")[0].replace("Neumitglied", "")
    assert "Boris" not in page
