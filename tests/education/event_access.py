"""Who may open the pages of events, places and calendars."""

from django.utils import timezone

from education import calendars
from education.models import CalendarFeed, Document, EventKind
from tests import factories as make
from tests.access import CARE, LEAD, LET_IN, PEOPLE, PLACES, PUBLIC, RIGHTS, SEE, SIGNED_IN, row
from tests.branches.access import KINDS


def event(o):
    """An announced event of the place."""
    return make.event(o.unit, title="Abend")


def draft(o):
    return make.event(o.unit, title="Entwurf", state="draft")


def in_the_party(needed):
    """What those of the same party are told about something announced that all of them see: 403 where more than seeing is needed.

    needed: the right on the place that lets in, 0 for none.
    """
    told = {}
    for person, held in RIGHTS.items():
        parties = {"foreign" if place == "foreign" else "home" for place in held}
        for place in PLACES:
            same = ("foreign" if place == "foreign" else "home") in parties
            if same and held.get(place, 0) < max(needed, 1):
                told[person, place] = 403 if needed else LET_IN
    return told


def document(o, is_public=False):
    by = o.world.cast.admin
    return Document.objects.create(event=event(o), name="ablauf.pdf", content=b"Text", size=4, is_public=is_public, by=by, created_at=timezone.now())


def feed(o):
    """Somebody's own calendar: of the person who asks, otherwise of an administrator."""
    owner = o.world.cast.officer if o.name != "foreign" else o.world.cast.foreign_officer
    return CalendarFeed.objects.create(user=owner, unit=o.unit, language="de", created_at=timezone.now())


def member_feed(o):
    return CalendarFeed.objects.create(member=o.member, language="de", created_at=timezone.now())


OWNERS = {place: "foreign_officer" if place == "foreign" else "officer" for place in PLACES}
ONLY_OWNER = {(person, place): LET_IN if OWNERS[place] == person else 404 for person in PEOPLE if person for place in PLACES}
RUNS = in_the_party(CARE)
HELD = {person for person, held in RIGHTS.items() if held}
# Who holds an office sees the files of an announced event of the party; others are told that there is nothing.
DOCUMENTS = {(person, place): 404 for person in PEOPLE for place in PLACES} | {
    (person, place): LET_IN for person in HELD for place in PLACES if (person == "foreign_officer") == (place == "foreign")
}

ROWS = [
    row("education:event_list", get=SIGNED_IN),
    row("education:event_month", get=SIGNED_IN),
    row("education:event_add", get=CARE, post=CARE),
    row("education:event_detail", lambda o: [event(o).pk], get=SEE, but=in_the_party(0)),
    row("education:event_edit", lambda o: [event(o).pk], get=CARE, post=CARE, but=RUNS),
    row("education:event_repeat", lambda o: [event(o).pk], get=CARE, post=CARE, but=RUNS),
    row("education:event_publish", lambda o: [draft(o).pk], get=None, post=CARE),
    row("education:event_take_back", lambda o: [event(o).pk], get=None, post=CARE, but=RUNS),
    row("education:event_cancel", lambda o: [event(o).pk], get=CARE, post=CARE, but=RUNS),
    row("education:event_drop", lambda o: [draft(o).pk], get=None, post=CARE),
    row("education:event_poster", lambda o: [event(o).pk], get=SEE, but=in_the_party(0)),
    row("education:document_add", lambda o: [event(o).pk], get=CARE, post=CARE, but=RUNS),
    row("education:document_drop", lambda o: [document(o).pk], get=None, post=CARE, but=RUNS),
    row("education:event_kind_list", get=LEAD, but=KINDS),
    row("education:event_kind_add", get=LEAD, post=LEAD, but=KINDS),
    row("education:event_kind_edit", lambda o: [EventKind.objects.get(slug="course").pk], get=LEAD, post=LEAD, everywhere=True, but=KINDS),
    row("education:event_page", lambda o: [event(o).key], get=PUBLIC),
    row("education:event_page_ics", lambda o: [event(o).key], get=PUBLIC),
    row("education:event_document", lambda o: [(d := document(o)).event.key, d.pk], get=PUBLIC, but=DOCUMENTS),
    row("education:place_list", get=SEE),
    row("education:place_add", get=CARE, post=CARE),
    row("education:place_detail", lambda o: [make.place(o.unit).pk], get=SEE, but=in_the_party(0)),
    row("education:place_edit", lambda o: [make.place(o.unit).pk], get=CARE, post=CARE, but=RUNS),
    row("education:place_retire", lambda o: [make.place(o.unit).pk], get=None, post=CARE, but=RUNS),
    row("education:calendar_list", get=SIGNED_IN, post=SIGNED_IN),
    row("education:calendar_revoke", lambda o: [feed(o).pk], get=None, post=SEE, but=ONLY_OWNER),
    row("education:link_calendar_feed", lambda o: [calendars.FEED.token(member_feed(o).pk)], get=PUBLIC),
    row(
        "education:link_calendar",
        lambda o: [calendars.PAGE.token(o.member.pk, on=timezone.localdate())],
        get=PUBLIC, post=PUBLIC,
    ),
]  # fmt: skip
