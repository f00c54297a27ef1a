"""Forms of the cockpit: which time and language a report has."""

import uuid

from dateutil.relativedelta import relativedelta
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

LONGEST = relativedelta(years=5)


class ReportForm(forms.Form):
    """From, to, language. `today`: the last day a report can be about."""

    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_until(self):
        if self.cleaned_data["until"] > self.today:
            raise ValidationError(_("This day is still to come."))
        return self.cleaned_data["until"]

    def clean(self):
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", _("The end is before the beginning."))
        elif since and until and since < until - LONGEST:
            self.add_error("since", _("A report covers five years at most."))
