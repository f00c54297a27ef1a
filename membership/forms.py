"""Forms of members: the filter of the list, one member, sections."""

from datetime import date
from urllib.parse import urlencode

from dateutil.relativedelta import relativedelta
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from branches import scope
from branches.models import Unit
from branches.scope import Right
from common import prepared
from membership import fields, listing, own_data
from membership.models import ACTIVE, UNREACHABLE, Gender, Member, Status, tagged
from membership.presets import PRESETS
from membership.search import LONGEST, matching

AGES = {"14-35": (14, 35), "36-59": (36, 59), "60": (60, 130)}
LANGUAGES = [("", "–"), ("de", "Deutsch"), ("he", "עברית"), ("en", "English"), ("ar", "العربية"), ("ru", "Русский"), ("uk", "Українська"), ("tr", "Türkçe")]


def day_input(**attrs):
    return forms.DateInput(attrs={"type": "date", **attrs}, format="%Y-%m-%d")


def units_near(user, here):
    """[(slug, name)] of the units around `here` that `user` sees, to go up, down or aside in the tree."""
    key = "units near", here.path, *sorted(user.reach)
    if any(a.below and a.unit_id == here.pk for a in user.appointments_now):
        key = str(key)  # few hold such an office, and they begin there again and again
    return prepared.fetch(key, lambda: Unit.objects.visible_to(user).nearby(here).values_list("slug", "name"), [])


class MemberFilter(forms.Form):
    """Which members: a preset and fields that narrow it. What makes no sense is told beside its field and narrows nothing."""

    SORTS = {"name": ("sort_key", "pk"), "joined": ("-joined_on", "-pk"), "oldest": ("joined_on", "pk")}

    q = forms.CharField(label=_("Name or number"), required=False, max_length=LONGEST, widget=forms.TextInput(attrs={"type": "search"}))
    unit = forms.ChoiceField(
        label=_("Unit"), required=False, error_messages={"invalid_choice": _("This unit does not exist, or it is not one of yours.")}
    )
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("any")), *Status.choices], error_messages={"invalid_choice": _("Please choose one of the list.")}
    )
    joined_from = forms.DateField(label=_("Joined from"), required=False, widget=day_input())
    joined_to = forms.DateField(label=_("Joined until"), required=False, widget=day_input())
    age = forms.ChoiceField(
        label=_("Age"), required=False, error_messages={"invalid_choice": _("Please choose one of the list.")},
        choices=[("", _("any")), ("14-35", _("14 to 35")), ("36-59", _("36 to 59")), ("60", _("60 and older"))],
    )  # fmt: skip
    reach = forms.ChoiceField(
        label=_("Can be reached"), required=False, error_messages={"invalid_choice": _("Please choose one of the list.")},
        choices=[("", _("any way")), ("mail", _("by mail")), ("phone", _("by phone")), ("letter", _("by letter only"))],
    )  # fmt: skip
    tag = forms.ChoiceField(
        label=_("Interest, skill, time"), required=False, error_messages={"invalid_choice": _("Please choose one of the list.")}
    )
    own = forms.ChoiceField(label=_("Own fields"), required=False, error_messages={"invalid_choice": _("Please choose one of the list.")})

    def __init__(self, data, user, place):
        super().__init__(data)
        self.user = user
        self.cares = any(a.right >= Right.CARE for a in user.appointments_now)
        units = Unit.objects.visible_to(user)
        slug = data.get("unit", "").replace("\0", "")
        self.chosen = units.filter(slug=slug).select_related("kind").first() if slug else None
        self.here = self.chosen or (place and place.unit)
        near = units_near(user, self.here) if self.here else ()
        self.fields["unit"].choices = [("", _("all units")), *near]
        # Chosen on pages of their own, so the list asks for their choices only when they narrow it.
        choices = {"tag": listing.tag_choices, "own": listing.own_choices}
        for name, offered in choices.items():
            if self.cares and data.get(name):
                self.fields[name].choices = [("", _("any")), *offered(user)]
            else:
                del self.fields[name]
        if not self.cares:
            del self.fields["reach"]
        self.is_valid()

    def shown(self, *names):
        """What templates/membership/_field.html needs: drawing eight fields by their widgets takes as long as the rest of the page."""
        for name in names:
            if field := self.fields.get(name):
                yield {
                    "name": name, "label": field.label, "value": self.data.get(name, "").replace("\0", ""), "errors": self.errors.get(name),
                    "choices": getattr(field, "choices", None), "type": "date" if isinstance(field, forms.DateField) else "search", "wide": name == "q",
                }  # fmt: skip

    @property
    def plain(self):
        several = len(self.fields["unit"].choices) > 2 or self.data.get("unit")
        return self.shown("q", *(["unit"] if several else []), "status")

    @property
    def more(self):
        return list(self.shown("joined_from", "joined_to", "age", "reach", "tag", "own"))

    @property
    def more_used(self):
        return any(field["value"] for field in self.more)

    @property
    def drawn_from(self):
        """All that presets and form look like, for the template to keep them by."""
        typed = tuple((name, self.data.get(name, "")) for name in ("show", "sort", "cols", *self.fields))
        offered = (tuple(self.fields[name].choices) for name in ("unit", "tag", "own") if name in self.fields)
        return self.cares, typed, *offered, str(self.errors)

    @property
    def presets(self):
        return {name: preset.label for name, preset in PRESETS.items() if self.cares or not preset.cares}

    @property
    def show_now(self):
        return self.data.get("show") if self.data.get("show") in self.presets else "all"

    @property
    def order(self):
        return self.SORTS.get(self.data.get("sort", "")) or PRESETS[self.show_now].order

    @property
    def kept(self):
        """What filtering again keeps: order and columns."""
        return [(name, value) for name in ("sort", "cols") if (value := self.data.get(name, "").replace("\0", ""))]

    @property
    def sorts(self):
        """The orders to choose from, for the template; without a choice the preset's own counts."""
        labels = {"name": _("By name"), "joined": _("Newest first"), "oldest": _("Longest in the party first")}
        params = self.data.copy()
        for name in ("after", "before"):
            params.pop(name, None)
        for name, label in labels.items():
            params["sort"] = name
            yield {"label": label, "url": f"?{params.urlencode()}", "current": name == self.data.get("sort")}

    @property
    def narrowed(self):
        return any(value for name, value in self.cleaned_data.items() if name != "unit")

    def address(self, preset, **more):
        """The address of another preset in the same unit, with the same order and columns."""
        unit = self.chosen or (self.here if PRESETS[preset].outside else None)
        chosen = {"show": preset, "unit": unit.slug if unit else "", **dict(self.kept), **more}
        return "?" + urlencode({key: value for key, value in chosen.items() if value})

    @property
    def place(self):
        """All that `found` depends on besides the fields and the day."""
        return self.user.reach, self.show_now, *((unit.pk, unit.path, unit.kind_id, unit.kind.is_section) for unit in (self.chosen, self.here) if unit)

    def preset(self, name, on, right=Right.SEE, user=None):
        """What preset `name` shows the user of the chosen unit on the day `on`; right: only those on whom the user holds it. user: as for `found`."""
        preset = PRESETS[name]
        members = Member.objects.visible_to(user or self.user, max(right, Right.CARE if preset.cares else Right.SEE))
        if self.chosen and not preset.outside:
            members = members.in_unit(self.chosen)
        if name == "all" and self.cleaned_data.get("status") not in (*ACTIVE, "", None):
            return members
        return preset.narrow(members, on, self.here if preset.outside else self.chosen)

    def found(self, on, user=None):
        """The members this address asks for. What only those who care may see narrows only among those one cares for.

        user: who stands in for the user, for scope.listed.
        """
        asked = self.cleaned_data
        right = Right.CARE if asked.get("reach") or asked.get("tag") else Right.SEE
        own = asked.get("own") and listing.own_choice(self.user, asked["own"])
        members = self.preset(self.show_now, on, max(right, own.right) if own else right, user)
        if asked.get("tag"):
            members = members.filter(tagged(asked["tag"]))
        if own:
            members = own.narrow(members)
        if asked.get("q"):
            members = matching(members, self.user, asked["q"])
        if asked.get("status"):
            members = members.filter(status=asked["status"])
        if asked.get("joined_from"):
            members = members.filter(joined_on__gte=asked["joined_from"])
        if asked.get("joined_to"):
            members = members.filter(joined_on__lte=asked["joined_to"])
        if asked.get("age"):
            youngest, oldest = AGES[asked["age"]]
            members = members.filter(birth_date__lte=on - relativedelta(years=youngest), birth_date__gt=on - relativedelta(years=oldest + 1))
        if asked.get("reach") == "mail":
            members = members.exclude(email="")
        elif asked.get("reach") == "phone":
            members = members.exclude(phone="", mobile="")
        elif asked.get("reach") == "letter":
            members = members.filter(UNREACHABLE)
        return members


class MemberForm(forms.ModelForm):
    """One member. `allowed`: the names of the fields that may be changed; others are not in the form, whatever is posted."""

    picture = forms.JSONField(widget=forms.HiddenInput, required=False)

    class Meta:
        model = Member
        fields = [
            "given_name", "family_name", "title", "gender", "birth_date", "email", "mobile", "phone", "street", "postcode", "city",
            "country", "language", "number", "joined_on",
        ]  # fmt: skip
        widgets = {
            "birth_date": day_input(),
            "joined_on": day_input(),
            "email": forms.EmailInput(attrs={"dir": "ltr", "autocomplete": "off"}),
            "mobile": forms.TextInput(attrs={"type": "tel", "dir": "ltr", "autocomplete": "off"}),
            "phone": forms.TextInput(attrs={"type": "tel", "dir": "ltr", "autocomplete": "off"}),
            "language": forms.Select(choices=LANGUAGES),
            "gender": forms.Select(choices=[(Gender.UNKNOWN, Gender.UNKNOWN.label), *[c for c in Gender.choices if c[0]]]),
        }

    def __init__(self, *args, allowed, **kwargs):
        super().__init__(*args, **kwargs)
        for name in set(self._meta.fields) - allowed:
            del self.fields[name]

    @property
    def values(self):
        """{field: value} of the member's fields in the form."""
        return {name: self.cleaned_data[name] for name in self._meta.fields if name in self.cleaned_data}

    def clean_picture(self):
        picture = self.cleaned_data["picture"]
        return {str(key): str(value) for key, value in picture.items()} if isinstance(picture, dict) else {}

    def clean_birth_date(self):
        born = self.cleaned_data["birth_date"]
        if born and not date(1890, 1, 1) <= born <= timezone.localdate():
            raise ValidationError(_("Please check the year."))
        return born

    def clean_joined_on(self):
        joined = self.cleaned_data["joined_on"]
        if joined > timezone.localdate():
            raise ValidationError(_("This day is still to come."))
        if self.instance.left_on and joined > self.instance.left_on:
            raise ValidationError(_("This is after the day of leaving."))
        return joined

    def clean_number(self):
        number = self.cleaned_data["number"]
        party = self.instance.party_id or self._party()
        if number and Member.objects.filter(party=party, number=number).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("Somebody else has this number."))
        return number

    def _party(self):
        return None


class NewMemberForm(MemberForm):
    """A member added by hand: also home unit and status."""

    home_unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Home unit"), to_field_name="slug")
    status = forms.ChoiceField(
        label=_("Status"), choices=[(s.value, s.label) for s in (Status.FULL, Status.APPLICANT, Status.GUEST, Status.SUPPORTER)]
    )
    another = forms.BooleanField(label=_("This is somebody else"), required=False)
    field_order = ["given_name", "family_name", "home_unit", "status", "joined_on", "number"]

    class Meta(MemberForm.Meta):
        fields = [*MemberForm.Meta.fields, "home_unit", "status"]

    def __init__(self, *args, units, **kwargs):
        super().__init__(*args, allowed=fields.NAMES | fields.CONTACT | fields.PERSONAL | fields.SENIORITY | {"home_unit", "status"}, **kwargs)
        self.fields["home_unit"].queryset = units
        self.fields["home_unit"].empty_label = None if len(units) == 1 else "–"

    def clean(self):
        data = super().clean()
        unit = data.get("home_unit")
        if unit and unit.kind.is_section and data.get("status") != Status.SUPPORTER:
            self.add_error("status", _("Only supporters belong to a section alone."))
        return data

    def _party(self):
        slug = self.data.get("home_unit", "")
        unit = next((unit for unit in self.fields["home_unit"].queryset if unit.slug == slug), None)
        return unit and Unit.objects.filter(path=unit.root_path).values_list("pk", flat=True).first()


class SectionForm(forms.Form):
    """Belonging to a section from a day on."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Section"), to_field_name="slug")
    starts_on = forms.DateField(label=pgettext_lazy("date", "From"), widget=day_input())

    def __init__(self, *args, sections, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["unit"].queryset = sections
        self.fields["unit"].empty_label = None

    def clean_starts_on(self):
        day = self.cleaned_data["starts_on"]
        if day > timezone.localdate():
            raise ValidationError(_("This day is still to come."))
        return day


class SectionEndForm(forms.Form):
    ends_on = forms.DateField(label=_("First day without"), widget=day_input())

    def clean_ends_on(self):
        day = self.cleaned_data["ends_on"]
        if day > timezone.localdate():
            raise ValidationError(_("This day is still to come."))
        return day


class OwnDataForm(MemberForm):
    """What members may see and change of their own data by a link."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, allowed=own_data.AT_ONCE | own_data.WAITING, **kwargs)
        for name, field in self.fields.items():
            if "autocomplete" in field.widget.attrs:
                field.widget.attrs["autocomplete"] = {"email": "email", "mobile": "tel", "phone": "home tel"}[name]

    @property
    def at_once(self):
        return [field for field in self.visible_fields() if field.name in own_data.AT_ONCE]

    @property
    def waiting(self):
        return [field for field in self.visible_fields() if field.name in own_data.WAITING]


class OtherRecordForm(forms.Form):
    """The number of the record that is the same person; cleaned, it is the Member. Records one does not lead are not found."""

    number = forms.CharField(label=_("Number of the other record"), max_length=40)

    def __init__(self, *args, member, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.member, self.user = member, user

    def clean_number(self):
        members = Member.objects.filter(scope.covers(self.user, Right.LEAD, "home_unit__path"), party=self.member.party_id)
        found = members.filter(number=self.cleaned_data["number"].replace("\0", "")).exclude(pk=self.member.pk).first()
        if found is None:
            raise ValidationError(_("Among the records you lead there is no other one with this number."))
        return found
