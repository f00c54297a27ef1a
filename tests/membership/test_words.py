"""Interests, skills and time; and the fields a unit adds for itself, with a purpose and an end."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from membership import own_fields, tagging, tasks
from membership.models import CustomField, Emptied, Errand, FieldValue, Member, MemberTag, Tag
from tests import factories as make

NOW = timezone.now()
ON = timezone.localdate()


@pytest.fixture
def as_user(db):
    def enter(person):
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter


@pytest.fixture
def words(tree):
    texts = [("skill", "Plakate", "שלטים"), ("skill", "Plakatieren", ""), ("interest", "Klima", "אקלים"), ("time", "Abends", "בערבים")]
    return [Tag.objects.create(party=tree.district, kind=kind, labels={"de": de, "he": he or de}) for kind, de, he in texts]


@pytest.fixture
def anna(tree):
    return make.member("Anna Arndt", tree.a)


def field(unit, type="text", **fields):
    return CustomField.objects.create(
        unit=unit, type=type, **{"labels": {"de": "T-Shirt"}, "purpose": "Sommerfest", "right": 2, "days": 30, "created_at": NOW} | fields
    )


def tick(client, member, *chosen, shown=""):
    data = {"shown": shown}
    for tag in chosen:
        data.setdefault(tag.kind, []).append(tag.pk)
    return client.post(reverse("membership:member_tags", args=[member.pk]), data)


def held(member):
    return {str(use.tag) for use in member.tags.select_related("tag")}


def test_member_tags_says_who_noted_what_and_when(cast, words, anna, as_user):
    client = as_user(cast.secretary_a)
    assert tick(client, anna, words[0], words[2]).status_code == 302
    use = anna.tags.get(tag=words[0])
    assert (use.set_by, use.source, held(anna)) == (cast.secretary_a, "officer", {"Plakate", "Klima"})
    page = client.get(reverse("membership:member_tags", args=[anna.pk])).text
    assert "Aylin Kaya" in page and "von einem Amt notiert" in page


def test_ticks_somebody_else_set_meanwhile_stay(cast, words, anna, as_user):
    tagging.set_tags(anna, {words[0].pk}, set(), cast.secretary_a, NOW)
    MemberTag.objects.create(member=anna, tag=words[3], set_at=NOW)  # while the form below was open
    tick(as_user(cast.secretary_a), anna, words[2], shown=str(words[0].pk))
    assert held(anna) == {"Klima", "Abends"}


def test_a_word_of_another_party_is_not_noted(tree, cast, anna, words, as_user):
    foreign = Tag.objects.create(party=tree.foreign, kind="skill", labels={"de": "Fremd"})
    tick(as_user(cast.secretary_a), anna, foreign)
    assert tagging.set_tags(anna, {foreign.pk}, set(), cast.secretary_a, NOW) is False
    assert held(anna) == set()
    assert ["Fremd" in as_user(person).get("/members/").text for person in (cast.secretary_a, cast.foreign_officer)] == [False, True]


def test_who_only_sees_notes_nothing(cast, anna, words, as_user):
    assert tick(as_user(cast.treasurer_a), anna, words[0]).status_code == 403
    assert tick(as_user(cast.secretary_b), anna, words[0]).status_code == 404


def test_merging_two_words_loses_nobody_and_counts_nobody_twice(tree, cast, words, anna, as_user):
    bert = make.member("Bert Busch", tree.a)
    for member, tag in ((anna, words[0]), (anna, words[1]), (bert, words[1])):
        MemberTag.objects.create(member=member, tag=tag, set_by=cast.secretary_a, set_at=NOW)
    answer = as_user(cast.admin).post(reverse("membership:tag_merge", args=[words[1].pk]), {"into": words[0].pk})
    assert answer.status_code == 302 and held(anna) == held(bert) == {"Plakate"}
    assert bert.tags.get().set_by == cast.secretary_a
    words[1].refresh_from_db()
    assert words[1].merged_into == words[0] and words[1].retired_on
    for wrong in (words[2], words[1]):
        with pytest.raises(ValueError):
            tagging.merge(words[0], wrong, ON)
    assert as_user(cast.admin).post(reverse("membership:tag_merge", args=[words[0].pk]), {"into": words[2].pk}).status_code == 422


def test_a_retired_word_stays_where_it_is_and_is_offered_to_nobody_new(tree, cast, words, anna, as_user):
    MemberTag.objects.create(member=anna, tag=words[0], set_at=NOW)
    as_user(cast.admin).post(reverse("membership:tag_retire", args=[words[0].pk]), {"do": "retire"})
    bert = make.member("Bert Busch", tree.a)
    assert words[0] in tagging.offered(anna) and words[0] not in tagging.offered(bert)
    as_user(cast.admin).post(reverse("membership:tag_retire", args=[words[0].pk]), {"do": "restore"})
    assert words[0] in tagging.offered(bert)


def test_words_are_read_in_the_language_of_the_reader(cast, words, as_user):
    client = as_user(cast.secretary_a)
    client.cookies["django_language"] = "he"
    assert "אקלים" in client.get(reverse("membership:tag_list")).text


# --- own fields ---


ADD = {"label_de": "T-Shirt", "type": "choice", "choices": "M\nL\n\nM", "purpose": "Sommerfest", "right": 2, "keep": "exit", "days": 30}


def test_a_field_asks_for_its_purpose_right_and_time_when_it_is_made(tree, cast, as_user):
    client, data = as_user(cast.secretary_a), ADD | {"unit": tree.a.pk}
    for missing in ("purpose", "right", "keep", "days", "label_de", "choices", "type"):
        answer = client.post(reverse("membership:field_add"), {key: value for key, value in data.items() if key != missing})
        assert answer.status_code == 422, missing
    assert client.post(reverse("membership:field_add"), data).status_code == 302
    made = CustomField.objects.get()
    assert (made.choices, made.created_by, made.unit) == (["M", "L"], cast.secretary_a, tree.a)
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomField.objects.filter(pk=made.pk).update(purpose="")


def test_nobody_adds_a_field_to_a_unit_of_others(tree, cast, as_user):
    answer = as_user(cast.secretary_a).post(reverse("membership:field_add"), ADD | {"unit": tree.district.pk})
    assert answer.status_code == 422 and not CustomField.objects.exists()


@pytest.mark.parametrize(
    "type, text, kept",
    [
        ("text", "  zwei\u202e Worte ", "zwei Worte"), ("number", "3,50", "3.5"), ("number", "007", "7"), ("number", "nan", None), ("number", "1e400", None),
        ("number", "viel", None), ("date", "2026-02-29", None), ("date", "2028-02-29", "2028-02-29"), ("date", "gestern", None), ("choice", "M", "M"),
        ("choice", "XXL", None), ("yes_no", "yes", "yes"), ("yes_no", "vielleicht", None), ("date", "", ""),
    ],
)  # fmt: skip
def test_values_are_checked_by_type(type, text, kept):
    own = CustomField(type=type, choices=["M", "L"])
    if kept is None:
        with pytest.raises(ValidationError):
            own.clean_value(text)
    else:
        assert own.clean_value(text) == kept


def write(client, member, **values):
    picture = values.pop("picture", "{}")
    return client.post(reverse("membership:member_fields", args=[member.pk]), {"picture": picture, **values})


def test_member_fields_writes_what_is_right_and_tells_what_is_not(tree, cast, anna, as_user):
    size, birth = field(tree.a, "choice", choices=["M", "L"]), field(tree.district, "date")
    client = as_user(cast.secretary_a)
    answer = write(client, anna, **{f"field_{size.pk}": "XXL", f"field_{birth.pk}": "2026-01-01"})
    assert answer.status_code == 422 and not FieldValue.objects.exists()
    assert write(client, anna, **{f"field_{size.pk}": "L", f"field_{birth.pk}": "2026-01-01"}).status_code == 302
    assert set(anna.custom_values.values_list("value", "set_by")) == {("L", cast.secretary_a.pk), ("2026-01-01", cast.secretary_a.pk)}
    picture = f'{{"{size.pk}": "L", "{birth.pk}": "2026-01-01"}}'
    write(client, anna, picture=picture, **{f"field_{size.pk}": "", f"field_{birth.pk}": "2026-01-01"})
    assert list(anna.custom_values.values_list("value", flat=True)) == ["2026-01-01"]


def test_the_same_field_changed_meanwhile_is_told_and_not_overwritten(tree, cast, anna, as_user):
    size = field(tree.a)
    FieldValue.objects.create(field=size, member=anna, value="M", set_at=NOW)
    answer = write(as_user(cast.secretary_a), anna, picture=f'{{"{size.pk}": "S"}}', **{f"field_{size.pk}": "L"})
    assert answer.status_code == 409 and "M" in answer.text and anna.custom_values.get().value == "M"
    again = answer.context["form"]["picture"].value()
    assert write(as_user(cast.secretary_a), anna, picture=again, **{f"field_{size.pk}": "L"}).status_code == 302
    assert anna.custom_values.get().value == "L"


def test_a_field_is_seen_with_the_right_it_asks_for_and_in_its_unit_only(tree, cast, anna, as_user):
    lead_only, of_b, of_youth = field(tree.a, right=3), field(tree.b), field(tree.youth)
    make.appoint(cast.treasurer_a, "section_lead", tree.a)  # cares for A

    def seen(user, member=anna):
        return {found.pk for found, _value, _may in own_fields.seen(member, user)}

    assert seen(cast.secretary_a) == {lead_only.pk} and seen(cast.treasurer_a) == set() == seen(cast.secretary_b)
    anna.memberships.create(unit=tree.youth, home=False, starts_on=anna.joined_on)
    assert seen(cast.section_lead) == {of_youth.pk} and seen(cast.secretary_a) == {lead_only.pk}
    assert of_b.pk not in seen(cast.officer)
    answer = write(as_user(cast.treasurer_a), anna, **{f"field_{lead_only.pk}": "geheim"})
    assert answer.status_code == 302 and not FieldValue.objects.exists()


def test_values_are_emptied_when_their_time_is_over_and_the_log_says_so(tree, cast, anna, as_user):
    left = make.member("Lena Left", tree.a, status="left", joined_on=date(2015, 1, 1), left_on=ON - timedelta(days=30))
    lately = make.member("Lars Left", tree.a, status="left", joined_on=date(2015, 1, 1), left_on=ON - timedelta(days=29))
    after_exit, fixed = field(tree.a, days=30), field(tree.a, keep="fixed", days=10)
    for member in (anna, left, lately):
        FieldValue.objects.create(field=after_exit, member=member, value="x", set_at=NOW - timedelta(days=4000))
    FieldValue.objects.create(field=fixed, member=anna, value="alt", set_at=NOW - timedelta(days=10))
    FieldValue.objects.create(field=fixed, member=lately, value="neu", set_at=NOW - timedelta(days=9))
    after_exit.retire(ON)
    tasks.empty_own_fields()
    tasks.empty_own_fields()
    assert set(after_exit.values.values_list("member", flat=True)) == {anna.pk, lately.pk}
    assert list(fixed.values.values_list("value", flat=True)) == ["neu"]
    assert list(Emptied.objects.order_by("field").values_list("field", "on", "count")) == [(after_exit.pk, ON, 1), (fixed.pk, ON, 1)]
    assert Member.objects.filter(pk=left.pk).exists()
    assert "1 Wert geleert" in as_user(cast.secretary_a).get(reverse("membership:field_edit", args=[fixed.pk])).text


def test_member_detail_tells_words_own_fields_and_errands_to_those_who_may_know(tree, cast, words, anna, as_user):
    secret, size, shirt = field(tree.a, right=3, labels={"de": "Geheimnis"}), field(tree.a, "yes_no"), field(tree.b, labels={"de": "Anderswo"})
    for own, value in ((secret, "verborgen"), (size, "yes"), (shirt, "von B")):
        FieldValue.objects.create(field=own, member=anna, value=value, set_at=NOW)
    MemberTag.objects.create(member=anna, tag=words[0], set_at=NOW)
    Errand.objects.create(member=anna, to=cast.secretary_a, by=cast.chair_a, text="Ruf sie an", due_on=ON, created_at=NOW)
    page = as_user(cast.secretary_a).get(anna.get_absolute_url()).text
    assert all(text in page for text in ("Plakate", "verborgen", "T-Shirt", ">ja<", "Ruf sie an", "Erledigt")) and "von B" not in page
    make.appoint(cast.treasurer_a, "section_lead", tree.a)  # cares for A, leads nothing
    page = as_user(cast.treasurer_a).get(anna.get_absolute_url()).text
    assert "Plakate" in page and "T-Shirt" in page and "verborgen" not in page
    page = as_user(make.user("Sina Sehend")).get(anna.get_absolute_url())
    assert page.status_code == 404
    seer = make.user("Sepp Seher")
    make.appoint(seer, "treasurer", tree.a)
    page = as_user(seer).get(anna.get_absolute_url()).text
    assert not any(text in page for text in ("Plakate", "verborgen", "T-Shirt", "Ruf sie an"))
