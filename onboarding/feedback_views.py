"""The three questions by link, and their sums."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from branches.models import Unit
from common.links import Found
from membership.models import ACTIVE
from membership.own_data import language_of
from onboarding import feedback
from onboarding.models import Answer, Journey

SCALE = [(5, _("5: very much")), (4, "4"), (3, "3"), (2, "2"), (1, _("1: not at all"))]


class AnswerForm(forms.Form):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name, question in Answer.QUESTIONS.items():
            self.fields[name] = forms.TypedChoiceField(label=question, choices=SCALE, coerce=int, widget=forms.RadioSelect)


def _found(now, pk):
    journey = Journey.objects.filter(pk=pk, member__status__in=ACTIVE).select_related("member__home_unit__kind").first()
    return Found((journey,), language_of(journey.member) if journey else "", journey is not None)


@feedback.LINK.opens(_found, "onboarding/link_feedback.html")
def link_feedback(request, journey, now):
    """Answer the three questions, without account; opening the link changes nothing."""
    form = AnswerForm(request.POST or None)
    if form.is_valid():
        feedback.answer(journey, timezone.localdate(now), **form.cleaned_data)
        return redirect(request.path)
    context = {"form": form, "unit": journey.member.home_unit, "done": journey.gave_feedback}
    return render(request, "onboarding/link_feedback.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def feedback_sums(request, slug):
    """What new members of a unit answered, per half-year that is over, in sums of five and more; the units right below beside it."""
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind"), slug=slug)
    root = unit if unit.is_root() else get_object_or_404(Unit, path=unit.root_path)
    beneath = Unit.objects.visible_to(request.user).filter(path__startswith=unit.path, depth=unit.depth + 1)
    units = [unit, *sorted(beneath, key=lambda one: one.name.casefold())]
    halves = []
    for first in feedback.halves(timezone.localdate()):
        found = feedback.shown(root, first)
        rows = [{"unit": one, "sums": found[one.path]} for one in units if one.path in found]
        halves.append({"first": first, "number": 1 if first.month == 1 else 2, "rows": rows})
    questions = [(head, Answer.QUESTIONS[name]) for name, head in Answer.HEADS.items()]
    context = {"unit": unit, "halves": halves, "questions": questions}
    return render(request, "onboarding/feedback_sums.html", context)
