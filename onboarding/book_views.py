"""Membership books: who waits for one, what happens to them in one tap or for many, and how many lie where."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import Right
from common.context import place_of
from common.keyset import page_of
from common.presets import COUNTS, as_presets, chosen, count_each
from common.toasts import say
from onboarding import books
from onboarding.letter_views import key_of
from onboarding.models import Book, BookAct, BookCount
from onboarding.welcome_forms import CountForm, UnitChoice

MOST_COUNTED = 999
MOST_PICKED = 500
LINES_SHOWN = 20
Verb, State = BookAct.Verb, Book.State
PRESETS = {
    "wanted": gettext_lazy("To order"),
    "ordered": gettext_lazy("Ordered"),
    "here": gettext_lazy("Here"),
    "overdue": gettext_lazy("Overdue"),
    "handed": gettext_lazy("Handed over"),
}
# What one can do with a book in one tap, by its state; the first one is the usual way.
VERBS = {
    State.WANTED: (Verb.ORDER, Verb.HAND_OVER),
    State.ORDERED: (Verb.ARRIVE, Verb.HAND_OVER),
    State.HERE: (Verb.HAND_OVER,),
    State.HANDED: (Verb.LOSE,),
}
BUTTONS = {
    Verb.ORDER: gettext_lazy("Mark as ordered"),
    Verb.ARRIVE: gettext_lazy("It has arrived"),
    Verb.HAND_OVER: gettext_lazy("Handed over"),
    Verb.LOSE: gettext_lazy("Lost: order again"),
}
BULK = {
    "wanted": (Verb.ORDER, Verb.ARRIVE, Verb.HAND_OVER), "ordered": (Verb.ARRIVE, Verb.HAND_OVER), "here": (Verb.HAND_OVER,),
    "overdue": (Verb.ORDER, Verb.ARRIVE, Verb.HAND_OVER), "handed": (),
}  # fmt: skip
TONES = {State.WANTED: "amber", State.ORDERED: "calm", State.HERE: "ok"}


def _found(user, unit, on):
    """{preset: books} that `user` may see in `unit` and below."""
    rows = Book.objects.visible_to(user).in_unit(unit)
    return {"wanted": rows.wanted(), "ordered": rows.ordered(), "here": rows.here(), "overdue": rows.overdue(on), "handed": rows.filter(state=State.HANDED)}


@login_required
@require_safe
def book_list(request):
    """Books by preset, the most urgent first; with a unit."""
    on, form = timezone.localdate(), UnitChoice(request.GET, request.user, place_of(request))
    unit, show = form.chosen, chosen(request, PRESETS, "wanted")
    if unit is None:
        raise PermissionDenied
    found, here = _found(request.user, unit, on), {"show": show, "unit": unit.slug}
    more = f"&unit={unit.slug}"
    if COUNTS in request.GET:
        presets = as_presets(PRESETS, show, count_each(found, MOST_COUNTED), more)
        return render(request, "partials/_presets.html", {"presets": presets})
    rows = found[show].select_related("member__home_unit", "handed_by")
    page = page_of(rows, ("-handed_on", "-pk") if show == "handed" else ("due_on", "pk"), request.GET)
    cares = any(a.right >= Right.CARE for a in request.user.appointments_now)
    mine = set(Book.objects.editable_by(request.user).filter(pk__in=[book.pk for book in page.rows]).values_list("pk", flat=True)) if cares else ()
    for book in page.rows:
        book.acts = acts(book) if book.pk in mine else []
        book.tone = TONES.get(State(book.state), "")
    context = {
        "unit": unit, "form": form, "page": page, "show": show, "here": here, "on": on, "presets": as_presets(PRESETS, show, more=more),
        "counts_url": "?" + urlencode(here | {COUNTS: 1}), "empty": EMPTY[show],
        "hidden": here | {"key": uuid.uuid4()}, "buttons": [{"value": verb, "label": MANY[verb]} for verb in BULK[show]] if mine else [],
    }  # fmt: skip
    return render(request, "onboarding/book_list.html", context)


def acts(book):
    """The buttons beside a book, each with a key of its own."""
    return [{"verb": verb, "label": BUTTONS[verb], "key": uuid.uuid4()} for verb in VERBS.get(State(book.state), ())]


MANY = {
    Verb.ORDER: gettext_lazy("Mark as ordered"),
    Verb.ARRIVE: gettext_lazy("They have arrived"),
    Verb.HAND_OVER: gettext_lazy("Handed over"),
}
EMPTY = {
    "wanted": gettext_lazy("Whose journey asks for a book stands here within minutes."),
    "ordered": gettext_lazy("What you mark as ordered stands here until it arrives."),
    "here": gettext_lazy("Books that have arrived wait here until they are handed over."),
    "overdue": gettext_lazy("Nobody waits longer than the standard says."),
    "handed": gettext_lazy("Handed over books stand here, with the day and by whom."),
}


@login_required
@require_POST
def book_do(request):
    """POST do=a verb and pick=books: those that one cares for and that it fits. Back to the list (show, unit) or the page of `member`."""
    if not any(a.right >= Right.CARE for a in request.user.appointments_now):
        raise PermissionDenied
    if request.POST.get("do") not in Verb.values:
        raise Http404
    verb, now = Verb(request.POST["do"]), timezone.now()
    pks = [int(pick) for pick in request.POST.getlist("pick") if pick.isascii() and pick.isdecimal() and len(pick) < 18][:MOST_PICKED]
    act = books.do(verb, pks, request.user, key_of(request.POST.get("key", "")), timezone.localdate(now), now)
    back = urlencode({name: request.POST.get(name, "") for name in ("show", "unit", "member") if request.POST.get(name)})
    if act.books:
        say(request, told(act), f"{reverse('onboarding:book_undo', args=[act.pk])}?{back}")
    else:
        messages.error(request, _("Nothing was changed: no book was chosen, or somebody was faster."))
    return _back(request.POST)


def _back(asked):
    member = asked.get("member", "")
    if member.isascii() and member.isdecimal() and len(member) < 18:
        return redirect("onboarding:member_welcome", int(member))
    here = {name: asked[name] for name in ("show", "unit") if asked.get(name)}
    return redirect(f"{reverse('onboarding:book_list')}?{urlencode(here)}")


def told(act):
    n = len(act.books)
    texts = {
        Verb.ORDER: ngettext("%(n)s book is marked as ordered.", "%(n)s books are marked as ordered.", n),
        Verb.ARRIVE: ngettext("%(n)s book has arrived.", "%(n)s books have arrived.", n),
        Verb.HAND_OVER: ngettext("%(n)s book is handed over.", "%(n)s books are handed over.", n),
        Verb.LOSE: ngettext("%(n)s book is lost; a new one is to be ordered.", "%(n)s books are lost; new ones are to be ordered.", n),
    }
    return texts[Verb(act.verb)] % {"n": n}


@login_required
@require_POST
def book_undo(request, pk):
    """Take back what one did oneself; books somebody has worked on since stay as they are."""
    act = get_object_or_404(BookAct.objects.visible_to(request.user), pk=pk)
    back = books.undo(act, timezone.now())
    if back is not None:
        stayed = len(act.books) - back
        text = _("Taken back.")
        if stayed:
            text = ngettext("Taken back, except %(n)s book somebody has worked on since.", "Taken back, except %(n)s books somebody has worked on since.", stayed)
        say(request, text % {"n": stayed} if stayed else text)
    return _back(request.GET)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def book_units(request):
    """Books by unit: how many to order, ordered, here, overdue, handed over, and how many lie in the cupboard; POST counts those of a unit."""
    on, data = timezone.localdate(), request.POST if request.method == "POST" else request.GET
    choice = UnitChoice(data, request.user, place_of(request))
    unit = choice.chosen
    if unit is None:
        raise PermissionDenied
    cares = request.user.right_on(unit) >= Right.CARE
    form = CountForm(request.POST or None)
    if request.method == "POST":
        if not cares:
            raise PermissionDenied
        if form.is_valid():
            difference = books.count(unit, form.cleaned_data["number"], form.cleaned_data["note"], request.user, timezone.now())
            say(request, _("Counted.") if difference else _("Counted: it was right."))
            return redirect(f"{reverse('onboarding:book_units')}?unit={unit.slug}")
    beneath = list(Unit.objects.visible_to(request.user).filter(path__startswith=unit.path, depth=unit.depth + 1, kind__is_section=False))
    rows = books.figures([unit, *sorted(beneath, key=lambda one: one.name.casefold())], on)
    lines = BookCount.objects.filter(unit=unit).select_related("by", "act").order_by("-pk")[:LINES_SHOWN]
    context = {
        "unit": unit, "choice": choice, "form": form, "cares": cares, "table": table(rows), "stock": books.stock(unit), "lines": lines,
        "whole": not unit.is_leaf(),
    }  # fmt: skip
    return render(request, "onboarding/book_units.html", context, status=422 if form.errors else 200)


def table(rows):
    """The figures for partials/_unit_table.html, each with the way to the names."""
    names = {"wanted": _("To order"), "ordered": _("Ordered"), "here": _("Here"), "overdue": _("Overdue"), "handed": _("Handed over, 12 months"), "stock": _("In the cupboard")}
    base = reverse("onboarding:book_list")

    def cell(row, name):
        url = f"{base}?show={name}&unit={row['unit'].slug}" if name in PRESETS and row[name] else ""
        return {"kind": "number", "label": names[name], "text": row[name], "url": url}

    return {
        "columns": [{"label": _("Unit")}] + [{"label": label, "kind": "number"} for label in names.values()],
        "rows": [{"name": row["unit"].name, "url": f"?unit={row['unit'].slug}", "cells": [cell(row, name) for name in names]} for row in rows],
    }
