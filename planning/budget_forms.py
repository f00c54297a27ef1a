"""Forms of budgets: the rule of a district, and bookings with their receipts."""

import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from branches.models import Unit, UnitKind
from common.careful_forms import VersionedForm
from common.files import MB, RECEIPTS, UploadField
from common.money import MOST, MoneyField, money
from education.models import EventKind
from membership.forms import day_input
from membership.models import ACTIVE, Status
from planning.models import BudgetRule, Receipt, Spending


class RuleForm(VersionedForm):
    """The rule of `instance.unit` for `instance.year`; three fields for each kind of activity stand in a table of their own."""

    kinds = forms.TypedMultipleChoiceField(label=_("Who gets a share"), coerce=int, widget=forms.CheckboxSelectMultiple)
    statuses = forms.MultipleChoiceField(
        label=_("Who counts as registered"), choices=[(s, Status(s).label) for s in ACTIVE], widget=forms.CheckboxSelectMultiple
    )
    base_cents = MoneyField(label=_("Base for every unit"), required=False)
    member_cents = MoneyField(label=_("For each registered member"), required=False)
    floor_cents = MoneyField(label=_("No unit less than"), required=False)
    cap_cents = MoneyField(label=_("No unit more than"), required=False)
    total_cents = MoneyField(
        label=_("Total"), required=False, help_text=_("Fixed: all shares are scaled alike, so that they add up to it. Empty: open.")
    )
    field_order = ["name", "kinds", "base_cents", "member_cents", "statuses", "counting_on", "total_cents", "floor_cents", "cap_cents", "step_cents"]

    class Meta:
        model = BudgetRule
        fields = ["name", "kinds", "base_cents", "member_cents", "statuses", "counting_on", "floor_cents", "cap_cents", "step_cents", "total_cents"]
        widgets = {"counting_on": day_input()}
        help_texts = {
            "name": _("Such as: Budget 2027, or: more for small branches."),
            "counting_on": _("Members count as known at the end of this day; later corrections change nothing."),
            "step_cents": _("Floor, cap and total are multiples of it."),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        rule = self.instance
        below = Unit.objects.below(rule.unit).exclude(pk=rule.unit_id).order_by().values_list("kind", flat=True).distinct()
        self.fields["kinds"].choices = [(kind.pk, str(kind)) for kind in UnitKind.objects.filter(pk__in=below).order_by("pk")]
        amounts = {amount["kind"]: amount for amount in rule.amounts}
        self.rows = []
        for kind in EventKind.objects.all():
            own = amounts.get(kind.pk, {})
            fields = {
                "each": MoneyField(label=_("per activity"), required=False, initial=own.get("each")),
                "most": forms.IntegerField(label=_("at most"), required=False, min_value=0, max_value=1000, initial=own.get("most")),
                "person": MoneyField(label=_("per person"), required=False, initial=own.get("person")),
            }
            for field in fields.values():
                field.widget.attrs.update({"class": "form-control", "size": 8})
            self.fields |= {f"{name}-{kind.pk}": field for name, field in fields.items()}
            self.rows.append({"kind": kind, "fields": [self[f"{name}-{kind.pk}"] for name in fields]})
        self.plain = [self[name] for name in self.field_order]

    def clean(self):
        data = super().clean()
        step = data.get("step_cents") or 1
        for name in ("floor_cents", "cap_cents", "total_cents"):
            if (data.get(name) or 0) % step:
                self.add_error(name, _("This is not a multiple of %(step)s, to which shares are rounded.") % {"step": money(step, "none")})
        if data.get("floor_cents") and data.get("cap_cents") is not None and data["cap_cents"] < data["floor_cents"]:
            self.add_error("cap_cents", _("The highest share must not be below the least."))
        for name in ("base_cents", "member_cents"):
            data[name] = data.get(name) or 0
        found = {row["kind"].pk: {name: data.get(f"{name}-{row['kind'].pk}") for name in ("each", "most", "person")} for row in self.rows}
        self.instance.amounts = [{"kind": pk, **own} for pk, own in found.items() if own["each"] or own["person"]]
        if not (data["base_cents"] or data["member_cents"] or self.instance.amounts):
            raise ValidationError(_("The rule gives nobody anything yet: a base, a sum per member, or one per activity."))
        return data

    @transaction.atomic
    def store(self):
        """Save the rule as a draft; False with an error on the form when it was changed or approved meanwhile."""
        rule = self.instance
        if rule.pk:
            waiting = BudgetRule.objects.filter(pk=rule.pk, version=rule.version).exclude(state=BudgetRule.State.APPROVED)
            if not waiting.update(version=rule.version + 1):
                self.add_error(None, self.changed)
                return False
            rule.version += 1
        rule.state = BudgetRule.State.DRAFT
        rule.save()
        rule.shares.all().delete()
        return True


class SpendingForm(forms.ModelForm):
    """A booking of `instance.budget`, with its receipt."""

    cents = MoneyField(label=_("Amount"))
    receipt = UploadField(label=_("Receipt"), required=False, kinds=RECEIPTS, largest=5 * MB)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    field_order = ["cents", "text", "on", "kind", "activity", "receipt", "key"]

    class Meta:
        model = Spending
        fields = ["cents", "text", "on", "kind", "activity"]
        widgets = {"on": day_input()}

    def __init__(self, *args, activities, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["activity"].queryset = activities
        self.fields["kind"].empty_label = _("everything else")
        self.fields["kind"].required = False

    def clean_cents(self):
        cents = self.cleaned_data["cents"]
        if not 0 < cents <= MOST:
            raise ValidationError(_("Please write an amount of more than zero."))
        return cents

    def clean_on(self):
        day, year = self.cleaned_data["on"], self.instance.budget.year
        if day > self.today:
            raise ValidationError(_("This day is still to come."))
        if abs(day.year - year) > 1:
            raise ValidationError(_("This day is too far from the year of the budget."))
        return day

    def clean(self):
        data = super().clean()
        if data.get("activity") and not data.get("kind"):
            data["kind"] = data["activity"].kind
        return data

    @transaction.atomic
    def book(self, by, now):
        """The Spending, with its receipt. Raises YearClosed."""
        self.instance.key, self.instance.by, self.instance.at = self.cleaned_data["key"], by, now
        booked = self.instance.book()
        if self.cleaned_data["receipt"]:
            Receipt.objects.get_or_create(spending=booked, defaults=self.cleaned_data["receipt"]._asdict())
        return booked
