"""Forms of the place book."""

from datetime import datetime, time

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from branches.scope import Right
from common.careful_forms import CarefulForm
from common.money import MoneyField
from education.event_forms import day_input, free_between, time_input
from education.models import Event, EventDate, Place


class PlaceFilter(forms.Form):
    """Which places: what they offer, and who is there on a day."""

    q = forms.CharField(label=_("Name or city"), required=False, max_length=80, widget=forms.TextInput(attrs={"type": "search"}))
    seats = forms.IntegerField(label=_("At least so many seats"), required=False, min_value=1, max_value=100_000)
    access = forms.ChoiceField(
        label=_("Access"), required=False, choices=[("", _("any")), ("free", _("step-free")), ("help", _("step-free or with help"))],
        error_messages={"invalid_choice": _("Please choose one of the list.")},
    )  # fmt: skip
    day = forms.DateField(label=_("Free on"), required=False, widget=day_input())
    starts = forms.TimeField(label=_("From"), required=False, widget=time_input())
    ends = forms.TimeField(label=_("Until"), required=False, widget=time_input())
    show = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data, user):
        super().__init__(data)
        self.user = user
        self.is_valid()

    presets = {"now": _("In use"), "retired": _("No longer used")}

    @property
    def show_now(self):
        return "retired" if self.data.get("show") == "retired" else "now"

    def address(self, preset):
        return f"?show={preset}"

    @property
    def drawn_from(self):
        """All that presets and form look like, for the template to keep them by."""
        choices = (tuple(getattr(field, "choices", ())) for field in self.fields.values())
        return tuple(self.data.get(name, "") for name in self.fields), *choices, repr(self.errors)

    @property
    def span(self):
        """(from, until) that are asked about, None without a day: the whole day where no times are given."""
        data = self.cleaned_data
        if not data.get("day"):
            return None
        if data.get("starts") and data.get("ends"):
            return free_between(data["day"], data["starts"], data["ends"])
        return tuple(timezone.make_aware(datetime.combine(data["day"], moment)) for moment in (data.get("starts") or time.min, time.max))

    @property
    def key(self):
        """What `found` depends on, where it is no text of the person's own."""
        data = self.cleaned_data
        return None if data.get("q") or data.get("seats") else ("places", self.user.reach, self.show_now, data.get("access"))

    def found(self):
        data = self.cleaned_data
        places = Place.objects.visible_to(self.user).filter(retired_on__isnull=self.show_now == "now")
        if q := data.get("q", "").strip():
            places = places.filter(Q(name__icontains=q) | Q(city__icontains=q) | Q(street__icontains=q))
        if data.get("seats"):
            places = places.filter(seats__gte=data["seats"])
        if access := data.get("access"):
            places = places.filter(access__in=("free",) if access == "free" else ("free", "help"))
        return places

    def taken(self, places):
        """Which of `places` (their pks) somebody is in at the time that is asked about."""
        since, until = self.span
        there = EventDate.objects.filter(event__place__in=places, starts_at__lt=until, ends_at__gt=since).exclude(event__state=Event.State.CANCELLED)
        # All dates of an event lie between its beginning and end, which spares looking at those of all others.
        return set(there.filter(event__starts_at__lt=until, event__ends_at__gt=since).values_list("event__place", flat=True))


class PlaceForm(CarefulForm):
    written = ("cost_cents",)
    cost = MoneyField(label=_("Cost a day"), required=False, help_text=_("Empty for nothing."))

    class Meta:
        model = Place
        fields = ["unit", "name", "street", "postcode", "city", "seats", "access", "transport", "key_holder", "note"]
        labels = {"unit": _("Kept by")}
        help_texts = {"key_holder": _("Seen by those with an office alone, never in public."), "transport": _("Such as tram 3, stop Hauptbahnhof.")}
        widgets = {"note": forms.Textarea(attrs={"rows": 3})}

    field_order = ["name", "street", "postcode", "city", "seats", "cost", "access", "transport", "key_holder", "note", "unit"]

    def __init__(self, *args, user, here, **kwargs):
        super().__init__(*args, **kwargs)
        cared = Unit.objects.visible_to(user, Right.CARE).open(timezone.localdate())
        self.fields["unit"].queryset = cared.filter(Q(pk__in=cared.nearby(here).values("pk")) | Q(pk=self.instance.unit_id)).select_related("kind")
        self.fields["unit"].empty_label = None
        self.fields["unit"].label_from_instance = lambda unit: unit.full_name
        self.fields["cost"].initial = self.instance.cost_cents or None

    def clean_name(self):
        name = self.cleaned_data["name"].strip()
        same = Place.objects.of_party(self.instance.unit).filter(name__iexact=name).exclude(pk=self.instance.pk)
        if same.exists():
            raise ValidationError(_("There is a place of this name already."))
        return name

    def clean(self):
        super().clean()
        self.instance.cost_cents = self.cleaned_data.get("cost") or 0
