"""What the workers of the campaign about offers run: the real writing and the real relay, in processes that are killed.

`python -m tests.education.campaign furnish N` makes a party of N members whom an announced offer fits; `... offers K` keeps K processes at it.
"""

import sys
from datetime import date

from django.utils import timezone


def furnish(number):
    from branches import setup
    from education.models import Offer, Partner
    from membership.models import Member, MemberTag, Tag
    from membership.search import keys
    from tests import factories as make

    setup.install()
    root = make.unit("Musterstadt", "district", slug="musterstadt")
    by, now = make.user("Ada Reiter"), timezone.now()
    tag = Tag.objects.create(party=root, kind="interest", labels={"de": "Wohnen"})
    members = Member.objects.bulk_create(
        Member(
            party=root, home_unit=root, given_name="Anna", family_name=f"N{n}", email=f"n{n}@d{n % 50}.example.org", joined_on=date(2020, 1, 1),
            **keys(f"N{n}", "Anna", "", f"n{n}@d{n % 50}.example.org", ("", "")),
        )
        for n in range(number)
    )  # fmt: skip
    MemberTag.objects.bulk_create(MemberTag(member=member, tag=tag, set_at=now) for member in members)
    partner = Partner.objects.create(party=root, name="Stiftung")
    for n in range(2):
        offer = Offer.objects.create(partner=partner, titles={"de": f"Kurs {n}"}, unit=root, language="de", by=by, state="open")
        offer.tags.add(tag)
        offer.order_telling(by, now)


def tell():
    """A round of the worker: writes what is not written yet in small batches, then sends."""
    from education import telling
    from tests.outbox import campaign  # it sets the relay of this process to small batches: tests take furnish() without it

    telling.BATCH = 25
    campaign.relay.LEASE = 6  # these mails take longer to make than the notes of the other campaign
    telling.write(timezone.now())
    campaign.send_with_relay()


if __name__ == "__main__":
    from tests.outbox import campaign

    if sys.argv[1] == "furnish":
        furnish(int(sys.argv[2]))
    else:
        campaign.fork_for_ever(tell, int(sys.argv[2]))
