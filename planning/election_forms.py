"""Forms of election plans: the election, its milestones and templates, posts and shifts."""

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches import scope
from branches.models import Unit
from branches.scope import Right
from common.careful_forms import CarefulForm, VersionedForm
from common.labels import FALLBACK
from membership.forms import day_input
from planning import election_plans
from planning.idea_forms import working_offices
from planning.models import Election, ElectionMilestone, ElectionTemplate, Post, Shift, TemplateMilestone, TemplatePost

MOST_UNITS = 400  # that take part in one election; a larger one is planned in the units further down


def time_input():
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class TextsForm(CarefulForm):
    """A row with a title, and perhaps how it is done, in three languages."""

    written: tuple = ("labels", "texts")

    label_de = forms.CharField(label=_("In German"), max_length=120, required=False)
    label_he = forms.CharField(label=_("In Hebrew"), max_length=120, required=False, widget=forms.TextInput(attrs={"dir": "auto"}))
    label_en = forms.CharField(label=_("In English"), max_length=120, required=False)
    text_de = forms.CharField(label=_("How it is done, in German"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    text_he = forms.CharField(label=_("How it is done, in Hebrew"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}))
    text_en = forms.CharField(label=_("How it is done, in English"), max_length=600, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("label", "text"):
            for code, text in (getattr(self.instance, f"{name}s", None) or {}).items():
                self.fields[f"{name}_{code}"].initial = text
        if "office" in self.fields:
            self.fields["office"].queryset = working_offices()
            self.fields["office"].empty_label = None

    def clean(self):
        data = super().clean()
        self.instance.labels = self._of(data, "label")
        if hasattr(self.instance, "texts"):
            self.instance.texts = self._of(data, "text")
        if not self.instance.labels:
            self.add_error("label_de", _("Please give the name in at least one language."))
        return data

    @staticmethod
    def _of(data, name):
        return {code: data[f"{name}_{code}"] for code in FALLBACK if data.get(f"{name}_{code}")}


class TemplateForm(TextsForm):
    """The name of a template."""

    text_de = text_he = text_en = None  # type: ignore[assignment]
    written = ("labels",)

    class Meta:
        model = ElectionTemplate
        fields: list[str] = []


class TemplateMilestoneForm(TextsForm):
    field_order = ["label_de", "label_he", "label_en", "days_before", "office", "each"]

    class Meta:
        model = TemplateMilestone
        fields = ["days_before", "office", "each"]


class TemplatePostForm(TextsForm):
    field_order = ["label_de", "label_he", "label_en", "kind", "days_before", "starts", "ends", "minutes", "needed", "each"]

    class Meta:
        model = TemplatePost
        fields = ["kind", "days_before", "starts", "ends", "minutes", "needed", "each"]
        widgets = {"starts": time_input(), "ends": time_input()}
        help_texts = {
            "ends": _("A time before the beginning is on the next day."),
            "minutes": _("Empty: one shift from beginning to end."),
        }


class MilestoneForm(TextsForm):
    """A milestone of an election. everybody: for each unit that takes part, when it is new."""

    everybody = forms.BooleanField(label=_("Each unit that takes part does it"), required=False)
    field_order = ["label_de", "label_he", "label_en", "due_on", "office", "everybody"]

    class Meta:
        model = ElectionMilestone
        fields = ["due_on", "office"]
        widgets = {"due_on": day_input()}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["everybody"]


def taking_part(unit):
    """The units that may take part in an election of `unit`: the open ones below it where members have their home. Sections have none."""
    return Unit.objects.below(unit).open(timezone.localdate()).filter(kind__leads_members=True, path__gt=unit.path).select_related("kind")


class UnitsField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, unit):
        return unit.full_name


class ElectionForm(forms.ModelForm):
    """A new election: day, template, units."""

    template = forms.ModelChoiceField(ElectionTemplate.objects.none(), label=_("Template"), required=False, empty_label=_("without a template"))
    units = UnitsField(Unit.objects.none(), label=_("Units that take part"), required=False, widget=forms.CheckboxSelectMultiple)
    field_order = ["title", "day", "template", "units", "key"]

    class Meta:
        model = Election
        fields = ["title", "day", "key"]
        widgets = {"day": day_input(), "key": forms.HiddenInput}

    def __init__(self, *args, templates, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["template"].queryset = templates
        self.fields["units"].queryset = units = taking_part(self.instance.unit)
        self.initial.setdefault("template", templates.first())
        self.initial.setdefault("units", list(units.values_list("pk", flat=True)[: MOST_UNITS + 1]))
        self.too_many = len(self.initial["units"]) > MOST_UNITS
        if self.too_many or not self.initial["units"]:
            del self.fields["units"]

    def clean_day(self):
        day = self.cleaned_data["day"]
        if not 2000 <= day.year <= 2100:
            raise ValidationError(_("Please choose a day of this century."))
        return day

    def validate_unique(self):
        """A form that was sent twice is one election: the view finds the first."""


class ElectionEditForm(VersionedForm):
    """Title, day and rules of rest. sure: the day is to move as shown."""

    class Meta:
        model = Election
        fields = ["title", "day", "minutes_between", "night_rest_hours", "most_hours"]
        widgets = {"day": day_input()}

    clean_day = ElectionForm.clean_day


class PostForm(CarefulForm):
    class Meta:
        model = Post
        fields = ["kind", "name", "address", "what", "contact", "contact_phone", "access"]
        widgets = {"what": forms.Textarea(attrs={"rows": 3})}
        labels = {"access": _("How people get in")}

    def __init__(self, *args, units=None, **kwargs):
        super().__init__(*args, **kwargs)
        if units is not None and len(units) > 1:
            self.fields["unit"] = UnitField(units, label=_("Unit"), initial=self.instance.unit, empty_label=None)
            self.order_fields(["unit"])

    def clean(self):
        data = super().clean()
        self.instance.unit = data.get("unit") or self.instance.unit
        return data


class UnitField(forms.ModelChoiceField):
    label_from_instance = UnitsField.label_from_instance


class ShiftsForm(forms.Form):
    """A series of shifts: from, until, how long each is."""

    day = forms.DateField(label=_("Day"), widget=day_input())
    starts = forms.TimeField(label=pgettext_lazy("time", "From"), widget=time_input())
    ends = forms.TimeField(label=_("Until"), widget=time_input(), help_text=_("A time before the beginning is on the next day."))
    minutes = forms.IntegerField(label=_("Length of a shift in minutes"), required=False, min_value=15, max_value=1440, help_text=_("Empty: one shift from beginning to end."))
    needed = forms.IntegerField(label=_("People needed"), min_value=1, max_value=200, initial=2)

    clean_day = ElectionForm.clean_day

    def times(self):
        data = self.cleaned_data
        return election_plans.series(data["day"], data["starts"], data["ends"], data["minutes"])


class ShiftForm(CarefulForm):
    """One shift. Its times stay while somebody has it."""

    written = ("starts_at", "ends_at")

    day, starts, ends = ShiftsForm.base_fields["day"], ShiftsForm.base_fields["starts"], ShiftsForm.base_fields["ends"]
    field_order = ["day", "starts", "ends", "needed"]
    clean_day = ElectionForm.clean_day

    class Meta:
        model = Shift
        fields = ["needed"]

    def __init__(self, *args, taken=False, **kwargs):
        super().__init__(*args, **kwargs)
        starts, ends = timezone.localtime(self.instance.starts_at), timezone.localtime(self.instance.ends_at)
        self.initial |= {"day": starts.date(), "starts": starts.time(), "ends": ends.time()}
        if taken:
            for name in ("day", "starts", "ends"):
                self.fields[name].disabled = True
            self.fields["day"].help_text = _("Somebody has this shift: its times stay. Take them out first, or add another shift.")

    def clean(self):
        data = super().clean()
        if not self.errors and not self.fields["day"].disabled:
            self.instance.starts_at, self.instance.ends_at = election_plans.series(data["day"], data["starts"], data["ends"])[0]
            same = Shift.objects.filter(post=self.instance.post_id, starts_at=self.instance.starts_at, ends_at=self.instance.ends_at)
            if same.exclude(pk=self.instance.pk).exists():
                self.add_error("starts", _("There is a shift at this time already."))
        return data


class PartForm(forms.Form):
    """Whom to look for, and for which part of a shift; without times all of it."""

    q = forms.CharField(label=_("Name or unit"), required=False, max_length=100)
    starts = forms.TimeField(label=pgettext_lazy("time", "From"), required=False, widget=time_input())
    ends = forms.TimeField(label=_("Until"), required=False, widget=time_input())

    def __init__(self, *args, shift, **kwargs):
        super().__init__(*args, **kwargs)
        self.shift = shift

    def part(self):
        """{"starts_at", "ends_at"} as far as the times say something; a time before the beginning of the shift is on its next day."""
        begin = self.shift.starts_at
        found = {}
        for name in ("starts", "ends"):
            if at := self.cleaned_data.get(name):
                day = timezone.localdate(begin)
                moment = election_plans.moment(day, at)
                found[f"{name}_at"] = moment if moment >= begin else election_plans.moment(day + timedelta(days=1), at)
        return found

    def clean(self):
        data = super().clean()
        part = {"starts_at": self.shift.starts_at, "ends_at": self.shift.ends_at} | self.part()
        if not self.shift.starts_at <= part["starts_at"] < part["ends_at"] <= self.shift.ends_at:
            self.add_error("starts", _("These times are no part of the shift."))
        return data


class CopyForm(forms.Form):
    """Where the shifts of a day go: another day, perhaps another post."""

    source = forms.TypedChoiceField(label=_("The shifts of"))
    day = forms.DateField(label=_("To the day"), widget=day_input())
    post = forms.ModelChoiceField(Post.objects.none(), label=_("At the post"), empty_label=None)

    clean_day = ElectionForm.clean_day

    def __init__(self, *args, days, posts, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = days
        self.fields["post"].queryset = posts
        self.fields["post"].label_from_instance = lambda post: f"{post.name} ({post.unit})"


class FillingForm(forms.Form):
    """What is to be filled: one day or all that are to come, the places of one unit with those below."""

    on = forms.TypedChoiceField(label=_("Day"), required=False)

    def __init__(self, *args, days, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].choices = [("", _("all days to come")), *days]


def cared_units(user, election):
    """The units of the election whose posts `user` may keep, in the order of the tree."""
    return election.units.filter(scope.covers(user, Right.CARE, "path")).select_related("kind").order_by("path")
