"""Forms that overwrite nobody: each names the state of the row it was filled in from."""

from functools import cached_property
from hashlib import sha256

from django import forms
from django.utils.choices import flatten_choices
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy


class NarrowForm(forms.ModelForm):
    """A form that writes of a row that is there only what it is about: the rest may have changed since it was read.

    written: fields of the row that the form sets besides those of Meta.
    """

    written: tuple = ()

    def save(self, commit=True):
        if not (commit and self.instance.pk):
            return super().save(commit)
        many = {field.name for field in self._meta.model._meta.many_to_many}
        self.instance.save(update_fields=[*(name for name in self._meta.fields if name in self.fields and name not in many), *self.written])
        self._save_m2m()
        return self.instance


class CarefulForm(NarrowForm):
    """A form of a row that two people may have open at once. Whoever comes second reads what the first one wrote, and may then save over it."""

    changed = gettext_lazy("Somebody else changed this meanwhile. Please look at it again; your text is still here.")
    version: forms.Field = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._written = [(name, getattr(self.instance, name)) for name in self.written]
        self.fields["version"].initial = lambda: self.stamp  # asked when all fields are there

    @cached_property
    def stamp(self):
        """What tells the state of the row: what the form shows of it, and what it writes."""
        shown = [(bound.name, _plain(bound.field.prepare_value(bound.initial))) for bound in self.visible_fields()]
        return sha256(repr(sorted([*shown, *self._written], key=str)).encode()).hexdigest()[:16]

    def full_clean(self):
        """As ever, and whether the row is still the one that was shown."""
        super().full_clean()
        if not (self.is_bound and self.instance.pk) or self.cleaned_data.get("version") in (self.stamp, "", None):
            return
        for bound in self.visible_fields():
            if bound.name in self.changed_data and not isinstance(bound.field, forms.FileField):
                self.add_error(bound.name, _("Now it says: %(text)s") % {"text": _said(bound.field, bound.initial)})
        self.add_error(None, self.changed)
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = self.stamp


class VersionedForm(CarefulForm):
    """The same for a model with `version` and `store()`, which is False when somebody else was faster."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.stamp = self.instance.version

    def store(self):
        """False with an error on the form when somebody else was faster."""
        if self.instance.store():
            return True
        self.add_error(None, self.changed)
        return False


def _plain(value):
    """`value` with several in one order, whichever they were read in."""
    return sorted(map(str, value)) if isinstance(value, list | tuple | set) else value


def _said(field, value):
    """`value` of a field as its reader would say it."""
    if isinstance(field, forms.BooleanField):
        return _("yes") if value else _("no")
    value = field.prepare_value(value)
    if isinstance(field, forms.ChoiceField):
        chosen = {str(one) for one in (value if isinstance(value, list | tuple | set) else [value])}
        value = ", ".join(str(label) for key, label in flatten_choices(field.choices) if str(key) in chosen and str(key))
    return "–" if value in (None, "") else localize(value)
