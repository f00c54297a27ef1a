"""Forms that overwrite nobody: each names the state of the row it was filled in from."""

from hashlib import sha256

from django import forms
from django.forms.models import model_to_dict
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
        self.instance.save(update_fields=[*(name for name in self._meta.fields if name in self.fields), *self.written])
        return self.instance


class CarefulForm(NarrowForm):
    """A form of a row that two people may have open at once. Whoever comes second reads what the first one wrote, and may then save over it."""

    changed = gettext_lazy("Somebody else changed this meanwhile. Please look at it again; your text is still here.")
    version: forms.Field = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._stored = {**model_to_dict(self.instance, self._meta.fields), **{name: getattr(self.instance, name) for name in self.written}}
        self.stamp = self.fields["version"].initial = self.stamp_of(self.instance)

    def stamp_of(self, row):
        """What tells the state of the row."""
        return sha256(repr(sorted(self._stored.items())).encode()).hexdigest()[:16]

    def clean(self):
        data = super().clean()
        if self.instance.pk and data.get("version") not in (self.stamp, "", None):
            self.add_error(None, self.changed)
            for name, value in self._stored.items():
                field = self.fields.get(name)
                plain = isinstance(value, str | int) and field and not isinstance(field, forms.ChoiceField | forms.BooleanField)
                if plain and data.get(name) not in (None, value):
                    self.add_error(name, _("Now it says: %(text)s") % {"text": field.prepare_value(value)})
            self.data = self.data.copy()
            self.data[self.add_prefix("version")] = self.stamp
        return data


class VersionedForm(CarefulForm):
    """The same for a model with `version` and `store()`, which is False when somebody else was faster."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def stamp_of(self, row):
        return row.version

    def store(self):
        """False with an error on the form when somebody else was faster."""
        if self.instance.store():
            return True
        self.add_error(None, self.changed)
        return False
