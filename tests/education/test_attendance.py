"""Who was there: ticks that arrive late, twice and against each other; people without a place; paper; the code of a ticket."""

import json
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from education import attending
from education.attending import Told
from education.models import EventDate, Headcount, Registration, RegistrationChange, Tick
from education.models.registrations import note
from outbox.models import Message
from tests import factories as make

NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)
State = Registration.State


def later(**span):
    return NOON + timedelta(**span)


def registered(event, who, state="confirmed", **fields):
    """A registration of a member, or of a guest by that name."""
    person = {"name": who} if isinstance(who, str) else {"member": who}
    row = Registration.objects.create(event=event, state=state, asked_at=NOON, **person, **fields)
    note([row], NOON, None, {"rule": "order"}, tell=False)
    return row


@pytest.fixture
def event(tree):
    return make.event(tree.a, starts_at=NOON)


@pytest.fixture
def date(event):
    return event.dates.get()


@pytest.fixture
def jona(event, tree):
    return registered(event, make.member("Jona Licht", tree.a))


def told(row, present=True, ago=0, seen=0, key=None):
    return Told(key or uuid4(), row.pk, present, timedelta(seconds=ago), seen)


def state_of(row):
    row.refresh_from_db()
    return row.state


def test_a_tick_says_that_somebody_attended_and_taken_back_they_are_where_they_were(date, jona, cast):
    attending.take(date, [told(jona)], cast.secretary_a, NOON)
    assert state_of(jona) == State.ATTENDED and attending.standings(date)[jona.pk].present
    attending.take(date, [told(jona, False)], cast.secretary_a, later(minutes=1))
    assert state_of(jona) == State.CONFIRMED and not attending.standings(date)[jona.pk].present
    assert not Message.objects.exists(), "whether somebody came is noted and not told"


def test_the_same_tick_sent_again_changes_nothing(date, jona, cast):
    first = told(jona)
    attending.take(date, [first], cast.secretary_a, NOON)
    attending.take(date, [told(jona, False)], cast.secretary_a, later(minutes=1))
    attending.take(date, [first], cast.secretary_a, later(minutes=2))
    assert Tick.objects.count() == 2 and state_of(jona) == State.CONFIRMED


def test_the_latest_moment_counts_in_whatever_order_ticks_arrive(tree, cast):
    """Three ticks of one person, each kept on the phone for a while: in all orders of arrival the last one made is what counts."""
    made = [(True, later(minutes=1)), (False, later(minutes=2)), (True, later(minutes=3))]
    for n, order in enumerate(permutations(made)):
        date = make.event(tree.a, starts_at=NOON).dates.get()
        row = registered(date.event, f"Gast {n}")
        for arrival, (present, moment) in enumerate(order):
            sent_at = later(minutes=10 + arrival)
            attending.take(date, [told(row, present, ago=(sent_at - moment).total_seconds())], cast.secretary_a, sent_at)
        assert attending.standings(date)[row.pk].tick.at == later(minutes=3)
        assert state_of(row) == State.ATTENDED


def test_two_who_ticked_differently_without_knowing_of_each_other_are_both_shown(date, jona, cast):
    attending.take(date, [told(jona, True, ago=600)], cast.secretary_a, NOON)
    attending.take(date, [told(jona, False, ago=60)], cast.chair_a, NOON)
    standing = attending.standings(date)[jona.pk]
    assert not standing.present and standing.tick.by == cast.chair_a and standing.against.by == cast.secretary_a


def test_the_conflict_does_not_depend_on_which_of_them_arrived_first(date, jona, cast):
    attending.take(date, [told(jona, False, ago=60)], cast.chair_a, NOON)
    attending.take(date, [told(jona, True, ago=600)], cast.secretary_a, NOON)
    standing = attending.standings(date)[jona.pk]
    assert not standing.present and standing.tick.by == cast.chair_a and standing.against.by == cast.secretary_a


def test_who_knew_of_the_other_tick_corrects_it_and_contradicts_nobody(date, jona, cast):
    attending.take(date, [told(jona, True)], cast.secretary_a, NOON)
    attending.take(date, [told(jona, False, seen=attending.newest(date))], cast.chair_a, later(minutes=1))
    standing = attending.standings(date)[jona.pk]
    assert not standing.present and standing.against is None


def test_one_tap_more_settles_a_conflict_until_somebody_says_otherwise_again(date, jona, cast):
    attending.take(date, [told(jona, True)], cast.secretary_a, NOON)
    attending.take(date, [told(jona, False)], cast.chair_a, later(minutes=1))
    attending.take(date, [told(jona, True, seen=attending.newest(date))], cast.officer, later(minutes=2))
    assert attending.standings(date)[jona.pk].against is None and state_of(jona) == State.ATTENDED
    # A phone that was away comes back with what it had said before: nobody has looked at that yet.
    attending.take(date, [told(jona, False, ago=60)], cast.chair_a, later(minutes=2))
    assert attending.standings(date)[jona.pk].against.by == cast.chair_a and state_of(jona) == State.ATTENDED


def test_a_tick_for_another_event_is_not_taken_up(date, tree, cast):
    other = registered(make.event(tree.b, starts_at=NOON), "Gast")
    assert attending.take(date, [told(other)], cast.secretary_a, NOON) == set()
    assert not Tick.objects.exists() and state_of(other) == State.CONFIRMED


def test_a_clock_that_runs_ahead_or_weeks_behind_moves_no_tick_out_of_reach(date, jona, cast):
    attending.take(date, [told(jona, ago=-500)], cast.secretary_a, NOON)
    attending.take(date, [told(jona, ago=10**8)], cast.secretary_a, NOON)
    assert [tick.at for tick in Tick.objects.order_by("pk")] == [NOON, NOON - attending.OLDEST]


def test_of_a_course_one_attended_date_is_attending_and_the_other_stays_its_own(event, date, jona, cast):
    second = EventDate.objects.create(event=event, starts_at=later(days=1), ends_at=later(days=1, hours=3))
    attending.take(date, [told(jona)], cast.secretary_a, NOON)
    attending.take(second, [told(jona, False)], cast.secretary_a, later(days=1))
    assert state_of(jona) == State.ATTENDED
    assert attending.present([date, second]) == {date.pk: 1, second.pk: 0}


def test_what_is_entered_after_the_day_is_marked(date, jona, cast):
    attending.take(date, [told(jona)], cast.secretary_a, NOON)
    assert not attending.is_late(Tick.objects.get(), date)
    attending.take(date, [told(jona, False)], cast.chair_a, later(days=2))
    assert attending.is_late(attending.standings(date)[jona.pk].tick, date)


def test_a_member_and_a_guest_without_a_place_come_onto_the_list_once(date, tree, cast):
    member, key = make.member("Edda Wolf", tree.a), uuid4()
    first = attending.walk_in(date, cast.secretary_a, NOON, key, member=member)
    assert attending.walk_in(date, cast.secretary_a, NOON, key, member=member) == first
    assert attending.walk_in(date, cast.secretary_a, NOON, uuid4(), member=member) == first, "found again by who they are"
    guest = attending.walk_in(date, cast.secretary_a, NOON, uuid4(), name="Gast Eins")
    assert {row.who for row in attending.listed(date)} == {"Edda Wolf", "Gast Eins"}
    assert first.why == guest.why == {"rule": "walk_in"} and guest.state == State.ATTENDED
    assert not Message.objects.exists()


def test_who_was_put_on_the_list_by_mistake_did_not_attend(date, cast):
    guest = attending.walk_in(date, cast.secretary_a, NOON, uuid4(), name="Gast Irrtum")
    attending.take(date, [told(guest, False, seen=attending.newest(date))], cast.secretary_a, later(minutes=1))
    assert state_of(guest) == State.CANCELLED and guest not in attending.listed(date) and not Message.objects.exists()
    attending.take(date, [told(guest, True, seen=attending.newest(date))], cast.secretary_a, later(minutes=2))
    assert state_of(guest) == State.ATTENDED


def test_who_waited_for_a_place_and_comes_attended(date, tree, cast):
    waiting = registered(date.event, make.member("Edda Wolf", tree.a), "waiting")
    assert not attending.listed(date)[0].on_list
    attending.take(date, [told(waiting)], cast.secretary_a, NOON)
    assert state_of(waiting) == State.ATTENDED and attending.listed(date)[0].on_list


def test_finishing_notes_who_had_a_place_and_did_not_come_and_a_late_tick_corrects_it(date, jona, tree, cast):
    absent, waiting = registered(date.event, "Gast"), registered(date.event, "Wartende", "waiting")
    attending.take(date, [told(jona)], cast.secretary_a, NOON)
    assert attending.finish(date.event, cast.secretary_a, later(hours=4)) == 1
    assert (state_of(jona), state_of(absent), state_of(waiting)) == (State.ATTENDED, State.MISSED, State.WAITING)
    attending.take(date, [told(absent)], cast.secretary_a, later(days=1))
    assert state_of(absent) == State.ATTENDED
    assert RegistrationChange.objects.filter(registration=absent).count() == 3


def test_a_counted_number_goes_before_the_ticks(date, jona, cast):
    attending.take(date, [told(jona)], cast.secretary_a, NOON)
    assert attending.present([date]) == {date.pk: 1}
    attending.count_heads(date, 23, cast.secretary_a, NOON)
    attending.count_heads(date, 24, cast.chair_a, NOON)
    assert attending.present([date]) == {date.pk: 24} and Headcount.objects.get().by == cast.chair_a


# --- pages -------------------------------------------------------------------------------------------------------------


def send(client, date, *ticks, seen=0):
    return client.post(reverse("education:attendance_send", args=[date.pk]), json.dumps({"seen": seen, "ticks": ticks}), "application/json")


def as_sent(row, present=True, ago=0, seen=0, key=None):
    return {"key": str(key or uuid4()), "registration": row.pk, "present": present, "ago": ago, "seen": seen}


def test_attendance_list_shows_who_has_a_place_and_works_as_a_plain_form(date, jona, sign_in, cast):
    client, address = sign_in(cast.secretary_a), reverse("education:attendance_list", args=[date.pk])
    assert "Jona Licht" in client.get(address).content.decode()
    answer = client.post(address, {"tick": f"{jona.pk}-1", "seen": "0"})
    assert answer["Location"].endswith(f"#r{jona.pk}") and state_of(jona) == State.ATTENDED
    client.post(address, {"tick": f"{jona.pk}-1", "seen": "0"})
    assert Tick.objects.count() == 1, "a double click is one tick"
    assert 'aria-pressed="true"' in client.get(address).content.decode()


def test_attendance_list_finds_a_name_however_it_is_spelled(date, jona, tree, sign_in, cast):
    registered(date.event, make.member("Jörg Müller", tree.a))
    page = sign_in(cast.secretary_a).get(reverse("education:attendance_list", args=[date.pk]), {"q": "mueller"}).content.decode()
    assert "Jörg Müller" in page and "Jona Licht" not in page


def test_attendance_list_takes_no_ticks_before_the_day(tree, sign_in, cast):
    coming = make.event(tree.a, starts_at=timezone.now() + timedelta(days=2))
    row, date, client = registered(coming, "Gast"), coming.dates.get(), sign_in(cast.secretary_a)
    assert "disabled" in client.get(reverse("education:attendance_list", args=[date.pk])).content.decode()
    assert client.post(reverse("education:attendance_list", args=[date.pk]), {"tick": f"{row.pk}-1"}).status_code == 400
    assert send(client, date, as_sent(row)).status_code == 409
    assert not Tick.objects.exists()


def test_attendance_send_says_what_it_kept_and_what_others_changed(date, jona, sign_in, cast):
    other, key = registered(date.event, "Gast Zwei"), uuid4()
    attending.take(date, [told(other)], cast.chair_a, timezone.now())
    answer = send(sign_in(cast.secretary_a), date, as_sent(jona, key=key, ago=90_000)).json()
    assert answer["kept"] == [str(key)] and (answer["there"], answer["expected"]) == (2, 2)
    assert "Jona Licht" in answer["rows"] and "Gast Zwei" in answer["rows"]
    again = send(sign_in(cast.secretary_a), date, as_sent(jona, key=key), seen=answer["seen"]).json()
    assert again["kept"] == [str(key)] and "Gast Zwei" not in again["rows"] and again["seen"] == answer["seen"]
    moment = Tick.objects.get(key=key).at
    assert timedelta(seconds=80) < timezone.now() - moment < timedelta(seconds=120)


def test_attendance_send_shows_both_names_of_a_conflict(date, jona, sign_in, cast):
    attending.take(date, [told(jona, False, ago=60)], cast.chair_a, timezone.now())
    rows = send(sign_in(cast.secretary_a), date, as_sent(jona)).json()["rows"]
    assert "Aylin Kaya" in rows and "Carla Winter" in rows


@pytest.mark.parametrize(
    "body",
    [
        "", "[]", "{}", '{"seen": 0}', '{"seen": 0, "ticks": [1]}', '{"seen": "x", "ticks": []}', '{"seen": 0, "ticks": {"a": 1}}', '{"seen": -1, "ticks": []}',
        '{"seen": 0, "ticks": [{"key": "no", "registration": 1, "present": true, "ago": 0, "seen": 0}]}',
        '{"seen": 0, "ticks": [{"key": "5b0c1f6e-7a0e-4d57-9a55-6c7c31c2b1aa", "registration": 1e300, "present": true, "ago": 0, "seen": 0}]}',
        '{"seen": 0, "ticks": [{"key": "5b0c1f6e-7a0e-4d57-9a55-6c7c31c2b1aa", "registration": 1, "present": true, "ago": 1e300, "seen": 0}]}',
        '{"seen": 99999999999999999999999, "ticks": []}', "\0", "NaN",
    ],
)  # fmt: skip
def test_attendance_send_refuses_nonsense(body, date, sign_in, cast):
    answer = sign_in(cast.secretary_a).post(reverse("education:attendance_send", args=[date.pk]), body, "application/json")
    assert answer.status_code == 400 and not Tick.objects.exists()


def test_a_carrying_unit_keeps_the_list_too_and_a_sister_does_not(tree, sign_in, cast):
    shared = make.event(tree.a, starts_at=NOON, carriers=[tree.b])
    address = reverse("education:attendance_list", args=[shared.dates.get().pk])
    assert sign_in(cast.secretary_b).get(address).status_code == 200
    assert sign_in(cast.section_lead).get(address).status_code == 404


def test_attendance_arrive_finds_members_within_ones_rights_only(date, tree, sign_in, cast):
    here, there = make.member("Edda Wolf", tree.a), make.member("Edda Wolf-Sand", tree.b)
    client, address = sign_in(cast.secretary_a), reverse("education:attendance_arrive", args=[date.pk])
    page = client.get(address, {"q": "Edda"}).content.decode()
    assert "Edda Wolf" in page and "Sand" not in page
    assert client.post(address, {"member": there.pk, "key": str(uuid4())}).status_code == 404
    assert client.post(address, {"member": here.pk, "key": str(uuid4())}).status_code == 302
    assert date.event.registrations.get().member == here


def test_attendance_arrive_adds_a_guest_by_name_once_however_often_it_is_clicked(date, sign_in, cast):
    client, key = sign_in(cast.secretary_a), str(uuid4())
    for _click in range(2):
        client.post(reverse("education:attendance_arrive", args=[date.pk]), {"name": "Gast Drei", "key": key})
    assert date.event.registrations.get().who == "Gast Drei"
    assert client.post(reverse("education:attendance_arrive", args=[date.pk]), {"name": "", "key": key}).status_code == 422


def test_attendance_count_notes_a_meeting_nobody_registered_for(date, sign_in, cast):
    client, address = sign_in(cast.secretary_a), reverse("education:attendance_count", args=[date.pk])
    assert client.post(address, {"present": "17"}).status_code == 302 and Headcount.objects.get().present == 17
    assert client.post(address, {"present": "-1"}).status_code == 422
    assert "17" in client.get(reverse("education:attendance_list", args=[date.pk])).content.decode()


def test_attendance_paper_has_everybody_with_a_place_and_blank_lines(date, jona, sign_in, cast):
    from io import BytesIO

    from pypdf import PdfReader

    registered(date.event, "Wartende", "waiting")
    answer = sign_in(cast.secretary_a).get(reverse("education:attendance_paper", args=[date.pk]))
    text = PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    assert answer["Content-Type"] == "application/pdf" and "Jona Licht" in text and "Wartende" not in text


def test_a_ticket_says_nothing_to_those_who_do_not_keep_the_list(date, jona, client, sign_in, cast):
    address = reverse("education:check_in", args=[attending.LINK.token(jona.pk)])
    for page in (client.get(address), sign_in(cast.secretary_b).get(address), client.post(address)):
        text = page.content.decode()
        assert page.status_code == 200 and "Jona" not in text and "Studientag" not in text
    assert not Tick.objects.exists()
    assert client.get(reverse("education:check_in", args=[f"{jona.pk}.forged"])).status_code == 404


def test_a_ticket_opens_one_button_for_those_who_keep_the_list(date, jona, sign_in, cast):
    client, address = sign_in(cast.secretary_a), reverse("education:check_in", args=[attending.LINK.token(jona.pk)])
    assert "Jona Licht" in client.get(address).content.decode() and not Tick.objects.exists(), "looking changes nothing"
    for _click in range(2):
        client.post(address, {"seen": "0"})
    assert Tick.objects.count() == 1 and state_of(jona) == State.ATTENDED


def test_the_page_for_no_line_holds_nothing_of_anybody(date, jona, sign_in, cast):
    answer = sign_in(cast.secretary_a).get(reverse("education:attendance_offline"), {"language": "he"})
    text = answer.content.decode()
    assert 'dir="rtl"' in text and "Aylin" not in text and "Jona" not in text
    worker = sign_in(cast.secretary_a).get(reverse("education:attendance_worker"))
    assert worker["Content-Type"].startswith("text/javascript") and "offline/" in worker.content.decode()


@pytest.mark.parametrize("number", [3, 40])
def test_attendance_list_asks_the_database_equally_often_for_few_and_many(number, date, tree, sign_in, cast, django_assert_max_num_queries):
    rows = [registered(date.event, make.member(f"Person Nr{n}", tree.a)) for n in range(number)]
    attending.take(date, [told(row) for row in rows[::2]], cast.secretary_a, timezone.now())
    client = sign_in(cast.secretary_a)
    with django_assert_max_num_queries(10):
        client.get(reverse("education:attendance_list", args=[date.pk]))
    with django_assert_max_num_queries(12):
        send(client, date)


def test_a_thousand_ticks_kept_on_a_phone_are_taken_up_in_one_go(date, sign_in, cast):
    rows = Registration.objects.bulk_create(Registration(event=date.event, name=f"Gast {n}", state="confirmed", asked_at=NOON) for n in range(300))
    answer = send(sign_in(cast.secretary_a), date, *(as_sent(row, ago=n * 1000) for n, row in enumerate(rows)))
    assert len(answer.json()["kept"]) == 300 and answer.json()["there"] == 300


def test_many_ticks_and_many_who_are_missing_cost_as_many_questions_as_few(tree, cast):
    asked = []
    for number in (3, 40):
        date = make.event(tree.a, starts_at=NOON).dates.get()
        rows = [registered(date.event, f"Gast {n}", why={"rule": "order"}) for n in range(number)]
        with CaptureQueriesContext(connection) as of_ticks:
            attending.take(date, [told(row) for row in rows[::2]], cast.secretary_a, NOON)
        with CaptureQueriesContext(connection) as of_end:
            assert attending.finish(date.event, cast.secretary_a, later(hours=4)) == number // 2
        asked.append((len(of_ticks), len(of_end)))
        assert {state_of(row) for row in rows[::2]} == {State.ATTENDED} and {state_of(row) for row in rows[1::2]} == {State.MISSED}
        assert set(RegistrationChange.objects.filter(registration__in=rows).values_list("why__rule", flat=True)) == {"order"}
    assert asked[0] == asked[1]


def test_the_ticks_of_a_day_that_changes_its_clocks_stay_on_their_day(tree, cast):
    date = make.event(tree.a, starts_at=datetime(2026, 10, 24, 20, tzinfo=UTC), hours=8).dates.get()  # summer time ends that night
    tick = Tick(at=datetime(2026, 10, 25, 22, 30, tzinfo=UTC))  # 23:30 on the day on which it ended
    assert not attending.is_late(tick, date)
