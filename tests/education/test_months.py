"""The events of a month as a grid and as a list."""

import re
from datetime import date, datetime

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from education import month_views
from education.models import EventDate
from tests import factories as make

MONTH = reverse("education:event_month")


def moment(*parts):
    return timezone.make_aware(datetime(*parts))


def page(client, **query):
    return client.get(MONTH, {"month": "2026-12", **query})


def days(response):
    return {day: [str(row.event) for row in rows] for day, rows in response.context["days"]}


@pytest.mark.parametrize(("language", "first"), [("de", "Montag"), ("he", "יום ראשון"), ("en", "Monday")])
def test_a_week_begins_as_the_language_has_it(language, first, cast, sign_in):
    client = sign_in(cast.secretary_a)
    client.cookies["django_language"] = language
    content = page(client).content.decode()
    assert re.search(r'<abbr title="([^"]+)"', content)[1] == first


def test_every_date_of_a_course_stands_on_its_day_and_a_night_on_both(tree, cast, sign_in):
    course = make.event(tree.a, "Kurs", starts_at=moment(2026, 12, 1, 18))
    EventDate.objects.create(event=course, starts_at=moment(2026, 12, 8, 18), ends_at=moment(2026, 12, 8, 20))
    make.event(tree.b, "Nacht", starts_at=moment(2026, 12, 31, 22), hours=5)
    make.event(tree.b, "Entwurf", starts_at=moment(2026, 12, 3, 22), state="draft")
    make.event(tree.foreign, "Anderswo", starts_at=moment(2026, 12, 3, 18))
    response = page(sign_in(cast.secretary_a))
    assert days(response) == {date(2026, 12, 1): ["Kurs"], date(2026, 12, 8): ["Kurs"], date(2026, 12, 31): ["Nacht"]}
    assert days(page(sign_in(cast.secretary_a), month="2027-01")) == {date(2027, 1, 1): ["Nacht"]}
    assert 'href="#d2026-12-08"' in response.content.decode() and 'id="d2026-12-08"' in response.content.decode()


def test_a_month_is_narrowed_to_a_unit_and_a_kind_which_the_other_months_keep(tree, cast, sign_in):
    make.event(tree.a, "Altdorf", starts_at=moment(2026, 12, 1, 18))
    make.event(tree.b, "Bergheim", starts_at=moment(2026, 12, 2, 18), kind="meeting")
    client = sign_in(cast.officer)
    assert days(page(client, unit=tree.a.slug)) == {date(2026, 12, 1): ["Altdorf"]}
    response = page(client, kind="meeting")
    assert days(response) == {date(2026, 12, 2): ["Bergheim"]}
    assert response.context["after_url"] == "?month=2027-01&kind=meeting" and response.context["before_url"] == "?month=2026-11&kind=meeting"


@pytest.mark.parametrize("nonsense", ["", "2026-13", "0000-01", "9999-12", "x", "2026-12-01", "²⁰²⁶-12", "2026-\0"])
def test_a_month_that_is_none_is_that_of_today(nonsense):
    assert month_views.month_of(nonsense, date(2026, 11, 23)) == date(2026, 11, 1)


def test_weeks_are_whole_in_every_language():
    for language in ("de", "he", "en"):
        with translation.override(language):
            assert all(len(week) == 7 for week in month_views.weeks_of(date(2027, 2, 1)))


def test_a_month_of_many_events_says_what_it_leaves_out_and_takes_constant_queries(
    tree, cast, sign_in, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(month_views, "MOST", 12)
    for n in range(15):
        make.event(tree.a, f"Abend {n}", starts_at=moment(2026, 12, 1 + n, 18), place=make.place(tree.a, f"Saal {n}"))
    client = sign_in(cast.secretary_a)
    with django_assert_max_num_queries(10):
        response = page(client)
    assert response.context["too_many"] and len(response.context["days"]) == 12
