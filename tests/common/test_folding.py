import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.folding import digits, fold, skeleton, sort_key


@pytest.mark.parametrize(
    "spellings",
    [("Müller", "Mueller", "Muller", "MÜLLER", "Mu\u0308ller"), ("Strauß", "Strauss"), ("כֹּהֵן", "כהן"), ("O'Brien", "OBrien", "O’Brien"), ("צ׳רניחובסקי", "צרניחובסקי"), ("Loch-Bäcker", "loch baecker"), ("aee", "ae"), ("㎒", "mhz")],
)  # fmt: skip
def test_one_name_in_many_spellings_folds_to_one_form(spellings):
    assert len({fold(name) for name in spellings}) == 1


@pytest.mark.parametrize("spellings", [("כהן", "Cohen", "Kohn"), ("לוי", "Levi", "Levy"), ("יצחק", "Yitzhak", "Isaac"), ("מזרחי", "Mizrahi", "Mizrachi"), ("אברהם", "Avraham"), ("שפירא", "Shapira", "Schapira"), ("דוד", "David"), ("בן דוד", "Ben-David"), ("שוורץ", "Schwarz"), ("וולף", "Wolf"), ("ורד", "Vered"), ("יואל", "Joel"), ("זוהר", "Zohar"), ("חוה", "Chava"), ("דורון", "Doron")])  # fmt: skip
def test_hebrew_and_latin_spellings_of_a_name_meet_in_their_consonants(spellings):
    assert len({skeleton(name) for name in spellings}) == 1


@pytest.mark.parametrize(
    "phones", [("0351 / 8-12", "+49 351 812", "0049 351812", "+49 (0)351 812"), ("054-123", "+972 54 123")]
)
def test_a_phone_number_is_found_with_and_without_its_country(phones):
    assert len({digits(phone) for phone in phones}) == 1


def test_people_sort_by_family_name_with_umlauts_beside_their_vowels():
    names = [("Zimmer", "Ada"), ("Müller", "Bo"), ("Muller", "Al"), ("von Ahn", "Eva")]
    assert sorted(names, key=lambda n: sort_key(*n)) == [
        ("Muller", "Al"), ("Müller", "Bo"), ("von Ahn", "Eva"), ("Zimmer", "Ada")
    ]  # fmt: skip


@given(st.text(max_size=200))
def test_folding_a_folded_text_changes_nothing_and_never_fails(text):
    assert fold(fold(text)) == fold(text)
    skeleton(text), digits(text)
