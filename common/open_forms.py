"""Forms that anybody finds: a field no person sees and a signed time stamp keep machines out, without asking a third party."""

from django import forms
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext_lazy as _

FASTEST, LONGEST = 3, 24 * 3600  # seconds from showing the form to sending it
STAMP = Signer(salt="membership.join", sep=".")


def stamp(about, now):
    """What a form about the row `about` carries that is shown at the moment `now`."""
    return STAMP.sign_object([about.pk, int(now.timestamp())])


def stamp_age(text, about, now):
    """Seconds since the form with this stamp was shown for `about`; None when it is not ours."""
    try:
        pk, shown = STAMP.unsign_object(text)
    except (BadSignature, ValueError):
        return None
    return int(now.timestamp()) - shown if pk == about.pk else None


class OpenForm(forms.Form):
    """To be put before the other classes of a form about the row `about`. `website` is seen by machines alone."""

    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}))
    stamp = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, about, now, **kwargs):
        super().__init__(*args, **kwargs)
        self.about, self.now = about, now
        self.fields["stamp"].initial = stamp(about, now)

    @property
    def by_machine(self):
        return bool(self.data.get("website"))

    def clean(self):
        data = super().clean()
        age = stamp_age(data.get("stamp", ""), self.about, self.now)
        if age is None or not FASTEST <= age <= LONGEST:
            self.data = self.data.copy()
            self.data["stamp"] = stamp(self.about, self.now)
            raise ValidationError(_("Please look at your answers once more and send them again in a moment."))
        return data
