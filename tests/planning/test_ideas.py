"""Ideas between units, and projects of funds."""

import io
import uuid
from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from branches.models import Office
from planning import ideas
from planning.models import Activity, Idea, Milestone, Project, ProjectCost

DUE = date(2027, 3, 31)


@pytest.fixture
def idea(tree, cast):
    return Idea.objects.create(unit=tree.b, title="Nachbarschaftsküche", text="Einmal im Monat.", cost_cents=12000, by=cast.secretary_b, created_at=timezone.now())


@pytest.fixture
def project(tree, cast):
    return Project.objects.create(
        unit=tree.a, title="Garten", fund="Stiftung Stadtgrün", aim="Ein Beet für alle.", starts_on=date(2026, 3, 1), ends_on=date(2026, 10, 31),
        asked_cents=100000, own_cents=20000, by=cast.secretary_a, created_at=timezone.now(),
    )  # fmt: skip


def test_an_idea_is_read_by_the_party_and_by_nobody_else(idea, cast, sign_in):
    assert "Nachbarschaftsküche" in sign_in(cast.secretary_a).get(reverse("planning:idea_list")).text
    assert "Nachbarschaftsküche" not in sign_in(cast.foreign_officer).get(reverse("planning:idea_list")).text
    assert sign_in(cast.foreign_officer).get(reverse("planning:idea_detail", args=[idea.pk])).status_code == 404


def test_a_form_sent_twice_is_one_idea(tree, cast, sign_in):
    data = {"title": "Flohmarkt", "text": "Am Elbufer.", "people": "8", "cost": "120,50", "key": str(uuid.uuid4())}
    client = sign_in(cast.secretary_a)
    address = reverse("planning:idea_add", args=[tree.a.slug])
    assert client.post(address, data).url == client.post(address, data).url
    made = Idea.objects.get()
    assert (made.cost_cents, made.people, made.unit) == (12050, 8, tree.a)


def test_a_key_of_another_units_idea_shows_nothing_of_it(idea, tree, cast, sign_in):
    data = {"title": "Flohmarkt", "text": "Am Elbufer.", "key": str(idea.key)}
    assert sign_in(cast.secretary_a).post(reverse("planning:idea_add", args=[tree.a.slug]), data).status_code == 404


def test_a_unit_supports_an_idea_once_and_may_stop(idea, tree, cast, sign_in):
    client, address = sign_in(cast.secretary_a), reverse("planning:idea_support", args=[idea.pk])
    for _click in range(2):
        client.post(address, {"unit": tree.a.slug})
    assert [row.unit for row in idea.supports.all()] == [tree.a]
    client.post(address, {"unit": tree.a.slug, "back": "1"})
    assert not idea.supports.exists()


def test_nobody_supports_their_own_idea_or_for_another_unit(idea, tree, cast, sign_in):
    address = reverse("planning:idea_support", args=[idea.pk])
    sign_in(cast.secretary_b).post(address, {"unit": tree.b.slug})
    assert sign_in(cast.secretary_a).post(address, {"unit": tree.b.slug}).status_code == 404
    assert sign_in(cast.foreign_officer).post(address, {"unit": tree.foreign.slug}).status_code == 404
    assert not idea.supports.exists()


def test_one_click_makes_an_idea_a_line_of_the_plan_with_owner_and_month(idea, tree, cast, sign_in):
    chair = Office.objects.get(slug="chair")
    data = {"unit": tree.a.slug, "office": chair.pk, "month": "2", "year": str(timezone.localdate().year)}
    client = sign_in(cast.secretary_a)
    for _click in range(2):
        client.post(reverse("planning:idea_adopt", args=[idea.pk]), data)
    line = Activity.objects.get()
    assert (line.plan.unit, line.title, line.office, line.cost_cents, line.origin) == (tree.a, "Nachbarschaftsküche", chair, 12000, "idea")
    assert line.due_on.month == 2 and "Nachbarschaftsküche" in client.get(reverse("planning:plan_detail", args=[tree.a.slug, line.plan.year])).text


def test_a_withdrawn_idea_stays_in_the_plans_that_took_it_up(idea, tree, cast, sign_in):
    ideas.adopt(idea, tree.a, Office.objects.get(slug="chair"), DUE, cast.secretary_a, timezone.now())
    sign_in(cast.secretary_b).post(reverse("planning:idea_withdraw", args=[idea.pk]))
    client = sign_in(cast.officer)
    assert "Nachbarschaftsküche" not in client.get(reverse("planning:idea_list")).text and Activity.objects.count() == 1
    late = client.post(reverse("planning:idea_adopt", args=[idea.pk]), {"unit": tree.district.slug, "office": "1", "month": "1", "year": "2027"})
    assert late.status_code == 404


@pytest.mark.parametrize("show", ["new", "supported", "own", "taken"])
def test_the_list_of_ideas_asks_as_much_for_many_as_for_one(show, idea, tree, cast, sign_in, django_assert_max_num_queries):
    for number in range(30):
        more = Idea.objects.create(unit=tree.a, title=f"Idee {number}", text="Text", by=cast.secretary_a, created_at=timezone.now())
        more.support(tree.b, cast.secretary_b, timezone.now())
        ideas.adopt(more, tree.b, Office.objects.get(slug="chair"), DUE, cast.secretary_b, timezone.now())
    client = sign_in(cast.officer)
    with django_assert_max_num_queries(8):
        assert "Idee" in client.get(reverse("planning:idea_list"), {"show": show}).text


def test_a_project_goes_from_application_to_report_and_back_by_one_step(project, cast):
    now = timezone.now()
    assert not project.turn("reported", cast.secretary_a, now)
    assert project.turn("applied", cast.secretary_a, now) and project.turn("granted", cast.secretary_a, now)
    stale = Project.objects.get(pk=project.pk)
    assert project.turn("reported", cast.secretary_a, now)
    assert not stale.turn("applied", cast.secretary_a, now)
    assert project.turn("granted", cast.secretary_a, now)
    assert [row.state for row in project.steps.all()] == ["applied", "granted", "reported", "granted"]


def test_two_who_change_a_project_do_not_overwrite_each_other(project, cast, sign_in):
    client, address = sign_in(cast.secretary_a), reverse("planning:project_edit", args=[project.pk])
    data = {
        "title": "Garten", "fund": "Stiftung", "aim": "Beet", "starts_on": "2026-03-01", "ends_on": "2026-10-31", "asked": "900", "own": "50", "version": "1",
    }  # fmt: skip
    assert client.post(address, data).status_code == 302
    again = client.post(address, data | {"title": "Anders"})
    assert again.status_code == 422 and Project.objects.get().title == "Garten"
    assert Project.objects.get().asked_cents == 90000


def test_an_end_before_the_beginning_is_said_beside_the_field(project, cast, sign_in):
    data = {"title": "Garten", "fund": "Stiftung", "aim": "Beet", "starts_on": "2026-03-01", "ends_on": "2026-02-01", "version": "1"}
    answer = sign_in(cast.secretary_a).post(reverse("planning:project_edit", args=[project.pk]), data)
    assert answer.status_code == 422 and answer.context["form"].errors.keys() == {"ends_on"}


def test_milestones_and_money_are_kept_and_taken_out(project, cast, sign_in):
    client, chair = sign_in(cast.secretary_a), Office.objects.get(slug="chair")
    client.post(reverse("planning:milestone_add", args=[project.pk]), {"title": "Beete bauen", "due_on": "2026-04-30", "office": chair.pk})
    milestone = Milestone.objects.get()
    done = reverse("planning:milestone_done", args=[project.pk, milestone.pk])
    client.post(done)
    assert Milestone.objects.get().done_on == timezone.localdate()
    client.post(done, {"back": "1"})
    assert Milestone.objects.get().done_on is None and list(Milestone.objects.late(timezone.localdate())) == [milestone]
    client.post(reverse("planning:project_cost_add", args=[project.pk]), {"text": "Erde", "planned": "80", "spent": "1.234,50"})
    cost = ProjectCost.objects.get()
    assert (cost.planned_cents, cost.spent_cents) == (8000, 123450)
    client.post(reverse("planning:project_cost_edit", args=[project.pk, cost.pk]), {"remove": "1"})
    assert not ProjectCost.objects.exists()


def test_a_line_of_another_project_is_not_found(project, tree, cast, sign_in):
    other = Project.objects.create(
        unit=tree.a, title="Chor", fund="F", aim="A", starts_on=DUE, ends_on=DUE + timedelta(1), by=cast.secretary_a, created_at=timezone.now()
    )
    cost = ProjectCost.objects.create(project=other, text="Noten")
    assert sign_in(cast.secretary_a).get(reverse("planning:project_cost_edit", args=[project.pk, cost.pk])).status_code == 404


@pytest.mark.parametrize("language, words", [("de", "Projektbericht"), ("he", "דוח"), ("en", "Project report")])
def test_the_report_for_the_fund_is_a_pdf_in_each_language(language, words, project, cast, sign_in):
    Project.objects.filter(pk=project.pk).update(done="Zehn Beete gebaut.", people=45)
    ProjectCost.objects.create(project=project, text="Erde", planned_cents=8000, spent_cents=7550)
    answer = sign_in(cast.secretary_a).get(reverse("planning:project_pdf", args=[project.pk]), {"language": language})
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert "Zehn Beete gebaut." in text and "75" in text
    assert language == "he" or words in text


def test_an_idea_becomes_an_application_to_a_fund(idea, tree, cast, sign_in):
    client = sign_in(cast.secretary_a)
    address = reverse("planning:project_add", args=[tree.a.slug]) + f"?idea={idea.pk}"
    assert "Nachbarschaftsküche" in client.get(address).text
    data = {"title": "Nachbarschaftsküche", "fund": "F", "aim": "A", "starts_on": "2027-01-01", "ends_on": "2027-12-31", "version": "1", "key": str(uuid.uuid4())}
    assert client.post(address, data).url == client.post(address, data).url
    assert Project.objects.get().idea == idea


def test_a_key_of_another_units_project_opens_nothing_and_makes_nothing(project, tree, cast, sign_in):
    Project.objects.filter(pk=project.pk).update(unit=tree.b)
    data = {"title": "Garten", "fund": "F", "aim": "A", "starts_on": "2027-01-01", "ends_on": "2027-12-31", "version": "1", "key": str(project.key)}
    assert sign_in(cast.secretary_a).post(reverse("planning:project_add", args=[tree.a.slug]), data).status_code == 404
    assert Project.objects.get() == project


def test_the_list_of_projects_asks_as_much_for_many_as_for_one(project, tree, cast, sign_in, django_assert_max_num_queries):
    for number in range(30):
        more = Project.objects.create(
            unit=tree.b, title=f"Projekt {number}", fund="F", aim="A", starts_on=DUE, ends_on=DUE, by=cast.secretary_b, created_at=timezone.now()
        )
        Milestone.objects.create(project=more, title="M", due_on=DUE, office=Office.objects.get(slug="chair"))
    client = sign_in(cast.officer)
    with django_assert_max_num_queries(8):
        assert "Projekt 29" in client.get(reverse("planning:project_list")).text
    assert not sign_in(cast.foreign_officer).get(reverse("planning:project_list")).context["page"].rows


def test_a_project_begins_with_no_idea_of_another_party(idea, tree, cast, sign_in):
    address = reverse("planning:project_add", args=[tree.a.slug]) + f"?idea={idea.pk}"
    assert "Nachbarschaftsküche" in sign_in(cast.secretary_a).get(address).text
    Idea.objects.filter(pk=idea.pk).update(unit=tree.foreign_branch)
    assert "Nachbarschaftsküche" not in sign_in(cast.secretary_a).get(address).text
