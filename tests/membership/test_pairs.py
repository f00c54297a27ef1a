"""Working on pairs in the browser: who sees which, merging, asking other units, undoing."""

from datetime import UTC, date, datetime

import pytest

from membership import duplicates, merging
from membership.models import CustomField, FieldValue, Member, Merge, Pair, Question
from tests import factories as make
from tests.at_once import at_once

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
BORN = date(1980, 2, 14)
LIST = "/duplicates/"


@pytest.fixture
def pair(tree, cast):
    """One person in branch A and in branch B, found by the search."""
    a = make.member("Jürgen Müller", tree.a, date(2015, 3, 1), number="17", birth_date=BORN, phone="0351 555017")
    b = make.member("Juergen Mueller", tree.b, date(2012, 1, 1), number="4711", birth_date=BORN, email="geheim@example.org")
    duplicates.search(NOW)
    pair = Pair.objects.get()
    pair.a, pair.b = a, b
    return pair


def page(sign_in, user, path=LIST):
    return sign_in(user).get(path)


def text(response):
    return response.content.decode()


def test_pair_list_shows_pairs_of_which_one_leads_both(pair, cast, sign_in):
    shown = text(page(sign_in, cast.officer))
    assert "Jürgen Müller" in shown and "Juergen Mueller" in shown and "gleiches geburtsdatum" in shown.lower()


@pytest.mark.parametrize("who", ["secretary_a", "secretary_b", "foreign_officer"])
def test_nobody_learns_from_a_pair_that_others_have_a_record(who, pair, cast, sign_in):
    user = getattr(cast, who)
    assert "ller" not in text(page(sign_in, user)) and not Pair.objects.visible_to(user).exists()
    assert page(sign_in, user, f"{LIST}{pair.pk}/").status_code == 404
    assert sign_in(user).post(f"{LIST}{pair.pk}/").status_code == 404


def test_asking_shows_the_own_record_to_the_other_unit_and_nothing_in_return(pair, cast, sign_in):
    answer = sign_in(cast.secretary_a).post(f"/members/{pair.a.pk}/question/", follow=True)
    unknown = make.member("Ganz Anders", pair.a.home_unit)
    other = sign_in(cast.secretary_a).post(f"/members/{unknown.pk}/question/", follow=True)
    told = [next(str(m) for m in response.context["messages"]) for response in (answer, other)]
    assert told[0] == told[1], "the answer is the same whether there is such a record or not"
    assert not Pair.objects.visible_to(cast.secretary_a).exists()
    shown = text(page(sign_in, cast.secretary_b, f"{LIST}{pair.pk}/"))
    assert "Jürgen" in shown and "Altdorf" in shown, "name and unit of the record that asks"
    assert "0351 555017" not in shown and "geheim@example.org" not in shown and ">17<" not in shown
    assert page(sign_in, cast.foreign_officer, f"{LIST}{pair.pk}/").status_code == 404


def test_the_asked_unit_may_merge_and_its_record_stays_where_it_is(pair, cast, sign_in):
    sign_in(cast.secretary_a).post(f"/members/{pair.a.pk}/question/")
    answer = sign_in(cast.secretary_b).post(f"{LIST}{pair.pk}/", {"email": "low", "survivor": "low", "membership": "low"})
    assert answer.status_code == 302 and Merge.objects.count() == 1
    survivor = Member.objects.get(pk__in=(pair.a.pk, pair.b.pk))
    assert survivor == pair.b and survivor.home_unit == pair.b.home_unit, "the own record, whatever is posted"
    assert (survivor.email, survivor.phone, survivor.joined_on) == ("geheim@example.org", "0351 555017", date(2012, 1, 1))
    assert not Question.objects.open().exists()


def test_an_invented_record_takes_nobody_away_and_changes_nothing_of_theirs(tree, cast, sign_in):
    """Made up by A to look like somebody of B: older, newer and fuller. All B can lose by agreeing is a field that was empty."""
    alice = make.member("Alice Stern", tree.b, date(2018, 1, 1), birth_date=BORN, email="alice@example.org", number="8")
    invented = make.member("Alice Stern", tree.a, date(1990, 1, 1), birth_date=BORN, email="eve@example.org", number="9")
    duplicates.search(NOW)
    sign_in(cast.secretary_a).post(f"/members/{invented.pk}/question/")
    shown = text(page(sign_in, cast.secretary_b, f"{LIST}{Pair.objects.get().pk}/"))
    assert "01.01.1990" in shown and "Bergheim" in shown, "what would become of it is told before"
    sign_in(cast.secretary_b).post(f"{LIST}{Pair.objects.get().pk}/")
    alice.refresh_from_db()
    assert (alice.home_unit, alice.email, alice.number) == (tree.b, "alice@example.org", "8")
    assert not Member.objects.visible_to(cast.secretary_a).exists()
    sign_in(cast.secretary_b).post(f"/merges/{Merge.objects.get().pk}/undo/")
    alice.refresh_from_db()
    assert alice.joined_on == date(2018, 1, 1)


def test_whoever_asked_must_still_lead_when_the_other_unit_agrees(pair, cast, sign_in):
    sign_in(cast.secretary_a).post(f"/members/{pair.a.pk}/question/")
    cast.secretary_a.appointments.update(ends_on=date(2021, 1, 1))
    assert sign_in(cast.secretary_b).post(f"{LIST}{pair.pk}/").status_code == 403
    assert not Merge.objects.exists()


def test_asking_can_be_ended(pair, cast, sign_in):
    sign_in(cast.secretary_a).post(f"/members/{pair.a.pk}/question/")
    assert Pair.objects.visible_to(cast.secretary_b).exists()
    sign_in(cast.secretary_a).post(f"/questions/{Question.objects.get().pk}/close/")
    assert not Pair.objects.visible_to(cast.secretary_b).exists()


def test_pair_detail_merges_with_the_fields_chosen_and_undoes(pair, cast, sign_in):
    client = sign_in(cast.officer)
    shown = client.get(f"{LIST}{pair.pk}/")
    assert "0351 555017" in text(shown) and "geheim@example.org" in text(shown)
    data = {"survivor": "low", "membership": "high", "number": "low", "email": "high", "phone": "low", "shown": shown.context["stamp"]}
    answer = client.post(f"{LIST}{pair.pk}/", data)
    assert answer["Location"] == f"/members/{pair.a.pk}/"
    kept = Member.objects.get(pk=pair.a.pk)
    assert (kept.home_unit, kept.number, kept.email) == (pair.b.home_unit, "17", "geheim@example.org")
    record = Merge.objects.get()
    assert client.get(f"/merges/{record.pk}/undo/").status_code == 200 and Merge.objects.standing().exists()
    assert client.post(f"/merges/{record.pk}/undo/")["Location"] == f"/members/{pair.b.pk}/"
    assert Member.objects.filter(pk__in=(pair.a.pk, pair.b.pk)).count() == 2


def test_a_second_click_on_merge_is_not_found_and_merges_nothing_else(pair, cast, sign_in):
    client = sign_in(cast.officer)
    assert client.post(f"{LIST}{pair.pk}/").status_code == 302
    assert client.post(f"{LIST}{pair.pk}/").status_code == 404 and Merge.objects.count() == 1


def test_a_record_changed_meanwhile_is_shown_again(pair, cast, sign_in):
    stamp = merging.stamp(pair.a, pair.b)
    Member.objects.filter(pk=pair.a.pk).update(version=7, phone="0351 999")
    answer = sign_in(cast.officer).post(f"{LIST}{pair.pk}/", {"shown": stamp})
    assert answer.status_code == 409 and "0351 999" in text(answer) and not Merge.objects.exists()


@pytest.mark.parametrize("do, state", [("not_same", "not_same"), ("later", "later"), ("nonsense", "open")])
def test_pair_decide_keeps_what_was_decided(do, state, pair, cast, sign_in):
    client = sign_in(cast.officer)
    client.post(f"{LIST}{pair.pk}/decide/", {"do": do})
    pair.refresh_from_db()
    assert pair.state == state and ("Müller" in text(client.get(LIST))) == (state == "open")
    client.post(f"{LIST}{pair.pk}/decide/?do=reopen")
    assert Pair.objects.get().state == "open"


def test_member_merge_finds_the_other_record_by_its_number(tree, cast, sign_in):
    one, two = make.member("Anna Alt", tree.a, number="1"), make.member("Anna Jung", tree.a, number="2")
    make.member("Berta Berg", tree.b, number="3")
    client = sign_in(cast.secretary_a)
    answer = client.post(f"/members/{one.pk}/merge/", {"number": "2"})
    assert answer["Location"] == f"{LIST}{Pair.objects.get(low=one, high=two).pk}/"
    for number in ("3", "1", "99", "\0"):
        assert client.post(f"/members/{one.pk}/merge/", {"number": number}).status_code == 422
    assert Pair.objects.count() == 1


def test_merge_undo_tells_when_it_is_too_late(pair, cast, sign_in):
    record = merging.merge(pair.a.pk, pair.b.pk, cast.officer, datetime(2026, 1, 1, tzinfo=UTC))
    answer = sign_in(cast.officer).post(f"/merges/{record.pk}/undo/")
    assert answer.status_code == 409 and not Member.objects.filter(pk=pair.b.pk).exists()


@pytest.mark.parametrize("many", [1, 60])
def test_pair_list_costs_the_same_for_many(many, tree, cast, sign_in, django_assert_max_num_queries):
    for number in range(many):
        make.member(f"Anna{number} Weber", tree.a, birth_date=BORN)
        make.member(f"Anna{number} Weber", tree.b, birth_date=BORN)
    duplicates.search(NOW)
    client = sign_in(cast.officer)
    client.get(LIST)
    with django_assert_max_num_queries(8):
        assert client.get(LIST).status_code == 200
    with django_assert_max_num_queries(14):
        client.get(f"{LIST}{Pair.objects.first().pk}/")


def test_pages_far_down_the_list_follow_on(tree, cast, sign_in):
    for number in range(60):
        make.member(f"Ann{number} Weber{number}", tree.a, birth_date=BORN)
        make.member(f"Ann{number} Weber{number}", tree.b, birth_date=BORN)
    duplicates.search(NOW)
    client = sign_in(cast.officer)
    first = client.get(LIST).context["page"]
    second = client.get(LIST + first.next_url).context["page"]
    pks = [pair.pk for pair in (*first.rows, *second.rows)]
    assert len(first.rows) == 50 and len(pks) == len(set(pks)) == min(100, Pair.objects.count())


def test_the_address_of_a_merged_record_leads_to_the_survivor_for_who_may_see_it(pair, cast, sign_in):
    merging.merge(pair.a.pk, pair.b.pk, cast.officer, NOW)
    old = f"/members/{pair.b.pk}/"
    assert page(sign_in, cast.officer, old)["Location"] == page(sign_in, cast.secretary_a, old)["Location"] == f"/members/{pair.a.pk}/"
    assert page(sign_in, cast.secretary_b, old).status_code == page(sign_in, cast.foreign_officer, old).status_code == 404
    shown = text(page(sign_in, cast.officer, f"/members/{pair.a.pk}/"))
    assert "Juergen Mueller · 4711 · 2012-01-01" in shown, "the timeline tells who it was"


def test_no_list_and_no_search_finds_a_merged_record(pair, cast, sign_in):
    merging.merge(pair.a.pk, pair.b.pk, cast.officer, NOW)
    client = sign_in(cast.officer)
    for path in ("/members/?show=all", "/search/?q=Juergen+Mueller", "/search/?q=4711", "/", LIST):
        assert f"/members/{pair.b.pk}/" not in text(client.get(path)), path


def test_two_clicks_at_once_are_one_merge(transactional_db):
    """Two sessions merge the same pair, one each way round: one merge, the other is told that a record is gone."""
    from branches import setup

    setup.install()
    unit = make.unit("Altdorf", "branch", slug="altdorf")
    one, two = make.member("Anna Alt", unit), make.member("Anna Alt", unit)
    said = at_once(lambda: merging.merge(one.pk, two.pk, None, NOW), lambda: merging.merge(two.pk, one.pk, None, NOW))
    assert Merge.objects.count() == Member.objects.count() == 1
    assert [type(each) for each in said if isinstance(each, Exception)] == [merging.Refused]


def test_who_read_the_merged_record_is_told_to_the_survivor(pair, cast, sign_in):
    from membership.models import Reading

    page(sign_in, cast.secretary_b, f"/members/{pair.b.pk}/")
    merging.merge(pair.a.pk, pair.b.pk, cast.officer, NOW)
    assert [entry.by for entry in Reading.objects.of(pair.a)] == [cast.secretary_b]


def own_field(pair, unit, right=2, **values):
    field = CustomField.objects.create(unit=unit, type="text", purpose="choir", days=30, right=right, labels={"de": "Stimme"}, created_at=NOW)
    for side, value in values.items():
        FieldValue.objects.create(field=field, member=getattr(pair, side), value=value, set_at=NOW)
    return field


def test_own_fields_that_differ_stand_side_by_side_and_the_chosen_one_stays(pair, tree, cast, sign_in):
    field = own_field(pair, tree.district, a="alto", b="tenor")
    shown = text(page(sign_in, cast.officer, f"{LIST}{pair.pk}/"))
    assert "Stimme" in shown and "alto" in shown and "tenor" in shown
    side = "low" if pair.low == pair.b else "high"
    survivor = "high" if side == "low" else "low"
    answer = sign_in(cast.officer).post(f"{LIST}{pair.pk}/", {"survivor": survivor, f"own_{field.pk}": side})
    assert answer.status_code == 302 and FieldValue.objects.get().value == "tenor" and FieldValue.objects.get().member == pair.a


def test_own_fields_one_may_not_see_are_no_question(pair, tree, cast, sign_in):
    own_field(pair, tree.youth, a="alto", b="tenor", right=3)
    make.appoint(cast.stranger, "chair", tree.a)
    make.appoint(cast.stranger, "chair", tree.b)
    shown = text(page(sign_in, cast.stranger, f"{LIST}{pair.pk}/"))
    assert "Juergen" in shown and "alto" not in shown and "Stimme" not in shown
