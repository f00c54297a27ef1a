"""Partners and their offers: who sees what, what becomes of an offer, whom it fits and who is told of it."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from education import fitting, offer_cards, offer_links, offer_views, partnering, telling, unsubscribing
from education.models import Offer, OfferMail, OfferNotice, Partner, PartnerAccount, TrackMember, Unsubscribed
from membership.models import Member, Tag
from outbox.models import Message
from outbox.relay import relay
from tests import factories as make
from tests.access import MEMBER_TEXTS, build_world, canary
from tests.education import offering

NOW = timezone.now()
TODAY = timezone.localdate()
MONDAY = telling.week_of(TODAY)


@pytest.fixture
def foundation(cast, tree):
    return Partner.objects.filter(name="Stiftung Musterbildung").get()


@pytest.fixture
def housing(tree):
    return offering.tag(tree.district)


@pytest.fixture
def anna(tree, housing):
    """A member of A who is interested in housing."""
    member = make.member("Anna Arndt", tree.a, email="anna@example.org")
    offering.note(member, housing)
    return member


@pytest.fixture
def told(foundation, cast, housing, anna):
    """An announced offer about housing whose telling was ordered."""
    row = offering.offer(foundation, cast.admin, tags=[housing])
    assert row.order_telling(cast.admin, NOW)
    return row


# --- a partner's people --------------------------------------------------------------------------------------------------


def test_a_partner_starts_at_its_own_offers_and_finds_no_empty_places(cast, foundation, sign_in):
    client = sign_in(cast.partner)
    assert client.get("/")["Location"] == reverse("education:partner_home")
    page = client.get(reverse("education:partner_home")).content.decode()
    assert "Stiftung Musterbildung" in page
    assert reverse("membership:member_list") not in page and reverse("education:event_list") not in page


def test_a_partner_finds_no_offers_of_another_at_its_start(cast, foundation, tree, sign_in):
    other = Partner.objects.create(party=tree.district, name="Stiftung Anders")
    offering.offer(foundation, cast.partner, title="Eigener Kurs")
    offering.offer(other, cast.admin, title="Fremder Kurs")
    page = sign_in(cast.partner).get(reverse("education:partner_home")).text
    assert "Eigener Kurs" in page and "Fremder Kurs" not in page


def test_a_partner_sees_names_of_participants_and_contact_only_from_the_registration(cast, foundation, tree, sign_in):
    world = build_world(tree, cast)
    member = world.places["own"].member
    held = offering.event(foundation, cast.admin)
    offering.attend(held, member)
    offering.attend(held, None, "confirmed", name="Gast Gerne", email="gast@example.org")
    page = sign_in(cast.partner).get(reverse("education:partner_event", args=[held.pk])).content.decode()
    assert member.name in page and "gast@example.org" in page
    assert not [name for name in MEMBER_TEXTS if name not in ("given_name", "family_name") and canary(name, "own") in page]


def test_no_page_tells_a_partner_of_members_who_take_no_part(cast, foundation, tree, sign_in):
    world = build_world(tree, cast)
    row = offering.offer(foundation, cast.admin)
    row.order_telling(cast.admin, NOW)
    client = sign_in(cast.partner)
    names = ["partner_home", "offer_list", "track_list", "development_due"]
    pages = [client.get(reverse(f"education:{name}")) for name in names]
    pages += [client.get(reverse(f"education:{name}", args=[row.pk])) for name in ("offer_detail", "offer_edit", "offer_tell")]
    text = " ".join(page.content.decode() for page in pages)
    assert not [canary(name, place) for name in MEMBER_TEXTS for place in world.places if canary(name, place) in text]


def test_an_ended_account_sees_nothing_with_the_next_request(cast, foundation, sign_in):
    row = offering.offer(foundation, cast.admin, state="draft")
    client = sign_in(cast.partner)
    assert client.get(reverse("education:offer_detail", args=[row.pk])).status_code == 200
    assert PartnerAccount.objects.filter(user=cast.partner).first().end(NOW)
    assert client.get(reverse("education:offer_detail", args=[row.pk])).status_code == 404


def test_whoever_is_invited_is_told_by_mail_once(cast, foundation, mailoutbox):
    for _twice in range(2):
        partnering.invite(foundation, "Neu@Stiftung.example.org", "Nele", "Neu", cast.admin, NOW)
    relay(NOW + timedelta(minutes=1))
    (mail,) = mailoutbox
    assert mail.to == ["neu@stiftung.example.org"] and "Stiftung Musterbildung" in mail.subject


def test_nobody_is_told_of_an_account_that_has_ended(cast, foundation, mailoutbox):
    partnering.invite(foundation, "neu@stiftung.example.org", "Nele", "Neu", cast.admin, NOW).end(NOW)
    relay(NOW + timedelta(minutes=1))
    assert not mailoutbox


# --- states --------------------------------------------------------------------------------------------------------------


def test_an_offer_goes_from_the_partner_to_the_party_and_out_to_members(cast, foundation, sign_in):
    row = offering.offer(foundation, cast.partner, state="draft")
    change = reverse("education:offer_change", args=[row.pk])

    def do(person, verb, **more):
        status = sign_in(person).post(change, {"do": verb, **more}).status_code
        row.refresh_from_db()
        return status, row.state

    assert do(cast.partner, "accept") == (403, "draft")
    assert do(cast.partner, "submit") == (302, "submitted")
    assert do(cast.partner, "withdraw") == (403, "submitted")
    assert do(cast.partner, "return", remark="Doch nicht") == (403, "submitted")
    assert sign_in(cast.partner).get(reverse("education:offer_edit", args=[row.pk])).status_code == 403
    assert do(cast.officer, "return", remark="Bitte Kosten nennen") == (302, "returned")
    assert row.remark == "Bitte Kosten nennen"
    assert do(cast.partner, "submit") == (302, "submitted")
    assert do(cast.officer, "accept") == (302, "accepted")
    assert do(cast.officer, "announce") == (302, "open")
    assert do(cast.officer, "submit") == (302, "open")
    assert do(cast.officer, "close") == (302, "closed")


def test_an_accepted_offer_becomes_an_event_once(cast, foundation):
    row = offering.offer(foundation, cast.partner, state="accepted", seats=12, cost_cents=1500, place="Haus", access_note="stufenlos")
    kind = offering.event(foundation, cast.admin).kind
    event = offer_cards.make_event(row, kind, cast.admin, NOW)
    assert (event.partner, event.seats, event.fee_cents, event.state) == (foundation, 12, 1500, "draft")
    assert event.place_text == "Haus · stufenlos"
    assert event.dates.count() == 1 and event.starts_at == row.dates.get().starts_at
    assert offer_cards.make_event(row, kind, cast.admin, NOW) == event
    draft = offering.offer(foundation, cast.partner, state="draft")
    assert offer_cards.make_event(draft, kind, cast.admin, NOW) is None


def test_an_offer_is_entered_with_its_dates_in_three_languages(cast, foundation, housing, sign_in):
    data = {
        "name_de": "Neu", "name_he": "חדש", "text_de": "Text", "depth": "basic", "tags": [housing.pk], "unit": foundation.party_id, "language": "de",
        "cost_cents": "12,50", "seats": "8", "deadline": str(TODAY + timedelta(days=9)), "dates-TOTAL_FORMS": "2", "dates-INITIAL_FORMS": "0",
        "dates-0-starts_at": "2027-03-01T18:00", "dates-0-ends_at": "2027-03-01T20:00",
    }  # fmt: skip
    client = sign_in(cast.partner)
    answer = client.post(reverse("education:offer_add", args=[foundation.pk]), data)
    row = Offer.objects.latest("pk")
    assert answer["Location"] == reverse("education:offer_detail", args=[row.pk])
    assert (row.titles, row.cost_cents, row.by, row.dates.count()) == ({"de": "Neu", "he": "חדש"}, 1250, cast.partner, 1)
    wrong = client.post(reverse("education:offer_edit", args=[row.pk]), data | {"dates-0-ends_at": "2027-03-01T17:00", "cost_cents": "viel"})
    assert wrong.status_code == 422
    row.refresh_from_db()
    assert row.cost_cents == 1250


def test_a_date_goes_and_one_in_the_same_form_comes_but_not_by_emptying_its_line(cast, foundation, sign_in):
    row = offering.offer(foundation, cast.partner, state="draft")
    date = row.dates.get()
    data = {
        "name_de": "Neu", "depth": "basic", "unit": foundation.party_id, "language": "de", "dates-TOTAL_FORMS": "2", "dates-INITIAL_FORMS": "1",
        "dates-0-starts_at": "", "dates-0-ends_at": "", "dates-1-starts_at": "2027-03-01T18:00", "dates-1-ends_at": "2027-03-01T20:00",
    }  # fmt: skip
    client, address = sign_in(cast.partner), reverse("education:offer_edit", args=[row.pk])
    assert client.post(address, data).status_code == 422 and row.dates.get() == date
    assert client.post(address, data | {"dates-0-DELETE": "on"}).status_code == 302
    assert timezone.localtime(row.dates.get().starts_at).strftime("%d.%m. %H:%M") == "01.03. 18:00"


def test_whoever_saves_second_sees_the_dates_that_somebody_else_wrote_meanwhile(cast, foundation, sign_in):
    row = offering.offer(foundation, cast.admin, state="open")
    client, address = sign_in(cast.admin), reverse("education:offer_edit", args=[row.pk])
    page = client.get(address).context
    data = {name: page["form"][name].value() for name in page["form"].fields if page["form"][name].value() is not None}
    data |= {"dates-TOTAL_FORMS": "1", "dates-INITIAL_FORMS": "1", "dates-0-starts_at": "2027-03-01T18:00", "dates-0-ends_at": "2027-03-01T20:00"}
    moved = timezone.make_aware(datetime(2027, 5, 6, 19))
    row.set_dates({moved: moved + timedelta(hours=2)})
    answer = client.post(address, data)
    assert answer.status_code == 422 and row.dates.get().starts_at == moved
    assert "06.05.2027 19:00" in answer.content.decode()
    data["version"] = answer.context["form"]["version"].value()
    assert client.post(address, data).status_code == 302
    assert timezone.localtime(row.dates.get().starts_at).day == 1


def test_an_offer_takes_no_words_or_units_of_others(cast, foundation, tree, sign_in):
    foreign = offering.tag(tree.foreign, "Fremd")
    row = offering.offer(foundation, cast.partner, state="draft")
    data = {"name_de": "Neu", "depth": "basic", "language": "de", "dates-TOTAL_FORMS": "0", "dates-INITIAL_FORMS": "0", "unit": tree.district.pk}
    client, address = sign_in(cast.partner), reverse("education:offer_edit", args=[row.pk])
    assert client.post(address, data | {"tags": [foreign.pk]}).status_code == client.post(address, data | {"unit": tree.foreign.pk}).status_code == 422
    row.refresh_from_db()
    assert row.unit == tree.district and not row.tags.exists()


@pytest.mark.parametrize("person", ["officer", "partner"])
def test_lists_of_offers_ask_the_same_number_of_questions_however_long_they_are(person, cast, foundation, housing, sign_in):
    client = sign_in(getattr(cast, person))
    counts = set()
    for n in (1, 8):
        for _n in range(n):
            offering.offer(foundation, cast.admin, tags=[housing], cost_cents=100)
        found = []
        for name in ("offer_list", "partner_home"):
            client.get(reverse(f"education:{name}"))
            with CaptureQueriesContext(connection) as asked:
                assert client.get(reverse(f"education:{name}")).status_code == 200
            found.append(len(asked))
        counts.add(tuple(found))
    assert len(counts) == 1 and max(counts.pop()) <= 11


def test_filters_narrow_the_cards(cast, foundation, housing, sign_in):
    offering.offer(foundation, cast.admin, tags=[housing], title="Miete", online=True)
    offering.offer(foundation, cast.admin, title="Zahlen", cost_cents=100, depth="expert")
    client, address = sign_in(cast.treasurer_a), reverse("education:offer_list")
    for query, seen, hidden in (
        (f"topic={housing.pk}", "Miete", "Zahlen"), ("depth=expert", "Zahlen", "Miete"), ("where=online", "Miete", "Zahlen"), ("cost=free", "Miete", "Zahlen"),
        ("language=he", "", "Miete"),
    ):  # fmt: skip
        page = client.get(f"{address}?{query}").content.decode()
        assert seen in page and hidden not in page, query


# --- whom it fits --------------------------------------------------------------------------------------------------------


def fits(row, now=NOW):
    """{given name: why} of those whom `row` would be told to."""
    row.tell_at = row.tell_at or now
    row.save(update_fields=["tell_at"])
    fitting.keep([row.pk], now)
    return {notice.member.given_name: notice.why for notice in row.notices.select_related("member")}


def test_an_offer_fits_by_interest_skill_office_and_track_and_says_which(cast, tree, foundation, housing):
    speaking = offering.tag(tree.district, "Reden", Tag.Kind.SKILL)
    track = offering.track(tree.district, "Weg")
    people = {name: make.member(f"{name} Muster", tree.a, email=f"{name}@example.org") for name in ("Inge", "Sven", "Otto", "Tara", "Mia", "Nils")}
    offering.note(people["Inge"], housing)
    offering.note(people["Sven"], speaking)
    offering.note(people["Mia"], housing, speaking)
    people["Otto"].user = cast.treasurer_a
    people["Otto"].save()
    TrackMember.objects.create(track=track, member=people["Tara"], since=TODAY)
    row = offering.offer(foundation, cast.admin, tags=[housing, speaking], level=track.levels.first())
    row.offices.set([cast.treasurer_a.appointments.get().office])
    assert fits(row) == {"Inge": "interest", "Sven": "skill", "Mia": "interest", "Otto": "office", "Tara": "track"}


def test_an_offer_fits_nobody_without_address_elsewhere_gone_unsubscribed_or_registered(cast, tree, foundation, housing):
    make_member = lambda name, unit=tree.a, **fields: make.member(f"{name} M", unit, **{"email": f"{name}@example.org"} | fields)  # noqa: E731
    fit, stumm = make_member("Fit"), make_member("Stumm", email="")
    gone, there = make_member("Weg", status="left"), make_member("Fern", tree.b)
    quiet, registered = make_member("Still"), make_member("Da")
    for one in (fit, stumm, gone, there, quiet, registered):
        offering.note(one, housing)
    Unsubscribed.objects.create(member=quiet, purpose="offers", at=NOW)
    held = offering.event(foundation, cast.admin)
    offering.attend(held, registered, "confirmed")
    row = offering.offer(foundation, cast.admin, tags=[housing], unit=tree.a, event=held)
    assert fits(row) == {"Fit": "interest"}


def test_an_offer_in_another_language_fits_those_who_read_it(cast, tree, foundation, housing):
    for name, language in (("Dana", "he"), ("Dora", "de"), ("Leer", "")):
        offering.note(make.member(f"{name} M", tree.a, email=f"{name}@example.org", language=language), housing)
    assert fits(offering.offer(foundation, cast.admin, tags=[housing], language="he")) == {"Dana": "interest"}
    assert set(fits(offering.offer(foundation, cast.admin, tags=[housing]))) == {"Dana", "Dora", "Leer"}


def test_an_offer_without_words_offices_or_level_fits_nobody(cast, foundation, anna):
    assert fits(offering.offer(foundation, cast.admin)) == {}


def test_an_offer_never_fits_members_of_another_party(cast, tree, foundation, housing):
    offering.note(make.member("Fremd F", tree.foreign_branch, email="f@example.org"), housing)
    assert fits(offering.offer(foundation, cast.admin, tags=[housing])) == {}


def test_the_officer_sees_beforehand_how_many_where_and_why(cast, tree, foundation, housing, sign_in):
    for n in range(3):
        offering.note(make.member(f"A{n} M", tree.a, email=f"a{n}@example.org"), housing)
    offering.note(make.member("B M", tree.b, email="b@example.org"), housing)
    row = offering.offer(foundation, cast.admin, tags=[housing])
    found = fitting.preview(row, tree.district, NOW)
    assert (found.total, found.units, found.reasons) == (4, {tree.a.path: 3, tree.b.path: 1}, [("interest", housing.pk, 4)])
    page = sign_in(cast.officer).get(reverse("education:offer_tell", args=[row.pk])).content.decode()
    assert "Wohnen" in page and "Altdorf" in page
    assert not OfferNotice.objects.exists() and not Message.objects.exists()


# --- telling -------------------------------------------------------------------------------------------------------------


def test_each_fitting_member_is_told_once(told, anna, mailoutbox):
    for _again in range(3):
        telling.write(NOW)
        relay(NOW + timedelta(minutes=1))
    (mail,) = mailoutbox
    assert mail.to == ["anna@example.org"] and "Frei reden" in mail.subject and "Wohnen" in mail.body
    assert OfferNotice.objects.get().mail == OfferMail.objects.get()


def test_when_nothing_is_new_a_run_asks_one_question(told, anna, django_assert_num_queries):
    telling.write(NOW)
    with django_assert_num_queries(1):
        assert not telling.write(NOW)


def test_who_fits_later_is_found_the_next_day_and_a_changed_offer_at_once(told, foundation, cast, tree, housing, anna, sign_in):
    told.tags.clear()
    telling.write(NOW)
    told.tags.add(housing)
    telling.write(NOW)
    assert not OfferNotice.objects.exists()
    telling.write(NOW + timedelta(days=1))
    assert OfferNotice.objects.get().member == anna
    offering.note(make.member("Bert Beyer", tree.a, email="bert@example.org"), housing)
    client, address = sign_in(cast.admin), reverse("education:offer_edit", args=[told.pk])
    form = client.get(address).context["form"]
    dates = {"dates-TOTAL_FORMS": 0, "dates-INITIAL_FORMS": 0}
    values = {name: form[name].value() for name in form.fields if form[name].value() is not None} | {"tags": [housing.pk]}
    assert client.post(address, values | dates).status_code == 302
    assert telling.write(NOW + timedelta(days=1))["found"] == 1


def test_an_offer_changed_while_people_are_told_is_matched_again_by_the_next_run(told, tree, cast, housing, anna, sign_in):
    bert = make.member("Bert Beyer", tree.a, email="bert@example.org")
    parks = offering.tag(tree.district, "Parks")
    offering.note(bert, parks)
    client, address = sign_in(cast.admin), reverse("education:offer_edit", args=[told.pk])
    form = client.get(address).context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() is not None} | {"tags": [parks.pk]}
    edits = iter([lambda: client.post(address, values | {"dates-TOTAL_FORMS": 0, "dates-INITIAL_FORMS": 0})])

    def meanwhile(execute, sql, *rest):
        if "INSERT INTO outbox_message" in sql and (edit := next(edits, None)):
            assert edit().status_code == 302
        return execute(sql, *rest)

    with connection.execute_wrapper(meanwhile):
        telling.write(NOW)
    assert list(OfferNotice.objects.values_list("member", flat=True)) == [anna.pk]
    telling.write(NOW)
    assert OfferNotice.objects.filter(member=bert).exists()


def test_a_run_that_was_cut_off_goes_on(told, tree, housing, anna, monkeypatch):
    offering.note(make.member("Bert Beyer", tree.a, email="bert@example.org"), housing)
    monkeypatch.setattr(telling, "BATCH", 1)
    batches = iter([telling._write_batch])
    with monkeypatch.context() as patch:
        patch.setattr(telling, "_write_batch", lambda now: next(batches)(now))
        with pytest.raises(StopIteration):
            telling.write(NOW)
    assert OfferMail.objects.count() == 1
    assert telling.write(NOW) == {"found": 0, "told": 1} and OfferMail.objects.count() == 2


def test_new_offers_of_a_week_wait_for_one_mail_in_the_next(told, foundation, cast, housing, anna, mailoutbox):
    telling.write(NOW)
    for title in ("Zwei", "Drei"):
        offering.offer(foundation, cast.admin, tags=[housing], title=title).order_telling(cast.admin, NOW)
    telling.write(NOW)
    relay(NOW + timedelta(minutes=1))
    assert len(mailoutbox) == 1
    later = NOW + timedelta(days=7)
    telling.write(later)
    relay(later + timedelta(minutes=1))
    assert len(mailoutbox) == 2 and "Zwei" in mailoutbox[1].body and "Drei" in mailoutbox[1].body and "Frei reden" not in mailoutbox[1].body


def test_a_mail_holds_so_many_offers_and_the_rest_waits(foundation, cast, housing, anna):
    for n in range(telling.MOST + 2):
        offering.offer(foundation, cast.admin, tags=[housing], title=f"Nr {n}").order_telling(cast.admin, NOW)
    telling.write(NOW)
    assert OfferNotice.objects.exclude(mail=None).count() == telling.MOST
    telling.write(NOW + timedelta(days=7))
    assert not OfferNotice.objects.filter(mail=None).exists()


@pytest.mark.parametrize("meanwhile", ["withdrawn", "left", "unsubscribed", "no address"])
def test_a_mail_is_checked_again_before_it_goes(meanwhile, told, anna, mailoutbox):
    telling.write(NOW)
    if meanwhile == "withdrawn":
        told.withdraw()
    elif meanwhile == "left":
        Member.objects.update(status="left")
    elif meanwhile == "unsubscribed":
        Unsubscribed.objects.create(member=anna, purpose="offers", at=NOW)
    else:
        Member.objects.update(email="")
    relay(NOW + timedelta(minutes=1))
    assert not mailoutbox and Message.objects.get().state == "skipped"


def test_nothing_is_told_before_it_is_ordered_or_after_the_deadline(cast, foundation, housing, anna):
    offering.offer(foundation, cast.admin, tags=[housing])
    over = offering.offer(foundation, cast.admin, tags=[housing], deadline=TODAY - timedelta(days=1))
    over.order_telling(cast.admin, NOW)
    telling.write(NOW)
    assert not OfferNotice.objects.exists()


def test_a_mail_is_in_the_language_of_the_member(told, anna, mailoutbox):
    anna.language = "he"
    anna.save()
    telling.write(NOW)
    relay(NOW + timedelta(minutes=1))
    assert "לדבר" in mailoutbox[0].subject


def test_a_mail_program_ends_the_mails_with_one_click_and_nothing_else(told, anna, mailoutbox, client):
    telling.write(NOW)
    relay(NOW + timedelta(minutes=1))
    headers = mailoutbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>")
    assert address in mailoutbox[0].body
    strict = type(client)(enforce_csrf_checks=True)
    path = "/" + address.split("/", 3)[3]
    assert strict.get(path).status_code == 200 and not Unsubscribed.objects.exists()
    assert strict.post(path, {"List-Unsubscribe": "One-Click"}).status_code == 302
    assert Unsubscribed.objects.get().member == anna
    assert strict.post(path, {"do": "again"}).status_code == 302
    assert not Unsubscribed.objects.exists()


def test_the_link_of_one_member_stops_the_mails_of_nobody_else(anna, tree, client):
    other = make.member("Bert B", tree.a, email="bert@example.org")
    token = unsubscribing.UNSUBSCRIBE.signer.sign(str(anna.pk)).replace(str(anna.pk), str(other.pk), 1)
    assert client.post(reverse("education:link_unsubscribe", args=[token])).status_code == 404
    assert not Unsubscribed.objects.exists()


# --- the page behind the link, and the reach -----------------------------------------------------------------------------


@pytest.fixture
def page(told, anna):
    telling.write(NOW)
    return reverse("education:link_offer", args=[offer_links.address(OfferNotice.objects.get(), TODAY).split("/")[-2]])


def test_opening_the_page_changes_nothing_and_looking_at_it_counts(page, client):
    assert "Frei reden" in client.get(page).content.decode()
    assert OfferNotice.objects.get().opened_at is None
    assert client.post(page, {"do": "opened"}).status_code == 204
    assert OfferNotice.objects.get().opened_at


def test_the_page_warns_of_levels_that_were_not_done_and_lets_one_register(told, page, tree, client):
    told.level = offering.track(tree.district, "Weg").levels.last()
    told.url = "https://stiftung.example.org/kurs"
    told.save()
    text = client.get(page).content.decode()
    assert "Auftreten" in text and "1" in text
    assert client.post(page, {"do": "register"})["Location"] == "https://stiftung.example.org/kurs"


def test_the_page_of_an_offer_leads_to_ones_own_registration_without_another_mail(told, page, anna, tree, client):
    told.event = make.event(tree.district, title="Frei reden")
    told.save()
    client.post(client.post(page, {"do": "register"})["Location"], {"do": "register"})
    assert told.event.registrations.get().member == anna


def test_the_page_of_an_offer_that_is_over_says_so(told, page, client):
    told.close()
    assert client.get(page).status_code == 410


def test_reach_counts_told_opened_registered_and_attended_per_unit(told, anna, tree, foundation, cast, mailoutbox, client):
    telling.write(NOW)
    relay(NOW + timedelta(minutes=1))
    OfferNotice.objects.update(opened_at=NOW)
    told.event = offering.event(foundation, cast.admin)
    told.save()
    offering.attend(told.event, anna)
    offering.attend(told.event, make.member("B B", tree.b), "confirmed")
    assert telling.reach(told, tree.district) == [
        {"path": tree.a.path, "told": 1, "opened": 1, "registered": 1, "attended": 1},
        {"path": tree.b.path, "told": 0, "opened": 0, "registered": 1, "attended": 0},
    ]
    own = offer_views.reach_table(told, cast.officer, leads=True)
    others = offer_views.reach_table(told, cast.partner, leads=False)
    assert [figure["value"] for figure in own["figures"]] == [1, 1, 2, 1]
    assert 1 not in [cell["text"] for row in others["rows"] for cell in row["cells"]]


@pytest.mark.parametrize(
    "counts, seen, shown",
    [
        ({"a": 3, "b": 9}, set(), {"a": None, "b": None}),  # the sum would tell the three
        ({"a": 3, "b": 9, "c": 20}, set(), {"a": None, "b": None, "c": 20}),
        ({"a": 3, "b": 2, "c": 20}, set(), {"a": None, "b": None, "c": 20}),
        ({"a": 3, "b": 9}, {"a"}, {"a": 3, "b": 9}),
        ({"a": 0, "b": 5}, set(), {"a": 0, "b": 5}),
    ],
)
def test_small_numbers_are_hidden_from_those_who_may_not_see_the_people(counts, seen, shown):
    assert offer_views.hidden(counts, seen) == shown




def test_the_form_of_an_offer_begins_with_the_language_of_the_reader(cast, foundation, sign_in):
    client = sign_in(cast.partner)
    client.cookies["django_language"] = "he"
    page = client.get(reverse("education:offer_add", args=[foundation.pk])).content.decode()
    assert page.index('name="name_he"') < page.index('name="name_de"')


def test_an_offer_becomes_an_event_of_a_kind_that_gives_confirmations_unless_one_says_otherwise(cast, foundation, sign_in):
    offer = offering.offer(foundation, cast.admin, state="accepted")
    page = sign_in(cast.admin).get(reverse("education:offer_detail", args=[offer.pk]))
    kind = page.context["kind_form"]["kind"].initial
    assert kind.confirms and not kind.counts and f'value="{kind.pk}" selected' in page.content.decode()


def test_a_partner_sees_at_a_glance_who_has_a_place(cast, foundation, tree, sign_in):
    held = offering.event(foundation, cast.admin)
    offering.attend(held, make.member("Edda Wolf", tree.a), "confirmed")
    assert '<span class="pill ok">' in sign_in(cast.partner).get(reverse("education:partner_event", args=[held.pk])).content.decode()


def test_a_unit_whose_members_wait_for_the_mail_of_next_week_was_told_nothing_yet(cast, told, anna, foundation, sign_in):
    OfferMail.objects.create(member=anna, week=MONDAY)  # another offer was in the mail of this week
    telling.write(NOW)
    assert OfferNotice.objects.get(member=anna).mail is None
    assert [row["told"] for row in telling.reach(told, told.unit)] == [0]
    for person in (cast.admin, cast.partner, cast.secretary_b):
        assert sign_in(person).get(reverse("education:offer_detail", args=[told.pk])).status_code == 200
