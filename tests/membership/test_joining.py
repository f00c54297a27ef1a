"""The public join form, a guest's invitation, and postcodes."""

import re
from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from common.open_forms import stamp
from membership import admission, areas, guests, joining
from membership.models import Application, Area, GuestTerm, Member
from onboarding import standing
from outbox.relay import relay
from tests import factories as make

TODAY = date(2026, 11, 22)
NOW = timezone.make_aware(datetime(2026, 11, 22, 12))


@pytest.fixture(autouse=True)
def clock(db):
    with time_machine.travel(NOW, tick=False) as clock:
        cache.clear()
        yield clock


def answers(unit, shown=NOW - timedelta(seconds=30), **fields):
    return {
        "kind": "full", "given_name": "Nele", "family_name": "Neumann", "birth_date": "2000-05-01", "email": "nele@example.org",
        "postcode": "01097", "city": "Musterstadt", "consent": "on", "stamp": stamp(unit, shown), "website": "",
    } | fields  # fmt: skip


def send(client, unit, **fields):
    return client.post(reverse("membership:join", args=[unit.slug]), answers(unit, **fields))


def test_the_form_lands_as_an_application_only_after_the_link_was_used(client, tree, cast, mailoutbox):
    assert send(client, tree.a).status_code == 302
    row = Application.objects.get()
    assert row.state == Application.State.UNCONFIRMED
    assert not Application.objects.visible_to(cast.officer).exists(), "nobody sees what is not confirmed"
    relay(NOW)
    (mail,) = mailoutbox
    link = re.search(r"http://\S+(/link/join/\S+)", mail.body)[1]
    assert mail.to == ["nele@example.org"] and "Nele" not in link and "nele" not in link
    assert client.get(link).status_code == 200
    row.refresh_from_db()
    assert row.state == Application.State.UNCONFIRMED, "opening changes nothing"
    client.post(link)
    client.post(link)
    row.refresh_from_db()
    assert (row.state, row.unit, row.received_on, row.decide_until) == ("open", tree.a, TODAY, TODAY + timedelta(days=30))
    assert Application.objects.count() == 1 and "primary" not in client.get(link).content.decode().split("<main")[1]


def test_a_second_application_of_the_same_person_is_dropped(client, tree):
    for _time in range(2):
        send(client, tree.a)
    for row in Application.objects.all():
        client.post(joining.address(row).removeprefix("http://localhost:8000"))
    assert Application.objects.get().state == "open"


def test_the_page_of_the_link_speaks_the_language_of_the_application(client, tree):
    send(client, tree.a)
    row = Application.objects.get()
    Application.objects.filter(pk=row.pk).update(language="he")
    client.cookies.clear()
    page = client.get(joining.address(row).removeprefix("http://localhost:8000"))
    assert 'lang="he"' in page.content.decode() and "no-store" in page["Cache-Control"]


def test_a_link_too_old_says_so_and_a_forged_one_does_not_exist(client, tree):
    send(client, tree.a)
    link = joining.address(Application.objects.get()).removeprefix("http://localhost:8000")
    admission.forget(NOW + timedelta(days=3))
    assert client.get(link).status_code == 200
    admission.forget(NOW + timedelta(days=3, seconds=1))
    assert client.get(link).status_code == 410 and client.post(link).status_code == 410
    assert client.get(link[:-3] + "xx/").status_code == 404


def test_a_machine_is_thanked_and_forgotten(client, tree):
    assert send(client, tree.a, website="https://spam.example").status_code == 302
    assert not Application.objects.exists()


@pytest.mark.parametrize("seconds, lands", [(2, False), (3, True), (24 * 3600, True), (24 * 3600 + 1, False)])
def test_too_fast_or_a_day_old_asks_for_another_look(seconds, lands, client, tree):
    answer = send(client, tree.a, shown=NOW - timedelta(seconds=seconds))
    assert answer.status_code == (302 if lands else 422) and Application.objects.exists() is lands


def test_the_stamp_of_another_unit_or_none_does_not_count(client, tree):
    assert send(client, tree.a, stamp=stamp(tree.b, NOW - timedelta(seconds=30))).status_code == 422
    assert send(client, tree.a, stamp="x").status_code == 422
    assert not Application.objects.exists()


def test_one_address_gets_three_mails_a_day_and_one_place_sends_twenty_an_hour(client, tree):
    codes = [send(client, tree.a).status_code for _try in range(4)]
    assert codes == [302, 302, 302, 429]
    more = [send(client, tree.a, email=f"n{number}@example.org").status_code for number in range(20)]
    assert more.count(302) == 16 and more[-1] == 429


@pytest.mark.parametrize("born, today, joins", [
    ("2012-11-22", TODAY, True), ("2012-11-23", TODAY, False), ("2012-02-29", date(2026, 2, 28), False), ("2012-02-29", date(2026, 3, 1), True),
])  # fmt: skip
def test_the_minimum_age_counts_to_the_day(born, today, joins, client, tree):
    now = timezone.make_aware(datetime(today.year, today.month, today.day, 12))
    with time_machine.travel(now, tick=False):
        answer = send(client, tree.a, birth_date=born, shown=now - timedelta(seconds=30))
    assert (answer.status_code == 302) is joins
    assert joins or "14" in answer.content.decode()


def test_the_minimum_age_is_a_setting(client, tree):
    tree.district.settings = {"minimum_age": 16}
    tree.district.save()
    assert send(client, tree.a, birth_date="2011-01-01").status_code == 422


def test_consent_is_needed(client, tree):
    assert send(client, tree.a, consent="").status_code == 422


def test_a_known_member_is_never_told_to_the_public(client, tree):
    make.member("Nele Neumann", tree.a, birth_date=date(2000, 5, 1), email="nele@example.org")
    known = send(client, tree.a)
    other = send(client, tree.a, family_name="Anders", email="anders@example.org")
    assert (known.status_code, known["Location"]) == (other.status_code, other["Location"])


@pytest.mark.parametrize("language", ["de", "he", "en"])
def test_the_form_speaks_every_language_and_the_mail_follows(language, client, tree, mailoutbox):
    client.cookies["django_language"] = language
    page = client.get(reverse("membership:join", args=[tree.a.slug])).content.decode()
    assert f'<html lang="{language}"' in page
    send(client, tree.a)
    assert Application.objects.get().language == language
    relay(NOW)
    assert len(mailoutbox) == 1


def test_a_closed_unit_has_no_form(client, tree):
    tree.a.closed_on = TODAY
    tree.a.save()
    assert client.get(reverse("membership:join", args=[tree.a.slug])).status_code == 404


def test_the_form_of_a_section_makes_supporters_of_it(client, tree, cast):
    send(client, tree.youth, kind="supporter")
    row = Application.objects.get()
    joining.confirm(row.pk, TODAY)
    row.refresh_from_db()
    assert row.unit == tree.youth and row.state == "open"
    done = admission.accept(row.pk, cast.officer, TODAY, NOW)
    period = done.member.memberships.get()
    assert (period.unit, period.home) == (tree.youth, False) and done.member.home_unit == tree.district


def test_the_code_is_a_picture_of_the_address(client, tree):
    answer = client.get(reverse("membership:join_code", args=[tree.a.slug]))
    assert answer["Content-Type"] == "image/svg+xml" and b"<svg" in answer.content


def test_every_text_of_the_form_is_shown_escaped(client, tree, cast, sign_in):
    send(client, tree.a, given_name="<script>x</script>", message="<img src=x onerror=1>")
    row = Application.objects.get()
    joining.confirm(row.pk, TODAY)
    page = sign_in(cast.secretary_a).get(reverse("onboarding:application_detail", args=[row.pk])).content.decode()
    assert "<script>x" not in page and "<img src=x" not in page


# --- guests ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("left, invited", [(61, False), (60, True), (1, True), (0, False)])
def test_guests_are_invited_once_sixty_days_before_the_end(left, invited, tree, mailoutbox):
    member = make.member("Gero Gast", tree.a, status="guest", email="gero@example.org", joined_on=TODAY - timedelta(days=300))
    GuestTerm.objects.create(member=member, starts_on=member.joined_on, ends_on=TODAY + timedelta(days=left))
    assert guests.invite_due(TODAY, NOW) == invited and guests.invite_due(TODAY, NOW) == 0
    relay(NOW)
    assert len(mailoutbox) == invited


def test_the_link_of_a_guest_becomes_an_application_with_one_button(client, tree, cast, mailoutbox):
    member = make.member("Gero Gast", tree.a, status="guest", email="gero@example.org", joined_on=TODAY - timedelta(days=330))
    standing.run(NOW)
    relay(NOW)
    link = re.search(r"http://\S+(/link/guest/\S+)", mailoutbox[0].body)[1]
    last = date_format(GuestTerm.objects.get().ends_on - timedelta(days=1), "DATE_FORMAT")
    assert f"endet am {last}." in mailoutbox[0].body and f"bis zum {last}." in client.get(link).text, "the last day, not the first one without"
    assert not Application.objects.exists()
    client.post(link)
    client.post(link)
    row = Application.objects.get()
    assert (row.member, row.unit, row.kind, row.state) == (member, tree.a, "full", "open")
    admission.accept(row.pk, cast.secretary_a, TODAY, NOW)
    member.refresh_from_db()
    assert member.status == "full" and not GuestTerm.objects.running().exists()
    assert client.get(link).status_code == 410


def test_a_guest_is_renewed_once(tree, cast, sign_in):
    member = make.member("Gero Gast", tree.a, status="guest", joined_on=date(2026, 3, 1))
    standing.run(NOW)
    term = GuestTerm.objects.get()
    assert term.ends_on == date(2027, 3, 1)
    client = sign_in(cast.secretary_a)
    client.post(reverse("membership:guest_renew", args=[term.pk]))
    term.refresh_from_db()
    assert term.ends_on == date(2028, 3, 1)
    client.post(reverse("membership:guest_renew", args=[term.pk]))
    term.refresh_from_db()
    assert term.ends_on == date(2028, 3, 1) and member.guest_terms.count() == 1


@pytest.mark.parametrize("begins, ends", [(date(2025, 11, 23), date(2026, 11, 23)), (date(2025, 1, 1), date(2027, 1, 1)), (date(2020, 1, 1), date(2027, 1, 21))])
def test_guests_of_a_list_get_their_year_and_nobody_ends_unseen(begins, ends, tree):
    member = make.member("Gero Gast", tree.a, status="guest", joined_on=begins)
    standing.run(NOW)
    assert GuestTerm.objects.get().ends_on == ends
    member.refresh_from_db()
    assert member.status == "guest"


def test_the_list_of_guests_shows_ones_own_by_their_end(tree, cast, sign_in, django_assert_max_num_queries):
    for number in range(5):
        make.member(f"Gero Gast{number}", tree.a, status="guest", joined_on=date(2026, 3, 1))
    make.member("Fremder Gast", tree.b, status="guest", joined_on=date(2026, 3, 1))
    standing.run(NOW)
    client = sign_in(cast.secretary_a)
    client.get("/guests/")
    with django_assert_max_num_queries(8):
        page = client.get("/guests/").content.decode()
    assert page.count("28.02.2027") == 5 and "Fremder" not in page


# --- postcodes ----------------------------------------------------------------------------------------------------------


def test_postcodes_are_read_as_people_write_them():
    assert areas.parse("01097, 01099–01109;\n01127 - 01129\t1097") == [("01097", "01097"), ("01099", "01109"), ("01127", "01129"), ("1097", "1097")]
    with pytest.raises(ValidationError) as error:
        areas.parse("01097 x! 01109-01099 123-4567")
    assert len(error.value.messages) == 3


def test_a_pasted_table_names_line_and_unit(tree, cast, sign_in):
    client = sign_in(cast.officer)
    address = reverse("membership:area_edit", args=[tree.district.slug])
    answer = client.post(address, {"text": "Altdorf: 01097\nNirgendwo: 01099\nBergheim: abc!"})
    assert answer.status_code == 422 and not Area.objects.exists()
    errors = " ".join(answer.context["form"].errors["text"])
    assert "2" in errors and "Nirgendwo" in errors and "3" in errors
    client.post(address, {"text": "Altdorf: 01097\nOrtsverein Bergheim;01099-01109, 01127"})
    assert {(a.unit, str(a)) for a in Area.objects.select_related("unit")} == {(tree.a, "01097"), (tree.b, "01099-01109"), (tree.b, "01127")}
    client.post(address, {"text": "Altdorf: 01067"})
    assert Area.objects.filter(unit=tree.b).count() == 2, "who is not named keeps theirs"
    assert "01067" in client.get(address).content.decode()


@pytest.mark.parametrize("code, found", [("01096", []), ("01097", ["a"]), ("01099", ["a", "b"]), ("01100", ["b"]), ("1097", []), (" 01 100 ", ["b"]), ("", [])])
def test_a_postcode_lies_between_its_ends(code, found, tree):
    areas.replace({tree.a: [("01097", "01099")], tree.b: [("01099", "01109")]})
    assert areas.units_for(code, tree.district) == [getattr(tree, name) for name in found]


def test_nobody_is_found_in_another_party(tree):
    areas.replace({tree.foreign_branch: [("01097", "01099")]})
    assert areas.units_for("01097", tree.district) == [] and not Member.objects.exists()


def test_a_form_switched_off_says_where_to_turn_and_takes_nothing(client, tree):
    tree.a.settings = {"join_form": "off"}
    tree.a.save()
    page = client.get(reverse("membership:join", args=[tree.a.slug]))
    assert page.status_code == 200 and 'name="given_name"' not in page.content.decode()
    assert reverse("membership:join", args=[tree.district.slug]) in page.content.decode(), "the unit above takes it"
    assert send(client, tree.a).status_code == 409 and not Application.objects.exists()
    assert send(client, tree.b).status_code == 302, "the branch beside goes on"


def test_a_form_switched_off_above_is_off_below_unless_a_unit_says_otherwise(client, tree):
    tree.district.settings, tree.b.settings = {"join_form": "off"}, {"join_form": "on"}
    tree.district.save(), tree.b.save()
    assert send(client, tree.a).status_code == 409 and send(client, tree.b).status_code == 302
    page = client.get(reverse("membership:join", args=[tree.a.slug])).content.decode()
    assert reverse("membership:join", args=[tree.district.slug]) not in page and "Mitglied, das du kennst" in page


def test_the_form_is_switched_off_in_the_settings_of_the_unit(tree, cast, sign_in):
    client = sign_in(cast.officer)
    address = reverse("branches:unit_settings", args=[tree.a.slug])
    assert client.post(address, {"join_form": "off"}).status_code == 302
    tree.a.refresh_from_db()
    assert tree.a.settings == {"join_form": "off"}
    assert reverse("membership:join_code", args=[tree.a.slug]) not in client.get(reverse("branches:unit_detail", args=[tree.a.slug])).content.decode()
    client.post(address, {"join_form": ""})
    tree.a.refresh_from_db()
    assert tree.a.settings == {}
