"""The match of all offers costs at most twice the bare join: short form on the members of a small demo party, long form in bench/education_offers.py."""

import pytest
from django.db import connection

from bench import education_offers
from branches.models import Unit
from cockpit.demo import making
from cockpit.demo.organisations import PARTIES
from tests.factories import TODAY


@pytest.mark.parametrize("members", [2_000, pytest.param(40_000, marks=pytest.mark.slow)])
def test_matching_all_offers_costs_at_most_twice_the_bare_join(db, members):
    making.make(PARTIES["dresden"], members, "offers", TODAY)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    ours, bare, pairs = education_offers.compare(Unit.objects.filter(slug="dresden").get(), rounds=5)
    print(f"{members} members, {education_offers.OFFERS} offers, {pairs} pairs: {ours:.3f} s beside {bare:.3f} s")
    # On so few the plan itself is most of it, so only many tell whether the bar holds.
    assert pairs > members and ours <= 2 * bare + (0.5 if members < 40_000 else 0.02)
