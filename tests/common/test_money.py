"""Amounts: read as people write them, shown as each language does."""

import pytest
from django import forms
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from common.money import CURRENCIES, MoneyField, money, parse_money, split


@pytest.mark.parametrize(
    "text, cents",
    [
        ("12", 1200), ("12,5", 1250), ("12.50 €", 1250), ("1.234", 123400), ("1,234", 123400), ("1.234,50", 123450), ("1,234.50", 123450),
        ("1 200", 120000), ("-3,20", -320), ("1'234.5", 123450), ("₪ 90", 9000), ("1.234.567,89", 123456789), ("0", 0), ("\u200f1,234.50\xa0\u200f₪", 123450),
    ],
)  # fmt: skip
def test_an_amount_is_read_as_people_write_it(text, cents):
    assert parse_money(text) == cents


@pytest.mark.parametrize("text", ["", "zwölf", "1,2,3", "1.23.456", "12,345,6", "1e9", "--3", "9" * 13, "12,", "NaN", "1,234,50"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(ValueError):
        parse_money(text)


@given(st.integers(-(10**11), 10**11), st.sampled_from(sorted(CURRENCIES)), st.sampled_from(["de", "he", "en"]))
def test_what_is_written_reads_back_the_same(cents, currency, language):
    with translation.override(language):
        text = money(cents, currency)
    assert parse_money(text.replace("\xa0", " ").strip()) == cents


def test_each_language_writes_it_its_way():
    with translation.override("de"):
        assert money(123450) == "1.234,50\xa0€" and money(123450, "none") == "1.234,50" and money(None) == ""
    with translation.override("en"):
        assert money(123450, "ILS") == "₪1,234.50"


def test_the_field_gives_cents_and_says_what_is_wrong():
    class Form(forms.Form):
        amount = MoneyField(required=False)

    assert Form({"amount": "12,50"}).fields["amount"].clean("12,50") == 1250
    assert Form({"amount": ""}).fields["amount"].clean("") is None
    with translation.override("en"):
        assert "1250.50" in str(Form({"amount": "viel"}).errors["amount"][0])
        assert "zero" in str(Form({"amount": "-1"}).errors["amount"][0])
    for language, text in (("en", "12.50"), ("de", "12,50")):
        with translation.override(language):
            assert f'value="{text}"' in str(Form(initial={"amount": 1250})["amount"])


CENTS = st.integers(-(10**11), 10**11)
PARTS = st.lists(st.integers(0, 1000), min_size=1, max_size=12)


@given(CENTS, PARTS)
def test_shares_add_up_and_are_never_a_cent_or_more_beside_the_exact_one(cents, parts):
    found = split(cents, parts)
    assert sum(found) == cents and split(cents, parts) == found
    whole = sum(parts)
    if whole:
        assert all(abs(share * whole - cents * part) < whole for share, part in zip(found, parts, strict=True))
        assert all(share == 0 for share, part in zip(found, parts, strict=True) if part == 0)


@pytest.mark.parametrize(
    "cents, parts, expected",
    [(100, [1, 1, 1], [34, 33, 33]), (-100, [1, 1, 1], [-34, -33, -33]), (2, [1, 1, 1], [1, 1, 0]), (100, [0, 0], [100, 0]), (101, [2, 1], [67, 34]), (0, [3, 1], [0, 0])],
)  # fmt: skip
def test_the_cent_that_is_left_goes_to_the_largest_remainder_of_equal_ones_to_the_first(cents, parts, expected):
    assert split(cents, parts) == expected


@given(st.integers(0, 10**9), PARTS, st.sampled_from([1, 10, 500]))
def test_in_steps_nobody_is_a_step_or_more_beside_the_exact_share_and_what_is_no_step_goes_to_one(cents, parts, step):
    found, whole = split(cents, parts, step), sum(parts)
    assert sum(found) == cents and sum(share % step != 0 for share in found) <= 1
    if whole:
        assert all(abs(share * whole - cents * part) < step * whole for share, part in zip(found, parts, strict=True))
