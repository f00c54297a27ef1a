"""The invented parties: plausible, whole, the same for the same seed, and never in the way of real members."""

import re
from datetime import date, datetime, time, timedelta
from io import StringIO
from itertools import combinations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Count, F, Sum
from django.utils import timezone

from branches.models import Appointment, Unit, User
from cockpit import figures
from cockpit.demo import loading, making
from cockpit.demo.organisations import DRESDEN, SHARON
from education import fitting, telling
from education.models import Confirmation, Event, Offer
from membership import notices, own_fields
from membership.models import (
    Application,
    Change,
    CustomField,
    FieldValue,
    Member,
    Membership,
    Notice,
    NoticePattern,
    Pair,
    Status,
    Transfer,
)
from membership.search import keys
from onboarding.models import Contact, Journey, JourneyStep
from outbox.models import Message
from planning import cover, posting
from planning.models import Duty, Election, Shift
from tests import tables

TODAY = date(2026, 11, 22)


@pytest.fixture
def dresden(db):
    tables.invent(DRESDEN, 1000, TODAY)
    return Unit.objects.get(slug="dresden")


def share(rows, condition):
    return sum(map(condition, rows)) / len(rows)


def test_people_come_in_plausible_numbers(dresden):
    members = list(Member.objects.all())
    ages = [member.age(TODAY) for member in members]
    joined = [(TODAY - member.joined_on).days for member in members]
    assert len(members) == 1000
    assert 57 < sum(ages) / 1000 < 63
    assert 0.10 < share(ages, lambda age: age < 36) < 0.16
    assert 0.33 < share(members, lambda member: member.gender == "f") < 0.43
    assert 0.12 < share(joined, lambda days: days < 365) < 0.18
    assert max(joined) > 40 * 365
    assert all(member.age(member.joined_on) >= 14 for member in members)
    assert 0.9 < share(members, lambda member: member.status == Status.FULL) < 0.97
    assert {member.status for member in members} == set(Status.values) - {Status.APPLICANT}
    assert 0.15 < share(members, lambda member: not member.email) < 0.35
    assert any(not (member.email or member.phone or member.mobile) for member in members)
    assert all(member.email.endswith("@example.org") for member in members if member.email)


def test_applications_stand_in_every_week_of_their_term_and_two_are_to_be_sorted(dresden):
    left = sorted((row.decide_until - TODAY).days for row in Application.objects.open())
    assert len(left) == 8 and left[0] < 3 and left[-1] > 25 and Application.objects.sorting().count() == 2
    assert Transfer.objects.open().count() == 1


def test_two_own_fields_hold_what_some_members_said(dresden):
    car, size = CustomField.objects.order_by("unit__path")
    assert car.unit == dresden and 100 < car.values.count() <= 200 and size.unit != dresden and 0 < size.values.count() <= 30
    assert not any(own_fields.due(field, TODAY).exists() for field in (car, size))
    for value in FieldValue.objects.select_related("field"):
        assert value.field.clean_value(value.value) == value.value


@pytest.mark.parametrize("party", [DRESDEN, SHARON])
def test_records_to_merge_and_mails_to_take_over_wait_for_those_who_lead(db, party):
    making.make(party, 976 if party is DRESDEN else 400, "1", TODAY)
    branch = Unit.objects.below(Unit.objects.get(slug=party.slug)).filter(kind__leads_members=True)[0]
    officer = User.objects.get(email=f"{party.holders[0].address}@{party.domain}")
    secretary = User.objects.filter(appointments__unit=branch, appointments__right=3).order_by("pk").first()
    of_secretary = Pair.objects.visible_to(secretary).open(TODAY).order_by("pk")
    assert [{pair.low.home_unit, pair.high.home_unit} == {branch} for pair in of_secretary].count(True) == 1, "one to merge in the branch itself"
    assert of_secretary.count() == 2, "and one about which another branch asks"
    assert Pair.objects.visible_to(officer).open(TODAY).count() >= 3
    found = [notices.propose(notice, TODAY) for notice in Notice.objects.visible_to(officer).open()]
    assert sorted(one.kind for one in found if not one.problems) == ["changed", "joined", "left", "moved"]
    assert [one.kind for one in found if one.problems] == [""], "one is for people to read"
    pattern = NoticePattern.objects.get()
    assert set(notices.found_by(pattern.example, pattern.contains, pattern.labels)) == set(pattern.labels)


def test_one_month_of_the_last_year_brought_a_wave(dresden):
    months = [member.joined_on.replace(day=1) for member in Member.objects.filter(joined_on__gt=date(2025, 11, 22))]
    assert max(map(months.count, months)) >= 25


def test_periods_belong_to_their_members(dresden):
    for member in Member.objects.prefetch_related("memberships"):
        home = [period for period in member.memberships.all() if period.home]
        assert min(period.starts_on for period in home) == member.joined_on
        last = max(home, key=lambda period: period.starts_on)
        assert last.unit_id == member.home_unit_id
        assert last.ends_on == member.left_on
        assert (member.left_on is None) == (member.status not in (Status.LEFT, Status.DECEASED))
    reasons = set(Membership.objects.values_list("end_reason", flat=True))
    assert reasons >= {"", "moved", "status", "left", "deceased"}


def test_sections_hold_those_of_their_age_and_gender(dresden):
    def now(slug):
        return Member.objects.filter(memberships__unit__slug=slug, memberships__ends_on=None)

    assert now("jusos").exists() and all(14 <= member.age(TODAY) <= 35 for member in now("jusos"))
    assert now("60plus").exists() and all(member.age(TODAY) >= 60 for member in now("60plus"))
    assert now("frauen").exists() and all(member.gender == "f" for member in now("frauen"))


def test_every_state_occurs(dresden):
    def values(model, field):
        return set(model.objects.values_list(field, flat=True))

    assert values(Journey, "state") == set(Journey.State.values)
    assert values(Journey, "reason") == set(Journey.Reason.values)
    assert values(JourneyStep, "state") == set(JourneyStep.State.values)
    assert values(JourneyStep, "step__slug") >= {"first-contact", "membership-book", "second-contact", "invitation"}
    assert values(Contact, "result") == set(Contact.Result.values)
    assert values(Change, "kind") == {"joined", "returned", "moved", "gone", "section_out"}
    assert Contact.objects.filter(next_on__gt=TODAY).exists()
    assert Contact.objects.exclude(note="").exists()


def test_nothing_was_done_tomorrow_and_every_contact_closed_its_step(dresden):
    for step in JourneyStep.objects.filter(state="done").select_related("contact", "journey", "step"):
        assert step.journey.started_on < step.done_on <= TODAY
        assert (step.contact is not None) == (step.step.done_by == "contact")
        if step.contact:
            assert (step.contact.member_id, step.contact.on) == (step.journey.member_id, step.done_on)
    assert not JourneyStep.objects.filter(state="waiting", waiting_for="").exists()
    assert not Contact.objects.filter(on__gt=TODAY).exists()


def test_the_demo_journeys_are_as_the_rules_would_keep_them(dresden):
    fields = ("pk", "state", "ended_on", "first_contact_on", "contact_due_on", "next_due_on")
    before = set(Journey.objects.values_list(*fields))
    Journey.objects.recount(TODAY)
    assert set(Journey.objects.values_list(*fields)) == before


def test_somebody_is_in_charge_of_every_open_step(dresden):
    assert not JourneyStep.objects.open().filter(duty_unit=None).exists()
    cotta = JourneyStep.objects.open().filter(unit__slug="cotta")
    assert set(cotta.values_list("duty_office__slug", flat=True)) == {"chair"}


def test_pieschen_waits_longest_and_is_late_most(dresden):
    rows = {row.unit.slug: row for row in figures.rows_below(dresden) if not row.unit.kind.is_section}
    assert max(rows, key=lambda slug: rows[slug].count("late")) == "pieschen"
    assert max(rows, key=lambda slug: rows[slug].waiting_days or 0) == "pieschen"


def test_demo_people_are_found_like_all_others(dresden):
    for member in Member.objects.all():
        phones = (member.phone, member.mobile)
        computed = keys(member.family_name, member.given_name, member.number, member.email, phones)
        assert {field: getattr(member, field) for field in computed} == computed


def test_making_a_demo_writes_no_message_that_would_be_sent(dresden):
    assert not Message.objects.exclude(state=Message.State.SENT).exists()


def test_a_partner_of_the_demo_has_reached_people_who_came_and_have_confirmations(dresden):
    held, coming = Offer.objects.filter(event__isnull=False).order_by("event__starts_at")
    reach = {row["path"]: row for row in telling.reach(held, dresden)}
    assert sum(row["told"] for row in reach.values()) > sum(row["opened"] for row in reach.values()) > 0
    assert sum(row["registered"] for row in reach.values()) > sum(row["attended"] for row in reach.values()) > 0
    assert held.event.partner == held.partner and Confirmation.objects.valid().filter(registration__event=held.event).exists()
    assert coming.event.state == "open" and coming.event.starts_at.date() > TODAY and coming.event.registrations.filter(state="confirmed").exists()
    assert not fitting.keep([coming.pk], timezone.now()), "nobody is left who would be told once more"


def test_the_same_seed_and_day_give_the_same_people(db):
    @transaction.atomic
    def people(seed):
        making.make(SHARON, 100, seed, TODAY)
        members = list(Member.objects.order_by("number").values_list("number", "given_name", "birth_date", "home_unit__slug"))
        steps = sorted(JourneyStep.objects.values_list("journey__member__number", "due_on", "state", "done_on"), key=str)
        keys = sorted(Contact.objects.values_list("key", flat=True))
        transaction.set_rollback(True)  # each time into an empty house
        return members, steps, keys

    first = people("7")
    assert people("7") == first
    assert people("8") != first


@pytest.mark.parametrize("party", [DRESDEN, SHARON])
def test_offices_show_what_can_happen_to_them(db, party):
    making.make(party, 0, "1", TODAY)
    held = Appointment.objects.filter(user__email__endswith=f"@{party.domain}")
    assert held.filter(ends_on__lte=TODAY).exists()
    assert held.filter(starts_on__gt=TODAY).exists()
    assert any(user.appointments.active(TODAY).count() == 2 for user in User.objects.filter(appointments__in=held))
    branches = Unit.objects.filter(kind__slug="branch")
    secretaries = held.active(TODAY).filter(office__slug="secretary")
    assert branches.exclude(appointments__in=secretaries).exists()
    for office in ("administrator", "membership_officer", "chair", "treasurer", "section_lead"):
        assert held.active(TODAY).filter(office__slug=office).exists()
    assert {user.language for user in User.objects.all()} == {party.language}
    assert not Member.objects.exists()


def children(slug):
    return Unit.objects.get_children(Unit.objects.get(slug=slug)).select_related("kind")


def test_the_units_have_the_names_of_the_member_lists(db):
    making.make(DRESDEN, 0, "1", TODAY)
    making.make(SHARON, 0, "1", TODAY)
    quarters = "Altstadt Blasewitz Cotta Elbhang-Loschwitz Klotzsche Leuben Neustadt Pieschen Plauen Prohlis"
    assert {unit.name for unit in children("dresden") if unit.kind.slug == "branch"} == set(quarters.split())
    towns = {"נתניה", "חדרה", "פרדס חנה", "רחובות", "מודיעין", "תל אביב צפון"}
    assert {unit.name for unit in children("sharon")} > towns | {"מחוז הקיבוצים", "מחוז המושבים"}
    assert {unit.kind.slug for unit in children("kibbutzim")} == {"branch"}


def test_members_may_come_after_the_units_but_not_twice(db):
    said = StringIO()
    call_command("make_demo", party="sharon", members=0, stdout=said)
    call_command("make_demo", party="sharon", members=40, seed="3", stdout=said)
    before = set(Member.objects.values_list("pk", "number"))
    assert len(before) == 40
    with pytest.raises(CommandError, match="sharon already has members") as refusal:
        call_command("make_demo", party="sharon", members=50, stdout=said)
    assert refusal.value.returncode == 2
    assert set(Member.objects.values_list("pk", "number")) == before


def test_both_parties_live_beside_each_other(db):
    making.make(DRESDEN, 100, "1", TODAY)
    making.make(SHARON, 100, "1", TODAY)
    assert Member.objects.filter(party__slug="dresden").count() == Member.objects.filter(party__slug="sharon").count() == 100


def test_an_election_ahead_has_shifts_full_and_open_and_rests_are_kept(dresden):
    election = Election.objects.get(unit=dresden)
    assert 55 <= (election.day - TODAY).days <= 70 and election.day.weekday() == 6
    duties = Duty.objects.live().filter(volunteer__election=election).select_related("shift")
    assert 0 < duties.count() < Shift.objects.filter(post__election=election).aggregate(n=Sum("needed"))["n"]
    spans = {}
    for duty in duties:
        spans.setdefault(duty.member_id, []).append(posting.span_of(duty, duty.shift.post_id))
    assert not any(cover.clash(*pair, posting.rules_of(election)) for own in spans.values() for pair in combinations(own, 2))
    assert election.milestones.late(TODAY).exists() and election.milestones.exclude(done_on=None).exists()


def test_demo_users_says_who_signs_in_as_what(db):
    said = StringIO()
    call_command("demo_users", stdout=said)
    assert "make_demo" in said.getvalue()
    making.make(DRESDEN, 0, "1", TODAY)
    call_command("demo_users", stdout=said)
    line = next(line for line in said.getvalue().splitlines() if "aylin.kaya@dresden.example.org" in line)
    assert line.split() == ["Aylin", "Kaya", "aylin.kaya@dresden.example.org", "Secretary", "Pieschen", "de"]


def structure():
    """Indexes, constraints and triggers of the tables that are loaded."""
    with connection.cursor() as cursor:
        for query in (
            "SELECT indexdef FROM pg_indexes WHERE tablename = ANY(%s)",
            "SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = ANY(%s::regclass[])",
            "SELECT tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = ANY(%s::regclass[])",
        ):
            cursor.execute(query, [[model._meta.db_table for model in making.COLUMNS]])
            # PostgreSQL writes an equal condition in two ways, with its casts inside or outside of the list.
            yield sorted(re.sub(r"::(character varying|text)(\[\])?|[()]", "", row) for (row,) in cursor.fetchall())


def test_indexes_put_aside_come_back_as_they_were(db):
    before = list(structure())
    with loading.indexes_aside(making.COLUMNS):
        assert list(structure()) != before
    for now, then in zip(structure(), before, strict=True):
        assert now == then


@pytest.mark.slow
@pytest.mark.parametrize("party", [DRESDEN, SHARON])
def test_a_large_party_grows_below_its_root(db, party):
    making.make(party, 20_000, "1", TODAY)
    root = Unit.objects.get(slug=party.slug)
    units = Unit.objects.below(root)
    assert Unit.objects.find_problems() == ([], [], [], [], [])
    assert len(set(units.filter(kind__slug="branch").values_list("name", flat=True))) == units.filter(kind__slug="branch").count()
    sizes = [unit.members.count() for unit in units.filter(kind__slug="branch", slug__startswith=f"{party.slug}-")]
    assert 200 < len(sizes) < 300
    assert min(sizes) > 25 and max(sizes) < 160
    recent = Member.objects.filter(joined_on__gt=date(2025, 11, 22)).count() / 20_000
    assert 0.025 < recent < 0.035
    assert not JourneyStep.objects.open().filter(duty_unit=None).exists()
    assert figures.read(root, TODAY).counts == figures.tally(root, figures.Window.year(TODAY))[0].counts


def test_units_meet_alone_and_together_some_more_than_others(dresden):
    now = timezone.make_aware(datetime.combine(TODAY, time(12)))
    held = [
        Event.objects.carried_by(unit).counting().filter(starts_at__lt=now, starts_at__gt=now - timedelta(days=365)).count()
        for unit in Unit.objects.filter(kind__leads_members=True)
    ]
    assert len(set(held)) > 2 and min(held) < 6 <= max(held) and 3 < sum(held) / len(held) < 9
    assert Event.objects.alias(n=Count("carriers")).filter(n__gt=1).exists() and not Event.objects.filter(carriers=None).exists()
    assert {"draft", "open", "closed", "cancelled"} == set(Event.objects.values_list("state", flat=True))
    assert Event.objects.announced().filter(starts_at__gt=now).count() > 10
    assert not Event.objects.exclude(dates__starts_at=F("starts_at")).exists()
