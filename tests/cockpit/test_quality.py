import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta

import pytest
from dateutil.relativedelta import relativedelta
from django.utils import timezone

from branches.models import Unit
from cockpit import quality, quality_rows
from cockpit.models import QualityMonth
from cockpit.quality import Month
from membership.models import Member, Membership
from onboarding.models import Contact, Journey, JourneyStep
from onboarding.standards import steps_by_unit
from tests import factories as make
from tests.cockpit import world

ON = date(2026, 10, 31)
MONTH = Month.ending(date(2026, 10, 1))


def at(day, hour=12):
    return datetime.combine(day, time(hour), UTC)


@pytest.fixture
def town(tree):
    tree.quarter = make.unit("Altdorf Nord", "branch", tree.a)
    tree.step = world.own_step(tree.b)
    tree.homes = [tree.a, tree.b, tree.quarter, tree.foreign_branch]
    return tree


def populate(town, by, seed, members=80):
    """Members over three years around ON who moved, left, died, were met, ticked and entered late, before and after the end of the month."""
    dice = random.Random(seed)
    steps = steps_by_unit(Unit.objects.filter(pk__in=[unit.pk for unit in town.homes]))
    for number in range(members):
        joined_on = ON - timedelta(days=dice.randrange(-30, 1100))
        home = dice.choice(town.homes)
        member = make.member(f"Person {number:03}", home, joined_on)
        entered = joined_on + timedelta(days=dice.choice([0, 3, 30, 90]))
        Member.objects.filter(pk=member.pk).update(created_at=at(entered))
        live(dice, town, member, joined_on)
        if dice.random() < 0.3:
            Membership.objects.create(
                member=member, unit=town.youth, home=False, starts_on=joined_on, ends_on=dice.choice([None, ON, ON + timedelta(days=5)])
            ) if joined_on < ON else None
        if dice.random() < 0.85:
            walk(dice, member, steps[home.pk], joined_on, by)
        for _ in range(dice.randrange(3)):
            contact(dice, member, by, joined_on + timedelta(days=dice.randrange(400)))


def live(dice, town, member, joined_on):
    """Move, leave, come back or die on some day."""
    fate, day = dice.randrange(6), joined_on + timedelta(days=1 + dice.randrange(800))
    period = member.memberships.get(home=True)
    if fate == 0:
        close(period, day, "moved")
        Membership.objects.create(member=member, unit=dice.choice(town.homes), starts_on=day)
    elif fate in (1, 2, 3):
        close(period, day, ["left", "gone", "deceased"][fate - 1])
        Member.objects.filter(pk=member.pk).update(status="deceased" if fate == 3 else "left", left_on=day)
        if fate == 1 and dice.random() < 0.5:
            Membership.objects.create(member=member, unit=dice.choice(town.homes), starts_on=day + timedelta(days=dice.randrange(200)))


def close(period, day, why):
    Membership.objects.filter(pk=period.pk).update(ends_on=day, end_reason=why)


def walk(dice, member, steps, joined_on, by):
    journey = Journey.objects.create(member=member, unit=member.home_unit, started_on=joined_on)
    Journey.objects.filter(pk=journey.pk).update(created_at=at(joined_on + timedelta(days=dice.choice([0, 0, 10, 60]))))
    for step in dice.sample(steps, dice.randrange(len(steps) + 1)):
        state = dice.choice(JourneyStep.State.values)
        closed = joined_on + timedelta(days=dice.randrange(300))
        JourneyStep.objects.create(
            journey=journey, step=step, unit=journey.unit, office=step.office, due_on=step.due_on(joined_on), state=state,
            done_on=closed if state == "done" else None, reason="asked" if state == "not_needed" else "",
            closed_at=at(closed + timedelta(days=dice.choice([0, 0, 8]))) if state not in ("open", "waiting", "before") else None, closed_by=by,
        )  # fmt: skip


def contact(dice, member, by, day):
    row = Contact.objects.create(member=member, by=by, on=day, result=dice.choice(["reached", "reached", "not_reached"]))
    Contact.objects.filter(pk=row.pk).update(created_at=at(day + timedelta(days=dice.choice([0, 0, 9]))))


# --- a second, plain way to count: one person after the other --------------------------------------------------------------


def recount(month):
    """{unit pk: Counter}, as quality.count for all units."""
    counts, sections = defaultdict(Counter), set(Unit.objects.filter(kind__is_section=True).values_list("pk", flat=True))
    for member in Member.objects.prefetch_related("memberships", "journeys__steps__step", "contacts"):
        homes = sorted((p for p in member.memberships.all() if p.home and p.starts_on <= month.until), key=lambda p: p.starts_on)
        places = [(homes[-1].unit_id, True, covers(homes[-1], month.until))] if homes else []
        places += [
            (p.unit_id, False, True) for p in member.memberships.all() if not p.home and covers(p, month.until) and p.unit_id in sections
        ]
        for unit, home, still in places:
            counts[unit].update(of_journeys(member, month))
            if home:
                counts[unit].update(of_stay(member, month))
            if still:
                counts[unit].update(of_quiet(member, month))
    return {pk: +found for pk, found in counts.items()}


def covers(period, day):
    return period.starts_on <= day and (period.ends_on is None or period.ends_on > day)


def reached(member, since, month):
    return [
        c.on for c in member.contacts.all()
        if c.result == "reached" and since <= c.on <= month.until and c.created_at < month.known
    ]  # fmt: skip


def state_then(item, month):
    late = (item.closed_at and item.closed_at >= month.known) or (item.done_on and item.done_on > month.until)
    return "open" if late else item.state


def of_journeys(member, month):
    counts = Counter()
    for journey in member.journeys.all():
        if journey.created_at >= month.known or journey.started_on > month.until:
            continue
        items = [(item, state_then(item, month)) for item in journey.steps.all()]
        contacts = sorted(
            ((item, state) for item, state in items if item.step.done_by == "contact" and state in ("open", "waiting", "done")),
            key=lambda pair: (pair[0].due_on, pair[0].pk),
        )
        if contacts and month.since <= contacts[0][0].due_on <= month.until:
            days = reached(member, journey.started_on, month) + [item.done_on for item, state in contacts if state == "done"]
            counts["contact:all"] += 1
            counts["contact:in_time"] += bool(days) and min(days) <= contacts[0][0].due_on
            if days:
                counts[f"days:{max((min(days) - journey.started_on).days, 0)}"] += 1
        for item, state in items:
            if month.since <= item.due_on <= month.until and state in ("open", "waiting", "done", "not_needed"):
                counts[f"left:{item.step_id}:all"] += 1
                counts[f"left:{item.step_id}:open"] += state != "done"
                if state != "not_needed":
                    counts[f"step:{item.step_id}:all"] += 1
                    counts[f"step:{item.step_id}:in_time"] += state == "done" and item.done_on <= item.due_on
    return counts


def of_stay(member, month):
    counts = Counter()
    homes = [p for p in member.memberships.all() if p.home]
    if member.created_at >= at(member.joined_on + timedelta(days=62), 0):
        return counts

    def left(day):
        return any(p.ends_on and p.ends_on <= day and p.end_reason in ("left", "gone") for p in homes) and not any(
            covers(p, day) for p in homes
        )

    def died(day):
        return any(p.ends_on and p.ends_on <= day and p.end_reason == "deceased" for p in homes)

    for months in (12, 24):
        day, landmark = member.joined_on + relativedelta(months=months), member.joined_on + relativedelta(months=7)
        if not month.since <= day <= month.until or died(day):
            continue
        names = ["stay"]
        if not left(landmark) and not died(landmark):
            names += [
                "done" if any(finished(j, landmark, month) for j in member.journeys.all() if j.reason == "joined") else "undone",
                "alone",
            ]
        for name in names:
            counts[f"{name}{months}:all"] += 1
            counts[f"{name}{months}:still"] += not left(day)
    return counts


def finished(journey, landmark, month):
    return all(
        item.done_on and item.done_on <= landmark and not (item.closed_at and item.closed_at >= month.known)
        for item in journey.steps.all()
        if item.step.locked and (item.state not in ("not_needed", "before", "dropped") or (item.closed_at and item.closed_at >= month.known))
    )  # fmt: skip


def of_quiet(member, month):
    if member.joined_on >= month.since:
        return Counter()
    return Counter({"quiet:all": 1, "quiet:quiet": not reached(member, month.since, month)})


def counted(month, units=None):
    every = quality.nodes(units or Unit.objects.all())
    return {pk: +Counter(found) for pk, found in quality.count(every, month).items() if +Counter(found)}


@pytest.mark.parametrize("seed", range(5))
def test_figures_of_every_unit_equal_a_plain_recount(town, cast, seed):
    populate(town, cast.officer, seed)
    for month in (MONTH, Month.ending(date(2026, 2, 1)), Month.ending(date(2025, 6, 1))):
        assert counted(month) == {pk: found for pk, found in recount(month).items() if found}


def test_some_cases_of_every_kind_are_counted(town, cast):
    populate(town, cast.officer, 1, 200)
    keys = {
        key.rstrip("0123456789") if key.startswith("days") else key.partition(":")[0] for found in counted(MONTH).values() for key in found
    }
    assert keys >= {"contact", "days:", "step", "left", "stay12", "stay24", "done12", "undone12", "alone12", "quiet"}


def later_things(dice, town, by):
    """Everything that people do in the weeks after the month."""
    day = ON + timedelta(days=1 + dice.randrange(20))
    for step in dice.sample(list(JourneyStep.objects.open()), 20):
        JourneyStep.objects.filter(pk=step.pk).update(
            state="done", done_on=dice.choice([day, ON - timedelta(days=3)]), closed_at=at(day), closed_by=by
        )
    for step in dice.sample(list(JourneyStep.objects.open()), 10):
        JourneyStep.objects.filter(pk=step.pk).update(state=dice.choice(["not_needed", "dropped"]), reason="asked", closed_at=at(day))
    for member in dice.sample(list(Member.objects.all()), 15):
        row = Contact.objects.create(member=member, by=by, on=dice.choice([day, ON - timedelta(days=5)]), result="reached")
        Contact.objects.filter(pk=row.pk).update(created_at=at(day))
    for period in dice.sample(list(Membership.objects.filter(home=True, ends_on=None, starts_on__lt=ON)), 15):
        why = dice.choice(["moved", "left", "deceased"])
        close(period, day, why)
        if why == "moved":
            Membership.objects.create(member=period.member, unit=dice.choice(town.homes), starts_on=day)
        else:
            Member.objects.filter(pk=period.member_id).update(status=why, left_on=day)
    for number in range(5):
        newcomer = make.member(f"Neu {number}", town.a, day)
        Journey.objects.create(member=newcomer, unit=town.a, started_on=day)
    Journey.objects.recount(day)


@pytest.mark.parametrize("seed", range(3))
def test_a_past_month_does_not_move_when_later_things_happen(town, cast, seed):
    populate(town, cast.officer, seed, 120)
    before = counted(MONTH)
    later_things(random.Random(seed), town, cast.officer)
    assert counted(MONTH) == before


def test_a_kept_month_stands_even_when_the_past_is_corrected(town, cast):
    populate(town, cast.officer, 2)
    assert quality.keep(town.district, MONTH)
    before = list(QualityMonth.objects.order_by("pk").values())
    Member.objects.all().update(joined_on=date(2010, 1, 1))
    Membership.objects.all().delete()
    assert not quality.keep(town.district, MONTH)
    assert list(QualityMonth.objects.order_by("pk").values()) == before


def test_a_unit_is_the_sum_of_those_below_without_the_sections(town, cast):
    populate(town, cast.officer, 2)
    quality.keep(town.district, MONTH)
    own = recount(MONTH)
    rows = {row.unit_id: Counter(row.counts) for row in QualityMonth.objects.all()}
    assert +rows[town.a.pk] == own.get(town.a.pk, Counter()) + own.get(town.quarter.pk, Counter())
    assert +rows[town.district.pk] == sum((own.get(unit.pk, Counter()) for unit in (town.a, town.quarter, town.b)), Counter())


def test_every_number_leads_to_its_cases(town, cast):
    populate(town, cast.officer, 5, 150)
    quality.keep(town.district, MONTH)
    for row in QualityMonth.objects.select_related("unit__kind"):
        for key, number in row.counts.items():
            if not key.startswith("days:"):
                # Nobody has two journeys here, so there are as many people as cases.
                assert quality.cases(row.unit, key, MONTH).count() == number, (row.unit, key)
    assert (
        quality.cases(town.district, "contact:missed", MONTH).count()
        == QualityMonth.objects.get(unit=town.district).share("contact").missed
    )


@pytest.mark.parametrize("key", ["", "secret", "days:3", "contact:some", "step:x:all", "stay13:all", "quiet:all'"])
def test_a_figure_that_does_not_exist_has_no_cases(tree, key):
    with pytest.raises(LookupError):
        quality.cases(tree.a, key, MONTH)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (1, 2, 0.0945, 0.9055), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_is_wilsons(part, whole, low, high):
    """81 of 263: the example of Newcombe, Statistics in Medicine 17 (1998), method 3."""
    assert quality.wilson(part, whole) == pytest.approx((low, high), abs=0.0001)


def test_a_unit_is_called_better_or_worse_only_where_the_intervals_lie_apart():
    assert quality.verdict(9, 10, (500, 1000)) == "better"
    assert quality.verdict(7, 10, (500, 1000)) == ""
    assert quality.verdict(1, 12, (500, 1000)) == "worse"
    assert quality.verdict(9, 9, (500, 1000)) == ""  # so few cases say nothing
    assert quality.verdict(0, 0, (500, 1000)) == ""


def test_who_was_not_reached_counts_as_longer_than_all_others():
    assert quality.median_days({"contact:all": 5, "days:3": 1, "days:9": 2})[0] == 9
    assert quality.median_days({"contact:all": 5, "days:3": 1})[0] is None
    assert quality.median_days({}) == (None, None, None)


def lived_in(town, cast):
    """A year that is over, so that the pages have something to show."""
    populate(town, cast.officer, 4, 60)
    return f"?month={MONTH.first:%Y-%m}"


def test_quality_page_shows_units_beside_each_other_with_cases_and_intervals(town, cast, sign_in):
    month = lived_in(town, cast)
    client = sign_in(cast.officer)
    client.cookies["django_language"] = "en"
    page = client.get(f"/cockpit/{town.district.slug}/quality/{month}")
    whole = QualityMonth.objects.get(unit=town.district).share("contact")
    low, high = quality.wilson(*whole)
    assert f"{whole.part} of {whole.whole}" in page.text
    assert f"{round(100 * low)}" in page.text and f"{round(100 * high)}" in page.text
    assert page.text.index("Altdorf") < page.text.index("Bergheim")
    assert client.get(f"/cockpit/{town.district.slug}/quality/{month}&sort=contact").status_code == 200
    cases = client.get(f"/cockpit/{town.district.slug}/quality/cases/{month}&figure=contact:all")
    assert len(cases.context["rows"]) == min(whole.whole, 50)


def test_who_sees_a_unit_without_those_below_finds_no_people_behind_its_figures(town, cast, sign_in):
    month = lived_in(town, cast)
    make.appoint(cast.stranger, "treasurer", town.district)
    client, page = sign_in(cast.stranger), f"/cockpit/{town.district.slug}/quality/"
    assert client.get(f"{page}cases/{month}&figure=contact:all").status_code == 404
    assert sign_in(cast.officer).get(f"{page}cases/{month}&figure=contact:all").status_code == 200


def test_quality_page_has_no_month_that_is_not_over(town, cast, sign_in):
    client = sign_in(cast.officer)
    for month in ("2999-01", "1200-01", "2026-13", "x"):
        assert client.get(f"/cockpit/{town.district.slug}/quality/?month={month}").status_code == 404


def test_quality_page_of_a_large_party_is_left_to_the_worker(town, cast, sign_in, monkeypatch):
    monkeypatch.setattr(quality, "AT_ONCE", 2)
    month = lived_in(town, cast)
    client = sign_in(cast.officer)
    assert client.get(f"/cockpit/{town.district.slug}/quality/{month}").context["counting"]
    quality.keep(town.district, MONTH)
    assert "counting" not in client.get(f"/cockpit/{town.district.slug}/quality/{month}").context


def test_a_lower_bound_does_not_let_a_lucky_unit_lead(tree):
    order = quality_rows.by_lower_bound("contact", "in_time")
    lucky = QualityMonth(unit=tree.a, counts={"contact:all": 1, "contact:in_time": 1})
    steady = QualityMonth(unit=tree.b, counts={"contact:all": 60, "contact:in_time": 50})
    none = QualityMonth(unit=tree.district, counts={})
    assert sorted([lucky, none, steady], key=order) == [steady, lucky, none]


@pytest.mark.parametrize("members", [5, 60])
def test_quality_page_and_growth_have_a_constant_number_of_queries(town, cast, sign_in, members, django_assert_max_num_queries):
    populate(town, cast.officer, 4, members)
    quality.keep(town.district, MONTH)
    client = sign_in(cast.officer)
    month = f"?month={MONTH.first:%Y-%m}"
    for path in (f"quality/{month}", f"quality/cases/{month}&figure=quiet:all", "growth/"):
        client.get(f"/cockpit/{town.district.slug}/{path}")
        with django_assert_max_num_queries(10):
            client.get(f"/cockpit/{town.district.slug}/{path}")


def test_growth_tells_new_and_returned_by_quarter(tree, cast, sign_in):
    today = timezone.localdate()
    make.member("Nora Neu", tree.a, today, birth_date=date(2000, 1, 1), gender="f")
    client = sign_in(cast.officer)
    client.cookies["django_language"] = "en"
    first = client.get(f"/cockpit/{tree.district.slug}/growth/").context["tables"][0]["rows"][0]
    assert first["values"] == [1, 0, 0, 1]
