"""The rule of a section: who belongs to it by age and gender."""

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from branches.models import Unit
from branches.scope import Right
from common.careful_forms import CarefulForm
from common.toasts import say
from membership import sections, tasks
from membership.models import Gender, SectionRule
from membership.models.sections import MOST_YEARS

AT_ONCE = 5000  # people moved while one waits; more are moved by the worker
IN_OUT_FROM = [("True", gettext_lazy("from this birthday on")), ("False", gettext_lazy("only who is older"))]
IN_OUT_TO = [("True", gettext_lazy("up to and including this age")), ("False", gettext_lazy("until this birthday"))]


class SectionRuleForm(CarefulForm):
    """Boundaries and genders; `seen` are the values whose effect was shown, so that nothing else is saved."""

    from_inclusive = forms.TypedChoiceField(label=gettext_lazy("Lower boundary"), choices=IN_OUT_FROM, coerce=lambda text: text == "True")
    to_inclusive = forms.TypedChoiceField(label=gettext_lazy("Upper boundary"), choices=IN_OUT_TO, coerce=lambda text: text == "True")
    genders = forms.MultipleChoiceField(
        label=gettext_lazy("Gender"), choices=[choice for choice in Gender.choices if choice[0]], required=False,
        widget=forms.CheckboxSelectMultiple, help_text=gettext_lazy("None ticked: all."),
    )  # fmt: skip
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = SectionRule
        fields = ["age_from", "from_inclusive", "age_to", "to_inclusive", "genders"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("age_from", "age_to"):
            self.fields[name].max_value = MOST_YEARS
            self.fields[name].validators.append(forms.fields.validators.MaxValueValidator(MOST_YEARS))
            self.fields[name].widget.attrs |= {"min": 0, "max": MOST_YEARS, "inputmode": "numeric"}

    def values(self):
        return " ".join(f"{self.cleaned_data[name]}" for name in self.Meta.fields)

    @property
    def was_seen(self):
        return self.cleaned_data["seen"] == self.values()


def _section(request, slug):
    unit = get_object_or_404(Unit.objects.visible_to(request.user).select_related("kind", "section_rule"), slug=slug)
    if not unit.kind.is_section:
        raise Http404
    return unit


def _sets(user, unit):
    """Whether `user` sets the rule. Who does brings members of the unit above into the section: that takes the lead of both."""
    above = unit.path[: -Unit.steplen] or unit.path
    return min(user.right_on(unit), user.right_at(above)) >= Right.LEAD


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def section_rule(request, slug):
    """Say who belongs by age and gender; first who would come and leave is shown, then it is saved. Who does not set the rule reads it."""
    unit, today = _section(request, slug), timezone.localdate()
    if not _sets(request.user, unit):
        return _read_only(request, unit)
    rule = getattr(unit, "section_rule", None) or SectionRule(unit=unit, since=today)
    form = SectionRuleForm(request.POST or None, instance=rule)
    shown = None
    if form.is_valid():
        shown = sections.preview(form.instance, today)
        if form.was_seen:
            form.save()
            _follow(request, unit, shown["enter"] + shown["leave"], today)
            return redirect("branches:unit_detail", unit.slug)
        form.data = form.data.copy()
        form.data["seen"] = form.values()
    context = {"unit": unit, "form": form, "shown": shown, "rule": rule, "button": _button(shown)}
    return render(request, "membership/section_rule.html", context, status=422 if form.errors else 200)


def _read_only(request, unit):
    """The rule in words, and how many belong by it and by hand."""
    if request.method == "POST":
        raise PermissionDenied
    above = Unit.objects.filter(path__in=unit.ancestor_paths()[1:]).order_by("depth").last()
    context = {"unit": unit, "above": above, "rule": getattr(unit, "section_rule", None), "count": sections.belonging(unit)}
    return render(request, "membership/section_rule_read.html", context)


def _button(shown):
    if shown is None:
        return _("See who comes and leaves")
    if not shown["enter"] and not shown["leave"]:
        return _("Save the rule")
    return _("Save: %(enter)s come, %(leave)s leave") % {"enter": shown["enter"], "leave": shown["leave"]}


def _follow(request, unit, moved, today):
    if moved > AT_ONCE:
        tasks.wake_sections()
        say(request, _("The rule of %(unit)s is saved. Its members follow within minutes.") % {"unit": unit.full_name})
    else:
        sections.run(today, timezone.now())
        say(request, _("The rule of %(unit)s is saved, and its members follow it.") % {"unit": unit.full_name})


@login_required
@require_POST
def section_rule_drop(request, slug):
    """Nobody comes or leaves by rule any more; who belongs stays, as if taken in by hand."""
    unit = _section(request, slug)
    if not _sets(request.user, unit):
        raise PermissionDenied
    SectionRule.objects.filter(unit=unit).delete()
    say(request, _("%(unit)s has no rule any more. Who belongs to it stays.") % {"unit": unit.full_name})
    return redirect("branches:unit_detail", unit.slug)
