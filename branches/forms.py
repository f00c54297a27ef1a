"""Forms of units, kinds, appointments and one's own profile."""

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Q
from django.utils.html import format_html
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from branches import appointing, pledging
from branches.models import DEFAULT_SETTINGS, Appointment, Office, Unit, UnitKind, User
from branches.scope import Right
from common.careful_forms import CarefulForm
from common.money import CURRENCIES

LANGUAGE_CHOICES = [("de", "Deutsch"), ("he", "עברית"), ("en", "English")]
WEEKDAYS = [_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")]
RIGHTS = [
    (Right.SEE, _("see: names, units, states and figures")),
    (Right.CARE, _("care: also contact data; log contacts, tick steps, correct data")),
    (Right.LEAD, _("lead: also appoint, import lists, set the standard")),
]


def day_input():
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class UnitForm(CarefulForm):
    class Meta:
        model = Unit
        fields = ["name", "kind"]

    def save_below(self, parent):
        """Add the unit below `parent`, with an address made from its name."""
        name = self.cleaned_data["name"]
        base = slugify(name, allow_unicode=True)[:70] or "unit"
        taken = set(Unit.objects.filter(slug__startswith=base).values_list("slug", flat=True))
        slug = next(slug for n in range(1, len(taken) + 2) if (slug := f"{base}-{n}" if n > 1 else base) not in taken)
        return Unit.objects.add_child(parent, {"name": name, "kind": self.cleaned_data["kind"], "slug": slug})


class YearsField(forms.CharField):
    """Numbers of years as people write them, "10, 25, 40"; empty gives None."""

    def __init__(self, **kwargs):
        super().__init__(required=False, max_length=100, widget=forms.TextInput(attrs={"inputmode": "numeric", "dir": "ltr"}), **kwargs)

    def to_python(self, value):
        words = super().to_python(value).replace(",", " ").split()
        if not all(word.isascii() and word.isdigit() and 0 < int(word) <= 120 for word in words):
            raise ValidationError(_("Please write numbers of years, such as 10, 25, 40."))
        return sorted({int(word) for word in words}) or None


class SettingsForm(CarefulForm):
    """Own settings of a unit; an empty field takes the value from above, which is shown beside it."""

    written = ("settings",)

    language = forms.ChoiceField(label=_("Language of letters and of new accounts"), required=False)
    amber_days = forms.IntegerField(
        label=_("Days before the date the contact clock turns amber"), min_value=1, max_value=60, required=False
    )
    digest_weekday = forms.TypedChoiceField(label=_("Day of the weekly mail"), coerce=int, empty_value=None, required=False)
    first_level = forms.IntegerField(label=_("Days late until the first office is told"), min_value=1, max_value=365, required=False)
    second_level = forms.IntegerField(label=_("Days late until the second office is told"), min_value=1, max_value=365, required=False)
    third_level = forms.IntegerField(label=_("Days late until the third office is told"), min_value=1, max_value=365, required=False)
    jubilees = YearsField(label=_("Years of membership that are honoured"))
    birthdays = YearsField(label=_("Round birthdays that are listed"))
    admission_days = forms.IntegerField(label=_("Days the board has to decide on an application"), min_value=1, max_value=365, required=False)
    joined_from = forms.ChoiceField(label=_("A membership begins with"), required=False)
    minimum_age = forms.IntegerField(label=_("Minimum age of those who join"), min_value=0, max_value=99, required=False)
    join_form = forms.ChoiceField(
        label=_("Join form for the public"), required=False, help_text=_("Switched off, its page says where to turn instead. It holds for the units below as well.")
    )
    currency = forms.ChoiceField(label=_("Currency of plans and budgets"), required=False)
    meetings_per_year = forms.IntegerField(label=_("Meetings a year"), min_value=0, max_value=60, required=False)
    invitation_days = forms.IntegerField(label=_("Days before a meeting to invite"), min_value=1, max_value=90, required=False)
    request_days = forms.IntegerField(label=_("Days to answer a request"), min_value=1, max_value=90, required=False)
    office_hours = forms.CharField(
        label=_("When and how you can be reached"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Stands on the page where people ask you something."),
    )  # fmt: skip
    emergency = forms.CharField(
        label=_("Numbers to call in an emergency"), max_length=120, required=False, help_text=_("Stand on the duty sheets of an election.")
    )
    LEVELS = ("first_level", "second_level", "third_level")
    LIFE = ("meetings_per_year", "invitation_days", "request_days", "office_hours", "emergency")
    PLAIN = ("language", "amber_days", "digest_weekday", "admission_days", "joined_from", "minimum_age", "join_form", "currency", *LIFE)

    class Meta:
        model = Unit
        fields: list[str] = []

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        unit = self.instance
        parent = Unit.objects.get_parent(unit)
        above = parent.setting if parent else DEFAULT_SETTINGS.get
        self.levels = above("escalation")
        days = [str(day) for day in WEEKDAYS]
        offices = {office.slug: str(office) for office in Office.objects.all()}
        from_above = _("as above: %(value)s")
        begins = [("decision", _("the decision of the board")), ("application", _("the application"))]
        form = [("on", pgettext("join form", "switched on")), ("off", pgettext("join form", "switched off"))]
        choices = {
            "language": LANGUAGE_CHOICES, "digest_weekday": list(enumerate(days)), "joined_from": begins, "join_form": form,
            "currency": list(CURRENCIES.items()),
        }  # fmt: skip
        for name, options in choices.items():
            self.fields[name].choices = [("", from_above % {"value": dict(options)[above(name)]}), *options]
        for name in ("amber_days", "minimum_age", "invitation_days", "request_days"):
            self.fields[name].help_text = from_above % {"value": above(name)}
        self.fields["emergency"].help_text = format_html("{} {}", self.fields["emergency"].help_text, from_above % {"value": above("emergency")})
        self.fields["admission_days"].help_text = from_above % {"value": above("admission_days") or unit.kind.admission_days}
        target = above("meetings_per_year")
        self.fields["meetings_per_year"].help_text = from_above % {"value": unit.kind.meetings_per_year if target is None else target}
        for name in ("jubilees", "birthdays"):
            self.fields[name].help_text = from_above % {"value": ", ".join(map(str, above(name))) or "–"}
            self.fields[name].initial = ", ".join(map(str, unit.settings.get(name, [])))
        own = unit.settings
        for name in self.PLAIN:
            self.fields[name].initial = own.get(name)
        for place, name in enumerate(self.LEVELS):
            if place >= len(self.levels):
                del self.fields[name]
                continue
            day, office = self.levels[place]
            self.fields[name].help_text = format_html("{} · {}", offices.get(office, office), from_above % {"value": day})
            self.fields[name].initial = own["escalation"][place][0] if place < len(own.get("escalation", [])) else None

    def clean(self):
        data = super().clean()
        given = [data.get(name) or self.levels[place][0] for place, name in enumerate(self.LEVELS[: len(self.levels)])]
        if given != sorted(set(given)):
            raise ValidationError(_("Each office has to be told later than the one before."))
        return data

    def save(self, commit=True):
        own = dict(self.instance.settings)
        for name in (*self.PLAIN, "jubilees", "birthdays"):
            own[name] = self.cleaned_data[name]
        levels = [self.cleaned_data.get(name) for name in self.LEVELS[: len(self.levels)]]
        own["escalation"] = [[day or above[0], above[1]] for day, above in zip(levels, self.levels, strict=True)] if any(levels) else None
        self.instance.settings = {name: value for name, value in own.items() if value not in (None, "")}
        return super().save(commit)


class KindForm(CarefulForm):
    """A kind of unit with its labels in up to three languages."""

    written = ("labels", "plural_labels")

    label_de = forms.CharField(label=_("Name in German"), max_length=60, required=False)
    label_he = forms.CharField(label=_("Name in Hebrew"), max_length=60, required=False)
    label_en = forms.CharField(label=_("Name in English"), max_length=60, required=False)
    plural_de = forms.CharField(label=_("Several of them in German"), max_length=60, required=False)
    plural_he = forms.CharField(label=_("Several of them in Hebrew"), max_length=60, required=False)
    plural_en = forms.CharField(label=_("Several of them in English"), max_length=60, required=False)
    field_order = ["label_de", "plural_de", "label_he", "plural_he", "label_en", "plural_en"]

    class Meta:
        model = UnitKind
        fields = ["leads_members", "is_section", "meetings_per_year", "admission_days", "office_days"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for code, _name in LANGUAGE_CHOICES:
            self.fields[f"label_{code}"].initial = (self.instance.labels or {}).get(code)
            self.fields[f"plural_{code}"].initial = (self.instance.plural_labels or {}).get(code)

    def clean(self):
        data = super().clean()
        texts = {
            start: {code: data[f"{start}_{code}"] for code, _name in LANGUAGE_CHOICES if data.get(f"{start}_{code}")}
            for start in ("label", "plural")
        }
        if not texts["label"]:
            self.add_error("label_de", _("Please give the name in at least one language."))
        self.instance.labels, self.instance.plural_labels = texts["label"], texts["plural"]
        return data

    def save(self, commit=True):
        if not self.instance.slug:
            base = slugify(next(iter(self.instance.labels.values())))[:40] or "kind"
            taken = set(UnitKind.objects.values_list("slug", flat=True))
            self.instance.slug = next(slug for n in range(1, len(taken) + 2) if (slug := f"{base}-{n}" if n > 1 else base) not in taken)
        return super().save(commit)


class AppointmentForm(CarefulForm):
    """An office for somebody: who, which right, how far, how long. The door checks that `giver` holds what is given."""

    written = ("held_back",)

    email = forms.EmailField(label=_("E-mail"), help_text=_("Whoever has no account yet gets one; they sign in with a code by mail."))
    given_name = forms.CharField(label=_("Given name"), max_length=80)
    family_name = forms.CharField(label=_("Family name"), max_length=80, required=False)
    field_order = ["email", "given_name", "family_name", "office", "right", "below", "starts_on", "ends_on"]

    class Meta:
        model = Appointment
        fields = ["office", "right", "below", "starts_on", "ends_on"]
        labels = {
            "starts_on": pgettext_lazy("first day of a term", "From"),
            "ends_on": pgettext_lazy("day after the last of a term", "Until before"),
        }
        help_texts = {
            "right": _("Each right contains those before it."),
            "ends_on": _("Access ends at the first minute of this day. Empty: until somebody ends it."),
        }
        widgets = {"right": forms.RadioSelect, "starts_on": day_input(), "ends_on": day_input()}

    def __init__(self, *args, giver, **kwargs):
        super().__init__(*args, **kwargs)
        self.giver = giver
        self.fields["right"].choices = RIGHTS
        if self.instance.held_back:
            self.initial["right"] = self.instance.held_back
        if self.instance.pk:
            for name in ("email", "given_name", "family_name"):
                del self.fields[name]

    def clean(self):
        data = super().clean()
        if "right" in data and "starts_on" in data:
            appointing.check_may_give(self.giver, self.instance.unit, data["right"], data.get("below", False))
            was = Appointment.objects.filter(pk=self.instance.pk).select_related("unit").first() if self.instance.pk else None
            weaker = was and (data["right"] < was.right or (was.below and not data.get("below")))
            if was and (weaker or data.get("ends_on")):
                appointing.check_somebody_leads(was, data.get("ends_on") or data["starts_on"])
        return data

    def _post_clean(self):
        super()._post_clean()
        if not self.errors and self.instance.deputy_for:
            try:
                appointing.check_deputy(self.instance)
            except ValidationError as error:
                self.add_error(None, error)
        self._check_not_held()

    def _check_not_held(self):
        # The person is looked up only once the rest is right, so that a refused form leaves no account behind.
        if self.instance.pk is None and not self.errors:
            known = User.objects.filter(email=self.cleaned_data["email"].lower()).first()
            overlap = Q(starts_on__lt=self.cleaned_data["ends_on"]) if self.cleaned_data["ends_on"] else Q()
            held = Appointment.objects.filter(overlap, user=known, unit=self.instance.unit, office=self.cleaned_data["office"])
            if known and held.filter(Q(ends_on=None) | Q(ends_on__gt=self.cleaned_data["starts_on"])).exists():
                self.add_error(NON_FIELD_ERRORS, _("This person already holds this office in this time."))

    def save(self, commit=True):
        if self.instance.pk is None:
            data = self.cleaned_data
            self.instance.user = appointing.account(data["email"], data["given_name"], data["family_name"], self.instance.unit)
        pledging.hold_back(self.instance)
        appointment = super().save(commit)
        appointing.hold_deputies(appointment)
        return appointment


class DeputyForm(AppointmentForm):
    """Somebody stands in for the term `instance.deputy_for`: who, which right, from when to when, who gets the mails."""

    field_order = ["email", "given_name", "family_name", "right", "starts_on", "ends_on", "deputy_alone"]

    class Meta(AppointmentForm.Meta):
        fields = ["right", "starts_on", "ends_on", "deputy_alone"]
        help_texts = {"right": AppointmentForm.Meta.help_texts["right"], "ends_on": _("It ends by itself at the first minute of this day.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["right"].choices = [choice for choice in RIGHTS if choice[0] <= self.instance.deputy_for.right]
        self.fields["ends_on"].required = True

    def clean(self):
        data = CarefulForm.clean(self) or self.cleaned_data
        data["office"] = self.instance.office
        if data.get("email", "").lower() == self.instance.deputy_for.user.email:
            self.add_error("email", _("Nobody stands in for themselves."))
        return data


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["given_name", "family_name", "phone", "language", "shows_phone", "shows_email"]
        help_texts = {"shows_phone": _("Those whose contact you are: on their own page and in their welcome letter.")}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=LANGUAGE_CHOICES, help_text=_("Of pages and mails."))


class PasskeyForm(AddWebAuthnForm):
    """A new passkey signs in by itself unless one says otherwise: that is what people make one for."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["passwordless"].initial = True
