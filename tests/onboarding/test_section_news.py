"""What those who lead a section hear about it, once a week."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from membership import sections
from membership.models import Membership, SectionRule
from onboarding import section_news
from outbox import relay
from outbox.models import Message
from tests import factories as make

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
THURSDAY = date(2026, 11, 19)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def youth(tree, cast):
    return SectionRule.objects.create(unit=tree.youth, age_from=14, age_to=35, since=date(2020, 1, 1))


def born(age, on):
    return on.replace(year=on.year - age)


def run(on=THURSDAY):
    return sections.run(on, datetime(2026, 11, 19, 2, tzinfo=UTC))


def test_who_leads_a_section_hears_who_came_and_who_leaves_soon(tree, cast, youth):
    make.member("Ida Jung", tree.a, birth_date=born(20, THURSDAY), joined_on=THURSDAY, mobile="0170 1")
    make.member("Otto Reif", tree.a, birth_date=born(36, THURSDAY + 10 * DAY), joined_on=date(2021, 1, 1))
    make.member("Ina Lang", tree.a, birth_date=born(36, THURSDAY + 60 * DAY), joined_on=date(2021, 1, 1))
    gone = make.member("Lea Fort", tree.a, birth_date=born(25, THURSDAY), joined_on=date(2021, 1, 1))
    run()
    gone.memberships.get(unit=tree.youth).end(THURSDAY + DAY, cast.officer, MONDAY)
    assert section_news.write(MONDAY) == 1
    relay.relay(MONDAY)
    (letter,) = mail.outbox
    assert letter.to == [cast.section_lead.email]
    for text in (letter.body, letter.alternatives[0][0]):
        assert "Ida Jung" in text and "Otto Reif" in text and "29.11.2026" in text
        assert "Ina Lang" not in text and "Lea Fort" not in text, "who left is counted, not named"
        assert "Altdorf" not in text


def test_it_comes_once_a_week_and_only_when_somebody_moves(tree, cast, youth):
    assert section_news.write(MONDAY) == 0
    make.member("Ida Jung", tree.a, birth_date=born(20, THURSDAY), joined_on=THURSDAY)
    run()
    assert [section_news.write(MONDAY), section_news.write(MONDAY + DAY), section_news.write(MONDAY + 7 * DAY)] == [1, 0, 0]


def test_it_comes_on_the_weekday_of_the_section(tree, cast, youth):
    tree.youth.settings = {"digest_weekday": 2}
    tree.youth.save()
    make.member("Ida Jung", tree.a, birth_date=born(20, THURSDAY), joined_on=THURSDAY)
    run()
    assert [section_news.write(MONDAY + n * DAY) for n in range(4)] == [0, 0, 1, 0]


@pytest.mark.parametrize(("change", "reason"), [("office", "office"), ("moved", "Nobody"), ("week", "week")])
def test_what_is_no_longer_true_is_not_sent(tree, cast, youth, change, reason):
    make.member("Ida Jung", tree.a, birth_date=born(20, THURSDAY), joined_on=THURSDAY)
    run()
    section_news.write(MONDAY)
    if change == "office":
        cast.section_lead.appointments.update(ends_on=MONDAY.date())
    if change == "moved":
        Membership.objects.filter(unit=tree.youth).delete()
    relay.relay(MONDAY + 7 * DAY * (change == "week"))
    message = Message.objects.get()
    assert message.state == "skipped" and reason in message.reason and not mail.outbox


@pytest.mark.parametrize("language", ["de", "he", "en"])
def test_it_speaks_the_language_of_its_reader(tree, cast, youth, language):
    type(cast.section_lead).objects.filter(pk=cast.section_lead.pk).update(language=language)
    make.member("Ida Jung", tree.a, birth_date=born(20, THURSDAY), joined_on=THURSDAY)
    run()
    section_news.write(MONDAY)
    relay.relay(MONDAY)
    words = {"de": "Wer in deine Arbeitsgemeinschaft", "he": "תא", "en": "Who came to your section"}
    assert words[language] in mail.outbox[0].subject


def test_many_sections_cost_as_many_queries_as_one(tree, cast, youth):
    make.member("Ida Jung", tree.a, birth_date=born(20, THURSDAY), joined_on=THURSDAY, gender="f")
    asked = []
    for number in (0, 5):
        for n in range(number):
            unit = make.unit(f"Frauen {n}", "section", tree.district)
            SectionRule.objects.create(unit=unit, genders=["f"], since=date(2020, 1, 1))
            make.appoint(make.user(f"Leitung {n}"), "section_lead", unit)
        run()
        Message.objects.all().delete()
        section_news.write(MONDAY)
        with CaptureQueriesContext(connection) as queries:
            section_news.load(list(Message.objects.all()), MONDAY)
        asked.append(len(queries))
    assert asked[0] == asked[1]


@pytest.mark.parametrize(("language", "begins", "day"), [("en", "This is what", "29 Nov 2026"), ("de", "das bewegt sich", "29.11.2026"), ("he", "זה מה", "29/11/2026")])
def test_after_the_greeting_only_english_begins_with_a_capital_and_days_cannot_be_read_in_two_ways(tree, cast, youth, language, begins, day):
    type(cast.section_lead).objects.filter(pk=cast.section_lead.pk).update(language=language)
    make.member("Otto Reif", tree.a, birth_date=born(36, THURSDAY + 10 * DAY), joined_on=date(2021, 1, 1))
    run()
    section_news.write(MONDAY)
    relay.relay(MONDAY)
    for text in (mail.outbox[0].body, mail.outbox[0].alternatives[0][0]):
        assert begins in text and day in text
