"""Forms of exports: what for, which columns, how long; and the purposes a party keeps."""

import uuid
from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from membership import columns
from membership.exporting import MOST, ON_PAPER
from membership.forms import day_input
from membership.models import CustomField, Export, ExportPurpose
from membership.word_forms import LabelsForm

Format = Export.Format


class ExportForm(forms.Form):
    """One list for `purpose`: it proposes the fewest columns and how long it is kept. Letters (`letters`) have a text instead of columns."""

    words = forms.CharField(
        label=_("What exactly for"),
        max_length=200,
        help_text=_("Such as: invitation to the summer party on 12 July. It stands on every page."),
    )
    columns = forms.MultipleChoiceField(
        label=_("Columns"), widget=forms.CheckboxSelectMultiple, help_text=_("Chosen are the fewest this purpose needs.")
    )
    format = forms.ChoiceField(label=_("Format"), initial=Format.XLSX)
    subject = forms.CharField(label=_("Subject"), max_length=120)
    body = forms.CharField(label=_("Text"), max_length=3000, widget=forms.Textarea(attrs={"rows": 12}))
    expires_on = forms.DateField(label=_("Deleted by"), widget=day_input(), help_text=_("You are reminded by mail on that day."))
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args, purpose, offered, today, letters, **kwargs):
        initial = {"columns": [name for name in purpose.columns if name in offered], "expires_on": today + timedelta(days=purpose.days)}
        super().__init__(*args, initial=initial, **kwargs)
        self.today, self.last, self.letters = today, today + timedelta(days=purpose.days), letters
        if letters:
            del self.fields["columns"], self.fields["format"]
            return
        del self.fields["subject"], self.fields["body"]
        self.fields["columns"].choices = [(column.name, column.label) for column in offered.values()]
        at_home = "street" in offered
        self.fields["format"].choices = [(f.value, f.label) for f in Format if f != Format.LETTERS and (at_home or f != Format.LABELS)]
        self.fields["columns"].required = self.data.get("format") != Format.LABELS

    def clean_expires_on(self):
        day = self.cleaned_data["expires_on"]
        if day <= self.today:
            raise ValidationError(_("Please choose a day to come."))
        if day > self.last:
            raise ValidationError(_("For this purpose a list may be kept for %(n)s days.") % {"n": (self.last - self.today).days})
        return day

    def check(self, count):
        """Add an error when `count` members are none, or more than the format takes."""
        most = MOST.get(self.chosen_format, count)
        if not count:
            self.add_error(None, _("Nobody is on this list."))
        elif count > most:
            self.add_error(
                None, _("At most %(n)s members at once in this format. Please narrow the list or choose another format.") % {"n": most}
            )

    @property
    def chosen_format(self):
        return Format.LETTERS if self.letters else self.cleaned_data.get("format", Format.XLSX)

    @property
    def order(self):
        """The fields of the Export."""
        data, format = self.cleaned_data, self.chosen_format
        return {
            "words": data["words"], "format": format, "expires_on": data["expires_on"], "key": data["key"],
            "columns": [] if format in ON_PAPER else data["columns"],
            "text": {"subject": data["subject"], "body": data["body"]} if self.letters else {},
        }  # fmt: skip


class PurposeForm(LabelsForm):
    """A purpose of exports: its names, the fewest columns, how long a list is kept."""

    columns = forms.MultipleChoiceField(label=_("The fewest columns it needs"), widget=forms.CheckboxSelectMultiple)
    field_order = ["label_de", "label_he", "label_en", "columns", "days", "retired"]

    class Meta:
        model = ExportPurpose
        fields = ["columns", "days", "retired"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        own = CustomField.objects.filter(unit__in=Unit.objects.below(self.instance.party)).offered()
        self.fields["columns"].choices = [*columns.LABELS.items(), *((f"field:{field.pk}", str(field)) for field in own)]

    def clean_days(self):
        days = self.cleaned_data["days"]
        if not 1 <= days <= 366:
            raise ValidationError(_("Between 1 and 366 days."))
        return days
