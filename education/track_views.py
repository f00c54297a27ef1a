"""Tracks and their levels: how many are where, and the editor for those who lead the party."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import F, Max, Prefetch
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import to_change
from common.context import place_of
from common.labels import localized
from common.toasts import say
from education import tracks
from education.models import Track, TrackLevel
from education.models.parties import led_parties
from education.track_forms import LevelForm, TrackForm
from membership.models import ACTIVE

FORM = ["GET", "HEAD", "POST"]
LEVELS = Prefetch("levels", TrackLevel.objects.prefetch_related(tracks.NEEDS))


@login_required
@require_safe
def track_list(request):
    """Each track with its levels, and how many members of the unit one acts in are where."""
    place, leads = place_of(request), led_parties(request.user).exists()
    found = Track.objects.visible_to(request.user).prefetch_related(LEVELS)
    rows = list(found if leads else found.running())
    unit = place.unit if place else None
    if unit and (slug := request.GET.get("unit", "").replace("\0", "")):
        unit = Unit.objects.visible_to(request.user).filter(slug=slug).first() or unit
    figures = tracks.figures(rows, unit, ACTIVE) if unit and rows else {}
    units = list(Unit.objects.filter(path__in=figures).select_related("kind").order_by("path"))
    for track in rows:
        track.text = localized(track.texts)
        track.steps = [{"level": level, "needs": tracks.needs_in_words(level)} for level in track.levels.all()]
        track.table = _table(track, units, figures)
    context = {"tracks": rows, "leads": leads, "unit": unit, "qualifications_url": _address("education:qualification_list")}
    return render(request, "education/track_list.html", context)


def _address(name):
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _table(track, units, figures):
    """What _unit_table.html takes: who is on the track and who has done which level, per unit; None where nobody is."""
    columns = [(None, _("on the track")), *((level.pk, _("Level %(n)s") % {"n": level.position}) for level in track.levels.all())]
    rows = [
        {
            "name": unit.full_name, "url": "",
            "cells": [
                {"kind": "number", "label": label, "text": figures[unit.path].get((track.pk, level), 0), "url": "", "sub": ""} for level, label in columns
            ],
        }
        for unit in units
        if any(key[0] == track.pk for key in figures[unit.path])
    ]  # fmt: skip
    heads = [{"label": _("Unit"), "kind": ""}, *({"label": label, "kind": "number"} for _level, label in columns)]
    return {"columns": heads, "rows": rows} if rows else None


def _track(request, pk):
    return to_change(request.user, Track.objects.select_related("party"), pk=pk)


@login_required
@require_http_methods(FORM)
def track_add(request):
    party = led_parties(request.user).first()
    if party is None:
        raise PermissionDenied
    return _form(request, Track(party=party), _("Added: %(track)s. Now add its levels."))


@login_required
@require_http_methods(FORM)
def track_edit(request, pk):
    """Name and text of a track, and its levels in their order."""
    return _form(request, _track(request, pk), _("Saved: %(track)s."))


def _form(request, track, said):
    form = TrackForm(request.POST if request.method == "POST" else None, instance=track)
    if form.is_valid():
        say(request, said % {"track": form.save()})
        return redirect("education:track_edit", track.pk)
    levels = [{"level": level, "needs": tracks.needs_in_words(level)} for level in track.levels.prefetch_related(tracks.NEEDS)] if track.pk else []
    return render(request, "education/track_form.html", {"form": form, "track": track, "levels": levels}, status=422 if form.errors else 200)


@login_required
@require_POST
def track_change(request, pk):
    """POST do=retire: nobody new is put on it; do=restore."""
    track = _track(request, pk)
    if request.POST.get("do") == "restore":
        track.restore()
    else:
        track.retire(timezone.localdate())
    return redirect("education:track_edit", pk)


@login_required
@require_http_methods(FORM)
def level_add(request, pk):
    """A new level after the last one."""
    return _level_form(request, TrackLevel(track=_track(request, pk)))


@login_required
@require_http_methods(FORM)
def level_edit(request, pk):
    return _level_form(request, _level(request, pk))


def _level(request, pk):
    return to_change(request.user, TrackLevel.objects.select_related("track__party"), pk=pk)


def _level_form(request, level):
    form = LevelForm(request.POST if request.method == "POST" else None, instance=level)
    if form.is_valid():
        with tracks.locked(level.track_id):
            if not level.pk:
                level.position = (level.track.levels.aggregate(last=Max("position"))["last"] or 0) + 1
            form.save()
        say(request, _("Saved: %(level)s.") % {"level": level})
        return redirect("education:track_edit", level.track_id)
    return render(request, "education/level_form.html", {"form": form, "level": level, "track": level.track}, status=422 if form.errors else 200)


@login_required
@require_POST
def level_move(request, pk):
    """One place up in the order of its track."""
    level = _level(request, pk)
    with tracks.locked(level.track_id):
        level.refresh_from_db()
        above = TrackLevel.objects.filter(track=level.track_id, position__lt=level.position).order_by("-position").first()
        if above:
            TrackLevel.objects.filter(pk__in=[above.pk, level.pk]).update(position=above.position + level.position - F("position"))
    return redirect("education:track_edit", level.track_id)
