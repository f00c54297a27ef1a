"""The place book: rooms to meet in, shared by all units of a party."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import full_name
from branches.scope import Right, with_right
from common.keyset import page_of
from common.labels import localized
from common.money import money
from common.presets import presets_of
from common.toasts import say
from education import announcing
from education.event_views import cared_unit
from education.models import EventDate, Place
from education.models.events import address
from education.place_forms import PlaceFilter, PlaceForm

FORM = ["GET", "HEAD", "POST"]
COLUMNS = ["pk", "name", "street", "postcode", "city", "seats", "access", "cost_cents", "unit__name", "unit__kind__labels"]
COMING = 20  # dates shown on the page of a place


@login_required
@require_safe
def place_list(request):
    """The rooms of the party, by what they offer, free or taken on a day."""
    if not request.user.appointments_now:
        raise PermissionDenied
    form = PlaceFilter(request.GET, request.user)
    page = page_of(lambda: form.found().values_list(*COLUMNS, named=True), ("name", "pk"), request.GET, key=form.key)
    taken = form.taken([place.pk for place in page.rows]) if form.span else None
    columns = [(_("Name"), ""), (_("On that day"), ""), (_("Seats"), "number"), (_("Access"), ""), (_("Cost a day"), "number"), (_("Kept by"), "")]
    context = {
        "form": form, "presets": presets_of(request, form), "page": page, "adds": any(a.right >= Right.CARE for a in request.user.appointments_now),
        "columns": [{"label": label, "kind": kind} for n, (label, kind) in enumerate(columns) if form.span or n != 1],
        "rows": _rows(page.rows, taken, request.user.appointments_now[0].unit.setting("currency")),
    }  # fmt: skip
    return render(request, "education/place_list.html", context)


def _rows(places, taken, currency):
    """Rows of a table of units (docs/design.md) for `places` (values of COLUMNS); taken: pks of those that are, None where no day is asked about."""
    base, free, said = reverse("education:place_list"), _("free of charge"), {True: (_("taken"), "amber"), False: (_("free"), "ok")}
    access, language = {one: str(one.label) for one in Place.Access}, get_language()
    return [
        {
            "name": place.name, "url": f"{base}{place.pk}/", "sub": address(place.street, place.postcode, place.city),
            "cells": [
                *([] if taken is None else [{"pill": said[place.pk in taken]}]), {"text": "–" if place.seats is None else place.seats},
                {"text": access[place.access]}, {"text": money(place.cost_cents, currency) if place.cost_cents else free},
                {"text": full_name(place.unit__name, localized(place.unit__kind__labels, language))},
            ],
        }
        for place in places
    ]  # fmt: skip


def _place(request, pk):
    return get_object_or_404(Place.objects.visible_to(request.user).select_related("unit__kind"), pk=pk)


def _kept(request, pk):
    """The place, for those who keep it."""
    return with_right(request.user, Place.objects.select_related("unit__kind"), Right.CARE, pk=pk)


@login_required
@require_safe
def place_detail(request, pk):
    """What the room offers, who has the key, and who is there when; where two are there at once it says so."""
    place, now = _place(request, pk), timezone.now()
    dates = EventDate.objects.filter(event__place=place, ends_at__gt=now).exclude(event__state="cancelled")
    rows = list(dates.select_related("event__unit__kind").order_by("starts_at", "pk")[:COMING])
    latest = None
    for row in rows:
        row.clash = latest is not None and row.starts_at < latest
        latest = max(row.ends_at, latest or row.ends_at)
        row.named = row.event.state != "draft" or request.user.right_on(row.event.unit) >= Right.SEE
    context = {
        "place": place, "rows": rows, "keeps": request.user.right_on(place.unit) >= Right.CARE,
        "cost": money(place.cost_cents, place.unit.setting("currency")) if place.cost_cents else "",
    }  # fmt: skip
    return render(request, "education/place_detail.html", context)


@login_required
@require_http_methods(FORM)
def place_add(request):
    here = cared_unit(request)
    return _form(request, Place(unit=here), here)


@login_required
@require_http_methods(FORM)
def place_edit(request, pk):
    place = _kept(request, pk)
    return _form(request, place, place.unit)


def _form(request, place, here):
    posted = request.POST if request.method == "POST" else None
    form = PlaceForm(posted, instance=place, user=request.user, here=here)
    if posted is not None and form.is_valid():
        saved = announcing.save_place(form.instance, timezone.now())
        say(request, _("Saved: %(name)s.") % {"name": saved})
        return redirect(saved)
    # The form writes into the place as it checks; the head of the page says what is kept.
    name = Place.objects.filter(pk=place.pk).values_list("name", flat=True).first() if place.pk else ""
    return render(request, "education/place_form.html", {"form": form, "place": place, "name": name}, status=422 if form.errors else 200)


@login_required
@require_POST
def place_retire(request, pk):
    """Offer it no longer for new events (do=restore: again)."""
    place = _kept(request, pk)
    if request.POST.get("do") == "restore":
        place.restore()
    else:
        place.retire(timezone.localdate())
    say(request, _("Saved."))
    return redirect(place)
