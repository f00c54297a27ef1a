"""The form of a reorganisation: from when, with which unit, who goes along."""

import re
import uuid

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Reorganisation, Unit
from branches.scope import Right
from cockpit import reorganising
from cockpit.forms import day_field
from common.folding import fold

Kind = Reorganisation.Kind
MOST_UNITS = 300  # in a list to choose from; of more the address is written
MOST_CODES = 300


class ReorganiseForm(forms.Form):
    """`kind` says which fields there are."""

    target = forms.ModelChoiceField(Unit.objects.none(), to_field_name="slug", empty_label="")
    name = forms.CharField(label=_("Name of the new unit"), max_length=120)
    postcodes = forms.MultipleChoiceField(label=_("Postcodes that go to the new unit"), widget=forms.CheckboxSelectMultiple, required=False)
    streets = forms.MultipleChoiceField(
        label=_("Streets that go to the new unit"), widget=forms.CheckboxSelectMultiple, required=False,
        help_text=_("Where the postcode does not tell the two apart."),
    )  # fmt: skip
    numbers = forms.CharField(
        label=_("Members who go as well"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=20_000,
        help_text=_("Their numbers, with spaces, commas or lines between."),
    )
    on = day_field(_("Takes effect on"))
    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, kind, unit, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.kind, self.unit = kind, unit
        self.fields["on"].help_text = _("It counts from the first minute of this day. A later day is carried out by itself.")
        if kind in (Kind.MERGE, Kind.MOVE):
            self._offer_units(user)
        else:
            del self.fields["target"]
        if kind == Kind.SPLIT:
            self.fields["postcodes"].choices = self._living("postcode")
            self.fields["streets"].choices = self._living("road")
        else:
            for name in ("name", "postcodes", "streets", "numbers"):
                del self.fields[name]

    def _offer_units(self, user):
        unit, field = self.unit, self.fields["target"]
        field.label = _("Becomes part of") if self.kind == Kind.MERGE else _("Comes below")
        led = Unit.objects.filter(scope.covers(user, Right.LEAD, "path"), path__startswith=unit.root_path).open(timezone.localdate())
        if self.kind == Kind.MERGE:
            led = led.filter(kind__is_section=unit.kind.is_section, kind__leads_members=unit.kind.leads_members).exclude(pk=unit.pk)
        else:
            led = led.filter(kind__in=reorganising.kinds_above(unit)).exclude(path__startswith=unit.path).exclude(pk=reorganising.above(unit).pk)
        field.queryset = led.select_related("kind")
        if led[: MOST_UNITS + 1].count() > MOST_UNITS:
            field.widget = forms.TextInput()
            field.help_text = _("The last part of the address of that unit's page, such as “pieschen”.")

    def _living(self, where):
        """Choices of `where` the people of the unit live, with their number."""
        people = reorganising.people(Reorganisation(kind=Kind.MERGE, unit=self.unit, on=timezone.localdate()))
        rows = people.annotate(road=reorganising.ROAD).exclude(**{where: ""}).order_by(where).values_list(where).annotate(Count("pk"))[:MOST_CODES]
        return [(code, f"{code} ({number})") for code, number in sorted(rows, key=lambda row: fold(row[0]))]

    def clean_numbers(self):
        numbers = list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", self.cleaned_data["numbers"]))))
        known = set(self.unit.members.filter(number__in=numbers).values_list("number", flat=True)) if not self.unit.kind.is_section else set(numbers)
        if missing := [number for number in numbers if number not in known]:
            raise ValidationError(_("Nobody in this unit has the number %(number)s."), params={"number": missing[0]})
        return numbers

    def plan(self, by):
        """The Reorganisation of this form, not saved."""
        data = self.cleaned_data
        chosen = {name: data[name] for name in ("postcodes", "streets", "numbers") if data.get(name)}
        return Reorganisation(
            kind=self.kind, unit=self.unit, target=data.get("target"), name=data.get("name", "").strip(), chosen=chosen,
            on=data["on"], by=by, key=data.get("key") or uuid.uuid4(),
        )  # fmt: skip
