"""Adding and correcting members: whose fields, whose values, nothing overwritten unseen."""

from collections import Counter
from datetime import date
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from membership import correcting
from membership.models import Application, Change, Member, Membership
from tests import factories as make
from tests.at_once import at_once

ADD = "/members/add/"


@pytest.fixture
def anna(tree, cast):
    return make.member("Anna Arndt", tree.a, email="anna@example.org", phone="0351 1", number="7")


def edit(member):
    return reverse("membership:member_edit", args=[member.pk])


def filled(response, **changes):
    """What a browser posts back of the form on this page, with `changes`."""
    form = response.context["form"]
    values = {name: form[name].value() for name in form.fields if name != "picture"}
    return {name: "" if value is None else value for name, value in values.items()} | {"picture": form["picture"].value()} | changes


def test_member_edit_writes_the_change_and_the_search_keys(anna, cast, sign_in):
    client = sign_in(cast.secretary_a)
    response = client.post(edit(anna), filled(client.get(edit(anna)), family_name="Müller", birth_date="1990-02-01"))
    assert response.url == anna.get_absolute_url()
    before, anna_now = anna, Member.objects.get()
    assert (anna_now.family_name, anna_now.birth_date, anna_now.version) == ("Müller", date(1990, 2, 1), before.version + 1)
    assert anna_now.sort_key.startswith("muller") and "muller" in anna_now.search_name
    change = Change.objects.get()
    assert change.by == cast.secretary_a and change.before == {"family_name": "Arndt", "birth_date": ""}
    assert change.after == {"family_name": "Müller", "birth_date": "1990-02-01"}


def test_saving_without_a_difference_writes_nothing(anna, cast, sign_in):
    client = sign_in(cast.secretary_a)
    client.post(edit(anna), filled(client.get(edit(anna))))
    assert not Change.objects.exists() and Member.objects.get().version == 1


def test_two_people_in_different_fields_both_win(anna, cast, sign_in, client):
    from django.test import Client

    first, second = sign_in(cast.secretary_a), Client()
    second.force_login(cast.officer, backend="django.contrib.auth.backends.ModelBackend")
    one, other = filled(first.get(edit(anna)), email="neu@example.org"), filled(second.get(edit(anna)), street="Gartenweg 5")
    assert first.post(edit(anna), one).status_code == second.post(edit(anna), other).status_code == 302
    anna.refresh_from_db()
    assert (anna.email, anna.street, anna.version) == ("neu@example.org", "Gartenweg 5", 3)


def test_two_people_in_the_same_field_are_shown_both_values_and_nothing_is_lost(anna, cast, sign_in):
    from django.test import Client

    first, second = sign_in(cast.secretary_a), Client()
    second.force_login(cast.officer, backend="django.contrib.auth.backends.ModelBackend")
    one, other = filled(first.get(edit(anna)), phone="0351 222"), filled(second.get(edit(anna)), phone="0351 333", city="Altdorf")
    first.post(edit(anna), one)
    response = second.post(edit(anna), other)
    assert response.status_code == 409 and "0351 222" in response.text and "0351 333" in response.text and "Aylin Kaya" in response.text
    anna.refresh_from_db()
    assert (anna.phone, anna.city) == ("0351 222", "")
    assert second.post(edit(anna), filled(response)).status_code == 302  # having seen both, one's own counts
    anna.refresh_from_db()
    assert (anna.phone, anna.city) == ("0351 333", "Altdorf")


@pytest.mark.django_db(transaction=True)
def test_fifty_at_once_overwrite_nobody_unseen(anna, cast):
    seen = correcting.picture(anna, ["phone"])

    def save(number):
        return correcting.correct(anna.pk, {"phone": f"0351 {number}"}, seen, cast.admin, timezone.now())

    said = at_once(*(partial(save, 100 + number) for number in range(50)))
    assert Counter(type(one).__name__ for one in said) == {"Change": 1, "Clash": 49}
    assert Change.objects.count() == 1
    assert Member.objects.get().phone == Change.objects.get().after["phone"]


@pytest.mark.parametrize(
    "person, refused",
    [
        ("section_lead", {"family_name": "X", "street": "X", "birth_date": "1990-01-01", "number": "99", "joined_on": "2001-01-01"}),
        ("secretary_a", {"status": "left", "home_unit": "1", "party": "1", "version": "99", "user": "1", "sort_key": "x", "joined_estimated": "on"}),
    ],
)
def test_fields_that_are_not_in_the_form_are_not_written_whatever_is_posted(person, refused, anna, cast, tree, sign_in):
    Membership.objects.create(member=anna, unit=tree.youth, home=False, starts_on=anna.joined_on)
    client = sign_in(getattr(cast, person))
    names = [name.removesuffix("_id") for name in refused]
    before = Member.objects.filter(pk=anna.pk).values(*names).get()
    assert client.post(edit(anna), filled(client.get(edit(anna)), mobile="0170 9") | refused).status_code == 302
    assert Member.objects.filter(pk=anna.pk).values(*[n for n in names if n != "version"]).get() == {k: v for k, v in before.items() if k != "version"}
    anna.refresh_from_db()
    assert anna.mobile == "0170 9" and anna.version == 2


def test_care_without_lead_does_not_change_number_and_join_date(anna, cast, tree, sign_in):
    helper = make.user("Hanna Hilf")
    make.appoint(helper, "section_lead", tree.a)  # care for the branch itself
    form = sign_in(helper).get(edit(anna)).context["form"]
    assert "street" in form.fields and not {"number", "joined_on"} & set(form.fields)


@pytest.mark.parametrize(
    "field, value",
    [
        ("birth_date", "1790-01-01"), ("birth_date", "2999-01-01"), ("birth_date", "31.2.1990"), ("joined_on", "2999-01-01"), ("joined_on", ""),
        ("email", "kein Punkt"), ("family_name", ""), ("number", "8"), ("given_name", "x" * 121),
    ],
)  # fmt: skip
def test_what_cannot_be_is_told_beside_its_field(field, value, anna, tree, cast, sign_in):
    make.member("Zweite Person", tree.b, number="8")
    client = sign_in(cast.secretary_a)
    response = client.post(edit(anna), filled(client.get(edit(anna)), **{field: value}))
    assert response.status_code == 422 and list(response.context["form"].errors) == [field]
    assert not Change.objects.exists()


@pytest.mark.parametrize("picture", ["", "[]", "null", '"x"', "{", '{"email": {"a": 1}}', "{}"])
def test_a_forged_picture_changes_nothing_unseen(picture, anna, cast, sign_in):
    client = sign_in(cast.secretary_a)
    response = client.post(edit(anna), filled(client.get(edit(anna)), email="neu@example.org") | {"picture": picture})
    assert response.status_code in (409, 422)
    anna.refresh_from_db()
    assert anna.email == "anna@example.org"


NEW = {"given_name": "Nora", "family_name": "Neu", "home_unit": "altdorf", "status": "full", "joined_on": "2026-11-01", "email": "nora@example.org"}


def test_member_add_opens_a_period_and_the_journey_starts(tree, cast, sign_in):
    from onboarding import journeys

    response = sign_in(cast.secretary_a).post(ADD, NEW)
    nora = Member.objects.get()
    assert response.url == nora.get_absolute_url() and nora.party == tree.district and "neu" in nora.search_name
    period = nora.memberships.get()
    assert (period.unit, period.kind, period.home, period.starts_on, period.ends_on) == (tree.a, "full", True, date(2026, 11, 1), None)
    assert Change.objects.get().kind == "joined"
    journeys.start_due(date(2026, 11, 22))
    assert nora.journeys.get().steps.count() == 3


def test_an_applicant_is_no_member_yet(tree, cast, sign_in):
    sign_in(cast.secretary_a).post(ADD, NEW | {"status": "applicant"})
    assert not Member.objects.exists() and Application.objects.get().unit == tree.a


@pytest.mark.parametrize("field, value", [("home_unit", "bergheim"), ("home_unit", "musterstadt"), ("home_unit", "fremdorf"), ("home_unit", "x\0"), ("status", "left")])
def test_nobody_adds_a_member_elsewhere_or_in_another_state(field, value, tree, cast, sign_in):
    response = sign_in(cast.secretary_a).post(ADD, NEW | {field: value})
    assert response.status_code == 422 and field in response.context["form"].errors and not Member.objects.exists()


def test_a_number_counts_once_in_a_party(tree, cast, sign_in):
    make.member("Andere Person", tree.b, number="12")
    make.member("Fremde Person", tree.foreign_branch, number="13")
    client = sign_in(cast.secretary_a)
    assert client.post(ADD, NEW | {"number": "12"}).context["form"].errors.keys() == {"number"}
    assert client.post(ADD, NEW | {"number": "13"}).status_code == 302


def test_a_namesake_is_asked_about_so_a_double_click_adds_one(tree, cast, sign_in):
    client = sign_in(cast.secretary_a)
    assert client.post(ADD, NEW).status_code == 302
    second = client.post(ADD, NEW)
    assert second.status_code == 422 and "another" in second.text and Member.objects.count() == 1
    assert client.post(ADD, NEW | {"another": "on"}).status_code == 302 and Member.objects.count() == 2


def test_who_may_be_known_under_another_spelling_is_asked_about(tree, cast, sign_in):
    known = make.member("Anna Mueller", tree.a, birth_date=date(1990, 5, 1))
    elsewhere = make.member("Anna Müller", tree.foreign_branch, birth_date=date(1990, 5, 1))
    asked = sign_in(cast.secretary_a).post(ADD, NEW | {"given_name": "Anna", "family_name": "Müller", "birth_date": "1990-05-01"})
    assert asked.status_code == 422 and known.get_absolute_url() in asked.text and elsewhere.get_absolute_url() not in asked.text


def test_section_add_and_end_by_the_officer(anna, tree, cast, sign_in):
    client = sign_in(cast.officer)
    add = reverse("membership:section_add", args=[anna.pk])
    assert client.post(add, {"unit": "jusos", "starts_on": "2026-01-01"}).url == anna.get_absolute_url()
    again = client.post(add, {"unit": "jusos", "starts_on": "2026-06-01"})
    assert again.status_code == 422
    period = anna.memberships.get(home=False)
    end = reverse("membership:section_end", args=[period.pk])
    assert client.post(end, {"ends_on": "2025-01-01"}).status_code == 422
    assert client.post(end, {"ends_on": "2999-01-01"}).status_code == 422
    assert client.post(end, {"ends_on": "2026-06-01"}).status_code == 302
    period.refresh_from_db()
    assert period.ends_on == date(2026, 6, 1) and period.end_reason == "out"
    assert client.post(add, {"unit": "jusos", "starts_on": "2026-07-01"}).status_code == 302
    assert anna.memberships.filter(home=False).count() == 2


@pytest.mark.parametrize("unit", ["altdorf", "musterstadt", "fremdstadt", "nirgends"])
def test_only_a_section_one_cares_for_can_be_joined(unit, anna, cast, sign_in):
    response = sign_in(cast.officer).post(reverse("membership:section_add", args=[anna.pk]), {"unit": unit, "starts_on": "2026-01-01"})
    assert response.status_code == 422 and not anna.memberships.filter(home=False).exists()


def test_the_home_is_not_ended_as_a_section(anna, cast, sign_in):
    assert sign_in(cast.admin).post(reverse("membership:section_end", args=[anna.memberships.get().pk]), {"ends_on": "2026-11-01"}).status_code == 404


def test_who_only_sees_a_member_cannot_take_them_into_a_section_of_their_own(anna, tree, cast, sign_in):
    make.appoint(cast.treasurer_a, "section_lead", tree.youth)
    client = sign_in(cast.treasurer_a)
    assert client.get(anna.get_absolute_url()).status_code == 200
    answer = client.post(reverse("membership:section_add", args=[anna.pk]), {"unit": tree.youth.slug, "starts_on": "2026-01-01"})
    assert answer.status_code == 403
    assert not anna.memberships.filter(home=False).exists()
