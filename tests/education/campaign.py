"""Processes of the campaigns about registrations (test_registration_campaign.py), with the settings of tests/outbox/campaign.py.

`prepare N SEATS` makes an event and N members and prints {"event": pk, "paths": [..]}: one link per member. `check PK` prints what the event looks like.
`live PK SEED` registers, cancels and takes places over and over, as an office and members do, while the senders are killed.
"""

import json
import sys
import time
from datetime import timedelta
from random import Random

import tests.outbox.campaign  # noqa: F401 (settings and set-up)

# isort: split
from django.utils import timezone

from branches import setup
from branches.models import Unit
from education import kinds, registering, registration_mails
from education.models import Event, Registration
from membership.models import Member
from tests import factories as make


def prepare(number, seats):
    setup.install()
    kinds.install()
    unit = Unit.objects.filter(slug="musterstadt").first() or make.unit("Unterbezirk Musterstadt", "district", slug="musterstadt")
    start = Member.objects.count()
    event = make.event(unit, starts_at=timezone.now() + timedelta(days=30), seats=seats)
    members = [make.member(f"Person Nr{n}", unit, email=f"p{n}@example.org") for n in range(start, start + number)]
    paths = [registration_mails.address(event, member).split("/", 3)[3] for member in members]
    return {"event": event.pk, "paths": [f"/{path}" for path in paths]}


def check(pk):
    """The states in the order of arrival, and the number of seats."""
    return {"seats": Event.objects.get(pk=pk).seats, "states": list(Registration.objects.filter(event=pk).waiting_order().values_list("state", flat=True))}


def live(pk, seed):
    random = Random(seed)
    members = list(Member.objects.order_by("pk")[:60])
    while True:
        member, now = random.choice(members), timezone.now()
        row = Registration.objects.filter(event=pk, member=member).first()
        if row is None or row.state in Registration.OVER:
            registering.register(pk, now, member=member)
        elif row.state == Registration.State.OFFERED and random.random() < 0.7:
            registering.take(row, now)
        else:
            registering.cancel(row, now)
        time.sleep(0.02)


if __name__ == "__main__":
    job, *numbers = sys.argv[1:]
    print(json.dumps({"prepare": prepare, "check": check, "live": live}[job](*map(int, numbers))))
