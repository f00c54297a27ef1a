"""The match of all offers costs at most twice the bare join: short form on the members of a small demo party, long form in bench/education_offers.py."""

import gc
import resource
import time

import pytest
from django.db import connection
from django.utils import timezone

from bench import education_offers
from branches.models import Unit
from cockpit.demo import making
from cockpit.demo.organisations import PARTIES
from education import telling
from education.models import OfferMail
from outbox.models import Message
from outbox.relay import relay
from tests.education.campaign import furnish
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


@pytest.mark.parametrize("members", [2_000, pytest.param(50_000, marks=pytest.mark.slow)])
def test_telling_many_tells_each_once_in_flat_memory(db, members, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    furnish(members)
    now = timezone.now()
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.perf_counter()
    found = telling.write(now)
    written, sent = time.perf_counter() - begun, 0
    while counts := relay(now, limit=members):
        sent += counts["offers", "sent"]
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{members} members: {written:.1f} s to write, {time.perf_counter() - begun - written:.1f} s to send, {grown:.0f} MB more")
    assert found == {"found": 2 * members, "told": 2 * members} and sent == members
    assert OfferMail.objects.values("member").distinct().count() == members == Message.objects.filter(state="sent").count()
    assert grown < 40
