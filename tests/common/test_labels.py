import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from common.labels import localized, validate_labels


def test_a_label_is_shown_in_the_readers_language_and_else_in_one_there_is():
    labels = {"de": "Ortsverein", "he": "סניף"}
    with translation.override("he"):
        assert localized(labels) == "סניף"
    assert localized(labels, "de") == "Ortsverein"
    assert localized(labels, "en") == "Ortsverein"
    assert localized({}, "de") == ""


@pytest.mark.parametrize("labels", [{}, {"fr": "Section"}, {"de": " "}, {"de": 1}, "Ortsverein", ["Ortsverein"]])
def test_a_label_without_a_word_in_a_known_language_is_refused(labels):
    with pytest.raises(ValidationError):
        validate_labels(labels)
