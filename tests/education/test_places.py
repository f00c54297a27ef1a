"""The place book: what a room offers, who keeps it, free or taken, two at once."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from education import announcing
from education.models import Event, Place
from tests import factories as make

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = datetime(2027, 1, 12, 19, tzinfo=BERLIN)


def test_a_place_is_entered_by_who_cares_and_seen_by_the_whole_party(tree, cast, sign_in):
    sent = {"name": "Volkshaus", "unit": tree.a.pk, "seats": 80, "cost": "25", "access": "free", "key_holder": "Frau Schlüssel", "note": "", "city": "Musterstadt"}
    assert sign_in(cast.secretary_a).post(reverse("education:place_add"), sent).status_code == 302
    place = Place.objects.get()
    assert (place.unit, place.cost_cents, place.seats) == (tree.a, 2500, 80)
    assert "Frau Schlüssel" in sign_in(cast.treasurer_a).get(place.get_absolute_url()).content.decode()
    assert sign_in(cast.secretary_b).get(place.get_absolute_url()).status_code == 200
    assert sign_in(cast.foreign_officer).get(place.get_absolute_url()).status_code == 404
    assert sign_in(cast.secretary_b).post(reverse("education:place_edit", args=[place.pk]), sent).status_code == 403
    assert sign_in(cast.secretary_a).post(reverse("education:place_add"), sent).status_code == 422  # the same name again
    assert sign_in(cast.secretary_a).post(reverse("education:place_add"), {**sent, "name": "Saal", "unit": tree.b.pk}).status_code == 422


def test_the_key_holder_is_on_no_public_page(tree, client):
    event = make.event(tree.a, audience="public", place=make.place(tree.a, key_holder="Frau Schlüssel", note="Hintertür", street="Ring 1"))
    page = client.get(reverse("education:event_page", args=[event.key])).content.decode()
    assert "Ring 1" in page and "Schlüssel" not in page and "Hintertür" not in page


def test_the_book_is_searched_by_what_is_needed_and_by_day(tree, cast, sign_in):
    hall = make.place(tree.a, "Halle", seats=200, access="free", city="Altdorf")
    room, attic = make.place(tree.b, "Raum", seats=20, access="help"), make.place(tree.a, "Dachboden", access="steps")
    make.event(tree.a, starts_at=EVENING, place=hall)
    make.event(tree.a, starts_at=EVENING, place=room, state="cancelled")
    client = sign_in(cast.treasurer_a)

    def found(**asked):
        """{name: whether it is taken, None without a day} of the list."""
        rows = client.get(reverse("education:place_list"), asked).context["rows"]
        return {row["name"]: (pill := row["cells"][0].get("pill")) and pill[1] == "amber" for row in rows}

    assert found() == {"Dachboden": None, "Halle": None, "Raum": None}
    assert found(seats="20") == {"Halle": None, "Raum": None} and found(access="free") == {"Halle": None} and found(q="alt") == {"Halle": None}
    assert found(day="2027-01-12") == {"Dachboden": False, "Halle": True, "Raum": False}
    assert found(day="2027-01-12", starts="22:00", ends="23:00")["Halle"] is False  # it begins when the other ends
    assert found(day="2027-01-12", starts="21:59", ends="23:00")["Halle"] is True
    assert found(day="2027-01-11", starts="23:00", ends="02:00")["Halle"] is False
    attic.retire(EVENING.date())
    assert "Dachboden" not in found() and set(found(show="retired")) == {"Dachboden"}
    assert client.get(reverse("education:place_list"), {"day": "x", "seats": "-1", "access": "y"}).status_code == 200


def test_two_in_one_room_are_told_and_not_refused(tree, cast, sign_in):
    hall = make.place(tree.a, "Halle")
    theirs, own = make.event(tree.b, title="Geheimplan", starts_at=EVENING, place=hall, state="draft"), make.event(tree.a, starts_at=EVENING, place=hall)
    assert [one.event for one in announcing.double_booked(own)] == [theirs]
    page = sign_in(cast.secretary_a).get(own.get_absolute_url()).content.decode()
    assert "Bergheim" in page and "Geheimplan" not in page
    page = sign_in(cast.secretary_a).get(hall.get_absolute_url()).content.decode()
    assert "Bergheim" in page and "Geheimplan" not in page and Event.objects.get(pk=own.pk).place == hall
    assert "Geheimplan" in sign_in(cast.secretary_b).get(hall.get_absolute_url()).content.decode()
    Event.objects.filter(pk=theirs.pk).update(state="cancelled")
    assert not announcing.double_booked(own).exists()


def test_the_book_takes_a_constant_number_of_queries(tree, cast, sign_in):
    client, asked = sign_in(cast.officer), {"day": "2027-01-12"}

    def count(address, **asked):
        client.get(address, asked)
        with CaptureQueriesContext(connection) as sent:
            assert client.get(address, asked).status_code == 200
        return len(sent)

    first = make.place(tree.a, "Aula")
    make.event(tree.a, starts_at=EVENING, place=first)
    few = count(reverse("education:place_list"), **asked), count(first.get_absolute_url())
    for n in range(60):
        make.event(tree.b, starts_at=EVENING, place=make.place(tree.b, f"Raum {n}"))
        make.event(tree.b, starts_at=EVENING, place=first)
    assert (count(reverse("education:place_list"), **asked), count(first.get_absolute_url())) == few
    assert max(few) <= 10
