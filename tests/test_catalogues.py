"""German and Hebrew are complete: every text of code and templates is translated, with the same placeholders, and nothing is a guess."""

import re
from decimal import Decimal

import pytest
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.core.validators import DecimalValidator, MaxLengthValidator, MinLengthValidator
from django.template.defaultfilters import filesizeformat
from django.utils.translation import override

from common.management.commands.messages import LANGUAGES, ROOMS, catalogue_path, extracted, load

WANTED = extracted()
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


def texts(message):
    return [message] if isinstance(message, str) else list(message)


def placeholders(text):
    return sorted(PLACEHOLDER.findall(text))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("room", ["", *ROOMS])
def test_a_catalogue_is_complete(room, language):
    catalogue = load(catalogue_path(room, language), language)
    wrong = []
    for (ids, context), files in WANTED[room].items():
        message = catalogue.get(ids if isinstance(ids, str) else ids[0], context)
        if message is None or not all(texts(message.string)) or message.fuzzy:
            wrong.append(f"not translated: {ids} ({files[0]})")
            continue
        singular, plural = texts(message.id)[0], texts(message.id)[-1]
        for number, text in enumerate(texts(message.string)):
            allowed = [placeholders(plural)] if number else [placeholders(singular), placeholders(plural)]
            if placeholders(text) not in allowed and not (isinstance(ids, tuple) and set(placeholders(text)) < set(placeholders(plural))):
                wrong.append(f"other placeholders: {singular} -> {text}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("room", ["", *ROOMS])
def test_a_catalogue_holds_nothing_that_is_no_longer_said(room, language):
    wanted = {(texts(ids)[0], context) for ids, context in WANTED[room]}
    kept = [m for m in load(catalogue_path(room, language), language) if m.id]
    assert not [m.id for m in kept if (texts(m.id)[0], m.context) not in wanted]


@pytest.mark.parametrize("room", ["", *ROOMS])
def test_hebrew_is_hebrew(room):
    catalogue = load(catalogue_path(room, "he"), "he")
    spoken = [m for m in catalogue if m.id and re.search(r"[A-Za-z]{4}", PLACEHOLDER.sub("", texts(m.id)[0]))]
    assert not [m.id for m in spoken if not any(re.search("[א-ת]", text) for text in texts(m.string))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_words_are_said_alike_in_every_room(language):
    """When the app runs all catalogues are one: of two translations one would never be seen. What means something else needs a context."""
    said: dict = {}
    for room in ["", *ROOMS]:
        for message in load(catalogue_path(room, language), language):
            if message.id:
                said.setdefault((message.context, message.id), {}).setdefault(tuple(texts(message.string)), []).append(room or "shell")
    assert not {key: found for key, found in said.items() if len(found) > 1}


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 10, 12, 100])
def test_a_limit_that_the_framework_names_is_told_in_hebrew_whatever_its_number(limit):
    text = "x" * 200
    with override("he"):
        for check, value in [
            (MaxLengthValidator(limit), text),
            (MinLengthValidator(limit + 300), text),
            (DecimalValidator(limit, 0), Decimal("9" * 200)),
            (MinimumLengthValidator(limit).validate, ""),
        ]:
            with pytest.raises(ValidationError) as refused:
                check(value)
            assert not re.search("[a-zäöüß]{3}", " ".join(refused.value.messages)), refused.value.messages
        assert not re.search("[a-zäöüß]{3}", MinimumLengthValidator(limit).get_help_text() + filesizeformat(limit))
