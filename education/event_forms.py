"""Forms of events: the filter of the list, the event with its dates, repeating, calling off, files, kinds."""

from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from urllib.parse import urlencode

from dateutil.relativedelta import relativedelta
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.utils import from_current_timezone
from django.utils import formats, timezone
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from branches.scope import Right
from common import prepared
from common.files import BEGINS, MB, UploadField
from common.labels import FALLBACK
from common.money import MoneyField
from education import announcing
from education.models import Document, Event, EventKind, Place
from membership.word_forms import LabelsForm

State = Event.State
TEXTS = {"title": "titles", "text": "texts", "agenda": "agendas"}
MONTHS_BACK, MONTHS_AHEAD = 14, 12
LONGEST = timedelta(hours=18)  # a date lasts; what looks longer is a slip of the pen


def day_input(**attrs):
    return forms.DateInput(attrs={"type": "date", **attrs}, format="%Y-%m-%d")


def time_input():
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


def moment_input():
    return forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


@lru_cache
def months_from(first, number, language):
    """[("2026-11", "November 2026"), ..] from the month of the day `first` on, or back from it, in the active language (which is `language`)."""
    months = [first + relativedelta(months=n) for n in range(0, number, 1 if number > 0 else -1)]
    return [(f"{month:%Y-%m}", formats.date_format(month, "YEAR_MONTH_FORMAT")) for month in months]


class EventFilter(forms.Form):
    """Which events: a preset and what narrows it. What makes no sense is told beside its field and narrows nothing."""

    ORDERS = {"coming": ("starts_at", "pk"), "past": ("-starts_at", "-pk"), "drafts": ("starts_at", "pk")}

    unit = forms.ChoiceField(
        label=_("Unit"), required=False, error_messages={"invalid_choice": _("This unit does not exist, or it is not one of yours.")}
    )
    kind = forms.ChoiceField(label=_("Kind"), required=False, error_messages={"invalid_choice": _("Please choose one of the list.")})
    month = forms.ChoiceField(label=_("Month"), required=False, error_messages={"invalid_choice": _("Please choose one of the list.")})
    show = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data, user, place, on):
        super().__init__(data, initial={"show": "coming"})
        self.user, self.on = user, on
        self.cares = any(a.right >= Right.CARE for a in user.appointments_now)
        slug = data.get("unit", "").replace("\0", "")
        units = Unit.objects.filter(path__startswith=place.unit.root_path) if place else Unit.objects.none()
        self.chosen = units.filter(slug=slug).select_related("kind").first() if slug else None
        here = self.chosen or (place and place.unit)
        near = prepared.fetch(("units near", here.path), lambda: units.nearby(here).values_list("slug", "name"), []) if here else ()
        self.fields["unit"].choices = [("", _("all units")), *near]
        self.kinds = prepared.fetch("kinds of events", EventKind.objects.all, [])
        self.fields["kind"].choices = [("", _("all kinds")), *((kind.slug, str(kind)) for kind in self.kinds)]
        self.fields["month"].choices = [("", _("all months")), *self._months()]
        self.is_valid()

    def _months(self):
        return months_from(self.on.replace(day=1), -MONTHS_BACK if self.show_now == "past" else MONTHS_AHEAD, get_language())

    @property
    def presets(self):
        return {"coming": pgettext_lazy("events", "Coming"), "past": pgettext_lazy("events", "Past")} | ({"drafts": _("Drafts")} if self.cares else {})

    @property
    def show_now(self):
        return self.data.get("show") if self.data.get("show") in self.presets else "coming"

    @property
    def order(self):
        return self.ORDERS[self.show_now]

    @property
    def drawn_from(self):
        """All that presets and form look like, for the template to keep them by."""
        choices = (tuple(getattr(field, "choices", ())) for field in self.fields.values())
        return tuple(self.data.get(name, "") for name in self.fields), *choices, repr(self.errors), self.cares

    @property
    def key(self):
        """What `found` depends on besides the time."""
        return "events", self.user.reach, self.show_now, self.chosen and self.chosen.path, self.cleaned_data.get("kind"), self.cleaned_data.get("month")

    @property
    def narrowed(self):
        """What the list is narrowed by, as for the address of another page."""
        return {name: value for name in ("unit", "kind") if (value := self.cleaned_data.get(name))}

    def address(self, preset, **more):
        chosen = {"show": preset, **self.narrowed, **more}
        return "?" + urlencode(chosen)

    def preset(self, name, now):
        """What preset `name` shows the user at `now` of the chosen unit and kind."""
        if name == "drafts":
            events = Event.objects.drafts_of(self.user)
        elif name == "past":
            events = Event.objects.told_to(self.user).filter(starts_at__lt=now, ends_at__lte=now)
        else:
            events = Event.objects.told_to(self.user).filter(ends_at__gt=now)
        if self.chosen:
            events = events.carried_below(self.chosen)
        if slug := self.cleaned_data.get("kind"):
            events = events.filter(kind=next(kind for kind in self.kinds if kind.slug == slug))
        return events

    def found(self, now):
        events = self.preset(self.show_now, now)
        if month := self.cleaned_data.get("month"):
            first = timezone.make_aware(datetime.strptime(month, "%Y-%m"))
            after = timezone.make_aware(datetime.strptime(month, "%Y-%m") + relativedelta(months=1))
            events = events.filter(starts_at__lt=after, starts_at__gte=first)
        return events


class DateForm(forms.Form):
    """One date of an event; without a day it is left out. An end before the beginning is on the next day."""

    day = forms.DateField(label=_("Day"), required=False, widget=day_input())
    starts = forms.TimeField(label=_("From"), required=False, widget=time_input())
    ends = forms.TimeField(label=_("Until"), required=False, widget=time_input())
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def clean(self):
        data = self.cleaned_data
        if not data.get("day") or self.errors:
            return
        for name in ("starts", "ends"):
            if data.get(name) is None:
                self.add_error(name, _("Please give a time."))
        if self.errors:
            return
        if not 2000 <= data["day"].year <= 2100:
            self.add_error("day", _("Please check the year."))
            return
        last = data["day"] + timedelta(days=data["ends"] <= data["starts"])
        if datetime.combine(last, data["ends"]) - datetime.combine(data["day"], data["starts"]) > LONGEST:
            self.add_error("ends", _("Please check the times. What goes on for several days has a date for each of them."))
            return
        try:
            self.span = {
                "starts_at": from_current_timezone(datetime.combine(data["day"], data["starts"])),
                "ends_at": from_current_timezone(datetime.combine(last, data["ends"])),
                "note": data.get("note", ""),
            }
        except ValidationError:
            self.add_error("starts", _("The clocks change then; please choose another time."))


class BaseDates(forms.BaseFormSet):
    """All dates of an event; `dates` is what came out, in order."""

    def clean(self):
        spans = [form.span for form in self.forms if hasattr(form, "span")]
        if any(self.errors):
            return
        if not spans:
            raise ValidationError(_("Please give at least one day."))
        if len({span["starts_at"] for span in spans}) < len(spans):
            raise ValidationError(_("Two dates begin at the same time."))
        self.dates = sorted(spans, key=lambda span: span["starts_at"])


MORE = 3  # empty lines for further dates
Dates = forms.formset_factory(DateForm, formset=BaseDates, extra=MORE, max_num=40, absolute_max=40)


def dates_form(data, event=None, copied=None):
    """The Dates of `event`, or of a new one: with the times of `copied` and no day."""
    if event is not None and event.pk:
        initial = [_of_date(one) for one in event.dates.all()]
    elif copied is not None:
        initial = [_of_date(one) | {"day": None} for one in copied.dates.all()]
    else:
        initial = [{"starts": "19:00", "ends": "21:00"}]
    return Dates(data, initial=initial, prefix="dates")


def _of_date(one):
    start, end = timezone.localtime(one.starts_at), timezone.localtime(one.ends_at)
    return {"day": start.date(), "starts": start.time(), "ends": end.time(), "note": one.note}


class EventForm(forms.ModelForm):
    """An event without its dates. Titles and texts in the languages there are; one of them has to have a title."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    fee = MoneyField(label=_("Fee"), required=False, help_text=_("What each person pays; empty for nothing."))
    carriers = forms.ModelMultipleChoiceField(
        Unit.objects.none(), label=_("Carried together with"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("The event counts for each of these units, and whoever cares for one of them sees who comes."),
    )  # fmt: skip
    following = forms.ChoiceField(
        label=_("Part of a series"), required=False, widget=forms.RadioSelect,
        choices=[("", _("change only this event")), ("1", _("also change the ones that follow"))],
    )  # fmt: skip

    class Meta:
        model = Event
        fields = [
            *("kind", "unit", "audience", "language", "place", "place_text", "online_url", "seats", "registers_until"),
            *("cancels_until", "guests", "asks_approval", "approval_days", "offer_hours"),
        ]
        field_classes = {"online_url": partial(forms.URLField, assume_scheme="https")}
        widgets = {"registers_until": moment_input(), "cancels_until": moment_input(), "audience": forms.RadioSelect}
        help_texts = {
            "place": _("From the place book."),
            "online_url": _("Only those who have a place are told."),
            "place_text": _("If it is not in the place book, or for the room and the way."),
            "seats": _("Empty for as many as come."),
        }

    def __init__(self, *args, user, here, **kwargs):
        super().__init__(*args, **kwargs)
        event, today = self.instance, timezone.localdate()
        cared = Unit.objects.visible_to(user, Right.CARE).open(today)
        self.fields["unit"].queryset = cared.filter(Q(pk__in=cared.nearby(here).values("pk")) | Q(pk=event.unit_id)).select_related("kind")
        self.fields["unit"].empty_label = None
        self.fields["unit"].label_from_instance = lambda unit: unit.full_name
        self.carrying = set(event.carriers.values_list("unit", flat=True)) if event.pk else set()
        seen = Unit.objects.visible_to(user)
        open_near = seen.open(today).nearby(here).values("pk")
        offered = seen.filter(Q(pk__in=open_near) | Q(pk__in=self.carrying)).select_related("kind")
        self.fields["carriers"].queryset = offered
        self.fields["carriers"].label_from_instance = lambda unit: unit.full_name
        self.fields["carriers"].initial = [pk for pk in self.carrying if pk != event.unit_id]
        if len(offered) < 2:
            del self.fields["carriers"]
        places = Place.objects.visible_to(user).filter(Q(retired_on=None) | Q(pk=event.place_id))
        self.fields["place"].queryset = places
        self.fields["kind"].empty_label = None
        self.fields["language"] = forms.ChoiceField(label=_("Language spoken"), required=False, choices=[("", "–"), *Event.SPOKEN.items()])
        self.fields["seats"].widget.attrs["min"] = 1
        self.initial["version"] = event.version
        self.fields["fee"].initial = event.fee_cents or None
        if event.series is None or not announcing.later_ones(event).exists():
            del self.fields["following"]
        for code in FALLBACK:
            rtl = {"dir": "auto", "lang": code}
            self.fields[f"title_{code}"] = forms.CharField(label=_("Title"), max_length=120, required=False, widget=forms.TextInput(attrs=rtl))
            self.fields[f"text_{code}"] = forms.CharField(
                label=_("What it is about"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4, **rtl})
            )
            self.fields[f"agenda_{code}"] = forms.CharField(
                label=_("Agenda"), max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 4, **rtl})
            )
            for name, kept in TEXTS.items():
                self.fields[f"{name}_{code}"].initial = (getattr(event, kept) or {}).get(code, "")
        self.user = user

    def languages(self):
        """[{"name", "first", "open", "fields"}]: that of the reader first, the others folded unless there is something in them."""
        names = {"de": _("In German"), "he": _("In Hebrew"), "en": _("In English")}
        reader = (get_language() or "de")[:2]
        for code in sorted(FALLBACK, key=lambda code: code != reader):
            fields = [self[f"{name}_{code}"] for name in TEXTS]
            yield {"name": names[code], "first": code == reader, "open": any(field.value() or field.errors for field in fields), "fields": fields}

    def clean_seats(self):
        seats = self.cleaned_data["seats"]
        if seats == 0:
            raise ValidationError(_("Please leave it empty for no limit, or give at least 1."))
        return seats

    def clean(self):
        super().clean()
        data = self.cleaned_data
        self.texts = {kept: {code: text for code in FALLBACK if (text := data.get(f"{name}_{code}", ""))} for name, kept in TEXTS.items()}
        if not self.texts["titles"] and not any(f"title_{code}" in self.errors for code in FALLBACK):
            self.add_error(f"title_{(get_language() or 'de')[:2]}", _("Please give a title in at least one language."))
        late, until = data.get("cancels_until"), data.get("registers_until")
        if not self.instance.pk and until and until < timezone.now():
            self.add_error("registers_until", _("This time is over."))
        if late and self.instance.pk and late > self.instance.ends_at:
            self.add_error("cancels_until", _("This is after the event."))

    @property
    def values(self):
        """What the form says, as fields of Event."""
        names = [name for name in self.Meta.fields if name in self.cleaned_data]
        return {name: self.cleaned_data[name] for name in names} | self.texts | {"fee_cents": self.cleaned_data.get("fee") or 0}

    @property
    def units(self):
        """All that carry the event from now on: the one in charge, those chosen, and those the user may not see and therefore not take out."""
        chosen = list(self.cleaned_data.get("carriers", ()))
        offered = self.fields["carriers"].queryset.values("pk") if "carriers" in self.fields else Unit.objects.filter(pk=self.instance.unit_id).values("pk")
        hidden = Unit.objects.filter(pk__in=self.carrying).exclude(pk__in=offered)
        return [self.cleaned_data["unit"], *chosen, *hidden]


class RepeatForm(forms.Form):
    """How often an event comes again, and until when. `days` is what came out."""

    EVERY = {"w1": {"weeks": 1}, "w2": {"weeks": 2}, "w4": {"weeks": 4}, "m1": {"months": 1}, "m3": {"months": 3}}

    every = forms.ChoiceField(label=_("It comes again"))
    times = forms.IntegerField(label=_("How many times in all"), required=False, min_value=2, max_value=announcing.MOST_REPEATS)
    until = forms.DateField(label=_("Or until the day"), required=False, widget=day_input())

    def __init__(self, data, *, event):
        super().__init__(data)
        self.first = timezone.localdate(event.starts_at)
        weekday = {"weekday": formats.date_format(self.first, "l")}
        self.fields["every"].choices = [
            ("w1", _("every %(weekday)s") % weekday), ("w2", _("every second %(weekday)s") % weekday), ("w4", _("every fourth %(weekday)s") % weekday),
            ("m1", _("every month, on the same %(weekday)s of the month") % weekday),
            ("m3", _("every three months, on the same %(weekday)s of the month") % weekday),
        ]  # fmt: skip

    def clean(self):
        data = self.cleaned_data
        if self.errors:
            return
        if not data.get("times") and not data.get("until"):
            raise ValidationError(_("Please say how many times, or until when."))
        if data.get("until") and data["until"] > self.first + relativedelta(years=3):
            self.add_error("until", _("Please plan three years at most."))
            return
        self.days = announcing.days_of(self.first, self.EVERY[data["every"]], data.get("times"), data.get("until"))
        if not self.days:
            raise ValidationError(_("No day comes out of this. Please choose a later end."))


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"), max_length=300, widget=forms.TextInput(), help_text=_("Those who registered read this in their mail, others on the page.")
    )
    following = forms.BooleanField(label=_("Also call off the ones of the series that follow"), required=False)


MOST_DOCUMENTS = 20


class DocumentForm(forms.Form):
    """A file for an event."""

    file = UploadField(label=_("File"), kinds=tuple(BEGINS), largest=10 * MB)
    is_public = forms.BooleanField(label=Document._meta.get_field("is_public").verbose_name, required=False)

    def __init__(self, *args, event, **kwargs):
        super().__init__(*args, **kwargs)
        self.event = event

    def clean_file(self):
        file = self.cleaned_data["file"]
        if self.event.documents.exclude(name=file.name).count() >= MOST_DOCUMENTS:
            raise ValidationError(
                ngettext("An event has at most %(n)s file.", "An event has at most %(n)s files.", MOST_DOCUMENTS), params={"n": MOST_DOCUMENTS}
            )
        return file

    def save(self, by, now):
        """The file as a Document; one of the same name is replaced."""
        file, is_public = self.cleaned_data["file"], self.cleaned_data["is_public"]
        content = {"content": file.content, "size": len(file.content), "is_public": is_public, "by": by, "created_at": now}
        row, _new = Document.objects.update_or_create(event=self.event, name=file.name, defaults=content)
        return row


class EventKindForm(LabelsForm):
    class Meta:
        model = EventKind
        fields = ["counts", "confirms"]
        help_texts = {"counts": _("Such as for the six meetings a year.")}

    field_order = ["label_de", "label_he", "label_en", "counts", "confirms"]


def free_between(day: date, starts, ends):
    """(from, until) of a day and two times, as moments."""
    last = day + timedelta(days=ends <= starts)
    return timezone.make_aware(datetime.combine(day, starts)), timezone.make_aware(datetime.combine(last, ends))
