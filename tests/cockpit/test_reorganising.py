"""Merging, splitting, moving, closing: nothing rewritten, nobody lost, old figures stand, and what cannot be done says why."""

import uuid
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone, translation

from branches.models import Appointment, Reorganisation, Unit
from cockpit import reorganising
from cockpit.reorganising import Kind, State
from membership import importing
from membership.models import Area, Change, Member
from membership.movements import stock
from onboarding import journeys
from tests import factories as make
from tests.membership.days import live_on

NOW = timezone.now()
TODAY = timezone.localdate(NOW)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


def fresh(unit):
    return Unit.objects.select_related("kind").get(pk=unit.pk)


def plan(kind, unit, by, target=None, on=TODAY, **fields):
    return Reorganisation(kind=kind, unit=fresh(unit), target=target and fresh(target), on=on, by=by, **fields)


@pytest.fixture
def members(tree):
    live_on(date(2026, 1, 1))
    found = [
        make.member("Ada Alt", tree.a, joined_on=date(1990, 1, 1), number="1", postcode="01001"),
        make.member("Ben Neu", tree.a, joined_on=TODAY - timedelta(days=20), number="2", postcode="01002"),
        make.member("Cem Fort", tree.a, joined_on=date(1990, 1, 1), status="left", left_on=date(2025, 1, 1)),
        make.member("Dora Da", tree.b, joined_on=date(2000, 1, 1)),
    ]
    journeys.start_due(TODAY)
    live_on(TODAY)
    return found


def test_a_merge_ends_one_home_and_begins_the_other_and_takes_journeys_along(tree, cast, members):
    ada, ben, cem, _dora = members
    make.step(tree.a, "own", count=60)
    done = reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b), NOW)
    assert done.state == State.DONE and fresh(tree.a).closed_on == TODAY
    assert list(ada.memberships.order_by("starts_on").values_list("unit", "starts_on", "ends_on", "end_reason")) == [
        (tree.a.pk, date(1990, 1, 1), TODAY, "unit"), (tree.b.pk, TODAY, None, ""),
    ]  # fmt: skip
    ada.refresh_from_db()
    assert (ada.home_unit, ada.joined_on, ada.version) == (tree.b, date(1990, 1, 1), 2)
    assert Member.objects.get(pk=cem.pk).home_unit == tree.b and not cem.memberships.exists()
    journey = ben.journeys.get()
    assert journey.unit == tree.b and set(journey.steps.open().values_list("unit", flat=True)) == {tree.b.pk}
    assert set(Change.objects.filter(kind="reorganised").values_list("member", flat=True)) == {ada.pk, ben.pk, cem.pk}
    assert [stock(tree.a, YESTERDAY), stock(tree.a, TODAY), stock(tree.b, TODAY), stock(tree.district, TODAY)] == [2, 0, 3, 3]


def test_offices_of_a_merged_unit_end_and_its_people_lose_sight_at_once(tree, cast, members, sign_in):
    client = sign_in(cast.secretary_a)
    assert client.get(reverse("cockpit:member_detail", args=[members[0].pk])).status_code == 200
    reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b), NOW)
    assert client.get(reverse("cockpit:member_detail", args=[members[0].pk])).status_code == 404
    assert sign_in(cast.secretary_b).get(reverse("cockpit:member_detail", args=[members[0].pk])).status_code == 200
    assert not Appointment.objects.active(TODAY).filter(unit=tree.a).exists()


def test_the_preview_counts_what_then_happens(tree, cast, members):
    coming = plan(Kind.MERGE, tree.a, cast.officer, tree.b)
    seen = reorganising.preview(coming)
    assert (seen["members"], seen["journeys"]) == (2, 1) and seen["steps"] == members[1].journeys.get().steps.open().count()
    assert {term.user for term in seen["ending"]} == {cast.secretary_a, cast.chair_a, cast.treasurer_a} == {term.user for term in seen["losing"]}
    assert {term.user for term in seen["gaining"]} == {cast.secretary_b}


def test_a_merge_taken_back_the_same_day_is_exactly_undone(tree, cast, members):
    Area.objects.create(unit=tree.a, first="01001", last="01001", length=5)
    picture = lambda: (  # noqa: E731
        list(members[0].memberships.values_list("pk", "unit", "starts_on", "ends_on", "end_reason")),
        sorted(Member.objects.values_list("pk", "home_unit")),
        sorted(Appointment.objects.values_list("pk", "ends_on"), key=str),
        list(Unit.objects.values_list("pk", "closed_on", "path")),
        list(Area.objects.values_list("unit")),
        sorted(members[1].journeys.get().steps.values_list("step", "state", "unit")),
        [stock(unit, TODAY) for unit in (tree.a, tree.b, tree.district)],
    )
    before = picture()
    done = reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b), NOW)
    assert picture() != before and Area.objects.get().unit == tree.b
    reorganising.take_back(done, cast.officer, NOW)
    assert picture() == before
    with pytest.raises(ValidationError):
        reorganising.take_back(done, cast.officer, NOW)


def test_what_somebody_has_worked_on_since_or_is_of_yesterday_stays(tree, cast, members):
    done = reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b), NOW)
    assert "day it was done" in reorganising.why_it_stays(done, NOW + timedelta(days=1))
    Member.objects.filter(pk=members[0].pk).update(version=9)
    assert "1 member" in reorganising.why_it_stays(done, NOW)


def test_a_split_makes_a_unit_beside_of_those_chosen(tree, cast, members):
    done = reorganising.order(plan(Kind.SPLIT, tree.a, cast.officer, name="Altdorf Süd", chosen={"postcodes": ["01002"]}), NOW)
    new = done.target
    assert (new.name, new.kind, new.path[:4]) == ("Altdorf Süd", tree.a.kind, tree.district.path)
    assert list(new.members.all()) == [members[1]] and stock(new, TODAY) == 1 and stock(tree.a, TODAY) == 1
    reorganising.take_back(done, cast.officer, NOW)
    assert (stock(fresh(new), TODAY), stock(tree.a, TODAY), fresh(new).closed_on) == (0, 2, TODAY)


def test_a_unit_moves_with_all_below_and_the_figures_of_the_past_stay(tree, cast, members):
    east = make.unit("Ost", "district", fresh(tree.district))
    west = make.unit("West", "district", fresh(tree.district))
    branch = make.unit("Erle", "branch", fresh(west))
    live_on(date(2026, 1, 1))
    make.member("Eva Erle", branch, joined_on=date(2020, 1, 1))
    live_on(TODAY)
    done = reorganising.order(plan(Kind.MOVE, west, cast.officer, east), NOW)
    assert fresh(branch).path.startswith(fresh(east).path) and [stock(fresh(east), day) for day in (YESTERDAY, TODAY)] == [0, 1]
    reorganising.take_back(done, cast.officer, NOW)
    assert fresh(west).path[:4] == tree.district.path and fresh(west).depth == 2 and stock(fresh(east), TODAY) == 0


def test_a_closed_unit_takes_nobody_any_more(tree, cast):
    reorganising.order(plan(Kind.CLOSE, tree.a, cast.officer), NOW)
    with pytest.raises(IntegrityError), transaction.atomic():
        make.member("Ada Neu", tree.a, joined_on=TODAY)


@pytest.mark.parametrize(
    "kind, unit, target, words",
    [
        ("close", "a", None, "2 members still belong here"),
        ("merge", "a", "a", "part of itself"),
        ("merge", "a", "youth", "do not lead members in the same way"),
        ("merge", "a", "foreign_branch", "different parties"),
        ("move", "a", "district", "lies there already"),
        ("move", "a", "b", "cannot lie below"),
        ("close", "district", None, "highest unit stays"),
        ("split", "a", None, "Nobody of this unit is chosen"),
    ],
)
def test_what_cannot_be_done_says_why(tree, cast, members, kind, unit, target, words):
    odd = plan(kind, getattr(tree, unit), cast.officer, target and getattr(tree, target), name="Neu")
    with pytest.raises(ValidationError, match=words):
        reorganising.order(odd, NOW)
    assert not Reorganisation.objects.exists()


def test_a_day_to_come_is_carried_out_on_it_once_by_whom_it_still_may(tree, cast, members):
    later = reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b, on=TOMORROW), NOW)
    assert later.state == State.PLANNED and reorganising.carry_out_due(NOW) == 0
    with pytest.raises(ValidationError, match="planned for this unit already"):
        reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b, on=TOMORROW), NOW)
    live_on(TOMORROW + timedelta(days=2))
    after = NOW + timedelta(days=3)  # a worker that slept
    assert [reorganising.carry_out_due(after), reorganising.carry_out_due(after)] == [1, 0]
    assert members[0].memberships.get(ends_on=None).starts_on == TOMORROW


def test_a_plan_of_somebody_who_lost_the_office_is_refused(tree, cast, members):
    later = reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b, on=TOMORROW), NOW)
    cast.officer.appointments.update(ends_on=TODAY)
    assert reorganising.carry_out_due(NOW + timedelta(days=1)) == 0
    later.refresh_from_db()
    assert later.state == State.REFUSED and later.remark and fresh(tree.a).closed_on is None


def test_a_section_merges_by_its_own_periods(tree, cast, members):
    women = make.unit("Frauen", "section", fresh(tree.district))
    ada, ben, *_ = members
    for member, unit in ((ada, tree.youth), (ben, tree.youth), (ben, women)):
        member.memberships.create(unit=unit, home=False, starts_on=date(2026, 11, 5))
    reorganising.order(plan(Kind.MERGE, tree.youth, cast.officer, women), NOW)
    assert (stock(tree.youth, TODAY), stock(women, TODAY), stock(tree.a, TODAY)) == (0, 2, 2)


def test_unit_reorganise_shows_what_would_happen_and_then_does_it_once(tree, cast, members, sign_in):
    client = sign_in(cast.officer)
    address = reverse("cockpit:unit_reorganise", args=[tree.a.slug, "merge"])
    asked = {"on": TODAY.isoformat(), "target": tree.b.slug}
    page = client.post(address, asked | {"look": 1})
    assert page.context["preview"]["members"] == 2 and "Bernd Lohse" in page.content.decode()
    assert not Reorganisation.objects.exists() and fresh(tree.a).closed_on is None
    key = uuid.uuid4()
    for _click in range(2):
        answer = client.post(address, asked | {"key": key})
        assert answer.status_code == 302
    assert Reorganisation.objects.count() == 1
    assert client.get(answer["Location"]).status_code == 200
    assert client.post(reverse("cockpit:reorganisation_undo", args=[Reorganisation.objects.get().pk])).status_code == 302
    assert fresh(tree.a).closed_on is None


def test_a_unit_of_others_is_no_target(tree, cast, members, sign_in):
    make.appoint(cast.foreign_officer, "membership_officer", tree.foreign_branch)
    client = sign_in(cast.officer)
    address = reverse("cockpit:unit_reorganise", args=[tree.a.slug, "merge"])
    assert client.post(address, {"on": TODAY.isoformat(), "target": tree.foreign_branch.slug}).status_code == 422


def test_who_leads_only_the_branch_does_not_reorganise_it(tree, cast, sign_in):
    for kind in Kind.values:
        assert sign_in(cast.chair_a).get(reverse("cockpit:unit_reorganise", args=[tree.a.slug, kind])).status_code == 403


def test_a_plan_that_breaks_holds_up_no_other(tree, cast, members):
    broken = reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b, on=TOMORROW), NOW)
    empty = make.unit("Leerdorf", "branch", fresh(tree.district))
    Reorganisation.objects.filter(pk=broken.pk).update(chosen=[], kind="split", target=None)  # nonsense that no form makes
    reorganising.order(plan(Kind.CLOSE, empty, cast.officer, on=TOMORROW), NOW)
    assert reorganising.carry_out_due(NOW + timedelta(days=1)) == 1
    assert fresh(empty).closed_on == TOMORROW


def test_a_closed_unit_gives_no_offices(tree, cast, sign_in):
    reorganising.order(plan(Kind.CLOSE, tree.a, cast.officer), NOW)
    data = {"email": "x@example.org", "given_name": "X", "office": 1, "right": 1, "starts_on": TODAY.isoformat()}
    assert sign_in(cast.officer).post(reverse("branches:appointment_add", args=[tree.a.slug]), data).status_code == 422


def test_a_plan_is_called_off_once(tree, cast, members, sign_in):
    later = reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b, on=TOMORROW), NOW)
    client = sign_in(cast.officer)
    for _click in range(2):
        assert client.post(reverse("cockpit:reorganisation_call_off", args=[later.pk])).status_code == 302
    assert reorganising.carry_out_due(NOW + timedelta(days=1)) == 0


@pytest.mark.parametrize("kind", Kind.values)
def test_the_pages_take_few_queries(tree, cast, members, sign_in, django_assert_max_num_queries, kind):
    for number in range(8):
        make.appoint(make.user(f"Wer {number}"), "board", tree.a)
        make.unit(f"Ort {number}", "branch", fresh(tree.district))
    client = sign_in(cast.officer)
    other = make.unit("Ost", "district", fresh(tree.district))
    target = {"merge": tree.b.slug, "move": other.slug}.get(kind, "")
    with django_assert_max_num_queries(25):
        client.post(
            reverse("cockpit:unit_reorganise", args=[tree.a.slug, kind]),
            {"on": TODAY.isoformat(), "target": target, "name": "Neu", "numbers": "1", "look": 1},
        )


def test_a_list_may_call_a_merged_unit_by_its_old_name_and_a_closed_one_not(tree, cast, members):
    reorganising.order(plan(Kind.MERGE, tree.a, cast.officer, tree.b), NOW)
    empty = make.unit("Leerdorf", "branch", fresh(tree.district))
    reorganising.order(plan(Kind.CLOSE, empty, cast.officer), NOW)
    names = importing._unit_names(fresh(tree.district))
    assert names["altdorf"] == names["bergheim"] == tree.b and "leerdorf" not in names


def test_unit_reorganise_splits_by_streets_where_all_share_a_postcode(tree, cast, sign_in):
    for number, street in enumerate(["Gartenweg 3", "Gartenweg 12a", "Am Markt 1", ""]):
        make.member(f"Ada Nr{number}", tree.a, street=street, postcode="01001")
    client, address = sign_in(cast.officer), reverse("cockpit:unit_reorganise", args=[tree.a.slug, "split"])
    offered = client.get(address).context["form"].fields["streets"].choices
    assert offered == [("Am Markt", "Am Markt (1)"), ("Gartenweg", "Gartenweg (2)")]
    data = {"name": "Gärten", "streets": ["Gartenweg"], "on": TODAY.isoformat()}
    assert client.post(address, data | {"look": 1}).context["preview"]["members"] == 2
    client.post(address, data)
    assert sorted(Unit.objects.get(name="Gärten").members.values_list("street", flat=True)) == ["Gartenweg 12a", "Gartenweg 3"]


def test_unit_reorganise_offers_only_units_it_may_lie_below(tree, cast, sign_in):
    """A sector district has members of its own and branches below it: a branch may go there, but not below a branch, nor where it lies."""
    sector = make.unit("Kibbuzim", "sector", fresh(tree.district))
    offered = lambda: set(client.get(address).context["form"].fields["target"].queryset)  # noqa: E731
    client, address = sign_in(cast.officer), reverse("cockpit:unit_reorganise", args=[tree.a.slug, "move"])
    assert offered() == set()
    make.unit("Ein Haschaked", "branch", fresh(sector))
    assert offered() == {sector}
    done = reorganising.order(plan(Kind.MOVE, tree.a, cast.officer, sector), NOW)
    assert done.state == State.DONE and fresh(tree.a).path.startswith(fresh(sector).path)
