"""The annual report of a unit: figures of all rooms on paper, in three languages, numbers of people one may not see in fives."""

import io
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from branches.models import Office
from cockpit import annual, printing, reports
from cockpit.models import Report
from education.models import Registration
from onboarding import mentoring
from onboarding.models import Mentee, Mentor, Pairing
from planning import plans
from planning.models import Activity, Goal
from tests import factories as make

TODAY = timezone.localdate()
YEAR = TODAY.year


@pytest.fixture
def busy(tree, cast):
    """Branch A with members, two meetings that were held, a plan with one activity done of two."""
    for number in range(6):
        make.member(f"Person Nummer{number}", tree.a, joined_on=TODAY - timedelta(days=20 + number))
    for month in (1, 2):
        make.event(tree.a, f"Treffen {month}", datetime(YEAR - 1, month, 10, 17, tzinfo=UTC), kind="meeting")
    plan, office = plans.plan_of(tree.a, YEAR - 1), Office.objects.get(slug="chair")
    goal = Goal.objects.create(plan=plan, title="Jede Straße einmal", reached_on=TODAY)
    Activity.objects.create(plan=plan, goal=goal, title="Infostand", office=office, due_on=plans.month_end(YEAR - 1, 3), cost_cents=12300, state="done")
    Activity.objects.create(plan=plan, title="Fest", office=office, due_on=plans.month_end(YEAR - 1, 6), cost_cents=4500)
    return tree.a


def of_last_year(unit, user=None):
    since = TODAY.replace(year=YEAR - 1, month=1, day=1)
    return reports.unit_report(unit, since, since.replace(month=12, day=31), TODAY, user)


def test_it_tells_meetings_plan_money_and_offices_of_the_year(busy, cast):
    told = annual.told(of_last_year(busy), cast.secretary_a)
    assert [row["title"] for row in told["meetings"]] == ["Treffen 1", "Treffen 2"]
    assert told["meter"]["held"] == 2 and told["meter"]["of"] == 6
    assert told["plan_figures"][0]["value"] == "1 von 2" and [str(goal) for goal in told["goals"]] == ["Jede Straße einmal"]
    assert {row["name"] for row in told["offices"]} == {"Aylin Kaya", "Carla Winter", "Theo Kasimir"}
    assert "168,00" in told["money"][1]["value"]


@pytest.mark.parametrize("language, heading", [("de", "Jahresbericht"), ("en", "Annual report"), ("he", "")])
def test_it_is_written_in_each_language_with_the_words_of_thanks(language, heading, busy, cast):
    content = annual.as_pdf(of_last_year(busy), cast.secretary_a, language, "Danke an alle!")
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    assert "Danke an alle!" in text and "Infostand" not in text and heading in text and "Treffen 1" in text


def test_it_names_no_members(busy, cast):
    content = annual.as_pdf(of_last_year(busy), cast.officer, "de")
    assert "Nummer3" not in "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def test_who_may_not_see_the_people_reads_numbers_of_members_in_fives_of_whole_months(busy, cast):
    pool, mentor = mentoring.begin(busy, timezone.now()), make.member("Maria Mentorin", busy)
    mentor = Mentor.objects.create(member=mentor, pool=pool, at=timezone.now())
    training = make.event(busy, "Seminar", datetime(YEAR - 1, 12, 15, 17, tzinfo=UTC))
    for number, day in enumerate((date(YEAR - 1, 3, 4), date(YEAR - 1, 5, 6), date(YEAR - 1, 12, 15))):
        member = make.member(f"Neue Nummer{number}", busy)
        mentee = Mentee.objects.create(member=member, pool=pool, since=day, at=timezone.now())
        Pairing.objects.create(pool=pool, mentor=mentor, mentee=mentee, asked_on=day, answer_until=day, started_on=day, state="running")
        Registration.objects.create(event=training, member=member, state="attended", asked_at=timezone.now())

    def told(day, open_to):
        window = reports.unit_report(busy, date(YEAR - 1, 1, 1), date(YEAR - 1, 12, day), TODAY, None).window
        parts = annual.mentoring(busy, window, True, open_to), annual.trainings(busy, window, True, open_to)
        return [figure["value"] for part in parts for figure in part]

    assert told(31, True) == [3, 3, 0, 1, 3, 3]
    assert all(number % 5 == 0 for place, number in enumerate(told(31, False)) if place != 3)
    # A day more or less within a month tells nothing of who came that day.
    assert told(14, False) == told(16, False)


@pytest.mark.parametrize(
    "on, since, until", [((2026, 11, 23), (2026, 1, 1), (2026, 11, 23)), ((2027, 2, 3), (2026, 1, 1), (2026, 12, 31)), ((2027, 4, 1), (2027, 1, 1), (2027, 4, 1))]
)
def test_one_click_on_the_cockpit_proposes_that_of_the_year_until_spring_of_the_last(on, since, until, tree, cast, sign_in):
    with time_machine.travel(datetime(*on, 12, tzinfo=UTC), tick=False):
        client = sign_in(cast.secretary_a)
        address = f"{reverse('cockpit:report_order', args=[tree.a.slug])}?kind=annual"
        assert address in client.get(reverse("cockpit:cockpit", args=[tree.a.slug])).text
        proposed = client.get(address).context["form"].initial
    assert (proposed["kind"], proposed["since"], proposed["until"]) == ("annual", date(*since), date(*until))


def test_it_is_ordered_like_the_other_report_at_once_or_by_a_worker(busy, tree, cast, sign_in):
    asked = {"kind": "annual", "since": f"{YEAR - 1}-01-01", "until": f"{YEAR - 1}-12-31", "language": "de", "thanks": "Danke!"}
    at_once = sign_in(cast.secretary_a).post("/cockpit/altdorf/report/", asked | {"key": "6c8c32f4-3c0e-4d5c-9d3b-1f1a3a6f0001"})
    assert at_once.headers["Content-Type"] == "application/pdf" and at_once.content.startswith(b"%PDF")
    sign_in(cast.officer).post("/cockpit/musterstadt/report/", asked | {"key": "6c8c32f4-3c0e-4d5c-9d3b-1f1a3a6f0002"})
    report = Report.objects.get()
    printing.write(report, timezone.now())
    report.refresh_from_db()
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(bytes(report.content))).pages)
    assert report.state == Report.State.READY and "Danke!" in text and "Musterstadt" in text


def test_it_asks_as_many_questions_for_many_members_as_for_few(busy, tree, cast, django_assert_max_num_queries):
    for number in range(40):
        make.member(f"Noch Eine{number}", tree.b)
    assert not Pairing.objects.exists()
    with django_assert_max_num_queries(45):
        annual.told(of_last_year(tree.district, cast.officer), cast.officer)
