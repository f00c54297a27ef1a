"""Addresses of taking office: one's own journey and, for who leads the unit, those of others."""

from django.utils import timezone

from branches.models import PledgeText
from onboarding import takeovers
from onboarding.models import Takeover, TakeoverStep
from tests import factories as make
from tests.access import LEAD, PUBLIC, SIGNED_IN, row


def unit(o):
    return [o.unit.slug]


def begun(o):
    """A term in the unit of somebody outside the cast, with a predecessor."""
    now = timezone.now()
    person = make.user("Neta Neuamt")
    PledgeText.objects.create(unit=o.unit, version=1, texts={"de": "Vertraulich."}, at=now)
    term = make.appoint(person, "board", o.unit, starts_on=timezone.localdate())
    takeover = takeovers.begin(term, timezone.localdate(), now)
    Takeover.objects.filter(pk=takeover.pk).update(predecessor=make.appoint(make.user("Volker Vorher"), "board", o.unit))
    takeover.refresh_from_db()
    return takeover


def access_step(o):
    takeover = begun(o)
    step, _new = TakeoverStep.objects.get_or_create(takeover=takeover, kind="access", defaults={"due_on": timezone.localdate()})
    return [step.pk]


def link(o):
    return [takeovers.address(begun(o), timezone.localdate()).split("/")[-2]]


ROWS = [
    row("onboarding:takeover_list", get=SIGNED_IN),
    row("onboarding:takeover_detail", lambda o: [begun(o).pk], get=LEAD, exists=LEAD),
    row("onboarding:takeover_step", access_step, post=LEAD, exists=LEAD),
    row("onboarding:link_handover", link, get=PUBLIC, post=PUBLIC, data={"notes": "Der Schlüssel liegt im Büro."}),
    row("onboarding:pledge", get=SIGNED_IN, post=SIGNED_IN),
    row("onboarding:office_steps", unit, get=LEAD, post=LEAD),
    row("onboarding:pledge_text", unit, get=LEAD, post=LEAD),
]
