"""The form of a calendar feed."""

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from branches.models import Unit, User
from education.models import CalendarFeed, EventKind


class FeedForm(forms.Form):
    """Which events a new feed shows. asked: the filter it begins with, as in the address of the list of events."""

    unit = forms.ModelChoiceField(
        Unit.objects.none(), label=_("Events of"), required=False, to_field_name="slug",
        empty_label=_("my units and those above, and what I registered for"),
    )  # fmt: skip
    below = forms.BooleanField(label=_("With the units below"), required=False)
    kinds = forms.ModelMultipleChoiceField(
        EventKind.objects.all(), label=_("Only these kinds"), required=False, widget=forms.CheckboxSelectMultiple, help_text=_("None ticked: all.")
    )

    def __init__(self, data, *, user, place, asked):
        super().__init__(data)
        slug = asked.get("unit", "").replace("\0", "")
        units = Unit.objects.filter(path__startswith=place.unit.root_path) if place else Unit.objects.none()
        here = (slug and units.filter(slug=slug).first()) or (place and place.unit)
        field = self.fields["unit"]
        field.queryset = units.filter(pk__in=units.nearby(here).values("pk")).select_related("kind") if here else units
        field.label_from_instance = lambda unit: unit.full_name
        self.initial = {"unit": slug, "below": True, "kinds": EventKind.objects.filter(slug=asked.get("kind", "").replace("\0", ""))}
        self.user = user

    def save(self, user, language, now):
        """The feed; the same one asked for again is not made twice."""
        unit, kinds = self.cleaned_data["unit"], set(self.cleaned_data["kinds"])
        fields = {"user": user, "unit": unit, "below": bool(unit) and self.cleaned_data["below"], "language": language}
        with transaction.atomic():
            User.objects.select_for_update().get(pk=user.pk)  # a double click waits here
            same = (feed for feed in CalendarFeed.objects.open().filter(**fields) if set(feed.kinds.all()) == kinds)
            if feed := next(same, None):
                return feed
            feed = CalendarFeed.objects.create(**fields, created_at=now)
            feed.kinds.set(kinds)
            return feed
