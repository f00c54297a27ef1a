"""Forms of the development card."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from education.models import DevelopmentCard, DevelopmentStep, Track, TrackMember
from membership import tagging
from membership.forms import day_input
from membership.models import MemberTag, Tag

TOPIC = (Tag.Kind.INTEREST, Tag.Kind.SKILL)


class CardForm(forms.ModelForm):
    """Interests, goal, next office and tracks. `shown` and `version` remember what the form showed."""

    topics = forms.MultipleChoiceField(label=_("Interests and skills"), widget=forms.CheckboxSelectMultiple, required=False)
    tracks = forms.ModelMultipleChoiceField(Track.objects.none(), label=_("Tracks"), widget=forms.CheckboxSelectMultiple, required=False)
    shown = forms.CharField(widget=forms.HiddenInput, required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
    field_order = ["goal", "topics", "tracks", "wants", "wants_unit", "shown", "seen"]

    class Meta:
        model = DevelopmentCard
        fields = ["goal", "wants", "wants_unit"]
        widgets = {"goal": forms.Textarea(attrs={"rows": 3, "dir": "auto"})}
        help_texts = {"wants_unit": _("Empty: anywhere.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        card, member = self.instance, self.instance.member
        own = set(MemberTag.objects.filter(member=member).values_list("tag", flat=True))
        choices = [(str(tag.pk), str(tag)) for tag in tagging.offered(member) if tag.kind in TOPIC]
        self.fields["topics"].choices = choices
        self.initial["topics"] = [pk for pk, _label in choices if int(pk) in own]
        self.initial["shown"] = " ".join(self.initial["topics"])
        walks = list(TrackMember.objects.filter(member=member).values_list("track", flat=True))
        self.fields["tracks"].queryset = Track.objects.filter(party=member.party_id).running() | Track.objects.filter(pk__in=walks)
        self.initial["tracks"] = walks
        self.initial["seen"] = card.version
        above = Unit.objects.filter(path__in=member.home_unit.ancestor_paths()).select_related("kind").order_by("-depth")
        self.fields["wants_unit"].queryset = above
        self.fields["wants_unit"].label_from_instance = lambda unit: unit.full_name
        for name, empty in (("wants", _("none")), ("wants_unit", _("anywhere"))):
            self.fields[name].empty_label = empty
        for name in ("topics", "tracks"):
            if not self.fields[name].choices:
                del self.fields[name]

    def clean_shown(self):
        return {int(pk) for pk in self.cleaned_data["shown"].split() if pk.isdecimal() and len(pk) < 18}

    def clean(self):
        data = super().clean()
        if data.get("wants_unit") and not data.get("wants"):
            raise ValidationError({"wants": _("Which office?")})
        return data

    @property
    def wanted(self):
        """What developing.write takes of it."""
        data = self.cleaned_data
        return {
            "fields": {name: data[name] for name in ("goal", "wants", "wants_unit")}, "tags": {int(pk) for pk in data.get("topics", ())},
            "shown": data["shown"], "tracks": {track.pk for track in data.get("tracks", ())}, "version": data["seen"] or 0,
        }  # fmt: skip


class StepForm(forms.ModelForm):
    """The next step that was agreed."""

    class Meta:
        model = DevelopmentStep
        fields = ["text", "due_on"]
        widgets = {"due_on": day_input(), "text": forms.TextInput(attrs={"dir": "auto"})}
