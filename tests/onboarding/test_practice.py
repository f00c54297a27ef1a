from datetime import UTC, datetime

import pytest

from onboarding import standards
from onboarding.models import Practice, Standard, Step
from tests import factories as make

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def coffee(tree, cast):
    """A card of branch A with its step."""
    step = make.step(tree.a, "coffee", count=10, texts={"de": "Zu zweit"})
    step.standard.record(cast.secretary_a, NOW)
    card = Practice.objects.create(unit=tree.a, title="Kaffee", what="Zu zweit", by=cast.secretary_a, created_at=NOW, template=step.rule())
    step.count = 99
    step.save()
    return card


def test_practice_adopt_makes_the_step_as_it_was_shared_part_of_the_own_standard(coffee, tree, cast, sign_in):
    client = sign_in(cast.secretary_b)
    client.post(f"/practice/{coffee.pk}/adopt/", {"unit": tree.b.slug})
    client.post(f"/practice/{coffee.pk}/adopt/", {"unit": tree.b.slug})
    *_inherited, own = standards.steps_by_unit([tree.b])[tree.b.pk]
    assert (own.standard.unit, str(own), own.count, own.text, own.locked) == (tree.b, "coffee", 10, "Zu zweit", False)
    assert Standard.objects.get(unit=tree.b).versions.count() == 1
    assert Practice.objects.with_adopters().get().adopters == 1


def test_practice_list_counts_only_units_that_still_have_the_step(coffee, tree, cast):
    adoption, _new = coffee.adopt(tree.b, cast.secretary_b, NOW)
    adoption.step.retire(NOW)
    assert Practice.objects.with_adopters().get().adopters == 0
    assert coffee.adopt(tree.b, cast.secretary_b, NOW)[1]
    assert Step.objects.current().filter(standard__unit=tree.b).count() == 1


def test_practice_list_of_another_party_and_withdrawn_cards_are_not_shown(coffee, tree, cast, sign_in):
    assert "Kaffee" in sign_in(cast.secretary_b).get("/practice/").text
    assert "Kaffee" not in sign_in(cast.foreign_officer).get("/practice/").text
    assert sign_in(cast.foreign_officer).post(f"/practice/{coffee.pk}/adopt/", {"unit": tree.foreign_branch.slug}).status_code == 404
    sign_in(cast.secretary_a).post(f"/practice/{coffee.pk}/withdraw/")
    assert "Kaffee" not in sign_in(cast.secretary_b).get("/practice/").text
    assert sign_in(cast.secretary_b).post(f"/practice/{coffee.pk}/adopt/", {"unit": tree.b.slug}).status_code == 404


def test_practice_add_shares_the_own_step_that_was_chosen(tree, cast, sign_in):
    own, foreign = make.step(tree.a, "coffee"), make.step(tree.b, "walk")
    client, data = sign_in(cast.secretary_a), {"title": "Kaffee", "what": "Zu zweit", "effort": "small"}
    assert client.post(f"/units/{tree.a.slug}/practice/add/", data | {"attached": foreign.pk}).status_code == 422
    client.post(f"/units/{tree.a.slug}/practice/add/", data | {"attached": own.pk})
    assert Practice.objects.get().template["slug"] == "coffee"


@pytest.mark.parametrize("cards", [1, 12])
def test_practice_list_has_a_constant_number_of_queries(tree, cast, sign_in, cards, django_assert_max_num_queries):
    for _ in range(cards):
        Practice.objects.create(unit=tree.a, title="Kaffee", what="Zu zweit", by=cast.secretary_a, created_at=NOW)
    client = sign_in(cast.secretary_b)
    client.get("/practice/")
    with django_assert_max_num_queries(10):
        client.get("/practice/")
