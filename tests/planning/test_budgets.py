"""Shares add up, explain themselves and come out the same again; rules are calculated, compared, approved; bookings stay."""

import io
import uuid
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import ProgrammingError, transaction
from django.urls import reverse
from django.utils import timezone, translation
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from branches.models import Office, UnitKind
from education.models import Event, EventKind
from education.models.costs import SettledShare, Settlement
from membership import movements
from planning import budgets, plans, spending
from planning.budgets import Basis, Impossible, simulate
from planning.models import Activity, Budget, BudgetRule, BudgetShare, Spending, YearClosed
from tests import factories as make

TODAY = make.TODAY
NOW = timezone.now()
YEAR = timezone.localdate().year


# --- the arithmetic ---------------------------------------------------------------------------------------------------

CENTS = st.integers(0, 10**6)


@st.composite
def rules(draw):
    """A rule as its form lets it be: floor, cap and total are multiples of the step."""
    step = draw(st.sampled_from([1, 7, 100, 500, 1000]))
    whole = st.integers(0, 3000).map(lambda n: n * step)
    floor, cap = draw(st.none() | whole), draw(st.none() | whole)
    if floor is not None and cap is not None and cap < floor:
        floor, cap = cap, floor
    kinds = draw(st.lists(st.integers(1, 4), unique=True, max_size=3))
    amounts = [
        {"kind": kind, "each": draw(st.none() | CENTS), "person": draw(st.none() | st.integers(0, 500)), "most": draw(st.none() | st.integers(0, 5))}
        for kind in kinds
    ]
    return BudgetRule(
        base_cents=draw(CENTS), member_cents=draw(st.integers(0, 2000)), amounts=amounts, floor_cents=floor, cap_cents=cap, step_cents=step,
        total_cents=draw(st.none() | st.integers(0, 50_000).map(lambda n: n * step)),
    )  # fmt: skip


VOLUME = st.dictionaries(st.integers(1, 4), st.tuples(st.integers(1, 9), st.integers(0, 300)), max_size=3)
BASES = st.lists(st.tuples(st.integers(0, 900), VOLUME), max_size=30).map(lambda found: [Basis(n, *one) for n, one in enumerate(found)])


@settings(max_examples=400)
@given(rules(), BASES)
def test_shares_add_up_explain_themselves_and_are_the_same_again(rule, bases):
    floor, cap, total = rule.floor_cents or 0, rule.cap_cents, rule.total_cents
    try:
        found = simulate(rule, bases)
    except Impossible:
        assert total is not None
        assert (not bases and total) or floor * len(bases) > total or (cap is not None and cap * len(bases) < total)
        return
    cents = [share for _basis, share, _lines in found]
    for _basis, share, lines in found:
        assert sum(line[3] for line in lines) == share
        assert share % rule.step_cents == 0
        assert share >= floor and (cap is None or share <= cap)
    if total is not None:
        assert sum(cents) == total
    assert simulate(rule, bases) == found


@settings(max_examples=200)
@given(rules(), BASES)
def test_who_claims_more_gets_no_less(rule, bases):
    try:
        found = simulate(rule, bases)
    except Impossible:
        return
    claimed = sorted((sum(line[3] for line in budgets.claims(rule, basis)), share) for basis, share, _lines in found)
    for (less, small), (more, large) in pairwise(claimed):
        assert less == more or small <= large + rule.step_cents


def rule(**fields):
    return BudgetRule(**({"amounts": [], "step_cents": 1, "counting_on": date(2026, 1, 1)} | fields))


def test_the_largest_remainder_gets_the_cent_that_is_left_and_of_equal_ones_the_first():
    shares = [cents for _b, cents, _l in simulate(rule(member_cents=100, total_cents=100), [Basis(n, 1) for n in range(3)])]
    assert shares == [34, 33, 33]


def test_a_floor_holds_although_everything_is_scaled_down():
    found = simulate(rule(member_cents=100, total_cents=10_000, floor_cents=2_000), [Basis(1, 1), Basis(2, 99), Basis(3, 100)])
    assert [cents for _b, cents, _l in found] == [2_000, 3_980, 4_020]
    assert ["floor", None, 2_000, 1_900] in found[0][2]


def test_a_cap_gives_its_rest_to_the_others():
    found = simulate(rule(member_cents=100, total_cents=9_000, cap_cents=4_000), [Basis(1, 900), Basis(2, 50), Basis(3, 50)])
    assert [cents for _b, cents, _l in found] == [4_000, 2_500, 2_500]


def test_only_so_many_activities_count_and_the_line_says_so():
    amounts = [{"kind": 5, "each": 5000, "most": 2, "person": 50}]
    [(_basis, cents, lines)] = simulate(rule(amounts=amounts), [Basis(1, 0, {5: (3, 60)})])
    assert cents == 13_000 and lines == [["each", 2, 5000, 10_000, 5, 3], ["person", 60, 50, 3_000, 5]]


def test_a_share_is_explained_in_words():
    made = rule(member_cents=250, statuses=["full"])
    with translation.override("en"):
        assert budgets.say(["members", 212, 250, 53_000], made, {}, "EUR") == "212 registered members on 1 January 2026 × €2.50 = €530.00"
    with translation.override("de"):
        assert "530,00\xa0€" in budgets.say(["members", 212, 250, 53_000], made, {}, "EUR")


# --- with people ------------------------------------------------------------------------------------------------------


@pytest.fixture
def kind(db):
    return EventKind.objects.get_or_create(slug="evening", defaults={"labels": {"de": "Themenabend"}})[0]


@pytest.fixture
def ruled(tree, cast, kind):
    """A rule of the district over its two branches: three members in A, one in B; A has an approved plan."""
    for n in range(3):
        make.member(f"Anna A{n}", tree.a)
    make.member("Bert Bee", tree.b)
    make.member("Gast Bee", tree.b, status="guest")
    plan = plans.plan_of(tree.a, YEAR)
    office = Office.objects.get(slug="secretary")
    line = {"plan": plan, "kind": kind, "office": office, "due_on": plans.month_end(YEAR, 6), "people": 20}
    Activity.objects.create(title="Abend", cost_cents=10_000, **line)
    Activity.objects.create(title="Fiel aus", state="dropped", reason="keine Zeit", **line)
    plan.submit(cast.chair_a, NOW)
    plan.approve(cast.officer, NOW)
    Activity.objects.create(title="Nachher", **line)  # not approved: counts nowhere
    return BudgetRule.objects.create(
        unit=tree.district, year=YEAR, name="Haushalt", base_cents=10_000, member_cents=250, statuses=["full"], counting_on=TODAY - timedelta(days=1),
        amounts=[{"kind": kind.pk, "each": 5_000, "most": None, "person": 50}], kinds=[UnitKind.objects.get(slug="branch").pk], step_cents=1,
        by=cast.officer, created_at=NOW,
    )  # fmt: skip


def shares_of(rule):
    return dict(rule.shares.values_list("unit__slug", "cents"))


def test_a_rule_counts_members_of_the_day_and_approved_activities(ruled, tree):
    budgets.calculate(ruled, NOW)
    assert shares_of(ruled) == {"altdorf": 10_000 + 3 * 250 + 5_000 + 20 * 50, "bergheim": 10_000 + 250}


def test_members_by_unit_are_those_of_the_book(ruled, tree):
    on = timezone.localdate()
    found = movements.stock_by_unit(tree.district, on, ["full", "guest"])
    for unit in (tree.district, tree.a, tree.b, tree.youth):
        expected = sum(movements.stock(unit, on, status, below=False) for status in ("full", "guest"))
        assert found.get(unit.pk, 0) == expected


def test_the_number_of_a_past_day_stays(ruled, tree):
    budgets.calculate(ruled, NOW)
    before = shares_of(ruled)
    make.member("Neu Heute", tree.a, joined_on=timezone.localdate())
    ruled.refresh_from_db()
    budgets.calculate(ruled, NOW)
    assert shares_of(ruled) == before


def test_a_calculation_of_a_changed_rule_is_refused(ruled):
    stale = BudgetRule.objects.get(pk=ruled.pk)
    budgets.calculate(ruled, NOW)
    with pytest.raises(budgets.ValidationError):
        budgets.calculate(stale, NOW)


def test_an_approved_rule_stands(ruled, cast, tree, sign_in):
    budgets.calculate(ruled, NOW)
    ruled.refresh_from_db()
    client = sign_in(cast.officer)
    address = [tree.district.slug, YEAR, ruled.pk]
    assert client.post(reverse("planning:rule_approve", args=address), {"version": ruled.version - 1}).status_code == 302
    ruled.refresh_from_db()
    assert ruled.is_open  # somebody changed it meanwhile
    client.post(reverse("planning:rule_approve", args=address), {"version": ruled.version})
    ruled.refresh_from_db()
    assert ruled.state == "approved" and ruled.approved_by == cast.officer
    frozen = shares_of(ruled)
    make.member("Noch Wer", tree.b, joined_on=date(2020, 1, 1))
    client.post(reverse("planning:rule_calculate", args=address))
    client.post(reverse("planning:rule_remove", args=address))
    assert shares_of(ruled) == frozen and BudgetRule.objects.filter(pk=ruled.pk).exists()
    assert client.get(reverse("planning:rule_edit", args=address)).status_code == 302


def test_a_rule_is_not_approved_before_its_counting_day_is_over(ruled, cast):
    ruled.counting_on = timezone.localdate()
    ruled.save()
    budgets.calculate(ruled, NOW)
    ruled.refresh_from_db()
    with pytest.raises(budgets.ValidationError):
        ruled.approve(cast.officer, NOW, timezone.localdate())


def test_one_rule_is_approved_for_a_year(ruled, cast):
    second = budgets.variant(ruled, YEAR, "Andere", cast.officer, NOW)
    for one in (ruled, second):
        budgets.calculate(one, NOW)
        one.refresh_from_db()
    assert ruled.approve(cast.officer, NOW, timezone.localdate())
    with pytest.raises(budgets.ValidationError):
        second.approve(cast.officer, NOW, timezone.localdate())


def test_rule_detail_shows_what_a_changed_rule_changes(ruled, cast, tree, sign_in):
    budgets.calculate(ruled, NOW)
    other = budgets.variant(ruled, YEAR, "Mehr je Kopf", cast.officer, NOW)
    BudgetRule.objects.filter(pk=other.pk).update(member_cents=350)
    other.refresh_from_db()
    budgets.calculate(other, NOW)
    page = sign_in(cast.officer).get(reverse("planning:rule_detail", args=[tree.district.slug, YEAR, other.pk]), {"with": ruled.pk})
    assert "+3,00\xa0€" in page.text and "+1,00\xa0€" in page.text and "Mehr je Kopf" in page.text


def test_an_approved_rule_is_read_by_everybody_of_the_party_and_shows_each_their_own_share(ruled, cast, tree, sign_in):
    budgets.calculate(ruled, NOW)
    address = reverse("planning:rule_detail", args=[tree.district.slug, YEAR, ruled.pk])
    assert sign_in(cast.secretary_a).get(address).status_code == 404
    BudgetRule.objects.filter(pk=ruled.pk).update(state="approved")
    page = sign_in(cast.secretary_a).get(address)
    assert "Altdorf" in page.text and "Bergheim" not in page.text
    budgets.calculate(budgets.variant(ruled, YEAR, "Noch geheim", cast.officer, NOW), NOW)
    for person, told in ((cast.officer, True), (cast.secretary_a, False)):
        assert ("Noch geheim" in sign_in(person).get(address).text) is told
    assert sign_in(cast.foreign_officer).get(address).status_code == 404


def posted(kind, **fields):
    return {
        "name": "Neu", "kinds": [UnitKind.objects.get(slug="branch").pk], "base_cents": "100", "member_cents": "2,50", "statuses": ["full"],
        "counting_on": "2026-01-01", "step_cents": "100", "version": "1", f"each-{kind.pk}": "50", **fields,
    }  # fmt: skip


def test_rule_add_takes_the_form_and_calculates(tree, cast, kind, sign_in):
    make.member("Anna A", tree.a)
    sign_in(cast.officer).post(reverse("planning:rule_add", args=[tree.district.slug, YEAR]), posted(kind))
    made = BudgetRule.objects.get()
    assert (made.base_cents, made.member_cents, made.state) == (10_000, 250, "simulated")
    assert made.amounts == [{"kind": kind.pk, "each": 5_000, "most": None, "person": None}]
    assert shares_of(made) == {"altdorf": 10_300, "bergheim": 10_000}  # 102.50 is rounded half up to whole euros


@pytest.mark.parametrize(
    "wrong", [{"total_cents": "10,50"}, {"floor_cents": "5", "cap_cents": "4"}, {"base_cents": "viel"}, {"base_cents": "-1"}, {"kinds": []}, {"statuses": ["left"]}]
)
def test_a_rule_that_cannot_be_is_refused_beside_its_field(wrong, tree, cast, kind, sign_in):
    answer = sign_in(cast.officer).post(reverse("planning:rule_add", args=[tree.district.slug, YEAR]), posted(kind, **wrong))
    assert answer.status_code == 422 and set(wrong) & set(answer.context["form"].errors) and not BudgetRule.objects.exists()


def test_an_impossible_total_is_told_and_gives_no_shares(tree, cast, kind, sign_in):
    answer = sign_in(cast.officer).post(
        reverse("planning:rule_add", args=[tree.district.slug, YEAR]), posted(kind, total_cents="10", floor_cents="9"), follow=True
    )
    assert answer.status_code == 200 and not BudgetShare.objects.exists() and BudgetRule.objects.get().state == "draft"


# --- bookings ---------------------------------------------------------------------------------------------------------

PDF = b"%PDF-1.4 quittung"


def book(client, unit, receipt=None, **fields):
    data = {"cents": "12,50", "text": "Kaffee", "on": timezone.localdate().isoformat(), "key": str(uuid.uuid4()), **fields}
    if receipt:
        data["receipt"] = receipt
    return client.post(reverse("planning:spending_add", args=[unit.slug, YEAR]), data)


def test_a_treasurer_books_with_a_receipt_and_reads_it_again(tree, cast, kind, sign_in):
    client = sign_in(cast.treasurer_a)
    assert book(client, tree.a, SimpleUploadedFile("quittung.pdf", PDF), kind=kind.pk).status_code == 302
    row = Spending.objects.get()
    assert (row.cents, row.kind, row.by, row.budget.unit) == (1250, kind, cast.treasurer_a, tree.a)
    answer = client.get(reverse("planning:spending_receipt", args=["altdorf", YEAR, row.pk]))
    assert answer.content == PDF and answer["X-Content-Type-Options"] == "nosniff" and answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("name, content", [("a.html", b"<script>"), ("a.pdf", b"<script>"), ("a.pdf", PDF + b" " * 5 * 2**20)])
def test_a_receipt_is_a_pdf_or_a_picture_and_nothing_else(name, content, tree, cast, sign_in):
    answer = book(sign_in(cast.treasurer_a), tree.a, SimpleUploadedFile(name, content))
    assert answer.status_code == 422 and "receipt" in answer.context["form"].errors and not Spending.objects.exists()


@pytest.mark.parametrize("wrong", [{"cents": "0"}, {"cents": "-5"}, {"cents": "viel"}, {"on": "2099-01-01"}, {"text": ""}, {"cents": "99999999999"}])
def test_a_booking_that_cannot_be_is_refused(wrong, tree, cast, sign_in):
    assert book(sign_in(cast.treasurer_a), tree.a, **wrong).status_code == 422
    assert not Spending.objects.exists()


def test_a_double_click_books_once(tree, cast, sign_in):
    client, key = sign_in(cast.treasurer_a), str(uuid.uuid4())
    for _ in range(2):
        book(client, tree.a, key=key)
    assert Spending.objects.count() == 1


def test_a_treasurer_neither_writes_the_plan_nor_sees_members_more_than_before(tree, cast, sign_in):
    client = sign_in(cast.treasurer_a)
    assert client.get(reverse("planning:activity_add", args=["altdorf", YEAR])).status_code == 403
    assert cast.treasurer_a.right_on(tree.a) == 1


@pytest.fixture
def booked(tree, cast, kind):
    budget, _new = Budget.objects.get_or_create(unit=tree.a, year=YEAR)
    return Spending(budget=budget, on=TODAY, cents=9_000, text="Saal", kind=kind, by=cast.treasurer_a, at=NOW).book()


def test_a_booking_is_never_changed_and_never_deleted(booked):
    with pytest.raises(ProgrammingError), transaction.atomic():
        Spending.objects.filter(pk=booked.pk).update(cents=1)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Spending.objects.all().delete()


def test_a_mistake_is_taken_back_once_by_its_opposite(booked, cast, sign_in):
    client = sign_in(cast.treasurer_a)
    address = reverse("planning:spending_reverse", args=["altdorf", YEAR, booked.pk])
    client.post(address)
    assert Spending.objects.count() == 1  # without a reason nothing happens
    for _ in range(2):
        client.post(address, {"reason": "falscher Saal"})
    assert Spending.objects.total() == 0 and Spending.objects.count() == 2
    counter = Spending.objects.get(reverses=booked)
    assert counter.kind == booked.kind and "falscher Saal" in counter.text
    client.post(reverse("planning:spending_reverse", args=["altdorf", YEAR, counter.pk]), {"reason": "doch"})
    assert Spending.objects.count() == 2


def test_in_a_closed_year_nothing_is_booked_until_the_unit_above_opens_it(booked, cast, tree, sign_in):
    close = reverse("planning:budget_close", args=["altdorf", YEAR])
    client = sign_in(cast.treasurer_a)
    client.post(close)
    assert book(client, tree.a).status_code == 422
    client.post(reverse("planning:spending_reverse", args=["altdorf", YEAR, booked.pk]), {"reason": "nein"})
    with pytest.raises(YearClosed):
        booked.take_back("nein", cast.treasurer_a, NOW, TODAY)
    assert Spending.objects.count() == 1
    assert sign_in(cast.chair_a).post(close, {"back": "1"}).status_code == 403
    sign_in(cast.officer).post(close, {"back": "1"})
    assert book(sign_in(cast.treasurer_a), tree.a).status_code == 302


def test_who_closed_a_year_and_opened_it_again_stays_to_be_read(booked, cast, tree, sign_in):
    for by, act in ((cast.treasurer_a, Budget.close), (cast.treasurer_a, Budget.close), (cast.officer, Budget.reopen), (cast.officer, Budget.reopen)):
        act(tree.a, YEAR, by, NOW)
    page = sign_in(cast.treasurer_a).get(reverse("planning:budget_detail", args=["altdorf", YEAR]))
    assert [(turn.opens, turn.by) for turn in page.context["turns"]] == [(False, cast.treasurer_a), (True, cast.officer)]
    assert cast.officer.name in page.content.decode() and page.context["books"]


def test_more_than_planned_is_warned_of(booked, cast, tree, kind, sign_in):
    page = sign_in(cast.treasurer_a).get(reverse("planning:budget_detail", args=["altdorf", YEAR]))
    assert page.context["overrun"] == "90,00\xa0€" and page.context["over"] == str(kind)


@pytest.fixture
def settled(tree, cast, kind):
    day = timezone.make_aware(timezone.datetime(YEAR, 3, 1, 18))
    event = Event.objects.create(
        kind=kind, unit=tree.a, titles={"de": "Kinoabend"}, starts_at=day, ends_at=day + timedelta(hours=2), state="closed", by=cast.chair_a
    )
    settlement = Settlement.objects.create(event=event, settled_at=NOW, settled_by=cast.chair_a)
    SettledShare.objects.create(settlement=settlement, unit=tree.a, kind="room", cents=8_000)
    SettledShare.objects.create(settlement=settlement, unit=tree.a, kind="fees", cents=-3_000)
    SettledShare.objects.create(settlement=settlement, unit=tree.b, kind="room", cents=4_000)
    return event


def test_a_settled_event_waits_to_be_booked_and_is_booked_by_one_click_once(settled, tree, cast, kind, sign_in):
    client = sign_in(cast.treasurer_a)
    page = client.get(reverse("planning:budget_detail", args=["altdorf", YEAR]))
    assert page.context["proposals"] == [(settled, 5_000)]
    for _ in range(2):
        client.post(reverse("planning:spending_take", args=["altdorf", YEAR]), {"event": settled.pk, "key": str(uuid.uuid4())})
    row = Spending.objects.get()
    assert (row.cents, row.kind, row.event) == (5_000, kind, settled) and spending.proposals(tree.a, YEAR) == []
    row.take_back("falsch", cast.treasurer_a, NOW, TODAY)
    assert spending.proposals(tree.a, YEAR) == [(settled, 5_000)]


def test_of_an_event_that_was_settled_anew_only_the_difference_is_booked(settled, tree, cast):
    spending.take(tree.a, YEAR, settled.pk, cast.treasurer_a, NOW, TODAY, uuid.uuid4())
    SettledShare.objects.filter(unit=tree.a, kind="room").update(cents=7_000)
    assert spending.proposals(tree.a, YEAR) == [(settled, -1_000)]


def test_the_event_of_others_is_not_booked(settled, tree, cast, sign_in):
    own = make.unit("Cronheim", "branch", tree.district)
    assert spending.take(own, YEAR, settled.pk, cast.officer, NOW, TODAY, uuid.uuid4()) is None


@pytest.mark.parametrize("language", ["de", "he", "en"])
def test_budget_pdf_says_why(language, ruled, booked, cast, tree, sign_in):
    budgets.calculate(ruled, NOW)
    BudgetRule.objects.filter(pk=ruled.pk).update(state="approved")
    answer = sign_in(cast.treasurer_a).get(reverse("planning:budget_pdf", args=["altdorf", YEAR]), {"language": language})
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    assert "167" in text and "Altdorf" in text


def test_budget_list_asks_as_often_for_many_units_as_for_few(tree, cast, sign_in, django_assert_max_num_queries):
    client = sign_in(cast.officer)
    for n in range(60):
        make.unit(f"Ort {n}", "branch", tree.district)
    for name, args in (("budget_list", []), ("budget_detail", ["altdorf", YEAR])):
        client.get(reverse(f"planning:{name}", args=args))
        with django_assert_max_num_queries(14 if args else 10):
            client.get(reverse(f"planning:{name}", args=args))
