"""The verbs on a member: periods, one Change each, the journey that follows, and taking a mistake back."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from membership import status
from membership.models import Change, GuestTerm, Member, Membership, anniversary
from onboarding import journeys, standing
from onboarding.models import Journey
from tests import factories as make

TODAY = date(2026, 11, 22)
NOW = timezone.make_aware(datetime(2026, 11, 22, 12))


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOW, tick=False):
        yield


def picture(member):
    """Everything a verb touches, as it is in the database."""
    fields = Member.objects.values("status", "left_on", "joined_on", "home_unit", "joined_estimated").get(pk=member.pk)
    return fields, sorted(member.memberships.values_list("unit", "home", "kind", "starts_on", "ends_on", "end_reason"))


def test_leaving_ends_home_and_sections_and_the_journey(tree, cast, sign_in):
    member = make.member("Lea Geht", tree.a, joined_on=TODAY - timedelta(days=20))
    member.memberships.create(unit=tree.youth, home=False, starts_on=member.joined_on)
    journeys.start_due(TODAY)
    answer = sign_in(cast.secretary_a).post(
        reverse("onboarding:exit_add", args=[member.pk]), {"on": "2026-11-20", "note": "moves abroad"}
    )
    assert answer.status_code == 302
    member.refresh_from_db()
    assert member.status == "left" and member.left_on == date(2026, 11, 20)
    assert {(p.ends_on, p.end_reason) for p in member.memberships.all()} == {(date(2026, 11, 20), "left")}
    change = member.changes.get()
    assert change.kind == Change.Kind.GONE and change.by == cast.secretary_a and change.after["note"] == "moves abroad"
    assert member.journeys.get().state == Journey.State.ENDED


@pytest.mark.parametrize("to", ["left", "deceased", "guest", "supporter"])
def test_a_mistake_is_taken_back_to_the_last_detail(to, tree, cast, sign_in):
    member = make.member("Lea Geht", tree.a, joined_on=TODAY - timedelta(days=20))
    member.memberships.create(unit=tree.youth, home=False, starts_on=member.joined_on)
    journeys.start_due(TODAY)
    before, open_steps = picture(member), member.journeys.get().steps.open().count()
    client = sign_in(cast.secretary_a)
    door = "exit_add" if to == "left" else "member_status"
    client.post(reverse(f"onboarding:{door}", args=[member.pk]), {"to": to, "on": "2026-11-22"})
    assert picture(member) != before
    change = member.changes.get()
    undo = reverse("onboarding:status_undo", args=[change.pk])
    assert undo in client.get(reverse("onboarding:member_status", args=[member.pk])).content.decode()
    client.post(undo)
    assert picture(member) == before
    assert undo not in client.get(reverse("onboarding:member_status", args=[member.pk])).content.decode()
    assert member.journeys.get().state == Journey.State.RUNNING and member.journeys.get().steps.open().count() == open_steps
    assert member.changes.count() == 2, "both stay in the history"
    assert not GuestTerm.objects.exists()
    client.post(reverse("onboarding:status_undo", args=[change.pk]))
    assert picture(member) == before and member.changes.count() == 2


def test_what_somebody_else_wrote_since_is_not_undone(tree, cast):
    member = make.member("Lea Geht", tree.a)
    change = status.leave(member.pk, TODAY, cast.secretary_a, NOW)
    status.become(member.pk, "full", TODAY, cast.officer, NOW)
    assert not standing.take_back(change, cast.secretary_a, TODAY, NOW)
    member.refresh_from_db()
    assert member.status == "full"


def test_a_guest_undone_to_a_guest_has_the_same_year(tree, cast):
    member = make.member("Gustav Gast", tree.a, status="guest", joined_on=date(2026, 3, 1))
    term = GuestTerm.objects.create(member=member, starts_on=date(2026, 3, 1), ends_on=date(2027, 3, 1))
    change = status.become(member.pk, "full", TODAY, cast.secretary_a, NOW)
    term.refresh_from_db()
    assert term.ended
    assert status.take_back(change, cast.secretary_a, NOW)
    term.refresh_from_db()
    assert not term.ended and GuestTerm.objects.count() == 1


def test_who_returns_keeps_the_join_date_and_gets_the_journey_of_those_who_return(tree, cast, sign_in):
    member = make.member("Rike Retour", tree.a, joined_on=date(1998, 4, 1))
    status.leave(member.pk, date(2026, 5, 1), cast.secretary_a, NOW)
    sign_in(cast.secretary_a).post(reverse("onboarding:member_status", args=[member.pk]), {"to": "full", "on": "2026-11-22"})
    member.refresh_from_db()
    assert (member.status, member.joined_on, member.left_on) == ("full", date(1998, 4, 1), None)
    assert member.changes.order_by("-pk").first().kind == Change.Kind.RETURNED
    assert member.journeys.get().reason == Journey.Reason.RETURNED
    assert [p.starts_on for p in member.memberships.order_by("starts_on")] == [date(1998, 4, 1), TODAY]


def test_time_as_a_guest_does_not_count_for_seniority_but_stays_in_the_periods(tree, cast):
    member = make.member("Gustav Gast", tree.a, status="guest", joined_on=date(2025, 12, 1))
    change = status.become(member.pk, "full", TODAY, cast.secretary_a, NOW)
    member.refresh_from_db()
    assert member.joined_on == TODAY and change.before["joined_on"] == "2025-12-01"
    periods = list(member.memberships.order_by("starts_on").values_list("kind", "starts_on", "ends_on"))
    assert periods == [("guest", date(2025, 12, 1), TODAY), ("full", TODAY, None)]


def test_who_was_full_before_keeps_the_first_join_date(tree, cast):
    member = make.member("Hans Hin", tree.a, joined_on=date(2001, 1, 1))
    status.become(member.pk, "guest", date(2026, 11, 1), cast.secretary_a, NOW)
    status.become(member.pk, "full", TODAY, cast.secretary_a, NOW)
    member.refresh_from_db()
    assert member.joined_on == date(2001, 1, 1)


@pytest.mark.parametrize("day", [date(2026, 11, 23), date(2014, 12, 31)])
def test_a_day_to_come_or_before_the_last_change_is_refused_in_words(day, tree, cast, sign_in):
    member = make.member("Lea Geht", tree.a, joined_on=date(2015, 3, 1))
    answer = sign_in(cast.secretary_a).post(reverse("onboarding:member_status", args=[member.pk]), {"to": "deceased", "on": day.isoformat()})
    assert answer.status_code == 422 and answer.context["form"].errors["on"]
    assert member.memberships.get().ends_on is None


def test_leaving_on_the_day_of_joining_leaves_no_empty_period(tree, cast):
    member = make.member("Lea Geht", tree.a, joined_on=TODAY)
    change = status.leave(member.pk, TODAY, cast.secretary_a, NOW)
    assert not member.memberships.exists()
    assert status.take_back(change, cast.secretary_a, NOW)
    assert member.memberships.get().starts_on == TODAY


def test_nobody_leaves_twice(tree, cast):
    member = make.member("Lea Geht", tree.a)
    status.leave(member.pk, TODAY, cast.secretary_a, NOW)
    with pytest.raises(ValidationError):
        status.leave(member.pk, TODAY, cast.secretary_a, NOW)


def test_a_section_lead_does_not_end_a_membership(tree, cast, sign_in):
    member = make.member("Lea Geht", tree.a)
    member.memberships.create(unit=tree.youth, home=False, starts_on=TODAY)
    assert sign_in(cast.section_lead).post(reverse("onboarding:exit_add", args=[member.pk]), {"on": "2026-11-22"}).status_code == 403


def test_a_supporter_of_a_section_alone_is_seen_there_and_in_the_district_only(tree, cast, sign_in):
    fields = {"given_name": "Nura", "family_name": "Nurjuso", "status": "supporter", "home_unit": tree.youth.slug, "joined_on": "2026-11-22", "picture": "{}"}
    answer = sign_in(cast.section_lead).post(reverse("membership:member_add"), fields)
    assert answer.status_code == 302, answer.content.decode()
    member = Member.objects.get(family_name="Nurjuso")
    period = member.memberships.get()
    assert (period.unit, period.home, period.kind) == (tree.youth, False, Membership.Kind.SUPPORTER) and member.home_unit == tree.district
    for person, seen in ((cast.section_lead, True), (cast.officer, True), (cast.secretary_a, False), (cast.secretary_b, False)):
        assert Member.objects.visible_to(person).filter(pk=member.pk).exists() is seen
    assert list(Member.objects.in_unit(tree.youth)) == [member]
    answer = sign_in(cast.section_lead).post(reverse("membership:section_end", args=[period.pk]), {"ends_on": "2026-11-22"})
    member.refresh_from_db()
    assert answer.status_code == 302 and (member.status, member.left_on) == ("left", TODAY), "who belongs to nothing else has left"


def test_a_section_takes_nobody_but_supporters_alone(tree, cast, sign_in):
    fields = {"given_name": "Nura", "family_name": "Nurjuso", "status": "full", "home_unit": tree.youth.slug, "joined_on": "2026-11-22", "picture": "{}"}
    answer = sign_in(cast.section_lead).post(reverse("membership:member_add"), fields)
    assert answer.status_code == 422 and not Member.objects.exists()


def test_a_supporter_who_becomes_a_full_member_gets_a_home_and_keeps_the_section(tree, cast):
    member = make.member("Nura Nurjuso", tree.district, status="supporter", joined_on=date(2026, 1, 1))
    member.memberships.all().delete()
    member.memberships.create(unit=tree.youth, home=False, kind="supporter", starts_on=date(2026, 1, 1))
    status.become(member.pk, "full", TODAY, cast.officer, NOW, unit=tree.a)
    member.refresh_from_db()
    assert member.home_unit == tree.a and member.joined_on == TODAY
    now = member.memberships.active(TODAY)
    assert {(p.unit, p.home, p.kind) for p in now} == {(tree.a, True, "full"), (tree.youth, False, "full")}


def test_a_member_by_hand_with_the_status_applicant_becomes_an_application(tree, cast, sign_in):
    fields = {"given_name": "Nele", "family_name": "Neumann", "status": "applicant", "home_unit": tree.a.slug, "joined_on": "2026-11-20", "picture": "{}", "email": "n@example.org"}
    answer = sign_in(cast.secretary_a).post(reverse("membership:member_add"), fields)
    assert answer.status_code == 302 and "/applications/" in answer["Location"]
    assert not Member.objects.exists()


@pytest.mark.parametrize("day, running", [(date(2027, 11, 21), True), (date(2027, 11, 22), False)])
def test_a_guest_added_by_hand_has_a_year(day, running, tree, cast, sign_in):
    fields = {"given_name": "Gero", "family_name": "Gast", "status": "guest", "home_unit": tree.a.slug, "joined_on": "2026-11-22", "picture": "{}"}
    sign_in(cast.secretary_a).post(reverse("membership:member_add"), fields)
    term = GuestTerm.objects.get()
    assert term.ends_on == anniversary(TODAY)
    with time_machine.travel(timezone.make_aware(datetime(day.year, day.month, day.day, 0, 5)), tick=False):
        standing.run(timezone.now())
    member = Member.objects.get()
    assert (member.status == "guest") is running
    if not running:
        assert member.memberships.get().ends_on == member.left_on == date(2027, 11, 22)
