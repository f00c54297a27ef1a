"""Forms of confirmations and qualifications."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.careful_forms import CarefulForm
from education.models import ConfirmationTerms, Offer, Qualification, QualificationKind
from membership.forms import day_input
from membership.word_forms import LabelsForm

MOST_HOURS = 1000
NEWEST = 40  # offers to choose from


class TermsForm(CarefulForm):
    """What the confirmations of an event say: length, who signs, which qualifications it gives."""

    hours = forms.DecimalField(
        label=_("Hours, if other than the dates attended"), min_value=0.25, max_value=MOST_HOURS, max_digits=6, decimal_places=2, required=False,
        localize=True, widget=forms.TextInput(attrs={"inputmode": "decimal", "dir": "ltr"}),
    )  # fmt: skip
    field_order = ["hours", "office", "gives"]
    written = ("minutes",)

    class Meta:
        model = ConfirmationTerms
        fields = ["office", "gives"]
        widgets = {"gives": forms.CheckboxSelectMultiple}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["hours"].initial = self.instance.minutes and self.instance.minutes / 60
        self.fields["office"].empty_label = _("nobody by name: a line to sign on")
        self.fields["office"].queryset = self.fields["office"].queryset.filter(appointments__unit=self.instance.event.unit_id).distinct()
        kinds = QualificationKind.objects.running().filter(party__path=self.instance.event.unit.root_path)
        self.fields["gives"].queryset = kinds
        if not kinds:
            del self.fields["gives"]

    def save(self, commit=True):
        hours = self.cleaned_data["hours"]
        self.instance.minutes = round(hours * 60) if hours else None
        return super().save(commit)


class KindForm(LabelsForm):
    """A kind of qualification with its name in up to three languages."""

    field_order = ["label_de", "label_he", "label_en", "months", "event_kinds", "offers", "office"]

    class Meta:
        model = QualificationKind
        fields = ["months", "event_kinds", "offers", "office"]
        widgets = {"event_kinds": forms.CheckboxSelectMultiple, "offers": forms.CheckboxSelectMultiple}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["office"].empty_label = None
        self.fields["months"].widget.attrs |= {"min": 1, "max": 240}
        offers = Offer.objects.filter(partner__party=self.instance.party_id, state__in=Offer.SHOWN)
        newest = list(offers.order_by("-pk").values_list("pk", flat=True)[:NEWEST])
        chosen = list(self.instance.offers.values_list("pk", flat=True)) if self.instance.pk else []
        self.fields["offers"].queryset = offers.filter(pk__in=[*newest, *chosen])
        if not newest and not chosen:
            del self.fields["offers"]

    def clean_months(self):
        months = self.cleaned_data["months"]
        if months is not None and not 1 <= months <= 240:
            raise ValidationError(_("Please give 1 to 240 months, or nothing."))
        return months


class QualificationForm(forms.ModelForm):
    """A qualification of a member, noted by hand: what, since when, and a word where it comes from."""

    class Meta:
        model = Qualification
        fields = ["kind", "got_on", "note"]
        widgets = {"got_on": day_input(), "note": forms.TextInput(attrs={"dir": "auto"})}
        help_texts = {"note": _("Such as the course or the paper that was shown.")}

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["kind"].queryset = QualificationKind.objects.running().filter(party=self.instance.member.party_id)
        self.fields["kind"].empty_label = None

    def clean_got_on(self):
        if self.cleaned_data["got_on"] > self.today:
            raise ValidationError(_("This day is still to come."))
        return self.cleaned_data["got_on"]

    def clean(self):
        data = super().clean()
        if "kind" in data and "got_on" in data:
            given = Qualification.objects.filter(member=self.instance.member, kind=data["kind"], got_on=data["got_on"], revoked_at=None)
            if given.exists():
                raise ValidationError(_("This is noted already."))
            self.instance.until = data["kind"].expiry(data["got_on"])
        return data
