"""Forms of the costs of an event."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.careful_forms import CarefulForm
from common.files import MB, RECEIPTS, UploadField
from common.money import MoneyField
from education.models import CostLine

MOST_CENTS = 10**9  # ten million of the currency
MOST_PARTS = 1000


class CostForm(CarefulForm):
    """A line of the costs. People write what they paid or got; whether it is income, the kind says."""

    written = ("cents", "receipt_name")
    amount = MoneyField(label=_("Amount"))
    file = UploadField(label=_("Receipt"), required=False, kinds=RECEIPTS, largest=5 * MB)
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
        if file:
            self.instance.receipt, self.instance.receipt_name = file.content, file.name
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
