"""Forms of the list import: the file, its columns, the answers to its questions."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from branches import scope
from branches.models import Unit
from branches.scope import Right
from common.files import MB, UploadField
from membership import importing
from membership.models import ListImport, Member

LABELS = {
    "number": _("Member number"),
    "full_name": _("Whole name"),
    **{name: Member._meta.get_field(name).verbose_name for name in importing.COLUMNS if name not in ("number", "full_name", "unit")},  # type: ignore[union-attr]
    "unit": _("Unit"),
}


class ListForm(forms.Form):
    """A file with the members of a unit on a day."""

    unit = forms.ModelChoiceField(Unit.objects.none(), label=_("Members of"), empty_label=None)
    # Larger lists are imported at the console.
    file = UploadField(label=_("File"), largest=64 * MB, help_text=_("CSV, Excel or OpenDocument, as your membership system gives it."))
    list_date = forms.DateField(label=_("As of"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    part = forms.BooleanField(
        label=_("Only a part of the members"), required=False, help_text=_("Nobody else is missed then, as with a mended sheet.")
    )

    def __init__(self, data, files, *, user, place):
        super().__init__(data, files, initial={"list_date": timezone.localdate(), "unit": place and place.unit_id})
        led = [held.unit_id for held in user.appointments_now if held.right >= Right.LEAD and not held.unit.kind.is_section]
        self.fields["unit"].queryset = Unit.objects.filter(scope.covers_whole(user, Right.LEAD), pk__in=led, closed_on=None)
        self.fields["file"].widget.attrs["accept"] = ".csv,.tsv,.txt,.xlsx,.xlsm,.xls,.ods"

    def clean_list_date(self):
        day = self.cleaned_data["list_date"]
        if day.year < 1990 or day > timezone.localdate():
            raise ValidationError(_("This day is still to come, or long ago."))
        return day

    def save(self, user):
        """The ListImport of this file, the one handed in already where it still waits."""
        data = self.cleaned_data
        fields = {"unit": data["unit"], "content": data["file"].content, "list_date": data["list_date"]}
        fields["decisions"] = {"part": True} if data["part"] else {}
        done = (ListImport.State.APPLIED, ListImport.State.UNDONE)
        same = ListImport.objects.filter(**fields).exclude(state__in=done).defer("content").first()
        return same or ListImport.objects.create(by=user, file_name=data["file"].name, **fields)


class ColumnsForm(forms.Form):
    """For each column of the file the field of ours it holds, or nothing. `mapping` is what came out."""

    def __init__(self, data, *, list_import):
        super().__init__(data)
        field_of = {index: field for field, index in list_import.mapping.items()}
        choices = [("", _("leave out")), *LABELS.items()]
        self.columns = []
        for index, name in enumerate(list_import.header):
            label = name or _("Column %(n)s") % {"n": index + 1}
            field = forms.ChoiceField(label=label, choices=choices, required=False, initial=field_of.get(index, ""))
            self.fields[f"column-{index}"] = field
            sample = [cells[index] for cells in list_import.sample if index < len(cells) and cells[index].strip()]
            self.columns.append({"field": self[f"column-{index}"], "name": label, "sample": sample})

    def clean(self):
        chosen = [(self.cleaned_data.get(f"column-{index}"), index) for index in range(len(self.columns))]
        self.mapping = {}
        for field, index in chosen:
            if field in self.mapping:
                self.add_error(f"column-{index}", _("Two columns cannot both be this."))
            elif field:
                self.mapping[field] = index
        if not self.errors:
            importing.check_mapping(self.mapping)


def answers(list_import, data, adds_units):
    """The decisions of `list_import` with the answers in `data` (a POST) put in; what makes no sense is left out.

    adds_units: whether the person may add units, so that "create" makes sense.

    look-NUMBER: same | two | "" · gone-NUMBER and all_gone: one of importing.GONE · unit-NAME: a unit's pk | create | leave | ""
    """
    decisions = {"look": {}, "gone": {}, "units": {}} | list_import.decisions
    decisions = {name: dict(value) if isinstance(value, dict) else value for name, value in decisions.items()}
    numbers = {key.partition("-")[2] for key in data if key.startswith(("look-", "gone-"))}
    looks = set(list_import.rows.filter(outcome="look", number__in=numbers).values_list("number", flat=True))
    gone = set(importing.gone(list_import).filter(number__in=numbers).values_list("number", flat=True))
    names = importing.unknown_units(list_import).keys() | decisions["units"].keys()
    verbs = {"create", "leave"} if adds_units else {"leave"}
    units = set(map(str, Unit.objects.below(list_import.unit).filter(closed_on=None, kind__leads_members=True).values_list("pk", flat=True)))
    for key, value in data.items():
        question, _dash, about = key.partition("-")
        if question == "look" and about in looks:
            _answer(decisions["look"], about, value, ("same", "two"))
        elif question == "gone" and about in gone:
            _answer(decisions["gone"], about, value, importing.GONE)
        elif question == "unit" and about in names:
            _answer(decisions["units"], about, int(value) if value in units else value, {*map(int, units), *verbs})
    if data.get("all_gone") in importing.GONE:
        decisions["all_gone"] = data["all_gone"]
    return decisions


def _answer(answered, about, value, possible):
    if value in possible:
        answered[about] = value
    else:
        answered.pop(about, None)
