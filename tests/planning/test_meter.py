"""The meeting meter: what counts for which unit and year, the forecast, the pages and the reminder in time to invite."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from branches.models import Reorganisation, Unit
from education.models import Carrier, Event, EventDate, EventKind
from planning import meter
from planning.models import MeterReminder
from tests import factories as make

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)


def at(*moment):
    return datetime(*moment, tzinfo=BERLIN)


def meeting(unit, starts_at, **fields):
    return make.event(unit, "Mitgliederversammlung", starts_at, kind="meeting", **fields)


def merge(unit, target, on, officer):
    Reorganisation.objects.create(kind="merge", unit=unit, target=target, on=on, state="done", by=officer, done_at=NOW)
    Unit.objects.filter(pk=unit.pk).update(closed_on=on)


def test_held_are_over_planned_are_announced_and_drafts_or_called_off_count_nothing(tree):
    meeting(tree.a, at(2026, 3, 1, 19))
    meeting(tree.a, at(2026, 5, 1, 19), state="closed")
    meeting(tree.a, at(2026, 12, 1, 19))
    meeting(tree.a, at(2026, 12, 2, 19), state="draft")
    meeting(tree.a, at(2026, 4, 2, 19), state="cancelled")
    make.event(tree.a, "Vorstand", at(2026, 4, 9, 19), kind="board")
    found = meter.standing(tree.a, 2026, NOW)
    assert (found.held, found.planned, found.of, found.next_at) == (2, 1, 6, at(2026, 12, 1, 19))


def test_a_meeting_of_new_years_eve_counts_in_the_local_year_it_begins_in(tree):
    meeting(tree.a, at(2025, 12, 31, 23, 30))
    meeting(tree.a, at(2026, 1, 1, 0, 15))
    assert meter.standing(tree.a, 2025, NOW).held == 1
    assert meter.standing(tree.a, 2026, NOW).held == 1


def test_a_shared_meeting_counts_for_each_unit_that_carries_it(tree):
    meeting(tree.a, at(2026, 3, 1, 19), carriers=[tree.b, tree.youth])
    assert {pk: row.held for pk, row in meter.standings([tree.a, tree.b, tree.youth, tree.district], 2026, NOW).items()} == {
        tree.a.pk: 1, tree.b.pk: 1, tree.youth.pk: 1, tree.district.pk: 0,
    }  # fmt: skip


def test_what_was_held_before_a_merge_stays_and_what_comes_after_counts_for_the_heir(tree, cast):
    third = make.unit("Cronheim", "branch", tree.district)
    meeting(tree.a, at(2026, 3, 1, 19))
    meeting(tree.a, at(2026, 7, 1, 19))
    meeting(tree.a, at(2026, 10, 1, 19), carriers=[tree.b])
    meeting(tree.a, at(2026, 11, 1, 19))
    merge(tree.a, tree.b, date(2026, 6, 1), cast.admin)
    merge(tree.b, third, date(2026, 10, 15), cast.admin)
    assert {unit.name: meter.standing(unit, 2026, NOW).held for unit in (tree.a, tree.b, third)} == {"Altdorf": 1, "Bergheim": 2, "Cronheim": 1}
    assert [timezone.localtime(event.starts_at).month for event in meter.counted_events(tree.b, 2026)] == [7, 10]


def recount(units, year, now, merges):
    """The plain way: every event, every carrier, one after the other."""
    held, planned = {unit.pk: set() for unit in units}, {unit.pk: set() for unit in units}
    for carrier in Carrier.objects.select_related("event__kind"):
        event = carrier.event
        day = event.starts_at.astimezone(BERLIN).date()
        if not event.kind.counts or event.state in ("draft", "cancelled") or day.year != year:
            continue
        unit = carrier.unit_id
        while unit in merges and merges[unit][0] <= day:
            unit = merges[unit][1]
        (held if event.ends_at <= now else planned)[unit].add(event.pk)
    return {unit.pk: (len(held[unit.pk]), len(planned[unit.pk])) for unit in units}


@pytest.mark.parametrize("seed", range(6))
def test_meter_agrees_with_a_plain_recount_on_random_calendars(seed, tree, cast):
    """Over year ends and changes of the clock, with shared events, units that merge one after the other, and any state and kind."""
    chance = random.Random(seed)
    units = [tree.a, tree.b, tree.youth, tree.district, *(make.unit(f"Dorf {n}", "branch", tree.district) for n in range(6))]
    kinds = list(EventKind.objects.all())
    moments = [
        datetime(2025, 12, 31, 21, tzinfo=UTC), datetime(2026, 3, 28, 22, tzinfo=UTC), datetime(2026, 10, 24, 21, tzinfo=UTC),
        datetime(2026, 12, 31, 20, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC),
    ]  # fmt: skip
    for _n in range(160):
        begins = chance.choice(moments) + timedelta(minutes=15 * chance.randrange(-40, 40), days=chance.choice((0, 0, 1, -1, 60, -90)))
        first, *others = chance.sample(units, chance.choice((1, 1, 2, 3)))
        fields = {"starts_at": begins, "ends_at": begins + timedelta(hours=chance.choice((1, 3, 30)))}
        state = chance.choice(("open", "open", "open", "closed", "draft", "cancelled"))
        event = Event.objects.create(unit=first, kind=chance.choice(kinds), titles={"de": "T"}, state=state, **fields)
        EventDate.objects.create(event=event, **fields)
        Carrier.objects.bulk_create(Carrier(event=event, unit=unit) for unit in (first, *others))
    merges, chain = {}, chance.sample(units, 4)
    days = sorted(chance.sample([date(2026, 1, 1), date(2026, 3, 29), date(2026, 10, 25), date(2026, 6, 1), date(2026, 12, 31)], 3))
    for gone, heir, day in zip(chain, chain[1:], days, strict=False):
        merge(gone, heir, day, cast.admin)
        merges[gone.pk] = (day, heir.pk)
    for year in (2025, 2026, 2027):
        for now in (moments[1], moments[2], NOW, moments[3]):
            wanted = recount(units, year, now, merges)
            every = meter.counts(None, year, now)
            assert {unit.pk: every.get(unit.pk, (0, 0, None))[:2] for unit in units} == wanted
            assert {pk: (row.held, row.planned) for pk, row in meter.standings(units, year, now).items()} == wanted
        for unit in units:
            assert len(meter.counted_events(unit, year)) == sum(wanted[unit.pk])


def fit(first, last, apart):
    """How many days from `first` to `last` are `apart` or more from each other, by trying."""
    number, day = 0, first
    while day <= last:
        number, day = number + 1, day + apart
    return number


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    held=some.integers(0, 9), planned=some.integers(0, 4), of=some.integers(1, 24), on=some.dates(date(2026, 1, 1), date(2027, 2, 1)), lead=some.integers(1, 60)
)
def test_forecast_agrees_with_trying_every_day(held, planned, of, on, lead):
    found = meter.forecast(held, planned, of, 2026, on, lead)
    missing = of - held - planned
    if missing <= 0:
        assert found.state == ("reached" if held >= of else "planned")
        return
    assert found.missing == missing
    if on.year > 2026:
        assert found.state == "missed"
        return
    ahead, last = timedelta(days=lead), date(2026, 12, 19)
    fits = min(missing, fit(max(on + ahead, date(2026, 1, 1)), last, meter.APART))
    assert (found.state == "short") == (fits < missing)
    assert found.fits == fits
    if fits:
        assert found.invite_by >= on or found.invite_by.year < 2026
        assert found.meet_by == found.invite_by + ahead
        if found.state != "pace":  # the last day from which this many still fit, and not one day later
            assert fit(found.meet_by, last, meter.APART) >= fits > fit(found.meet_by + timedelta(days=1), last, meter.APART)


def test_two_more_by_december_means_inviting_by_14_november():
    found = meter.forecast(4, 0, 6, 2026, date(2026, 11, 10), 14)
    assert (found.state, found.missing, found.invite_by) == ("behind", 2, date(2026, 11, 14))


def test_a_unit_that_keeps_the_pace_has_until_the_end_of_its_part_of_the_year():
    found = meter.forecast(2, 0, 6, 2026, date(2026, 4, 20), 14)
    assert (found.state, found.meet_by) == ("pace", date(2026, 6, 26))


def test_a_unit_may_have_its_own_target_and_pass_it_on(tree):
    tree.district.settings = {"meetings_per_year": 4, "invitation_days": 21}
    tree.district.save()
    found = meter.standings([Unit.objects.select_related("kind").get(pk=tree.a.pk)], 2026, NOW)[tree.a.pk]
    assert (found.of, found.lead) == (4, 21)


def test_the_list_is_one_grouped_query_and_agrees_with_the_standings(tree, cast):
    meeting(tree.a, at(2026, 3, 1, 19), carriers=[tree.b])
    meeting(tree.b, at(2026, 12, 3, 19))
    page, sums = meter.page(cast.officer, 2026, NOW, {})
    assert [(row.unit.name, row.held, row.planned) for row in page.rows] == [
        ("Unterbezirk Musterstadt", 0, 0), ("Jusos", 0, 0), ("Altdorf", 1, 0), ("Bergheim", 1, 1),
    ]  # fmt: skip
    assert sums == {"every": 4, "missing": 4, "none": 2, "reached": 0, "meetings": 2}
    assert meter.page(cast.foreign_officer, 2026, NOW, {})[1]["every"] == 2


@pytest.mark.parametrize("sort", meter.ORDERS)
def test_pages_by_key_show_every_unit_once_forwards_and_backwards(sort, tree, cast):
    units = [make.unit(f"Dorf {n:03}", "branch", tree.district) for n in range(120)]
    for n, unit in enumerate(units[:60]):
        meeting(unit, at(2026, 1 + n % 11, 3, 19))
    from django.http import QueryDict

    seen, params = [], QueryDict(f"sort={sort}")
    while True:
        page, _sums = meter.page(cast.officer, 2026, NOW, params)
        seen += [row.unit.pk for row in page.rows]
        if not page.next_url:
            break
        params = QueryDict(page.next_url[1:])
    assert len(seen) == len(set(seen)) == 124
    back, _sums = meter.page(cast.officer, 2026, NOW, QueryDict(page.previous_url[1:]))
    assert [row.unit.pk for row in back.rows] == seen[50:100]


# --- reminders and pages -----------------------------------------------------------------------------------------------


def test_each_missing_meeting_is_told_in_good_time_and_at_the_last_moment_each_once(tree, cast):
    from outbox.models import Message
    from planning import meter_reminders

    other = [unit for unit in Unit.objects.all() if unit.pk != tree.a.pk]
    for unit in other:
        unit.settings = {"meetings_per_year": 0}
        unit.save()
    for month in (1, 3, 5, 7):
        meeting(tree.a, at(2026, month, 5, 19))
    Unit.objects.filter(pk=tree.a.pk).update(settings={"meetings_per_year": 6})
    told = []
    for day in range(110):
        moment = datetime(2026, 9, 3, 11, tzinfo=UTC) + timedelta(days=day)
        with time_machine.travel(moment, tick=False):
            for _run in range(2):
                meter_reminders.write(moment)
            told += [moment.date()] * (Message.objects.filter(kind="meter").count() - len(told))
    assert told == [date(2026, 9, 30), date(2026, 11, 7)]
    assert set(Message.objects.values_list("recipient__email", flat=True)) == {"aylin.kaya@example.org"}
    assert list(MeterReminder.objects.order_by("pk").values_list("number", "stage")) == [(5, "pace"), (5, "last")]


def test_a_reminder_says_when_to_invite_and_is_skipped_once_the_meeting_is_announced(tree, cast):
    from django.core import mail

    from outbox.models import Message
    from outbox.relay import relay
    from planning import meter_reminders

    moment = datetime(2026, 11, 10, 11, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        for month in (1, 3, 5, 7):
            meeting(tree.a, at(2026, month, 5, 19), carriers=[tree.b])
        assert meter_reminders.write(moment) >= 2
        for month, day in ((12, 1), (12, 15)):
            meeting(tree.b, at(2026, month, day, 19))
        relay(moment)
        bodies = {letter.to[0]: letter.body for letter in mail.outbox}
        assert "14. November" in bodies["aylin.kaya@example.org"] and "4" in bodies["aylin.kaya@example.org"]
        assert "bernd.lohse@example.org" not in bodies
        assert Message.objects.filter(kind="meter", state="skipped", recipient=cast.secretary_b).count() == 1


def test_the_page_of_a_unit_names_its_meetings_and_when_to_invite(tree, cast, sign_in):
    with time_machine.travel("2026-11-10 12:00+01:00", tick=False):
        for month in (1, 3, 5, 7):
            meeting(tree.a, at(2026, month, 5, 19))
        page = sign_in(cast.secretary_a).get(f"/meter/{tree.a.slug}/")
        assert len(page.context["events"]) == 4
        assert page.context["row"]["outlook"] == "2 weitere bis Dezember: bis 14. November einladen."


def test_questions_of_the_meter_stay_the_same_with_more_units(tree, cast, sign_in):
    client = sign_in(cast.officer)
    client.get("/meter/")
    with CaptureQueriesContext(connection) as few:
        client.get("/meter/")
    for n in range(30):
        meeting(make.unit(f"Dorf {n}", "branch", tree.district), at(2026, 3, 1, 19))
    with CaptureQueriesContext(connection) as many:
        client.get("/meter/")
    assert len(many) == len(few) <= 10
