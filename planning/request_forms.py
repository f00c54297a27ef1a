"""Forms of the request box: the public one, that of an officer, answering and passing on."""

from django import forms
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from branches.models import Office, Unit
from common.open_forms import OpenForm
from planning.models import Request


class QuestionForm(forms.ModelForm):
    text = forms.CharField(label=_("Your question"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}))

    class Meta:
        model = Request
        fields = ["subject"]


class AskForm(OpenForm, QuestionForm):
    """The public form."""

    field_order = ["subject", "text", "name", "email"]

    class Meta(QuestionForm.Meta):
        fields = ["subject", "name", "email"]
        widgets = {"name": forms.TextInput(attrs={"autocomplete": "name"}), "email": forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "email"})}
        help_texts = {"email": _("You get one mail with a link to confirm that the address is yours; the answer comes there too.")}

    def __init__(self, *args, unit, **kwargs):
        super().__init__(*args, about=unit, **kwargs)
        self.fields["name"].required = self.fields["email"].required = True
        self.instance.unit, self.instance.language = unit, translation.get_language()


class OfficerForm(QuestionForm):
    """An officer asks a unit of the party, or one of its offices."""

    field_order = ["unit", "office", "subject", "text"]

    class Meta(QuestionForm.Meta):
        fields = ["unit", "office", "subject"]
        help_texts = {"office": _("Empty: whoever leads the unit.")}

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset, self.fields["unit"].empty_label, self.fields["unit"].to_field_name = units, None, "slug"
        self.fields["office"].empty_label = "–"


class AnswerForm(forms.Form):
    text = forms.CharField(label=_("Your answer"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}))
    version = forms.IntegerField(widget=forms.HiddenInput)


class ForwardForm(forms.Form):
    """To which office of which unit; the note goes along, whoever asked does not see it."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"), to_field_name="slug", empty_label=None)
    office = forms.ModelChoiceField(Office.objects.all(), label=_("Office"), required=False, empty_label="–", help_text=_("Empty: whoever leads the unit."))
    note = forms.CharField(label=_("Note for them"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, row, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = Unit.objects.nearby(row.unit).open(timezone.localdate()).select_related("kind")
        self.initial |= {"unit": row.unit.slug, "office": row.office_id, "version": row.version}


class FollowForm(forms.Form):
    text = forms.CharField(label=_("Ask again"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}))
