"""Processes of the campaigns about registrations (test_registration_campaign.py), with the settings of tests/outbox/campaign.py.

`prepare N SEATS EVENTS` makes N members and events and prints [{"event": pk, "paths": [..]}]: one link per member and event.
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
from education.models import Registration
from membership.models import Member
from tests import factories as make


def prepare(number, seats, events):
    setup.install()
    kinds.install()
    unit = Unit.objects.filter(slug="musterstadt").first() or make.unit("Unterbezirk Musterstadt", "district", slug="musterstadt")
    start = Member.objects.count()
    members = [make.member(f"Person Nr{n}", unit, email=f"p{n}@example.org") for n in range(start, start + number)]
    made = []
    for _event in range(events):
        event = make.event(unit, starts_at=timezone.now() + timedelta(days=30), seats=seats)
        paths = [registration_mails.address(event, member).split("/", 3)[3] for member in members]
        made.append({"event": event.pk, "paths": [f"/{path}" for path in paths]})
    return made


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
    run = prepare if job == "prepare" else live
    print(json.dumps(run(*map(int, numbers))))
