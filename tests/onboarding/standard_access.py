"""Rows of versions, rollouts and practice cards."""

import uuid

from django.utils import timezone

from onboarding import feedback
from onboarding.models import Practice, Rollout, Standard
from onboarding.rollout import kept
from tests.access import LEAD, PUBLIC, SEE, SIGNED_IN, row


def standard(o):
    own, _created = Standard.objects.get_or_create(unit=o.unit)
    own.record(o.contact.by, timezone.now())
    own.refresh_from_db()
    return own


def unit(o):
    standard(o)
    return [o.unit.slug]


def rollout(o):
    own = standard(o)
    step = o.step.step_id
    done = Rollout.objects.create(standard=own, version=own.version, by=o.contact.by, at=timezone.now(), counts=[[step, "dropped", 1]])
    done.rows.create(journey_step=o.step, what="dropped", before=None, after=kept(o.step))
    return [done.pk]


def card(o):
    template = {
        "labels": {"de": "Kaffee"}, "texts": {}, "slug": "coffee", "due": "days", "count": 9, "office": "secretary", "done_by": "tick",
        "reasons": ["joined"],
    }  # fmt: skip
    return [
        Practice.objects.create(
            unit=o.unit, title="Kaffee", what="Zu zweit", template=template, by=o.contact.by, created_at=timezone.now()
        ).pk
    ]


def feedback_link(o):
    return [feedback.address(o.journey, timezone.localdate()).split("/")[-2]]


# A card belongs to a party: whoever holds an office there may read it.
FOREIGN = {("foreign_officer", None): 404}
ROWS = [
    row("onboarding:standard_versions", unit, get=SEE),
    row("onboarding:standard_rollout", unit, get=LEAD, post=LEAD, data={"key": str(uuid.uuid4())}),
    row("onboarding:rollout_detail", rollout, get=LEAD, exists=LEAD),
    row("onboarding:rollout_undo", rollout, post=LEAD, exists=LEAD),
    row("onboarding:feedback_sums", lambda o: [o.unit.slug], get=SEE),
    row("onboarding:link_feedback", feedback_link, get=PUBLIC, post=PUBLIC),
    row("onboarding:practice_list", get=SIGNED_IN),
    row("onboarding:practice_detail", card, get=SEE, everywhere=True, outside=404, but=FOREIGN),
    row("onboarding:practice_add", lambda o: [o.unit.slug], get=LEAD, post=LEAD),
    row(
        "onboarding:practice_adopt", card, post=LEAD, everywhere=True, outside=404, data=lambda o: {"unit": o.unit.slug},
        but=FOREIGN | {("secretary_b", None): 404, ("treasurer_a", None): 403},
    ),
    row(
        "onboarding:practice_withdraw", card, post=LEAD, everywhere=True, outside=404,
        but=FOREIGN | {("secretary_b", None): 403, ("treasurer_a", None): 403, ("section_lead", None): 403},
    ),
]  # fmt: skip
