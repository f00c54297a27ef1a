"""Members look at their own data by a link: what applies at once, what waits, and what the link never shows."""

from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from membership import correcting, own_data
from membership.models import Ask, Change, Member, Proposal, Reading
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make

DAY = timedelta(days=1)
NOW = make.TODAY  # a day; the tests stand still on it


@pytest.fixture(autouse=True)
def sunday():
    with time_machine.travel("2026-11-22 19:30+01:00", tick=False):
        yield


@pytest.fixture
def anna(tree, cast):
    return make.member(
        "Anna Arndt", tree.a, email="anna@example.org", phone="0351 11111", birth_date=date(1990, 2, 1), street="Gartenweg 5",
        postcode="01127", city="Altdorf", language="he",
    )  # fmt: skip


@pytest.fixture
def ask(anna, cast):
    assert own_data.ask([anna.pk], cast.secretary_a, timezone.now()) == 1
    return Ask.objects.get()


def path(ask, name="own_record"):
    return urlsplit(own_data.address(ask, name)).path


def filled(response, **changes):
    form = response.context["form"]
    values = {name: form[name].value() for name in form.fields if name != "picture"}
    return {name: "" if value is None else value for name, value in values.items()} | {"picture": form["picture"].value()} | changes


def test_the_mail_is_in_the_members_language_and_its_link_opens_the_page(ask, client, mailoutbox):
    relay(timezone.now())
    mail = mailoutbox[0]
    assert mail.to == ["anna@example.org"] and path(ask) in mail.body and "Anna" in mail.body
    assert "הפרטים" in mail.subject and "Altdorf" in mail.body
    page = client.get(path(ask))
    assert page.status_code == 200 and 'dir="rtl"' in page.text and "Gartenweg 5" in page.text


def test_nobody_is_asked_twice_within_a_month(ask, anna, cast):
    assert own_data.ask([anna.pk], cast.officer, timezone.now() + 29 * DAY) == 0
    assert own_data.ask([anna.pk], cast.officer, timezone.now() + 30 * DAY) == 1
    assert Message.objects.filter(kind="own_data").count() == 2


@pytest.mark.parametrize("reason, fields", [("no_mail", {"email": ""}), ("gone", {"status": "left"})])
def test_who_cannot_be_asked_is_told_why(reason, fields, anna, cast):
    Member.objects.filter(pk=anna.pk).update(**fields)
    assert own_data.ask([anna.pk], cast.officer, timezone.now()) == 0
    assert own_data.with_reasons(Member.objects.all(), timezone.now()).get().why == reason


def test_an_address_that_refused_a_mail_is_not_asked_again_until_it_is_corrected(ask, anna, cast):
    Message.objects.update(state="dead", reason="550 no such user")
    later = timezone.now() + 40 * DAY
    assert own_data.with_reasons(Member.objects.all(), later).get().why == "refused"
    correcting.correct(anna.pk, {"email": "neu@example.org"}, {"email": anna.email}, cast.officer, timezone.now() + DAY)
    assert own_data.ask([anna.pk], cast.officer, later) == 1


def test_one_button_says_that_everything_is_right(ask, anna, client):
    assert client.post(path(ask), {"do": "confirm"}).status_code == 302
    ask.refresh_from_db()
    assert ask.answered_at and not ask.change and not Change.objects.exists() and not Proposal.objects.exists()
    assert timezone.localdate(anna.asks.get().answered_at) == make.TODAY


def test_harmless_fields_apply_at_once_with_a_change_by_the_member(ask, anna, client):
    client.post(path(ask), filled(client.get(path(ask)), mobile="0170 5550001", street="Neue Gasse 9", language="de"))
    anna.refresh_from_db()
    assert (anna.mobile, anna.street, anna.language) == ("0170 5550001", "Neue Gasse 9", "de") and "1705550001" in anna.search_contact
    change = Change.objects.get()
    assert change.by is None and change.answer == Ask.objects.get() and change.after["street"] == "Neue Gasse 9"


def test_sensitive_fields_wait_for_an_office(ask, anna, client):
    client.post(path(ask), filled(client.get(path(ask)), family_name="Arndt-Groß", email="neu@example.org", birth_date="1991-02-01", gender="f"))
    anna.refresh_from_db()
    assert (anna.family_name, anna.email, anna.birth_date, anna.gender) == ("Arndt", "anna@example.org", date(1990, 2, 1), "")
    assert dict(Proposal.objects.waiting().values_list("field", "after")) == {
        "family_name": "Arndt-Groß", "email": "neu@example.org", "birth_date": "1991-02-01", "gender": "f",
    }  # fmt: skip


def test_a_used_link_says_so_and_takes_nothing_more(ask, anna, client):
    posted = filled(client.get(path(ask)), mobile="0170 1", family_name="Neu")
    client.post(path(ask), posted)
    page = client.get(path(ask))
    assert page.status_code == 200 and 'class="panel form" method' not in page.text and "0170 1" not in page.text and "Neu" not in page.text
    assert client.post(path(ask), posted | {"mobile": "0170 2"}).status_code == 302
    anna.refresh_from_db()
    assert anna.mobile == "0170 1" and Change.objects.count() == 1 == Proposal.objects.count()


def test_an_old_link_says_so(ask, client):
    with time_machine.travel("2026-12-22 12:00+01:00", tick=False):
        assert client.get(path(ask)).status_code == 200
    with time_machine.travel("2026-12-23 12:00+01:00", tick=False):
        for answer in (client.get(path(ask)), client.post(path(ask), {"do": "confirm"}), client.get(path(ask, "own_seen_by"))):
            assert answer.status_code == 410 and "anna" not in answer.text.lower()
    assert not Ask.objects.get().answered_at


def test_a_forged_link_does_not_exist(ask, client):
    signer = own_data.LINK.signer
    value, signature = signer.sign(str(ask.pk)).split(".")
    assert client.get(f"/own/{value}.{signature}/").status_code == 200, "as links of former versions are"
    for token in (value, f"{int(value) + 1}.{signature}", f"{value}.{signature[:-1]}", signer.sign("x"), own_data.LINK.token(ask.pk + 1)):
        assert client.get(f"/own/{token}/").status_code == 404


def test_opening_the_page_changes_nothing_and_is_no_reading(ask, client):
    for method in (client.get, client.head, client.get):
        assert method(path(ask)).status_code == 200
    assert not Ask.objects.get().answered_at and not Reading.objects.exists()


def test_the_link_shows_nothing_of_others(ask, anna, tree, cast, client):
    make.member("Geheime Person", tree.a, email="geheim@example.org")
    anna.changes.create(kind="changed", at=timezone.now(), by=cast.secretary_a, before={}, after={})
    text = client.get(path(ask)).text + client.get(path(ask, "own_seen_by")).text
    assert "eheim" not in text and not [user for user in vars(cast).values() if user.family_name in text]


@pytest.mark.parametrize("field, value", [("email", "kein Punkt"), ("birth_date", "2999-01-01"), ("family_name", ""), ("street", "x" * 200)])
def test_what_cannot_be_is_told_beside_its_field(field, value, ask, client):
    response = client.post(path(ask), filled(client.get(path(ask)), **{field: value}))
    assert response.status_code == 422 and list(response.context["form"].errors) == [field] and not Ask.objects.get().answered_at


def test_what_is_not_in_the_form_is_not_taken(ask, anna, client):
    client.post(path(ask), filled(client.get(path(ask)), number="99", joined_on="1980-01-01", status="left", home_unit="1"))
    after = Member.objects.get()
    assert (after.number, after.joined_on, after.status) == (anna.number, anna.joined_on, "full") and not Proposal.objects.exists()


def test_what_an_office_changed_meanwhile_is_not_overwritten_unseen(ask, anna, cast, client):
    posted = filled(client.get(path(ask)), phone="0351 33333")
    correcting.correct(anna.pk, {"phone": "0351 22222"}, {"phone": anna.phone}, cast.secretary_a, timezone.now())
    answer = client.post(path(ask), posted)
    assert answer.status_code == 409 and "0351 22222" in answer.text
    anna.refresh_from_db()
    assert anna.phone == "0351 22222" and not Ask.objects.get().answered_at
    assert client.post(path(ask), filled(answer)).status_code == 302
    anna.refresh_from_db()
    assert anna.phone == "0351 33333"


# --- what waits --------------------------------------------------------------------------------------------------------


@pytest.fixture
def proposal(ask, client):
    client.post(path(ask), filled(client.get(path(ask)), family_name="Arndt-Groß"))
    client.logout()
    return Proposal.objects.get()


def decide(client, proposal, **data):
    return client.post(reverse("membership:proposal_decide", args=[proposal.pk]), data)


def test_proposal_list_shows_both_texts_to_who_cares(proposal, cast, sign_in):
    text = sign_in(cast.secretary_a).get("/proposals/").text
    assert "Arndt-Groß" in text and 'value="Arndt"' in text
    assert "Arndt" not in sign_in(cast.secretary_b).get("/proposals/").text
    assert sign_in(cast.treasurer_a).get("/proposals/").status_code == 403


def test_accepting_writes_it_in_the_name_of_the_office(proposal, anna, cast, sign_in):
    client = sign_in(cast.secretary_a)
    for _double in range(2):
        decide(client, proposal, do="accept", shown="Arndt")
    anna.refresh_from_db()
    assert anna.family_name == "Arndt-Groß" and anna.sort_key.startswith("arndt")
    change = Change.objects.get()
    assert change.by == cast.secretary_a and change.before == {"family_name": "Arndt"}
    assert Proposal.objects.get().state == "accepted"


def test_refusing_leaves_the_record_as_it_is(proposal, anna, cast, sign_in):
    client = sign_in(cast.secretary_a)
    decide(client, proposal, do="refuse")
    decide(client, proposal, do="accept", shown="Arndt")
    anna.refresh_from_db()
    assert anna.family_name == "Arndt" and Proposal.objects.get().state == "refused" and not Change.objects.exists()


def test_accepting_what_changed_meanwhile_asks_to_look_again(proposal, anna, cast, sign_in):
    correcting.correct(anna.pk, {"family_name": "Arens"}, {"family_name": "Arndt"}, cast.officer, timezone.now())
    decide(sign_in(cast.secretary_a), proposal, do="accept", shown="Arndt")
    anna.refresh_from_db()
    assert anna.family_name == "Arens" and Proposal.objects.get().state == "waiting"


@pytest.mark.parametrize("field, text, value", [("birth_date", "1991-02-01", date(1991, 2, 1)), ("birth_date", "", None), ("gender", "", ""), ("email", "x@example.org", "x@example.org")])
def test_each_kind_of_field_can_be_accepted(field, text, value, ask, anna, cast):
    proposal = Proposal.objects.create(ask=ask, member=anna, field=field, after=text, at=timezone.now())
    assert own_data.accept(proposal, correcting.as_text(getattr(anna, field)), cast.secretary_a, timezone.now())
    anna.refresh_from_db()
    assert getattr(anna, field) == value


def test_a_newer_proposal_replaces_the_older(proposal, anna, cast, client):
    own_data.ask([anna.pk], cast.officer, timezone.now() + 31 * DAY)
    newer = Ask.objects.latest("at")
    with time_machine.travel("2026-12-24 12:00+01:00", tick=False):
        client.post(path(newer), filled(client.get(path(newer)), family_name="Groß"))
    assert dict(Proposal.objects.values_list("after", "state")) == {"Arndt-Groß": "replaced", "Groß": "waiting"}


@pytest.mark.parametrize("who, status", [("secretary_a", 302), ("officer", 302), ("treasurer_a", 403), ("secretary_b", 404), ("section_lead", 404)])
def test_own_data_ask_is_for_those_who_care_at_home(who, status, anna, cast, sign_in):
    assert sign_in(getattr(cast, who)).post(reverse("membership:own_data_ask", args=[anna.pk])).status_code == status
    assert Ask.objects.count() == (status == 302)
