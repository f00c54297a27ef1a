"""Kept pieces of a page: one drawing for each set of values, never somebody else's token."""

from django.template import Context, Template
from django.utils import translation

PIECE = "{% load kept i18n %}{% kept name %}<b>{{ name }}</b>{% translate 'Members' %}{% csrf_token %}{% endkept %}"


def test_a_piece_is_drawn_anew_for_other_values_languages_and_tokens():
    template = Template(PIECE)

    def draw(name, token, language="en"):
        with translation.override(language):
            return template.render(Context({"name": name, "csrf_token": token}))

    first = draw("Eva <3", "T1")
    assert "Eva &lt;3" in first and 'value="T1"' in first
    assert draw("Eva <3", "T2") == first.replace("T1", "T2")
    assert "Ada" in draw("Ada", "T1") and "Eva" not in draw("Ada", "T1")
    assert "Mitglieder" in draw("Eva <3", "T1", "de") and "Mitglieder" not in draw("Eva <3", "T1")


def test_what_is_not_among_the_values_stays_as_first_drawn():
    template = Template("{% load kept %}{% kept a %}{{ a }}{{ b }}{% endkept %}")
    assert template.render(Context({"a": 1, "b": 2})) == "12"
    assert template.render(Context({"a": 1, "b": 3})) == "12"
    assert template.render(Context({"a": 2, "b": 3})) == "23"


def test_a_number_is_put_in_anew_into_a_piece_that_is_drawn_once():
    template = Template("{% load kept %}{% kept pk=one.pk other=two who %}<a href='/x/{{ pk }}/{{ other }}/'>{{ who }}{{ one.pk }}</a>{% endkept %}")

    def draw(pk, other, who="Eva"):
        return template.render(Context({"one": {"pk": pk}, "two": other, "who": who}))

    assert draw(7, 8) == "<a href='/x/7/8/'>Eva7</a>"
    assert draw(70, 80) == "<a href='/x/70/80/'>Eva7</a>", "drawn once: what is no number named is as it was first"
    assert draw(1, 2, "<Ada>") == "<a href='/x/1/2/'>&lt;Ada&gt;1</a>"
