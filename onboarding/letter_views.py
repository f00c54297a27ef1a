"""Welcome letters: the text of a unit, what is due, print runs."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from branches.models import Unit
from branches.scope import Right
from common import pdf
from common.context import place_of
from common.files import PDF, download
from common.labels import FALLBACK
from common.toasts import say
from onboarding import letters, tasks
from onboarding.models import LetterText, PrintRun
from onboarding.welcome_forms import LetterForm, UnitChoice, language_now

RUNS_SHOWN = 20
State = PrintRun.State


def key_of(text):
    """The UUID a form says. Raises Http404 for anything else."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Http404 from None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter_list(request):
    """How many letters are due in a unit with those below, before they are ordered; POST orders them. Then the runs of the last time."""
    form = UnitChoice(request.POST if request.method == "POST" else request.GET, request.user, place_of(request))
    unit, on = form.chosen, timezone.localdate()
    if unit is None or request.user.right_on(unit) < Right.CARE:
        raise PermissionDenied
    if request.method == "POST":
        run = letters.order(request.user, unit, key_of(request.POST.get("key", "")), on, timezone.now())
        if run is None:
            messages.error(request, _("No letter is due any more."))
            return redirect(f"{reverse('onboarding:letter_list')}?unit={unit.slug}")
        tasks.wake_run(run)
        return redirect("onboarding:print_run", run.pk)
    runs = PrintRun.objects.visible_to(request.user).filter(unit__path__startswith=unit.path).select_related("unit")[:RUNS_SHOWN]
    context = {"unit": unit, "form": form, "counts": letters.counts(request.user, unit, on), "runs": runs, "key": uuid.uuid4(), "most": letters.MOST}
    return render(request, "onboarding/letter_list.html", context)


def _run(request, pk):
    return get_object_or_404(PrintRun.objects.visible_to(request.user).select_related("unit__kind"), pk=pk)


@login_required
@require_safe
def print_run(request, pk):
    """How far a run is; the page asks again by itself until it is written."""
    run = _run(request, pk)
    template = "onboarding/_print_run.html" if request.htmx else "onboarding/print_run.html"
    return render(request, template, {"run": run, "kept": run.kept(timezone.now()), "poll_url": reverse("onboarding:print_run", args=[pk])})


@login_required
@require_safe
def print_run_download(request, pk):
    run = _run(request, pk)
    if not run.kept(timezone.now()):
        raise Http404
    return download(run.file_name, letters.pieces(run), PDF)


@login_required
@require_POST
def print_run_change(request, pk):
    """POST do=back: the letters did not go out and are due again; do=again: the same letters are written once more."""
    run, do = _run(request, pk), request.POST.get("do")
    if do == "back" and letters.take_back(run, timezone.localdate()):
        say(request, _("Taken back: these letters are due again."))
    elif do == "again" and letters.again(run):
        tasks.wake_run(run)
    elif do not in ("back", "again"):
        raise Http404
    return redirect("onboarding:print_run", pk)


def _unit(request, slug):
    return get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)


def _inherited(unit):
    """{language: (subject, body)} that `unit` has without a letter of its own."""
    above = unit.ancestor_paths()[1:2]
    return letters.texts_at(above)[above[0]] if above else letters.USUAL


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter_text(request, slug):
    """The letter of a unit as it is sent, with where each language comes from; who leads the unit writes it. POST do=preview shows, saves nothing."""
    unit, now = _unit(request, slug), timezone.now()
    leads = request.user.right_on(unit) >= Right.LEAD
    if request.method == "POST" and not leads:
        raise PermissionDenied
    own, inherited = LetterText.objects.filter(unit=unit).first(), _inherited(unit)
    form = LetterForm(request.POST or None, own=own, inherited=inherited)
    shown = inherited | letters.texts_at([unit.path])[unit.path]
    if form.is_valid():
        subjects, bodies = form.texts("subject"), form.texts("body")
        if request.POST.get("do") != "preview":
            LetterText.objects.update_or_create(unit=unit, defaults={"subjects": subjects, "bodies": bodies, "by": request.user, "at": now})
            say(request, _("The letter is saved."))
            return redirect("onboarding:letter_text", slug)
        shown = inherited | {code: (subjects.get(code, ""), bodies[code]) for code in bodies}
    previews = [_preview(unit, code, *shown[code], own, now) for code in sorted(shown, key=lambda code: code != language_now())]
    known = ["{" + names[language_now()] + "}" for names in letters.PLACEHOLDERS.values()]
    context = {"unit": unit, "form": form if leads else None, "previews": previews, "known": known, "preview": request.POST.get("do") == "preview"}
    return render(request, "onboarding/letter_text.html", context, status=422 if form.errors else 200)


def _preview(unit, code, subject, body, own, now):
    """A letter as an invented member reads it in the language `code`."""
    with translation.override(code):
        sheet = letters.sample(unit, code, now)
        texts = {"subject": letters.filled(subject, sheet), "body": letters.filled(body, sheet)}
        return texts | {"code": code, "right_to_left": translation.get_language_bidi(), "own": own and code in own.bodies}


@login_required
@require_safe
def letter_preview(request, slug):
    """The whole pack on paper for an invented member of the unit, in the language `language`."""
    unit, now = _unit(request, slug), timezone.now()
    language = request.GET.get("language")
    language = language if language in FALLBACK else language_now()
    content = pdf.write(letters.packs([letters.sample(unit, language, now)], now))
    return download(f"{unit.slug}-{language}.pdf", content, PDF)
