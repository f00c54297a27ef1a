"""Forms of tracks and levels."""

from django import forms
from django.utils.translation import gettext_lazy as _

from education.models import EventKind, QualificationKind, Track, TrackLevel, TrackNeed
from education.offer_forms import ThreeLanguages
from membership.word_forms import LabelsForm


class TrackForm(ThreeLanguages):
    name_field, text_field = "labels", "texts"
    name_label, text_label = _("Name in %(language)s"), _("What it is for, in %(language)s")

    class Meta:
        model = Track
        fields: list[str] = []


class LevelForm(LabelsForm):
    """A level with what it asks for."""

    trainings = forms.IntegerField(
        label=_("Trainings of this level"), min_value=0, max_value=20, required=False, help_text=_("Offers say to which level they belong.")
    )
    kind = forms.ModelChoiceField(EventKind.objects.all(), label=_("Events of the kind"), required=False, empty_label=_("none"))
    events = forms.IntegerField(label=_("How many of them"), min_value=1, max_value=50, required=False)
    qualifications = forms.ModelMultipleChoiceField(
        QualificationKind.objects.none(), label=_("Qualifications"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = TrackLevel
        fields: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["qualifications"].queryset = QualificationKind.objects.filter(party=self.instance.track.party_id, retired_on=None)
        needs = list(self.instance.needs.all()) if self.instance.pk else []
        self.initial["trainings"] = next((need.count for need in needs if need.kind_id is None and need.qualification_id is None), None if needs else 1)
        self.initial["qualifications"] = [need.qualification_id for need in needs if need.qualification_id]
        for need in needs:
            if need.kind_id:
                self.initial |= {"kind": need.kind_id, "events": need.count}

    def save(self, commit=True):
        """The level and its needs anew; what was done before stays done."""
        level, data = super().save(commit=False), self.cleaned_data
        level.save(update_fields=["labels"] if level.pk else None)  # its place may have changed meanwhile
        level.needs.all().delete()
        needs = [TrackNeed(level=level, qualification=one) for one in data["qualifications"]]
        if data["kind"]:
            needs.append(TrackNeed(level=level, kind=data["kind"], count=data["events"] or 1))
        if data["trainings"]:
            needs.append(TrackNeed(level=level, count=data["trainings"]))
        TrackNeed.objects.bulk_create(needs)
        return level
