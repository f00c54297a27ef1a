"""Forms of ideas and projects."""

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext_lazy as _

from branches.models import Office
from branches.scope import Right
from common.careful_forms import CarefulForm, VersionedForm
from common.money import MoneyField
from membership.forms import day_input
from planning.models import Idea, Milestone, Project, ProjectCost


def working_offices():
    """Offices one can put in charge: those that may do something."""
    return Office.objects.filter(right__gte=Right.CARE)


class IdeaForm(CarefulForm):
    written = ("cost_cents",)
    cost = MoneyField(label=_("What it costs, roughly"), required=False)
    field_order = ["title", "text", "wanted", "people", "cost", "key"]

    class Meta:
        model = Idea
        fields = ["title", "text", "wanted", "people", "key"]
        labels = {
            "title": _("Your idea in one line"),
            "text": _("What it is about"),
            "wanted": _("What you are still looking for"),
            "people": _("How many people it takes"),
        }
        widgets = {"text": forms.Textarea(attrs={"rows": 6}), "key": forms.HiddenInput}
        help_texts = {
            "text": _("Please name no members: everybody with an office in the party can read it."),
            "wanted": _("A unit to try it out with, a room, somebody who can draw."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["people"].required = False
        self.fields["cost"].initial = self.instance.cost_cents or None

    def clean_people(self):
        return min(self.cleaned_data["people"] or 0, 100_000)

    def clean(self):
        data = super().clean()
        self.instance.cost_cents = data.get("cost") or 0
        return data

    def validate_unique(self):
        """A form that was sent twice is one idea: the view finds the first."""


class AdoptForm(forms.Form):
    """Who sees to an idea, and when."""

    office = forms.ModelChoiceField(Office.objects.none(), label=_("In charge"), empty_label=None)
    month = forms.TypedChoiceField(label=_("Month"), choices=list(MONTHS.items()), coerce=int)
    year = forms.TypedChoiceField(label=_("Year"), coerce=int)

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = working_offices()
        self.fields["year"].choices = [(year, str(year)) for year in (today.year, today.year + 1)]


class ProjectForm(VersionedForm):
    asked = MoneyField(label=_("Asked for"), required=False)
    granted = MoneyField(label=_("Granted"), required=False, help_text=_("As soon as the fund has said so."))
    own = MoneyField(label=_("Own share"), required=False)
    field_order = ["title", "fund", "aim", "starts_on", "ends_on", "report_due_on", "asked", "granted", "own", "key", "version"]

    class Meta:
        model = Project
        fields = ["title", "fund", "aim", "starts_on", "ends_on", "report_due_on", "key"]
        labels = {"title": _("Title"), "fund": _("Which fund"), "aim": _("What it is to reach, and for whom")}
        widgets = {"aim": forms.Textarea(attrs={"rows": 5}), "starts_on": day_input(), "ends_on": day_input(), "report_due_on": day_input(), "key": forms.HiddenInput}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("asked", "granted", "own"):
            self.fields[name].initial = getattr(self.instance, f"{name}_cents") or None

    def clean(self):
        data = super().clean()
        for name in ("asked", "granted", "own"):
            setattr(self.instance, f"{name}_cents", data.get(name) or 0)
        if data.get("starts_on") and data.get("ends_on") and data["ends_on"] < data["starts_on"]:
            self.add_error("ends_on", _("The end must not be before the beginning."))
        return data

    def validate_unique(self):
        """As for ideas."""

    def begin(self):
        """The new Project."""
        self.store()
        return self.instance


class ReportForm(VersionedForm):
    """What the fund is told."""

    class Meta:
        model = Project
        fields = ["done", "reached", "learned", "people"]
        labels = {
            "done": _("What did you do?"),
            "reached": _("What has it changed, and how do you know?"),
            "learned": _("What would you do differently?"),
            "people": _("How many people did you reach?"),
        }
        widgets = {name: forms.Textarea(attrs={"rows": 5}) for name in ("done", "reached", "learned")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["people"].required = False

    def clean_people(self):
        return min(self.cleaned_data["people"] or 0, 10_000_000)


class MilestoneForm(CarefulForm):
    class Meta:
        model = Milestone
        fields = ["title", "due_on", "office"]
        labels = {"title": _("What is to be done?"), "due_on": _("Until"), "office": _("In charge")}
        widgets = {"due_on": day_input()}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = working_offices()
        self.fields["office"].empty_label = None


class ProjectCostForm(CarefulForm):
    written = ("planned_cents", "spent_cents")
    planned = MoneyField(label=_("Planned"), required=False)
    spent = MoneyField(label=_("Spent so far"), required=False)
    field_order = ["text", "planned", "spent"]

    class Meta:
        model = ProjectCost
        fields = ["text"]
        labels = {"text": _("What for")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("planned", "spent"):
            self.fields[name].initial = getattr(self.instance, f"{name}_cents") or None

    def clean(self):
        data = super().clean()
        for name in ("planned", "spent"):
            setattr(self.instance, f"{name}_cents", data.get(name) or 0)
        return data
