"""The application's addresses and one page that shows every pattern with invented people; for tests only."""

import datetime
from pathlib import Path
from types import SimpleNamespace

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.template import engines
from django.urls import path
from django.utils.translation import get_language

from common import toasts
from config.urls import urlpatterns as application

TODAY = datetime.date(2026, 11, 22)
NAMES = {
    "de": [
        "Jonas Reichelt",
        "Mirjam Teichert-Vogel",
        "Oksana Dorn",
        "Pieschen",
        "Erster persönlicher Kontakt · eingetreten 3. Oktober",
    ],
    "he": ["יונתן רגב", "Julia Morgenstern", "דנה לוי", "נתניה", "פגישה אישית ראשונה · הצטרף ב־3 באוקטובר"],
}


def days(number):
    return TODAY + datetime.timedelta(number)


class PersonForm(forms.Form):
    name = forms.CharField(max_length=40)
    email = forms.EmailField(help_text="name@example.org")
    joined_on = forms.DateField()
    agreed = forms.BooleanField()
    kind = forms.ChoiceField(choices=[("call", "Anruf / שיחה"), ("visit", "Besuch / ביקור")])
    file = forms.FileField(required=False)


class FilterForm(forms.Form):
    q = forms.CharField(required=False, label="Name")
    unit = forms.ChoiceField(required=False, choices=[("", "–"), ("1", "Pieschen")])


def context():
    one, two, three, unit, what = NAMES.get(get_language(), NAMES["de"])
    cells = [
        {"kind": "number", "label": "Neu", "text": "18", "url": "#neu"},
        {"kind": "bar", "label": "Wartezeit", "part": 41, "whole": 45, "tone": "late", "text": "41", "url": "#wait"},
        {"kind": "share", "label": "Rechtzeitig", "parts": [(6, "ok"), (6, "rest")], "text": "50 %", "sub": "6 / 12"},
        {"kind": "meter", "label": "Sitzungen", "held": 4, "planned": 1, "of": 6},
    ]
    changes = [
        {"label": "Name", "old": "Teichert", "new": "Teichert-Vogel"},
        {"label": "Mail", "old": "x@example.org", "new": ""},
    ]
    places = [("Heute", "home"), ("Neumitglieder", "user-plus"), ("Mitglieder", "users"), ("Mentoring", "user-group")]
    places += [("Bildung", "academic-cap"), ("Planung", "calendar"), ("Berichte", "chart-bar")]
    return {
        "places": [
            {
                "label": label,
                "short": label[:5],
                "icon": icon,
                "url": "#",
                "current": not index,
                "count": 0 if index else 3,
            }
            for index, (label, icon) in enumerate(places)
        ],
        "search_url": "/patterns/",
        "today": TODAY,
        "people": [
            {
                "id": "r1",
                "name": one,
                "due": days(-22),
                "what": what,
                "phone": "+49 351 1234",
                "email": "jonas@example.org",
            },
            {"id": "r2", "name": two, "due": days(3), "what": what, "phone": "", "email": "mirjam@example.org"},
            {"id": "r3", "name": three, "due": days(40), "what": what, "phone": "0351 12", "email": ""},
        ],
        "one": one,
        "figures": [
            {"label": "Eingetreten", "value": 148, "sub": "+22 zum Vorjahr", "sub_tone": "ok", "url": "#a"},
            {"label": "Im ersten Monat erreicht", "value": "71 %", "sub": "105 von 148"},
            {"label": "Offene Wege", "value": 63, "sub": "9 überfällig", "sub_tone": "late", "url": "#b"},
            {"label": "Bitte ansehen", "value": 1, "tone": "amber"},
            {"label": "Unverändert", "value": 953, "tone": "quiet"},
        ],
        "steps": [
            {"label": "Begrüßt", "when": "4. Okt", "state": "done"},
            {"label": "Kontakt", "when": "31. Okt", "state": "late"},
            {"label": "Buch", "when": "31. Dez", "state": "now"},
            {"label": "Ortsrunde", "when": "", "state": "skipped"},
            {"label": "Monat 6", "when": "März", "state": ""},
        ],
        "wizard": [
            {"label": "Datei", "url": "#1"},
            {"label": "Spalten"},
            {"label": "Unterschied"},
            {"label": "Fertig"},
        ],
        "entries": [
            {"on": days(-10), "text": "Erinnerung an Vorsitz gesendet", "by": None},
            {
                "on": days(-20),
                "text": "Anruf, nicht erreicht",
                "by": "Aylin K.",
                "note": "Abends noch einmal versuchen.",
            },
        ],
        "presets": [
            {"label": "Alle", "url": "?", "count": 976, "current": True},
            {"label": "Überfällig", "url": "?p=late", "count": 9, "current": False},
            {"label": "Nur Brief", "url": "?p=letter", "count": 0, "current": False},
        ],
        "columns": [
            {"label": "Gliederung"},
            {"label": "Neu", "kind": "number"},
            {"label": "Wartezeit"},
            {"label": "Rechtzeitig"},
            {"label": "Sitzungen"},
        ],
        "units": [{"name": unit, "url": "#u", "cells": cells}, {"name": "Neustadt", "url": "#v", "cells": cells}],
        "changes": changes,
        "months": [("Jan", 12, 4), ("Feb", 8, 0), ("März", 31, 9), ("Apr", 2, 5)],
        "share": [(8, "ok"), (1, "amber"), (2, "late")],
        "buttons": [
            {"value": "letter", "label": "Brief drucken", "icon": "printer"},
            {"value": "export", "label": "Liste"},
        ],
        "filter": FilterForm({}),
        "form": PersonForm({"email": "keine Adresse"}),
    }


def patterns(request):
    toasts.say(request, "Erledigt: Erster persönlicher Kontakt", undo="/patterns/")
    if "error" in request.GET:
        messages.error(request, "Das ging nicht.")
    source = Path(__file__).with_name("patterns.html").read_text(encoding="utf-8")
    return HttpResponse(engines["django"].from_string(source).render(context(), request))


def confirm(request):
    source = Path(__file__).with_name("confirm.html").read_text(encoding="utf-8")
    return HttpResponse(engines["django"].from_string(source).render({"form": SimpleNamespace()}, request))


def broken(request):
    raise RuntimeError("on purpose")


urlpatterns = [
    path("patterns/", patterns, name="patterns"),
    path("patterns/confirm/", confirm, name="patterns_confirm"),
    path("patterns/broken/", broken, name="patterns_broken"),
    *application,
]
