"""Offices that end within six months, vacancies, and what a new holder takes over."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from branches.models import Unit
from onboarding import journeys
from onboarding.models import Contact
from tests import factories as make

TODAY = timezone.localdate()
DAY = timedelta(days=1)


def listed(client, unit=None):
    answer = client.get(reverse("branches:office_list"), {"unit": unit.slug} if unit else {})
    context = answer.context
    return {name: {str(row) for row in (context["page"].rows if name == "ending" else context[name])} for name in ("ending", "vacant", "alone")}


def test_office_list_shows_what_ends_within_six_months_and_what_is_vacant(tree, cast, sign_in):
    soon = make.appoint(make.user("Sabine Bald"), "treasurer", tree.b, ends_on=TODAY + 150 * DAY)
    make.appoint(make.user("Lars Später"), "board", tree.b, ends_on=TODAY + 200 * DAY)
    gone = make.appoint(make.user("Gesa Vorher"), "chair", tree.b, ends_on=TODAY)
    found = listed(sign_in(cast.officer))
    assert found["ending"] == {str(soon)} and found["vacant"] == {str(gone)} and found["alone"] == set()
    assert listed(sign_in(cast.officer), tree.a)["ending"] == set()


def test_an_office_that_is_given_on_is_not_vacant_and_is_marked(tree, cast, sign_in):
    make.appoint(make.user("Sabine Bald"), "treasurer", tree.b, ends_on=TODAY + 10 * DAY)
    make.appoint(make.user("Nora Nach"), "treasurer", tree.b, starts_on=TODAY + 10 * DAY)
    page = sign_in(cast.officer).get(reverse("branches:office_list"))
    assert [term.followed for term in page.context["page"].rows] == [True] and not page.context["vacant"]


def test_a_deputy_fills_no_office(tree, cast, sign_in):
    term = cast.secretary_b.appointments.get()
    make.appoint(make.user("Dora Dienst"), "secretary", tree.b, ends_on=TODAY + 100 * DAY, deputy_for=term)
    term.ends_on = TODAY
    term.save()
    assert listed(sign_in(cast.officer))["vacant"] == {str(term)}


def test_office_list_stays_within_ones_own_units(tree, cast, sign_in):
    make.appoint(make.user("Sabine Bald"), "treasurer", tree.b, ends_on=TODAY + 10 * DAY)
    assert listed(sign_in(cast.secretary_a)) == {"ending": set(), "vacant": set(), "alone": set()}
    assert sign_in(cast.secretary_a).get(reverse("branches:office_list"), {"unit": tree.b.slug}).status_code == 404


def test_office_list_takes_few_queries(tree, cast, sign_in, django_assert_max_num_queries):
    for number in range(12):
        branch = make.unit(f"Ort {number}", "branch", Unit.objects.get(pk=tree.district.pk))
        make.appoint(make.user(f"Wer {number}"), "secretary", branch, ends_on=TODAY + number * DAY)
    client = sign_in(cast.officer)
    with django_assert_max_num_queries(10):
        client.get(reverse("branches:office_list"))


def test_handover_shows_the_successor_the_open_work_of_the_office(tree, cast, sign_in):
    member = make.member("Ada Neu", tree.a, joined_on=TODAY - 20 * DAY)
    journeys.start_due(TODAY - 15 * DAY)
    Contact.objects.create(member=member, by=cast.secretary_a, on=TODAY - 3 * DAY, note="mag Wahlkampf")
    cast.secretary_a.appointments.update(ends_on=TODAY)
    successor = make.appoint(make.user("Nora Nach"), "secretary", tree.a, starts_on=TODAY)
    page = sign_in(successor.user).get(reverse("cockpit:handover", args=[successor.pk]))
    text = page.content.decode()
    assert page.context["coming"] and "Ada Neu" in text and "mag Wahlkampf" in text and "Aylin Kaya" in text
    today = sign_in(successor.user).get(reverse("cockpit:today"))
    assert today.context["begun"] == [successor]


def test_today_tells_when_ones_own_term_ends(tree, cast, sign_in):
    cast.secretary_a.appointments.update(ends_on=TODAY + 30 * DAY)
    assert len(sign_in(cast.secretary_a).get(reverse("cockpit:today")).context["ending"]) == 1
    assert not sign_in(cast.secretary_b).get(reverse("cockpit:today")).context["ending"]


@pytest.mark.parametrize("section", [False, True])
def test_before_the_term_begins_its_page_names_nobody(section, tree, cast, sign_in):
    unit, office, holder = (tree.youth, "section_lead", cast.section_lead) if section else (tree.a, "secretary", cast.secretary_a)
    member = make.member("Ada Neu", tree.a, joined_on=TODAY - 20 * DAY)
    member.memberships.create(unit=tree.youth, home=False, starts_on=member.joined_on)
    journeys.start_due(TODAY - 15 * DAY)
    Contact.objects.create(member=member, by=holder, on=TODAY - 3 * DAY, note="mag Wahlkampf")
    successor = make.appoint(make.user("Nora Nach"), office, unit, starts_on=TODAY + DAY)
    for person, named in ((successor.user, False), (cast.officer, True)):
        assert ("Ada Neu" in sign_in(person).get(reverse("cockpit:handover", args=[successor.pk])).text) is named
