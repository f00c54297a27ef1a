"""Forms of registrations: the link somebody asks for, and the rules by which places are given."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.open_forms import OpenForm
from education.registration_rules import MONTHS
from membership.forms import day_input


class RegistrationAskForm(OpenForm):
    """Who asks for their link: the mail address, for guests also a name."""

    email = forms.EmailField(label=_("Your mail address"), max_length=254, widget=forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "email"}))
    name = forms.CharField(label=_("Your name"), max_length=160, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    def __init__(self, *args, event, **kwargs):
        super().__init__(*args, about=event, **kwargs)
        if event.guests:
            self.fields["name"].help_text = _("Only needed by guests; members are known by their address.")
        else:
            del self.fields["name"]


def percent(label, help_text=""):
    return forms.IntegerField(label=label, min_value=0, max_value=100, required=False, help_text=help_text, widget=forms.NumberInput(attrs={"inputmode": "numeric"}))


class FairnessForm(forms.Form):
    """The rules of an event, as people write them; `fairness` is what the event keeps."""

    first_percent = percent(_("Seats held for people who are there for the first time, in %"), _("Later, too, they come before others who wait. Empty: no such rule."))
    months = forms.IntegerField(label=_("“First time” means: not at an event of this kind for so many months"), min_value=1, max_value=240, required=False)
    women_percent = percent(_("Seats held for women, in %"), _("By the gender on record."))
    unit_least = forms.IntegerField(label=_("Seats held for each unit that carries the event"), min_value=0, max_value=1000, required=False)
    unit_most = forms.IntegerField(label=_("Most seats for one unit, as long as others wait"), min_value=0, max_value=1000, required=False)
    given_on = forms.DateField(
        label=_("Places are given on"), required=False, widget=day_input(),
        help_text=_("Until then seats are held; on this day at seven in the morning the rest is given. Empty: when registration ends."),
    )  # fmt: skip

    def __init__(self, *args, event, now, **kwargs):
        self.event, self.now = event, now
        kwargs.setdefault("initial", self.as_initial(event.fairness))
        super().__init__(*args, **kwargs)

    @staticmethod
    def as_initial(fairness):
        told = {rule["rule"]: rule for rule in fairness}
        first = told.get("first_time", {})
        day = told.get("given", {}).get("on")
        return {
            "first_percent": first.get("percent"), "months": first.get("months", MONTHS), "women_percent": told.get("women", {}).get("percent"),
            "unit_least": told.get("unit", {}).get("least"), "unit_most": told.get("unit_most", {}).get("most"), "given_on": day and date.fromisoformat(day),
        }  # fmt: skip

    def clean_given_on(self):
        day = self.cleaned_data["given_on"]
        if day and day > timezone.localdate(self.event.starts_at):
            raise ValidationError(_("That is after the event has begun."))
        return day

    def clean(self):
        data = super().clean()
        if any(data.get(name) for name in ("first_percent", "women_percent", "unit_least", "unit_most")) and self.event.seats is None:
            raise ValidationError(_("Rules need a number of seats. Please enter it on the page of the event first."))
        return data

    @property
    def fairness(self):
        data, rules = self.cleaned_data, []
        if data["first_percent"]:
            rules.append({"rule": "first_time", "months": data["months"] or MONTHS, "percent": data["first_percent"]})
        if data["women_percent"]:
            rules.append({"rule": "women", "percent": data["women_percent"]})
        if data["unit_least"]:
            rules.append({"rule": "unit", "least": data["unit_least"]})
        if data["unit_most"]:
            rules.append({"rule": "unit_most", "most": data["unit_most"]})
        if rules and data["given_on"]:
            rules.append({"rule": "given", "on": str(data["given_on"])})
        return rules
