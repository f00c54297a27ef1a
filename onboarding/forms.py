"""Forms of arriving: filter of journeys, contact log, steps of a standard."""

from urllib.parse import urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches.models import Office, Unit
from branches.scope import Right
from common.careful_forms import CarefulForm
from membership.forms import units_near
from onboarding.models import Contact, Journey, Practice, Step

LONGEST = {Step.Due.DAYS: 730, Step.Due.MONTH_END: 24}  # two years: no arriving takes longer, and every day stays a date


class JourneyFilter(forms.Form):
    """Which journeys: a preset and a unit. Anything unknown in the address falls back to all that run, in all units."""

    PRESETS = {
        "waiting": _("No contact yet"),
        "late": _("Late"),
        "week": _("This week"),
        "running": _("All running"),
        "done": _("Completed"),
    }
    ORDER = {"waiting": ("contact_due_on", "pk"), "done": ("-ended_on", "-pk")}

    show = forms.ChoiceField(choices=list(PRESETS.items()), required=False, widget=forms.HiddenInput)
    unit = forms.ChoiceField(label=_("Unit"), required=False)

    def __init__(self, data, user, place):
        super().__init__(data)
        self.user = user
        slug = data.get("unit", "").replace("\0", "")
        self.chosen = Unit.objects.visible_to(user).filter(slug=slug).select_related("kind").first() if slug else None
        self.fields["unit"].choices = [("", _("all units")), *self._units(place)]

    def _units(self, place):
        """To go up, down or aside in the tree from here: the unit above, those beside it and those directly below."""
        here = self.chosen or (place and place.unit)
        if here is None:
            return []
        return units_near(self.user, here)

    @property
    def show_now(self):
        return self.data.get("show") if self.data.get("show") in self.PRESETS else "running"

    @property
    def presets(self):
        return self.PRESETS

    def address(self, preset, **more):
        """The address of another preset in the same unit."""
        chosen = {"show": preset, "unit": self.chosen.slug if self.chosen else "", **more}
        return "?" + urlencode({key: value for key, value in chosen.items() if value})

    @property
    def drawn_from(self):
        """All that presets and form look like, for the template to keep them by."""
        return self.show_now, self.data.get("unit", ""), tuple(self.fields["unit"].choices), str(self.errors)

    def found(self, name, on, until, user=None):
        """The journeys of preset `name` that the user may see in the chosen unit; "this week" reaches from `on` to `until`.

        user: who stands in for the user, for scope.listed.
        """
        journeys = Journey.objects.visible_to(user or self.user).arriving()
        if self.chosen:
            journeys = journeys.in_unit(self.chosen)
        match name:
            case "waiting":
                return journeys.without_contact()
            case "late":
                return journeys.running().filter(next_due_on__lt=on)
            case "week":
                return journeys.running().filter(next_due_on__range=(on, until))
            case "done":
                return journeys.filter(state=Journey.State.DONE)
        return journeys.running()


class ContactForm(forms.ModelForm):
    """One contact; the buttons send `result`, `key` names the form shown."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Contact
        fields = ["kind", "result", "on", "next_on", "note"]
        labels = {"on": pgettext_lazy("date", "On"), "next_on": _("Get in touch again on"), "note": _("Note")}
        widgets = {
            "kind": forms.HiddenInput,
            "on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "next_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "note": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["note"].help_text = _("Only those who care for this member can read it.")

    def clean_on(self):
        if self.cleaned_data["on"] > self.today:
            raise ValidationError(_("This day is still to come."))
        return self.cleaned_data["on"]

    def clean_next_on(self):
        next_on = self.cleaned_data["next_on"]
        if next_on and next_on < self.today:
            raise ValidationError(_("This day is over."))
        return next_on


class StepForm(CarefulForm):
    """A step of a unit's own standard: name in up to three languages, when it is due, whose it is."""

    written = ("labels", "texts", "member_texts")
    label_de = forms.CharField(label=_("Name in German"), max_length=80, required=False)
    label_he = forms.CharField(label=_("Name in Hebrew"), max_length=80, required=False)
    label_en = forms.CharField(label=_("Name in English"), max_length=80, required=False)
    text_de = forms.CharField(label=_("How it is done, in German"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    text_he = forms.CharField(label=_("How it is done, in Hebrew"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    text_en = forms.CharField(label=_("How it is done, in English"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    member_text_de = forms.CharField(label=_("What the member reads, in German"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    member_text_he = forms.CharField(label=_("What the member reads, in Hebrew"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    member_text_en = forms.CharField(label=_("What the member reads, in English"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    reasons = forms.MultipleChoiceField(
        label=_("For members who"),
        choices=[
            (Journey.Reason.JOINED, pgettext_lazy("members who", "joined")),
            (Journey.Reason.RETURNED, pgettext_lazy("members who", "returned")),
            (Journey.Reason.MOVED_IN, pgettext_lazy("members who", "moved in")),
            (Journey.Reason.EXIT, pgettext_lazy("members who", "left")),
        ],
        initial=[Journey.Reason.JOINED],
        widget=forms.CheckboxSelectMultiple,
    )
    field_order = [
        "label_de", "label_he", "label_en", "due", "count", "office", "done_by", "goes_with", "reasons", "locked", "text_de", "text_he", "text_en",
        "member_text_de", "member_text_he", "member_text_en",
    ]  # fmt: skip

    class Meta:
        model = Step
        fields = ["due", "count", "office", "done_by", "goes_with", "reasons", "locked"]
        labels = {"due": _("Due counted in"), "count": _("How many"), "locked": _("Units below cannot leave it out")}
        widgets = {"due": forms.RadioSelect, "done_by": forms.RadioSelect, "goes_with": forms.RadioSelect}

    def __init__(self, *args, on, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["due"].choices = [
            (Step.Due.DAYS, _("days after joining")),
            (Step.Due.MONTH_END, _("months, until the end of the month")),
        ]
        self.fields["done_by"].choices = Step.DoneBy.choices
        self.fields["goes_with"].choices = Step.GoesWith.choices
        self.fields["member_text_de"].help_text = _("It stands on the own page of new members and in their welcome pack. Without a text the step is not told there.")
        self.fields["office"].queryset = Office.objects.filter(right__gte=Right.CARE)
        self.fields["count"].help_text = self._examples(on)
        for name in ("label", "text", "member_text"):
            for code, text in (getattr(self.instance, f"{name}s") or {}).items():
                self.fields[f"{name}_{code}"].initial = text

    def _examples(self, on):
        """The rule by examples: the one the step has now, or one of each kind."""
        if self.instance.pk:
            return f"{self.instance.due_text()}: {self.instance.example(on)}"
        rules = [Step(due=Step.Due.DAYS, count=14), Step(due=Step.Due.MONTH_END, count=1)]
        return "; ".join(f"{rule.count} → {rule.due_text()}: {rule.example(on)}" for rule in rules)

    def clean(self):
        data = super().clean()
        labels = {code: data[f"label_{code}"] for code in ("de", "he", "en") if data.get(f"label_{code}")}
        if not labels:
            self.add_error("label_de", _("Please give the name in at least one language."))
        self.instance.labels = labels
        self.instance.texts = {code: data[f"text_{code}"] for code in ("de", "he", "en") if data.get(f"text_{code}")}
        self.instance.member_texts = {code: data[f"member_text_{code}"] for code in ("de", "he", "en") if data.get(f"member_text_{code}")}
        if data.get("done_by") == Step.DoneBy.SENT and data.get("goes_with") not in (Step.GoesWith.MAIL, Step.GoesWith.LETTER):
            self.add_error("goes_with", _("It counts as done when something has gone out: please say what, the mail or the letter."))
        most = LONGEST.get(data.get("due"))
        if most and data.get("count", 0) > most:
            self.add_error("count", ValidationError(_("At most %(most)s."), params={"most": most}))
        return data

    def save(self, standard):
        """Save as a step of `standard`; a new one comes last."""
        step = self.instance
        if step.pk is None:
            step.standard = standard
            step.slug = standard.free_slug(slugify(next(iter(step.labels.values())))[:40] or "step")
            step.position = standard.next_position()
        return super().save()


class PracticeForm(forms.ModelForm):
    """A practice card of a unit; the step that goes with it is one of the unit's own."""

    attached = forms.ModelChoiceField(
        Step.objects.none(), label=_("Step that goes with it"), required=False, empty_label=_("none"),
        help_text=_("Other units can take it over into their own standard."),
    )  # fmt: skip

    class Meta:
        model = Practice
        fields = ["title", "what", "attached", "step", "effort"]
        labels = {"title": _("In one line: what works"), "what": _("What we do"), "step": _("Helps with which step"), "effort": _("Effort")}
        widgets = {"what": forms.Textarea(attrs={"rows": 5}), "effort": forms.RadioSelect}
        help_texts = {"what": _("Please name no members: everybody with an office in the party can read it.")}

    def __init__(self, *args, unit, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["attached"].queryset = Step.objects.current().filter(standard__unit=unit).select_related("office")
        self.fields["step"].queryset = Step.objects.of_unit(unit).filter(locked=True)
        self.fields["step"].empty_label = _("arriving as a whole")
        self.fields["effort"].choices = Practice.Effort.choices
        self.fields["effort"].initial = Practice.Effort.SMALL

    def save(self, unit, by, now):
        """Save as a card of `unit`, with the attached step as it is now."""
        card, attached = self.instance, self.cleaned_data["attached"]
        card.unit, card.by, card.created_at, card.template = unit, by, now, attached and attached.rule()
        return super().save()
