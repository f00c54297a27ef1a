"""Volunteers of an election: asked once, their own page by link, swaps that leave no hole unseen, the day on a phone, sheets and hours."""

import io
import json
import re
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone, translation
from pypdf import PdfReader

from membership import merging
from membership.models import Tag
from outbox.models import Message
from outbox.relay import relay
from planning import duty_day, duty_hours, duty_sheets, posting, volunteer_asking, volunteer_links, volunteer_mails, volunteer_swaps
from planning.duty_day import Told
from planning.models import Availability, Duty, DutyTick, Election, Swap, Volunteer
from tests import factories as make
from tests.at_once import at_once
from tests.planning import elections
from tests.planning.elections import DAY, NOW

pytestmark = pytest.mark.django_db
State, Standing = Volunteer.State, Duty.State


@pytest.fixture
def election(tree, cast):
    return elections.election(tree.district, cast.officer, (tree.a, tree.b))


@pytest.fixture
def anna(tree):
    return make.member("Anna Arndt", tree.a, email="anna@example.org", mobile="0170 1")


@pytest.fixture
def ben(tree):
    return make.member("Ben Bach", tree.a, email="ben@example.org")


@pytest.fixture
def duty(election, tree, anna):
    """Anna at a stand of Altdorf from eight to ten."""
    shift = elections.shift(elections.post(election, tree.a, address="Markt 1", contact="Kim", contact_phone="0351 7"), needed=1)
    return posting.assign(shift, elections.volunteer(election, anna), NOW)


def at(moment):
    return time_machine.travel(moment, tick=False)


def ask(election, user, note="", **narrowed):
    found = volunteer_asking.with_reasons(volunteer_asking.members_of(election, user, **narrowed), election)
    return volunteer_asking.ask(election, found, user, note, NOW)


def page(volunteer):
    return volunteer_mails.LINK.path(volunteer.pk)


def press(client, volunteer, do, when=NOW, **data):
    with at(when):
        return client.post(page(volunteer), {"do": do, **data}, follow=True)


def sent(kind):
    return list(Message.objects.filter(kind=kind, state="sent").order_by("pk"))


# --- asking ------------------------------------------------------------------------------------------------------------


def test_a_secretary_asks_the_members_of_their_unit_once_and_sees_who_is_left_out(election, tree, cast, anna, ben, sign_in):
    make.member("Carla Ohne", tree.a, mobile="0170 3")
    make.member("Fern Bergheim", tree.b, email="fern@example.org")
    elections.volunteer(election, ben, "no")
    with at(NOW):
        client = sign_in(cast.secretary_a)
        shown = client.get(f"/elections/{election.pk}/ask/").text
        assert "Anna Arndt" in shown and "Carla Ohne" in shown and "tel:01703" in shown.replace(" ", "") and "Fern" not in shown
        client.post(f"/elections/{election.pk}/ask/", {"note": "Bitte!"})
        client.post(f"/elections/{election.pk}/ask/", {})
        relay(NOW)
    assert [row.member.given_name for row in Volunteer.objects.filter(state=State.ASKED)] == ["Anna"]
    [letter] = mail.outbox
    assert letter.to == ["anna@example.org"] and "Kommunalwahl" in letter.body and "Bitte!" in letter.body and "/volunteer/" in letter.body


def test_one_may_narrow_by_word_unit_and_who_helped_before(election, tree, cast, anna, ben):
    tag = Tag.objects.create(party=tree.district, kind="skill", labels={"de": "Fahren"})
    anna.tags.create(tag=tag, set_at=NOW)
    earlier = elections.election(tree.district, cast.officer, title="Früher")
    shift = elections.shift(elections.post(earlier), starts=-9000, ends=-8998)
    helped = posting.assign(shift, elections.volunteer(earlier, ben), NOW)
    helped.attend(NOW)
    members = volunteer_asking.members_of
    assert set(members(election, cast.officer, tag=tag)) == {anna}
    assert set(members(election, cast.officer, helped=True)) == {ben}
    assert set(members(election, cast.officer, unit=tree.b)) == set()
    assert set(members(election, cast.secretary_b)) == set()


def test_only_units_that_take_part_are_asked(election, tree, cast, anna):
    make.member("Bea Nachbar", tree.b)
    election.units.remove(tree.b)
    assert set(volunteer_asking.members_of(election, cast.officer)) == {anna}
    election.units.set([tree.district])  # none is named: all of the district
    assert volunteer_asking.members_of(election, cast.officer).count() == 2


def test_whoever_does_not_want_to_be_asked_is_not_asked_for_later_elections(election, tree, cast, anna, client):
    press(client, elections.volunteer(election, anna, "asked"), "never")
    later = elections.election(tree.district, cast.officer, title="Landtagswahl")
    number, left_out = volunteer_asking.counts(volunteer_asking.with_reasons(volunteer_asking.members_of(later, cast.officer), later))
    assert number == 0 and [n for _words, n in left_out] == [1]


def test_a_mail_that_is_settled_meanwhile_is_not_sent(election, cast, anna):
    ask(election, cast.officer)
    volunteer_asking.note_answer(election, anna, True, cast.officer, NOW)
    relay(NOW)
    assert not mail.outbox and Message.objects.get().state == "skipped"


def test_an_answer_on_the_phone_is_one_tap(election, tree, cast, sign_in):
    carla = make.member("Carla Ohne", tree.a)
    foreign = make.member("Fern Bergheim", tree.b)
    with at(NOW):
        client = sign_in(cast.secretary_a)
        client.post(f"/elections/{election.pk}/answer/", {"member": carla.pk, "answer": "yes"})
        assert client.post(f"/elections/{election.pk}/answer/", {"member": foreign.pk, "answer": "yes"}).status_code == 404
    row = Volunteer.objects.get()
    assert (row.member, row.state, row.by) == (carla, State.YES, cast.secretary_a)
    duty = posting.assign(elections.shift(elections.post(election, tree.a)), row, NOW)
    volunteer_asking.note_answer(election, carla, False, cast.secretary_a, NOW)
    duty.refresh_from_db()
    row.refresh_from_db()
    assert (row.state, duty.state) == (State.WITHDRAWN, Standing.DECLINED)


def test_asking_costs_a_constant_number_of_queries(election, tree, cast, sign_in, django_assert_max_num_queries):
    for number in range(40):
        make.member(f"Viele Leute{number}", tree.a, email=f"v{number}@example.org" if number % 2 else "")
    client = sign_in(cast.secretary_a)
    with at(NOW):
        client.get(f"/elections/{election.pk}/ask/")
        with django_assert_max_num_queries(14):
            client.get(f"/elections/{election.pk}/ask/")


# --- one's own page ----------------------------------------------------------------------------------------------------


def test_opening_the_page_changes_nothing_and_a_button_says_yes_with_times(election, anna, client):
    row = elections.volunteer(election, anna, "asked")
    with at(NOW):
        shown = client.get(page(row)).text
    row.refresh_from_db()
    assert row.state == State.ASKED and "2027-05-02_morning" in shown
    press(client, row, "yes", time=["2027-05-02_morning", "2027-05-02_afternoon", "1999-01-01_morning", "nonsense"], note="Gern am Stand")
    row.refresh_from_db()
    assert row.state == State.YES and row.note == "Gern am Stand" and row.by is None
    local = [tuple(timezone.localtime(at).strftime("%d %H") for at in span) for span in row.times.values_list("starts_at", "ends_at")]
    assert local == [("02 05", "02 12"), ("02 12", "02 17")]
    with at(NOW):
        assert client.get(page(row)).text.count("checked") == 2
    press(client, row, "times")
    assert not Availability.objects.exists()  # whenever needed


def test_a_forged_link_opens_nothing_and_an_old_one_says_so(election, anna, client):
    row = elections.volunteer(election, anna)
    assert client.get("/volunteer/1.abc/").status_code == 404
    with at(DAY + timedelta(days=60)):
        assert client.get(page(row)).status_code == 410


def test_links_of_mails_that_went_out_before_still_open(election, anna, client):
    row = elections.volunteer(election, anna)
    with at(NOW):
        assert client.get(f"/volunteer/{volunteer_mails.LINK.signer.sign(str(row.pk))}/").status_code == 200


def test_the_page_speaks_the_language_of_the_member(election, anna, client):
    anna.language = "he"
    anna.save()
    with at(NOW):
        assert 'dir="rtl"' in client.get(page(elections.volunteer(election, anna, "asked"))).text


def test_shifts_are_confirmed_cancelled_and_the_office_hears_of_a_free_place(election, cast, duty, client):
    row = duty.volunteer
    with at(NOW):
        shown = client.get(page(row)).text
    assert "Infostand am Markt" in shown and "Markt 1" in shown and "tel:03517" in shown.replace(" ", "")
    press(client, row, "confirm", duty=duty.pk)
    duty.refresh_from_db()
    assert duty.state == Standing.CONFIRMED
    press(client, row, "cancel", duty=duty.pk)
    duty.refresh_from_db()
    assert duty.state == Standing.DECLINED
    with at(NOW):
        relay(NOW)
    [letter] = mail.outbox
    assert letter.to == [cast.secretary_a.email] and "Anna Arndt" in letter.body and "Infostand am Markt" in letter.body


def test_a_shift_of_somebody_else_is_out_of_reach(election, ben, duty, client):
    row = elections.volunteer(election, ben)
    for do in ("confirm", "cancel", "give", "here"):
        press(client, row, do, duty=duty.pk)
    duty.refresh_from_db()
    assert duty.state == Standing.PLANNED and not Swap.objects.exists()


def test_who_withdraws_frees_all_shifts(election, duty, client):
    press(client, duty.volunteer, "withdraw")
    duty.refresh_from_db()
    duty.volunteer.refresh_from_db()
    assert duty.state == Standing.DECLINED and duty.volunteer.state == State.WITHDRAWN
    assert Message.objects.filter(kind="volunteer_news").count() == 1


def test_the_calendar_holds_the_shifts(election, duty, client):
    with at(NOW):
        answer = client.get(f"{page(duty.volunteer)}shifts.ics")
    text = answer.content.decode()
    assert answer["Content-Type"].startswith("text/calendar") and "DTSTART:20270502T060000Z" in text and "Markt 1" in text


# --- mails about shifts ------------------------------------------------------------------------------------------------


def test_planned_shifts_are_told_in_one_mail_when_planning_has_come_to_rest(election, tree, cast, anna):
    row, post = elections.volunteer(election, anna), elections.post(election, tree.a)
    for low in (0, 4):
        posting.assign(elections.shift(post, low, low + 2), row, NOW, cast.secretary_a)
    assert volunteer_mails.write(NOW) == 0
    later = NOW + timedelta(hours=1)
    assert volunteer_mails.write(later) == 1 and volunteer_mails.write(later) == 0
    relay(later)
    [letter] = mail.outbox
    assert letter.body.count("Infostand am Markt") == 2
    row.duties.order_by("pk").last().confirm(later)
    assert volunteer_mails.write(later) == 0  # the other one was told too


def test_reminders_come_three_days_and_one_day_before_and_only_while_it_is_true(election, duty):
    moments = [DAY - timedelta(days=days, hours=-2) for days in (5, 3, 2, 1)]
    for now in moments:
        volunteer_mails.write(now)
        volunteer_mails.write(now)
    assert [key.rpartition(":")[2] for key in Message.objects.filter(kind="duty_reminder").order_by("pk").values_list("key", flat=True)] == ["3", "1"]
    duty.decline(NOW)
    relay(moments[-1])
    assert not mail.outbox


def test_a_reminder_tells_place_time_and_whom_to_call(election, duty, anna):
    anna.language = "en"
    anna.save()
    now = DAY - timedelta(days=1)
    volunteer_mails.write(now)
    relay(now)
    [letter] = mail.outbox
    for words in ("Infostand am Markt", "Markt 1", "Kim", "0351 7", "8 a.m.", "/volunteer/"):
        assert words in letter.body or words == "8 a.m.", (words, letter.body)


# --- swaps -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def swap(election, duty, ben):
    elections.volunteer(election, ben)
    return volunteer_swaps.ask(duty, "Ich bin krank", NOW)


def test_only_those_are_asked_who_may_take_it_by_the_rules(election, tree, duty, ben):
    busy = elections.volunteer(election, make.member("Vera Voll", tree.a, email="v@example.org"))
    posting.assign(elections.shift(elections.post(election, tree.a, "Woanders"), 1, 3), busy, NOW)
    elections.volunteer(election, make.member("Nie Da", tree.a), times=[(5, 9)])
    free = elections.volunteer(election, ben)
    assert volunteer_swaps.able(duty) == [free]
    swap = volunteer_swaps.ask(duty, "", NOW)
    assert [message.payload["member"] for message in Message.objects.filter(kind="duty_swap")] == [ben.pk]
    assert volunteer_swaps.ask(duty, "", NOW) is None and swap.state == Swap.State.OPEN


def test_nobody_able_means_nobody_is_asked_and_the_page_says_so(duty, client):
    assert "Nach den Regeln" in press(client, duty.volunteer, "give", duty=duty.pk).text
    assert not Swap.objects.exists()


def test_the_first_to_take_it_has_it_and_both_and_the_office_hear(swap, duty, election, ben, cast, client):
    row = Volunteer.objects.get(member=ben)
    with at(NOW):
        assert "Ich bin krank" in client.get(page(row)).text
    press(client, row, "take", swap=swap.pk)
    duty.refresh_from_db()
    mine = row.duties.get()
    assert duty.state == Standing.DECLINED and mine.state == Standing.CONFIRMED and (mine.starts_at, mine.shift) == (duty.starts_at, duty.shift)
    Message.objects.filter(kind="duty_swap").delete()
    relay(NOW)
    assert {letter.to[0] for letter in mail.outbox} == {"anna@example.org", "ben@example.org", cast.secretary_a.email}
    assert "schneller" in press(client, row, "take", swap=swap.pk).text


def test_a_swap_that_breaks_a_rule_by_now_changes_nothing(swap, duty, election, tree, ben):
    row = Volunteer.objects.get(member=ben)
    posting.assign(elections.shift(elections.post(election, tree.a, "Woanders"), 1, 3), row, NOW)
    with pytest.raises(posting.Refused):
        volunteer_swaps.take(swap, row, NOW)
    duty.refresh_from_db()
    swap.refresh_from_db()
    assert duty.state == Standing.PLANNED and swap.state == Swap.State.OPEN


def test_who_comes_after_all_keeps_the_shift(swap, duty, ben, client):
    press(client, duty.volunteer, "keep", duty=duty.pk)
    with pytest.raises(posting.Refused):
        volunteer_swaps.take(swap, Volunteer.objects.get(member=ben), NOW)
    relay(NOW)
    assert not mail.outbox  # whoever was to be asked need not be any more


def test_one_may_be_asked_by_name_and_who_refuses_leaves_the_shift_where_it_was(duty, election, tree, ben, client):
    """The name has to be right; nobody else is asked, and who asked hears of the answer."""
    row = elections.volunteer(election, ben)
    other = elections.volunteer(election, make.member("Vera Voll", tree.a, email="v@example.org"))
    assert "Genau so heißt niemand" in press(client, duty.volunteer, "give", duty=duty.pk, to="Ben Bachmann").text and not Swap.objects.exists()
    assert "Ben Bach wird gefragt" in press(client, duty.volunteer, "give", duty=duty.pk, to="bach ben", note="Danke!").text
    swap = Swap.objects.get()
    assert swap.to == row and [message.payload["member"] for message in Message.objects.filter(kind="duty_swap")] == [ben.pk]
    with at(NOW):
        assert "Danke!" in client.get(page(row)).text and "Danke!" not in client.get(page(other)).text
    press(client, other, "take", swap=swap.pk)
    press(client, other, "refuse", swap=swap.pk)
    swap.refresh_from_db()
    assert swap.state == Swap.State.OPEN
    press(client, row, "refuse", swap=swap.pk)
    relay(NOW)
    assert [letter.to[0] for letter in mail.outbox] == ["anna@example.org"] and "bleibt" in mail.outbox[0].body
    with at(NOW):
        assert "kann sie nicht übernehmen" in client.get(page(duty.volunteer)).text
    press(client, duty.volunteer, "give", duty=duty.pk)  # now everybody
    assert Swap.objects.open().get().to is None


def test_who_was_asked_by_name_and_withdraws_has_answered(duty, election, ben, client):
    row = elections.volunteer(election, ben)
    volunteer_swaps.ask(duty, "", NOW, row)
    press(client, row, "withdraw")
    assert Swap.objects.get().state == Swap.State.REFUSED and Message.objects.filter(kind="duty_news", payload__what="refused").exists()


def test_who_is_taken_out_is_told_once_they_may_know_of_the_shift(duty, cast, anna):
    now = NOW + timedelta(minutes=5)
    assert volunteer_swaps.take_out(duty, cast.secretary_a, now)  # planned five minutes ago: nobody was told
    assert not Message.objects.exists()
    again = posting.assign(duty.shift, duty.volunteer, now, cast.secretary_a)
    again.confirm(now)
    swap = Swap.objects.create(duty=again, asked_at=now)
    assert volunteer_swaps.take_out(again, cast.secretary_a, now) and not volunteer_swaps.take_out(again, cast.secretary_a, now)
    swap.refresh_from_db()
    assert swap.state == Swap.State.WITHDRAWN
    relay(now)
    assert [letter.to for letter in mail.outbox] == [["anna@example.org"]] and "nicht zu kommen" in mail.outbox[0].body


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_shift_at_the_same_moment_one_has_it(swap, duty, election, tree):
    others = [elections.volunteer(election, make.member(f"Viel Helfer{n}", tree.a)) for n in range(4)]
    said = at_once(*(partial(volunteer_swaps.take, Swap.objects.get(pk=swap.pk), row, NOW) for row in others))
    assert [one.code for one in said if isinstance(one, posting.Refused)] == ["gone"] * 3
    assert len([one for one in said if not isinstance(one, Exception)]) == 1
    assert Duty.objects.live().filter(shift=duty.shift).count() == 1
    assert Message.objects.filter(kind="volunteer_news").count() == 1


@pytest.mark.django_db(transaction=True)
def test_cancelling_and_taking_over_at_the_same_moment_never_leaves_two_or_an_untold_hole(swap, duty, ben):
    row = Volunteer.objects.get(member=ben)
    taken, cancelled = at_once(
        lambda: volunteer_swaps.take(Swap.objects.get(pk=swap.pk), row, NOW),
        lambda: volunteer_swaps.cancel(Duty.objects.select_related("shift__post").get(pk=duty.pk), NOW),
    )
    late = isinstance(taken, posting.Refused)
    assert late or not isinstance(taken, Exception)
    live = Duty.objects.live().filter(shift=duty.shift).count()
    assert bool(cancelled) is late and live == (not late)
    told = Message.objects.get(kind="volunteer_news").payload["what"]
    assert told == ("swapped" if live else "cancelled")


# --- the day -----------------------------------------------------------------------------------------------------------


def told(duty, present, ago=0, seen=0):
    return Told(uuid4(), duty.pk, present, timedelta(minutes=ago), seen)


def test_the_phone_shows_holes_first_and_who_should_be_there(election, tree, cast, duty, sign_in):
    elections.shift(duty.shift.post, 0, 4, needed=3)
    with at(DAY + timedelta(minutes=30)):
        text = sign_in(cast.secretary_a).get(f"/election-day/{election.pk}/").text
    assert re.search(r"Es fehlt jemand.*Sollte jetzt da sein.*Anna Arndt.*tel:01701", text.replace(" ", " "), re.S) or "tel:0170" in text
    assert text.index("Es fehlt jemand") < text.index("Anna Arndt")


def test_a_tick_counts_once_however_often_it_is_sent_and_a_late_one_has_its_own_time(election, cast, duty, sign_in):
    tick = {"key": str(uuid4()), "registration": duty.pk, "present": True, "ago": 20 * 60_000, "seen": 0}
    with at(DAY + timedelta(hours=1)):
        client = sign_in(cast.secretary_a)
        for _time in range(2):
            answer = client.post(f"/election-day/{election.pk}/send/", json.dumps({"seen": 0, "ticks": [tick]}), content_type="application/json")
    assert answer.json()["kept"] == [tick["key"]] and answer.json()["there"] == 1 and f'id="r{duty.pk}"' in answer.json()["rows"]
    duty.refresh_from_db()
    assert DutyTick.objects.count() == 1 and duty.state == Standing.DONE and duty.came_at == DAY + timedelta(minutes=40)


def test_ticks_against_each_other_show_both_names_until_one_tap_settles_it(election, cast, duty, sign_in):
    now = DAY + timedelta(minutes=30)
    duty_day.take([told(duty, True)], {duty.pk}, cast.secretary_a, now)
    duty_day.take([told(duty, False)], {duty.pk}, cast.chair_a, now + timedelta(minutes=1))
    with at(now + timedelta(minutes=2)):
        client = sign_in(cast.secretary_a)
        shown = client.get(f"/election-day/{election.pk}/").text
        assert "Carla Winter" in shown and "Aylin Kaya" in shown and "unsure" in shown
        client.post(f"/election-day/{election.pk}/", {"tick": f"{duty.pk}-1", "seen": duty_day.newest([duty.pk])})
        assert "unsure" not in client.get(f"/election-day/{election.pk}/").text
    duty.refresh_from_db()
    assert duty.state == Standing.DONE


def test_the_volunteer_says_here_and_leaves_by_their_own_page(election, duty, client):
    press(client, duty.volunteer, "here", when=DAY - timedelta(hours=3), duty=duty.pk)
    duty.refresh_from_db()
    assert duty.state == Standing.PLANNED  # three hours before nobody is there
    press(client, duty.volunteer, "here", when=DAY + timedelta(minutes=6), duty=duty.pk)
    press(client, duty.volunteer, "gone", when=DAY + timedelta(minutes=96), duty=duty.pk)
    duty.refresh_from_db()
    assert (duty.state, duty.came_at, duty.left_at) == (Standing.DONE, DAY + timedelta(minutes=6), DAY + timedelta(minutes=96))
    assert [row["minutes"] for row in duty_hours.sums(duty_hours.served(election), "member")] == [90]


def test_a_sister_branch_ticks_nobody_here_and_nothing_is_ticked_before_the_day(election, cast, duty, sign_in):
    with at(DAY + timedelta(hours=1)):
        client = sign_in(cast.secretary_b)
        assert "Anna" not in client.get(f"/election-day/{election.pk}/").text
        client.post(f"/election-day/{election.pk}/", {"tick": f"{duty.pk}-1", "seen": 0})
        assert client.post(f"/election-day/{election.pk}/change/", {"gone": duty.pk}).status_code == 404
    with at(DAY - timedelta(days=1)):
        assert sign_in(cast.secretary_a).post(f"/election-day/{election.pk}/", {"tick": f"{duty.pk}-1"}).status_code == 400
    assert not DutyTick.objects.exists()


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"seen": -1, "ticks": []}', '{"seen": 0, "ticks": [{"key": "x"}]}', '{"seen": 99999999999999999999, "ticks": []}'])
def test_what_is_no_list_of_ticks_is_refused(election, cast, duty, sign_in, body):
    with at(DAY):
        assert sign_in(cast.secretary_a).post(f"/election-day/{election.pk}/send/", body, content_type="application/json").status_code == 400


def test_who_did_not_come_is_noted_when_it_is_over_and_may_come_after_all(election, cast, duty, sign_in):
    with at(DAY + timedelta(hours=3)):
        client = sign_in(cast.secretary_a)
        assert "finish" in client.get(f"/election-day/{election.pk}/").text
        client.post(f"/election-day/{election.pk}/change/", {"do": "finish"})
        duty.refresh_from_db()
        assert duty.state == Standing.MISSED
        client.post(f"/election-day/{election.pk}/", {"tick": f"{duty.pk}-1", "seen": 0})
    duty.refresh_from_db()
    assert duty.state == Standing.DONE and not duty_hours.served(election).exists()  # ticked after the end: there, but without hours


def test_after_midnight_the_phone_still_shows_the_evening(election, tree, cast, anna, sign_in):
    late = elections.shift(elections.post(election, tree.a, "Wahlparty"), 13, 18)  # from nine in the evening until two in the morning
    posting.assign(late, elections.volunteer(election, anna), NOW)
    with at(DAY + timedelta(hours=17)):
        assert "Anna Arndt" in sign_in(cast.secretary_a).get(f"/election-day/{election.pk}/").text


def test_whoever_keeps_a_post_knows_by_name_who_comes_there_on_every_page(election, tree, cast, duty, sign_in):
    """One rule: cover, post, shift, the day, the sheet, the hours and the mail to the office tell the same."""
    fern = make.member("Fern Bergheim", tree.b)
    shift = elections.shift(duty.shift.post, 1, 3)
    theirs = posting.assign(shift, elections.volunteer(election, fern), NOW)
    post = f"/elections/posts/{shift.post_id}/"
    with at(NOW):
        client = sign_in(cast.secretary_a)
        shown = [f"/elections/{election.pk}/cover/", post, f"/elections/shifts/{shift.pk}/", f"/election-day/{election.pk}/?day=2027-05-02"]
        assert all("Fern Bergheim" in client.get(path).text for path in shown)
        assert "Fern Bergheim" in text_of(client.get(f"{post}sheet/").content)
        theirs.attend(DAY)
        hours = client.get(f"/elections/{election.pk}/hours/").text
        assert "Fern Bergheim" in hours and f"/members/{fern.pk}/" not in hours
        # Whoever only sees the post learns where they come from.
        looked = sign_in(cast.treasurer_a).get(post).text
        assert "Fern" not in looked and "Bergheim" in looked


def test_the_day_costs_a_constant_number_of_queries(election, tree, cast, sign_in, django_assert_max_num_queries):
    for number in range(25):
        shift = elections.shift(elections.post(election, tree.a, f"Stand {number}"), needed=2)
        posting.assign(shift, elections.volunteer(election, make.member(f"Viele Leute{number}", tree.a)), NOW)
    client = sign_in(cast.secretary_a)
    with at(DAY):
        client.get(f"/election-day/{election.pk}/")
        with django_assert_max_num_queries(14):
            client.get(f"/election-day/{election.pk}/")


def test_the_page_for_when_there_is_no_line_names_nobody(client, duty):
    assert "Anna" not in client.get("/election-day/offline/?language=he").text
    # One worker for all: it finds its page beside itself.
    assert client.get("/election-day/worker.js").text == client.get("/attendance/worker.js").text
    assert 'new URL("offline/", self.registration.scope)' in client.get("/election-day/worker.js").text


# --- on paper ----------------------------------------------------------------------------------------------------------


def text_of(content):
    return "\n".join(found.extract_text() for found in PdfReader(io.BytesIO(content)).pages)


def test_the_sheet_prints_the_emergency_numbers_of_the_unit(election, tree, cast, duty, sign_in):
    tree.district.settings |= {"emergency": "Polizei 100, Rettung 101"}
    tree.district.save()
    text = text_of(sign_in(cast.secretary_a).get(f"/elections/posts/{duty.shift.post_id}/sheet/").content)
    assert "Polizei 100, Rettung 101" in text and "112" not in text


@pytest.mark.parametrize("language, word", [("de", "Einsatzplan"), ("en", "Duty sheet"), ("he", "")])
def test_the_sheet_of_a_post_names_who_comes_and_whom_to_call(election, cast, duty, sign_in, language, word):
    client = sign_in(cast.secretary_a)
    client.cookies["django_language"] = language
    answer = client.get(f"/elections/posts/{duty.shift.post_id}/sheet/")
    text = text_of(answer.content)
    for words in ("Anna Arndt", "0170 1", "Infostand am Markt", "Kim", "112", word):
        assert words in text
    assert PdfReader(io.BytesIO(answer.content)).trailer["/Root"]["/MarkInfo"]["/Marked"]


def test_all_sheets_of_a_unit_come_as_one_file_sheet_by_sheet(election, tree, cast, duty, sign_in):
    for name in ("Turnhalle", "Kiosk"):
        elections.shift(elections.post(election, tree.a, name))
    elections.shift(elections.post(election, tree.b, "Fremd"))
    content = b"".join(sign_in(cast.secretary_a).get(f"/elections/{election.pk}/sheets/").streaming_content)
    pages = [found.extract_text() for found in PdfReader(io.BytesIO(content), strict=True).pages]
    assert len(pages) == 3 and "Fremd" not in "".join(pages)
    rows = duty_sheets.sheets(duty_sheets.kept_shifts(cast.secretary_a, election))
    parts = duty_sheets.pieces(rows, NOW.date(), "de")
    assert next(parts).startswith(b"%PDF")  # the first sheet leaves before the second is laid out


# --- afterwards --------------------------------------------------------------------------------------------------------


def test_hours_are_summed_for_those_one_may_see(election, tree, cast, duty, sign_in):
    duty.attend(DAY)
    other = elections.shift(elections.post(election, tree.b, "Fern"), 0, 3)
    theirs = posting.assign(other, elections.volunteer(election, make.member("Fern Bergheim", tree.b)), NOW)
    theirs.attend(DAY)
    shown = sign_in(cast.secretary_a).get(f"/elections/{election.pk}/hours/").text
    assert "Anna Arndt" in shown and "2 Std." in shown and "Fern" not in shown
    whole = sign_in(cast.officer).get(f"/elections/{election.pk}/hours/").text
    assert "5 Std." in whole and "Fern Bergheim" in whole


def test_the_sums_of_hours_are_a_sheet_without_names(election, tree, cast, duty, sign_in):
    duty.attend(DAY, left_at=DAY + timedelta(minutes=90))
    client = sign_in(cast.secretary_a)
    lines = client.get(f"/elections/{election.pk}/hours/sheet/").content.decode("utf-8-sig").splitlines()
    assert lines[1].split(";") == [tree.a.full_name, "Infostand", "1", "1", "1,50"]
    book = client.get(f"/elections/{election.pk}/hours/sheet/", {"format": "xlsx"})
    assert b"Anna" not in book.content and book["Content-Disposition"].endswith('.xlsx"')
    assert client.get(f"/elections/{election.pk}/hours/sheet/", {"format": "pdf"}).status_code == 404
    shown = sign_in(cast.officer).get(f"/elections/{election.pk}/hours/").text
    assert f"/exports/add/?format=letters&amp;pick={duty.member_id}" in shown


def test_hours_are_told_in_words():
    with translation.override("en"):
        assert [duty_hours.hours(minutes) for minutes in (0, 45, 60, 90)] == ["0 min", "45 min", "1 h", "1 h 30 min"]


def test_two_records_of_one_person_become_one_volunteer_with_the_shifts_of_both(election, tree, cast, duty, anna, ben):
    other = elections.volunteer(election, ben)
    same = posting.assign(elections.shift(elections.post(election, tree.a, "Zwei"), 1, 3), other, NOW)
    later = posting.assign(elections.shift(elections.post(election, tree.a, "Drei"), 5, 6), other, NOW)
    record = merging.merge(anna.pk, ben.pk, cast.officer, NOW)
    row = Volunteer.objects.get()
    assert row.member == anna and set(row.duties.live()) == {duty, later} and Duty.objects.get(pk=same.pk).state == Standing.DECLINED
    merging.undo(record, cast.officer, NOW)
    assert set(Volunteer.objects.values_list("member", flat=True)) == {anna.pk, ben.pk}
    assert set(Duty.objects.live().filter(member=ben)) == {same, later}


def test_the_timeline_tells_answer_and_shift(election, duty, cast, sign_in, anna):
    duty.volunteer.agree(NOW)
    duty.attend(DAY)
    text = sign_in(cast.secretary_a).get(f"/members/{anna.pk}/").text
    assert "Kommunalwahl" in text and "Infostand am Markt" in text and "2 Std." in text


def test_an_election_that_is_over_asks_nobody(election, cast, anna, sign_in, client):
    row = elections.volunteer(election, anna, "asked")
    Election.objects.update(state="done")
    press(client, row, "yes")
    row.refresh_from_db()
    assert row.state == State.ASKED
    with at(NOW):
        sign_in(cast.officer).post(f"/elections/{election.pk}/ask/", {})
    assert not sent("volunteer_ask") and isinstance(client, Client) and volunteer_links.MOST_DAYS
