"""Forms of the mails of the membership system: handing one in, and how one kind of mail is read."""

from django import forms
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from branches.scope import Right
from common.careful_forms import CarefulForm
from common.files import UploadField
from common.values import clean_text
from membership import notices
from membership.models import NoticePattern


def led_units(user):
    """Units whose mails and patterns `user` may work on: those of own offices that lead the whole unit."""
    held = [a.unit_id for a in user.appointments_now if a.right >= Right.LEAD and not a.unit.kind.is_section]
    return Unit.objects.filter(scope.covers_whole(user, Right.LEAD), pk__in=held)


class NoticeForm(forms.Form):
    """A mail: pasted, or as a file."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Members of"), to_field_name="slug", empty_label=None)
    text = forms.CharField(
        label=_("Text of the mail"), required=False, max_length=notices.MOST_TEXT, widget=forms.Textarea(attrs={"rows": 12, "dir": "auto"})
    )
    file = UploadField(
        label=_("or a file"), required=False, largest=notices.MOST_BYTES, help_text=_("As your mail program saves it: .eml or .txt.")
    )

    def __init__(self, data, files, *, user, place):
        super().__init__(data, files, initial={"unit": place and place.unit.slug})
        self.fields["unit"].queryset = led_units(user)
        self.fields["file"].widget.attrs["accept"] = ".eml,.txt,message/rfc822,text/plain"

    def clean(self):
        if not self.errors and not self.cleaned_data.get("file") and not self.cleaned_data.get("text", "").strip():
            self.add_error("text", _("Please paste the text of the mail or choose a file."))

    @property
    def content(self):
        """(bytes, whether they are a mail with headers)."""
        if file := self.cleaned_data.get("file"):
            return file.content, not file.name.lower().endswith(".txt")
        return self.cleaned_data["text"].encode(), False


class PatternForm(CarefulForm):
    """How mails of one kind are read; a label for each of our fields, where the mail has one."""

    written = ("labels",)
    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("For mails about"), to_field_name="slug", empty_label=None)

    class Meta:
        model = NoticePattern
        fields = ["unit", "name", "kind", "contains", "example"]
        widgets = {"example": forms.Textarea(attrs={"rows": 10, "dir": "auto"})}

    field_order = ["unit", "name", "kind", "contains"]

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = led_units(user)
        for name, label in notices.FIELDS.items():
            field = forms.CharField(label=_("Label of: %(field)s") % {"field": label}, required=False, max_length=80)
            field.initial = self.instance.labels.get(name, "")
            field.widget.attrs["dir"] = "auto"
            self.fields[f"label_{name}"] = field
        self.order_fields(["unit", "name", "kind", "contains", "example"])

    def clean_contains(self):
        return clean_text(self.cleaned_data["contains"])

    @property
    def labels(self):
        """{our field: label} as typed so far."""
        typed = {name: clean_text(self.data.get(f"label_{name}", ""))[:80].rstrip(":") for name in notices.FIELDS}
        return {name: label for name, label in typed.items() if label}

    def clean(self):
        if not {"number", "full_name", "family_name"} & self.labels.keys():
            self.add_error("label_number", _("Please say at least where the number or the name stands."))
        return super().clean()

    def save(self, commit=True):
        self.instance.labels = self.labels
        return super().save(commit)
