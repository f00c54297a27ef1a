"""Forms of meetings: agenda, head of the minutes, decisions."""

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.models import Office, Unit
from common.careful_forms import NarrowForm, VersionedForm
from education.models import Event
from planning.models import AgendaItem, Decision, Minutes


class ItemForm(NarrowForm):
    class Meta:
        model = AgendaItem
        fields = ["position", "title", "minutes", "who"]
        labels = {"position": pgettext_lazy("order", "place")}
        widgets = {"position": forms.NumberInput(attrs={"min": 0, "inputmode": "numeric"}), "minutes": forms.NumberInput(attrs={"min": 1, "inputmode": "numeric"})}


AgendaForm = forms.inlineformset_factory(Event, AgendaItem, form=ItemForm, extra=3, can_delete=True, max_num=60, absolute_max=80)


class MinutesForm(VersionedForm):
    class Meta:
        model = Minutes
        fields = Minutes.HEAD
        widgets = {
            "opened": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "closed": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "present": forms.NumberInput(attrs={"inputmode": "numeric", "min": 0}),
            "remark": forms.Textarea(attrs={"rows": 2}),
        }


class DecisionForm(forms.ModelForm):
    """What was decided about an item, who does it until when."""

    class Meta:
        model = Decision
        fields = ["text", "votes", "unit", "office", "due_on"]
        widgets = {"text": forms.Textarea(attrs={"rows": 2}), "due_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        help_texts = {
            "votes": _("For instance 12 yes, 1 no, 2 abstained."),
            "office": _("With an office and a day it becomes a line of the work plan when the minutes are finished."),
        }

    def __init__(self, *args, event, **kwargs):
        super().__init__(*args, **kwargs)
        self.event = event
        self.fields["unit"].label = _("Unit")
        self.fields["unit"].queryset = Unit.objects.filter(carried__event=event).select_related("kind")
        self.fields["unit"].empty_label, self.fields["unit"].initial = None, event.unit_id
        self.fields["office"].queryset = Office.objects.all()
        self.fields["office"].empty_label = "–"

    def clean(self):
        data = super().clean()
        if data.get("office") and not data.get("due_on"):
            self.add_error("due_on", _("Until when? Without a day nobody is reminded."))
        return data


class InviteForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput)
    note = forms.CharField(
        label=_("A word of yours"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Stands above the agenda, as you write it. You may leave it empty."),
    )  # fmt: skip
