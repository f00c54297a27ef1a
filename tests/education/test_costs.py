"""Costs of events: shares that add up to the cent, settled and reopened, read by the budget of a unit."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from branches.models import User
from common.money import split
from education import costs
from education.models import CostLine, Event, SettledShare, Settlement
from tests import factories as make
from tests.education.test_attendance import registered

NOW = timezone.now()
CENTS = st.integers(-(10**9), 10**9)
PARTS = st.lists(st.integers(0, 1000), min_size=1, max_size=12)


@pytest.fixture
def event(tree):
    """Held yesterday by A and B together, who share two to one."""
    row = make.event(tree.a, starts_at=NOW - timedelta(days=1), carriers=[tree.b], fee_cents=1500)
    row.carriers.filter(unit=tree.a).update(share=2)
    return row


def line(event, cents, kind="room", stage="real", by=None):
    return CostLine.objects.create(event=event, stage=stage, kind=kind, text="Saal", cents=cents, by=by or event_user(), at=NOW)


def event_user():
    return User.objects.first()


# --- shares ------------------------------------------------------------------------------------------------------------


@given(st.lists(CENTS, max_size=9), PARTS)
def test_a_table_adds_up_by_line_and_by_unit(amounts, parts):
    rows = costs.table(amounts, parts)
    assert [sum(row) for row in rows] == amounts
    assert [sum(column) for column in zip(*rows, strict=True)] == (split(sum(amounts), parts) if amounts else [])
    whole = sum(parts)
    if whole:
        assert all(abs(cell * whole - cents * part) < 2 * whole for cents, row in zip(amounts, rows, strict=True) for cell, part in zip(row, parts, strict=True))


def test_the_unit_in_charge_comes_first(tree):
    event = make.event(tree.b, carriers=[tree.a])
    assert [row.unit for row in costs.carriers_of(event)] == [tree.b, tree.a]


# --- settling ----------------------------------------------------------------------------------------------------------


def test_settling_gives_each_unit_its_share_by_kind_for_its_budget(event, tree, cast):
    line(event, 10_001)
    line(event, 5_000, "food")
    line(event, 99_999, "food", stage="planned")
    line(event, -3_000, "fees")
    costs.settle(event, cast.secretary_a, NOW)
    year = timezone.localdate(event.starts_at).year
    a, b = costs.settled(tree.a, year), costs.settled(tree.b, year)
    assert {kind: cents for _event, cents, kind in a} == {"room": 6667, "food": 3334, "fees": -2000}
    assert {kind: cents for _event, cents, kind in b} == {"room": 3334, "food": 1666, "fees": -1000}
    assert {row[0] for row in a} == {event} and sum(cents for _e, cents, _k in a + b) == 12_001
    assert costs.settled(tree.a, year - 1) == [] and costs.settled(tree.district, year) == []
    event.refresh_from_db()
    assert event.state == Event.State.CLOSED


def test_what_is_settled_cannot_be_changed_until_it_is_reopened_and_then_counts_no_more(event, tree, cast):
    saal = line(event, 9_000)
    costs.settle(event, cast.secretary_a, NOW)
    for change in (lambda: costs.save(saal), lambda: costs.remove(saal), lambda: costs.set_key(event, {tree.a.pk: 1}), lambda: costs.settle(event, cast.secretary_a, NOW)):
        with pytest.raises(costs.Refused):
            change()
    event.refresh_from_db()
    assert costs.reopen(event, cast.secretary_a, NOW) and not costs.reopen(event, cast.secretary_a, NOW)
    assert costs.settled(tree.a, event.starts_at.year) == [] and Event.objects.get(pk=event.pk).state == Event.State.OPEN
    saal.cents = 6_000
    costs.save(saal)
    costs.settle(event, cast.secretary_a, NOW)
    assert [cents for _e, cents, _k in costs.settled(tree.a, timezone.localdate(event.starts_at).year)] == [4_000]
    assert Settlement.objects.count() == 2, "what stood before is kept"


def test_costs_of_an_event_to_come_cannot_be_settled(tree, cast):
    coming = make.event(tree.a, starts_at=NOW + timedelta(days=2))
    with pytest.raises(ValidationError):
        costs.settle(coming, cast.secretary_a, NOW)


def test_an_event_on_new_years_eve_counts_to_the_year_it_began_here(tree, cast):
    event = make.event(tree.a, starts_at=timezone.make_aware(datetime(2025, 12, 31, 23, 30)))
    line(event, 100)
    costs.settle(event, cast.secretary_a, NOW)
    assert costs.settled(tree.a, 2025) and not costs.settled(tree.a, 2026)


def test_income_is_less_than_zero_in_the_database_too(event):
    for kind, cents in (("fees", 100), ("room", -100), ("fund", 1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            line(event, cents, kind)


# --- pages -------------------------------------------------------------------------------------------------------------


def post(client, name, event, **data):
    return client.post(reverse(f"education:{name}", args=[event.pk]), data)


def test_cost_add_takes_amounts_as_people_write_them_and_knows_income(event, sign_in, cast):
    client = sign_in(cast.treasurer_a)
    for kind, text in (("room", "1.234,50"), ("partner", "200")):
        assert post(client, "cost_add", event, stage="real", kind=kind, text="x", amount=text).status_code == 302
    assert list(CostLine.objects.values_list("cents", flat=True)) == [123_450, -20_000]
    for amount in ("0", "viel", "-5", ""):
        assert post(client, "cost_add", event, stage="real", kind="room", text="x", amount=amount).status_code == 422


def test_a_receipt_is_kept_with_its_line_and_comes_back_as_it_was(event, sign_in, cast):
    client, pdf = sign_in(cast.secretary_a), b"%PDF-1.7 Quittung"
    data = {"stage": "real", "kind": "room", "text": "Saal", "amount": "90"}
    assert post(client, "cost_add", event, **data, file=SimpleUploadedFile("../Quittung Müller.pdf", pdf)).status_code == 302
    row = CostLine.objects.get()
    answer = client.get(reverse("education:cost_receipt", args=[row.pk]))
    assert answer.content == pdf and answer["Content-Type"] == "application/octet-stream" and "attachment" in answer["Content-Disposition"]
    assert sign_in(cast.secretary_b).get(reverse("education:cost_receipt", args=[row.pk])).status_code == 200, "B carries it too"
    assert sign_in(cast.section_lead).get(reverse("education:cost_receipt", args=[row.pk])).status_code == 404
    for name, content in (("a.pdf", b"<html>"), ("a.html", b"%PDF-"), ("a.svg", b"<svg/>")):
        answer = post(sign_in(cast.secretary_a), "cost_add", event, **data, file=SimpleUploadedFile(name, content))
        assert answer.status_code == 422


def test_a_carrying_unit_sees_the_costs_and_does_not_enter_them(event, sign_in, cast):
    entered = line(event, 3_000)
    client = sign_in(cast.secretary_b)
    page = client.get(reverse("education:cost_list", args=[event.pk])).content.decode()
    assert "20,00" in page and "10,00" in page
    assert post(client, "cost_add", event, stage="real", kind="room", text="x", amount="1").status_code == 403
    for name in ("cost_edit", "cost_remove"):
        assert client.post(reverse(f"education:{name}", args=[entered.pk])).status_code == 403


def test_cost_list_offers_the_fees_of_those_who_attended_as_income(event, tree, sign_in, cast):
    for n in range(3):
        registered(event, f"Gast {n}", "attended")
    registered(event, "Gast 9", "missed")
    client = sign_in(cast.secretary_a)
    assert "45,00" in client.get(reverse("education:cost_list", args=[event.pk])).content.decode()
    form = client.get(reverse("education:cost_add", args=[event.pk]), {"fees": "1"}).content.decode()
    assert 'value="45' in form


def test_cost_key_shares_anew_and_somebody_has_to_bear_something(event, tree, sign_in, cast):
    client = sign_in(cast.secretary_a)
    assert post(client, "cost_key", event, **{f"unit_{tree.a.pk}": 1, f"unit_{tree.b.pk}": 3}).status_code == 302
    assert dict(event.carriers.values_list("unit", "share")) == {tree.a.pk: 1, tree.b.pk: 3}
    assert post(client, "cost_key", event, **{f"unit_{tree.a.pk}": 0, f"unit_{tree.b.pk}": 0}).status_code == 422


def test_cost_settle_and_reopen_by_who_leads(event, sign_in, cast):
    line(event, 3_000)
    assert post(sign_in(cast.treasurer_a), "cost_settle", event).status_code == 302 and SettledShare.objects.count() == 2
    post(sign_in(cast.treasurer_a), "cost_settle", event)
    assert Settlement.objects.count() == 1
    assert post(sign_in(cast.treasurer_a), "cost_reopen", event).status_code == 403
    assert post(sign_in(cast.chair_a), "cost_reopen", event).status_code == 302 and not Settlement.objects.filter(reopened_at=None).exists()


def test_money_is_shown_in_the_currency_of_the_unit(event, tree, sign_in, cast):
    line(event, 123_456)
    tree.district.settings["currency"] = "ILS"
    tree.district.save()
    assert "₪" in sign_in(cast.secretary_a).get(reverse("education:cost_list", args=[event.pk])).content.decode()


@pytest.mark.parametrize("number", [2, 40])
def test_cost_list_asks_the_database_equally_often_for_few_and_many(number, event, sign_in, cast, django_assert_max_num_queries):
    for n in range(number):
        line(event, 100 + n)
    client = sign_in(cast.secretary_a)
    with django_assert_max_num_queries(13):
        client.get(reverse("education:cost_list", args=[event.pk]))
