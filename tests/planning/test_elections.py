"""Election plans: from a template back from the day, moved with it, filled by hand and by proposal, told in the digest."""

import re
from datetime import date, time, timedelta
from functools import partial
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from branches import founding
from branches.models import Unit
from common.keyset import page_of
from onboarding import digest_parts
from planning import election_plans, election_templates, filling, posting
from planning.models import Duty, Election, ElectionMilestone, ElectionTemplate, Filling, Post, Shift, TemplateMilestone, Volunteer
from planning.tasks import propose_due_fillings
from tests import factories as make
from tests.planning import elections

TODAY = timezone.localdate()
NOW = timezone.now()
SOON = TODAY + timedelta(days=60)


@pytest.fixture
def template(tree):
    return election_templates.install(tree.district)


@pytest.fixture
def vote(tree, cast):
    """An election of the district in which A and B take part, in sixty days."""
    return elections.election(tree.district, cast.officer, [tree.a, tree.b], day=SOON)


def shift(post, days=0, starts=10, ends=12, needed=2):
    low, high = (election_plans.moment(post.election.day + timedelta(days=days), time(hour)) for hour in (starts, ends))
    return Shift.objects.create(post=post, starts_at=low, ends_at=high, needed=needed)


def address(name, *args):
    return reverse(f"planning:{name}", args=args)


# --- templates --------------------------------------------------------------------------------------------------------


def test_the_usual_plan_is_installed_once_and_what_a_party_changed_stays(tree, template):
    template.milestones.first().delete()
    assert election_templates.install(tree.district) == template
    assert template.milestones.count() == len(election_templates.MILESTONES) - 1
    days = set(template.milestones.values_list("days_before", flat=True))
    assert max(days) <= 180 and min(days) == -7


def test_every_text_of_the_usual_plan_is_in_three_languages(template):
    for line in [*template.milestones.all(), *template.posts.all(), template]:
        assert set(line.labels) == {"de", "he", "en"} and all(line.labels.values())
        assert set(getattr(line, "texts", {"de": 1, "he": 1, "en": 1})) == {"de", "he", "en"}


def test_a_new_party_begins_with_the_usual_plan(db):
    call_command("found_party", "Neustadt", slug="neustadt", admin="a@example.org", admin_name="Anna Anfang", stdout=StringIO())
    assert ElectionTemplate.objects.get(unit__slug="neustadt").usual
    founding.install(Unit.objects.get(slug="neustadt"))
    assert ElectionTemplate.objects.count() == 1


def test_units_below_take_the_template_from_above_and_may_change_a_copy(cast, tree, template, sign_in):
    client = sign_in(cast.secretary_a)
    client.post(address("election_template_copy", tree.a.slug), {"of": template.pk})
    own = ElectionTemplate.objects.get(unit=tree.a)
    assert own.milestones.count() == template.milestones.count() and not own.usual
    assert list(ElectionTemplate.objects.for_unit(tree.a)) == [own, template]
    assert list(ElectionTemplate.objects.for_unit(tree.b)) == [template]
    line = own.milestones.first()
    answer = client.post(address("template_milestone_edit", own.pk, line.pk), {"label_de": "Früh anfangen", "days_before": 170, "office": line.office_id})
    assert answer.status_code == 302
    line.refresh_from_db()
    assert (str(line), line.days_before) == ("Früh anfangen", 170)
    assert not TemplateMilestone.objects.filter(template=template, days_before=170).exists()


def test_a_line_of_a_template_needs_a_name_and_a_day_of_the_plan(cast, tree, template, sign_in):
    answer = sign_in(cast.officer).post(address("template_milestone_add", template.pk), {"days_before": 400, "office": template.milestones.first().office_id})
    assert answer.status_code == 422
    assert {"label_de", "days_before"} <= set(answer.context["form"].errors)


# --- planning an election ---------------------------------------------------------------------------------------------


def plan(client, unit, **data):
    return client.post(address("election_add", unit.slug), {"title": "Kommunalwahl", "day": SOON.isoformat(), "key": "8d9ad5b4-7a0e-4fd6-9db5-0c3f3a9b7d01"} | data)


def test_a_plan_is_dated_back_from_election_day(cast, tree, template, sign_in):
    client = sign_in(cast.officer)
    for _twice in range(2):
        assert plan(client, tree.district, template=template.pk, units=[tree.a.pk, tree.b.pk]).status_code == 302
    election = Election.objects.get()
    assert set(election.units.all()) == {tree.district, tree.a, tree.b}
    for line in template.milestones.all():
        lines = election.milestones.filter(labels=line.labels)
        assert {row.due_on for row in lines} == {SOON - timedelta(days=line.days_before)}
        assert {row.unit for row in lines} == ({tree.district, tree.a, tree.b} if line.each else {tree.district})
    polling = Post.objects.get(unit=tree.a, kind="polling")
    assert [timezone.localtime(row.starts_at).hour for row in polling.shifts.all()] == [8, 10, 12, 14, 16]
    stands = Post.objects.get(unit=tree.b, kind="stand")
    assert {timezone.localdate(row.starts_at) for row in stands.shifts.all()} == {SOON - timedelta(days=n) for n in (22, 15, 8, 1)}


def test_looking_at_the_dates_keeps_nothing(cast, tree, template, sign_in):
    data = {"title": "Landtagswahl", "day": SOON.isoformat(), "template": template.pk, "look": "1", "key": "8d9ad5b4-7a0e-4fd6-9db5-0c3f3a9b7d02"}
    answer = sign_in(cast.secretary_a).get(address("election_add", tree.a.slug), data)
    assert len(answer.context["preview"]) == len(election_templates.MILESTONES) + len(election_templates.POSTS)
    assert answer.context["preview"][0]["over"] and not answer.context["preview"][-1]["over"]
    assert not Election.objects.exists()


def test_a_plan_without_a_day_is_told_so_beside_the_field(cast, tree, sign_in):
    answer = plan(sign_in(cast.secretary_a), tree.a, day="gestern")
    assert answer.status_code == 422 and "day" in answer.context["form"].errors


def test_a_key_of_another_units_election_opens_nothing_and_makes_nothing(cast, tree, sign_in):
    theirs = elections.election(tree.b, cast.officer, day=SOON)
    assert plan(sign_in(cast.secretary_a), tree.a, key=theirs.key).status_code == 404
    assert Election.objects.get() == theirs


def test_more_units_than_one_plan_holds_are_not_offered(cast, tree, sign_in, monkeypatch):
    monkeypatch.setattr("planning.election_forms.MOST_UNITS", 1)
    client = sign_in(cast.officer)
    assert "units" not in client.get(address("election_add", tree.district.slug)).context["form"].fields
    plan(client, tree.district)
    assert list(Election.objects.get().units.all()) == [tree.district]


def test_who_answers_at_a_post_is_for_those_who_care(vote, tree, cast, sign_in):
    post = elections.post(vote, tree.a, contact="Maria Mustermann", contact_phone="0151 23456")
    assert b"0151 23456" in sign_in(cast.secretary_a).get(post.get_absolute_url()).content
    assert b"0151 23456" not in sign_in(cast.treasurer_a).get(post.get_absolute_url()).content


def test_what_volunteers_wrote_is_for_those_who_care_for_them(vote, tree, cast, sign_in):
    one = elections.volunteer(vote, make.member("Nora Abel", tree.a))
    Volunteer.objects.filter(pk=one.pk).update(note="kann nicht lange stehen")
    url = address("volunteer_list", vote.pk)
    assert "lange stehen" in sign_in(cast.secretary_a).get(url).content.decode()
    text = sign_in(cast.treasurer_a).get(url).content.decode()
    assert "Nora Abel" in text and "lange stehen" not in text


def test_old_proposals_are_dropped(vote, cast, tree):
    Filling.objects.create(election=vote, unit=tree.a, by=cast.officer, asked_at=NOW - timedelta(days=40), done_at=NOW)
    propose_due_fillings()
    assert not Filling.objects.exists()


def test_shifts_are_laid_one_after_the_other_also_when_the_clocks_change():
    day = date(2027, 3, 28)
    found = election_plans.series(day - timedelta(days=1), time(22), time(6), 120)
    assert [(high - low) for low, high in found] == [timedelta(hours=2)] * 3 + [timedelta(hours=1)]
    assert timezone.localtime(found[-1][1]).time() == time(6)
    assert election_plans.series(day, time(10), time(14)) == [(election_plans.moment(day, time(10)), election_plans.moment(day, time(14)))]


def test_when_the_day_moves_what_is_open_moves_and_what_is_done_or_taken_stays(vote, tree, cast, sign_in):
    done, late = elections.milestone(vote, due_on=TODAY - timedelta(days=9)), elections.milestone(vote, due_on=TODAY - timedelta(days=3))
    done.finish(TODAY, cast.officer)
    post = elections.post(vote, tree.a)
    free, taken, next_week = shift(post), shift(post, starts=14, ends=16), shift(post, days=7)
    helper = elections.volunteer(vote, make.member("Nora Abel", tree.a))
    posting.assign(taken, helper, NOW)
    fields = {"title": vote.title, "day": (SOON + timedelta(days=7)).isoformat(), "minutes_between": 45, "night_rest_hours": 11, "most_hours": 8, "version": vote.version}
    client = sign_in(cast.officer)
    shown = client.post(address("election_edit", vote.pk), fields)
    assert shown.context["moves"] == {"days": 7, "day": SOON + timedelta(days=7), "open": 1, "done": 1, "free": 2, "taken": 1}
    vote.refresh_from_db()
    assert vote.day == SOON
    assert client.post(address("election_edit", vote.pk), fields | {"sure": "1"}).status_code == 302
    for row in (vote, done, late, free, taken, next_week):
        row.refresh_from_db()
    assert (vote.day, vote.minutes_between, vote.most_hours) == (SOON + timedelta(days=7), 45, 8)
    assert (done.due_on, late.due_on) == (TODAY - timedelta(days=9), TODAY + timedelta(days=4))
    assert [timezone.localdate(row.starts_at) - SOON for row in (free, taken, next_week)] == [timedelta(days=n) for n in (7, 0, 14)]
    # Whoever had the page open before that overwrites nothing.
    assert client.post(address("election_edit", vote.pk), fields | {"sure": "1", "day": TODAY.isoformat()}).status_code == 422


def test_an_election_goes_from_preparing_to_over_and_back(vote):
    assert vote.turn("done") and not vote.turn("prepared") and vote.turn("running")
    other = Election.objects.get(pk=vote.pk)
    assert vote.turn("prepared") and not other.turn("done")


# --- milestones -------------------------------------------------------------------------------------------------------


def test_each_unit_ticks_its_own_milestone(vote, tree, cast, sign_in):
    own, sister = (elections.milestone(vote, unit, group="8d9ad5b4-7a0e-4fd6-9db5-0c3f3a9b7d01") for unit in (tree.a, tree.b))
    client = sign_in(cast.secretary_a)
    client.post(address("election_milestone_turn", own.pk))
    assert client.post(address("election_milestone_turn", sister.pk)).status_code == 404
    own.refresh_from_db()
    assert (own.done_on, own.done_by) == (TODAY, cast.secretary_a)
    page = sign_in(cast.officer).get(vote.get_absolute_url())
    [group] = page.context["open"]
    assert (group["done"], len(group["lines"])) == (1, 2)
    client = sign_in(cast.secretary_a)
    assert client.get(vote.get_absolute_url()).context["open"] == []  # one's own is done
    client.post(address("election_milestone_turn", own.pk), {"back": "1"})
    assert ElectionMilestone.objects.open().count() == 2


def test_a_new_milestone_is_for_one_unit_or_for_each(vote, tree, cast, sign_in):
    office = elections.milestone(vote).office_id
    client = sign_in(cast.officer)
    for more in ({}, {"everybody": "on"}):
        assert client.post(address("election_milestone_add", vote.pk), {"label_de": "Plakate", "due_on": SOON.isoformat(), "office": office} | more).status_code == 302
    assert sorted(vote.milestones.filter(labels={"de": "Plakate"}).values_list("unit__name", flat=True)) == sorted(
        [tree.district.name, *(unit.name for unit in (tree.district, tree.a, tree.b))]
    )


def test_late_milestones_reach_the_digest_of_the_office_in_charge_once_the_plan_is_under_way(vote, tree, cast):
    line = elections.milestone(vote, tree.a, due_on=TODAY - timedelta(days=2), title="Genehmigungen beantragen")
    elections.milestone(vote, tree.a, due_on=TODAY + timedelta(days=2))
    assert election_plans.LATE.by_user(TODAY, TODAY) == {cast.secretary_a.pk: [line]}
    part = election_plans.LATE.part({cast.secretary_a.pk}, TODAY, TODAY)[cast.secretary_a.pk]
    assert (str(part["lines"][0]["text"]), part["lines"][0]["day"], part["total"]) == ("Genehmigungen beantragen", line.due_on, 1)
    vote.turn("prepared")
    assert election_plans.LATE.waiting(TODAY, TODAY) == []


def test_the_longest_late_comes_first_whichever_office_it_falls_to(vote, tree, cast):
    lines = [elections.milestone(vote, unit, due_on=TODAY - timedelta(days=days)) for unit, days in ((tree.a, 2), (tree.b, 9), (tree.a, 20))]
    make.appoint(cast.secretary_b, "secretary", tree.a)
    assert election_plans.LATE.by_user(TODAY, TODAY)[cast.secretary_b.pk] == [lines[2], lines[1], lines[0]]


def test_of_two_who_change_a_milestone_the_second_reads_what_the_first_wrote(vote, tree, cast, sign_in):
    line = elections.milestone(vote, tree.a)
    path, client = address("election_milestone_edit", line.pk), sign_in(cast.secretary_a)
    seen = client.get(path).context["form"].stamp
    data = {"label_de": "Plakate hängen", "due_on": SOON.isoformat(), "office": line.office_id, "version": seen}
    assert client.post(path, data).status_code == 302
    again = client.post(path, data | {"label_de": "Plakate", "due_on": TODAY.isoformat()})
    line.refresh_from_db()
    assert again.status_code == 422 and str(line) == "Plakate hängen"
    # Having seen it, they may save over it.
    assert client.post(path, data | {"label_de": "Plakate", "version": again.context["form"]["version"].value()}).status_code == 302


# --- posts, cover, filling --------------------------------------------------------------------------------------------


def test_a_series_of_shifts_is_added_once_and_copied_to_another_day(vote, tree, cast, sign_in):
    post, client = elections.post(vote, tree.a), sign_in(cast.secretary_a)
    for _twice in range(2):
        client.post(address("shift_add", post.pk), {"day": SOON.isoformat(), "starts": "9:00", "ends": "15:00", "minutes": 120, "needed": 3})
    assert post.shifts.count() == 3
    other = elections.post(vote, tree.a, name="Bahnhof")
    day = SOON - timedelta(days=7)
    answer = client.post(address("post_copy", post.pk), {"source": SOON.isoformat(), "day": day.isoformat(), "post": other.pk})
    assert answer.status_code == 302
    assert [timezone.localtime(row.starts_at).strftime("%d %H") for row in other.shifts.all()] == [f"{day:%d} {hour:02}" for hour in (9, 11, 13)]


def test_shifts_are_copied_to_no_post_of_another_unit(vote, tree, cast, sign_in):
    post, theirs = elections.post(vote, tree.a), elections.post(vote, tree.b)
    shift(post)
    data = {"source": SOON.isoformat(), "day": SOON.isoformat(), "post": theirs.pk}
    assert sign_in(cast.secretary_a).post(address("post_copy", post.pk), data).status_code == 422
    assert not theirs.shifts.exists()


def test_the_times_of_a_shift_somebody_has_stay(vote, tree, cast, sign_in):
    one = shift(elections.post(vote, tree.a))
    helper = elections.volunteer(vote, make.member("Nora Abel", tree.a))
    client, fields = sign_in(cast.secretary_a), {"day": SOON.isoformat(), "starts": "16:00", "ends": "18:00", "needed": 4}
    duty = posting.assign(one, helper, NOW)
    client.post(address("shift_edit", one.pk), fields)
    client.post(address("shift_edit", one.pk), {"remove": "1"})
    client.post(address("post_edit", one.post_id), {"remove": "1"})
    one.refresh_from_db()
    assert (timezone.localtime(one.starts_at).hour, one.needed) == (10, 4)
    client.post(address("duty_remove", duty.pk))
    client.post(address("shift_edit", one.pk), fields)
    one.refresh_from_db()
    assert timezone.localtime(one.starts_at).hour == 16


def test_holes_come_first_and_names_only_for_those_who_may_see_them(vote, tree, cast, sign_in):
    post, full = elections.post(vote, tree.a), elections.post(vote, tree.a, name="Schule")
    hole, other = shift(post), shift(full, starts=14, ends=16, needed=1)
    mine, theirs = (elections.volunteer(vote, make.member(name, unit)) for name, unit in (("Nora Abel", tree.a), ("Bruno Berg", tree.b)))
    posting.assign(hole, mine, NOW)
    posting.assign(other, theirs, NOW)
    page = sign_in(cast.treasurer_a).get(address("election_cover", vote.pk))
    assert [one.name for one in page.context["holes"]] == [post.name] and [one.name for one in page.context["full"]] == [full.name]
    text = page.content.decode()
    assert "Nora Abel" in text and "Bruno Berg" not in text and "Bergheim" in text
    for keeper in (cast.secretary_a, cast.officer):
        assert "Bruno Berg" in sign_in(keeper).get(address("election_cover", vote.pk)).content.decode()


def test_somebody_is_planned_by_hand_and_whoever_cannot_is_told_why(vote, tree, cast, sign_in):
    post = elections.post(vote, tree.a)
    one, beside = shift(post, needed=2), shift(elections.post(vote, tree.a, name="Schule"), starts=11, ends=13)
    able, busy = (elections.volunteer(vote, make.member(name, tree.a)) for name in ("Nora Abel", "Ole Albers"))
    elections.volunteer(vote, make.member("Ulf Ahlers", tree.a), state="asked")
    posting.assign(beside, busy, NOW)
    client = sign_in(cast.secretary_a)
    page = client.get(address("shift_fill", one.pk))
    assert [row.member.name for row in page.context["able"]] == ["Nora Abel"]
    assert [(row.member.name, row.reason) for row in page.context["unable"]] == [("Ole Albers", posting.WORDS["place"])]
    client.post(address("shift_fill", one.pk), {"volunteer": able.pk})
    client.post(address("shift_fill", one.pk), {"volunteer": busy.pk})
    assert [duty.volunteer for duty in one.duties.live()] == [able]


def test_somebody_is_planned_for_a_part_of_a_shift(vote, tree, cast, sign_in):
    one = shift(elections.post(vote, tree.a), starts=8, ends=12, needed=1)
    early = elections.volunteer(vote, make.member("Nora Abel", tree.a))
    early.times.create(starts_at=one.starts_at, ends_at=one.starts_at + timedelta(hours=2))
    client = sign_in(cast.secretary_a)
    assert client.get(address("shift_fill", one.pk)).context["able"] == []
    assert client.get(address("shift_fill", one.pk), {"ends": "10:00"}).context["able"] == [early]
    assert client.post(address("shift_fill", one.pk), {"volunteer": early.pk, "ends": "14:00"}).status_code == 422
    client.post(address("shift_fill", one.pk), {"volunteer": early.pk, "ends": "10:00"})
    [duty] = one.duties.all()
    assert (duty.starts_at, duty.ends_at) == (one.starts_at, one.starts_at + timedelta(hours=2))
    assert client.get(address("election_cover", vote.pk)).context["holes"][0].holes[0].starts == duty.ends_at


def test_volunteers_are_paged_by_name(vote, tree, cast, sign_in, monkeypatch):
    monkeypatch.setattr("planning.filling_views.page_of", partial(page_of, size=2))
    for name in ("Cem Cetin", "Ada Adler", "Bea Boll"):
        elections.volunteer(vote, make.member(name, tree.a))
    client = sign_in(cast.secretary_a)
    page = client.get(address("volunteer_list", vote.pk)).context["page"]
    assert [str(row) for row in page.rows] == ["Ada Adler", "Bea Boll"]
    rest = client.get(address("volunteer_list", vote.pk) + page.next_url).context["page"]
    assert [str(row) for row in rest.rows] == ["Cem Cetin"]


def test_a_volunteer_of_a_unit_one_does_not_see_cannot_be_planned(vote, tree, cast, sign_in):
    one, theirs = shift(elections.post(vote, tree.a)), elections.volunteer(vote, make.member("Bruno Berg", tree.b))
    assert sign_in(cast.secretary_a).post(address("shift_fill", one.pk), {"volunteer": theirs.pk}).status_code == 404
    assert not Duty.objects.exists()


def test_a_proposal_is_shown_and_taken_over_once(vote, tree, cast, sign_in, django_capture_on_commit_callbacks):
    post = elections.post(vote, tree.a)
    shifts = [shift(post, starts=hour, ends=hour + 2, needed=1) for hour in (8, 10, 12)]
    crowd = [elections.volunteer(vote, make.member(name, tree.a)) for name in ("Nora Abel", "Ole Albers")]
    client = sign_in(cast.secretary_a)
    with django_capture_on_commit_callbacks():
        client.post(address("filling_add", vote.pk), {"on": ""})
    row = Filling.objects.get()
    assert b"progress" in client.get(address("filling_detail", row.pk)).content
    propose_due_fillings()
    page = client.get(address("filling_detail", row.pk))
    assert [figure["value"] for figure in page.context["figures"]] == [3, 0, 2, 2]
    assert not Duty.objects.exists()
    posting.assign(shifts[0], crowd[0], NOW)  # somebody was faster
    row.refresh_from_db()
    planned, left = filling.take(row, NOW)
    assert planned + len(left) == 3 and planned >= 2
    assert filling.take(row, NOW) == (0, [])
    assert sum(one.duties.live().count() for one in shifts) == 3
    assert client.post(address("filling_take", row.pk)).status_code == 302


def test_a_proposal_takes_only_posts_and_people_of_who_asked(vote, tree, cast):
    for unit, name in ((tree.a, "Nora Abel"), (tree.b, "Bruno Berg")):
        shift(elections.post(vote, unit), needed=2)
        elections.volunteer(vote, make.member(name, unit))
    row = Filling.objects.create(election=vote, unit=tree.district, by=cast.secretary_a, asked_at=NOW)
    filling.work(row, NOW)
    assert row.places == 2 and [line[0] for line in row.lines] == [Volunteer.objects.get(member__family_name="Abel").pk]


def test_the_proposal_of_somebody_else_is_not_found(vote, cast, tree, sign_in):
    row = Filling.objects.create(election=vote, unit=tree.district, by=cast.officer, asked_at=NOW, done_at=NOW)
    assert sign_in(cast.admin).get(address("filling_detail", row.pk)).status_code == 404


def test_a_place_held_for_part_of_the_shift_is_filled_for_the_rest(vote, tree, cast):
    one = shift(elections.post(vote, tree.a), starts=8, ends=12, needed=1)
    first, second = (elections.volunteer(vote, make.member(name, tree.a)) for name in ("Nora Abel", "Ole Albers"))
    posting.assign(one, first, NOW, ends_at=one.starts_at + timedelta(hours=3))
    row = Filling.objects.create(election=vote, unit=tree.a, by=cast.secretary_a, asked_at=NOW)
    filling.work(row, NOW)
    [(_who, _shift, starts, _ends)] = row.lines
    assert starts == (one.starts_at + timedelta(hours=3)).isoformat()
    filling.take(row, NOW)
    assert one.duties.live().count() == 2 and {duty.volunteer for duty in one.duties.live()} <= {first, second}


# --- constant queries -------------------------------------------------------------------------------------------------


def statements(client, url, django_assert_max_num_queries):
    with django_assert_max_num_queries(14) as found:  # session and user, offices, rights: the rest at most ten
        assert client.get(url).status_code == 200
    return len(found)


@pytest.mark.parametrize("name", ["election_list", "election_detail", "election_cover", "volunteer_list", "post_detail", "shift_fill"])
def test_pages_ask_the_same_however_much_there_is(name, vote, tree, cast, sign_in, django_assert_max_num_queries):
    def more(n):
        post = elections.post(vote, tree.a, name=f"Posten {n}") if n else first
        for unit in (tree.a, tree.b):
            elections.milestone(vote, unit, due_on=SOON - timedelta(days=n))
            helper = elections.volunteer(vote, make.member(f"Person {n}{unit.name}", unit))
            posting.assign(shift(post, starts=8 + n, ends=9 + n, needed=3) if unit == tree.a else post.shifts.first(), helper, NOW)

    first = elections.post(vote, tree.a)
    elections.volunteer(vote, make.member("Idle Irma", tree.a))
    more(0)
    url = {"election_list": [], "post_detail": [first.pk], "shift_fill": [first.shifts.get().pk]}.get(name, [vote.pk])
    client = sign_in(cast.officer)
    client.get(address(name, *url))
    few = statements(client, address(name, *url), django_assert_max_num_queries)
    for n in (1, 2, 3):
        more(n)
    assert statements(client, address(name, *url), django_assert_max_num_queries) == few


def test_the_digest_knows_this_part():
    assert (election_plans.LATE.waiting, election_plans.LATE.part) in digest_parts._parts


# --- what units that take part know of each other ---------------------------------------------------------------------


def fill(vote, unit, days=1):
    """A milestone, a post with a shift to come in `days` days and one as long ago, and who has them and who else helps, all of `unit`."""
    elections.milestone(vote, unit)
    post = elections.post(vote, unit, name=f"Stand {unit.name}")
    helper, _ready = (elections.volunteer(vote, make.member(f"{name} {unit.name}", unit)) for name in ("Nora", "Ole"))
    coming, over = (post.shifts.create(starts_at=NOW + timedelta(days=n), ends_at=NOW + timedelta(days=n, hours=2), needed=1) for n in (days, -days))
    for one in (coming, over):
        Duty.objects.create(
            shift=one, volunteer=helper, member=helper.member, starts_at=one.starts_at, ends_at=one.ends_at, at=NOW, state_at=NOW,
            **({"state": "done", "came_at": one.starts_at} if one is over else {"state": "confirmed"}),
        )  # fmt: skip
    return post


AT_ELECTION = """election_detail election_cover volunteer_list volunteer_ask election_hours election_hours_sheet filling_add election_day""".split()


@pytest.mark.parametrize("reader", ["secretary_a", "treasurer_a"])
def test_what_a_sister_has_in_a_common_election_changes_no_page(reader, vote, tree, cast, sign_in):
    post, client = fill(vote, tree.a), sign_in(getattr(cast, reader))
    asked = [address("election_list"), address("post_detail", post.pk), address("shift_fill", post.shifts.first().pk)]
    asked += [address(name, vote.pk) for name in AT_ELECTION]
    asked += [address("election_day", vote.pk) + f"?day={day}" for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=1))]

    def read():
        return {url: re.sub(r'[\w-]{40,}|nonce="[^"]*"', "", client.get(url).getvalue().decode(errors="replace")) for url in asked}

    read()
    alone = read()
    fill(vote, tree.b, days=2)
    for url, text in read().items():
        assert text == alone[url], url


@pytest.mark.parametrize("name", AT_ELECTION)
def test_a_page_of_an_election_is_narrowed_to_no_unit_one_does_not_see(name, vote, tree, cast, sign_in):
    client = sign_in(cast.secretary_a)
    there, nowhere = (client.get(address(name, vote.pk), {"unit": slug}) for slug in (tree.b.slug, "nowhere"))
    assert (there.status_code, there.context and there.context.get("unit")) == (nowhere.status_code, nowhere.context and nowhere.context.get("unit"))


@pytest.mark.parametrize("name", ["election_detail", "election_cover", "volunteer_ask"])
def test_a_page_of_an_election_offers_no_unit_one_does_not_see(name, vote, tree, cast, sign_in):
    fill(vote, tree.a)
    for person, offered in ((cast.secretary_a, False), (cast.officer, True)):
        assert (tree.b.slug in sign_in(person).get(address(name, vote.pk)).text.replace("Bergheim", "bergheim")) is offered


def test_hours_of_somebody_one_does_not_see_lead_to_no_page_of_theirs(vote, tree, cast, sign_in):
    """Who keeps a post knows by name who was there, and no more of them."""
    theirs = elections.volunteer(vote, make.member("Bruno Berg", tree.b))
    one = fill(vote, tree.a).shifts.first()
    Duty.objects.create(
        shift=one, volunteer=theirs, member=theirs.member, starts_at=one.starts_at, ends_at=one.ends_at, at=NOW, state_at=NOW, state="done", came_at=one.starts_at
    )  # fmt: skip
    for person, linked in ((cast.secretary_a, False), (cast.officer, True)):
        page = sign_in(person).get(address("election_hours", vote.pk)).text
        assert "Bruno Berg" in page and (theirs.member.get_absolute_url() in page) is linked
