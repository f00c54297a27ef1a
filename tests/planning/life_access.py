"""Addresses of the meter, of meetings, of requests and of offices ahead."""

import uuid
from datetime import timedelta

from django.utils import timezone

from branches.models import Office
from planning.models import AgendaItem, Decision, Minutes, Request, RequestEntry
from tests import factories as make
from tests.access import CARE, PUBLIC, SEE, SIGNED_IN, row

HOLDERS = {"parent": "membership_officer", "section": "section_lead"}


def unit(o):
    return [o.unit.slug]


def event(o, **fields):
    """A meeting to come whose agenda and minutes name the member of the place."""
    made = make.event(o.unit, "Mitgliederversammlung", timezone.now() + timedelta(days=20), kind="meeting", **fields)
    AgendaItem.objects.create(event=made, title="Bericht", who=o.member.name, text=f"{o.member.name} hat berichtet.")
    return made


def meeting(o):
    return [event(o).pk]


def minutes(state):
    def written(o):
        made = event(o)
        Minutes.objects.create(event=made, state=state, remark=o.member.name)
        return [made.pk]

    return written


def shared(o):
    return [Minutes.objects.create(event=event(o), state="written", shared_at=timezone.now()).key]


def item(o):
    return [AgendaItem.objects.filter(event=event(o)).first().pk]


def decision(o):
    made = event(o)
    office = Office.objects.filter(slug="secretary").first()
    return [Decision.objects.create(event=made, unit=o.unit, office=office, text=f"Dank an {o.member.name}", due_on=timezone.localdate(), created_at=timezone.now()).pk]


def request(o, **fields):
    """A question for one office of the place: nobody else of the unit reads it."""
    office = Office.objects.filter(slug=HOLDERS.get(o.name, "secretary")).first()
    on, now = timezone.localdate(), timezone.now()
    asked = {"name": o.member.name, "email": o.member.email, "created_at": now, "asked_on": on, "due_on": on, "state": "open"}
    made = Request.objects.create(unit=o.unit, office=office, subject=f"Frage von {o.member.family_name}", member=o.member, **asked | fields)
    RequestEntry.objects.create(request=made, kind="question", text=o.member.phone, at=now)
    return made


def asked(o):
    return [request(o).pk]


def asked_by_oneself(o):
    return [request(o, by=o.viewer or o.contact.by).pk]


def own(o):
    return [request(o, key=uuid.uuid4()).key]


PRIVATE = {("chair_a", "own"): 404, ("admin", "parent"): 404}


def office(o):
    return [o.unit.slug, Office.objects.filter(slug="chair").first().pk]


ROWS = [
    row("planning:meter", get=SIGNED_IN),
    row("planning:unit_meter", unit, get=SEE),
    row("planning:meeting", meeting, get=SEE),
    row("planning:agenda_edit", meeting, get=CARE, post=CARE),
    row("planning:invite", meeting, get=CARE, post=CARE),
    row("planning:invite_letters", meeting, get=CARE),
    row("planning:minutes_edit", meeting, get=CARE, post=CARE),
    row("planning:item_write", item, post=CARE, data={"text": "x", "version": "1"}),
    row("planning:item_add", meeting, post=CARE, data={"title": "x"}),
    row("planning:decision_add", item, get=CARE, post=CARE),
    row("planning:decision_list", get=SIGNED_IN),
    row("planning:decision_turn", decision, post=CARE, data={"do": "done"}),
    row("planning:minutes_turn", minutes("open"), post=CARE, data={"do": "finish"}),
    row("planning:minutes_pdf", minutes("written"), get=SEE),
    row("planning:minutes_page", shared, get=PUBLIC),
    row("planning:request_ask", unit, get=PUBLIC, post=PUBLIC, everywhere=True),
    row("planning:request_sent", unit, get=PUBLIC, everywhere=True),
    row("planning:request_own", own, get=PUBLIC, post=PUBLIC),
    row("planning:request_list", get=SIGNED_IN),
    row("planning:request_add", get=SEE, post=SEE),
    row("planning:request_detail", asked, get=CARE, exists=CARE, but=PRIVATE),
    row("planning:request_again", asked_by_oneself, post=SIGNED_IN, everywhere=True, data={"text": "x"}),
    row("planning:request_answer", asked, post=CARE, exists=CARE, but=PRIVATE),
    row("planning:request_forward", asked, get=CARE, post=CARE, exists=CARE, but=PRIVATE),
    row("planning:request_close", asked, post=CARE, exists=CARE, but=PRIVATE),
    row("planning:request_reopen", asked, post=CARE, exists=CARE, but=PRIVATE),
    row("planning:office_outlook", get=SIGNED_IN),
    row("planning:office_fill", office, get=SEE, post=CARE),
]
