"""Forms of words (interests, skills, time) and of own fields."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from branches.scope import Right
from common.careful_forms import CarefulForm
from common.labels import FALLBACK
from membership.forms import day_input
from membership.models import CustomField, Tag

ANY = [("", "–")]


class LabelsForm(CarefulForm):
    """A row whose name is data in three languages."""

    written = ("labels",)

    label_de = forms.CharField(label=_("Name in German"), max_length=80, required=False)
    label_he = forms.CharField(label=_("Name in Hebrew"), max_length=80, required=False, widget=forms.TextInput(attrs={"dir": "auto"}))
    label_en = forms.CharField(label=_("Name in English"), max_length=80, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for code in FALLBACK:
            self.fields[f"label_{code}"].initial = (self.instance.labels or {}).get(code, "")

    def clean(self):
        labels = {code: text for code in FALLBACK if (text := self.cleaned_data.get(f"label_{code}", ""))}
        if not labels:
            raise ValidationError(_("Please give the name in at least one language."))
        self.instance.labels = labels


class TagForm(LabelsForm):
    """A word. Its kind is fixed once it is in use."""

    class Meta:
        model = Tag
        fields = ["kind"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["kind"]


class MergeForm(forms.Form):
    """Which word is to stand instead."""

    into = forms.ModelChoiceField(Tag.objects.none(), label=_("the same as"), empty_label="–")

    def __init__(self, *args, tag, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = Tag.objects.filter(party=tag.party_id, kind=tag.kind).offered().exclude(pk=tag.pk)


class MemberTagsForm(forms.Form):
    """Which words fit a member. `shown` remembers what was ticked when the form was drawn."""

    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, offered, own, **kwargs):
        super().__init__(*args, initial={"shown": " ".join(map(str, sorted(own)))}, **kwargs)
        for kind in Tag.Kind:
            choices = [(str(tag.pk), str(tag)) for tag in offered if tag.kind == kind]
            if choices:
                self.fields[kind.value] = forms.MultipleChoiceField(
                    label=kind.label, choices=choices, required=False, widget=forms.CheckboxSelectMultiple,
                    initial=[pk for pk, _label in choices if int(pk) in own],
                )  # fmt: skip

    @property
    def chosen(self):
        return {int(pk) for name, values in self.cleaned_data.items() if name != "shown" for pk in values}

    def clean_shown(self):
        return {int(pk) for pk in self.cleaned_data["shown"].split() if pk.isdecimal() and len(pk) < 18}


class CustomFieldForm(LabelsForm):
    """A field a unit adds. What it is for, who may see it and how long it is kept are asked for with the name."""

    choices = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One per line; only for “one of several”."),
    )
    field_order = ["unit", "label_de", "label_he", "label_en", "type", "choices", "purpose", "right", "keep", "days"]

    class Meta:
        model = CustomField
        fields = ["unit", "type", "choices", "purpose", "right", "keep", "days"]
        help_texts = {
            "purpose": _("What the unit needs it for, in a sentence that members may read."),
            "right": _("The least right on the member that is needed to see it."),
            "days": _("Afterwards a nightly run empties the values."),
        }

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial["choices"] = "\n".join(self.instance.choices or [])
        if self.instance.pk:
            del self.fields["unit"], self.fields["type"]
        else:
            self.fields["unit"].queryset = Unit.objects.visible_to(user, Right.LEAD)
            self.fields["unit"].empty_label = None

    def clean_choices(self):
        lines = [" ".join(line.split())[:80] for line in self.cleaned_data["choices"].splitlines()]
        return list(dict.fromkeys(filter(None, lines)))[:50]

    def clean_days(self):
        days = self.cleaned_data["days"]
        if not 1 <= days <= 3660:
            raise ValidationError(_("Between 1 and 3660 days."))
        return days

    def clean(self):
        super().clean()
        kind = self.instance.type or self.cleaned_data.get("type")
        if kind == CustomField.Type.CHOICE and not self.cleaned_data.get("choices"):
            self.add_error("choices", _("Please give at least one choice."))


class MemberFieldsForm(forms.Form):
    """The own fields of one member; `picture` remembers what was shown."""

    picture = forms.JSONField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, rows, **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = {f"field_{field.pk}": field for field, _value, may_change in rows if may_change}
        self.initial["picture"] = {str(field.pk): value.value if value else "" for field, value, _may in rows}
        for name, field in self.rows.items():
            self.fields[name] = _field(field, self.initial["picture"][str(field.pk)])

    def clean_picture(self):
        picture = self.cleaned_data["picture"]
        return {str(key): str(value) for key, value in picture.items()} if isinstance(picture, dict) else {}

    def clean(self):
        for name, field in self.rows.items():
            if name in self.cleaned_data:
                try:
                    self.cleaned_data[name] = field.clean_value(self.cleaned_data[name])
                except ValidationError as error:
                    self.add_error(name, error)

    @property
    def values(self):
        return {field: self.cleaned_data[name] for name, field in self.rows.items()}


def _field(field, value):
    """The form field for an own field; its text is checked by CustomField.clean_value."""
    told = {"label": str(field), "required": False, "initial": value, "help_text": field.purpose}
    match field.type:
        case CustomField.Type.DATE:
            return forms.CharField(widget=day_input(), **told)
        case CustomField.Type.YES_NO:
            return forms.ChoiceField(choices=ANY + list(CustomField.YES_NO.items()), **told)
        case CustomField.Type.CHOICE:
            kept = [value] if value and value not in field.choices else []
            return forms.ChoiceField(choices=ANY + [(text, text) for text in [*field.choices, *kept]], **told)
    return forms.CharField(max_length=500, **told)
