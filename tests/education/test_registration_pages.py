"""The pages of registrations: by link without an account, and for those with an office."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse
from PIL import Image

from common.open_forms import stamp
from education import announcing, attending, registering, registration_mails
from education.models import Event, Partner, Registration, RegistrationAsk
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make
from tests.education.test_registering import NOW, START, later, mails_of, people, register, states

SHOWN = NOW - timedelta(seconds=30)


@pytest.fixture(autouse=True)
def clock(db):
    with time_machine.travel(NOW, tick=False) as clock:
        cache.clear()
        yield clock


@pytest.fixture
def event(tree):
    return make.event(tree.district, starts_at=START, seats=2, fee_cents=1500, cancels_until=later(days=5))


def ask(client, event, email, **fields):
    data = {"email": email, "stamp": stamp(event, SHOWN), "website": ""} | fields
    return client.post(reverse("education:register", args=[event.key]), data)


def links_in(mail):
    return re.findall(r"http://[^/\s]+(/link/registration/\S+)", mail.body)


def own(registration):
    return re.sub(r"^https?://[^/]+", "", registration_mails.address(registration))


def test_it_is_said_before_registering_that_a_partner_learns_names(client, event, tree):
    (member,) = people(tree.a, 1)
    pages = [reverse("education:register", args=[event.key]), re.sub(r"^https?://[^/]+", "", registration_mails.address(event, member))]
    assert not any("Werkstatt Wissen" in client.get(page).content.decode() for page in pages)
    Event.objects.filter(pk=event.pk).update(partner=Partner.objects.create(party=tree.district, name="Werkstatt Wissen"))
    for page in pages:
        content = client.get(page).content.decode()
        assert "<bdi>Werkstatt Wissen</bdi>" in content and 'id="partner-told"' in content


def test_the_own_page_of_a_member_leads_to_their_own_calendar_and_that_of_a_guest_does_not(client, event, tree):
    (member,) = people(tree.a, 1)
    assert "/link/mycalendar/" in client.get(own(register(event, member))).content.decode()
    guest = registering.register(event.pk, NOW, guest={"name": "Ein Gast", "email": "gast@example.org", "phone": "", "language": "de"}, runs=True)
    assert "/link/mycalendar/" not in client.get(own(guest)).content.decode()


# --- asking for a link -------------------------------------------------------------------------------------------------


def test_a_member_known_by_mail_registers_with_the_link_and_opening_it_changes_nothing(client, event, tree, mailoutbox):
    (member,) = people(tree.a, 1)
    assert ask(client, event, member.email.upper()).status_code == 302
    relay(NOW)
    (mail,) = mailoutbox
    (link,) = links_in(mail)
    assert mail.to == [member.email.upper()] and "Person" not in link
    assert client.get(link).status_code == 200 and not event.registrations.exists()
    client.post(link, {"do": "register", "note": "vegan"})
    client.post(link, {"do": "register"})
    row = event.registrations.get()
    assert (row.member, row.state, row.note) == (member, "confirmed", "vegan")


def test_the_page_never_tells_whether_an_address_is_known(client, event, tree, mailoutbox):
    (member,) = people(tree.a, 1)
    foreign = make.member("Frieda Fremd", tree.foreign_branch, email="frieda@example.org")
    answers = []
    for address in (member.email, "nobody@example.net", foreign.email):
        response = ask(client, event, address)
        answers.append((response.status_code, response["Location"], client.get(response["Location"]).content))
    assert len({(status, place) for status, place, _content in answers}) == 1 and len({len(content) for *_rest, content in answers}) == 1
    assert RegistrationAsk.objects.count() == 3 == Message.objects.filter(kind="registration_link").count(), "the same work for everybody"
    relay(NOW)
    assert [mail.to for mail in mailoutbox] == [[member.email]]
    assert Message.objects.filter(kind="registration_link", state="skipped").count() == 2


def test_two_members_with_one_address_get_a_link_each(client, event, tree, mailoutbox):
    members = [make.member(name, tree.a, email="haus@example.org") for name in ("Anna Haus", "Otto Haus")]
    ask(client, event, "haus@example.org")
    relay(NOW)
    for link in links_in(mailoutbox[0]):
        client.post(link, {"do": "register"})
    assert set(event.registrations.values_list("member", flat=True)) == {member.pk for member in members}


def test_a_guest_registers_by_name_and_confirmed_address_only_where_the_event_says_so(client, event, mailoutbox):
    ask(client, event, "gast@example.net", name="Gesa Gast")
    relay(NOW)
    assert not mailoutbox
    Event.objects.filter(pk=event.pk).update(guests=True)
    ask(client, event, "gast@example.net", name="Gesa Gast")
    relay(NOW)
    (link,) = links_in(mailoutbox[0])
    assert not event.registrations.exists(), "not before the address is confirmed"
    client.post(link, {"do": "register"})
    client.post(link, {"do": "register"})
    row = event.registrations.get()
    assert (row.name, row.email, row.member, row.state) == ("Gesa Gast", "gast@example.net", None, "confirmed")


def test_machines_are_thanked_and_forgotten_and_the_hasty_look_again(client, event):
    assert ask(client, event, "a@example.net", website="https://spam.example").status_code == 302
    assert ask(client, event, "a@example.net", stamp=stamp(event, NOW)).status_code == 422
    assert not RegistrationAsk.objects.exists()


def test_one_address_gets_five_links_a_day_and_one_place_asks_twenty_times_an_hour(client, event):
    codes = [ask(client, event, "a@example.net").status_code for _try in range(6)]
    assert codes == [302] * 5 + [429]
    more = [ask(client, event, f"n{number}@example.net").status_code for number in range(20)]
    assert more.count(302) == 14 and more[-1] == 429


def test_addresses_of_asks_are_forgotten_after_three_days(client, event):
    ask(client, event, "a@example.net")
    registering.run(later(days=3))
    assert RegistrationAsk.objects.exists()
    registering.run(later(days=3, seconds=1))
    assert not RegistrationAsk.objects.exists()


# --- one's own page ----------------------------------------------------------------------------------------------------


def test_one_cancels_sees_deadline_and_fee_and_the_next_takes_the_place_by_link(client, event, tree, clock):
    first, _second, third = (register(event, member) for member in people(tree.a, 3))
    page = client.get(own(first)).content.decode()
    assert "27.11.2026" in page and "15,00" in page
    client.post(own(first), {"do": "cancel"})
    assert states(event) == ["cancelled", "confirmed", "offered"]
    assert 'value="take"' in client.get(own(third)).content.decode()
    client.post(own(third), {"do": "take"})
    assert states(event) == ["cancelled", "confirmed", "confirmed"]


def test_after_the_deadline_the_page_says_so_and_so_does_the_list(client, event, tree, clock):
    (row,) = [register(event, member) for member in people(tree.a, 1)]
    clock.move_to(later(days=6))
    assert "27.11.2026" in client.get(own(row)).content.decode()
    client.post(own(row), {"do": "cancel"})
    row.refresh_from_db()
    assert row.why == {"rule": "late"}


def test_a_forged_link_does_not_exist_and_one_of_an_event_that_is_over_says_so(client, event, tree, clock):
    (row,) = [register(event, member) for member in people(tree.a, 1)]
    assert client.get(own(row)[:-4] + "xxx/").status_code == 404
    clock.move_to(START + timedelta(hours=4))
    assert client.get(own(row)).status_code == 410 and client.post(own(row), {"do": "cancel"}).status_code == 410


def test_the_mail_of_a_place_brings_the_event_for_the_calendar_with_its_link_and_other_mails_do_not(event, tree, mailoutbox):
    Event.objects.filter(pk=event.pk).update(online_url="https://meet.example.org/abc")
    for member in people(tree.a, 3):
        register(event, member)
    relay(NOW)
    first, _second, waiting = mailoutbox
    (name, content, kind), _ticket = first.attachments
    content = content if isinstance(content, str) else content.decode()
    assert (name, kind) == ("event.ics", "text/calendar") and "meet.example.org" in content and "BEGIN:VEVENT" in content
    assert "20261212T" in content and not waiting.attachments and "meet.example.org" not in waiting.body


def test_the_mail_of_a_place_shows_the_ticket_with_its_letters_and_leads_to_the_own_calendar(client, event, tree, cast, sign_in, mailoutbox):
    for member in people(tree.a, 3):
        register(event, member)
    registering.register(event.pk, NOW, guest={"name": "Ein Gast", "email": "gast@example.org", "phone": "", "language": "de"}, runs=True)
    relay(NOW)
    first, _second, waiting, guest = mailoutbox
    row = event.registrations.order_by("pk").first()
    letters, picture = attending.letters(row), first.attachments[1]
    assert picture.get_content_type() == "image/png" and picture["Content-ID"] == "<ticket.png>" and picture["Content-Disposition"].startswith("inline")
    with Image.open(BytesIO(picture.get_payload(decode=True))) as image:
        assert image.format == "PNG" and image.width == image.height > 150 and image.convert("L").getextrema() == (0, 255)
    html = str(first.alternatives[0][0])
    assert "cid:ticket.png" in html and letters in html and letters in first.body and attending.LINK.token(row.pk) in first.body
    assert not any(word in mail.body for mail in (waiting, guest) for word in ("check-in", "mycalendar"))
    (link,) = re.findall(r"http://[^/\s]+(/link/mycalendar/\S+)", first.body)
    assert b"Mein Kalender" in client.get(link).content
    shown = sign_in(cast.officer).get(reverse("education:attendance_list", args=[event.dates.get().pk]), {"q": letters.lower()})
    assert [found["pk"] for found in shown.context["rows"]] == [row.pk]


# --- approving by link -------------------------------------------------------------------------------------------------


def test_a_secretary_approves_by_the_link_of_the_mail_until_the_office_ends(client, event, tree, cast, mailoutbox):
    Event.objects.filter(pk=event.pk).update(asks_approval=True)
    first, second = (register(event, member) for member in people(tree.a, 2))
    relay(NOW)
    (mail,) = [mail for mail in mailoutbox if mail.to == [cast.secretary_a.email]]
    link = re.search(r"http://[^/\s]+(/link/approval/\S+)", mail.body)[1]
    assert "Person Nr0" in client.get(link).content.decode()
    assert states(event) == ["asked", "asked"]
    client.post(link, {"pick": first.pk, "do": "approve"})
    client.post(link, {"pick": first.pk, "do": "refuse"})
    assert states(event) == ["confirmed", "asked"]
    cast.secretary_a.appointments.update(ends_on=NOW.date())
    client.post(link, {"pick": second.pk, "do": "approve"})
    assert states(event) == ["confirmed", "asked"] and "Person" not in client.get(link).content.decode()


# --- with an office ----------------------------------------------------------------------------------------------------


def test_a_secretary_registers_several_members_after_seeing_who_fits(event, tree, cast, sign_in):
    members = people(tree.a, 3)
    register(event, members[0])
    client, url = sign_in(cast.secretary_a), reverse("education:registration_add", args=[event.pk])
    assert "Nr1" in client.get(url, {"q": "Nr1"}).content.decode()
    page = client.get(url, {"pick": [member.pk for member in members]})
    assert [(member.pk, state) for member, state, *_why in page.context["preview"]] == [
        (members[0].pk, "known"), (members[1].pk, "confirmed"), (members[2].pk, "waiting"),
    ]  # fmt: skip
    client.post(url, {"pick": [member.pk for member in members]})
    assert states(event) == ["confirmed", "confirmed", "waiting"]


def test_nobody_registers_members_of_another_unit(event, tree, cast, sign_in):
    (other,) = people(tree.b, 1)
    client, url = sign_in(cast.secretary_a), reverse("education:registration_add", args=[event.pk])
    assert other.name not in client.get(url, {"q": "Nr0", "pick": other.pk}).content.decode()
    client.post(url, {"pick": other.pk})
    assert not event.registrations.exists()


def test_a_unit_that_carries_the_event_sees_all_others_only_their_own(tree, cast, sign_in):
    event = make.event(tree.a, starts_at=START)
    for member in (*people(tree.a, 1), *people(tree.b, 1)):
        register(event, member, note="Rampe")
    url = reverse("education:registration_list", args=[event.pk])
    page = sign_in(cast.secretary_a).get(url)
    assert len(page.context["page"].rows) == 2 and "Rampe" in page.content.decode()
    page = sign_in(cast.secretary_b).get(url)
    assert [row.person["home"] for row in page.context["page"].rows] == [tree.b.name] and "Rampe" not in page.content.decode()
    assert (page.context["presets"][0]["count"], page.context["taken"]) == (1, 1)


def test_places_are_offered_and_cancelled_for_many_at_once_and_never_beyond_the_seats(event, tree, cast, sign_in):
    rows = [register(event, member) for member in people(tree.a, 5)]
    client, url = sign_in(cast.officer), reverse("education:registration_bulk", args=[event.pk])
    client.post(url, {"do": "offer", "pick": [row.pk for row in rows]})
    assert states(event) == ["confirmed", "confirmed", "waiting", "waiting", "waiting"]
    client.post(url, {"do": "cancel", "pick": [row.pk for row in rows[:2]]})
    assert states(event) == ["cancelled", "cancelled", "offered", "offered", "waiting"]


def test_a_thousand_registrations_cost_as_many_queries_as_ten(event, tree, cast, sign_in, django_assert_max_num_queries):
    Event.objects.filter(pk=event.pk).update(seats=None)
    client, url = sign_in(cast.officer), reverse("education:registration_list", args=[event.pk])
    for number in (1, 60):
        for member in [make.member(f"P{number} Q{n}", tree.a) for n in range(number)]:
            register(event, member)
        with django_assert_max_num_queries(10):
            client.get(url)
    for name in ("education:registration_mine",):
        with django_assert_max_num_queries(10):
            client.get(reverse(name), {"show": "coming"})


def test_a_change_of_rules_is_previewed_and_takes_nobodys_place(event, tree, cast, sign_in):
    rows = [register(event, member) for member in people(tree.a, 3)]
    client, url = sign_in(cast.officer), reverse("education:registration_rules", args=[event.pk])
    page = client.get(url, {"look": 1, "women_percent": 50})
    assert page.context["preview"]["waiting"] == 1
    event.refresh_from_db()
    assert event.fairness == []
    client.post(url, {"women_percent": 50, "given_on": "2026-12-03"})
    event.refresh_from_db()
    assert event.fairness == [{"rule": "women", "percent": 50}, {"rule": "given", "on": "2026-12-03"}]
    assert states(event) == ["confirmed", "confirmed", "waiting"] and rows


def test_a_moved_event_is_told_once_per_change_and_not_when_it_moved_again(event, tree, cast, mailoutbox):
    for member in people(tree.a, 3):
        register(event, member)
    relay(NOW)
    mailoutbox.clear()

    def move(days):
        event.refresh_from_db()
        fields = {"place_text": f"Saal {days}"}
        dates = [{"starts_at": START + timedelta(days=days), "ends_at": START + timedelta(days=days, hours=3), "note": ""}]
        announcing.change(event, fields, dates, [], event.version, NOW)

    move(1)
    move(2)
    relay(NOW)
    assert len(mailoutbox) == 3 and all("Saal 2" in mail.body for mail in mailoutbox)
    assert Message.objects.filter(kind="registration_moved", state="skipped").count() == 3
    event.refresh_from_db()
    announcing.change(event, {"seats": 3}, [{"starts_at": event.starts_at, "ends_at": event.ends_at, "note": ""}], [], event.version, NOW)
    relay(NOW)
    assert states(event)[2] == "offered" and len(mails_of(event)) == 4 and Message.objects.filter(kind="registration_moved").count() == 6
    assert Registration.objects.count() == 3


def test_moving_a_date_in_the_middle_of_a_course_is_told_with_all_its_dates(event, tree, mailoutbox):
    register(event, people(tree.a, 1)[0])
    dates = [{"starts_at": START + timedelta(days=7 * n), "ends_at": START + timedelta(days=7 * n, hours=3), "note": ""} for n in range(3)]
    announcing.change(event, {}, dates, [], event.version, NOW)
    relay(NOW)
    mailoutbox.clear()
    event.refresh_from_db()
    dates[1] = {**dates[1], "starts_at": START + timedelta(days=8), "ends_at": START + timedelta(days=8, hours=3)}
    announcing.change(event, {}, dates, [], event.version, NOW)
    relay(NOW)
    (mail,) = mailoutbox
    assert [word in mail.body for word in ("12. Dezember 2026", "20. Dezember 2026", "26. Dezember 2026", "19. Dezember")] == [True, True, True, False]
    event.refresh_from_db()
    announcing.change(event, {}, [{**one, "note": "im Saal"} for one in dates], [], event.version, NOW)
    assert not relay(NOW)


def test_calling_off_on_its_page_tells_who_is_registered(event, tree, cast, sign_in, mailoutbox):
    register(event, people(tree.a, 1)[0])
    sign_in(cast.officer).post(reverse("education:event_cancel", args=[event.pk]), {"reason": "Sturm"})
    relay(NOW)
    assert states(event) == ["cancelled"] and [mail.to for mail in mailoutbox] == [["p0.altdorf@example.org"]]
