"""Sections by rule: who comes in, who leaves, on which day, and whom the rule leaves alone."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from membership import sections, status
from membership.models import Change, Member, Membership, SectionRule
from membership.models.sections import born_by
from tests import factories as make

TODAY = make.TODAY
NOW = datetime(2026, 11, 22, 1, 20, tzinfo=UTC)
DAY = timedelta(days=1)


def rule(unit, since=date(2020, 1, 1), **fields):
    return SectionRule.objects.create(unit=unit, since=since, **fields)


@pytest.fixture
def youth(tree):
    """Up to 35, the 35 included; nobody below 14."""
    return rule(tree.youth, age_from=14, age_to=35)


def born(age, on=TODAY, days=0):
    """Somebody who turned `age` on the day `on`, or so many days later."""
    return on.replace(year=on.year - age) + days * DAY


def belongs(member, unit):
    return list(member.memberships.filter(unit=unit, home=False).order_by("starts_on").values_list("starts_on", "ends_on", "end_reason"))


def test_who_fits_comes_in_and_who_does_not_stays_out(tree, youth):
    inside = make.member("Ida Jung", tree.a, birth_date=born(20))
    guest = make.member("Gero Gast", tree.b, status="guest", birth_date=born(20))
    for name, fields in {
        "Otto Alt": {"birth_date": born(60)},
        "Uwe Unbekannt": {},
        "Kim Kind": {"birth_date": born(13)},
        "Lea Fort": {"birth_date": born(20), "status": "left"},
        "Toni Stütz": {"birth_date": born(20), "status": "supporter"},
    }.items():
        make.member(name, tree.a, **fields)
    make.member("Freda Fremd", tree.foreign_branch, birth_date=born(20))
    assert sections.run(TODAY, NOW) == {"entered": 2, "left": 0}
    assert {period.member for period in Membership.objects.filter(unit=tree.youth)} == {inside, guest}
    assert sections.run(TODAY, NOW) == {"entered": 0, "left": 0}
    change = inside.changes.get()
    assert (change.kind, change.by, change.at, change.after["section"]) == ("section_in", None, NOW, "jusos")


@pytest.mark.parametrize(
    ("fields", "first", "last"),
    [
        ({"age_from": 60}, 60, None),
        ({"age_from": 60, "from_inclusive": False}, 61, None),
        ({"age_to": 35}, None, 36),
        ({"age_to": 35, "to_inclusive": False}, None, 35),
        ({"age_from": 14, "age_to": 35}, 14, 36),
    ],
)
def test_everybody_belongs_from_birthday_to_birthday(tree, fields, first, last):
    """Against the plain count of years, for every day around the birthdays of people born on ordinary days and on 29 February."""
    rule(tree.youth, **fields)
    people = [
        make.member(f"Person {birth}", tree.a, birth_date=birth, joined_on=birth + 14 * 366 * DAY)
        for age in {first, last} - {None}
        for birth in (date(2024 - age, 2, 28), date(2024 - age, 3, 1), date(2025 - age, 2, 28), date(2025 - age, 3, 1), date(1964, 2, 29), date(1988, 2, 29))
    ]
    for year in (2024, 2025):
        for on in (date(year, 2, 27) + n * DAY for n in range(5)):
            sections.run(on, NOW)
            now = set(Membership.objects.filter(unit=tree.youth, ends_on=None).values_list("member", flat=True))
            fitting = {p.pk for p in people if p.joined_on <= on and (first is None or p.age(on) >= first) and (last is None or p.age(on) < last)}
            assert now == fitting, on


@pytest.mark.parametrize(
    ("birth", "years", "turns"),
    [(date(2004, 2, 29), 21, date(2025, 3, 1)), (date(2004, 2, 29), 20, date(2024, 2, 29)), (date(2004, 2, 28), 21, date(2025, 2, 28))],
)
def test_a_birthday_on_29_february_is_1_march_where_there_is_none(tree, birth, years, turns):
    assert born_by(turns, years) >= birth > born_by(turns - DAY, years)
    rule(tree.youth, age_from=years)
    member = make.member("Schalt Jahr", tree.a, birth_date=birth, joined_on=date(2023, 1, 1))
    sections.run(turns - DAY, NOW)
    assert not belongs(member, tree.youth)
    sections.run(turns, NOW)
    assert belongs(member, tree.youth) == [(turns, None, "")]


def test_a_run_that_was_missed_moves_people_as_of_their_day(tree, youth):
    comes = make.member("Ida Jung", tree.a, birth_date=born(14, days=-3))
    leaves = make.member("Otto Reif", tree.a, birth_date=born(36, days=-3))
    sections.run(TODAY - 10 * DAY, NOW)
    assert sections.run(TODAY, NOW) == {"entered": 1, "left": 1}
    assert belongs(comes, tree.youth) == [(TODAY - 3 * DAY, None, "")]
    assert belongs(leaves, tree.youth) == [(date(2020, 1, 1), TODAY - 3 * DAY, "rule")]


def test_nobody_belongs_before_joining_moving_here_or_before_the_rule(tree, youth):
    joined = make.member("Ida Jung", tree.a, birth_date=born(20), joined_on=TODAY - 5 * DAY)
    long_here = make.member("Ina Lang", tree.a, birth_date=born(30), joined_on=date(2012, 1, 1))
    coming = make.member("Karl Kommt", tree.a, birth_date=born(20), joined_on=TODAY + DAY)
    sections.run(TODAY, NOW)
    assert belongs(joined, tree.youth) == [(TODAY - 5 * DAY, None, "")]
    assert belongs(long_here, tree.youth) == [(youth.since, None, "")]
    assert not belongs(coming, tree.youth)


def test_whoever_was_taken_out_by_hand_is_never_brought_back_by_the_rule(tree, youth, cast):
    member = make.member("Ida Jung", tree.a, birth_date=born(20))
    sections.run(TODAY - 9 * DAY, NOW)
    member.memberships.get(unit=tree.youth).end(TODAY - 5 * DAY, cast.officer, NOW)
    assert sections.run(TODAY, NOW) == {"entered": 0, "left": 0}
    Membership.objects.join_section(member, tree.youth, TODAY, cast.officer, NOW)  # and by hand they may come back
    assert sections.run(TODAY + 99 * DAY, NOW)["left"] == 0


def test_whoever_was_taken_in_by_hand_stays_whatever_the_rule_says(tree, youth, cast):
    member = make.member("Otto Alt", tree.a, birth_date=born(60))
    Membership.objects.join_section(member, tree.youth, TODAY - 9 * DAY, cast.officer, NOW)
    assert sections.run(TODAY, NOW) == {"entered": 0, "left": 0}
    youth.delete()
    assert sections.run(TODAY, NOW) == {} and belongs(member, tree.youth) == [(TODAY - 9 * DAY, None, "")]


def test_a_supporter_of_a_section_alone_is_neither_ended_nor_taken_into_another(tree, youth):
    women = make.unit("Frauen", "section", tree.district)
    rule(women, genders=["f"])
    member = make.member("Toni Stütz", tree.district, status="applicant", birth_date=born(40), gender="f")
    status.become(member.pk, "supporter", TODAY - 9 * DAY, None, NOW, unit=tree.youth)
    assert sections.run(TODAY, NOW) == {"entered": 0, "left": 0}
    assert list(member.memberships.values_list("unit", "home", "ends_on")) == [(tree.youth.pk, False, None)]


def test_who_moves_away_or_no_longer_fits_leaves_and_who_returns_comes_back(tree, youth):
    moves = make.member("Ida Jung", tree.a, birth_date=born(30))
    leaves = make.member("Lea Fort", tree.a, birth_date=born(20))
    mistaken = make.member("Max Datum", tree.a, birth_date=born(30))
    sections.run(TODAY - 9 * DAY, NOW)
    Member.objects.filter(pk=moves.pk).update(home_unit=tree.foreign_branch)
    Member.objects.filter(pk=mistaken.pk).update(birth_date=born(70))
    status.leave(leaves.pk, TODAY - 2 * DAY, None, NOW)
    assert sections.run(TODAY, NOW) == {"entered": 0, "left": 2}
    assert belongs(moves, tree.youth) == belongs(mistaken, tree.youth) == [(youth.since, TODAY, "rule")]
    status.become(leaves.pk, "full", TODAY, None, NOW, unit=tree.b)
    assert sections.run(TODAY + DAY, NOW)["entered"] == 1
    assert belongs(leaves, tree.youth)[-1] == (TODAY, None, "")


@pytest.mark.parametrize(("genders", "inside"), [(["f"], {"f"}), (["f", "d"], {"f", "d"}), ([], {"f", "m", "d", ""})])
def test_genders_are_those_of_the_rule_and_none_means_all(tree, genders, inside):
    rule(tree.youth, genders=genders, age_from=None if genders else 1)
    for gender in ("f", "m", "d", ""):
        make.member(f"Gen Der{gender}", tree.a, gender=gender, birth_date=born(20))
    sections.run(TODAY, NOW)
    assert {period.member.gender for period in Membership.objects.filter(unit=tree.youth)} == inside


def test_the_preview_says_what_saving_would_do_and_writes_nothing(tree, youth, cast):
    make.member("Ida Jung", tree.a, birth_date=born(20))
    make.member("Ina Mitte", tree.a, birth_date=born(33))
    by_hand = make.member("Otto Alt", tree.a, birth_date=born(60))
    sections.run(TODAY, NOW)
    Membership.objects.join_section(by_hand, tree.youth, TODAY - DAY, cast.officer, NOW)
    make.member("Neu Jung", tree.a, birth_date=born(22))
    youth.age_to = 30
    before = list(Membership.objects.values().order_by("pk")), Change.objects.count()
    assert sections.preview(youth, TODAY) == {"enter": 1, "leave": 1, "stay": 1}
    assert (list(Membership.objects.values().order_by("pk")), Change.objects.count()) == before
    youth.save()
    assert sections.run(TODAY, NOW) == {"entered": 1, "left": 1}


def test_a_run_for_one_unit_touches_nobody_elsewhere(tree, youth):
    here = make.member("Ida Jung", tree.a, birth_date=born(20))
    make.member("Bo Drüben", tree.b, birth_date=born(20))
    assert sections.run(TODAY, NOW, unit=tree.a) == {"entered": 1, "left": 0}
    Member.objects.filter(pk=here.pk).update(birth_date=born(70))
    assert sections.run(TODAY, NOW, unit=tree.b) == {"entered": 1, "left": 0}
    assert sections.run(TODAY, NOW, unit=tree.foreign) == {}
    assert sections.run(TODAY, NOW, unit=tree.district) == {"entered": 0, "left": 1}


def test_a_closed_section_takes_nobody_in(tree, youth):
    make.member("Ida Jung", tree.a, birth_date=born(20))
    type(tree.youth).objects.filter(pk=tree.youth.pk).update(closed_on=TODAY)
    assert sections.run(TODAY, NOW) == {}


def test_running_takes_as_many_queries_for_many_rules_as_for_one(tree, youth, django_assert_num_queries):
    with django_assert_num_queries(8):
        sections.run(TODAY, NOW)
    for name in ("Frauen", "60plus", "Queer"):
        rule(make.unit(name, "section", tree.district), age_from=20)
    with django_assert_num_queries(8):
        sections.run(TODAY, NOW)


# The page

FORM = {"age_from": "14", "from_inclusive": "True", "age_to": "35", "to_inclusive": "True"}


def page(tree):
    return f"/units/{tree.youth.slug}/rule/"


def test_section_rule_shows_who_comes_before_it_saves(tree, cast, sign_in):
    member = make.member("Ida Jung", tree.a, birth_date=born(20, date.today()))
    client = sign_in(cast.officer)
    shown = client.post(page(tree), FORM)
    assert shown.context["shown"] == {"enter": 1, "leave": 0, "stay": 0} and not SectionRule.objects.exists()
    seen = shown.context["form"].data["seen"]
    changed = client.post(page(tree), FORM | {"age_to": "15", "seen": seen})
    assert changed.context["shown"]["enter"] == 0 and not SectionRule.objects.exists(), "other values are shown first"
    assert client.post(page(tree), FORM | {"seen": seen}).status_code == 302
    assert SectionRule.objects.get().leaving_age == 36 and member.memberships.filter(unit=tree.youth, ends_on=None).exists()
    assert "14" in client.get(page(tree)).text
    client.post(page(tree) + "drop/")
    assert not SectionRule.objects.exists() and member.memberships.filter(unit=tree.youth, ends_on=None, rule=None).exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"age_from": "", "age_to": ""}, "__all__"), ({"age_from": "36"}, "age_to"), ({"age_to": "121"}, "age_to"), ({"age_from": "-1"}, "age_from"), ({"genders": ["x"]}, "genders")],
)
def test_section_rule_says_beside_the_field_what_cannot_be(tree, cast, sign_in, wrong, field):
    answer = sign_in(cast.officer).post(page(tree), FORM | wrong)
    assert answer.status_code == 422 and field in answer.context["form"].errors


def test_section_rule_is_read_but_not_set_by_the_lead_of_the_section_alone(tree, cast, sign_in):
    """A rule brings members of the whole district into the section, whose lead then reads how to reach them."""
    make.appoint(cast.section_lead, "chair", tree.youth)
    client = sign_in(cast.section_lead)
    assert client.get(page(tree)).context["rule"] is None
    kept = rule(tree.youth, age_from=14, age_to=35, genders=["f", "d"])
    with translation.override("en"):
        assert list(kept.told) == ["from the day somebody turns 14", "until the day before somebody turns 36", "gender: female, diverse"]
    Membership.objects.create(member=make.member("Ida Hand", tree.a), unit=tree.youth, home=False, starts_on=TODAY)
    answer = client.get(page(tree))
    with translation.override("de"):
        assert all(f"<li>{sentence}</li>" in answer.text for sentence in kept.told)
    assert answer.context["count"] == {"by_rule": 0, "by_hand": 1} and "<form" not in answer.text.split("<main")[1].split("</main")[0]
    assert client.post(page(tree), FORM).status_code == client.post(page(tree) + "drop/").status_code == 403
    assert SectionRule.objects.get().genders == ["f", "d"]
