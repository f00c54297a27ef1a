"""The officer's own word on pairs, the pairs of one's own members, and both in the timeline."""

from datetime import timedelta

import pytest
from django.urls import reverse

from onboarding import mentoring
from onboarding.models import Pairing, PairRule
from outbox.models import Message
from tests.onboarding.test_mentoring import NOW, TODAY, inbox, mentee, mentor, pool, running  # noqa: F401


def rule(guide, one, kind):
    return PairRule.objects.create(mentor=guide, mentee=one, kind=kind, at=NOW)


def test_a_veto_and_a_pin_are_listed_and_lifted_and_suggestions_follow(pool, tree, cast, sign_in):  # noqa: F811
    first, second, one = mentor(pool, tree.a), mentor(pool, tree.b, "Hanna Zweite"), mentee(pool, tree.a)
    veto = rule(first, one, "forbid")
    mentoring.suggest(pool.pk, NOW)
    assert pool.suggestions.get().mentor == second
    client = sign_in(cast.officer)
    page = client.get(reverse("onboarding:pair_rule_list", args=[pool.pk])).content.decode()
    assert "Greta Hilfreich" in page and "Nora Neu" in page
    client.post(reverse("onboarding:pair_rule_lift", args=[veto.pk]))
    assert not PairRule.objects.exists()
    mentoring.suggest(pool.pk, NOW)
    assert pool.suggestions.get().mentor == first


def test_the_officer_asks_a_mentor_who_was_not_suggested(pool, tree, cast, sign_in):  # noqa: F811
    mentor(pool, tree.a)
    other, one = mentor(pool, tree.b, "Hanna Zweite"), mentee(pool, tree.a)
    mentoring.suggest(pool.pk, NOW)
    client, page = sign_in(cast.officer), reverse("onboarding:mentor_choose", args=[one.pk])
    assert [row["mentor"].member.name for row in client.get(page).context["fitting"]] == ["Greta Hilfreich", "Hanna Zweite"]
    client.post(page, {"mentor": other.pk})
    pair = Pairing.objects.get()
    assert (pair.mentor, pair.mentee, pair.state, pair.by) == (other, one, "asked", cast.officer)
    assert Message.objects.filter(kind="mentoring_ask").count() == 1 and not pool.suggestions.exists()
    assert client.post(page, {"mentor": other.pk}).status_code == 404, "who was asked does not wait any more"


@pytest.mark.parametrize(("rule_name", "guide", "one"), [
    ("language", {"languages": ["he"]}, {}), ("minor", {}, {"birth_date": TODAY.replace(year=2012)}), ("distance", {"reach": "unit"}, {}),
    ("household", {"street": "Am Weg 1", "postcode": "01127"}, {"street": "Am Weg 1", "postcode": "01127"}), ("barred", {}, {}),
])  # fmt: skip
def test_a_hard_rule_is_said_and_cannot_be_broken(rule_name, guide, one, pool, tree, cast, sign_in):  # noqa: F811
    far = tree.foreign_branch if rule_name == "distance" else tree.b
    guide, one = mentor(pool, far, **guide), mentee(pool, tree.a, **one)
    if rule_name == "barred":
        rule(guide, one, "forbid")
    client, page = sign_in(cast.officer), reverse("onboarding:mentor_choose", args=[one.pk])
    found = client.get(page).context
    assert not found["fitting"] and [str(row["rule"]) for row in found["broken"]] == [str(mentoring.matching.BROKEN[rule_name])]
    client.post(page, {"mentor": guide.pk})
    assert not Pairing.objects.exists()


def test_choosing_asks_a_constant_number_of_queries(pool, tree, cast, sign_in, django_assert_max_num_queries):  # noqa: F811
    one = mentee(pool, tree.a)
    for n in range(12):
        mentor(pool, tree.a, f"Gerd{n} Gut", email=f"gerd{n}@example.org")
    client, page = sign_in(cast.officer), reverse("onboarding:mentor_choose", args=[one.pk])
    client.get(page)
    with django_assert_max_num_queries(13):
        client.get(page)


def test_a_secretary_reads_the_pairs_of_their_own_members_and_nothing_else(pool, tree, cast, sign_in):  # noqa: F811
    pair = running(pool, tree.a)
    pair.mentor.member.phone = "0351 4711"
    pair.mentor.member.save()
    asked = Pairing.objects.create(
        pool=pool, mentor=mentor(pool, tree.b, "Hanna Zweite"), mentee=mentee(pool, tree.a, "Otto Wartet"), facts=pair.facts, asked_on=TODAY,
        answer_until=TODAY + timedelta(days=7),
    )  # fmt: skip
    page = sign_in(cast.secretary_a).get(reverse("onboarding:mentoring_home")).content.decode()
    assert "Nora Neu" in page and "Greta Hilfreich" in page and "4711" not in page and "greta@" not in page
    assert "Otto Wartet" not in page and "Hanna" not in page, "nobody has said yes yet"
    assert sign_in(cast.secretary_a).get(reverse("onboarding:pairing_detail", args=[pair.pk])).status_code == 404
    for other in (cast.secretary_b, cast.treasurer_a, cast.foreign_officer):
        assert "Greta" not in sign_in(other).get(reverse("onboarding:mentoring_home")).content.decode()
    assert asked.state == "asked"


def test_a_pair_stands_in_the_timelines_of_both_and_names_the_mentor_to_those_who_care(pool, tree, cast, sign_in):  # noqa: F811
    pair = running(pool, tree.a)
    mentoring.close(pair, "done", TODAY + timedelta(days=1))

    def told(person, member):
        return [row["text"] for row in sign_in(person).get(member.get_absolute_url()).context["entries"]]

    assert any("Greta Hilfreich" in text for text in told(cast.secretary_a, pair.mentee.member))
    assert not any("Greta" in text for text in told(cast.treasurer_a, pair.mentee.member))
    guide = told(cast.secretary_a, pair.mentor.member)
    assert len([text for text in guide if "Mentoring" in text or "Mentor" in text]) == 2 and not any("Nora" in text for text in guide)
