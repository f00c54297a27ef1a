"""Forms of welcome letters and membership books."""

from django import forms
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from branches.models import Unit
from common.labels import FALLBACK
from onboarding import letters

SUBJECTS = {"de": _("Subject in German"), "he": _("Subject in Hebrew"), "en": _("Subject in English")}
BODIES = {"de": _("Letter in German"), "he": _("Letter in Hebrew"), "en": _("Letter in English")}


class LetterForm(forms.Form):
    """The letter of a unit in up to three languages; a language left empty comes from above (`inherited`: {language: (subject, body)})."""

    def __init__(self, *args, own, inherited, **kwargs):
        super().__init__(*args, **kwargs)
        for code in FALLBACK:
            subject, body = inherited[code]
            written = {"lang": code, "dir": "rtl" if get_language_info(code)["bidi"] else "ltr"}
            self.fields[f"subject_{code}"] = forms.CharField(
                label=SUBJECTS[code], max_length=150, required=False, initial=own and own.subjects.get(code), widget=forms.TextInput(attrs={"placeholder": subject, **written}),
            )  # fmt: skip
            self.fields[f"body_{code}"] = forms.CharField(
                label=BODIES[code], max_length=4000, required=False, initial=own and own.bodies.get(code),
                widget=forms.Textarea(attrs={"rows": 12, "placeholder": body, **written}),
            )  # fmt: skip

    def clean(self):
        data = super().clean()
        known = ", ".join("{" + names[language_now()] + "}" for names in letters.PLACEHOLDERS.values())
        for code in FALLBACK:
            for name in (f"subject_{code}", f"body_{code}"):
                wrong = letters.unknown(data.get(name, ""))
                if wrong:
                    text = _("The letter does not know %(wrong)s. It knows %(known)s.")
                    self.add_error(name, text % {"wrong": ", ".join(dict.fromkeys(wrong)), "known": known})
            if data.get(f"subject_{code}") and not data.get(f"body_{code}"):
                self.add_error(f"body_{code}", _("A subject without a letter: please write the letter too, or leave both empty."))
        return data

    def texts(self, name):
        """{language: text} of what was written; name: "subject" or "body"."""
        return {code: self.cleaned_data[f"{name}_{code}"] for code in FALLBACK if self.cleaned_data.get(f"{name}_{code}")}


def language_now():
    code = (get_language() or "de")[:2]
    return code if code in FALLBACK else "en"


class UnitChoice(forms.Form):
    """The unit a page is about: the one of the address, else the place one acts in; with those around it to go to."""

    unit = forms.ChoiceField(label=_("Unit"), required=False)

    def __init__(self, data, user, place):
        slug = data.get("unit", "").replace("\0", "")
        units = Unit.objects.visible_to(user).select_related("kind")
        self.chosen = units.filter(slug=slug).first() if slug else place and place.unit
        super().__init__({"unit": self.chosen.slug if self.chosen else ""})
        self.fields["unit"].choices = list(units.nearby(self.chosen).values_list("slug", "name")) if self.chosen else []


class CountForm(forms.Form):
    number = forms.IntegerField(label=_("How many books lie here now?"), min_value=0, max_value=100_000)
    note = forms.CharField(label=_("Remark"), max_length=200, required=False)
