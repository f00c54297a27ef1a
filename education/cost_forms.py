"""Forms of the costs of an event."""

import re
from pathlib import PurePath

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.money import MoneyField
from common.values import clean_text
from education.models import CostLine

LARGEST = 5 * 2**20
RECEIPTS = {"pdf": b"%PDF-", "jpg": b"\xff\xd8\xff", "jpeg": b"\xff\xd8\xff", "png": b"\x89PNG\r\n\x1a\n"}
MOST_CENTS = 10**9  # ten million of the currency
MOST_PARTS = 1000


class CostForm(forms.ModelForm):
    """A line of the costs. People write what they paid or got; whether it is income, the kind says."""

    amount = MoneyField(label=_("Amount"))
    file = forms.FileField(label=_("Receipt"), required=False)
    field_order = ["stage", "kind", "text", "amount", "file"]

    class Meta:
        model = CostLine
        fields = ["stage", "kind", "text"]
        widgets = {"stage": forms.RadioSelect, "text": forms.TextInput(attrs={"dir": "auto"})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = CostLine.Stage.choices
        kinds = CostLine.Kind.choices
        income = [choice for choice in kinds if choice[0] in CostLine.INCOME]
        self.fields["kind"].choices = [(_("Costs"), [choice for choice in kinds if choice not in income]), (_("Income"), income)]
        self.fields["file"].widget.attrs["accept"] = ",".join(f".{ending}" for ending in RECEIPTS)
        self.fields["file"].help_text = _("PDF or picture, up to %(n)s MB.") % {"n": LARGEST // 2**20}
        if self.instance.cents:
            self.fields["amount"].initial = abs(self.instance.cents)
        self.fields["amount"].required = True

    def clean_amount(self):
        cents = self.cleaned_data["amount"]
        if not 0 < cents <= MOST_CENTS:
            raise ValidationError(_("Please write an amount above zero."))
        return cents

    def clean_file(self):
        file = self.cleaned_data["file"]
        if not file:
            return None
        name = re.sub(r'[<>:"|?*\\/]', "_", clean_text(PurePath(file.name).name))[-150:].lstrip(".")
        begins = RECEIPTS.get(name.rpartition(".")[2].lower())
        if begins is None or file.size > LARGEST:
            raise ValidationError(_("A receipt is a PDF or a picture (JPG, PNG) of up to %(n)s MB."), params={"n": LARGEST // 2**20})
        content = file.read()
        if not content.startswith(begins):
            raise ValidationError(_("The file is not what its name says."))
        self.instance.receipt, self.instance.receipt_name = content, name
        return file

    def clean(self):
        data = super().clean()
        if "amount" in data and "kind" in data:
            self.instance.cents = data["amount"] * (-1 if data["kind"] in CostLine.INCOME else 1)
        return data


class KeyForm(forms.Form):
    """By which parts the carrying units share the costs."""

    def __init__(self, *args, carriers, **kwargs):
        super().__init__(*args, **kwargs)
        for row in carriers:
            self.fields[f"unit_{row.unit_id}"] = forms.IntegerField(
                label=row.unit.full_name, min_value=0, max_value=MOST_PARTS, initial=row.share, widget=forms.NumberInput(attrs={"dir": "ltr"})
            )

    @property
    def parts(self):
        return {int(name.removeprefix("unit_")): share for name, share in self.cleaned_data.items()}

    def clean(self):
        super().clean()
        if not self.errors and not sum(self.parts.values()):
            raise ValidationError(_("At least one unit has to bear something."))
