"""Forms of the cockpit: which time figures are about, which time and language a report has."""

import uuid
from datetime import date

from dateutil.relativedelta import relativedelta
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from cockpit.models import Report
from cockpit.report_runs import MOST, OWN
from membership.models import Membership

LONGEST = relativedelta(years=5)
EARLIEST = date(1860, 1, 1)


def day_field(label):
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class StockForm(forms.Form):
    """From, to, status of the figures of members. `today`: the last day they can be about."""

    since = day_field(_("From"))
    until = day_field(_("To"))
    status = forms.ChoiceField(label=_("Status"), choices=[("", _("all members")), *Membership.Kind.choices], required=False)

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self):
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if until and until > self.today:
            self.add_error("until", _("This day is still to come."))
        if since and since < EARLIEST:
            self.add_error("since", _("Nobody joined that early."))
        elif since and until and since > until:
            self.add_error("until", _("The end is before the beginning."))


class ReportForm(forms.Form):
    """Which report, from, to, language, thanks. today: the last day a report can be about. below: how many units below get one of their own."""

    kind = forms.ChoiceField(label=_("Which report"), choices=Report.Kind.choices, widget=forms.RadioSelect, initial=Report.Kind.ARRIVING, required=False)
    since = day_field(_("From"))
    until = day_field(_("To"))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    thanks = forms.CharField(
        label=_("A word of thanks"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3}), help_text=_("Stands at the end of an annual report.")
    )
    below = forms.BooleanField(required=False, help_text=_("One PDF per unit, together as a ZIP file. It can be stopped and goes on later."))
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args, today, below=0, **kwargs):
        super().__init__(*args, **kwargs)
        self.today, self.number = today, below
        if below:
            self.fields["below"].label = ngettext("For the %(n)s unit below instead", "For each of the %(n)s units below instead", below) % {"n": below}
            self.fields["language"].choices = [*settings.LANGUAGES, (OWN, _("the one each unit uses"))]
        else:
            del self.fields["below"]

    def clean_below(self):
        if self.cleaned_data["below"] and self.number > MOST:
            raise ValidationError(_("These are more than %(n)s units: please order by district.") % {"n": MOST})
        return self.cleaned_data["below"]

    def clean_kind(self):
        return self.cleaned_data["kind"] or Report.Kind.ARRIVING

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
