"""Two people at one thing: whoever comes second waits for the first and then sees what became of it."""

import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from education import announcing, registering
from education.models import CalendarFeed, Event, Offer, Partner
from tests import factories as make
from tests.education import offering

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()
SERIES = uuid4()


def meanwhile(first, second):
    """What `second()` answers that comes while `first()` is done and not yet written for good."""
    done, errors = threading.Event(), []

    def run():
        try:
            with transaction.atomic():
                first()
                done.set()
                time.sleep(0.4)
        except Exception as error:
            errors.append(error)
            done.set()
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert done.wait(20)
    try:
        return second()
    finally:
        thread.join(20)
        assert not errors, errors


def test_an_event_somebody_registers_for_is_not_taken_back(tree):
    event, member = make.event(tree.a), make.member("Edda Wolf", tree.a)
    assert not meanwhile(lambda: registering.register(event.pk, NOW, member=member), lambda: event.take_back(NOW))
    assert Event.objects.get().state == "open"


def test_a_draft_that_is_announced_and_registered_for_is_not_thrown_away(tree):
    event, member = make.event(tree.a, state="draft"), make.member("Edda Wolf", tree.a)

    def announce():
        assert announcing.publish(Event.objects.get(), NOW)
        registering.register(event.pk, NOW, member=member)

    assert not meanwhile(announce, event.drop)
    assert Event.objects.get().registrations.count() == 1


def test_a_change_of_a_series_keeps_the_day_that_somebody_moves_meanwhile(tree):
    start = NOW.replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=30)
    first, last = (make.event(tree.a, starts_at=start + timedelta(weeks=n), series=SERIES) for n in (0, 1))

    def change(event, following=False, **moved):
        old = event.dates.get()
        dates = [{"starts_at": old.starts_at + timedelta(**moved), "ends_at": old.ends_at + timedelta(**moved), "note": ""}]
        return announcing.change(event, {}, dates, [], event.version, NOW, following)

    assert meanwhile(lambda: change(last, days=2), lambda: change(first, following=True, hours=1)) == 2
    last.refresh_from_db()
    assert last.starts_at == start + timedelta(weeks=1, days=2, hours=1)

def test_an_offer_accepted_meanwhile_is_not_written_by_its_partner(tree, cast, sign_in):
    partner = Partner.objects.get()
    offer = offering.offer(partner, cast.partner, state="draft", tags=[offering.tag(tree.district)])
    client, form = sign_in(cast.partner), {"name_de": "Anders", "depth": "basic", "unit": tree.district.pk, "language": "de"}
    form |= {"dates-TOTAL_FORMS": 0, "dates-INITIAL_FORMS": 0}
    edit = reverse("education:offer_edit", args=[offer.pk])
    answer = meanwhile(lambda: Offer.objects.get().accept(cast.admin, NOW), lambda: client.post(edit, form))
    offer.refresh_from_db()
    assert answer.status_code == 403 and (offer.state, str(offer)) == ("accepted", "Frei reden")


def test_two_new_levels_of_a_track_stand_one_after_the_other(tree, cast, sign_in):
    track = offering.track(tree.district, "Weg")
    one, two = sign_in(cast.officer), sign_in(cast.admin)
    add = reverse("education:level_add", args=[track.pk])
    meanwhile(lambda: one.post(add, {"label_de": "Drei", "trainings": "1"}), lambda: two.post(add, {"label_de": "Vier", "trainings": "1"}))
    assert [str(level) for level in track.levels.all()] == ["Auftreten", "Politik vor Ort", "Drei", "Vier"]


def test_a_double_click_makes_one_calendar(cast, sign_in):
    one, two = sign_in(cast.secretary_a), sign_in(cast.secretary_a)
    add = reverse("education:calendar_list")
    meanwhile(lambda: one.post(add, {}), lambda: two.post(add, {}))
    assert CalendarFeed.objects.count() == 1
