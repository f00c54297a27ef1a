"""Rows of the access table for welcome, letters and membership books."""

import uuid

from django.utils import timezone

from onboarding import letters, welcome
from onboarding.models import Book, BookAct, PrintRun, Welcome
from tests.access import CARE, LEAD, PUBLIC, SEE, SIGNED_IN, row


def member(o):
    """With a book on its way."""
    Book.objects.create(member=o.member, due_on=timezone.localdate())
    return [o.member.pk]


def unit(o):
    return [o.unit.slug]


def run(o):
    """The letter of the unit's member, ordered and written by the person who asks."""
    now = timezone.now()
    found = PrintRun.objects.create(by=o.viewer or o.contact.by, unit=o.unit, count=1, created_at=now)
    Welcome.objects.create(journey=o.journey, run=found)
    letters.write(found, now)
    return [found.pk]


def act(o):
    return [BookAct.objects.create(by=o.viewer or o.contact.by, verb="order", at=timezone.now()).pk]


def key(o=None):
    return {"key": str(uuid.uuid4())}


ADDRESS_STAYS_AT_HOME = {("section_lead", "section"): 403}

ROWS = [
    row("onboarding:link_welcome", lambda o: [welcome.address(o.journey).split("/")[-2]], get=PUBLIC, post=PUBLIC),
    row("onboarding:member_welcome", member, get=CARE),
    row("onboarding:member_welcome_letter", member, post=CARE, but=ADDRESS_STAYS_AT_HOME),
    row("onboarding:member_book", lambda o: [o.member.pk], post=CARE),
    row("onboarding:letter_list", get=CARE, post=CARE, data=key),
    row("onboarding:print_run", run, get=CARE, exists=CARE),
    row("onboarding:print_run_download", run, get=CARE, exists=CARE),
    row("onboarding:print_run_change", run, post=CARE, exists=CARE, data={"do": "back"}),
    row("onboarding:letter_text", unit, get=SEE, post=LEAD),
    row("onboarding:letter_preview", unit, get=SEE),
    row("onboarding:book_list", get=SEE),
    row("onboarding:book_do", post=CARE, data=lambda o: {"do": "order", **key()}),
    row("onboarding:book_undo", act, post=SIGNED_IN, everywhere=True),
    row("onboarding:book_units", get=SEE, post=CARE, data={"number": 3}),
]
