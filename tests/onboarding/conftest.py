"""Somebody who arrives in branch A, and whom the sister branch must never see."""

from datetime import date

import pytest

from onboarding import duties, journeys
from tests import factories as make


@pytest.fixture
def jonas(tree, cast):
    """Joined on 3 October: first contact due on 30 November, book on 31 January, second contact on 30 April."""
    member = make.member(
        "Jonas Reichelt", tree.a, joined_on=date(2026, 10, 3), birth_date=date(2002, 4, 1), email="jonas@example.org",
        mobile="0170 1234567", street="Gartenweg 5", city="Altdorf",
    )  # fmt: skip
    journeys.start_due(date(2026, 10, 5))
    duties.settle(make.TODAY)
    return member


@pytest.fixture
def journey(jonas):
    return jonas.journeys.get()
