"""The member list as a tool: presets, what narrows it, columns, kept views; and one action on many with its undo."""

import uuid
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from membership import bulk, tasks
from membership.choosing import picks_of
from membership.models import BulkRow, BulkRun, Change, CustomField, Errand, FieldValue, Member, Membership, MemberTag, SavedView, Tag
from membership.presets import PRESETS
from onboarding import journeys
from onboarding.models import Contact, Journey, JourneyStep
from tests import factories as make

NOW = timezone.now()
ON = timezone.localdate()


@pytest.fixture
def as_user(db):
    def enter(person, language=None):
        client = Client()
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        if language:
            client.cookies["django_language"] = language
        return client

    return enter


@pytest.fixture
def shown(as_user):
    """shown(person, query) are the names on the first page."""

    def names(person, query=""):
        rows = as_user(person).get(f"/members/?{query}").context["page"].rows
        return [f"{row.given_name} {row.family_name}" for row in rows]

    return names


@pytest.fixture
def tag(tree):
    return Tag.objects.create(party=tree.district, kind="skill", labels={"de": "Plakate", "he": "שלטים"})


@pytest.fixture
def people(tree):
    return [make.member("Anna Arndt", tree.a), make.member("Bert Busch", tree.a), make.member("Berta Berg", tree.b)]


# --- presets ---


def test_presets_of_arriving_find_who_waits_and_who_is_stuck(tree, cast, shown):
    fresh = make.member("Nina Neu", tree.a, joined_on=ON - timedelta(days=40))
    make.member("Otto Alt", tree.a)
    journeys.start_due(ON)
    assert shown(cast.secretary_a, "show=no_contact") == ["Nina Neu"] and shown(cast.secretary_a, "show=stalled") == []
    Journey.objects.filter(member=fresh).update(next_due_on=ON - timedelta(days=15))
    assert shown(cast.secretary_a, "show=stalled") == ["Nina Neu"] and shown(cast.secretary_b, "show=stalled") == []
    Contact.objects.log(fresh, cast.secretary_a, ON, result="reached")
    assert shown(cast.secretary_a, "show=no_contact") == []


def test_who_waits_longest_for_a_contact_or_a_step_comes_first(tree, cast, shown):
    for name, days in (("Anna Lang", 100), ("Bert Kurz", 10), ("Carl Mitte", 55)):
        make.member(name, tree.a, joined_on=ON - timedelta(days=days))
    journeys.start_due(ON)
    for journey in Journey.objects.select_related("member"):
        Journey.objects.filter(pk=journey.pk).update(contact_due_on=journey.member.joined_on + timedelta(days=30))
    assert shown(cast.secretary_a, "show=no_contact") == ["Anna Lang", "Carl Mitte", "Bert Kurz"]
    assert shown(cast.secretary_a, "show=no_mentor") == ["Bert Kurz", "Carl Mitte", "Anna Lang"]  # the newest: a mentor helps at the beginning
    for name, days in (("Bert", 90), ("Anna", 20)):
        Journey.objects.filter(member__given_name=name).update(next_due_on=ON - timedelta(days=days))
    assert shown(cast.secretary_a, "show=stalled")[:2] == ["Bert Kurz", "Anna Lang"]


def test_who_moved_twice_stands_once_by_the_last_day(tree, cast, shown):
    for name, days in (("Ulla Umzug", (20, 3)), ("Karl Einmal", (10,)), ("Jana Gestern", (1,))):
        member = make.member(name, tree.a)
        member.memberships.all().delete()
        ends = [ON - timedelta(days=day) for day in days]
        for begins, end, unit in zip([date(2015, 1, 1), *ends], [*ends, None], [tree.b, tree.a, tree.a] if len(ends) == 2 else [tree.b, tree.a], strict=True):
            Membership.objects.create(member=member, unit=unit, starts_on=begins, ends_on=end, end_reason="moved" if end else "")
    assert shown(cast.secretary_a, "show=moved") == ["Jana Gestern", "Ulla Umzug", "Karl Einmal"]


def test_the_quiet_are_those_nobody_reached_for_a_year_the_longest_first(tree, cast, shown):
    old, lately, never = (make.member(name, tree.a, joined_on=date(2010, 1, 1)) for name in ("Olga Lang", "Lars Lately", "Nora Nie"))
    make.member("Nina Neu", tree.a, joined_on=ON - timedelta(days=100))
    make.member("Ute Weg", tree.a, status="left", left_on=ON)
    Contact.objects.log(old, cast.secretary_a, ON - timedelta(days=500), result="reached")
    Contact.objects.log(lately, cast.secretary_a, ON - timedelta(days=500), result="reached")
    last, _new = Contact.objects.log(lately, cast.secretary_a, ON - timedelta(days=10), result="reached")
    Contact.objects.log(never, cast.secretary_a, ON - timedelta(days=10), result="not_reached")
    assert shown(cast.secretary_a, "show=quiet") == ["Nora Nie", "Olga Lang"]
    last.delete()
    assert shown(cast.secretary_a, "show=quiet") == ["Nora Nie", "Olga Lang", "Lars Lately"] or shown(cast.secretary_a, "show=quiet")[0] == "Nora Nie"
    assert len(shown(cast.secretary_a, "show=quiet")) == 3
    assert "Olga Lang" in shown(cast.treasurer_a, "show=quiet") and "Nina Neu" in shown(cast.treasurer_a, "show=quiet")  # no such preset: all


def test_the_day_of_the_last_contact_follows_every_writer(tree, cast):
    anna, bert = make.member("Anna Arndt", tree.a), make.member("Bert Busch", tree.a)

    def last(member):
        return Member.objects.values_list("last_contact_on", flat=True).get(pk=member.pk)

    rows = Contact.objects.bulk_create(
        Contact(member=anna, by=cast.secretary_a, on=ON - timedelta(days=days), result="reached") for days in (3, 9)
    )
    assert (last(anna), last(bert)) == (ON - timedelta(days=3), None)
    Contact.objects.filter(pk=rows[0].pk).update(member=bert)  # as a merge does
    assert (last(anna), last(bert)) == (ON - timedelta(days=9), ON - timedelta(days=3))
    Contact.objects.filter(pk=rows[0].pk).update(result="not_reached")
    assert last(bert) is None
    Contact.objects.all().delete()
    assert last(anna) is None


def test_moved_in_moved_out_and_returned(tree, cast, shown):
    moved, back = make.member("Ulla Umzug", tree.b), make.member("Rita Rück", tree.a)
    moved.memberships.all().delete()
    Membership.objects.create(member=moved, unit=tree.a, starts_on=date(2015, 1, 1), ends_on=ON - timedelta(days=3), end_reason="moved")
    Membership.objects.create(member=moved, unit=tree.b, starts_on=ON - timedelta(days=3))
    Change.objects.create(member=back, kind="returned", at=NOW)
    assert shown(cast.secretary_b, "show=moved") == ["Ulla Umzug"]
    assert shown(cast.officer, "show=moved_out&unit=altdorf") == ["Ulla Umzug"]
    assert shown(cast.secretary_a, "show=moved_out") == []  # no longer theirs to see
    assert shown(cast.secretary_a, "show=returned") == ["Rita Rück"]


@pytest.mark.parametrize("show", ["no_contact", "no_mentor", "stalled", "quiet", "moved_out", "returned", "new"])
def test_every_preset_asks_the_same_number_of_questions_for_any_length(show, tree, cast, as_user):
    client, asked = as_user(cast.secretary_a), []
    for many in (1, 60):
        for number in range(many):
            make.member(f"Kim Nummer{number}", tree.a, joined_on=ON - timedelta(days=400))
        journeys.start_due(ON)
        client.get(f"/members/?show={show}")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/members/?show={show}")
        asked.append(len(queries))
    assert asked[0] == asked[1] <= 10


@pytest.mark.parametrize("show", ["quiet", "no_contact", "no_mentor", "stalled", "moved"])
def test_pages_of_a_preset_go_forth_over_everybody_once(show, tree, cast, as_user):
    for number in range(70):
        joined = date(2015, 1, 1 + number % 5) if show == "quiet" else ON - timedelta(days=60 + number % 5)
        member = make.member(f"Kim Nummer{number}", tree.a, joined_on=joined)
        if show == "moved":
            member.memberships.update(ends_on=ON - timedelta(days=number % 5), end_reason="moved")
    if show in ("no_contact", "no_mentor", "stalled"):
        journeys.start_due(ON)
        Journey.objects.update(next_due_on=ON - timedelta(days=30))
    client, seen, query = as_user(cast.secretary_a), [], f"?show={show}"
    while query:
        page = client.get(f"/members/{query}").context["page"]
        seen += [row.pk for row in page.rows]
        query = page.next_url
    assert len(seen) == len(set(seen)) == 70


# --- what narrows it, its columns, kept views ---


def test_a_word_and_an_own_field_narrow_only_among_those_one_may_ask_it_of(tree, cast, people, tag, shown):
    secret = CustomField.objects.create(unit=tree.district, labels={"de": "Größe"}, type="choice", choices=["L"], purpose="Fest", right=3, days=3, created_at=NOW)
    for member in people:
        MemberTag.objects.create(member=member, tag=tag, set_at=NOW)
        FieldValue.objects.create(field=secret, member=member, value="L", set_at=NOW)
    make.member("Ohne Alles", tree.a)
    make.appoint(cast.secretary_a, "treasurer", tree.b)  # sees B, cares for A
    make.appoint(cast.treasurer_a, "section_lead", tree.a)  # cares for A, leads nothing
    assert shown(cast.secretary_a, f"tag={tag.pk}") == shown(cast.secretary_a, f"own={secret.pk}:L") == ["Anna Arndt", "Bert Busch"]
    assert len(shown(cast.treasurer_a, f"tag={tag.pk}")) == 2
    everybody = shown(cast.treasurer_a, f"own={secret.pk}:L")
    assert everybody == shown(cast.treasurer_a) and "Ohne Alles" in everybody  # the field is not one of theirs: nothing is narrowed
    assert shown(cast.officer, f"own={secret.pk}:*") == ["Anna Arndt", "Berta Berg", "Bert Busch"]


def test_columns_come_in_the_order_of_the_address_and_hide_what_one_may_not_see(tree, cast, people, tag, as_user):
    anna = people[0]
    MemberTag.objects.create(member=anna, tag=tag, set_at=NOW)
    Member.objects.filter(pk=anna.pk).update(city="Geheimstadt", last_contact_on=date(2026, 3, 5))
    own = CustomField.objects.create(unit=tree.a, labels={"de": "Größe"}, type="yes_no", purpose="Fest", right=2, days=3, created_at=NOW)
    FieldValue.objects.create(field=own, member=anna, value="yes", set_at=NOW)
    answer = as_user(cast.secretary_a).get(f"/members/?cols=words,field-{own.pk},city,since,unit,nonsense,unit")
    assert [name for name, _label in answer.context["columns"]] == ["words", f"field-{own.pk}", "city", "since", "unit"]
    row = str(answer.context["rows"][0])
    assert "Plakate" in row and ">ja<" in row and "Geheimstadt" in row and "2026" in row
    seen = as_user(cast.treasurer_a).get(f"/members/?cols=words,field-{own.pk},city,since,unit")
    assert [name for name, _label in seen.context["columns"]] == ["unit"]
    assert "Plakate" not in seen.text and "Geheimstadt" not in seen.text and 'name="pick"' not in seen.text


def test_column_choice_moves_and_drops_by_links_alone(cast, as_user):
    client = as_user(cast.secretary_a)
    page = client.get(reverse("membership:column_choice"), {"show": "new", "cols": "unit,status,age"})
    first, second, _third = page.context["rows"]
    assert first["up"] == "" and "cols=status%2Cunit%2Cage" in first["down"] and "cols=unit%2Cage" in second["without"]
    assert "show=new" in page.context["list_url"]
    assert client.get(reverse("membership:column_choice") + "?cols=%00,x").status_code == 200


@pytest.mark.parametrize("sort", ["name", "joined", "oldest", "nonsense"])
def test_the_list_is_sorted_as_asked_over_all_pages(sort, tree, cast, as_user):
    for number in range(60):
        make.member(f"Kim N{number:02}", tree.a, joined_on=date(2015, 1, 1) + timedelta(days=(number * 7) % 60))
    client, seen, query = as_user(cast.secretary_a), [], f"?sort={sort}"
    while query:
        page = client.get(f"/members/{query}").context["page"]
        seen += [(row.joined_on, row.sort_key) for row in page.rows]
        query = page.next_url
    key = {"joined": lambda row: row[0], "oldest": lambda row: row[0]}.get(sort, lambda row: row[1])
    assert len(seen) == 60 and [key(row) for row in seen] == sorted(map(key, seen), reverse=sort == "joined")


def test_a_view_is_kept_for_oneself_or_for_those_with_an_office_in_the_unit(tree, cast, as_user):
    address = reverse("membership:view_list")
    client = as_user(cast.secretary_a)
    assert client.post(f"{address}?show=new&cols=unit&after=x", {"name": "Neue"}).status_code == 302
    assert client.post(f"{address}?show=left", {"name": "Unsere", "unit": tree.a.pk}).status_code == 302
    assert client.post(f"{address}?show=left", {"name": "Neue"}).status_code == 422  # a name once
    assert client.post(f"{address}?show=left", {"name": "Fremd", "unit": tree.b.pk}).status_code == 422
    assert [row.address for row in client.get(address).context["rows"]] == ["show=new&cols=unit", "show=left"]
    assert [row.name for row in as_user(cast.treasurer_a).get(address).context["rows"]] == ["Unsere"]
    assert not as_user(cast.secretary_b).get(address).context["rows"]
    beside = client.get("/members/?counts=1").context["presets"][-2:]
    assert [(view["label"], view["url"]) for view in beside] == [("Neue", "/members/?show=new&cols=unit"), ("Unsere", "/members/?show=left")]
    assert not {"Neue", "Unsere"} & {view["label"] for view in as_user(cast.secretary_b).get("/members/?counts=1").context["presets"]}
    ours = SavedView.objects.get(name="Unsere")
    assert as_user(cast.treasurer_a).post(reverse("membership:view_delete", args=[ours.pk])).status_code == 403
    assert as_user(cast.chair_a).post(reverse("membership:view_delete", args=[ours.pk])).status_code == 302


def test_what_the_bar_sends_is_read_with_care():
    assert picks_of(QueryDict("of=q%3Dx&pick=1&pick=x&pick=2&pick=99999999999999999999")) == ("q=x", [1, 2])
    assert picks_of(QueryDict("all=1&pick=1")) == ("", None) and picks_of(QueryDict("of=%00")) == ("", [])
    assert len(picks_of(QueryDict("&".join(f"pick={n}" for n in range(900))))[1]) == 500


# --- one action on many ---


def ask(people, kind="tag", of="", **more):
    chosen = [("pick", member.pk) for member in people] if people else [("all", 1)]
    return f"{reverse('membership:bulk_add')}?" + urlencode([("do", kind), ("of", of), *chosen, *more.items()])


def act(client, people, kind="tag", of="", **more):
    """The run of an action that was looked at and then done."""
    more = {"key": uuid.uuid4()} | more
    answer = client.post(ask(people, kind, of), more)
    assert answer.status_code == 302, answer.context["form"].errors
    return BulkRun.objects.order_by("-pk").first()


def test_bulk_add_shows_first_whom_it_is_about_and_changes_nothing(tree, cast, people, tag, as_user):
    MemberTag.objects.create(member=people[1], tag=tag, set_at=NOW)
    client = as_user(cast.secretary_a)
    answer = client.get(ask(people, tag=tag.pk, key=uuid.uuid4()))
    assert (answer.context["count"], answer.context["names"], answer.context["settled"]) == (1, ["Anna Arndt"], True)
    assert [names for _sentence, names in answer.context["left_out"]] == [[], [people[1].name]] and "Berta" not in answer.text
    assert f"<bdi>{people[1].name}</bdi>" in answer.text, "who is left out has a name where one may know it"
    assert MemberTag.objects.count() == 1 and not BulkRun.objects.exists()


def test_a_foreign_member_in_the_selection_is_told_and_not_touched(tree, cast, people, tag, as_user):
    run = act(as_user(cast.secretary_a), people, tag=tag.pk)
    assert set(MemberTag.objects.values_list("member", flat=True)) == {people[0].pk, people[1].pk}
    assert (run.count, run.left_out) == (2, {"foreign": 1})
    page = as_user(cast.secretary_a).get(reverse("membership:bulk_detail", args=[run.pk])).text
    assert "nicht zu euch" in page and "Berta" not in page


def test_whom_one_only_sees_is_told_and_not_touched(tree, cast, people, tag, as_user):
    make.appoint(cast.secretary_a, "treasurer", tree.b)
    run = act(as_user(cast.secretary_a), [], tag=tag.pk)
    assert (run.count, run.left_out) == (2, {"rights": 1}) and not people[2].tags.exists()


def test_who_left_between_looking_and_doing_is_told_and_not_touched(tree, cast, people, tag, as_user):
    client = as_user(cast.secretary_a)
    client.get(ask(people[:2], tag=tag.pk, key=uuid.uuid4()))
    Member.objects.filter(pk=people[1].pk).update(status="left", left_on=ON)
    run = act(client, people[:2], tag=tag.pk)
    assert (run.count, run.left_out) == (1, {"changed": 1}) and not people[1].tags.exists()


def test_a_double_click_acts_once(cast, people, tag, as_user):
    client, key = as_user(cast.secretary_a), uuid.uuid4()
    first = act(client, people[:1], tag=tag.pk, key=key)
    answer = client.post(ask(people[:1]), {"tag": tag.pk, "key": key})
    assert BulkRun.objects.count() == 1 and MemberTag.objects.count() == 1 and answer.status_code in (200, 302) and first.count == 1


def everything():
    """All words and errands, row by row."""
    return list(MemberTag.objects.order_by("pk").values()), list(Errand.objects.order_by("pk").values())


def test_undo_restores_row_by_row_what_was_before(tree, cast, people, tag, as_user):
    other = Tag.objects.create(party=tree.district, kind="time", labels={"de": "Abends"})
    MemberTag.objects.create(member=people[0], tag=tag, source="member", set_at=NOW - timedelta(days=50))
    MemberTag.objects.create(member=people[1], tag=other, set_by=cast.chair_a, set_at=NOW - timedelta(days=9))
    client, before = as_user(cast.secretary_a), everything()
    for kind, more in (("tag", {"tag": tag.pk}), ("untag", {"tag": tag.pk}), ("assign", {"to": cast.chair_a.pk, "text": "Ruf an", "due_on": ON})):
        run = act(client, people[:2], kind, **more)
        assert run.count and everything() != before, kind
        client.post(reverse("membership:bulk_undo", args=[run.pk]))
        assert everything() == before, kind
        client.post(reverse("membership:bulk_undo", args=[run.pk]))
        run.refresh_from_db()
        assert everything() == before and (run.state, run.stayed) == ("undone", 0)


def test_undo_leaves_what_somebody_worked_on_since(tree, cast, people, as_user):
    client = as_user(cast.secretary_a)
    run = act(client, people[:2], "assign", to=cast.chair_a.pk, text="Ruf an", due_on=ON)
    done = Errand.objects.get(member=people[0])
    as_user(cast.chair_a).post(reverse("membership:errand_done", args=[done.pk]))
    client.post(reverse("membership:bulk_undo", args=[run.pk]))
    run.refresh_from_db()
    assert list(Errand.objects.values_list("member", "done_by")) == [(people[0].pk, cast.chair_a.pk)] and run.stayed == 1


def test_undo_touches_only_whom_one_still_cares_for(tree, cast, people, tag, as_user):
    client = as_user(cast.officer)
    run = act(client, people, tag=tag.pk)
    cast.officer.appointments.update(unit=tree.a)
    client.post(reverse("membership:bulk_undo", args=[run.pk]))
    run.refresh_from_db()
    assert list(MemberTag.objects.values_list("member", flat=True)) == [people[2].pk] and run.stayed == 1


def test_the_list_of_who_moved_out_says_why_somebody_may_not_be_in_it(tree, cast, as_user):
    answer = as_user(cast.secretary_a).get("/members/?show=moved_out")
    assert not answer.context["page"].rows and str(PRESETS["moved_out"].nobody) in answer.text


def test_nobody_takes_back_what_another_did(cast, people, tag, as_user):
    run = act(as_user(cast.secretary_a), people[:1], tag=tag.pk)
    for person in (cast.officer, cast.chair_a, cast.stranger):
        assert as_user(person).post(reverse("membership:bulk_undo", args=[run.pk])).status_code == 404
        assert as_user(person).get(reverse("membership:bulk_detail", args=[run.pk])).status_code == 404
    assert MemberTag.objects.count() == 1


def test_an_errand_goes_to_who_may_take_care_and_is_done_by_one_button(tree, cast, people, as_user):
    client = as_user(cast.officer)
    run = act(client, [], "assign", to=cast.secretary_b.pk, text="Zum Geburtstag anrufen", due_on=ON)
    assert (run.count, run.left_out) == (1, {"not_theirs": 2})
    assert "Zum Geburtstag anrufen" in as_user(cast.secretary_b).get(reverse("membership:errand_list")).text
    errand = Errand.objects.get()
    assert as_user(cast.secretary_a).post(reverse("membership:errand_done", args=[errand.pk])).status_code == 404
    assert as_user(cast.admin).post(reverse("membership:errand_done", args=[errand.pk])).status_code == 403
    as_user(cast.secretary_b).post(reverse("membership:errand_done", args=[errand.pk]))
    errand.refresh_from_db()
    assert errand.done_by == cast.secretary_b


@pytest.mark.parametrize("wrong", [{"do": "delete"}, {"do": "tag", "of": "status=king"}, {"do": "assign"}])
def test_an_action_that_makes_no_sense_does_nothing(wrong, cast, people, as_user):
    query = urlencode({"all": 1} | wrong)
    assert as_user(cast.secretary_a).post(f"{reverse('membership:bulk_add')}?{query}", {"key": uuid.uuid4()}).status_code in (404, 422)
    assert not BulkRun.objects.exists()


def test_a_word_of_another_party_and_a_person_without_care_are_not_offered(tree, cast, people, as_user):
    foreign = Tag.objects.create(party=tree.foreign, kind="skill", labels={"de": "Fremd"})
    client = as_user(cast.secretary_a)
    assert client.post(ask(people), {"tag": foreign.pk, "key": uuid.uuid4()}).status_code == 422
    for person in (cast.treasurer_a, cast.foreign_officer, cast.stranger):
        data = {"to": person.pk, "text": "x", "due_on": ON, "key": uuid.uuid4()}
        assert client.post(ask(people, "assign"), data).status_code == 422
    assert not BulkRun.objects.exists()


def test_letters_and_taking_out_lead_to_the_purpose(cast, people, as_user):
    client = as_user(cast.secretary_a)
    for kind, format in (("letters", "letters"), ("export", "")):
        answer = client.get(ask(people[:2], kind, of="show=new"))
        assert answer.url.startswith(reverse("membership:export_add")) and f"pick={people[0].pk}" in answer.url and "of=show%3Dnew" in answer.url
        assert (f"format={format}" in answer.url) == bool(format)


def test_a_large_action_is_done_by_a_worker_and_found_again_without_a_broker(tree, cast, people, tag, as_user, monkeypatch):
    monkeypatch.setattr(bulk, "SOON", 1)
    run = act(as_user(cast.secretary_a), people[:2], tag=tag.pk)
    assert run.state == "due" and not MemberTag.objects.exists()
    tasks.do_due_bulks()
    tasks.do_due_bulks()
    run.refresh_from_db()
    assert (run.state, run.count, MemberTag.objects.count(), BulkRow.objects.count()) == ("done", 2, 2, 2)


def test_a_worker_acts_with_the_rights_of_its_moment(tree, cast, people, tag, as_user, monkeypatch):
    monkeypatch.setattr(bulk, "SOON", 1)
    run = act(as_user(cast.officer), people, tag=tag.pk)
    cast.officer.appointments.update(ends_on=ON)
    tasks.do_due_bulks()
    run.refresh_from_db()
    assert run.count == 0 and not MemberTag.objects.exists() and JourneyStep.objects.count() == 0


@pytest.mark.parametrize("language, word", [("de", "Die ganze Liste"), ("he", "כל הרשימה"), ("en", "the whole list")])
def test_the_bar_speaks_the_language_of_its_reader(language, word, cast, people, as_user):
    assert word.lower() in as_user(cast.secretary_a, language).get("/members/").text.lower()


def test_the_preset_without_a_mentor_finds_new_members_until_a_pair_runs(tree, cast, shown):
    from onboarding import mentoring
    from onboarding.models import Mentee, Mentor, Pairing

    new = make.member("Nina Neu", tree.a, joined_on=ON - timedelta(days=40))
    make.member("Otto Alt", tree.a)
    journeys.start_due(ON)
    assert shown(cast.secretary_a, "show=no_mentor") == ["Nina Neu"] and shown(cast.secretary_b, "show=no_mentor") == []
    pool = mentoring.begin(tree.district, NOW)
    mentor = Mentor.objects.create(member=make.member("Mia Mentorin", tree.a), pool=pool, at=NOW, state="confirmed")
    mentee = Mentee.objects.update_or_create(member=new, defaults={"pool": pool, "at": NOW, "since": ON, "state": "waiting"})[0]
    dates = {"asked_on": ON, "answer_until": ON}
    pair = Pairing.objects.create(pool=pool, mentor=mentor, mentee=mentee, **dates)
    assert shown(cast.secretary_a, "show=no_mentor") == ["Nina Neu"], "who is only asked for has none yet"
    Pairing.objects.filter(pk=pair.pk).update(state="running")
    assert shown(cast.secretary_a, "show=no_mentor") == []
    Pairing.objects.filter(pk=pair.pk).update(state="ended", ended="done")
    assert shown(cast.secretary_a, "show=no_mentor") == ["Nina Neu"]


def test_who_no_longer_cares_takes_nothing_back(tree, cast, people, tag, as_user):
    client = as_user(cast.secretary_a)
    run, given = act(client, people[:1], tag=tag.pk), act(client, people[:1], "assign", to=cast.secretary_a.pk, text="Bitte anrufen", due_on=ON)
    assert given.count == 1 and "Anna Arndt" in client.get(reverse("membership:errand_list")).text
    cast.secretary_a.appointments.update(unit=tree.b)
    client.post(reverse("membership:bulk_undo", args=[run.pk]))
    assert MemberTag.objects.filter(member=people[0], tag=tag).exists()
    assert "Anna Arndt" not in client.get(reverse("membership:errand_list")).text
