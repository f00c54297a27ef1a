from datetime import date

import pytest
from django.template import Context, Template
from django.utils import translation

from common.templatetags import ui

ON = date(2026, 11, 22)


def render(source, **context):
    return Template("{% load ui %}" + source).render(Context(context))


def test_initials_take_the_first_and_the_last_word():
    assert ui.initials("Mirjam Teichert-Vogel") == "MT"
    assert ui.initials("Jonas Peter Reichelt") == "JR"
    assert ui.initials("דנה לוי") == "דל"
    assert ui.initials("  ") == "?"
    assert ui.initials('"<b> Özil') == "BÖ"


@pytest.mark.parametrize(
    ("number", "address"),
    [
        ("0351 / 12 34-5", "tel:035112345"),
        ("+49 (0)351 1234", "tel:+493511234"),
        ("", ""),
        (None, ""),
        ("keine", ""),
        ("javascript:1", "tel:1"),
    ],
)
def test_a_phone_number_as_people_write_it_becomes_an_address(number, address):
    assert ui.phone_href(number) == address


@pytest.mark.parametrize(
    ("day", "german", "hebrew", "tone"),
    [
        (date(2026, 10, 31), "seit 22 Tagen", "22 ימי איחור", "late"),
        (date(2026, 11, 21), "seit gestern", "מאתמול", "late"),
        (date(2026, 11, 22), "heute", "היום", "amber"),
        (date(2026, 11, 23), "morgen", "מחר", "amber"),
        (date(2026, 11, 29), "in 7 Tagen", "בעוד 7 ימים", "amber"),
        (date(2026, 11, 30), "in 8 Tagen", "בעוד 8 ימים", "calm"),
    ],
)
def test_a_due_day_says_in_words_how_far_it_is(day, german, hebrew, tone):
    with translation.override("de"):
        assert ui.due_pill(day, ON) == f'<span class="pill {tone}">{german}</span>'
    with translation.override("he"):
        assert hebrew in ui.due_pill(day, ON)


def test_a_step_without_a_day_has_no_pill():
    assert ui.due_pill(None, ON) == ""


def test_a_bar_is_empty_only_for_nothing_and_full_only_for_all():
    assert [ui.percent(part, 1000) for part in (0, 1, 500, 999, 1000, 2000)] == [0, 1, 50, 99, 100, 100]
    assert ui.percent(3, 0) == 0


def test_the_parts_of_a_stacked_bar_fill_it_exactly():
    html = ui.stacked([(1, "ok"), (1, "amber"), (1, "late")])
    assert [int(part.split('"')[0]) for part in html.split(" w")[1:]] == [33, 34, 33]
    assert "part" not in ui.stacked([(0, "ok")])


def test_the_meter_says_in_words_what_it_shows():
    with translation.override("de"):
        assert 'aria-label="4 von 6, eine geplant"' in ui.meter(4, 1)
        assert 'aria-label="6 von 6"' in ui.meter(9, 2)
    assert ui.meter(4, 1).count("<i ") == 6


def test_columns_carry_their_numbers_as_text():
    html = ui.columns([("Jan", 12, 4), ("Feb", 0, 6)])
    assert "12<br>4" in html and "up100" in html and "up0" in html and "up50" in html
    assert ui.columns([]) == '<ul class="columns " tabindex="0"></ul>'


def test_names_in_small_parts_are_escaped():
    hostile = "<script>x</script>"
    for html in (
        render("{% avatar name %}", name=hostile),
        render("{% pill name %}", name=hostile),
        ui.columns([(hostile, 1)]),
    ):
        assert "<script" not in html


def test_only_icons_that_point_somewhere_turn_with_the_direction():
    assert "turns" in ui.icon("chevron-right") and "turns" in ui.icon("arrow-uturn-left")
    assert "turns" not in ui.icon("phone") and "turns" not in ui.icon("arrow-up-tray")
    assert 'aria-hidden="true"' in ui.icon("phone")
