"""Forms of mentoring: what mentors and mentees tell about themselves, and what the officer decides."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from membership import tagging
from membership.forms import day_input
from membership.models import Member, MemberTag
from onboarding.models import Mentee, Mentor, Pool
from onboarding.models.mentoring import LANGUAGES, MOST_PLACES, TIME, TOPIC

BOXES = forms.CheckboxSelectMultiple


class PersonForm(forms.ModelForm):
    """Languages, topics and times; the last two are words of the member (tagging)."""

    languages = forms.MultipleChoiceField(label=_("Languages"), widget=BOXES)
    topics = forms.MultipleChoiceField(label=_("Topics"), widget=BOXES, required=False)
    times = forms.MultipleChoiceField(label=_("Times"), widget=BOXES, required=False)
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        own = {tag.tag_id for tag in MemberTag.objects.filter(member=self.instance.member_id)}
        offered = list(tagging.offered(self.instance.member))
        self.fields["languages"].choices = list(LANGUAGES.items())
        for name, kind in (("topics", TOPIC), ("times", TIME)):
            choices = [(str(tag.pk), str(tag)) for tag in offered if tag.kind == kind]
            if choices:
                self.fields[name].choices = choices
                self.initial[name] = [pk for pk, _label in choices if int(pk) in own]
            else:
                del self.fields[name]
        told = {tag.pk for tag in offered if tag.kind in (TOPIC, TIME)}
        self.initial["shown"] = " ".join(map(str, sorted(own & told)))

    def clean_shown(self):
        return {int(pk) for pk in self.cleaned_data["shown"].split() if pk.isdecimal() and len(pk) < 18}

    def clean_languages(self):
        """The one that was first stays so: it is the preferred one."""
        chosen, first = self.cleaned_data["languages"], (self.instance.languages or [""])[0]
        return sorted(chosen, key=lambda code: (code != first, list(LANGUAGES).index(code)))

    def save(self):
        """Save what the form is about: what others write about the person in the same moment stays."""
        self.instance.save(update_fields=self._meta.fields)
        return self.instance

    def note_words(self, by, now):
        """Write topics and times of the member, in the name of `by` or, without, as said by the member."""
        chosen = {int(pk) for name in ("topics", "times") for pk in self.cleaned_data.get(name, ())}
        source = MemberTag.Source.OFFICER if by else MemberTag.Source.MEMBER
        tagging.set_tags(self.instance.member, chosen, self.cleaned_data["shown"], by, now, source)


class MentorForm(PersonForm):
    """What mentors tell about themselves."""

    places = forms.TypedChoiceField(
        label=_("How many people at a time?"), coerce=int, choices=[(n, str(n)) for n in range(MOST_PLACES + 1)], widget=forms.RadioSelect
    )
    field_order = ["places", "topics", "times", "languages", "reach", "paused_until", "shown"]

    class Meta:
        model = Mentor
        fields = [*Mentor.PROFILE]
        widgets = {"reach": forms.RadioSelect, "paused_until": day_input()}


class MentorOfficerForm(MentorForm):
    """The same, with what only the officer decides."""

    field_order = [*MentorForm.field_order[:-1], "minors", "shown"]

    class Meta(MentorForm.Meta):
        fields = [*MentorForm.Meta.fields, "minors"]


class MenteeForm(PersonForm):
    """What members tell who would like a mentor."""

    field_order = ["topics", "times", "languages", "shares_email", "shares_phone", "shown"]

    class Meta:
        model = Mentee
        fields = ["languages", "shares_email", "shares_phone"]


class MentorAddForm(forms.Form):
    """Which member is asked to become a mentor: by number or mail address."""

    who = forms.CharField(label=_("Member number or e-mail"), max_length=254, widget=forms.TextInput(attrs={"dir": "auto"}))

    def __init__(self, *args, user, pool, **kwargs):
        super().__init__(*args, **kwargs)
        self.members = Member.objects.editable_by(user).active().filter(home_unit__path__startswith=pool.unit.path)

    def clean_who(self):
        text = self.cleaned_data["who"].strip()
        found = self.members.filter(number=text) if "@" not in text else self.members.filter(email__iexact=text)
        member = found.first()
        if member is None:
            raise ValidationError(_("There is no member with this number or address in your units."))
        if Mentor.objects.filter(member=member).exists():
            raise ValidationError(_("Is a mentor already, or has been asked."))
        return member


class ConductForm(forms.Form):
    """The code of conduct in each language; and who gets complaints."""

    def __init__(self, *args, pool, **kwargs):
        super().__init__(*args, **kwargs)
        current = pool.conducts.first()
        for code, name in settings.LANGUAGES:
            self.fields[f"text_{code}"] = forms.CharField(
                label=name, max_length=5000, required=False, initial=current and current.texts.get(code, ""),
                widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}),
            )  # fmt: skip
        office = Pool._meta.get_field("complaint_office").formfield()
        office.initial, office.empty_label = pool.complaint_office_id, None
        office.help_text = _("In the nearest unit above both members' units where somebody holds it. Nobody else sees a complaint.")
        self.fields["complaint_office"] = office

    @property
    def texts(self):
        return {name.removeprefix("text_"): text.strip() for name, text in self.cleaned_data.items() if name.startswith("text_") and text.strip()}

    def clean(self):
        super().clean()
        if not self.texts:
            raise ValidationError(_("Please write the text in at least one language."))
