"""Tracks with levels, and development cards: what is done, what warns, who reads, who is a candidate."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from branches.models import Office
from education import developing, registration_mails, tracks
from education.models import (
    DevelopmentCard,
    DevelopmentStep,
    EventKind,
    LevelDone,
    Partner,
    Qualification,
    QualificationKind,
    Registration,
    Track,
    TrackLevel,
    TrackMember,
    TrackNeed,
)
from membership import merging, reading
from membership.models import ACTIVE, MemberTag, Reading
from outbox.relay import relay
from tests import factories as make
from tests.education import offering

NOW = timezone.now()
TODAY = timezone.localdate()


@pytest.fixture
def anna(tree):
    return make.member("Anna Arndt", tree.a, email="anna@example.org")


@pytest.fixture
def track(tree):
    return offering.track(tree.district, "Weg in den Rat")


@pytest.fixture
def first(track, anna):
    TrackMember.objects.create(track=track, member=anna, since=TODAY)
    return track.levels.first()


@pytest.fixture
def card(anna, cast):
    return developing.card_of(anna, cast.secretary_a, NOW)


def done(member):
    tracks.settle(NOW)
    return set(LevelDone.objects.filter(member=member).values_list("level", flat=True))


# --- tracks --------------------------------------------------------------------------------------------------------------


def test_a_level_without_needs_is_done_with_one_training_of_its_own(first, anna, cast, tree):
    partner = Partner.objects.get()
    held = offering.event(partner, cast.admin)
    assert done(anna) == set()
    place = offering.attend(held, anna, "confirmed")
    offering.offer(partner, cast.admin, event=held, level=first)
    assert done(anna) == set()
    Registration.objects.filter(pk=place.pk).update(state="attended")
    assert done(anna) == {first.pk}


def test_a_level_asks_for_all_of_its_needs(first, anna, cast, tree):
    kind = EventKind.objects.filter(slug="study_day").get()
    paper = QualificationKind.objects.create(party=tree.district, labels={"de": "Kassenkunde"}, office=Office.objects.first())
    TrackNeed.objects.create(level=first, kind=kind, count=2)
    TrackNeed.objects.create(level=first, qualification=paper)
    for _n in range(2):
        assert done(anna) == set()
        offering.attend(offering.event(Partner.objects.get(), cast.admin, kind="study_day"), anna)
    assert done(anna) == set()
    got = Qualification.objects.create(kind=paper, member=anna, got_on=TODAY - timedelta(days=9), until=TODAY, at=NOW)
    assert done(anna) == set()  # it has run out
    Qualification.objects.filter(pk=got.pk).update(until=None)
    assert done(anna) == {first.pk}


def test_what_is_done_stays_done_and_nobody_off_the_track_is_counted(first, anna, cast, tree):
    other = make.member("Bert B", tree.a)
    held = offering.event(Partner.objects.get(), cast.admin)
    offering.offer(Partner.objects.get(), cast.admin, event=held, level=first)
    for member in (anna, other):
        offering.attend(held, member)
    assert done(anna) == {first.pk} and done(other) == set()
    TrackNeed.objects.create(level=first, count=5)
    assert done(anna) == {first.pk}


def test_levels_before_warn_and_say_why(track, first, anna):
    second = track.levels.last()
    bert = make.member("Bert B", anna.home_unit)
    LevelDone.objects.create(level=first, member=bert, on=TODAY)
    found = tracks.missing_before([anna, bert], second)
    assert "Auftreten" in found[anna.pk][0] and "1" in found[anna.pk][0] and found[bert.pk] == []
    assert tracks.missing_before([anna], first) == {anna.pk: []}


def test_whoever_registers_for_a_level_is_told_what_comes_before_and_may_do_so_all_the_same(track, anna, cast, tree, sign_in, client):
    event = make.event(tree.district, title="Politik")
    offering.offer(Partner.objects.get(), cast.admin, event=event, level=track.levels.last())
    seen = sign_in(cast.secretary_a).get(reverse("education:registration_add", args=[event.pk]), {"pick": anna.pk}).content.decode()
    link = registration_mails.LINK.path("e", event.pk, anna.pk)
    assert all("Stufe 1" in page and "Auftreten" in page for page in (seen, client.get(link).content.decode()))
    client.post(link, {"do": "register"})
    assert event.registrations.get().state == "confirmed" and "Auftreten" not in client.get(link).content.decode()


def test_figures_say_how_many_are_where_in_each_unit(track, first, anna, tree):
    LevelDone.objects.create(level=first, member=anna, on=TODAY)
    TrackMember.objects.create(track=track, member=make.member("Bea B", tree.b), since=TODAY)
    found = tracks.figures([track], tree.district, ACTIVE)
    assert found == {tree.a.path: {(track.pk, None): 1, (track.pk, first.pk): 1}, tree.b.path: {(track.pk, None): 1}}


def test_a_secretary_sees_figures_of_the_own_unit_only(track, first, anna, tree, cast, sign_in):
    TrackMember.objects.create(track=track, member=make.member("Bea B", tree.b), since=TODAY)
    page = sign_in(cast.secretary_a).get(reverse("education:track_list")).content.decode()
    assert "Altdorf" in page and "Bergheim" not in page
    assert "Bergheim" not in sign_in(cast.secretary_a).get(reverse("education:track_list"), {"unit": tree.b.slug}).content.decode()


def test_a_track_is_made_with_levels_and_their_order_changed(cast, tree, sign_in):
    client = sign_in(cast.officer)
    client.post(reverse("education:track_add"), {"name_de": "Neu", "name_he": "חדש"})
    add = reverse("education:level_add", args=[Track.objects.get().pk])
    for name in ("Eins", "Zwei"):
        assert client.post(add, {"label_de": name, "trainings": "1"}).status_code == 302
    level = TrackLevel.objects.order_by("-position").first()
    assert (str(level), level.position, level.needs.get().count) == ("Zwei", 2, 1)
    client.post(reverse("education:level_move", args=[level.pk]))
    assert list(TrackLevel.objects.order_by("position").values_list("labels__de", flat=True)) == ["Zwei", "Eins"]
    assert client.post(add, {"trainings": "1"}).status_code == 422


def test_the_list_of_tracks_asks_the_same_number_of_questions_however_long_it_is(cast, tree, track, first, sign_in):
    client, counts = sign_in(cast.officer), set()
    for n in (1, 4):
        for _n in range(n):
            offering.track(tree.district, "Noch einer")
        client.get(reverse("education:track_list"))
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("education:track_list"))
        counts.add(len(asked))
    assert len(counts) == 1 and max(counts) <= 10


# --- the card ------------------------------------------------------------------------------------------------------------


def test_every_look_at_a_card_is_noted(card, anna, cast, sign_in):
    assert sign_in(cast.secretary_a).get(reverse("education:development", args=[anna.pk])).status_code == 200
    assert Reading.objects.of(anna).get().by == cast.secretary_a


def test_who_only_sees_a_member_reads_no_card(card, anna, cast, sign_in):
    assert sign_in(cast.treasurer_a).get(reverse("education:development", args=[anna.pk])).status_code == 403
    assert sign_in(cast.secretary_b).get(reverse("education:development", args=[anna.pk])).status_code == 404
    assert not DevelopmentCard.objects.visible_to(cast.treasurer_a).exists()
    assert not reading.note(cast.treasurer_a, anna, Reading.What.PAGE, NOW)


def test_officer_and_member_write_the_same_card(card, anna, track, cast, tree, sign_in, client):
    word = offering.tag(tree.district)
    chair = Office.objects.get(slug="chair")
    data = {"goal": "Rat", "topics": [word.pk], "tracks": [track.pk], "wants": chair.pk, "wants_unit": tree.a.pk, "shown": "", "seen": card.version}
    assert sign_in(cast.secretary_a).post(reverse("education:development_edit", args=[anna.pk]), data).status_code == 302
    card.refresh_from_db()
    assert (card.goal, card.wants, card.wants_unit, card.changed_by) == ("Rat", chair, tree.a, cast.secretary_a)
    assert MemberTag.objects.get().source == "officer" and TrackMember.objects.get().track == track
    own = developing.address(card, TODAY).split("8000")[-1].removeprefix("http://testserver")
    later = {"goal": "Doch nicht", "topics": [], "tracks": [], "shown": str(word.pk), "seen": card.version}
    client.logout()
    assert client.post(own, later).status_code == 302
    card.refresh_from_db()
    assert card.goal == "Doch nicht" and card.changed_by is None and not MemberTag.objects.exists() and not TrackMember.objects.exists()


def test_of_two_who_write_at_once_the_second_is_told(card, anna, cast, sign_in):
    data = {"goal": "Eins", "shown": "", "seen": card.version}
    client, address = sign_in(cast.secretary_a), reverse("education:development_edit", args=[anna.pk])
    assert client.post(address, data).status_code == 302
    assert client.post(address, data | {"goal": "Zwei"}).status_code == 422
    card.refresh_from_db()
    assert card.goal == "Eins"


def test_a_card_takes_no_track_of_another_party(card, anna, cast, tree, sign_in):
    foreign = offering.track(tree.foreign, "Fremd")
    data = {"goal": "", "tracks": [foreign.pk], "shown": "", "seen": card.version}
    sign_in(cast.secretary_a).post(reverse("education:development_edit", args=[anna.pk]), data)
    assert not TrackMember.objects.exists()


def link(card, on=TODAY):
    return reverse("education:link_development", args=[developing.address(card, on).split("/")[-2]])


def test_only_the_member_agrees_to_be_a_candidate_and_takes_it_back(card, anna, cast, sign_in, client):
    data = {"goal": "", "shown": "", "seen": card.version, "do": "consent", "consented_on": str(TODAY)}
    sign_in(cast.secretary_a).post(reverse("education:development_edit", args=[anna.pk]), data)
    card.refresh_from_db()
    assert card.consented_on is None
    client.get(link(card))
    card.refresh_from_db()
    assert card.consented_on is None
    client.post(link(card), {"do": "consent"})
    card.refresh_from_db()
    assert card.consented_on == TODAY
    client.post(link(card), {"do": "withdraw"})
    card.refresh_from_db()
    assert card.consented_on is None and card.withdrawn_on == TODAY


def test_a_link_that_is_too_old_or_of_somebody_who_left_opens_nothing(card, anna, client):
    assert client.get(link(card, TODAY - developing.DAYS - timedelta(days=1))).status_code == 410
    assert client.get(link(card)[:-3] + "xx/").status_code == 404
    anna.status = "left"
    anna.save()
    assert client.get(link(card)).status_code == 410


def test_the_link_comes_by_mail_once_a_day(card, anna, cast, mailoutbox):
    assert developing.send(card, cast.secretary_a, NOW) and not developing.send(card, cast.secretary_a, NOW)
    relay(NOW + timedelta(minutes=1))
    (mail,) = mailoutbox
    assert mail.to == ["anna@example.org"] and "/link/development/" in mail.body


def test_candidates_are_those_who_agreed_want_the_office_and_belong_here(tree, cast):
    chair, board = (Office.objects.get(slug=slug) for slug in ("chair", "board"))

    def wish(name, unit, office=chair, **fields):
        return DevelopmentCard.objects.create(member=make.member(name, unit), wants=office, changed_at=NOW, **{"consented_on": TODAY} | fields)

    first = wish("Erste E", tree.a, consented_on=TODAY - timedelta(days=3))
    here = wish("Hier H", tree.a, wants_unit=tree.a)
    wish("Anderes A", tree.a, board)
    wish("Ohne O", tree.a, consented_on=None)
    wish("Weg W", tree.b)
    wish("Oben O", tree.a, wants_unit=tree.district)
    gone = wish("Fort F", tree.a).member
    gone.status = "left"
    gone.save()
    assert list(DevelopmentCard.objects.candidates_for(chair, tree.a, TODAY)) == [first, here]
    assert list(DevelopmentCard.objects.candidates_for(chair, tree.a, TODAY - timedelta(days=1))) == [first]
    first.member.memberships.create(unit=tree.youth, home=False, starts_on=TODAY)
    assert list(DevelopmentCard.objects.candidates_for(chair, tree.youth, TODAY)) == [first], "a section has them by belonging"


def test_agreed_steps_are_due_on_their_day_and_ticked_off(card, anna, cast, sign_in):
    client = sign_in(cast.secretary_a)
    add = reverse("education:development_step_add", args=[anna.pk])
    assert client.post(add, {"text": "", "due_on": str(TODAY)}).status_code == 422
    for text, day in (("Heute", TODAY), ("Morgen", TODAY + timedelta(days=1))):
        assert client.post(add, {"text": text, "due_on": str(day)}).status_code == 302
    due = reverse("education:development_due")
    page = client.get(due).content.decode()
    assert "Heute" in page.split("<main")[1] and "Morgen</bdi>" not in page
    assert "Morgen</bdi>" in client.get(due + "?show=open").content.decode()
    step = DevelopmentStep.objects.get(text="Heute")
    assert client.post(reverse("education:development_step_tick", args=[step.pk]), {"back": "due"})["Location"] == due
    step.refresh_from_db()
    assert step.done_on == TODAY
    assert "Anna" not in sign_in(cast.secretary_b).get(due + "?show=open").content.decode()


def test_a_merge_brings_steps_and_tracks_along(card, anna, tree, cast, track, first):
    twin = make.member("Anna Arndt", tree.a, joined_on=TODAY - timedelta(days=10))
    other = developing.card_of(twin, None, NOW)
    DevelopmentStep.objects.create(card=other, text="Mit", due_on=TODAY, agreed_on=TODAY)
    TrackMember.objects.create(track=track, member=twin, since=TODAY)
    merging.merge(anna.pk, twin.pk, cast.admin, NOW)
    assert DevelopmentCard.objects.get().member == anna and DevelopmentStep.objects.get().card == card
    assert TrackMember.objects.get().member == anna
