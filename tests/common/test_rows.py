"""Rows drawn in Python escape all they are given, and the partials of the same names draw the same."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.template import Context, Template
from django.template.loader import render_to_string

EVIL = """<x onclick="y">&'"""
DAY = date(2026, 11, 22)
ROW = {name: EVIL for name in ("id", "name", "url", "what", "phone", "email", "done_url", "done_label", "link_url", "link_label")} | {"due": DAY}
CHECK = {name: EVIL for name in ("id", "label", "sub", "by", "done_url", "undo_url", "skip_url", "wait_url", "waiting_for", "escalation_url")} | {"due": DAY}


def draw(text, **context):
    return Template("{% load rows %}" + text).render(Context({"csrf_token": "T0KEN", "on": DAY, **context}))


@pytest.mark.parametrize("state", ["", "late", "waiting", "done", "skipped", EVIL])
def test_a_step_escapes_what_it_shows_in_every_state(state):
    html = draw("{% check_row row on %}", row=CHECK | {"state": state, "just_done": True})
    assert "<x" not in html and 'onclick="y"' not in html and "T0KEN" in html


def test_all_other_rows_escape_what_they_show():
    entry, step = {"on": DAY, "text": EVIL, "by": EVIL, "note": EVIL}, {"label": EVIL, "when": EVIL, "state": "late"}
    html = draw("{% row row on %}{% row other on %}", row=ROW, other={"name": EVIL, "pill": EVIL, "tone": EVIL})
    html += draw("{% timeline entries %}{% journey_line steps %}", entries=[entry], steps=[step])
    found = SimpleNamespace(address=EVIL, name=EVIL, unit=EVIL, number=EVIL)
    html += draw("{% reach name name name %}{% people found %}", name=EVIL, found=[found])
    assert "<x" not in html and 'onclick="y"' not in html


@pytest.mark.parametrize(("tag", "values"), [("row", ROW), ("check_row", CHECK | {"state": "late"})])
def test_a_partial_draws_what_its_tag_draws(tag, values):
    context = {**values, "on": DAY, "csrf_token": "T0KEN"}
    assert render_to_string(f"partials/_{tag}.html", context).strip() == draw("{% " + tag + " row on %}", row=values)
