"""Forms of partners and their offers."""

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from common import prepared
from common.careful_forms import CarefulForm
from common.labels import FALLBACK
from common.money import MoneyField
from education.event_forms import moment_input
from education.models import EventKind, Offer, Partner, TrackLevel
from membership.forms import day_input
from membership.models import Tag

LANGUAGE_NAMES = {"de": _("German"), "he": _("Hebrew"), "en": _("English")}
IN_LANGUAGE = {"de": _("In German"), "he": _("In Hebrew"), "en": _("In English")}
WORDS = (Tag.Kind.INTEREST, Tag.Kind.SKILL)
MOST_DATES = 20


class PartnerForm(CarefulForm):
    url = forms.URLField(label=_("Website"), required=False, assume_scheme="https")
    field_order = ["name", "url"]

    class Meta:
        model = Partner
        fields = ["name", "url", "email", "phone", "ended_on"]
        widgets = {"ended_on": day_input()}
        help_texts = {"ended_on": _("From this day on the partner makes no new offers. What is announced goes on.")}


class AccountForm(forms.Form):
    """Who may act for a partner."""

    email = forms.EmailField(label=_("E-mail"), max_length=254)
    given_name = forms.CharField(label=_("Given name"), max_length=80)
    family_name = forms.CharField(label=_("Family name"), max_length=80, required=False)


class ThreeLanguages(CarefulForm):
    """A row with a short name and a longer text in each language: {language: text} each."""

    name_field, text_field = "titles", "texts"
    name_label, text_label = _("Title in %(language)s"), _("Text in %(language)s")

    def __init__(self, *args, **kwargs):
        self.written = (self.name_field, self.text_field)
        super().__init__(*args, **kwargs)
        codes = sorted(FALLBACK, key=lambda code: code != (get_language() or "de")[:2])  # that of the reader first
        for code in codes:
            words = {"language": LANGUAGE_NAMES[code]}
            self.fields[f"name_{code}"] = forms.CharField(
                label=self.name_label % words, max_length=160, required=False, widget=forms.TextInput(attrs={"dir": "auto"}),
                initial=(getattr(self.instance, self.name_field) or {}).get(code, ""),
            )  # fmt: skip
            self.fields[f"text_{code}"] = forms.CharField(
                label=self.text_label % words, max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
                initial=(getattr(self.instance, self.text_field) or {}).get(code, ""),
            )  # fmt: skip
        names = [f"{part}_{code}" for code in codes for part in ("name", "text")]
        self.order_fields([*self.first_fields, *names, *(name for name in self.fields if name not in names)])

    first_fields: tuple = ()

    def languages(self):
        """[{"name", "first", "open", "fields"}]: that of the reader first, the others folded unless there is something in them."""
        reader = (get_language() or "de")[:2]
        for code in sorted(FALLBACK, key=lambda code: code != reader):
            fields = [self[f"{part}_{code}"] for part in ("name", "text")]
            yield {"name": IN_LANGUAGE[code], "first": code == reader, "open": any(field.value() or field.errors for field in fields), "fields": fields}

    def clean(self):
        super().clean()
        named = {code: text for code in FALLBACK if (text := self.cleaned_data.get(f"name_{code}", ""))}
        if not named:
            raise ValidationError(_("Please give the name in at least one language."))
        setattr(self.instance, self.name_field, named)
        setattr(self.instance, self.text_field, {code: text for code in FALLBACK if (text := self.cleaned_data.get(f"text_{code}", ""))})


class OfferForm(ThreeLanguages):
    """An offer of `partner`. Words, offices, level and unit are those of its party. Its dates are a form of their own (dates_form), and belong to its state."""

    cost_cents = MoneyField(label=_("Cost"), required=False, help_text=_("Empty: free of charge."))
    language = forms.ChoiceField(label=_("Language spoken there"), choices=settings.LANGUAGES)
    url = forms.URLField(label=_("Page of the partner"), max_length=500, required=False, assume_scheme="https")

    class Meta:
        model = Offer
        fields = [
            "depth", "tags", "offices", "level", "unit", "language", "place", "online", "seats", "cost_cents", "deadline", "url", "access_note",
        ]  # fmt: skip
        widgets = {"deadline": day_input(), "tags": forms.CheckboxSelectMultiple, "offices": forms.CheckboxSelectMultiple}
        help_texts = {
            "tags": _("Members with one of these are told. Without words, offices or a level nobody is."),
            "access_note": _("Step-free? Sign language? Child care?"),
            "online": _("The link is told to those who have a place."),
        }

    def __init__(self, *args, partner, **kwargs):
        super().__init__(*args, **kwargs)
        party = partner.party
        self.fields["tags"].queryset = Tag.objects.filter(party=party, kind__in=WORDS).offered()
        self.fields["offices"].queryset = self.fields["offices"].queryset.order_by("position", "slug")
        self.fields["level"].queryset = TrackLevel.objects.filter(track__party=party, track__retired_on=None).select_related("track").order_by("track", "position")
        self.fields["level"].label_from_instance = lambda level: f"{level.track} · {level.position}: {level}"
        # Names of units are all a partner learns of the party: its own and those right below.
        units = Unit.objects.filter(path__startswith=party.path, depth__lte=party.depth + 1, closed_on=None, kind__is_section=False)
        self.fields["unit"].queryset = units.select_related("kind")
        self.fields["unit"].label_from_instance = lambda unit: unit.full_name
        self.fields["unit"].empty_label = None
        self.fields["unit"].initial = party.pk
        self.instance.partner = partner
        if self.instance.unit_id and not units.filter(pk=self.instance.unit_id).exists():
            self.fields["unit"].queryset |= Unit.objects.filter(pk=self.instance.unit_id)
        dates = list(self.instance.dates.values_list("starts_at", "ends_at")) if self.instance.pk else []
        self._written.append(("dates", dates))
        if dates:
            said = gettext("The dates now are: %(dates)s.")
            days = ", ".join(date_format(timezone.localtime(start), "SHORT_DATETIME_FORMAT") for start, _end in dates)
            self.changed = f"{self.changed} {said % {'dates': days}}"

    def clean_cost_cents(self):
        return self.cleaned_data["cost_cents"] or 0

    def save(self, commit=True):
        """The offer; of one that exists nothing is written but what the form asks, for its state goes on meanwhile."""
        offer = super().save(commit=False)
        offer.matched_on = None  # it may fit others now
        written = {*self.Meta.fields, "titles", "texts", "matched_on"} - {"tags", "offices"}
        offer.save(update_fields=written if offer.pk else None)
        self.save_m2m()
        return offer


class DateForm(forms.Form):
    """One date of an offer; a line may stay empty."""

    starts_at = forms.DateTimeField(label=_("From"), required=False, widget=moment_input())
    ends_at = forms.DateTimeField(label=_("Until"), required=False, widget=moment_input())

    def clean(self):
        data = super().clean()
        start, end = data.get("starts_at"), data.get("ends_at")
        if bool(start) != bool(end) or (self.initial and not start):
            self.add_error("ends_at" if start else "starts_at", _("Please give beginning and end."))
        if start and end and end <= start:
            self.add_error("ends_at", _("The end must be after the beginning."))
        return data


class BaseDates(forms.BaseFormSet):
    """All dates of an offer; `spans` is what came out: {beginning: end}."""

    def clean(self):
        super().clean()
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("starts_at") and not form.cleaned_data.get("DELETE")]
        self.spans = {row["starts_at"]: row.get("ends_at") for row in rows}
        if len(self.spans) < len(rows):
            raise ValidationError(_("Two dates begin at the same time."))


Dates = forms.formset_factory(
    DateForm, formset=BaseDates, extra=2, max_num=MOST_DATES, validate_max=True, absolute_max=MOST_DATES + 5, can_delete=True,
    can_delete_extra=False,
)  # fmt: skip


def dates_form(data, offer):
    """The Dates of `offer`, which may be new."""
    return Dates(data, initial=list(offer.dates.values("starts_at", "ends_at")) if offer.pk else [], prefix="dates")


class RemarkForm(forms.Form):
    remark = forms.CharField(label=_("What should be changed?"), max_length=500, widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}))


class EventKindForm(forms.Form):
    kind = forms.ModelChoiceField(EventKind.objects.all(), label=_("Kind of event"), empty_label=None)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Trainings give confirmations; a meeting of the unit is seldom meant.
        self.fields["kind"].initial = EventKind.objects.filter(confirms=True).order_by("counts", "position").first()


class OfferFilterForm(forms.Form):
    """The filters above the cards."""

    ANY = ("", _("any"))

    topic = forms.ChoiceField(label=_("Topic"), required=False)
    depth = forms.ChoiceField(label=_("Level"), required=False, choices=[ANY, *Offer.Level.choices])
    language = forms.ChoiceField(label=_("Language"), required=False, choices=[ANY, *settings.LANGUAGES])
    where = forms.ChoiceField(label=_("Where"), required=False, choices=[ANY, ("online", _("online")), ("place", _("at a place"))])
    cost = forms.ChoiceField(label=_("Cost"), required=False, choices=[ANY, ("free", _("free of charge"))])

    def __init__(self, *args, user, partners, **kwargs):
        super().__init__(*args, **kwargs)
        parties = {a.unit.root_path for a in user.appointments_now} | {partner.party.path for partner in partners}
        used = prepared.fetch(
            ("words of offers", frozenset(parties)),
            lambda: Tag.objects.filter(party__path__in=parties, kind__in=WORDS, offers__isnull=False).distinct(),
            [],
        )
        self.fields["topic"].choices = [self.ANY, *((str(tag.pk), str(tag)) for tag in used)]

    @property
    def drawn_from(self):
        """All that the form looks like, for the template to keep it by."""
        return tuple(self.data.get(name, "") for name in self.fields), tuple(self.fields["topic"].choices), repr(self.errors)

    def filtered(self, offers):
        """`offers` as far as what was chosen lets them through; what makes no sense is no filter."""
        self.is_valid()
        data = self.cleaned_data
        if data.get("topic"):
            offers = offers.filter(tags=data["topic"])
        if data.get("depth"):
            offers = offers.filter(depth=data["depth"])
        if data.get("language"):
            offers = offers.filter(language=data["language"])
        if data.get("where"):
            offers = offers.filter(online=data["where"] == "online")
        return offers.filter(cost_cents=0) if data.get("cost") == "free" else offers
