"""Membership books: wanted by a journey, ordered, arrived, handed over, lost; stock and figures; merging."""

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from membership import merging
from onboarding import books, journeys
from onboarding.models import Book, BookAct, BookCount, JourneyStep
from onboarding.models.book import BookAct as Act
from tests import factories as make
from tests.factories import TODAY

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
Verb = Act.Verb
pytestmark = pytest.mark.django_db


@pytest.fixture
def newcomers(tree, cast):
    people = [make.member(name, unit, joined_on=TODAY - timedelta(days=3)) for name, unit in (("Anna Neu", tree.a), ("Arno Neu", tree.a), ("Bea Neu", tree.b))]
    journeys.start_due(TODAY)
    books.follow()
    return people


def book_of(member):
    return Book.objects.filter(member=member).order_by("-pk").first()


def step_of(member):
    return JourneyStep.objects.get(journey__member=member, step__goes_with="book")


def do(verb, user, *members, on=TODAY):
    return books.do(verb, [book_of(member).pk for member in members], user, uuid.uuid4(), on, NOW)


def test_a_journey_that_asks_for_a_book_puts_it_on_the_list_once(newcomers):
    books.follow()
    assert [book.state for book in Book.objects.all()] == ["wanted"] * 3
    assert book_of(newcomers[0]).due_on == date(2027, 2, 28) == step_of(newcomers[0]).due_on


def test_a_book_goes_its_way_and_handing_over_ticks_the_step(newcomers, cast):
    anna = newcomers[0]
    do(Verb.ORDER, cast.secretary_a, anna)
    do(Verb.ARRIVE, cast.secretary_a, anna)
    do(Verb.HAND_OVER, cast.chair_a, anna)
    book, step = book_of(anna), step_of(anna)
    assert (book.state, book.ordered_by, book.arrived_by, book.handed_by) == ("handed", cast.secretary_a, cast.secretary_a, cast.chair_a)
    assert (step.state, step.closed_by, step.done_on) == ("done", cast.chair_a, TODAY)


def test_undo_puts_everything_back(newcomers, cast, tree):
    anna = newcomers[0]
    do(Verb.ARRIVE, cast.secretary_a, anna)
    act = do(Verb.HAND_OVER, cast.secretary_a, anna)
    assert books.stock(tree.a) == 0
    assert books.undo(act, NOW) == 1 and books.undo(act, NOW) is None
    assert book_of(anna).state == "here" and book_of(anna).handed_on is None and step_of(anna).is_open and books.stock(tree.a) == 1


def test_undo_leaves_what_somebody_has_worked_on_since(newcomers, cast, tree):
    anna, arno, _bea = newcomers
    act = do(Verb.ARRIVE, cast.secretary_a, anna, arno)
    do(Verb.HAND_OVER, cast.secretary_a, anna)
    assert books.undo(act, NOW) == 1
    assert (book_of(anna).state, book_of(arno).state) == ("handed", "wanted") and books.stock(tree.a) == 0


def test_a_verb_touches_only_books_one_cares_for_and_that_it_fits(newcomers, cast):
    anna, _arno, bea = newcomers
    assert do(Verb.ORDER, cast.secretary_a, anna, bea).books == [book_of(anna).pk]
    assert do(Verb.ORDER, cast.secretary_a, anna).books == []
    assert do(Verb.LOSE, cast.secretary_a, anna).books == []
    assert do(Verb.ORDER, cast.treasurer_a, bea).books == []


def test_a_double_click_does_it_once(newcomers, cast, tree):
    key, pks = uuid.uuid4(), [book_of(newcomers[0]).pk]
    first = books.do(Verb.ARRIVE, pks, cast.secretary_a, key, TODAY, NOW)
    assert books.do(Verb.ARRIVE, pks, cast.secretary_a, key, TODAY, NOW) == first and books.stock(tree.a) == 1


def test_ticking_the_step_on_the_checklist_hands_the_book_over_and_undo_takes_it_back(newcomers, cast):
    anna = newcomers[0]
    do(Verb.ORDER, cast.secretary_a, anna)
    step_of(anna).tick(cast.secretary_a, TODAY, NOW)
    assert not Book.objects.pending().filter(member=anna).exists()  # at once, on the list
    books.follow()
    assert (book_of(anna).state, book_of(anna).handed_by) == ("handed", cast.secretary_a)
    step_of(anna).undo()
    books.follow()
    assert (book_of(anna).state, book_of(anna).handed_on) == ("ordered", None)


def test_a_step_that_is_not_needed_drops_the_book(newcomers, cast):
    anna = newcomers[0]
    step_of(anna).not_needed(cast.secretary_a, "has one", TODAY, NOW)
    books.follow()
    assert book_of(anna).state == "dropped"
    step_of(anna).undo()
    books.follow()
    assert book_of(anna).state == "wanted"


def test_a_book_is_overdue_after_the_end_of_month_three(newcomers):
    due = book_of(newcomers[0]).due_on
    assert Book.objects.overdue(due).count() == 0 and Book.objects.overdue(due + timedelta(days=1)).count() == 3


def test_a_lost_book_is_ordered_again(newcomers, cast):
    anna = newcomers[0]
    do(Verb.HAND_OVER, cast.secretary_a, anna)
    act = do(Verb.LOSE, cast.secretary_a, anna)
    lost, new = Book.objects.filter(member=anna).order_by("pk")
    assert (lost.state, lost.lost_on, new.state, new.step) == ("lost", TODAY, "wanted", None)
    books.follow()
    assert Book.objects.wanted().filter(member=anna).count() == 1
    books.undo(act, NOW)
    assert [book.state for book in Book.objects.filter(member=anna)] == ["handed"]


def test_the_cupboard_is_counted(tree, cast):
    assert books.count(tree.a, 5, "Schrank", cast.secretary_a, NOW) == 5
    assert books.count(tree.a, 3, "", cast.secretary_a, NOW) == -2 and books.count(tree.a, 3, "", cast.secretary_a, NOW) == 0
    assert books.stock(tree.a) == 3 and BookCount.objects.count() == 2
    with pytest.raises(ValidationError):
        books.count(tree.a, -1, "", cast.secretary_a, NOW)


def test_figures_add_up_over_the_units_below(newcomers, cast, tree, django_assert_num_queries):
    do(Verb.ORDER, cast.secretary_a, newcomers[0])
    do(Verb.HAND_OVER, cast.secretary_a, newcomers[1])
    do(Verb.ARRIVE, cast.secretary_b, newcomers[2])
    with django_assert_num_queries(2):
        district, a, b = books.figures([tree.district, tree.a, tree.b], TODAY)
    assert [district[name] for name in ("wanted", "ordered", "here", "overdue", "handed", "stock")] == [0, 1, 1, 0, 1, 0]
    assert (a["ordered"], a["handed"], a["stock"], b["here"], b["stock"]) == (1, 1, -1, 1, 1)


def test_book_list_shows_presets_and_does_one_tap_and_many(sign_in, newcomers, cast, tree):
    client, address = sign_in(cast.secretary_a), reverse("onboarding:book_list")
    text = client.get(address).content.decode()
    assert "Anna Neu" in text and "Bea Neu" not in text
    data = {"do": "order", "key": uuid.uuid4(), "pick": [book_of(member).pk for member in newcomers], "show": "wanted", "unit": tree.a.slug}
    response = client.post(reverse("onboarding:book_do"), data, follow=True)
    act = BookAct.objects.get()
    assert len(act.books) == 2 and reverse("onboarding:book_undo", args=[act.pk]) in response.content.decode()
    client.post(reverse("onboarding:book_undo", args=[act.pk]) + f"?show=wanted&unit={tree.a.slug}")
    assert {book.state for book in Book.objects.all()} == {"wanted"}


def test_nobody_takes_back_what_another_did(sign_in, newcomers, cast):
    act = do(Verb.ORDER, cast.secretary_a, newcomers[0])
    assert sign_in(cast.chair_a).post(reverse("onboarding:book_undo", args=[act.pk])).status_code == 404


def test_who_only_sees_gets_no_buttons(sign_in, newcomers, cast):
    text = sign_in(cast.treasurer_a).get(reverse("onboarding:book_list")).content.decode()
    assert "Anna Neu" in text and reverse("onboarding:book_do") not in text


@pytest.mark.parametrize("name", ["book_list", "book_units"])
def test_pages_of_books_cost_a_constant_number_of_queries(name, sign_in, newcomers, cast, tree, django_assert_max_num_queries):
    for n in range(12):
        make.member(f"Neu {n}", tree.b, joined_on=TODAY)
    journeys.start_due(TODAY)
    books.follow()
    books.count(tree.district, 4, "", cast.officer, NOW)
    client, address = sign_in(cast.officer), reverse(f"onboarding:{name}")
    client.get(address)
    with django_assert_max_num_queries(10):
        client.get(address)


def test_book_units_counts_by_a_form_and_says_what_is_wrong(sign_in, cast, tree):
    client, address = sign_in(cast.secretary_a), reverse("onboarding:book_units")
    assert client.post(address, {"number": "-2", "unit": tree.a.slug}).status_code == 422
    client.post(address, {"number": "7", "unit": tree.a.slug})
    assert books.stock(tree.a) == 7


def test_a_member_without_a_journey_gets_a_book_on_the_list(sign_in, cast, tree):
    old = make.member("Olga Alt", tree.a)
    client = sign_in(cast.secretary_a)
    for _twice in range(2):
        client.post(reverse("onboarding:member_book", args=[old.pk]))
    assert book_of(old).state == "wanted" and Book.objects.count() == 1
    client.post(reverse("onboarding:book_do"), {"do": "hand_over", "key": uuid.uuid4(), "pick": book_of(old).pk, "member": old.pk})
    assert book_of(old).state == "handed"


def test_of_two_records_of_one_person_one_book_goes_on(newcomers, cast):
    anna, arno, _bea = newcomers
    do(Verb.ORDER, cast.secretary_a, anna)
    merging.merge(anna.pk, arno.pk, cast.officer, NOW)
    assert sorted(Book.objects.filter(member=anna).values_list("state", flat=True)) == ["dropped", "ordered"]
    books.follow()
    assert Book.objects.pending().filter(member=anna).count() == 1
