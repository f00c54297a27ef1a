"""Forms of applications, joining, areas, guests and transfers."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy, pgettext_lazy

from branches.models import Unit
from common.open_forms import OpenForm
from membership import admission, areas
from membership.forms import day_input
from membership.models import Application, Membership, Transfer, age_on

Kind = Membership.Kind


def past_day(day):
    if day > timezone.localdate():
        raise ValidationError(_("This day is still to come."))
    return day


class PersonForm(forms.ModelForm):
    """Who applies, for what."""

    class Meta:
        model = Application
        fields = ["kind", "given_name", "family_name", "birth_date", "email", "phone", "street", "postcode", "city", "message"]
        widgets = {
            "birth_date": day_input(autocomplete="bday"),
            "given_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "family_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
            "email": forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "email"}),
            "phone": forms.TextInput(attrs={"type": "tel", "dir": "ltr", "autocomplete": "tel"}),
            "street": forms.TextInput(attrs={"autocomplete": "street-address"}),
            "postcode": forms.TextInput(attrs={"dir": "ltr", "autocomplete": "postal-code"}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
            "message": forms.Textarea(attrs={"rows": 3}),
            "kind": forms.RadioSelect,
        }

    def __init__(self, *args, unit, **kwargs):
        super().__init__(*args, **kwargs)
        self.unit = unit
        kinds = [Kind.SUPPORTER, Kind.FULL] if unit and unit.kind.is_section else [Kind.FULL, Kind.GUEST, Kind.SUPPORTER]
        self.fields["kind"].choices = [(kind.value, kind.label) for kind in kinds]
        self.fields["given_name"].required = self.fields["family_name"].required = True

    def clean_birth_date(self):
        born, today = self.cleaned_data["birth_date"], timezone.localdate()
        if born and not date(1890, 1, 1) <= born <= today:
            raise ValidationError(_("Please check the year."))
        least = self.unit and admission.minimum_age(self.unit)
        if born and least and age_on(born, today) < least:
            raise ValidationError(
                ngettext_lazy("One has to be %(n)s year old to join.", "One has to be %(n)s years old to join.", least) % {"n": least}
            )
        return born


class ApplicationForm(PersonForm):
    """An application entered by hand, for a paper form or a talk."""

    unit_chosen = forms.ModelChoiceField(Unit.objects.none(), label=_("Unit"), to_field_name="slug")
    received_on = forms.DateField(label=_("received on"), widget=day_input())
    field_order = ["unit_chosen", "kind", "received_on", "given_name", "family_name"]

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, unit=None, **kwargs)
        self.fields["unit_chosen"].queryset = units
        self.fields["unit_chosen"].empty_label = None if len(units) == 1 else "–"

    def clean_received_on(self):
        return past_day(self.cleaned_data["received_on"])

    def clean(self):
        data = super().clean()
        unit = self.unit = data.get("unit_chosen")
        if unit and unit.kind.is_section and data.get("kind") != Kind.SUPPORTER:
            self.add_error("kind", _("Only supporters belong to a section alone."))
        if unit and data.get("birth_date"):
            try:
                self.clean_birth_date()
            except ValidationError as error:
                self.add_error("birth_date", error)
        return data


class JoinForm(OpenForm, PersonForm):
    """The public form: only what admission needs."""

    consent = forms.BooleanField(label=_("I agree that my data are used to decide on my application and to look after me as a member."))

    def __init__(self, *args, unit, **kwargs):
        super().__init__(*args, about=unit, unit=unit, **kwargs)
        for name in ("birth_date", "email", "postcode", "city"):
            self.fields[name].required = True
        self.fields["birth_date"].help_text = _("There is a minimum age, and some sections go by age.")
        self.fields["postcode"].help_text = _("It says which branch is yours.")
        self.fields["email"].help_text = _("You get one mail with a link to confirm that the address is yours.")
        self.fields["phone"].help_text = _("If you like us to call you.")
        self.fields["street"].help_text = _("For letters. You may leave it empty.")
        self.fields["message"].help_text = _("Whatever you would like to tell us. You may leave it empty.")
        if len(self.fields["kind"].choices) > 2:
            self.fields["kind"].choices = self.fields["kind"].choices[:2]  # supporters join by the form of their section
        self.fields["kind"].label = _("I would like to join as")

    def application(self):
        self.instance.unit = self.unit
        self.instance.language = translation.get_language()
        self.instance.received_on = timezone.localdate(self.now)
        return self.instance


class ApplicationFilter(forms.Form):
    """Which applications: a preset, in one unit."""

    PRESETS = {
        "open": _("To be decided"),
        "sorting": _("To be sorted"),
        "objections": _("Objections"),
        "decided": _("Decided"),
    }
    ORDER = {"open": ("decide_until", "pk")}

    unit = forms.CharField(required=False, max_length=80)

    def __init__(self, data, user):
        super().__init__(data)
        self.user = user
        slug = data.get("unit", "").replace("\0", "")
        self.chosen = Unit.objects.visible_to(user).filter(slug=slug).first() if slug else None

    @property
    def show_now(self):
        return self.data.get("show") if self.data.get("show") in self.PRESETS else "open"

    @property
    def order(self):
        return self.ORDER.get(self.show_now, ("-received_on", "-pk"))

    def by_preset(self):
        seen = Application.objects.visible_to(self.user)
        if self.chosen:
            seen = seen.filter(unit__path__startswith=self.chosen.path)
        return {
            "open": seen.open(),
            "sorting": seen.sorting(),
            "objections": seen.filter(objections__outcome=""),
            "decided": seen.exclude(state__in=(Application.State.OPEN, Application.State.SORTING)),
        }


class AcceptForm(forms.Form):
    day = forms.DateField(label=_("Day of the decision"), widget=day_input())

    def clean_day(self):
        return past_day(self.cleaned_data["day"])


class RefuseForm(AcceptForm):
    reason = forms.CharField(label=_("Reason"), required=False, max_length=500, help_text=_("The board need not say why. It is noted here; the mail to the applicant does not say it."))


class ObjectionForm(forms.Form):
    raised_by = forms.CharField(label=_("by whom"), max_length=200)
    raised_on = forms.DateField(label=_("received on"), widget=day_input())
    reason = forms.CharField(label=_("reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}))


class ObjectionDecisionForm(forms.Form):
    upheld = forms.ChoiceField(
        label=_("Decision"), widget=forms.RadioSelect, choices=[("no", _("dismissed: the decision stays")), ("yes", _("upheld: the decision is turned around"))]
    )
    remark = forms.CharField(label=_("reason"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))


class AreaForm(forms.Form):
    """The postcodes of one unit, or of all units below one: a line each."""

    text = forms.CharField(label=_("Postcodes"), required=False, max_length=500_000, strip=False, widget=forms.Textarea(attrs={"rows": 14, "dir": "auto", "spellcheck": "false"}))

    def __init__(self, *args, units, single, **kwargs):
        super().__init__(*args, **kwargs)
        self.units, self.single = units, single

    def clean_text(self):
        text = self.cleaned_data["text"]
        if self.single:
            return {self.units[0]: areas.parse(text)}
        return areas.parse_lines(text, self.units)


class TransferForm(forms.ModelForm):
    """A transfer of one of one's members, or of somebody whose number and name one knows, to one's own unit."""

    to_unit = forms.ModelChoiceField(Unit.objects.none(), label=pgettext_lazy("unit", "To"), to_field_name="slug")

    class Meta:
        model = Transfer
        fields = ["to_unit", "moves_on", "by_member", "reason", "handover"]
        widgets = {"moves_on": day_input(), "reason": forms.Textarea(attrs={"rows": 2}), "handover": forms.Textarea(attrs={"rows": 3})}
        help_texts = {
            "moves_on": _("When all agree later, the move still counts from this day."),
            "handover": _("What the next unit should know: what is agreed, who knows them, what they like to do."),
        }

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["to_unit"].queryset = units
        self.fields["to_unit"].empty_label = None if len(units) == 1 else "–"


class IncomingForm(TransferForm):
    """Asked by the new unit: which member, by number and family name."""

    number = forms.CharField(label=_("Member number"), max_length=40)
    family_name = forms.CharField(label=_("Family name"), max_length=120)
    field_order = ["number", "family_name", "to_unit", "moves_on", "by_member", "reason"]

    class Meta(TransferForm.Meta):
        fields = ["to_unit", "moves_on", "by_member", "reason"]


class RemarkForm(forms.Form):
    remark = forms.CharField(required=False, max_length=500)
    handover = forms.CharField(required=False, max_length=2000)
